package spec

import "net/netip"

// The state machines of MS-PCHC section 3, [Client] and [Server], take events
// as method calls and return the actions that the specification then requires, in
// order. They use no network, clock or randomness, so the same events always give
// the same actions.

// An Action is what a state machine tells its caller, of MS-PCHC [Send], [Expire], [Refuse] or
// [Drop] from a [Client], [Respond], [Challenge], [Retrieve], [PassTag] or [Drop] from a
// [Server]. Actions can be compared with ==.
type Action interface{ action() }

// RequestID identifies a request of a client. HTTP has no such number; a response
// belongs to a request by its connection.
type RequestID uint64

// Send tells the caller to post a request to the hosted cache over HTTP (MS-PCHC
// 3.2.4, 3.2.5.1, 3.2.5.3).
type Send struct {
	Request      RequestID
	Message      Secret // the payload; that of a SEGMENT_INFO_MESSAGE contains a key
	Authenticate bool   // send again after HTTP status 401, with SPNEGO-based HTTP authentication
}

// Expire reports that a request has timed out and is no longer outstanding (MS-PCHC
// 3.2.6). Responses to it are not processed from now on.
type Expire struct{ Request RequestID }

// Refuse reports that the hosted cache does not accept the credentials of the
// client, which gives the request up: it is no longer outstanding.
type Refuse struct{ Request RequestID }

// Drop tells the caller to drop the received message. Rule is the reason:
// PCHC-3.2.5.1-Discard if the client does not expect the response, else the
// violated requirement, which also aborts the sequence (MS-PCHC 3.1.5.4, 3.2.5.5):
// the client is done with the request, or the server does not answer it.
type Drop struct {
	Request RequestID // client only
	Rule    string
}

// Respond tells the caller to answer the request (MS-PCHC 2.2.2).
type Respond struct{ Code uint8 }

// Message returns the bytes of the response.
func (r Respond) Message() []byte { return []byte{0, 0, 0, 1, r.Code} }

// Challenge tells the caller to answer with HTTP status 401 and no message
// (MS-PCHC 2.1).
type Challenge struct{}

// Retrieve tells the caller to retrieve blocks of a segment from the peer From by the
// Retrieval Protocol (MS-PCCRR). [Server.Segment] returns what else that needs, for
// segments that came in a SEGMENT_INFO_MESSAGE. Report the blocks that arrive to
// [Server.Retrieved].
type Retrieve struct {
	From   netip.AddrPort
	HoHoDk string
	Blocks BlockRange
}

// PassTag tells the caller to pass the content tag of an offered segment to the
// higher layer.
type PassTag struct{ HoHoDk, ContentTag string }

func (Send) action()      {}
func (Expire) action()    {}
func (Refuse) action()    {}
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
