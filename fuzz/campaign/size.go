package campaign

import (
	"cmp"

	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// size orders messages by complexity: first by their format violations, then by
// length, then by other violations, then by the distance from the simplest message.
type size struct{ malformations, length, violations, strange, bytes, value int }

func (a size) compare(b size) int {
	return cmp.Or(cmp.Compare(a.malformations, b.malformations), cmp.Compare(a.length, b.length), cmp.Compare(a.violations, b.violations),
		cmp.Compare(a.strange, b.strange), cmp.Compare(a.bytes, b.bytes), cmp.Compare(a.value, b.value))
}

// malformations returns the number of format violations.
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
	if c.Kind == spec.Discovery { // without headers messages are shorter, but violate the rules about these
		z.malformations = z.violations
	}
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
