package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// depends describes what a failure depends on, in sentences: what was found by contrast,
// otherwise what a failure at a valid message seems to depend on.
func depends(f *campaign.Finding) (all []string) {
	say := func(format string, a ...any) { all = append(all, printable.String(fmt.Sprintf(format, a...))) }
	c := f.Contrast
	switch {
	case way(f) != "":
		usual := ""
		if f.Connections == 0 {
			usual = "; goes right when sent as usual, in one request with a Content-Length"
		}
		say("Goes wrong when sent %s%s.", way(f), usual)
	case c != nil && c.When != "":
		s := "Goes wrong when " + c.When
		if c.Boundary != "" {
			s += "; " + c.Boundary
		}
		say("%s.", s)
		say("Tested with %s that meet this, which all went wrong, and %d others, which all went right.", count(int64(c.Like), "message"), c.Unlike)
	case f.Behaviour != "":
		same := ""
		if n := len(f.Same); n > 0 {
			const most = 8
			same = " Likewise in " + plural("scenario", n) + " " + strings.Join(f.Same[:min(n, most)], ", ")
			if n > most {
				same += fmt.Sprintf(" and %d others", n-most)
			}
		}
		all := ""
		if strings.Contains(f.Scenario, " ") && !f.Flaky && !f.Untried {
			all = " Without one of these, the client does it right."
		}
		say("%s (scenario %s).%s%s", capital(f.Behaviour), f.Scenario, all, same)
	case f.Scenario != "":
		say("The server had answered everything rightly.")
	case f.Cause == "" || f.Cause == f.ReportedRule: // which the title has
	case f.Guessed:
		say("Probably depends on what %s is about: the target could not be asked often enough to be certain.", f.Cause)
	case f.Field == "":
		say("Depends on what %s is about.", f.Cause)
	default:
		say("Depends on %s at %#x (%s).", f.Field, f.Offset, f.Cause)
	}
	if c != nil {
		say("In the nearest message that goes right, %s is %s instead of %s.", differing(c), c.Values[1], c.Values[0])
		if c.When == "" {
			say("Which other messages go wrong is not known.")
		}
	}
	return all
}

// nearest explains the nearest message that goes right, and marks in what it differs.
func nearest(f *campaign.Finding, t *message.Text) excerpt {
	field, offset := markedIn(f.Contrast)
	return excerpt{Label: nearestLabel, Lines: shorten(explain(&f.Contrast.Right, t, field, offset, false))}
}

// markedIn returns the path and the offset of what shows in the nearest message that it differs. Of two
// lists of different length that is the first element that only this one has; if it has
// fewer, its last one.
func markedIn(c *campaign.Contrast) (field string, offset int) {
	wrong, err := strconv.Atoi(c.Values[0])
	right, err2 := strconv.Atoi(c.Values[1])
	list := nodeAt(&c.Right.Dissect().Root, c.Field)
	if err != nil || err2 != nil || list == nil || list.Form != spec.List || right == 0 || right != len(list.Children) {
		return c.Field, c.Offset
	}
	n := min(wrong, right-1)
	return fmt.Sprintf("%s[%d]", c.Field, n), list.Children[n].Offset
}

// briefly returns only the lines of the field in which they differ.
func (e excerpt) briefly() excerpt {
	from := -1
	for i, line := range e.Lines {
		if line.Mark == "field" {
			from = i
		}
	}
	if from < 0 {
		return e
	}
	return excerpt{Label: e.Label, Lines: e.Lines[max(0, from-1):min(from+2, len(e.Lines))]}
}

const nearestLabel = "the nearest message that goes right"

// contrasted is what differs between the message that goes wrong and the one that goes
// right, and what the target did with each.
func contrasted(s *findingView) []pair {
	c := s.Contrast
	if c == nil {
		return nil
	}
	wrong, right := s.Answer, c.Answer
	if wrong == "" {
		wrong = did(s)
	}
	if right == "" {
		right = "as the specification requires"
	}
	return []pair{
		{Name: printable.String(differing(c)), Expected: printable.String(c.Values[1]), Actual: printable.String(c.Values[0]), Differs: true},
		{Name: "answer", Expected: brief(right), Actual: brief(wrong)},
	}
}

// plural returns a noun without its number.
func plural(noun string, n int) string {
	_, s, _ := strings.Cut(count(int64(n), noun), " ")
	return s
}

// capital returns a clause as the beginning of a sentence.
func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// differing says in what two messages differ, and where.
func differing(c *campaign.Contrast) string {
	if c.Field == "" { // the whole message
		return c.What
	}
	return fmt.Sprintf("%s (at %#x)", c.What, c.Offset)
}

// brief returns the begin of a long answer.
func brief(s string) string {
	const most = 200
	if s = printable.String(s); len(s) > most {
		return s[:most] + "..."
	}
	return s
}
