package spec

import (
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	sec  = time.Second
	tiny = time.Nanosecond
)

// hoHoDkOf is the identifier number n, hoHoDkOf(0) the one of segmentInfo100k.
func hoHoDkOf(n byte) string {
	if n == 0 {
		return hoHoDk100k
	}
	return string(run(n, 32))
}

// offerOf is an offer in either version. What it sends as SEGMENT_INFO_MESSAGE is segmentInfo100k.
func offerOf(n byte) Offer {
	o := Offer{HoHoDk: hoHoDkOf(n), SegmentInformation: NewSecret(string(v1of(100_000))), BlockSize: 65536, SegmentSize: 65664, HashAlgorithm: 4}
	copy(o.ContentTag[:], "WebIO")
	return o
}

// unpaddedOf is a message with zeros for the paddings of header and connection.
func unpaddedOf(b []byte) string {
	return string(with(with(b, 4, 0, 0, 0, 0), 10, 0, 0, 0, 0, 0, 0))
}

// The messages that a client with port 8080 sends.
func offering(n byte) Secret {
	return NewSecret(unpaddedOf(slices.Concat(request(1, 1), []byte(hoHoDkOf(n)))))
}

func informing() Secret { return NewSecret(unpaddedOf(segmentInfo100k())) }

// sameSecret lets package cmp compare secrets.
var sameSecret = cmp.Comparer(func(a, b Secret) bool { return a == b })

// A step is an event at a time, with what must come of it: actions, when the
// timer ticks next (0: it does not run), and what is then outstanding.
type step struct {
	at   time.Duration
	do   func(c *Client, at time.Duration) []Action
	want []Action
	next time.Duration
	open []RequestID
}

func offers(numbers ...byte) func(*Client, time.Duration) []Action {
	return func(c *Client, at time.Duration) []Action {
		var list []Offer
		for _, n := range numbers {
			list = append(list, offerOf(n))
		}
		return c.Offer(at, list...)
	}
}

func receives(id RequestID, message ...byte) func(*Client, time.Duration) []Action {
	return func(c *Client, at time.Duration) []Action { return c.Receive(at, id, message) }
}

// isRefused is a 401 that asks for SPNEGO-based authentication, goesOn one that
// continues it.
func isRefused(id RequestID) func(*Client, time.Duration) []Action {
	return func(c *Client, at time.Duration) []Action {
		return c.Unauthorized(at, id, Answer{Status: 401, Negotiate: true})
	}
}

func goesOn(id RequestID) func(*Client, time.Duration) []Action {
	return func(c *Client, at time.Duration) []Action {
		return c.Unauthorized(at, id, Answer{Status: 401, Negotiate: true, Token: true})
	}
}

func isRefusedBasic(id RequestID) func(*Client, time.Duration) []Action {
	return func(c *Client, at time.Duration) []Action { return c.Unauthorized(at, id, Answer{Status: 401}) }
}

func ticks(c *Client, at time.Duration) []Action { return c.Tick(at) }

var clientCases = []struct {
	name  string
	steps []step
}{
	{"a request that starts the timer has 15 seconds", []step{
		{100 * sec, offers(1), []Action{Send{1, offering(1), false}}, 105 * sec, []RequestID{1}},
		{105*sec - tiny, ticks, nil, 105 * sec, []RequestID{1}},
		{105 * sec, ticks, nil, 110 * sec, []RequestID{1}},
		{110 * sec, ticks, nil, 115 * sec, []RequestID{1}},
		{115*sec - tiny, ticks, nil, 115 * sec, []RequestID{1}},
		{115 * sec, ticks, []Action{Expire{1}}, 0, nil},
		{120 * sec, ticks, nil, 0, nil},
	}},
	{"just before a tick it has hardly more than 10, at a tick 15 again", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{5*sec - tiny, offers(2), []Action{Send{2, offering(2), false}}, 5 * sec, []RequestID{1, 2}},
		{5 * sec, offers(3), []Action{Send{3, offering(3), false}}, 10 * sec, []RequestID{1, 2, 3}},
		{15*sec - tiny, ticks, nil, 15 * sec, []RequestID{1, 2, 3}},
		{15 * sec, ticks, []Action{Expire{1}, Expire{2}}, 20 * sec, []RequestID{3}},
		{20*sec - tiny, ticks, nil, 20 * sec, []RequestID{3}},
		{20 * sec, ticks, []Action{Expire{3}}, 0, nil},
	}},
	{"a tick that nobody called is made up for", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{7 * sec, offers(2), []Action{Send{2, offering(2), false}}, 10 * sec, []RequestID{1, 2}},
		{24 * time.Hour, ticks, []Action{Expire{1}, Expire{2}}, 0, nil},
		{24*time.Hour + sec, offers(3), []Action{Send{3, offering(3), false}}, 24*time.Hour + 6*sec, []RequestID{3}},
		{24*time.Hour + 16*sec, ticks, []Action{Expire{3}}, 0, nil},
	}},
	{"time that goes back does not tick", []step{
		{100 * sec, offers(1), []Action{Send{1, offering(1), false}}, 105 * sec, []RequestID{1}},
		{0, ticks, nil, 105 * sec, []RequestID{1}},
		{-100 * sec, receives(1, 0, 0, 0, 1, 0), nil, 0, nil},
	}},
	{"an answer in the last moment counts", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{15*sec - tiny, receives(1, 0, 0, 0, 1, 0), nil, 0, nil},
		{20 * sec, ticks, nil, 0, nil},
	}},
	{"an answer at the moment of expiry is late", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{15 * sec, receives(1, 0, 0, 0, 1, 1), []Action{Expire{1}, Drop{1, "PCHC-3.2.5.1-Discard"}}, 0, nil},
	}},
	{"a 401 at the moment of expiry is late", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{15 * sec, isRefused(1), []Action{Expire{1}, Drop{1, "PCHC-3.2.5.1-Discard"}}, 0, nil},
	}},
	{"the timer stops with the last answer and starts anew", []step{
		{0, offers(1, 2), []Action{Send{1, offering(1), false}, Send{2, offering(2), false}}, 5 * sec, []RequestID{1, 2}},
		{2 * sec, receives(2, 0, 0, 0, 1, 0), nil, 5 * sec, []RequestID{1}},
		{3 * sec, receives(1, 0, 0, 0, 1, 0), nil, 0, nil},
		{4 * sec, offers(3), []Action{Send{3, offering(3), false}}, 9 * sec, []RequestID{3}},
		{19*sec - tiny, ticks, nil, 19 * sec, []RequestID{3}},
		{19 * sec, ticks, []Action{Expire{3}}, 0, nil},
	}},
	{"INTERESTED brings a SEGMENT_INFO_MESSAGE, with a timer started anew", []step{
		{0, offers(0), []Action{Send{1, offering(0), false}}, 5 * sec, []RequestID{1}},
		{3 * sec, receives(1, 0, 0, 0, 1, 1), []Action{Send{2, informing(), false}}, 8 * sec, []RequestID{2}},
		{18*sec - tiny, ticks, nil, 18 * sec, []RequestID{2}},
		{18 * sec, ticks, []Action{Expire{2}}, 0, nil},
	}},
	{"INTERESTED beside others does not disturb the ticks", []step{
		{0, offers(0, 1), []Action{Send{1, offering(0), false}, Send{2, offering(1), false}}, 5 * sec, []RequestID{1, 2}},
		{7 * sec, receives(1, 0, 0, 0, 1, 1), []Action{Send{3, informing(), false}}, 10 * sec, []RequestID{2, 3}},
		{15 * sec, ticks, []Action{Expire{2}}, 20 * sec, []RequestID{3}},
		{16 * sec, receives(3, 0, 0, 0, 1, 0), nil, 0, nil},
	}},
	{"a second answer is discarded", []step{
		{0, offers(0), []Action{Send{1, offering(0), false}}, 5 * sec, []RequestID{1}},
		{sec, receives(1, 0, 0, 0, 1, 1), []Action{Send{2, informing(), false}}, 6 * sec, []RequestID{2}},
		{2 * sec, receives(1, 0, 0, 0, 1, 1), []Action{Drop{1, "PCHC-3.2.5.1-Discard"}}, 6 * sec, []RequestID{2}},
		{2 * sec, isRefused(1), []Action{Drop{1, "PCHC-3.2.5.1-Discard"}}, 6 * sec, []RequestID{2}},
		{3 * sec, receives(2, 0, 0, 0, 1, 0), nil, 0, nil},
	}},
	{"an answer to nothing is discarded, malformed or not", []step{
		{0, receives(0, 0, 0, 0, 1, 0), []Action{Drop{0, "PCHC-3.2.5.1-Discard"}}, 0, nil},
		{0, receives(7), []Action{Drop{7, "PCHC-3.2.5.1-Discard"}}, 0, nil},
	}},
	{"401 brings a resend and the whole time again", []step{
		{0, offers(1), []Action{Send{1, offering(1), false}}, 5 * sec, []RequestID{1}},
		{7 * sec, isRefused(1), []Action{Send{1, offering(1), true}}, 10 * sec, []RequestID{1}},
		{15 * sec, ticks, nil, 20 * sec, []RequestID{1}},
		{16 * sec, goesOn(1), []Action{Send{1, offering(1), true}}, 20 * sec, []RequestID{1}},
		{20 * sec, ticks, nil, 25 * sec, []RequestID{1}},
		{30*sec - tiny, ticks, nil, 30 * sec, []RequestID{1}},
		{30 * sec, ticks, []Action{Expire{1}}, 0, nil},
	}},
	{"credentials that are refused", []step{
		{0, offers(1, 2), []Action{Send{1, offering(1), false}, Send{2, offering(2), false}}, 5 * sec, []RequestID{1, 2}},
		{0, isRefused(1), []Action{Send{1, offering(1), true}}, 5 * sec, []RequestID{1, 2}},
		{0, goesOn(1), []Action{Send{1, offering(1), true}}, 5 * sec, []RequestID{1, 2}},
		{0, isRefused(1), []Action{Refuse{1}}, 5 * sec, []RequestID{2}},
		{0, isRefused(1), []Action{Drop{1, "PCHC-3.2.5.1-Discard"}}, 5 * sec, []RequestID{2}},
		{0, isRefusedBasic(2), []Action{Drop{2, "PCHC-2.1-SPNEGO"}}, 0, nil},
	}},
	{"401 to a SEGMENT_INFO_MESSAGE resends that", []step{
		{0, offers(0), []Action{Send{1, offering(0), false}}, 5 * sec, []RequestID{1}},
		{0, receives(1, 0, 0, 0, 1, 1), []Action{Send{2, informing(), false}}, 5 * sec, []RequestID{2}},
		{0, isRefused(2), []Action{Send{2, informing(), true}}, 5 * sec, []RequestID{2}},
		{0, receives(2, 0, 0, 0, 1, 0), nil, 0, nil},
	}},
	{"an answer after a 401 may interest", []step{
		{0, offers(0), []Action{Send{1, offering(0), false}}, 5 * sec, []RequestID{1}},
		{sec, isRefused(1), []Action{Send{1, offering(0), true}}, 5 * sec, []RequestID{1}},
		{2 * sec, receives(1, 0, 0, 0, 1, 1), []Action{Send{2, informing(), false}}, 7 * sec, []RequestID{2}},
	}},
	{"INTERESTED in a SEGMENT_INFO_MESSAGE aborts", []step{
		{0, offers(0), []Action{Send{1, offering(0), false}}, 5 * sec, []RequestID{1}},
		{0, receives(1, 0, 0, 0, 1, 1), []Action{Send{2, informing(), false}}, 5 * sec, []RequestID{2}},
		{0, receives(2, 0, 0, 0, 1, 1), []Action{Drop{2, "PCHC-2.2.2.2-Interested"}}, 0, nil},
	}},
	{"what is no response aborts, for its request only", []step{
		{0, offers(1, 2, 3), []Action{Send{1, offering(1), false}, Send{2, offering(2), false}, Send{3, offering(3), false}},
			5 * sec, []RequestID{1, 2, 3}},
		{0, receives(2), []Action{Drop{2, "PCHC-2.2.2.1-Truncated"}}, 5 * sec, []RequestID{1, 3}},
		{0, receives(1, 0, 0, 0, 1, 2), []Action{Drop{1, "PCHC-2.2.2.2-ResponseCode"}}, 5 * sec, []RequestID{3}},
		{0, receives(3, 0, 0, 0, 1, 1, 0), []Action{Drop{3, "PCHC-2.2.2.2-Trailing"}}, 0, nil},
		{0, receives(3, 0, 0, 0, 1, 0), []Action{Drop{3, "PCHC-3.2.5.1-Discard"}}, 0, nil},
	}},
	{"nothing to offer is nothing to do", []step{{0, offers(), nil, 0, nil}}},
}

func TestClient(t *testing.T) {
	for _, test := range clientCases {
		t.Run(test.name, func(t *testing.T) {
			c := Client{Version: 1, Port: 8080}
			for i, s := range test.steps {
				if diff := cmp.Diff(s.want, s.do(&c, s.at), sameSecret); diff != "" {
					t.Fatalf("step %d (-want +got):\n%s", i, diff)
				}
				next, running := c.NextTick()
				if running != (s.next != 0) || next != s.next {
					t.Fatalf("step %d: next tick %v, running %t, want %v", i, next, running, s.next)
				}
				var open []RequestID
				for _, o := range c.Outstanding() {
					open = append(open, o.Request)
				}
				if diff := cmp.Diff(s.open, open); diff != "" {
					t.Fatalf("step %d: outstanding (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// TestClientBatches offers in version 2.0: full messages, one outstanding
// request with its list of HoHoDks each.
func TestClientBatches(t *testing.T) {
	for _, n := range []int{1, 128, 129, 300} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			c := Client{Version: 2, Port: 8080}
			var list []Offer
			for i := range n {
				list = append(list, offerOf(1))
				list[i].HoHoDk = string(run(byte(i), 32))
			}
			seen := 0
			for i, action := range c.Offer(0, list...) {
				send := action.(Send)
				d := Dissect(Request, []byte(send.Message.Reveal()))
				if len(d.Violations) != 0 || d.Message != "BATCHED_OFFER_MESSAGE" {
					t.Fatalf("message %d: %s with %v", i, d.Message, d.Violations)
				}
				descriptors := d.Root.find("SegmentDescriptor").Children
				if len(descriptors) != min(128, n-seen) {
					t.Errorf("message %d has %d descriptors", i, len(descriptors))
				}
				var want []string
				for range descriptors {
					want = append(want, list[seen].HoHoDk)
					seen++
				}
				open := c.Outstanding()[i]
				if diff := cmp.Diff(Outstanding{Request: send.Request, Type: TypeBatchedOffer, HoHoDks: want, Expiry: 2}, open); diff != "" {
					t.Errorf("outstanding %d (-want +got):\n%s", i, diff)
				}
			}
			if seen != n || len(c.Outstanding()) != (n+127)/128 {
				t.Errorf("%d of %d segments in %d messages", seen, n, len(c.Outstanding()))
			}
		})
	}
	c := Client{Version: 2, Port: 8080}
	c.Offer(0, offerOf(1), offerOf(2))
	c.Offer(0, offerOf(3))
	if got, want := c.Receive(0, 1, responseOf(1)), (Drop{1, "PCHC-2.2.2.2-Interested"}); len(got) != 1 || got[0] != want {
		t.Errorf("INTERESTED in a batch: %v, want %v", got, want)
	}
	if got := c.Receive(0, 2, responseOf(0)); got != nil || len(c.Outstanding()) != 0 {
		t.Errorf("OK to a batch: %v", got)
	}
}

// TestClientMessages compares messages with ones that were written by hand.
func TestClientMessages(t *testing.T) {
	batch := Offer{HoHoDk: string(run(0, 32)), BlockSize: 0x10000, SegmentSize: 0x18000, HashAlgorithm: 4}
	copy(batch.ContentTag[:], "BITS-4.0")
	for _, test := range []struct {
		version uint8
		offer   Offer
		want    string
	}{
		{1, offerOf(9), unpaddedOf(slices.Concat(request(1, 1), run(9, 32)))},
		{2, batch, unpaddedOf(batchOf(1))},
	} {
		c := Client{Version: test.version, Port: 8080}
		got := c.Offer(0, test.offer)[0].(Send).Message.Reveal()
		if diff := cmp.Diff([]byte(test.want), []byte(got)); diff != "" {
			t.Errorf("version %d (-want +got):\n%s", test.version, diff)
		}
	}
}

// TestClientSegmentInfo looks at the outstanding request that INTERESTED brings.
func TestClientSegmentInfo(t *testing.T) {
	c := Client{Version: 1, Port: 8080}
	c.Offer(0, offerOf(1))
	c.Offer(7*sec, offerOf(2))
	c.Receive(8*sec, 2, responseOf(1))
	want := []Outstanding{
		{Request: 1, Type: TypeInitialOffer, HoHoDks: []string{hoHoDkOf(1)}, Expiry: 2},
		{Request: 3, Type: TypeSegmentInfo, HoHoDks: []string{hoHoDkOf(2)}, Expiry: 3},
	}
	if diff := cmp.Diff(want, c.Outstanding()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestClientKeeps shows that a client does not hand out its own state.
func TestClientKeeps(t *testing.T) {
	c := Client{Version: 1}
	c.Offer(0, offerOf(1), offerOf(2))
	c.Outstanding()[0].Request = 99
	c.Receive(0, 1, responseOf(0))
	if o := c.Outstanding(); len(o) != 1 || o[0].Request != 2 || o[0].HoHoDks[0] != hoHoDkOf(2) {
		t.Errorf("outstanding %+v", o)
	}
	if strings.Contains(c.Offer(0, offerOf(1))[0].(Send).Message.Reveal(), "WebIO") {
		t.Error("an INITIAL_OFFER_MESSAGE with a content tag")
	}
}

// TestClientEndless401: a server that never ends the authentication does not keep a
// client busy for ever.
func TestClientEndless401(t *testing.T) {
	c := Client{Version: 1, Port: 8080}
	c.Offer(0, offerOf(1))
	for range MaxLegs {
		if got := goesOn(1)(&c, 0); len(got) != 1 || got[0] != (Send{1, offering(1), true}) {
			t.Fatalf("%v", got)
		}
	}
	if got := goesOn(1)(&c, 0); len(got) != 1 || got[0] != (Refuse{1}) || len(c.Outstanding()) != 0 {
		t.Errorf("%v, outstanding %v", got, c.Outstanding())
	}
}

// TestClientUnauthorizedV2: a client sends no credentials over HTTP.
func TestClientUnauthorizedV2(t *testing.T) {
	c := Client{Version: 2, Port: 8080}
	c.Offer(0, offerOf(1))
	if got := isRefused(1)(&c, 0); len(got) != 1 || got[0] != (Drop{1, "PCHC-1.7-Authentication"}) || len(c.Outstanding()) != 0 {
		t.Errorf("%v, outstanding %v", got, c.Outstanding())
	}
}
