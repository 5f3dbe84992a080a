package stats

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Why is a reason why bytes of a content did not come from a hosted cache or peer.
type Why struct {
	Reason  string // one of a fixed set
	Server  netip.AddrPort
	Detail  string // of the first
	Segment string // HoHoDk, of the first
	First   At
	Count   int64 // exchanges, of lists of segments segments

	client netip.Addr
	plain  bool // the server is the content server
}

// The reasons, and what whyOf finds: the words follow the name of the server.
const (
	reasonList     = "answered an empty list of blocks"
	reasonBlock    = "answered an empty block"
	reasonSegments = "answered a list of segments without it"
	reasonFailed   = "answered without success"
	reasonSilent   = "did not answer"
	reasonUnseen   = "has no answer in the capture"
	reasonUnread   = "sent an answer that could not be read"
	reasonWrong    = "sent an answer that violates the protocol"
	reasonMisfit   = "sent an answer that does not fit the request"
	reasonBad      = "sent a block that does not verify"
	reasonVersion  = "answered with its versions instead"
	reasonPlain    = "sent the content itself, though the client accepts Content Information"
	reasonOther    = "sent no such message"

	reasonOffer       = "answered the offer without success"
	reasonOfferSilent = "did not answer the offer"
	reasonOfferUnseen = "has no answer to the offer in the capture"
	reasonUnconnected = "could not connect to the client that offered it"
	reasonUnfetched   = "it was offered to a hosted cache, which did not fetch it"
)

// ofOffers are the reasons why what was offered was not fetched.
var ofOffers = [...]string{reasonOffer, reasonOfferSilent, reasonOfferUnseen, reasonUnconnected}

// whyOf says why an exchange brought nothing, "" if it brought something.
func whyOf(x *conversation.Exchange) string {
	switch x.Result {
	case conversation.Failed:
		return reasonFailed
	case conversation.Unanswered:
		if x.Ending == capture.Unknown {
			return reasonUnseen
		}
		return reasonSilent
	case conversation.Missing:
		return reasonUnread
	case conversation.Malformed:
		return reasonWrong
	case conversation.Mismatched:
		return reasonMisfit
	}
	r := x.Retrieval
	if r == nil {
		return ""
	}
	if r.Block != nil && !r.Block.Verified && r.Block.Fault != conversation.NoSecret && r.Block.Fault != conversation.NoHash {
		return reasonBad
	}
	switch x.Result {
	case conversation.Miss:
		switch r.Answer.(type) {
		case pccrr.MsgBlkList:
			return reasonList
		case pccrr.MsgBlk:
			return reasonBlock
		case pccrr.MsgSegList:
			return reasonSegments
		}
	case conversation.Negotiated:
		if _, asked := r.Asked.(pccrr.MsgNegoReq); !asked && r.Asked != nil {
			return reasonVersion
		}
	}
	return ""
}

// endings says how a request without a response ended.
var endings = [...]string{
	capture.Unknown: "", capture.Closed: "it ended the connection",
	capture.Crossed:   "it ended the connection, perhaps without having received the request",
	capture.Abandoned: "the client ended the connection first", capture.Open: "the capture ends",
	capture.Unread: "its body could not be read",
}

// because adds a reason.
func (s *Stats) because(c *Content, reason string, server netip.AddrPort, segment []byte, x *conversation.Exchange) {
	if reason == "" {
		reason = reasonOther
	}
	for _, w := range c.why {
		if w.Reason == reason && w.Server == server {
			w.Count++
			return
		}
	}
	if !s.room("reasons of contents", len(c.why), s.limits.Reasons) {
		return
	}
	w := &Why{Reason: reason, Server: server, Segment: hex.EncodeToString(segment), Count: 1, Detail: x.Reason, client: x.Client.Addr(), plain: x.Transfer != nil}
	switch {
	case reason == reasonBad:
		w.Detail = fmt.Sprintf("block %d: %s", x.Retrieval.Block.Index, x.Retrieval.Block.Reason)
	case x.Result == conversation.Unanswered:
		w.Detail = endings[x.Ending]
	}
	if m := x.Response; m != nil {
		w.First = at(&m.Place)
	} else if m := x.Request; m != nil {
		w.First = at(&m.Place)
	} else {
		w.First = At{Frame: x.Answered.Frame, Time: x.Answered.Time}
	}
	c.why = append(c.why, w)
}

// offeredIn remembers in which offers a content was, up to a limit.
func (c *Content) offeredIn(o *Offers, limit int) {
	if !slices.Contains(c.offered, o) && len(c.offered) < limit {
		c.offered = append(c.offered, o)
	}
}

// unfetched says why a content that was offered was not fetched, as far as it shows.
func (c *Content) unfetched(attempts []capture.Unconnected) (rows []WhyRow) {
	for _, o := range c.offered {
		row := WhyRow{Role: HostedCache, Server: o.Cache.String()}
		for _, u := range attempts {
			if u.Client == o.Cache.Addr() && u.Server == netip.AddrPortFrom(o.Client, o.port) {
				row.Reason, row.Detail, row.Count = reasonUnconnected, u.Server.String()+" does not answer", row.Count+u.Count
				if u.Refused {
					row.Detail = u.Server.String() + " refuses connections"
				}
				if row.First.Frame == 0 {
					row.First = At{Frame: u.First.Frame, Time: u.First.Time}
				}
			}
		}
		switch {
		case row.Reason != "":
		case o.OK+o.Interested > 0:
			continue
		case o.Failed > 0:
			row.Reason, row.Detail, row.First, row.Count = reasonOffer, o.failure.Detail, o.failure.First, o.Failed
		case o.Unanswered > 0:
			row.Reason, row.Detail, row.First, row.Count = reasonOfferSilent, o.silent.Detail, o.silent.First, o.Unanswered
		case o.NotCaptured > 0:
			row.Reason, row.First, row.Count = reasonOfferUnseen, o.unseen.First, o.NotCaptured
		default:
			continue
		}
		rows = append(rows, row)
	}
	return rows
}
