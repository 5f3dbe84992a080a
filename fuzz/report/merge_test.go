package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostedcache/pchc/fuzz/campaign"
)

func written(t *testing.T, write func(io.Writer, *Report) error, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// reread returns a report from its JSON.
func reread(t *testing.T, r *Report) *Report {
	t.Helper()
	got, err := ReadJSON(strings.NewReader(written(t, JSON, r)))
	if err != nil {
		t.Fatal(err)
	}
	got.Version = r.Version
	return got
}

// A report that is read from JSON is what was written, but for the plots.
func TestReadJSON(t *testing.T) {
	want := sample()
	want.Shard, want.Shards = 1, 3
	got := reread(t, want)
	if diff := cmp.Diff(want.Result, got.Result, cmpopts.IgnoreFields(campaign.TargetResult{}, "Samples")); diff != "" {
		t.Error(diff)
	}
	for _, write := range []func(io.Writer, *Report) error{JUnit, SARIF, JSON} {
		if diff := cmp.Diff(written(t, write, want), written(t, write, got)); diff != "" {
			t.Error(diff)
		}
	}
	text := written(t, JSON, want)
	for cut := 0; cut < len(text)-1; cut += 1 + cut/8 {
		if _, err := ReadJSON(strings.NewReader(text[:cut])); err == nil {
			t.Errorf("the first %d of %d bytes are a report", cut, len(text))
		}
	}
	lines := strings.SplitAfterN(text, "\n", 2)
	for _, bad := range []string{"{}", "[]", `{"message":"UNKNOWN"}`, lines[1], strings.Replace(text, `"1844`, `"x`, 1), strings.Replace(text, `"2/3"`, `"4/3"`, 1), strings.Replace(text, `"kinds":["request"`, `"kinds":["x"`, 1)} {
		if _, err := ReadJSON(strings.NewReader(bad)); err == nil {
			t.Errorf("%.100q is a report", bad)
		}
	}
}

// The reports of all shards make one: what several found is one finding, with the
// smallest message.
func TestMerge(t *testing.T) {
	a, b := sample(), sample()
	a.Shards, b.Shard, b.Shards = 2, 1, 2
	b.Findings = b.Findings[1:3]
	b.Findings[0].Messages[0].Bytes = offer(2) // longer
	b.Findings[1].Flaky, b.Findings[1].Count = false, 3
	b.Targets[1].Coverage, b.Targets[0].Notes = 999, []string{"restarts after an exit: 3"}
	b.Elapsed *= 2
	got, err := Merge([]*Report{a, reread(t, b)})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Findings) != 4 || len(got.Targets) != 3 || got.Elapsed != b.Elapsed || got.Shards != 1 || got.RNGSeed != a.RNGSeed {
		t.Errorf("merged: %+v", got.Result)
	}
	for i, want := range []struct {
		count  int64
		length int
		flaky  bool
	}{{3100, len(offer(129)), false}, {2, len(offer(1)), false}, {20, len(offer(1)), false}, {2, len(v2()), false}} {
		f := &got.Findings[i]
		if f.Count != want.count || len(f.Message().Bytes) != want.length || f.Flaky != want.flaky {
			t.Errorf("finding %d: count %d, %d bytes, flaky %t", i, f.Count, len(f.Message().Bytes), f.Flaky)
		}
	}
	target := got.Targets[0]
	if target.Executions != 2*1_200_345 || target.Restarts != 6 || len(target.Notes) != 1 || got.Targets[1].Coverage != 999 || got.Targets[2].Error == "" {
		t.Errorf("targets: %+v", got.Targets)
	}
	if replay := got.Replay(&got.Findings[2]); replay != "replay http://127.0.0.1:8080 found/drop.txt" {
		t.Errorf("replay: %s", replay)
	}
	c := sample()
	for _, bad := range []struct {
		parts []*Report
		want  string
	}{
		{nil, "nothing"},
		{[]*Report{a}, "shard 2/2 is missing"},
		{[]*Report{a, a}, "as another is"},
		{[]*Report{a, c}, "in 1"},
		{[]*Report{a, func() *Report { r := sample(); r.Shard, r.Shards, r.RNGSeed = 1, 2, 5; return r }()}, "has seed 5"},
	} {
		if _, err := Merge(bad.parts); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%v, want %s", err, bad.want)
		}
	}
	if twice, err := Merge([]*Report{c, sample()}); err != nil || len(twice.Findings) != 4 || twice.Findings[0].Count != 6200 {
		t.Errorf("%v, %+v", err, twice)
	}
}

// Two findings of one name in a report stay two.
func TestMergeSameName(t *testing.T) {
	two := func() *Report {
		r := sample()
		r.Findings = append(r.Findings[:1], r.Findings[0])
		return r
	}
	if got, err := Merge([]*Report{two(), two(), sample()}); err != nil || len(got.Findings) != 5 || got.Findings[1].Count != 6200 {
		t.Errorf("%v, %d findings", err, len(got.Findings))
	}
}
