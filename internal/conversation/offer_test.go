package conversation

import (
	"bytes"
	"os"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestOffers: asked for exchanges, a capture has the same messages in the same order, and
// each request has one end.
func TestOffers(t *testing.T) {
	plain, err := os.ReadFile("../../cmd/pchc/testdata/plain.pcap")
	if err != nil {
		t.Fatal(err)
	}
	var trace capturetest.Trace
	c := trace.Conn(1).Open()
	c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 3))).Reply(capturetest.Answer(503, nil))
	c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 2))).Close()
	for name, b := range map[string][]byte{"plain": plain, "failed": trace.Encode(capturetest.Format{})} {
		type message struct {
			kind  capture.EventKind
			frame int64
			body  string
		}
		list := func(offers bool) (all []message, open map[int64]bool) {
			open = map[int64]bool{}
			_, err := Read(bytes.NewReader(b), Options{Offers: offers}, func(it *Item) error {
				e, x := it.Event, it.Exchange
				all = append(all, message{e.Kind, e.Frame, string(e.Body)})
				switch {
				case !offers:
				case x == nil:
					t.Errorf("%s: frame %d has no exchange", name, e.Frame)
				case e.Kind == capture.Request:
					open[e.Frame] = true
				default:
					if !open[x.Request.Frame] || !x.Done || x.Asked.Frame != x.Request.Frame || len(x.Request.Body) == 0 {
						t.Errorf("%s: the exchange that ends in frame %d: %+v", name, e.Frame, x)
					}
					delete(open, x.Request.Frame)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return all, open
		}
		want, _ := list(false)
		got, open := list(true)
		if len(want) == 0 || len(got) != len(want) {
			t.Fatalf("%s: %d messages, want %d", name, len(got), len(want))
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s, message %d: %+v, want %+v", name, i, got[i], want[i])
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: requests without an end: %v", name, open)
		}
	}
}

// TestParted: what waits for responses is bounded, and nothing is lost by that.
func TestParted(t *testing.T) {
	var trace capturetest.Trace
	const n = 1000
	for i := range n {
		trace.Conn(i + 1).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 128)))
	}
	done := 0
	if _, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Offers: true}, func(it *Item) error {
		if x := it.Exchange; x != nil && x.Done && x.Request != nil {
			done++
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if done != n {
		t.Errorf("%d exchanges, want %d", done, n)
	}
}
