package pccrc

import (
	"bytes"
	"strconv"
)

// Rule names one rule of the specification, such as
// "PCCRC-2.3.1.2-cBlocks": the document (PCCRC for MS-PCCRC, PCHC for
// MS-PCHC), the section, and what the rule is about. Rules are comparable
// constants and errors, so errors.Is(err, RuleCBlocks) tells whether err
// reports that rule.
type Rule string

// Error returns the rule's name.
func (r Rule) Error() string { return string(r) }

// Section returns where the rule stands, for instance "MS-PCCRC 2.3.1.2", and
// "" for an unknown rule.
func (r Rule) Section() string {
	document, rest := r.cut()
	if rest == "" {
		return ""
	}
	section, _ := rest.cut()
	return "MS-" + string(document) + " " + string(section)
}

func (r Rule) cut() (before, after Rule) {
	for i := range len(r) {
		if r[i] == '-' {
			return r[:i], r[i+1:]
		}
	}
	return r, ""
}

// The format rules of Content Information. Bytes that violate one of them are
// not Content Information: decoders reject them, encoders never write them.
const (
	RuleV1Truncated     Rule = "PCCRC-2.3-Truncated"             // the version 1.0 header is complete
	RuleVersion         Rule = "PCCRC-2.3-Version"               // Version is 0x0100
	RuleDwHashAlgo      Rule = "PCCRC-2.3-dwHashAlgo"            // dwHashAlgo is 0x800C, 0x800D or 0x800E
	RuleCSegments       Rule = "PCCRC-2.3-cSegments"             // at least one segment, and no more than the bytes hold
	RuleBlocksTruncated Rule = "PCCRC-2.3.1.2-Truncated"         // every segment has a cBlocks
	RuleCBlocks         Rule = "PCCRC-2.3.1.2-cBlocks"           // at least one block, and no more than the bytes hold
	RuleV2Truncated     Rule = "PCCRC-2.4-Truncated"             // the version 2.0 header is complete
	RuleBMinorVersion   Rule = "PCCRC-2.4-bMinorVersion"         // bMinorVersion is 0
	RuleBMajorVersion   Rule = "PCCRC-2.4-bMajorVersion"         // bMajorVersion is 2
	RuleBHashAlgo       Rule = "PCCRC-2.4-bHashAlgo"             // bHashAlgo is 4
	RuleChunks          Rule = "PCCRC-2.4-chunks"                // at least one chunk
	RuleChunkTruncated  Rule = "PCCRC-2.4.1.1-Truncated"         // every chunk has a complete header
	RuleBChunkType      Rule = "PCCRC-2.4.1.1-bChunkType"        // bChunkType is 0
	RuleChunkDataLength Rule = "PCCRC-2.4.1.1-dwChunkDataLength" // a positive multiple of 68 that the bytes hold
)

// The sender rules of Content Information. They bind the sender:
// AppendBinary and CheckSenderRules report a violation, decoders accept it.
const (
	RuleV1Offset           Rule = "PCCRC-2.3-dwOffsetInFirstSegment"   // inside the first segment
	RuleReadBytes          Rule = "PCCRC-2.3-dwReadBytesInLastSegment" // no more than the last segment
	RulePadding            Rule = "PCCRC-2.3-Padding"                  // nothing after the last block list
	RuleUllOffsetInContent Rule = "PCCRC-2.3.1.1-ullOffsetInContent"   // each segment begins where the one before it ends
	RuleV1CbSegment        Rule = "PCCRC-2.3.1.1-cbSegment"            // 1 byte to 32 MiB; exactly 32 MiB in all but the last
	RuleCbBlockSize        Rule = "PCCRC-2.3.1.1-cbBlockSize"          // cbBlockSize is 65536
	RuleBlockCount         Rule = "PCCRC-2.3.1.2-BlockCount"           // as many blocks as the content range needs
	RuleV2Offset           Rule = "PCCRC-2.4-dwOffsetInFirstSegment"   // inside the first segment
	RuleV2CbSegment        Rule = "PCCRC-2.4.1.2-cbSegment"            // 1 to 131072 bytes
)

// Error is the first violation of a rule in some bytes, or in a value to be
// encoded. It is the error type of this package and of the packages below
// codec. Decoders and encoders return a fresh *Error that the caller may keep;
// the Check functions return one by value, of which the zero value is no
// violation. It holds no bytes of the input, and never a key.
type Error struct {
	// Rule is the rule that is violated.
	Rule Rule
	// Sender is true where Rule is a sender rule: the bytes are well formed,
	// but nobody should write them.
	Sender bool
	// Message is the structure at fault, such as "CONTENT_INFORMATION_V1".
	Message string
	// Offset is the place of the field at fault, in bytes from the start of
	// the message.
	Offset int
	// Value is what was found: the field's value, or a number of bytes or
	// elements, as Detail says.
	Value uint64

	parent, field string // see ErrorFields
	index         [2]int
	detail        string
}

// ErrorFields is what an [Error] is made of, for packages that check other
// structures and report violations in the same form. The path and the detail
// are put together only when they are asked for, so that an error costs one
// allocation.
type ErrorFields struct {
	Rule    Rule
	Sender  bool
	Message string
	// Field is the path of the field at fault, with [] for each index:
	// "segments[].cbSegment".
	Field string
	// Index holds the indexes of Field in order, two at most.
	Index  [2]int
	Offset int
	Value  uint64
	// Detail says what is wrong, with % for Value in decimal and # for Value
	// in hexadecimal: "is %, must be 16".
	Detail string
}

// NewError returns the error that f describes.
func NewError(f ErrorFields) Error {
	return Error{Rule: f.Rule, Sender: f.Sender, Message: f.Message, Offset: f.Offset, Value: f.Value,
		field: f.Field, index: f.Index, detail: f.Detail}
}

// Within returns e as an error of message, a structure that holds the one that
// e is about in its field parent, offset bytes from the start of message.
func (e Error) Within(message, parent string, offset int) Error {
	e.Message, e.parent, e.Offset = message, parent, e.Offset+offset
	return e
}

// failed returns a copy of e that may be kept: the one allocation of whoever
// rejects something. It is not inlined, so that no function that accepts has
// one.
//
//go:noinline
func failed(e Error) error { return &e }

// Path returns the path of the field at fault, such as "segments[3].cbSegment".
func (e Error) Path() string { return string(e.AppendPath(nil)) }

// Detail returns one clause that says what is wrong, such as "is 0, must be at
// least 1".
func (e Error) Detail() string { return string(e.appendDetail(nil)) }

// AppendPath appends Path to dst, without allocating a string.
func (e Error) AppendPath(dst []byte) []byte {
	if e.parent != "" {
		dst = append(append(dst, e.parent...), '.')
	}
	n := 0
	for i := range len(e.field) {
		if e.field[i] == ']' && n < len(e.index) {
			dst = strconv.AppendInt(dst, int64(e.index[n]), 10)
			n++
		}
		dst = append(dst, e.field[i])
	}
	return dst
}

func (e *Error) appendDetail(dst []byte) []byte {
	for i := range len(e.detail) {
		switch c := e.detail[i]; c {
		case '%':
			dst = strconv.AppendUint(dst, e.Value, 10)
		case '#':
			dst = append(dst, "0x"...)
			at := len(dst)
			dst = strconv.AppendUint(dst, e.Value, 16)
			copy(dst[at:], bytes.ToUpper(dst[at:]))
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// Error returns one line such as
//
//	pchc: CONTENT_INFORMATION_V1: blocks[0].cBlocks is 0, must be at least 1 (offset 98, MS-PCCRC 2.3.1.2)
func (e Error) Error() string {
	if e.Rule == "" {
		return "pchc: no violation"
	}
	b := make([]byte, 0, 128)
	b = append(b, "pchc: "...)
	b = append(b, e.Message...)
	b = append(b, ": "...)
	b = e.AppendPath(b)
	if detail := e.Detail(); detail != "" && '0' <= detail[0] && detail[0] <= '9' {
		b = append(append(b, ": "...), detail...) // "Trailing: 3 unexpected bytes"
	} else {
		b = append(append(b, ' '), detail...)
	}
	b = append(b, " (offset "...)
	b = strconv.AppendInt(b, int64(e.Offset), 10)
	b = append(b, ", "...)
	b = append(b, e.Rule.Section()...)
	return string(append(b, ')'))
}

// Unwrap returns the rule, so that errors.Is finds it.
func (e Error) Unwrap() error { return e.Rule }

// As lets errors.As find the value as well as the pointer that decoders return.
func (e *Error) As(target any) bool {
	t, ok := target.(*Error)
	if ok {
		*t = *e
	}
	return ok
}
