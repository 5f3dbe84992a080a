package filter

import (
	"slices"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Types are the names of messages in JSON.
var Types = []string{
	"INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE", "BATCHED_OFFER_MESSAGE", "RESPONSE_MESSAGE",
	"MSG_NEGO_REQ", "MSG_NEGO_RESP", "MSG_GETBLKLIST", "MSG_GETBLKS", "MSG_BLKLIST", "MSG_BLK", "MSG_GETSEGLIST", "MSG_SEGLIST",
	"Probe", "ProbeMatches", "CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2", "PLAIN_CONTENT", "SRV_READ_HASH",
	"CAPTURE_PROBLEM", "CAPTURE_NOTE", "UNKNOWN",
}

// isType reports whether the message that an item ends with is of one of the types.
func (f *Filter) isType(it *conversation.Item) bool { return slices.Contains(f.Types, typeOf(it)) }

// typeOf is the name of the message that an item ends with, "" where it has none.
func typeOf(it *conversation.Item) string {
	e, x := it.Event, it.Exchange
	switch e.Kind {
	case capture.Request:
		if x.Protocol == capture.PCHC {
			if m, err := codec.DecodeRequestMessage(e.Body); err == nil {
				return m.MessageHeader.Type.String()
			}
			return spec.Dissect(spec.Request, e.Body).Message
		}
		if x.Retrieval.Asked != nil {
			return x.Retrieval.Asked.MsgType().String()
		}
		return spec.Dissect(spec.RetrievalRequest, e.Body).Message
	case capture.Response:
		if x.Protocol == capture.PCHC {
			return "RESPONSE_MESSAGE"
		}
		if x.Retrieval.Answer != nil {
			return x.Retrieval.Answer.MsgType().String()
		}
		return spec.Dissect(spec.RetrievalResponse, e.Body).Message
	case capture.Content:
		if len(e.Body) > 1 && e.Body[1] == 2 {
			return "CONTENT_INFORMATION_V2"
		}
		return "CONTENT_INFORMATION_V1"
	case capture.Plain:
		return "PLAIN_CONTENT"
	case capture.Failure, capture.Unanswered: // as its row has it
		switch x.Protocol {
		case capture.SMB2:
			return "SRV_READ_HASH"
		case capture.PCCRTP:
			return "PLAIN_CONTENT"
		}
	case capture.Datagram:
		switch d := x.Discovery; {
		case d.Matches != nil:
			return "ProbeMatches"
		case d.Probe != nil:
			return "Probe"
		}
		return spec.Dissect(spec.Discovery, e.Body).Message
	}
	return ""
}

// version is that of the message that an item ends with, 0 where it has none.
func version(it *conversation.Item) int {
	e, x := it.Event, it.Exchange
	at := 1 // of MajorVersion, of one byte or the low byte of it
	switch {
	case e.Kind == capture.Response && x.Protocol == capture.PCHC:
		return int(spec.URLVersion(e.Path))
	case e.Kind == capture.Request && x.Protocol == capture.PCCRR:
		at = 3
	case e.Kind == capture.Response:
		at = 7
	case e.Kind == capture.Datagram:
		switch d := x.Discovery; {
		case d.Matches != nil && len(d.Matches.ProbeMatch) > 0:
			return int(d.Matches.ProbeMatch[0].Version)
		case d.Probe != nil:
			return int(d.Probe.Version)
		}
		return 0
	case e.Kind != capture.Request && e.Kind != capture.Content:
		return 0
	}
	if len(e.Body) <= at {
		return 0
	}
	return int(e.Body[at])
}

// contents tells whether the message that an item ends with is about one of the segments,
// or has one of the content tags.
func (f *Filter) contents(it *conversation.Item) criteria {
	e, x := it.Event, it.Exchange
	l := &look{f: f}
	switch e.Kind {
	case capture.Request:
		if x.Protocol == capture.PCHC {
			l.offer(e.Body)
		} else {
			l.retrieval(x.Retrieval.Asked, x.Request)
		}
	case capture.Response:
		if x.Protocol == capture.PCCRR {
			l.retrieval(x.Retrieval.Answer, x.Response)
		}
	case capture.Content:
		if info, err := pccrc.Decode(e.Body); err == nil {
			l.information(info)
		} else {
			l.malformed(spec.Content, e.Body)
		}
	case capture.Datagram:
		l.discovery(x.Discovery)
	}
	return l.met
}

// look looks for segments and tags.
type look struct {
	f   *Filter
	met criteria
}

func (l *look) segment(id []byte) {
	if l.met&bySegment == 0 && slices.ContainsFunc(l.f.Segments, func(p Prefix) bool { return p.of(id) }) {
		l.met |= bySegment
	}
}

func (l *look) tag(tag []byte) {
	if l.met&byTag == 0 && slices.ContainsFunc(l.f.Tags, func(t Tag) bool { return t.matches(tag) }) {
		l.met |= byTag
	}
}

func (l *look) offer(b []byte) {
	m, err := codec.DecodeRequestMessage(b)
	if err == nil {
		switch m.MessageHeader.Type {
		case codec.TypeInitialOffer:
			var o codec.InitialOfferMessage
			if o, err = m.DecodeInitialOffer(); err == nil {
				l.segment(o.Hash)
			}
		case codec.TypeSegmentInfo:
			var o codec.SegmentInfoMessage
			if o, err = m.DecodeSegmentInfo(); err == nil {
				l.tag(o.ContentTag[:])
				l.information(o.SegmentInformation)
			}
		case codec.TypeBatchedOffer:
			var o codec.BatchedOfferMessage
			if o, err = m.DecodeBatchedOffer(); err == nil {
				for _, d := range o.SegmentDescriptors.All() {
					l.segment(d.SegmentHoHoDk()[:])
					l.tag(d.ContentTag()[:])
				}
			}
		}
	}
	if err != nil {
		l.malformed(spec.Request, b)
	}
}

func (l *look) information(info pccrc.ContentInformation) {
	if l.f.want&bySegment == 0 {
		return
	}
	for _, s := range info.Segments() {
		l.segment(s.AppendHoHoDk(nil))
	}
}

func (l *look) retrieval(body pccrr.Body, m *conversation.Message) {
	switch b := body.(type) {
	case pccrr.MsgGetBlkList:
		l.segment(b.SegmentID)
	case pccrr.MsgGetBlks:
		l.segment(b.SegmentID)
	case pccrr.MsgGetSegList:
		for i := range b.SegmentIDs.Len() {
			l.segment(b.SegmentIDs.At(i))
		}
	case pccrr.MsgBlkList:
		l.segment(b.SegmentId)
	case pccrr.MsgBlk:
		l.segment(b.SegmentId)
	case nil:
		if m != nil && m.Direction == "request" {
			l.malformed(spec.RetrievalRequest, m.Body)
		} else if m != nil {
			l.malformed(spec.RetrievalResponse, m.Body)
		}
	}
}

func (l *look) discovery(d *conversation.Discovery) {
	ids := func(all []pccrd.HoHoDk) {
		for _, id := range all {
			l.segment(id)
		}
	}
	if d.Probe != nil {
		ids(d.Probe.HoHoDk)
	}
	if d.Matches != nil {
		for _, m := range d.Matches.ProbeMatch {
			ids(m.HoHoDk)
		}
	}
}

// malformed looks at what can be told of a message that violates a rule.
func (l *look) malformed(kind spec.Kind, b []byte) {
	for _, n := range spec.Dissect(kind, b).Root.Leaves() {
		switch n.Name {
		case "SegmentHoHoDk", "Hash", "SegmentID", "SegmentId":
			l.segment(n.Raw())
		case "ContentTag":
			l.tag(n.Raw())
		}
	}
}
