package pcapfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// Every block: type 4, total length 4, body, total length again 4. All in the
// byte order of its section.
const (
	blockSection   = 0x0a0d0d0a // reads the same in both byte orders
	blockInterface = 1
	blockOldPacket = 2
	blockSimple    = 3
	blockEnhanced  = 6
	blockSecrets   = 10 // decryption secrets: type 4, length 4, data

	byteOrderMagic = 0x1a2b3c4d // third word of a section header

	secretsTLS = 0x544c534b // type of secrets: a TLS key log

	optionTimeResolution = 9  // if_tsresol
	optionTimeOffset     = 14 // if_tsoffset

	maxInterfaces = 1 << 16
)

type pcapngFile struct {
	*source
	order      byteOrder
	interfaces []ngInterface
	keys       bool // some secrets of TLS have been there
}

type ngInterface struct {
	link   uint32
	snap   uint32 // 0: no limit
	second uint64 // ticks in a second
	offset int64  // seconds to add
}

func (s *source) openPcapng() (*Reader, error) {
	f := &pcapngFile{source: s}
	b, err := s.view(12)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if !f.section(b) {
		return nil, &ForeignError{"a pcapng capture whose first block is corrupt", "it has no byte order mark: the file cannot be read"}
	}
	if _, err := s.view(int(min(f.order.uint32(b[4:]), 28))); err != nil {
		return nil, s.unreadable(err)
	}
	return &Reader{f}, nil
}

// section begins the section whose header begins at b, and reports whether it has
// a byte order.
func (f *pcapngFile) section(b []byte) bool {
	order := byteOrder{big: binary.BigEndian.Uint32(b[8:]) == byteOrderMagic}
	if order.uint32(b[8:]) != byteOrderMagic {
		return false
	}
	f.order, f.interfaces = order, f.interfaces[:0]
	return true
}

func (f *pcapngFile) next(p *Frame) error {
	for !f.over {
		h, err := f.advance(12) // no block is shorter
		if err == io.ErrUnexpectedEOF {
			return Damage{Detail: "the capture is truncated within the block after this frame"}
		}
		if err != nil {
			return err
		}
		kind := f.order.uint32(h)
		good := kind != blockSection || f.section(h)
		length := int64(f.order.uint32(h[4:]))
		isPacket := kind == blockEnhanced || kind == blockSimple || kind == blockOldPacket
		var b []byte
		switch {
		case !good || length < 12 || length%4 != 0:
			good = false
		case length <= maxWindow:
			b, err = f.view(int(length))
			good = err != nil || f.order.uint32(b[length-4:]) == uint32(length)
		}
		if !good || err == io.ErrUnexpectedEOF || length > maxWindow {
			if n := f.resume(); n > 0 {
				p.Damage = damaged(n)
				f.pending = int64(n)
				continue
			}
		}
		switch {
		case !good:
			return Damage{Detail: fmt.Sprintf("the capture is corrupt after this frame: a block of type %#x and length %d, and no other follows", kind, length)}
		case err == io.ErrUnexpectedEOF && isPacket && f.partial(p, kind, b):
			return nil
		case err == io.ErrUnexpectedEOF && isPacket:
			return cutShort(err, p.Time, "%d of the %d bytes of its block present", len(b), length)
		case err != nil && err != io.ErrUnexpectedEOF:
			return err
		}
		f.pending = length
		switch {
		case err != nil: // the next advance reports it
		case isPacket && length > maxWindow:
			p.Skipped = tooLong
			return cutShort(f.flush(), p.Time, "its block claims %d bytes", length)
		case isPacket:
			f.packet(p, kind, b[8:length-4])
			return nil
		case kind == blockInterface && length <= maxWindow:
			f.describe(b[8 : length-4])
		case kind == blockSecrets && length >= 20 && length <= maxWindow:
			f.keys = f.keys || f.order.uint32(b[8:]) == secretsTLS
		}
	}
	return io.EOF
}

// partial reads as much of a packet as a truncated file has, if it has some.
func (f *pcapngFile) partial(p *Frame, kind uint32, b []byte) bool {
	header := 28
	if kind == blockSimple {
		header = 12
	}
	if len(b) < header {
		return false
	}
	whole := make([]byte, int(f.order.uint32(b[4:]))-12)
	copy(whole, b[8:])
	f.packet(p, kind, whole)
	have := min(len(b)-header, len(p.Data))
	if p.Skipped != "" || have == 0 {
		return false
	}
	f.over = true
	p.Torn = true
	p.Damage = fmt.Sprintf(truncated+"%d of its %d bytes present", have, len(p.Data))
	p.Data = p.Data[:have]
	return true
}

// resume looks for the first whole block behind a damaged one, at which the window
// begins. It returns how many bytes are before it, 0 if there is none.
func (f *pcapngFile) resume() int {
	b, from, _ := f.search()
	for at := from; at+12 <= len(b); at++ {
		kind := f.order.uint32(b[at:])
		if kind == 0 || kind > maxKind && kind != blockSection {
			continue
		}
		length := int64(f.order.uint32(b[at+4:]))
		if length < 16 || length%4 != 0 || int64(at)+length > int64(len(b)) || length > maxWindow {
			continue
		}
		if f.order.uint32(b[int64(at)+length-4:]) == uint32(length) {
			return at
		}
	}
	if b != nil {
		f.searched = f.offset + int64(len(b))
	}
	return 0
}

// maxKind is the highest number of the common kinds of blocks.
const maxKind = 12

// describe reads an Interface Description Block: link type 2, reserved 2, snap
// length 4, options.
func (f *pcapngFile) describe(b []byte) {
	if len(f.interfaces) == maxInterfaces {
		return // its frames are reported
	}
	i := ngInterface{second: 1e6}
	if len(b) >= 8 {
		i.link, i.snap = uint32(f.order.uint16(b)), f.order.uint32(b[4:])
		b = b[8:]
	}
	for len(b) >= 4 {
		code, n := f.order.uint16(b), int(f.order.uint16(b[2:]))
		b = b[4:]
		if code == 0 || n > len(b) {
			break
		}
		switch {
		case code == optionTimeResolution && n >= 1:
			i.second = ticks(b[0])
		case code == optionTimeOffset && n >= 8:
			i.offset = int64(f.order.uint64(b))
		}
		b = b[min((n+3)&^3, len(b)):]
	}
	f.interfaces = append(f.interfaces, i)
}

// ticks in a second: a negative power of 2 if the top bit is set, else of 10. 0
// where that does not fit 64 bits.
func ticks(resolution byte) uint64 {
	e := resolution & 0x7f
	if resolution&0x80 != 0 {
		return 1 << e // 0 from 64 on
	}
	if e > 19 {
		return 0
	}
	n := uint64(1)
	for range e {
		n *= 10
	}
	return n
}

// packet reads the body of one of the three packet blocks.
//
//	enhanced: interface 4, time 4+4 (high word first), captured 4, wire 4, data
//	old:      interface 2, drops 2, the rest as enhanced
//	simple:   wire 4, data; interface 0, no time
func (f *pcapngFile) packet(p *Frame, kind uint32, b []byte) {
	header := 20
	if kind == blockSimple {
		header = 4
	}
	if len(b) < header {
		p.Skipped = malformed
		return
	}
	data := b[header:]
	var index, captured, wire uint32
	switch kind {
	case blockSimple:
		wire = f.order.uint32(b)
		captured = min(wire, uint32(len(data)))
	case blockOldPacket:
		index = uint32(f.order.uint16(b))
	default:
		index = f.order.uint32(b)
	}
	if int64(index) >= int64(len(f.interfaces)) {
		p.Skipped = undeclared
		return
	}
	i := &f.interfaces[index]
	if kind == blockSimple {
		if i.snap != 0 {
			captured = min(captured, i.snap)
		}
	} else {
		captured, wire = f.order.uint32(b[12:]), f.order.uint32(b[16:])
		p.Time = i.time(uint64(f.order.uint32(b[4:]))<<32 | uint64(f.order.uint32(b[8:])))
	}
	if int64(captured) > int64(len(data)) {
		p.Skipped = malformed
		return
	}
	p.Data, p.Link = data[:captured], i.link
	p.Wire = int(min(max(captured, wire), maxWire))
}

const (
	malformed  = "in malformed blocks and were skipped"
	undeclared = "of an interface that the capture does not describe, and were skipped"
)

func (i *ngInterface) time(ticks uint64) time.Time {
	if i.second == 0 {
		return time.Time{}
	}
	high, low := bits.Mul64(ticks%i.second, 1e9)
	nsec, _ := bits.Div64(high, low, i.second)
	return time.Unix(int64(ticks/i.second)+i.offset, int64(nsec)).UTC()
}
