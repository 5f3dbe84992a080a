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

	byteOrderMagic = 0x1a2b3c4d // third word of a section header

	optionTimeResolution = 9  // if_tsresol
	optionTimeOffset     = 14 // if_tsoffset

	maxInterfaces = 1 << 16
)

type pcapngFile struct {
	*source
	order      byteOrder
	interfaces []ngInterface
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
		return nil, unreadable(err)
	}
	if !f.section(b) {
		return nil, fmt.Errorf("%w: a pcapng section header without its byte order mark", ErrNotCapture)
	}
	if _, err := s.view(int(min(f.order.uint32(b[4:]), 28))); err != nil {
		return nil, unreadable(err)
	}
	return &Reader{f}, nil
}

// section begins the section whose header begins at b, and reports whether it has
// a byte order.
func (f *pcapngFile) section(b []byte) bool {
	f.order = byteOrder{big: binary.BigEndian.Uint32(b[8:]) == byteOrderMagic}
	f.interfaces = f.interfaces[:0]
	return f.order.uint32(b[8:]) == byteOrderMagic
}

func (f *pcapngFile) next(p *Frame) error {
	for {
		h, err := f.advance(12) // no block is shorter
		if err == io.ErrUnexpectedEOF {
			return Damage{Detail: "the capture is truncated within the block after this frame"}
		}
		if err != nil {
			return err
		}
		kind := f.order.uint32(h)
		if kind == blockSection && !f.section(h) {
			return Damage{Detail: "the capture is corrupt after this frame: a section header without its byte order mark"}
		}
		length := int64(f.order.uint32(h[4:]))
		if length < 12 || length%4 != 0 {
			return Damage{Detail: fmt.Sprintf("the capture is corrupt after this frame: a block length of %d", length)}
		}
		f.pending = length
		isPacket := kind == blockEnhanced || kind == blockSimple || kind == blockOldPacket
		if !isPacket && kind != blockInterface {
			continue
		}
		if length > maxWindow {
			if isPacket {
				p.Skipped = tooLong
				return cutShort(f.flush(), "its block claims %d bytes", length)
			}
			return Damage{Detail: "the capture is corrupt after this frame: an interface description longer than 1 MiB"}
		}
		b, err := f.view(int(length))
		if err != nil && isPacket {
			return cutShort(err, "%d of the %d bytes of its block present", len(b), length)
		}
		if err != nil {
			continue // the next advance reports it
		}
		if f.order.uint32(b[length-4:]) != uint32(length) {
			return Damage{Detail: "the capture is corrupt after this frame: the two lengths of a block differ"}
		}
		if isPacket {
			f.packet(p, kind, b[8:length-4])
			return nil
		}
		if err := f.describe(b[8 : length-4]); err != nil {
			return err
		}
	}
}

// describe reads an Interface Description Block: link type 2, reserved 2, snap
// length 4, options.
func (f *pcapngFile) describe(b []byte) error {
	if len(f.interfaces) == maxInterfaces {
		return Damage{Detail: "the capture is corrupt after this frame: more than 65536 interfaces in a section"}
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
	return nil
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
	malformed  = "skipped a frame: its block is malformed"
	undeclared = "skipped a frame: the capture does not describe its interface"
)

func (i *ngInterface) time(ticks uint64) time.Time {
	if i.second == 0 {
		return time.Time{}
	}
	high, low := bits.Mul64(ticks%i.second, 1e9)
	nsec, _ := bits.Div64(high, low, i.second)
	return time.Unix(int64(ticks/i.second)+i.offset, int64(nsec)).UTC()
}
