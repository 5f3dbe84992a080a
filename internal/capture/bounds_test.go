package capture

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestSegmentQueue inserts segments that overlap in every way, and compares with a
// table of bytes in which the first of each stays.
func TestSegmentQueue(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 96))
		var l segmentQueue
		var p pool
		const size = 40
		var first [size + 20]int // 0 nothing, 1 cut off, else 2 and the byte
		for range 1 + random.IntN(8) {
			s := queuedSegment{off: int64(random.IntN(size)), cut: max(0, random.IntN(8)-4)}
			s.data = make([]byte, random.IntN(12))
			for i := range s.data {
				s.data[i] = byte(random.IntN(2))
			}
			from, upto, differs := int64(random.IntN(size)), int64(random.IntN(size)), false
			for i, b := range s.data {
				had := first[int(s.off)+i]
				differs = differs || had > 1 && had != 2+int(b)
			}
			a, b := s, s
			from = min(from, s.end())
			a.from(from)
			b.until(upto)
			checkPart(t, "from", &s, &a, max(from, s.off), max(from, s.end()))
			checkPart(t, "until", &s, &b, s.off, max(s.off, min(upto, s.end())))
			// What is left of a segment behind another may be a single byte, whose content
			// does not count.
			certain := len(s.data) > 1 && len(l.list) == 1 && len(l.list[0].data) > 1 && s.off >= l.list[0].off
			if same := l.insert(&p, s); differs && same && certain {
				t.Fatalf("seed %d: other bytes are the same", seed)
			} else if !differs && !same {
				t.Fatalf("seed %d: the same bytes differ", seed)
			}
			for i := range int(s.end() - s.off) {
				if at := int(s.off) + i; first[at] == 0 && i < len(s.data) {
					first[at] = 2 + int(s.data[i])
				} else if first[at] == 0 {
					first[at] = 1
				}
			}
			compareQueue(t, seed, &l, &p, first[:])
			end := 0
			for i, v := range first {
				if v > 0 {
					end = i + 1
				}
			}
			for off := range int64(len(first)) {
				if got := l.passes(off); got != (int64(end) > off) {
					t.Fatalf("seed %d: passes(%d) is %v, the end is %d", seed, off, got, end)
				}
			}
		}
		for n := random.IntN(len(l.list) + 1); len(l.list) > 0; n = 1 {
			for _, q := range l.list[:n] {
				clear(first[q.off:q.end()])
			}
			l.drop(&p, n)
			compareQueue(t, seed, &l, &p, first[:])
		}
	}
}

func checkPart(t *testing.T, what string, s, part *queuedSegment, from, upto int64) {
	t.Helper()
	if part.off != from || part.end() != upto || part.cut < 0 || part.cut > s.cut {
		t.Fatalf("%s: %d to %d, %d of them cut; want %d to %d, of %d to %d", what, part.off, part.end(), part.cut, from, upto, s.off, s.end())
	}
	if a := from - s.off; len(part.data) > 0 && !bytes.Equal(part.data, s.data[a:a+int64(len(part.data))]) || int64(len(part.data)) < min(int64(len(s.data)), upto-s.off)-min(int64(len(s.data)), a) {
		t.Fatalf("%s: data %x of %x", what, part.data, s.data)
	}
}

func compareQueue(t *testing.T, seed uint64, l *segmentQueue, p *pool, first []int) {
	t.Helper()
	got := make([]int, len(first))
	last, cost := int64(0), int64(0)
	for _, q := range l.list {
		if q.off < last || q.end() <= q.off {
			t.Fatalf("seed %d: %d to %d behind %d", seed, q.off, q.end(), last)
		}
		last = q.end()
		cost += int64(cap(q.data)) + segmentCost
		for i := range int(q.end() - q.off) {
			got[int(q.off)+i] = 1
			if i < len(q.data) {
				got[int(q.off)+i] = 2 + int(q.data[i])
			}
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(first) || l.cost != cost || p.used != cost {
		t.Fatalf("seed %d:\n%v, want\n%v; cost %d and %d, want %d", seed, got, first, l.cost, p.used, cost)
	}
}

// TestLongQueue drops from queues about as long as what is moved when some is dropped.
func TestLongQueue(t *testing.T) {
	for _, n := range []int{63, 64, 65, 66, 200} {
		for _, drop := range []int{1, 2, n - 1, n} {
			var l segmentQueue
			var p pool
			for i := range n {
				l.insert(&p, queuedSegment{off: int64(2 * i), data: []byte{byte(i)}})
			}
			list := l.list
			l.drop(&p, drop)
			if len(l.list) != n-drop || drop < n && l.list[0].off != int64(2*drop) || l.cost != int64(n-drop)*(1<<minClass+segmentCost) || p.used != l.cost {
				t.Errorf("%d of %d: %d left, cost %d, %d in use", drop, n, len(l.list), l.cost, p.used)
			}
			for i := range min(drop, len(list)) {
				if n > 64 && list[i].data != nil {
					t.Errorf("%d of %d: what was dropped is held", drop, n)
					break
				}
			}
			if drop == n && cap(l.list) > 64 {
				t.Errorf("%d of %d: the memory is kept", drop, n)
			}
		}
	}
}

// TestFragmentBounds: up to which offset fragments lie in a datagram.
func TestFragmentBounds(t *testing.T) {
	for _, test := range []struct {
		off, length int
		begins      bool
	}{{0, 0, false}, {0, -1, false}, {0, 1, true}, {8, 1, true}, {maxDatagram - 8, 8, true}, {maxDatagram - 8, 9, false}, {0, maxDatagram, true}, {0, maxDatagram + 1, false}} {
		r := NewReader(Options{}, nil)
		id := fragmentID{id: 1}
		whole := r.fragment(&id, test.off, true, make([]byte, max(test.length, 0)), test.length)
		if whole != nil || (len(r.fragments.datagrams) == 1) != test.begins {
			t.Errorf("%d bytes at %d: %d datagrams", test.length, test.off, len(r.fragments.datagrams))
		}
	}
}

// TestFragmentsHeld: the oldest datagram gives way once more bytes are held than that,
// and what is held is counted.
func TestFragmentsHeld(t *testing.T) {
	said := 0
	r := NewReader(Options{}, func(*Event) error { said++; return nil })
	r.now.frame = 1
	one := int64(0)
	for n := range uint32(1000) {
		id := fragmentID{id: n, proto: protoTCP}
		before := r.fragments.held
		r.fragment(&id, 8, true, make([]byte, 60000), 60000)
		if n == 0 {
			one = r.fragments.held
		}
		if _, first := r.fragments.datagrams[fragmentID{proto: protoTCP}]; before <= maxHeld != first {
			t.Fatalf("datagram %d, %d bytes before: the first is there: %v", n, before, first)
		}
		if before > maxHeld {
			if said != 1 || r.fragments.held != before || before != int64(n)*one || one < 60000 {
				t.Errorf("%d events; %d bytes, %d before; one has %d", said, r.fragments.held, before, one)
			}
			return
		}
	}
	t.Error("all are held")
}

// TestMPLSChecksum tells IPv4 behind a label from Ethernet by the checksum of its
// header alone: one from 8.0.69.1 looks like a frame with the EtherType of IPv4.
func TestMPLSChecksum(t *testing.T) {
	for words := 5; words <= 15; words++ {
		header := append([]byte{byte(0x40 | words), 0, 1, 0, 0, 0, 0, 0, 64, 6, 0, 0, 8, 0, 0x45, 1, 10, 0, 0, 1}, make([]byte, words*4-20)...)
		sum := ^sum16(header)
		header[10], header[11] = byte(sum>>8), byte(sum)
		for _, more := range []int{0, 1, 40} {
			b := append([]byte{0, 0, 1, 64}, header...)
			b = append(b, bytes.Repeat([]byte{0xab}, more)...)
			if l, n := stripMPLS(b); l != layerIP || n != 4 {
				t.Errorf("%d words and %d bytes: layer %d at %d", words, more, l, n)
			}
			b[4+11]++
			if l, n := stripMPLS(b); l != layerEthernet || n != 4 {
				t.Errorf("%d words and %d bytes, a wrong checksum: layer %d at %d", words, more, l, n)
			}
		}
	}
}

// TestPayloadBound has payloads of many streams that never end: what is held stays
// bounded.
func TestPayloadBound(t *testing.T) {
	const most = 1 << 16
	r := NewReader(Options{MaxBuffered: most}, func(*Event) error { return nil })
	head := capturetest.Post(v2, nil, "X: "+strings.Repeat("x", 3000))[:2500]
	for stream := range uint64(200) {
		if err := r.Payload(stream, 0, head); err != nil || r.pool.used > most {
			t.Fatalf("stream %d: %d bytes are held, %v", stream, r.pool.used, err)
		}
	}
	if r.pool.used < most/2 {
		t.Errorf("%d bytes are held", r.pool.used)
	}
}
