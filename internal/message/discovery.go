package message

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// isDiscovery reports whether that is the name of a message of MS-PCCRD.
func isDiscovery(message string) bool { return message == "Probe" || message == "ProbeMatches" }

// isText reports whether n has its value in characters, of which the tree shows no bytes.
func isText(n *spec.Node) bool { return strings.HasPrefix(n.Section, "MS-PCCRD ") }

// availabilities are what the two bits of a segment say.
var availabilities = [...]string{"none", "contradictory", "some", "all"}

// summarizeDiscovery is [Summary] for a message of MS-PCCRD.
func summarizeDiscovery(dst, body []byte) ([]byte, string, bool) {
	d := spec.Dissect(spec.Discovery, body)
	m, _ := d.Discovery()
	if len(d.Violations) > 0 {
		return dst, d.Message, false
	}
	if p := m.Probe; p != nil {
		dst = append(append(dst, version(p)...), ", "...)
		return appendCount(dst, len(p.HoHoDks), "segment"), d.Message, true
	}
	for i := range m.Matches {
		p := &m.Matches[i]
		if i > 0 {
			dst = append(dst, "; "...)
		}
		dst = append(append(dst, version(p)...), ", "...)
		if p.Version == 1 {
			dst = appendCount(dst, len(p.HoHoDks), "segment")
		} else {
			dst = append(dst, "segments "+strings.Join(available(p), " ")...)
		}
		dst = append(dst, " at "+printable.String(strings.Join(p.XAddrs, " "))...)
	}
	return dst, d.Message, true
}

func version(p *spec.DiscoveryPart) string { return "version " + strconv.Itoa(int(p.Version)) + ".0" }

func available(p *spec.DiscoveryPart) (all []string) {
	for _, a := range p.Availability {
		all = append(all, availabilities[a])
	}
	return all
}

// discovery makes rows of what the texts of a message come to.
func (c *collector) discovery(m *spec.DiscoveryMessage) {
	c.computed(0, "derived", "decoded from the text", nil)
	if m.Probe != nil {
		c.part(1, m.Probe)
	}
	for i := range m.Matches {
		c.computed(1, "matches["+strconv.Itoa(i)+"]", "", nil)
		c.part(2, &m.Matches[i])
	}
}

func (c *collector) part(depth int, p *spec.DiscoveryPart) {
	c.computed(depth, "version", strconv.Itoa(int(p.Version)), nil)
	for i, id := range p.HoHoDks {
		blocks := ""
		if i < len(p.BlockCounts) {
			blocks = "BlockCount " + strconv.FormatUint(uint64(p.BlockCounts[i]), 10)
		}
		c.computed(depth, "HoHoDk["+strconv.Itoa(i)+"]", blocks, []byte(id))
	}
	for i, a := range available(p) {
		c.computed(depth, "availability["+strconv.Itoa(i)+"]", a, nil)
	}
	for _, a := range p.Ages {
		c.computed(depth, "age of segment "+strconv.Itoa(int(a.SegmentIndex)), a.Age.String(), nil)
	}
}

// appendDiscovery appends the member "derived" of a message of MS-PCCRD.
func appendDiscovery(dst []byte, m *spec.DiscoveryMessage) []byte {
	if m.Probe != nil {
		return appendPart(dst, m.Probe)
	}
	dst = append(dst, `{"matches":[`...)
	for i := range m.Matches {
		dst = appendPart(comma(dst, i), &m.Matches[i])
	}
	return append(dst, "]}"...)
}

func appendPart(dst []byte, p *spec.DiscoveryPart) []byte {
	dst = strconv.AppendUint(append(dst, `{"version":`...), uint64(p.Version), 10)
	if p.HoHoDks != nil {
		dst = append(dst, `,"segments":[`...)
		for i, id := range p.HoHoDks {
			dst = hex.AppendEncode(append(comma(dst, i), `{"HoHoDk":"`...), []byte(id))
			dst = append(dst, '"')
			if i < len(p.BlockCounts) {
				dst = strconv.AppendUint(append(dst, `,"blocks":`...), uint64(p.BlockCounts[i]), 10)
			}
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	if p.Availability != nil {
		dst = append(dst, `,"availability":[`...)
		for i, a := range available(p) {
			dst = append(comma(dst, i), `"`+a+`"`...)
		}
		dst = append(dst, ']')
	}
	if p.Ages != nil {
		dst = append(dst, `,"ages":[`...)
		for i, a := range p.Ages {
			dst = strconv.AppendUint(append(comma(dst, i), `{"SegmentIndex":`...), uint64(a.SegmentIndex), 10)
			dst = strconv.AppendInt(append(dst, `,"milliseconds":`...), int64(a.Age/time.Millisecond), 10)
			dst = append(dst, '}')
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

// completeDiscovery adds To and Action to the fields of a Probe or ProbeMatches.
func (o *Object) completeDiscovery() {
	header, ok := o.Fields["Header"].(spec.Fields)
	if !ok {
		return // Assemble reports what it is
	}
	to := "urn:schemas-xmlsoap-org:ws:2005:04:discovery"
	if o.Message == "ProbeMatches" {
		to = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
	}
	for name, value := range map[string]string{"To": to, "Action": "http://schemas.xmlsoap.org/ws/2005/04/discovery/" + o.Message} {
		if _, given := header[name]; !given {
			header[name] = value
		}
	}
}
