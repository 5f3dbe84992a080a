package conformance

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/spec"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// Messages: info is about the segment of offer.
var (
	info = unhex("0001000200000000c822000000000000576562494f0000000000000000000000" +
		"00010c8000000000000003100000010000000000000000000000031000000000010" +
		"09ac2510eb84557ff6b9c8e95b1c5ee651c25f5901392747408025a8e427b6c13" +
		"6c16f115d77b0250790218519345bf990697c08069b56656187c6c712532ce89" +
		"01000000e90004bf31e8991d83043cd9c5a3eec7cea5391e047c2d5270b2f7ee11b853f4")
	offer   = unhex("0001000100000000c822000000000000ef77977897ed612bb45c16ab3538ed3918713ec12610834bd63e3d631dc3113c")
	other   = unhex("0001000100000000c822000000000000aa77977897ed612bb45c16ab3538ed3918713ec12610834bd63e3d631dc3113c")
	batch   = capturetest.Batch(1, 1)
	unknown = changed(batch, 42, 0xFE) // HashAlgorithm
)

func changed(b []byte, at int, to byte) []byte {
	b = append([]byte(nil), b...)
	b[at] = to
	return b
}

const (
	sec  = time.Second
	long = patience
)

var (
	anna  = netip.MustParseAddrPort("192.0.2.1:40000")
	bert  = netip.MustParseAddrPort("[2001:db8::2]:40000")
	cache = netip.MustParseAddrPort("192.0.2.9:443")
	plain = netip.MustParseAddrPort("192.0.2.9:80")
)

// step is an event, at a time.
type step struct {
	at time.Duration
	capture.Event
}

// Exchanges are numbered: stream and number are the same.
func asks(from netip.AddrPort, n int, body []byte) capture.Event {
	to, path := cache, spec.PathV1
	if body[1] == 2 {
		to, path = plain, spec.PathV2
	}
	return capture.Event{Kind: capture.Request, Place: capture.Place{Src: from, Dst: to, Stream: n, Path: path}, Exchange: n, Body: body}
}

func authorized(e capture.Event) capture.Event {
	e.Authorized = true
	return e
}

func on(path string, e capture.Event) capture.Event {
	e.Path = path
	return e
}

func at(server netip.AddrPort, e capture.Event) capture.Event {
	e.Dst = server
	return e
}

func answers(n int, status int, body ...byte) capture.Event {
	kind := capture.Response
	if status >= 300 {
		kind = capture.Failure
	}
	return capture.Event{Kind: kind, Place: capture.Place{Stream: n, Status: status}, Exchange: n, Body: body}
}

func ok(n int) capture.Event         { return answers(n, 200, 0, 0, 0, 1, 0) }
func interested(n int) capture.Event { return answers(n, 200, 0, 0, 0, 1, 1) }
func closes(n int) capture.Event {
	return capture.Event{Kind: capture.Unanswered, Place: capture.Place{Stream: n}, Exchange: n}
}

func note(e capture.Event) capture.Event {
	e.Kind = capture.Note
	return e
}

func problem(stream int, src, dst netip.AddrPort) capture.Event {
	return capture.Event{Kind: capture.Problem, Place: capture.Place{Stream: stream, Src: src, Dst: dst}, Detail: "lost"}
}

var (
	nothing = capture.Event{} // time goes by
	damage  = problem(-1, netip.AddrPort{}, netip.AddrPort{})
)

// cases are what is seen, and "rule frame" for each finding. The frame is the
// number of the step.
var cases = []struct {
	name    string
	options Options
	steps   []step
	want    string
}{
	{"a whole sequence", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, info)}, {0, ok(2)},
		{0, asks(bert, 3, offer)}, {0, ok(3)}, {0, asks(bert, 4, batch)}, {0, ok(4)}, {long, nothing}}, ""},

	{"format", Options{}, []step{{0, asks(anna, 1, changed(batch, 25, 15))}, {0, closes(1)}}, "PCHC-2.2.1.5-SizeOfContentTag 1, PCHC-2.2.1.5-HashAlgorithm 1, PCHC-2.2.1.5-Truncated 1"},
	{"sender", Options{}, []step{{0, asks(anna, 1, changed(changed(batch, 8, 0), 9, 0))}, {0, ok(1)}}, "PCHC-2.2.1.2-Port 1"},
	{"format of a response, request known", Options{}, []step{{0, asks(anna, 1, batch)},
		{0, capture.Event{Kind: capture.Response, Place: capture.Place{Stream: 1, Status: 200}, Exchange: 1, RequestType: 3, Body: []byte{0, 0, 0, 1, 1}}}}, "PCHC-2.2.2.2-Interested 2"},
	{"a response alone", Options{}, []step{{0, answers(1, 200, 0, 0, 0, 1, 2)}, {0, ok(2)}, {0, interested(3)}, {0, closes(4)}, {long, nothing}}, "PCHC-2.2.2.2-ResponseCode 1"},

	{"a response cut short", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 200, 0, 0, 0)}}, "PCHC-2.2.2.1-Truncated 2"},
	{"exchanges of which the number is not known", Options{}, []step{{0, asks(anna, 0, batch)}, {long, ok(0)}}, ""},

	{"version 1.0 on the path of 2.0", Options{}, []step{{0, on(spec.PathV2, asks(anna, 1, offer))}, {0, closes(1)}}, "PCHC-2.1-Version 1"},
	{"version 2.0 on the path of 1.0", Options{}, []step{{0, on(spec.PathV1, at(cache, asks(anna, 1, batch)))}, {0, closes(1)}}, "PCHC-2.1-Version 1"},
	{"version 1.0 without TLS, told once", Options{}, []step{{0, at(plain, asks(anna, 1, other))}, {0, ok(1)}, {0, at(plain, asks(bert, 2, other))}, {0, ok(2)}}, "PCHC-2.1-HTTPS 1"},
	{"version 1.0 decrypted", Options{Decrypted: true}, []step{{0, at(plain, asks(anna, 1, other))}, {0, ok(1)}}, ""},

	{"INTERESTED and nothing, capture goes on", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and nothing, capture ends", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long - 1, nothing}}, ""},
	{"INTERESTED and something else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}, {0, ok(2)}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and something else begun", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}}, ""},
	{"INTERESTED and something begun before", Options{}, []step{{0, asks(anna, 1, offer)}, {0, asks(anna, 2, other)}, {0, interested(1)}, {0, ok(2)}}, ""},
	{"INTERESTED and someone else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, other)}, {0, ok(2)}}, ""},
	{"INTERESTED and someone else's SEGMENT_INFO_MESSAGE", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, info)}, {0, ok(2)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and its own late", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}, {0, ok(2)}, {long, asks(anna, 3, info)}, {long, ok(3)}}, ""},
	{"INTERESTED and a loss of the client's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(2, anna, plain)}, {long, nothing}}, CaptureProblem + " 3"},
	{"INTERESTED and TLS of the client's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, note(problem(2, anna, plain))}, {long, nothing}}, ""},
	{"INTERESTED and TLS of another's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, note(problem(2, bert, plain))}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and a note about the capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, note(damage)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and a loss of another's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(2, bert, plain)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 3"},
	{"INTERESTED and a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, damage}, {long, nothing}}, CaptureProblem + " 3"},

	{"INTERESTED, something else, and a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}, {0, ok(2)}, {0, damage}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 5"},
	{"INTERESTED, a damaged capture, and something else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, damage}, {0, asks(anna, 2, other)}, {0, ok(2)}}, CaptureProblem + " 3"},
	{"INTERESTED and a damage long after", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long, damage}, {long, damage}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 3, " + CaptureProblem + " 4"},
	{"INTERESTED and a damage before that", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long - 1, damage}, {long, damage}}, CaptureProblem + " 3, " + CaptureProblem + " 4"},

	{"SEGMENT_INFO_MESSAGE after OK", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, asks(anna, 2, info)}, {0, ok(2)}}, "PCHC-2.2.1.4-Interested 3"},
	{"SEGMENT_INFO_MESSAGE of which the offer was not seen", Options{}, []step{{0, asks(anna, 2, info)}, {0, ok(2)}}, ""},
	{"SEGMENT_INFO_MESSAGE in one direction", Options{}, []step{{0, asks(anna, 1, offer)}, {0, asks(anna, 2, info)}, {long, nothing}}, ""},
	{"SEGMENT_INFO_MESSAGE in a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, damage}, {0, asks(anna, 2, info)}, {0, ok(2)}}, CaptureProblem + " 3"},
	{"SEGMENT_INFO_MESSAGE after other answers", Options{}, []step{{0, asks(anna, 1, batch)}, {0, ok(1)}, {0, asks(anna, 2, offer)}, {0, asks(anna, 3, info)}, {0, ok(3)}}, ""},
	{"SEGMENT_INFO_MESSAGE after an answer was lost", Options{}, []step{{0, asks(anna, 1, offer)}, {0, problem(1, cache, anna)}, {0, ok(1)}, {0, asks(anna, 2, info)}, {0, ok(2)}}, CaptureProblem + " 2"},

	{"late", Options{}, []step{{0, asks(anna, 1, batch)}, {long, ok(1)}}, "PCHC-3.2.2-Late 2"},
	{"not late", Options{}, []step{{0, asks(anna, 1, batch)}, {long - 1, ok(1)}}, ""},
	{"late for a timer that began when it seems to", Options{}, []step{{0, asks(anna, 1, batch)}, {4 * sec, asks(anna, 2, batch)}, {4 * sec, ok(1)}, {16 * sec, ok(2)}}, ""},

	{"unanswered, closed", Options{}, []step{{0, asks(anna, 1, batch)}, {0, closes(1)}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, closed, malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, closes(1)}}, "PCHC-2.2.1.5-HashAlgorithm 1"},
	{"unanswered, closed, something lost", Options{}, []step{{0, asks(anna, 1, batch)}, {0, problem(1, plain, anna)}, {0, closes(1)}}, CaptureProblem + " 2"},
	{"unanswered, closed, something lost elsewhere", Options{}, []step{{0, asks(anna, 1, batch)}, {0, problem(2, plain, anna)}, {0, closes(1)}}, "PCHC-3.1.5.3-Respond 1, " + CaptureProblem + " 2"},
	{"unanswered, closed, capture damaged", Options{}, []step{{0, asks(anna, 1, batch)}, {0, damage}, {0, closes(1)}}, CaptureProblem + " 2"},
	{"unanswered offer", Options{}, []step{{0, asks(anna, 1, offer)}, {0, closes(1)}}, "PCHC-3.1.5.1-Respond 1"},
	{"unanswered info", Options{}, []step{{0, asks(anna, 1, info)}, {0, closes(1)}}, "PCHC-3.1.5.2-Respond 1"},
	{"unanswered, capture goes on", Options{}, []step{{0, asks(anna, 1, batch)}, {0, asks(anna, 2, batch)}, {0, ok(2)}, {long, nothing}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, capture ends", Options{}, []step{{0, asks(anna, 1, batch)}, {0, asks(anna, 2, batch)}, {0, ok(2)}, {long - 1, nothing}}, ""},
	{"unanswered in one direction", Options{}, []step{{0, asks(anna, 1, batch)}, {0, asks(anna, 2, batch)}, {long, nothing}}, ""},
	{"unanswered, another client is answered", Options{}, []step{{0, asks(anna, 1, batch)}, {0, asks(bert, 2, batch)}, {0, ok(2)}, {long, nothing}}, ""},
	{"an HTTP error", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 500)}}, "PCHC-3.1.5.3-Respond 2"},
	{"an HTTP error for what is malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, answers(1, 400)}}, "PCHC-2.2.1.5-HashAlgorithm 1"},
	{"no message", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 200)}}, "PCHC-3.1.5.3-Respond 2"},

	{"an answer to what is malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, ok(1)}}, "PCHC-2.2.1.5-HashAlgorithm 1, PCHC-3.1.5.4-Drop 2"},
	{"Windows' answer to it", Options{Windows: true}, []step{{0, asks(anna, 1, unknown)}, {0, ok(1)}, {0, asks(anna, 2, unknown)}, {0, closes(2)}},
		"PCHC-2.2.1.5-HashAlgorithm 1, PCHC-2.2.1.5-HashAlgorithm 3"},
	{"what Windows drops too", Options{Windows: true}, []step{{0, asks(anna, 1, batch[:16])}, {0, ok(1)}}, "PCHC-2.2.1.5-MinDescriptors 1, PCHC-3.1.5.4-Drop 2"},

	{"401 and the resend", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, authorized(asks(anna, 2, offer))}, {0, ok(2)}, {long, nothing}}, ""},
	{"401 and nothing, capture goes on", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {long, nothing}}, "PCHC-3.2.5.3-Resend 2"},
	{"401 and nothing, capture ends", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {long - 1, nothing}}, ""},
	{"401 and something else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, authorized(asks(anna, 2, other))}, {0, ok(2)}}, "PCHC-3.2.5.3-Resend 2"},
	{"401 and a loss", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, problem(3, anna, cache)}, {long, nothing}}, CaptureProblem + " 3"},

	{"a cache that forgets", Options{}, []step{{0, asks(anna, 1, info)}, {0, ok(1)}, {0, asks(bert, 2, offer)}, {0, interested(2)}}, "PCHC-3.1.5.1-OK 4"},
	{"a cache that may have been told otherwise", Options{}, []step{{0, asks(anna, 1, info)}, {0, ok(1)}, {0, problem(9, bert, cache)}, {0, asks(bert, 2, offer)}, {0, interested(2)}, {0, asks(bert, 3, info)}, {0, ok(3)}}, CaptureProblem + " 3"},
	{"another cache", Options{}, []step{{0, asks(anna, 1, info)}, {0, ok(1)}, {0, at(plain, asks(bert, 2, offer))}, {0, interested(2)}}, "PCHC-2.1-HTTPS 3"},
	{"a cache that knows all of a sudden", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, offer)}, {0, ok(2)}}, "PCHC-3.1.5.1-Interested 4"},
	{"a cache that others may have told", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, offer)}, {0, ok(2)}, {0, asks(anna, 3, info)}, {0, ok(3)}}, ""},
	{"a cache that was told by what is lost", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(9, bert, cache)}, {0, asks(bert, 2, offer)}, {0, ok(2)}}, CaptureProblem + " 3"},
	{"a cache in a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, damage}, {0, asks(bert, 2, offer)}, {0, ok(2)}}, CaptureProblem + " 3"},
}

func TestChecker(t *testing.T) {
	reported := map[string]bool{}
	origin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			c := Checker{Options: test.options}
			for i, s := range test.steps {
				e := s.Event
				e.Frame, e.Time = int64(i+1), origin.Add(s.at)
				c.Event(&e)
			}
			var got []string
			for _, f := range c.End() {
				reported[f.Rule] = true
				got = append(got, f.Rule+" "+string(rune('0'+f.Frame)))
				r, _ := spec.RequirementByID(f.Rule)
				if f.Rule != CaptureProblem && (f.Expected != r.Text || f.Level != r.Level || f.Class != r.Class || f.Section != r.Section || r.Text == "") {
					t.Errorf("%+v", f)
				}
			}
			if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, r := range Checked() {
		if r.Class == spec.Behaviour && !reported[r.ID] {
			t.Errorf("%s is never reported", r.ID)
		}
		delete(reported, r.ID)
	}
	if delete(reported, CaptureProblem); len(reported) > 0 {
		t.Errorf("reported, but not checked: %v", reported)
	}
}

// TestNoTimes: without times nothing is late, and no patience is at its end.
func TestNoTimes(t *testing.T) {
	c := Checker{}
	for i, e := range []capture.Event{asks(anna, 1, offer), interested(1), asks(anna, 2, batch), asks(bert, 3, other), ok(3)} {
		e.Frame = int64(i + 1)
		c.Event(&e)
	}
	if got := c.End(); got != nil {
		t.Errorf("%+v", got)
	}
}
