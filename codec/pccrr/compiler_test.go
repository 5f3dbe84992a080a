package pccrr_test

import (
	"regexp"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// What loops over ranges call for each must be inlined.
func TestInlines(t *testing.T) {
	compiled := testutil.Compile(t)
	for _, name := range []string{
		"Ranges.Len", "Ranges.At", "Ranges.All", "Range.End", "Range.Contains", "SegmentIDs.Len", "SegmentIDs.All", "ExtensibleBlob.Len",
	} {
		if !compiled.Inlines[name] {
			t.Errorf("%s is not inlined", name)
		}
	}
}

// Decoding puts nothing on the heap but the error of a message that it rejects,
// which failed makes. DecodeBody has to, and says so.
func TestEscapes(t *testing.T) {
	decodes := regexp.MustCompile(`Decode|^Check|CheckSenderRules|read$|checkBody|envelopeViolation|^\(\*cursor\)|^(Ranges|ExtensibleBlob)\.(At|Len)`)
	body := regexp.MustCompile(`\.DecodeBody$`)
	escapes := testutil.Compile(t).Escapes
	for function, all := range escapes {
		if decodes.MatchString(function) && !body.MatchString(function) {
			t.Errorf("%s: %s", function, all)
		}
	}
	if len(escapes["failed"]) == 0 {
		t.Error("no error escapes: the function that makes it has another name")
	}
}
