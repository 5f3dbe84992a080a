package spec

import "net/netip"

// The state machines of MS-PCHC section 3, [Client] and [Server], take events
// as method calls and return the actions that the text then demands, in the
// order in which they are to be done. They do nothing else: no network, no
// clock, no randomness, so the same events always give the same actions.
// [Follower] holds what was seen on a network against both.

// An Action is one thing that a machine wants done: of a client [Send],
// [Expire] or [Drop], of a server [Respond], [Challenge], [Retrieve],
// [PassTag] or [Drop]. Actions can be compared with ==.
type Action interface{ action() }

// RequestID tells the requests of a client apart. HTTP has no such number: it
// knows an answer by the connection on which it comes.
type RequestID uint64

// Send is a request to be sent to the hosted cache in an HTTP POST (MS-PCHC
// 3.2.4, 3.2.5.1, 3.2.5.3).
type Send struct {
	Request      RequestID
	Message      Secret // the payload, of which a SEGMENT_INFO_MESSAGE holds a key
	Authenticate bool   // use SPNEGO-based HTTP authentication: it is a resend after a 401
}

// Expire says that a request is no longer outstanding because its time is up
// (MS-PCHC 3.2.6). No answer to it is processed from now on.
type Expire struct{ Request RequestID }

// Drop says that the message received is dropped unprocessed. Rule is the
// requirement behind it: PCHC-3.2.5.1-Discard if a client was not waiting for
// the answer, else what the message breaks, which also aborts the sequence
// (MS-PCHC 3.1.5.4, 3.2.5.5): a client is done with the request, a server does
// not answer it.
type Drop struct {
	Request RequestID // client only
	Rule    string
}

// Respond is the server's answer to a request (MS-PCHC 2.2.2).
type Respond struct{ Code uint8 }

// Message returns the bytes of the answer.
func (r Respond) Message() []byte { return []byte{0, 0, 0, 1, r.Code} }

// Challenge is an HTTP response with status 401 and no message (MS-PCHC 2.1).
type Challenge struct{}

// Retrieve is to ask the peer From for blocks of a segment by the Retrieval
// Protocol (MS-PCCRR). What that needs beside the HoHoDk, and is known only of
// segments that came in a SEGMENT_INFO_MESSAGE, is in [Server.Segment].
// Report each block that arrives to [Server.Retrieved].
type Retrieve struct {
	From   netip.AddrPort
	HoHoDk string
	Blocks BlockRange
}

// PassTag hands the content tag of an offered segment to the higher layer.
type PassTag struct{ HoHoDk, ContentTag string }

func (Send) action()      {}
func (Expire) action()    {}
func (Drop) action()      {}
func (Respond) action()   {}
func (Challenge) action() {}
func (Retrieve) action()  {}
func (PassTag) action()   {}

// Values of Type in a MESSAGE_HEADER (MS-PCHC 2.2.1.1).
const (
	TypeInitialOffer uint16 = 1
	TypeSegmentInfo  uint16 = 2
	TypeBatchedOffer uint16 = 3
)

// Values of ResponseCode (MS-PCHC 2.2.2.2).
const (
	CodeOK         uint8 = 0
	CodeInterested uint8 = 1
)
