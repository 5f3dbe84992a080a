package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// replayer is a run of pchc fuzz replay.
type replayer struct {
	*app
	flags   outputFlags
	targets targetFlags
	junit   string
	sarif   string
	results []report.Replay
}

func (a *app) replayCommand() *cobra.Command {
	r := &replayer{app: a, targets: targetFlags{exitWait: 250 * time.Millisecond}}
	cmd := &cobra.Command{
		Use:   "replay FILE|-...",
		Short: "Reproduce findings",
		Long: `replay sends the messages in files that pchc fuzz saved to targets, each file in
a new session; without a target, to the codec of pchc itself. A folder means all
files in it. replay never runs a command named in a file. A conversation that
pchc fuzz --model saved is had again with the hosted cache of --http, with new
contents.

A failure that needs earlier messages, or that many of them, gets these in a new
process. Of one at random, replay sends so many messages that 99 % of such replays
show it; if it then does not show, it is "not confirmed".

A finding that was seen only once, or only while messages were sent at the same
time, may not show again. Then it is "not confirmed": that does not mean that it
is fixed. One of the very end of a campaign was not tried again; it "no longer
shows" if its file has all that was sent, and is not confirmed otherwise.

The exit status is 1 if a finding is reproduced. Otherwise it is 3 if one is not
confirmed, or if a target could not be tested.`,
		Example: `  pchc fuzz replay --exec ./my-decoder pchc-findings
  pchc fuzz replay --http http://127.0.0.1:8080 --start ./my-cache pchc-findings/crash-*.txt
  pchc fuzz replay --serve 127.0.0.1:0 --start './my-client --cache {url}' pchc-findings
  pchc fuzz replay --exec ./my-decoder --junit replay.xml known-findings`,
		Args: arguments(1, math.MaxInt, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error { return r.replay(args) },
	}
	r.flags.addBasic(cmd)
	r.targets.add(cmd)
	cmd.Flags().StringVar(&r.junit, "junit", "", "also write JUnit XML to `FILE`: a case for each file")
	cmd.Flags().StringVar(&r.sarif, "sarif", "", "also write SARIF 2.1.0 to `FILE`: a result for each finding that is reproduced")
	return cmd
}

// replayed is the result for one file, in JSON.
type replayed struct {
	File       string       `json:"file"`
	Target     string       `json:"target"`
	Messages   int          `json:"messages"`
	Confirmed  bool         `json:"confirmed"` // it is certain whether the target fails
	Reproduced []reproduced `json:"reproduced"`

	untried bool           // the finding was not tried again in its campaign
	rate    *campaign.Rate // of one at random
	repeat  int            // the number of messages of its replay
}

// reproduced is a finding of one message.
type reproduced struct {
	Message     int    `json:"message"` // the first is 1
	Fault       string `json:"fault"`
	Rule        string `json:"rule,omitempty"`
	Requirement string `json:"requirement,omitempty"`
	Field       string `json:"field,omitempty"`
	Offset      int    `json:"offset"`
	Detail      string `json:"detail,omitempty"`
}

// replay sends the messages of the files to each target, and reports failures.
func (r *replayer) replay(args []string) error {
	start := time.Now()
	if err := r.flags.reports(r.junit, r.sarif); err != nil {
		return err
	}
	for _, path := range []string{r.junit, r.sarif} {
		if err := writable(path); err != nil {
			return failed(err)
		}
	}
	targets, end, err := r.targets.subjects(r.app, r.output(r.flags.file))
	if err != nil {
		return err
	}
	defer end()
	files, err := filesIn(args)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	out := r.output(r.flags.file)
	tried, found, unconfirmed := 0, 0, 0
	for _, name := range files {
		saved, err := r.readFinding(name)
		if err != nil {
			return out.close(err)
		}
		for _, t := range targets {
			own := saved
			if !t.takes(&own) {
				continue
			}
			findings, err := t.replay(ctx, &own)
			if err != nil && len(findings) == 0 {
				return out.close(failed(fmt.Errorf("%s: %s: %w", name, t.name, hinted(err))))
			}
			if err != nil {
				fmt.Fprintf(r.stderr, "pchc: %s: %s: %s\n", name, printable.String(t.name), printable.String(hinted(err).Error()))
			}
			tried++
			confirmed := len(findings) > 0 || !own.Uncertain()
			switch {
			case len(findings) > 0:
				found++
			case !confirmed:
				unconfirmed++
			}
			result := replayed{File: name, Target: t.name, Messages: len(own.Messages), Confirmed: confirmed, untried: own.Untried, rate: own.Rate, repeat: own.Repeat}
			if err := r.write(out, &result, findings); err != nil {
				return out.close(err)
			}
			r.results = append(r.results, report.Replay{File: name, Target: t.name, Findings: findings, Confirmed: confirmed, Absent: result.absent()})
		}
	}
	if tried == 0 {
		return out.close(failed(errors.New("nothing to replay: no target takes messages of these kinds; findings of a client need --serve")))
	}
	err = errors.Join(out.close(nil), r.writeReports(start))
	sum := fmt.Sprintf("%s, %d reproduced", message.Count(tried, "replay"), found)
	if unconfirmed > 0 {
		sum += fmt.Sprintf(", %d not confirmed", unconfirmed)
		r.status = statusFailed
	}
	if found > 0 {
		r.status = statusViolated
	}
	fmt.Fprintf(r.stderr, "pchc: %s\n", sum)
	return err
}

// write writes the result for one file.
func (r *replayer) write(out *output, file *replayed, findings []campaign.Finding) error {
	if r.flags.json {
		file.Reproduced = []reproduced{}
		for _, f := range findings {
			file.Reproduced = append(file.Reproduced, reproduced{len(f.Messages), string(f.Fault), f.Rule, f.Requirement, f.Field, f.Offset, f.Detail})
		}
		return writeJSON(out, file)
	}
	if len(findings) == 0 {
		_, err := fmt.Fprintf(out, "%s: %s: %s\n", file.File, printable.String(file.Target), file.absent())
		return err
	}
	for _, f := range findings {
		which := ""
		if file.Messages > 1 {
			which = fmt.Sprintf("message %d: ", len(f.Messages))
		}
		if _, err := fmt.Fprintf(out, "%s: %s: %s%s\n", file.File, printable.String(file.Target), which, printable.String(f.Error())); err != nil {
			return err
		}
	}
	return nil
}

// absent says what it means that nothing was reproduced.
func (file *replayed) absent() string {
	switch {
	case file.rate != nil:
		return fmt.Sprintf("not confirmed: %s were answered rightly. At the rate that was measured, %.0f %% of such replays show the failure", message.Count(file.repeat, "message"), 100*file.rate.Shows(file.repeat))
	case file.untried && file.Confirmed:
		return "not reproduced: it no longer shows"
	case file.untried:
		return "not confirmed: it no longer shows, but it was seen only once, after more messages than the file has"
	case !file.Confirmed:
		return "not confirmed: it did not show this time, but it may not show every time"
	}
	return "not reproduced"
}

// writeReports writes the results as JUnit XML and SARIF.
func (r *replayer) writeReports(start time.Time) (err error) {
	replays := report.Replays{Version: version(), Start: start, End: time.Now(), Results: r.results}
	for path, write := range map[string]func(io.Writer, *report.Replays) error{r.junit: report.ReplayJUnit, r.sarif: report.ReplaySARIF} {
		if path != "" {
			out := r.output(path)
			err = errors.Join(err, out.close(write(out, &replays)))
		}
	}
	return err
}

// filesIn returns the files among args, and those in the folders among args.
func filesIn(args []string) ([]string, error) {
	var files []string
	for _, name := range args {
		if name == standard {
			files = append(files, name)
			continue
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, failed(err)
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		entries, err := os.ReadDir(name)
		if err != nil {
			return nil, failed(err)
		}
		n := len(files)
		for _, e := range entries {
			if e.Type().IsRegular() && filepath.Ext(e.Name()) == ".txt" {
				files = append(files, filepath.Join(name, e.Name()))
			}
		}
		if len(files) == n {
			return nil, failed(fmt.Errorf("%s: no findings in it (files that end in .txt)", name))
		}
	}
	return files, nil
}

// readFinding reads a file that was saved.
func (r *replayer) readFinding(name string) (f campaign.Finding, err error) {
	var text []byte
	if name == standard {
		text, err = io.ReadAll(r.stdin)
	} else {
		text, err = os.ReadFile(name)
	}
	if err != nil {
		return f, failed(err)
	}
	lines, err := seeds.ParseLines(text)
	switch {
	case err != nil:
		return f, &failure{statusViolated, fmt.Errorf("%s: %w", name, err)}
	case len(lines) == 0:
		return f, &failure{statusViolated, fmt.Errorf("%s holds no message", name)}
	}
	f = campaign.Saved(text)
	for _, s := range lines {
		f.Messages = append(f.Messages, s.Message)
	}
	return f, nil
}
