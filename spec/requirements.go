package spec

import "slices"

// Requirements returns the catalogue of rules, MS-PCHC before MS-PCCRC, each
// in order of section. So far it has the rules that bytes alone can break.
func Requirements() []Requirement { return slices.Clone(requirements) }

// RequirementByID returns the requirement with the given id, such as
// "PCHC-2.2.1.5-MaxDescriptors".
func RequirementByID(id string) (Requirement, bool) {
	for i := range requirements {
		if requirements[i].ID == id {
			return requirements[i], true
		}
	}
	return Requirement{}, false
}

var requirements = []Requirement{
	// MS-PCHC, requests.
	{"PCHC-2.2.1.1-Truncated", "MS-PCHC 2.2.1.1", Must, Format,
		"A request begins with a whole MESSAGE_HEADER of 8 bytes."},
	{"PCHC-2.2.1.1-MinorVersion", "MS-PCHC 2.2.1.1", Must, Format,
		"MinorVersion, the first byte of a request, is 0."},
	{"PCHC-2.2.1.1-MajorVersion", "MS-PCHC 2.2.1.1", Must, Format,
		"MajorVersion, the second byte of a request, is 1 or 2."},
	{"PCHC-2.2.1.1-Type", "MS-PCHC 2.2.1.1", Must, Format,
		"Type is 1 (INITIAL_OFFER_MESSAGE), 2 (SEGMENT_INFO_MESSAGE) or 3 (BATCHED_OFFER_MESSAGE)."},
	{"PCHC-2.2.1.2-Truncated", "MS-PCHC 2.2.1.2", Must, Format,
		"A whole CONNECTION_INFORMATION of 8 bytes follows the header of a request."},
	{"PCHC-2.2.1.2-Port", "MS-PCHC 2.2.1.2", Must, Sender,
		"Port is the port on which the client listens for peers, so it is not 0."},
	{"PCHC-2.2.1.3-Version", "MS-PCHC 2.2.1.3", Must, Format,
		"An INITIAL_OFFER_MESSAGE is a message of version 1.0, not 2.0."},
	{"PCHC-2.2.1.3-Hash", "MS-PCHC 2.2.1.3", Must, Format,
		"Hash, which takes the rest of an INITIAL_OFFER_MESSAGE, has the 32, 48 or 64 bytes of one of the hash functions of Content Information 1.0."},
	{"PCHC-2.2.1.4-Version", "MS-PCHC 2.2.1.4", Must, Format,
		"A SEGMENT_INFO_MESSAGE is a message of version 1.0, not 2.0."},
	{"PCHC-2.2.1.4-Truncated", "MS-PCHC 2.2.1.4", Must, Format,
		"A SEGMENT_INFO_MESSAGE has a whole ContentTag of 16 bytes."},
	{"PCHC-2.2.1.4-dwReadBytesInLastSegment", "MS-PCHC 2.2.1.4", Must, Sender,
		"In a SEGMENT_INFO_MESSAGE dwReadBytesInLastSegment is the size of the segment; 0, and what does not run past the segment's end, are taken for as good."},
	{"PCHC-2.2.1.4-cSegments", "MS-PCHC 2.2.1.4", Must, Format,
		"In a SEGMENT_INFO_MESSAGE cSegments is 1: one segment, one block list."},
	{"PCHC-2.2.1.5-Version", "MS-PCHC 2.2.1.5", Must, Format,
		"A BATCHED_OFFER_MESSAGE is a message of version 2.0, not 1.0."},
	{"PCHC-2.2.1.5-MinDescriptors", "MS-PCHC 2.2.1.5", Must, Format,
		"A BATCHED_OFFER_MESSAGE has at least one SegmentDescriptor."},
	{"PCHC-2.2.1.5-MaxDescriptors", "MS-PCHC 2.2.1.5", Must, Format,
		"A BATCHED_OFFER_MESSAGE has at most 128 SegmentDescriptors."},
	{"PCHC-2.2.1.5-Truncated", "MS-PCHC 2.2.1.5", Must, Format,
		"The last SegmentDescriptor of a BATCHED_OFFER_MESSAGE is whole."},
	{"PCHC-2.2.1.5-SizeOfContentTag", "MS-PCHC 2.2.1.5", Must, Format,
		"SizeOfContentTag of a SegmentDescriptor is 16."},
	{"PCHC-2.2.1.5-HashAlgorithm", "MS-PCHC 2.2.1.5", Must, Format,
		"HashAlgorithm of a SegmentDescriptor is 0x01 (SHA-256) or 0x04 (SHA-512, first 256 bits)."},

	// MS-PCHC, responses.
	{"PCHC-2.2.2.1-Truncated", "MS-PCHC 2.2.2.1", Must, Format,
		"A response begins with a whole Size of 4 bytes."},
	{"PCHC-2.2.2.1-Size", "MS-PCHC 2.2.2.1", Must, Format,
		"Size is the number of bytes after it, which is 1 in every response there is."},
	{"PCHC-2.2.2.2-Truncated", "MS-PCHC 2.2.2.2", Must, Format,
		"A response has a ResponseCode."},
	{"PCHC-2.2.2.2-ResponseCode", "MS-PCHC 2.2.2.2", Must, Format,
		"ResponseCode is 0 (OK) or 1 (INTERESTED)."},
	{"PCHC-2.2.2.2-Interested", "MS-PCHC 2.2.2.2", Must, Format,
		"Only the answer to an INITIAL_OFFER_MESSAGE may be INTERESTED; to any other request it is OK."},
	{"PCHC-2.2.2.2-Trailing", "MS-PCHC 2.2.2.2", Must, Format,
		"A response ends with its ResponseCode, the fifth byte."},

	// MS-PCCRC, version 1.0.
	{"PCCRC-2.3-Truncated", "MS-PCCRC 2.3", Must, Format,
		"Content Information 1.0 begins with a whole header of 18 bytes."},
	{"PCCRC-2.3-Version", "MS-PCCRC 2.3", Must, Format,
		"Version is 0x0100."},
	{"PCCRC-2.3-dwHashAlgo", "MS-PCCRC 2.3", Must, Format,
		"dwHashAlgo is 0x800C (SHA-256), 0x800D (SHA-384) or 0x800E (SHA-512)."},
	{"PCCRC-2.3-dwOffsetInFirstSegment", "MS-PCCRC 2.3", Must, Sender,
		"dwOffsetInFirstSegment lies inside the first segment."},
	{"PCCRC-2.3-dwReadBytesInLastSegment", "MS-PCCRC 2.3", Must, Sender,
		"dwReadBytesInLastSegment is no more than the size of the last segment."},
	{"PCCRC-2.3-cSegments", "MS-PCCRC 2.3", Must, Format,
		"cSegments is at least 1, and that many segment descriptions follow."},
	{"PCCRC-2.3-Padding", "MS-PCCRC 2.3", Must, Sender,
		"Content Information 1.0 ends with its last block list."},
	{"PCCRC-2.3.1.1-ullOffsetInContent", "MS-PCCRC 2.3.1.1", Must, Sender,
		"Segments are listed in content order without gaps: each begins where the one before it ends."},
	{"PCCRC-2.3.1.1-cbSegment", "MS-PCCRC 2.3.1.1", Must, Sender,
		"A segment of version 1.0 has 32 MiB; the last one listed, which may be the content's last, has 1 byte to 32 MiB."},
	{"PCCRC-2.3.1.1-cbBlockSize", "MS-PCCRC 2.3.1.1", Must, Sender,
		"cbBlockSize is 65536."},
	{"PCCRC-2.3.1.2-Truncated", "MS-PCCRC 2.3.1.2", Must, Format,
		"Every segment has a block list with a whole cBlocks."},
	{"PCCRC-2.3.1.2-cBlocks", "MS-PCCRC 2.3.1.2", Must, Format,
		"cBlocks is at least 1, and that many block hashes follow."},
	{"PCCRC-2.3.1.2-BlockCount", "MS-PCCRC 2.3.1.2", Must, Sender,
		"A block list has the blocks from the start of its segment to the end of the content range in it, or only those that the range meets."},

	// MS-PCCRC, version 2.0.
	{"PCCRC-2.4-Truncated", "MS-PCCRC 2.4", Must, Format,
		"Content Information 2.0 begins with a whole header of 31 bytes."},
	{"PCCRC-2.4-bMinorVersion", "MS-PCCRC 2.4", Must, Format,
		"bMinorVersion is 0."},
	{"PCCRC-2.4-bMajorVersion", "MS-PCCRC 2.4", Must, Format,
		"bMajorVersion is 2."},
	{"PCCRC-2.4-bHashAlgo", "MS-PCCRC 2.4", Must, Format,
		"bHashAlgo is 0x04 (SHA-512, first 256 bits)."},
	{"PCCRC-2.4-dwOffsetInFirstSegment", "MS-PCCRC 2.4", Must, Sender,
		"dwOffsetInFirstSegment lies inside the first segment."},
	{"PCCRC-2.4-chunks", "MS-PCCRC 2.4", Must, Format,
		"Content Information 2.0 has at least one chunk."},
	{"PCCRC-2.4.1.1-Truncated", "MS-PCCRC 2.4.1.1", Must, Format,
		"A chunk begins with a whole header of 5 bytes."},
	{"PCCRC-2.4.1.1-bChunkType", "MS-PCCRC 2.4.1.1", Must, Format,
		"bChunkType is 0."},
	{"PCCRC-2.4.1.1-dwChunkDataLength", "MS-PCCRC 2.4.1.1", Must, Format,
		"dwChunkDataLength comes out in whole segment descriptions of 68 bytes, at least one, and all of them are there."},
	{"PCCRC-2.4.1.2-cbSegment", "MS-PCCRC 2.4.1.2", Must, Sender,
		"A segment of version 2.0 has 1 byte to 128 KiB."},
}
