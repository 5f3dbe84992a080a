package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// repeated is an endless conversation: a capture whose frames are sent again
// and again, each time from other ports.
type repeated struct {
	head   []byte
	frames []byte // Ethernet and IPv4, in a little-endian pcap
	times  int
	rest   []byte
	round  int
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.head != nil {
		n := copy(p, r.head)
		r.head = nil
		return n, nil
	}
	if len(r.rest) == 0 {
		if r.round == r.times {
			return 0, io.EOF
		}
		r.round++
		for b := r.frames; len(b) > 0; {
			n := 16 + int(binary.LittleEndian.Uint32(b[8:]))
			ip := b[16+14:]
			for _, address := range [][]byte{ip[12:16], ip[16:20]} {
				address[1], address[2] = byte(r.round>>8), byte(r.round)
			}
			b = b[n:]
		}
		r.rest = r.frames
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// allocated is how much f allocates, and how much is in use after it while its
// result is alive.
func allocated(f func() any) (total, kept int64) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	alive := f()
	runtime.ReadMemStats(&after)
	total = int64(after.TotalAlloc - before.TotalAlloc)
	runtime.GC()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(alive)
	return total, int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// readKept reads in with a reader that stays alive, so that what it holds in
// the end can be seen.
func readKept(t *testing.T, in io.Reader, o Options) *Reader {
	t.Helper()
	r := NewReader(o, func(*Event) error { return nil })
	if err := r.read(in); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestMemoryDoesNotGrow reads ten times as much, and looks for more memory: in
// all that was ever allocated.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	conversations := map[string]func(*capturetest.Trace){
		"clean": func(trace *capturetest.Trace) { talk(trace.Conn(0).Open(), 10, 128); trace.Conn(0) },
		"closed": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			talk(c, 3, 128)
			c.Close()
		},
		"out of order": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			talk(c, 5, 128)
			c.Close()
			p := trace.Packets
			for i := 4; i+1 < len(p); i += 5 {
				p[i], p[i+1] = p[i+1], p[i]
			}
		},
		"lost": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			talk(c, 5, 128)
			c.Close()
			trace.Drop(func(i int, _ *capturetest.Packet) bool { return i%17 == 16 })
		},
		"never complete": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 128))[:5000])
		},
		"never in order": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			c.ClientSeq += 100
			c.Send(capturetest.Post(v2, capturetest.Batch(1, 128))[:5000])
		},
		"heads without end": func(trace *capturetest.Trace) {
			trace.Conn(0).Open().Send(bytes.Repeat([]byte("POST "+v2+" HTTP/1.1\r\n"), 60))
		},
		"requests without answer": func(trace *capturetest.Trace) {
			c := trace.Conn(0).Open()
			c.Silent = true
			c.Send(bytes.Repeat([]byte("GET / HTTP/1.1\r\n\r\n"), 400))
		},
		"SYN only": func(trace *capturetest.Trace) { trace.Conn(0).FromClient(capturetest.SYN, nil) },
		"not HTTP": func(trace *capturetest.Trace) { trace.Conn(0).Open().Send(make([]byte, 20000)) },
	}
	for name, converse := range conversations {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			converse(&trace)
			file := trace.Encode(capturetest.Format{})
			rounds := max(300, 1<<20/len(file))
			read := func(times int) (int64, int64) {
				return allocated(func() any {
					return readKept(t, &repeated{head: file[:24], frames: bytes.Clone(file[24:]), times: times}, Options{MaxConnections: 100, MaxBuffered: 1 << 20})
				})
			}
			total1, kept1 := read(rounds)
			total10, kept10 := read(10 * rounds)
			t.Logf("%d MB: %d kB allocated, %d kB kept; ten times that: %d kB, %d kB", rounds*len(file)>>20, total1>>10, kept1>>10, total10>>10, kept10>>10)
			if kept10 > kept1+1<<20 || kept10 > 12<<20 {
				t.Errorf("%d kB are held after ten times the input, %d kB after it", kept10>>10, kept1>>10)
			}
			problems := int64(3000 * 10 * rounds) // told to the handler, and gone
			if name == "clean" || name == "closed" || name == "out of order" {
				problems = 0
			}
			if name == "requests without answer" { // the lists of those that wait, which double as they grow
				problems = int64(9 * rounds * 400 * 2 * exchangeCost)
			}
			if more := total10 - total1; more > 4<<20+problems {
				t.Errorf("%d kB allocated for ten times the input, %d kB for it", total10>>10, total1>>10)
			}
		})
	}
}

// TestNothingHeld checks the books: when everything has ended, nothing is
// charged any more.
func TestNothingHeld(t *testing.T) {
	for _, lose := range []int{0, 20} {
		var b bytes.Buffer
		if _, err := capturetest.Load(&b, capturetest.LoadOptions{Size: 2 << 20, Lose: lose, Swap: 0.1, Seed: 5}); err != nil {
			t.Fatal(err)
		}
		if r := readKept(t, &b, Options{}); r.pool.used != 0 {
			t.Errorf("%d POSTs lost: %d bytes are still charged", lose, r.pool.used)
		}
	}
	for name, test := range exchangeTests {
		if len(test.client[0]) > maxBody {
			continue
		}
		if r := readKept(t, bytes.NewReader(test.trace(100).Encode(capturetest.Format{Fragment: 80})), Options{}); r.pool.used != 0 {
			t.Errorf("%s: %d bytes are still charged", name, r.pool.used)
		}
	}
}

// TestBufferedBound gives many connections something to hold, more than is
// allowed, and checks the bound on the way.
func TestBufferedBound(t *testing.T) {
	var trace capturetest.Trace
	body := capturetest.Batch(1, 128)
	var conns []*capturetest.Conn
	for i := range 300 {
		c := trace.Conn(i).Open()
		c.Send(capturetest.Post(v2, body)[:7000])
		conns = append(conns, c)
	}
	for _, c := range conns { // those that did not give way go on
		c.Send(capturetest.Post(v2, body)[7000:])
		c.Send(capturetest.Post(v2, body))
	}
	const bound = 1 << 20
	r := NewReader(Options{MaxBuffered: bound}, nil)
	worst, requests, problems := int64(0), 0, 0
	r.handle = func(e *Event) error {
		worst = max(worst, r.pool.used)
		switch e.Kind {
		case Request:
			requests++
			if !bytes.Equal(e.Body, body) {
				return fmt.Errorf("a body that was never sent")
			}
		case Problem:
			problems++
		}
		return nil
	}
	if err := r.read(bytes.NewReader(trace.Encode(capturetest.Format{}))); err != nil {
		t.Fatal(err)
	}
	if worst > bound+64<<10 {
		t.Errorf("%d bytes held, %d allowed", worst, bound)
	}
	if requests < 350 || requests >= 600 || problems < 600-requests {
		t.Errorf("%d requests and %d problems; want those found that there is room for, and the others told", requests, problems)
	}
}

// TestConnectionBound opens more connections than are followed: the one idle
// longest gives way, with what it has.
func TestConnectionBound(t *testing.T) {
	var trace capturetest.Trace
	first := trace.Conn(0).Open()
	body := capturetest.Batch(1, 3)
	first.Send(capturetest.Post(v2, body)[:100])
	for i := 1; i < 20; i++ {
		talk(trace.Conn(i).Open(), 1, 1)
	}
	first.Send(capturetest.Post(v2, body)[100:])
	got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{MaxConnections: 10})
	if got.sum.Requests != 19 || got.sum.Connections != 21 || len(got.problems) != 2 || !strings.HasPrefix(got.problems[1], "more than 10 connections at a time: 10 of MS-PCHC, ") {
		t.Errorf("%+v, problems %q; want 19 requests, one incomplete, and 10 that gave way", got.sum, got.problems)
	}
	if got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{MaxConnections: 20}); got.sum.Requests != 20 || len(got.problems) != 0 {
		t.Errorf("%+v, problems %q; want 20 requests", got.sum, got.problems)
	}
}

// TestIdleGivesWay keeps one of two connections in use.
func TestIdleGivesWay(t *testing.T) {
	var trace capturetest.Trace
	body := capturetest.Batch(1, 3)
	busy, idle := trace.Conn(0).Open(), trace.Conn(1).Open()
	for _, c := range []*capturetest.Conn{busy, idle} {
		c.Send(capturetest.Post(v2, body)[:100])
	}
	for i := 2; i < 12; i++ {
		talk(trace.Conn(i).Open(), 1, 1)
		busy.FromClient(capturetest.ACK, nil)
	}
	for _, c := range []*capturetest.Conn{busy, idle} {
		c.Send(capturetest.Post(v2, body)[100:])
	}
	got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{MaxConnections: 5})
	if got.sum.Requests != 11 || got.sum.Connections != 13 || len(got.problems) != 2 || got.events[len(got.events)-2].Stream != 0 {
		t.Errorf("%+v, problems %q; want 11 requests, the last of connection 0, one incomplete, and some that gave way", got.sum, got.problems)
	}
}

// TestPool checks that buffers are used again, and not kept without bound.
func TestPool(t *testing.T) {
	var p pool
	var all [][]byte
	for n := 1; n < 3<<20; n = n*3/2 + 1 {
		for range 20 {
			b := p.append(nil, make([]byte, n))
			all = append(all, p.append(b, []byte("more")))
		}
	}
	for _, b := range all {
		p.free(b)
	}
	spare := int64(0)
	for class, s := range p.spare {
		for _, b := range s {
			spare += int64(cap(b))
			if len(b) != 0 || cap(b) != 1<<class {
				t.Errorf("a buffer of %d of %d bytes among those of %d", len(b), cap(b), 1<<class)
			}
		}
	}
	if spare != p.kept || spare > maxKept || spare < maxKept/2 {
		t.Errorf("%d bytes are kept, %d counted, %d allowed", spare, p.kept, maxKept)
	}
	if n := testing.AllocsPerRun(100, func() { p.free(p.clone(all[0])) }); n != 0 {
		t.Errorf("%v allocations for a buffer that was there", n)
	}
}

// TestAllocations checks that messages, segments and frames cost no allocation
// of their own.
func TestAllocations(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector allocates")
	}
	for _, swap := range []float64{0, 0.05} {
		var b bytes.Buffer
		s, err := capturetest.Load(&b, capturetest.LoadOptions{Size: 4 << 20, Posts: 200, Swap: swap, Seed: 3})
		if err != nil {
			t.Fatal(err)
		}
		file := b.Bytes()
		n := testing.AllocsPerRun(5, func() {
			sum, err := Read(bytes.NewReader(file), Options{}, func(*Event) error { return nil })
			if err != nil || sum.Requests != s.Posts {
				t.Fatalf("%+v, %v", sum, err)
			}
		})
		t.Logf("%v allocations for %d frames in %d connections", n, s.Packets, s.Connections)
		if n > 100 {
			t.Errorf("%v allocations for %d frames in %d connections", n, s.Packets, s.Connections)
		}
	}
}
