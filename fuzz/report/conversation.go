package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// conversed are the requirements that a hosted cache is tested against in conversations.
var conversed = []string{
	"PCHC-3.1.5.1-Respond", "PCHC-3.1.5.1-OK", "PCHC-3.1.5.1-Interested", "PCHC-3.1.5.1-Retrieve", "PCHC-3.1.5.1-Connect", "PCHC-3.1.5.1-Add",
	"PCHC-3.1.5.2-Respond", "PCHC-3.1.5.2-OK", "PCHC-3.1.5.2-Retrieve", "PCHC-3.1.5.2-Connect", "PCHC-3.1.5.2-Add",
	"PCHC-3.1.5.3-Respond", "PCHC-3.1.5.3-OK", "PCHC-3.1.5.3-Retrieve", "PCHC-3.1.5.3-Connect", "PCHC-3.1.5.3-Add",
	"PCHC-3.1.1-BlockCache", "PCCRC-2.2-VerifyBlocks",
	"PCCRR-3.2.5-Answer", "PCCRR-3-Pair", "PCCRR-3.2.5-SegmentId", "PCCRR-3.2.5-RequestID", "PCCRR-3.2.5.2-List", "PCCRR-3.2.5.2-Subset",
	"PCCRR-3.2.5.3-Block", "PCCRR-3.2.5.3-Index", "PCCRR-3.2.5.4-Segments", "PCCRR-2.2.5.4-Index", "PCCRR-2.2.5.3-BlockHash",
}

// inConversations returns the requirements of the conversations with a target.
func inConversations(t *campaign.TargetResult) (all []spec.Requirement) {
	for _, q := range spec.Requirements() {
		if t.Executions > 0 && slices.Contains(conversed, q.ID) {
			all = append(all, q)
		}
	}
	return all
}

// stepsOf returns how many steps the conversation of a finding has.
func stepsOf(f *campaign.Finding) (n int) {
	for _, line := range f.Conversation {
		if !introduces(line) {
			n++
		}
	}
	return n
}

// introduces reports whether a line of a conversation is about a client or a segment, and
// is no step.
func introduces(line string) bool {
	return strings.HasPrefix(line, "client ") || strings.HasPrefix(line, "segment ")
}

// variants says without which steps a conversation fails in another way, and which finding
// that is; or that it goes right without any of them.
func variants(r *Report, f *campaign.Finding) (lines []string) {
	if n := stepsOf(f); n > 1 && f.Steps > n && len(f.Variants) == 0 && !f.Flaky && !f.Untried && !f.Unreduced {
		return []string{"Each step is needed: without one of them, the hosted cache does it right."}
	}
	for _, v := range f.Variants {
		line := fmt.Sprintf("Without step %d it fails in another way: %s", v.Step, does(&campaign.Finding{Difference: fuzz.Difference{Fault: v.Fault}}))
		if v.Requirement != "" {
			line += " (" + v.Requirement + ")"
		}
		for i := range r.Findings {
			if o := &r.Findings[i]; o.Target == f.Target && o.Conversation != nil && o.Fault == v.Fault && o.Requirement == v.Requirement && o.Rule == v.Rule {
				line += fmt.Sprintf(". That is finding %d, probably of the same cause", i+1)
				break
			}
		}
		lines = append(lines, printable.String(line)+".")
	}
	return lines
}

// timeline shows the conversation of a finding: its steps with numbers, and what came of
// each.
func timeline(f *campaign.Finding) excerpt {
	e := excerpt{Label: "the conversation"}
	number := 0
	for i, line := range f.Conversation {
		line = printable.String(line)
		mark := ""
		if !introduces(line) {
			if number == 0 && i > 0 {
				e.Lines = append(e.Lines, dumpLine{})
			}
			number++
			line = fmt.Sprintf("%2d. %s", number, line)
		}
		if i == len(f.Conversation)-1 {
			mark = "field"
		}
		e.Lines = append(e.Lines, dumpLine{line, mark})
	}
	return e
}

// conversations returns the number of conversations with all targets.
func conversations(r *campaign.Result) (n int64) {
	for i := range r.Targets {
		n += r.Targets[i].Conversations
	}
	return n
}
