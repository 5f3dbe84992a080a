package capture

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

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

// TestHeldEdges holds events back up to the byte: so many of one frame as are allowed,
// then one more, with which all go that are too many at the end of a frame.
func TestHeldEdges(t *testing.T) {
	const most = 2 * maxDelayed / heldCost
	c := &conn{since: 1}
	found := 0
	r := NewReader(Options{}, func(*Event) error { found++; return nil })
	r.now.frame = 1
	r.order.waits = []wait{{c, r.now}}
	for n := range most + 1 {
		if found != 0 {
			t.Fatalf("%d events were handed out when %d of %d were held", found, n, most)
		}
		r.event = Event{Kind: Request}
		r.put(1)
	}
	if left := len(r.order.held); left != maxDelayed/heldCost || found != most+1-left || r.order.bytes != maxDelayed {
		t.Errorf("%d events were handed out, and %d are held that take %d bytes", found, left, r.order.bytes)
	}
	r.now.frame += maxWait
	if r.release(); found != most+1-maxDelayed/heldCost {
		t.Errorf("%d events after %d frames", found, maxWait)
	}
	r.now.frame++
	if r.release(); found != most+1 {
		t.Errorf("%d events after %d frames", found, maxWait+1)
	}
}

// TestWaitTime holds events back for so long as is allowed, in the time of the capture.
func TestWaitTime(t *testing.T) {
	begun := time.Unix(1e9, 0)
	for after, want := range map[time.Duration]bool{0: true, maxWaitTime: true, maxWaitTime + 1: false} {
		r := NewReader(Options{}, nil)
		r.order.waits = []wait{{&conn{since: 5}, stamp{5, begun}}}
		r.now = stamp{6, begun.Add(after)}
		if _, got := r.waiting(); got != want {
			t.Errorf("after %v: %v, want %v", after, got, want)
		}
	}
}

// TestLate gives a problem that shows late the frame that shows it.
func TestLate(t *testing.T) {
	for _, held := range []bool{false, true} {
		for frame, want := range map[int64]int64{3: 9, 5: 5, 6: 6, 0: 0} {
			var got []Event
			r := NewReader(Options{}, func(e *Event) error { got = append(got, *e); return nil })
			r.now = stamp{9, time.Unix(9, 0)}
			r.order.last = 5
			if held {
				r.order.waits = []wait{{&conn{since: 1}, stamp{1, time.Unix(9, 0)}}}
			}
			r.event = Event{Kind: Problem, Detail: "lost", Place: Place{Frame: frame, Time: time.Unix(frame, 0)}}
			r.put(frame)
			r.order.waits = nil
			r.release()
			if len(got) != 1 || got[0].Frame != want || got[0].Time.Unix() != want || strings.Contains(got[0].Detail, "(frame 3)") != (want == 9) {
				t.Errorf("of frame %d, held %v: %+v", frame, held, got)
			}
		}
	}
}

// TestOrderOfConnection has a request without a body wait for its response behind
// another that is pipelined: by frame it comes first, otherwise when it becomes known.
func TestOrderOfConnection(t *testing.T) {
	empty, full := capturetest.Post(v2, nil), capturetest.Post(v2, offer)
	for byFrame, want := range map[bool][]int{true: {1, 2, 1, 2}, false: {2, 1, 1, 2}} {
		var got []int
		for _, e := range eventsOf(Options{ByFrame: byFrame}, func(c *capturetest.Conn) {
			c.Open().Send(empty, full).Reply(answer, answer).Close()
		}) {
			got = append(got, e.Exchange)
		}
		if !slices.Equal(got, want) {
			t.Errorf("by frame %v: exchanges %v, want %v", byFrame, got, want)
		}
	}
}
