package oracle

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// fields compares the leaves that spec found, in the order of the wire, with the
// fields that the codec names, one after the other. It keeps the first
// difference.
type fields struct {
	offset     int // where the codec's next field begins
	difference *fuzz.Difference

	// The place among the leaves. Node.Leaves would hand them out, but here the
	// codec sets the pace, and this is the hottest loop of an oracle.
	root   *spec.Node
	around [8]siblings // the lists of nodes around the place, the root's first: messages are not as deep
	depth  int
}

type siblings struct {
	nodes []spec.Node
	next  int
}

func (f *fields) down(nodes []spec.Node) {
	f.around[f.depth] = siblings{nodes: nodes}
	f.depth++
}

// next returns the next leaf, nil where there is none.
func (f *fields) next() *spec.Node {
	for f.depth > 0 {
		s := &f.around[f.depth-1]
		if s.next == len(s.nodes) {
			f.depth--
			continue
		}
		n := &s.nodes[s.next]
		s.next++
		if n.Form != spec.Structure && n.Form != spec.List {
			return n
		}
		f.down(n.Children)
	}
	return nil
}

// path names a leaf.
func (f *fields) path(leaf *spec.Node) string {
	for path, n := range f.root.Leaves() {
		if n == leaf {
			return path.String()
		}
	}
	return ""
}

func (f *fields) differ(n *spec.Node, detail string) {
	f.difference = &fuzz.Difference{Fault: fuzz.WrongField, Rule: fuzz.FieldID(n), Offset: n.Offset, Field: f.path(n), Detail: detail}
}

// expect returns spec's next field, or nil if that is not the codec's.
func (f *fields) expect(name string, length int) *spec.Node {
	if f.difference != nil {
		return nil
	}
	n := f.next()
	switch {
	case n == nil:
		f.difference = &fuzz.Difference{Fault: fuzz.WrongField, Offset: f.offset, Detail: "codec has another field there, " + name}
		return nil
	case n.Name != name || n.Offset != f.offset || len(n.Raw()) != length:
		f.differ(n, fmt.Sprintf("has %d bytes; codec has %s there, %d bytes at %d", len(n.Raw()), name, length, f.offset))
		return nil
	}
	f.offset += length
	return n
}

func (f *fields) integer(name string, length int, value uint64) {
	if n := f.expect(name, length); n != nil && (n.Form != spec.Integer || n.Value != value) {
		f.differ(n, fmt.Sprintf("is %d, but %d in codec", n.Value, value))
	}
}

func (f *fields) bytes(name string, value []byte) {
	if n := f.expect(name, len(value)); n != nil && !bytes.Equal(n.Raw(), value) {
		f.differ(n, "has other bytes in codec") // which may be a key
	}
}

// end notes a field that the codec did not name.
func (f *fields) end() {
	if f.difference != nil {
		return
	}
	if n := f.next(); n != nil {
		f.differ(n, "codec does not have it")
	}
}

// The codec's fields of each structure.

func (f *fields) envelope(h *codec.MessageHeader, c *codec.ConnectionInformation) {
	f.integer("MinorVersion", 1, uint64(h.MinorVersion))
	f.integer("MajorVersion", 1, uint64(h.MajorVersion))
	f.integer("Type", 2, uint64(h.Type))
	f.bytes("Padding", h.Padding[:])
	f.integer("Port", 2, uint64(c.Port))
	f.bytes("Padding", c.Padding[:])
}

func (f *fields) initialOffer(m *codec.InitialOfferMessage) {
	f.envelope(&m.MessageHeader, &m.ConnectionInformation)
	f.bytes("Hash", m.Hash)
}

func (f *fields) segmentInfo(m *codec.SegmentInfoMessage) {
	f.envelope(&m.MessageHeader, &m.ConnectionInformation)
	f.bytes("ContentTag", m.ContentTag[:])
	f.contentV1(&m.SegmentInformation)
}

func (f *fields) batchedOffer(m *codec.BatchedOfferMessage) {
	f.envelope(&m.MessageHeader, &m.ConnectionInformation)
	for i, s := range m.SegmentDescriptors.All() {
		if s != m.SegmentDescriptors.At(i) && f.difference == nil {
			f.difference = &fuzz.Difference{Fault: fuzz.WrongField, Rule: "PCHC-2.2.1.5-SegmentDescriptor", Offset: f.offset,
				Field: "SegmentDescriptor[" + strconv.Itoa(i) + "]", Detail: "codec's All and At differ"}
		}
		f.integer("BlockSize", 4, uint64(s.BlockSize()))
		f.integer("SegmentSize", 4, uint64(s.SegmentSize()))
		f.integer("SizeOfContentTag", 2, uint64(s.SizeOfContentTag()))
		f.bytes("ContentTag", s.ContentTag()[:])
		f.integer("HashAlgorithm", 1, uint64(s.HashAlgorithm()))
		f.bytes("SegmentHoHoDk", s.SegmentHoHoDk()[:])
	}
}

func (f *fields) contentV1(v *pccrc.ContentInformationV1) {
	f.integer("Version", 2, 0x0100)
	f.integer("dwHashAlgo", 4, uint64(v.DwHashAlgo()))
	f.integer("dwOffsetInFirstSegment", 4, uint64(v.DwOffsetInFirstSegment))
	f.integer("dwReadBytesInLastSegment", 4, uint64(v.DwReadBytesInLastSegment))
	f.integer("cSegments", 4, uint64(v.Len()))
	for i := range v.Len() {
		s := v.At(i)
		f.integer("ullOffsetInContent", 8, s.UllOffsetInContent())
		f.integer("cbSegment", 4, uint64(s.CbSegment()))
		f.integer("cbBlockSize", 4, uint64(s.CbBlockSize()))
		f.bytes("SegmentHashOfData", s.SegmentHashOfData())
		f.bytes("SegmentSecret", s.SegmentSecret().Bytes())
	}
	for _, s := range v.All() {
		f.integer("cBlocks", 4, uint64(s.Blocks.Len()))
		for _, hash := range s.Blocks.All() {
			f.bytes("BlockHashes", hash)
		}
	}
	if len(v.Padding) > 0 {
		f.bytes("Padding", v.Padding)
	}
}

func (f *fields) contentV2(v *pccrc.ContentInformationV2) {
	f.integer("bMinorVersion", 1, 0)
	f.integer("bMajorVersion", 1, 2)
	f.integer("bHashAlgo", 1, uint64(pccrc.TruncatedSHA512))
	f.integer("ullStartInContent", 8, v.UllStartInContent)
	f.integer("ullIndexOfFirstSegment", 8, v.UllIndexOfFirstSegment)
	f.integer("dwOffsetInFirstSegment", 4, uint64(v.DwOffsetInFirstSegment))
	f.integer("ullLengthOfRange", 8, v.UllLengthOfRange)
	for _, c := range v.Chunks() {
		f.integer("bChunkType", 1, 0)
		f.integer("dwChunkDataLength", 4, uint64(c.Len())*68)
		for _, s := range c.All() {
			f.integer("cbSegment", 4, uint64(s.CbSegment()))
			f.bytes("SegmentHashOfData", s.SegmentHashOfData()[:])
			f.bytes("SegmentSecret", s.SegmentSecret().Bytes())
		}
	}
}
