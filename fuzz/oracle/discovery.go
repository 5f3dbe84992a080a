package oracle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// CheckDiscovery compares both readings of b as a message of MS-PCCRD, and returns a
// [*fuzz.Difference] if they disagree: on the first violation of a format rule, on
// whether a sender rule is violated, and on the values. What the codec decodes and
// encodes again must have the same values for both.
func CheckDiscovery(b []byte) error { return subject{kind: spec.Discovery, b: b}.check() }

func judgeDiscovery(b []byte, d *spec.Dissection) *fuzz.Difference {
	m, err := pccrd.Decode(b)
	if err != nil {
		return rejectedDiscovery(err, d)
	}
	if first, violated := d.First(); violated {
		return atViolation(fuzz.Accepted, first, first.Detail)
	}
	if difference := discoverySender(m.CheckSenderRules(), d); difference != nil {
		return difference
	}
	want, _ := d.Discovery()
	if difference := sameDiscovery(m, d, want); difference != nil {
		return difference
	}
	again, err := m.AppendLenient(nil)
	if err != nil {
		if len(again) == 0 && m.EncodedLen() > pccrd.MaxLen {
			return nil // it was shorter by its prefixes, say
		}
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: "codec cannot encode what it decoded: " + err.Error()}
	}
	e := spec.Dissect(spec.Discovery, again)
	if first, violated := e.First(); violated {
		return atViolation(fuzz.Encoding, first, first.Detail)
	}
	got, _ := e.Discovery()
	if want, got := fmt.Sprintf("%+v", listed(want)), fmt.Sprintf("%+v", listed(got)); want != got {
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: "encoded again it says " + got + ", not " + want}
	}
	return nil
}

// listed returns the parts of a message as values, which print as what they hold.
func listed(m *spec.DiscoveryMessage) []any {
	all := []any{m.MessageID, m.RelatesTo, m.Matches}
	if m.Probe != nil {
		all = append(all, *m.Probe)
	}
	return all
}

func rejectedDiscovery(err error, d *spec.Dissection) *fuzz.Difference {
	first, violated := d.First()
	e, known := err.(*pccrd.Error)
	switch {
	case !known:
		return atViolation(fuzz.BadReply, first, fmt.Sprintf("codec's error is a %T", err))
	case !violated:
		return atError(fuzz.Rejected, e, "spec finds no violation")
	case string(e.Rule) != first.Rule || e.Offset != first.Offset || e.Sender || e.Path() != lastName(first.Field):
		return atViolation(fuzz.WrongRule, first, fmt.Sprintf("codec reports %s of %s at %d: %s", e.Rule, e.Path(), e.Offset, err))
	case e.Message != d.Message && e.Message != "UNKNOWN": // spec tells it from what there is of it
		return atViolation(fuzz.WrongName, first, "codec names it "+e.Message+", spec "+d.Message)
	}
	return sameValue(fuzz.WrongRule, e, &first)
}

// lastName returns the name of a field without its path.
func lastName(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// discoverySender compares the sender rules. The codec keeps no offsets of what it has
// decoded, so it reports one of them.
func discoverySender(err error, d *spec.Dissection) *fuzz.Difference {
	var rules []string
	for _, v := range d.Violations {
		if !strings.HasPrefix(v.Rule, "PCCRR-") { // of the extensible blob, which the codec leaves to another package
			rules = append(rules, v.Rule)
		}
	}
	if err == nil {
		if len(rules) > 0 {
			return atViolation(fuzz.Sender, d.Violations[0], "codec does not report "+rules[0])
		}
		return nil
	}
	e, known := err.(*pccrd.Error)
	if !known || !e.Sender || !slices.Contains(rules, string(e.Rule)) {
		return &fuzz.Difference{Fault: fuzz.Sender, Detail: fmt.Sprintf("codec reports %v, spec %v", err, rules)}
	}
	return nil
}

// sameDiscovery compares the values of the elements with those in the tree, and what
// they come to with want.
func sameDiscovery(m pccrd.Message, d *spec.Dissection, want *spec.DiscoveryMessage) *fuzz.Difference {
	f := elements{root: &d.Root}
	if probe, ok := m.(pccrd.Probe); ok {
		f.header(&probe.Header)
		f.text("Body.Probe.MatchBy", probe.MatchBy)
		f.equal("the Probe", part(probe.Version, probe.HoHoDk), want.Probe)
		f.equal("RelatesTo", []string{probe.MessageID, probe.RelatesTo}, []string{want.MessageID, want.RelatesTo})
		return f.difference
	}
	matches := m.(pccrd.ProbeMatches)
	f.header(&matches.Header)
	f.equal("RelatesTo", []string{matches.MessageID, matches.RelatesTo}, []string{want.MessageID, want.RelatesTo})
	f.equal("the number of matches", len(matches.ProbeMatch), len(want.Matches))
	for i := range matches.ProbeMatch {
		p := &matches.ProbeMatch[i]
		path := "Body.ProbeMatches.ProbeMatch." + strconv.Itoa(i) + "."
		f.text(path+"EndpointReference.Address", p.Address)
		got := part(p.Version, p.HoHoDk)
		got.Address, got.XAddrs, got.BlockCounts = p.Address, p.XAddrs, p.BlockCount
		for _, a := range p.Availability {
			got.Availability = append(got.Availability, uint8(a))
		}
		if blob, err := pccrr.DecodeExtensibleBlob(p.SegmentAges); err == nil {
			for _, age := range blob.All() {
				got.Ages = append(got.Ages, spec.SegmentAge{SegmentIndex: age.SegmentIndex, Age: time.Duration(age.Age) * blob.SegmentAgeUnits().Duration()})
			}
		}
		if f.difference == nil {
			f.equal("a ProbeMatch", got, &want.Matches[i])
		}
		version, _ := f.number(path + "MetadataVersion")
		f.equal("MetadataVersion", p.MetadataVersion, version)
	}
	return f.difference
}

func part(v pccrd.Version, ids []pccrd.HoHoDk) *spec.DiscoveryPart {
	p := &spec.DiscoveryPart{Version: uint8(v)}
	for _, id := range ids {
		p.HoHoDks = append(p.HoHoDks, string(id))
	}
	return p
}

// elements compares values with those in a tree, and keeps the first difference.
type elements struct {
	root       *spec.Node
	difference *fuzz.Difference
}

func (f *elements) equal(what string, codec, spec any) {
	if got, want := fmt.Sprintf("%+v", codec), fmt.Sprintf("%+v", spec); got != want && f.difference == nil {
		f.difference = &fuzz.Difference{Fault: fuzz.WrongField, Detail: what + " is " + got + " for the codec, " + want + " for spec"}
	}
}

// node returns the node at a path of names and positions, nil if there is none.
func (f *elements) node(path string) *spec.Node {
	n := f.root
	for name := range strings.SplitSeq(path, ".") {
		if i, err := strconv.Atoi(name); err == nil && n != nil && i < len(n.Children) {
			n = &n.Children[i]
			continue
		}
		n = n.Child(name)
	}
	return n
}

func (f *elements) text(path, codec string) {
	text := ""
	if n := f.node(path); n != nil {
		text = n.Meaning
	}
	f.equal(path, codec, text)
}

// number returns the number at a path, 0 where there is none.
func (f *elements) number(path string) (uint32, bool) {
	n := f.node(path)
	if n == nil || n.Form != spec.Integer {
		return 0, false
	}
	return uint32(n.Value), true
}

func (f *elements) header(h *pccrd.Header) {
	f.text("Header.To", h.To)
	f.text("Header.Action", h.Action)
	f.text("Header.MessageID", h.MessageID)
	f.text("Header.RelatesTo", h.RelatesTo)
	instance, ok := f.number("Header.AppSequence.InstanceId")
	number, also := f.number("Header.AppSequence.MessageNumber")
	var sequence pccrd.AppSequence
	if h.AppSequence != nil {
		sequence = *h.AppSequence
	}
	f.equal("AppSequence", h.AppSequence != nil, ok && also)
	if ok && also {
		f.equal("AppSequence", sequence, pccrd.AppSequence{InstanceId: instance, MessageNumber: number})
	}
}
