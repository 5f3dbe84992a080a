package spec

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ruleCases break one rule each, or barely none: what is wanted is every
// violation, as "rule offset field detail".
var ruleCases = []struct {
	name    string
	kind    Kind
	request uint16
	b       []byte
	want    []string
}{
	{"empty request", Request, 0, nil, []string{
		"PCHC-2.2.1.1-Truncated 0 MessageHeader.MinorVersion missing"}},
	{"header cut in Type", Request, 0, request(1, 1)[:3], []string{
		"PCHC-2.2.1.1-Truncated 2 MessageHeader.Type truncated: 1 of 2 bytes present"}},
	{"header cut in Padding", Request, 0, request(1, 1)[:7], []string{
		"PCHC-2.2.1.1-Truncated 4 MessageHeader.Padding truncated: 3 of 4 bytes present"}},
	{"minor version 1", Request, 0, with(batchOf(1), 0, 1), []string{
		"PCHC-2.2.1.1-MinorVersion 0 MessageHeader.MinorVersion is 1, must be 0"}},
	{"major version 0", Request, 0, with(batchOf(1), 1, 0), []string{
		"PCHC-2.2.1.1-MajorVersion 1 MessageHeader.MajorVersion is 0, must be 1 or 2"}},
	{"major version 3", Request, 0, with(initialOffer32(), 1, 3), []string{
		"PCHC-2.2.1.1-MajorVersion 1 MessageHeader.MajorVersion is 3, must be 1 or 2"}},
	{"both version bytes wrong", Request, 0, with(batchOf(1), 0, 0xFE, 0xFE), []string{
		"PCHC-2.2.1.1-MinorVersion 0 MessageHeader.MinorVersion is 254, must be 0",
		"PCHC-2.2.1.1-MajorVersion 1 MessageHeader.MajorVersion is 254, must be 1 or 2"}},
	{"type 0", Request, 0, with(batchOf(1), 2, 0, 0), []string{
		"PCHC-2.2.1.1-Type 2 MessageHeader.Type is 0, must be 1, 2 or 3"}},
	{"type 4", Request, 0, with(batchOf(1), 2, 0, 4), []string{
		"PCHC-2.2.1.1-Type 2 MessageHeader.Type is 4, must be 1, 2 or 3"}},
	{"type in the wrong byte order", Request, 0, with(batchOf(1), 2, 3, 0), []string{
		"PCHC-2.2.1.1-Type 2 MessageHeader.Type is 768, must be 1, 2 or 3"}},
	{"type 1 in version 2.0", Request, 0, with(initialOffer32(), 1, 2), []string{
		"PCHC-2.2.1.3-Version 2 MessageHeader.Type is INITIAL_OFFER_MESSAGE (1), not allowed in version 2.0"}},
	{"type 2 in version 2.0", Request, 0, with(segmentInfo100k(), 1, 2), []string{
		"PCHC-2.2.1.4-Version 2 MessageHeader.Type is SEGMENT_INFO_MESSAGE (2), not allowed in version 2.0"}},
	{"type 3 in version 1.0", Request, 0, with(batchOf(1), 1, 1), []string{
		"PCHC-2.2.1.5-Version 2 MessageHeader.Type is BATCHED_OFFER_MESSAGE (3), not allowed in version 1.0"}},
	{"connection missing", Request, 0, request(1, 1)[:8], []string{
		"PCHC-2.2.1.2-Truncated 8 ConnectionInformation.Port missing"}},
	{"connection cut in Padding", Request, 0, request(1, 1)[:12], []string{
		"PCHC-2.2.1.2-Truncated 10 ConnectionInformation.Padding truncated: 2 of 6 bytes present"}},
	{"port 0", Request, 0, with(initialOffer32(), 8, 0, 0), []string{
		"PCHC-2.2.1.2-Port 8 ConnectionInformation.Port is 0, must be 1 to 65535"}},
	{"port 1", Request, 0, with(initialOffer32(), 8, 0, 1), nil},
	{"port 65535", Request, 0, with(initialOffer32(), 8, 255, 255), nil},

	{"no hash", Request, 0, initialOffer32()[:16], []string{
		"PCHC-2.2.1.3-Hash 16 Hash has 0 bytes, must have 32, 48 or 64"}},
	{"hash of 31", Request, 0, initialOffer32()[:47], []string{
		"PCHC-2.2.1.3-Hash 16 Hash has 31 bytes, must have 32, 48 or 64"}},
	{"hash of 33", Request, 0, append(initialOffer32(), 0), []string{
		"PCHC-2.2.1.3-Hash 16 Hash has 33 bytes, must have 32, 48 or 64"}},
	{"hash of 32", Request, 0, initialOffer32(), nil},
	{"hash of 48", Request, 0, append(initialOffer32(), run(0, 16)...), nil},
	{"hash of 64", Request, 0, append(initialOffer32(), run(0, 32)...), nil},
	{"hash of 65", Request, 0, append(initialOffer32(), run(0, 33)...), []string{
		"PCHC-2.2.1.3-Hash 16 Hash has 65 bytes, must have 32, 48 or 64"}},

	{"content tag missing", Request, 0, segmentInfo100k()[:16], []string{
		"PCHC-2.2.1.4-Truncated 16 ContentTag missing"}},
	{"content tag cut", Request, 0, segmentInfo100k()[:31], []string{
		"PCHC-2.2.1.4-Truncated 16 ContentTag truncated: 15 of 16 bytes present"}},
	{"content information missing", Request, 0, segmentInfo100k()[:32], []string{
		"PCCRC-2.3-Truncated 32 SegmentInformation.Version missing"}},
	{"segment info", Request, 0, segmentInfo100k(), nil},
	{"segment info with no segments", Request, 0, with32(segmentInfo100k(), 46, 0)[:50], []string{
		"PCHC-2.2.1.4-cSegments 46 SegmentInformation.cSegments is 0, must be 1"}},
	{"segment info with two segments", Request, 0,
		slices.Concat(segmentInfo100k()[:32], v1of(mebi32, 1)), []string{
			"PCHC-2.2.1.4-cSegments 46 SegmentInformation.cSegments is 2, must be 1"}},
	{"segment info with segments that are not there", Request, 0, with32(segmentInfo100k(), 46, 1<<31), []string{
		"PCHC-2.2.1.4-cSegments 46 SegmentInformation.cSegments is 2147483648, must be 1",
		"PCCRC-2.3.1.1-cbSegment 58 SegmentInformation.segments[0].cbSegment is 100000, must be 33554432 in every segment but the last",
		"PCCRC-2.3.1.1-ullOffsetInContent 130 SegmentInformation.segments[1].ullOffsetInContent is out of range (redacted: it may be part of a key)",
		"PCCRC-2.3.1.1-cbSegment 138 SegmentInformation.segments[1].cbSegment is out of range (redacted: it may be part of a key)",
		"PCCRC-2.3.1.1-cbBlockSize 142 SegmentInformation.segments[1].cbBlockSize is out of range (redacted: it may be part of a key)"}},
	{"segment info whose segment is not there", Request, 0, segmentInfo100k()[:129], []string{
		"PCCRC-2.3-cSegments 46 SegmentInformation.cSegments is 1, more than the remaining bytes hold"}},

	// In the segment of 100 000 bytes the content range begins at 1000.
	{"reads 0", Request, 0, with32(segmentInfo100k(), 38, 1000, 0), nil},
	{"reads the segment", Request, 0, with32(segmentInfo100k(), 38, 1000, 100000), nil},
	{"reads 1", Request, 0, with32(segmentInfo100k(), 42, 1), []string{
		"PCHC-2.2.1.4-dwReadBytesInLastSegment 42 SegmentInformation.dwReadBytesInLastSegment is 1, must be 0 or cbSegment"}},
	{"reads to the end", Request, 0, with32(segmentInfo100k(), 38, 1000, 99000), []string{
		"PCHC-2.2.1.4-dwReadBytesInLastSegment 42 SegmentInformation.dwReadBytesInLastSegment is 99000, must be 0 or cbSegment"}},
	{"reads nearly the segment", Request, 0, with32(segmentInfo100k(), 38, 0, 99999), []string{
		"PCHC-2.2.1.4-dwReadBytesInLastSegment 42 SegmentInformation.dwReadBytesInLastSegment is 99999, must be 0 or cbSegment"}},
	{"reads more than the segment", Request, 0, with32(segmentInfo100k(), 38, 1000, 100001), []string{
		"PCHC-2.2.1.4-dwReadBytesInLastSegment 42 SegmentInformation.dwReadBytesInLastSegment is 100001, must be 0 or cbSegment"}},
	{"the first of two blocks", Request, 0, with32(segmentInfo100k(), 130, 1)[:166], nil},
	{"the first of two blocks, range in the second", Request, 0, with32(with32(segmentInfo100k(), 38, 70000), 130, 1)[:166], nil},
	{"three of two blocks", Request, 0, append(with32(segmentInfo100k(), 130, 3), run(0, 32)...), []string{
		"PCHC-2.2.1.4-BlockCount 130 SegmentInformation.blocks[0].cBlocks is 3, must be at most the number of blocks in cbSegment"}},
	{"reads from nowhere", Request, 0, with32(segmentInfo100k(), 38, 100000, 100000), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 38 SegmentInformation.dwOffsetInFirstSegment is 100000, " +
			"must be less than the first segment's cbSegment"}},
	{"reads past the end, not in a message", Content, 0, with32(v1of(100_000), 6, 1000, 99001), nil},
	{"reads past the end of two segments", Request, 0,
		with32(slices.Concat(segmentInfo100k()[:32], v1of(mebi32, 10)), 38, 5, 6), []string{
			"PCHC-2.2.1.4-cSegments 46 SegmentInformation.cSegments is 2, must be 1"}},

	{"batch of none", Request, 0, batchOf(0), []string{
		"PCHC-2.2.1.5-MinDescriptors 16 SegmentDescriptor is empty, must have at least 1 element"}},
	{"batch of 1", Request, 0, batchOf(1), nil},
	{"batch of 128", Request, 0, batchOf(128), nil},
	{"a block of 0 bytes", Request, 0, sized(0, 65536, 4), []string{
		"PCHC-2.2.1.5-BlockSize 16 SegmentDescriptor[0].BlockSize is 0, must be 1 to 4294967295"}},
	{"a segment of 0 bytes", Request, 0, sized(65536, 0, 4), []string{
		"PCHC-2.2.1.5-SegmentSize 20 SegmentDescriptor[0].SegmentSize is 0, must be 1 to 4294967295"}},
	{"a block as large as the segment", Request, 0, sized(1000, 1000, 4), nil},
	{"a block larger than the segment", Request, 0, sized(1001, 1000, 4), []string{
		"PCHC-2.2.1.5-BlockSize 16 SegmentDescriptor[0].BlockSize is 1001, must be at most SegmentSize"}},
	{"64 KiB in a shorter segment of version 2.0", Request, 0, sized(65536, 1000, 4), []string{
		"PCHC-2.2.1.5-BlockSize 16 SegmentDescriptor[0].BlockSize is 65536, must be at most SegmentSize"}},
	{"64 KiB in a shorter segment of version 1.0", Request, 0, sized(65536, 1000, 1), nil},
	{"any other block in a shorter segment of version 1.0", Request, 0, sized(65537, 1000, 1), []string{
		"PCHC-2.2.1.5-BlockSize 16 SegmentDescriptor[0].BlockSize is 65537, must be at most SegmentSize"}},
	{"batch of 129", Request, 0, batchOf(129), []string{
		"PCHC-2.2.1.5-MaxDescriptors 7568 SegmentDescriptor[128]: 129th descriptor, at most 128 allowed"}},
	{"batch of 131, the last wrong", Request, 0, with(batchOf(131), 16+130*59+26, 2), []string{
		"PCHC-2.2.1.5-MaxDescriptors 7568 SegmentDescriptor[128]: 129th descriptor, at most 128 allowed",
		"PCHC-2.2.1.5-HashAlgorithm 7712 SegmentDescriptor[130].HashAlgorithm is 2, must be 1 or 4"}},
	{"a byte after the 128th", Request, 0, batchOf(129)[:7569], []string{
		"PCHC-2.2.1.5-MaxDescriptors 7568 SegmentDescriptor[128]: 129th descriptor, at most 128 allowed",
		"PCHC-2.2.1.5-Truncated 7568 SegmentDescriptor[128].BlockSize truncated: 1 of 4 bytes present"}},
	{"second descriptor cut", Request, 0, batchOf(2)[:80], []string{
		"PCHC-2.2.1.5-Truncated 79 SegmentDescriptor[1].SegmentSize truncated: 1 of 4 bytes present"}},
	{"descriptor without its hash", Request, 0, batchOf(2)[:16+59+27], []string{
		"PCHC-2.2.1.5-Truncated 102 SegmentDescriptor[1].SegmentHoHoDk missing"}},
	{"tag of 0 bytes", Request, 0, slices.Concat(batchOf(1)[:24], []byte{0, 0}, batchOf(1)[42:]), []string{
		"PCHC-2.2.1.5-SizeOfContentTag 24 SegmentDescriptor[0].SizeOfContentTag is 0, must be 16"}},
	{"tag of 17 bytes", Request, 0, slices.Concat(batchOf(1)[:24], []byte{0, 17, 1}, batchOf(1)[26:]), []string{
		"PCHC-2.2.1.5-SizeOfContentTag 24 SegmentDescriptor[0].SizeOfContentTag is 17, must be 16"}},
	{"tag of 15 bytes, the second of two", Request, 0,
		slices.Concat(batchOf(2)[:83], []byte{0, 15}, batchOf(2)[86:]), []string{
			"PCHC-2.2.1.5-SizeOfContentTag 83 SegmentDescriptor[1].SizeOfContentTag is 15, must be 16"}},
	{"tag in the wrong byte order", Request, 0, with(batchOf(1), 24, 16, 0), []string{
		"PCHC-2.2.1.5-SizeOfContentTag 24 SegmentDescriptor[0].SizeOfContentTag is 4096, must be 16",
		"PCHC-2.2.1.5-Truncated 26 SegmentDescriptor[0].ContentTag truncated: 49 of 4096 bytes present"}},
	{"hash algorithm 0", Request, 0, with(batchOf(1), 42, 0), []string{
		"PCHC-2.2.1.5-HashAlgorithm 42 SegmentDescriptor[0].HashAlgorithm is 0, must be 1 or 4"}},
	{"hash algorithm 1", Request, 0, with(batchOf(1), 42, 1), nil},
	{"hash algorithm 5", Request, 0, with(batchOf(1), 42, 5), []string{
		"PCHC-2.2.1.5-HashAlgorithm 42 SegmentDescriptor[0].HashAlgorithm is 5, must be 1 or 4"}},

	{"empty response", Response, 0, nil, []string{
		"PCHC-2.2.2.1-Truncated 0 TransportHeader.Size missing"}},
	{"response cut in Size", Response, 0, responseOf(0)[:3], []string{
		"PCHC-2.2.2.1-Truncated 0 TransportHeader.Size truncated: 3 of 4 bytes present"}},
	{"response without code", Response, 0, responseOf(0)[:4], []string{
		"PCHC-2.2.2.2-Truncated 4 ResponseCode missing"}},
	{"size 0, without code", Response, 0, []byte{0, 0, 0, 0}, []string{
		"PCHC-2.2.2.1-Size 0 TransportHeader.Size is 0, must be 1"}},
	{"size 5, one byte", Response, 0, with(responseOf(0), 3, 5), []string{
		"PCHC-2.2.2.1-Size 0 TransportHeader.Size is 5, must be 1"}},
	{"size in the wrong byte order", Response, 0, []byte{1, 0, 0, 0, 0}, []string{
		"PCHC-2.2.2.1-Size 0 TransportHeader.Size is 16777216, must be 1"}},
	{"size 2, two bytes", Response, 0, []byte{0, 0, 0, 2, 0, 0}, []string{
		"PCHC-2.2.2.1-Size 0 TransportHeader.Size is 2, must be 1",
		"PCHC-2.2.2.2-Trailing 5 Trailing: 1 unexpected byte after ResponseCode"}},
	{"code 2", Response, 0, responseOf(2), []string{
		"PCHC-2.2.2.2-ResponseCode 4 ResponseCode is 2, must be 0 or 1"}},
	{"code 2 to a batch", Response, 3, responseOf(2), []string{
		"PCHC-2.2.2.2-ResponseCode 4 ResponseCode is 2, must be 0 or 1"}},
	{"OK to anything", Response, 3, responseOf(0), nil},
	{"INTERESTED to what is not known", Response, 0, responseOf(1), nil},
	{"INTERESTED to an initial offer", Response, 1, responseOf(1), nil},
	{"INTERESTED to a segment info", Response, 2, responseOf(1), []string{
		"PCHC-2.2.2.2-Interested 4 ResponseCode is INTERESTED (1), allowed only in reply to INITIAL_OFFER_MESSAGE"}},
	{"INTERESTED to a batch", Response, 3, responseOf(1), []string{
		"PCHC-2.2.2.2-Interested 4 ResponseCode is INTERESTED (1), allowed only in reply to INITIAL_OFFER_MESSAGE"}},
	{"bytes after the code", Response, 0, append(responseOf(0), "\r\n"...), []string{
		"PCHC-2.2.2.2-Trailing 5 Trailing: 2 unexpected bytes after ResponseCode"}},

	{"empty content", Content, 0, nil, []string{
		"PCCRC-2.3-Truncated 0 Version missing"}},
	{"empty content of version 1.0", ContentV1, 0, nil, []string{
		"PCCRC-2.3-Truncated 0 Version missing"}},
	{"empty content of version 2.0", ContentV2, 0, nil, []string{
		"PCCRC-2.4-Truncated 0 bMinorVersion missing"}},
	{"version 1 header cut", Content, 0, v1of(1)[:17], []string{
		"PCCRC-2.3-Truncated 14 cSegments truncated: 3 of 4 bytes present"}},
	{"version 1.1", Content, 0, with(v1of(1), 0, 1), []string{
		"PCCRC-2.3-Version 0 Version is 0x101, must be 0x100"}},
	{"version 3.0", Content, 0, with(v1of(1), 1, 3), []string{
		"PCCRC-2.3-Version 0 Version is 0x300, must be 0x100"}},
	{"hash algorithm 0x800B", Content, 0, with(v1of(1), 2, 0x0B), []string{
		"PCCRC-2.3-dwHashAlgo 2 dwHashAlgo is 0x800B, must be 0x800C, 0x800D or 0x800E"}},
	{"hash algorithm 0x800F, no segments", Content, 0, with32(with(v1of(1), 2, 0x0F), 14, 0), []string{
		"PCCRC-2.3-dwHashAlgo 2 dwHashAlgo is 0x800F, must be 0x800C, 0x800D or 0x800E",
		"PCCRC-2.3-cSegments 14 cSegments is 0, must be at least 1",
		"PCCRC-2.3-Padding 18 Padding: 116 unexpected bytes after blocks"}},
	{"hash algorithm in the wrong byte order", Content, 0, with(v1of(1), 2, 0, 0, 0x80, 0x0C), []string{
		"PCCRC-2.3-dwHashAlgo 2 dwHashAlgo is 0xC800000, must be 0x800C, 0x800D or 0x800E"}},
	{"offset at the end of the segment", Content, 0, with32(v1of(1000), 6, 1000), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 1000, must be less than the first segment's cbSegment"}},
	{"offset of the last byte", Content, 0, with32(v1of(1000), 6, 999), nil},
	{"offset in the second segment", Content, 0, with32(v1of(mebi32, 1000), 6, mebi32), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 33554432, must be less than the first segment's cbSegment"}},
	{"reads more than the last segment", Content, 0, with32(v1of(mebi32, 1000), 10, 1001), []string{
		"PCCRC-2.3-dwReadBytesInLastSegment 10 dwReadBytesInLastSegment is 1001, must be at most the last segment's cbSegment"}},
	{"reads the last segment", Content, 0, with32(v1of(mebi32, 1000), 10, 1000), nil},
	{"no segments", Content, 0, with32(v1of(1), 14, 0)[:18], []string{
		"PCCRC-2.3-cSegments 14 cSegments is 0, must be at least 1"}},
	{"a segment that is not there", Content, 0, v1of(1)[:97], []string{
		"PCCRC-2.3-cSegments 14 cSegments is 1, more than the remaining bytes hold"}},
	{"a segment cut in its size", Content, 0, v1of(1)[:29], []string{
		"PCCRC-2.3-cSegments 14 cSegments is 1, more than the remaining bytes hold"}},
	{"a million segments", Content, 0, with32(v1of(1), 14, 1_000_000)[:18], []string{
		"PCCRC-2.3-cSegments 14 cSegments is 1000000, more than the remaining bytes hold"}},
	{"count times size is 2^32", Content, 0, with32(v1of(1), 14, 1<<28)[:18], []string{ // 16 bytes times 2^28, had they no hashes
		"PCCRC-2.3-cSegments 14 cSegments is 268435456, more than the remaining bytes hold"}},
	{"padding", Content, 0, append(v1of(1), 0, 0, 0), []string{
		"PCCRC-2.3-Padding 134 Padding: 3 unexpected bytes after blocks"}},
	{"gap between segments", Content, 0, with32(v1of(mebi32, 1), 98, mebi32+1, 0), []string{
		"PCCRC-2.3.1.1-ullOffsetInContent 98 segments[1].ullOffsetInContent is 33554433, must be the end of the previous segment"}},
	{"segments at 2^64", Content, 0,
		with32(with32(v1of(mebi32, 1), 18, 1<<32-mebi32, 1<<32-1), 98, 0, 0), []string{
			"PCCRC-2.3.1.1-ullOffsetInContent 98 segments[1].ullOffsetInContent is 0, must be the end of the previous segment"}},
	{"segments beyond 2^32", Content, 0,
		with32(with32(v1of(mebi32, 1), 18, 1<<32-mebi32, 8), 98, 0, 9), nil},
	{"segment of 0 bytes", Content, 0, with32(v1of(1), 26, 0), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 0, must be less than the first segment's cbSegment",
		"PCCRC-2.3.1.1-cbSegment 26 segments[0].cbSegment is 0, must be 1 to 33554432",
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 1, must be the number of blocks in the content range"}},
	{"last segment of more than 32 MiB", Content, 0, v1of(mebi32 + 1), []string{
		"PCCRC-2.3.1.1-cbSegment 26 segments[0].cbSegment is 33554433, must be 1 to 33554432"}},
	{"last segment of 32 MiB", Content, 0, v1of(mebi32), nil},
	{"first segment of less than 32 MiB", Content, 0, v1of(mebi32-1, 1), []string{
		"PCCRC-2.3.1.1-cbSegment 26 segments[0].cbSegment is 33554431, must be 33554432 in every segment but the last"}},
	{"block size", Content, 0, with32(v1of(1), 30, 65535), []string{
		"PCCRC-2.3.1.1-cbBlockSize 30 segments[0].cbBlockSize is 65535, must be 65536"}},
	{"no block list", Content, 0, v1of(1)[:98], []string{
		"PCCRC-2.3.1.2-Truncated 98 blocks[0].cBlocks missing"}},
	{"block list cut in its count", Content, 0, v1of(1)[:101], []string{
		"PCCRC-2.3.1.2-Truncated 98 blocks[0].cBlocks truncated: 3 of 4 bytes present"}},
	{"no second block list", Content, 0, v1of(mebi32, 1)[:178+4+512*32], []string{
		"PCCRC-2.3.1.2-Truncated 16566 blocks[1].cBlocks missing"}},
	{"no blocks", Content, 0, with32(v1of(1), 98, 0)[:102], []string{
		"PCCRC-2.3.1.2-cBlocks 98 blocks[0].cBlocks is 0, must be at least 1"}},
	{"blocks that are not there", Content, 0, v1of(65537)[:102+63], []string{
		"PCCRC-2.3.1.2-cBlocks 98 blocks[0].cBlocks is 2, more than the remaining bytes hold"}},
	{"blocks that are neither there nor right", Content, 0, with32(v1of(1), 98, 1<<27), []string{ // 32 * 2^27 is 2^32
		"PCCRC-2.3.1.2-cBlocks 98 blocks[0].cBlocks is 134217728, more than the remaining bytes hold",
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is out of range (redacted: it may be part of a key)"}},
	{"a block too many", Content, 0, with32(v1of(65537), 26, 65536), []string{
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 2, must be the number of blocks in the content range"}},
	{"a block too few", Content, 0, with32(v1of(131072), 26, 131073), []string{
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 2, must be the number of blocks in the content range"}},
	{"blocks by cbBlockSize", Content, 0, with32(v1of(131072), 30, 131072), []string{
		"PCCRC-2.3.1.1-cbBlockSize 30 segments[0].cbBlockSize is 131072, must be 65536"}},
	// A segment of five blocks, the last of one byte; the range is in blocks 2 and 3.
	{"four blocks of five", Content, 0, ranged(131072, 131072, 4), nil},
	{"the two blocks of the range", Content, 0, ranged(131072, 131072, 2), nil},
	{"three blocks of five", Content, 0, ranged(131072, 131072, 3), []string{
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 3, must be the number of blocks in the content range"}},
	{"all five blocks", Content, 0, ranged(131072, 131072, 5), []string{
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 5, must be the number of blocks in the content range"}},
	{"range one byte longer", Content, 0, ranged(131072, 131073, 5), nil},
	{"range one byte earlier", Content, 0, ranged(131071, 131072, 3), nil}, // blocks 1, 2, 3
	{"range past the segment", Content, 0, ranged(131072, 262145, 5), nil},
	{"range to the end of the segment", Content, 0, ranged(131072, 0, 3), nil},
	{"range that begins past the segment", Content, 0, ranged(1<<31, 0, 5), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 2147483648, must be less than the first segment's cbSegment"}},
	{"range that begins with the fifth block", Content, 0, ranged(1<<31, 0, 2), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 2147483648, must be less than the first segment's cbSegment",
		"PCCRC-2.3.1.2-BlockCount 98 blocks[0].cBlocks is 2, must be the number of blocks in the content range"}},
	{"range of the largest numbers", Content, 0, ranged(1<<32-1, 1<<32-1, 5), []string{
		"PCCRC-2.3-dwOffsetInFirstSegment 6 dwOffsetInFirstSegment is 4294967295, must be less than the first segment's cbSegment",
		"PCCRC-2.3-dwReadBytesInLastSegment 10 dwReadBytesInLastSegment is 4294967295, must be at most the last segment's cbSegment"}},
	{"first of two segments without its first block", Content, 0, withBlocks(with32(v1of(mebi32, 1), 6, 65536), 178, 511), nil},
	{"first of two segments up to the last's end", Content, 0, withBlocks(with32(v1of(mebi32, 1), 10, 1), 178, 1), []string{
		"PCCRC-2.3.1.2-BlockCount 178 blocks[0].cBlocks is 1, must be the number of blocks in the content range"}},
	{"last of two segments up to the range's end", Content, 0,
		with32(with32(v1of(mebi32, 65536), 106, 200_000), 6, 65536, 65536), nil}, // what is before the range in the first does not count
	{"last of two segments past the range's end", Content, 0,
		with32(v1of(mebi32, 65537), 10, 65536), []string{
			"PCCRC-2.3.1.2-BlockCount 16566 blocks[1].cBlocks is 2, must be the number of blocks in the content range"}},

	{"version 2 header cut", Content, 0, v2of()[:30], []string{
		"PCCRC-2.4-Truncated 23 ullLengthOfRange truncated: 7 of 8 bytes present"}},
	{"minor version of version 2", Content, 0, with(v2of([]uint32{10}), 0, 1), []string{
		"PCCRC-2.4-bMinorVersion 0 bMinorVersion is 1, must be 0"}},
	{"major version of version 2", ContentV2, 0, with(v2of([]uint32{10}), 1, 1), []string{
		"PCCRC-2.4-bMajorVersion 1 bMajorVersion is 1, must be 2"}},
	{"version 2 taken for version 1", ContentV1, 0, v2of()[:2], []string{
		"PCCRC-2.3-Version 0 Version is 0x200, must be 0x100",
		"PCCRC-2.3-Truncated 2 dwHashAlgo missing"}},
	{"hash algorithm 1 of version 2", Content, 0, with(v2of([]uint32{10}), 2, 1), []string{
		"PCCRC-2.4-bHashAlgo 2 bHashAlgo is 1, must be 4"}},
	{"version 2", Content, 0, v2of([]uint32{10}), nil},
	{"offset past the first segment of version 2", Content, 0, v2of([]uint32{9}), []string{
		"PCCRC-2.4-dwOffsetInFirstSegment 19 dwOffsetInFirstSegment is 9, must be less than the first segment's cbSegment"}},
	{"offset in the first segment of version 2", Content, 0, v2of([]uint32{10, 1}, []uint32{1}), nil},
	{"no chunks", Content, 0, v2of(), []string{
		"PCCRC-2.4-chunks 31 chunks is empty, must have at least 1 element"}},
	{"second chunk cut", Content, 0, v2of([]uint32{10}, []uint32{1})[:31+73+3], []string{
		"PCCRC-2.4.1.1-Truncated 105 chunks[1].dwChunkDataLength truncated: 2 of 4 bytes present"}},
	{"second chunk of type 1", Content, 0, with(v2of([]uint32{10}, []uint32{1}), 104, 1), []string{
		"PCCRC-2.4.1.1-bChunkType 104 chunks[1].bChunkType is 1, must be 0"}},
	{"chunk of nothing", Content, 0, v2of(nil, []uint32{9}), []string{
		"PCCRC-2.4-dwOffsetInFirstSegment 19 dwOffsetInFirstSegment is 9, must be less than the first segment's cbSegment",
		"PCCRC-2.4.1.1-dwChunkDataLength 32 chunks[0].dwChunkDataLength is 0, must be a positive multiple of 68"}},
	{"chunk of a segment and a bit", Content, 0, append(with(v2of([]uint32{10}), 35, 70), 1, 2), []string{
		"PCCRC-2.4.1.1-dwChunkDataLength 32 chunks[0].dwChunkDataLength is 70, must be a positive multiple of 68"}},
	{"chunk of less than a segment", Content, 0, with(v2of([]uint32{10}), 35, 67)[:31+5+67], []string{
		"PCCRC-2.4.1.1-dwChunkDataLength 32 chunks[0].dwChunkDataLength is 67, must be a positive multiple of 68"}},
	{"chunk longer than the data", Content, 0, v2of([]uint32{10, 11})[:31+5+135], []string{
		"PCCRC-2.4.1.1-dwChunkDataLength 32 chunks[0].dwChunkDataLength is 136, more than the remaining bytes hold"}},
	{"chunk of 4 GiB", Content, 0, with(v2of([]uint32{10}), 32, 0xFF, 0xFF, 0xFF, 0xCC), []string{ // 68 * 63161283
		"PCCRC-2.4.1.1-dwChunkDataLength 32 chunks[0].dwChunkDataLength is 4294967244, more than the remaining bytes hold"}},
	{"segment of 0 bytes in version 2", Content, 0, v2of([]uint32{10, 0}), []string{
		"PCCRC-2.4.1.2-cbSegment 104 chunks[0].chunkData[1].cbSegment is 0, must be 1 to 131072"}},
	{"segment of 128 KiB in version 2", Content, 0, v2of([]uint32{131072}), nil},
	{"segment of more than 128 KiB in version 2", Content, 0, v2of([]uint32{131073}), []string{
		"PCCRC-2.4.1.2-cbSegment 36 chunks[0].chunkData[0].cbSegment is 131073, must be 1 to 131072"}},
}

// ranged is Content Information 1.0 of a segment of five blocks, the last of
// one byte, with this range and number of blocks.
func ranged(offset, read, blocks uint32) []byte {
	return withBlocks(with32(v1of(4*65536+1), 6, offset, read), 98, blocks)
}

// withBlocks makes the block list at that place so long, or so short.
func withBlocks(b []byte, at int, blocks uint32) []byte {
	old := int(b[at]) | int(b[at+1])<<8
	tail := b[at+4+32*old:]
	b = with32(b, at, blocks)[:at+4]
	for range blocks {
		b = append(b, run(0x60, 32)...)
	}
	return append(b, tail...)
}

func listed(d *Dissection) (violations []string) {
	for _, b := range d.Violations {
		violations = append(violations, fmt.Sprint(b.Rule, " ", b.Offset, " ", b))
	}
	return violations
}

// firstNumber matches the first number of a detail, which is the Value.
var firstNumber = regexp.MustCompile(`^[^0-9]*(0x[0-9A-F]+|[0-9]+)`)

func TestRules(t *testing.T) {
	for _, c := range ruleCases {
		t.Run(c.name, func(t *testing.T) {
			d := Dissect(c.kind, c.b)
			if c.kind == Response {
				d = DissectResponse(c.b, c.request)
			}
			if diff := cmp.Diff(c.want, listed(d)); diff != "" {
				t.Error(diff)
			}
			for _, v := range d.Violations {
				var want uint64 // of what is missing or empty
				if found := firstNumber.FindStringSubmatch(v.Detail); found != nil && !strings.HasPrefix(v.Detail, "is empty") {
					want, _ = strconv.ParseUint(found[1], 0, 64)
				}
				if v.Value != want {
					t.Errorf("%s: Value is %d, not %d", v, v.Value, want)
				}
			}
			format := slices.IndexFunc(d.Violations, func(b Violation) bool { return b.Class == Format })
			first, found := d.First()
			if found != (format >= 0) || d.Valid() == found {
				t.Errorf("First %+v, %t, Valid %t", first, found, d.Valid())
			}
			if found && first != d.Violations[format] {
				t.Errorf("First is %+v, not %+v", first, d.Violations[format])
			}
		})
	}
}

// senderRules are those that a receiver lets pass; the rest are of format.
var senderRules = []string{
	"PCHC-2.2.1.2-Port", "PCHC-2.2.1.5-BlockSize", "PCHC-2.2.1.5-SegmentSize", "PCHC-2.2.1.4-dwReadBytesInLastSegment", "PCHC-2.2.1.4-BlockCount",
	"PCCRC-2.3-dwOffsetInFirstSegment", "PCCRC-2.3-dwReadBytesInLastSegment", "PCCRC-2.3-Padding",
	"PCCRC-2.3.1.1-ullOffsetInContent", "PCCRC-2.3.1.1-cbSegment", "PCCRC-2.3.1.1-cbBlockSize",
	"PCCRC-2.3.1.2-BlockCount", "PCCRC-2.4-dwOffsetInFirstSegment", "PCCRC-2.4.1.2-cbSegment",
}

// Every requirement that Dissect checks is broken by a case. TestCatalogue
// holds the others, and the tables, against the catalogue.
func TestRequirements(t *testing.T) {
	broken := make(map[string]bool)
	for _, c := range ruleCases {
		for _, want := range c.want {
			var id string
			fmt.Sscan(want, &id)
			broken[id] = true
		}
	}
	listed, checked := make(map[string]bool), make(map[string]bool)
	for _, req := range Requirements() {
		if listed[req.ID] {
			t.Errorf("%s is listed twice", req.ID)
		}
		listed[req.ID] = true
		if got, ok := RequirementByID(req.ID); !ok || got != req {
			t.Errorf("%s is found as %+v", req.ID, got)
		}
		if req.CheckedBy != MessageBytes && req.CheckedBy != ContentBytes {
			continue // hash_test.go and retrieval_test.go have the others
		}
		checked[req.ID] = true
		if sender := slices.Contains(senderRules, req.ID); sender != (req.Class == Sender) || !sender && req.Class != Format || req.Level != Must {
			t.Errorf("%s is of class %s, level %s", req.ID, req.Class, req.Level)
		}
	}
	if diff := cmp.Diff(sorted(checked), sorted(broken)); diff != "" {
		t.Errorf("catalogue and cases: %s", diff)
	}
	if _, ok := RequirementByID("PCHC-2.2.1.1"); ok {
		t.Error("found a requirement that is not there")
	}
	Requirements()[0].ID = "changed"
	if Requirements()[0].ID == "changed" {
		t.Error("Requirements gives its own slice away")
	}
}

func TestStrings(t *testing.T) {
	for got, want := range map[string]string{
		Format.String(): "format", Sender.String(): "sender", Behaviour.String(): "behaviour", Class(0).String(): "unknown",
		Must.String(): "MUST", Should.String(): "SHOULD", May.String(): "MAY",
		NotObservable.String(): "not observable", MessageBytes.String(): "message bytes", CapturedExchange.String(): "exchanges in a capture",
		ReferenceClient.String(): "comparison with the reference client", ReferenceServer.String(): "comparison with the reference server",
		OtherRequirement.String(): "another requirement", ContentBytes.String(): "bytes of Content Information outside of requests",
		HashBytes.String(): "bytes of SRV_READ_HASH buffers", HeaderFields.String(): "header fields of HTTP messages", RetrievalBytes.String(): "bytes of retrieval messages",
		Conversation.String(): "conversations in a capture", Violation{Detail: "missing"}.String(): "missing",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := Level(9).String(); got != "unknown" {
		t.Errorf("level 9 is %s", got)
	}
}

func sorted(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
