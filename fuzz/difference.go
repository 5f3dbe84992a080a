package fuzz

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// Fault is a way to be wrong.
type Fault string

const (
	// Of whatever decodes.
	Accepted   Fault = "accepted"   // it takes for valid what breaks a format rule
	Rejected   Fault = "rejected"   // it takes for malformed what breaks none
	WrongRule  Fault = "wrong-rule" // it rejects, but names another rule or place
	WrongName  Fault = "message"    // it takes the message for another one
	WrongField Fault = "field"      // a field is missing, or has another place or value
	Derived    Fault = "derived"    // what it derives from the fields is wrong
	Sender     Fault = "sender"     // it is wrong about sender rules
	Encoding   Fault = "encoding"   // what it decoded it encodes otherwise
	Memory     Fault = "memory"     // it uses memory that the bytes do not back

	// Of a hosted cache.
	Answered   Fault = "answered"   // it answers what is to be dropped
	Unanswered Fault = "unanswered" // it does not answer what is to be answered
	WrongCode  Fault = "code"       // the ResponseCode is another one
	Malformed  Fault = "malformed"  // its answer is no RESPONSE_MESSAGE

	// Of both.
	Crash    Fault = "crash"   // it ends, or can no longer be reached
	Hang     Fault = "hang"    // it does not answer in time
	Slow     Fault = "slow"    // it takes long to answer
	BadReply Fault = "garbage" // its answer cannot be understood
)

// Difference is an error: what an implementation did wrong with a message.
type Difference struct {
	Fault Fault
	// Rule is the id of the requirement that it is about, as far as that is
	// known: of the format rule that the message breaks first, or that of the
	// field that is wrong. A field without a requirement of its own has an id
	// that is made in the same way (PCHC-2.2.1.5-BlockSize).
	Rule string
	// Requirement is what else is broken: the requirement of MS-PCHC section 3
	// that a hosted cache did not keep. "" for a decoder.
	Requirement string
	// ReportedRule is a rule that a decoder says is broken, although it is not, or not
	// there; "" if it says nothing of the sort.
	ReportedRule string
	Offset       int    // in the message, of the field that it is about; 0 where there is none
	Field        string // its path; "" where there is none
	Detail       string // one clause, without keys
}

// Error returns a line, such as
//
//	accepted: PCHC-2.2.1.5-HashAlgorithm: SegmentDescriptor[0].HashAlgorithm at 42: is 2, must be 1 or 4
func (d *Difference) Error() string {
	var b strings.Builder
	b.WriteString(string(d.Fault))
	if d.Rule != "" {
		b.WriteString(": " + d.Rule)
	}
	if d.Requirement != "" {
		b.WriteString(" (" + d.Requirement + ")")
	}
	if d.Field != "" {
		b.WriteString(": " + d.Field + " at " + strconv.Itoa(d.Offset))
	}
	if d.Detail != "" {
		b.WriteString(": " + d.Detail)
	}
	return b.String()
}

// FieldID returns the id of the requirement that is about a field, or what it
// would be: PCHC-2.2.1.2-Port for Port of section MS-PCHC 2.2.1.2.
func FieldID(n *spec.Node) string {
	return strings.Replace(strings.TrimPrefix(n.Section, "MS-"), " ", "-", 1) + "-" + n.Name
}

// StripIndexes returns the path of a field without the indices in it:
// SegmentDescriptor.HashAlgorithm for SegmentDescriptor[3].HashAlgorithm.
func StripIndexes(path string) string {
	var b strings.Builder
	for part := range strings.SplitSeq(path, "[") {
		if i := strings.IndexByte(part, ']'); i >= 0 {
			part = part[i+1:]
		}
		b.WriteString(part)
	}
	return b.String()
}
