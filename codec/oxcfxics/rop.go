package oxcfxics

import (
	"bytes"
	"encoding/binary"
	"iter"
	"slices"
)

// RopID is the first byte of a ROP, a remote operation. All its integers are
// little-endian, and there is no padding.
type RopID uint8

// The ROPs that begin a synchronization and upload its state.
const (
	RopSynchronizationConfigure                 RopID = 0x70 // MS-OXCFXICS 2.2.3.2.1.1
	RopSynchronizationUploadStateStreamBegin    RopID = 0x75 // MS-OXCFXICS 2.2.3.2.2.1
	RopSynchronizationUploadStateStreamContinue RopID = 0x76 // MS-OXCFXICS 2.2.3.2.2.2
	RopSynchronizationUploadStateStreamEnd      RopID = 0x77 // MS-OXCFXICS 2.2.3.2.2.3
	RopSynchronizationOpenCollector             RopID = 0x7E // MS-OXCFXICS 2.2.3.2.4.1
	RopSynchronizationGetTransferState          RopID = 0x82 // MS-OXCFXICS 2.2.3.2.3.1
)

// String returns the name without Rop, "SynchronizationConfigure", or "ROP".
func (id RopID) String() string {
	switch id {
	case RopSynchronizationConfigure:
		return "SynchronizationConfigure"
	case RopSynchronizationUploadStateStreamBegin:
		return "SynchronizationUploadStateStreamBegin"
	case RopSynchronizationUploadStateStreamContinue:
		return "SynchronizationUploadStateStreamContinue"
	case RopSynchronizationUploadStateStreamEnd:
		return "SynchronizationUploadStateStreamEnd"
	case RopSynchronizationOpenCollector:
		return "SynchronizationOpenCollector"
	case RopSynchronizationGetTransferState:
		return "SynchronizationGetTransferState"
	}
	return "ROP"
}

// HasOutputHandleIndex reports whether the ROP makes an object: its request has an
// OutputHandleIndex, which the response repeats.
func (id RopID) HasOutputHandleIndex() bool {
	return id == RopSynchronizationConfigure || id == RopSynchronizationOpenCollector || id == RopSynchronizationGetTransferState
}

// SynchronizationType says what is synchronized.
type SynchronizationType uint8

// The types of synchronization.
const (
	SynchronizationContents  SynchronizationType = 1
	SynchronizationHierarchy SynchronizationType = 2
)

// String returns "contents", "hierarchy" or "unknown".
func (t SynchronizationType) String() string {
	switch t {
	case SynchronizationContents:
		return "contents"
	case SynchronizationHierarchy:
		return "hierarchy"
	}
	return "unknown"
}

// Bits that requests must not set, or set alike.
const (
	sendOptionUnicode   = 0x01
	sendOptionsReserved = 0x60
	flagUnicode         = 0x0001
	flagReserved        = 0x1000
)

// PropertyTags are property tags in a ROP: a view of bytes with four for each.
type PropertyTags struct {
	b []byte
}

// NewPropertyTags returns tags as a ROP has them.
func NewPropertyTags(tags ...uint32) PropertyTags {
	b := make([]byte, 0, 4*len(tags))
	for _, tag := range tags {
		b = binary.LittleEndian.AppendUint32(b, tag)
	}
	return PropertyTags{b}
}

// Len returns how many tags there are.
func (p PropertyTags) Len() int { return len(p.b) / 4 }

// At returns tag i.
func (p PropertyTags) At(i int) uint32 { return binary.LittleEndian.Uint32(p.b[4*i:]) }

// Request is a request of one of the ROPs. Which fields it has besides the first
// three depends on the RopID; the others are zero. Its slices alias what was decoded.
type Request struct {
	RopID            RopID
	LogonID          uint8
	InputHandleIndex uint8

	OutputHandleIndex uint8 // of Configure, OpenCollector and GetTransferState

	// SynchronizationConfigure
	SynchronizationType       SynchronizationType
	SendOptions               uint8
	SynchronizationFlags      uint16
	RestrictionData           []byte
	SynchronizationExtraFlags uint32
	PropertyTags              PropertyTags

	// SynchronizationUploadStateStreamBegin
	StateProperty      StateProperty
	TransferBufferSize uint32 // length in bytes of the value that is uploaded

	// SynchronizationUploadStateStreamContinue
	StreamData []byte

	// SynchronizationOpenCollector
	IsContentsCollector uint8 // 0: hierarchy
}

// Clone returns a copy that aliases nothing.
func (q Request) Clone() Request {
	q.RestrictionData = bytes.Clone(q.RestrictionData)
	q.PropertyTags.b = bytes.Clone(q.PropertyTags.b)
	q.StreamData = bytes.Clone(q.StreamData)
	return q
}

// fixedLen returns the length of a request without its parts of variable length, 0 if
// the ROP is none of ours.
func (id RopID) fixedLen() int {
	switch id {
	case RopSynchronizationConfigure:
		return 16
	case RopSynchronizationUploadStateStreamBegin:
		return 11
	case RopSynchronizationUploadStateStreamContinue:
		return 7
	case RopSynchronizationUploadStateStreamEnd:
		return 3
	case RopSynchronizationOpenCollector:
		return 5
	case RopSynchronizationGetTransferState:
		return 4
	}
	return 0
}

// DecodeRequest decodes b, the request of one ROP and nothing else, which the result
// aliases. The error, if any, is an *Error for the first format rule that b violates.
func DecodeRequest(b []byte) (Request, error) {
	q, n, e := readRequest(b)
	if e.Rule == "" && n < len(b) {
		e = Error{RuleRopTrailing, q.RopID.String(), n, uint64(len(b) - n), "% bytes follow the ROP"}
	}
	if e.Rule != "" {
		return Request{}, failed(e)
	}
	return q, nil
}

// Requests iterates over the requests of b, ROPs one after another, which they alias.
// It ends after an error, an *Error with its Offset from the first byte of b.
func Requests(b []byte) iter.Seq2[Request, error] {
	return func(yield func(Request, error) bool) {
		for at := 0; at < len(b); {
			q, n, e := readRequest(b[at:])
			if e.Rule != "" {
				yield(Request{}, failed(e.within(e.Structure, at)))
				return
			}
			if !yield(q, nil) {
				return
			}
			at += n
		}
	}
}

// readRequest returns the request that b begins with, and its length.
func readRequest(b []byte) (q Request, n int, e Error) {
	if len(b) == 0 {
		return q, 0, Error{RuleRopTruncated, "ROP", 0, 0, "is empty"}
	}
	q.RopID = RopID(b[0])
	n = q.RopID.fixedLen()
	if n == 0 {
		return q, 0, Error{RuleRopUnknown, "ROP", 0, uint64(b[0]), "RopId # is not of a synchronization"}
	}
	cut := Error{RuleRopTruncated, q.RopID.String(), 0, uint64(len(b)), "is cut after % bytes"}
	if len(b) < n {
		return q, 0, cut
	}
	q.LogonID, q.InputHandleIndex = b[1], b[2]
	if q.RopID.HasOutputHandleIndex() {
		q.OutputHandleIndex = b[3]
	}
	switch q.RopID {
	case RopSynchronizationConfigure:
		q.SynchronizationType, q.SendOptions = SynchronizationType(b[4]), b[5]
		q.SynchronizationFlags = binary.LittleEndian.Uint16(b[6:])
		restriction := int(binary.LittleEndian.Uint16(b[8:]))
		if n += restriction; len(b) < n {
			return q, 0, cut
		}
		rest := b[10+restriction:]
		q.RestrictionData = b[10 : 10+restriction : 10+restriction]
		q.SynchronizationExtraFlags = binary.LittleEndian.Uint32(rest)
		tags := 4 * int(binary.LittleEndian.Uint16(rest[4:]))
		if n += tags; len(b) < n {
			return q, 0, cut
		}
		q.PropertyTags = PropertyTags{rest[6 : 6+tags : 6+tags]}
	case RopSynchronizationUploadStateStreamBegin:
		q.StateProperty = StateProperty(binary.LittleEndian.Uint32(b[3:]))
		q.TransferBufferSize = binary.LittleEndian.Uint32(b[7:])
	case RopSynchronizationUploadStateStreamContinue:
		size := uint64(binary.LittleEndian.Uint32(b[3:]))
		if uint64(len(b)-n) < size {
			return q, 0, cut
		}
		q.StreamData = b[n : n+int(size) : n+int(size)]
		n += int(size)
	case RopSynchronizationOpenCollector:
		q.IsContentsCollector = b[4]
	}
	return q, n, q.violation()
}

// violation returns the format rule that the values of q violate, if any.
func (q *Request) violation() Error {
	e := Error{Structure: q.RopID.String()}
	switch q.RopID {
	case RopSynchronizationConfigure:
		if q.SynchronizationType.String() == "unknown" {
			e.Rule, e.Offset, e.Value, e.detail = RuleSynchronizationType, 4, uint64(q.SynchronizationType), "SynchronizationType is %, must be 1 or 2"
		}
	case RopSynchronizationUploadStateStreamBegin:
		if q.StateProperty.index() < 0 {
			e.Rule, e.Offset, e.Value, e.detail = RuleBeginStateProperty, 3, uint64(q.StateProperty), "StateProperty # is not a property of the ICS state"
		}
	case RopSynchronizationUploadStateStreamContinue:
		if len(q.StreamData) == 0 {
			e.Rule, e.Offset, e.detail = RuleEmptyStreamData, 3, "StreamDataSize is 0, must be at least 1"
		}
	}
	return e
}

// Warnings returns the rules that bind the sender of q and that it violates. The
// receiver decodes q nevertheless.
func (q *Request) Warnings() []Rule {
	var w []Rule
	add := func(violated bool, r Rule) {
		if violated {
			w = append(w, r)
		}
	}
	configure := q.RopID == RopSynchronizationConfigure
	add(configure && q.SendOptions&sendOptionsReserved != 0, RuleReservedSendOption)
	add(configure && q.SynchronizationFlags&flagReserved != 0, RuleReservedSynchronizationFlag)
	add(configure && (q.SendOptions&sendOptionUnicode != 0) != (q.SynchronizationFlags&flagUnicode != 0), RuleUnicodeFlagsDiffer)
	add(configure && q.SynchronizationType == SynchronizationHierarchy && len(q.RestrictionData) > 0, RuleRestrictionForHierarchy)
	add(q.RopID == RopSynchronizationUploadStateStreamBegin && q.StateProperty == IdsetGivenBinary, RuleIdsetGivenAsBinary)
	add(q.RopID == RopSynchronizationOpenCollector && q.IsContentsCollector > 1, RuleBooleanNotZeroOrOne)
	return w
}

// EncodedLen returns the length in bytes of what AppendBinary appends.
func (q *Request) EncodedLen() int {
	n := q.RopID.fixedLen()
	switch q.RopID {
	case RopSynchronizationConfigure:
		n += len(q.RestrictionData) + len(q.PropertyTags.b)
	case RopSynchronizationUploadStateStreamContinue:
		n += len(q.StreamData)
	}
	return n
}

// AppendBinary appends the ROP to dst. The error, if any, is an *Error for a format
// rule that q violates, and dst is returned as it was.
func (q *Request) AppendBinary(dst []byte) ([]byte, error) {
	e := q.violation()
	switch {
	case q.RopID.fixedLen() == 0:
		e = Error{RuleRopUnknown, "ROP", 0, uint64(q.RopID), "RopId # is not of a synchronization"}
	case len(q.RestrictionData) > 0xFFFF:
		e.Rule, e.Offset, e.Value, e.detail = RuleRopTruncated, 8, uint64(len(q.RestrictionData)), "RestrictionData of % bytes does not fit"
	case q.PropertyTags.Len() > 0xFFFF:
		e.Rule, e.Offset, e.Value, e.detail = RuleRopTruncated, 14, uint64(q.PropertyTags.Len()), "% property tags do not fit"
	case uint64(len(q.StreamData)) > 0xFFFFFFFF:
		e.Rule, e.Offset, e.Value, e.detail = RuleRopTruncated, 3, uint64(len(q.StreamData)), "StreamData of % bytes does not fit"
	}
	if e.Rule != "" {
		return dst, failed(e)
	}
	le := binary.LittleEndian
	b := append(slices.Grow(dst, q.EncodedLen()), byte(q.RopID), q.LogonID, q.InputHandleIndex)
	if q.RopID.HasOutputHandleIndex() {
		b = append(b, q.OutputHandleIndex)
	}
	switch q.RopID {
	case RopSynchronizationConfigure:
		b = append(b, byte(q.SynchronizationType), q.SendOptions)
		b = le.AppendUint16(b, q.SynchronizationFlags)
		b = append(le.AppendUint16(b, uint16(len(q.RestrictionData))), q.RestrictionData...)
		b = le.AppendUint32(b, q.SynchronizationExtraFlags)
		b = append(le.AppendUint16(b, uint16(q.PropertyTags.Len())), q.PropertyTags.b...)
	case RopSynchronizationUploadStateStreamBegin:
		b = le.AppendUint32(le.AppendUint32(b, uint32(q.StateProperty)), q.TransferBufferSize)
	case RopSynchronizationUploadStateStreamContinue:
		b = append(le.AppendUint32(b, uint32(len(q.StreamData))), q.StreamData...)
	case RopSynchronizationOpenCollector:
		b = append(b, q.IsContentsCollector)
	}
	return b, nil
}
