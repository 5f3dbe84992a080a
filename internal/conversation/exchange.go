package conversation

import (
	"net/netip"
	"time"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/pccrc"
)

// Item is one step of a conversation: an event of the capture, and the exchange that
// it belongs to. It and all that it refers to are valid until the handler returns.
type Item struct {
	// Event is what the capture has. Its Body aliases that of the message of Exchange.
	Event *capture.Event

	// Exchange is nil for a problem and a note, and for a message of MS-PCHC unless
	// [Options.Offers] is set.
	Exchange *Exchange
}

// Exchange is a request and its response: of MS-PCHC, of MS-PCCRR, of MS-PCCRTP, of MS-SMB2, or of
// MS-PCCRD a Probe alone or a ProbeMatches with its Probe.
type Exchange struct {
	Protocol capture.Protocol

	// Done says that nothing follows. It is false for a request of MS-PCHC or MS-PCCRR that
	// the response, or the lack of one, is still to follow to as another Item, and for a
	// piece of a plain body of MS-PCCRTP.
	Done bool

	// Client asked Server: who sent the request and who received it, of a Probe the
	// multicast group. A hosted cache that fetches what it was offered is a client.
	Client, Server netip.AddrPort
	Stream, Number int // the TCP connection, -1 for UDP; the request on it, from 1, 0 if not known

	// Request and Response are nil where they are not known, or there is none. Some have
	// Place alone: the requests of MS-PCCRTP and MS-SMB2, the Probe of a ProbeMatches, and a response
	// without success.
	Request, Response *Message

	// Asked is where the request was complete, Began where the response began, and
	// Answered where it was complete, or it was clear that there is none. Frame is 0
	// where that is not known.
	Asked, Began, Answered capture.Moment

	Result Result
	Reason string         // of Failed, Malformed, Mismatched and Missing: one phrase; else ""
	Status int            // of HTTP, 0 where there is no response, and of MS-SMB2
	Ending capture.Ending // of Unanswered and Missing

	// One of them is not nil, as Protocol says; of MS-PCHC none.
	Retrieval *Retrieval
	Discovery *Discovery
	Transfer  *Transfer
}

// Took returns how long the response took to begin after the request was complete.
// ok is false where one of the two is not known.
func (x *Exchange) Took() (d time.Duration, ok bool) {
	if x.Asked.Frame == 0 || x.Began.Frame == 0 || x.Asked.Time.IsZero() || x.Began.Time.IsZero() {
		return 0, false
	}
	return x.Began.Time.Sub(x.Asked.Time), true
}

// Message is one message of an exchange.
type Message struct {
	capture.Place
	Body []byte
	Err  error // the first format rule that Body violates, an *pccrr.Error or *pccrd.Error; nil for none, and for MS-PCHC
}

// Result is what came of an exchange.
type Result uint8

// The results.
const (
	Pending    Result = iota // it is not done
	Asked                    // a Probe: who answers it is an exchange of its own
	Hit                      // a block, at least one of the blocks or segments, Content Information, or a plain body
	Miss                     // of MS-PCCRR and MS-PCCRD: the server has nothing of it, or is busy
	Negotiated               // MSG_NEGO_RESP
	Failed                   // an HTTP status that is no success
	Unanswered               // no response: see Ending
	Malformed                // the request or the response violates a format rule
	Mismatched               // the response does not fit its request
	Missing                  // there is a response, but a part of its body was not captured or not sent, or it cannot be read
	Answered                 // of MS-PCHC: there is a response
	Parted                   // its response was not found, or would be an exchange of its own: too many requests waited, or a loss leaves open which request it answers
)

var resultNames = [...]string{"pending", "asked", "hit", "miss", "negotiated", "failed", "unanswered", "malformed", "mismatched", "missing", "answered", "parted"}

// unanswered is the result that an Unanswered shows.
func unanswered(e *capture.Event) Result {
	if e.Ending == capture.Unread {
		return Missing
	}
	return Unanswered
}

// String returns the name of the result in lower case.
func (r Result) String() string { return resultNames[r] }

// Retrieval is what is particular to MS-PCCRR.
type Retrieval struct {
	// Asked and Answer are the decoded messages, nil where there is none or it cannot be
	// decoded: MsgNegoReq, MsgGetBlkList, MsgGetBlks or MsgGetSegList, and MsgNegoResp,
	// MsgBlkList, MsgBlk or MsgSegList. They alias the bodies.
	Asked, Answer pccrr.Body

	// Segment is the HoHoDk that was asked for, or if the request is not known, that of
	// the answer; nil for the messages about versions and about lists of segments.
	Segment []byte

	// Block is that of a MSG_BLK that has one, nil for others.
	Block *Block
}

// Discovery is what is particular to MS-PCCRD.
type Discovery struct {
	Probe   *pccrd.Probe        // nil where that of a ProbeMatches is not known
	Matches *pccrd.ProbeMatches // nil for a Probe
}

// Transfer is what is particular to MS-PCCRTP and MS-SMB2: a request to a content server.
type Transfer struct {
	Content *Content // what the URL names; nil where that is not known

	// Asked and Answered are the header fields; Asked is nil where the request is not
	// known, Answered where there is no response.
	Asked, Answered *capture.PeerDist

	// Missing says that the request is for what peers did not have
	// (MissingDataRequest).
	MissingData bool

	// Information is the Content Information in the response; nil for plain bodies, and
	// for a body that cannot be decoded.
	Information pccrc.ContentInformation

	// Range is, of Content Information, the content range, and of a plain body, or a
	// piece of one, the bytes of the content that it has: from its Content-Range, or from
	// 0. Known is false where that cannot be told: there are several ranges, or another
	// coding, such as gzip.
	Range pccrc.Range
	Known bool

	Bytes   int64 // of the body, captured
	Missing int64 // of the body, not captured
}

// Plain reports whether it is a response with the content itself.
func (t *Transfer) Plain() bool { return t.Answered != nil && t.Information == nil }

// Content is what a URL names.
type Content struct {
	Number int    // from 0, in the order in which they appear
	Name   string // the URL, or the name of the Content Information that was given
	// Length is in bytes, 0 where it is not known: of MS-PCCRTP's ContentLength, of a
	// Content-Range, of a whole plain body, or where the content range of Content
	// Information ends.
	Length uint64
}
