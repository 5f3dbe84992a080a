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
		"ContentInformationV1.Len",
		"ContentInformationV1.At",
		"ContentInformationV1.All", // else the iterator allocates
		"SegmentDescriptionV1.UllOffsetInContent",
		"SegmentDescriptionV1.CbSegment",
		"SegmentDescriptionV1.CbBlockSize",
		"SegmentDescriptionV1.SegmentHashOfData",
		"SegmentDescriptionV1.SegmentSecret",
		"SegmentContentBlocks.Len",
		"SegmentContentBlocks.At",
		"SegmentContentBlocks.All",
		"ContentInformationV2.Chunks",
		"ContentInformationV2.All",
		"ChunkDescription.All",
		"ChunkDescription.Len",
		"ChunkDescription.At",
		"SegmentDescriptionV2.CbSegment",
		"SegmentDescriptionV2.SegmentHashOfData",
		"SegmentDescriptionV2.SegmentSecret",
	} {
		if !compiled.Inlines[name] {
			t.Errorf("%s is not inlined", name)
		}
	}
}

// Decoding puts nothing on the heap but the error of what it rejects, which
// failed makes. Decode has to, and says so.
func TestEscapes(t *testing.T) {
	decodes := regexp.MustCompile(`[Dd]ecode|^Check|CheckSenderRules|^(SegmentDescription|SegmentContentBlocks|ChunkDescription).*\.(At|Len|[CS]b|Segment)`)
	escapes := testutil.Compile(t).Escapes
	for function, all := range escapes {
		if decodes.MatchString(function) && function != "Decode" {
			t.Errorf("%s: %s", function, all)
		}
	}
	if len(escapes["failed"]) == 0 {
		t.Error("no error escapes: the function that makes it has another name")
	}
}
