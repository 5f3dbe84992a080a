package report_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/internal/message"
)

// leaking is a report of a leak and of an end with the report of a sanitizer.
func leaking() *report.Report {
	var points, beside []resource.Point
	for x := 0.0; x <= 4096; x += 512 {
		points = append(points, resource.Point{X: x, Y: 8<<20 + 4096*x})
		beside = append(beside, resource.Point{X: x, Y: 8 << 20})
	}
	offer := []fuzz.Message{generate.Simplest("INITIAL_OFFER_MESSAGE")}
	return &report.Report{Result: &campaign.Result{
		Elapsed: time.Second,
		Targets: []campaign.TargetResult{{Name: "it", Executions: 5000, Resources: campaign.Resources{
			Most: resource.Usage{Processes: 1, Memory: 24 << 20, Files: 12, Threads: 1, CPU: time.Second}, Untried: []string{"long messages"},
		}}, {Name: "other", Executions: 1, Resources: campaign.Resources{Unwatched: "there is no /proc"}}},
		Findings: []campaign.Finding{
			{Target: "it", Difference: fuzz.Difference{Fault: fuzz.Leak, Detail: "memory grows by about 4.0 KiB with each valid message"}, Messages: offer, Count: 1,
				Measured: &campaign.Measurement{Resource: resource.Memory, X: "messages", Y: "bytes", Points: points, Other: "a refused one", Beside: beside, Each: 4096}},
			{Target: "it", Difference: fuzz.Difference{Fault: fuzz.Crash, Detail: "at the end of its input", Report: "ERROR: LeakSanitizer\n    #0 0x1 in read <file.c>:7"}, Messages: offer, Count: 1},
		},
	}}
}

// Texts have the figures, pages a plot, and JSON the points, which are read again.
func TestMeasured(t *testing.T) {
	var text, page, object bytes.Buffer
	if err := report.Text(&text, leaking(), &message.Text{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"▁▁▁▁", "with this message, from 8.0 MiB at 0 to 24 MiB at 4 096 messages", "with a refused one, from 8.0 MiB at 0 to 8.0 MiB",
		"|     #0 0x1 in read <file.c>:7", "it: at most 24 MiB of memory, 12 open files and 1 thread; 200µs of processor time for a message; not tried: long messages.",
		"other: memory, open files, threads and processor time were not watched: there is no /proc.",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text lacks %q:\n%s", want, &text)
		}
	}
	if err := report.HTML(&page, leaking()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`id="plot-finding-1"`, ">20M</text>", "after some messages nothing grows any more", "in read &lt;file.c&gt;:7", "<td>24 MiB</td><td>8.0 MiB</td>"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := report.JSON(&object, leaking()); err != nil {
		t.Fatal(err)
	}
	again, err := report.ReadJSON(&object)
	if err != nil {
		t.Fatal(err)
	}
	if m := again.Findings[0].Measured; m == nil || len(m.Points) != 9 || m.Points[8].Y != 24<<20 || m.Other != "a refused one" {
		t.Errorf("%+v", m)
	}
	if r := again.Targets[0].Resources; r.Most.Memory != 24<<20 || len(r.Untried) != 1 || again.Targets[1].Resources.Unwatched == "" {
		t.Errorf("%+v", again.Targets)
	}
	if again.Findings[1].Report == "" {
		t.Error("the report of the sanitizer is lost")
	}
	merged, err := report.Merge([]*report.Report{again, again})
	if err != nil || merged.Targets[0].Resources.Most.CPU != 2*time.Second || len(merged.Targets[0].Resources.Untried) != 1 {
		t.Errorf("%v, %+v", err, merged)
	}
}
