package spec

import (
	"encoding/binary"
	"slices"
	"time"
)

// An Offer is a segment of which the higher layer has new blocks (MS-PCHC
// 3.2.4). Strings are bytes. The Client writes all values into its messages
// unchecked.
type Offer struct {
	HoHoDk     string
	ContentTag [16]byte

	// Version 1.0: Content Information 1.0 (MS-PCCRC 2.3) with only this segment,
	// see MS-PCHC 2.2.1.4.
	SegmentInformation Secret

	// Version 2.0: the rest of the SegmentDescriptor.
	BlockSize, SegmentSize uint32
	HashAlgorithm          uint8
}

// Client is the client of MS-PCHC 3.2. Set Version and Port, then call its
// methods as events happen.
//
// Time is a duration since any fixed point, and must not go back from one call to
// the next. Each event first advances the request timer, so its actions may begin
// with those of [Client.Tick].
type Client struct {
	Version uint8  // MajorVersion: 1, over HTTPS, or 2, over HTTP
	Port    uint16 // on which the client serves blocks (MS-PCHC 2.2.1.2)

	pending outstandings
	newest  RequestID
}

// Offer offers segments to the hosted cache (3.2.4): one a message in version 1.0,
// up to 128 a message in version 2.0.
func (c *Client) Offer(now time.Duration, offers ...Offer) []Action {
	actions := c.Tick(now)
	if c.Version == 1 {
		for i := range offers {
			o := &offers[i]
			actions = append(actions, c.send(now, stored{
				Outstanding: Outstanding{Type: TypeInitialOffer, HoHoDks: []string{o.HoHoDk}},
				message:     NewSecret(c.header(TypeInitialOffer) + o.HoHoDk),
				segmentInfo: NewSecret(c.header(TypeSegmentInfo) + string(o.ContentTag[:]) + o.SegmentInformation.Reveal()),
			}))
		}
		return actions
	}
	for batch := range slices.Chunk(offers, maxDescriptors) {
		message, hoHoDks := c.header(TypeBatchedOffer), []string(nil)
		for i := range batch {
			message += batch[i].descriptor()
			hoHoDks = append(hoHoDks, batch[i].HoHoDk)
		}
		actions = append(actions, c.send(now, stored{
			Outstanding: Outstanding{Type: TypeBatchedOffer, HoHoDks: hoHoDks},
			message:     NewSecret(message),
		}))
	}
	return actions
}

// Receive takes the response to a request (3.2.5.1, 3.2.5.2, 3.2.5.4, 3.2.5.5):
// the payload of an HTTP response whose status is not 401. Any other HTTP error has
// no message, and is dropped like a malformed one. The end of a connection without
// a response is no event: the request expires.
func (c *Client) Receive(now time.Duration, id RequestID, message []byte) []Action {
	actions := c.Tick(now)
	request, waiting := c.pending.take(id)
	if !waiting {
		return append(actions, Drop{id, "PCHC-3.2.5.1-Discard"})
	}
	d := DissectResponse(message, request.Type) // allows INTERESTED only in reply to an INITIAL_OFFER_MESSAGE
	if violation, malformed := d.First(); malformed {
		return append(actions, Drop{id, violation.Rule})
	}
	if uint8(d.Root.find("ResponseCode").Value) == CodeInterested {
		actions = append(actions, c.send(now, stored{
			Outstanding: Outstanding{Type: TypeSegmentInfo, HoHoDks: request.HoHoDks},
			message:     request.segmentInfo,
		}))
	}
	return actions
}

// MaxLegs is how often a [Client] sends a request with authentication. The text has
// no limit; SPNEGO-based authentication takes two or three.
const MaxLegs = 8

// negotiate is the authentication scheme of SPNEGO-based HTTP authentication
// (RFC 4559).
const negotiate = "Negotiate"

// Unauthorized takes an HTTP response with status 401 to a request (3.2.5.3). The
// Client sends the request again, with authentication, unless
//
//   - it is of version 2.0, which has no authentication and no TLS to protect it
//     (1.7), or the response does not ask for SPNEGO-based authentication: [Drop];
//   - the request had authentication, and the response does not continue it with a
//     token, or it has been sent [MaxLegs] times: [Refuse].
func (c *Client) Unauthorized(now time.Duration, id RequestID, a Answer) []Action {
	actions := c.Tick(now)
	i := c.pending.find(id)
	if i < 0 {
		return append(actions, Drop{id, "PCHC-3.2.5.1-Discard"})
	}
	request := &c.pending.set[i]
	var end Action
	switch {
	case c.Version != 1:
		end = Drop{id, "PCHC-1.7-Authentication"}
	case request.legs > 0 && !a.Token, request.legs >= MaxLegs:
		end = Refuse{id}
	case !a.Negotiate:
		end = Drop{id, "PCHC-2.1-SPNEGO"}
	default:
		request.legs++
		request.Expiry = c.pending.tick + TicksToLive
		return append(actions, Send{Request: id, Message: request.message, Authenticate: true})
	}
	c.pending.take(id)
	return append(actions, end)
}

// Tick advances the request timer (3.2.2, 3.2.6). A call later than
// [Client.NextTick] has the same effect.
func (c *Client) Tick(now time.Duration) []Action {
	var actions []Action
	for _, id := range c.pending.advance(now) {
		actions = append(actions, Expire{id})
	}
	return actions
}

// NextTick returns the time of the next tick of the request timer, and whether the
// timer is running.
func (c *Client) NextTick() (at time.Duration, running bool) {
	if len(c.pending.set) == 0 {
		return 0, false
	}
	return c.pending.last + TickPeriod, true
}

// Outstanding returns the outstanding requests, in the order in which they
// were first sent.
func (c *Client) Outstanding() []Outstanding {
	var list []Outstanding
	for i := range c.pending.set {
		list = append(list, c.pending.set[i].Outstanding)
	}
	return list
}

// send stores a new request and sends it.
func (c *Client) send(now time.Duration, request stored) Send {
	c.newest++
	request.Request = c.newest
	c.pending.add(now, request)
	return Send{Request: request.Request, Message: request.message}
}

// header returns the header and connection information of a request.
func (c *Client) header(typ uint16) string {
	b := binary.BigEndian.AppendUint16([]byte{0, c.Version}, typ)
	b = binary.BigEndian.AppendUint16(append(b, "\x00\x00\x00\x00"...), c.Port)
	return string(b) + "\x00\x00\x00\x00\x00\x00"
}

// descriptor returns the SegmentDescriptor of the offer.
func (o *Offer) descriptor() string {
	b := binary.BigEndian.AppendUint32(nil, o.BlockSize)
	b = binary.BigEndian.AppendUint32(b, o.SegmentSize)
	return string(b) + "\x00\x10" + string(o.ContentTag[:]) + string([]byte{o.HashAlgorithm}) + o.HoHoDk
}
