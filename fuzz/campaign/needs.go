package campaign

import (
	"context"
	"fmt"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// mostNeeded is the number of fields of a message that are tried.
const mostNeeded = 4

// judgeNeeds finds out which fields the messages of the prefix need: those with which, as
// in the simplest message, the last message goes right. And it sends that once more, to
// see whether the target has recovered.
func (r *reducer) judgeNeeds(ctx context.Context) {
	if len(r.prefix) == 0 || ends(r.raw.Fault) {
		return
	}
	r.triage.begin()
	needed := make([]string, len(r.prefix))
	for i := range r.prefix {
		needed[i] = r.needs(ctx, i)
	}
	r.needed = needed
	wrong := [2]bool{}
	all := append(slices.Clone(r.prefix), r.current, r.current)
	tried := r.triage.try(ctx, all, func(i int, d *fuzz.Difference) bool {
		if n := i - len(r.prefix); n >= 0 {
			wrong[n] = r.matches(d, &r.current)
		}
		return true
	})
	switch {
	case !tried || !wrong[0]:
	case wrong[1]:
		r.afterwards = Persists
	default:
		r.afterwards = Recovers
	}
}

// needs names the integers of a message of the prefix that are needed as they are.
func (r *reducer) needs(ctx context.Context, message int) (needed string) {
	m := &r.prefix[message]
	plain := simplest(m.Expected.Message)
	tries := 0
	for _, l := range leaves(m.Expected) {
		p, ok := plain[l.path]
		n := l.node
		if !ok || n.Form != spec.Integer || n.Secret || len(p.Raw()) != len(n.Raw()) || string(p.Raw()) == string(n.Raw()) || follows(n) {
			continue
		}
		if tries++; tries > mostNeeded || r.triage.exhausted(ctx) {
			break
		}
		other := m.Clone()
		copy(other.Bytes[n.Offset:], p.Raw())
		prefix := slices.Clone(r.prefix)
		prefix[message] = target.NewCase(other)
		prefix[message].Route = m.Route
		failed := false
		tried := r.triage.try(ctx, append(prefix, r.current), func(i int, d *fuzz.Difference) bool {
			failed = failed || i == len(prefix)
			return true
		})
		if !tried || failed {
			continue
		}
		if needed != "" {
			needed += "; "
		}
		needed += fmt.Sprintf("%s is %d; with %s %d message %d goes right", n.Name, n.Value, n.Name, p.Value, len(r.prefix)+1)
	}
	return needed
}
