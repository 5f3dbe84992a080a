package matrix

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/spec"
)

func TestParse(t *testing.T) {
	f, err := Parse([]byte(`
time = "90s"
runs = 5000
seed = 0
[[implementation]]
name = "a"
[[implementation]]
name = "b c"
build = "make"
exec = ["./b", "./c"]
connections = 3
insecure = true
rate = 0.5
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &File{Time: 90 * time.Second, Runs: 5000, Seeded: true, Implementations: []Implementation{
		{Name: "a"},
		{Name: "b c", Build: "make", Settings: []Setting{
			{"connections", []string{"3"}}, {"exec", []string{"./b", "./c"}}, {"insecure", []string{"true"}}, {"rate", []string{"0.5"}},
		}},
	}}
	if d := cmp.Diff(want, f); d != "" {
		t.Error(d)
	}
}

func TestParseErrors(t *testing.T) {
	const one = "[[implementation]]\nname = \"a\"\n"
	for _, c := range []struct{ text, want string }{
		{"", "there is no [[implementation]]"},
		{"time = \"soon\"\n" + one, `time is "soon", must be a duration such as "30s"`},
		{"time = \"-1s\"\n" + one, `time is "-1s", must be a duration such as "30s"`},
		{"runs = 0\n" + one, "runs is 0, must be more than 0"},
		{"runs = \"many\"\n" + one, "incompatible types"},
		{"time = 5\n" + one, "incompatible types"},
		{"colour = 1\n" + one, "colour is unknown: beside [[implementation]] there are time, runs and seed"},
		{one + "x = ", "line 3: "},
		{one + one, "implementation a is there twice"},
		{"[[implementation]]\nexec = \"x\"", "implementation no. 1: it has no name"},
		{"[[implementation]]\nname = 7", "implementation no. 1: name must be a string that is not empty"},
		{one + "build = \" \"", "implementation a: build must be a string that is not empty"},
		{one + "exec = [[\"x\"]]", "implementation a: exec must be a string, a number"},
		{one + "exec = 2026-01-02", "implementation a: exec must be a string, a number"},
	} {
		if _, err := Parse([]byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %s", c.text, err, c.want)
		}
	}
}

// Each requirement has a column, and each column has a requirement.
func TestFeatures(t *testing.T) {
	all := Features()
	number := make([]int, len(all))
	for _, q := range spec.Requirements() {
		i := belongs(all, q.ID)
		if i < 0 {
			t.Errorf("%s belongs to no feature", q.ID)
			continue
		}
		number[i]++
	}
	for i, f := range all {
		if number[i] == 0 {
			t.Errorf("%s %s has no requirement", f.Document, f.Name)
		}
	}
	for _, l := range spec.Layouts() {
		if l.Message && l.Name != "UNKNOWN" && belongs(all, messageSections()[l.Name]) < 0 {
			t.Errorf("a failure at %s belongs to no feature", l.Name)
		}
	}
	for id, want := range map[string]string{
		"PCHC-2.2.1.5-BlockSize": "BATCHED_OFFER_MESSAGE", "PCHC-2.2.1": "", "PCCRC-2.3.1.2-cBlocks": "version 1.0", "PCHC-6-Ports": "transport",
		"PCCRR-2.2.4.2": "MSG_GETBLKLIST", "PCHC-3.1.5.4-Drop": "hosted cache", "fuzz-crash": "", "PCCRR-2.2.1.1-Index": "transport",
	} {
		name := ""
		if i := belongs(all, id); i >= 0 {
			name = all[i].Name
		}
		if name != want {
			t.Errorf("%s belongs to %q, want %q", id, name, want)
		}
	}
}

// points returns the coverage of messages.
func points(messages ...fuzz.Message) []coverage.Point {
	var m coverage.Map
	for _, one := range messages {
		m.Add(one.Dissect())
	}
	return slices.Collect(m.All())
}

// results are those of a decoder of responses with findings, a hosted cache, and an
// implementation that could not be tried.
func results() []Result {
	response := func(b ...byte) fuzz.Message { return fuzz.Message{Kind: spec.Response, Bytes: b} }
	decoder := campaign.TargetResult{Name: "./decoder", Kinds: []spec.Kind{spec.Response}, Executions: 3, Points: points(response(1, 0, 0, 0, 2), response(1, 0, 0, 0))}
	cache := campaign.TargetResult{Name: "http://c", Kinds: []spec.Kind{spec.Request}, Executions: 1}
	finding := func(d fuzz.Difference, m fuzz.Message) campaign.Finding {
		return campaign.Finding{Target: "./decoder", Difference: d, Messages: []fuzz.Message{m}, File: "found/1.txt"}
	}
	return []Result{
		{Name: "decoder\x1b", Report: &report.Report{Result: &campaign.Result{Targets: []campaign.TargetResult{decoder}, Findings: []campaign.Finding{
			finding(fuzz.Difference{Fault: fuzz.Accepted, Rule: "PCHC-2.2.2.2-ResponseCode", Field: "ResponseCode", Offset: 4, Detail: "is 2, must be 0 or 1"}, response(1, 0, 0, 0, 2)),
			finding(fuzz.Difference{Fault: fuzz.Crash, Detail: "panics"}, response(1, 0, 0, 0, 0)),
			finding(fuzz.Difference{Fault: fuzz.Crash, Detail: "exits"}, fuzz.Message{Kind: spec.Request}),
		}}}},
		{Name: "cache", Report: &report.Report{Caches: []string{"http://c"}, Result: &campaign.Result{Targets: []campaign.TargetResult{cache}}}},
		{Name: "other", Error: "there is no <such> program"},
	}
}

// What a client sends and does is judged, in all columns, and the behaviours that it did not
// meet are named.
func TestClient(t *testing.T) {
	one := campaign.TargetResult{Name: "./client", Client: true, Kinds: []spec.Kind{spec.Request}, Executions: 3, Behaviour: []string{"PCHC-3.2.2-Late", "PCHC-2.1-POST"}}
	violating := fuzz.Message{Kind: spec.Request, Bytes: []byte{0, 9, 0, 1}}
	bad := campaign.Finding{Target: "./client", Difference: fuzz.Difference{Fault: fuzz.Sender, Rule: "PCHC-2.2.1.2-Port", Detail: "is 0"}, Messages: []fuzz.Message{violating}}
	table := New("pchc", []Result{
		{Name: "client", Untried: "9 of 12 behaviours were not tried: a, b, c, d, e, f, g, h, i", Report: &report.Report{Result: &campaign.Result{Targets: []campaign.TargetResult{one}, Findings: []campaign.Finding{bad}}}},
	})
	for i, c := range table.Rows[0].Cells {
		if c.Judged != c.Requirements || len(c.Untried) > 0 {
			t.Errorf("%s: %+v", table.Features[i].Name, c)
		}
	}
	var text, page, lines bytes.Buffer
	if err := errors.Join(Text(&text, table, 0), HTML(&page, table), JSON(&lines, table)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"client   judged          1 finding", "client: 9 of 12 behaviours were not tried: a, b, c, d, e, f, g, h and 1 more."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, &text)
		}
	}
	if !strings.Contains(page.String(), "9 of 12 behaviours were not tried") || !strings.Contains(lines.String(), `"untried":"9 of 12`) {
		t.Errorf("they do not say what was not tried:\n%s\n%s", &page, &lines)
	}
}

func TestText(t *testing.T) {
	var b bytes.Buffer
	if err := Text(&b, New("pchc", results()), 60); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{
		"MS-PCHC      MESSAGE_HEADER  CONNECTION_INFORMATION\n",
		"decoder\\x1b  -                      2 findings\n",
		"cache        not tried              judged\n",
		"decoder\\x1b: 3 findings\n  1. RESPONSE_MESSAGE: accepts an invalid message: ResponseCode is 2, must be 0 or 1\n     found/1.txt\n" +
			"  2. RESPONSE_MESSAGE: crash: panics\n     found/1.txt\n  3. no feature: crash: exits\n     found/1.txt\n",
		"other: not tried: there is no <such> program\n",
		"Not tried with cache: PCHC-2.2.1.1-", " more.\nNot tried with decoder\\x1b: PCHC-2.2.2.1-",
		"No implementation was tried with messages of MS-PCCRR, MS-PCCRD, MS-SMB2, MS-PCCRTP.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("it lacks %q", want)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "cache") && len(line) > 61 {
			t.Errorf("%q is wider than 60 columns", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestCells(t *testing.T) {
	table := New("pchc", results())
	decoder := &table.Rows[0]
	c := decoder.Cells[belongs(table.Features, "PCHC-2.2.2.2-ResponseCode")]
	// Only two of its rules were violated.
	if len(c.Untried) != c.Requirements-2 || c.Judged != 0 || len(c.Findings) != 2 {
		t.Errorf("%+v", c)
	}
	c.Findings = nil
	if got := c.words(); got != "ok 2/6" {
		t.Error(got)
	}
}

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, New("pchc", results())); err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(&b)
	var rows []jsonRow
	for d.More() {
		var r jsonRow
		if err := d.Decode(&r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if len(rows) != 3 || rows[0].Implementation != "decoder\x1b" || rows[0].Executions != 3 || len(rows[0].Findings) != 3 || rows[2].Error == "" {
		t.Errorf("%+v", rows)
	}
	if d := cmp.Diff(jsonFinding{"accepts an invalid message: ResponseCode is 2, must be 0 or 1", []string{"MS-PCHC 2.2.2"}, "found/1.txt"}, rows[0].Findings[0]); d != "" {
		t.Error(d)
	}
}

func TestHTML(t *testing.T) {
	var b bytes.Buffer
	if err := HTML(&b, New("pchc 1", results())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"3 implementations, 3 findings in 1 of them.", "there is no &lt;such&gt; program", `<a href="#implementation-1-1">2 findings</a>`,
		`<li id="implementation-1-3">no feature: `, `class="warn" title="not tried: PCHC-2.2.1.`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(b.String(), "\x1b") {
		t.Error("the page has an escape")
	}
}
