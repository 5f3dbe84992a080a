package capture

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestQueueModel inserts runs of bytes, some cut, into a queue and into a list of
// single bytes, of which the first stay.
func TestQueueModel(t *testing.T) {
	const length = 64
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 9))
		var q segmentQueue
		var p pool
		model := make([]int, length) // of each byte: 0 absent, -1 cut, else 1 + its value
		for range 1 + random.IntN(12) {
			from, n := random.IntN(length), random.IntN(20)
			n = min(n, length-from)
			seg := queuedSegment{off: int64(from), data: make([]byte, n), at: stamp{frame: int64(seed)}}
			for i := range seg.data {
				seg.data[i] = byte(random.IntN(200))
			}
			if random.IntN(3) == 0 {
				seg.cut = random.IntN(n + 1)
				seg.data = seg.data[:n-seg.cut]
			}
			for i := range n {
				switch at := from + i; {
				case model[at] != 0:
				case i < len(seg.data):
					model[at] = 1 + int(seg.data[i])
				default:
					model[at] = -1
				}
			}
			q.insert(&p, seg)
		}
		check := func() {
			t.Helper()
			got, end, cost := make([]int, length), int64(0), int64(0)
			for i, s := range q.list {
				if s.off < end || s.off >= s.end() {
					t.Fatalf("seed %d: segment %d is from %d to %d, the one before ends at %d", seed, i, s.off, s.end(), end)
				}
				end = s.end()
				cost += int64(cap(s.data)) + segmentCost
				for k := s.off; k < s.end(); k++ {
					if got[k] = -1; k-s.off < int64(len(s.data)) {
						got[k] = 1 + int(s.data[k-s.off])
					}
				}
			}
			if !slices.Equal(got, model) || q.cost != cost || p.used != cost {
				t.Fatalf("seed %d: cost %d and %d, want %d; (want, got)\n%v\n%v", seed, q.cost, p.used, cost, model, got)
			}
		}
		check()
		if n := random.IntN(len(q.list) + 1); n > 0 {
			clear(model[:q.list[n-1].end()])
			q.drop(&p, n)
			check()
		}
		if q.clear(&p); p.used != 0 || q.cost != 0 || len(q.list) != 0 {
			t.Fatalf("seed %d: %d bytes are charged for an empty queue", seed, p.used)
		}
	}
}

// TestSegmentParts drops what is before and behind an offset, within the data,
// within what was cut off, and outside.
func TestSegmentParts(t *testing.T) {
	for _, test := range []struct {
		off       int64
		from      bool
		data      string
		cut       int
		beginning int64
	}{
		{9, true, "abcd", 3, 10}, {10, true, "abcd", 3, 10}, {11, true, "bcd", 3, 11}, {14, true, "", 3, 14}, {15, true, "", 2, 15}, {17, true, "", 0, 17},
		{9, false, "", 0, 10}, {10, false, "", 0, 10}, {11, false, "a", 0, 10}, {14, false, "abcd", 0, 10}, {15, false, "abcd", 1, 10}, {17, false, "abcd", 3, 10}, {18, false, "abcd", 3, 10},
	} {
		p := queuedSegment{off: 10, data: []byte("abcd"), cut: 3}
		if test.from {
			p.from(test.off)
		} else {
			p.until(test.off)
		}
		if string(p.data) != test.data || p.cut != test.cut || p.off != test.beginning {
			t.Errorf("%+v: %q, cut %d, at %d", test, p.data, p.cut, p.off)
		}
	}
}

// TestConnListModel moves connections between lists as a slice does.
func TestConnListModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 10))
	var lists [2]connList
	var model [2][]*conn
	conns := make([]conn, 6)
	for i := range conns {
		lists[0].push(&conns[i])
		model[0] = append(model[0], &conns[i])
	}
	for step := range 500 {
		c, to := &conns[random.IntN(len(conns))], random.IntN(2)
		for i := range model {
			model[i] = slices.DeleteFunc(model[i], func(d *conn) bool { return d == c })
		}
		model[to] = append(model[to], c)
		c.moveTo(&lists[to])
		for i := range lists {
			var forth, back []*conn
			for c := lists[i].front; c != nil; c = c.next {
				forth = append(forth, c)
			}
			for c := lists[i].back; c != nil; c = c.prev {
				back = append(back, c)
			}
			slices.Reverse(back)
			if !slices.Equal(forth, model[i]) || !slices.Equal(back, model[i]) || lists[i].n != len(model[i]) {
				t.Fatalf("step %d: list %d differs", step, i)
			}
		}
	}
}

// TestFindStart finds the first start line of a role, wherever the segments end,
// and passes over what only looks like one.
func TestFindStart(t *testing.T) {
	long := strings.Repeat("x", maxLine)
	for _, test := range []struct {
		b        string
		request  int // -1: none
		response int
	}{
		{"POST / HTTP/1.1\r\n", 0, -1}, {"xPOST / HTTP/1.1\n", 1, -1}, {"\x00\xff GET /a HTTP/1.0\r\n\r\n", 3, -1},
		{"POST / HTTP/1.1", -1, -1}, {"POST / HTTP/1.1 \r\n", -1, -1}, {"POST / HTTP/1.12\r\n", -1, -1}, {"POST / HTTP/1.\r\n", -1, -1}, {"POST / HTTP/1.x\r\n", -1, -1},
		{"HTTP/1.1\r\n", -1, -1}, {" HTTP/1.1\r\n", -1, -1}, {"POST HTTP/1.1\r\n", -1, -1}, {"POST  HTTP/1.1\r\n", -1, -1}, {"XYZ / HTTP/1.1\r\n", -1, -1},
		{"POST /\x01 HTTP/1.1\r\n", -1, -1}, {"POST /\x7f HTTP/1.1\r\n", -1, -1}, {"POST /\r\n HTTP/1.1\r\n", -1, -1},
		{"a HTTP/1.1\r\nPUT / HTTP/1.1\r\n", 12, -1}, {"POST / HTTP/1.x\r\nHEAD / HTTP/1.0\n", 17, -1},
		{"POST /" + long[:maxLine-8] + " HTTP/1.1\r\n", 0, -1}, {"POST /" + long + long + " HTTP/1.1\r\n", -1, -1},
		{"HTTP/1.1 200 OK\r\n", -1, 0}, {"xHTTP/1.0 404 N\r\n", -1, 1}, {"HTTP/1.1 200\r\n", -1, 0}, {"HTTP/1.1 200", -1, -1}, {"HTTP/1.1 2000\r\n", -1, -1},
		{"HTTP/1.1 20 HTTP/1.1 200 OK\r\n", -1, 12}, {"HTTP/1.x 200 OK\r\n", -1, -1},
		{"GET / HTTP/1.1\r\n\r\nHTTP/1.1 200 OK\r\n", 0, 18}, {"HTTP/1.1 200 OK\r\nGET / HTTP/1.1\r\n", 17, 0},
	} {
		b := []byte(test.b)
		either := test.request
		if either < 0 || test.response >= 0 && test.response < either {
			either = test.response
		}
		for role, want := range map[role]int{requests: test.request, responses: test.response, unknown: either} {
			if got := findStart(b, role); got != want {
				t.Errorf("%.60q, role %d: at %d, want %d", test.b, role, got, want)
			}
		}
	}
}

// TestPrecede: how many bytes of a run come before data that is a part of it.
func TestPrecede(t *testing.T) {
	for _, test := range []struct {
		run, data string
		want      int
	}{
		{"abcdef", "def", 3}, {"abcdef", "abcdef", 0}, {"abcdef", "f", 5}, {"abcdef", "bc", 1}, {"abab", "ab", 2},
		{"abcdef", "efgh", -1}, {"abcdef", "efGET / HTTP/1.1\r\n", 4}, // another message begins behind the run
		{"abcdef", "xyz", -1}, {"", "abc", -1}, {"abcdef", "", 6}, {"", "", 0},
	} {
		if got := precede([]byte(test.run), []byte(test.data)); got != test.want {
			t.Errorf("%q before %q: %d, want %d", test.run, test.data, got, test.want)
		}
	}
}

// TestOffsets follows sequence numbers around their end, from any beginning.
func TestOffsets(t *testing.T) {
	for _, base := range []uint32{0, 1, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
		var h halfConn
		h.know(base)
		h.know(base + 7) // known already
		first := h.offset(base)
		if first != h.next || first < 1<<31-1 {
			t.Fatalf("base %d: offset %d, next %d", base, first, h.next)
		}
		for _, n := range []int64{1, 1000, 1<<31 - 1, -1, -1000, -1 << 31} {
			if got := h.offset(base+uint32(n)) - first; got != n {
				t.Errorf("base %d and %d: %d", base, n, got)
			}
		}
		h.next = first + 1<<33 // far on
		if got := h.offset(base + 5); got != h.next+5 {
			t.Errorf("base %d: %d, want %d", base, got, h.next+5)
		}
	}
}

// TestQueueLimit holds as many segments as it says behind a missing one, and gives
// that up for one more.
func TestQueueLimit(t *testing.T) {
	for _, more := range []int{0, 1} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Silent = true
		c.Send([]byte(post("POST "+v2+" HTTP/1.1", "Content-Length: 4000")))
		missing := len(trace.Packets)
		c.MSS = 1
		c.Send(make([]byte, 1+maxQueuedSegments+more))
		late := trace.Packets[missing]
		trace.Packets = append(slices.Delete(trace.Packets, missing, missing+1), late)
		got := readTrace(&trace) // which ends within the body; of one segment more the late byte is not counted
		if len(got.problems) != 1 || !strings.Contains(got.problems[0], "after 2049 of 4000 bytes") {
			t.Errorf("%d segments wait: problems %q", maxQueuedSegments+more, got.problems)
		}
	}
}

// TestOnce reports everything once, up to a limit, which it reports too.
func TestOnce(t *testing.T) {
	var told []string
	r := NewReader(Options{}, func(e *Event) error {
		told = append(told, e.Detail)
		return nil
	})
	for key := range maxReported {
		if !r.once(key) || r.once(key) {
			t.Fatalf("key %d", key)
		}
	}
	if len(told) != 0 {
		t.Errorf("%q", told)
	}
	for range 3 {
		if r.once(maxReported) || r.once(0) {
			t.Error("more than the limit")
		}
	}
	r.finish()
	if len(told) != 1 || !strings.Contains(told[0], "too many") {
		t.Errorf("%q", told)
	}
}

// TestPoolClasses gives the smallest buffer that has room, and keeps a bounded
// number of bytes.
func TestPoolClasses(t *testing.T) {
	var p pool
	for n, want := range map[int]int{1: 64, 63: 64, 64: 64, 65: 128, 128: 128, 129: 256, 1<<20 - 1: 1 << 20, 1 << 20: 1 << 20, 1<<20 + 1: 2 << 20} {
		if b := p.get(n); cap(b) != want || len(b) != 0 {
			t.Errorf("%d bytes: %d of %d", n, len(b), cap(b))
		}
	}
	for range 10 {
		p.free(make([]byte, 0, 1<<20))
	}
	if p.kept != maxKept || len(p.spare[maxClass]) != maxKept>>20 {
		t.Errorf("%d bytes are kept in %d buffers", p.kept, len(p.spare[maxClass]))
	}
	a := p.get(1 << 20)
	if p.kept != maxKept-1<<20 {
		t.Errorf("%d bytes are kept after one was taken", p.kept)
	}
	p.free(make([]byte, 0, 2<<20)) // too long
	p.free(nil)
	if p.kept != maxKept-1<<20 {
		t.Errorf("%d bytes are kept", p.kept)
	}
	b := p.append(p.append(nil, []byte("ab")), []byte("cd"))
	if grown := p.append(b, bytes.Repeat([]byte("e"), 61)); string(grown[:6]) != "abcdee" || cap(grown) != 128 || len(p.spare[minClass]) != 1 {
		t.Errorf("%.8q of %d; %d spare", grown, cap(grown), len(p.spare[minClass]))
	}
	_ = a
}
