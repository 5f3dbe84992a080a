package serve

import (
	"slices"
	"strings"
)

// Type is the type of a request, as a [Step] names it.
type Type string

const (
	Offer  Type = "offer"  // INITIAL_OFFER_MESSAGE
	Info   Type = "info"   // SEGMENT_INFO_MESSAGE
	Batch  Type = "batch"  // BATCHED_OFFER_MESSAGE
	Blocks Type = "blocks" // any request of MS-PCCRR
)

// types are all of them, with the names of their messages.
var types = []struct {
	Type
	message string
}{
	{Offer, "INITIAL_OFFER_MESSAGE"}, {Info, "SEGMENT_INFO_MESSAGE"}, {Batch, "BATCHED_OFFER_MESSAGE"}, {Blocks, "MS-PCCRR request"},
}

func (t Type) message() string {
	for _, known := range types {
		if known.Type == t {
			return known.message
		}
	}
	return "request"
}

// Behaviour is what the server does with a request.
type Behaviour struct {
	Name string // in the text of a [Scenario]
	What string // in the time line, and in a report after "after the server"

	on      []Type              // requests that it is for; nil: all
	code    code                // ResponseCode of the answer
	when    when                // the answer begins
	status  int                 // of HTTP; 0: 200
	fields  string              // more header lines
	payload func([]byte) []byte // makes the payload of the right one; nil: no change
	framing framing
	end     end
	always  bool // applies to all further requests of the type
	right   bool // the client must take it for a right answer
}

// code is what the answer to an offer says.
type code uint8

const (
	fit        code = iota // what is right, see [spec.Server]
	ok                     // OK
	interested             // INTERESTED, whatever was asked
)

// when is when an answer begins.
type when uint8

const (
	now   when = iota
	pause      // after a third of a tick
	early      // before the body of the request was read
	late       // when the request has expired
	never
)

// framing is how HTTP says where the payload ends.
type framing uint8

const (
	length      framing = iota // Content-Length
	lengthMore                 // one byte more than there is
	lengthLess                 // one byte less
	lengths                    // two Content-Lengths that differ
	lengthMinus                // a negative one
	toTheEnd                   // none: the connection ends
	chunked
	chunkedWrongly // the size of the chunk is no number
	chunkedShort   // the chunk is cut
	headCut        // the header section is cut
	noHTTP         // no HTTP at all
	endless        // there is no end
	endlessHead    // of the header section
)

// whole reports whether the payload arrives as a whole message of HTTP.
func (f framing) whole() bool { return f == length || f == lengthLess || f == toTheEnd || f == chunked }

// end is what becomes of the connection.
type end uint8

const (
	keep     end = iota
	announce     // Connection: close, and then it ends
	hangUp       // it ends without a word
	reset        // it is reset
	twice        // the answer is sent again
	change       // an answer with the other code follows
)

// offers are the types of requests that offer.
var offers = []Type{Offer, Info, Batch}

func fixed(b ...byte) func([]byte) []byte { return func([]byte) []byte { return b } }

// Behaviours are all that there are. The first one is right.
var Behaviours = slices.Concat(rightBehaviours, wrongAnswers, unanswered, unauthorized, statuses, framings, retrieval)

var rightBehaviours = []Behaviour{
	{Name: "right", What: "answered rightly", right: true},
	{Name: "ok", What: "answered OK", code: ok, on: []Type{Offer}, right: true},
	{Name: "pause", What: "answered rightly after a pause", when: pause, right: true},
	{Name: "early", What: "answered OK before the request was whole", when: early, code: ok, on: offers},
	{Name: "slow", What: "answered rightly, one byte after the other", framing: length, right: true},
	{Name: "chunked", What: "answered rightly, in chunks", framing: chunked, right: true},
	{Name: "until-close", What: "answered rightly, without a length, and closed the connection", framing: toTheEnd, end: announce, right: true},
	{Name: "close-after", What: "answered rightly with Connection: close", end: announce, right: true},
	{Name: "drop-after", What: "answered rightly, and closed the connection without announcing it", end: hangUp, right: true},
	{Name: "continue", What: "answered rightly after status 100", right: true},
	{Name: "late", What: "answered rightly, but when the request had expired", when: late},
	{Name: "twice", What: "answered rightly, twice", end: twice, right: true},
}

// wrongAnswers are responses that are not correctly formatted (MS-PCHC 2.2.2).
// INTERESTED is what a client that looks at parts of them takes them for.
var wrongAnswers = []Behaviour{
	{Name: "interested", What: "answered INTERESTED", code: interested, on: []Type{Info, Batch}},
	{Name: "ok-then-interested", What: "answered OK, and then INTERESTED, which nobody had asked for", code: ok, end: change, on: offers},
	{Name: "size-0", What: "answered INTERESTED with Size 0", payload: fixed(0, 0, 0, 0, 1), on: offers},
	{Name: "size-2", What: "answered INTERESTED with Size 2", payload: fixed(0, 0, 0, 2, 1), on: offers},
	{Name: "size-5", What: "answered INTERESTED with Size 5", payload: fixed(0, 0, 0, 5, 1), on: offers},
	{Name: "size-little-endian", What: "answered INTERESTED with Size in the wrong byte order", payload: fixed(1, 0, 0, 0, 1), on: offers},
	{Name: "code-2", What: "answered with ResponseCode 2", payload: fixed(0, 0, 0, 1, 2), on: offers},
	{Name: "code-128", What: "answered with ResponseCode 128", payload: fixed(0, 0, 0, 1, 128), on: offers},
	{Name: "code-255", What: "answered with ResponseCode 255", payload: fixed(0, 0, 0, 1, 255), on: offers},
	{Name: "code-absent", What: "answered without ResponseCode", payload: fixed(0, 0, 0, 1), on: offers},
	{Name: "trailing", What: "answered INTERESTED with a byte behind it", payload: fixed(0, 0, 0, 1, 1, 1), on: offers},
	{Name: "both", What: "answered OK and INTERESTED in one payload", payload: fixed(0, 0, 0, 1, 0, 0, 0, 0, 1, 1), on: offers},
	{Name: "empty", What: "answered without a payload", payload: fixed()},
	{Name: "page", What: "answered with a page of HTML", payload: fixed([]byte("<!DOCTYPE html><title>Welcome</title>")...), fields: "Content-Type: text/html\r\n"},
	{Name: "large", What: "answered with 300 000 bytes of which the first five say INTERESTED",
		payload: func([]byte) []byte { return append([]byte{0, 0, 0, 1, 1}, make([]byte, 300_000)...) }},
}

var unanswered = []Behaviour{
	{Name: "silent", What: "did not answer", when: never},
	{Name: "close", What: "closed the connection without an answer", when: never, end: hangUp},
	{Name: "reset", What: "reset the connection", when: never, end: reset},
	{Name: "close-always", What: "closed every connection without an answer", when: never, end: hangUp, always: true},
	{Name: "reset-always", What: "reset every connection", when: never, end: reset, always: true},
}

var unauthorized = []Behaviour{
	{Name: "401-negotiate", What: "demanded authentication by Negotiate (HTTP status 401)", status: 401, fields: "WWW-Authenticate: Negotiate\r\n"},
	{Name: "401-basic", What: "demanded authentication by Basic, not by Negotiate (HTTP status 401)", status: 401, fields: "WWW-Authenticate: Basic realm=\"cache\"\r\n"},
	{Name: "401-both", What: "demanded authentication by Basic or Negotiate (HTTP status 401)", status: 401, fields: "WWW-Authenticate: Basic realm=\"cache\"\r\nWWW-Authenticate: Negotiate\r\n"},
	{Name: "401-bare", What: "answered HTTP status 401 without saying how to authenticate", status: 401},
	{Name: "401-always", What: "demanded authentication by Negotiate again and again (HTTP status 401)", status: 401, fields: "WWW-Authenticate: Negotiate\r\n", always: true},
	{Name: "401-tokens", What: "demanded one token more again and again (HTTP status 401)", status: 401, fields: "WWW-Authenticate: Negotiate b25lIG1vcmU=\r\n", always: true},
}

// statuses carry INTERESTED, which does not count: an HTTP error has no message.
var statuses = []Behaviour{
	{Name: "404", What: "answered HTTP status 404", status: 404, code: interested},
	{Name: "500", What: "answered HTTP status 500 with INTERESTED as its payload", status: 500, code: interested},
	{Name: "503-always", What: "answered HTTP status 503 again and again", status: 503, payload: fixed(), always: true},
	{Name: "redirect", What: "answered with a redirection (HTTP status 307)", status: 307, fields: "Location: /elsewhere\r\n", payload: fixed()},
}

var framings = []Behaviour{
	{Name: "length-more", What: "answered INTERESTED, a byte short of its Content-Length", framing: lengthMore, code: interested},
	{Name: "length-more-close", What: "answered INTERESTED, a byte short of its Content-Length, and closed the connection", framing: lengthMore, end: hangUp, code: interested},
	{Name: "length-less", What: "answered INTERESTED, a byte longer than its Content-Length", framing: lengthLess, end: hangUp, code: interested},
	{Name: "lengths", What: "answered INTERESTED with two Content-Lengths that differ", framing: lengths, code: interested, end: hangUp},
	{Name: "length-minus", What: "answered INTERESTED with a negative Content-Length", framing: lengthMinus, code: interested, end: hangUp},
	{Name: "chunk-broken", What: "answered INTERESTED in a chunk whose size is no number", framing: chunkedWrongly, code: interested, end: hangUp},
	{Name: "chunk-short", What: "answered INTERESTED in a chunk that is cut, and closed the connection", framing: chunkedShort, code: interested, end: hangUp},
	{Name: "head-cut", What: "sent half a header section, and closed the connection", framing: headCut, end: hangUp},
	{Name: "garbage", What: "answered with something that is not HTTP", framing: noHTTP, end: hangUp},
	{Name: "endless", What: "answered without an end", framing: endless},
	{Name: "endless-head", What: "answered with a header section without an end", framing: endlessHead},
}

// retrieval are wrong answers of a retrieval server (MS-PCCRR 2.2.5).
var retrieval = []Behaviour{
	{Name: "msg-cut", What: "answered with half a message", on: []Type{Blocks}, payload: func(b []byte) []byte { return b[:len(b)/2] }},
	{Name: "msg-size", What: "answered with a Size that counts itself", on: []Type{Blocks}, payload: altered(3, 4)},
	{Name: "msg-type", What: "answered with another MsgType", on: []Type{Blocks}, payload: altered(11, 1)},
	{Name: "msg-id", What: "answered with another SegmentId or RequestID", on: []Type{Blocks}, payload: altered(24, 1)},
	{Name: "msg-bit", What: "answered with a bit changed at the end, of a block or its initialization vector", on: []Type{Blocks}, payload: altered(-1, 1)},
	{Name: "msg-trailing", What: "answered with a byte behind the message", on: []Type{Blocks}, payload: func(b []byte) []byte { return append(slices.Clip(b), 0) }},
}

// altered returns what adds to the byte at an offset, from the end if that is negative.
func altered(at int, by byte) func([]byte) []byte {
	return func(b []byte) []byte {
		b = slices.Clone(b)
		if i := at; len(b) > max(at, 0) {
			if i < 0 {
				i += len(b)
			}
			b[i] += by
		}
		return b
	}
}

// behaviourOf returns the behaviour with a name.
func behaviourOf(name string) (*Behaviour, bool) {
	i := slices.IndexFunc(Behaviours, func(b Behaviour) bool { return b.Name == name })
	if i < 0 {
		return nil, false
	}
	return &Behaviours[i], true
}

// suits reports whether b is for requests of that type.
func (b *Behaviour) suits(t Type) bool {
	switch {
	case b.on != nil:
		return slices.Contains(b.on, t)
	case t == Blocks: // what says INTERESTED says nothing there
		return b.code == fit && b.status != 401
	}
	return true
}

// challenges returns the schemes of authentication that b asks for.
func (b *Behaviour) challenges() (all []string) {
	for line := range strings.Lines(b.fields) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "WWW-Authenticate: "); ok {
			all = append(all, value)
		}
	}
	return all
}
