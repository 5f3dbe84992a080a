package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/ci/citest"
	"github.com/hostedcache/pchc/spec"
)

func TestJSON(t *testing.T) {
	var b bytes.Buffer
	if err := JSON(&b, sample()); err != nil {
		t.Fatal(err)
	}
	var findings []map[string]any
	var summary map[string]any
	for line := range strings.Lines(b.String()) {
		var o map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		if summary != nil || len(o) != 1 {
			t.Fatal("something follows the summary, or stands beside an object")
		}
		summary = o["summary"]
		if o["finding"] != nil {
			findings = append(findings, o["finding"])
		}
	}
	if len(findings) != 4 {
		t.Fatalf("%d findings", len(findings))
	}
	want := map[string]any{
		"target": "http://127.0.0.1:8080", "fault": "answered", "rule": "PCHC-2.2.1.5-SizeOfContentTag", "requirement": "PCHC-3.1.5.4-Drop",
		"level": "MUST", "section": "MS-PCHC 2.2.1.5", "expected": "SizeOfContentTag of a SegmentDescriptor MUST be 16.",
		"field": "SegmentDescriptor[0].SizeOfContentTag", "offset": 24.0, "detail": "is 17, must be 16; it is answered with OK",
		"answer":  "HTTP status 200, 5 bytes: 00 00 00 01 00",
		"message": "BATCHED_OFFER_MESSAGE", "length": 75.0, "messages": findings[2]["messages"], "original": 400.0, "at": 12.0, "count": 17.0,
		"flaky": true, "file": "found/drop.txt", "replay": "replay http://127.0.0.1:8080 found/drop.txt",
	}
	if diff := cmp.Diff(want, findings[2]); diff != "" {
		t.Error(diff)
	}
	messages := sample().Findings[2].Messages
	for i, m := range findings[2]["messages"].([]any) {
		if text, _ := messages[i].MarshalText(); m != string(text) {
			t.Errorf("message %d is %v", i, m)
		}
	}
	if findings[3]["offset"] != nil || findings[3]["rule"] != nil || findings[3]["replay"] != nil {
		t.Errorf("a crash that was not saved has %v", findings[3])
	}
	wantSummary := map[string]any{
		"well": false, "seed": "18446744073709551615", "start": "2026-01-02T03:04:05.000Z", "elapsed": 20.0, "interrupted": false,
		"executions": 1252452.0, "findings": 4.0, "targets": []any{
			map[string]any{"name": "./decoder --json", "executions": 1200345.0, "coverage": 412.0, "findings": 3.0, "restarts": 3.0, "requirements": float64(len(sample().Tested(&sample().Targets[0])))},
			map[string]any{"name": "http://127.0.0.1:8080", "cache": true, "kinds": []any{"request"}, "executions": 52100.0, "coverage": 230.0, "findings": 1.0, "restarts": 0.0, "requirements": float64(len(sample().Tested(&sample().Targets[1])))},
			map[string]any{"name": "codec", "kinds": []any{"request", "response"}, "executions": 7.0, "coverage": 3.0, "findings": 0.0, "restarts": 0.0, "requirements": float64(len(sample().Tested(&sample().Targets[2]))), "error": `exec: "codec": not found`},
		},
	}
	if diff := cmp.Diff(wantSummary, summary); diff != "" {
		t.Error(diff)
	}
}

func TestTested(t *testing.T) {
	report := Report{Caches: []string{"cache"}}
	has := func(t *campaign.TargetResult, id string) bool {
		return slices.ContainsFunc(report.Tested(t), func(r spec.Requirement) bool { return r.ID == id })
	}
	decoder := &campaign.TargetResult{Executions: 1}
	requests := &campaign.TargetResult{Executions: 1, Kinds: []spec.Kind{spec.Request}}
	content := &campaign.TargetResult{Executions: 1, Kinds: []spec.Kind{spec.Content}}
	cache := &campaign.TargetResult{Name: "cache", Executions: 1, Kinds: []spec.Kind{spec.Request}}
	for id, want := range map[string][4]bool{
		"PCHC-2.2.1.5-MaxDescriptors": {true, true, false, true},
		"PCHC-2.2.1.2-Port":           {true, true, false, false},
		"PCHC-2.2.2.1-Size":           {true, false, false, true},
		"PCCRC-2.3.1.2-cBlocks":       {true, true, true, true},
		"PCCRC-2.4.1.1-bChunkType":    {true, false, true, false},
		"PCHC-3.1.5.4-Drop":           {false, false, false, true},
		"PCHC-3.1.5.1-Retrieve":       {false, false, false, false},
	} {
		got := [4]bool{has(decoder, id), has(requests, id), has(content, id), has(cache, id)}
		if got != want {
			t.Errorf("%s: %v, want %v", id, got, want)
		}
	}
	peer := &campaign.TargetResult{Name: "cache", Executions: 1, Kinds: []spec.Kind{spec.RetrievalRequest}}
	for _, id := range behaviour {
		if has(cache, id) == has(peer, id) { // each is of one protocol
			t.Errorf("%s is no requirement", id)
		}
	}
	if len(report.Tested(&campaign.TargetResult{Error: "gone"})) != 0 {
		t.Error("what was not tried was tested")
	}
}

func TestJUnit(t *testing.T) {
	twins := sample()
	twins.Findings = append(twins.Findings, twins.Findings...)
	for name, r := range map[string]*Report{"sample": sample(), "twins": twins, "hostile": hostile(), "untried": untried(), "nothing": {Result: &campaign.Result{}}} {
		var b bytes.Buffer
		if err := JUnit(&b, r); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Errors   int `xml:"errors,attr"`
			Suites   []struct {
				Name  string `xml:"name,attr"`
				Time  string `xml:"time,attr"`
				Cases []struct {
					Name    string `xml:"name,attr"`
					Class   string `xml:"classname,attr"`
					Failure *struct {
						Message string `xml:"message,attr"`
						Text    string `xml:",chardata"`
					} `xml:"failure"`
					Error *struct {
						Message string `xml:"message,attr"`
					} `xml:"error"`
				} `xml:"testcase"`
			} `xml:"testsuite"`
		}
		if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(got.Suites) != len(r.Targets) || got.Failures != len(r.Findings) {
			t.Errorf("%s: %d suites, %d failures", name, len(got.Suites), got.Failures)
		}
		tests := 0
		for i, s := range got.Suites {
			tests += len(s.Cases)
			seen := map[string]bool{}
			for _, c := range s.Cases {
				if seen[c.Name] {
					t.Errorf("%s: %s is there twice in %s", name, c.Name, s.Name)
				}
				seen[c.Name] = true
			}
			// A requirement that a finding breaks is told by that finding.
			if name == "sample" && seen["PCHC-2.2.1.5-MaxDescriptors"] != (i > 0) || name == "sample" && i == 1 && (seen["PCHC-3.1.5.4-Drop"] || !seen["PCHC-3.1.5.1-OK"]) {
				t.Errorf("%s: cases of %s: %v", name, s.Name, seen)
			}
		}
		if got.Tests != tests {
			t.Errorf("%s: %d tests, %d cases", name, got.Tests, tests)
		}
		switch name {
		case "sample":
			c := got.Suites[0].Cases[1]
			if got.Errors != 1 || got.Suites[0].Time != "20.000" || c.Name != "PCHC-2.2.1.5-MaxDescriptors accepted SegmentDescriptor[128]" ||
				c.Class != "pchc.fuzz.accepted" || c.Failure.Message != "SegmentDescriptor[128]: 129th descriptor, at most 128 allowed" ||
				!strings.Contains(c.Failure.Text, "replay './decoder --json' ") || !strings.Contains(c.Failure.Text, "1d90") {
				t.Errorf("%d errors, %+v %+v", got.Errors, c, c.Failure)
			}
		case "untried":
			if got.Errors != 1 || got.Tests != 1 || got.Suites[0].Cases[0].Error.Message != "it does not start" {
				t.Errorf("%s", &b)
			}
		}
	}
}

func TestSARIF(t *testing.T) {
	type result struct {
		RuleID              string
		RuleIndex           int
		Level               string
		Message             struct{ Text string }
		PartialFingerprints map[string]string
		Locations           []struct {
			PhysicalLocation *struct{ ArtifactLocation struct{ URI string } }
			LogicalLocations []struct{ Name string }
		}
	}
	read := func(r *Report) (results []result, rules []string) {
		t.Helper()
		var b bytes.Buffer
		if err := SARIF(&b, r); err != nil {
			t.Fatal(err)
		}
		citest.SARIF(t, b.Bytes())
		var got struct {
			Runs []struct {
				Tool struct {
					Driver struct{ Rules []struct{ ID string } }
				}
				Results []result
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		for _, r := range got.Runs[0].Tool.Driver.Rules {
			if slices.Contains(rules, r.ID) {
				t.Errorf("%s is there twice", r.ID)
			}
			rules = append(rules, r.ID)
		}
		return got.Runs[0].Results, rules
	}
	for _, r := range []*Report{hostile(), faultless(), untried(), {Result: &campaign.Result{}}} {
		if results, _ := read(r); len(results) != len(r.Findings) {
			t.Errorf("%d results", len(results))
		}
	}
	r := sample()
	results, rules := read(r)
	levels := []string{"error", "error", "warning", "error"}
	ids := []string{"PCHC-2.2.1.5-MaxDescriptors", "PCHC-2.2.1.5-BlockSize", "PCHC-2.2.1.5-SizeOfContentTag", "fuzz-crash"}
	uris := []string{"out%20dir/max.txt", "found/field.txt", "found/drop.txt", ""}
	for i, got := range results {
		uri := ""
		if p := got.Locations[0].PhysicalLocation; p != nil {
			uri = p.ArtifactLocation.URI
		}
		if got.RuleID != ids[i] || rules[got.RuleIndex] != ids[i] || got.Level != levels[i] || uri != uris[i] || got.Locations[0].LogicalLocations[0].Name != r.Findings[i].Target {
			t.Errorf("%+v", got)
		}
	}
	want := "./decoder --json: SegmentDescriptor[128]: 129th descriptor, at most 128 allowed (accepts an invalid message). Reproduce: replay './decoder --json' 'out dir/max.txt'"
	if results[0].Message.Text != want {
		t.Error(results[0].Message.Text)
	}

	// In another campaign the same fault shows in another element, file and order.
	again := sample()
	slices.Reverse(again.Findings)
	again.Findings[2].Field, again.Findings[2].Detail, again.Findings[2].File = "SegmentDescriptor[7].BlockSize", "is 1", "other.txt"
	others, _ := read(again)
	for i := range results {
		for j := range others {
			same := results[i].PartialFingerprints["pchc/v1"] == others[j].PartialFingerprints["pchc/v1"]
			if same != (j == len(others)-1-i) {
				t.Errorf("findings %d and %d have the same fingerprint: %v", i, j, same)
			}
		}
	}
}
