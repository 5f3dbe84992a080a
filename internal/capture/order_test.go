package capture

import (
	"bytes"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestByFrame wants rows in the order of their frames, whatever the capture lacks
// and however it is mixed up.
func TestByFrame(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 60
	}
	for seed := range seeds {
		v := capturetest.Converse(seed, capturetest.Pathologies{Reorder: seed%2 == 0, Lose: seed%3 > 0})
		if v.Frames > maxWait {
			continue
		}
		last := int64(0)
		for i, e := range readWith(bytes.NewReader(v.File), Options{ByFrame: true}).events {
			if e.Frame > 0 && e.Frame < last {
				t.Errorf("seed %d: event %d, of kind %d, is of frame %d, after one of frame %d: %s", seed, i, e.Kind, e.Frame, last, e.Detail)
			}
			last = e.Frame
		}
	}
}

// TestHeldBack loses a segment of one of several connections: what the others say
// comes in the order of the frames all the same.
func TestHeldBack(t *testing.T) {
	for lost := 3; lost < 20; lost++ {
		var traces []*capturetest.Trace
		for n := range 3 {
			var trace capturetest.Trace
			c := trace.Conn(n).Open()
			talk(c, 30, 30)
			if n == 0 {
				trace.Packets = slices.Delete(trace.Packets, lost, lost+1)
			}
			traces = append(traces, &trace)
		}
		got := readTrace(capturetest.Merge(traces...))
		if !slices.IsSortedFunc(got.events, func(a, b Event) int { return int(a.Frame - b.Frame) }) {
			t.Errorf("segment %d lost: %v", lost, got.events)
		}
	}
}

// TestHeldBound holds back no more than is allowed, and for no longer.
func TestHeldBound(t *testing.T) {
	var stalled, other capturetest.Trace
	c := stalled.Conn(0).Open()
	c.ClientSeq += 100
	c.FromClient(ACK, []byte("what was before is missing"))
	messages := len(talk(other.Conn(1).Open(), 1500, 128))
	trace := capturetest.Merge(&stalled, &other)
	r := NewReader(Options{}, nil)
	worst, late, found := int64(0), int64(0), 0
	r.handle = func(e *Event) error {
		worst = max(worst, r.order.bytes)
		late = max(late, r.now.frame-e.Frame)
		found++
		return nil
	}
	if err := r.read(bytes.NewReader(trace.Encode(capturetest.Format{}))); err != nil {
		t.Fatal(err)
	}
	if found != messages+1 || // the problem
		worst > maxDelayed+64<<10 || worst < maxDelayed/2 || late > maxWait || r.order.bytes != 0 {
		t.Errorf("%d events, %d wanted; %d bytes held, events late by %d frames, %d bytes left", found, messages, worst, late, r.order.bytes)
	}
}
