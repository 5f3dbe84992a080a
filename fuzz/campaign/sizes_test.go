package campaign_test

import (
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// TestReduceSizes: messages of MS-PCCRR are reduced although each removal changes the
// sizes that they begin with.
func TestReduceSizes(t *testing.T) {
	leaf := func(c target.Case, name string) *spec.Node {
		for _, n := range c.Expected.Root.Leaves() {
			if n.Name == name {
				return n
			}
		}
		return nil
	}
	for name, test := range map[string]struct {
		kind  spec.Kind
		fails func(c target.Case) bool
		most  int // bytes of the reduced message
	}{
		"two fields": {spec.RetrievalResponse, func(c target.Case) bool {
			block, next := leaf(c, "Block"), leaf(c, "NextBlockIndex")
			return c.Expected.Valid() && block != nil && len(block.Raw()) > 20 && next.Value > 5
		}, 4 + 16 + 4 + 12 + 4 + 21 + 3 + 4 + 4},
		"two identifiers": {spec.RetrievalRequest, func(c target.Case) bool {
			count, blob := leaf(c, "CountOfSegmentIDs"), leaf(c, "ExtensibleBlob")
			return c.Expected.Valid() && count != nil && count.Value > 1 && len(blob.Raw()) > 4
		}, 16 + 16 + 4 + 2*4 + 4 + 5},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := target.InProcess(name, func(c target.Case) *fuzz.Difference {
				if test.fails(c) {
					return c.Difference(fuzz.Rejected, "is rejected")
				}
				return nil
			}, test.kind)
			r := run(t, campaign.Config{Targets: []target.Target{faulty}, RNGSeed: 1, Jobs: 1, Executions: 10000})
			if len(r.Findings) == 0 {
				t.Fatal("not found")
			}
			if m := r.Findings[0].Message(); len(m.Bytes) > test.most {
				t.Errorf("%d bytes are left of %d, must be at most %d\n%x", len(m.Bytes), r.Findings[0].Original, test.most, m.Bytes)
			}
		})
	}
}
