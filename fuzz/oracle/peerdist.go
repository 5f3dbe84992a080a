package oracle

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/codec/pccrtp"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// CheckPeerDist compares both readings of the header fields of PeerDist encoding
// (MS-PCCRTP 2.2), as those of a request, of a response, and of one that answers the
// other. b has a line for each field: the value of Accept-Encoding or
// Content-Encoding, of X-P2P-PeerDist and of X-P2P-PeerDistEx. It returns a
// [*fuzz.Difference] if they disagree.
func CheckPeerDist(b []byte) error {
	lines := append(strings.SplitN(string(b), "\n", 3), "", "")
	f := spec.HTTPFields{Coding: lines[0], PeerDist: lines[1], PeerDistEx: lines[2], Validator: len(b)%2 == 0}

	dissected := spec.DissectPeerDistRequest(f)
	h := pccrtp.RequestHeader{AcceptEncoding: f.Coding, PeerDist: f.PeerDist, PeerDistEx: f.PeerDistEx}
	request, err := pccrtp.DecodeRequest(h)
	if difference := judgePeerDist(err, h.CheckSenderRules(), dissected, request.Accepts, parameters(request.PeerDist, request.PeerDistEx)); difference != nil {
		return difference
	}
	answered := spec.DissectPeerDistResponse(f)
	g := pccrtp.ResponseHeader{ContentEncoding: f.Coding, PeerDist: f.PeerDist, PeerDistEx: f.PeerDistEx, Validator: f.Validator}
	response, failed := pccrtp.DecodeResponse(g)
	if difference := judgePeerDist(failed, g.CheckSenderRules(), answered, response.Encoded, parameters(response.PeerDist, response.PeerDistEx)); difference != nil {
		return difference
	}
	if err != nil || failed != nil {
		return nil
	}
	for version := range 3 {
		v := pccrtp.Version{Major: uint32(version)}
		length := uint64(len(b)) % 8
		var want, got []string
		for _, violation := range spec.ComparePeerDist(dissected, answered, version, length) {
			want = append(want, violation.Rule)
		}
		for _, err := range []error{response.CheckLength(length), response.CheckVersion(request), request.CheckContent(v)} {
			if err != nil {
				got = append(got, string(err.(*pccrtp.Error).Rule))
			}
		}
		if !slices.Equal(got, want) {
			return &fuzz.Difference{Fault: fuzz.Derived, Detail: fmt.Sprintf("of version %d and %d bytes codec reports %v, spec %v", version, length, got, want)}
		}
	}
	return nil
}

// judgePeerDist compares what both say of the fields of a message.
func judgePeerDist(format, sender error, d *spec.PeerDist, used bool, parameters []string) *fuzz.Difference {
	if difference := samePeerDist(fuzz.WrongRule, format, d, spec.Format); difference != nil || format != nil {
		return difference
	}
	if difference := samePeerDist(fuzz.Sender, sender, d, spec.Sender); difference != nil {
		return difference
	}
	var want []string
	for _, p := range d.Parameters {
		want = append(want, p.Name+"="+canonical(p.Value))
	}
	slices.Sort(want)
	slices.Sort(parameters)
	if used != d.Used || !slices.Equal(want, parameters) {
		return &fuzz.Difference{Fault: fuzz.WrongField, Detail: fmt.Sprintf("codec: %t %v, spec: %t %v", used, parameters, d.Used, want)}
	}
	return nil
}

func samePeerDist(fault fuzz.Fault, err error, d *spec.PeerDist, c spec.Class) *fuzz.Difference {
	first, violated := d.First(c)
	if err == nil && !violated {
		return nil
	}
	if err == nil {
		return atViolation(fault, first, "codec does not report it")
	}
	e := err.(*pccrtp.Error)
	if !violated || string(e.Rule) != first.Rule || e.Offset != first.Offset || e.Path() != first.Field || e.Sender != (c == spec.Sender) {
		return atViolation(fault, first, "codec reports "+err.Error())
	}
	return nil
}

// canonical writes a value as package pccrtp does: without leading zeros, in small
// letters.
func canonical(value string) string {
	numbers := strings.Split(strings.ToLower(value), ".")
	for i, n := range numbers {
		if n = strings.TrimLeft(n, "0"); n == "" {
			n = "0"
		}
		numbers[i] = n
	}
	return strings.Join(numbers, ".")
}

// parameters returns the parameters that the codec found.
func parameters(p pccrtp.PeerDist, ex pccrtp.PeerDistEx) []string {
	text := strings.Split(string(p.Append(nil))+", "+string(ex.Append(nil)), ", ")
	return slices.DeleteFunc(text, func(s string) bool { return s == "" })
}
