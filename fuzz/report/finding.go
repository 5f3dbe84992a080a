package report

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Report is the content of a report: the result of a campaign, and what only the
// program that ran it knows.
type Report struct {
	*campaign.Result
	Version  string                           // of the program
	Baseline *Baseline                        // known findings, nil for no baseline
	Caches   []string                         // names of the targets that are hosted caches, not decoders
	Replay   func(f *campaign.Finding) string // command line that reproduces a saved finding, nil for none
}

// findingView is a finding as reports show it. Its strings are safe to print.
type findingView struct {
	*campaign.Finding
	Number       int    // from 1
	Known        bool   // it is in the baseline
	ID           string // of the rule or, without one, of the fault
	Name         string // unique among the findings of a target, and the same in another campaign
	Kind         string // the fault in a word
	Title        string // the field and the failure
	Fault        string // what the target does, "" if the title has it
	Requirements []requirement
	Expects      string   // what the target had to do, if no requirement says it
	Depends      []string // what the failure depends on, sentences
	Wire         []string // what was sent over HTTP and what came back, if that matters
	Roles        []string // on what else it depends, if it does
	Seen         string   // when, how often, and how it was reduced
	Replay       string   // the command line, "" if the finding was not saved
}

// requirement is a requirement that a finding is about.
type requirement struct {
	spec.Requirement
	Related bool // it is about the field, but neither message nor target violates it
}

// String returns the requirement as a sentence with its place in the
// specification.
func (r *requirement) String() string {
	s := r.Text
	if r.Section != "" {
		s = r.Section + ": " + r.Text
	}
	if r.Derived {
		s = "not stated, but follows from " + r.Section + ": " + r.Text
	}
	if r.Related {
		return "related requirement: " + s
	}
	return s
}

// describe returns the views of all findings, in their order.
func describe(r *Report) []findingView {
	var all []findingView
	names := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		s := findingView{
			Finding: f, Number: i + 1, Known: r.Baseline.Has(f), ID: ruleID(f), Kind: printable.String(string(f.Fault)), Fault: does(f),
			Requirements: requirements(f), Expects: printable.String(f.Required), Depends: depends(f), Wire: wire(f), Title: title(f), Seen: seen(f), Roles: roles(f),
		}
		if f.Fault == fuzz.Rejected || s.Title == s.Fault {
			s.Fault = ""
		}
		if s.Known {
			s.Seen = "known: it is in the baseline; " + s.Seen
		}
		if f.File != "" && r.Replay != nil {
			s.Replay = printable.String(r.Replay(f))
		}
		s.Name = s.ID + " " + s.Kind
		if depends := cmp.Or(f.Field, f.Cause, f.HTTP, resourceOf(f)); depends != "" {
			s.Name += " " + depends
		}
		if f.Connections > 0 { // however many
			s.Name += " at the same time"
		}
		if f.Stateful() {
			s.Name = stateName(f)
		}
		s.Name = printable.String(s.Name)
		key := f.Target + "\n" + s.Name
		if names[key]++; names[key] > 1 {
			s.Name += fmt.Sprintf(" (%d)", names[key])
		}
		s.Roles = append(s.Roles, variants(r, f)...)
		all = append(all, s)
	}
	return all
}

// Titles returns the title of each finding, in their order, safe to print: the field
// and the failure.
func (r *Report) Titles() []string {
	var all []string
	for i := range r.Findings {
		f := &r.Findings[i]
		s := title(f)
		if what := does(f); f.Fault != fuzz.Rejected && s != what && !strings.HasPrefix(s, string(f.Fault)+": ") {
			s = what + ": " + s
		}
		all = append(all, s)
	}
	return all
}

// does describes what a target does.
func does(f *campaign.Finding) string {
	return cmp.Or(faults[f.Fault], "fails: "+printable.String(string(f.Fault)))
}

// ruleID returns the rule of a finding or, if it has none, such as some crashes, the
// name of its fault.
func ruleID(f *campaign.Finding) string {
	return printable.String(cmp.Or(f.Rule, f.Requirement, stateID(f), "fuzz-"+string(f.Fault)))
}

// requirements returns the requirements that a finding is about: a rule for the
// message, and a requirement of section 3 for the target.
func requirements(f *campaign.Finding) []requirement {
	var found []requirement
	violated := f.Message().Dissect().Violations
	for _, id := range slices.Compact([]string{f.Rule, f.Requirement}) {
		if id == "" {
			continue
		}
		r, ok := fuzz.RequirementByID(id)
		if !ok || f.Fault == fuzz.WrongField || f.Fault == fuzz.WrongName { // whatever else the field must be
			r = fieldRequirement(id, f.Fault)
		}
		// A rule without a message that violates it, unless it is one of the answer.
		related := id == f.Rule && f.Requirement == "" && !slices.ContainsFunc(violated, func(v spec.Violation) bool { return v.Rule == id })
		r.Derived = r.Derived || f.Derived && id == f.Requirement
		found = append(found, requirement{r, related})
	}
	return found
}

// fieldID is the id of a field.
var fieldID = regexp.MustCompile(`^(PCHC|PCCRC)-([0-9.]+)-(\w+)$`)

// fieldRequirement makes a requirement for the id of a field without one:
// "PCHC-2.2.1.5-BlockSize".
func fieldRequirement(id string, f fuzz.Fault) spec.Requirement {
	r := spec.Requirement{ID: printable.String(id), Level: spec.Must, Class: spec.Format}
	if m := fieldID.FindStringSubmatch(id); m != nil {
		r.Section = "MS-" + m[1] + " " + m[2]
		if r.Text = m[3] + " MUST have the offset, size and byte order that the section gives."; f == fuzz.Derived {
			r.Text = m[3] + " MUST be what the section derives from the fields."
		}
	} else {
		r.Text = "The message MUST be decoded as the specification says."
	}
	return r
}

// title describes a finding in one line.
func title(f *campaign.Finding) string {
	if f.Fault == fuzz.Rejected {
		s := "rejects a valid " + f.Message().Dissect().Message
		if f.ReportedRule != "" {
			s += ", reporting " + f.ReportedRule
		}
		switch {
		case f.Nth != nil:
			s += ": " + f.Detail
		case f.Sequence(): // only after what
			if i := strings.Index(f.Detail, ", only after "); i >= 0 {
				s += f.Detail[i:]
			}
		}
		return printable.String(s)
	}
	if f.Scenario != "" && f.Field == "" && f.Fault != fuzz.Crash { // what a client does
		who := f.Message().Dissect().Message
		if f.Fault == fuzz.Transport {
			who = "the client"
		}
		return printable.String(who + " " + f.Detail)
	}
	switch f.Fault {
	case fuzz.Crash, fuzz.Hang, fuzz.Slow, fuzz.BadReply, fuzz.Wrong, fuzz.Leak, fuzz.Complexity, fuzz.Aging, fuzz.Idle, fuzz.Limit: // of the target, not of a field
		return printable.String(string(f.Fault) + ": " + cmp.Or(f.Detail, does(f)))
	}
	detail := cmp.Or(f.Detail, does(f))
	switch {
	case f.Conversation != nil: // of which it names the step
		return printable.String(detail)
	case f.Flaky && f.Field == "":
		return printable.String(string(f.Fault) + ": " + detail)
	case f.Requirement != "" && f.Message().Dissect().Valid(): // nothing in the message is wrong
		behind := ": "
		if f.HTTP != "" { // "sent in chunks: ..."
			behind = ", "
		}
		return printable.String("a valid " + f.Message().Dissect().Message + behind + detail)
	}
	return printable.String(spec.Violation{Field: f.Field, Detail: detail}.String())
}

// way names the way in which the messages were sent, "" for the usual one.
func way(f *campaign.Finding) string {
	switch {
	case f.Connections > 0 && f.HTTP != "":
		return fmt.Sprintf("over HTTP, %s, on %d connections at the same time", f.HTTP, f.Connections)
	case f.Connections > 0:
		return fmt.Sprintf("on %d connections at the same time", f.Connections)
	case f.HTTP != "":
		return "over HTTP, " + f.HTTP
	}
	return ""
}

// wire returns the lines of what was sent and what came back.
func wire(f *campaign.Finding) (lines []string) {
	for line := range strings.Lines(f.Wire) {
		lines = append(lines, printable.String(strings.TrimRight(line, "\n")))
	}
	return lines
}

func seen(f *campaign.Finding) string {
	s := "first seen after " + seconds(f.At)
	if f.Count > 1 {
		s = fmt.Sprintf("seen %s times, first after %s", grouped(f.Count), seconds(f.At))
	}
	if n := stepsOf(f); n > 0 && f.Steps > n {
		s += fmt.Sprintf("; reduced from %s to %d", count(int64(f.Steps), "step"), n)
	} else if n := len(f.Message().Bytes); f.Original > n {
		s += fmt.Sprintf("; reduced from %s to %s", count(int64(f.Original), "byte"), count(int64(n), "byte"))
	}
	if f.Unreduced {
		s += "; not fully minimised, since the time for that ran out: some steps may not be needed"
	}
	if f.Untried && f.Scenario != "" {
		s += "; it was not tried again"
	} else if f.Untried {
		s += "; it could not be tried again before the end"
	}
	if f.Flaky && f.Rate == nil {
		s += "; it did not repeat"
		if f.After > 0 {
			s += fmt.Sprintf(", the first was about %s after a start of the target", count(int64(f.After), "message"))
		}
	}
	return s
}

// windows selects the syntax of command lines. Tests set it.
var windows = runtime.GOOS == "windows"

// Quote quotes s as one word of a command line, if it needs quotes.
func Quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=,@+", r) ||
			windows && r == '\\'
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	if windows {
		return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// executions returns the number of messages sent to all targets.
func executions(r *campaign.Result) (n int64) {
	for i := range r.Targets {
		n += r.Targets[i].Executions
	}
	return n
}

// findings returns the number of findings of a target.
func findings(r *Report, target string) (n int64) {
	for i := range r.Findings {
		if r.Findings[i].Target == target {
			n++
		}
	}
	return n
}

// failure returns why the test of a target was aborted, "" if it was not.
func failure(t *campaign.TargetResult) string {
	switch {
	case t.Error != "":
		return printable.String(t.Error)
	case t.Executions == 0:
		return "no message was sent"
	}
	return ""
}

// ending says in a word or two how the test of a target ended that has a failure.
func ending(t *campaign.TargetResult) string {
	if t.Unfinished {
		return "not finished"
	}
	return "aborted"
}

// verdict sums the campaign up in a line. well reports no findings but known ones, none
// of which is missing, and no target aborted.
func verdict(r *Report) (line string, well bool) {
	failed, unfinished, found := int64(0), int64(0), map[string]bool{}
	for i := range r.Targets {
		switch t := &r.Targets[i]; {
		case failure(t) == "":
		case t.Unfinished:
			unfinished++
		default:
			failed++
		}
	}
	for i := range r.Findings {
		found[r.Findings[i].Target] = true
	}
	switch {
	case len(found) > 0 && len(r.Targets) > 1:
		line = fmt.Sprintf("%s in %d of %s", count(int64(len(r.Findings)), "finding"), len(found), count(int64(len(r.Targets)), "target"))
	case len(found) > 0:
		line = count(int64(len(r.Findings)), "finding")
	case executions(r.Result) == 0:
		line = "Nothing was tested"
	default:
		line = "No findings"
	}
	missing := len(r.Missing())
	if r.Baseline != nil && len(found) > 0 {
		line += fmt.Sprintf(", %d of them new", r.New())
	}
	if missing > 0 {
		line += ", " + count(int64(missing), "known finding") + " no longer found"
	}
	if failed > 0 && executions(r.Result) > 0 {
		line += fmt.Sprintf(", but %s aborted", count(failed, "target"))
	}
	if unfinished > 0 {
		line += fmt.Sprintf(", but not everything was tried on %s", count(unfinished, "target"))
	}
	return line, r.New() == 0 && missing == 0 && failed+unfinished == 0 && len(r.Targets) > 0
}

// behaviour are the requirements of behaviour that a hosted cache or retrieval server is
// tested against, whatever is known of its content.
var behaviour = []string{
	"PCHC-3.1.5.1-Respond", "PCHC-3.1.5.1-OK", "PCHC-3.1.5.1-Interested", "PCHC-3.1.5.2-Respond", "PCHC-3.1.5.2-OK",
	"PCHC-3.1.5.3-Respond", "PCHC-3.1.5.3-OK", "PCHC-3.1.5.4-Drop",
	"PCCRR-3.2.5-Answer", "PCCRR-3.2.5.5-Drop", "PCCRR-3-Pair", "PCCRR-2.2.3-ProtVerMajor", "PCCRR-3.2.5-SegmentId", "PCCRR-3.2.5-RequestID",
	"PCCRR-3.2.5.2-List", "PCCRR-3.2.5.2-Subset", "PCCRR-3.2.5.3-Block", "PCCRR-3.2.5.3-Index", "PCCRR-3.2.5.4-Segments", "PCCRR-2.2.5.4-Index",
}

// Tested returns the requirements that a target was tested against, in the order
// of the catalogue: the rules of all structures in the kinds of messages that it
// takes. Sender rules do not apply to what a hosted cache does.
func (r *Report) Tested(t *campaign.TargetResult) []spec.Requirement {
	if t.Conversations > 0 {
		return inConversations(t)
	}
	cache := r.isCache(t)
	return slices.DeleteFunc(messageRequirements(t), func(q spec.Requirement) bool {
		switch {
		case t.Executions == 0:
			return true
		case t.Client && q.Class == spec.Behaviour:
			return !slices.Contains(t.Behaviour, q.ID)
		case q.Class == spec.Behaviour:
			return !cache || !slices.Contains(behaviour, q.ID)
		case !q.CheckedBy.Dissected() || cache && q.Class == spec.Sender:
			return true
		case strings.HasPrefix(q.ID, "PCHC-2.2.2."): // of responses
			return !cache && !takes(t, spec.Response)
		case strings.HasPrefix(q.ID, "PCHC-"):
			return !takes(t, spec.Request)
		case strings.HasPrefix(q.ID, "PCCRC-2.4"): // version 2.0 is in no request
			return !takes(t, spec.Content)
		case strings.HasPrefix(q.ID, "SMB2-"), strings.HasPrefix(q.ID, "PCCRR-"), strings.HasPrefix(q.ID, "PCCRD-"):
			return false
		}
		return !takes(t, spec.Request) && !takes(t, spec.Content)
	})
}

// messageRequirements returns the requirements of the documents of which a target gets
// messages.
func messageRequirements(t *campaign.TargetResult) []spec.Requirement {
	return slices.DeleteFunc(spec.Requirements(), func(q spec.Requirement) bool {
		return !slices.ContainsFunc(documents(t), func(name string) bool { return strings.HasPrefix("MS-"+q.ID, name+"-") })
	})
}

// documents returns the names of those documents.
func documents(t *campaign.TargetResult) (names []string) {
	for _, d := range []struct {
		names []string
		kinds []spec.Kind
	}{
		{[]string{"MS-PCHC", "MS-PCCRC"}, []spec.Kind{spec.Request, spec.Response, spec.Content}},
		{[]string{"MS-SMB2"}, []spec.Kind{spec.HashRequest, spec.HashResponse}},
		{[]string{"MS-PCCRR"}, []spec.Kind{spec.RetrievalRequest, spec.RetrievalResponse}},
		{[]string{"MS-PCCRD"}, []spec.Kind{spec.Discovery}},
	} {
		if len(t.Kinds) == 0 && len(names) > 0 { // unknown
			break
		}
		if slices.ContainsFunc(d.kinds, func(kind spec.Kind) bool { return takes(t, kind) }) {
			names = append(names, d.names...)
		}
	}
	return names
}

// isCache reports whether a target is a hosted cache.
func (r *Report) isCache(t *campaign.TargetResult) bool { return slices.Contains(r.Caches, t.Name) }

// takes reports whether a target was sent messages of a kind: any kind unless its
// kinds are known.
func takes(t *campaign.TargetResult, kind spec.Kind) bool {
	return len(t.Kinds) == 0 || slices.Contains(t.Kinds, kind)
}
