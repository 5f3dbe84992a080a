package filter

import (
	"fmt"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

func TestTypes(t *testing.T) {
	for in, want := range map[string]string{
		"batched-offer": "BATCHED_OFFER_MESSAGE", "BATCHED_OFFER": "BATCHED_OFFER_MESSAGE", "Response_Message": "RESPONSE_MESSAGE",
		"getblks": "MSG_GETBLKS", "MSG_BLK": "MSG_BLK", "probe": "Probe", "PROBEMATCHES": "ProbeMatches", "capture-problem": "CAPTURE_PROBLEM",
	} {
		if got, err := ParseType(in); got != want || err != nil {
			t.Errorf("%s: %q, %v", in, got, err)
		}
	}
}

// TestTypeOf: the type of a request is told as its dissection tells it, whatever its bytes.
func TestTypeOf(t *testing.T) {
	for minor := range byte(2) {
		for major := range byte(4) {
			for typ := range byte(6) {
				for n := range 20 {
					body := append([]byte{minor, major, 0, typ, 0, 0, 0, 0, 31, 144}, make([]byte, 10)...)[:n]
					it := &conversation.Item{Event: &capture.Event{Kind: capture.Request, Body: body}, Exchange: &conversation.Exchange{Protocol: capture.PCHC}}
					if got, want := typeOf(it), spec.Dissect(spec.Request, body).Message; got != want {
						t.Fatalf("%x: %s, want %s", body, got, want)
					}
				}
			}
		}
	}
}

func TestSegments(t *testing.T) {
	id := []byte{0x73, 0x65, 0x29}
	for in, want := range map[string]bool{"7": true, "73": true, "736": true, "736529": true, "73652": true, "7365290": false, "6": false, "737": false, "73...": true} {
		p, err := ParseSegment(in)
		if err != nil || p.of(id) != want {
			t.Errorf("%s: %v, %v", in, p.of(id), err)
		}
	}
	for _, in := range []string{"", "...", "g", "73 65"} {
		if _, err := ParseSegment(in); err == nil {
			t.Errorf("%q is accepted", in)
		}
	}
}

func TestFrames(t *testing.T) {
	for in, want := range map[string]string{"7": "{7 7}", "7-9": "{7 9}", "-9": "{1 9}", "7-": "{7 9223372036854775807}"} {
		if got, err := ParseFrames(in); fmt.Sprint(got) != want || err != nil {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "-", "0", "9-7", "a", "1-b", "-0"} {
		if got, err := ParseFrames(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// TestMidnight: a time of day is on the day of the first frame, and what ends before it
// begins ends on the next.
func TestMidnight(t *testing.T) {
	start := time.Date(2026, 3, 14, 23, 45, 0, 0, time.UTC)
	var f Filter
	var err error
	if f.Since, err = ParseTime("23:50", time.UTC); err != nil {
		t.Fatal(err)
	}
	if f.Until, err = ParseTime("00:10:00", time.UTC); err != nil {
		t.Fatal(err)
	}
	f.Begin(start)
	for minutes, want := range map[int]criteria{0: byUntil, 5: bySince | byUntil, 25: bySince | byUntil, 26: bySince} {
		if got := f.at(1, start.Add(time.Duration(minutes)*time.Minute)); got != want {
			t.Errorf("after %d minutes: %b, want %b", minutes, got, want)
		}
	}
	after, err := ParseTime("+1m30s", time.UTC)
	if got := after.at(start); err != nil || !got.Equal(start.Add(90*time.Second)) {
		t.Errorf("+1m30s is %v, %v", got, err)
	}
}

func Example() {
	var f Filter
	f.Types = []string{"CAPTURE_PROBLEM"}
	f.Begin(time.Time{})
	for _, kind := range []capture.EventKind{capture.Problem, capture.Note} {
		fmt.Println(f.Item(&conversation.Item{Event: &capture.Event{Kind: kind, Place: capture.Place{Stream: -1}}}) == Keep)
	}
	// Output:
	// true
	// false
}
