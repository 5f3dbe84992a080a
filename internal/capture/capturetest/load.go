package capturetest

import (
	"io"
	"math/rand/v2"
	"net/netip"
)

// LoadOptions describe a large capture. Zero fields have the defaults given.
type LoadOptions struct {
	Size        int64   // bytes of the file, about: whole connections are written, at least one
	Seed        uint64  // of everything that looks random
	Posts       int     // POSTs on a connection, 10 by default
	Descriptors int     // in each, 128 by default
	Parallel    int     // connections open at a time, 4 by default
	Swap        float64 // share of the segments that are captured behind the next frame of their connection
	Lose        int     // POSTs that lack one segment, chosen at random
	Format      Format
}

// LoadStats say what was written.
type LoadStats struct {
	Bytes       int64
	Packets     int
	Connections int
	Posts       int
	Swapped     int
	Lost        int // POSTs that lack a segment: Posts - Lost can be found
}

// Load writes a capture of keep-alive connections with full batches and their
// answers.
func Load(w io.Writer, o LoadOptions) (LoadStats, error) {
	o.Posts = orDefault(o.Posts, 10)
	o.Descriptors = orDefault(o.Descriptors, 128)
	o.Parallel = orDefault(o.Parallel, 4)
	random := rand.New(rand.NewPCG(o.Seed, 1))
	counted := &counter{Writer: w}
	out := NewWriter(counted, o.Format)

	connections := max(int(o.Size/o.size(out)), 1)
	lost := make(map[int]bool)
	for len(lost) < min(o.Lose, connections*o.Posts) {
		lost[random.IntN(connections*o.Posts)] = true
	}
	s := LoadStats{Connections: connections, Posts: connections * o.Posts, Lost: len(lost)}
	for first := 0; first < connections; first += o.Parallel {
		var traces []*Trace
		for n := first; n < min(first+o.Parallel, connections); n++ {
			t := o.connection(n)
			t.lose(random, n*o.Posts, o.Posts, lost)
			s.Swapped += t.Swap(random, o.Swap)
			traces = append(traces, t)
		}
		t := Merge(traces...)
		for i := range t.Packets {
			out.Packet(&t.Packets[i])
		}
		s.Packets += len(t.Packets)
	}
	err := out.Close()
	s.Bytes = counted.n
	return s, err
}

func orDefault(n, value int) int {
	if n == 0 {
		return value
	}
	return n
}

type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// size of one connection in the file.
func (o *LoadOptions) size(out *Writer) int64 {
	plain := o.Format
	plain.Gzip = false
	return int64(len(o.connection(0).Encode(plain)))
}

// connection makes the n-th connection: the addresses change, so that ports do
// not run out.
func (o *LoadOptions) connection(n int) *Trace {
	var t Trace
	c := t.Conn(0)
	random := rand.New(rand.NewPCG(o.Seed, uint64(n)+2))
	client := netip.AddrFrom4([4]byte{10, 1, byte(n / 16384 >> 8), byte(n / 16384)})
	c.Client = netip.AddrPortFrom(client, uint16(49152+n%16384))
	c.ClientSeq, c.ServerSeq = random.Uint32(), random.Uint32()
	c.Open()
	for i := range o.Posts {
		c.Send(Post(PathV2, Batch(o.Seed+uint64(n*o.Posts+i), o.Descriptors)))
		c.Reply(Answer(200, OK, "Server: capturetest", "Content-Type: application/octet-stream"))
	}
	c.Close()
	return &t
}

// lose drops one segment of each POST that is in lost; the first POST of t has
// the number `first`.
func (t *Trace) lose(random *rand.Rand, first, posts int, lost map[int]bool) {
	client := t.Packets[0].Src
	var segments [][]int // packets of each POST
	for i, p := range t.Packets {
		if p.Src == client && len(p.Data) > 0 {
			if string(p.Data[:min(5, len(p.Data))]) == "POST " {
				segments = append(segments, nil)
			}
			segments[len(segments)-1] = append(segments[len(segments)-1], i)
		}
	}
	drop := make(map[int]bool)
	for n := range posts {
		if lost[first+n] {
			drop[segments[n][random.IntN(len(segments[n]))]] = true
		}
	}
	t.Drop(func(i int, _ *Packet) bool { return drop[i] })
}
