package spec

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
)

// kindOf returns the kind of a vector.
func kindOf(t *testing.T, v corpus.Vector) Kind {
	kind, known := ParseKind(string(v.Kind))
	if !known {
		t.Fatalf("%s: unknown kind %s", v.ID, v.Kind)
	}
	return kind
}

// What a Dissector has seen before does not show.
func TestDissector(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	var x Dissector
	check := func(id string, kind Kind, b []byte) {
		t.Helper()
		got := x.Dissect(kind, b)
		if len(got.Violations) == 0 {
			got.Violations = nil
		}
		if want := Dissect(kind, b); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	for _, v := range vectors {
		for _, n := range []int{len(v.Bytes), len(v.Bytes) / 2, min(len(v.Bytes), 17)} {
			check(v.ID, kindOf(t, v), v.Bytes[:n])
		}
		if got, want := x.DissectResponse(v.Bytes, 3), DissectResponse(v.Bytes, 3); got.Message != want.Message || len(got.Violations) != len(want.Violations) {
			t.Errorf("%s: another response", v.ID)
		}
	}
	// More than it keeps memory for, and then little.
	check("large", ContentV2, v2of(make([]uint32, 5000)))
	check("large", ContentV2, append(v2of()[:31:31], bytes.Repeat([]byte{0, 0, 0, 0, 0}, 5000)...))
	check("small", Request, batchOf(1))
	check("none", Request, nil)
}

// Once per rule, what is left out is what follows a violation of the same rule.
func TestDissectorOncePerRule(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	once, dropped := Dissector{OncePerRule: true}, 0
	check := func(id string, kind Kind, b []byte) {
		t.Helper()
		var want []Violation
		seen := map[string]bool{}
		all := Dissect(kind, b)
		for _, violation := range all.Violations {
			if !seen[violation.Rule] {
				want = append(want, violation)
			}
			seen[violation.Rule] = true
		}
		dropped += len(all.Violations) - len(want)
		d := once.Dissect(kind, b)
		if !slices.Equal(d.Violations, want) {
			t.Errorf("%s: %v, want %v", id, d.Violations, want)
		}
		first, violated := d.First()
		if wanted, is := all.First(); first != wanted || violated != is || !reflect.DeepEqual(d.Root, all.Root) {
			t.Errorf("%s: first %v, want %v", id, first, wanted)
		}
	}
	for _, v := range vectors {
		check(v.ID, kindOf(t, v), v.Bytes)
	}
	check("chunks of nothing", ContentV2, append(v2of()[:31:31], bytes.Repeat([]byte{1, 0, 0, 0, 0}, 50)...))
	check("segments too large", ContentV2, v2of(make([]uint32, 50)))
	if dropped < 100 {
		t.Errorf("%d violations were left out: that tells nothing", dropped)
	}
}

// It makes no tree anew: what is left is the words for values and violations.
func TestDissectorAllocations(t *testing.T) {
	var x Dissector
	for _, c := range []struct {
		kind Kind
		b    []byte
		want int
	}{
		{Request, batchOf(1), 1},
		{Request, batchOf(128), 1},
		{Request, initialOffer32(), 0},
		{Request, batchOf(128)[:100], 4},
		{Response, responseOf(7)[:3], 2},
	} {
		x.Dissect(c.kind, c.b)
		x.Dissect(c.kind, c.b)
		testutil.Allocs(t, c.want, func() { x.Dissect(c.kind, c.b) })
	}
}

// TestMaxNodes: a tree with a limit is the beginning of the whole one, with the violations
// that are there, and nothing else.
func TestMaxNodes(t *testing.T) {
	for name, c := range map[string]struct {
		kind Kind
		b    []byte
	}{
		"batch": {Request, batchOf(400)}, "chunks": {Content, v2of(make([]uint32, 50), make([]uint32, 300))}, "segments": {Content, v1of(32<<20, 32<<20, 32<<20, 70000)},
	} {
		whole := Dissect(c.kind, c.b)
		for _, most := range []int{1, 10, 33, 100, 500, 1 << 20} {
			x := Dissector{MaxNodes: most}
			d := x.Dissect(c.kind, c.b)
			read := len(c.b) - d.Unread
			n := 0
			for path, leaf := range d.Root.Leaves() {
				n++
				if leaf.Truncated() || leaf.Offset+leaf.length > read {
					t.Errorf("%s, %d nodes: %v is not read, or truncated", name, most, path)
				}
			}
			if n > most+40 || d.Unread == 0 && n < most && len(d.Violations) != len(whole.Violations) || d.Unread > 0 && n < most/2 {
				t.Errorf("%s, %d nodes: %d fields, %d bytes unread, %d violations", name, most, n, d.Unread, len(d.Violations))
			}
			for _, v := range d.Violations {
				if !slices.ContainsFunc(whole.Violations, func(w Violation) bool { return v.Rule == w.Rule && v.Offset == w.Offset }) {
					t.Errorf("%s, %d nodes: invented %v", name, most, v)
				}
			}
		}
	}
}

// TestStream: it hands over the leaves of the tree, and each structure before what is in it.
func TestStream(t *testing.T) {
	for name, b := range map[string][]byte{"chunks": v2of([]uint32{1, 2, 3}, []uint32{4}, make([]uint32, 500)), "segments": v1of(32<<20, 32<<20, 70000)} {
		d := Dissect(Content, b)
		var want, got []string
		for path, n := range d.Root.Leaves() {
			want = append(want, fmt.Sprint(path.String(), n.Offset, n.Size, n.Value, n.Meaning))
		}
		var names []string // of the structures around
		var x Dissector
		x.Stream(Content, b, func(n *Node, depth int) {
			names = append(names[:depth], string(n.appendName(nil)))
			if n.Form != Structure && n.Form != List {
				got = append(got, fmt.Sprint(strings.Join(names, "."), n.Offset, n.Size, n.Value, n.Meaning))
			}
		})
		if !slices.Equal(got, want) {
			t.Errorf("%s: %d leaves, want %d", name, len(got), len(want))
		}
	}
}
