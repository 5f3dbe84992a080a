package conformance

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestWithin begins the capture of a connection with several requests on their way at
// each of its packets: the answers to what was before it blame nobody.
func TestWithin(t *testing.T) {
	for _, requests := range [][][]byte{
		{post1(offer), post1(other), post1(info)},
		{post2(batch), post1(offer), post2(batch)},
		{post1(offer), post2(batch), again1(other, negotiates)},
	} {
		answer := map[bool][]byte{true: asking, false: saysOK}
		var whole scene
		c := whole.open(1)
		c.Silent = true
		for _, r := range requests {
			c.FromClient(ack, r)
		}
		for _, r := range requests {
			c.FromServer(ack, answer[bytes.Contains(r, offer)])
		}
		c.Close()
		for first := range whole.Packets {
			var s scene
			s.Packets = slices.Clone(whole.Packets[first:])
			s.conns = 1
			for rule := range strings.SplitSeq(s.rules(t, Options{Decrypted: true}), ", ") {
				if rule != "" && rule != CaptureProblem && rule != CaptureNote && (first > 2 || rule != "PCHC-3.2.5.1-SegmentInfo") {
					t.Errorf("from packet %d: %s", first+1, rule)
				}
			}
		}
	}
}

// TestSceneLoss drops each packet of every scene: what a loss may explain is nobody's
// violation, so nothing is reported that is not without it.
func TestSceneLoss(t *testing.T) {
	for _, test := range scenes {
		var whole scene
		test.play(&whole)
		whole.file()
		for lost := range whole.Packets {
			var s capturetest.Trace
			s.Packets = slices.Clone(whole.Packets)
			s.Drop(func(i int, _ *capturetest.Packet) bool { return i == lost })
			if _, err := Read(bytes.NewReader(s.Encode(capturetest.Format{})), "", nil, Options{}, func(f *Finding) error {
				unasked := f.Rule == "PCHC-2.1-SPNEGO" && test.want == "PCHC-3.2.5.3-Resend" // the same fault without the 401
				if f.Class != 0 && !unasked && !slices.Contains(strings.Split(test.want, ", "), f.Rule) {
					t.Errorf("%s, without packet %d: %s in frame %d", test.name, lost+1, f.Rule, f.Frame)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
	}
}
