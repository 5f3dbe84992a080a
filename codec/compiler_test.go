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

// Decoding puts nothing on the heap but the error of a message that it rejects,
// which failed makes. DecodeBody has to, and says so.
func TestEscapes(t *testing.T) {
	decodes := regexp.MustCompile(`Decode|^Check|CheckSenderRules|^SegmentDescriptors\.(At|Len)|^\(\*SegmentDescriptor\)\.[A-Z]`)
	escapes := testutil.Compile(t).Escapes
	for function, all := range escapes {
		if decodes.MatchString(function) && function != "(*RequestMessage).DecodeBody" {
			t.Errorf("%s: %s", function, all)
		}
	}
	if len(escapes["failed"]) == 0 {
		t.Error("no error escapes: the function that makes it has another name")
	}
}
