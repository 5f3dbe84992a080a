package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// A finding that depends on the way in which messages are sent says so in every report,
// with what was on the wire, and cites the RFC. Of messages that were sent at the same time
// one is shown.
func TestWays(t *testing.T) {
	one := fuzz.Message{Kind: spec.Request, Bytes: offer(1)}
	r := &Report{Result: &campaign.Result{
		Targets: []campaign.TargetResult{{Name: "http://127.0.0.1", Kinds: []spec.Kind{spec.Request}, Executions: 9}}, Elapsed: time.Second,
		Findings: []campaign.Finding{
			{Target: "http://127.0.0.1", Messages: []fuzz.Message{one}, Count: 1, Difference: fuzz.Difference{
				Fault: fuzz.Unanswered, Rule: "RFC9112-7.1-Chunked", Requirement: "RFC9112-7.1-Chunked", Detail: "sent in chunks: it is not answered",
				HTTP: "chunked", Wire: "sent:\n  4b\\r\\n\nthe server closed the connection\x1b[31m"}},
			{Target: "http://127.0.0.1", Messages: []fuzz.Message{one, one, one}, Count: 1, Difference: fuzz.Difference{
				Fault: fuzz.Hang, Rule: "PCHC-3.1.5.3-Respond", Requirement: "PCHC-3.1.5.3-Respond", Detail: "no answer", Connections: 8}},
		},
	}, Caches: []string{"http://127.0.0.1"}}
	for i := range 2 {
		var text, page, json bytes.Buffer
		if err := Text(&text, r, &message.Text{}); err != nil {
			t.Fatal(err)
		}
		if err := HTML(&page, r); err != nil {
			t.Fatal(err)
		}
		if err := JSON(&json, r); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{
			"RFC 9112 7.1: A server of HTTP/1.1 MUST be able to decode the chunked transfer coding.",
			"Goes wrong when sent over HTTP, chunked; goes right when sent as usual, in one request with a Content-Length.", "Goes wrong when sent on 8 connections at the same time.",
			"On the wire", "one of 3 messages that are sent at the same time", `4b\r\n`,
		} {
			if !strings.Contains(text.String(), want) || !strings.Contains(page.String(), want) {
				t.Errorf("pass %d: %q is missing in\n%s", i, want, &text)
			}
		}
		for _, want := range []string{`"http":"chunked"`, `"wire":["sent:","  4b\\r\\n",`, `"connections":8`, `"section":"RFC 9112 7.1"`} {
			if !strings.Contains(json.String(), want) {
				t.Errorf("pass %d: %q is missing in\n%s", i, want, &json)
			}
		}
		if strings.Contains(text.String()+page.String()+json.String(), "\x1b[31m") {
			t.Error("what a server sent is not made safe to print")
		}
		if names := describe(r); names[0].Name != "RFC9112-7.1-Chunked unanswered chunked" || names[1].Name != "PCHC-3.1.5.3-Respond hang at the same time" {
			t.Errorf("the findings are called %q, %q", names[0].Name, names[1].Name)
		}
		parts, err := ReadJSON(&json) // and the same once more, from JSON
		if err != nil {
			t.Fatal(err)
		}
		r = parts
	}
}
