package capture

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// fragmentReader takes fragments without packets around them.
func fragmentReader() (r *Reader, told *int, take func(id fragmentID, off, n int)) {
	told = new(int)
	r = NewReader(Options{}, func(*Event) error { *told++; return nil })
	return r, told, func(id fragmentID, off, n int) { r.fragment(&id, off, true, make([]byte, n), n) }
}

// TestMostDatagrams begins as many datagrams as are kept, and one more: the oldest gives
// way.
func TestMostDatagrams(t *testing.T) {
	r, told, take := fragmentReader()
	for n := range uint32(maxDatagrams) {
		take(fragmentID{id: n, proto: protoTCP}, 0, 8)
	}
	if *told != 0 || len(r.fragments.datagrams) != maxDatagrams {
		t.Fatalf("%d problems, %d datagrams", *told, len(r.fragments.datagrams))
	}
	take(fragmentID{id: maxDatagrams, proto: protoTCP}, 0, 8)
	if _, kept := r.fragments.datagrams[fragmentID{proto: protoTCP}]; kept || *told != 1 || len(r.fragments.datagrams) != maxDatagrams {
		t.Errorf("%d problems, %d datagrams, the oldest kept: %v", *told, len(r.fragments.datagrams), kept)
	}
}

// TestMostHeld fills the memory for fragments up to the byte.
func TestMostHeld(t *testing.T) {
	const size = 1<<16 - 8
	r, told, take := fragmentReader()
	id := fragmentID{proto: protoTCP}
	for ; r.fragments.held+1<<16+segmentCost <= maxHeld; id.id++ {
		take(id, 0, size)
	}
	for at := 0; r.fragments.held < maxHeld; at += 8 { // of one more: 64 bytes and the cost of a segment each
		r.fragments.held += min(64+segmentCost, maxHeld-r.fragments.held)
	}
	begun := len(r.fragments.datagrams)
	take(id, 0, 8)
	if *told != 0 || len(r.fragments.datagrams) != begun+1 {
		t.Errorf("%d problems, %d datagrams, then %d", *told, begun, len(r.fragments.datagrams))
	}
	id.id++
	take(id, 0, 8)
	if *told != 1 || len(r.fragments.datagrams) != begun+1 {
		t.Errorf("too much: %d problems, %d datagrams, then %d", *told, begun, len(r.fragments.datagrams))
	}
}

// TestGiveUp: which datagrams matter when they give way. Of UDP those of tunnels do, and
// those of which that is not known.
func TestGiveUp(t *testing.T) {
	vxlan, dns := []byte("\xc0\x00\x12\xb5\x00\x00\x00\x00"), []byte("\xc0\x00\x00\x35\x00\x00\x00\x00")
	for name, test := range map[string]struct {
		proto byte
		off   int
		b     []byte
		want  int
	}{
		"TCP":                        {protoTCP, 0, dns, 1},
		"a tunnel":                   {protoUDP, 0, vxlan, 1},
		"no tunnel":                  {protoUDP, 0, dns, 0},
		"UDP, not the beginning":     {protoUDP, 8, dns, 1},
		"another protocol":           {47, 0, dns, 1},
		"TCP, with another's ports":  {protoTCP, 0, vxlan, 1},
		"UDP of a tunnel, its ports": {protoUDP, 0, vxlan[:4], 1},
	} {
		r, told, _ := fragmentReader()
		id := fragmentID{proto: test.proto}
		r.fragment(&id, test.off, true, test.b, len(test.b))
		r.giveUp(id, r.fragments.datagrams[id])
		if *told != test.want || len(r.fragments.datagrams) != 0 || r.fragments.held != 0 {
			t.Errorf("%s: %d problems, want %d; %d datagrams are left", name, *told, test.want, len(r.fragments.datagrams))
		}
	}
}

// TestForget forgets datagrams at any place of their order.
func TestForget(t *testing.T) {
	for forget := range uint32(3) {
		r, _, take := fragmentReader()
		var want []fragmentID
		for n := range uint32(3) {
			take(fragmentID{id: n, proto: protoTCP}, 0, 8)
			if n != forget {
				want = append(want, fragmentID{id: n, proto: protoTCP})
			}
		}
		id := fragmentID{id: forget, proto: protoTCP}
		r.forget(id, r.fragments.datagrams[id])
		if !slices.Equal(r.fragments.order, want) {
			t.Errorf("without %d: %v", forget, r.fragments.order)
		}
	}
}

// TestIncompleteOfOurs loses a fragment with a part of a body: it matters where its
// connection speaks MS-PCHC. What is said of it is of no connection.
func TestIncompleteOfOurs(t *testing.T) {
	for path, want := range map[string]EventKind{v2: Problem, v2[:36] + "x": Note} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		post := capturetest.Post(path, capturetest.Batch(1, 30))
		c.MSS = 600
		c.Silent = true
		c.Send(post)
		frames := framesOf(t, &trace, capturetest.Format{Fragment: 96})
		var last Event
		r := NewReader(Options{}, func(e *Event) error { last = *e; return nil })
		for i := range frames[:len(frames)-1] {
			if err := r.Frame(&frames[i], nil); err != nil {
				t.Fatal(err)
			}
		}
		r.Close()
		if last.Kind != want || last.Stream != -1 || last.Frame != 0 {
			t.Errorf("%s: kind %d of stream %d, frame %d: %s", path, last.Kind, last.Stream, last.Frame, last.Detail)
		}
	}
}

// TestFirstFragments loses all fragments of a datagram but the first: the requests in that
// are read, once, whether the others come later in a whole copy or not, and the rest is
// missed.
func TestFirstFragments(t *testing.T) {
	for _, six := range []bool{false, true} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if six {
			c.IPv6()
		}
		c.MSS = 4000
		c.Open()
		c.Send(slices.Concat(offers(1), offers(2), offers(30)))
		for range 3 {
			c.Reply(answer)
		}
		c.Send(offers(3)).Reply(answer)
		whole := trace.Encode(capturetest.Format{Fragment: 600})
		frames := split(whole)
		last := 4
		for more := true; more; last++ { // frames 3 to last are the first request
			more = len(frames[last]) > 500
		}
		for name, test := range map[string]struct {
			frames   [][]byte
			messages int
			problem  string
		}{
			"all":                     {frames, 8, ""},
			"one, and then others":    {slices.Concat(frames[:4], frames[last:]), 7, "missing from the capture"},
			"one, and no others":      {frames[:4], 2, "incomplete HTTP request"},
			"one, alone":              {frames[3:4], 2, "incomplete HTTP request"},
			"none":                    {slices.Concat(frames[:3], frames[last:]), 5, "missing from the capture"},
			"one, and a copy at once": {slices.Concat(frames[:4], changeID(frames[3:last], six), frames[last:]), 8, ""},
			"one, and a copy later":   {slices.Concat(frames[:4], frames[last:], changeID(frames[3:last], six)), 8, ""},
		} {
			got := read(bytes.NewReader(slices.Concat(append([][]byte{whole[:24]}, test.frames...)...)))
			problems := strings.Join(got.problems, "; ")
			if len(got.messages) != test.messages || !strings.Contains(problems, test.problem) || (problems == "") != (test.problem == "") {
				t.Errorf("IPv6 %v, %s: %d messages, problems %q, notes %+v", six, name, len(got.messages), problems, got.notes)
			}
		}
	}
}

// TestFirstFragmentInTime: the first fragment of a datagram is read when its connection no
// longer waits for the others, long before the capture ends.
func TestFirstFragmentInTime(t *testing.T) {
	const more = reorderWindow
	var trace capturetest.Trace
	c := trace.Conn(0)
	c.MSS = 4000
	c.Open().Send(slices.Concat(offers(1), offers(2), offers(30)))
	for range 3 {
		c.Reply(answer)
	}
	for range more {
		c.Send(offers(1)).Reply(answer)
	}
	whole := trace.Encode(capturetest.Format{Fragment: 600})
	frames := split(whole)
	last := 4
	for len(frames[last]) > 500 {
		last++
	}
	got := read(bytes.NewReader(slices.Concat(append([][]byte{whole[:24]}, slices.Concat(frames[:4], frames[last+1:])...)...)))
	if want := 2 + 3 + 2*more; len(got.messages) != want || len(got.problems) != 1 {
		t.Errorf("%d messages, want %d; %q", len(got.messages), want, got.problems)
	}
}

// offers is a POST of so many.
func offers(n int) []byte { return capturetest.Post(v2, capturetest.Batch(uint64(n), n)) }

// changeID gives copies of fragments in frames of a file another identification.
func changeID(frames [][]byte, six bool) (all [][]byte) {
	at := 16 + 14 + 5
	if six {
		at = 16 + 14 + 40 + 7
	}
	for _, f := range frames {
		f = bytes.Clone(f)
		f[at] ^= 0xff
		all = append(all, f)
	}
	return all
}
