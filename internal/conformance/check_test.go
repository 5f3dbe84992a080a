package conformance

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/conversation"
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
	long = 15 * sec // nothing that a client should send is under way for longer,
	slow = 45 * sec // and no response
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

func by(scheme string, e capture.Event) capture.Event {
	e.Auth = scheme
	return e
}

func authorized(e capture.Event) capture.Event { return by("Negotiate", e) }

func gone(e capture.Event) capture.Event {
	e.Gone = true
	return e
}

// as sends a request by another method.
func as(method string, e capture.Event) capture.Event {
	e.Kind, e.Method = capture.OtherMethod, method
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
	e := capture.Event{Kind: kind, Place: capture.Place{Stream: n, Status: status}, Exchange: n, Body: body}
	if status == 401 {
		e.Auth = "Negotiate"
	}
	return e
}

func ok(n int) capture.Event         { return answers(n, 200, 0, 0, 0, 1, 0) }
func interested(n int) capture.Event { return answers(n, 200, 0, 0, 0, 1, 1) }
func ends(n int, how capture.Ending) capture.Event {
	return capture.Event{Kind: capture.Unanswered, Place: capture.Place{Stream: n}, Exchange: n, Ending: how}
}

func closes(n int) capture.Event { return ends(n, capture.Closed) }

// of sends a request on a stream.
func of(stream int, e capture.Event) capture.Event {
	e.Stream = stream
	return e
}

func note(e capture.Event) capture.Event {
	e.Kind = capture.Note
	return e
}

// hides is a note that a connection is not read.
func hides(stream int, src, dst netip.AddrPort) capture.Event {
	e := note(problem(stream, src, dst))
	e.Hidden = true
	return e
}

// presumed is an event of a connection of which the capture lacks the beginning.
func presumed(e capture.Event) capture.Event {
	e.Presumed = true
	return e
}

// to is the answer to a request of that type.
func to(typ uint16, e capture.Event) capture.Event {
	e.RequestType = typ
	return e
}

func hidesAs(detail string, e capture.Event) capture.Event {
	e.Detail = detail
	return e
}

// untimed is an event without a time.
func untimed(e capture.Event) capture.Event {
	e.Direction = "untimed"
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

	{"format", Options{}, []step{{0, asks(anna, 1, changed(batch, 25, 15))}, {0, closes(1)}}, "PCHC-2.2.1.5-SizeOfContentTag 1"},
	{"sender", Options{}, []step{{0, asks(anna, 1, changed(changed(batch, 8, 0), 9, 0))}, {0, ok(1)}}, "PCHC-2.2.1.2-Port 1"},
	{"format of a response, request known", Options{}, []step{{0, asks(anna, 1, batch)},
		{0, capture.Event{Kind: capture.Response, Place: capture.Place{Stream: 1, Status: 200}, Exchange: 1, RequestType: 3, Body: []byte{0, 0, 0, 1, 1}}}}, "PCHC-2.2.2.2-Interested 2"},
	{"a response alone", Options{}, []step{{0, answers(1, 200, 0, 0, 0, 1, 2)}, {0, ok(2)}, {0, interested(3)}, {0, closes(4)}, {long, nothing}}, "PCHC-2.2.2.2-ResponseCode 1"},

	{"a response cut short", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 200, 0, 0, 0)}}, "PCHC-2.2.2.1-Truncated 2"},
	{"exchanges of which the number is not known", Options{}, []step{{0, asks(anna, 0, batch)}, {long, ok(0)}}, ""},

	{"a response of one byte", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 200, 0)}}, "PCHC-2.2.2.1-Truncated 2"},
	{"INTERESTED in a batch that is malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, to(3, interested(1))}}, "PCHC-2.2.1.5-HashAlgorithm 1, PCHC-2.2.2.2-Interested 2, PCHC-3.1.5.4-Drop 2"},
	{"INTERESTED, perhaps in another batch", Options{}, []step{{0, asks(anna, 1, batch)}, {0, presumed(to(3, interested(1)))}}, ""},
	{"what may be the answer to another request blames nobody", Options{}, []step{
		{0, asks(anna, 1, offer)}, {0, presumed(interested(1))}, {0, asks(anna, 2, offer)}, {0, presumed(answers(2, 401))}, {0, asks(anna, 3, batch)}, {0, presumed(answers(3, 401))},
		{0, asks(anna, 4, batch)}, {0, presumed(answers(4, 500))}, {0, asks(anna, 5, batch)}, {0, presumed(closes(5))}, {0, asks(anna, 6, batch)}, {slow, presumed(ends(6, capture.Open))}, {2 * slow, nothing}}, ""},
	{"OK that may be the answer to another request, and block hashes", Options{}, []step{{0, asks(anna, 1, offer)}, {0, presumed(ok(1))}, {0, of(1, asks(anna, 2, info))}, {0, of(1, ok(2))}}, ""},
	{"an answer to another request may be malformed all the same", Options{}, []step{{0, asks(anna, 1, offer)}, {0, presumed(answers(1, 200, 0, 0, 0, 1, 2))}}, "PCHC-2.2.2.2-ResponseCode 2"},

	{"version 1.0 on the path of 2.0", Options{}, []step{{0, on(spec.PathV2, asks(anna, 1, offer))}, {0, closes(1)}}, "PCHC-2.1-Version 1"},
	{"version 2.0 on the path of 1.0", Options{}, []step{{0, on(spec.PathV1, at(cache, asks(anna, 1, batch)))}, {0, closes(1)}}, "PCHC-2.1-Version 1"},
	{"version 1.0 without TLS, told once", Options{}, []step{{0, at(plain, asks(anna, 1, other))}, {0, ok(1)}, {0, at(plain, asks(bert, 2, other))}, {0, ok(2)}}, "PCHC-2.1-HTTPS 1"},
	{"version 1.0 decrypted", Options{Decrypted: true}, []step{{0, at(plain, asks(anna, 1, other))}, {0, ok(1)}}, ""},

	{"INTERESTED and nothing, capture goes on", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and nothing, capture ends", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long - 1, nothing}}, ""},
	{"INTERESTED and something else, capture ends", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}, {0, ok(2)}}, ""},
	{"INTERESTED and something else begun", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}}, ""},
	{"INTERESTED and something begun before", Options{}, []step{{0, asks(anna, 1, offer)}, {0, asks(anna, 2, other)}, {0, interested(1)}, {0, ok(2)}}, ""},
	{"INTERESTED and someone else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, other)}, {0, ok(2)}}, ""},
	{"INTERESTED and someone else's SEGMENT_INFO_MESSAGE", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, info)}, {0, ok(2)}, {long, nothing}}, ""},
	{"INTERESTED and the SEGMENT_INFO_MESSAGE of another who offered it", Options{}, []step{{0, asks(bert, 3, offer)}, {0, asks(anna, 1, offer)}, {0, interested(1)}, {0, interested(3)}, {0, asks(bert, 2, info)}, {0, ok(2)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 3"},
	{"INTERESTED and its own late", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, other)}, {0, ok(2)}, {long, asks(anna, 3, info)}, {long, ok(3)}}, ""},
	{"INTERESTED and a loss of the client's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(2, anna, plain)}, {long, nothing}}, CaptureProblem + " 3"},
	{"INTERESTED and a loss of the client's before", Options{}, []step{{0, problem(2, anna, plain)}, {1, asks(anna, 1, offer)}, {1, interested(1)}, {1 + long, nothing}}, CaptureProblem + " 1, PCHC-3.2.5.1-SegmentInfo 3"},
	{"INTERESTED when the client has gone", Options{}, []step{{0, asks(anna, 1, offer)}, {0, gone(interested(1))}, {long, nothing}}, ""},
	{"INTERESTED, and the SEGMENT_INFO_MESSAGE goes to another address of the cache", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, at(netip.MustParseAddrPort("192.0.2.10:443"), asks(anna, 2, info))}, {0, ok(2)}, {long, nothing}}, ""},
	{"INTERESTED and TLS with the cache", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, hides(2, anna, plain)}, {long, nothing}}, CaptureNote + " 3"},
	{"INTERESTED and TLS with the cache, seen the other way", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, hides(2, plain, anna)}, {long, nothing}}, CaptureNote + " 3"},
	{"TLS is told once, HTTP/2 too", Options{}, []step{{0, hides(0, anna, plain)}, {0, hides(1, bert, plain)}, {0, hidesAs("HTTP/2", hides(2, bert, plain))}, {0, hidesAs("HTTP/2", hides(3, anna, plain))}}, CaptureNote + " 1, " + CaptureNote + " 3"},
	{"a note about a connection hides nothing", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, note(problem(2, anna, cache))}, {0, note(problem(2, anna, cache))}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureNote + " 3, " + CaptureNote + " 4"},
	{"INTERESTED and TLS with others", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, hides(2, anna, bert)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureNote + " 3"},
	{"INTERESTED and TLS of another's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, hides(2, bert, plain)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureNote + " 3"},
	{"INTERESTED and a note about the capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, note(damage)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureNote + " 3"},
	{"INTERESTED and a loss of another's", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(2, bert, plain)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 3"},
	{"INTERESTED and a loss on the first connection of a capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, problem(0, bert, plain)}, {long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 3"},
	{"INTERESTED, a loss, and INTERESTED again", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {1, problem(0, anna, bert)}, {2, asks(anna, 1, offer)}, {2, interested(1)}, {long + 2, nothing}}, CaptureProblem + " 3, PCHC-3.2.5.1-SegmentInfo 5"},
	{"INTERESTED, a loss of what came back, and INTERESTED again", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {1, problem(0, bert, anna)}, {2, asks(anna, 1, offer)}, {2, interested(1)}, {long + 2, nothing}}, CaptureProblem + " 3, PCHC-3.2.5.1-SegmentInfo 5"},
	{"INTERESTED, a loss at the same time", Options{}, []step{{0, problem(2, anna, plain)}, {0, asks(anna, 1, offer)}, {0, interested(1)}, {long, nothing}}, CaptureProblem + " 1"},
	{"INTERESTED and a restart", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {sec, asks(anna, 2, other)}, {sec, ok(2)}, {sec + long, nothing}}, ""},
	{"INTERESTED and too soon for a restart", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {sec - 1, asks(anna, 2, other)}, {sec, ok(2)}, {sec + long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and no restart, on the same connection", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {sec, of(1, asks(anna, 2, other))}, {sec, of(1, ok(2))}, {sec + long, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"INTERESTED and a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, damage}, {long, nothing}}, CaptureProblem + " 3"},

	{"INTERESTED and a damage long after", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long, damage}, {long, damage}}, "PCHC-3.2.5.1-SegmentInfo 2, " + CaptureProblem + " 3, " + CaptureProblem + " 4"},
	{"INTERESTED and a damage before that", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long - 1, damage}, {long, damage}}, CaptureProblem + " 3, " + CaptureProblem + " 4"},

	{"SEGMENT_INFO_MESSAGE after OK", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, of(1, asks(anna, 2, info))}, {0, of(1, ok(2))}}, "PCHC-2.2.1.4-Interested 3"},
	{"SEGMENT_INFO_MESSAGE after OK, elsewhere and soon", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, asks(anna, 2, info)}, {0, ok(2)}}, ""},
	{"SEGMENT_INFO_MESSAGE after OK, and TLS", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, hides(7, anna, cache)}, {0, asks(anna, 2, info)}, {0, ok(2)}}, CaptureNote + " 3"},
	{"SEGMENT_INFO_MESSAGE twice", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(anna, 2, info)}, {0, ok(2)}, {0, asks(anna, 3, info)}, {0, ok(3)}}, ""},
	{"SEGMENT_INFO_MESSAGE of which the offer was not seen", Options{}, []step{{0, asks(anna, 2, info)}, {0, ok(2)}}, ""},
	{"SEGMENT_INFO_MESSAGE in one direction", Options{}, []step{{0, asks(anna, 1, offer)}, {0, asks(anna, 2, info)}, {long, nothing}}, ""},
	{"SEGMENT_INFO_MESSAGE in a damaged capture", Options{}, []step{{0, asks(anna, 1, offer)}, {0, ok(1)}, {0, damage}, {0, asks(anna, 2, info)}, {0, ok(2)}}, CaptureProblem + " 3"},
	{"SEGMENT_INFO_MESSAGE after other answers", Options{}, []step{{0, asks(anna, 1, batch)}, {0, ok(1)}, {0, asks(anna, 2, offer)}, {0, asks(anna, 3, info)}, {0, ok(3)}}, ""},
	{"SEGMENT_INFO_MESSAGE after an answer was lost", Options{}, []step{{0, asks(anna, 1, offer)}, {0, problem(1, cache, anna)}, {0, ok(1)}, {0, asks(anna, 2, info)}, {0, ok(2)}}, CaptureProblem + " 2"},

	{"late", Options{}, []step{{0, asks(anna, 1, offer)}, {long, interested(1)}, {3 * long, nothing}}, ""},
	{"late, and processed", Options{}, []step{{0, asks(anna, 1, offer)}, {long, interested(1)}, {long, asks(anna, 2, info)}, {long, ok(2)}}, "PCHC-3.2.2-Late 3"},
	{"late, and processed, and a loss", Options{}, []step{{0, asks(anna, 1, offer)}, {long, interested(1)}, {long, asks(anna, 2, info)}, {long, ok(2)}, {long, problem(7, anna, cache)}}, CaptureProblem + " 5"},
	{"not late", Options{}, []step{{0, asks(anna, 1, offer)}, {long - 1, interested(1)}, {long - 1, asks(anna, 2, info)}, {long, ok(2)}}, ""},

	{"unanswered, closed", Options{}, []step{{0, asks(anna, 1, batch)}, {0, closes(1)}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, closed, malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, closes(1)}}, "PCHC-2.2.1.5-HashAlgorithm 1"},
	{"unanswered, closed, something lost", Options{}, []step{{0, asks(anna, 1, batch)}, {0, problem(1, plain, anna)}, {0, closes(1)}}, CaptureProblem + " 2"},
	{"unanswered, closed, something lost elsewhere", Options{}, []step{{0, asks(anna, 1, batch)}, {0, problem(2, plain, anna)}, {0, closes(1)}}, "PCHC-3.1.5.3-Respond 1, " + CaptureProblem + " 2"},
	{"unanswered, closed, capture damaged", Options{}, []step{{0, asks(anna, 1, batch)}, {0, damage}, {0, closes(1)}}, CaptureProblem + " 2"},
	{"unanswered offer", Options{}, []step{{0, asks(anna, 1, offer)}, {0, closes(1)}}, "PCHC-3.1.5.1-Respond 1"},
	{"unanswered info", Options{}, []step{{0, asks(anna, 1, info)}, {0, closes(1)}}, "PCHC-3.1.5.2-Respond 1"},
	{"unanswered, still open", Options{}, []step{{0, asks(anna, 1, batch)}, {slow, ends(1, capture.Open)}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, still open, capture ends", Options{}, []step{{0, asks(anna, 1, batch)}, {slow - 1, ends(1, capture.Open)}}, ""},
	{"unanswered, given up", Options{}, []step{{0, asks(anna, 1, batch)}, {slow, ends(1, capture.Abandoned)}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, given up early", Options{}, []step{{0, asks(anna, 1, batch)}, {slow - 1, ends(1, capture.Abandoned)}, {5 * long, nothing}}, ""},
	{"unanswered, still open, capture goes on later", Options{}, []step{{0, ok(9)}, {10 * sec, asks(anna, 1, batch)}, {10*sec + slow - 1, ends(1, capture.Open)}}, ""},
	{"unanswered, still open since later", Options{}, []step{{0, ok(9)}, {10 * sec, asks(anna, 1, batch)}, {10*sec + slow, ends(1, capture.Open)}}, "PCHC-3.1.5.3-Respond 2"},
	{"unanswered, given up early, known late", Options{}, []step{{0, asks(anna, 1, batch)}, {2 * slow, nothing}, {slow - 1, ends(1, capture.Abandoned)}}, ""},
	{"unanswered, given up at last, known late", Options{}, []step{{0, asks(anna, 1, batch)}, {2 * slow, nothing}, {slow, ends(1, capture.Abandoned)}}, "PCHC-3.1.5.3-Respond 1"},
	{"unanswered, still open, the end without a time", Options{}, []step{{0, ok(9)}, {10 * sec, asks(anna, 1, batch)}, {10*sec + slow, nothing}, {0, untimed(ends(1, capture.Open))}}, "PCHC-3.1.5.3-Respond 2"},
	{"unanswered, still open, the early end without a time", Options{}, []step{{0, ok(9)}, {10 * sec, asks(anna, 1, batch)}, {10*sec + slow - 1, nothing}, {0, untimed(ends(1, capture.Open))}}, ""},
	{"time does not go back", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {long, nothing}, {0, nothing}}, "PCHC-3.2.5.1-SegmentInfo 2"},
	{"unanswered, crossed", Options{}, []step{{0, asks(anna, 1, batch)}, {0, ends(1, capture.Crossed)}, {5 * long, nothing}}, ""},
	{"unanswered, unknown", Options{}, []step{{0, asks(anna, 1, batch)}, {5 * long, ends(1, capture.Unknown)}}, ""},
	{"unanswered, closed, after one that is malformed", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, of(1, asks(anna, 2, batch))}, {0, closes(1)}, {0, of(1, closes(2))}}, "PCHC-2.2.1.5-HashAlgorithm 1"},
	{"the answer to one of two", Options{}, []step{{0, asks(anna, 1, unknown)}, {0, of(1, asks(anna, 2, offer))}, {0, capture.Event{Kind: capture.Response, Place: capture.Place{Stream: 1, Status: 200}, Exchange: 1, RequestType: 3, Body: []byte{0, 0, 0, 1, 1}}}, {0, of(1, ends(2, capture.Open))}}, "PCHC-2.2.1.5-HashAlgorithm 1"},
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
	{"401 and something else", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, authorized(asks(anna, 2, other))}, {0, ok(2)}, {long, nothing}}, "PCHC-3.2.5.3-Resend 2"},
	{"401 and Basic", Options{}, []step{{0, asks(anna, 1, offer)}, {0, by("NTLM, Basic", answers(1, 401))}, {0, by("Basic", asks(anna, 2, offer))}, {0, ok(2)}, {long, nothing}}, "PCHC-2.1-SPNEGO 2, PCHC-3.2.5.3-Resend 3"},
	{"401 with others beside Negotiate", Options{}, []step{{0, asks(anna, 1, offer)}, {0, by("NTLM, negotiate", answers(1, 401))}, {0, authorized(asks(anna, 2, offer))}, {0, by("NTLM, Negotiate ...", answers(2, 401))}, {long, nothing}}, "PCHC-3.2.5.3-Resend 4"},
	{"401 twice", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, authorized(asks(anna, 2, offer))}, {0, answers(2, 401)}, {long, nothing}}, ""},
	{"401 in version 2.0", Options{}, []step{{0, asks(anna, 1, batch)}, {0, answers(1, 401)}, {long, nothing}}, "PCHC-1.7-Authentication 2"},
	{"401 and a loss", Options{}, []step{{0, asks(anna, 1, offer)}, {0, answers(1, 401)}, {0, problem(3, anna, cache)}, {long, nothing}}, CaptureProblem + " 3"},

	{"a cache that forgets", Options{}, []step{{0, asks(anna, 1, info)}, {0, ok(1)}, {0, asks(bert, 2, offer)}, {0, interested(2)}, {0, asks(bert, 3, info)}, {0, ok(3)}}, ""},
	{"a cache that knows all of a sudden", Options{}, []step{{0, asks(anna, 1, offer)}, {0, interested(1)}, {0, asks(bert, 2, offer)}, {0, ok(2)}, {0, asks(anna, 3, info)}, {0, ok(3)}, {long, nothing}}, ""},

	{"PUT", Options{}, []step{{0, as("PUT", asks(anna, 1, batch))}, {long, nothing}}, "PCHC-2.1-POST 1"},
	{"GET", Options{}, []step{{0, as("GET", asks(anna, 1, []byte{0, 2}))}, {long, nothing}}, "PCHC-2.1-POST 1"},
	{"OPTIONS", Options{}, []step{{0, as("OPTIONS", asks(anna, 1, batch))}, {long, nothing}}, "PCHC-2.1-POST 1"},
	{"HEAD with a body", Options{}, []step{{0, as("HEAD", asks(anna, 1, []byte{0, 2}[:2]))}}, "PCHC-2.1-POST 1"},
	{"HEAD with a body of one byte", Options{}, []step{{0, capture.Event{Kind: capture.OtherMethod, Place: capture.Place{Method: "HEAD"}, Body: []byte{0}}}}, "PCHC-2.1-POST 1"},
	{"CONNECT, TRACE, probes", Options{}, []step{{0, capture.Event{Kind: capture.OtherMethod, Place: capture.Place{Method: "CONNECT"}}}, {0, capture.Event{Kind: capture.OtherMethod, Place: capture.Place{Method: "TRACE"}}}}, ""},
	{"statuses of who is no hosted cache, told once", Options{}, []step{{0, asks(anna, 1, batch)}, {0, by("", answers(1, 404))}, {0, asks(anna, 2, batch)}, {0, answers(2, 504)}}, CaptureNote + " 2"},
	{"HEAD, a probe", Options{}, []step{{0, capture.Event{Kind: capture.OtherMethod, Place: capture.Place{Method: "HEAD"}}}}, ""},
}

func TestChecker(t *testing.T) {
	reported := map[string]bool{}
	origin := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			c := NewChecker(test.options, func(f *Finding) error {
				reported[f.Rule] = true
				got = append(got, fmt.Sprint(f.Rule, " ", f.Frame))
				r, _ := spec.RequirementByID(f.Rule)
				if f.Class != 0 && (f.Expected != r.Text || f.Level != r.Level || f.Class != r.Class || f.Section != r.Section || f.Derived != r.Derived || r.Text == "") {
					t.Errorf("%+v", f)
				}
				return nil
			})
			for i, s := range test.steps {
				e := s.Event
				e.Frame = int64(i + 1)
				if e.Direction != "untimed" {
					e.Time = origin.Add(s.at)
				}
				if err := c.Item(&conversation.Item{Event: &e}); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.End(time.Time{}); err != nil {
				t.Fatal(err)
			}
			if len(c.live) == 0 && len(c.waiting) != 0 {
				t.Errorf("requests wait on %v", c.waiting)
			}
			if diff := cmp.Diff(test.want, strings.Join(got, ", ")); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, r := range Checked() {
		if r.CheckedBy == spec.CapturedExchange && !reported[r.ID] {
			t.Errorf("%s is never reported", r.ID)
		}
		delete(reported, r.ID)
	}
	delete(reported, CaptureNote)
	if delete(reported, CaptureProblem); len(reported) > 0 {
		t.Errorf("reported, but not checked: %v", reported)
	}
}

// TestNoTimes: without times nothing is late, and no patience is at its end.
func TestNoTimes(t *testing.T) {
	c := NewChecker(Options{}, func(f *Finding) error {
		t.Errorf("%+v", f)
		return nil
	})
	for i, e := range []capture.Event{asks(anna, 1, offer), interested(1), asks(anna, 2, batch), asks(bert, 3, other), ok(3)} {
		e.Frame = int64(i + 1)
		c.Item(&conversation.Item{Event: &e})
	}
	c.End(time.Time{})
}
