package main

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	messagetext "github.com/hostedcache/pchc/internal/message"
)

// stateTests say what campaigns must find of stateFaults, each as one finding.
var stateTests = map[string]struct {
	runs   int64  // messages that are enough
	id     string // of the finding
	length int    // number of messages in it
	bytes  int    // at most, in all of them
	says   string // words, with | between them
}{
	"stale-verdict":              {3000, "fuzz-sequence", 2, 70, "only after the message before it|a valid RESPONSE_MESSAGE"},
	"stale-descriptors":          {6000, "fuzz-sequence", 2, 220, "only after the message before it|an invalid BATCHED_OFFER_MESSAGE"},
	"stale-padding":              {6000, "fuzz-sequence", 2, 400, "only after the message before it|CONTENT_INFORMATION_V1|another Padding"},
	"state-tail":                 {4000, "fuzz-sequence", 2, 220, "only after the message before it|BATCHED_OFFER_MESSAGE of 134 bytes|SegmentDescriptor"},
	"state-error-sticky":         {6000, "fuzz-sequence", 2, 150, "only after the message before it|an invalid BATCHED_OFFER_MESSAGE (SegmentDescriptor[0].HashAlgorithm"},
	"state-kind-before":          {6000, "fuzz-sequence", 2, 200, "only after the message before it|a valid SEGMENT_INFO_MESSAGE"},
	"state-cache-by-length":      {1500, "fuzz-sequence", 2, 600, "the answer is the one to message 1"},
	"state-cache-by-first-bytes": {1500, "fuzz-sequence", 2, 600, "the answer is the one to message 1"},
	"state-repeated-message":     {100, "fuzz-number", 1, 100, "when a process gets this message for the 2nd time"},
	"state-derived-reused":       {3000, "fuzz-sequence", 2, 620, "HoHoDk is wrong, only after the message before it|a valid CONTENT_INFORMATION_V"},
	"state-two-before":           {6000, "fuzz-sequence", 3, 300, "only after the 2 messages before it|a valid INITIAL_OFFER_MESSAGE|a valid SEGMENT_INFO_MESSAGE|Needed in message 1: Port is 0; with Port 80 message 3 goes right.|does not recover at once: sent once more, message 3 goes wrong"},
	"state-set-by-invalid":       {3000, "fuzz-sequence", 2, 70, "only after the message before it|MajorVersion"},
	"state-set-by-response":      {3000, "fuzz-sequence", 2, 60, "only after the message before it|a valid RESPONSE_MESSAGE of 5 bytes with ResponseCode 1"},
	"state-port-before":          {6000, "fuzz-sequence", 2, 250, "only after the message before it|a valid BATCHED_OFFER_MESSAGE"},
	"state-crash-armed":          {6000, "fuzz-sequence", 2, 215, "nil pointer dereference, only after the message before it|an invalid CONTENT_INFORMATION_V2 (bHashAlgo"},
	"state-descriptors-add-up":   {12000, "fuzz-number", 1, 7700, "when a process gets this message for the "},
	"state-crash-10000":          {10500, "fuzz-number", 1, 50, "at message no. 10000 of the process, whatever the messages are: process exited with status 2"},
	"state-hang-4000":            {4500, "fuzz-number", 1, 50, "at message no. 4000 of the process, whatever the messages are: no reply within"},
	"state-wrong-from-5000":      {12000, "fuzz-number", 1, 50, "from message no. 5000 of the process on, whatever the messages are"},
	"state-each-1000th":          {12000, "fuzz-number", 1, 50, "at every 1000th message of the process, whatever the messages are"},
	"state-each-256th-port":      {4500, "fuzz-number", 1, 250, "at every 256th message of the process"},
	"state-leak-rejected":        {8000, "fuzz-number", 1, 50, "at malformed message no. 1500 to the process, whatever the malformed messages are: process exited"},
	"state-at-random":            {400000, "fuzz-rate", 1, 200, "about once in |of the simplest valid one"},
	"state-crash-at-random":      {40000, "fuzz-rate", 1, 200, "about once in |of the simplest valid one|concurrent map writes"},
}

// A campaign finds every decoder whose answer depends on more than the message, as one
// finding that says on what and names no rule. A replay confirms it, and finds nothing
// wrong with the right decoder.
func TestStateFound(t *testing.T) {
	path := program(t)
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	for _, p := range sampled(t, 4, stateFaults) {
		want, ok := stateTests[p.name]
		if !ok {
			t.Errorf("nothing is expected of %s", p.name)
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			ctx, h := newHunter(t)
			shows := false
			var r *campaign.Result
			defer func() {
				if r != nil {
					h.over(p, len(r.Findings), shows)
				}
			}()
			it := exec.New(quoted(path)+" -decoder "+p.name, exec.Options{})
			c, err := campaign.New(campaign.Config{Targets: []target.Target{it}, RNGSeed: 1, Jobs: 1, Executions: want.runs, TriageTime: time.Minute, Found: func(f *campaign.Finding) {
				if f.Measured == nil {
					h.found(p.name == "state-at-random" && f.Rate != nil) // the others are sent all messages
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			if r, err = c.Run(ctx); err != nil {
				t.Fatal(err)
			}
			// What the processor does is another test's.
			r.Findings = slices.DeleteFunc(r.Findings, func(f campaign.Finding) bool { return f.Measured != nil })
			for i := range r.Findings {
				f := &r.Findings[i]
				found.add("%-32s %10d %7.2f %7d  %d messages, %d times: %s", p.name, want.runs, f.At.Seconds(), size(f.Messages), len(f.Messages), f.Count, f.Error())
			}
			if len(r.Findings) != 1 {
				t.Fatalf("%d findings", len(r.Findings))
			}
			f := &r.Findings[0]
			var text strings.Builder
			if err := report.Text(&text, &report.Report{Result: r}, plainText()); err != nil {
				t.Fatal(err)
			}
			if f.Rule != "" || f.Requirement != "" || f.Cause != "" || f.Count < 1 || !strings.HasPrefix(report.Name(f), want.id+" ") {
				t.Errorf("it is %s: %s", report.Name(f), f.Error())
			}
			if len(f.Messages) != want.length || size(f.Messages) > want.bytes {
				t.Errorf("%d messages of %d bytes", len(f.Messages), size(f.Messages))
			}
			for words := range strings.SplitSeq(want.says, "|") {
				if !strings.Contains(text.String(), words) {
					t.Errorf("it does not say %q:\n%s", words, &text)
				}
			}
			saved := replayable(t, f)
			again, err := campaign.Replay(t.Context(), it, saved)
			for range 4 {
				if f.Rate != nil && len(again) == 0 && err == nil { // one in a hundred does not show it
					again, err = campaign.Replay(t.Context(), it, saved)
				}
			}
			if shows = err == nil && len(again) > 0 && again[len(again)-1].Rule == ""; !shows {
				t.Errorf("a replay finds %v, %v", again, err)
			}
			saved.Repeat = min(saved.Repeat, 20000)
			right := exec.New(quoted(path)+" -decoder none", exec.Options{})
			if again, err := campaign.Replay(t.Context(), right, saved); err != nil || len(again) > 0 || saved.Uncertain() != (f.Rate != nil) {
				t.Errorf("a replay with the right decoder finds %v, %v, uncertain %t", again, err, saved.Uncertain())
			}
		})
	}
}

func size(messages []fuzz.Message) (bytes int) {
	for _, m := range messages {
		bytes += len(m.Bytes)
	}
	return bytes
}

func plainText() *messagetext.Text { return &messagetext.Text{Width: 100} }

// replayable returns a finding as it is read from its file.
func replayable(t *testing.T, f *campaign.Finding) *campaign.Finding {
	t.Helper()
	saved := *f
	if err := campaign.Save(t.TempDir(), &saved, 1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(saved.File)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := seeds.ParseLines(text)
	if err != nil {
		t.Fatal(err)
	}
	read := campaign.Saved(text)
	for _, s := range lines {
		read.Messages = append(read.Messages, s.Message)
	}
	return &read
}
