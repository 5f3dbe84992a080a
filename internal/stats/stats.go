package stats

import (
	"errors"
	"hash/maphash"
	"net/netip"
	"slices"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/pccrc"
)

// Limits bound the memory of [Stats], by how many of each it tells apart. What is beyond
// them is counted in [Report.Beyond].
type Limits struct {
	Contents  int // and segments of no known content
	Sources   int // of all contents: by client and server
	Ranges    int // of a source or content: pieces that do not touch
	Pairs     int // of client and server, for each protocol
	Servers   int
	Segments  int // that were offered, in a row of their own
	Repeats   int // segments by client and cache, to tell repeats
	Tags      int
	Reasons   int // of a content
	Problems  int // that are kept in words
	Addresses int // clients of a content
}

// DefaultLimits need some 30 MiB if all are reached.
var DefaultLimits = Limits{
	Contents: 2048, Sources: 4096, Ranges: 2048, Pairs: 4096, Servers: 2048, Segments: 10000, Repeats: 3 << 19,
	Tags: 256, Reasons: 16, Problems: 100, Addresses: 1024,
}

// Stats collects numbers from conversations. It is for one goroutine.
type Stats struct {
	limits  Limits
	secrets *conversation.Secrets

	captures []Capture
	problems []Problem
	blocks   Blocks
	rules    map[string]*Rule
	beyond   map[string]int64

	pairs    map[pairKey]*Pair
	servers  map[netip.AddrPort]*evidence
	probing  map[netip.Addr]bool // clients that sent Probes
	contents map[string]*Content
	order    []*Content
	sources  int
	asked    int // numbers the requests for contents

	offers   map[offerKey]*Offers
	last     *Offers
	tags     map[string]*Tag
	segments map[uint64]*Segment // by the hash of the identifier: of two with the same hash, only the first has a row
	rows     filter              // of the hashes in segments
	seen     set
	seed     maphash.Seed
	untold   int64 // offers of which it is not known if they are repeats
	further  int64 // offers of segments without a row

	earlyOffers  []earlyOffer
	furtherEarly int64 // beyond their limit

	beside    beside
	untagged  int64 // offers with further tags, not yet in beyond
	lastTag   *Tag  // for the next offer most probably has the same
	lastTagID codec.ContentTag

	hidden      map[netip.AddrPort]bool
	secure      map[[2]netip.Addr]bool // clients with TLS to servers
	unconnected []capture.Unconnected  // attempts to fetch what was offered
}

// New returns Stats without any. secrets are those that the conversations are read with.
func New(secrets *conversation.Secrets, limits Limits) *Stats {
	return &Stats{
		limits: limits, secrets: secrets, blocks: Blocks{Unverified: []Unverified{}}, rules: map[string]*Rule{}, beyond: map[string]int64{},
		pairs: map[pairKey]*Pair{}, servers: map[netip.AddrPort]*evidence{}, probing: map[netip.Addr]bool{},
		contents: map[string]*Content{}, offers: map[offerKey]*Offers{}, tags: map[string]*Tag{},
		segments: map[uint64]*Segment{}, seed: maphash.MakeSeed(), hidden: map[netip.AddrPort]bool{}, secure: map[[2]netip.Addr]bool{},
	}
}

// Capture is a capture that was read.
type Capture struct {
	File        string `json:"file"`
	Frames      int64  `json:"frames"`
	Connections int    `json:"connections"` // TCP
	Encrypted   int    `json:"encrypted"`   // of them, with TLS
	Messages    int64  `json:"messages"`    // of all protocols
	Problems    int    `json:"problems"`
	// First and Last are the times of the first message and the last frame, zero where
	// not known.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`

	Hidden []netip.AddrPort `json:"hidden,omitempty"` // servers whose traffic is not read, such as with TLS
}

// Problem is a problem or note of a capture.
type Problem struct {
	Place  capture.Place
	Detail string
	Note   bool
}

// Blocks counts the blocks in MSG_BLK.
type Blocks struct {
	Verified   int64        `json:"verified"`
	Bytes      uint64       `json:"bytes"` // verified
	Unverified []Unverified `json:"unverified"`
}

// Unverified counts the blocks that were not verified for one reason.
type Unverified struct {
	Fault  string `json:"fault"`
	Blocks int64  `json:"blocks"`
	Bytes  uint64 `json:"bytes"` // as sent
	Reason string `json:"reason"`
	First  At     `json:"first"`
}

// Rule counts the violations of a rule, by its name in the specification's catalogue.
type Rule struct {
	Rule   string `json:"rule"`
	Class  string `json:"class"` // format or sender
	Count  int64  `json:"count"`
	First  At     `json:"first"`
	Detail string `json:"detail"` // of the first
}

// At is where in a capture something is.
type At struct {
	File  string    `json:"file,omitempty"`
	Frame int64     `json:"frame,omitempty"`
	Time  time.Time `json:"time,omitzero"`
}

func at(p *capture.Place) At { return At{p.File, p.Frame, p.Time} }

// Begin begins a capture. Items belong to the one begun last.
func (s *Stats) Begin(file string) {
	s.captures = append(s.captures, Capture{File: file})
}

// End ends it. It ends the goroutine that counts offers, too, so it must be called.
func (s *Stats) End(sum capture.Summary) {
	s.stop()
	c := &s.captures[len(s.captures)-1]
	c.Frames, c.Connections, c.Encrypted, c.Last = sum.Frames, sum.Connections, sum.Encrypted, sum.Last
	for _, u := range sum.Unconnected {
		if o := s.servers[u.Server]; o != nil && o.offers { // others do not matter
			s.unconnected = append(s.unconnected, u)
		}
	}
}

// Item takes the next step of a conversation, of a capture read with
// capture.Options.Exchanges.
func (s *Stats) Item(it *conversation.Item) {
	e, x := it.Event, it.Exchange
	switch {
	case e.Kind == capture.Problem, e.Kind == capture.Note:
		s.problem(e)
	case x != nil && x.Result == conversation.Parted: // its response, if there is one, counts
	case x == nil, x.Protocol == capture.PCHC:
		if e.Protocol == capture.PCHC {
			s.message(e)
			s.offer(e)
		}
	case x.Protocol == capture.PCCRR:
		s.message(e)
		s.retrieval(x)
	case !x.Done: // a piece of a plain body
	case x.Transfer != nil:
		s.message(e)
		if x.Request != nil && len(s.captures) > 0 { // which is no event of its own
			s.captures[len(s.captures)-1].Messages++
		}
		s.transfer(x)
	case x.Protocol == capture.PCCRD:
		s.message(e)
		s.discovery(x)
	}
}

// message counts a message.
func (s *Stats) message(e *capture.Event) {
	if e.Kind == capture.Unanswered || len(s.captures) == 0 {
		return
	}
	c := &s.captures[len(s.captures)-1]
	c.Messages++
	if c.First.IsZero() {
		c.First = e.Time
	}
}

// problem keeps a problem or note. Of TLS there is one note for each server.
func (s *Stats) problem(e *capture.Event) {
	if e.Kind == capture.Note && e.Hidden {
		if pair := [2]netip.Addr{e.Src.Addr(), e.Dst.Addr()}; e.Protocol == 0 && !s.secure[pair] && s.room("clients and servers with TLS", len(s.secure), s.limits.Pairs) {
			s.secure[pair] = true
		}
		if s.hidden[e.Dst] {
			return
		}
		if !s.room("servers", len(s.hidden), s.limits.Servers) {
			return
		}
		s.hidden[e.Dst] = true
	}
	if e.Kind == capture.Problem && len(s.captures) > 0 {
		s.captures[len(s.captures)-1].Problems++
	}
	if s.room("problems and notes", len(s.problems), s.limits.Problems) {
		s.problems = append(s.problems, Problem{e.Place, e.Detail, e.Kind == capture.Note})
	}
}

// room reports whether there is room for one more, and counts it where there is none.
func (s *Stats) room(what string, n, limit int) bool {
	if n < limit {
		return true
	}
	s.beyond[what]++
	return false
}

// violation counts a violation in a message; err is nil for none. It returns how many
// that is.
func (s *Stats) violation(err error, where *capture.Place) int64 {
	var v *pccrc.Error
	if err == nil {
		return 0
	}
	name, class, detail := "other", "format", err.Error()
	if errors.As(err, &v) {
		name = string(v.Rule)
		if v.Sender {
			class = "sender"
		}
	}
	r := s.rules[name]
	if r == nil {
		r = &Rule{Rule: name, Class: class, First: at(where), Detail: detail}
		s.rules[name] = r
	}
	r.Count++
	return 1
}

// unverified counts a block that was not verified.
func (s *Stats) unverified(b *conversation.Block, n int, where *capture.Place) {
	name := faultNames[b.Fault]
	i := slices.IndexFunc(s.blocks.Unverified, func(u Unverified) bool { return u.Fault == name })
	if i < 0 {
		i = len(s.blocks.Unverified)
		s.blocks.Unverified = append(s.blocks.Unverified, Unverified{Fault: name, Reason: b.Reason, First: at(where)})
	}
	s.blocks.Unverified[i].Blocks++
	s.blocks.Unverified[i].Bytes += uint64(n)
}

var faultNames = [...]string{
	conversation.NoFault: "", conversation.NoSecret: "no secret", conversation.NoHash: "no hash",
	conversation.WrongKey: "wrong key length", conversation.WrongIndex: "wrong index", conversation.Damaged: "damaged",
}
