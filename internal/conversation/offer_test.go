package conversation

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
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
	const n = 1000
	long := bytes.Repeat([]byte{1}, 7000)
	for path, body := range map[string][]byte{capturetest.PathV2: capturetest.Batch(1, 128), capturetest.PathRetrieval: capturetest.GetBlks(long, 0)} {
		var trace capturetest.Trace
		for i := range n {
			trace.Conn(i + 1).Open().Send(capturetest.Post(path, body))
		}
		done, parted := 0, 0
		if _, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Offers: true}, func(it *Item) error {
			if x := it.Exchange; x != nil && x.Done && x.Request != nil {
				done++
				if x.Result == Parted {
					parted++
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if done != n || parted == 0 || parted == n {
			t.Errorf("%s: %d exchanges, %d of them parted, want %d", path, done, parted, n)
		}
	}
}

// TestUnread: a request whose response is not whole in the capture, or of which a loss
// leaves open which response answers it, has an end, too.
func TestUnread(t *testing.T) {
	id := bytes.Repeat([]byte{1}, 32)
	ask := func(block uint32) []byte {
		return capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(id, block))
	}
	block := capturetest.Answer(200, make([]byte, 4000))
	for name, test := range map[string]struct {
		talk func(c *capturetest.Conn)
		drop []int // packets with data
		want string
	}{
		"a part of the body": {func(c *capturetest.Conn) { c.Send(ask(0)).Reply(block) }, []int{2}, "missing 5"},
		"the head":           {func(c *capturetest.Conn) { c.Send(ask(0)).Reply(block) }, []int{1}, "unanswered 0"},
		"which one is open":  {func(c *capturetest.Conn) { c.Send(ask(0), ask(1), ask(2)).Reply(block, block, block) }, []int{3, 4, 5, 6}, "unanswered 0, unanswered 0, parted 0"},
		"of Content Information": {func(c *capturetest.Conn) {
			c.Send(capturetest.Ask("/f", capturetest.WantsInformation...)).Reply(capturetest.Answer(200, make([]byte, 4000), "Content-Encoding: peerdist"))
		}, []int{2}, "missing 5"},
		"of a plain body": {func(c *capturetest.Conn) {
			c.Send(capturetest.Ask("/f", capturetest.WantsInformation...)).Reply(block)
		}, []int{2}, "missing 0"},
	} {
		var trace capturetest.Trace
		c := trace.Conn(1).Open()
		test.talk(c)
		c.Close()
		n := -1
		trace.Drop(func(_ int, p *capturetest.Packet) bool {
			if len(p.Data) == 0 {
				return false
			}
			n++
			return slices.Contains(test.drop, n)
		})
		var got []string
		if _, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{}, func(it *Item) error {
			if x := it.Exchange; x != nil && x.Done && x.Request != nil {
				got = append(got, fmt.Sprint(x.Result, " ", x.Ending))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if s := strings.Join(got, ", "); s != test.want {
			t.Errorf("%s: %s, want %s", name, s, test.want)
		}
	}
}
