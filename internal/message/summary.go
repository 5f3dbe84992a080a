package message

import (
	"strconv"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Summary returns the name of a message and appends what matters in it, without
// a line end or colour, to dst. It decodes with the codec, which is fast. ok is false where
// the message violates a rule: then only a dissection shows what is wrong.
func (p *Printer) Summary(dst []byte, kind spec.Kind, body []byte, request uint16) (out []byte, message string, ok bool) {
	if kind == 0 {
		kind = spec.Guess(body)
	}
	switch kind {
	case spec.Response:
		code, err := codec.DecodeResponseMessage(body, codec.MessageType(request))
		return append(dst, code.String()...), "RESPONSE_MESSAGE", err == nil
	case spec.Content:
		return summarizeContent(dst, body)
	case spec.Discovery:
		return summarizeDiscovery(dst, body)
	case spec.RetrievalRequest, spec.RetrievalResponse:
		return p.summarizeRetrieval(dst, kind, body)
	case spec.HashRequest:
		r, err := smb2hash.DecodeReadHashRequest(body)
		ok = err == nil && r.CheckSenderRules() == nil
		dst = append(append(dst, r.HashRetrievalType.String()...), ", "...)
		dst = append(append(dst, Size(uint64(r.Length))...), " from "...)
		return strconv.AppendUint(dst, r.Offset, 10), "SRV_READ_HASH_REQUEST", ok
	case spec.HashResponse:
		r, err := smb2hash.DecodeReadHashResponse(body, 0)
		ok = err == nil && r.CheckSenderRules() == nil
		dst = append(append(dst, r.HashRetrievalType.String()...), ", "...)
		if r.Buffer.Partial {
			dst = append(dst, "a part, "...)
		}
		dst = append(append(dst, Size(uint64(len(r.Buffer.ContentInformation)))...), " of Content Information from "...)
		return strconv.AppendUint(dst, r.Offset, 10), "SRV_READ_HASH_RESPONSE", ok
	}
	r, err := codec.DecodeRequestMessage(body)
	if err != nil {
		return dst, "", false
	}
	message = r.MessageHeader.Type.String()
	switch r.MessageHeader.Type {
	case codec.TypeInitialOffer:
		m, err := r.DecodeInitialOffer()
		if err != nil || m.CheckSenderRules() != nil {
			return dst, message, false
		}
		dst = p.appendSegment(dst, m.Hash)
	case codec.TypeSegmentInfo:
		m, err := r.DecodeSegmentInfo()
		if err != nil || m.CheckSenderRules() != nil {
			return dst, message, false
		}
		dst = summarizeV1(dst, &m.SegmentInformation)
		dst = append(dst, ", tag "...)
		dst = append(dst, m.ContentTag.String()...)
	case codec.TypeBatchedOffer:
		m, err := r.DecodeBatchedOffer()
		if err != nil || m.CheckSenderRules() != nil {
			return dst, message, false
		}
		size := uint64(0)
		for _, d := range m.SegmentDescriptors.All() {
			size += uint64(d.SegmentSize())
		}
		dst = appendCount(dst, m.SegmentDescriptors.Len(), "descriptor")
		dst = append(dst, ", "...)
		dst = append(dst, Size(size)...)
	}
	dst = append(dst, ", port "...)
	return strconv.AppendUint(dst, uint64(r.ConnectionInformation.Port), 10), message, true
}

func summarizeContent(dst, body []byte) ([]byte, string, bool) {
	if len(body) > 1 && body[1] == 2 {
		v, err := pccrc.DecodeV2(body)
		if err != nil || v.CheckSenderRules() != nil {
			return dst, "CONTENT_INFORMATION_V2", false
		}
		dst = appendCount(dst, v.Len(), "segment")
		dst = append(dst, ", "...)
		return append(dst, Size(v.Range().Length)...), "CONTENT_INFORMATION_V2", true
	}
	v, err := pccrc.DecodeV1(body)
	if err != nil || v.CheckSenderRules() != nil {
		return dst, "CONTENT_INFORMATION_V1", false
	}
	return summarizeV1(dst, &v), "CONTENT_INFORMATION_V1", true
}

// summarizeV1 appends how much Content Information 1.0 describes.
func summarizeV1(dst []byte, v *pccrc.ContentInformationV1) []byte {
	blocks := 0
	for _, s := range v.All() {
		blocks += s.Blocks.Len()
	}
	if n := v.Len(); n > 1 {
		dst = appendCount(dst, n, "segment")
		dst = append(dst, ", "...)
	}
	dst = appendCount(dst, blocks, "block")
	dst = append(dst, ", "...)
	dst = append(dst, Size(v.Range().Length)...)
	dst = append(dst, ", "...)
	return append(dst, v.DwHashAlgo().String()...)
}

// appendCount appends what Count returns.
func appendCount(dst []byte, n int, noun string) []byte {
	dst = append(append(strconv.AppendInt(dst, int64(n), 10), ' '), noun...)
	if n != 1 {
		dst = append(dst, 's')
	}
	return dst
}
