package conformance

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// AppendText appends the findings of a capture, one on a line; findings of one
// rule in one message share a line. Below the first of each rule is the
// requirement.
func AppendText(dst []byte, p *message.Printer, findings []Finding) []byte {
	explained := map[string]bool{}
	for i := 0; i < len(findings); i++ {
		f := &findings[i]
		if f.Rule == CaptureProblem {
			dst = p.Problem(dst, f.Detail, &f.Place)
			continue
		}
		more := repeated(findings[i:])
		dst = p.Violation(dst, &f.Violation, more, &f.Place)
		if !explained[f.Rule] {
			explained[f.Rule] = true
			dst = p.AppendExpected(dst, &spec.Requirement{Section: f.Section, Text: f.Expected, Derived: f.Derived})
		}
		i += more
	}
	return dst
}

// repeated returns how many findings after the first are of the same rule in the
// same message.
func repeated(findings []Finding) (n int) {
	first := &findings[0]
	for _, f := range findings[1:] {
		if f.Rule != first.Rule || f.Frame != first.Frame || f.Src != first.Src {
			break
		}
		n++
	}
	return n
}

// Summarize returns a line with how many violations of each class a capture
// holds, in how many messages.
func Summarize(sum capture.Summary, findings []Finding) string {
	counts := map[string]int{}
	for i := range findings {
		counts[findings[i].ClassName()]++
	}
	var found []string
	for _, class := range []string{spec.Format.String(), spec.Sender.String(), spec.Behaviour.String()} {
		if n := counts[class]; n > 0 {
			found = append(found, message.Count(n, class+" violation"))
		}
	}
	if n := counts["capture"]; n > 0 {
		found = append(found, message.Count(n, "capture problem"))
	}
	if len(found) == 0 {
		found = []string{"no violations"}
	}
	s := fmt.Sprintf("%s in %s, %s", strings.Join(found, ", "), message.Count(sum.Requests, "request"), message.Count(sum.Responses, "response"))
	if sum.Encrypted > 0 {
		s += ", " + message.Count(sum.Encrypted, "connection") + " with TLS not looked into"
	}
	return s
}
