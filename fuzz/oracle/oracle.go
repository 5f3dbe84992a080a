package oracle

import (
	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Check compares what the codec and spec make of m. d is m.Dissect(), or nil for
// Check to dissect m itself: callers that try a message on several targets
// dissect it once. It returns nil if both agree.
//
// Content is passed to the decoders of both versions, whatever its second byte
// says, and a response is decoded as the reply to each type of request, that of
// FSCTL_SRV_READ_HASH in each form.
func Check(m fuzz.Message, d *spec.Dissection) *fuzz.Difference {
	x := dissectors.Get().(*spec.Dissector)
	defer dissectors.Put(x)
	if d == nil {
		d = m.Dissect() // not by x, which dissects what is derived from m
	}
	switch m.Kind {
	case spec.Response, spec.HashResponse:
		difference := compare(subject{kind: m.Kind, b: m.Bytes}, d)
		for request := uint16(1); difference == nil && request <= requestTypes[m.Kind]; request++ {
			s := subject{m.Kind, m.Bytes, request}
			difference = compare(s, s.dissect(x))
		}
		return difference
	case spec.Content:
		its, other := spec.ContentV1, spec.ContentV2
		if len(m.Bytes) > 1 && m.Bytes[1] == 2 {
			its, other = other, its
		}
		if difference := compare(subject{kind: its, b: m.Bytes}, d); difference != nil {
			return difference
		}
		// The version, which is the other one's first violation, stands within
		// the first two bytes. No later ones can change that.
		return compare(subject{kind: other, b: m.Bytes}, x.Dissect(other, m.Bytes[:min(len(m.Bytes), 2)]))
	}
	return compare(subject{kind: m.Kind, b: m.Bytes}, d)
}

// requestTypes are how many types of request a response may answer, from 1.
var requestTypes = map[spec.Kind]uint16{spec.Response: 3, spec.HashResponse: 2}

// CheckRequest compares both readings of b as a request, the body of an HTTP POST
// (MS-PCHC 2.2.1), and returns a [*fuzz.Difference] if they disagree.
func CheckRequest(b []byte) error { return subject{kind: spec.Request, b: b}.check() }

// CheckResponse compares both readings of b as the reply to a request of the given
// Type, 0 if unknown (MS-PCHC 2.2.2), and returns a [*fuzz.Difference] if they
// disagree.
func CheckResponse(b []byte, request uint16) error {
	return subject{spec.Response, b, request}.check()
}

// CheckAnswer is [CheckResponse] for engines that have one byte string only: its
// first byte modulo 4 is the Type of the request, the rest is the reply.
func CheckAnswer(b []byte) error {
	if len(b) == 0 {
		return CheckResponse(nil, 0)
	}
	return CheckResponse(b[1:], uint16(b[0])%4)
}

// CheckContentV1 compares both readings of b as Content Information 1.0 (MS-PCCRC
// 2.3), and returns a [*fuzz.Difference] if they disagree.
func CheckContentV1(b []byte) error { return subject{kind: spec.ContentV1, b: b}.check() }

// CheckContentV2 compares both readings of b as Content Information 2.0 (MS-PCCRC
// 2.4), and returns a [*fuzz.Difference] if they disagree.
func CheckContentV2(b []byte) error { return subject{kind: spec.ContentV2, b: b}.check() }

// dissectors keep their memory from one message to the next. Decoders stop at the
// first violation, so later ones of the same rule are of no use.
var dissectors = sync.Pool{New: func() any { return &spec.Dissector{OncePerRule: true} }}

// subject is what is decoded.
type subject struct {
	kind    spec.Kind // not spec.Content
	b       []byte
	request uint16 // Type of the request that a response answers, or HashRetrievalType; 0 if unknown
}

// dissect dissects s with x.
func (s subject) dissect(x *spec.Dissector) *spec.Dissection {
	switch s.kind {
	case spec.Response:
		return x.DissectResponse(s.b, s.request)
	case spec.HashResponse:
		return x.DissectHashResponse(s.b, s.request)
	}
	return x.Dissect(s.kind, s.b)
}

// check returns a plain nil error if both readings agree.
func (s subject) check() error {
	x := dissectors.Get().(*spec.Dissector)
	defer dissectors.Put(x)
	if difference := compare(s, s.dissect(x)); difference != nil {
		return difference
	}
	return nil
}

// compare compares what the codec makes of s with d, and checks what it costs.
func compare(s subject, d *spec.Dissection) *fuzz.Difference {
	if found := judge(s, d); found != nil {
		return found
	}
	return s.checkCost(d)
}

func judge(s subject, d *spec.Dissection) *fuzz.Difference {
	if s.kind == spec.Discovery { // without functions that check only, and with text instead of fields
		return judgeDiscovery(s.b, d)
	}
	if difference := judgeCheck(s, d); difference != nil {
		return difference
	}
	switch s.kind {
	case spec.Response:
		return judgeResponse(s, d)
	case spec.ContentV1:
		return judgeContentV1(s.b, d)
	case spec.ContentV2:
		return judgeContentV2(s.b, d)
	case spec.HashRequest:
		return judgeHashRequest(s.b, d)
	case spec.HashResponse:
		return judgeHashResponse(s, d)
	case spec.RetrievalRequest, spec.RetrievalResponse:
		return judgeRetrieval(s, d)
	}
	return judgeRequest(s.b, d)
}

// judgeCheck compares the codec's functions that check without decoding.
func judgeCheck(s subject, d *spec.Dissection) *fuzz.Difference {
	var violation codec.Error
	var ok bool
	switch s.kind {
	case spec.Response:
		violation, ok = codec.CheckResponse(s.b, codec.MessageType(s.request))
	case spec.ContentV1:
		violation, ok = pccrc.CheckV1(s.b)
	case spec.ContentV2:
		violation, ok = pccrc.CheckV2(s.b)
	case spec.HashRequest:
		violation, ok = smb2hash.CheckReadHashRequest(s.b)
	case spec.HashResponse:
		violation, ok = smb2hash.CheckReadHashResponse(s.b, smb2hash.HashRetrievalType(s.request))
	case spec.RetrievalRequest:
		violation, ok = pccrr.CheckRequest(s.b)
	case spec.RetrievalResponse:
		violation, ok = pccrr.CheckResponse(s.b)
	default:
		violation, ok = codec.CheckRequest(s.b)
	}
	if !ok {
		return rejected(&violation, d)
	}
	if first, violated := d.First(); violated {
		return atViolation(fuzz.Accepted, first, first.Detail)
	}
	return nil
}

func judgeRequest(b []byte, d *spec.Dissection) *fuzz.Difference {
	if difference := judgeRequestMessage(b, d); difference != nil {
		return difference
	}
	return windows(b, d)
}

func judgeRequestMessage(b []byte, d *spec.Dissection) *fuzz.Difference {
	r, err := codec.DecodeRequestMessage(b)
	if err != nil {
		return rejected(err, d)
	}
	switch r.MessageHeader.Type {
	case codec.TypeInitialOffer:
		m, err := r.DecodeInitialOffer()
		if err != nil {
			return rejected(err, d)
		}
		return accepted(&m, b, d, func(f *fields) { f.initialOffer(&m) })
	case codec.TypeSegmentInfo:
		m, err := r.DecodeSegmentInfo()
		if err != nil {
			return rejected(err, d)
		}
		return accepted(&m, b, d, func(f *fields) { f.segmentInfo(&m) })
	case codec.TypeBatchedOffer:
		m, err := r.DecodeBatchedOffer()
		if err != nil {
			return rejected(err, d)
		}
		return accepted(&m, b, d, func(f *fields) { f.batchedOffer(&m) })
	}
	return &fuzz.Difference{Fault: fuzz.Accepted, Rule: string(codec.RuleType), Offset: 2, Field: "MessageHeader.Type", Detail: "codec accepts an unknown Type"}
}

func judgeResponse(s subject, d *spec.Dissection) *fuzz.Difference {
	request := codec.MessageType(s.request)
	code, err := codec.DecodeResponseMessage(s.b, request)
	if err != nil {
		return rejected(err, d)
	}
	return accepted(response{code, request}, s.b, d, func(f *fields) {
		f.integer("Size", 4, 1)
		f.integer("ResponseCode", 1, uint64(code))
	})
}

// response gives a response code the methods of the other messages. It has no
// sender rules.
type response struct {
	code    codec.ResponseCode
	request codec.MessageType
}

func (r response) AppendLenient(dst []byte) ([]byte, error) {
	return codec.AppendResponseMessage(dst, r.code, r.request)
}
func (r response) AppendBinary(dst []byte) ([]byte, error) { return r.AppendLenient(dst) }
func (r response) CheckSenderRules() error                 { return nil }

func judgeContentV1(b []byte, d *spec.Dissection) *fuzz.Difference {
	v, err := pccrc.DecodeV1(b)
	if err != nil {
		return rejected(err, d)
	}
	return accepted(&v, b, d, func(f *fields) { f.contentV1(&v) })
}

func judgeContentV2(b []byte, d *spec.Dissection) *fuzz.Difference {
	v, err := pccrc.DecodeV2(b)
	if err != nil {
		return rejected(err, d)
	}
	return accepted(&v, b, d, func(f *fields) { f.contentV2(&v) })
}
