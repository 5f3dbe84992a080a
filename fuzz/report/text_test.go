package report

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

var update = flag.Bool("update", false, "rewrite the reports in testdata")

func init() { windows = false } // so that reports are the same everywhere

// TestText compares reports with those in testdata.
func TestText(t *testing.T) {
	for name, r := range map[string]*Report{"found": sample(), "faultless": faultless(), "untried": untried()} {
		var b bytes.Buffer
		if err := Text(&b, r, &message.Text{Width: 100}); err != nil {
			t.Fatal(err)
		}
		got := strings.ReplaceAll(b.String(), "of "+grouped(int64(coverage.Count()))+":", "of N:") // N grows with the tables
		file := "testdata/" + name + ".txt"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, line := range strings.Split(b.String(), "\n") {
			if strings.HasSuffix(line, " ") {
				t.Errorf("%s: %q ends in blanks", name, line)
			}
		}
	}
}

// TestColour checks that colour changes nothing but colour.
func TestColour(t *testing.T) {
	var plain, painted bytes.Buffer
	if err := Text(&plain, sample(), &message.Text{Width: 80}); err != nil {
		t.Fatal(err)
	}
	if err := Text(&painted, sample(), &message.Text{Width: 80, Style: message.Colours()}); err != nil {
		t.Fatal(err)
	}
	text, colours := painted.String(), 0
	for {
		before, rest, found := strings.Cut(text, "\x1b[")
		if !found {
			break
		}
		_, after, _ := strings.Cut(rest, "m")
		text = before + after
		colours++
	}
	if diff := cmp.Diff(plain.String(), text); diff != "" || colours == 0 {
		t.Error(colours, diff)
	}
}

// TestControls checks that nothing that a target says reaches a terminal or a
// log as it is.
func TestControls(t *testing.T) {
	r := hostile()
	reports := map[string]func(*bytes.Buffer) error{
		"text":  func(b *bytes.Buffer) error { return Text(b, r, &message.Text{}) },
		"json":  func(b *bytes.Buffer) error { return JSON(b, r) },
		"junit": func(b *bytes.Buffer) error { return JUnit(b, r) },
		"sarif": func(b *bytes.Buffer) error { return SARIF(b, r) },
		"html":  func(b *bytes.Buffer) error { return HTML(b, r) },
	}
	for name, report := range reports {
		var b bytes.Buffer
		if err := report(&b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Errorf("%s is not UTF-8", name)
		}
		for _, c := range b.String() {
			if c != '\n' && unicode.IsControl(c) || name != "json" && unicode.Is(unicode.Cf, c) {
				t.Errorf("%s holds %U", name, c)
				break
			}
		}
	}
}

// TestSecrets checks that keys are shown only if that is asked for.
func TestSecrets(t *testing.T) {
	const key = "5e 5e 5e 5e"
	for show, style := range map[bool]message.Style{false: {}, true: {}} {
		var b bytes.Buffer
		if err := Text(&b, sample(), &message.Text{ShowSecrets: show, Style: style}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), key) != show {
			t.Errorf("keys are shown: %v, asked for: %v", !show, show)
		}
	}
	for name, report := range map[string]func(*bytes.Buffer) error{
		"junit": func(b *bytes.Buffer) error { return JUnit(b, sample()) },
		"sarif": func(b *bytes.Buffer) error { return SARIF(b, sample()) },
		"html":  func(b *bytes.Buffer) error { return HTML(b, sample()) },
	} {
		var b bytes.Buffer
		if err := report(&b); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ReplaceAll(b.String(), " ", ""), "5e5e5e5e") {
			t.Errorf("%s shows a key", name)
		}
	}
}

func TestWords(t *testing.T) {
	for want, got := range map[string]string{
		"0 s":                 seconds(0),
		"0.31 s":              seconds(310 * time.Millisecond),
		"2 s":                 seconds(2 * time.Second),
		"9.9 s":               seconds(9940 * time.Millisecond),
		"10 s":                seconds(9960 * time.Millisecond),
		"1 min":               seconds(59600 * time.Millisecond),
		"2 min 5 s":           seconds(125 * time.Second),
		"1 h":                 seconds(time.Hour),
		"26 h 1 min":          seconds(26*time.Hour + 61*time.Second),
		"0":                   grouped(0),
		"999":                 grouped(999),
		"-1 000":              grouped(-1000),
		"12 345 678":          grouped(12345678),
		"1 message":           count(1, "message"),
		"0 messages":          count(0, "message"),
		"0/s":                 perSecond(0, time.Second),
		"0/s ":                perSecond(1, 0) + " ",
		"4.25/s":              perSecond(17, 4*time.Second),
		"61 300/s":            perSecond(61_287, time.Second),
		"1 000/s":             perSecond(9996, 10*time.Second),
		`a\n\x1b\u202e\xffé€`: printable.String("a\n\x1b\u202e\xffé€"),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestWidth checks that messages stay within the width, indented as they are.
func TestWidth(t *testing.T) {
	for width := 84; width < 130; width++ { // the least that they need is 83
		var b bytes.Buffer
		if err := Text(&b, sample(), &message.Text{Width: width}); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if strings.HasPrefix(line, "   00") && len(line)-1 > width {
				t.Errorf("%d columns at a width of %d: %s", len(line)-1, width, line)
			}
		}
	}
}

// TestSequence checks that of many messages the last ones are shown.
func TestSequence(t *testing.T) {
	f := sample().Findings[1]
	for range 6 {
		f.Messages = append(f.Messages, f.Messages[0])
	}
	var labels, marked []string
	for _, e := range dump(&f, &message.Text{}) {
		labels = append(labels, e.Label)
		for _, line := range e.Lines {
			if line.Mark == "field" {
				marked = append(marked, e.Label+": "+line.Text[24:])
			}
		}
	}
	if diff := cmp.Diff([]string{"message 3 of 7", "message 4 of 7", "message 5 of 7", "message 6 of 7", "message 7 of 7"}, labels); diff != "" {
		t.Error(diff)
	}
	if len(marked) != 1 || !strings.Contains(marked[0], "message 7 of 7:") || !strings.Contains(marked[0], " BlockSize ") {
		t.Errorf("%q", marked)
	}
}

func TestQuote(t *testing.T) {
	for _, c := range []struct{ word, posix, windows string }{
		{"", `''`, `""`},
		{"a/b-c.txt", "a/b-c.txt", "a/b-c.txt"},
		{`a\b`, `'a\b'`, `a\b`},
		{"a b", "'a b'", `"a b"`},
		{`it's "$x"`, `'it'\''s "$x"'`, `"it's \"$x\""`},
		{"a\nb", "'a\nb'", "\"a\nb\""},
	} {
		windows = true
		onWindows := Quote(c.word)
		windows = false
		if elsewhere := Quote(c.word); onWindows != c.windows || elsewhere != c.posix {
			t.Errorf("%q: %s, %s on Windows", c.word, elsewhere, onWindows)
		}
	}
}

func TestVerdict(t *testing.T) {
	one := faultless()
	one.Targets = one.Targets[:1]
	failed := faultless()
	failed.Targets[1].Error = "gone"
	unfinished := &Report{Result: &campaign.Result{Targets: []campaign.TargetResult{{Name: "it", Client: true, Executions: 1, Error: "2 of 3 behaviours were not tried", Unfinished: true}}}}
	single := sample()
	single.Targets, single.Findings = single.Targets[:1], single.Findings[:1]
	idle := faultless()
	idle.Targets[1].Executions = 0
	for _, c := range []struct {
		r    *Report
		line string
		well bool
	}{
		{sample(), "4 findings in 2 of 3 targets, but 1 target aborted", false},
		{single, "1 finding", false},
		{faultless(), "No findings", true},
		{one, "No findings", true},
		{failed, "No findings, but 1 target aborted", false},
		{unfinished, "No findings, but not everything was tried on 1 target", false},
		{idle, "No findings, but 1 target aborted", false},
		{untried(), "Nothing was tested", false},
		{&Report{Result: &campaign.Result{}}, "Nothing was tested", false},
	} {
		if line, well := verdict(c.r); line != c.line || well != c.well {
			t.Errorf("%q %v, want %q %v", line, well, c.line, c.well)
		}
	}
}

// TestRejected names the message in the title of a false reject, and the rule
// that the target reports. The rule is related: the message does not violate it.
func TestRejected(t *testing.T) {
	f := campaign.Finding{
		Target:     "./decoder",
		Difference: fuzz.Difference{Fault: fuzz.Rejected, Rule: "PCHC-2.2.1.5-MaxDescriptors", ReportedRule: "PCHC-2.2.1.5-MaxDescriptors", Detail: "x"},
		Messages:   []fuzz.Message{{Kind: spec.Request, Bytes: offer(101)}},
	}
	view := describe(&Report{Result: &campaign.Result{Findings: []campaign.Finding{f}}})[0]
	if want := "rejects a valid BATCHED_OFFER_MESSAGE, reporting PCHC-2.2.1.5-MaxDescriptors"; view.Title != want {
		t.Errorf("%s, want %s", view.Title, want)
	}
	if view.Fault != "" {
		t.Errorf("%q repeats the title", view.Fault)
	}
	const want = "related requirement: MS-PCHC 2.2.1.5: "
	if got := view.Requirements[0].String(); !strings.HasPrefix(got, want) {
		t.Errorf("%s, want %s...", got, want)
	}
}
