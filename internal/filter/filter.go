package filter

import (
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/message"
)

// Filter is a set of criteria. The zero Filter keeps everything. It is for one goroutine.
type Filter struct {
	Protocols []capture.Protocol
	Types     []string // names of messages as in JSON
	Version   int      // 1 or 2; 0 for any
	Clients   []netip.Prefix
	Servers   []netip.Prefix
	Ports     []uint16 // of the client or the server
	Streams   []int
	Frames    []Frames
	Since     Time
	Until     Time
	Tags      []Tag
	Segments  []Prefix
	Invalid   bool // what violates a rule, or does not fit

	want         criteria
	since, until time.Time
	start        time.Time
	printer      message.Printer // for verdicts
	asked        request
}

// Frames are the frames from First to Last.
type Frames struct{ First, Last int64 }

// criteria are those of a Filter that one message of an exchange is enough for.
type criteria uint8

const (
	byType criteria = 1 << iota
	byVersion
	byFrame
	bySince
	byUntil
	byTag
	bySegment
	byInvalid

	byContent = byType | byVersion | byTag | bySegment | byInvalid
)

// Begin begins a capture. Its first frame has the time start, zero where it has none.
func (f *Filter) Begin(start time.Time) {
	f.start = start
	f.since, f.until = f.Since.at(start), f.Until.at(start)
	if f.Until.clock && f.Since.clock && f.until.Before(f.since) {
		f.until = f.until.AddDate(0, 0, 1) // past midnight
	}
	f.want = 0
	for _, c := range []struct {
		set bool
		bit criteria
	}{
		{f.Types != nil, byType}, {f.Version != 0, byVersion}, {f.Frames != nil, byFrame}, {f.Since.set, bySince}, {f.Until.set, byUntil},
		{f.Tags != nil, byTag}, {f.Segments != nil, bySegment}, {f.Invalid, byInvalid},
	} {
		if c.set {
			f.want |= c.bit
		}
	}
}

// Active reports whether there is any criterion. Begin comes first.
func (f *Filter) Active() bool {
	return f.want != 0 || f.Protocols != nil || f.Clients != nil || f.Servers != nil || f.Ports != nil || f.Streams != nil
}

// Verdict is what becomes of an item.
type Verdict uint8

// The verdicts.
const (
	Drop Verdict = iota
	Keep
	KeepBoth // also its request, which was dropped when it came, see [Request]
)

// Item decides about an item of a conversation read with conversation.Options.Offers.
func (f *Filter) Item(it *conversation.Item) Verdict {
	e, x := it.Event, it.Exchange
	if !f.between(e, x) {
		return Drop
	}
	if f.want == 0 {
		return Keep
	}
	if x == nil {
		if f.remark(e) == f.want {
			return Keep
		}
		return Drop
	}
	asked := x.Request
	if !x.Done || x.Protocol != capture.PCHC && x.Protocol != capture.PCCRR {
		asked = nil // has no item of its own
	}
	var met criteria
	if asked != nil {
		if met = f.message(f.asked.fill(it)); met == f.want {
			return Keep
		}
	} else if x.Request != nil && x.Done {
		met = f.at(x.Request.Frame, x.Request.Time)
	}
	if met |= f.message(it); met != f.want {
		return Drop
	}
	if asked != nil {
		return KeepBoth
	}
	return Keep
}

// between reports whether the criteria about protocol and connection are met. What
// belongs to none may be about any.
func (f *Filter) between(e *capture.Event, x *conversation.Exchange) bool {
	if f.Protocols != nil && e.Protocol != 0 && !slices.Contains(f.Protocols, e.Protocol) {
		return false
	}
	if x != nil {
		return f.ends(x.Client, x.Server, x.Stream)
	}
	return f.place(&e.Place)
}

func (f *Filter) ends(client, server netip.AddrPort, stream int) bool {
	return (f.Streams == nil || slices.Contains(f.Streams, stream)) && f.contains(f.Clients, client) && f.contains(f.Servers, server) &&
		(f.Ports == nil || slices.Contains(f.Ports, client.Port()) || slices.Contains(f.Ports, server.Port()))
}

func (f *Filter) contains(all []netip.Prefix, a netip.AddrPort) bool {
	if all == nil {
		return true
	}
	for _, p := range all {
		if p.Contains(a.Addr().Unmap().WithZone("")) {
			return true
		}
	}
	return false
}

// place is ends for a place of which it may be open who is the client.
func (f *Filter) place(p *capture.Place) bool {
	switch {
	case p.Stream < 0 && !p.Src.IsValid():
		return true
	case p.Direction == "request":
		return f.ends(p.Src, p.Dst, p.Stream)
	case p.Direction == "response":
		return f.ends(p.Dst, p.Src, p.Stream)
	}
	return f.ends(p.Src, p.Dst, p.Stream) || f.ends(p.Dst, p.Src, p.Stream)
}

// at tells the criteria that a frame meets.
func (f *Filter) at(frame int64, t time.Time) (met criteria) {
	for _, r := range f.Frames {
		if r.First <= frame && frame <= r.Last {
			met |= byFrame
		}
	}
	if !t.IsZero() {
		if !t.Before(f.since) {
			met |= bySince
		}
		if !t.After(f.until) {
			met |= byUntil
		}
	}
	return met & f.want
}

// remark tells the criteria that a problem or note meets. Where it has no frame, it may
// be about any.
func (f *Filter) remark(e *capture.Event) criteria {
	met := f.at(e.Frame, e.Time)
	if e.Frame == 0 {
		met |= byFrame
	}
	if e.Time.IsZero() {
		met |= bySince | byUntil
	}
	name := ""
	switch e.Kind {
	case capture.Problem:
		name = "CAPTURE_PROBLEM"
		met |= byInvalid
	case capture.Note:
		name = "CAPTURE_NOTE"
	}
	if slices.Contains(f.Types, name) {
		met |= byType
	}
	return met & f.want
}

// message tells the criteria that the message meets that an item ends with.
func (f *Filter) message(it *conversation.Item) criteria {
	met := f.at(it.Event.Frame, it.Event.Time)
	if x := it.Exchange; x.Began.Frame != 0 && it.Event.Kind != capture.Request {
		met |= f.at(x.Began.Frame, time.Time{})
	}
	// What costs more comes later, and not at all where the exchange cannot match.
	if f.want&byType != 0 && f.isType(it) {
		met |= byType
	}
	if f.want&byVersion != 0 && version(it) == f.Version {
		met |= byVersion
	}
	if f.want&(byTag|bySegment) != 0 {
		met |= f.contents(it)
	}
	if f.want&byInvalid != 0 {
		switch f.printer.Verdict(it) {
		case message.Invalid, message.SenderInvalid, message.Unfit:
			met |= byInvalid
		}
	}
	return met & f.want
}

// Hides reports whether a problem that Item drops is about what the filter asks for all
// the same: only the criteria about the content of messages dropped it.
func (f *Filter) Hides(e *capture.Event) bool {
	return f.between(e, nil) && f.remark(e)|byContent&f.want == f.want
}

// Request returns the item of the request of an exchange that is done, of MS-PCHC or
// MS-PCCRR.
func Request(it *conversation.Item) *conversation.Item { return new(request).fill(it) }

// request is the item of a request.
type request struct {
	item      conversation.Item
	event     capture.Event
	exchange  conversation.Exchange
	retrieval conversation.Retrieval
}

func (r *request) fill(it *conversation.Item) *conversation.Item {
	x := it.Exchange
	r.event = capture.Event{Kind: capture.Request, Protocol: x.Protocol, Place: x.Request.Place, Body: x.Request.Body, Exchange: x.Number}
	r.exchange = conversation.Exchange{Protocol: x.Protocol, Client: x.Client, Server: x.Server, Stream: x.Stream, Number: x.Number, Request: x.Request, Asked: x.Asked}
	if x.Retrieval != nil {
		r.retrieval = conversation.Retrieval{Asked: x.Retrieval.Asked, Segment: x.Retrieval.Segment}
		r.exchange.Retrieval = &r.retrieval
	}
	r.item = conversation.Item{Event: &r.event, Exchange: &r.exchange}
	return &r.item
}
