package pcapfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"time"
)

// File header, 24 bytes: magic 4, version 2+2, time zone 4, accuracy 4, snap
// length 4, link type 4. Record header, 16 bytes: seconds 4, fraction 4, length
// captured 4, length on the wire 4. All in the file's byte order.
const (
	pcapMicro    = 0xa1b2c3d4
	pcapNano     = 0xa1b23c4d
	pcapModified = 0xa1b2cd34 // Kuznetzov's: 8 more bytes in each record header
)

func isPcap(magic uint32) bool {
	return magic == pcapMicro || magic == pcapNano || magic == pcapModified
}

type pcapFile struct {
	*source
	order  byteOrder
	tick   int64 // nanoseconds in the unit of a fraction
	header int   // length of a record header
	link   uint32
	last   int64 // time of the last frame in seconds, 0 before the first
}

func (s *source) openPcap(order byteOrder) (*Reader, error) {
	h, err := s.advance(24)
	if err != nil {
		return nil, s.unreadable(err)
	}
	f := &pcapFile{source: s, order: order, tick: 1000, header: 16}
	switch order.uint32(h) {
	case pcapNano:
		f.tick = 1
	case pcapModified:
		f.header = 24
	}
	f.link = order.uint32(h[20:]) & 0xffff // above it: length of the frame check sequence
	s.pending = 24
	return &Reader{f}, nil
}

func (f *pcapFile) next(p *Frame) error {
	if f.over {
		return io.EOF
	}
	// The record before is still in the window: its length may have been wrong.
	before := int(f.pending)
	b, err := f.view(before + f.header)
	if err == io.ErrUnexpectedEOF && len(b) == before && !f.torn {
		err = io.EOF
	}
	if err != nil {
		if err == io.ErrUnexpectedEOF {
			if skipped, ok := f.resume(before); ok {
				p.Damage = skipped
				return f.next(p)
			}
		}
		return cutShort(err, time.Time{}, "%d of the %d bytes of its header present", len(b)-before, f.header)
	}
	r := f.record(b[before:])
	if !(f.plausible(r) && (f.last == 0 || near(r.seconds, f.last))) && !f.follows(r.seconds, before+f.header+int(r.captured)) {
		if skipped, ok := f.resume(before); ok {
			p.Damage = skipped
			return f.next(p)
		}
	}
	if err := f.flush(); err != nil {
		return err
	}
	p.Link, p.Time = f.link, time.Unix(r.seconds, r.fraction*f.tick).UTC()
	if r.captured > maxWindow-int64(f.header) {
		p.Skipped = tooLong
		return cutShort(f.skip(int64(f.header)+r.captured), p.Time, "its header claims %d bytes", r.captured)
	}
	b, err = f.view(f.header + int(r.captured))
	if err != nil {
		if err != io.ErrUnexpectedEOF {
			return err
		}
		if skipped, ok := f.resume(0); ok { // the length was wrong
			p.Damage = skipped
			return f.next(p)
		}
		if len(b) <= f.header {
			return cutShort(err, p.Time, "none of its %d bytes present", r.captured)
		}
		f.over = true
		p.Torn = true
		p.Damage = fmt.Sprintf(truncated+"%d of its %d bytes present", len(b)-f.header, r.captured)
	}
	f.pending = int64(len(b))
	f.last = r.seconds
	p.Data = b[f.header:]
	p.Wire = int(min(max(r.captured, r.wire), maxWire))
	return nil
}

// record is what the header of a record says. It has no more fields than the compiler
// keeps in registers.
type record struct{ captured, wire, seconds, fraction int64 }

func (f *pcapFile) record(h []byte) record {
	return record{int64(f.order.uint32(h[8:])), int64(f.order.uint32(h[12:])), int64(f.order.uint32(h)), int64(f.order.uint32(h[4:]))}
}

// plausible reports whether r may be that of a frame.
func (f *pcapFile) plausible(r record) bool {
	return r.fraction*f.tick < 1e9 && r.captured <= maxWindow-int64(f.header)
}

// near reports whether two times in seconds are within a day.
func near(a, b int64) bool {
	const day = 24 * 3600
	return a-b < day && b-a < day
}

// follows reports whether another record of about the same time in seconds begins, or
// the input ends, n bytes from the beginning of the window.
func (f *pcapFile) follows(seconds int64, n int) bool {
	if n < 0 || n+f.header > bigWindow { // a length may be negative as an int of 32 bits
		return false
	}
	b, err := f.view(n + f.header)
	if err != nil {
		return err == io.ErrUnexpectedEOF && len(b) == n
	}
	next := f.record(b[n:])
	return f.plausible(next) && near(next.seconds, seconds)
}

// resume looks for the first record behind a damaged one. The window begins with
// the record before that, of the given length, which may have been the damaged one.
func (f *pcapFile) resume(before int) (what string, ok bool) {
	b, from, err := f.search()
	begins := func(at int) (record, bool) {
		if at+f.header > len(b) {
			return record{}, false
		}
		r := f.record(b[at:])
		return r, f.plausible(r) && r.captured <= r.wire && r.wire <= maxWindow && r.captured > 0
	}
	for at := from; at+f.header < len(b); at++ {
		r, ok := begins(at)
		if !ok || f.last != 0 && !near(r.seconds, f.last) {
			continue
		}
		next := at + f.header + int(r.captured)
		if after, ok := begins(next); ok && near(after.seconds, r.seconds) || f.last != 0 && err != nil && next == len(b) {
			f.pending = int64(at)
			return damaged(at - before), true
		}
	}
	if b != nil {
		f.searched = f.offset + int64(len(b)-f.header)
	}
	return "", false
}

// damaged says that n bytes between two frames were passed over. The frame before
// them may have been longer than it claimed, so that there are fewer than none.
func damaged(n int) string {
	if n <= 0 {
		return "the record before this frame is damaged: its length is wrong"
	}
	return fmt.Sprintf("%d bytes before this frame are damaged and were skipped", n)
}

const (
	tooLong   = "longer than 1 MiB and were skipped"
	maxWire   = 1<<31 - 1
	truncated = "the capture is truncated within this frame: "
)

// cutShort turns the end of the file within a frame of a time into a Damage. The
// end before a frame stays io.EOF.
func cutShort(err error, at time.Time, what string, args ...any) error {
	if err == io.ErrUnexpectedEOF {
		return Damage{Detail: truncated + fmt.Sprintf(what, args...), Within: true, Time: at}
	}
	return err
}

// byteOrder is that of a file. The interface of encoding/binary would cost a call
// for each field.
type byteOrder struct{ big bool }

func (o byteOrder) uint16(b []byte) uint16 {
	n := binary.LittleEndian.Uint16(b)
	if o.big {
		n = bits.ReverseBytes16(n)
	}
	return n
}

func (o byteOrder) uint32(b []byte) uint32 {
	n := binary.LittleEndian.Uint32(b)
	if o.big {
		n = bits.ReverseBytes32(n)
	}
	return n
}

func (o byteOrder) uint64(b []byte) uint64 {
	n := binary.LittleEndian.Uint64(b)
	if o.big {
		n = bits.ReverseBytes64(n)
	}
	return n
}
