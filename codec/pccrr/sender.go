package pccrr

import "github.com/hostedcache/pchc/pccrc"

// sender holds the fields of a message against the sender rules, in the order
// of the fields, as a cursor reads them.
type sender struct{ judge }

// senderRules begins with the header of a message of type t.
func senderRules(t MsgType, v Version) sender {
	s := sender{judge{typ: t, at: t.bodyOffset()}}
	want := msgTypes[t].version
	if v.MinorVersion != want.MinorVersion {
		s.fail(RuleProtVer, "MESSAGE_HEADER.ProtVer.MinorVersion", 0, s.at-headerLen, uint64(v.MinorVersion), "is %, must be 0")
	}
	if v.MajorVersion != want.MajorVersion {
		detail := "is %, must be 1"
		if want == Version2 {
			detail = "is %, must be 2"
		}
		s.fail(RuleProtVer, "MESSAGE_HEADER.ProtVer.MajorVersion", 0, s.at-headerLen+2, uint64(v.MajorVersion), detail)
	}
	return s
}

func (s *sender) fail(rule Rule, field string, index, offset int, value uint64, detail string) {
	if !s.violated {
		s.judge.fail(rule, field, index, offset, value, detail)
		s.violation.Sender = true
	}
}

// segmentID checks the identifier of a segment. One of the right length has no
// padding.
func (s *sender) segmentID(rule Rule, sizeField string, index int, id []byte) {
	if n := len(id); n != 32 && n != 48 && n != 64 {
		s.fail(rule, sizeField, index, s.at, uint64(n), "is %, must be 32, 48 or 64")
	}
	s.at += paddedLen(len(id))
}

// pad checks padding.
func (s *sender) pad(field string, pad []byte) {
	for _, c := range pad {
		if c != 0 {
			s.fail(RuleZeroPad, field, 0, s.at, uint64(len(pad)), "of length % is not zero")
		}
	}
	s.at += len(pad)
}

// blockRanges checks BLOCK_RANGEs, whose count has been dealt with.
func (s *sender) blockRanges(indexField, countField string, ranges Ranges) {
	for i, r := range ranges.All() {
		if r.Index >= MaxBlocks {
			s.fail(RuleIndex, indexField, i, s.at, uint64(r.Index), "is %, must be 0 to 511")
		}
		if r.Count == 0 || r.End() > MaxBlocks {
			s.fail(RuleBlockCount, countField, i, s.at+4, uint64(r.Count), "is %, must be 1 to 512-Index")
		}
		s.at += rangeLen
	}
}

// rangeCount checks the number of ranges in a request.
func (s *sender) rangeCount(rule Rule, field string, n int) {
	if n == 0 || n > MaxBlockRanges {
		s.fail(rule, field, 0, s.at, uint64(n), "is %, must be 1 to 256")
	}
}

// empty checks that there is nothing in a field for a block's verification.
func (s *sender) empty(rule Rule, field string, b []byte) {
	if len(b) > 0 {
		s.fail(rule, field, 0, s.at, uint64(len(b)), "is %, must be 0")
	}
	s.at += 4 + len(b)
}

// blob checks an ExtensibleBlob, with its size: nothing, or what no receiver
// discards.
func (s *sender) blob(b []byte) {
	s.at += 4
	if len(b) == 0 || s.violated {
		return
	}
	e, ok := checkExtensibleBlob(b)
	if ok && SegmentAgeUnits(b[offSegmentAgeUnits]) != Hundredths {
		e, ok = pccrc.NewError(pccrc.ErrorFields{Rule: RuleUnits, Field: "SegmentAgeUnits", Offset: offSegmentAgeUnits,
			Value: uint64(b[offSegmentAgeUnits]), Detail: "is %, must be 3"}), false
	}
	if !ok {
		s.violated, s.violation = true, e.Within(s.typ.String(), "MESSAGE_BODY.ExtensibleBlob", s.at)
		s.violation.Sender = true
	}
}
