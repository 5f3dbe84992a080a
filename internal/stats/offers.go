package stats

import (
	"encoding/hex"
	"fmt"
	"hash/maphash"
	"net/http"
	"net/netip"
	"strings"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/capture"
)

// Offers are what a client offered to a hosted cache.
type Offers struct {
	Client      netip.Addr     `json:"client"`
	Cache       netip.AddrPort `json:"cache"`
	Messages    int64          `json:"messages"` // requests of MS-PCHC
	Offers      int64          `json:"offers"`   // segments in them
	Repeats     int64          `json:"repeats"`  // of those, offered before by this client to this cache
	Bytes       uint64         `json:"bytes"`    // of the segments, as far as their sizes are known
	OK          int64          `json:"ok"`
	Interested  int64          `json:"interested"`
	Failed      int64          `json:"failed"`
	Unanswered  int64          `json:"unanswered"`
	NotCaptured int64          `json:"notCaptured"` // as in Counts
	Malformed   int64          `json:"malformed"`   // responses
	Violations  int64          `json:"violations"`
	Took        Times          `json:"took"`

	number  uint64
	failure WhyRow // the first response without success
	silent  WhyRow // the first request without response
	unseen  WhyRow // and that whose response is not in the capture
	port    uint16
	at      *evidence // of the address that the offers name
}

type offerKey struct {
	client netip.Addr
	cache  netip.AddrPort
}

// Tag are the offers with a content tag.
type Tag struct {
	Tag    string `json:"contentTag"` // 32 hexadecimal digits
	Text   string `json:"text"`
	Offers int64  `json:"offers"`
	Bytes  uint64 `json:"bytes"`
}

// Segment is a segment that was offered.
type Segment struct {
	HoHoDk  string `json:"segment"`
	Offers  int64  `json:"offers"`
	Repeats int64  `json:"repeats"`
	Size    uint64 `json:"size"` // 0 where it is not known
	First   At     `json:"first"`

	id string // the bytes of HoHoDk
}

// offer takes an event of MS-PCHC.
func (s *Stats) offer(e *capture.Event) {
	client, cache := e.Src, e.Dst
	if e.Direction != "request" {
		client, cache = cache, client
	}
	o := s.last
	if o == nil || o.Client != client.Addr() || o.Cache != cache {
		if o = s.offersOf(client.Addr(), cache); o == nil {
			return
		}
		s.last = o
	}
	switch e.Kind {
	case capture.Request:
		s.request(o, e)
		return
	case capture.Failure:
		if o.Failed++; o.Failed == 1 {
			o.failure = WhyRow{Detail: strings.TrimSpace(fmt.Sprintf("HTTP status %d %s", e.Status, http.StatusText(e.Status))), First: at(&e.Place)}
		}
	case capture.Unanswered:
		n, first := &o.Unanswered, &o.silent
		if e.Ending == capture.Unknown || e.Ending == capture.Unread {
			n, first = &o.NotCaptured, &o.unseen
		}
		if *n++; *n == 1 {
			*first = WhyRow{Detail: endings[e.Ending], First: At{Frame: e.Requested.Frame, Time: e.Requested.Time}}
		}
		return
	case capture.Response:
		code, err := codec.DecodeResponseMessage(e.Body, codec.MessageType(e.RequestType))
		switch {
		case err != nil:
			o.Malformed++
			o.Violations += s.violation(err, &e.Place)
		case code == codec.ResponseInterested:
			o.Interested++
		default:
			o.OK++
		}
	default:
		return
	}
	if e.Requested.Frame > 0 && e.Began.Frame > 0 && !e.Requested.Time.IsZero() && !e.Began.Time.IsZero() {
		o.Took.Add(e.Began.Time.Sub(e.Requested.Time))
	}
}

func (s *Stats) offersOf(client netip.Addr, cache netip.AddrPort) *Offers {
	key := offerKey{client, cache}
	o := s.offers[key]
	if o == nil && s.room("offers of further clients and caches", len(s.offers), s.limits.Pairs) {
		o = &Offers{Client: client, Cache: cache, number: uint64(len(s.offers) + 1)}
		s.offers[key] = o
		s.evidenceOf(cache).offeredTo = true
	}
	return o
}

// request takes a request.
func (s *Stats) request(o *Offers, e *capture.Event) {
	o.Messages++
	m, err := codec.DecodeRequestMessage(e.Body)
	var body codec.Body
	if err == nil {
		body, err = m.DecodeBody()
	}
	if err != nil {
		o.Violations += s.violation(err, &e.Place)
		return
	}
	o.Violations += s.violation(body.CheckSenderRules(), &e.Place)
	if port := m.ConnectionInformation.Port; o.at == nil || o.port != port {
		o.port, o.at = port, s.evidenceOf(netip.AddrPortFrom(o.Client, port))
		o.at.offers = true
	}
	if m, ok := body.(codec.BatchedOfferMessage); ok && s.secrets.Contents() == 0 {
		s.earlyBatch(o, m.SegmentDescriptors)
		s.later(o, m.SegmentDescriptors, at(&e.Place))
		return
	}
	s.wait()
	switch m := body.(type) {
	case codec.InitialOfferMessage:
		s.offered(o, m.Hash, s.hash(m.Hash), 0, at(&e.Place))
		s.offeredOf(o, m.Hash)
	case codec.SegmentInfoMessage: // what was offered before
		for _, one := range m.SegmentInformation.Segments() {
			o.Bytes += uint64(one.Length)
			s.tag(&m.ContentTag, uint64(one.Length))
			id := one.AppendHoHoDk(nil)
			if seg := s.segments[s.hash(id)]; seg != nil && seg.id == string(id) {
				seg.Size = uint64(one.Length)
			}
		}
	case codec.BatchedOfferMessage:
		s.count(o, m.SegmentDescriptors, s.appendHashes(nil, m.SegmentDescriptors), at(&e.Place))
		for _, d := range m.SegmentDescriptors.All() {
			s.offeredOf(o, d.SegmentHoHoDk()[:])
		}
	}
}

// count counts the offers of a batch.
func (s *Stats) count(o *Offers, all codec.SegmentDescriptors, hashes []uint64, where At) {
	s.seen.prefetch(hashes, o.number)
	for i, d := range all.All() {
		size := uint64(d.SegmentSize())
		o.Bytes += size
		s.tag(d.ContentTag(), size)
		s.offered(o, d.SegmentHoHoDk()[:], hashes[i], size, where)
	}
}

// tag counts an offer with a content tag.
func (s *Stats) tag(tag *codec.ContentTag, size uint64) {
	t := s.lastTag
	if t == nil || s.lastTagID != *tag {
		t = s.tags[string(tag[:])]
	}
	if t == nil {
		if len(s.tags) >= s.limits.Tags {
			s.untagged++
			return
		}
		t = &Tag{Tag: hex.EncodeToString(tag[:]), Text: tag.String()}
		s.tags[string(tag[:])] = t
	}
	s.lastTag, s.lastTagID = t, *tag
	t.Offers++
	t.Bytes += size
}

// appendHashes appends the hash of each segment's identifier.
func (s *Stats) appendHashes(dst []uint64, all codec.SegmentDescriptors) []uint64 {
	for _, d := range all.All() {
		dst = append(dst, s.hash(d.SegmentHoHoDk()[:]))
	}
	return dst
}

// hash returns a hash of the identifier of a segment.
func (s *Stats) hash(hohodk []byte) uint64 { return maphash.Bytes(s.seed, hohodk) }

// offered counts the offer of a segment, whose identifier has that hash.
func (s *Stats) offered(o *Offers, hohodk []byte, hash, size uint64, where At) {
	o.Offers++
	repeated := false
	switch known, full := s.seen.add(keyOf(hash, o.number), s.limits.Repeats); {
	case full:
		s.untold++
	case known:
		repeated = true
		o.Repeats++
	}
	var seg *Segment
	if s.rows.has(hash) {
		seg = s.segments[hash]
	}
	switch {
	case seg != nil && seg.id == string(hohodk):
	case seg == nil && len(s.segments) < s.limits.Segments:
		seg = &Segment{HoHoDk: hex.EncodeToString(hohodk), First: where, id: string(hohodk)}
		s.segments[hash] = seg
		s.rows.add(hash)
	default:
		seg = nil
		s.further++
	}
	if seg != nil {
		seg.Offers++
		seg.Size = max(seg.Size, size)
		if repeated {
			seg.Repeats++
		}
	}
}

// offeredOf counts the offer of a segment for the contents that have it, now or when they
// are known.
func (s *Stats) offeredOf(o *Offers, hohodk []byte) {
	if s.secrets.Contents() == 0 || !s.offeredIn(o, hohodk) {
		s.early(o, hohodk)
	}
}

// offeredIn counts the offer of a segment for the contents that have it, and reports
// whether there is one.
func (s *Stats) offeredIn(o *Offers, hohodk []byte) (known bool) {
	for p := range s.secrets.Where(hohodk) {
		if p.Content == nil {
			continue
		}
		known = true
		if c := s.contentOf(p.Content.Name, p.Content); c != nil {
			c.Offers++
			c.OfferedBytes += uint64(p.Length)
			c.offeredIn(o, s.limits.Reasons)
			if len(c.Offered) < s.limits.Ranges {
				c.Offered.Add(p.Start, p.Start+uint64(p.Length))
			} else {
				s.beyond["ranges of contents"]++
			}
		}
	}
	return known
}
