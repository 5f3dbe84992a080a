package message

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
)

// TestEvents: what an event of each kind is in each form.
func TestEvents(t *testing.T) {
	place := capture.Place{File: "f", Frame: 7, Stream: 3, Src: netip.MustParseAddrPort("10.0.0.1:80"), Dst: netip.MustParseAddrPort("10.0.0.2:40001")}
	const (
		line = "f\n     7  -                10.0.0.1:80    > 10.0.0.2:40001  "
		at   = `"capture":{"file":"f","frame":7,"src":"10.0.0.1:80","dst":"10.0.0.2:40001","stream":3}`
		tree = "0000                           TransportHeader\n0000  00 00 00 01                Size           1\n"
	)
	event := func(kind capture.EventKind, body string, request uint16) *capture.Event {
		return &capture.Event{Kind: kind, Body: []byte(body), RequestType: request, Place: place, Detail: "it's \x1b"}
	}
	const ask, bad = "\x00\x00\x00\x01\x01", "\x00\x00\x00\x02\x00"
	for _, c := range []struct {
		name       string
		event      *capture.Event
		verdict    Verdict
		line, json string // how they begin; "" for nothing
	}{
		{"request", event(capture.Request, string(batch), 0), Valid, line + "BATCHED_OFFER_MESSAGE   1 descriptor, 128.0 KiB, port 51234\n", `{"message":"BATCHED_OFFER_MESSAGE","length":75,"valid":true,"fields":{"MessageHeader":`},
		{"a request that is a response", event(capture.Request, ask, 0), Invalid, line + "INITIAL_OFFER_MESSAGE   INVALID: ", `{"message":"INITIAL_OFFER_MESSAGE","length":5,"valid":false,`},
		{"response", event(capture.Response, ask, 1), Valid, line + "RESPONSE_MESSAGE        INTERESTED\n", `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":1},"violations":[],` + at + "}\n"},
		{"response that is not to this type", event(capture.Response, ask, 2), Invalid, line + "RESPONSE_MESSAGE        INVALID: ", `{"message":"RESPONSE_MESSAGE","length":5,"valid":false,"fields":{"TransportHeader":{"Size":1},"ResponseCode":1},"violations":[{`},
		{"malformed response", event(capture.Response, bad, 0), Invalid, line + "RESPONSE_MESSAGE        INVALID: ", `{"message":"RESPONSE_MESSAGE","length":5,"valid":false,`},
		{"problem", event(capture.Problem, "", 0), CaptureProblem, line + "CAPTURE_PROBLEM         it's \\x1b\n", `{"message":"CAPTURE_PROBLEM","valid":false,"detail":"it's \u001b",` + at + "}\n"},
		{"note", event(capture.Note, "", 0), CaptureNote, line + "CAPTURE_NOTE            it's \\x1b\n", `{"message":"CAPTURE_NOTE","valid":true,"detail":"it's \u001b",` + at + "}\n"},
		{"another", event(capture.Unframed, ask, 0), Valid, "", ""},
	} {
		for form, want := range map[Form]string{FormLine: c.line, FormTree: c.line, FormJSON: c.json} {
			got, verdict := (&Printer{Form: form}).Event([]byte(">"), c.event)
			if !strings.HasPrefix(string(got), ">"+want) || want == "" && len(got) > 1 || verdict != c.verdict {
				t.Errorf("%s, form %d: verdict %d\n%s\nwant\n%s", c.name, form, verdict, got, want)
			}
			if message := c.event.Kind == capture.Request || c.event.Kind == capture.Response; form == FormJSON && message && strings.Count(string(got), at) != 1 {
				t.Errorf("%s: %s", c.name, got)
			}
			if isTree := strings.Contains(string(got), "\n0000  "); isTree != (form == FormTree && c.verdict <= Invalid && c.line != "") {
				t.Errorf("%s, form %d: a tree: %v\n%s", c.name, form, isTree, got)
			}
		}
	}
	p := Printer{}
	first, _ := p.Event(nil, event(capture.Response, ask, 1))
	second, _ := p.Event(nil, event(capture.Response, ask, 1))
	if strings.HasPrefix(string(first), "\n") || !strings.HasPrefix(string(second), "\n     7") || !strings.Contains(string(first), tree) {
		t.Errorf("%s%s", first, second)
	}
	p = Printer{Form: FormLine}
	_, _ = p.Event(nil, event(capture.Response, ask, 1))
	if second, _ := p.Event(nil, event(capture.Response, ask, 1)); !strings.HasPrefix(string(second), "     7") {
		t.Errorf("%s", second)
	}
}

// TestItems: an item with and without its number, its note, and what it was read as.
func TestItems(t *testing.T) {
	const ask, bad = "\x00\x00\x00\x01\x01", "\x00\x00\x00\x02\x00"
	for _, c := range []struct {
		name             string
		it               Item
		line, tree, json string // how they begin
	}{
		{"valid", Item{Body: []byte(ask), Number: 12345, Input: "hex"}, "12345      5  RESPONSE_MESSAGE        INTERESTED\n", "RESPONSE_MESSAGE, 5 bytes, valid (MS-PCHC 2.2.2.2)\n0000  ", `"violations":[]}`},
		{"with a note", Item{Body: []byte(ask), Note: "note:"}, "    0      5  RESPONSE_MESSAGE        INTERESTED\n", "note:\nRESPONSE_MESSAGE, 5 bytes, valid", `"violations":[]}`},
		{"malformed", Item{Body: []byte(bad), Number: 1, Input: "he\"x"}, "    1      5  RESPONSE_MESSAGE        INVALID: ", "read as he\"x, 5 bytes:\nRESPONSE_MESSAGE, 5 bytes, INVALID, 1 format violation", `,"input":"he\"x"}`},
		{"malformed, of no input", Item{Body: []byte(bad), Note: "note:"}, "    0      5  RESPONSE_MESSAGE        INVALID: ", "note:\nRESPONSE_MESSAGE, 5 bytes, INVALID, 1 format violation", `}]}`},
		{"malformed for its request", Item{Body: []byte(ask), Request: 3, Input: "hex"}, "    0      5  RESPONSE_MESSAGE        INVALID: ", "read as hex, 5 bytes:\nRESPONSE_MESSAGE, 5 bytes, INVALID", `,"input":"hex"}`},
	} {
		for form, want := range map[Form]string{FormLine: c.line, FormTree: c.tree} {
			if got, _ := (&Printer{Form: form}).Message(nil, &c.it); !strings.HasPrefix(string(got), want) {
				t.Errorf("%s, form %d:\n%s\nwant\n%s", c.name, form, got, want)
			}
		}
		got, _ := (&Printer{Form: FormJSON}).Message(nil, &c.it)
		if !strings.HasSuffix(string(got), c.json+"\n") || strings.Contains(string(got), `"raw"`) {
			t.Errorf("%s: %s, want %s", c.name, got, c.json)
		}
		raw, _ := (&Printer{Form: FormJSON, Raw: true}).Message(nil, &c.it)
		if want := strings.TrimSuffix(string(got), "}\n") + `,"raw":"` + hex.EncodeToString(c.it.Body) + "\"}\n"; string(raw) != want {
			t.Errorf("%s: %s, want %s", c.name, raw, want)
		}
	}
	line, _ := (&Printer{Form: FormLine}).Message(nil, &Item{Body: []byte(bad), Input: "hex"})
	if !strings.HasSuffix(string(line), "; read as hex\n") {
		t.Errorf("%s", line)
	}
	line, _ = (&Printer{Form: FormLine}).Message(nil, &Item{Body: []byte(bad)})
	if !strings.HasSuffix(string(line), ")\n") {
		t.Errorf("%s", line)
	}
}
