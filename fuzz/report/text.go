package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// Text writes a report for people: what was found, what was tried, and what was
// not. Messages are written as t writes them.
func Text(w io.Writer, r *campaign.Result, t *message.Text) error {
	b := bufio.NewWriter(w)
	for _, s := range tell(r) {
		s.text(b, t)
	}
	line, _ := verdict(r)
	fmt.Fprintf(b, "%s\n\n", line)
	table(b, r)
	b.WriteByte('\n')
	for _, line := range tried(r) {
		fmt.Fprintln(b, line)
	}
	return b.Flush()
}

// text writes one finding.
func (s *story) text(b io.Writer, t *message.Text) {
	const indent = 3
	fmt.Fprintf(b, "%d. %s: %s\n", s.Number, Clean(s.Target), s.What)
	fmt.Fprintf(b, "   %s, %s: it %s\n", s.ID, s.Kind, s.Fault)
	for i := range s.Requirements {
		q := &s.Requirements[i]
		fmt.Fprintf(b, "   %s\n", requirementLine(q))
	}
	fmt.Fprintf(b, "   %s\n", s.Seen)
	for _, e := range dump(s.Finding, narrower(t, indent)) {
		fmt.Fprintln(b)
		if e.Label != "" {
			fmt.Fprintf(b, "   %s:\n", e.Label)
		}
		for _, line := range e.Lines {
			fmt.Fprintln(b, strings.TrimRight("   "+line.Text, " "))
		}
	}
	fmt.Fprintln(b)
	if s.Replay != "" {
		fmt.Fprintf(b, "   To try it again: %s\n\n", s.Replay)
	} else {
		fmt.Fprint(b, "   It was not saved.\n\n")
	}
}

// narrower is t for text that is indented.
func narrower(t *message.Text, by int) *message.Text {
	n := &message.Text{Style: t.Style, Width: t.Width, ShowSecrets: t.ShowSecrets}
	if t.Width > 0 {
		n.Width = max(1, t.Width-by)
	}
	return n
}

// requirementLine is a requirement with where it stands.
func requirementLine(r *spec.Requirement) string {
	if r.Section == "" {
		return r.Text
	}
	return fmt.Sprintf("%s, %s: %s", r.Section, r.Level, r.Text)
}

// table writes a line for each target.
func table(b *bufio.Writer, r *campaign.Result) {
	rows := [][]string{{"TARGET", "MESSAGES", "RATE", "COVERAGE", "FINDINGS", "RESTARTS"}}
	for i := range r.Targets {
		t := &r.Targets[i]
		rows = append(rows, []string{
			Clean(t.Name), grouped(t.Executions), perSecond(t.Executions, r.Elapsed),
			grouped(int64(t.Coverage)), grouped(findings(r, t.Name)), grouped(int64(t.Restarts)),
		})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	for n, row := range rows {
		fmt.Fprintf(b, "%-*s", widths[0], row[0])
		for i, cell := range row[1:] {
			fmt.Fprintf(b, "  %*s", widths[i+1], cell)
		}
		b.WriteByte('\n')
		if n > 0 && failure(&r.Targets[n-1]) != "" {
			fmt.Fprintf(b, "  not tried to the end: %s\n", failure(&r.Targets[n-1]))
		}
	}
}

// tried says in lines what was tried and how it was judged, and what was not
// tried.
func tried(r *campaign.Result) []string {
	ended := ""
	if r.Interrupted {
		ended = ", then interrupted"
	}
	all := []string{fmt.Sprintf("Tried: %s in %s (%s)%s; seed %d.",
		count(executions(r), "message"), seconds(r.Elapsed), perSecond(executions(r), r.Elapsed), ended, r.Seed)}
	decoders, caches := false, false
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Executions == 0 {
			continue
		}
		decoders, caches = decoders || !t.Cache, caches || t.Cache
		all = append(all, fmt.Sprintf("%s was held against %d of the %d requirements of MS-PCHC and MS-PCCRC%s.",
			Clean(t.Name), len(tested(t)), len(spec.Requirements()), without(t)))
	}
	if decoders {
		all = append(all, "Not tried on a decoder: what a client or a hosted cache does over time (MS-PCHC section 3).")
	}
	if caches {
		all = append(all, "Not tried on a hosted cache: whether it fetches what is offered, its timers, and how it checks who is there.")
	}
	if len(all) > 1 {
		all = append(all, fmt.Sprintf("Coverage counts the points of the specification that the messages reached, "+
			"of %s that there are: values of fields, lengths of lists, rules broken. Not all can be reached.", grouped(int64(coverage.Count()))))
	}
	return all
}

// without says which kinds of messages a target was not tried with.
func without(t *campaign.TargetResult) string {
	var kinds []string
	for _, k := range []struct {
		kind spec.Kind
		name string
	}{{spec.Request, "requests"}, {spec.Response, "responses"}, {spec.Content, "Content Information"}} {
		if !t.Cache && !takes(t, k.kind) {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return "; not tried with " + strings.Join(kinds, " and ")
}
