package capture

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestConversationsWithLoss reads drawn captures of which frames are missing, and
// others cut.
//
// What is found was said: each message once, whole, and as the answer to what it
// answered, unless it says that this is open. What is not found, a problem tells
// of, on every connection that shows that it carries MS-PCHC. And where the client
// waits for each response, little is missing but what lacks a byte itself and the
// responses to that.
func TestConversationsWithLoss(t *testing.T) {
	seeds := uint64(1500)
	if testing.Short() {
		seeds = 150
	}
	var whole, missed int
	for seed := range seeds {
		v := capturetest.Converse(seed, capturetest.Pathologies{Lose: true, Reorder: seed%2 == 0, Reuse: seed%4 < 2})
		got := readWith(bytes.NewReader(v.File), Options{Exchanges: true})
		if got.err != nil {
			t.Fatalf("seed %d: %v", seed, got.err)
		}
		unfound, err := match(v, got)
		if err != nil {
			t.Fatalf("capturetest.Converse(%d, ...): %v; problems %q", seed, err, got.problems)
		}
		if err := mispaired(v, got); err != nil {
			t.Errorf("capturetest.Converse(%d, ...): %v", seed, err)
		}
		found := map[told]bool{}
		for _, m := range got.told() {
			found[vague(m)], found[pathless(m)] = true, true
		}
		shows, troubled := map[string]bool{}, map[string]bool{} // by connection
		for _, e := range got.events {
			of := troubled
			switch e.Kind {
			case Request, Response, Failure:
				of = shows
			case Problem:
			default:
				continue
			}
			of[fmt.Sprint(e.Src, " > ", e.Dst)], of[fmt.Sprint(e.Dst, " > ", e.Src)] = true, true
		}
		for _, m := range v.Said {
			s := said(m)
			exact := m.Lost+m.Cut == 0 && m.Serial && len(m.Body) > 0 && (m.Request == nil || m.Request.Lost+m.Request.Cut == 0)
			if exact {
				whole++
			}
			if m.Kind == "unanswered" || m.Lost == 0 && !unfound[vague(s)] || m.Begun && (found[vague(s)] || found[pathless(s)]) {
				continue
			}
			if exact {
				t.Logf("capturetest.Converse(%d, ...): not found: %+v", seed, s)
				missed++
			}
			if shows[s.Ends] && !troubled[s.Ends] && m.Shown && (m.Request == nil || m.Request.Shown) {
				t.Errorf("capturetest.Converse(%d, ...): not found, and no problem: %+v", seed, s)
			}
		}
	}
	t.Logf("of %d messages of which no byte was missing, on connections with losses among others, %d were not found", whole, missed)
	if missed*200 > whole {
		t.Error("that is more than one in 200")
	}
}

// TestPairingAfterLoss reads captures of which the beginning is lost, so that what
// seems to be the first of several requests was preceded by others: their
// responses are given to none of those that were captured.
func TestPairingAfterLoss(t *testing.T) {
	for seed, reuse := range map[uint64]bool{
		3328: false, // an empty line precedes the first request
		3365: false, // the client seems to wait for responses until after the gap
		1018: true,  // a response to what was lost comes behind the next requests, which acknowledge it
	} {
		v := capturetest.Converse(seed, capturetest.Pathologies{Lose: true, Reorder: true, Reuse: reuse})
		got := readWith(bytes.NewReader(v.File), Options{Exchanges: true})
		if _, err := match(v, got); err != nil {
			t.Errorf("capturetest.Converse(%d, ...): %v", seed, err)
		}
		if err := mispaired(v, got); err != nil {
			t.Errorf("capturetest.Converse(%d, ...): %v", seed, err)
		}
	}
}

// TestMethodCut begins captures within the word POST. Where only its T is left, the
// request is none: it may have been GET or PUT.
func TestMethodCut(t *testing.T) {
	for lost, want := range []int{1, 1, 1, 0} {
		var trace capturetest.Trace
		trace.Conn(0).Send(capturetest.Post(v2, offer)[lost:])
		got := 0
		for _, m := range readTrace(&trace).told() {
			if m.Kind == "request" {
				got++
			}
		}
		if got != want {
			t.Errorf("without %d bytes of POST: %d requests, want %d", lost, got, want)
		}
	}
}

// match looks for what was found in what was said, and returns the messages that
// were said and not found. The error is a message that nobody said, or not so often.
func match(v *capturetest.Conversation, got *outcome) (missing map[told]bool, err error) {
	unfound, others, open := map[told]int{}, map[told]int{}, map[told]int{}
	for _, m := range v.Said {
		if s := said(m); m.Lost == 0 {
			unfound[vague(s)]++
			open[pathless(s)]++
		} else if m.Headless || m.Begun { // found or not
			others[vague(s)]++
			open[pathless(s)]++
		}
	}
	for _, m := range v.Others {
		if s := said(m); m.Lost == 0 || m.Begun {
			others[vague(s)]++
			open[pathless(s)]++
		}
	}
	for _, m := range got.told() {
		key := vague(m)
		switch {
		case m.Kind == "unanswered":
		case m.Kind != "request" && m.Exchange == 0 && open[pathless(m)] > 0: // it is open what it answers
			open[pathless(m)]--
		case unfound[key] > 0:
			unfound[key]--
			open[pathless(m)]--
		case others[key] > 0:
			others[key]--
		default:
			m.Body = m.Body[:min(len(m.Body), 60)]
			return nil, fmt.Errorf("a message that nobody said, or not so often: %+v", m)
		}
	}
	missing = make(map[told]bool)
	for s, n := range unfound {
		missing[s] = n > 0 && open[pathless(s)] > 0
	}
	return missing, nil
}

// mispaired looks for a response that was given to another request than the one
// that it answers. Both are known by their bodies, which are like no other.
func mispaired(v *capturetest.Conversation, got *outcome) error {
	answers := map[string]*capturetest.Said{} // by body
	for _, m := range v.Said {
		if m.Kind == "response" && len(m.Body) == 13 {
			answers[string(m.Body)] = m.Request
		}
	}
	type place struct{ stream, exchange int }
	asked := map[place]string{}
	for _, e := range got.events {
		if e.Kind == Request {
			asked[place{e.Stream, e.Exchange}] = string(e.Body)
		}
	}
	for _, e := range got.events {
		request, found := asked[place{e.Stream, e.Exchange}]
		if to := answers[string(e.Body)]; e.Kind == Response && e.Exchange > 0 && found && to != nil && string(to.Body) != request {
			return fmt.Errorf("the response in frame %d of stream %d was given to exchange %d, which has another request", e.Frame, e.Stream, e.Exchange)
		}
	}
	return nil
}

// vague leaves out what a loss makes unknown.
func vague(m told) told {
	m.Stream, m.Exchange, m.Type, m.Frame, m.Time = 0, 0, 0, 0, ""
	return m
}

func pathless(m told) told {
	m.Path = ""
	return vague(m)
}
