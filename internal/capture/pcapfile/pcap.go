package pcapfile

import (
	"encoding/binary"
	"fmt"
	"io"
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
	nano   bool
	header int // length of a record header
	link   uint32
}

func (s *source) openPcap(order byteOrder) (*Reader, error) {
	h, err := s.advance(24)
	if err != nil {
		return nil, unreadable(err)
	}
	magic := order.uint32(h)
	f := &pcapFile{source: s, order: order, nano: magic == pcapNano, header: 16}
	if magic == pcapModified {
		f.header = 24
	}
	f.link = order.uint32(h[20:]) & 0xffff // above it: length of the frame check sequence
	s.pending = 24
	return &Reader{f}, nil
}

func (f *pcapFile) next(p *Frame) error {
	h, err := f.advance(f.header)
	if err != nil {
		return cutShort(err, "%d of the %d bytes of its header present", len(h), f.header)
	}
	captured, wire := int64(f.order.uint32(h[8:])), int64(f.order.uint32(h[12:]))
	p.Link = f.link
	fraction := int64(f.order.uint32(h[4:]))
	if !f.nano {
		fraction *= 1000
	}
	p.Time = time.Unix(int64(f.order.uint32(h)), fraction).UTC()
	if captured > maxWindow-int64(f.header) {
		p.Skipped = tooLong
		return cutShort(f.skip(int64(f.header)+captured), "its header claims %d bytes", captured)
	}
	b, err := f.view(f.header + int(captured))
	if err != nil {
		return cutShort(err, "%d of its %d bytes present", max(len(b)-f.header, 0), captured)
	}
	f.pending = int64(len(b))
	p.Data = b[f.header:]
	p.Wire = int(min(max(captured, wire), maxWire))
	return nil
}

const (
	tooLong = "skipped a frame longer than 1 MiB"
	maxWire = 1<<31 - 1
)

// cutShort turns the end of the file within a frame into a Damage. The end before
// a frame stays io.EOF.
func cutShort(err error, what string, args ...any) error {
	if err == io.ErrUnexpectedEOF {
		return Damage{Detail: "the capture is truncated within this frame: " + fmt.Sprintf(what, args...), Within: true}
	}
	return err
}

// byteOrder is that of a file. The interface of encoding/binary would cost a call
// for each field.
type byteOrder struct{ big bool }

func (o byteOrder) uint16(b []byte) uint16 {
	if o.big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (o byteOrder) uint32(b []byte) uint32 {
	if o.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (o byteOrder) uint64(b []byte) uint64 {
	if o.big {
		return binary.BigEndian.Uint64(b)
	}
	return binary.LittleEndian.Uint64(b)
}
