package conformance

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/ci/citest"
	"github.com/hostedcache/pchc/spec"
)

// found are a finding of each kind, in a file of an awkward name.
var found = []Finding{
	{spec.Violation{Rule: CaptureProblem, Detail: `"lost" <& more`}, capture.Place{File: "a b&.pcap", Stream: -1}, 0, "", false},
	{
		spec.Violation{Rule: "PCHC-2.2.1.2-Port", Class: spec.Sender, Offset: 8, Field: "ConnectionInformation.Port", Detail: "is 0", Section: "MS-PCHC 2.2.1.2"},
		capture.Place{File: "a b&.pcap", Frame: 7, Time: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Src: netip.MustParseAddrPort("[::1]:1"), Dst: netip.MustParseAddrPort("[::2]:2")},
		spec.Must, "Port is not 0.", false,
	},
	{
		spec.Violation{Rule: "PCHC-2.2.1.4-Interested", Class: spec.Behaviour, Detail: "comes uninvited", Section: "MS-PCHC 2.2.1.4"},
		capture.Place{File: "a b&.pcap", Frame: 9, Stream: 3}, spec.Must, "It does not.", true,
	},
	{
		spec.Violation{Rule: "PCHC-2.2.1.1-Truncated", Class: spec.Format, Field: "MessageHeader", Detail: "is cut", Section: "MS-PCHC 2.2.1.1"},
		capture.Place{File: "a b&.pcap", Frame: 1, Stream: 1}, spec.Should, "It is whole.", false,
	},
	{spec.Violation{Rule: CaptureNote, Detail: "seen"}, capture.Place{File: "a b&.pcap", Frame: 2, Stream: 0}, 0, "", false},
}

// reported is a report of these and of a capture without findings.
func reported(fails func(*Finding) bool) *Report {
	r := NewReport("1.2.3", fails)
	r.Begin("a b&.pcap")
	for i := range found {
		r.Add(&found[i])
	}
	r.End(nil)
	r.Begin("good.pcap")
	r.End(nil)
	return r
}

func always(*Finding) bool { return true }

func TestJUnit(t *testing.T) {
	var b bytes.Buffer
	if err := reported(func(f *Finding) bool { return f.Class != spec.Behaviour && f.Class != 0 }).WriteJUnit(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Suites   []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Class   string `xml:"classname,attr"`
				Failure *struct {
					Type    string `xml:"type,attr"`
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"failure"`
				Error *struct {
					Type    string `xml:"type,attr"`
					Message string `xml:"message,attr"`
					Text    string `xml:",chardata"`
				} `xml:"error"`
				Out string `xml:"system-out"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(b.Bytes(), &got); err != nil {
		t.Fatalf("%v in %s", err, &b)
	}
	cases := len(Checked()) + 1
	if got.Tests != 2*cases || got.Failures != 2 || got.Errors != 1 || len(got.Suites) != 2 || got.Suites[0].Failures != 2 || got.Suites[1].Failures != 0 {
		t.Errorf("%d tests, %d failures, %d suites", got.Tests, got.Failures, len(got.Suites))
	}
	told := map[string]string{}
	for _, s := range got.Suites {
		if s.Tests != cases || len(s.Cases) != cases {
			t.Errorf("%s: %d tests, %d cases", s.Name, s.Tests, len(s.Cases))
		}
		for _, c := range s.Cases {
			if c.Failure != nil {
				told[s.Name+" "+c.Class+" "+c.Name] = c.Failure.Type + ": " + c.Failure.Message + "; " + c.Failure.Text
			}
			if c.Error != nil && (c.Error.Type != "capture" || c.Error.Message != `a b&.pcap: "lost" <& more` || c.Error.Text != c.Error.Message) {
				told[s.Name+" "+c.Class+" "+c.Name] = "error: " + c.Error.Type + ": " + c.Error.Message + "; " + c.Error.Text
			}
			if c.Out != "" {
				told[s.Name+" "+c.Class+" "+c.Name] = "out: " + c.Out
			}
		}
	}
	r, _ := spec.RequirementByID("PCHC-2.2.1.2-Port")
	whole, _ := spec.RequirementByID("PCHC-2.2.1.1-Truncated")
	uninvited, _ := spec.RequirementByID("PCHC-2.2.1.4-Interested")
	want := map[string]string{
		"a b&.pcap pchc.check.capture CAPTURE_PROBLEM": "out: frame 2 of a b&.pcap: seen",
		"a b&.pcap pchc.check.format PCHC-2.2.1.1-Truncated": "format: frame 1 of a b&.pcap: MessageHeader is cut; " +
			"frame 1 of a b&.pcap: MessageHeader is cut\nexpected: " + whole.Text,
		"a b&.pcap pchc.check.sender PCHC-2.2.1.2-Port": "sender: frame 7 of a b&.pcap: ConnectionInformation.Port is 0; " +
			"frame 7 of a b&.pcap: ConnectionInformation.Port is 0\nexpected: " + r.Text,
		"a b&.pcap pchc.check.behaviour PCHC-2.2.1.4-Interested": "out: frame 9 of a b&.pcap: comes uninvited\nexpected (derived): " + uninvited.Text,
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Error(diff)
	}
}

func TestSARIF(t *testing.T) {
	var b bytes.Buffer
	if err := reported(always).WriteSARIF(&b); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Schema  string `json:"$schema"`
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct {
					Name, Version string
					Rules         []struct {
						ID               string
						ShortDescription struct{ Text string }
						FullDescription  struct{ Text string }
						Help             struct{ Text string }
						Properties       map[string]any
					}
				}
			}
			AutomationDetails struct{ ID string }
			Artifacts         []struct{ Location struct{ URI string } }
			Results           []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
					LogicalLocations []struct{ Name string }
				}
				PartialFingerprints map[string]string
				Properties          map[string]any
			}
		}
	}
	citest.SARIF(t, b.Bytes())
	d := json.NewDecoder(&b)
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Version != "2.1.0" || !strings.HasSuffix(got.Schema, "/sarif-2.1.0.json") || len(got.Runs) != 1 {
		t.Fatalf("%+v", got)
	}
	run := got.Runs[0]
	ids := map[string]bool{}
	for _, r := range run.Tool.Driver.Rules {
		if ids[r.ID] || r.ShortDescription.Text == "" || r.FullDescription.Text == "" || r.Help.Text == "" || r.Properties["class"] == "" {
			t.Errorf("rule %+v", r)
		}
		ids[r.ID] = true
	}
	if run.Tool.Driver.Name != "pchc" || run.Tool.Driver.Version != "1.2.3" || len(ids) != len(Checked())+len(updateRequirements())+2 || run.AutomationDetails.ID != "pchc check/" {
		t.Errorf("%+v, %d rules", run.Tool.Driver, len(ids))
	}
	if len(run.Artifacts) != 2 || run.Artifacts[0].Location.URI != "a%20b&.pcap" {
		t.Errorf("%+v", run.Artifacts)
	}
	levels := []string{"warning", "error", "error", "warning", "note"}
	texts := []string{`a b&.pcap: "lost" <& more`, "frame 7 of a b&.pcap: ConnectionInformation.Port is 0", "frame 9 of a b&.pcap: comes uninvited", "frame 1 of a b&.pcap: MessageHeader is cut", "frame 2 of a b&.pcap: seen"}
	properties := []map[string]any{
		{"class": "capture"},
		{"class": "sender", "frame": 7.0, "time": "2026-01-02T03:04:05.000006Z", "src": "[::1]:1", "dst": "[::2]:2", "stream": 0.0, "field": "ConnectionInformation.Port", "offset": 8.0},
		{"class": "behaviour", "frame": 9.0, "stream": 3.0, "derived": true},
		{"class": "format", "frame": 1.0, "stream": 1.0, "field": "MessageHeader", "offset": 0.0},
		{"class": "note", "frame": 2.0, "stream": 0.0},
	}
	if len(run.Results) != len(found) {
		t.Fatalf("%d results", len(run.Results))
	}
	lines, prints := []int{1, 7, 9, 1, 2}, map[string]bool{}
	for i, r := range run.Results {
		print := r.PartialFingerprints["primaryLocationLineHash"]
		prints[print] = true
		if hash, _, _ := strings.Cut(print, ":"); len(hash) != 32 {
			t.Errorf("fingerprint %q", print)
		}
		if len(r.Locations) != 1 || r.Locations[0].PhysicalLocation.Region.StartLine != lines[i] || len(r.PartialFingerprints) != 2 {
			t.Errorf("%+v", r)
		}
		if r.RuleID != found[i].Rule || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID || r.Level != levels[i] || r.Message.Text != texts[i] ||
			len(r.Locations) != 1 || r.Locations[0].PhysicalLocation.ArtifactLocation.URI != "a%20b&.pcap" {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff(properties[i], r.Properties); diff != "" {
			t.Error(diff)
		}
	}
	if len(prints) != len(found) || prints[""] {
		t.Errorf("fingerprints %v", prints)
	}
	if logical := run.Results[1].Locations[0].LogicalLocations; len(logical) != 1 || logical[0].Name != "frame 7" {
		t.Errorf("%+v", logical)
	}
	if logical := run.Results[3].Locations[0].LogicalLocations; len(logical) != 1 || logical[0].Name != "frame 1" {
		t.Errorf("%+v", logical)
	}
	if run.Results[0].Locations[0].LogicalLocations != nil {
		t.Errorf("a problem of no frame has one")
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken") }

func TestFailingWriter(t *testing.T) {
	if r := reported(always); r.WriteJUnit(broken{}) == nil || r.WriteSARIF(broken{}) == nil {
		t.Error("no error")
	}
}

// TestReportFailure: a capture that cannot be read is an error in both.
func TestReportFailure(t *testing.T) {
	r := NewReport("", always)
	r.Begin("x.txt")
	r.End(errors.New("x.txt is no capture"))
	var junit, sarif bytes.Buffer
	if err := errors.Join(r.WriteJUnit(&junit), r.WriteSARIF(&sarif)); err != nil {
		t.Fatal(err)
	}
	citest.SARIF(t, sarif.Bytes())
	if !strings.Contains(junit.String(), `failures="0" errors="1"`) || !strings.Contains(junit.String(), "x.txt is no capture") ||
		!strings.Contains(sarif.String(), `"executionSuccessful": false`) {
		t.Errorf("%s\n%s", &junit, &sarif)
	}
}

// TestReportFailureLater: a capture that cannot be read to its end has its problems, too.
func TestReportFailureLater(t *testing.T) {
	for _, problems := range []int{0, 1, 100, 101, 102} {
		r := NewReport("", always)
		r.Begin("x.pcap")
		for range problems {
			r.Add(&found[0])
		}
		r.Add(&found[4])
		r.End(errors.New("x.pcap ends"))
		c := r.suites[0].Cases[0]
		line := `a b&.pcap: "lost" <& more`
		message, text := line, "x.pcap ends\n"+strings.Repeat(line+"\n", min(problems, 100))
		if problems == 0 {
			message = "x.pcap ends"
		} else if problems > 100 {
			text += fmt.Sprintf("and %d more\n", problems-100)
		}
		if c.Error == nil || c.Error.Message != message || c.Error.Text+"\n" != text || c.Out != "frame 2 of a b&.pcap: seen" || c.Error.Type != "capture" {
			t.Errorf("%d problems: %+v, %+v", problems, c, c.Error)
		}
	}
}

// TestReportMany: one hundred findings of a rule are listed, and how many more there are.
func TestReportMany(t *testing.T) {
	for n, want := range map[int]string{99: "", 100: "", 101: "and 1 more\n", 102: "and 2 more\n"} {
		r := NewReport("", always)
		r.Begin("x.pcap")
		for range n {
			r.Add(&found[1])
		}
		r.End(nil)
		q, _ := spec.RequirementByID(found[1].Rule)
		for _, c := range r.suites[0].Cases {
			line := "frame 7 of a b&.pcap: ConnectionInformation.Port is 0"
			if c.Name == q.ID && (c.Failure.Message != line || c.Failure.Text != strings.Repeat(line+"\n", min(n, 100))+want+"expected: "+q.Text) {
				t.Errorf("%d: %q", n, c.Failure.Text)
			}
		}
	}
}

// TestReportStable: the same findings have the same fingerprints.
func TestReportStable(t *testing.T) {
	var a, b bytes.Buffer
	if err := errors.Join(reported(always).WriteSARIF(&a), reported(always).WriteSARIF(&b)); err != nil || a.String() != b.String() {
		t.Errorf("%v: two reports differ", err)
	}
}
