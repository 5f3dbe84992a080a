package spec

import "testing"

// layoutLine is a field of a whole message: where it begins, how long it is,
// and the rule that is broken at offset "at" where the bytes end before it does.
type layoutLine struct {
	offset, size int
	rule         string
	at           int
}

// lines makes a line for each size, one after the other, each broken where it begins.
func lines(offset int, rule string, sizes ...int) (all []layoutLine) {
	for _, size := range sizes {
		all = append(all, layoutLine{offset, size, rule, offset})
		offset += size
	}
	return all
}

func concat(parts ...[]layoutLine) (all []layoutLine) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

var requestLines = concat(
	lines(0, "PCHC-2.2.1.1-Truncated", 1, 1, 2, 4),
	lines(8, "PCHC-2.2.1.2-Truncated", 2, 6))

func descriptorLines(n int) (all []layoutLine) {
	for i := range n {
		all = append(all, lines(16+59*i, "PCHC-2.2.1.5-Truncated", 4, 4, 2, 16, 1, 32)...)
	}
	return all
}

// contentLines are those of v1of with one segment and that many blocks.
func contentLines(offset, blocks int) []layoutLine {
	return concat(
		lines(offset, "PCCRC-2.3-Truncated", 2, 4, 4, 4, 4),
		[]layoutLine{{offset + 18, 80, "PCCRC-2.3-cSegments", offset + 14}},
		lines(offset+98, "PCCRC-2.3.1.2-Truncated", 4),
		[]layoutLine{{offset + 102, 32 * blocks, "PCCRC-2.3.1.2-cBlocks", offset + 98}})
}

// Cut at every length, a message breaks its first format rule where its first
// field is that is not whole, or at the count that is not backed.
func TestTruncation(t *testing.T) {
	cases := []struct {
		name  string
		kind  Kind
		b     []byte
		lines []layoutLine
		whole map[int]bool // other lengths at which the message is whole
	}{
		{"INITIAL_OFFER_MESSAGE", Request, append(initialOffer32(), run(0, 32)...),
			append(requestLines[:6:6], layoutLine{16, 64, "PCHC-2.2.1.3-Hash", 16}), map[int]bool{48: true, 64: true}},
		{"SEGMENT_INFO_MESSAGE", Request, segmentInfo100k(),
			concat(requestLines, lines(16, "PCHC-2.2.1.4-Truncated", 16), contentLines(32, 2)), nil},
		{"BATCHED_OFFER_MESSAGE", Request, batchOf(3),
			concat(requestLines, []layoutLine{{16, 1, "PCHC-2.2.1.5-MinDescriptors", 16}}, descriptorLines(3)), map[int]bool{75: true, 134: true}},
		{"UNKNOWN", Request, request(2, 7)[:16], requestLines, nil},
		{"RESPONSE_MESSAGE", Response, responseOf(0),
			concat(lines(0, "PCHC-2.2.2.1-Truncated", 4), lines(4, "PCHC-2.2.2.2-Truncated", 1)), nil},
		{"CONTENT_INFORMATION_V1", Content, v1of(200_000), contentLines(0, 4), nil},
		{"CONTENT_INFORMATION_V2", ContentV2, v2of([]uint32{10, 11}, []uint32{12}), concat(
			lines(0, "PCCRC-2.4-Truncated", 1, 1, 1, 8, 8, 4, 8),
			[]layoutLine{{31, 1, "PCCRC-2.4-chunks", 31}},
			lines(31, "PCCRC-2.4.1.1-Truncated", 1, 4),
			[]layoutLine{{36, 136, "PCCRC-2.4.1.1-dwChunkDataLength", 32}},
			lines(172, "PCCRC-2.4.1.1-Truncated", 1, 4),
			[]layoutLine{{177, 68, "PCCRC-2.4.1.1-dwChunkDataLength", 173}}), map[int]bool{172: true}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for n := range len(c.b) + 1 {
				d := Dissect(c.kind, c.b[:n])
				var want layoutLine
				for _, line := range c.lines {
					// A line that begins where the bytes end is missing, unless another says that it may be.
					if n < line.offset+line.size && !c.whole[n] {
						want = line
						break
					}
				}
				first, found := d.First()
				if first.Rule != want.rule || first.Offset != want.at {
					// An unknown type is a violation of its own, before the cut.
					if c.name == "UNKNOWN" && n >= 4 && first.Rule == "PCHC-2.2.1.1-Type" {
						continue
					}
					t.Errorf("%d bytes: %s at %d, want %s at %d", n, first.Rule, first.Offset, want.rule, want.at)
				}
				if found == d.Valid() {
					t.Errorf("%d bytes: Valid is %t", n, d.Valid())
				}
				truncated := 0
				for _, b := range d.Violations {
					if _, _, name := split(b.Rule); name == "Truncated" {
						truncated++
					}
				}
				if truncated > 1 {
					t.Errorf("%d bytes: %d truncations", n, truncated)
				}
			}
		})
	}
}
