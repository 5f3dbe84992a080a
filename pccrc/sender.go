package pccrc

import "slices"

// CheckSenderRules returns an *Error for the first sender rule that v violates,
// and nil if it violates none: cbSegment and dwOffsetInFirstSegment in bounds,
// segments adjacent, blocks of 64 KiB and as many of them as the content range
// needs, no Padding (MS-PCCRC 2.3). v must be decoded or made by Append.
func (v ContentInformationV1) CheckSenderRules() error { return v.CheckSenderRulesExcept() }

// CheckSenderRulesExcept is CheckSenderRules without some rules, for a structure
// that has its own in their place, as SEGMENT_INFO_MESSAGE has.
func (v ContentInformationV1) CheckSenderRulesExcept(rules ...Rule) error {
	n := v.Len()
	if n == 0 {
		return nil
	}
	if err := v.checkHeader(v.At(0), v.At(n-1), rules); err != nil {
		return err
	}
	for i := range n {
		if err := checkSegmentV1(i, n, v.At(max(i-1, 0)), v.At(i)); err != nil {
			return err
		}
	}
	at := v1HeaderLen + len(v.segments)
	for i, s := range v.All() {
		if err := v.checkBlocks(i, n, s.SegmentDescriptionV1, s.Blocks.Len(), at, rules); err != nil {
			return err
		}
		at += 4 + len(s.Blocks.hashes)
	}
	return checkPadding(at, len(v.Padding))
}

// checkHeader checks the header with the first and the last segment.
func (v *ContentInformationV1) checkHeader(first, last SegmentDescriptionV1, rules []Rule) error {
	if v.DwOffsetInFirstSegment >= first.CbSegment() {
		return senderViolation(RuleV1Offset, "dwOffsetInFirstSegment", 0, offDwOffsetInFirstSegment,
			uint64(v.DwOffsetInFirstSegment), "is %, must be less than the first segment's cbSegment")
	}
	if v.DwReadBytesInLastSegment > last.CbSegment() && !slices.Contains(rules, RuleReadBytes) {
		return senderViolation(RuleReadBytes, "dwReadBytesInLastSegment", 0, offDwReadBytesInLastSegment,
			uint64(v.DwReadBytesInLastSegment), "is %, must be at most the last segment's cbSegment")
	}
	return nil
}

// checkSegmentV1 checks the i-th segment of n, which follows previous.
func checkSegmentV1(i, n int, previous, s SegmentDescriptionV1) error {
	at := v1HeaderLen + i*len(s.b)
	size := s.CbSegment()
	if i > 0 && !adjacent(previous, s) {
		return senderViolation(RuleUllOffsetInContent, "segments[].ullOffsetInContent", i, at+offUllOffsetInContent,
			s.UllOffsetInContent(), "is %, must be the end of the previous segment")
	}
	if i < n-1 && size != MaxSegmentSizeV1 {
		return senderViolation(RuleV1CbSegment, "segments[].cbSegment", i, at+offCbSegment,
			uint64(size), "is %, must be 33554432 in every segment but the last")
	}
	if size == 0 || size > MaxSegmentSizeV1 {
		return senderViolation(RuleV1CbSegment, "segments[].cbSegment", i, at+offCbSegment,
			uint64(size), "is %, must be 1 to 33554432")
	}
	if s.CbBlockSize() != BlockSizeV1 {
		return senderViolation(RuleCbBlockSize, "segments[].cbBlockSize", i, at+offCbBlockSize,
			uint64(s.CbBlockSize()), "is %, must be 65536")
	}
	return nil
}

// checkBlocks checks how many blocks are listed for the i-th segment of n, at an offset.
func (v *ContentInformationV1) checkBlocks(i, n int, s SegmentDescriptionV1, blocks, offset int, rules []Rule) error {
	start, end := v.rangeInSegment(i, n, s)
	upTo := (end + BlockSizeV1 - 1) / BlockSizeV1
	if c := uint64(blocks); c != upTo && c != upTo-start/BlockSizeV1 && !slices.Contains(rules, RuleBlockCount) {
		return senderViolation(RuleBlockCount, "blocks[].cBlocks", i, offset, c, "is %, must be the number of blocks in the content range")
	}
	return nil
}

// checkPadding checks that no bytes follow the last block list, which ends at an offset.
func checkPadding(offset, length int) error {
	if length == 0 {
		return nil
	}
	return senderViolation(RulePadding, "Padding", 0, offset, uint64(length), paddingDetail(length))
}

func senderViolation(rule Rule, field string, index, offset int, value uint64, detail string) error {
	return failed(Error{Rule: rule, Sender: true, Message: messageV1, field: field, index: [2]int{index}, Offset: offset, Value: value, detail: detail})
}

// adjacent reports whether b begins in the content where a ends. A sum that
// does not fit 64 bits is no place in a content.
func adjacent(a, b SegmentDescriptionV1) bool {
	end := a.UllOffsetInContent() + uint64(a.CbSegment())
	return end >= a.UllOffsetInContent() && end == b.UllOffsetInContent()
}

// CheckSenderRules returns an *Error for the first sender rule that v violates,
// and nil if it violates none: dwOffsetInFirstSegment inside the first segment,
// segments of 1 to 131072 bytes (MS-PCCRC 2.4). v must be decoded or made by
// AppendChunk.
//
// It is no violation that the content range is longer than the segments: of
// ullLengthOfRange, MS-PCCRC 2.4 says only that it is the length of the content range, and
// of chunks not that they hold the whole of it. A [Verifier] counts the bytes without a
// segment as Unknown, and for a verifying reader they are [ErrNoHash].
func (v ContentInformationV2) CheckSenderRules() error {
	for i, chunk := range v.Chunks() {
		for j, s := range chunk.All() {
			if err := v.checkSegment(i, j, s, chunk.offset+chunkHeaderLen+j*segmentLenV2); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkSegment checks the j-th segment of the i-th chunk, at an offset.
func (v *ContentInformationV2) checkSegment(i, j int, s SegmentDescriptionV2, offset int) error {
	size := s.CbSegment()
	if i == 0 && j == 0 && v.DwOffsetInFirstSegment >= size {
		return failed(Error{Rule: RuleV2Offset, Sender: true, Message: messageV2, field: "dwOffsetInFirstSegment",
			Offset: offDwOffsetInFirstSegmentV2, Value: uint64(v.DwOffsetInFirstSegment), detail: "is %, must be less than the first segment's cbSegment"})
	}
	if size == 0 || size > MaxSegmentSizeV2 {
		return failed(Error{Rule: RuleV2CbSegment, Sender: true, Message: messageV2, field: "chunks[].chunkData[].cbSegment",
			index: [2]int{i, j}, Offset: offset, Value: uint64(size), detail: "is %, must be 1 to 131072"})
	}
	return nil
}

func paddingDetail(n int) string {
	if n == 1 {
		return "% unexpected byte after blocks"
	}
	return "% unexpected bytes after blocks"
}
