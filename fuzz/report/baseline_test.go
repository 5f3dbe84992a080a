package report

import (
	"encoding/xml"
	"strings"
	"testing"
)

// What was written as a baseline is known: nothing is new, and nothing missing.
func TestBaseline(t *testing.T) {
	r := sample()
	r.Targets = r.Targets[:2] // without the one that was aborted
	text := written(t, WriteBaseline, r)
	want := `# Known findings of pchc fuzz, one a line. A flaky one need not show.
PCHC-2.2.1.5-BlockSize field SegmentDescriptor[].BlockSize
PCHC-2.2.1.5-MaxDescriptors accepted SegmentDescriptor[]
flaky PCHC-2.2.1.5-SizeOfContentTag answered SegmentDescriptor[].SizeOfContentTag
fuzz-crash crash
`
	if text != want {
		t.Errorf("%s", text)
	}
	read := func(text string) *Baseline {
		b, err := ParseBaseline([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name         string
		baseline     string
		change       func(r *Report)
		new, missing int
		well         bool
		verdict      string
	}{
		{"the same", want, nil, 0, 0, true, "4 findings in 2 of 2 targets, 0 of them new"},
		{"empty", "\n# nothing\n", nil, 4, 0, false, "4 findings in 2 of 2 targets, 4 of them new"},
		{"one more", strings.ReplaceAll(want, "fuzz-crash crash\n", ""), nil, 1, 0, false, "4 findings in 2 of 2 targets, 1 of them new"},
		{"one fixed", want, func(r *Report) { r.Findings = r.Findings[1:] }, 0, 1, false, "3 findings in 2 of 2 targets, 0 of them new, 1 known finding no longer found"},
		{"all fixed", want, func(r *Report) { r.Findings = nil }, 0, 3, false, "No findings, 3 known findings no longer found"},
		{"a flaky one does not show", want, func(r *Report) { r.Findings = append(r.Findings[:2], r.Findings[3]) }, 0, 0, true, "3 findings in 1 of 2 targets, 0 of them new"},
		{"interrupted", want, func(r *Report) { r.Findings, r.Interrupted = r.Findings[1:], true }, 0, 0, true, "3 findings in 2 of 2 targets, 0 of them new"},
		{"stopped", want, func(r *Report) { r.Findings, r.Stopped = r.Findings[1:], true }, 0, 0, true, "3 findings in 2 of 2 targets, 0 of them new"},
		{"aborted", want, func(r *Report) { r.Findings, r.Targets[1].Error = r.Findings[1:], "gone" }, 0, 0, false, "3 findings in 2 of 2 targets, 0 of them new, but 1 target aborted"},
	} {
		r := sample()
		r.Targets, r.Baseline = r.Targets[:2], read(c.baseline)
		if c.change != nil {
			c.change(r)
		}
		verdict, well := verdict(r)
		if r.New() != c.new || len(r.Missing()) != c.missing || well != c.well || verdict != c.verdict {
			t.Errorf("%s: %d new, missing %v, well %t: %s", c.name, r.New(), r.Missing(), well, verdict)
		}
		var suites struct {
			Failures int `xml:"failures,attr"`
		}
		if err := xml.Unmarshal([]byte(written(t, JUnit, r)), &suites); err != nil || suites.Failures != c.new+c.missing {
			t.Errorf("%s: JUnit has %d failures, %v", c.name, suites.Failures, err)
		}
		sarif := written(t, SARIF, r)
		if n := strings.Count(sarif, `"baselineState": "new"`); n != c.new || strings.Count(sarif, `"baselineState"`) != len(r.Findings) || strings.Count(sarif, "no longer found") != c.missing {
			t.Errorf("%s: SARIF has %d new", c.name, n)
		}
		if n := strings.Count(written(t, JSON, r), `"known":true`); n != len(r.Findings)-c.new {
			t.Errorf("%s: JSON has %d known", c.name, n)
		}
		if lines := strings.Join(scope(r), "\n"); strings.Count(lines, "no longer found") != c.missing || strings.Contains(lines, "not looked for") != (r.Interrupted || r.Stopped || r.Targets[1].Error != "") {
			t.Errorf("%s: %s", c.name, lines)
		}
	}
	for _, bad := range []string{"PCHC-2.2.1.2-Port", "# ok\n\nx", "flaky x", "while read line"} {
		if _, err := ParseBaseline([]byte(bad)); err == nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
