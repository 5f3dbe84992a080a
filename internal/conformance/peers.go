package conformance

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/spec"
)

// peers are the places where clients serve blocks, and where they said so.
type peers map[netip.AddrPort]said

type said struct {
	frame int64
	how   string
}

func (c *Checker) isPeer(at netip.AddrPort, how string, frame int64) {
	r := &c.retrieval
	if r.peers == nil {
		r.peers = peers{}
	}
	if len(r.peers) < maxServers {
		r.peers[at] = said{frame, how}
	}
}

// offers takes note of where the client of an offer serves blocks.
func (c *Checker) offers(e *capture.Event) {
	if m, err := codec.DecodeRequestMessage(e.Body); err == nil {
		c.isPeer(netip.AddrPortFrom(e.Src.Addr(), m.ConnectionInformation.Port), "is where a client that offers says it serves blocks", e.Frame)
	}
}

// matches takes note of where peers say that they serve blocks.
func (c *Checker) matches(e *capture.Event, d *conversation.Discovery) {
	for _, m := range d.Matches.ProbeMatch {
		for _, a := range m.XAddrs {
			if at, err := netip.ParseAddrPort(a); err == nil {
				c.isPeer(at, "is in XAddrs of a peer", e.Frame)
			}
		}
	}
}

// listed takes a MSG_GETSEGLIST, which only hosted caches know. What takes offers is one,
// and may be a peer, too.
func (c *Checker) listed(e *capture.Event, server netip.AddrPort) {
	r := &c.retrieval
	p, ok := r.peers[server]
	if !ok || r.acceptors.has(server.Addr()) {
		r.caches.first(server.Addr())
		return
	}
	c.keep(suspicion{at: e.Place, Violation: spec.Violation{Rule: "PCCRR-3-SegListHostedOnly", Field: "MESSAGE_HEADER.MsgType", Offset: 4,
		Detail: fmt.Sprintf("MSG_GETSEGLIST to %v, which is no hosted cache: it %s (frame %d)", server, p.how, p.frame)}})
}

// habits notes what only Windows, or only a part of the implementations, does otherwise:
// right, but worth knowing. Each is noted once of a sender.
func (c *Checker) habits(m pccrr.Body, at capture.Place) {
	r := &c.retrieval
	note := func(rule, detail string) {
		c.window.add(Finding{Place: at, Violation: spec.Violation{Rule: CaptureNote, Detail: detail + " (" + rule + ", noted once of each sender)"}})
	}
	var ranges pccrr.Ranges
	switch m := m.(type) {
	case pccrr.MsgGetBlks:
		if m.CryptoAlgoId != pccrr.CryptoAES128 && r.wishes.first(at.Src.Addr()) {
			note("PCCRR-2.2.3-CryptoWish", fmt.Sprintf("asks for a block with CryptoAlgoId %d (%[1]v), where 1 (%v) is recommended", m.CryptoAlgoId, pccrr.CryptoAES128))
		}
		return
	case pccrr.MsgGetBlkList:
		ranges = m.NeededBlockRanges
	case pccrr.MsgBlkList:
		ranges = m.BlockRanges
	case pccrr.MsgSegList:
		ranges = m.SegmentRanges
	}
	if !c.options.Windows {
		return // any order is right
	}
	for i := 1; i < ranges.Len(); i++ {
		if uint64(ranges.At(i).Index) > ranges.At(i-1).End() {
			continue
		}
		if r.unsorted.first(at.Src.Addr()) {
			note("PCCRR-2.2.1-Normalised", fmt.Sprintf("its ranges are not sorted and apart, as Windows writes them: %v behind %v", pccrr.NewRanges(ranges.At(i)), pccrr.NewRanges(ranges.At(i-1))))
		}
		return
	}
}

// padding: a block that is decrypted and has its hash also has the right padding.
func (c *Checker) padding(e *capture.Event, x *conversation.Exchange) {
	b := x.Retrieval.Block
	m, _ := x.Retrieval.Answer.(pccrr.MsgBlk)
	var v *pccrr.Error
	if !errors.As(b.Padding, &v) {
		return
	}
	violation := spec.Violation{Rule: string(v.Rule), Field: v.Path(), Offset: v.Offset}
	switch {
	case v.Rule == pccrr.RuleBlockLength:
		violation.Detail = fmt.Sprintf("is %d: a block of %d bytes has other padding (CryptoAlgoId %d)", len(m.Block), b.Length, m.CryptoAlgoId)
	case b.Version == 2 && c.retrieval.caches.has(x.Server.Addr()):
		c.window.add(Finding{Place: e.Place, Violation: spec.Violation{Rule: CaptureNote,
			Detail: fmt.Sprintf("a block of version 2.0 from a hosted cache, which cannot see that its padding is not PKCS#7 (%s)", v.Rule)}})
		return
	default:
		violation.Detail = fmt.Sprintf("ends, when decrypted, in padding of %d bytes with a %d, where each must be %[1]d (PKCS#7)", len(m.Block)-b.Length, v.Value)
	}
	c.keep(suspicion{at: e.Place, Violation: violation})
}
