package capturetest

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Flags of TCP.
const (
	FIN = 1 << iota
	SYN
	RST
	PSH
	ACK
)

// Packet is one TCP segment.
type Packet struct {
	Src, Dst netip.AddrPort
	Seq, Ack uint32
	Flags    byte
	Options  []byte // of TCP, a multiple of 4 bytes
	Data     []byte
	UDP      bool      // a datagram with Data, not a segment
	Time     time.Time // if zero, the writer gives each packet its own
	Whole    []byte    // what was given to Send or Reply, in the packet that ends it
}

// Trace is what a capture holds, in the order of capture.
type Trace struct {
	Packets []Packet
}

// Conn is a TCP connection of a trace. The exported fields may be set before
// the first packet.
type Conn struct {
	Client, Server netip.AddrPort
	ClientSeq      uint32 // of the next byte
	ServerSeq      uint32
	MSS            int  // 1460 by default
	Silent         bool // no bare acknowledgements

	trace *Trace
}

// Conn adds a connection between 10.0.0.1:40000+n and 10.0.0.2:80; no packet yet.
func (t *Trace) Conn(n int) *Conn {
	return &Conn{
		Client:    netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 1}), uint16(40000+n)),
		Server:    netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 2}), 80),
		ClientSeq: 1000 + uint32(n)<<20,
		ServerSeq: 5000 + uint32(n)<<21,
		MSS:       1460,
		trace:     t,
	}
}

// IPv6 gives the connection addresses of that version.
func (c *Conn) IPv6() *Conn {
	c.Client = netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), c.Client.Port())
	c.Server = netip.AddrPortFrom(netip.MustParseAddr("2001:db8::2"), c.Server.Port())
	return c
}

// FromClient adds one packet as it is; it counts on the sequence number by what
// it carries.
func (c *Conn) FromClient(flags byte, data []byte) {
	c.trace.Packets = append(c.trace.Packets, Packet{Src: c.Client, Dst: c.Server, Seq: c.ClientSeq, Ack: c.ackIf(flags, c.ServerSeq), Flags: flags, Data: data})
	c.ClientSeq += uint32(len(data)) + uint32(flags&SYN/SYN) + uint32(flags&FIN/FIN)
}

// FromServer is FromClient the other way.
func (c *Conn) FromServer(flags byte, data []byte) {
	c.trace.Packets = append(c.trace.Packets, Packet{Src: c.Server, Dst: c.Client, Seq: c.ServerSeq, Ack: c.ackIf(flags, c.ClientSeq), Flags: flags, Data: data})
	c.ServerSeq += uint32(len(data)) + uint32(flags&SYN/SYN) + uint32(flags&FIN/FIN)
}

func (c *Conn) ackIf(flags byte, seq uint32) uint32 {
	if flags&ACK == 0 {
		return 0
	}
	return seq
}

// Open adds the handshake. Without it the capture begins in the middle of the
// connection.
func (c *Conn) Open() *Conn {
	c.FromClient(SYN, nil)
	c.FromServer(SYN|ACK, nil)
	c.FromClient(ACK, nil)
	return c
}

// Send adds data from the client in segments, and the server's acknowledgement
// of every second and of the last.
func (c *Conn) Send(data ...[]byte) *Conn {
	for _, d := range data {
		segments(d, c.MSS, func(n int, last bool, part []byte) {
			c.FromClient(ACK|push(last), part)
			c.ends(last, d)
			if !c.Silent && (last || n%2 == 1) {
				c.FromServer(ACK, nil)
			}
		})
	}
	return c
}

// Reply adds data from the server.
func (c *Conn) Reply(data ...[]byte) *Conn {
	for _, d := range data {
		segments(d, c.MSS, func(n int, last bool, part []byte) {
			c.FromServer(ACK|push(last), part)
			c.ends(last, d)
			if !c.Silent && (last || n%2 == 1) {
				c.FromClient(ACK, nil)
			}
		})
	}
	return c
}

// ends notes what the newest packet is the last of.
func (c *Conn) ends(last bool, whole []byte) {
	if last {
		c.trace.Packets[len(c.trace.Packets)-1].Whole = whole
	}
}

func push(last bool) byte {
	if last {
		return PSH
	}
	return 0
}

func segments(data []byte, mss int, each func(n int, last bool, part []byte)) {
	for n := 0; len(data) > 0; n++ {
		k := min(mss, len(data))
		each(n, k == len(data), data[:k:k])
		data = data[k:]
	}
}

// Close ends both directions, the client's first.
func (c *Conn) Close() *Conn {
	c.FromClient(FIN|ACK, nil)
	c.FromServer(FIN|ACK, nil)
	c.FromClient(ACK, nil)
	return c
}

// CloseServer ends both directions, the server's first.
func (c *Conn) CloseServer() *Conn {
	c.FromServer(FIN|ACK, nil)
	c.FromClient(FIN|ACK, nil)
	c.FromServer(ACK, nil)
	return c
}

// Swap exchanges each packet that carries data, with the given probability,
// with the one captured behind it. It returns how many it exchanged.
func (t *Trace) Swap(random *rand.Rand, share float64) (swapped int) {
	p := t.Packets
	for i := 0; i+1 < len(p); i++ {
		if len(p[i].Data) > 0 && random.Float64() < share {
			p[i], p[i+1] = p[i+1], p[i]
			swapped++
			i++
		}
	}
	return swapped
}

// Shuffle moves every packet at random by fewer than `by` places.
func (t *Trace) Shuffle(random *rand.Rand, by int) {
	for i := 0; i < len(t.Packets); i += by {
		part := t.Packets[i:min(i+by, len(t.Packets))]
		random.Shuffle(len(part), func(a, b int) { part[a], part[b] = part[b], part[a] })
	}
}

// Drop removes the packets for which lost returns true.
func (t *Trace) Drop(lost func(i int, p *Packet) bool) {
	kept := t.Packets[:0:0]
	for i := range t.Packets {
		if !lost(i, &t.Packets[i]) {
			kept = append(kept, t.Packets[i])
		}
	}
	t.Packets = kept
}

// Merge mixes traces, taking one packet of each in turn.
func Merge(traces ...*Trace) *Trace {
	var t Trace
	for i, more := 0, true; more; i++ {
		more = false
		for _, u := range traces {
			if i < len(u.Packets) {
				t.Packets = append(t.Packets, u.Packets[i])
				more = true
			}
		}
	}
	return &t
}

// Trace is what the connection is part of.
func (c *Conn) Trace() *Trace { return c.trace }
