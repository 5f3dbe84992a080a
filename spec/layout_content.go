package spec

// contentHashes are the hash functions of Content Information 1.0.
var contentHashes = []Symbol{
	{Value: 0x800C, Text: "SHA-256", Length: 32},
	{Value: 0x800D, Text: "SHA-384", Length: 48},
	{Value: 0x800E, Text: "SHA-512", Length: 64},
}

// Sizes of MS-PCCRC, in bytes.
const (
	blockSizeV1      = 64 << 10  // of every block but the content's last, 2.1
	segmentSizeV1    = 32 << 20  // of every segment but the content's last, 2.3.1.1
	maxSegmentSizeV2 = 128 << 10 // 2.4.1.2
)

var contentV1 = Layout{
	Name:    "CONTENT_INFORMATION_V1",
	Section: "MS-PCCRC 2.3",
	Kind:    ContentV1, Message: true,
	Truncated: Constraint{Rule: "PCCRC-2.3-Truncated"},
	Fields: []LayoutField{
		{Name: "Version", Form: Integer, Extent: fixed(2), Little: true, Notation: Hexadecimal,
			Symbols:     []Symbol{{Value: 0x0100, Text: "version 1.0"}},
			Text:        "Version: the major version in the high byte, the minor version in the low byte.",
			Constraints: []Constraint{{Rule: "PCCRC-2.3-Version", Check: OneOf, Values: []uint64{0x0100}}}},
		{Name: "dwHashAlgo", Form: Integer, Extent: fixed(4), Little: true, Notation: Hexadecimal, Symbols: contentHashes,
			Text:        "Hash function of all hashes in the structure.",
			Constraints: []Constraint{{Rule: "PCCRC-2.3-dwHashAlgo", Check: OneOf, Values: []uint64{0x800C, 0x800D, 0x800E}}}},
		{Name: "dwOffsetInFirstSegment", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Start of the content range within the first segment, in bytes.",
			Comparisons: []Constraint{{Rule: "PCCRC-2.3-dwOffsetInFirstSegment", Check: Agreement, compare: offsetInFirstSegment}}},
		{Name: "dwReadBytesInLastSegment", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Symbols: []Symbol{{Value: 0, Text: "to the end of the segment"}},
			Text:    "Number of bytes of the content range in the last segment; 0 means up to its end.",
			Comparisons: []Constraint{
				{Rule: "PCHC-2.2.1.4-dwReadBytesInLastSegment", In: "SEGMENT_INFO_MESSAGE", Check: Agreement, compare: readBytesOfCopy},
				{Rule: "PCCRC-2.3-dwReadBytesInLastSegment", NotIn: "SEGMENT_INFO_MESSAGE", Check: Agreement, compare: readBytesInLastSegment},
			}},
		{Name: "cSegments", Form: Integer, Extent: fixed(4), Little: true,
			Text: "Number of segments and of block lists.",
			Constraints: []Constraint{
				{Rule: "PCHC-2.2.1.4-cSegments", In: "SEGMENT_INFO_MESSAGE", Check: OneOf, Values: []uint64{1}},
				{Rule: "PCCRC-2.3-cSegments", Check: Backed},
			}},
		{Name: "segments", Form: List, Extent: elementsIn("cSegments"), Of: &segmentV1,
			Text: "The segments that intersect the content range, in content order."},
		{Name: "blocks", Form: List, Extent: elementsIn("cSegments"), Of: &segmentBlocks,
			Text: "The block lists of the segments, in the same order."},
		{Name: "Padding", Form: Bytes, Optional: true,
			Text:        "Bytes after the last block list, which have no meaning.",
			Constraints: []Constraint{{Rule: "PCCRC-2.3-Padding", Check: Absent}}},
	},
}

var segmentV1 = Layout{
	Name:    "SegmentDescription",
	Section: "MS-PCCRC 2.3.1.1",
	Kind:    ContentV1,
	Fields: []LayoutField{
		{Name: "ullOffsetInContent", Form: Integer, Extent: fixed(8), Little: true, Notation: Octets,
			Text:        "Offset of the segment in the content.",
			Comparisons: []Constraint{{Rule: "PCCRC-2.3.1.1-ullOffsetInContent", Check: Agreement, compare: segmentAdjacent}}},
		{Name: "cbSegment", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Size of the segment in bytes, whether in the content range or not.",
			Comparisons: []Constraint{{Rule: "PCCRC-2.3.1.1-cbSegment", Check: Agreement, compare: segmentSize}}},
		{Name: "cbBlockSize", Form: Integer, Extent: fixed(4), Little: true, Notation: Octets,
			Text:        "Size of each block in bytes, except the last of the content.",
			Constraints: []Constraint{{Rule: "PCCRC-2.3.1.1-cbBlockSize", Check: OneOf, Values: []uint64{blockSizeV1}}}},
		{Name: "SegmentHashOfData", Form: Bytes, Extent: hashOf("dwHashAlgo", contentHashes),
			Text: "HoD: hash of the hashes of all blocks of the segment, whether listed or not."},
		{Name: "SegmentSecret", Form: Bytes, Extent: hashOf("dwHashAlgo", contentHashes), Secret: true,
			Text: "Kp: the key that protects the segment between peers."},
	},
}

var segmentBlocks = Layout{
	Name:      "SegmentContentBlocks",
	Section:   "MS-PCCRC 2.3.1.2",
	Kind:      ContentV1,
	Truncated: Constraint{Rule: "PCCRC-2.3.1.2-Truncated"},
	Fields: []LayoutField{
		{Name: "cBlocks", Form: Integer, Extent: fixed(4), Little: true,
			Text:        "Number of block hashes.",
			Constraints: []Constraint{{Rule: "PCCRC-2.3.1.2-cBlocks", Check: Backed}},
			Comparisons: []Constraint{
				{Rule: "PCHC-2.2.1.4-BlockCount", In: "SEGMENT_INFO_MESSAGE", Check: Agreement, compare: blockCountOfCopy},
				{Rule: "PCCRC-2.3.1.2-BlockCount", NotIn: "SEGMENT_INFO_MESSAGE", Check: Agreement, compare: blockCount},
			}},
		{Name: "BlockHashes", Form: List, Extent: elementsIn("cBlocks"), Item: hashOf("dwHashAlgo", contentHashes),
			Text: "Hashes of the segment's blocks, in order."},
	},
}

var contentV2 = Layout{
	Name:    "CONTENT_INFORMATION_V2",
	Section: "MS-PCCRC 2.4",
	Kind:    ContentV2, Message: true,
	Truncated: Constraint{Rule: "PCCRC-2.4-Truncated"},
	Fields: []LayoutField{
		{Name: "bMinorVersion", Form: Integer, Extent: fixed(1),
			Text:        "Minor version.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4-bMinorVersion", Check: OneOf, Values: []uint64{0}}}},
		{Name: "bMajorVersion", Form: Integer, Extent: fixed(1),
			Symbols:     []Symbol{{Value: 2, Text: "version 2.0"}},
			Text:        "Major version.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4-bMajorVersion", Check: OneOf, Values: []uint64{2}}}},
		{Name: "bHashAlgo", Form: Integer, Extent: fixed(1),
			Symbols:     []Symbol{{Value: 4, Text: "Truncated SHA-512"}},
			Text:        "Hash function of all hashes in the structure.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4-bHashAlgo", Check: OneOf, Values: []uint64{4}}}},
		{Name: "ullStartInContent", Form: Integer, Extent: fixed(8), Notation: Octets,
			Text: "Offset of the first listed segment in the content."},
		{Name: "ullIndexOfFirstSegment", Form: Integer, Extent: fixed(8),
			Text: "Zero-based index of the first listed segment in the content."},
		{Name: "dwOffsetInFirstSegment", Form: Integer, Extent: fixed(4), Notation: Octets,
			Text:        "Start of the content range within the first segment, in bytes.",
			Comparisons: []Constraint{{Rule: "PCCRC-2.4-dwOffsetInFirstSegment", Check: Agreement, compare: offsetInFirstChunk}}},
		// No rule binds it to the segments: the text does not say that they hold the range.
		{Name: "ullLengthOfRange", Form: Integer, Extent: fixed(8), Notation: Octets,
			Symbols: []Symbol{{Value: 0, Text: "the whole content"}},
			Text:    "Size of the content range in bytes; 0 means the whole content."},
		{Name: "chunks", Form: List, Of: &chunk,
			Text:        "At least one chunk of segment descriptions, to the end of the structure.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4-chunks", Check: NotEmpty}}},
	},
}

var chunk = Layout{
	Name:      "ChunkDescription",
	Section:   "MS-PCCRC 2.4.1.1",
	Kind:      ContentV2,
	Truncated: Constraint{Rule: "PCCRC-2.4.1.1-Truncated"},
	Fields: []LayoutField{
		{Name: "bChunkType", Form: Integer, Extent: fixed(1),
			Symbols:     []Symbol{{Value: 0, Text: "segment descriptions"}},
			Text:        "Type of the chunk.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4.1.1-bChunkType", Check: OneOf, Values: []uint64{0}}}},
		{Name: "dwChunkDataLength", Form: Integer, Extent: fixed(4),
			Text:        "Size of chunkData in bytes.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4.1.1-dwChunkDataLength", Check: Backed}}},
		{Name: "chunkData", Form: List, Extent: bytesIn("dwChunkDataLength"), Of: &segmentV2,
			Text: "Descriptions of consecutive segments, in content order."},
	},
}

var segmentV2 = Layout{
	Name:    "SegmentDescription",
	Section: "MS-PCCRC 2.4.1.2",
	Kind:    ContentV2,
	Fields: []LayoutField{
		{Name: "cbSegment", Form: Integer, Extent: fixed(4), Notation: Octets,
			Text:        "Size of the segment in bytes, whether in the content range or not.",
			Constraints: []Constraint{{Rule: "PCCRC-2.4.1.2-cbSegment", Check: Between, Values: []uint64{1, maxSegmentSizeV2}}}},
		{Name: "SegmentHashOfData", Form: Bytes, Extent: fixed(32),
			Text: "HoD: hash of the segment."},
		{Name: "SegmentSecret", Form: Bytes, Extent: fixed(32), Secret: true,
			Text: "Kp: the key that protects the segment between peers."},
	},
}
