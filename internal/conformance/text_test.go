package conformance

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// TestText writes findings of one rule in one message on one line, and explains each
// rule once.
func TestText(t *testing.T) {
	a, b := netip.MustParseAddrPort("10.0.0.1:80"), netip.MustParseAddrPort("10.0.0.2:40000")
	port := func(frame int64, src, dst netip.AddrPort, field string) *Finding {
		return &Finding{
			Violation: spec.Violation{Rule: "PCHC-2.2.1.2-Port", Class: spec.Sender, Field: field, Detail: "is 0", Section: "MS-PCHC 2.2.1.2"},
			Place:     capture.Place{File: "f", Frame: frame, Src: src, Dst: dst}, Level: spec.Must, Expected: "Port is not 0.",
		}
	}
	uninvited := &Finding{
		Violation: spec.Violation{Rule: "PCHC-2.2.1.4-Interested", Class: spec.Behaviour, Detail: "comes uninvited", Section: "MS-PCHC 2.2.1.4"},
		Place:     capture.Place{File: "f", Frame: 9}, Level: spec.Must, Expected: "It does not.", Derived: true,
	}
	problem := &Finding{Violation: spec.Violation{Rule: CaptureProblem, Detail: "lost"}, Place: capture.Place{File: "f", Frame: 9, Stream: -1}}
	note := &Finding{Violation: spec.Violation{Rule: CaptureNote, Detail: "seen"}, Place: capture.Place{File: "f", Stream: -1}}
	text := Text{Printer: &message.Printer{}}
	var got []byte
	for _, f := range []*Finding{
		port(7, a, b, "Port"), port(7, a, b, "Second"), port(7, a, b, "Third"), // one line
		port(7, b, a, "Port"), port(8, b, a, "Port"), uninvited, uninvited, port(9, b, a, "Port"), uninvited, // lines of their own, but for the repeated one
		problem, problem, note, note,
	} {
		got = text.Append(got, f)
	}
	got = text.Flush(text.Flush(got))
	const want = `f
     7  -                10.0.0.1:80    > 10.0.0.2:40000  sender     PCHC-2.2.1.2-Port  Port is 0, and 2 more in this message
        MS-PCHC 2.2.1.2: Port is not 0.
     7  -                10.0.0.2:40000 > 10.0.0.1:80     sender     PCHC-2.2.1.2-Port  Port is 0
     8  -                10.0.0.2:40000 > 10.0.0.1:80     sender     PCHC-2.2.1.2-Port  Port is 0
     9  -                -              > -               behaviour  PCHC-2.2.1.4-Interested  comes uninvited, and 1 more in this message
        MS-PCHC 2.2.1.4 (derived): It does not.
     9  -                10.0.0.2:40000 > 10.0.0.1:80     sender     PCHC-2.2.1.2-Port  Port is 0
     9  -                -              > -               behaviour  PCHC-2.2.1.4-Interested  comes uninvited
     9  -                -              > -               CAPTURE_PROBLEM         lost
     9  -                -              > -               CAPTURE_PROBLEM         lost
     -  -                -              > -               CAPTURE_NOTE            seen
     -  -                -              > -               CAPTURE_NOTE            seen
`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSummarize counts what was looked into, and names what was not.
func TestSummarize(t *testing.T) {
	for want, c := range map[string]struct {
		sum   capture.Summary
		found Count
	}{
		"no violations in 0 requests, 0 responses":                                       {},
		"no violations in 1 request, 2 responses":                                        {sum: capture.Summary{Requests: 1, Responses: 2}},
		"no violations in 2 requests, 1 response, 1 connection with TLS not looked into": {sum: capture.Summary{Requests: 2, Responses: 1, Encrypted: 1}},
	} {
		if got := Summarize(Summary{Summary: c.sum}, c.found); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	all := Summary{Summary: capture.Summary{Encrypted: 2}, RetrievalRequests: 1, RetrievalResponses: 2, Discoveries: 3, Transfers: 4}
	if got, want := Summarize(all, Count{}), "no violations in 0 requests, 0 responses, 1 request and 2 responses of retrieval, 3 messages of discovery, "+
		"4 HTTP exchanges with PeerDist fields, 2 connections with TLS not looked into"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
