package report

import (
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// A conversation that fails in another way without one of its steps says so, and which
// finding that is; one that could not be minimised to the end says that.
func TestVariants(t *testing.T) {
	finding := func(fault fuzz.Fault, requirement string, variants ...campaign.Variant) campaign.Finding {
		return campaign.Finding{
			Target: "it", Difference: fuzz.Difference{Fault: fault, Requirement: requirement}, Variants: variants, Steps: 9,
			Messages: []fuzz.Message{{Kind: spec.Request, Bytes: offer(1)}, {Kind: spec.Request, Bytes: offer(1)}}, Conversation: []string{"client A: own IP address", "A stops serving blocks", "A offers segment 1"},
		}
	}
	first := finding(fuzz.WrongCode, "PCHC-3.1.5.1-OK", campaign.Variant{Step: 1, Fault: fuzz.Unfetched, Requirement: "PCHC-3.1.5.2-Retrieve"}, campaign.Variant{Step: 2, Fault: fuzz.Hang})
	first.Unreduced = true
	r := &Report{Result: &campaign.Result{Findings: []campaign.Finding{first, finding(fuzz.Unfetched, "PCHC-3.1.5.2-Retrieve")}}}
	all := describe(r)
	want := []string{
		"Without step 1 it fails in another way: does not retrieve the blocks of an offer, or not from where it must (PCHC-3.1.5.2-Retrieve). That is finding 2, probably of the same cause.",
		"Without step 2 it fails in another way: does not answer, or give up, in time.",
	}
	if got := all[0].Roles; len(got) != 2 || got[0] != want[0] || got[1] != want[1] || len(all[1].Roles) != 1 || all[1].Roles[0] != "Each step is needed: without one of them, the hosted cache does it right." {
		t.Errorf("%q", got)
	}
	if !strings.Contains(all[0].Seen, "reduced from 9 steps to 2; not fully minimised") || strings.Contains(all[1].Seen, "minimised") {
		t.Errorf("%q, %q", all[0].Seen, all[1].Seen)
	}
	if label := dump(&r.Findings[0], &message.Text{})[1].Label; label != "the message of step 2" {
		t.Error(label)
	}
}
