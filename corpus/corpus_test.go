package corpus

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

const schemaName = "schema/vectors.schema.json"

func load(t *testing.T) []File {
	t.Helper()
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no vector files")
	}
	return all
}

func loadVectors(t *testing.T) map[string]Vector {
	t.Helper()
	vectors, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	byID := make(map[string]Vector)
	for _, v := range vectors {
		if _, twice := byID[v.ID]; twice {
			t.Errorf("%s: there is another vector with this id", v.ID)
		}
		byID[v.ID] = v
	}
	return byID
}

func TestSchema(t *testing.T) {
	open := func(name string) any {
		f, err := Files().Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		v, err := jsonschema.UnmarshalJSON(f)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return v
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaName, open(schemaName)); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(schemaName)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range load(t) {
		if err := schema.Validate(open(f.Name)); err != nil {
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

func TestFiles(t *testing.T) {
	notes := make(map[string]Note)
	for _, f := range load(t) {
		count := 0
		used := make(map[string]bool)
		for _, g := range f.Groups {
			count += len(g.Tests)
			for _, v := range g.Tests {
				for _, flag := range v.Flags {
					used[flag] = true
				}
			}
		}
		if f.NumberOfTests != count {
			t.Errorf("%s: numberOfTests is %d, there are %d", f.Name, f.NumberOfTests, count)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(f.Notes))); diff != "" {
			t.Errorf("%s: flags used (-) and explained in notes (+):\n%s", f.Name, diff)
		}
		for flag, n := range f.Notes {
			if other, ok := notes[flag]; ok && other != n {
				t.Errorf("%s: %s is explained otherwise in another file", f.Name, flag)
			}
			notes[flag] = n
		}
	}
}

// rules returns the rule identifiers that the schema knows.
func rules(t *testing.T) (format, sender []string) {
	t.Helper()
	text, err := fs.ReadFile(Files(), schemaName)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Defs struct {
			FormatRule, SenderRule struct{ Enum []string }
		} `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	return schema.Defs.FormatRule.Enum, schema.Defs.SenderRule.Enum
}

// notToBreak are the rules that no vector breaks alone, with the reason.
var notToBreak = map[string]string{
	"PCCRC-2.4-bMajorVersion":   "with another bMajorVersion the bytes are not taken for version 2.0 at all",
	"SMB2-2.2.32.4.3-Truncated": "the bytes are taken for a hash based response",
	"PCCRR-2.2.3-MsgSizeLimit":  "they would have more than 96 KiB",
	"PCCRR-2.2.1.1-Index":       "no Count fits then, which is a violation, too",
}

// TestEveryRule: each rule is broken by a vector, as its only violation but for
// those that come with it, and the vector names a neighbour.
func TestEveryRule(t *testing.T) {
	broken := make(map[string]bool)
	for _, v := range loadVectors(t) {
		switch {
		case v.Neighbour == "":
		case !v.Valid:
			broken[v.Rule] = true
		case len(v.SenderViolations) == 1:
			broken[v.SenderViolations[0].Rule] = true
		}
	}
	format, sender := rules(t)
	for _, rule := range slices.Concat(format, sender) {
		if reason, ok := notToBreak[rule]; broken[rule] == ok {
			t.Errorf("%s: broken by a vector: %v; reason why it cannot be: %q", rule, broken[rule], reason)
		}
	}
}

// TestReadme: README.md explains the rules that the schema knows, and no other.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile("(?m)^\\| `((?:PCHC|PCCRC|PCCRR|PCCRD|SMB2)-[^`]+)` \\|").FindAllSubmatch(text, -1) {
		got = append(got, string(m[1]))
	}
	format, sender := rules(t)
	want := slices.Concat(format, sender)
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules of the schema (-) and of README.md (+):\n%s", diff)
	}
}

// farFromNeighbour are vectors of others, in which everything is random.
var farFromNeighbour = []string{"batch.n129.a04.t16", "suite.read-hash-answer.v1.hash.longer", "suite.getseglist.mixed-sizes"}

func TestVectors(t *testing.T) {
	byID := loadVectors(t)
	for id, v := range byID {
		if v.Offset > len(v.Bytes) {
			t.Errorf("%s: offset %d is outside of %d bytes", id, v.Offset, len(v.Bytes))
		}
		rule := v.Rule
		for i, b := range v.SenderViolations {
			if i == 0 {
				rule = b.Rule
			} else if b.Offset < v.SenderViolations[i-1].Offset {
				t.Errorf("%s: sender violations are not in order of offset", id)
			}
			if b.Offset > len(v.Bytes) {
				t.Errorf("%s: offset %d of %s is outside of %d bytes", id, b.Offset, b.Rule, len(v.Bytes))
			}
		}
		if rule == "" {
			if v.Neighbour != "" {
				t.Errorf("%s: has a neighbour, but nothing to differ in", id)
			}
			continue
		}
		if section := "MS-" + strings.Join(strings.Split(rule, "-")[:2], " "); v.Section != section {
			t.Errorf("%s: section is %s, that of its rule is %s", id, v.Section, section)
		}
		n, ok := byID[v.Neighbour]
		switch {
		case !ok:
			t.Errorf("%s: there is no neighbour %q", id, v.Neighbour)
		case !n.Valid || len(n.SenderViolations) > 0 || n.Kind != v.Kind || n.RequestType != v.RequestType:
			t.Errorf("%s: %s is not a faultless vector of the same kind", id, n.ID)
		case slices.Contains(farFromNeighbour, id):
		default:
			if d := distance(v.Bytes, n.Bytes); d == 0 || d > 192 {
				t.Errorf("%s: differs from %s in %d bytes", id, n.ID, d)
			}
		}
	}
}

// distance is the number of bytes in which a and b differ: 1 where one
// continues the other, and, where the lengths differ otherwise, all between
// the common beginning and end, or those before the shorter one's end.
func distance(a, b []byte) int {
	if len(a) > len(b) {
		a, b = b, a
	}
	differ, begin, end := 0, 0, 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	if len(a) == len(b) {
		return differ
	}
	if bytes.HasPrefix(b, a) {
		return 1
	}
	for begin < len(a) && a[begin] == b[begin] {
		begin++
	}
	for end < len(a)-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return min(len(b)-begin-end, len(b)-len(a)+differ)
}
