package capture

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestDiffer repeats each segment of a connection in several ways, just behind itself
// and at the end, with the same bytes and with one that is another: that is told once,
// and what was read first stays.
func TestDiffer(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.MSS = 200
	messages := talk(c, 2, 12)
	for n, p := range trace.Packets {
		if len(p.Data) == 0 {
			continue
		}
		for name, again := range map[string]func(lie []byte) capturetest.Packet{
			"whole": func(lie []byte) capturetest.Packet {
				q := p
				q.Data = lie
				return q
			},
			"with the next": func(lie []byte) capturetest.Packet {
				q := p
				q.Data = lie
				for _, next := range trace.Packets[n+1:] {
					if next.Src == p.Src && next.Seq == p.Seq+uint32(len(p.Data)) {
						q.Data = slices.Concat(lie, next.Data)
					}
				}
				return q
			},
		} {
			for _, at := range []int{n + 1, len(trace.Packets)} {
				for _, byte := range []int{-1, 0, len(p.Data) / 2, len(p.Data) - 1} {
					lie, want := bytes.Clone(p.Data), 0
					if byte >= 0 {
						lie[byte] ^= 1
						want = 2
					}
					q := again(lie)
					if at == n+1 {
						q.Data = q.Data[:len(p.Data)] // what comes next is not there yet
					}
					packets := slices.Insert(slices.Clone(trace.Packets), at, q, q)
					got := readTrace(&capturetest.Trace{Packets: packets})
					got.want(t, min(want, 1), messages...)
					if t.Failed() || want > 0 && !strings.HasPrefix(got.problems[0], "a segment repeats bytes that were captured before, with other content") {
						t.Fatalf("packet %d, %s, before packet %d, byte %d: problems %q", n, name, at, byte, got.problems)
					}
				}
			}
		}
	}
}

// TestDifferAhead has other content in segments that wait for one before them.
func TestDifferAhead(t *testing.T) {
	for overlap := -3; overlap <= 3; overlap++ {
		for _, lie := range []bool{false, true} {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.MSS = 50
			c.Silent = true
			c.Send(capturetest.Post(v2, offer))
			late := trace.Packets[4]
			p := trace.Packets[5]
			p.Seq -= uint32(overlap)
			p.Data = bytes.Clone(p.Data)
			if overlap > 0 {
				p.Data = slices.Concat(late.Data[len(late.Data)-overlap:], p.Data)[:len(p.Data)]
			} else {
				p.Data = slices.Concat(p.Data[-overlap:], trace.Packets[6].Data[:-overlap])
			}
			if lie {
				p.Data[10] ^= 1
			}
			trace.Packets = slices.Insert(trace.Packets, 6, p)
			trace.Packets = append(slices.Delete(trace.Packets, 4, 5), late)
			c.Reply(answer)
			got := readTrace(&trace)
			want := 0
			if lie {
				want = 1
			}
			got.want(t, want, request(offer), response(1, ok))
			if t.Failed() {
				t.Fatalf("overlap of %d, with other content: %v", overlap, lie)
			}
		}
	}
}

// TestDifferNot: probes, and what is not of MS-PCHC.
func TestDifferNot(t *testing.T) {
	for name, test := range map[string]struct {
		said []byte
		back uint32
		lie  string
		want int
	}{
		"probe":        {capturetest.Post(v2, offer), 1, "x", 0},
		"two bytes":    {capturetest.Post(v2, offer), 2, "xx", 0}, // of a longer segment, whose bytes are gone
		"a part":       {capturetest.Post(v2, offer), uint32(len(capturetest.Post(v2, offer))), string(capturetest.Post(v2, ok)), 0},
		"whole, equal": {capturetest.Post(v2, offer), uint32(len(capturetest.Post(v2, offer))), string(capturetest.Post(v2, offer)), 0},
		"other":        {capturetest.Post(v2, offer), uint32(len(capturetest.Post(v2, offer))), string(capturetest.Post(v1, offer)), 1},
		"not ours":     {capturetest.Post("/x", offer), uint32(len(capturetest.Post("/x", offer))), string(capturetest.Post("/y", offer)), 0},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open().Send(test.said)
		c.ClientSeq -= test.back
		c.FromClient(ACK, []byte(test.lie))
		c.ClientSeq += test.back - uint32(len(test.lie))
		c.Reply(answer)
		if got := readTrace(&trace); len(got.problems) != test.want {
			t.Errorf("%s: problems %q, want %d", name, got.problems, test.want)
		}
	}
}

// TestSum changes bytes of segments: the checksum of a short one sees each, that of a
// long one the first and last 8, and 32 in a row anywhere.
func TestSum(t *testing.T) {
	for _, n := range []int{2, 7, 255, 256, 257, 263, 264, 300, 1460, 9000} {
		b := capturetest.Batch(1, n/57+1)[:n]
		sum := sumOf(b)
		for at := range n {
			lie := bytes.Clone(b)
			for i := range lie[at:min(at+32, n)] {
				lie[at+i] ^= 0x5a
			}
			if at+32 <= n && sumOf(lie) == sum {
				t.Errorf("%d bytes, 32 changed at %d: the same sum", n, at)
			}
			lie = bytes.Clone(b)
			lie[at] ^= 1
			if seen := n <= 256 || at < 8 || at >= n-8; seen && sumOf(lie) == sum {
				t.Errorf("%d bytes, one changed at %d: the same sum", n, at)
			}
		}
	}
}

// TestAgrees compares two segments before either is read: a single byte is a keep-alive
// probe, whose content does not count.
func TestAgrees(t *testing.T) {
	for _, test := range []struct {
		off  int64
		a, b string
		want bool
	}{
		{0, "ab", "ab", true}, {0, "ab", "ax", false}, {0, "ab", "xb", false}, {0, "ab", "x", true}, {0, "a", "xb", true},
		{1, "abc", "bc", true}, {1, "abc", "bcd", true}, {1, "abc", "bx", false}, {1, "abc", "xcd", false}, {2, "abc", "cx", true},
		{2, "abc", "xx", false}, {3, "abc", "xx", true},
	} {
		p, q := &queuedSegment{off: 5, data: []byte(test.a)}, &queuedSegment{off: 5 + test.off, data: []byte(test.b)}
		if p.agrees(q) != test.want || q.agrees(p) != test.want {
			t.Errorf("%q and, %d later, %q: want %v", test.a, test.off, test.b, test.want)
		}
	}
}

// TestRunsRemembered remembers the latest segments: the one after the last takes the
// place of the oldest.
func TestRunsRemembered(t *testing.T) {
	for _, n := range []int{maxRuns - 1, maxRuns, maxRuns + 1, 2*maxRuns + 3} {
		h := new(halfConn)
		for i := range n {
			h.remember(&queuedSegment{off: int64(10 * i), data: []byte("some bytes")})
		}
		for i := range n {
			p := queuedSegment{off: int64(10 * i), data: []byte("some bites")}
			if got, want := h.repeats(&p), i < n-maxRuns; got != want {
				t.Errorf("segment %d of %d, with other content: %v, want %v", i, n, got, want)
			}
		}
	}
}
