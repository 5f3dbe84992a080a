package pccrd

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/codec/internal/strictxml"
)

// place is an element that means something where it stands.
type place uint8

const (
	placeOther place = iota
	placeDocument
	placeEnvelope
	placeHeader
	placeBody
	placeTo
	placeAction
	placeMessageID
	placeRelatesTo
	placeAppSequence
	placeProbe
	placeProbeMatches
	placeProbeMatch
	placeEndpoint
	placeAddress
	placeTypes
	placeScopes
	placeXAddrs
	placeMetadataVersion
	placePeerDistData
	placeBlockCount
	placeSegmentAges
)

// places are the elements, and where they stand. They come once in each element
// around them, but for placeProbeMatch.
var places = [...]struct {
	in         place
	uri, local string
	place      place
}{
	{placeDocument, NamespaceSOAP, "Envelope", placeEnvelope},
	{placeEnvelope, NamespaceSOAP, "Header", placeHeader},
	{placeEnvelope, NamespaceSOAP, "Body", placeBody},
	{placeHeader, NamespaceAddressing, "To", placeTo},
	{placeHeader, NamespaceAddressing, "Action", placeAction},
	{placeHeader, NamespaceAddressing, "MessageID", placeMessageID},
	{placeHeader, NamespaceAddressing, "RelatesTo", placeRelatesTo},
	{placeHeader, NamespaceDiscovery, "AppSequence", placeAppSequence},
	{placeBody, NamespaceDiscovery, "Probe", placeProbe},
	{placeBody, NamespaceDiscovery, "ProbeMatches", placeProbeMatches},
	{placeProbeMatches, NamespaceDiscovery, "ProbeMatch", placeProbeMatch},
	{placeProbe, NamespaceDiscovery, "Types", placeTypes},
	{placeProbe, NamespaceDiscovery, "Scopes", placeScopes},
	{placeProbeMatch, NamespaceAddressing, "EndpointReference", placeEndpoint},
	{placeEndpoint, NamespaceAddressing, "Address", placeAddress},
	{placeProbeMatch, NamespaceDiscovery, "Types", placeTypes},
	{placeProbeMatch, NamespaceDiscovery, "Scopes", placeScopes},
	{placeProbeMatch, NamespaceDiscovery, "XAddrs", placeXAddrs},
	{placeProbeMatch, NamespaceDiscovery, "MetadataVersion", placeMetadataVersion},
	{placeProbeMatch, NamespacePeerDist, "PeerDistData", placePeerDistData},
	{placePeerDistData, NamespacePeerDist, "BlockCount", placeBlockCount},
	{placePeerDistData, NamespacePeerDist, "SegmentAges", placeSegmentAges},
}

func (p place) isLeaf() bool {
	return !slices.Contains([]place{placeOther, placeDocument, placeEnvelope, placeHeader, placeBody, placeProbe, placeProbeMatches,
		placeProbeMatch, placeEndpoint, placePeerDistData}, p)
}

// leaf is an element with a value.
type leaf struct {
	there  bool
	at     int       // where its start tag is, or the end of what should hold it
	text   string    // without white space at its ends
	types  string    // of Types: the local name, if it is the only one and in the namespace of PeerDist
	attr   string    // MatchBy of Scopes
	number [2]string // InstanceId and MessageNumber of AppSequence
}

// leaves are the elements with values in one part of a message.
type leaves [placeSegmentAges + 1]*leaf

// decoded are the parts of a message.
type decoded struct {
	header  leaves
	body    place    // placeProbe or placeProbeMatches
	matches []leaves // the Probe, or each ProbeMatch
	ends    []int
}

// Decode decodes b, the payload of a UDP datagram: the result is a Probe or a
// ProbeMatches, which has no bytes of b. The error, if any, is an *Error for the
// first format rule that b violates; XML that is not well formed comes before
// everything else. Other messages of WS-Discovery, which share the port, violate
// RuleEnvelope or RuleTypes.
func Decode(b []byte) (Message, error) {
	d, err := read(b)
	if err != nil {
		return nil, err
	}
	if d.body == placeProbe {
		return messageOrError(d.probe())
	}
	return messageOrError(d.probeMatches())
}

func messageOrError[M Message](m M, err error) (Message, error) {
	if err != nil {
		return nil, err
	}
	return m, nil
}

// DecodeProbe is Decode for a Probe.
func DecodeProbe(b []byte) (Probe, error) {
	d, err := read(b)
	if err != nil {
		return Probe{}, err
	}
	return d.probe()
}

// DecodeProbeMatches is Decode for a ProbeMatches.
func DecodeProbeMatches(b []byte) (ProbeMatches, error) {
	d, err := read(b)
	if err != nil {
		return ProbeMatches{}, err
	}
	return d.probeMatches()
}

// UnmarshalBinary decodes b into p, see [DecodeProbe].
func (p *Probe) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeProbe(b)
	if err == nil {
		*p = decoded
	}
	return err
}

// UnmarshalBinary decodes b into m, see [DecodeProbeMatches].
func (m *ProbeMatches) UnmarshalBinary(b []byte) error {
	decoded, err := DecodeProbeMatches(b)
	if err == nil {
		*m = decoded
	}
	return err
}

// MaxLen is the length in bytes of the longest message: what a UDP datagram holds.
const MaxLen = 65507

// limits are far above what the protocol needs.
var limits = strictxml.Limits{Length: MaxLen, Depth: 32, Attributes: 32, Bindings: 64, Instructions: true}

// read reads the elements of b that mean something.
func read(b []byte) (*decoded, error) {
	r := reader{places: []place{placeDocument}, seen: []uint32{0}}
	r.xml.Reset(b, limits)
	for {
		switch r.xml.Next() {
		case strictxml.Start:
			r.start()
		case strictxml.Close:
			r.close(r.xml.Offset)
		case strictxml.Text:
			if r.leaf != nil {
				r.text = append(r.text, r.xml.Text...)
			}
		case strictxml.End:
			if f, ok := r.xml.Failure(); ok {
				return nil, failed(newError(RuleXML, "XML", f.Offset, uint64(f.Offset), f.String()))
			}
			if r.d.body == 0 {
				r.envelope(r.xml.Offset, "has no Body with a Probe or a ProbeMatches")
			}
			if r.violated {
				return nil, failed(r.violation)
			}
			return &r.d, nil
		}
	}
}

type reader struct {
	xml    strictxml.Reader
	places []place  // of the open elements
	seen   []uint32 // which elements each of them had
	leaf   *leaf    // the open one
	text   []byte   // of it
	d      decoded

	violation Error // of RuleEnvelope
	violated  bool
}

func (r *reader) envelope(at int, detail string) {
	if !r.violated {
		r.violation, r.violated = newError(RuleEnvelope, "Envelope", at, 0, detail), true
	}
}

func (r *reader) start() {
	at, in := r.xml.Offset, r.places[len(r.places)-1]
	p := placeOther
	for _, known := range places {
		if known.in == in && known.local == string(r.xml.Local) && known.uri == string(r.xml.URI) {
			p = known.place
		}
	}
	seen := &r.seen[len(r.seen)-1]
	switch {
	case r.leaf != nil:
		r.envelope(at, "has an element in one that has none")
	case in == placeDocument && p == placeOther:
		r.envelope(at, "is not that of SOAP 1.2")
	case in == placeBody && p == placeOther:
		r.envelope(at, "has something other than a Probe or a ProbeMatches in its Body")
	case in == placeBody && r.d.body != 0, p != placeOther && p != placeProbeMatch && *seen&(1<<p) != 0:
		r.envelope(at, "has an element twice")
	}
	*seen |= 1 << p
	r.places, r.seen = append(r.places, p), append(r.seen, 0)
	switch p {
	case placeProbe:
		r.d.body, r.d.matches = p, append(r.d.matches, leaves{})
	case placeProbeMatches:
		r.d.body = p
	case placeProbeMatch:
		r.d.matches = append(r.d.matches, leaves{})
	}
	if !p.isLeaf() || r.violated {
		return
	}
	r.leaf, r.text = &leaf{there: true, at: at}, r.text[:0]
	for _, a := range r.xml.Attributes() {
		if len(a.URI) > 0 {
			continue
		}
		switch name := string(a.Local); {
		case p == placeScopes && name == "MatchBy":
			r.leaf.attr = trim(a.Value)
		case p == placeAppSequence && name == "InstanceId":
			r.leaf.number[0] = trim(a.Value)
		case p == placeAppSequence && name == "MessageNumber":
			r.leaf.number[1] = trim(a.Value)
		}
	}
}

func (r *reader) close(at int) {
	p := r.places[len(r.places)-1]
	r.places, r.seen = r.places[:len(r.places)-1], r.seen[:len(r.seen)-1]
	switch {
	case p == placeProbe || p == placeProbeMatch:
		r.d.ends = append(r.d.ends, at)
	case p == placeProbeMatches && len(r.d.matches) == 0:
		r.envelope(at, "has a ProbeMatches without a ProbeMatch")
	}
	if !p.isLeaf() || r.leaf == nil {
		return
	}
	l := r.leaf
	r.leaf, l.text = nil, trim(r.text)
	if p == placeTypes {
		prefix, local, prefixed := strings.Cut(l.text, ":")
		empty := prefixed && prefix == "" // a colon is behind a prefix (Namespaces in XML, PrefixedName)
		if !prefixed {
			prefix, local = "", prefix
		}
		if uri, ok := r.xml.Resolve([]byte(prefix)); ok && !empty && string(uri) == NamespacePeerDist {
			l.types = local
		}
	}
	if in := r.places[len(r.places)-1]; in == placeHeader {
		r.d.header[p] = l
	} else {
		r.d.matches[len(r.d.matches)-1][p] = l
	}
}

// fields returns the words of a text. Only white space of XML separates them.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r < utf8.RuneSelf && strictxml.IsSpace(byte(r)) })
}

func trim(b []byte) string { return string(bytes.Trim(b, " \t\r\n")) }

// get returns a leaf, one that is not there at end if there is none.
func (l *leaves) get(p place, end int) *leaf {
	if found := l[p]; found != nil {
		return found
	}
	return &leaf{at: end}
}

func (d *decoded) headerValue() Header {
	h := Header{To: d.header.get(placeTo, 0).text, Action: d.header.get(placeAction, 0).text,
		MessageID: d.header.get(placeMessageID, 0).text, RelatesTo: d.header.get(placeRelatesTo, 0).text}
	numbers := d.header.get(placeAppSequence, 0).number
	instance, err1 := strconv.ParseUint(numbers[0], 10, 32)
	message, err2 := strconv.ParseUint(numbers[1], 10, 32)
	if err1 == nil && err2 == nil {
		h.AppSequence = &AppSequence{uint32(instance), uint32(message)}
	}
	return h
}

func (d *decoded) probe() (Probe, error) {
	if d.body != placeProbe {
		return Probe{}, failed(newError(RuleEnvelope, "Envelope", 0, 0, "has a ProbeMatches, not a Probe"))
	}
	c := checker{message: "Probe", leaves: &d.matches[0], end: d.ends[0]}
	p := Probe{Header: d.headerValue(), Version: c.version()}
	scopes := c.get(placeScopes)
	p.MatchBy = scopes.attr
	switch p.Version { // without one, nothing says what Scopes must be
	case Version1:
		p.HoHoDk = c.hexList(scopes)
	case Version2:
		p.HoHoDk = c.base64List(scopes)
	}
	if c.violated {
		return Probe{}, failed(c.violation)
	}
	return p, nil
}

func (d *decoded) probeMatches() (ProbeMatches, error) {
	if d.body != placeProbeMatches {
		return ProbeMatches{}, failed(newError(RuleEnvelope, "Envelope", 0, 0, "has a Probe, not a ProbeMatches"))
	}
	all := ProbeMatches{Header: d.headerValue()}
	for i := range d.matches {
		c := checker{message: "ProbeMatches", leaves: &d.matches[i], end: d.ends[i]}
		m := ProbeMatch{Address: c.get(placeAddress).text, Version: c.version()}
		if all := c.get(placeXAddrs).text; all != "" {
			m.XAddrs = fields(all)
		}
		if n, err := strconv.ParseUint(c.get(placeMetadataVersion).text, 10, 32); err == nil {
			m.MetadataVersion = uint32(n)
		}
		switch m.Version {
		case Version1:
			m.HoHoDk = c.hexList(c.get(placeScopes))
			m.BlockCount = c.blockCount(c.get(placeBlockCount), len(m.HoHoDk))
		case Version2:
			m.Availability = c.availability(c.get(placeScopes))
			m.SegmentAges = c.segmentAges(c.get(placeSegmentAges))
		}
		if c.violated {
			return ProbeMatches{}, failed(c.violation)
		}
		all.ProbeMatch = append(all.ProbeMatch, m)
	}
	return all, nil
}

// checker reads the values of one part of a message, and keeps the violation with
// the lowest offset.
type checker struct {
	message   string
	leaves    *leaves
	end       int
	violation Error
	violated  bool
}

func (c *checker) get(p place) *leaf { return c.leaves.get(p, c.end) }

func (c *checker) fail(l *leaf, rule Rule, field string, value uint64, detail string) {
	if c.violated && c.violation.Offset <= l.at {
		return
	}
	if !l.there {
		value, detail = 0, "missing"
	}
	c.violation, c.violated = newError(rule, field, l.at, value, detail), true
	c.violation.Message = c.message
}

func (c *checker) version() Version {
	types := c.get(placeTypes)
	for _, v := range []Version{Version1, Version2} {
		if types.types == v.typeName() {
			return v
		}
	}
	c.fail(types, RuleTypes, "Types", 0, "is not PeerDistData or PeerDistDataV2 in the namespace of MS-PCCRD")
	return 0
}

// hexList reads Scopes of version 1.0.
func (c *checker) hexList(l *leaf) (all []HoHoDk) {
	for i, digits := range fields(l.text) {
		b, err := hex.DecodeString(digits)
		if err != nil {
			c.fail(l, RuleScopes, "Scopes", uint64(i), "has element % that is not hexadecimal, two digits a byte")
			return nil
		}
		all = append(all, b)
	}
	if len(all) == 0 {
		c.fail(l, RuleScopes, "Scopes", 0, "is empty")
	}
	return all
}

// offHoHoDk is where the HoHoDks begin in Scopes of version 2.0 (MS-PCCRD
// 2.2.3.3): behind SegmentHashSize, 2 bytes, and the count, 1 byte.
const offHoHoDk = 3

// base64List reads Scopes of a Probe of version 2.0.
func (c *checker) base64List(l *leaf) (all []HoHoDk) {
	b, ok := c.base64(l, RuleScopesV2, "Scopes")
	if !ok {
		return nil
	}
	if len(b) < offHoHoDk {
		c.fail(l, RuleScopesV2, "Scopes", uint64(len(b)), "has % bytes, must have 3 and the HoHoDks")
		return nil
	}
	size, n := int(binary.BigEndian.Uint16(b)), int(b[2])
	if len(b) != offHoHoDk+size*n {
		c.fail(l, RuleScopesV2, "Scopes", uint64(len(b)), "has % bytes, must have 3 and SegmentHashSize for each HoHoDk")
		return nil
	}
	if size*n == 0 {
		c.fail(l, RuleScopesV2, "Scopes", 0, "is empty")
		return nil
	}
	for i := range n {
		all = append(all, b[offHoHoDk+i*size:][:size:size])
	}
	return all
}

// base64 undoes base64. White space in it is allowed, as in xs:base64Binary.
func (c *checker) base64(l *leaf, rule Rule, field string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(strings.Join(fields(l.text), ""))
	if err != nil || !l.there {
		c.fail(l, rule, field, 0, "is not base64")
		return nil, false
	}
	return b, true
}

// availability reads Scopes of a ProbeMatch of version 2.0.
func (c *checker) availability(l *leaf) (all []Availability) {
	b, ok := c.base64(l, RuleScopesV2, "Scopes")
	if ok && len(b) == 0 {
		c.fail(l, RuleScopesV2, "Scopes", 0, "is empty")
	}
	for _, four := range b {
		for shift := 6; shift >= 0; shift -= 2 {
			all = append(all, Availability(four>>shift)&3)
		}
	}
	return all
}

// blockCount reads BlockCount, 4 bytes for each of n segments; 0 are Scopes that cannot
// be read, and may stand behind it. (MS-PCCRD 2.2.3.9
// has an example of 2 bytes; the samples of messages and all implementations have 4.)
func (c *checker) blockCount(l *leaf, n int) (all []uint32) {
	b, err := hex.DecodeString(l.text)
	if err != nil || len(b)%4 != 0 || n > 0 && len(b) != 4*n || !l.there {
		c.fail(l, RuleBlockCount, "BlockCount", uint64(len(l.text)), "has % characters, must have 8 hexadecimal digits for each segment")
		return nil
	}
	for ; len(b) > 0; b = b[4:] {
		all = append(all, binary.BigEndian.Uint32(b))
	}
	return all
}

func (c *checker) segmentAges(l *leaf) Bytes {
	if !l.there {
		return nil
	}
	b, _ := c.base64(l, RuleSegmentAges, "SegmentAges")
	return b
}
