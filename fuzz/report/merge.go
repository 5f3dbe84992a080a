package report

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/spec"
)

// ReadJSON reads what [JSON] wrote. The report has no samples, so no plots.
func ReadJSON(r io.Reader) (*Report, error) {
	report := &Report{Result: new(campaign.Result)}
	replays := map[string]string{} // by file
	decoder := json.NewDecoder(r)
	for {
		var line struct {
			Finding *jsonFinding
			Summary *jsonSummary
		}
		if err := decoder.Decode(&line); err == io.EOF {
			return nil, errors.New("it has no summary: it is no JSON report of a campaign, or it is cut")
		} else if err != nil {
			return nil, fmt.Errorf("it is no JSON report of a campaign: %w", err)
		}
		switch {
		case line.Finding != nil:
			f := line.Finding
			if len(f.Messages) == 0 {
				return nil, fmt.Errorf("finding %d has no message", len(report.Findings)+1)
			}
			report.Findings = append(report.Findings, f.finding())
			replays[f.File] = f.Replay
		case line.Summary != nil:
			if n := len(report.Findings); n != line.Summary.Findings {
				return nil, fmt.Errorf("it has %d findings, its summary says %d", n, line.Summary.Findings)
			}
			report.Replay = func(f *campaign.Finding) string { return replays[f.File] }
			return report, line.Summary.into(report)
		default:
			return nil, errors.New("an object has neither finding nor summary: it is no JSON report of a campaign")
		}
	}
}

func (f *jsonFinding) finding() campaign.Finding {
	offset := 0
	if f.Offset != nil {
		offset = *f.Offset
	}
	var rate *campaign.Rate
	if f.Rate != nil {
		rate = &f.Rate.Rate
	}
	var measured *campaign.Measurement
	if f.Measured != nil {
		m := campaign.Measurement(*f.Measured)
		measured = &m
	}
	expected := f.Expected
	if q, ok := fuzz.RequirementByID(cmp.Or(f.Rule, f.Requirement)); !ok || f.Scenario == "" || expected == q.Text {
		expected = "" // it is that of the requirement
	}
	return campaign.Finding{
		Measured: measured, Earlier: f.Earlier, Routes: f.Routes, Nth: f.Nth, Rate: rate,
		Target: f.Target,
		Difference: fuzz.Difference{
			Fault: f.Fault, Rule: f.Rule, Requirement: f.Requirement, ReportedRule: f.Reported, Offset: offset, Field: f.Field, Detail: f.Detail, Required: expected, Answer: f.Answer, Report: f.Report, Connections: f.Connections, Echo: f.Echo, HTTP: f.HTTP, Wire: strings.Join(f.Wire, "\n"),
		},
		Messages: f.Messages, Repeat: f.Repeat, Cause: f.Cause, Original: f.Original, At: duration(f.At), Count: f.Count, File: f.File,
		Flaky: f.Flaky, Untried: f.Untried, After: f.After, Guessed: f.Guessed, Contrast: f.Contrast, Conversation: f.Conversation, Steps: f.Steps, Unreduced: f.Unreduced, Needed: f.Needed, Afterwards: f.Afterwards, Variants: f.Variants,
		Scenario: f.Scenario, Behaviour: f.Behaviour, Same: f.Same, Exchange: f.Exchange, Derived: f.Derived && f.Scenario != "",
	}
}

// into adds the summary to a report.
func (s *jsonSummary) into(r *Report) (err error) {
	if r.RNGSeed, err = strconv.ParseUint(s.Seed, 10, 64); err != nil {
		return fmt.Errorf("seed %q is no number", s.Seed)
	}
	if r.Start, err = time.Parse(time.RFC3339, s.Start); err != nil {
		return fmt.Errorf("start %q is no time", s.Start)
	}
	if r.Shards = 1; s.Shard != "" {
		if r.Shard, r.Shards, err = ParseShard(s.Shard); err != nil {
			return err
		}
	}
	r.Elapsed, r.Interrupted, r.Stopped = duration(s.Elapsed), s.Interrupted, s.Stopped
	for _, t := range s.Targets {
		result := campaign.TargetResult{Name: t.Name, Executions: t.Executions, Conversations: t.Conversations, Coverage: t.Coverage, Restarts: t.Restarts, Notes: t.Notes, Error: t.Error, Unfinished: t.Unfinished, Client: t.Client, Behaviour: t.Behaviour, Resources: t.Resources.resources()}
		for _, name := range t.Kinds {
			kind, ok := spec.ParseKind(name)
			if !ok {
				return fmt.Errorf("target %q takes %q, which is no kind of message", t.Name, name)
			}
			result.Kinds = append(result.Kinds, kind)
		}
		if t.Cache {
			r.Caches = append(r.Caches, t.Name)
		}
		r.Targets = append(r.Targets, result)
	}
	return nil
}

func duration(seconds float64) time.Duration { return time.Duration(seconds * float64(time.Second)) }

// Merge returns one report of several: of all shards of a campaign, or of campaigns
// that are not divided. A finding that several have is counted once, with its smallest
// messages. Coverage is that of the part with the highest, since the parts do not say
// which points they reached.
func Merge(parts []*Report) (*Report, error) {
	if len(parts) == 0 {
		return nil, errors.New("there is nothing to merge")
	}
	if err := checkShards(parts); err != nil {
		return nil, err
	}
	first := parts[0]
	merged := &Report{
		Result: &campaign.Result{RNGSeed: first.RNGSeed, Shards: 1, Start: first.Start}, Version: first.Version,
		Baseline: first.Baseline,
	}
	replays := map[string]string{}
	for _, p := range parts {
		if p.Start.Before(merged.Start) {
			merged.Start = p.Start
		}
		merged.Elapsed = max(merged.Elapsed, p.Elapsed)
		merged.Interrupted, merged.Stopped = merged.Interrupted || p.Interrupted, merged.Stopped || p.Stopped
		for _, t := range p.Targets {
			merged.addTarget(t, p.isCache(&t))
		}
		seen := map[string]int{} // in this part, by name
		for _, f := range p.Findings {
			key := f.Target + "\n" + Name(&f)
			seen[key]++
			merged.addFinding(f, seen[key])
			if p.Replay != nil {
				replays[f.File] = p.Replay(&f)
			}
		}
	}
	merged.Replay = func(f *campaign.Finding) string { return replays[f.File] }
	return merged, nil
}

// checkShards reports what prevents that the parts are merged.
func checkShards(parts []*Report) error {
	first := parts[0]
	of := max(1, first.Shards)
	seen := make([]int, of)
	for i, p := range parts {
		switch {
		case max(1, p.Shards) != of:
			return fmt.Errorf("report %d is of a campaign in %d parts, the first of one in %d", i+1, max(1, p.Shards), of)
		case of > 1 && p.RNGSeed != first.RNGSeed:
			return fmt.Errorf("report %d has seed %d, the first %d: they are not shards of one campaign", i+1, p.RNGSeed, first.RNGSeed)
		}
		if seen[p.Shard]++; of > 1 && seen[p.Shard] > 1 {
			return fmt.Errorf("report %d is of shard %s, as another is", i+1, shard(p.Result))
		}
	}
	if n := slices.Index(seen, 0); n >= 0 {
		return fmt.Errorf("the report of shard %d/%d is missing", n+1, of)
	}
	return nil
}

// addTarget adds the result of one part for a target.
func (r *Report) addTarget(t campaign.TargetResult, cache bool) {
	i := slices.IndexFunc(r.Targets, func(other campaign.TargetResult) bool { return other.Name == t.Name })
	if i < 0 {
		t.Notes = slices.Clone(t.Notes)
		r.Targets = append(r.Targets, t)
		if cache {
			r.Caches = append(r.Caches, t.Name)
		}
		return
	}
	all := &r.Targets[i]
	all.Executions += t.Executions
	all.Conversations += t.Conversations
	all.Coverage = max(all.Coverage, t.Coverage)
	all.Restarts += t.Restarts
	all.Error = cmp.Or(all.Error, t.Error)
	all.Samples = nil
	all.Resources = mergedResources(&all.Resources, &t.Resources)
	for _, kind := range t.Kinds {
		if !slices.Contains(all.Kinds, kind) {
			all.Kinds = append(slices.Clip(all.Kinds), kind)
		}
	}
	for _, note := range t.Notes {
		if !slices.Contains(all.Notes, note) {
			all.Notes = append(all.Notes, note)
		}
	}
}

// addFinding adds the nth finding of its name of one part.
func (r *Report) addFinding(f campaign.Finding, nth int) {
	for i := range r.Findings {
		all := &r.Findings[i]
		if all.Target != f.Target || Name(all) != Name(&f) {
			continue
		}
		if nth--; nth > 0 {
			continue
		}
		count, at := all.Count+f.Count, min(all.At, f.At)
		if better(&f, all) {
			*all = f
		}
		all.Count, all.At = count, at
		return
	}
	r.Findings = append(r.Findings, f)
}

// better reports whether a says more than b: it repeats, or has fewer bytes.
func better(a, b *campaign.Finding) bool {
	uncertain := func(f *campaign.Finding) bool { return f.Flaky || f.Untried }
	if uncertain(a) != uncertain(b) {
		return uncertain(b)
	}
	if a.Conversation != nil && b.Conversation != nil {
		return stepsOf(a) < stepsOf(b)
	}
	return size(a) < size(b)
}

func size(f *campaign.Finding) (bytes int) {
	for _, m := range f.Messages {
		bytes += len(m.Bytes)
	}
	return bytes
}

// resources is what a report says of the use of resources.
func (o *jsonResources) resources() (r campaign.Resources) {
	if o == nil {
		return r
	}
	r.Unwatched, r.Untried = o.Unwatched, o.Untried
	r.Most = resource.Usage{Memory: o.Memory, Files: o.Files, Threads: o.Threads, CPU: time.Duration(o.Processor * float64(time.Second))}
	if o.Memory > 0 {
		r.Most.Processes = 1
	}
	return r
}

func mergedResources(a, b *campaign.Resources) campaign.Resources {
	r := campaign.Resources{Unwatched: cmp.Or(a.Unwatched, b.Unwatched), Untried: slices.Clone(a.Untried)}
	r.Most = resource.Usage{
		Processes: max(a.Most.Processes, b.Most.Processes), Memory: max(a.Most.Memory, b.Most.Memory),
		Files: max(a.Most.Files, b.Most.Files), Threads: max(a.Most.Threads, b.Most.Threads), CPU: a.Most.CPU + b.Most.CPU,
	}
	for _, what := range b.Untried {
		if !slices.Contains(r.Untried, what) {
			r.Untried = append(r.Untried, what)
		}
	}
	return r
}
