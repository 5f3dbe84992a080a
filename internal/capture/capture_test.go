package capture

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestPlaceString names a place.
func TestPlaceString(t *testing.T) {
	for want, p := range map[string]Place{"a.pcap": {File: "a.pcap"}, "frame 1 of a.pcap": {File: "a.pcap", Frame: 1}, "frame 12 of b": {File: "b", Frame: 12}} {
		if got := p.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestTornFrameNumber ends a file within the header of a frame, and behind it: the
// problem is of the frame that is not there.
func TestTornFrameNumber(t *testing.T) {
	var trace capturetest.Trace
	talk(trace.Conn(0).Open(), 1, 1)
	file := trace.Encode(capturetest.Format{})
	frames := int64(len(trace.Packets))
	for _, less := range []int{1, 30, 54} { // the last frame has a header of 16 bytes and 54 more
		got := read(bytes.NewReader(file[:len(file)-less]))
		if len(got.problems) != 1 {
			t.Fatalf("%d bytes less: problems %q", less, got.problems)
		}
		if e := got.events[len(got.events)-1]; e.Frame != frames {
			t.Errorf("%d bytes less: frame %d, want %d: %s", less, e.Frame, frames, e.Detail)
		}
	}
}
