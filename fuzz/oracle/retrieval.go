package oracle

import (
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// CheckRetrievalRequest compares both readings of b as a request of MS-PCCRR 2.2.4,
// and returns a [*fuzz.Difference] if they disagree.
func CheckRetrievalRequest(b []byte) error {
	return subject{kind: spec.RetrievalRequest, b: b}.check()
}

// CheckRetrievalResponse compares both readings of b as a response of MS-PCCRR
// 2.2.5, and returns a [*fuzz.Difference] if they disagree.
func CheckRetrievalResponse(b []byte) error {
	return subject{kind: spec.RetrievalResponse, b: b}.check()
}

func judgeRetrieval(s subject, d *spec.Dissection) *fuzz.Difference {
	m, err := s.decodeRetrieval()
	if err != nil {
		return rejected(err, d)
	}
	return accepted(m, s.b, d, func(f *fields) { f.retrieval(m) })
}

func (s subject) decodeRetrieval() (pccrr.Body, error) {
	if s.kind == spec.RetrievalRequest {
		r, err := pccrr.DecodeRequestMessage(s.b)
		if err != nil {
			return nil, err
		}
		return r.DecodeBody()
	}
	r, err := pccrr.DecodeResponseMessage(s.b)
	if err != nil {
		return nil, err
	}
	return r.DecodeBody()
}

// retrieval lists the fields of a message.
func (f *fields) retrieval(m pccrr.Body) {
	switch m := m.(type) {
	case pccrr.MsgNegoReq:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.version(m.MinSupportedProtocolVersion)
		f.version(m.MaxSupportedProtocolVersion)
	case pccrr.MsgNegoResp:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.version(m.MinSupportedProtocolVersion)
		f.version(m.MaxSupportedProtocolVersion)
	case pccrr.MsgGetBlkList:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.padded("SegmentID", m.SegmentID, "ZeroPad", m.ZeroPad)
		f.ranges("NeededBlocksRangeCount", m.NeededBlockRanges)
	case pccrr.MsgGetBlks:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.padded("SegmentID", m.SegmentID, "ZeroPad", m.ZeroPad)
		f.ranges("ReqBlockRangeCount", m.ReqBlockRanges)
		f.padded("DataForVrfBlock", m.DataForVrfBlock, "", [3]byte{})
	case pccrr.MsgBlkList:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.padded("SegmentId", m.SegmentId, "ZeroPad", m.ZeroPad)
		f.ranges("BlockRangeCount", m.BlockRanges)
		f.integer("NextBlockIndex", 4, uint64(m.NextBlockIndex))
	case pccrr.MsgBlk:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.padded("SegmentId", m.SegmentId, "ZeroPad", m.ZeroPad)
		f.integer("BlockIndex", 4, uint64(m.BlockIndex))
		f.integer("NextBlockIndex", 4, uint64(m.NextBlockIndex))
		f.padded("Block", m.Block, "ZeroPad_2", m.ZeroPad2)
		f.padded("VrfBlock", m.VrfBlock, "ZeroPad_3", m.ZeroPad3)
		f.padded("IVBlock", m.IVBlock, "", [3]byte{})
	case pccrr.MsgGetSegList:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.bytes("RequestID", m.RequestID[:])
		f.integer("CountOfSegmentIDs", 4, uint64(m.SegmentIDs.Len()))
		for _, id := range m.SegmentIDs.All() {
			f.padded("SegmentID", id, "", [3]byte{})
			if n := -len(id) & 3; n > 0 { // the view has no other way to its padding than encoding
				f.length("ZeroPad", n)
			}
		}
		f.padded("ExtensibleBlob", m.ExtensibleBlob, "", [3]byte{})
	case pccrr.MsgSegList:
		f.retrievalHeader(m, m.ProtVer, m.CryptoAlgoId)
		f.bytes("RequestID", m.RequestID[:])
		f.ranges("SegmentRangeCount", m.SegmentRanges)
		f.padded("ExtensibleBlob", m.ExtensibleBlob, "", [3]byte{})
	}
}

func (f *fields) retrievalHeader(m pccrr.Body, v pccrr.Version, a pccrr.CryptoAlgoId) {
	n := uint64(m.EncodedLen())
	if m.MsgType().IsResponse() {
		n -= 4
		f.integer("Size", 4, n)
	}
	f.version(v)
	f.integer("MsgType", 4, uint64(m.MsgType()))
	f.integer("MsgSize", 4, n)
	f.integer("CryptoAlgoId", 4, uint64(a))
}

func (f *fields) version(v pccrr.Version) {
	f.integer("MinorVersion", 2, uint64(v.MinorVersion))
	f.integer("MajorVersion", 2, uint64(v.MajorVersion))
}

// padded lists a byte string, its size and, if it has a name, its padding.
func (f *fields) padded(name string, b []byte, padName string, pad [3]byte) {
	f.integer("SizeOf"+name, 4, uint64(len(b)))
	f.bytes(name, b)
	if padName != "" {
		f.some(padName, pad[:-len(b)&3])
	}
}

// length lists a field of which the codec knows the length only.
func (f *fields) length(name string, n int) { f.expect(name, n) }

func (f *fields) ranges(count string, r pccrr.Ranges) {
	f.integer(count, 4, uint64(r.Len()))
	for _, one := range r.All() {
		f.integer("Index", 4, uint64(one.Index))
		f.integer("Count", 4, uint64(one.Count))
	}
}
