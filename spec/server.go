package spec

import (
	"net/netip"
	"strings"
)

// The paths of the URLs on which a hosted cache listens, and their default
// ports (MS-PCHC 2.1). Other implementations accept the paths in any case and with
// a trailing slash.
const (
	PathV1 = "/C574AC30-5794-4AEE-B1BB-6651C5315029" // HTTPS
	PathV2 = "/0131501b-d67f-491b-9a40-c4bf27bcb4d4" // HTTP
	PortV1 = 443
	PortV2 = 80
)

// URLVersion returns the major version of the messages for a path: 1, 2, or 0 if it
// is no path of the protocol.
func URLVersion(path string) uint8 {
	path = strings.TrimSuffix(path, "/")
	switch {
	case strings.EqualFold(path, PathV1):
		return 1
	case strings.EqualFold(path, PathV2):
		return 2
	}
	return 0
}

// A Post is an HTTP POST as it reaches a hosted cache, without its payload.
type Post struct {
	From       netip.Addr // the client
	URL        uint8      // version of the URL, see [URLVersion]
	Authorized bool       // it has an acceptable authorization header

	// What only a [Follower] looks at: the scheme of its authorization header,
	// such as "Negotiate", and a number for the connection on which it comes,
	// higher for those that began later. Ref is handed back with its findings.
	Scheme     string
	Connection uint64
	Ref        any

	// Also for a Follower: the caller has found, by other means than [Dissect], that the
	// message violates no format rule. So it need not be looked for again.
	WellFormed bool
}

// An Answer is an HTTP response as it reaches a client, without its payload.
type Answer struct {
	Status    int
	Negotiate bool // with status 401: it asks for SPNEGO-based authentication,
	Token     bool // and continues it with a token

	// What only a [Follower] looks at: the client had ended the connection before.
	Gone bool
}

// Server is the hosted cache of MS-PCHC 3.1. The zero value has an empty cache and
// requires no authentication. It has no timers (3.1.2), and remembers segments, but
// not clients.
type Server struct {
	// Authenticate requires clients to authenticate themselves (2.1), in version
	// 1.0 only (1.5).
	Authenticate bool

	// Windows deviates from the specification as Windows servers do: they answer
	// OK to some malformed requests, and ignore them, see
	// [Dissection.WindowsAnswersOK]. According to 3.1.5.4 they must drop them.
	Windows bool

	segments map[string]*cached
}

// Receive takes a request (3.1.5) with its payload, which is not kept. The first
// action is the reaction to it: [Respond], [Challenge] or [Drop].
func (s *Server) Receive(p Post, message []byte) []Action {
	if p.URL != 1 && p.URL != 2 {
		return []Action{Drop{Rule: "PCHC-2.1-URL"}}
	}
	if s.Authenticate && p.URL == 1 && !p.Authorized {
		return []Action{Challenge{}}
	}
	d := Dissect(Request, message)
	violation, malformed := d.First()
	if malformed && !(s.Windows && d.WindowsAnswersOK()) {
		return []Action{Drop{Rule: violation.Rule}}
	}
	header := d.Root.find("MessageHeader")
	if header.find("MajorVersion").Value != uint64(p.URL) {
		return []Action{Drop{Rule: "PCHC-2.1-Version"}}
	}
	if malformed {
		return []Action{Respond{CodeOK}}
	}
	peer := netip.AddrPortFrom(p.From, uint16(d.Root.find("ConnectionInformation").find("Port").Value))
	switch uint16(header.find("Type").Value) {
	case TypeInitialOffer:
		return s.initialOffer(peer, string(d.Root.find("Hash").Raw()))
	case TypeSegmentInfo:
		return s.segmentInfo(peer, d)
	}
	return s.batchedOffer(peer, d.Root.find("SegmentDescriptor").Children)
}

// initialOffer is 3.1.5.1.
func (s *Server) initialOffer(peer netip.AddrPort, hoHoDk string) []Action {
	c := s.segments[hoHoDk]
	if c == nil || !c.complete {
		return []Action{Respond{CodeInterested}}
	}
	return retrieve([]Action{Respond{CodeOK}}, peer, hoHoDk, c.known.without(c.held))
}

// segmentInfo is 3.1.5.2. It is the same whether there was an offer before or not.
func (s *Server) segmentInfo(peer netip.AddrPort, d *Dissection) []Action {
	offered, _ := segmentOffered(d)
	c := s.segment(offered.hoHoDk)
	c.learn(&offered)
	actions := retrieve([]Action{Respond{CodeOK}}, peer, offered.hoHoDk, c.known.without(c.held))
	return append(actions, PassTag{offered.hoHoDk, string(d.Root.find("ContentTag").Raw())})
}

// batchedOffer is 3.1.5.3.
func (s *Server) batchedOffer(peer netip.AddrPort, descriptors []Node) []Action {
	actions := []Action{Respond{CodeOK}}
	for i := range descriptors {
		n := &descriptors[i]
		hoHoDk := string(n.find("SegmentHoHoDk").Raw())
		size, block := n.find("SegmentSize").Value, n.find("BlockSize").Value
		if block == 0 {
			block = max(size, 1) // without a block size the segment is one block
		}
		missing := firstBlocks((size + block - 1) / block)
		if c := s.segments[hoHoDk]; c != nil {
			missing = missing.without(c.held)
		}
		actions = retrieve(actions, peer, hoHoDk, missing)
		actions = append(actions, PassTag{hoHoDk, string(n.find("ContentTag").Raw())})
	}
	return actions
}

// retrieve appends the retrieval of the missing blocks.
func retrieve(actions []Action, peer netip.AddrPort, hoHoDk string, missing blockSet) []Action {
	for _, blocks := range missing {
		actions = append(actions, Retrieve{From: peer, HoHoDk: hoHoDk, Blocks: blocks})
	}
	return actions
}

// Retrieved adds retrieved blocks to the cache (3.1.5.1 to 3.1.5.3). The caller
// has verified them.
func (s *Server) Retrieved(hoHoDk string, blocks BlockRange) {
	if blocks.First <= blocks.Last {
		c := s.segment(hoHoDk)
		c.held = c.held.with(blocks)
	}
}

// Segment returns what the hosted cache knows about a segment, and false if that is
// nothing.
func (s *Server) Segment(hoHoDk string) (Segment, bool) {
	c := s.segments[hoHoDk]
	if c == nil {
		return Segment{}, false
	}
	return c.segment(), true
}

// segment returns the entry of a segment, a new one if there is none.
func (s *Server) segment(hoHoDk string) *cached {
	c := s.segments[hoHoDk]
	if c == nil {
		if s.segments == nil {
			s.segments = map[string]*cached{}
		}
		c = &cached{hashes: map[uint32]string{}}
		s.segments[hoHoDk] = c
	}
	return c
}
