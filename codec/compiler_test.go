package codec_test

import (
	"regexp"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// What loops over a batch call for each descriptor must be inlined: a call
// costs more than the load that it makes.
func TestInlines(t *testing.T) {
	compiled := testutil.Compile(t)
	for _, name := range []string{
		"(*SegmentDescriptor).BlockSize",
		"(*SegmentDescriptor).SegmentSize",
		"(*SegmentDescriptor).SizeOfContentTag",
		"(*SegmentDescriptor).ContentTag",
		"(*SegmentDescriptor).HashAlgorithm",
		"(*SegmentDescriptor).SegmentHoHoDk",
		"(*SegmentDescriptor).Fields",
		"SegmentDescriptors.Len",
		"SegmentDescriptors.At",
		"SegmentDescriptors.All", // else the iterator allocates
	} {
		if !compiled.Inlines[name] {
			t.Errorf("%s is not inlined", name)
		}
	}
}

// Decoding puts nothing on the heap but the error of a message that it rejects.
func TestEscapes(t *testing.T) {
	decodes := regexp.MustCompile(`Decode|CheckSenderRules|^SegmentDescriptors\.(At|Len)|^\(\*SegmentDescriptor\)`)
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
