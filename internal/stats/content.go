package stats

import (
	"encoding/hex"
	"net/netip"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Content is a content, or a segment of which it is not known of which content it is.
type Content struct {
	Name    string
	Segment bool   // Name is the HoHoDk of a segment
	Length  uint64 // 0 where it is not known

	Information int64 // how often the content server sent Content Information
	Plain       int64 // how often it sent content
	Refused     int64 // how often of that to a request that accepts Content Information
	Requests    int64 // of MS-PCCRR about it
	Probes      int64 // for segments of it
	Matches     int64 // answers to them

	Offered      byterange.Ranges // that were offered to hosted caches
	OfferedBytes uint64           // with repeats
	Offers       int64            // segments in offers

	clients    map[netip.Addr]int // that asked for it, and when last
	sources    []*Source
	why        []*Why
	offered    []*Offers             // in which it was offered
	of         *conversation.Content // nil for a segment
	firstProbe At
	firstPlain At
}

// Source is from whom a client got bytes of a content.
type Source struct {
	Client netip.Addr
	Server netip.AddrPort
	Plain  bool // from the content server; else by MS-PCCRR

	Ranges     byterange.Ranges // verified blocks, or content of the server
	Bytes      uint64           // of that, with repeats
	Unverified uint64           // of blocks that were not verified, as sent
	Unplaced   uint64           // of the content server, of which it is not known where in the content they are
	Lost       uint64           // of a plain body, not in the capture
	overflow   uint64           // bytes that are not in Ranges, for there are too many
}

// place is where in a content something is.
type place struct {
	content           *Content
	start             uint64
	length, blockSize uint32 // of the segment, 0 where they are not known
}

// contentOf returns what is known of a content, nil if there are too many.
func (s *Stats) contentOf(name string, of *conversation.Content) *Content {
	c := s.contents[name]
	if c == nil && s.room("contents", len(s.contents), s.limits.Contents) {
		c = &Content{Name: name, Segment: of == nil, of: of, clients: map[netip.Addr]int{}}
		s.contents[name] = c
		s.order = append(s.order, c)
	}
	return c
}

// places returns where a segment is: in the content that the client asked for last; if
// it asked for none that has the segment, as a hosted cache does not, in all that have it;
// and if there is none, in a content of its own.
func (s *Stats) places(hohodk []byte, client netip.Addr) (all []place) {
	if len(hohodk) == 0 {
		return nil
	}
	latest, seen := 0, 0
	var alone place
	for p := range s.secrets.Where(hohodk) {
		if seen++; seen > maxPlaces {
			s.beyond["places of a segment"]++
			break
		}
		if p.Content == nil {
			alone.length, alone.blockSize = p.Length, p.BlockSize
			continue
		}
		c := s.contentOf(p.Content.Name, p.Content)
		if c == nil {
			continue
		}
		if n := c.clients[client]; n > latest {
			latest, all = n, all[:0]
		} else if n < latest {
			continue
		}
		all = append(all, place{c, p.Start, p.Length, p.BlockSize})
	}
	if len(all) == 0 {
		if alone.content = s.contentOf(hex.EncodeToString(hohodk), nil); alone.content != nil {
			alone.content.Length = max(alone.content.Length, uint64(alone.length))
			all = append(all, alone)
		}
	}
	return all
}

// maxPlaces bounds the work for a segment that is everywhere, such as one of zeros.
const maxPlaces = 1024

// source returns that of a client and server, nil if there are too many.
func (s *Stats) source(c *Content, client netip.Addr, server netip.AddrPort, plain bool) *Source {
	for _, f := range c.sources {
		if f.Client == client && f.Server == server && f.Plain == plain {
			return f
		}
	}
	if !s.room("sources of contents", s.sources, s.limits.Sources) {
		return nil
	}
	s.sources++
	f := &Source{Client: client, Server: server, Plain: plain}
	c.sources = append(c.sources, f)
	return f
}

// got adds bytes to a source.
func (s *Stats) got(f *Source, start, length uint64) {
	f.Bytes += length
	if len(f.Ranges) >= s.limits.Ranges {
		s.beyond["ranges of contents"]++
		f.overflow += length
		return
	}
	f.Ranges.Add(start, min(start+length, 1<<63))
}

// transfer takes an exchange with a content server.
func (s *Stats) transfer(x *conversation.Exchange) {
	t := x.Transfer
	s.exchange(x, uint64(max(t.Bytes, 0)))
	if t.Content == nil {
		return
	}
	c := s.contentOf(t.Content.Name, t.Content)
	if c == nil {
		return
	}
	client := x.Client.Addr()
	if _, ok := c.clients[client]; ok || s.room("clients of contents", len(c.clients), s.limits.Addresses) {
		s.asked++
		c.clients[client] = s.asked
	}
	switch {
	case t.Information != nil:
		c.Information++
		return
	case x.Response == nil, x.Result == conversation.Failed, x.Result == conversation.Malformed:
		s.because(c, whyOf(x), x.Server, nil, x)
		return
	}
	c.Plain++
	if c.firstPlain.Frame == 0 {
		c.firstPlain = at(&x.Response.Place)
	}
	if t.Asked != nil && !t.MissingData && t.Asked.Coding != "" {
		c.Refused++
		s.because(c, reasonPlain, x.Server, nil, x)
	}
	f := s.source(c, client, x.Server, true)
	if f == nil {
		return
	}
	f.Lost += uint64(max(t.Missing, 0))
	if t.Known {
		s.got(f, t.Range.Start, t.Range.Length)
	} else {
		f.Unplaced += uint64(max(t.Bytes+t.Missing, 0))
	}
}

// retrieval takes a step of MS-PCCRR.
func (s *Stats) retrieval(x *conversation.Exchange) {
	r := x.Retrieval
	if !x.Done {
		if _, ok := r.Asked.(pccrr.MsgGetSegList); ok {
			s.evidenceOf(x.Server).listed = true
		}
		return
	}
	bytes := uint64(0)
	if x.Response != nil {
		bytes = uint64(len(x.Response.Body))
	}
	s.exchange(x, bytes)
	client := x.Client.Addr()
	if asked, ok := r.Asked.(pccrr.MsgGetSegList); ok {
		s.segmentList(x, asked)
		return
	}
	places := s.places(r.Segment, client)
	for i := range places {
		places[i].content.Requests++ // a segment that is twice in a content counts twice
	}
	if b := r.Block; b != nil {
		size := len(x.Response.Body)
		if blk, ok := r.Answer.(pccrr.MsgBlk); ok {
			size = len(blk.Block)
		}
		if b.Verified {
			s.blocks.Verified++
			s.blocks.Bytes += uint64(b.Length)
		} else {
			s.unverified(b, size, &x.Response.Place)
		}
		for i, p := range places {
			s.block(p, i, x, b, size)
		}
	}
	why := whyOf(x)
	if why == "" {
		return
	}
	for i, p := range places {
		if i == 0 || p.content != places[i-1].content {
			s.because(p.content, why, x.Server, r.Segment, x)
		}
	}
}

// block takes a block at one of its places.
func (s *Stats) block(p place, i int, x *conversation.Exchange, b *conversation.Block, size int) {
	f := s.source(p.content, x.Client.Addr(), x.Server, false)
	switch {
	case f == nil:
	case b.Verified:
		s.got(f, p.start+uint64(b.Index)*uint64(p.blockSize), uint64(b.Length))
	case i == 0:
		f.Unverified += uint64(size)
	}
}

// segmentList takes a MSG_GETSEGLIST and its answer.
func (s *Stats) segmentList(x *conversation.Exchange, asked pccrr.MsgGetSegList) {
	answer, listed := x.Retrieval.Answer.(pccrr.MsgSegList)
	n := uint64(asked.SegmentIDs.Len())
	steps := make([]int, n+1) // of the number of ranges that a segment is in
	for _, one := range answer.SegmentRanges.All() {
		steps[min(uint64(one.Index), n)]++
		steps[min(one.End(), n)]--
	}
	in := 0
	for i, id := range asked.SegmentIDs.All() {
		in += steps[i]
		has := in > 0
		for _, p := range s.places(id, x.Client.Addr()) {
			p.content.Requests++
			switch {
			case listed && x.Result != conversation.Mismatched && !has:
				s.because(p.content, reasonSegments, x.Server, id, x)
			case !has || x.Result == conversation.Mismatched:
				s.because(p.content, whyOf(x), x.Server, id, x)
			}
		}
	}
}
