package stats

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	ct "github.com/hostedcache/pchc/internal/conversation/conversationtest"
)

// TestLate: Content Information that comes behind all that it is needed for says as much as
// one that comes first.
func TestLate(t *testing.T) {
	for version := 1; version <= 2; version++ {
		one, two := ct.NewContent(version, "one", 3*65536+1000), ct.NewContent(version, "two", 2*65536)
		other := netip.MustParseAddr("10.0.1.9")
		of := func(late bool) *Report {
			var s ct.Story
			information := func() {
				s.Information(ct.Client, one)
				s.Information(other, one)
				s.Information(other, two)
			}
			if !late {
				information()
			}
			s.Blocks(ct.Client, ct.Cache, one, func(segment, block int) bool { return false })
			s.List(ct.Client, ct.Cache, one, 0)
			s.MissingData(ct.Client, one, 0, len(one.Data))
			s.Offer(ct.Client, one)
			s.Fetch(ct.Client, one)
			s.Blocks(other, ct.Cache, one, ct.All)
			s.Blocks(other, ct.Cache, one, func(segment, block int) bool { return block == 0 })
			s.Blocks(other, ct.Cache, two, func(segment, block int) bool { return segment == 0 })
			if late {
				information()
			}
			return report(t, s.Encode(capturetest.Format{}), DefaultLimits)
		}
		first, late := of(false), of(true)
		if len(late.Contents) != 2 {
			t.Errorf("%d contents", len(late.Contents))
		}
		for _, content := range []*ct.Content{one, two} {
			want, why := tell(first, content.URL())
			got, whyLate := tell(late, content.URL())
			if content == one && (want.Offered == 0 || want.From.HostedCache == 0 || len(why) == 0) {
				t.Errorf("version %d: %+v, %q", version, want, why)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("version %d, %s (-first +late):\n%s", version, content.URL(), diff)
			}
			if len(why) != len(whyLate) {
				t.Errorf("version %d, %s: %q\n%q", version, content.URL(), why, whyLate)
			}
		}
		for i := range first.Contents {
			for j := range late.Contents {
				if a, b := &first.Contents[i], &late.Contents[j]; a.Name == b.Name && (a.Requests != b.Requests || a.Offers != b.Offers || len(a.Sources) != len(b.Sources)) {
					t.Errorf("version %d: %+v\n%+v", version, a, b)
				}
			}
		}
	}
}
