package pcapfile

import (
	"encoding/binary"
	"fmt"
	"io"
	"time"
)

// The format of Solaris' snoop (RFC 1761), all big-endian. File header, 16 bytes:
// magic 8, version 4, link type 4. Record header, 24 bytes: length on the wire 4,
// length captured 4, length of the record 4, drops 4, seconds 4, microseconds 4.
const snoopMagic = 0x736e6f6f // of "snoop" and three zero bytes

// snoopLinks are its link types as those of pcap.
var snoopLinks = map[uint32]uint32{0: 1, 4: 1, 2: 6, 8: 10, 26: 226}

type snoopFile struct {
	*source
	link uint32
}

func (s *source) openSnoop() (*Reader, error) {
	h, err := s.advance(16)
	if err != nil {
		return nil, s.unreadable(err)
	}
	if string(h[:8]) != "snoop\x00\x00\x00" {
		return nil, foreignError(h)
	}
	kind := binary.BigEndian.Uint32(h[12:])
	link, ok := snoopLinks[kind]
	if !ok {
		link = SnoopLink + kind
	}
	s.pending = 16
	return &Reader{&snoopFile{s, link}}, nil
}

// SnoopLink is added to the link types of snoop that pcap has no number for.
const SnoopLink = 1 << 24

func (f *snoopFile) next(p *Frame) error {
	const header = 24
	if f.over {
		return io.EOF
	}
	h, err := f.advance(header)
	if err != nil {
		return cutShort(err, time.Time{}, "%d of the %d bytes of its header present", len(h), header)
	}
	wire, captured, length := int64(binary.BigEndian.Uint32(h)), int64(binary.BigEndian.Uint32(h[4:])), int64(binary.BigEndian.Uint32(h[8:]))
	p.Link = f.link
	p.Time = time.Unix(int64(binary.BigEndian.Uint32(h[16:])), int64(binary.BigEndian.Uint32(h[20:]))*1000).UTC()
	switch {
	case length < header+captured:
		return Damage{Detail: fmt.Sprintf("the capture is corrupt after this frame: a record of %d bytes with %d bytes of data", length, captured)}
	case captured > maxWindow-header:
		p.Skipped = tooLong
		return cutShort(f.skip(length), p.Time, "its header claims %d bytes", captured)
	}
	b, err := f.view(header + int(captured))
	switch {
	case err == io.ErrUnexpectedEOF && len(b) > header:
		p.Torn = true
		p.Damage = fmt.Sprintf(truncated+"%d of its %d bytes present", len(b)-header, captured)
		f.over = true
	case err != nil:
		return cutShort(err, p.Time, "none of its %d bytes present", captured)
	default:
		f.pending = length
	}
	p.Data = b[header:]
	p.Wire = int(min(max(captured, wire), maxWire))
	return nil
}
