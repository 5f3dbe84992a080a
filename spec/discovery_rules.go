package spec

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
)

// judge reports the violations of a document that is well formed.
func (r *discoveryReader) judge(root *xmlElement) {
	r.envelope(root)
	malformed := len(r.violations) > 0 // then values are not looked at
	body := root.find("Body")
	probe, matches := body.find("Probe"), body.find("ProbeMatches")
	if r.message == "UNKNOWN" {
		return
	}
	r.header(root)
	switch {
	case r.message == "Probe" && probe != nil:
		r.probe(probe, malformed)
		return
	case r.message == "Probe" || matches == nil: // it is in a second Body
		return
	}
	i := 0
	for _, c := range matches.children {
		if discoveryElement("ProbeMatches", c.uri, c.local) != nil {
			r.probeMatch(c, "Body.ProbeMatches.ProbeMatch["+strconv.Itoa(i)+"].", malformed)
			i++
		}
	}
}

// envelope reports what is not as WS-Discovery and the protocol have it.
func (r *discoveryReader) envelope(root *xmlElement) {
	fault := func(at int, detail string) { r.report("PCCRD-2.2.1-Envelope", "Envelope", at, 0, detail) }
	bodies := 0
	var look func(e *xmlElement, row *DiscoveryElement)
	look = func(e *xmlElement, row *DiscoveryElement) {
		seen := map[string]bool{}
		for _, c := range e.children {
			known := discoveryElement(row.Name, c.uri, c.local)
			switch {
			case row.isLeaf():
				fault(c.at, "has an element in one that has none")
				continue
			case known == nil && row.Name == "Body":
				fault(c.at, "has something other than a Probe or a ProbeMatches in its Body")
			case known == nil:
			case row.Name == "Body" && bodies > 0, !known.Repeated && seen[known.Name]:
				fault(c.at, "has an element twice")
			}
			if known == nil {
				continue
			}
			seen[known.Name] = true
			if row.Name == "Body" {
				bodies++
			}
			look(c, known)
		}
		if row.Name == "ProbeMatches" && !seen["ProbeMatch"] {
			fault(e.closing, "has a ProbeMatches without a ProbeMatch")
		}
	}
	if row := discoveryElement("", root.uri, root.local); row != nil {
		look(root, row)
	} else {
		fault(root.at, "is not that of SOAP 1.2")
	}
	if bodies == 0 {
		fault(len(**r.input), "has no Body with a Probe or a ProbeMatches")
	}
}

// isLeaf reports whether no elements are in it.
func (e *DiscoveryElement) isLeaf() bool {
	return e.Form != Structure || e.Name == "AppSequence"
}

// place returns where a child of e would be that is not there, or where it is.
func place(child, e *xmlElement) int {
	if child != nil {
		return child.at
	}
	return e.closing
}

// header reports the sender rules of the header.
func (r *discoveryReader) header(root *xmlElement) {
	header := root.find("Header")
	around := header
	if around == nil {
		around = root
	}
	check := func(name, rule string, ok bool, detail string) {
		if child := header.find(name); !ok && child == nil {
			r.report(rule, "Header."+name, around.closing, 0, "missing")
		} else if !ok {
			r.report(rule, "Header."+name, child.at, 0, detail)
		}
	}
	text := func(name string) string {
		if child := header.find(name); child != nil {
			return child.value()
		}
		return ""
	}
	to := "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
	if r.message == "ProbeMatches" {
		to = namespaceAddressing + "/role/anonymous"
	}
	check("To", "PCCRD-2.2.1-To", text("To") == to, "must be "+to)
	action := namespaceDiscovery + "/" + r.message
	check("Action", "PCCRD-2.2.1-Action", text("Action") == action, "must be "+action)
	check("MessageID", "PCCRD-2.2.1-MessageID", text("MessageID") != "", "is empty")
	if r.message == "ProbeMatches" {
		check("RelatesTo", "PCCRD-2.2.1-RelatesTo", text("RelatesTo") != "", "is empty")
		sequence := header.find("AppSequence")
		check("AppSequence", "PCCRD-2.2.3.6-AppSequence", is32(sequence.attributeValue("InstanceId")) && is32(sequence.attributeValue("MessageNumber")),
			"must have the numbers InstanceId and MessageNumber")
	}
}

// is32 reports whether s is a number of 32 bits.
func is32(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// fault reports a violation at a child of e, or that it is missing.
func (r *discoveryReader) fault(e *xmlElement, rule, path, name string, value uint64, detail string) {
	child := e
	for part := range strings.SplitSeq(name, ".") {
		child = child.find(part)
	}
	if child == nil {
		value, detail = 0, "missing"
	}
	r.report(rule, path+name, place(child, e), value, detail)
}

// types returns the version of a Probe or ProbeMatch, 0 where that cannot be told.
func (r *discoveryReader) types(e *xmlElement) uint8 {
	types := e.find("Types")
	if types == nil {
		return 0
	}
	prefix, local, prefixed := strings.Cut(types.value(), ":")
	if !prefixed {
		prefix, local = "", prefix
	} else if prefix == "" { // a colon is behind a prefix (Namespaces in XML, PrefixedName)
		return 0
	}
	if uri, _ := types.resolve(prefix); uri != namespacePeerDist {
		return 0
	}
	return uint8(1 + slices.Index([]string{"PeerDistData", "PeerDistDataV2"}, local))
}

const notOurs = "is not PeerDistData or PeerDistDataV2 in the namespace of MS-PCCRD"

// probe reports the violations in a Probe.
func (r *discoveryReader) probe(e *xmlElement, malformed bool) {
	const path = "Body.Probe."
	version := r.types(e)
	if version == 0 && !malformed {
		r.fault(e, "PCCRD-2.2.3.1-Types", path, "Types", 0, notOurs)
	}
	if version == 0 {
		return
	}
	matchBy := namespaceDiscovery + "/strcmp0"
	if version == 2 {
		matchBy = "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule"
	}
	scopes := e.find("Scopes")
	if scopes.attributeValue("MatchBy") != matchBy {
		r.report("PCCRD-2.2.2.1-MatchBy", path+"MatchBy", place(scopes, e), 0, "must be "+matchBy)
	}
	var ids []string
	var rule string
	var value uint64
	var detail string
	if version == 1 {
		rule = "PCCRD-2.2.3.3-Scopes"
		ids, value, detail = hexScopes(scopes)
	} else {
		rule = "PCCRD-2.2.3.3-ScopesV2"
		ids, value, detail = base64Scopes(scopes)
	}
	if detail != "" && !malformed {
		r.fault(e, rule, path, "Scopes", value, detail)
	}
	r.lengths(e, path, ids)
}

// lengths reports the first HoHoDk that no hash function has made.
func (r *discoveryReader) lengths(e *xmlElement, path string, ids []string) {
	for _, id := range ids {
		if !slices.Contains([]int{32, 48, 64}, len(id)) {
			r.fault(e, "PCCRD-2.2.3.3-HoHoDkLength", path, "Scopes", uint64(len(id)), "has a HoHoDk of "+count(len(id), "byte")+", must have 32, 48 or 64")
			return
		}
	}
}

// hexScopes reads Scopes of version 1.0, or says what is wrong with them.
func hexScopes(scopes *xmlElement) (ids []string, value uint64, fault string) {
	if scopes == nil {
		return nil, 0, "missing"
	}
	for i, w := range words(scopes) {
		id, err := hex.DecodeString(w.text)
		if err != nil {
			return nil, uint64(i), "has element " + strconv.Itoa(i) + " that is not hexadecimal, two digits a byte"
		}
		ids = append(ids, string(id))
	}
	if ids == nil {
		return nil, 0, "is empty"
	}
	return ids, 0, ""
}

// base64Scopes reads Scopes of a Probe of version 2.0.
func base64Scopes(scopes *xmlElement) (ids []string, value uint64, fault string) {
	b, ok := base64Of(scopes)
	if !ok {
		return nil, 0, "is not base64"
	}
	if len(b) < 3 {
		return nil, uint64(len(b)), "has " + count(len(b), "byte") + ", must have 3 and the HoHoDks"
	}
	size, n := int(big(b[:2])), int(b[2])
	switch {
	case len(b) != 3+size*n:
		return nil, uint64(len(b)), "has " + count(len(b), "byte") + ", must have 3 and SegmentHashSize for each HoHoDk"
	case size*n == 0:
		return nil, 0, "is empty"
	}
	for id := range slices.Chunk(b[3:], size) {
		ids = append(ids, string(id))
	}
	return ids, 0, ""
}

// base64Of returns what an element holds in base64, in which there may be white space.
func base64Of(e *xmlElement) (b []byte, ok bool) {
	if e == nil {
		return nil, false
	}
	var digits strings.Builder
	for _, w := range words(e) {
		digits.WriteString(w.text)
	}
	b, err := base64.StdEncoding.Strict().DecodeString(digits.String())
	if err != nil {
		return nil, false
	}
	return b, true
}

// probeMatch reports the violations in a ProbeMatch.
func (r *discoveryReader) probeMatch(e *xmlElement, path string, malformed bool) {
	address := e.find("EndpointReference").find("Address")
	if address == nil || !strings.HasPrefix(address.value(), "urn:uuid:") && !strings.HasPrefix(address.value(), "uuid:") {
		r.fault(e, "PCCRD-2.2.3.4-Address", path, "EndpointReference.Address", 0, "is not a UUID as a URI")
	}
	r.addresses(e, path)
	version := r.types(e)
	if version == 0 && !malformed {
		r.fault(e, "PCCRD-2.2.3.1-Types", path, "Types", 0, notOurs)
	}
	if version == 0 {
		return
	}
	r.metadata(e, path, version)
	format := func(rule, name string, value uint64, detail string) {
		if detail != "" && !malformed {
			r.fault(e, rule, path, name, value, detail)
		}
	}
	scopes := e.find("Scopes")
	if version == 1 {
		ids, value, detail := hexScopes(scopes)
		format("PCCRD-2.2.3.3-Scopes", "Scopes", value, detail)
		value, detail = blockCounts(e.find("PeerDistData").find("BlockCount"), len(ids))
		format("PCCRD-2.2.3.9-BlockCount", "PeerDistData.BlockCount", value, detail)
		r.lengths(e, path, ids)
		return
	}
	b, ok := base64Of(scopes)
	switch {
	case !ok:
		format("PCCRD-2.2.3.3-ScopesV2", "Scopes", 0, "is not base64")
	case len(b) == 0:
		format("PCCRD-2.2.3.3-ScopesV2", "Scopes", 0, "is empty")
	}
	for i := range 4 * len(b) {
		if availability(b, i) == 1 {
			r.fault(e, "PCCRD-2.2.3.3-Availability", path, "Scopes", uint64(i), "has segment "+strconv.Itoa(i)+" with all blocks, but not there")
			break
		}
	}
	if ages := e.find("PeerDistData").find("SegmentAges"); ages != nil {
		blob, ok := base64Of(ages)
		if !ok {
			format("PCCRD-2.2.3.9-SegmentAges", "PeerDistData.SegmentAges", 0, "is not base64")
		}
		if rule, field, _, value, detail := blobFault(blob); detail != "" {
			r.report(blobRules[rule].Rule, path+"PeerDistData.SegmentAges", ages.at, value, field+" "+detail)
		}
	}
}

// metadata reports what is wrong with MetadataVersion.
func (r *discoveryReader) metadata(e *xmlElement, path string, version uint8) {
	m := e.find("MetadataVersion")
	n := uint64(0)
	if m != nil {
		n, _ = strconv.ParseUint(m.value(), 10, 32)
	}
	if n != 2 && !(n == 1 && version == 1) {
		r.fault(e, "PCCRD-2.2.3.5-MetadataVersion", path, "MetadataVersion", n, is(n)+", must be 1 in version 1.0, or 2")
	}
}

// availability returns the two bits of a segment.
func availability(b []byte, segment int) uint8 { return b[segment/4] >> (6 - 2*(segment%4)) & 3 }

// blockCounts says what is wrong with a BlockCount for n segments, 0 for a number that
// is not known.
func blockCounts(e *xmlElement, n int) (value uint64, fault string) {
	if e == nil {
		return 0, "missing"
	}
	digits := e.value()
	if b, err := hex.DecodeString(digits); err == nil && (len(b) == 4*n || n == 0 && len(b)%4 == 0) {
		return 0, ""
	}
	return uint64(len(digits)), "has " + count(len(digits), "character") + ", must have 8 hexadecimal digits for each segment"
}

// addresses reports what is wrong with XAddrs.
func (r *discoveryReader) addresses(e *xmlElement, path string) {
	const rule = "PCCRD-2.2.3.8-XAddrs"
	xaddrs := e.find("XAddrs")
	var all []word
	if xaddrs != nil {
		all = words(xaddrs)
	}
	if len(all) == 0 {
		r.fault(e, rule, path, "XAddrs", 0, "is empty")
	}
	for i, w := range all {
		if !isHostPort(w.text) {
			r.fault(e, rule, path, "XAddrs", uint64(i), "has element "+strconv.Itoa(i)+" that is not host:port")
			return
		}
	}
}

// isHostPort reports whether s is a host and a port, without a scheme or a path.
func isHostPort(s string) bool {
	at := strings.LastIndexByte(s, ':')
	if at < 1 || strings.ContainsAny(s, "/?#@") {
		return false
	}
	host := s[:at]
	if port, err := strconv.ParseUint(s[at+1:], 10, 16); err != nil || port == 0 {
		return false
	}
	return !strings.Contains(host, ":") || strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
}
