package message

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

// offers returns a BATCHED_OFFER_MESSAGE with n descriptors, some of them with a
// HashAlgorithm that does not exist.
func offers(n int, faulty ...int) []byte {
	body := []byte{0, 2, 0, 3, 0, 0, 0, 0, 0, 80, 0, 0, 0, 0, 0, 0}
	for i := range n {
		d := make([]byte, 59)
		d[1], d[5], d[9], d[26] = 1, 1, 16, 4
		d[58] = byte(i)
		if slices.Contains(faulty, i) {
			d[26] = 9
		}
		body = append(body, d...)
	}
	return body
}

// names returns the rows of a tree that are elements of the top, and those that stand
// for several.
func names(tree *Tree) (all []string) {
	for i := range tree.Rows {
		if r := &tree.Rows[i]; strings.HasPrefix(r.Name, "SegmentDescriptor") {
			all = append(all, r.Name)
		}
	}
	return all
}

func TestFoldList(t *testing.T) {
	for _, c := range []struct {
		n      int
		faulty []int
		folded string // what is folded, "" for nothing
	}{
		{1, nil, ""}, {6, nil, ""}, {7, nil, "2..5"}, {128, nil, "2..126"},
		{128, []int{0}, "2..126"}, {128, []int{127}, "2..126"}, {128, []int{2}, "3..126"},
		{128, []int{60}, "2..59 61..126"}, {128, []int{5}, "6..126"}, {128, []int{6}, "2..5 7..126"},
		{128, []int{122}, "2..121 123..126"}, {128, []int{123}, "2..122"}, {10, []int{3, 5, 7}, ""},
	} {
		m := New(spec.Request, offers(c.n, c.faulty...), 0)
		if got := len(names((&Text{}).Tree(m))); got != c.n {
			t.Errorf("%d descriptors without folding: %d", c.n, got)
		}
		var want []string
		ranges := strings.Fields(c.folded)
		for i := 0; i < c.n; i++ {
			var first, last int
			if len(ranges) > 0 {
				if _, err := fmt.Sscanf(ranges[0], "%d..%d", &first, &last); err != nil {
					t.Fatal(err)
				}
			}
			if last > 0 && i == first {
				want, ranges = append(want, fmt.Sprintf("SegmentDescriptor[%d..%d]", first, last)), ranges[1:]
				i = last
				continue
			}
			want = append(want, fmt.Sprintf("SegmentDescriptor[%d]", i))
		}
		if diff := cmp.Diff(want, names((&Text{Fold: true}).Tree(m))); diff != "" {
			t.Errorf("%d descriptors, faulty %v (-want +got):\n%s", c.n, c.faulty, diff)
		}
	}
}

// TestFoldSize: the row for several elements says how many and how many bytes, and whether
// all are the same.
func TestFoldSize(t *testing.T) {
	body := offers(128)
	for _, equal := range []bool{false, true} {
		if equal {
			for i := range 128 {
				body[16+59*i+58] = 7
			}
			body[16+58], body[16+59*127+58] = 1, 2 // these are shown
		}
		want := "125 elements not shown, 7375 bytes"
		if equal {
			want += ", all equal to [1]"
		}
		tree := (&Text{Fold: true}).Tree(New(spec.Request, body, 0))
		at := slices.IndexFunc(tree.Rows, func(r Row) bool { return r.folded })
		if at < 0 || tree.Rows[at].Value != want || tree.Rows[at].Offset != 16+2*59 || len(tree.Rows[at].Raw) != 0 {
			t.Errorf("row %+v, want %q", tree.Rows[max(at, 0)], want)
		}
	}
}

// TestFoldBytes: of bytes on many lines the first and the last are shown, and the rest is
// counted.
func TestFoldBytes(t *testing.T) {
	for _, width := range []int{8, 16} {
		for n := range 300 {
			raw := make([]byte, n)
			for i := range raw {
				raw[i] = byte(i)
			}
			got := string((&Text{Fold: true}).row(nil, &Row{Raw: raw, Name: "Name"}, layout{offset: 4, bytes: width, name: 4}))
			all := string((&Text{}).row(nil, &Row{Raw: raw, Name: "Name"}, layout{offset: 4, bytes: width, name: 4}))
			lines := strings.SplitAfter(all, "\n")
			if count := len(lines) - 1; count >= 8 { // 3 and 1 are shown, and at least 4 hidden
				lines = slices.Concat(lines[:3], []string{fmt.Sprintf("      ... %d bytes not shown\n", (count-4)*width)}, lines[count-1:])
			}
			if diff := cmp.Diff(strings.Join(lines, ""), got); diff != "" {
				t.Fatalf("%d bytes, %d on a line (-want +got):\n%s", n, width, diff)
			}
		}
	}
}

// TestFoldHidesNoViolation: a folded tree has all violations of every vector.
func TestFoldHidesNoViolation(t *testing.T) {
	of := func(tree *Tree) (all []string) {
		for i := range tree.Rows {
			for _, v := range tree.Rows[i].Violations {
				all = append(all, v.Field+": "+v.Rule)
			}
		}
		return all
	}
	seen := 0
	for _, m := range corpusMessages(t) {
		whole := of((&Text{}).Tree(m))
		seen += len(whole)
		if diff := cmp.Diff(whole, of((&Text{Fold: true}).Tree(m))); diff != "" {
			t.Errorf("%s (-whole +folded):\n%s", m.Dissection.Message, diff)
		}
	}
	if seen < 100 {
		t.Errorf("only %d violations", seen)
	}
}

// TestCite: beside each field of every vector stands its section, and beside a field that
// violates a rule about its value that rule.
func TestCite(t *testing.T) {
	rules := 0
	for _, m := range corpusMessages(t) {
		for _, r := range (&Text{Cite: true}).Tree(m).Rows {
			if r.Offset >= 0 && !strings.HasPrefix(r.cite, "MS-") && r.missing == 0 {
				t.Errorf("%s, %s: %q is no section", m.Dissection.Message, r.Name, r.cite)
			}
			for _, v := range r.Violations {
				if r.missing > 0 || m.Dissection.Message == "UNKNOWN" || isDiscovery(m.Dissection.Message) || strings.HasSuffix(v.Rule, "-Truncated") {
					continue // has no row of its own, no layout, or is not about a value
				}
				if !slices.Contains(strings.Split(r.cite, ", "), v.Rule) {
					t.Errorf("%s, %s: %s is not in %q", m.Dissection.Message, r.Name, v.Rule, r.cite)
				}
				rules++
			}
		}
	}
	if rules < 100 {
		t.Errorf("only %d violations", rules)
	}
}

// corpusMessages returns the vectors of all kinds.
func corpusMessages(t *testing.T) (all []*Message) {
	t.Helper()
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for i := range vectors {
		v := &vectors[i]
		kind, known := spec.ParseKind(string(v.Kind))
		if !known {
			t.Fatal(v.Kind)
		}
		all = append(all, New(kind, v.Bytes, v.RequestType))
	}
	return all
}

// TestASCII: the characters of bytes stand beside them where there is room, those of
// integers and of keys never.
func TestASCII(t *testing.T) {
	text := Row{Raw: []byte("BITS-4.0\x00\xff ~"), Name: "Tag", Value: "BITS"}
	number := Row{Raw: []byte("ABCD"), Name: "Number", Value: "1094861636", number: true}
	key := Row{Raw: []byte("password"), Name: "Key", secret: true}
	rows := []Row{text, number, key}
	const wide = 4 + 2 + 36 + 2 + 12 + 2 + 6 + 2 + 10
	for width, want := range map[int]string{
		0: `0000  42 49 54 53 2d 34 2e 30  00 ff 20 7e  BITS-4.0.. ~  Tag     BITS
0000  41 42 43 44                                         Number  1094861636
0000  redacted                                            Key
`,
		wide - 1: `0000  42 49 54 53 2d 34 2e 30  00 ff 20 7e  Tag     BITS
0000  41 42 43 44                           Number  1094861636
0000  redacted                              Key
`,
	} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			x := &Text{Width: width, ASCII: true}
			var got []byte
			l := x.layout(rows, 12)
			for i := range rows {
				got = x.row(got, &rows[i], l)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	if l := (&Text{Width: wide, ASCII: true}).layout(rows, 12); !l.ascii {
		t.Errorf("no column of characters in %d columns", wide)
	}
}
