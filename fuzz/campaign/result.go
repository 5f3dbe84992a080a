package campaign

import (
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// Result is what a campaign has done and found, so far or in the end.
type Result struct {
	RNGSeed     uint64
	Start       time.Time
	Elapsed     time.Duration
	Interrupted bool // before its budget was used up
	Targets     []TargetResult
	Findings    []Finding // in the order in which they were found
}

// TargetResult is what was done with one target.
type TargetResult struct {
	Name       string
	Kinds      []spec.Kind // of messages that it takes
	Executions int64       // messages tried
	Coverage   int         // points of the specification that they covered, see package coverage
	Restarts   int
	Error      string // why it could not be tried any more; "" if it could
	Samples    []Sample
}

// Sample is the state of a target at one time. They are evenly spread, a few
// hundred at most.
type Sample struct {
	At         time.Duration // since the start of the campaign
	Executions int64
	Coverage   int
	Findings   int
}

// Finding is something that a target does wrong, with the least that shows it.
type Finding struct {
	Target string
	fuzz.Difference
	// Messages are what it takes, in order: the last is the one that goes
	// wrong, those before it are there only where it does not go wrong alone.
	Messages []fuzz.Message
	Original int           // bytes of the message that it was first seen with
	At       time.Duration // when it was first seen, since the start of the campaign
	Count    int64         // how often it was seen
	File     string        // where it was saved for a replay; "" if it was not
	// Flaky says that trying the same messages again went well.
	Flaky bool
}

// Message is the one that goes wrong.
func (f *Finding) Message() fuzz.Message { return f.Messages[len(f.Messages)-1] }
