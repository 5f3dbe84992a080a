package spec

import (
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Class says whom a rule binds.
type Class uint8

const (
	Format    Class = iota + 1 // defines a correctly formatted message: a receiver drops a violation
	Sender                     // binds the sender: a receiver accepts a violation
	Behaviour                  // binds the behaviour of client or server
)

// String returns "format", "sender" or "behaviour".
func (c Class) String() string {
	switch c {
	case Format:
		return "format"
	case Sender:
		return "sender"
	case Behaviour:
		return "behaviour"
	}
	return "unknown"
}

// Level is the strength of a requirement, in the words of RFC 2119.
type Level uint8

const (
	Must Level = iota + 1
	Should
	May
)

// String returns "MUST", "SHOULD" or "MAY".
func (l Level) String() string {
	switch l {
	case Must:
		return "MUST"
	case Should:
		return "SHOULD"
	case May:
		return "MAY"
	}
	return "unknown"
}

// Evidence is what shows that a requirement is violated.
type Evidence uint8

const (
	NotObservable     Evidence = iota // neither messages nor a capture show it
	MessageBytes                      // the bytes of a message: [Dissect] and [DissectResponse] report it
	CapturedExchange                  // a request with its response and transport: [Follower] reports it, but for HTTPS and POST
	ReferenceClient                   // a comparison with what [Client] does
	ReferenceServer                   // a comparison with what [Server] does
	OtherRequirement                  // another requirement is reported instead
	ContentBytes                      // the bytes of Content Information that is in no request: [Dissect] reports it
	HashBytes                         // the bytes of a SRV_READ_HASH buffer: [Dissect] reports it
	RetrievalBytes                    // the bytes of a message of MS-PCCRR: [Dissect] reports it
	DiscoveryBytes                    // the XML of a message of MS-PCCRD: [Dissect] reports it
	RetrievalExchange                 // a retrieval request with its response: [RetrievalFollower] reports it
	HeaderFields                      // the header fields of HTTP messages: [DissectPeerDistRequest] and its like report it
	Conversation                      // what messages in a capture say together with Content Information and HTTP: pchc check reports it
)

// String returns, for instance, "message bytes".
func (e Evidence) String() string {
	switch e {
	case NotObservable:
		return "not observable"
	case MessageBytes:
		return "message bytes"
	case CapturedExchange:
		return "exchanges in a capture"
	case ReferenceClient:
		return "comparison with the reference client"
	case ReferenceServer:
		return "comparison with the reference server"
	case OtherRequirement:
		return "another requirement"
	case ContentBytes:
		return "bytes of Content Information outside of requests"
	case HashBytes:
		return "bytes of SRV_READ_HASH buffers"
	case RetrievalBytes:
		return "bytes of retrieval messages"
	case RetrievalExchange:
		return "retrieval exchanges in a capture"
	case DiscoveryBytes:
		return "the XML of discovery messages"
	case HeaderFields:
		return "header fields of HTTP messages"
	case Conversation:
		return "conversations in a capture"
	}
	return "unknown"
}

// Dissected reports whether [Dissect] and its like report violations in the bytes of
// messages, Content Information and buffers.
func (e Evidence) Dissected() bool {
	return e == MessageBytes || e == ContentBytes || e == HashBytes || e == RetrievalBytes || e == DiscoveryBytes
}

// Requirement is one rule of the specification, in this project's words.
type Requirement struct {
	ID           string // "PCHC-2.2.1.5-MaxDescriptors"
	Section      string // "MS-PCHC 2.2.1.5"
	Level        Level  // also of a prohibition
	Class        Class
	Text         string // one sentence
	Derived      bool   // a conclusion of this project: the text does not state it, or not all of it
	CheckedBy    Evidence
	Other        string // OtherRequirement: the ID of the one that is reported
	Unobservable string // NotObservable: why, in a clause
}

// Requirements returns the catalogue: all requirements of MS-PCHC (sections 1.5 to
// 3, appendix A), then those of MS-PCCRC (sections 2.1 to 2.5), then those of MS-PCCRTP,
// what MS-SMB2 has about FSCTL_SRV_READ_HASH, and those of MS-PCCRR and MS-PCCRD, each
// in order of section.
func Requirements() []Requirement { return slices.Clone(catalogue().all) }

// RequirementByID returns the requirement with an ID such as
// "PCHC-2.2.1.5-MaxDescriptors", and false if there is none.
func RequirementByID(id string) (Requirement, bool) {
	c := catalogue()
	if i, ok := c.byID[id]; ok {
		return c.all[i], true
	}
	return Requirement{}, false
}

// catalogue returns all requirements, and their positions by ID. It is made when it is
// first needed: a program that finds no violation does not wait for it.
var catalogue = sync.OnceValue(func() (c struct {
	all  []Requirement
	byID map[string]int
}) {
	for _, e := range slices.Concat(messageRequirements, behaviourRequirements, peerDistRequirements, hashRequirements, retrievalRequirements, retrievalBehaviour, discoveryRequirements) {
		r := Requirement{ID: e.id, Section: section(e.id), Level: e.level, Class: e.class, Text: e.text,
			Derived: slices.Contains(derived, e.id), CheckedBy: e.by}
		switch e.by {
		case NotObservable:
			r.Unobservable = e.note
		case OtherRequirement:
			r.Other = e.note
		}
		c.all = append(c.all, r)
	}
	slices.SortStableFunc(c.all, func(a, b Requirement) int { return compareSections(a.Section, b.Section) })
	c.byID = make(map[string]int, len(c.all))
	for i := range c.all {
		c.byID[c.all[i].ID] = i
	}
	return c
})

// An entry is a line of the catalogue.
type entry struct {
	id    string
	level Level
	class Class
	text  string
	by    Evidence
	note  string // NotObservable: why; OtherRequirement: its id
}

// derived are the requirements that the text does not state, or not all of.
var derived = []string{
	"PCHC-2.1-SPNEGO",                  // the text has what a hosted cache can require, and refers to RFC 4559
	"PCHC-2.2.1.3-Hash",                // the lengths of the hash functions of MS-PCCRC; the text has no limit
	"PCHC-2.2.1.4-BlockCount",          // the text has a copy, whose original the message does not show
	"PCHC-2.2.1.4-Interested",          // the text says what follows INTERESTED, and that the message depends on it
	"PCHC-2.2.1.5-MinDescriptors",      // the text says "a sequence"
	"PCHC-2.2.1.5-BlockSize",           // the text has what the field is, and no bounds
	"PCHC-2.2.1.5-SegmentSize",         // likewise
	"PCHC-2.2.2.2-Trailing",            // the text does not say that nothing follows
	"PCCRC-2.3-cSegments",              // that there is one follows from a content range that is not empty
	"PCCRC-2.3-Padding",                // the text does not say that nothing follows
	"PCCRC-2.3.1.1-ullOffsetInContent", // the text has the order; that there are no gaps follows
	"PCCRC-2.3.1.2-cBlocks",            // that there is one follows from a content range that is not empty
	"PCCRC-2.3.1.2-BlockCount",         // the text and its examples differ
	"PCCRC-2.4-dwOffsetInFirstSegment", // the text says "within", and has the bounds for version 1.0
	"PCCRC-2.4-chunks",                 // the text says "a variable number"
	"PCCRTP-1.7-Version",               // the text has what the version of either side means
	"PCCRTP-2.2-ContentEncoding",       // the text does not describe peerdist with other codings
	"SMB2-2.2.31.2-Trailing",           // the text says that fewer bytes are an error
	"SMB2-2.2.32.4.1-HashBlobLength",   // that it is the length of bytes that are there follows
	"SMB2-2.2.32.4.1-HashBlobOffset",   // likewise
	"SMB2-2.2.32.4.1-Trailing",         // the text does not say that nothing follows
	"PCCRR-2.2.3-MsgSizeLimit",         // other sections still have the older limit of responses
	"PCCRR-2.2.4.1-Range",              // the text says which is which
	"PCCRR-2.2.5.1-Range",              // likewise
	"PCCRR-2.2.4.4-CountOfSegmentIDs",  // the text does not say what 0 means
	"PCCRR-2.2.5.3-Block",              // what the mode of encryption asks for
	"PCCRR-2.2.5.3-IVBlock",            // likewise
	"PCCRR-2.2.3-ProtVerMajor",         // the text says what a server answers to a version that it has not
	"PCCRR-2.2.5.3-Ke",                 // the text has the key, and not how much of it
	"PCCRR-2.2.5.3-BlockLength",        // the text does not say how Block is padded
	"PCCRR-2.2.5.3-Padding",            // likewise
	"PCCRR-2.2.5.3-BlockHash",          // the text says that the client verifies it
	"PCCRR-3.2.5-Answer",               // the text has an answer for each case
	"PCCRD-3.1.4.1-Duplicate",          // the text does not say that datagrams come once
	"PCCRD-2.1-XML",                    // the text says SOAP; the limits are this project's
	"PCCRD-2.2.1-Envelope",             // likewise; the text does not say that elements come once
	"PCCRD-2.2.3.3-Availability",       // the text has what each bit means
	"PCCRD-2.2.3.9-BlockCount",         // the text has an example of 4 digits, its samples and all implementations have 8
}

// section returns "MS-PCHC 2.2.1.5" for "PCHC-2.2.1.5-MaxDescriptors".
func section(id string) string {
	document, rest, _ := strings.Cut(id, "-")
	section, _, _ := strings.Cut(rest, "-")
	return "MS-" + document + " " + section
}

// compareSections orders "MS-PCHC 2.2.1.5" by document, then number by number.
func compareSections(a, b string) int {
	documentA, a, _ := strings.Cut(a, " ")
	documentB, b, _ := strings.Cut(b, " ")
	documents := []string{"MS-PCHC", "MS-PCCRC", "MS-PCCRTP", "MS-SMB2", "MS-PCCRR", "MS-PCCRD"}
	if c := slices.Index(documents, documentA) - slices.Index(documents, documentB); c != 0 {
		return c
	}
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(x, y string) int {
		m, _ := strconv.Atoi(x)
		n, _ := strconv.Atoi(y)
		return m - n
	})
}
