package campaign

import (
	"cmp"
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// specimen is a difference under study.
type specimen struct {
	lab *lab
	raw fuzz.Difference // as the best messages show it

	before []fuzz.Message // told first
	best   target.Case
	size   size
	sure   bool // it goes wrong whenever it is tried

	cause cause
}

// same reports whether c, which shows d, goes wrong in the same way as what is
// under study.
func (s *specimen) same(d *fuzz.Difference, c *target.Case) bool {
	switch raw := &s.raw; {
	case d == nil:
		return false
	case raw.ReportedRule != "" && raw.Fault == fuzz.WrongRule:
		// What it sees there it may see in a valid message, too.
		return d.ReportedRule == raw.ReportedRule && (d.Fault == fuzz.WrongRule || d.Fault == fuzz.Rejected)
	case !sameFault(d.Fault, raw.Fault) || raw.ReportedRule == "" && d.ReportedRule != "":
		return false
	case d.Rule == raw.Rule && place(d) == place(raw):
		return true
	case raw.Fault == fuzz.Accepted || raw.Fault == fuzz.Answered:
		// Of several rules that are broken, any may be the one that it does not
		// know.
		return d.Fault == raw.Fault && malformations(c) < malformations(&s.best)
	}
	return !slices.Contains(specific, d.Fault) && d.Requirement == s.raw.Requirement
}

// size orders messages by how much there is to understand: first what is wrong
// with their format, then how long they are, then what else is wrong, then how
// far they are from the simplest.
type size struct{ malformations, length, violations, strange, bytes, value int }

func (a size) compare(b size) int {
	return cmp.Or(cmp.Compare(a.malformations, b.malformations), cmp.Compare(a.length, b.length), cmp.Compare(a.violations, b.violations),
		cmp.Compare(a.strange, b.strange), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.value, b.value))
}

// malformations is how many format rules are broken, each as often as it is.
func malformations(c *target.Case) (n int) {
	for i := range c.Expected.Violations {
		if c.Expected.Violations[i].Class == spec.Format {
			n++
		}
	}
	return n
}

func sizeOf(c *target.Case) size {
	z := size{malformations: malformations(c), length: len(c.Bytes), violations: len(c.Expected.Violations)}
	plain := simplest(c.Expected.Message)
	for _, l := range leaves(c.Expected) {
		if p, ok := plain[l.path]; !ok || string(p.Raw()) != string(l.node.Raw()) {
			z.strange++
		}
	}
	for _, b := range c.Bytes {
		if b != 0 {
			z.bytes++
			z.value += int(b)
		}
	}
	return z
}

func (s *specimen) measure() { s.size = sizeOf(&s.best) }

// attempt keeps m if it is simpler than the best so far and still goes wrong in
// the same way.
func (s *specimen) attempt(ctx context.Context, m fuzz.Message) bool {
	if s.lab.spent(ctx) {
		return false
	}
	c := target.NewCase(m)
	z := sizeOf(&c)
	if z.compare(s.size) >= 0 {
		return false
	}
	d, ok := s.lab.try(ctx, s.before, c)
	if !ok || !s.same(d, &c) {
		return false
	}
	if s.raw.Fault == fuzz.Crash { // not always seen, but known
		d.Fault, d.Detail = s.raw.Fault, s.raw.Detail
	}
	s.best, s.size, s.raw = c, z, *d
	return true
}

// leaf is a field without parts.
type leaf struct {
	path string
	node *spec.Node
}

// leaves returns the fields of a message that have no parts, with their paths.
func leaves(d *spec.Dissection) []leaf {
	var all []leaf
	var walk func(n *spec.Node, path string)
	walk = func(n *spec.Node, path string) {
		if n.Form != spec.Structure && n.Form != spec.List {
			all = append(all, leaf{path, n})
			return
		}
		for i := range n.Children {
			c := &n.Children[i]
			switch {
			case c.Index >= 0: // an element: its list's name is there already
				walk(c, path)
			case path == "":
				walk(c, c.Name)
			default:
				walk(c, path+"."+c.Name)
			}
		}
	}
	walk(&d.Root, "")
	return all
}

// simplest returns the leaves of the simplest message of that name, by path.
func simplest(message string) map[string]*spec.Node {
	return simplestLeaves[message]
}

var simplestLeaves = func() map[string]map[string]*spec.Node {
	all := map[string]map[string]*spec.Node{}
	for _, message := range []string{
		"INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE", "BATCHED_OFFER_MESSAGE",
		"RESPONSE_MESSAGE", "CONTENT_INFORMATION_V1", "CONTENT_INFORMATION_V2",
	} {
		all[message] = map[string]*spec.Node{}
		for _, l := range leaves(generate.Simplest(message).Dissect()) {
			all[message][l.path] = l.node
		}
	}
	return all
}()
