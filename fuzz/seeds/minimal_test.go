package seeds

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/spec"
)

// facts returns what a vector shows: the points of the specification that it
// covers, the tags in it, and exactly what is wrong with it.
func facts(s Seed) (all []string) {
	d := s.Dissect()
	var m coverage.Map
	m.Add(d)
	for p := range m.All() {
		all = append(all, p.String())
	}
	all = append(all, tags(&d.Root)...)
	wrong := fmt.Sprintf("%s to %d, %d fields, %s", d.Message, s.RequestType, len(d.Root.Children), algorithm(&d.Root))
	if s.Kind == spec.Response && len(d.Violations) == 0 {
		wrong += fmt.Sprintf(", %x", s.Bytes)
	}
	if s.Kind == spec.Discovery { // XML may be written in many ways, and texts may be wrong in many
		wrong += string(s.Bytes)
	}
	for _, b := range d.Violations {
		detail := b.Detail
		if n := cutAt(&d.Root, b.Offset); n != nil && strings.HasSuffix(b.Rule, "-Truncated") {
			detail = "lacks some bytes"
			switch len(n.Raw()) {
			case 0:
				detail = "missing"
			case 1:
				detail = "has 1 byte"
			case n.Size - 1:
				detail = "lacks 1 byte"
			}
		}
		if compares[b.Rule] {
			detail += " in " + numbers(d)
		}
		wrong += fmt.Sprintf(", %s of %s: %s", b.Rule, b.Field, detail)
	}
	return append(all, wrong)
}

// compares has the rules that compare a field with others, or with the bytes
// that are left.
var compares = func() map[string]bool {
	rules := map[string]bool{}
	for _, l := range spec.Layouts() {
		for _, f := range l.Fields {
			for _, c := range f.Comparisons {
				rules[c.Rule] = true
			}
			for _, c := range f.Constraints {
				rules[c.Rule] = c.Check == spec.Backed
			}
		}
	}
	return rules
}()

// numbers returns the length and all integers of a message.
func numbers(d *spec.Dissection) string {
	all := []uint64{uint64(len(d.Root.Raw()))}
	for _, n := range d.Root.Leaves() {
		if n.Form == spec.Integer {
			all = append(all, n.Value)
		}
	}
	return fmt.Sprint(all)
}

// tags returns the names of the byte strings that have one.
func tags(root *spec.Node) (all []string) {
	for _, n := range root.Leaves() {
		if n.Form == spec.Bytes && n.Meaning != "" {
			all = append(all, n.Name+" "+n.Meaning)
		}
	}
	return all
}

// algorithm returns the name of the hash function of Content Information 1.0.
func algorithm(root *spec.Node) string {
	for _, n := range root.Leaves() {
		if n.Name == "dwHashAlgo" {
			return n.Meaning
		}
	}
	return ""
}

// cutAt returns the leaf at that offset that is cut short, nil if none is.
func cutAt(root *spec.Node, offset int) *spec.Node {
	for _, n := range root.Leaves() {
		if n.Offset == offset && n.Truncated() {
			return n
		}
	}
	return nil
}

// kept are vectors that show nothing of their own by these means, with what they
// are for.
var kept = map[string]string{
	"batched_offer.both-algorithms":     "a reader that takes the algorithm of the first descriptor for that of all",
	"batched_offer.same-twice":          "a reader that keeps segments in a set has one too few",
	"batched_offer.sizes-short-segment": "a reader that takes a short segment of version 1.0 for a violation",
	"content_v2.start-max":              "the last start that does not overflow, beside the first that does",
	"hash_response.v1-begins":           "the first of several responses: a reader that needs all of HashBlobLength rejects it",
}

// maxCorpus is how many bytes all vector files together may have.
const maxCorpus = 1_800_000

// TestMinimalCorpus: each of this project's own vectors shows something that no
// other vector does, or is the neighbour of one, or tells what real content
// becomes. Bytes that other implementations made are evidence, whatever they
// show.
func TestMinimalCorpus(t *testing.T) {
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	neighbours, shown := make(map[string]bool), make(map[string]int)
	all := make(map[string][]string)
	var own []corpus.Vector
	size := 0
	for _, f := range files {
		text, err := fs.ReadFile(corpus.Files(), f.Name)
		if err != nil {
			t.Fatal(err)
		}
		size += len(text)
		for _, g := range f.Groups {
			seeds, err := FromVectors(g.Tests)
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range g.Tests {
				neighbours[v.Neighbour] = true
				all[v.ID] = facts(seeds[i])
				for _, fact := range all[v.ID] {
					shown[fact]++
				}
				if g.Source.Name == "pchc" {
					own = append(own, v)
				}
			}
		}
	}
	if len(own) == 0 {
		t.Error("no vector is our own")
	}
	if size > maxCorpus {
		t.Errorf("the files have %d bytes", size)
	}
	for _, v := range own {
		alone := slices.ContainsFunc(all[v.ID], func(fact string) bool { return shown[fact] == 1 })
		needed := alone || neighbours[v.ID] || v.Recipe != nil
		if reason, ok := kept[v.ID]; ok == needed {
			t.Errorf("%s (%s): shows something of its own: %v; reason to keep it: %q", v.ID, v.Comment, needed, reason)
		}
	}
	for id := range kept {
		if all[id] == nil {
			t.Errorf("%s is kept, but there is no such vector", id)
		}
	}
}
