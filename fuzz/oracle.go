package fuzz

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// CheckRequest holds b, taken for the body of an HTTP POST, against both
// readings of MS-PCHC 2.2.1, and returns an error where they disagree.
func CheckRequest(b []byte) error {
	d := spec.Dissect(spec.Request, b)
	r, err := codec.DecodeRequestMessage(b)
	if err != nil {
		return rejected(err, b, d)
	}
	switch r.MessageHeader.Type {
	case codec.InitialOffer:
		m, err := r.InitialOfferMessage()
		if err != nil {
			return rejected(err, b, d)
		}
		return accepted(&m, b, d, func(l *leaves) {
			l.envelope(&r)
			l.bytes("Hash", m.Hash)
		})
	case codec.SegmentInfo:
		m, err := r.SegmentInfoMessage()
		if err != nil {
			return rejected(err, b, d)
		}
		return accepted(&m, b, d, func(l *leaves) {
			l.envelope(&r)
			l.bytes("ContentTag", m.ContentTag[:])
			l.contentV1(&m.SegmentInformation)
		})
	case codec.BatchedOffer:
		m, err := r.BatchedOfferMessage()
		if err != nil {
			return rejected(err, b, d)
		}
		return accepted(&m, b, d, func(l *leaves) {
			l.envelope(&r)
			for i, s := range m.SegmentDescriptors.All() {
				if s != m.SegmentDescriptors.At(i) {
					l.err = fmt.Errorf("descriptor %d is not where At has it", i)
				}
				l.integer("BlockSize", 4, uint64(s.BlockSize()))
				l.integer("SegmentSize", 4, uint64(s.SegmentSize()))
				l.integer("SizeOfContentTag", 2, uint64(s.SizeOfContentTag()))
				l.bytes("ContentTag", s.ContentTag()[:])
				l.integer("HashAlgorithm", 1, uint64(s.HashAlgorithm()))
				l.bytes("SegmentHoHoDk", s.SegmentHoHoDk()[:])
			}
		})
	}
	return fmt.Errorf("codec accepts an envelope of type %d", r.MessageHeader.Type)
}

// CheckResponse holds b, taken for the body of the HTTP answer to a request of
// the given Type (0 where it is not known), against both readings of MS-PCHC
// 2.2.2, and returns an error where they disagree.
func CheckResponse(b []byte, request uint16) error {
	d := spec.DissectResponse(b, request)
	code, err := codec.DecodeResponseMessage(b, codec.MessageType(request))
	if err != nil {
		return rejected(err, b, d)
	}
	return accepted(response{code, codec.MessageType(request)}, b, d, func(l *leaves) {
		l.integer("Size", 4, 1)
		l.integer("ResponseCode", 1, uint64(code))
	})
}

// CheckContentV1 holds b, taken for Content Information 1.0, against both
// readings of MS-PCCRC 2.3, and returns an error where they disagree.
func CheckContentV1(b []byte) error {
	d := spec.Dissect(spec.ContentV1, b)
	v, err := pccrc.DecodeV1(b)
	if err != nil {
		return rejected(err, b, d)
	}
	return accepted(&v, b, d, func(l *leaves) { l.contentV1(&v) })
}

// CheckContentV2 holds b, taken for Content Information 2.0, against both
// readings of MS-PCCRC 2.4, and returns an error where they disagree.
func CheckContentV2(b []byte) error {
	d := spec.Dissect(spec.ContentV2, b)
	v, err := pccrc.DecodeV2(b)
	if err != nil {
		return rejected(err, b, d)
	}
	return accepted(&v, b, d, func(l *leaves) {
		l.integer("bMinorVersion", 1, 0)
		l.integer("bMajorVersion", 1, 2)
		l.integer("bHashAlgo", 1, uint64(pccrc.TruncatedSHA512))
		l.integer("ullStartInContent", 8, v.UllStartInContent)
		l.integer("ullIndexOfFirstSegment", 8, v.UllIndexOfFirstSegment)
		l.integer("dwOffsetInFirstSegment", 4, uint64(v.DwOffsetInFirstSegment))
		l.integer("ullLengthOfRange", 8, v.UllLengthOfRange)
		for c := range v.Chunks() {
			l.integer("bChunkType", 1, 0)
			l.integer("dwChunkDataLength", 4, uint64(c.Len())*68)
			for i := range c.Len() {
				s := c.At(i)
				l.integer("cbSegment", 4, uint64(s.CbSegment()))
				l.bytes("SegmentHashOfData", s.SegmentHashOfData()[:])
				l.bytes("SegmentSecret", s.SegmentSecret()[:])
			}
		}
	})
}

// rejected compares the codec's error with the first breach that spec finds.
func rejected(err error, b []byte, d *spec.Dissection) error {
	var e *codec.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("codec's error has another type: %w", err)
	}
	first, breached := d.First()
	if !breached {
		return fmt.Errorf("codec rejects what spec finds no fault in: %w", err)
	}
	if e.Sender || string(e.Rule) != first.Rule || e.Offset != first.Offset || e.Path() != first.Field {
		return fmt.Errorf("codec's first breach is %s of %s at %d, spec's is %s of %s at %d",
			e.Rule, e.Path(), e.Offset, first.Rule, first.Field, first.Offset)
	}
	if e.Message != d.Message {
		return fmt.Errorf("codec names it %s, spec %s", e.Message, d.Message)
	}
	if want, told := valueFound(first, b); told && e.Value != want {
		return fmt.Errorf("codec found %d at %s, spec %d", e.Value, e.Path(), want)
	}
	return nil
}

// valueFound returns the number that belongs to a breach in b: how many bytes
// there are of what is cut short or should be absent, or else the value that
// spec's words begin with.
func valueFound(breach spec.Breach, b []byte) (value uint64, told bool) {
	if strings.HasSuffix(breach.Rule, "-Truncated") || strings.HasSuffix(breach.Rule, "-Trailing") {
		return uint64(len(b) - breach.Offset), true
	}
	words := strings.Fields(breach.Detail)
	if len(words) < 2 || words[0] != "is" {
		return 0, false
	}
	value, err := strconv.ParseUint(strings.TrimSuffix(words[1], ","), 0, 64)
	return value, err == nil
}

// encoder is what every decoded message has.
type encoder interface {
	AppendFormatOnly(dst []byte) ([]byte, error)
	AppendBinary(dst []byte) ([]byte, error)
	CheckSender() error
}

// response gives a response code the methods of the other messages. It has no
// sender rules.
type response struct {
	code    codec.ResponseCode
	request codec.MessageType
}

func (r response) AppendFormatOnly(dst []byte) ([]byte, error) {
	return codec.AppendResponseMessage(dst, r.code, r.request)
}
func (r response) AppendBinary(dst []byte) ([]byte, error) { return r.AppendFormatOnly(dst) }
func (r response) CheckSender() error                      { return nil }

// accepted compares a message that the codec accepts with what spec says.
func accepted(m encoder, b []byte, d *spec.Dissection, list func(*leaves)) error {
	if first, breached := d.First(); breached {
		return fmt.Errorf("codec accepts what spec rejects: %s at %d: %s %s", first.Rule, first.Offset, first.Field, first.Detail)
	}
	got, err := m.AppendFormatOnly(nil)
	if err != nil {
		return fmt.Errorf("codec does not encode what it decoded: %w", err)
	}
	if !bytes.Equal(got, b) {
		return fmt.Errorf("codec encodes %x", got)
	}
	if err := senderRules(m, d); err != nil {
		return err
	}
	l := leaves{want: appendLeaves(nil, &d.Root)}
	list(&l)
	if l.err == nil && len(l.want) > 0 {
		l.err = fmt.Errorf("codec has no %s at %d", l.want[0].Name, l.want[0].Offset)
	}
	return l.err
}

// senderRules compares what both say of the sender rules, and that the strict
// encoder obeys.
func senderRules(m encoder, d *spec.Dissection) error {
	err := m.CheckSender()
	if _, strict := m.AppendBinary(nil); (strict == nil) != (err == nil) {
		return fmt.Errorf("CheckSender says %v, AppendBinary %v", err, strict)
	}
	if err == nil {
		if len(d.Breaches) > 0 {
			return fmt.Errorf("codec knows nothing of the breach of %s at %d", d.Breaches[0].Rule, d.Breaches[0].Offset)
		}
		return nil
	}
	var e *codec.Error
	if !errors.As(err, &e) || len(d.Breaches) == 0 {
		return fmt.Errorf("spec knows nothing of this breach: %w", err)
	}
	first := d.Breaches[0]
	if !e.Sender || string(e.Rule) != first.Rule || e.Offset != first.Offset || e.Path() != first.Field {
		return fmt.Errorf("codec's first sender breach is %s of %s at %d, spec's is %s of %s at %d",
			e.Rule, e.Path(), e.Offset, first.Rule, first.Field, first.Offset)
	}
	return nil
}

// appendLeaves appends the fields of n that have bytes of their own, in the
// order of the wire.
func appendLeaves(all []*spec.Node, n *spec.Node) []*spec.Node {
	if n.Form != spec.Structure && n.Form != spec.List {
		return append(all, n)
	}
	for i := range n.Children {
		all = appendLeaves(all, &n.Children[i])
	}
	return all
}

// leaves compares the fields that the codec has, one after the other, with
// those that spec found. It keeps the first difference.
type leaves struct {
	want   []*spec.Node
	offset int
	err    error
}

func (l *leaves) next(name string, length int) *spec.Node {
	if l.err != nil {
		return nil
	}
	if len(l.want) == 0 {
		l.err = fmt.Errorf("spec has no %s at %d", name, l.offset)
		return nil
	}
	n := l.want[0]
	l.want = l.want[1:]
	if n.Name != name || n.Offset != l.offset || len(n.Raw) != length {
		l.err = fmt.Errorf("codec has %s, %d bytes at %d; spec has %s, %d bytes at %d", name, length, l.offset, n.Name, len(n.Raw), n.Offset)
	}
	l.offset += length
	return n
}

func (l *leaves) integer(name string, length int, value uint64) {
	n := l.next(name, length)
	if l.err == nil && (n.Form != spec.Integer || n.Value != value) {
		l.err = fmt.Errorf("%s is %d in codec, %d in spec", name, value, n.Value)
	}
}

func (l *leaves) bytes(name string, value []byte) {
	n := l.next(name, len(value))
	if l.err == nil && !bytes.Equal(n.Raw, value) {
		l.err = fmt.Errorf("%s at %d differs", name, n.Offset) // it may be a key
	}
}

func (l *leaves) envelope(r *codec.RequestMessage) {
	h, c := &r.MessageHeader, &r.ConnectionInformation
	l.integer("MinorVersion", 1, uint64(h.MinorVersion))
	l.integer("MajorVersion", 1, uint64(h.MajorVersion))
	l.integer("Type", 2, uint64(h.Type))
	l.bytes("Padding", h.Padding[:])
	l.integer("Port", 2, uint64(c.Port))
	l.bytes("Padding", c.Padding[:])
}

func (l *leaves) contentV1(v *pccrc.ContentInformationV1) {
	l.integer("Version", 2, 0x0100)
	l.integer("dwHashAlgo", 4, uint64(v.DwHashAlgo()))
	l.integer("dwOffsetInFirstSegment", 4, uint64(v.DwOffsetInFirstSegment))
	l.integer("dwReadBytesInLastSegment", 4, uint64(v.DwReadBytesInLastSegment))
	l.integer("cSegments", 4, uint64(v.CSegments()))
	for i := range v.CSegments() {
		s := v.Segment(i)
		l.integer("ullOffsetInContent", 8, s.UllOffsetInContent())
		l.integer("cbSegment", 4, uint64(s.CbSegment()))
		l.integer("cbBlockSize", 4, uint64(s.CbBlockSize()))
		l.bytes("SegmentHashOfData", s.SegmentHashOfData())
		l.bytes("SegmentSecret", s.SegmentSecret())
	}
	for _, blocks := range v.All() {
		l.integer("cBlocks", 4, uint64(blocks.Len()))
		for i := range blocks.Len() {
			l.bytes("BlockHashes", blocks.At(i))
		}
	}
	if len(v.Padding) > 0 {
		l.bytes("Padding", v.Padding)
	}
}

// CheckAnswer is CheckResponse for engines that have one byte string only: its
// first byte says which request is answered, the rest is the answer.
func CheckAnswer(b []byte) error {
	if len(b) == 0 {
		return CheckResponse(nil, 0)
	}
	return CheckResponse(b[1:], uint16(b[0])%4)
}
