package capture

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestLostBegin captures a connection from an acknowledgement on, and then a request
// with bytes before it missing: that they are is said, unless they may be a probe.
func TestLostBegin(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for lost, want := range map[int]string{
		0: "", 1: "", 2: "2 bytes missing", len(post): "218 bytes missing",
	} {
		for from := range 2 { // the acknowledgement shows either what is sent next, or what has come
			var trace capturetest.Trace
			c := trace.Conn(0)
			if from == 0 {
				c.FromClient(ACK, nil)
			} else {
				c.FromServer(ACK, nil)
			}
			c.ClientSeq += uint32(lost)
			c.Send(post).Reply(answer).Close()
			got := readTrace(&trace)
			if said := strings.Join(got.problems, "; "); len(got.messages) != 2 || !strings.HasPrefix(said, want) || want == "" && said != "" {
				t.Errorf("%d bytes lost, shown by end %d: %d messages, problems %q", lost, from, len(got.messages), got.problems)
			}
		}
	}
}

// TestRegainedResponse loses the response to a request that was lost as well, and
// captures its retransmission behind the next requests, which acknowledge it: it is
// the response to none of them.
func TestRegainedResponse(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Silent = true
	post := capturetest.Post(v2, offer)
	c.Send(post, post, post).Reply(answer, answer, capturetest.Answer(200, capturetest.Interested))
	c.Send(post).Reply(answer)
	p := trace.Packets // 3 to 5 are requests, 6 to 8 their responses, 9 is the next request, 10 its response
	wait, again := p[2], p[8]
	wait.Seq, wait.Ack, again.Ack = p[9].Seq, p[8].Seq, p[10].Ack
	frames := append(p[:3:3], p[5], p[6], p[7])
	for range reorderWindow + 1 {
		frames = append(frames, wait)
	}
	trace.Packets = append(frames, p[9], again, p[10])
	got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true})
	var found []string
	for _, e := range got.events {
		if e.Kind == Request || e.Kind == Response && len(e.Body) > 0 {
			found = append(found, fmt.Sprintf("%d %d %x", e.Kind, e.Exchange, e.Body[len(e.Body)-1:]))
		}
	}
	if want := []string{"1 1 79", "2 0 00", "2 0 00", "1 2 79", "2 0 01", "2 0 00"}; !slices.Equal(found, want) {
		t.Errorf("found %q, want %q; problems %q", found, want, got.problems)
	}
}
