package message

import (
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// TestPlaceEdges: the first frame, stream and second are known, 0 is not.
func TestPlaceEdges(t *testing.T) {
	for _, test := range []struct {
		at         capture.Place
		line, json string
	}{
		{capture.Place{File: "f", Stream: -1}, "     -  -                - > -", `{"file":"f"}`},
		{capture.Place{File: "f", Frame: 1, Stream: 0}, "     1  -                - > -", `{"file":"f","frame":1,"stream":0}`},
		{capture.Place{File: "f", Frame: 1234567, Time: time.Unix(0, 1), Stream: 1, Status: 1}, "1234567  00:00:00.000000  - > -",
			`{"file":"f","frame":1234567,"time":"1970-01-01T00:00:00.000000001Z","stream":1,"status":1}`},
	} {
		line := string((&Printer{Form: FormLine}).Problem(nil, "x", &test.at))
		if _, got, _ := strings.Cut(line, "\n"); !strings.HasPrefix(got, test.line+"  ") {
			t.Errorf("%s, want %s", line, test.line)
		}
		if got := string((&Printer{Form: FormJSON}).Problem(nil, "x", &test.at)); !strings.Contains(got, `"capture":`+test.json+"}\n") {
			t.Errorf("%s, want %s", got, test.json)
		}
	}
}

// TestAssembleErrors names what is wrong with an object, and where.
func TestAssembleErrors(t *testing.T) {
	for object, want := range map[string]string{
		`{"message":"X","fields":{}}`:                                                                   "1:1: message: ",
		`{"message":"CAPTURE_PROBLEM"}`:                                                                 "1:1: CAPTURE_PROBLEM is not a message",
		`{"message":"CAPTURE_NOTE"}`:                                                                    "1:1: CAPTURE_NOTE is not a message",
		"\n" + `{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":"0g"}}`:                          "2:56: fields.ResponseCode: ",
		`{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":256}}`:                                  "1:56: fields.ResponseCode: ",
		`{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":2}}`:                                    "1:56: fields.ResponseCode: ",
		`{"message":"RESPONSE_MESSAGE","fields":{}}`:                                                    "1:40: fields.ResponseCode: ",
		`{"message":"INITIAL_OFFER_MESSAGE","fields":{"ConnectionInformation":{"Port":1},"Hash":"xy"}}`: "1:88: fields.Hash: must be a string of hex, two digits for each byte",
		`{"message":"INITIAL_OFFER_MESSAGE","fields":{"MessageHeader":7}}`:                              "1:62: fields.MessageHeader: ",
		`{"message":"RESPONSE_MESSAGE","fields":{"x":1}}`:                                               "1:45: fields.x: ",
	} {
		o, err := NewReader(strings.NewReader(object)).Next()
		if err != nil {
			t.Errorf("%s: %v", object, err)
			continue
		}
		if b, err := o.Assemble(false); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %x, %v; want %s", object, b, err, want)
		}
	}
}

// TestKindOf: the kind of a message by its name.
func TestKindOf(t *testing.T) {
	for name, want := range map[string]spec.Kind{
		"RESPONSE_MESSAGE": spec.Response, "CONTENT_INFORMATION_V1": spec.ContentV1, "CONTENT_INFORMATION_V2": spec.ContentV2,
		"INITIAL_OFFER_MESSAGE": spec.Request, "UNKNOWN": spec.Request,
	} {
		if got := kindOf(name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestViolationLine writes a violation on one line where there is room, in the
// colour of its class.
func TestViolationLine(t *testing.T) {
	v := spec.Violation{Rule: "R", Class: spec.Format, Field: "F", Detail: "is 0"}
	for more, want := range map[int]string{
		0: "\n     7  -                - > -  format     R  F is 0\n",
		1: "\n     7  -                - > -  format     R  F is 0, and 1 more in this message\n",
	} {
		if got := string((&Printer{}).Violation([]byte(">"), &v, more, &capture.Place{Frame: 7, File: "f"})); got != ">f"+want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	colours := Printer{Text: Text{Style: Colours()}}
	red := string(colours.Violation(nil, &v, 0, &capture.Place{}))
	v.Class = spec.Sender
	if other := string(colours.Violation(nil, &v, 0, &capture.Place{})); !strings.Contains(red, "\x1b[31;1mR") || !strings.Contains(other, "\x1b[35mR") {
		t.Errorf("%q, %q", red, other)
	}
}
