package pccrtp

import (
	"math"
	"strings"

	"github.com/hostedcache/pchc/pccrc"
)

// Flag is a parameter whose only value in the specification is true.
type Flag uint8

// The values of a Flag.
const (
	Absent Flag = iota
	True
	False // not in the specification; Windows reads it
)

// PeerDist is the value of an X-P2P-PeerDist field (MS-PCCRTP 2.2).
type PeerDist struct {
	Version            Version // of the encoding: the highest that the client supports, or the one used; zero: absent
	HasContentLength   bool
	ContentLength      uint64 // of the content in bytes, before the encoding; in responses
	MissingDataRequest Flag   // in requests: data that peers did not have
}

// PeerDistEx is the value of an X-P2P-PeerDistEx field (MS-PCCRTP 2.2).
type PeerDistEx struct {
	MinContentInformation Version // in requests; zero: absent
	MaxContentInformation Version
	MakeHashRequest       Flag // in responses: ask again, with HashRequest
	HashRequest           Flag // in requests
}

// The positions of the fields in a message.
const (
	fieldEncoding   = iota // Accept-Encoding, Content-Encoding
	fieldPeerDist          // X-P2P-PeerDist
	fieldPeerDistEx        // X-P2P-PeerDistEx
	fieldValidator         // ETag, Last-Modified
)

// kind is the kind of a parameter's value.
type kind uint8

const (
	isVersion kind = iota
	isLength
	isFlag
)

// A parameter of one of the two fields.
type parameter struct {
	name, path        string
	kind              kind
	request, response bool // where it may be
}

var peerDistParameters = [...]parameter{
	{"Version", "X-P2P-PeerDist.Version", isVersion, true, true},
	{"ContentLength", "X-P2P-PeerDist.ContentLength", isLength, false, true},
	{"MissingDataRequest", "X-P2P-PeerDist.MissingDataRequest", isFlag, true, false},
}

var peerDistExParameters = [...]parameter{
	{"MinContentInformation", "X-P2P-PeerDistEx.MinContentInformation", isVersion, true, false},
	{"MaxContentInformation", "X-P2P-PeerDistEx.MaxContentInformation", isVersion, true, false},
	{"MakeHashRequest", "X-P2P-PeerDistEx.MakeHashRequest", isFlag, false, true},
	{"HashRequest", "X-P2P-PeerDistEx.HashRequest", isFlag, true, false},
}

// A reading is what was read of a field: for each parameter where it begins in the
// value, and its value.
type reading struct {
	at      [4]int // -1: absent
	version [4]Version
	length  uint64
	flag    [4]Flag
}

// read reads the value of a field. Violations of format rules go to format, those
// of sender rules to sender, which may be nil.
func (r *reading) read(value string, field int, parameters []parameter, response bool, format, sender *finding) {
	r.at = [4]int{-1, -1, -1, -1}
	e := pccrc.ErrorFields{Rule: RulePeerDist, Field: "X-P2P-PeerDist"}
	if field == fieldPeerDistEx {
		e = pccrc.ErrorFields{Rule: RulePeerDistEx, Field: "X-P2P-PeerDistEx"}
	}
	for rest, at := value, 0; at <= len(value); {
		element, _, _ := strings.Cut(rest, ",")
		start := at + leading(element)
		at += len(element) + 1
		rest = value[min(at, len(value)):]
		if element = trim(element); element == "" {
			continue
		}
		e.Offset, e.Value = start, 0
		name, text, assigned := strings.Cut(element, "=")
		i := 0
		for name = trim(name); i < len(parameters) && !equalFold(name, parameters[i].name); {
			i++
		}
		if !assigned || name == "" {
			e.Detail = "has an element that is not NAME=VALUE"
			format.add(field, e)
			continue
		}
		if i == len(parameters) {
			if sender != nil {
				sender.add(field, pccrc.ErrorFields{Rule: RuleParameters, Field: e.Field, Offset: start, Detail: "has an unknown parameter"})
			}
			continue
		}
		p := &parameters[i]
		fault := ""
		if r.at[i] >= 0 {
			fault = "is repeated"
		} else {
			r.at[i] = start
			fault = r.set(i, p.kind, trim(text))
		}
		if fault != "" {
			v := e
			v.Field, v.Detail = p.path, fault
			format.add(field, v)
			continue
		}
		if sender == nil {
			continue
		}
		v := pccrc.ErrorFields{Rule: RuleParameters, Field: p.path, Offset: start}
		switch {
		case response && !p.response:
			v.Detail = "is for requests"
		case !response && !p.request:
			v.Detail = "is for responses"
		case p.kind == isFlag && trim(text) != "true":
			v.Detail = `is not "true"`
		default:
			continue
		}
		sender.add(field, v)
	}
}

// set reads the value of the i-th parameter, and says what is wrong with it.
func (r *reading) set(i int, k kind, text string) (fault string) {
	switch k {
	case isVersion:
		v, ok := ParseVersion(text)
		if !ok {
			return "is not two numbers with a dot between them"
		}
		r.version[i] = v
	case isLength:
		n, ok := number(text, math.MaxInt64)
		if !ok {
			return "is not a number of bytes"
		}
		r.length = n
	default:
		switch {
		case equalFold(text, "true"):
			r.flag[i] = True
		case equalFold(text, "false"):
			r.flag[i] = False
		default:
			return "is neither true nor false"
		}
	}
	return ""
}

func (r *reading) peerDist() PeerDist {
	return PeerDist{Version: r.version[0], HasContentLength: r.at[1] >= 0, ContentLength: r.length, MissingDataRequest: r.flag[2]}
}

func (r *reading) peerDistEx() PeerDistEx {
	return PeerDistEx{r.version[0], r.version[1], r.flag[2], r.flag[3]}
}

// number reads decimal digits.
func number(s string, most uint64) (uint64, bool) {
	n := uint64(0)
	for i := range len(s) {
		digit := uint64(s[i] - '0')
		if digit > 9 || n > (most-digit)/10 {
			return 0, false
		}
		n = n*10 + digit
	}
	return n, s != ""
}

// leading returns how many blanks s begins with.
func leading(s string) int { return len(s) - len(strings.TrimLeft(s, " \t")) }

func trim(s string) string { return strings.Trim(s, " \t") }

// equalFold compares without regard to the case of ASCII letters.
func equalFold(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if lower(s[i]) != lower(t[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

// accepts reports whether the value of an Accept-Encoding field accepts peerdist:
// it lists it, and not with a weight of 0.
func accepts(value string) bool {
	for element := range strings.SplitSeq(value, ",") {
		coding, parameters, _ := strings.Cut(element, ";")
		if equalFold(trim(coding), Coding) {
			return !refused(parameters)
		}
	}
	return false
}

// refused reports whether the weight among parameters is 0 (RFC 9110 12.4.2).
func refused(parameters string) bool {
	for p := range strings.SplitSeq(parameters, ";") {
		name, weight, _ := strings.Cut(p, "=")
		if equalFold(trim(name), "q") {
			weight = trim(weight)
			return strings.HasPrefix(weight, "0") && strings.Trim(weight, "0.") == ""
		}
	}
	return false
}
