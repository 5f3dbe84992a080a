package codec_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
)

// message is what the three requests have in common.
type message interface {
	AppendBinary([]byte) ([]byte, error)
	AppendLenient([]byte) ([]byte, error)
	MarshalBinary() ([]byte, error)
	CheckSenderRules() error
	EncodedLen() int
}

// decode decodes a request in two stages, as a server does.
func decode(b []byte) (message, error) {
	r, err := codec.DecodeRequestMessage(b)
	if err != nil {
		return nil, err
	}
	switch r.MessageHeader.Type {
	case codec.TypeInitialOffer:
		m, err := r.DecodeInitialOffer()
		return &m, err
	case codec.TypeSegmentInfo:
		m, err := r.DecodeSegmentInfo()
		return &m, err
	case codec.TypeBatchedOffer:
		m, err := r.DecodeBatchedOffer()
		return &m, err
	}
	return nil, errors.New("an envelope with an unknown type was accepted")
}

// decodeWhole decodes a request in one call, that for the given type.
func decodeWhole(b []byte, t codec.MessageType) (message, error) {
	switch t {
	case codec.TypeInitialOffer:
		m, err := codec.DecodeInitialOfferMessage(b)
		return &m, err
	case codec.TypeSegmentInfo:
		m, err := codec.DecodeSegmentInfoMessage(b)
		return &m, err
	default:
		m, err := codec.DecodeBatchedOfferMessage(b)
		return &m, err
	}
}

var types = []codec.MessageType{codec.TypeInitialOffer, codec.TypeSegmentInfo, codec.TypeBatchedOffer}

// forEach runs f for every vector of kind.
func forEach(t *testing.T, kind corpus.Kind, f func(t *testing.T, v corpus.Vector)) {
	t.Helper()
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		for _, g := range file.Groups {
			for _, v := range g.Tests {
				if v.Kind == kind {
					n++
					t.Run(v.ID, func(t *testing.T) { f(t, v) })
				}
			}
		}
	}
	if n == 0 {
		t.Fatalf("the corpus has no %s", kind)
	}
}

func checkError(t *testing.T, err error, rule string, offset int, sender bool) {
	t.Helper()
	var e *codec.Error
	if !errors.As(err, &e) {
		t.Fatalf("error is %v, want a violation of %s", err, rule)
	}
	if string(e.Rule) != rule || e.Offset != offset || e.Sender != sender || !errors.Is(err, codec.Rule(rule)) {
		t.Errorf("violation is %s at %d (sender %t), want %s at %d (sender %t)", e.Rule, e.Offset, e.Sender, rule, offset, sender)
	}
}

func TestRequestVectors(t *testing.T) {
	forEach(t, corpus.Request, func(t *testing.T, v corpus.Vector) {
		m, err := decode(v.Bytes)
		if e, ok := codec.CheckRequest(v.Bytes); ok != (err == nil) || !ok && e != *err.(*codec.Error) {
			t.Errorf("CheckRequest gives %v, decoding %v", &e, err)
		}
		if !v.Valid {
			checkError(t, err, v.Rule, v.Offset, false)
			if e := err.(*codec.Error); e.Message != v.Message {
				t.Errorf("the error names it %s, want %s", e.Message, v.Message)
			}
			for _, typ := range types {
				_, err := decodeWhole(v.Bytes, typ)
				if err == nil {
					t.Errorf("decoded as %s", typ)
				}
				if typ.String() == v.Message {
					checkError(t, err, v.Rule, v.Offset, false)
				}
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, typ := range types {
			whole, err := decodeWhole(v.Bytes, typ)
			if typ.String() != v.Message {
				checkError(t, err, string(codec.RuleType), 2, false)
				continue
			}
			if d := cmp.Diff(m, whole, compare); err != nil || d != "" {
				t.Errorf("in one call: %v (-two stages +one call)\n%s", err, d)
			}
		}
		testutil.Append(t, v.Bytes, m.AppendLenient)
		if m.EncodedLen() != len(v.Bytes) {
			t.Errorf("EncodedLen is %d, want %d", m.EncodedLen(), len(v.Bytes))
		}
		if len(v.SenderViolations) > 0 {
			first := v.SenderViolations[0]
			checkError(t, m.CheckSenderRules(), first.Rule, first.Offset, true)
			checkError(t, testutil.AppendFails(t, m.AppendBinary), first.Rule, first.Offset, true)
		} else {
			testutil.Append(t, v.Bytes, m.AppendBinary)
			if err := m.CheckSenderRules(); err != nil {
				t.Error(err)
			}
		}
		checkFields(t, v, m)
	})
}

// The JSON objects of a vector, as far as this package has to say to them.
type (
	headerFields struct {
		MinorVersion, MajorVersion uint8
		Type                       codec.MessageType
		Padding                    corpus.Hex
	}
	connectionFields struct {
		Port    uint16
		Padding corpus.Hex
	}
	descriptorFields struct {
		BlockSize, SegmentSize uint32
		SizeOfContentTag       uint16
		ContentTag             corpus.Hex
		HashAlgorithm          codec.HashAlgorithm
		SegmentHoHoDk          corpus.Hex
	}
	requestFields struct {
		MessageHeader         headerFields
		ConnectionInformation connectionFields
		Hash                  corpus.Hex
		ContentTag            corpus.Hex
		SegmentInformation    struct {
			DwOffsetInFirstSegment, DwReadBytesInLastSegment uint32
			CSegments                                        int
		}
		SegmentDescriptor []descriptorFields
	}
)

func checkFields(t *testing.T, v corpus.Vector, m message) {
	if v.Fields == nil {
		return
	}
	var want, got requestFields
	if err := json.Unmarshal(v.Fields, &want); err != nil {
		t.Fatal(err)
	}
	envelope := func(h *codec.MessageHeader, c *codec.ConnectionInformation) {
		got.MessageHeader = headerFields{h.MinorVersion, h.MajorVersion, h.Type, h.Padding[:]}
		got.ConnectionInformation = connectionFields{c.Port, c.Padding[:]}
	}
	switch m := m.(type) {
	case *codec.InitialOfferMessage:
		envelope(&m.MessageHeader, &m.ConnectionInformation)
		got.Hash = m.Hash
	case *codec.SegmentInfoMessage:
		envelope(&m.MessageHeader, &m.ConnectionInformation)
		got.ContentTag = m.ContentTag[:]
		s := &m.SegmentInformation
		got.SegmentInformation.DwOffsetInFirstSegment = s.DwOffsetInFirstSegment
		got.SegmentInformation.DwReadBytesInLastSegment = s.DwReadBytesInLastSegment
		got.SegmentInformation.CSegments = s.Len()
	case *codec.BatchedOfferMessage:
		envelope(&m.MessageHeader, &m.ConnectionInformation)
		for i, d := range m.SegmentDescriptors.All() {
			if d != m.SegmentDescriptors.At(i) {
				t.Errorf("descriptor %d is not where At has it", i)
			}
			f := d.Fields()
			if again, err := (codec.SegmentDescriptors{}).Append(f); err != nil || *again.At(0) != *d {
				t.Errorf("descriptor %d does not come back from its fields", i)
			}
			got.SegmentDescriptor = append(got.SegmentDescriptor, descriptorFields{f.BlockSize, f.SegmentSize,
				d.SizeOfContentTag(), f.ContentTag[:], f.HashAlgorithm, f.SegmentHoHoDk[:]})
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields differ (-want +got):\n%s", d)
	}
}

func TestResponseVectors(t *testing.T) {
	forEach(t, corpus.Response, func(t *testing.T, v corpus.Vector) {
		request := codec.MessageType(v.RequestType)
		code, err := codec.DecodeResponseMessage(v.Bytes, request)
		if e, ok := codec.CheckResponse(v.Bytes, request); ok != (err == nil) || !ok && e != *err.(*codec.Error) {
			t.Errorf("CheckResponse gives %v, decoding %v", &e, err)
		}
		if !v.Valid {
			checkError(t, err, v.Rule, v.Offset, false)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		testutil.Append(t, v.Bytes, func(dst []byte) ([]byte, error) {
			return codec.AppendResponseMessage(dst, code, request)
		})
	})
}
