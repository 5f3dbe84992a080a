package spec

// contentHashes are the hash functions of Content Information 1.0.
var contentHashes = []symbol{
	{value: 0x800C, text: "SHA-256", size: 32},
	{value: 0x800D, text: "SHA-384", size: 48},
	{value: 0x800E, text: "SHA-512", size: 64},
}

// Sizes of MS-PCCRC, in bytes.
const (
	blockSizeV1      = 64 << 10  // of every block but the content's last, 2.1
	segmentSizeV1    = 32 << 20  // of every segment but the content's last, 2.3.1.1
	maxSegmentSizeV2 = 128 << 10 // 2.4.1.2
)

var contentV1 = layout{
	name:    "CONTENT_INFORMATION_V1",
	section: "MS-PCCRC 2.3",
	cut:     rule{id: "PCCRC-2.3-Truncated"},
	fields: []field{
		{name: "Version", form: Integer, extent: fixed(2), order: little, shown: hexadecimal,
			names: []symbol{{value: 0x0100, text: "version 1.0"}},
			text:  "Version of the structure: major part in the high byte, minor part in the low one.",
			rules: []rule{{id: "PCCRC-2.3-Version", must: oneOf{0x0100}}}},
		{name: "dwHashAlgo", form: Integer, extent: fixed(4), order: little, shown: hexadecimal, names: contentHashes,
			text:  "Hash function behind every hash of the structure.",
			rules: []rule{{id: "PCCRC-2.3-dwHashAlgo", must: oneOf{0x800C, 0x800D, 0x800E}}}},
		{name: "dwOffsetInFirstSegment", form: Integer, extent: fixed(4), order: little, shown: octets,
			text: "Bytes of the first segment before the content range.",
			late: []rule{{id: "PCCRC-2.3-dwOffsetInFirstSegment", must: spanning(offsetInFirstSegment)}}},
		{name: "dwReadBytesInLastSegment", form: Integer, extent: fixed(4), order: little, shown: octets,
			names: []symbol{{value: 0, text: "to the end of the segment"}},
			text:  "Bytes of the content range in the last segment; 0 means up to its end.",
			late: []rule{
				{id: "PCCRC-2.3-dwReadBytesInLastSegment", must: spanning(readBytesInLastSegment)},
				{id: "PCHC-2.2.1.4-dwReadBytesInLastSegment", in: "SEGMENT_INFO_MESSAGE", must: spanning(readBytesInOnlySegment)},
			}},
		{name: "cSegments", form: Integer, extent: fixed(4), order: little,
			text: "Number of segments, and of block lists.",
			rules: []rule{
				{id: "PCHC-2.2.1.4-cSegments", in: "SEGMENT_INFO_MESSAGE", must: oneOf{1}},
				{id: "PCCRC-2.3-cSegments", must: backed{}},
			}},
		{name: "segments", form: List, extent: elementsIn("cSegments"), of: &segmentV1,
			text: "The segments that intersect the content range, in content order."},
		{name: "blocks", form: List, extent: elementsIn("cSegments"), of: &segmentBlocks,
			text: "The block lists of the segments, in the same order."},
		{name: "Padding", form: Bytes, optional: true,
			text:  "Bytes after the last block list, which nothing explains.",
			rules: []rule{{id: "PCCRC-2.3-Padding", must: absent{}}}},
	},
}

var segmentV1 = layout{
	name:    "SegmentDescription",
	section: "MS-PCCRC 2.3.1.1",
	fields: []field{
		{name: "ullOffsetInContent", form: Integer, extent: fixed(8), order: little, shown: octets,
			text:  "Where the segment begins in the content.",
			rules: []rule{{id: "PCCRC-2.3.1.1-ullOffsetInContent", must: spanning(segmentAdjacent)}}},
		{name: "cbSegment", form: Integer, extent: fixed(4), order: little, shown: octets,
			text:  "Bytes in the segment, in the content range or not.",
			rules: []rule{{id: "PCCRC-2.3.1.1-cbSegment", must: spanning(segmentSize)}}},
		{name: "cbBlockSize", form: Integer, extent: fixed(4), order: little, shown: octets,
			text:  "Bytes in each block but the content's last.",
			rules: []rule{{id: "PCCRC-2.3.1.1-cbBlockSize", must: oneOf{blockSizeV1}}}},
		{name: "SegmentHashOfData", form: Bytes, extent: hashOf("dwHashAlgo", contentHashes),
			text: "HoD: hash of the hashes of all blocks of the segment, listed or not."},
		{name: "SegmentSecret", form: Bytes, extent: hashOf("dwHashAlgo", contentHashes), secret: true,
			text: "Kp: the key that protects the segment between peers."},
	},
}

var segmentBlocks = layout{
	name:    "SegmentContentBlocks",
	section: "MS-PCCRC 2.3.1.2",
	cut:     rule{id: "PCCRC-2.3.1.2-Truncated"},
	fields: []field{
		{name: "cBlocks", form: Integer, extent: fixed(4), order: little,
			text:  "Number of block hashes.",
			rules: []rule{{id: "PCCRC-2.3.1.2-cBlocks", must: backed{}}},
			late:  []rule{{id: "PCCRC-2.3.1.2-BlockCount", must: spanning(blockCount)}}},
		{name: "BlockHashes", form: List, extent: elementsIn("cBlocks"), item: hashOf("dwHashAlgo", contentHashes),
			text: "Hashes of the segment's blocks, in order."},
	},
}

var contentV2 = layout{
	name:    "CONTENT_INFORMATION_V2",
	section: "MS-PCCRC 2.4",
	cut:     rule{id: "PCCRC-2.4-Truncated"},
	fields: []field{
		{name: "bMinorVersion", form: Integer, extent: fixed(1), order: big,
			text:  "Minor part of the version.",
			rules: []rule{{id: "PCCRC-2.4-bMinorVersion", must: oneOf{0}}}},
		{name: "bMajorVersion", form: Integer, extent: fixed(1), order: big,
			names: []symbol{{value: 2, text: "version 2.0"}},
			text:  "Major part of the version.",
			rules: []rule{{id: "PCCRC-2.4-bMajorVersion", must: oneOf{2}}}},
		{name: "bHashAlgo", form: Integer, extent: fixed(1), order: big,
			names: []symbol{{value: 4, text: "Truncated SHA-512"}},
			text:  "Hash function behind every hash of the structure.",
			rules: []rule{{id: "PCCRC-2.4-bHashAlgo", must: oneOf{4}}}},
		{name: "ullStartInContent", form: Integer, extent: fixed(8), order: big, shown: octets,
			text: "Where the first listed segment begins in the content."},
		{name: "ullIndexOfFirstSegment", form: Integer, extent: fixed(8), order: big,
			text: "Zero-based number of the first listed segment in the content."},
		{name: "dwOffsetInFirstSegment", form: Integer, extent: fixed(4), order: big, shown: octets,
			text: "Bytes of the first segment before the content range.",
			late: []rule{{id: "PCCRC-2.4-dwOffsetInFirstSegment", must: spanning(offsetInFirstChunk)}}},
		{name: "ullLengthOfRange", form: Integer, extent: fixed(8), order: big, shown: octets,
			names: []symbol{{value: 0, text: "the whole content"}},
			text:  "Bytes in the content range; 0 where the structure describes the whole content."},
		{name: "chunks", form: List, of: &chunk,
			text:  "At least one chunk of segment descriptions, to the end of the structure.",
			rules: []rule{{id: "PCCRC-2.4-chunks", must: notEmpty{}}}},
	},
}

var chunk = layout{
	name:    "ChunkDescription",
	section: "MS-PCCRC 2.4.1.1",
	cut:     rule{id: "PCCRC-2.4.1.1-Truncated"},
	fields: []field{
		{name: "bChunkType", form: Integer, extent: fixed(1), order: big,
			names: []symbol{{value: 0, text: "segment descriptions"}},
			text:  "What the chunk holds.",
			rules: []rule{{id: "PCCRC-2.4.1.1-bChunkType", must: oneOf{0}}}},
		{name: "dwChunkDataLength", form: Integer, extent: fixed(4), order: big,
			text:  "Bytes in chunkData.",
			rules: []rule{{id: "PCCRC-2.4.1.1-dwChunkDataLength", must: backed{}}}},
		{name: "chunkData", form: List, extent: bytesIn("dwChunkDataLength"), of: &segmentV2,
			text: "Descriptions of adjacent segments, in content order."},
	},
}

var segmentV2 = layout{
	name:    "SegmentDescription",
	section: "MS-PCCRC 2.4.1.2",
	fields: []field{
		{name: "cbSegment", form: Integer, extent: fixed(4), order: big, shown: octets,
			text:  "Bytes in the segment, in the content range or not.",
			rules: []rule{{id: "PCCRC-2.4.1.2-cbSegment", must: between{1, maxSegmentSizeV2}}}},
		{name: "SegmentHashOfData", form: Bytes, extent: fixed(32),
			text: "HoD: hash of the segment."},
		{name: "SegmentSecret", form: Bytes, extent: fixed(32), secret: true,
			text: "Kp: the key that protects the segment between peers."},
	},
}
