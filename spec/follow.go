package spec

import (
	"bytes"
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// Follower compares the exchanges between a hosted cache and its clients, as
// captured on a network, with [Server] and [Client], and reports where either end
// violates MS-PCHC section 3. It reports only violations of behaviour; use [Dissect]
// for those in the bytes of a message.
//
// An exchange is an HTTP POST with its response. The caller gives each its own
// number, and calls the methods in order of time. The Follower assumes nothing
// about the time before the first exchange: the cache may hold segments whose
// offers were not captured, and may have requested a SEGMENT_INFO_MESSAGE. It
// computes the ticks of a client from the captured requests. It does not check
// whether blocks are retrieved.
//
// The address identifies a client. A Follower remembers segments, clients, and
// exchanges without a response, so its memory grows with their number.
type Follower struct {
	Server Server // the expected hosted cache; set it before the first exchange

	clients   map[netip.Addr]*followed
	exchanges map[RequestID]*exchange
	pending   []obligation
	complete  map[string]bool // segments whose block hashes the cache has acknowledged, all of them
	requested map[string]bool // segments whose block hashes the cache has requested
}

// A Finding is a violation of a behaviour requirement by an exchange. Its Offset is
// 0 and its Field empty.
type Finding struct {
	Exchange RequestID
	Violation
}

// followed is a client.
type followed struct {
	pending outstandings
	offered map[string]bool // in an INITIAL_OFFER_MESSAGE that was not answered with INTERESTED
}

// exchange is a request without a response so far.
type exchange struct {
	client  *followed
	typ     uint16
	message Secret // without its paddings
	hoHoDk  string // of INITIAL_OFFER_MESSAGE and SEGMENT_INFO_MESSAGE
	sent    time.Duration
	demand  Action // of the server
	known   bool   // INITIAL_OFFER_MESSAGE: the cache had all block hashes before it came
}

// obligation is a request that a client has to send because of an answer.
type obligation struct {
	client   *followed
	rule     string
	request  Secret // PCHC-3.2.5.3-Resend: the message; PCHC-3.2.5.1-SegmentInfo: the HoHoDk
	exchange RequestID
}

// Request takes a request with its payload, which is not kept. Unless
// [Server.Authenticate] is set, Authorized means only that the request has an
// authorization header.
func (f *Follower) Request(now time.Duration, id RequestID, p Post, message []byte) []Finding {
	if f.clients == nil {
		f.clients, f.exchanges = map[netip.Addr]*followed{}, map[RequestID]*exchange{}
		f.complete, f.requested = map[string]bool{}, map[string]bool{}
	}
	client := f.clients[p.From]
	if client == nil {
		client = &followed{offered: map[string]bool{}}
		f.clients[p.From] = client
	}
	d := Dissect(Request, message)
	e := &exchange{client: client, message: unpadded(message), sent: now}
	header := d.Root.find("MessageHeader")
	if typ := header.find("Type"); typ != nil {
		e.typ = uint16(typ.Value)
	}
	f.exchanges[id] = e
	client.pending.advance(now)
	client.pending.add(now, stored{Outstanding: Outstanding{Request: id, Type: e.typ}})
	resent := p.Authorized && f.settle(client, "PCHC-3.2.5.3-Resend", e.message)

	var findings []Finding
	if major := header.find("MajorVersion"); major != nil && (major.Value == 1 || major.Value == 2) &&
		p.URL != 0 && major.Value != uint64(p.URL) {
		findings = append(findings, finding(id, "PCHC-2.1-Version", "version "+decimals(major.Value)+
			".0 message on the URL of version "+strconv.Itoa(int(p.URL))+".0"))
	}
	switch e.typ {
	case TypeInitialOffer:
		if hash := d.Root.find("Hash"); hash != nil {
			e.hoHoDk = string(hash.Raw())
			e.known = f.complete[e.hoHoDk]
			client.offered[e.hoHoDk] = true
		}
	case TypeSegmentInfo:
		if segment, ok := segmentOffered(d); ok {
			e.hoHoDk = segment.hoHoDk
			asked := resent || f.settle(client, "PCHC-3.2.5.1-SegmentInfo", NewSecret(e.hoHoDk))
			if !asked && client.offered[e.hoHoDk] {
				findings = append(findings, finding(id, "PCHC-2.2.1.4-Interested",
					"follows an INITIAL_OFFER_MESSAGE that was not answered with INTERESTED in time"))
			}
		}
	}
	e.demand = f.Server.Receive(p, message)[0]
	return findings
}

// Response takes the HTTP response of an exchange with its payload. It ignores an
// exchange whose request is unknown.
func (f *Follower) Response(now time.Duration, id RequestID, status int, message []byte) []Finding {
	e := f.exchanges[id]
	if e == nil {
		return nil
	}
	delete(f.exchanges, id)
	e.client.pending.advance(now)
	_, waiting := e.client.pending.take(id)
	if status == 401 {
		if waiting {
			f.pending = append(f.pending, obligation{e.client, "PCHC-3.2.5.3-Resend", e.message, id})
		}
		return nil
	}
	if status/100 != 2 || len(message) == 0 {
		return e.unanswered(id, "is answered with HTTP status "+strconv.Itoa(status)+" without a response message")
	}
	var findings []Finding
	report := func(rule, detail string) { findings = append(findings, finding(id, rule, detail)) }
	switch demand := e.demand.(type) {
	case Drop:
		report("PCHC-3.1.5.4-Drop", "answers a request that violates "+demand.Rule)
	case Challenge:
		report("PCHC-2.1-Challenge", "answers a request without authorization")
	}
	if !waiting {
		report("PCHC-3.2.2-Late", "arrives "+(now-e.sent).String()+" after its request, which has expired")
	}
	d := DissectResponse(message, e.typ)
	if !d.Valid() {
		return findings
	}
	interested := uint8(d.Root.find("ResponseCode").Value) == CodeInterested
	segment, _ := f.Server.Segment(e.hoHoDk)
	switch {
	case e.typ == TypeSegmentInfo && segment.Complete:
		f.complete[e.hoHoDk] = true
	case e.typ == TypeInitialOffer && interested:
		if e.known {
			report("PCHC-3.1.5.1-OK", "is INTERESTED, but the hosted cache has acknowledged all block hashes of the segment")
		}
		f.requested[e.hoHoDk] = true
		if waiting {
			f.pending = append(f.pending, obligation{e.client, "PCHC-3.2.5.1-SegmentInfo", NewSecret(e.hoHoDk), id})
			delete(e.client.offered, e.hoHoDk)
		}
	case e.typ == TypeInitialOffer && f.requested[e.hoHoDk] && !segment.Complete:
		report("PCHC-3.1.5.1-Interested", "is OK, but the hosted cache has not received all block hashes that it asked for")
	}
	return findings
}

// Closed takes the end of the connection of an exchange without a response.
func (f *Follower) Closed(id RequestID) []Finding {
	e := f.exchanges[id]
	if e == nil {
		return nil
	}
	delete(f.exchanges, id)
	return e.unanswered(id, "is not answered")
}

// End takes the end of the capture, and reports the obligations that are still
// pending, by exchange.
func (f *Follower) End() []Finding {
	var findings []Finding
	for _, id := range slices.Sorted(maps.Keys(f.exchanges)) {
		findings = append(findings, f.Closed(id)...)
	}
	for _, o := range f.pending {
		detail := "INTERESTED is not followed by a SEGMENT_INFO_MESSAGE for the segment"
		if o.rule == "PCHC-3.2.5.3-Resend" {
			detail = "HTTP status 401 is not followed by the same request with authorization"
		}
		findings = append(findings, finding(o.exchange, o.rule, detail))
	}
	f.pending = nil
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Exchange, b.Exchange) })
	return findings
}

// unanswered reports that a request has no response message, if it must have one.
func (e *exchange) unanswered(id RequestID, detail string) []Finding {
	switch e.demand.(type) {
	case Respond:
		// The request is valid, or tolerated, so its type is known.
		return []Finding{finding(id, "PCHC-3.1.5."+strconv.Itoa(int(e.typ))+"-Respond", detail)}
	case Challenge:
		return []Finding{finding(id, "PCHC-2.1-Challenge", detail)}
	}
	return nil
}

// settle removes the oldest obligation of that kind, and reports whether one
// was pending.
func (f *Follower) settle(client *followed, rule string, request Secret) bool {
	for i, o := range f.pending {
		if o.client == client && o.rule == rule && o.request == request {
			f.pending = slices.Delete(f.pending, i, i+1)
			return true
		}
	}
	return false
}

// unpadded returns a request with zeros for its paddings.
func unpadded(message []byte) Secret {
	b := bytes.Clone(message)
	if len(b) >= 16 {
		clear(b[4:8])
		clear(b[10:16])
	}
	return NewSecret(string(b))
}

func finding(id RequestID, rule, detail string) Finding {
	r, _ := RequirementByID(rule)
	return Finding{id, Violation{Rule: rule, Class: Behaviour, Detail: detail, Section: r.Section}}
}
