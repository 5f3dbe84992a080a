package neighbours_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/spec"
)

// lines calls f for each line of a file in the testdata of a codec.
func lines(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(filepath.Join("../../codec", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	s := bufio.NewScanner(file)
	s.Buffer(nil, 1<<20)
	n := 0
	for ; s.Scan(); n++ {
		f(s.Bytes())
	}
	if s.Err() != nil || n == 0 {
		t.Fatal(n, s.Err())
	}
}

// object is a decoded JSON object.
type object = map[string]any

// print returns the JSON object of b.
func printed(t *testing.T, kind string, b []byte) (o object) {
	t.Helper()
	k, ok := neighbours.Lookup(kind)
	if !ok {
		t.Fatal("no kind", kind)
	}
	r := k.Decode(b)
	p := message.Printer{Form: message.FormJSON}
	text, _ := p.Neighbour(nil, &message.Neighbour{Name: kind, Body: b, Fields: r.Fields, Violations: r.Violations, Notes: r.Notes}, nil)
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if len(r.Fields) > 0 {
		var tree, line message.Printer
		line.Form = message.FormLine
		text, _ = tree.Neighbour(nil, &message.Neighbour{Name: kind, Body: b, Fields: r.Fields, Violations: r.Violations, Notes: r.Notes}, nil)
		for _, m := range r.Fields {
			if !strings.Contains(string(text), m.Name) {
				t.Errorf("%s: the text lacks %s:\n%s", kind, m.Name, text)
			}
		}
		if text, _ = line.Neighbour(nil, &message.Neighbour{Name: kind, Body: b, Fields: r.Fields}, nil); strings.Count(string(text), "\n") != 1 {
			t.Errorf("not one line: %q", text)
		}
	}
	return o
}

// within reports what want has and got has not.
func within(want, got any, path string) []string {
	w, ok := want.(object)
	g, also := got.(object)
	if !ok || !also {
		if diff := cmp.Diff(want, got); diff != "" {
			return []string{path + ": " + diff}
		}
		return nil
	}
	var wrong []string
	for name, v := range w {
		wrong = append(wrong, within(v, g[name], path+"."+name)...)
	}
	return wrong
}

// folders are the protocols and where their vectors and traces are.
var folders = map[string]string{"wusp": "wusp", "wsusss": "wsusss", "oxcfxics": "oxcfxics", "webdav": "webdavrepl"}

// TestVectors holds the JSON objects against what the vectors say.
func TestVectors(t *testing.T) {
	for protocol, folder := range folders {
		lines(t, folder+"/testdata/vectors.jsonl", func(line []byte) {
			var v struct {
				ID, Kind, Text, Debatable string
				Hex                       string `json:"bytes_hex"`
				WellFormed                bool   `json:"well_formed"`
				Expected                  object
			}
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(err)
			}
			b, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			o := printed(t, protocol+":"+v.Kind, append(b, v.Text...))
			if o["valid"] != v.WellFormed && v.Debatable == "" {
				t.Errorf("%s: valid is %v, violations %v", v.ID, o["valid"], o["violations"])
			}
			for _, name := range []string{"error", "rests_on", "at", "stated_by_source"} {
				delete(v.Expected, name)
			}
			for _, wrong := range within(v.Expected, o["fields"], "") {
				t.Errorf("%s%s", v.ID, wrong)
			}
		})
	}
}

// trace is what a line of a file with traces says about itself.
type trace struct {
	ID        string
	Valid     bool
	Debatable string
	Breaks    struct {
		Rule       string
		At         int
		AcceptAlso []string `json:"accept_also"`
		AtAlso     []int    `json:"at_also"`
	}
}

func TestTraces(t *testing.T) {
	for _, folder := range folders {
		var text strings.Builder
		var want []trace
		lines(t, folder+"/testdata/traces.jsonl", func(line []byte) {
			var one trace
			if err := json.Unmarshal(line, &one); err != nil {
				t.Fatal(err)
			}
			want = append(want, one)
			text.Write(line)
			text.WriteString("\n\n")
		})
		err := neighbours.ReadTraces(strings.NewReader(text.String()), func(got *neighbours.Trace) error {
			w := want[0]
			want = want[1:]
			if got.ID != w.ID || got.Failed || len(got.Problems) > 0 {
				t.Errorf("%s: %+v", w.ID, got)
			}
			if w.Debatable != "" {
				return nil
			}
			if w.Valid != (len(got.Breaks) == 0) {
				t.Errorf("%s: %+v", w.ID, got.Breaks)
			}
			if w.Valid || len(got.Breaks) == 0 {
				return nil
			}
			b := got.Breaks[0]
			if b.Rule != w.Breaks.Rule && !slices.Contains(w.Breaks.AcceptAlso, b.Rule) || b.At != w.Breaks.At && !slices.Contains(w.Breaks.AtAlso, b.At) {
				t.Errorf("%s: %+v, not %+v", w.ID, b, w.Breaks)
			}
			return nil
		})
		if err != nil || len(want) > 0 {
			t.Error(err, len(want))
		}
	}
}

func TestDamagedTraces(t *testing.T) {
	const begin = `{"protocol":"MS-WUSP","id":"x","context":{},"events":`
	for _, test := range []struct{ line, problem string }{
		{`{`, "is no trace: unexpected end of JSON input"},
		{`[]`, "is no trace"},
		{`{"events":[]}`, "has no protocol"},
		{`{"protocol":"MS-PCHC","events":[]}`, `has the protocol "MS-PCHC", which is not known`},
		{`{"protocol":"MS-WUSP"}`, "has no events"},
		{`{"protocol":"MS-WUSP","events":[],"context":{"cached_config":1}}`, "context: "},
		{`{"protocol":"MS-WUSP","events":[],"context":{"cache":1}}`, `context: member "cache" is not known`},
		{begin + `[{"op":"Foo"}]}`, `event 0: op "Foo" is not known`},
		{begin + `[{"op":1}]}`, "event 0: cannot unmarshal"},
		{begin + `[{"op":"Stop"},{"op":"GetConfig","out":"maybe"}]}`, `event 1: out is "maybe"`},
		{begin + `[{"op":"GetConfig","colour":"red"}]}`, `event 0: member "colour" is not known`},
		{begin + `[{"op":"GetConfig","time":"yesterday"}]}`, `event 0: dateTime is "yesterday"`},
		{`{"protocol":"MS-OXCFXICS","events":[{"hex":"7"}]}`, `event 0: hex is "7"`},
		{`{"protocol":"MS-OXCFXICS","events":[{}]}`, `event 0: hex is ""`},
		{`{"protocol":"MS-OXCFXICS","events":[{"hex":"4e0002","x":1}]}`, `event 0: member "x" is not known`},
		{`{"protocol":"MS-OXCFXICS","context":{"first_sync":2},"events":[]}`, "context: "},
		{`{"protocol":"WEBDAV-REPL","events":[{}]}`, "event 0: has no req, and no decision, or both"},
		{`{"protocol":"WEBDAV-REPL","events":[{"decision":{"href":"a","action":"keep"}}]}`, `event 0: action "keep" is not known`},
		{`{"protocol":"WEBDAV-REPL","events":[{"req":{"method":"GET"},"res":{"items":[{"changetype":"new"}]}}]}`, `event 0: changetype "new" is not known`},
		{`{"protocol":"WEBDAV-REPL","context":{"stored_tags":[]},"events":[]}`, "context: "},
		{begin + `[null]}`, `event 0: op "" is not known`},
	} {
		n := 0
		err := neighbours.ReadTraces(strings.NewReader("\n"+test.line+"\n"), func(got *neighbours.Trace) error {
			n++
			if len(got.Problems) != 1 || got.Problems[0].Line != 2 || !strings.HasPrefix(got.Problems[0].Detail, test.problem) {
				t.Errorf("%s: %+v", test.line, got)
			}
			return nil
		})
		if err != nil || n != 1 {
			t.Error(test.line, n, err)
		}
	}
}

// What a sender must not do is a violation of its class, which leaves the message valid.
func TestSenderRules(t *testing.T) {
	for digits, want := range map[string][]string{
		"oxcfxics:globset 00":          {"OXCFXICS-2.2.2.6-GlobsetEmpty 0"},
		"oxcfxics:idset_replid 010000": {"OXCFXICS-2.2.2.6-GlobsetEmpty 2"},
		"oxcfxics:state_block 0201da6711000000000000000000000000000000":                                nil, // cut
		"oxcfxics:state_block 0201da67000000000201d2671100000000000000000000000000000000000000" + "00": {"OXCFXICS-2.2.2.6-GlobsetEmpty 32"},
		"oxcfxics:rop_request 7e00010202":                                                              {"OXCFXICS-2.2.3.2.4.1-BooleanNotZeroOrOne 0"},
		"oxcfxics:rop_batch 7700017e00010202ff":                                                        {"OXCFXICS-2.2.3.2.4.1-BooleanNotZeroOrOne 3", "OXCROPS-2.2.2-RopUnknown 8"},
	} {
		kind, digits, _ := strings.Cut(digits, " ")
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		k, _ := neighbours.Lookup(kind)
		var got []string
		for _, v := range k.Decode(b).Violations {
			if (v.Class == spec.Sender) != (v.Rule != "OXCROPS-2.2.2-RopUnknown") {
				continue
			}
			got = append(got, fmt.Sprint(v.Rule, " ", v.Offset))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s %s:\n%s", kind, digits, diff)
		}
	}
	k, _ := neighbours.Lookup("webdav:tag_compare")
	if r := k.Decode([]byte("x")); len(r.Violations) != 1 {
		t.Error(r)
	}
}

// The end of a complete session shows uploads that are open.
func TestOpenUpload(t *testing.T) {
	for complete, want := range map[bool]int{true: 1, false: 0} {
		text := fmt.Sprintf(`{"protocol":"MS-OXCFXICS","complete":%v,"events":[{"hex":"7e00010200"},{"hex":"750002020196671c000000"}]}`, complete)
		err := neighbours.ReadTraces(strings.NewReader(text), func(got *neighbours.Trace) error {
			if len(got.Breaks) != want || want > 0 && (got.Breaks[0].Rule != "OXCFXICS-3.3.4.3.1-EndFinishes" || got.Breaks[0].At != 2) {
				t.Errorf("%v: %+v", complete, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// An event that is damaged keeps its number, and others are checked.
func TestDamagedEvent(t *testing.T) {
	err := neighbours.ReadTraces(strings.NewReader(`{"protocol":"MS-WUSP","context":{"cached_config":true},"events":[{"op":7},{"op":"SyncUpdates","cookie":"c","x":1}]}`), func(got *neighbours.Trace) error {
		if len(got.Problems) != 2 || len(got.Breaks) != 1 || got.Breaks[0].At != 1 {
			t.Errorf("%+v", got)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRequirements(t *testing.T) {
	seen := map[string]bool{}
	fragment := map[string]int{}
	for _, e := range neighbours.Requirements() {
		if seen[e.ID] || e.Text == "" || e.Section == "" || e.Level == "unknown" || (e.CheckedBy == "") == (e.NotObservable == "") {
			t.Errorf("%+v", e)
		}
		seen[e.ID] = true
		for _, p := range []string{"WUSP-3.2.5-", "WSUSSS-3.2.4-", "OXCFXICS-3.3.4.3.1-", "WDREPL-"} {
			if strings.HasPrefix(e.ID, p) {
				fragment[p]++
			}
		}
	}
	if fragment["WUSP-3.2.5-"] != 15 || fragment["WSUSSS-3.2.4-"] != 13 || fragment["OXCFXICS-3.3.4.3.1-"] != 29 || fragment["WDREPL-"] != 10+4 {
		t.Error(fragment)
	}
	for _, e := range neighbours.Requirements() {
		if strings.HasPrefix(e.CheckedBy, "WUSP-") || strings.HasPrefix(e.CheckedBy, "WSUSSS-") {
			if !seen[e.CheckedBy] {
				t.Errorf("%s is reported as %s, which does not exist", e.ID, e.CheckedBy)
			}
		}
	}
}

// TestPages: UPDATE=1 writes the pages.
func TestPages(t *testing.T) {
	for _, p := range neighbours.Pages() {
		name := filepath.Join("../..", p.Name)
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(name, []byte(p.Text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(b), p.Text); diff != "" {
			t.Errorf("%s is not what the tables give (UPDATE=1 go test writes it anew):\n%s", p.Name, diff)
		}
	}
}
