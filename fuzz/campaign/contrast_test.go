package campaign_test

import (
	"encoding/json"
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// all returns the fields of that name.
func all(c target.Case, name string) (found []*spec.Node) {
	for _, n := range c.Expected.Root.Leaves() {
		if n.Name == name {
			found = append(found, n)
		}
	}
	return found
}

// A finding names the condition under which a decoder fails, tested, and has the nearest
// message at which it does not.
func TestContrast(t *testing.T) {
	for _, test := range []struct {
		name           string
		check          func(target.Case) *fuzz.Difference
		kind           spec.Kind
		when, boundary string
		wrong, right   string // values
	}{
		{"boundary", rejects(func(c target.Case) bool { return number(c, "SegmentSize") >= 1<<31 }), spec.Request,
			"SegmentDescriptor.SegmentSize is 2147483648 (2^31) or more and it is the first of SegmentDescriptor", "", "2147483648 (2^31)", "2147483647 (2^31 - 1)"},
		{"at most", rejects(func(c target.Case) bool { return len(all(c, "Port")) > 0 && number(c, "Port") < 3000 }), spec.Request,
			"ConnectionInformation.Port is 2999 or less", "right from 3000 on", "2999", "3000"},
		{"elements", rejects(func(c target.Case) bool {
			return slices.ContainsFunc(all(c, "cBlocks"), func(n *spec.Node) bool { return n.Value > 5 })
		}), spec.Content,
			"the number of elements in blocks.BlockHashes is 6 or more", "right up to 5", "6", "5"},
		{"relation", rejects(func(c target.Case) bool {
			a, b := all(c, "BlockSize"), all(c, "SegmentSize")
			return slices.ContainsFunc(a, func(n *spec.Node) bool { return n.Value > b[slices.Index(a, n)].Value })
		}), spec.Request, "SegmentDescriptor.BlockSize is more than SegmentDescriptor.SegmentSize", "", "", ""},
		{"lengths", accepts("PCHC-2.2.1.3-Hash"), spec.Request, "the length of Hash is anything but 32 or 48 or 64", "", "", ""},
		{"no field", rejects(func(c target.Case) bool { return c.Expected.Message == "BATCHED_OFFER_MESSAGE" }), spec.Request, "none", "", "", ""},
		{"zero in little-endian", rejects(func(c target.Case) bool {
			return slices.ContainsFunc(all(c, "cbBlockSize"), func(n *spec.Node) bool { return n.Value != 65536 })
		}), spec.Content, "segments.cbBlockSize is anything but 65536 (2^16)", "", "65535 (2^16 - 1)", "65536 (2^16)"},
		{"length of what may be a key", rejects(func(c target.Case) bool {
			n := c.Expected.Root.Child("Padding")
			return n != nil && len(n.Raw()) > 3
		}), spec.Content, "the length of Padding is 4 or more", "right up to 3", "4", "3"},
		{"other messages", rejects(func(c target.Case) bool {
			return c.Expected.Message == "INITIAL_OFFER_MESSAGE" && number(c, "Port") >= 3000
		}), spec.Request,
			"ConnectionInformation.Port is 3000 or more, only in INITIAL_OFFER_MESSAGE", "right up to 2999", "3000", "2999"},
		{"not known", rejects(func(c target.Case) bool {
			return len(all(c, "Port")) > 0 && bits.OnesCount64(number(c, "Port"))%2 == 1
		}), spec.Request,
			"", "", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, campaign.Config{
				Targets: []target.Target{target.InProcess("it", test.check, test.kind)}, Executions: few(4000), RNGSeed: 1, Jobs: 1, TriageTime: time.Minute,
			})
			if len(r.Findings) == 0 {
				t.Fatal("nothing is found")
			}
			f := r.Findings[0]
			if test.when == "none" {
				if f.Contrast != nil || f.Cause != "" || f.Guessed {
					t.Errorf("it fails at each message, but depends on %s: %+v", f.Cause, f.Contrast)
				}
				return
			}
			c := f.Contrast
			if c == nil {
				t.Fatal("there is no contrast")
			}
			if c.When != test.when || c.Boundary != test.boundary {
				t.Errorf("when %q, %q", c.When, c.Boundary)
			}
			if test.wrong != "" && c.Values != [2]string{test.wrong, test.right} {
				t.Errorf("values %q", c.Values)
			}
			if c.When != "" && (c.Like < 4 || c.Unlike < 4) {
				t.Errorf("it was tested with %d and %d messages", c.Like, c.Unlike)
			}
			if test.check(target.NewCase(f.Message())) == nil || test.check(target.NewCase(c.Right)) != nil {
				t.Error("the message of the finding does not fail, or its neighbour does")
			}
		})
	}
}

// A contrast is saved with its finding, and what it has is no key.
func TestContrastSaved(t *testing.T) {
	secret := func(c target.Case) bool {
		s := all(c, "SegmentSecret")
		return len(s) > 0 && s[0].Raw()[0] >= 0x80
	}
	r := run(t, campaign.Config{
		Targets: []target.Target{target.InProcess("it", rejects(secret), spec.Content)}, Executions: 4000, RNGSeed: 1, Jobs: 1, TriageTime: time.Minute,
	})
	if len(r.Findings) == 0 || r.Findings[0].Contrast == nil {
		t.Fatal("there is no contrast")
	}
	c := r.Findings[0].Contrast
	if c.Values != [2]string{"redacted", "redacted"} || strings.ContainsAny(c.When, "0123456789") && !strings.HasPrefix(c.When, "byte 0 of") {
		t.Errorf("%+v", c)
	}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var again campaign.Contrast
	if err := json.Unmarshal(b, &again); err != nil || again.When != c.When || string(again.Right.Bytes) != string(c.Right.Bytes) {
		t.Errorf("%v: %s", err, b)
	}
}
