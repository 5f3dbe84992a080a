package capture

import (
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// half is a direction of which the bytes from sequence number 1000 up to 2000 have been
// passed on.
func half(joined bool) *halfConn {
	h := &halfConn{fin: noFin}
	h.know(1000)
	h.sync(h.offset(1000), joined)
	h.next = h.offset(2000)
	return h
}

// TestDistance: how far a number is from where a direction is.
func TestDistance(t *testing.T) {
	const far = maxAhead
	back := func(seq uint32) uint32 { return seq - far }
	for _, test := range []struct {
		name          string
		acked, queued uint32 // the numbers up to which bytes are acknowledged, and waiting
		seq           uint32
		want          int64
	}{
		{"next", 0, 0, 2000, 0},
		{"before", 0, 0, 1999, 1},
		{"behind", 0, 0, 2001, 1},
		{"far behind", 0, 0, 2000 + far, far},
		{"too far behind", 0, 0, 2001 + far, -1},
		{"far before", 0, 0, back(2000), far},
		{"too far before", 0, 0, back(1999), -1},
		{"acknowledged", 3000, 0, 3000, 0},
		{"within what is acknowledged", 3000, 0, 2500, 0},
		{"behind what is acknowledged", 3000, 0, 3007, 7},
		{"behind what waits", 3000, 4000, 4007, 7},
		{"within what waits", 3000, 4000, 3500, 0},
		{"far behind what is acknowledged", 3000, 0, 3000 + far, far},
		{"too far behind what is acknowledged", 3000, 0, 3001 + far, -1},
	} {
		h := half(false)
		if test.acked > 0 {
			h.acked = h.offset(test.acked)
		}
		if test.queued > 0 {
			off := h.offset(test.queued)
			h.queue.list = []queuedSegment{{off: off - 3, data: []byte("xyz")}}
		}
		if got := h.distance(test.seq); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
	if got := new(halfConn).distance(5); got != maxAhead {
		t.Errorf("of an unknown direction: %d, want %d", got, maxAhead)
	}
	h := &halfConn{fin: noFin}
	h.know(1000)
	if got := h.distance(1005); got != 5 {
		t.Errorf("of a direction without a first byte: %d, want 5", got)
	}
	h.queue.list = []queuedSegment{{off: h.offset(1003), data: []byte("xyz")}} // which may be another's
	if got := h.distance(1005); got != 5 {
		t.Errorf("of a direction without a first byte, within what waits: %d, want 5", got)
	}
}

// TestConnDistance adds what both directions say, and is stricter after the end.
func TestConnDistance(t *testing.T) {
	r := NewReader(Options{}, nil)
	for _, test := range []struct {
		name   string
		s      segment
		closed bool
		want   int64
	}{
		{"both", segment{seq: 2003, ack: 2005, flags: flagACK}, false, 8},
		{"no acknowledgement", segment{seq: 2003, ack: 99_000_000}, false, 3},
		{"another's acknowledgement", segment{seq: 2003, ack: 99_000_000, flags: flagACK}, false, -1},
		{"another's number", segment{seq: 99_000_000, ack: 2000, flags: flagACK}, false, -1},
		{"after the end", segment{seq: 2000 + maxAfterEnd}, true, maxAfterEnd},
		{"too far after the end", segment{seq: 2001 + maxAfterEnd}, true, -1},
		{"as far before the end", segment{seq: 2001 + maxAfterEnd}, false, maxAfterEnd + 1},
	} {
		c := &conn{r: r, halves: [2]halfConn{*half(false), *half(false)}, list: &r.live}
		if test.closed {
			c.list = &r.closed
		}
		if got := c.distance(0, &test.s); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

// TestOutside: what is before the beginning of a direction, or behind its end.
func TestOutside(t *testing.T) {
	for _, test := range []struct {
		name   string
		joined bool
		fin    uint32
		seq    uint32
		want   bool
	}{
		{"the SYN", false, 0, 999, false},
		{"before it", false, 0, 998, true},
		{"before the capture began", true, 0, 500, false},
		{"ahead", false, 0, 9000, false},
		{"the FIN", false, 3000, 3000, false},
		{"behind it", false, 3000, 3001, false},
		{"farther", false, 3000, 3002, true},
	} {
		h := half(test.joined)
		if test.fin > 0 {
			h.fin = h.offset(test.fin)
		}
		if got := h.outside(test.seq); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if new(halfConn).outside(5) {
		t.Error("a direction without a first byte has an outside")
	}
}

// TestPrecedes: what begins a message before that with which a direction began.
func TestPrecedes(t *testing.T) {
	http := []byte("HTTP/1.1 200 OK\r\n")
	for _, test := range []struct {
		joined bool
		s      segment
		want   bool
	}{
		{true, segment{seq: 999, data: http}, true},
		{true, segment{seq: 1000, data: http}, false},
		{true, segment{seq: 999, data: []byte("no HTTP")}, false},
		{true, segment{seq: 999}, false},
		{false, segment{seq: 999, data: http}, false},
	} {
		if got := half(test.joined).precedes(&test.s); got != test.want {
			t.Errorf("%v, %+v: %v", test.joined, test.s, got)
		}
	}
}

// TestOpens: which SYN may be that of a connection.
func TestOpens(t *testing.T) {
	const early = 1<<32 - maxQueued // added, it is subtracted
	for name, test := range map[string]struct {
		joined  [2]bool
		unknown [2]bool // directions that have nothing yet
		waits   uint32  // number of the first byte that waits, of a direction that is unknown
		fed     bool
		s       segment
		want    bool
	}{
		"the same":                   {s: segment{seq: 999}, want: true},
		"another":                    {s: segment{seq: 998}},
		"behind":                     {s: segment{seq: 1000}},
		"within":                     {s: segment{seq: 1999}},
		"captured late":              {joined: [2]bool{true}, s: segment{seq: 500}, want: true},
		"captured late, farthest":    {joined: [2]bool{true}, s: segment{seq: 999 + early}, want: true},
		"captured late, too far":     {joined: [2]bool{true}, s: segment{seq: 998 + early}},
		"behind, joined":             {joined: [2]bool{true}, s: segment{seq: 1000}},
		"before what waits":          {unknown: [2]bool{true}, waits: 1000, s: segment{seq: 999}, want: true},
		"farthest before what waits": {unknown: [2]bool{true}, waits: 1000, s: segment{seq: 999 + early}, want: true},
		"too far before what waits":  {unknown: [2]bool{true}, waits: 1000, s: segment{seq: 998 + early}},
		"behind what waits":          {unknown: [2]bool{true}, waits: 1000, s: segment{seq: 1000}},
		"of nothing":                 {unknown: [2]bool{true, true}, s: segment{seq: 77}, want: true},
		"of a connection that has said something": {unknown: [2]bool{true, true}, fed: true, s: segment{seq: 77}},
		"its answer":                      {unknown: [2]bool{false, true}, s: segment{seq: 77, ack: 1000, flags: flagACK}, want: false},
		"acknowledges the SYN":            {s: segment{seq: 999, ack: 1000, flags: flagACK}, want: true},
		"acknowledges what was passed on": {s: segment{seq: 999, ack: 2000, flags: flagACK}, want: true},
		"acknowledges more":               {s: segment{seq: 999, ack: 2001, flags: flagACK}},
		"acknowledges less":               {s: segment{seq: 999, ack: 999, flags: flagACK}},
		"acknowledges less, joined":       {joined: [2]bool{false, true}, s: segment{seq: 999, ack: 999, flags: flagACK}, want: true},
		"acknowledges least, joined":      {joined: [2]bool{false, true}, s: segment{seq: 999, ack: 1000 + early, flags: flagACK}, want: true},
		"acknowledges too little, joined": {joined: [2]bool{false, true}, s: segment{seq: 999, ack: 999 + early, flags: flagACK}},
		"acknowledges, of an unknown one": {unknown: [2]bool{false, true}, s: segment{seq: 999, ack: 5, flags: flagACK}, want: true},
	} {
		c := &conn{halves: [2]halfConn{*half(test.joined[0]), *half(test.joined[1])}, fed: test.fed}
		for i, is := range test.unknown {
			if is {
				c.halves[i] = halfConn{fin: noFin}
			}
		}
		if h := &c.halves[0]; test.waits > 0 {
			h.know(test.waits)
			h.queue.list = []queuedSegment{{off: h.offset(test.waits), data: []byte("x")}}
		}
		if got := c.opens(0, &test.s); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	for flags, want := range map[byte]bool{flagSYN: true, flagSYN | flagACK: true, flagSYN | flagRST: false, flagACK: false, flagRST: false, flagFIN | flagSYN: true} {
		if got := (&segment{flags: flags}).opens(); got != want {
			t.Errorf("flags %#x open a connection: %v", flags, got)
		}
	}
}

// TestContinues: what goes on behind the end of a closed connection.
func TestContinues(t *testing.T) {
	for _, test := range []struct {
		name    string
		ignored bool
		fin     bool
		s       segment
		want    bool
	}{
		{"more", false, false, segment{seq: 2000, data: []byte("xy")}, true},
		{"one byte", false, false, segment{seq: 2000, data: []byte("x")}, true},
		{"a byte that was cut", false, false, segment{seq: 2000, cut: 1}, true},
		{"nothing", false, false, segment{seq: 2000}, false},
		{"what has been", false, false, segment{seq: 1999, data: []byte("x")}, false},
		{"partly", false, false, segment{seq: 1999, data: []byte("xy")}, true},
		{"a probe", false, true, segment{seq: 2000, data: []byte("x")}, false},
		{"in the place of the FIN", false, true, segment{seq: 2000, data: []byte("xy")}, true},
		{"behind the FIN", false, true, segment{seq: 2001, data: []byte("x")}, true},
		{"a SYN", false, false, segment{seq: 2000, data: []byte("x"), flags: flagSYN}, false},
		{"a RST", false, false, segment{seq: 2000, data: []byte("x"), flags: flagRST}, false},
		{"not HTTP", true, false, segment{seq: 2000, data: []byte("x")}, false},
	} {
		c := &conn{halves: [2]halfConn{*half(false), *half(false)}, ignored: test.ignored}
		if test.fin {
			c.halves[0].fin = c.halves[0].next
		}
		if got := c.continues(0, &test.s); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	if c := (&conn{halves: [2]halfConn{{fin: noFin}, {fin: noFin}}}); c.continues(0, &segment{seq: 1, data: []byte("x")}) {
		t.Error("a direction without a first byte goes on")
	}
}

// TestUnlink removes each of several connections between the same ports.
func TestUnlink(t *testing.T) {
	for n := 1; n <= 4; n++ {
		for remove := range n {
			r := NewReader(Options{}, nil)
			e := endpoints{low0: 1}
			var all []*conn
			for range n {
				all = append(all, r.newConn(&e))
			}
			for i, c := range all {
				if c.shared != (n > 1) {
					t.Errorf("connection %d of %d: shared is %v", i, n, c.shared)
				}
			}
			r.remove(all[remove])
			var left []int
			for c := r.conns[e]; c != nil; c = c.older {
				left = append([]int{c.stream}, left...)
			}
			want := 0
			for _, got := range left {
				if want == remove {
					want++
				}
				if got != want {
					t.Errorf("without %d of %d: %v are left", remove, n, left)
				}
				want++
			}
			if _, there := r.conns[e]; len(left) != n-1 || there != (n > 1) || r.live.n != n-1 {
				t.Errorf("without %d of %d: %v are left, %d live", remove, n, left, r.live.n)
			}
		}
	}
}

// TestSiblings follows as many connections between the same ports as it says: one that
// has ended gives way, or else one that said nothing, or the oldest.
func TestSiblings(t *testing.T) {
	for _, test := range []struct {
		name          string
		ended, silent int // number of the connection, -1 for none
		gone          int
	}{
		{"all say something", -1, -1, 0}, {"one ended", 3, 5, 3}, {"one is silent", -1, 5, 5}, {"the oldest is silent", -1, 0, 0},
	} {
		r := NewReader(Options{}, nil)
		e := endpoints{low0: 1}
		for n := range maxSiblings + 1 {
			count := 0
			for c := r.conns[e]; c != nil; c = c.older {
				count++
			}
			if count != n {
				t.Fatalf("%s: %d are followed before one more, want %d", test.name, count, n)
			}
			c := r.newConn(&e)
			c.fed = n != test.silent
			if n == test.ended {
				r.close(c)
			}
		}
		gone := maxSiblings * (maxSiblings + 1) / 2
		count := 0
		for c := r.conns[e]; c != nil; c = c.older {
			gone -= c.stream
			count++
		}
		if count != maxSiblings || gone != test.gone {
			t.Errorf("%s: %d are left, %d is gone, want %d", test.name, count, gone, test.gone)
		}
	}
}

// TestUncounted reads captures of programs that do not count acknowledgements.
func TestUncounted(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Silent = true
	messages := talk(c, 3, 3)
	for i := range trace.Packets[3:] {
		trace.Packets[3+i].Ack = 77_000_000
	}
	got := readTrace(&trace)
	if got.want(t, 0, messages...); got.sum.Connections != 1 {
		t.Errorf("%d connections", got.sum.Connections)
	}
}
