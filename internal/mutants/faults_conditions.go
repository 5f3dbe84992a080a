package main

import (
	"bytes"
	"slices"
)

// conditionFaults are those that show only under a condition, which a finding must name.
var conditionFaults = []fault{
	{name: "if-size-signed", what: "SegmentSize is read as a signed number, and a negative one is refused",
		when: "SegmentDescriptor.SegmentSize is 2147483648 (2^31) or more", boundary: "right up to 2147483647 (2^31 - 1)", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "if-port-from-3000", what: "Port from 3000 on is refused",
		when: "ConnectionInformation.Port is 3000 or more", boundary: "right up to 2999", rules: "PCHC-2.2.1.2-Port"},
	{name: "if-port-to-1023", what: "Port up to 1023 ends the program",
		when: "ConnectionInformation.Port is 1023 or less", boundary: "right from 1024 (2^10) on", rules: "PCHC-2.2.1.2-Port"},
	{name: "if-port-8080", what: "Port 8080 is refused",
		when: "ConnectionInformation.Port is exactly 8080", boundary: "right at 8079 and 8081", rules: "PCHC-2.2.1.2-Port"},
	{name: "if-port-between", what: "Port from 20000 to 29999 is refused",
		when: "ConnectionInformation.Port is from 20000 to 29999", boundary: "right up to 19999 and from 30000 on", rules: "PCHC-2.2.1.2-Port"},
	{name: "if-port-odd", what: "an odd Port is refused", when: "ConnectionInformation.Port is odd", rules: "PCHC-2.2.1.2-Port"},
	{name: "if-page", what: "SegmentSize that is a multiple of 4096 is refused",
		when: "SegmentDescriptor.SegmentSize is a multiple of 4096 (2^12)", rules: "PCHC-2.2.1.5-SegmentSize"},
	{name: "if-size-not-multiple", what: "SegmentSize must be a multiple of BlockSize, if that is not 0",
		when: "SegmentDescriptor.SegmentSize is no multiple of SegmentDescriptor.BlockSize", rules: "PCHC-2.2.1.5-SegmentSize PCHC-2.2.1.5-BlockSize"},
	{name: "if-port-of-size", what: "a Port that equals the low half of SegmentSize is refused",
		when: "ConnectionInformation.Port equals the low half of SegmentDescriptor.SegmentSize", rules: "PCHC-2.2.1.5-SegmentSize PCHC-2.2.1.2-Port"},
	{name: "if-hohodks-equal", what: "two descriptors with the same SegmentHoHoDk are refused",
		when: "SegmentDescriptor.SegmentHoHoDk equals that of another element", rules: "PCHC-2.2.1.5-SegmentHoHoDk PCHC-2.2.1.5-MaxDescriptors"},
	{name: "if-65-descriptors", what: "more than 64 descriptors are refused",
		when: "the number of elements in SegmentDescriptor is 65 or more", boundary: "right up to 64", rules: "PCHC-2.2.1.5-MaxDescriptors"},
	{name: "if-tag-high", what: "a ContentTag whose first byte has its highest bit set ends the program",
		when: "byte 0 of SegmentDescriptor.ContentTag is 0x80 or more", boundary: "right up to 0x7f", rules: "PCHC-2.2.1.5-ContentTag"},
	{name: "if-large-sha512", what: "SegmentSize above 1 MiB is refused with HashAlgorithm 4",
		when:  "SegmentDescriptor.SegmentSize is 1048577 (0x100001) or more and SegmentDescriptor.HashAlgorithm is exactly 4",
		rules: "PCHC-2.2.1.5-SegmentSize PCHC-2.2.1.5-HashAlgorithm"},
	{name: "if-last-large", what: "BlockSize above 1 MiB is refused in the last descriptor",
		when:  "SegmentDescriptor.BlockSize is 1048577 (0x100001) or more and it is the last of SegmentDescriptor",
		rules: "PCHC-2.2.1.5-BlockSize"},
	{name: "if-three-chunks", what: "three chunks are refused",
		when: "the number of elements in chunks is exactly 3", boundary: "right at 2 and 4", rules: "PCCRC-2.4-chunks"},
	{name: "if-second-of-three", what: "cbSegment above 64 KiB is refused in the second chunk of three",
		when:  "chunks.chunkData.cbSegment is 65537 (0x10001) or more and it is the second of chunks and the number of elements in chunks is exactly 3",
		rules: "PCCRC-2.4.1.2-cbSegment PCCRC-2.4-chunks"},
	{name: "if-segment-partial", what: "cbSegment that is no multiple of cbBlockSize is refused",
		when: "segments.cbSegment is no multiple of segments.cbBlockSize", rules: "PCCRC-2.3.1.1-cbSegment PCCRC-2.3.1.1-cbBlockSize"},
	{name: "if-sha384", what: "Content Information of SHA-384 ends the program",
		when: "dwHashAlgo is exactly 32781", rules: "PCCRC-2.3-dwHashAlgo"},
}

// underCondition refuses a valid message, or ends, where the fault is met.
func (d *decoder) underCondition(c *cursor) {
	any := func(met func(s descriptor) bool) bool { return slices.ContainsFunc(d.descriptors, met) }
	request := d.typ != 0 && d.name[0] != 'C'
	met := false
	switch {
	case d.has("if-size-signed"):
		met = any(func(s descriptor) bool { return int32(s.segmentSize) < 0 })
	case d.has("if-port-from-3000"):
		met = request && d.port >= 3000
	case d.has("if-port-to-1023") && request && d.port < 1024:
		panic("bind: permission denied")
	case d.has("if-port-8080"):
		met = request && d.port == 8080
	case d.has("if-port-between"):
		met = request && d.port/10000 == 2
	case d.has("if-port-odd"):
		met = request && d.port%2 == 1
	case d.has("if-page"):
		met = any(func(s descriptor) bool { return s.segmentSize%4096 == 0 })
	case d.has("if-size-not-multiple"):
		met = any(func(s descriptor) bool { return s.blockSize != 0 && s.segmentSize%s.blockSize != 0 })
	case d.has("if-port-of-size"):
		met = any(func(s descriptor) bool { return s.segmentSize&0xFFFF == d.port })
	case d.has("if-hohodks-equal"):
		for i, s := range d.descriptors {
			met = met || slices.ContainsFunc(d.descriptors[:i], func(o descriptor) bool { return bytes.Equal(o.hoHoDk, s.hoHoDk) })
		}
	case d.has("if-65-descriptors"):
		met = len(d.descriptors) > 64
	case d.has("if-tag-high") && any(func(s descriptor) bool { return s.contentTag[0] >= 0x80 }):
		panic("index out of range [-1]")
	case d.has("if-large-sha512"):
		met = any(func(s descriptor) bool { return s.segmentSize > 1<<20 && s.hashAlgorithm == 4 })
	case d.has("if-last-large"):
		n := len(d.descriptors)
		met = n > 0 && d.descriptors[n-1].blockSize > 1<<20
	case d.has("if-three-chunks"):
		met = len(d.v2.chunks) == 3
	case d.has("if-second-of-three"):
		met = len(d.v2.chunks) == 3 && slices.ContainsFunc(d.v2.chunks[1].segments, func(s segmentV2) bool { return s.size > 1<<16 })
	case d.has("if-segment-partial"):
		met = slices.ContainsFunc(d.v1.segments, func(s segmentV1) bool { return s.blockSize != 0 && s.size%s.blockSize != 0 })
	case d.has("if-sha384") && d.v1.algorithm == 0x800D:
		panic("unknown digest")
	}
	c.must(!met, unnamed, 0)
}
