package campaign

import (
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Result is the result of a campaign, so far or final.
type Result struct {
	RNGSeed       uint64
	Shard, Shards int // which part of a campaign it was: from 0, of Shards
	Start         time.Time
	Elapsed       time.Duration
	Interrupted   bool // before its budget was used up
	Stopped       bool // by a finding, see [Config]
	Targets       []TargetResult
	Findings      []Finding // in the order in which they were found
}

// TargetResult is the result for one target.
type TargetResult struct {
	Name       string
	Kinds      []spec.Kind // of messages that it accepts
	Executions int64       // number of messages tried
	// Conversations is the number of conversations in which they were sent, see package
	// model; 0 for a campaign of single messages.
	Conversations int64
	Coverage      int              // points of the specification that they covered, see package coverage
	Points        []coverage.Point // which they are; nil in a report that was read
	Restarts      int
	Notes         []string // worth knowing, but no findings: "restarts after an exit: 3"
	Error         string   // why the target was aborted; "" if it was not
	Unfinished    bool     // Error says what was not tried before a limit ended the campaign: nothing failed
	Resources     Resources
	Client        bool     // it is a client of a hosted cache, see package serve
	Behaviour     []string // ids of the requirements of behaviour that a client was tested against
	Samples       []Sample
}

// Resources is what is known of the resources of a target.
type Resources struct {
	Unwatched string         // why its processes were not watched; "" if they were
	Most      resource.Usage // the highest values of one process; CPU is the sum of all processes
	Untried   []string       // what was not tried, such as long messages, or, behind NotKnown, not found out
}

// NotKnown begins what of Untried was tried, but to no result.
const NotKnown = "not known: "

// Sample is the state of a target at one time. Samples are evenly spaced; there are
// a few hundred at most.
type Sample struct {
	At         time.Duration // since the start of the campaign
	Executions int64
	Coverage   int
	Findings   int
	Usage      resource.Usage // of all processes of the target; zero if unknown
}

// Finding is a distinct failure of a target, with a minimised reproducer.
type Finding struct {
	Target string
	fuzz.Difference
	// Messages reproduce the failure, in order. The target fails at the last one.
	// There are others only if the last one alone does not fail.
	Messages []fuzz.Message
	// Repeat is how often the messages are repeated in one session, at most, until the
	// target fails; 0: not at all. If Connections is not 0, they are sent at the same
	// time.
	Repeat int
	// Routes, if not nil, says over which connection, and to which URL of a hosted cache, each
	// of the messages goes: they fail only so.
	Routes []target.Route
	// Earlier, if not nil, says what is wrong at those before the last one, "" for nothing.
	Earlier []string
	// Needed, if not nil, says for each message before the last one what of it is needed, as
	// was tried: "Port is 0; with Port 80 message 3 goes right". "" for nothing in particular.
	// Afterwards is what the target does with the last one when it is sent once more.
	Needed     []string
	Afterwards Afterwards
	// Nth, if not nil, says that the failure depends on the number of messages. Then
	// Messages has the one to repeat.
	Nth *Nth
	// Rate, if not nil, says that the target fails at some messages at random.
	Rate *Rate
	// Conversation is what reproduces the failure instead of the Messages alone: lines that
	// package model plays, with what came of each behind an arrow. Messages are those that
	// were sent. Nil: there is none. Steps is how many it had when the failure was first seen.
	Conversation []string
	Steps        int
	// Unreduced says that the time ran out before each step of the Conversation had been
	// left out once. Otherwise it fails in this way with all of them only, and Variants has
	// those without which it fails in another way.
	Unreduced bool
	Variants  []Variant
	// Cause is the id of the field or rule that a failure at a valid message depends on,
	// if known. Field is that field.
	Cause string
	// Guessed is whether Cause is only likely, since the target could not be asked often
	// enough to test it.
	Guessed  bool
	Contrast *Contrast     // what the failure depends on, nil if that was not looked for or found
	Original int           // length in bytes of the message with which it was first seen
	At       time.Duration // when it was first seen, since the start of the campaign
	Count    int64         // how often it was seen
	File     string        // where it was saved for a replay; "" if it was not
	Flaky    bool          // it could not be reproduced; Messages are the last ones, as context
	Untried  bool          // the campaign or the target ended before it could be tried again
	Measured *Measurement  // of a finding about memory, files, threads or time; nil for others
	After    int           // of a Flaky or Untried one: about how many messages after a start of the target
	// Of a client, see package serve: how the server behaved, as a scenario and in a clause;
	// other scenarios with the same failure; and what both did, a line each.
	Scenario, Behaviour string
	Same                []string
	Exchange            []string
	Derived             bool // Requirement is a conclusion: the specification does not state it
}

// Afterwards says what a target does after a failure that needs earlier messages.
type Afterwards string

// What it does; "": that is not known.
const (
	Recovers Afterwards = "recovers" // it does with the same message what it must
	Persists Afterwards = "persists" // it fails at the same message again
)

// Variant is another failure, which a conversation shows without one of its steps: probably
// one of the same cause.
type Variant struct {
	Step        int        `json:"step"` // from 1
	Fault       fuzz.Fault `json:"fault"`
	Requirement string     `json:"requirement,omitempty"`
	Rule        string     `json:"rule,omitempty"`
}

// Measurement is how a finding about resources was measured, in a process that was
// started for it.
type Measurement struct {
	Resource resource.Kind
	X, Y     string           // what the points are: "messages", "bytes"
	Points   []resource.Point // with the messages of the finding; some dozens at most
	Other    string           // what was tried beside them, and does not do so; "" if nothing
	Beside   []resource.Point // with that
	Each     float64          // growth with each message, in bytes or as a number
	Exponent float64          // of the time, by the size of a message
	Drawn    bool             // messages like that of the finding, but all different
}

// Message returns the message at which the target fails.
func (f *Finding) Message() fuzz.Message { return f.Messages[len(f.Messages)-1] }
