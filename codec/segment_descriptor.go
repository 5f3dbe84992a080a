package codec

import (
	"encoding/binary"
	"iter"
	"slices"

	"github.com/hostedcache/pchc/pccrc"
)

// Offsets in a SegmentDescriptor (MS-PCHC 2.2.1.5). All integers are big-endian.
//
//	0           4             8                  10           26              27              59
//	| BlockSize | SegmentSize | SizeOfContentTag | ContentTag | HashAlgorithm | SegmentHoHoDk |
const (
	offBlockSize        = 0
	offSegmentSize      = 4
	offSizeOfContentTag = 8
	offContentTag       = 10
	offHashAlgorithm    = 26
	offSegmentHoHoDk    = 27

	// SegmentDescriptorLen is the length in bytes of every valid
	// SegmentDescriptor.
	SegmentDescriptorLen = 59
)

// HashAlgorithm is the HashAlgorithm field of a SegmentDescriptor (MS-PCHC
// 2.2.1.5). It is not the number that Content Information 1.0 has for the same
// function; [HashAlgorithmOf] converts that.
type HashAlgorithm uint8

const (
	HashSHA256          HashAlgorithm = 0x01 // SHA-256
	HashTruncatedSHA512 HashAlgorithm = 0x04 // the first 32 bytes of SHA-512
)

// HashAlgorithmOf returns the HashAlgorithm of segments whose Content
// Information has the algorithm a. ok is false where a SegmentDescriptor cannot
// name it: SHA-384, SHA-512 and unknown ones.
func HashAlgorithmOf(a pccrc.HashAlgorithm) (h HashAlgorithm, ok bool) {
	switch a {
	case pccrc.SHA256:
		return HashSHA256, true
	case pccrc.TruncatedSHA512:
		return HashTruncatedSHA512, true
	}
	return 0, false
}

// String returns the algorithm's usual name.
func (a HashAlgorithm) String() string {
	switch a {
	case HashSHA256:
		return "SHA-256"
	case HashTruncatedSHA512:
		return "Truncated SHA-512"
	}
	return "unknown"
}

// SegmentDescriptor is the wire form of a SegmentDescriptor (MS-PCHC 2.2.1.5).
// A pointer to it that SegmentDescriptors hands out aliases the message's
// bytes: copy the array to keep it, and do not write to it.
type SegmentDescriptor [SegmentDescriptorLen]byte

// SegmentDescriptorFields holds the fields of a SegmentDescriptor, but for
// SizeOfContentTag, which is always 16. Append writes them.
type SegmentDescriptorFields struct {
	BlockSize     uint32 // length of a block in bytes; SegmentSize where the segment has no blocks; not 0
	SegmentSize   uint32 // length of the segment in bytes; not 0
	ContentTag    ContentTag
	HashAlgorithm HashAlgorithm
	SegmentHoHoDk [32]byte
}

// Fields returns a copy of d's fields.
func (d *SegmentDescriptor) Fields() SegmentDescriptorFields {
	return SegmentDescriptorFields{d.BlockSize(), d.SegmentSize(), *d.ContentTag(), d.HashAlgorithm(), *d.SegmentHoHoDk()}
}

// BlockSize returns the length in bytes of the segment's blocks. Any value may
// stand there.
func (d *SegmentDescriptor) BlockSize() uint32 { return binary.BigEndian.Uint32(d[offBlockSize:]) }

// SegmentSize returns the length of the segment in bytes. Any value may stand
// there.
func (d *SegmentDescriptor) SegmentSize() uint32 { return binary.BigEndian.Uint32(d[offSegmentSize:]) }

// SizeOfContentTag returns the length of ContentTag in bytes: 16.
func (d *SegmentDescriptor) SizeOfContentTag() uint16 {
	return binary.BigEndian.Uint16(d[offSizeOfContentTag:])
}

// ContentTag returns the tag of the higher layer on the client. It aliases d.
func (d *SegmentDescriptor) ContentTag() *ContentTag { return (*ContentTag)(d[offContentTag:]) }

// HashAlgorithm returns the algorithm of SegmentHoHoDk.
func (d *SegmentDescriptor) HashAlgorithm() HashAlgorithm {
	return HashAlgorithm(d[offHashAlgorithm])
}

// SegmentHoHoDk returns the public identifier of the segment. It aliases d.
func (d *SegmentDescriptor) SegmentHoHoDk() *[32]byte { return (*[32]byte)(d[offSegmentHoHoDk:]) }

func (d *SegmentDescriptor) wellFormed() bool { return faults(d) == 0 }

// violation returns the first violation in d, which is not well formed and has
// index i.
func (d *SegmentDescriptor) violation(i int) Error {
	if n := d.SizeOfContentTag(); n != ContentTagLen {
		return descriptorError(RuleSizeOfContentTag, "SegmentDescriptor[].SizeOfContentTag", i, offSizeOfContentTag, uint64(n), "is %, must be 16")
	}
	return descriptorError(RuleHashAlgorithm, "SegmentDescriptor[].HashAlgorithm", i, offHashAlgorithm, uint64(d.HashAlgorithm()), "is %, must be 1 or 4")
}

// senderViolation returns the first violation of a sender rule in d, which has
// index i. The only block of a segment of Content Information 1.0 is called
// BlockSizeV1 long even where it is shorter.
func (d *SegmentDescriptor) senderViolation(i int) (violation Error, violated bool) {
	e := func(rule Rule, field string, offset int, value uint32, detail string) (Error, bool) {
		v := descriptorError(rule, field, i, offset, uint64(value), detail)
		v.Sender = true
		return v, true
	}
	block, size := d.BlockSize(), d.SegmentSize()
	switch short := block == pccrc.BlockSizeV1 && d.HashAlgorithm() == HashSHA256; {
	case block == 0:
		return e(RuleBlockSize, "SegmentDescriptor[].BlockSize", offBlockSize, block, "is %, must be 1 to 4294967295")
	case size == 0:
		return e(RuleSegmentSize, "SegmentDescriptor[].SegmentSize", offSegmentSize, size, "is %, must be 1 to 4294967295")
	case block > size && !short:
		return e(RuleBlockSize, "SegmentDescriptor[].BlockSize", offBlockSize, block, "is %, must be at most SegmentSize")
	}
	return Error{}, false
}

// SegmentDescriptors is a list of any number of SegmentDescriptors in their wire
// form, one after the other. Each is well formed. The zero value is empty. As
// with a slice, a copy shares what it holds: append to one of the two only, or
// Clone first.
type SegmentDescriptors struct{ b []byte }

// DecodeSegmentDescriptors returns the list whose wire form is b, of any
// length: [SplitDescriptors] makes messages of it. The result aliases b. The
// error, if any, is an *Error for the first format rule that a descriptor
// violates; its index and Offset count from the start of b.
func DecodeSegmentDescriptors(b []byte) (SegmentDescriptors, error) {
	most := len(b)/SegmentDescriptorLen + 1 // no limit
	s := SegmentDescriptors{b[:len(b):len(b)]}
	if n := s.valid(most); n != len(b) {
		e := s.violation(n, most)
		e.Offset -= offMessageBody
		return SegmentDescriptors{}, failed(e)
	}
	return s, nil
}

// Bytes returns the wire form. It aliases s.
func (s SegmentDescriptors) Bytes() []byte { return s.b[:len(s.b):len(s.b)] }

// Clone returns a copy of s that shares no bytes with it.
func (s SegmentDescriptors) Clone() SegmentDescriptors { return SegmentDescriptors{slices.Clone(s.b)} }

// Len returns the number of descriptors.
func (s SegmentDescriptors) Len() int { return len(s.b) / SegmentDescriptorLen }

// At returns the descriptor with index i, counted from 0, in constant time. It
// panics where i is not below Len. It aliases s.
func (s SegmentDescriptors) At(i int) *SegmentDescriptor {
	return (*SegmentDescriptor)(s.b[i*SegmentDescriptorLen:])
}

// Slice returns the descriptors from index i up to, but not including, index j.
// It panics where j is above Len. It aliases s, and appending to it copies.
func (s SegmentDescriptors) Slice(i, j int) SegmentDescriptors {
	b := s.b[:len(s.b):len(s.b)] // so that it panics where j is above Len
	return SegmentDescriptors{b[i*SegmentDescriptorLen : j*SegmentDescriptorLen : j*SegmentDescriptorLen]}
}

// All returns an iterator over the descriptors and their indexes, in order.
// They alias s.
func (s SegmentDescriptors) All() iter.Seq2[int, *SegmentDescriptor] {
	return func(yield func(int, *SegmentDescriptor) bool) {
		i, b := 0, s.b
		for at := 0; at+SegmentDescriptorLen <= len(b); at += SegmentDescriptorLen {
			if !yield(i, (*SegmentDescriptor)(b[at:at+SegmentDescriptorLen])) {
				return
			}
			i++
		}
	}
}

// Append returns s with a descriptor of these fields at its end. It rejects an
// unknown HashAlgorithm, with an *Error, and then returns s unchanged.
func (s SegmentDescriptors) Append(f SegmentDescriptorFields) (SegmentDescriptors, error) {
	if f.HashAlgorithm != HashSHA256 && f.HashAlgorithm != HashTruncatedSHA512 {
		return s, failed(descriptorError(RuleHashAlgorithm, "SegmentDescriptor[].HashAlgorithm", s.Len(), offHashAlgorithm,
			uint64(f.HashAlgorithm), "is %, must be 1 or 4"))
	}
	at := len(s.b)
	s.b = slices.Grow(s.b, SegmentDescriptorLen)[:at+SegmentDescriptorLen]
	d := (*SegmentDescriptor)(s.b[at:])
	binary.BigEndian.PutUint32(d[offBlockSize:], f.BlockSize)
	binary.BigEndian.PutUint32(d[offSegmentSize:], f.SegmentSize)
	binary.BigEndian.PutUint16(d[offSizeOfContentTag:], ContentTagLen)
	copy(d[offContentTag:], f.ContentTag[:])
	d[offHashAlgorithm] = byte(f.HashAlgorithm)
	copy(d[offSegmentHoHoDk:], f.SegmentHoHoDk[:])
	return s, nil
}

// AppendSegments returns s with a descriptor for each segment of Content
// Information of either version, as its method Segments gives them. It rejects
// segments whose hash algorithm a descriptor cannot name (see
// [HashAlgorithmOf]), with an *Error, and then returns s unchanged.
func (s SegmentDescriptors) AppendSegments(tag ContentTag, segments iter.Seq2[int, pccrc.Segment]) (SegmentDescriptors, error) {
	all := s
	var id []byte
	for _, segment := range segments {
		h, ok := HashAlgorithmOf(segment.HashAlgorithm())
		if !ok {
			return s, failed(descriptorError(RuleHashAlgorithm, "SegmentDescriptor[].HashAlgorithm", all.Len(), offHashAlgorithm,
				uint64(segment.HashAlgorithm()), "has no value for dwHashAlgo #"))
		}
		f := SegmentDescriptorFields{BlockSize: segment.BlockSize, SegmentSize: segment.Length, ContentTag: tag, HashAlgorithm: h}
		id = segment.AppendHoHoDk(id[:0])
		copy(f.SegmentHoHoDk[:], id)
		var err error
		if all, err = all.Append(f); err != nil {
			return s, err
		}
	}
	return all, nil
}

// valid returns the length in bytes of the well-formed descriptors at the start
// of s, most of them at most.
func (s SegmentDescriptors) valid(most int) int {
	whole := s.b[:min(len(s.b), most*SegmentDescriptorLen)]
	at := 0
	// Four at a time, with one branch for all: a list is nearly always right.
	// The slices with both bounds let the compiler drop the bounds checks.
	const four = 4 * SegmentDescriptorLen
	for ; at+four <= len(whole); at += four {
		d := (*[four]byte)(whole[at : at+four])
		if faults((*SegmentDescriptor)(d[0:]))|faults((*SegmentDescriptor)(d[SegmentDescriptorLen:]))|
			faults((*SegmentDescriptor)(d[2*SegmentDescriptorLen:]))|faults((*SegmentDescriptor)(d[3*SegmentDescriptorLen:])) != 0 {
			break
		}
	}
	for ; at+SegmentDescriptorLen <= len(whole); at += SegmentDescriptorLen {
		if !(*SegmentDescriptor)(whole[at : at+SegmentDescriptorLen]).wellFormed() {
			break
		}
	}
	return at
}

// faults returns 0 where d is well formed. It compares SizeOfContentTag as it
// lies in memory, and looks HashAlgorithm up, to be as few instructions as
// possible.
func faults(d *SegmentDescriptor) uint16 {
	const sixteen = ContentTagLen << 8 // big-endian, read as little-endian
	return binary.LittleEndian.Uint16(d[offSizeOfContentTag:]) ^ sixteen | uint16(unknownAlgorithm[d[offHashAlgorithm]])
}

// unknownAlgorithm is 0 for each HashAlgorithm that there is.
var unknownAlgorithm = func() (unknown [256]uint8) {
	for a := range unknown {
		unknown[a] = 1
	}
	unknown[HashSHA256], unknown[HashTruncatedSHA512] = 0, 0
	return unknown
}()

// violation returns the first violation in s, the body of a message, of which
// the first at bytes are most well-formed descriptors at most.
func (s SegmentDescriptors) violation(at, most int) Error {
	switch rest := s.b[at:]; {
	case len(s.b) == 0:
		return pccrc.NewError(pccrc.ErrorFields{Rule: RuleMinDescriptors, Message: TypeBatchedOffer.String(), Field: "SegmentDescriptor",
			Offset: offMessageBody, Detail: "is empty, must have at least 1 element"})
	case at == most*SegmentDescriptorLen:
		return tooMany()
	case len(rest) < SegmentDescriptorLen:
		return partialDescriptor(rest, at/SegmentDescriptorLen)
	default:
		return (*SegmentDescriptor)(rest).violation(at / SegmentDescriptorLen)
	}
}

func tooMany() Error {
	return descriptorError(RuleMaxDescriptors, "SegmentDescriptor[]", MaxDescriptors, 0, MaxDescriptors+1, "129th descriptor, at most 128 allowed")
}

// partialDescriptor returns the first violation in b, the beginning of the last
// descriptor, whose index is i.
func partialDescriptor(b []byte, i int) Error {
	fields := [...]struct {
		name string
		end  int
	}{
		{"SegmentDescriptor[].BlockSize", offSegmentSize},
		{"SegmentDescriptor[].SegmentSize", offSizeOfContentTag},
		{"SegmentDescriptor[].SizeOfContentTag", offContentTag},
		{"SegmentDescriptor[].ContentTag", offHashAlgorithm},
		{"SegmentDescriptor[].HashAlgorithm", offSegmentHoHoDk},
		{"SegmentDescriptor[].SegmentHoHoDk", SegmentDescriptorLen},
	}
	// The constants that are there come first. Zeros stand for what is not,
	// with an algorithm that violates nothing.
	var d SegmentDescriptor
	d[offHashAlgorithm] = byte(HashSHA256)
	copy(d[:], b)
	if len(b) >= offContentTag && !d.wellFormed() {
		return d.violation(i)
	}
	start, f := 0, 0
	for len(b) >= fields[f].end {
		start = fields[f].end
		f++
	}
	return descriptorError(RuleDescriptorTruncated, fields[f].name, i, start, uint64(len(b)-start), truncated(len(b)-start, fields[f].end-start))
}

func descriptorError(rule Rule, field string, index, offset int, value uint64, detail string) Error {
	return pccrc.NewError(pccrc.ErrorFields{Rule: rule, Message: TypeBatchedOffer.String(), Field: field, Index: [2]int{index},
		Offset: offMessageBody + index*SegmentDescriptorLen + offset, Value: value, Detail: detail})
}
