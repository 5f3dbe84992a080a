package pccrc

// CheckSenderRules returns an *Error of the first sender rule that v violates, and
// nil where it violates none: cbSegment and dwOffsetInFirstSegment in bounds,
// segments adjacent, blocks of 64 KiB and as many of them as the content range
// needs, no Padding (MS-PCCRC 2.3). v must be decoded or made by AppendSegment.
func (v *ContentInformationV1) CheckSenderRules() error {
	n := v.CSegments()
	if n == 0 {
		return nil
	}
	if first := v.Segment(0).CbSegment(); v.DwOffsetInFirstSegment >= first {
		return senderViolation(RuleV1Offset, "dwOffsetInFirstSegment", 0, offDwOffsetInFirstSegment,
			uint64(v.DwOffsetInFirstSegment), "is %, must be inside the first segment")
	}
	if last := v.Segment(n - 1).CbSegment(); v.DwReadBytesInLastSegment > last {
		return senderViolation(RuleReadBytes, "dwReadBytesInLastSegment", 0, offDwReadBytesInLastSegment,
			uint64(v.DwReadBytesInLastSegment), "is %, must be no more than the last segment has")
	}
	for i := range n {
		if err := v.checkSegment(i, n); err != nil {
			return err
		}
	}
	at, i := v1HeaderLen+len(v.segments), 0
	for s, blocks := range v.All() {
		start, end := v.rangeInSegment(i, n, s)
		upTo := (end + BlockSize - 1) / BlockSize
		if c := uint64(blocks.Len()); c != upTo && c != upTo-start/BlockSize {
			return senderViolation(RuleBlockCount, "blocks[].cBlocks", i, at, c, "is %, not the number of blocks in the content range")
		}
		at += 4 + len(blocks.hashes)
		i++
	}
	if len(v.Padding) != 0 {
		return senderViolation(RulePadding, "Padding", 0, at, uint64(len(v.Padding)), "has % bytes, must be absent")
	}
	return nil
}

func (v *ContentInformationV1) checkSegment(i, n int) error {
	s := v.Segment(i)
	at := v1HeaderLen + i*len(s)
	size := s.CbSegment()
	if i > 0 && !adjacent(v.Segment(i-1), s) {
		return senderViolation(RuleUllOffsetInContent, "segments[].ullOffsetInContent", i, at+offUllOffsetInContent,
			s.UllOffsetInContent(), "is %, not where the segment before it ends")
	}
	if size == 0 || size > MaxSegmentSize {
		return senderViolation(RuleV1CbSegment, "segments[].cbSegment", i, at+offCbSegment,
			uint64(size), "is %, must be 1 to 33554432")
	}
	if i < n-1 && size != MaxSegmentSize {
		return senderViolation(RuleV1CbSegment, "segments[].cbSegment", i, at+offCbSegment,
			uint64(size), "is %, must be 33554432 in all segments but the last")
	}
	if s.CbBlockSize() != BlockSize {
		return senderViolation(RuleCbBlockSize, "segments[].cbBlockSize", i, at+offCbBlockSize,
			uint64(s.CbBlockSize()), "is %, must be 65536")
	}
	return nil
}

func senderViolation(rule Rule, field string, index, offset int, value uint64, detail string) error {
	return &Error{Rule: rule, Sender: true, Message: messageV1, Field: field, Index: [2]int{index}, Offset: offset, Value: value, Detail: detail}
}

// adjacent reports whether b begins in the content where a ends. A sum that
// does not fit 64 bits is no place in a content.
func adjacent(a, b SegmentDescriptionV1) bool {
	end := a.UllOffsetInContent() + uint64(a.CbSegment())
	return end >= a.UllOffsetInContent() && end == b.UllOffsetInContent()
}

// CheckSenderRules returns an *Error of the first sender rule that v violates, and
// nil where it violates none: dwOffsetInFirstSegment inside the first segment,
// segments of 1 to 131072 bytes (MS-PCCRC 2.4). v must be decoded or made by
// AppendChunk.
func (v *ContentInformationV2) CheckSenderRules() error {
	i := 0
	for chunk := range v.Chunks() {
		for j := range chunk.Len() {
			size := chunk.At(j).CbSegment()
			if i == 0 && j == 0 && v.DwOffsetInFirstSegment >= size {
				return &Error{Rule: RuleV2Offset, Sender: true, Message: messageV2, Field: "dwOffsetInFirstSegment",
					Offset: offDwOffsetInFirstSegmentV2, Value: uint64(v.DwOffsetInFirstSegment), Detail: "is %, must be inside the first segment"}
			}
			if size == 0 || size > MaxSegmentSizeV2 {
				return &Error{Rule: RuleV2CbSegment, Sender: true, Message: messageV2, Field: "chunks[].chunkData[].cbSegment",
					Index: [2]int{i, j}, Offset: chunk.offset + chunkHeaderLen + j*segmentLenV2, Value: uint64(size), Detail: "is %, must be 1 to 131072"}
			}
		}
		i++
	}
	return nil
}
