package oxcfxics

import (
	"encoding/binary"
	"iter"
)

// StateProperty is the tag of a property of the ICS state (MS-OXCFXICS 2.2.1.1).
type StateProperty uint32

// The properties of the ICS state. A server also accepts IdsetGivenBinary, which says
// what type the value has; a client sends IdsetGiven.
const (
	IdsetGiven       StateProperty = 0x40170003 // MetaTagIdsetGiven, 2.2.1.1.1
	IdsetGivenBinary StateProperty = 0x40170102
	CnsetSeen        StateProperty = 0x67960102 // MetaTagCnsetSeen, 2.2.1.1.2
	CnsetSeenFAI     StateProperty = 0x67DA0102 // MetaTagCnsetSeenFAI, 2.2.1.1.3
	CnsetRead        StateProperty = 0x67D20102 // MetaTagCnsetRead, 2.2.1.1.4
)

// properties are the properties of the ICS state in the order in which an [Upload]
// sends them.
var properties = [...]StateProperty{IdsetGiven, CnsetSeen, CnsetSeenFAI, CnsetRead}

// index returns the place of p in properties, -1 if it is none.
func (p StateProperty) index() int {
	switch p {
	case IdsetGiven, IdsetGivenBinary:
		return 0
	case CnsetSeen:
		return 1
	case CnsetSeenFAI:
		return 2
	case CnsetRead:
		return 3
	}
	return -1
}

// String returns the name of the property, "MetaTagCnsetSeen", or "unknown".
func (p StateProperty) String() string {
	if i := p.index(); i >= 0 {
		return [...]string{"MetaTagIdsetGiven", "MetaTagCnsetSeen", "MetaTagCnsetSeenFAI", "MetaTagCnsetRead"}[i]
	}
	return "unknown"
}

// StateBlock is a sequence of state properties as in a FastTransfer stream: of each
// the tag, the length of its value, and the value, an IDSET with REPLGUIDs; integers
// are 32 bits, little-endian. It is a view of the bytes that were decoded.
type StateBlock struct {
	b []byte
}

// StateValue is a property in a StateBlock. Its IDSet aliases the bytes of that.
type StateValue struct {
	Property StateProperty
	IDSet    IDSet
}

// DecodeStateBlock decodes b, which the result aliases. The error, if any, is an
// *Error for the first format rule that b violates.
func DecodeStateBlock(b []byte) (StateBlock, error) {
	for at := 0; at < len(b); {
		_, n, err := readStateValue(b[at:])
		if err != nil {
			e := err.(*Error)
			e.Offset += at
			return StateBlock{}, e
		}
		at += n
	}
	return StateBlock{b}, nil
}

// All iterates over the properties in the order of the bytes.
func (s StateBlock) All() iter.Seq[StateValue] {
	return func(yield func(StateValue) bool) {
		for b := s.b; len(b) > 0; {
			v, n, _ := readStateValue(b)
			if !yield(v) {
				return
			}
			b = b[n:]
		}
	}
}

// readStateValue returns the property that b begins with, and its length.
func readStateValue(b []byte) (v StateValue, n int, err error) {
	e := Error{Rule: RuleStateTruncated, Structure: "state property"}
	if len(b) >= 4 {
		v.Property = StateProperty(binary.LittleEndian.Uint32(b))
		if v.Property.index() < 0 {
			e.Rule, e.Value, e.detail = RuleStateProperty, uint64(v.Property), "# is not a property of the ICS state"
			return v, 0, failed(e)
		}
	}
	if len(b) < 8 {
		e.Value, e.detail = uint64(len(b)), "tag and length are cut, % of 8 bytes present"
		return v, 0, failed(e)
	}
	size := binary.LittleEndian.Uint32(b[4:])
	if uint64(size) > uint64(len(b)-8) {
		e.Offset, e.Value, e.detail = 4, uint64(size), "value of % bytes is cut"
		return v, 0, failed(e)
	}
	n = 8 + int(size)
	if v.IDSet, err = DecodeIDSet(b[8:n:n], REPLGUID); err != nil {
		err.(*Error).Offset += 8
	}
	return v, n, err
}

// AppendStateValue appends a property of a StateBlock with value, the bytes of an
// IDSET in the form REPLGUID.
func AppendStateValue(dst []byte, p StateProperty, value IDSet) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, uint32(p))
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(value.b)))
	return append(dst, value.b...)
}
