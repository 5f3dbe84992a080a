package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestExchanges: what became of each request, for those who ask.
func TestExchanges(t *testing.T) {
	offer := capturetest.Batch(1, 1)
	post := func(header ...string) []byte { return capturetest.Post(capturetest.PathV2, offer, header...) }
	ok, refusal := capturetest.Answer(200, capturetest.OK), capturetest.Answer(401, []byte("no"))
	for _, test := range []struct {
		name string
		make func(c *capturetest.Conn)
		want string // kind, number of the exchange, status, authorized
	}{
		{"answered", func(c *capturetest.Conn) { c.Open().Send(post(), post()).Reply(ok, ok).Close() }, "1 1 0 false, 1 2 0 false, 2 1 200 false, 2 2 200 false"},
		{"refused", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(refusal).Send(post("authorization: x")).Reply(ok).Close()
		}, "1 1 0 false, 4 1 401 false, 1 2 0 true, 2 2 200 false"},
		{"refused while it is sent", func(c *capturetest.Conn) {
			c.Open().Send(post()[:200]).Reply(refusal).Send(post()[200:]).Close()
		}, "1 1 0 false, 4 1 401 false"},
		{"refused and withheld", func(c *capturetest.Conn) {
			c.Open().Send(post()[:len(post())-len(offer)]).Reply(refusal).Close()
		}, ""},
		{"redirected", func(c *capturetest.Conn) { c.Open().Send(post()).Reply(capturetest.Answer(302, nil)).Close() }, "1 1 0 false, 4 1 302 false"},
		{"of others", func(c *capturetest.Conn) {
			c.Open().Send(capturetest.Post("/else", offer), capturetest.Post("/else", offer)).Reply(refusal).Close()
		}, ""},
		{"closed by the server", func(c *capturetest.Conn) { c.Open().Send(post(), post()).Reply(ok).CloseServer() }, "1 1 0 false, 1 2 0 false, 2 1 200 false, 5 2 0 false"},
		{"closed by the client", func(c *capturetest.Conn) { c.Open().Send(post()).FromClient(FIN, nil) }, "1 1 0 false"},
		{"an answer that is lost", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq += uint32(len(ok))
			c.CloseServer()
		}, "1 1 0 false"},
		{"open", func(c *capturetest.Conn) { c.Open().Send(post()) }, "1 1 0 false"},
		{"one direction", func(c *capturetest.Conn) { c.FromClient(SYN, nil); c.FromClient(ACK, post()); c.FromClient(FIN, nil) }, "1 1 0 false"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var trace capturetest.Trace
			test.make(trace.Conn(1))
			file := trace.Encode(capturetest.Format{})
			list := func(o Options) string {
				var got []string
				for _, e := range readWith(bytes.NewReader(file), o).events {
					if e.Kind != Problem {
						got = append(got, fmt.Sprint(e.Kind, " ", e.Exchange, " ", e.Status, " ", e.Authorized))
					}
				}
				return strings.Join(got, ", ")
			}
			if diff := cmp.Diff(test.want, list(Options{Exchanges: true})); diff != "" {
				t.Error(diff)
			}
			if unasked := list(Options{}); strings.Contains(", "+unasked, ", 4") || strings.Contains(", "+unasked, ", 5") {
				t.Error(unasked)
			}
		})
	}
}

const (
	FIN = capturetest.FIN | capturetest.ACK
	SYN = capturetest.SYN
	ACK = capturetest.ACK
)
