package pccrc_test

import (
	"regexp"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// What loops over segments and blocks call for each must be inlined: a call costs
// more than the load that it makes.
func TestInlines(t *testing.T) {
	compiled := testutil.Compile(t)
	for _, name := range []string{
		"(*ContentInformationV1).CSegments",
		"(*ContentInformationV1).Segment",
		"(*ContentInformationV1).All", // else the iterator allocates
		"SegmentDescriptionV1.UllOffsetInContent",
		"SegmentDescriptionV1.CbSegment",
		"SegmentDescriptionV1.CbBlockSize",
		"SegmentDescriptionV1.SegmentHashOfData",
		"SegmentDescriptionV1.SegmentSecret",
		"SegmentContentBlocks.Len",
		"SegmentContentBlocks.At",
		"(*ContentInformationV2).Chunks",
		"(*ContentInformationV2).Segments",
		"ChunkDescription.Len",
		"ChunkDescription.At",
		"(*SegmentDescriptionV2).CbSegment",
		"(*SegmentDescriptionV2).SegmentHashOfData",
		"(*SegmentDescriptionV2).SegmentSecret",
	} {
		if !compiled.Inlines[name] {
			t.Errorf("%s is not inlined", name)
		}
	}
}

// Decoding puts nothing on the heap but the error of a message that it rejects.
func TestEscapes(t *testing.T) {
	decodes := regexp.MustCompile(`Decode|CheckSenderRules|^SegmentDescription|^SegmentContentBlocks|^ChunkDescription`)
	isError := regexp.MustCompile(`Error\{\.\.\.\} escapes`)
	rejects := 0
	for function, all := range testutil.Compile(t).Escapes {
		if !decodes.MatchString(function) {
			continue
		}
		for _, what := range all {
			if isError.MatchString(what) {
				rejects++
			} else {
				t.Errorf("%s: %s", function, what)
			}
		}
	}
	if rejects == 0 {
		t.Error("no error escapes: the functions that decode have other names")
	}
}
