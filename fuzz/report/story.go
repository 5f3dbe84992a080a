package report

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/spec"
)

// story is a finding in words.
type story struct {
	*campaign.Finding
	Number       int                // from 1
	ID           string             // of the rule, or what stands for it
	Name         string             // tells it from the target's other findings, and is the same in another campaign
	Kind         string             // the fault in a word
	Fault        string             // what that means: what the target does
	Requirements []spec.Requirement // what is broken, at least one unless the fault has no rule
	What         string             // what is wrong, with the field
	Seen         string             // when, how often, and how large it was
	Replay       string             // the command; "" if the finding was not saved
}

// tell returns the stories of all findings, in their order.
func tell(r *campaign.Result) []story {
	var all []story
	names := map[string]int{}
	for i := range r.Findings {
		f := &r.Findings[i]
		s := story{
			Finding: f, Number: i + 1, ID: ruleID(f), Kind: Clean(string(f.Fault)), Fault: does(f),
			Requirements: requirements(f), What: what(f), Seen: seen(f), Replay: replay(r, f),
		}
		s.Name = s.ID + " " + s.Kind
		if f.Field != "" {
			s.Name += " " + f.Field
		}
		s.Name = Clean(s.Name)
		key := f.Target + "\n" + s.Name
		if names[key]++; names[key] > 1 {
			s.Name += fmt.Sprintf(" (%d)", names[key])
		}
		all = append(all, s)
	}
	return all
}

// does says what the target does.
func does(f *campaign.Finding) string {
	return cmp.Or(faults[f.Fault], "goes wrong: "+Clean(string(f.Fault)))
}

// ruleID names the rule of a finding. What has none, as a crash, is named by
// its fault.
func ruleID(f *campaign.Finding) string {
	return Clean(cmp.Or(f.Rule, f.Requirement, "fuzz-"+string(f.Fault)))
}

// requirements returns what a finding breaks: the rule of the message, and that
// of section 3.
func requirements(f *campaign.Finding) []spec.Requirement {
	var found []spec.Requirement
	for _, id := range []string{f.Rule, f.Requirement} {
		if id == "" {
			continue
		}
		r, ok := spec.RequirementByID(id)
		if !ok {
			r = fieldRequirement(id)
		}
		found = append(found, r)
	}
	return found
}

// fieldID is the id of a field.
var fieldID = regexp.MustCompile(`^(PCHC|PCCRC)-([0-9.]+)-(\w+)$`)

// fieldRequirement makes a requirement of the id of a field that has none of its
// own: "PCHC-2.2.1.5-BlockSize".
func fieldRequirement(id string) spec.Requirement {
	r := spec.Requirement{ID: Clean(id), Level: spec.Must, Class: spec.Format}
	if m := fieldID.FindStringSubmatch(id); m != nil {
		r.Section = "MS-" + m[1] + " " + m[2]
		r.Text = m[3] + " stands where that section places it, and is read as it says."
	} else {
		r.Text = "This is as the specification says."
	}
	return r
}

// what is wrong, in one line.
func what(f *campaign.Finding) string {
	return Clean(spec.Violation{Field: f.Field, Detail: cmp.Or(f.Detail, does(f))}.String())
}

func seen(f *campaign.Finding) string {
	s := "first seen after " + seconds(f.At)
	if f.Count > 1 {
		s = fmt.Sprintf("seen %s times, first after %s", grouped(f.Count), seconds(f.At))
	}
	if n := len(f.Message().Bytes); f.Original > n {
		s += fmt.Sprintf("; reduced from %s to %s", count(int64(f.Original), "byte"), count(int64(n), "byte"))
	}
	if f.Flaky {
		s += "; it did not show when the same was tried again"
	}
	return s
}

// replay returns the command that tries a finding again.
func replay(r *campaign.Result, f *campaign.Finding) string {
	if f.File == "" {
		return ""
	}
	words := []string{"pchc fuzz replay"}
	for i := range r.Targets {
		if t := &r.Targets[i]; t.Name == f.Target && t.Replay != "" {
			words = append(words, Clean(t.Replay))
		}
	}
	return strings.Join(append(words, Clean(Quote(f.File))), " ")
}

// windows says whose command lines are written. Tests set it.
var windows = runtime.GOOS == "windows"

// Quote makes s one word of a command line: as it is where it has nothing that a
// shell would take for more.
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

// executions returns how many messages were tried in all.
func executions(r *campaign.Result) (n int64) {
	for i := range r.Targets {
		n += r.Targets[i].Executions
	}
	return n
}

// findings returns how many findings a target has.
func findings(r *campaign.Result, target string) (n int64) {
	for i := range r.Findings {
		if r.Findings[i].Target == target {
			n++
		}
	}
	return n
}

// failure returns why a target was not tried as it should, "" if it was.
func failure(t *campaign.TargetResult) string {
	switch {
	case t.Error != "":
		return Clean(t.Error)
	case t.Executions == 0:
		return "no message was tried"
	}
	return ""
}

// verdict says in a line how the campaign came out, and whether that is well:
// nothing was found, and every target was tried.
func verdict(r *campaign.Result) (line string, well bool) {
	failed, found := int64(0), map[string]bool{}
	for i := range r.Targets {
		if failure(&r.Targets[i]) != "" {
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
	case executions(r) == 0:
		line = "Nothing was tried"
	default:
		line = "No findings"
	}
	if failed > 0 && executions(r) > 0 {
		line += fmt.Sprintf(", but %s could not be tried to the end", count(failed, "target"))
	}
	return line, len(r.Findings) == 0 && failed == 0 && len(r.Targets) > 0
}

// behaviour are the requirements of section 3 that a hosted cache is held
// against.
var behaviour = []string{
	"PCHC-3.1.5.1-Respond", "PCHC-3.1.5.1-OK", "PCHC-3.1.5.1-Interested", "PCHC-3.1.5.2-Respond", "PCHC-3.1.5.2-OK",
	"PCHC-3.1.5.3-Respond", "PCHC-3.1.5.3-OK", "PCHC-3.1.5.4-Drop",
}

// tested returns the requirements that the messages tried on a target show it to
// keep, in the catalogue's order: the rules of all structures in those kinds of
// messages that it takes. A hosted cache is not judged by sender rules.
func tested(t *campaign.TargetResult) []spec.Requirement {
	return slices.DeleteFunc(spec.Requirements(), func(r spec.Requirement) bool {
		switch {
		case t.Executions == 0:
			return true
		case r.Class == spec.Behaviour:
			return !t.Cache || !slices.Contains(behaviour, r.ID)
		case r.Check != "Dissect" || t.Cache && r.Class == spec.Sender:
			return true
		case strings.HasPrefix(r.ID, "PCHC-2.2.2."): // of responses
			return !t.Cache && !takes(t, spec.Response)
		case strings.HasPrefix(r.ID, "PCHC-"):
			return !takes(t, spec.Request)
		case strings.HasPrefix(r.ID, "PCCRC-2.4"): // version 2.0 is in no request
			return !takes(t, spec.Content)
		}
		return !takes(t, spec.Request) && !takes(t, spec.Content)
	})
}

// takes reports whether a target was tried with messages of a kind; where its
// kinds are not known, with all.
func takes(t *campaign.TargetResult, kind spec.Kind) bool {
	return len(t.Kinds) == 0 || slices.Contains(t.Kinds, kind)
}
