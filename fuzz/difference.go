package fuzz

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// Fault is the kind of a failure.
type Fault string

const (
	// Of any decoder.
	Accepted   Fault = "accepted"   // accepts a message that violates a format rule
	Rejected   Fault = "rejected"   // rejects a message that violates none
	WrongRule  Fault = "wrong-rule" // rejects, but reports another rule or offset
	WrongName  Fault = "message"    // identifies another message
	WrongField Fault = "field"      // a field is missing, or has a wrong offset or value
	Derived    Fault = "derived"    // computes wrong values from the fields
	Sender     Fault = "sender"     // is wrong about sender rules
	Encoding   Fault = "encoding"   // does not encode what it decoded to the same bytes
	Memory     Fault = "memory"     // allocates memory that the bytes do not back

	// Of a hosted cache or retrieval server.
	Answered   Fault = "answered"   // answers a message that it must drop
	Unanswered Fault = "unanswered" // drops a message that it must answer
	WrongCode  Fault = "code"       // answers with a wrong ResponseCode
	Malformed  Fault = "malformed"  // sends an invalid message
	Mismatch   Fault = "mismatch"   // answers with a message that does not fit the request, or with a wrong block
	Unfetched  Fault = "unfetched"  // does not retrieve the blocks of an offer, or not from where it must

	// Of the processes of both.
	Leak       Fault = "leak"       // keeps memory, files or threads of each message
	Complexity Fault = "complexity" // needs time that grows faster than the message
	Aging      Fault = "aging"      // needs more and more time for the same message
	Idle       Fault = "idle"       // uses the processor without a message
	Limit      Fault = "limit"      // exceeds a limit that the user has set

	// Of a client.
	Unexpected Fault = "unexpected" // sends what it must not send, or not then
	Missing    Fault = "missing"    // does not send what it must
	Unserved   Fault = "unserved"   // does not serve what it has offered; of a hosted cache: what it has retrieved or listed
	Transport  Fault = "transport"  // breaks HTTP or TLS

	// Of all.
	Wrong    Fault = "wrong"     // answers wrongly, in one way or another, whatever the message
	Crash    Fault = "crash"     // exits, or becomes unreachable
	Hang     Fault = "hang"      // does not reply in time
	Slow     Fault = "slow"      // replies slowly
	BadReply Fault = "bad-reply" // sends an invalid reply
)

// Difference is an error: the failure of an implementation with a message.
type Difference struct {
	Fault Fault
	// Rule is the id of the requirement that it is about, if known: the first
	// format rule that the message violates, or the rule of the wrong field.
	// For a field without a requirement the id is made up the same way
	// (PCHC-2.2.1.5-BlockSize).
	Rule string
	// Requirement is the requirement of section 3 of MS-PCHC or MS-PCCRR that a server
	// violated; "" for a decoder.
	Requirement string
	// ReportedRule is a rule that a decoder reports as violated although it is
	// not, or not at that place; "" if there is none.
	ReportedRule string
	Offset       int    // of the field, in bytes from the start of the message; 0 if there is none
	Field        string // its path; "" if there is none
	Detail       string // one clause, without keys
	// Required is what the target had to do instead, a sentence, where the text of the
	// requirement does not say it, as for a limit of our own. "" otherwise.
	Required string
	// Answer is what the target answered, printable, shortened and without what may be
	// keys; "" if there was no answer, or it is not known.
	Answer string
	// Report is the beginning of the report of a sanitizer or of another checker, in
	// lines, printable; "" if there is none.
	Report string
	// Connections is over how many connections messages were sent at the same time,
	// 0 if they were sent one after the other.
	Connections int
	// HTTP is the way in which the message was sent over HTTP, such as "chunked", if the
	// failure depends on that: sent as usual, the message does not fail. "" otherwise.
	HTTP string
	// Wire is what was sent and what came back, printable and without keys, a line each;
	// "" if it does not matter.
	Wire string
	// Number is which message to the process it was, from 1, with those that the target
	// itself sends in between. 0: not known.
	Number int
	// Echo says that the answer is, byte for byte, the one to an earlier message: which,
	// from 1. 0: it is not, or that is not known.
	Echo int
}

// Error returns one line such as
//
//	accepted: PCHC-2.2.1.5-HashAlgorithm: SegmentDescriptor[0].HashAlgorithm at 42: is 2, must be 1 or 4
func (d *Difference) Error() string {
	var b strings.Builder
	b.WriteString(string(d.Fault))
	if d.Rule != "" {
		b.WriteString(": " + d.Rule)
	}
	if d.Requirement != "" && d.Requirement != d.Rule {
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

// FieldID returns the id that the requirement about a field has or would have:
// PCHC-2.2.1.2-Port for Port of section MS-PCHC 2.2.1.2.
func FieldID(n *spec.Node) string {
	return strings.Replace(strings.TrimPrefix(n.Section, "MS-"), " ", "-", 1) + "-" + n.Name
}

// StripIndexes returns the path of a field without its list indexes:
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
