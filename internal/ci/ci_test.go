package ci

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/ci/citest"
)

func TestJUnit(t *testing.T) {
	suites := []Suite{
		{Name: "a <&\"", Start: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)), Time: 1500 * time.Millisecond, Cases: []Case{
			{Name: "good", Class: "x.y"},
			{Name: "bad", Class: "x.y", Failure: &Problem{"t", "m\n", "a\n]]>\x1b"}},
			{Name: "worse", Class: "x.y", Error: &Problem{"t", "m", ""}, Out: "out"},
		}},
		{Name: "b", Cases: []Case{{Name: "bad", Failure: &Problem{}}}},
	}
	var b bytes.Buffer
	if err := WriteJUnit(&b, "all", suites); err != nil {
		t.Fatal(err)
	}
	want := xml.Header + `<testsuites name="all" tests="4" failures="2" errors="1">
  <testsuite name="a &lt;&amp;&#34;" tests="3" failures="1" errors="1" time="1.500" timestamp="2026-01-02T02:04:05">
    <testcase name="good" classname="x.y"></testcase>
    <testcase name="bad" classname="x.y">
      <failure type="t" message="m&#xA;">a&#xA;]]&gt;` + "\ufffd" + `</failure>
    </testcase>
    <testcase name="worse" classname="x.y">
      <error type="t" message="m"></error>
      <system-out>out</system-out>
    </testcase>
  </testsuite>
  <testsuite name="b" tests="1" failures="1">
    <testcase name="bad" classname="">
      <failure type="" message=""></failure>
    </testcase>
  </testsuite>
</testsuites>
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestSARIF(t *testing.T) {
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, run := range []Run{
		{},
		{
			Version: "v1", Rules: []Rule{{"A", "One.", nil}, {"B", "Two.", map[string]any{"class": "x"}}}, Files: []string{"a b/c:d"}, Start: day, End: day.Add(time.Second),
			Errors: []string{"it did not start"},
			Results: []Result{
				{Rule: "B", Level: "error", Text: "text", File: "a b/c:d", Line: 1, Logical: "frame 1", Fingerprint: "abc", Properties: map[string]any{"n": 1}},
				{Rule: "A", Level: "warning", Text: "text"},
			},
		},
	} {
		var b bytes.Buffer
		if err := WriteSARIF(&b, &run); err != nil {
			t.Fatal(err)
		}
		citest.SARIF(t, b.Bytes())
		var got struct {
			Runs []struct {
				Results     []map[string]any
				Artifacts   []map[string]any
				Invocations []map[string]any
			}
		}
		if err := json.Unmarshal(b.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		if run.Version == "" {
			continue
		}
		text := func(s string) map[string]any { return map[string]any{"text": s} }
		want := []map[string]any{
			{
				"ruleId": "B", "ruleIndex": 1.0, "level": "error", "message": text("text"), "properties": map[string]any{"n": 1.0},
				"partialFingerprints": map[string]any{"pchc/v1": "abc", "primaryLocationLineHash": "abc:1"},
				"locations": []any{map[string]any{
					"physicalLocation": map[string]any{
						"artifactLocation": map[string]any{"uri": "a%20b/c:d"}, "region": map[string]any{"startLine": 1.0},
					},
					"logicalLocations": []any{map[string]any{"name": "frame 1"}},
				}},
			},
			{"ruleId": "A", "ruleIndex": 0.0, "level": "warning", "message": text("text")},
		}
		if diff := cmp.Diff(want, got.Runs[0].Results); diff != "" {
			t.Error(diff)
		}
		wantRun := []map[string]any{{
			"executionSuccessful": false, "startTimeUtc": "2026-01-02T03:04:05Z", "endTimeUtc": "2026-01-02T03:04:06Z",
			"toolExecutionNotifications": []any{map[string]any{"level": "error", "message": text("it did not start")}},
		}}
		if diff := cmp.Diff(wantRun, got.Runs[0].Invocations); diff != "" {
			t.Error(diff)
		}
	}
}

func TestURI(t *testing.T) {
	absolute, err := filepath.Abs("a b")
	if err != nil {
		t.Fatal(err)
	}
	if got := uri(absolute); !strings.HasPrefix(got, "file:///") || !strings.HasSuffix(got, "/a%20b") {
		t.Error(got)
	}
	if got := uri(filepath.Join("a", "50%", "<b>")); got != "a/50%25/%3Cb%3E" {
		t.Error(got)
	}
}

type broken int

// Write fails once so many bytes are written.
func (n *broken) Write(b []byte) (int, error) {
	if *n -= broken(len(b)); *n < 0 {
		return 0, errors.New("broken")
	}
	return len(b), nil
}

func TestFailingWriter(t *testing.T) {
	for _, n := range []broken{0, 50} {
		if w := n; WriteJUnit(&w, "", []Suite{{}, {}}) == nil {
			t.Error("no error")
		}
		if w := n; WriteSARIF(&w, &Run{}) == nil {
			t.Error("no error")
		}
	}
}
