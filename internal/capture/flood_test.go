package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// maxFlooded is how much may be in use at any time, whatever a capture holds: with
// what the garbage collector leaves lying that is less than 64 MiB.
const maxFlooded = 28 << 20

// flooder writes packets of many connections.
type flooder struct{ out *capturetest.Writer }

func (f flooder) send(conn int, seq uint32, flags byte, data []byte) {
	client := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(conn >> 24), byte(conn >> 16), byte(conn >> 8)}), uint16(conn&255)+1024)
	f.out.Packet(&capturetest.Packet{Src: client, Dst: netip.MustParseAddrPort("10.255.0.1:80"), Seq: seq, Flags: flags, Data: data})
}

var floods = map[string]func(f flooder){
	"SYN": func(f flooder) {
		for n := range 300_000 {
			f.send(n, uint32(n)*7919, syn, nil)
		}
	},
	"SYN of one client": func(f flooder) {
		for n := range 200_000 {
			f.send(1, uint32(n)*100_000_007, syn, nil)
		}
	},
	"RST and FIN": func(f flooder) {
		for n := range 200_000 {
			f.send(n%50_000, uint32(n)*7919, []byte{rst, fin | ack, syn | ack, rst | ack}[n%4], nil)
		}
	},
	"half open, out of order": func(f flooder) {
		for n := range 40_000 {
			f.send(n, 1, syn, nil)
			for i := range uint32(4) {
				f.send(n, 10+20*i, ack, []byte{'x'})
			}
		}
	},
	"many small segments out of order": func(f flooder) {
		for n := range 150 {
			f.send(n, 1, syn, nil)
			for i := range uint32(maxQueuedSegments) {
				f.send(n, 10+2*i, ack, []byte{'x'})
			}
		}
	},
	"large segments out of order": func(f flooder) {
		data := make([]byte, 1460)
		for n := range 100 {
			f.send(n, 1, syn, nil)
			for i := range uint32(1000) {
				f.send(n, 10+1460*i, ack, data)
			}
		}
	},
	"single bytes": func(f flooder) {
		f.send(1, 0, syn, nil)
		post := capturetest.Post(v2, make([]byte, 200_000))
		for i := range post {
			f.send(1, uint32(i^1)+1, ack, post[i^1:i^1+1])
		}
	},
	"gaps": func(f flooder) {
		post := capturetest.Post(v2, offer)
		for n := range 20 {
			f.send(n, 0, syn, nil)
			for i := range uint32(5000) {
				f.send(n, 1+i*1000, ack, post)
			}
		}
	},
	"pipelined on one": func(f flooder) {
		get := bytes.Repeat([]byte("GET / HTTP/1.1\r\n\r\n"), 80)
		for i := range uint32(5000) {
			f.send(1, 1+i*uint32(len(get)), ack, get)
		}
	},
	"pipelined on many": func(f flooder) {
		get := bytes.Repeat([]byte("POST "+v2+" HTTP/1.1\r\nContent-Length: 0\r\n\r\n"), 16)
		for n := range 150 {
			for i := range uint32(300) {
				f.send(n, 1+i*uint32(len(get)), ack, get)
			}
		}
	},
	"heads without end": func(f flooder) {
		for n := range 2000 {
			line := []byte("POST " + v2 + " HTTP/1.1\r\n")
			f.send(n, 1, ack, line)
			field := bytes.Repeat([]byte("X: y\r\n"), 200)
			for i := range uint32(45) {
				f.send(n, 1+uint32(len(line))+i*uint32(len(field)), ack, field)
			}
		}
	},
	"bodies without end": func(f flooder) {
		for n := range 60 {
			head := []byte("POST " + v2 + " HTTP/1.0\r\n\r\n")
			f.send(n, 1, ack, head)
			part := make([]byte, 60_000)
			for i := range uint32(130) {
				f.send(n, 1+uint32(len(head))+i*uint32(len(part)), ack, part)
			}
		}
	},
	"chunk extensions without end": func(f flooder) {
		for n := range 20 {
			head := []byte("POST " + v2 + " HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;")
			f.send(n, 1, ack, head)
			part := bytes.Repeat([]byte{'x'}, 60_000)
			for i := range uint32(100) {
				f.send(n, 1+uint32(len(head))+i*uint32(len(part)), ack, part)
			}
		}
	},
	"responses without requests": func(f flooder) {
		r := bytes.Repeat(answer, 30)
		for n := range 10_000 {
			f.send(n%3000, 1+uint32(n/3000)*uint32(len(r)), ack, r)
		}
	},
	"paths": func(f flooder) {
		for n := range 50_000 {
			var name [4]byte
			binary.BigEndian.PutUint32(name[:], uint32(n))
			f.send(n, 1, ack, capturetest.Post(v2+"?"+fmt.Sprintf("%x", name), offer, fmt.Sprintf("Authorization: scheme%d", n)))
		}
	},
}

// quickFloods are those that short tests have time for.
var quickFloods = map[string]bool{"SYN of one client": true, "pipelined on one": true, "single bytes": true, "paths": true}

// TestFloods reads captures that are made to exhaust memory, and looks at what is in
// use on the way.
func TestFloods(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	for name, flood := range floods {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !quickFloods[name] {
				t.Skip("takes a second or more")
			}
			var before, now runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			pipe, in := io.Pipe()
			go func() {
				out := capturetest.NewWriter(in, capturetest.Format{})
				flood(flooder{out})
				in.CloseWithError(out.Close())
			}()
			r := NewReader(Options{}, func(*Event) error { return nil })
			worst := int64(0)
			look := func() {
				runtime.GC()
				runtime.ReadMemStats(&now)
				worst = max(worst, int64(now.HeapAlloc)-int64(before.HeapAlloc))
			}
			if err := r.read(&lookedAt{pipe, 8 << 20, 0, look}); err != nil {
				t.Fatal(err)
			}
			look()
			t.Logf("%d frames, %d connections, %d problems: %d kB in use", r.sum.Frames, r.sum.Connections, r.sum.Problems, worst>>10)
			if worst > maxFlooded {
				t.Errorf("%d kB in use, %d kB allowed", worst>>10, maxFlooded>>10)
			}
		})
	}
}

// lookedAt calls a function now and then.
type lookedAt struct {
	io.Reader
	every, n int64
	look     func()
}

func (l *lookedAt) Read(p []byte) (int, error) {
	n, err := l.Reader.Read(p)
	if l.n += int64(n); l.n >= l.every {
		l.n = 0
		l.look()
	}
	return n, err
}
