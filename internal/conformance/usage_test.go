package conformance

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
)

// TestMemory: many findings, obligations and connections cost no more than few.
func TestMemory(t *testing.T) {
	held := func(n int) (uint64, int) {
		found := 0
		c := NewChecker(Options{}, func(*Finding) error { found++; return nil })
		before := heapInUse()
		for i := range n {
			at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 1)
			when := capturetest.Start.Add(time.Duration(i) * time.Millisecond)
			for _, e := range []capture.Event{asks(at, i, offer), interested(i), asks(at, n+i, changed(batch, 42, 0xFE)), ok(n + i)} {
				e.Time, e.Frame, e.Exchange = when, int64(i), 1
				if err := c.Item(&conversation.Item{Event: &e}); err != nil {
					t.Fatal(err)
				}
			}
		}
		used := heapInUse() - before
		if err := c.End(time.Time{}); err != nil {
			t.Fatal(err)
		}
		return used, found
	}
	const few, many = 2*maxSuspected - 1000, 3 * maxSuspected
	held(100)
	small, _ := held(few)
	large, found := held(many)
	t.Logf("%d bytes for %d, %d bytes for %d", small, few, large, many)
	if large > small+small/4+1<<20 || found < 2*many {
		t.Errorf("%d bytes for %d clients, %d for %d; %d findings", small, few, large, many, found)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
