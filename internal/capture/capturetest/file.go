package capturetest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"math/bits"
	"time"
)

// Format says how packets become a file. The zero value is a little-endian pcap
// with microseconds, of Ethernet frames.
type Format struct {
	Link              uint32   // link type; 0 means Ethernet unless NullLink is set
	NullLink          bool     // BSD loopback, whose link type is 0
	Tags              []uint16 // EtherTypes of VLAN tags, outermost first
	Options           bool     // IPv4 options, IPv6 extension headers
	NoLength          bool     // no length in the IP header, as with segmentation by the network card
	Fragment          int      // most bytes of an IP payload, a multiple of 8; 0 is no fragments
	FragmentsReversed bool
	Tunnels           []Wrapper              // around each IP packet, the innermost first
	Split             int                    // most bytes of the payload of an outermost IPv4 packet
	Frames            func(ip []byte) []byte // in place of the frames of Link

	Pcapng     bool
	Simple     bool   // pcapng: Simple Packet Blocks
	Old        bool   // pcapng: the obsolete Packet Blocks
	Resolution byte   // pcapng: if_tsresol; 0 leaves it out, which means microseconds
	Secrets    []byte // pcapng: a key log of TLS, in a block before the first packet
	BigEndian  bool
	Nano       bool // pcap: nanoseconds
	Gzip       bool
	Snap       int // bytes of each frame that are kept; 0 is all
}

func (f *Format) link() uint32 {
	if f.Link == 0 && !f.NullLink {
		return Ethernet
	}
	return f.Link
}

func (f *Format) order() interface {
	binary.ByteOrder
	binary.AppendByteOrder
} {
	if f.BigEndian {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// Start is the time of the first packet, unless it has one; each further packet
// comes Step later.
var Start = time.Date(2026, 3, 14, 15, 9, 26, 535897000, time.UTC)

// Step is the time from one packet to the next.
const Step = 10 * time.Microsecond

// Writer writes a capture file.
type Writer struct {
	out     io.Writer
	zip     *gzip.Writer
	format  Format
	packets uint32
	buffer  []byte
	err     error
}

// NewWriter writes the header of a file.
func NewWriter(w io.Writer, f Format) *Writer {
	c := &Writer{out: w, format: f}
	if f.Gzip {
		c.zip = gzip.NewWriter(w)
		c.out = c.zip
	}
	order := f.order()
	snap := uint32(f.Snap)
	if !f.Pcapng {
		magic := uint32(0xa1b2c3d4)
		if f.Nano {
			magic = 0xa1b23c4d
		}
		if snap == 0 {
			snap = 262144
		}
		b := order.AppendUint32(nil, magic)
		b = order.AppendUint16(order.AppendUint16(b, 2), 4)
		b = append(b, make([]byte, 8)...)
		b = order.AppendUint32(order.AppendUint32(b, snap), f.link())
		c.write(b)
		return c
	}
	b := order.AppendUint32(nil, 0x1a2b3c4d)
	b = order.AppendUint16(order.AppendUint16(b, 1), 0)
	b = order.AppendUint64(b, 1<<64-1)
	c.block(0x0a0d0d0a, b)
	b = order.AppendUint16(order.AppendUint16(nil, uint16(f.link())), 0)
	b = order.AppendUint32(b, snap)
	if f.Resolution != 0 {
		b = order.AppendUint16(order.AppendUint16(b, 9), 1)
		b = append(b, f.Resolution, 0, 0, 0)
		b = append(b, 0, 0, 0, 0) // end of options
	}
	c.block(1, b)
	if f.Secrets != nil {
		b = order.AppendUint32(order.AppendUint32(nil, 0x544c534b), uint32(len(f.Secrets)))
		c.block(10, append(b, f.Secrets...))
	}
	return c
}

func (c *Writer) write(b []byte) {
	if c.err == nil {
		_, c.err = c.out.Write(b)
	}
}

func (c *Writer) block(kind uint32, body []byte) {
	order := c.format.order()
	n := uint32(12 + (len(body)+3)&^3)
	b := order.AppendUint32(order.AppendUint32(c.buffer[:0], kind), n)
	b = append(b, body...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	c.buffer = order.AppendUint32(b, n)
	c.write(c.buffer)
}

// Packet writes the frame, or the frames, of a packet.
func (c *Writer) Packet(p *Packet) {
	c.packets++
	at := p.Time
	if at.IsZero() {
		at = Start.Add(time.Duration(c.packets-1) * Step)
	}
	for _, frame := range c.format.frames(p, c.packets) {
		c.Frame(at, frame)
	}
}

// Frame writes any frame.
func (c *Writer) Frame(at time.Time, frame []byte) {
	f := &c.format
	order := f.order()
	wire := uint32(len(frame))
	if f.Snap > 0 && len(frame) > f.Snap {
		frame = frame[:f.Snap]
	}
	if !f.Pcapng {
		fraction := uint32(at.Nanosecond())
		if !f.Nano {
			fraction /= 1000
		}
		b := order.AppendUint32(c.buffer[:0], uint32(at.Unix()))
		b = order.AppendUint32(b, fraction)
		b = order.AppendUint32(order.AppendUint32(b, uint32(len(frame))), wire)
		c.buffer = append(b, frame...)
		c.write(c.buffer)
		return
	}
	if f.Simple {
		c.block(3, append(order.AppendUint32(nil, wire), frame...))
		return
	}
	kind := uint32(6)
	body := order.AppendUint32(nil, 0)
	if f.Old {
		kind = 2
		body = order.AppendUint16(order.AppendUint16(nil, 0), 0)
	}
	t := f.ticks(at)
	body = order.AppendUint32(order.AppendUint32(body, uint32(t>>32)), uint32(t))
	body = order.AppendUint32(order.AppendUint32(body, uint32(len(frame))), wire)
	c.block(kind, append(body, frame...))
}

// ticks is a time in units of the resolution.
func (f *Format) ticks(at time.Time) uint64 {
	second := uint64(1e6)
	switch {
	case f.Resolution&0x80 != 0:
		second = 1 << (f.Resolution & 0x7f)
	case f.Resolution != 0:
		second = 1
		for range f.Resolution {
			second *= 10
		}
	}
	high, low := bits.Mul64(uint64(at.Nanosecond()), second)
	fraction, _ := bits.Div64(high, low, 1e9)
	return uint64(at.Unix())*second + fraction
}

// Close ends the file and returns the first error of writing.
func (c *Writer) Close() error {
	if c.zip != nil && c.err == nil {
		c.err = c.zip.Close()
	}
	return c.err
}

// Encode writes the whole trace.
func (t *Trace) Encode(f Format) []byte {
	var b bytes.Buffer
	w := NewWriter(&b, f)
	for i := range t.Packets {
		w.Packet(&t.Packets[i])
	}
	w.Close() // a bytes.Buffer does not fail
	return b.Bytes()
}
