package campaign

import (
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
	"sync"
)

// leaf is a field without parts.
type leaf struct {
	path string
	node *spec.Node
}

// leaves returns the fields of a message that have no parts, with their paths
// without indices.
func leaves(d *spec.Dissection) []leaf {
	var all []leaf
	for path, n := range d.Root.Leaves() {
		all = append(all, leaf{fuzz.StripIndexes(path.String()), n})
	}
	return all
}

// simplest returns the leaves of the simplest message of that name, by path.
func simplest(message string) map[string]*spec.Node {
	return simplestLeaves()[message]
}

var simplestLeaves = sync.OnceValue(func() map[string]map[string]*spec.Node {
	all := map[string]map[string]*spec.Node{}
	for _, kind := range fuzz.Kinds() {
		for _, message := range generate.Messages(kind) {
			all[message] = map[string]*spec.Node{}
			for _, l := range leaves(generate.Simplest(message).Dissect()) {
				all[message][l.path] = l.node
			}
		}
	}
	return all
})
