package report

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Text writes a report for people: the findings, and what was tested and what was
// not. t formats the messages.
func Text(w io.Writer, r *Report, t *message.Text) error {
	b := bufio.NewWriter(w)
	for _, s := range describe(r) {
		s.text(b, t)
	}
	line, _ := verdict(r)
	fmt.Fprintf(b, "%s\n\n", line)
	table(b, r)
	b.WriteByte('\n')
	for _, line := range scope(r) {
		fmt.Fprintln(b, line)
	}
	return b.Flush()
}

// text writes one finding.
func (s *findingView) text(b io.Writer, t *message.Text) {
	const indent = 3
	fmt.Fprintf(b, "%d. %s: %s\n", s.Number, printable.String(s.Target), s.Title)
	fmt.Fprintf(b, "   %s\n", strings.TrimSuffix(s.ID+", "+s.Kind+": "+s.Fault, ": "))
	for i := range s.Requirements {
		fmt.Fprintf(b, "   %s\n", &s.Requirements[i])
	}
	if s.Expects != "" {
		fmt.Fprintf(b, "   %s\n", s.Expects)
	}
	for _, sentence := range s.Depends {
		fmt.Fprintf(b, "   %s\n", sentence)
	}
	for _, line := range s.Roles {
		fmt.Fprintf(b, "   %s\n", line)
	}
	fmt.Fprintf(b, "   %s\n", s.Seen)
	for _, line := range measuredLines(s.Finding) {
		fmt.Fprintf(b, "   %s\n", line)
	}
	for line := range strings.Lines(s.Report) {
		fmt.Fprintf(b, "   | %s\n", printable.String(strings.TrimSuffix(line, "\n")))
	}
	if len(s.Exchange) > 0 {
		fmt.Fprint(b, "\n   What happened:\n")
		for _, line := range shortened(s.Exchange) {
			fmt.Fprintf(b, "     %s\n", printable.String(line))
		}
	}
	if len(s.Wire) > 0 {
		fmt.Fprint(b, "\n   On the wire:\n")
		for _, line := range s.Wire {
			fmt.Fprintf(b, "     %s\n", line)
		}
	}
	all := dump(s.Finding, narrower(t, indent))
	if s.Contrast != nil {
		all = append(all, nearest(s.Finding, narrower(t, indent)).briefly())
	}
	for _, e := range all {
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
		fmt.Fprintf(b, "   Reproduce: %s\n\n", s.Replay)
	} else {
		fmt.Fprint(b, "   Not saved.\n\n")
	}
}

// shortened leaves out the middle of a long time line.
func shortened(lines []string) []string {
	const head, tail = 8, 16
	if len(lines) <= head+tail+1 {
		return lines
	}
	gap := fmt.Sprintf("... %s omitted ...", count(int64(len(lines)-head-tail), "line"))
	return slices.Concat(lines[:head], []string{gap}, lines[len(lines)-tail:])
}

// narrower returns t for indented text.
func narrower(t *message.Text, by int) *message.Text {
	n := &message.Text{Style: t.Style, Width: t.Width, ShowSecrets: t.ShowSecrets}
	if t.Width > 0 {
		n.Width = max(1, t.Width-by)
	}
	return n
}

// table writes a line for each target.
func table(b *bufio.Writer, r *Report) {
	rows := [][]string{{"TARGET", "MESSAGES", "RATE", "COVERAGE", "FINDINGS", "RESTARTS"}}
	for i := range r.Targets {
		t := &r.Targets[i]
		rows = append(rows, []string{
			printable.String(t.Name), grouped(t.Executions), perSecond(t.Executions, r.Elapsed),
			coverageOf(t), grouped(findings(r, t.Name)), grouped(int64(t.Restarts)),
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
			fmt.Fprintf(b, "  %s: %s\n", ending(&r.Targets[n-1]), failure(&r.Targets[n-1]))
		}
		if n > 0 {
			for _, note := range r.Targets[n-1].Notes {
				fmt.Fprintf(b, "  note: %s\n", printable.String(note))
			}
		}
	}
}

// coverageOf writes the coverage of a target, "-" where it means nothing.
func coverageOf(t *campaign.TargetResult) string {
	if t.Client {
		return "-"
	}
	return grouped(int64(t.Coverage))
}

// scope returns lines about what was tested and what was not.
func scope(r *Report) []string {
	ended := ""
	switch {
	case r.Interrupted:
		ended = ", interrupted"
	case r.Stopped:
		ended = ", ended by a finding"
	}
	sent := "Sent"
	if len(r.Targets) > 0 && !slices.ContainsFunc(r.Targets, func(t campaign.TargetResult) bool { return !t.Client }) {
		sent = "Received"
	}
	messages := count(executions(r.Result), "message")
	if n := conversations(r.Result); n > 0 {
		messages += " in " + count(n, "conversation")
	}
	all := []string{fmt.Sprintf("%s %s in %s (%s)%s; seed %d.",
		sent, messages, seconds(r.Elapsed), perSecond(executions(r.Result), r.Elapsed), ended, r.RNGSeed)}
	all = append(all, compared(r)...)
	decoders, caches, clients, talked := false, false, false, false
	for i := range r.Targets {
		t := &r.Targets[i]
		if t.Executions == 0 {
			continue
		}
		cache := r.isCache(t)
		decoders, caches, clients = decoders || !cache && !t.Client, caches || cache && t.Conversations == 0, clients || t.Client
		talked = talked || t.Conversations > 0
		all = append(all, fmt.Sprintf("%s: tested against %d of %d requirements of %s%s.",
			printable.String(t.Name), len(r.Tested(t)), len(messageRequirements(t)), strings.Join(documents(t), " and "), without(t, cache || t.Client)))
		if use := used(t); use != "" {
			all = append(all, printable.String(t.Name)+": "+use+".")
		}
	}
	if decoders {
		all = append(all, "Not tested on decoders: the behaviour of clients and hosted caches (MS-PCHC section 3).")
	}
	if caches {
		all = append(all, "Not tested on hosted caches: retrieval of offered content, timers, authentication.")
	}
	if talked {
		all = append(all, "Not tested in conversations: malformed messages, unusual HTTP, timers, authentication.")
	}
	if clients {
		all = append(all, "Messages of a client are those that it sent. Not tested on clients: what they do with the blocks that they retrieve, and discovery.")
	}
	if decoders || caches || talked {
		all = append(all, fmt.Sprintf("Coverage is the number of points of the specification that the messages reached, "+
			"out of %s: values of fields, lengths of lists, violations. Not all are reachable.", grouped(int64(coverage.Count()))))
	}
	return all
}

// without lists the kinds of messages that a target was not sent.
func without(t *campaign.TargetResult, cache bool) string {
	var kinds []string
	for _, k := range []struct {
		kind spec.Kind
		name string
	}{{spec.Request, "requests"}, {spec.Response, "responses"}, {spec.Content, "Content Information"}} {
		if !cache && !takes(t, k.kind) && slices.Contains(documents(t), "MS-PCHC") {
			kinds = append(kinds, k.name)
		}
	}
	if len(kinds) == 0 {
		return ""
	}
	return " (not sent: " + strings.Join(kinds, ", ") + ")"
}
