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
		`{"message":"PLAIN_CONTENT"}`:                                                                   "1:1: PLAIN_CONTENT is not a message",
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

// TestObjectErrors names what is wrong with JSON, and where.
func TestObjectErrors(t *testing.T) {
	deep := func(n int) string {
		return `{"message":"A","fields":` + strings.Repeat(`{"x":`, n) + "1" + strings.Repeat("}", n) + "}"
	}
	for text, want := range map[string]string{
		`{"message":"A","message":"B"}`:             "1:16: message: is given twice",
		`{"message":"A","x":1,"x":2}`:               "1:22: x: is given twice",
		`{"message":"A","fields":{"x":1,"x":2}}`:    "1:32: fields.x: is given twice",
		`{"message":1}`:                             "1:12: message: must be a string",
		`{"message":"A","fields":[]}`:               "1:26: fields: must be an object",
		`{"message":"A","fields":1}`:                "1:25: fields: must be an object",
		`{"message":"A","fields":{"x":null}}`:       "1:30: fields.x: must be a number, a string, an array or an object",
		`{"message":"A","fields":{"x":true}}`:       "1:30: fields.x: must be a number, a string, an array or an object",
		`{"message":"A","fields":{"x":[1,-1]}}`:     "1:33: fields.x[1]: must be an integer from 0 to 18446744073709551615, not -1",
		`{"message":"A","fields":{"x":1.5}}`:        "1:30: fields.x: must be an integer from 0 to 18446744073709551615, not 1.5",
		`{"message":"A","fields":{"y":-1,"x":-2}}`:  "1:37: fields.x: must be an integer", // the first by name
		`{"message":"A","fields":{"x":"redacted"}}`: "1:30: fields.x: is redacted",
		`{"fields":{}}`:                             `1:1: "message" with the name`,
		`{}`:                                        `1:1: "message" with the name`,
		`[]`:                                        "1:1: must be a JSON object",
		`{"message"`:                                "1:11: message: unexpected end of JSON",
		`{"message":"A",}`:                          "1:16: invalid JSON at",
		`{"message":"\x"}`:                          "1:12: message: invalid JSON string",
		deep(maxDepth):                              "",
		deep(maxDepth + 1):                          "1:106: fields.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x: is nested too deeply",
	} {
		_, err := NewReader(strings.NewReader(text)).Next()
		if want == "" && err != nil || want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)) {
			t.Errorf("%s: %v; want %s", text, err, want)
		}
	}
}
