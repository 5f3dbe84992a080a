package capture

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestConversations reads captures that are drawn from seeds, with everything
// that may happen to frames but losing any, and wants exactly what was said.
func TestConversations(t *testing.T) {
	seeds := uint64(1500)
	if testing.Short() {
		seeds = 150
	}
	for seed := range seeds {
		v := capturetest.Converse(seed, capturetest.Pathologies{Reorder: seed%2 == 0, Differ: seed%3 == 0})
		got := readWith(bytes.NewReader(v.File), Options{Exchanges: true})
		if got.err != nil {
			t.Fatalf("seed %d: %v", seed, got.err)
		}
		var want []told
		for _, m := range v.Said {
			want = append(want, said(m))
		}
		if seed%3 == 0 {
			got.problems = slices.DeleteFunc(got.problems, func(s string) bool { return strings.HasPrefix(s, "a segment repeats bytes") })
		}
		if diff := gocmp.Diff(inOrder(want), inOrder(got.told())); diff != "" || len(got.problems) > 0 {
			t.Fatalf("capturetest.Converse(%d, ...): problems %q; (-said +found)\n%s", seed, got.problems, diff)
		}
		if got.sum.Frames != int64(v.Frames) || got.sum.Connections != v.Connections || got.sum.Encrypted != v.Encrypted {
			t.Fatalf("seed %d: %+v, want %d frames, %d connections, %d of them encrypted", seed, got.sum, v.Frames, v.Connections, v.Encrypted)
		}
	}
}

// told is what is compared of a message.
type told struct {
	Stream, Exchange int
	Kind             string
	Ends             string
	Path             string
	Status           int
	Authorized       bool
	Type             uint16
	Frame            int64
	Time             string
	Body             string
}

func said(m *capturetest.Said) told {
	s := told{m.Stream, m.Exchange, m.Kind, fmt.Sprint(m.Src, " > ", m.Dst), m.Path, m.Status, m.Authorized, 0, int64(m.Frame), m.Time.String(), fmt.Sprintf("%x", m.Body)}
	if m.Kind == "response" || m.Kind == "failure" {
		s.Type = m.Type
	}
	return s
}

// told are the messages found.
func (o *outcome) told() (all []told) {
	for _, e := range o.events {
		kind := map[EventKind]string{Request: "request", Response: "response", Failure: "failure", Unanswered: "unanswered"}[e.Kind]
		if kind == "" {
			continue
		}
		if kind == "unanswered" {
			e.Frame, e.Time = 0, time.Time{} // that of whatever frame ended the connection
		}
		all = append(all, told{e.Stream, e.Exchange, kind, fmt.Sprint(e.Src, " > ", e.Dst), e.Path, e.Status, e.Authorized, e.RequestType, e.Frame, e.Time.String(), fmt.Sprintf("%x", e.Body)})
	}
	return all
}

func inOrder(all []told) []told {
	slices.SortStableFunc(all, func(a, b told) int {
		return cmp.Or(cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Exchange, b.Exchange), -cmp.Compare(a.Kind, b.Kind))
	})
	return all
}

// TestRetransmissionFirst captures a retransmission of the beginning of a request,
// which acknowledges the response, before everything else.
func TestRetransmissionFirst(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.MSS, c.Silent = 1000, true
	messages := talk(c, 1, 20)
	begins := c.ClientSeq - uint32(len(capturetest.Post(v2, []byte(messages[0].Body))))
	c.ClientSeq, begins = begins, c.ClientSeq
	c.FromClient(ACK, trace.Packets[3].Data) // acknowledges the response
	c.ClientSeq = begins
	c.Close()
	p := trace.Packets // 3 and 4 are the request, 5 is the response, 6 the retransmission
	for _, order := range [][]int{{6, 4, 5, 3}, {6, 5, 4, 3}, {5, 6, 4, 3}, {5, 6, 3, 4}, {6, 5, 3, 4}} {
		shuffled := capturetest.Trace{Packets: slices.Clone(p)}
		for i, n := range order {
			shuffled.Packets[3+i] = p[n]
		}
		readTrace(&shuffled).want(t, 0, messages...)
	}
}
