package message

import (
	"strconv"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/spec"
)

// summarizeRetrieval summarizes a message of MS-PCCRR.
func (p *Printer) summarizeRetrieval(dst []byte, kind spec.Kind, b []byte) (out []byte, message string, ok bool) {
	m, err := decodeRetrieval(kind, b)
	if err != nil || m.CheckSenderRules() != nil {
		return dst, "", false
	}
	message = m.MsgType().String()
	switch m := m.(type) {
	case pccrr.MsgNegoReq:
		dst = appendVersions(dst, m.VersionRange)
	case pccrr.MsgNegoResp:
		dst = appendVersions(dst, m.VersionRange)
	case pccrr.MsgGetBlkList:
		dst = appendBlocks(p.appendSegment(dst, m.SegmentID), m.NeededBlockRanges)
	case pccrr.MsgGetBlks:
		dst = append(p.appendSegment(dst, m.SegmentID), ", block "...)
		dst = strconv.AppendUint(dst, uint64(m.ReqBlockRanges.At(0).Index), 10)
	case pccrr.MsgGetSegList:
		dst = appendCount(dst, m.SegmentIDs.Len(), "segment")
	case pccrr.MsgBlkList:
		dst = appendBlocks(p.appendSegment(dst, m.SegmentId), m.BlockRanges)
	case pccrr.MsgBlk:
		dst = append(p.appendSegment(dst, m.SegmentId), ", block "...)
		dst = strconv.AppendUint(dst, uint64(m.BlockIndex), 10)
		dst = append(append(dst, ", "...), Size(uint64(len(m.Block)))...)
		if m.CryptoAlgoId != pccrr.CryptoNone && len(m.Block) > 0 {
			dst = append(append(dst, " in "...), m.CryptoAlgoId.String()...)
		}
	case pccrr.MsgSegList:
		dst = appendCount(dst, m.SegmentRanges.Len(), "range")
		dst = append(dst, " of segments"...)
	}
	return dst, message, true
}

func decodeRetrieval(kind spec.Kind, b []byte) (pccrr.Body, error) {
	if kind == spec.RetrievalRequest {
		r, err := pccrr.DecodeRequestMessage(b)
		if err != nil {
			return nil, err
		}
		return r.DecodeBody()
	}
	r, err := pccrr.DecodeResponseMessage(b)
	if err != nil {
		return nil, err
	}
	return r.DecodeBody()
}

func appendVersions(dst []byte, r pccrr.VersionRange) []byte {
	dst = append(append(dst, "versions "...), r.MinSupportedProtocolVersion.String()...)
	return append(append(dst, " to "...), r.MaxSupportedProtocolVersion.String()...)
}

// appendBlocks appends how many blocks the ranges have together.
func appendBlocks(dst []byte, ranges pccrr.Ranges) []byte {
	blocks := 0
	for _, r := range ranges.All() {
		blocks += int(r.Count)
	}
	return appendCount(append(dst, ", "...), blocks, "block")
}
