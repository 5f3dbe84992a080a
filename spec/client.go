package spec

import (
	"slices"
	"time"
)

// An Offer is a segment of which the higher layer has new blocks (MS-PCHC
// 3.2.4). Its strings are bytes. What the higher layer says goes into the
// messages as it is, right or wrong.
type Offer struct {
	HoHoDk     string
	ContentTag [16]byte

	// Version 1.0: Content Information 1.0 (MS-PCCRC 2.3) with this segment
	// alone, as MS-PCHC 2.2.1.4 wants it.
	SegmentInformation Secret

	// Version 2.0: the rest of the SegmentDescriptor.
	BlockSize, SegmentSize uint32
	HashAlgorithm          uint8
}

// Client is the client of MS-PCHC 3.2. Set Version and Port, then call its
// methods as things happen.
//
// Time is a duration since any origin; it must not go back from one call to the
// next. Every event first lets the request timer tick until then, so its
// actions may begin with those of [Client.Tick].
type Client struct {
	Version uint8  // MajorVersion: 1, over HTTPS, or 2, over HTTP
	Port    uint16 // on which the client serves blocks (MS-PCHC 2.2.1.2)

	pending outstandings
	newest  RequestID
}

// Offer offers segments to the hosted cache (3.2.4): each in a message of its
// own in version 1.0, up to 128 in one message in version 2.0.
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

// Receive takes the answer to a request (3.2.5.1, 3.2.5.2, 3.2.5.4, 3.2.5.5):
// the payload of an HTTP response that is not a 401. Any other HTTP error has
// no message, so it is dropped like a malformed one. A connection that ends
// without an answer is no event: the request expires.
func (c *Client) Receive(now time.Duration, id RequestID, message []byte) []Action {
	actions := c.Tick(now)
	request, waiting := c.pending.take(id)
	if !waiting {
		return append(actions, Drop{id, "PCHC-3.2.5.1-Discard"})
	}
	d := DissectResponse(message, request.Type) // knows that only an INITIAL_OFFER_MESSAGE interests
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

// Unauthorized takes an HTTP response with status 401 to a request (3.2.5.3).
func (c *Client) Unauthorized(now time.Duration, id RequestID) []Action {
	actions := c.Tick(now)
	i := c.pending.find(id)
	if i < 0 {
		return append(actions, Drop{id, "PCHC-3.2.5.1-Discard"})
	}
	request := &c.pending.set[i]
	request.Expiry = c.pending.tick + TicksToLive
	return append(actions, Send{Request: id, Message: request.message, Authenticate: true})
}

// Tick lets time pass (3.2.2, 3.2.6). It need not be called at the very moment
// that NextTick names: what it says and does is the same later.
func (c *Client) Tick(now time.Duration) []Action {
	var actions []Action
	for _, id := range c.pending.advance(now) {
		actions = append(actions, Expire{id})
	}
	return actions
}

// NextTick returns when the request timer ticks next, and whether it runs.
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
	return string([]byte{
		0, c.Version, byte(typ >> 8), byte(typ), 0, 0, 0, 0,
		byte(c.Port >> 8), byte(c.Port), 0, 0, 0, 0, 0, 0,
	})
}

// descriptor returns the SegmentDescriptor of the offer.
func (o *Offer) descriptor() string {
	number := func(v uint32) string {
		return string([]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	}
	return number(o.BlockSize) + number(o.SegmentSize) +
		"\x00\x10" + string(o.ContentTag[:]) + string([]byte{o.HashAlgorithm}) + o.HoHoDk
}
