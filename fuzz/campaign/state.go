package campaign

import (
	"fmt"
	"math"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Nth says that a failure depends on how many messages the process got. Messages that the
// target itself sends in between count, too.
type Nth struct {
	Number int      `json:"number"`           // of the message at which it fails first, from 1: about, see Exact
	Exact  bool     `json:"exact"`            // two processes failed at this very number
	Every  bool     `json:"every,omitempty"`  // it fails at each multiple of Number
	Onward bool     `json:"onward,omitempty"` // it also fails at all later ones
	Counts Counting `json:"counts"`           // which messages count
}

// Counting says which messages to a process count until a failure.
type Counting string

// The messages that count.
const (
	CountsAll       Counting = "all"
	CountsMalformed Counting = "malformed" // only those that violate a format rule
	CountsValid     Counting = "valid"     // only those that do not
	CountsSame      Counting = "same"      // only those like the message of the finding
)

// String returns when the target fails, such as "at message no. 10000 of the process,
// whatever the messages are".
func (n *Nth) String() string {
	about := "about "
	if n.Exact {
		about = ""
	}
	what, whose := "message", "of"
	switch n.Counts {
	case CountsMalformed:
		what, whose = "malformed message", "to"
	case CountsValid:
		what, whose = "valid message", "to"
	case CountsSame:
		return fmt.Sprintf("when a process gets this message for %sthe %s time%s", about, ordinalOf(n.Number), n.rest())
	}
	s := fmt.Sprintf("at %s%s no. %d %s the process", about, what, n.Number, whose)
	switch {
	case n.Every:
		s = fmt.Sprintf("at %severy %s %s %s the process", about, ordinalOf(n.Number), what, whose)
	case n.Onward:
		s = fmt.Sprintf("from %s%s no. %d %s the process on", about, what, n.Number, whose)
	}
	return s + ", whatever the " + what + "s are"
}

// rest says what follows the first failure.
func (n *Nth) rest() string {
	switch {
	case n.Every:
		return ", and at each multiple"
	case n.Onward:
		return ", and from then on"
	}
	return ""
}

// ordinalOf returns "3rd" for 3.
func ordinalOf(n int) string {
	suffix := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			suffix = "st"
		case 2:
			suffix = "nd"
		case 3:
			suffix = "rd"
		}
	}
	return fmt.Sprintf("%d%s", n, suffix)
}

// near returns by how much the numbers of the same failure in two processes may differ: an
// end is seen some messages early if the process had not yet written its answers.
func near(n int) int { return 132 + n/32 }

// includes reports whether a failure at a message with that number may be this one.
func (n *Nth) includes(number int) bool {
	within := near(n.Number)
	switch {
	case n.Onward || n.Counts != CountsAll:
		return number >= n.Number-within
	case n.Every && n.Exact:
		return (number+1)%n.Number <= 2
	}
	return number >= n.Number-within && number <= n.Number+within
}

// Rate is how many of some messages a target fails at, at random.
type Rate struct {
	Failures int64 `json:"failures"`
	Messages int64 `json:"messages"`
}

// Once returns in how many messages there is one failure.
func (r *Rate) Once() float64 { return float64(r.Messages) / float64(r.Failures) }

// Interval returns the limits of Once, with a confidence of 95 %, if each message fails
// with the same probability.
func (r *Rate) Interval() (least, most float64) {
	// Byar's approximation of the exact limits of a Poisson distribution.
	const z = 1.96
	k := float64(r.Failures)
	low := k * math.Pow(1-1/(9*k)-z/(3*math.Sqrt(k)), 3)
	k++
	high := k * math.Pow(1-1/(9*k)+z/(3*math.Sqrt(k)), 3)
	return float64(r.Messages) / high, float64(r.Messages) / low
}

// String returns the rate, such as "about once in 20000 messages (95 % confidence: once in
// 15000 to 27000)".
func (r *Rate) String() string {
	least, most := r.Interval()
	return fmt.Sprintf("about once in %s messages (95 %% confidence: once in %s to %s)", rounded(r.Once()), rounded(least), rounded(most))
}

// rounded returns a number with two or three digits that matter.
func rounded(v float64) string {
	unit := 1.0
	for v/unit >= 1000 {
		unit *= 10
	}
	return fmt.Sprintf("%.0f", math.Max(1, math.Round(v/unit)*unit))
}

// Confidence is the probability with which a replay of a failure at random shows it, if
// its rate is what was measured.
const Confidence = 0.99

// mostSent limits the messages of such a replay.
const mostSent = 5_000_000

// Shows returns the probability that so many messages show a failure.
func (r *Rate) Shows(messages int) float64 {
	return 1 - math.Exp(-float64(messages)/r.Once())
}

// repeat returns how many messages a replay needs for Confidence.
func (r *Rate) repeat() int {
	return int(min(mostSent, math.Ceil(-math.Log(1-Confidence)*r.Once())))
}

// Sequence reports whether the failure needs earlier messages, each of them: alone, the
// last one is answered rightly. No rule is named for it.
func (f *Finding) Sequence() bool {
	return len(f.Messages) > 1 && f.Fault != "" && f.Rule == "" && f.Requirement == "" && !f.Flaky && !f.Untried && f.Connections == 0 && f.Repeat == 0 &&
		f.HTTP == "" && f.Scenario == "" && f.Measured == nil
}

// dependence says in a word on what besides its message the failure depends, "" if it
// does not.
func (f *Finding) dependence() string {
	switch {
	case f.Nth != nil:
		return "number"
	case f.Rate != nil:
		return "rate"
	case f.Sequence():
		return "sequence"
	}
	return ""
}

// Stateful reports whether the failure depends on what the target got before, or on
// chance, and not on its message alone.
func (f *Finding) Stateful() bool { return f.dependence() != "" }

// blameless removes the rule and the requirement from a difference whose message is not
// the reason.
func blameless(d *fuzz.Difference) {
	d.Rule, d.Requirement, d.ReportedRule = "", "", ""
}

// anywhere makes d a difference that any message may show.
func anywhere(d *fuzz.Difference) {
	blameless(d)
	d.Field, d.Offset, d.Number = "", 0, 0
	if group(d.Fault) == fuzz.BadReply {
		d.Fault, d.Answer = fuzz.Wrong, ""
	}
}

// Role says what a message is, and what of it is not as in the simplest message of its
// name: "a valid RESPONSE_MESSAGE of 5 bytes with ResponseCode 1".
func Role(m fuzz.Message) string {
	d := m.Dissect()
	if v, malformed := d.First(); malformed {
		what := "an invalid " + d.Message
		if d.Message == "UNKNOWN" {
			what = "an invalid " + m.Kind.String()
		}
		return what + " (" + spec.Violation{Field: v.Field, Detail: v.Detail}.String() + ")"
	}
	s := fmt.Sprintf("a valid %s of %d bytes", d.Message, len(m.Bytes))
	const most = 2
	var with []string
	seen := map[string]bool{}
	plain := simplest(d.Message)
	for _, l := range leaves(d) {
		p, ok := plain[l.path]
		if follows(l.node) || seen[l.path] || ok && string(p.Raw()) == string(l.node.Raw()) {
			continue
		}
		seen[l.path] = true
		if l.node.Form == spec.Integer && !l.node.Secret {
			with = append(with, fmt.Sprintf("%s %d", l.node.Name, l.node.Value))
		} else {
			with = append(with, "another "+l.node.Name)
		}
	}
	for i, w := range with {
		switch {
		case i == 0:
			s += " with " + w
		case i < most:
			s += " and " + w
		}
	}
	return s
}
