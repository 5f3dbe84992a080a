package conformance

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// framed is a finding in a frame.
func framed(frame int64, detail string) Finding {
	return Finding{Violation: spec.Violation{Detail: detail}, Place: capture.Place{Frame: frame}}
}

// TestWindow: findings come by frame, those of one frame in their order, and 1000
// are held back.
func TestWindow(t *testing.T) {
	var got []string
	w := window{found: func(f *Finding) error {
		got = append(got, fmt.Sprint(f.Frame, f.Detail))
		return nil
	}}
	for _, f := range []Finding{framed(3, "a"), framed(1, "a"), framed(2, "a"), framed(1, "b"), framed(3, "b"), framed(0, "a"), framed(2, "b")} {
		w.add(f)
	}
	for i := range 1000 - 7 {
		w.add(framed(int64(i+10), ""))
	}
	if got != nil {
		t.Errorf("%v of 1000", got)
	}
	w.add(framed(1, "c"))
	w.add(framed(0, "b")) // too late
	if diff := cmp.Diff([]string{"0a", "0b"}, got); diff != "" {
		t.Error(diff)
	}
	w.flush(0)
	if diff := cmp.Diff([]string{"0a", "0b", "1a", "1b", "1c", "2a", "2b", "3a", "3b", "10"}, got[:10]); diff != "" || len(got) != 1002 {
		t.Error(len(got), diff)
	}
}

// TestFoundFails: the first error of found comes back, and found is not called again.
func TestFoundFails(t *testing.T) {
	broken := errors.New("broken")
	calls := 0
	c := NewChecker(Options{}, func(*Finding) error {
		calls++
		return broken
	})
	e := note(damage)
	for range 1000 {
		if err := c.Item(&conversation.Item{Event: &e}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		if err := c.Item(&conversation.Item{Event: &e}); err != broken {
			t.Fatal(err)
		}
	}
	if err := c.End(time.Time{}); err != broken || calls != 1 {
		t.Errorf("%v, %d calls", err, calls)
	}

	var trace capturetest.Trace
	trace.Conn(1).Open().Send(post2(unknown)).Reply(saysOK).Close()
	sum, err := Read(strings.NewReader(string(trace.Encode(capturetest.Format{}))), "", nil, Options{}, func(*Finding) error { return broken })
	if err != broken || sum.Requests != 1 {
		t.Errorf("%v, %+v", err, sum)
	}
}

// address is one of many.
func address(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})
}

// tally counts the findings by their rule, and "forgetful" and "servers" for the
// notes that something is missing from them.
type tallied map[string]int

func tallying(o Options) (*Checker, tallied) {
	n := tallied{}
	return NewChecker(o, func(f *Finding) error {
		switch {
		case strings.HasPrefix(f.Detail, "too many clients and segments"):
			n["forgetful"]++
		case strings.HasPrefix(f.Detail, "too many servers"):
			n["servers"]++
		default:
			n[f.Rule]++
			return nil
		}
		if f.Stream != -1 || f.Frame != 0 || f.Rule != CaptureNote {
			return fmt.Errorf("%+v", f)
		}
		return nil
	}), n
}

// play gives a Checker events a microsecond apart, and the end of a capture that goes on.
func play(t *testing.T, c *Checker, events func(give func(capture.Event))) {
	t.Helper()
	i := 0
	events(func(e capture.Event) {
		e.Time = capturetest.Start.Add(time.Duration(i) * time.Microsecond)
		i++
		e.Frame = int64(i)
		if err := c.Item(&conversation.Item{Event: &e}); err != nil {
			t.Fatal(err)
		}
	})
	if err := c.End(capturetest.Start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// TestLimitServers: 10 000 servers are told, and that there were more.
func TestLimitServers(t *testing.T) {
	for _, n := range []int{10_000, 10_001} {
		for rule, exchange := range map[string]func(give func(capture.Event), server netip.AddrPort){
			"PCHC-2.1-HTTPS": func(give func(capture.Event), server netip.AddrPort) {
				give(at(server, asks(anna, 1, offer)))
				give(ok(1))
			},
			CaptureNote: func(give func(capture.Event), server netip.AddrPort) {
				give(at(server, asks(anna, 1, batch)))
				e := answers(1, 404)
				e.Src = server
				give(e)
			},
		} {
			c, got := tallying(Options{})
			play(t, c, func(give func(capture.Event)) {
				for i := range n {
					exchange(give, netip.AddrPortFrom(address(i), 80))
				}
				exchange(give, netip.AddrPortFrom(address(0), 80))
			})
			want := tallied{rule: 10_000}
			if n > 10_000 {
				want["servers"] = 1
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d servers: %s", n, diff)
			}
		}
	}
}

// TestLimitSuspicions: what is suspected is held back for a loss that turns up later, as
// far as 20 000 go; the older half is then final.
func TestLimitSuspicions(t *testing.T) {
	for n, want := range map[int]int{19_999: 0, 20_000: 10_000, 30_000: 20_000} {
		c, got := tallying(Options{})
		play(t, c, func(give func(capture.Event)) {
			for range n {
				give(of(1, asks(anna, 1, batch)))
				give(closes(1))
			}
			give(problem(1, plain, anna))
		})
		delete(got, CaptureProblem)
		if got["PCHC-3.1.5.3-Respond"] != want {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// TestLimitLosses: 65 536 connections with losses, clients with losses and connections
// that are not read are told apart, and no more.
func TestLimitLosses(t *testing.T) {
	const owes = "PCHC-3.2.5.1-SegmentInfo"
	for name, hit := range map[string]func(give func(capture.Event), i int){
		"connections": func(give func(capture.Event), i int) { give(problem(65_536-i, bert, plain)) },
		"clients": func(give func(capture.Event), i int) {
			give(problem(100, netip.AddrPortFrom(address(i), 1), netip.AddrPortFrom(address(i), 2)))
		},
		"unread": func(give func(capture.Event), i int) {
			give(hides(100, netip.AddrPortFrom(address(i), 1), netip.AddrPortFrom(address(i), 2)))
		},
		"unread both": func(give func(capture.Event), i int) {
			if i%2 == 0 {
				give(hides(100, netip.AddrPortFrom(address(i), 1), bert))
			}
		},
	} {
		for _, n := range []int{65_536, 65_537} {
			c, got := tallying(Options{})
			play(t, c, func(give func(capture.Event)) {
				for i := range n {
					hit(give, i)
				}
				give(asks(anna, 1, offer))
				give(interested(1))
			})
			delete(got, CaptureProblem)
			delete(got, CaptureNote)
			want := tallied{owes: 1}
			if n > 65_536 {
				want = tallied{"forgetful": 1}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, %d: %s", name, n, diff)
			}
		}
	}
}

// TestManyObligations: a violation of an exchange that was answered long ago is
// reported where it was, as far as the follower remembers.
func TestManyObligations(t *testing.T) {
	const n = 10_001
	frames := map[int64]bool{}
	c := NewChecker(Options{}, func(f *Finding) error {
		if f.Rule == "PCHC-3.2.5.1-SegmentInfo" {
			frames[f.Frame] = true
		}
		return nil
	})
	for i := range n {
		for j, e := range []capture.Event{asks(netip.AddrPortFrom(address(i), 1), i, offer), interested(i)} {
			e.Exchange = 1
			e.Frame, e.Time = int64(2*i+j+1), capturetest.Start.Add(time.Duration(i)*15*time.Second)
			if err := c.Item(&conversation.Item{Event: &e}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := c.End(capturetest.Start.Add(n * time.Minute)); err != nil || len(frames) != n || !frames[2] || !frames[2*n] {
		t.Errorf("%v, %d findings", err, len(frames))
	}
}
