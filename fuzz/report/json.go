package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/printable"
)

type jsonFinding struct {
	Target      string             `json:"target"`
	Fault       fuzz.Fault         `json:"fault"`
	Rule        string             `json:"rule,omitempty"`
	Requirement string             `json:"requirement,omitempty"`
	Reported    string             `json:"reported,omitempty"` // a rule that the target reports although it is not violated
	Level       string             `json:"level,omitempty"`
	Section     string             `json:"section,omitempty"`
	Expected    string             `json:"expected,omitempty"`
	Derived     bool               `json:"derived,omitempty"` // the specification does not state what is expected
	Cause       string             `json:"cause,omitempty"`   // of a failure at a valid message
	Field       string             `json:"field,omitempty"`
	Offset      *int               `json:"offset,omitempty"` // with field only
	Detail      string             `json:"detail,omitempty"`
	Answer      string             `json:"answer,omitempty"`
	Message     string             `json:"message"` // its name
	Length      int                `json:"length"`
	Messages    []fuzz.Message     `json:"messages"`
	Original    int                `json:"original"`
	At          float64            `json:"at"` // seconds
	Count       int64              `json:"count"`
	Flaky       bool               `json:"flaky,omitempty"`
	Untried     bool               `json:"untried,omitempty"`
	After       int                `json:"after,omitempty"` // messages since a start, of a flaky one
	Repeat      int                `json:"repeat,omitempty"`
	Connections int                `json:"connections,omitempty"`
	HTTP        string             `json:"http,omitempty"` // the way in which it was sent, if it depends on that
	Wire        []string           `json:"wire,omitempty"` // what was sent and what came back
	File        string             `json:"file,omitempty"`
	Replay      string             `json:"replay,omitempty"`
	Known       bool               `json:"known,omitempty"`   // it is in the baseline
	Guessed     bool               `json:"guessed,omitempty"` // the cause is only likely
	Contrast    *campaign.Contrast `json:"contrast,omitempty"`
	Report      string             `json:"report,omitempty"` // of a sanitizer
	Measured    *jsonMeasured      `json:"measured,omitempty"`
	Scenario    string             `json:"scenario,omitempty"` // how the server behaved, of a client
	Behaviour   string             `json:"behaviour,omitempty"`
	Same        []string           `json:"same,omitempty"`     // other scenarios with the same failure
	Exchange    []string           `json:"exchange,omitempty"` // what both did
	Sequence    bool               `json:"sequence,omitempty"` // the failure needs all messages, in this order
	Routes      []target.Route     `json:"routes,omitempty"`   // over which connection and to which URL each message goes
	Earlier     []string           `json:"earlier,omitempty"`  // of a sequence: what is wrong at those before the last
	Echo        int                `json:"echo,omitempty"`     // the answer is the one to this message of the sequence
	Nth         *campaign.Nth      `json:"nth,omitempty"`      // the failure depends on the number of messages
	Rate        *jsonRate          `json:"rate,omitempty"`     // it happens at random
	Roles       []string           `json:"roles,omitempty"`    // the same in sentences
	// Conversation reproduces it, with what came of each step; Steps is how many it had at first.
	Conversation []string `json:"conversation,omitempty"`
	Steps        int      `json:"steps,omitempty"`
	// Needed is what of each message before the last one is needed, Afterwards what follows.
	Needed     []string            `json:"needed,omitempty"`
	Afterwards campaign.Afterwards `json:"afterwards,omitempty"`
	// Unreduced: the time for minimising it ran out. Variants are the steps without which it
	// fails in another way.
	Unreduced bool               `json:"unreduced,omitempty"`
	Variants  []campaign.Variant `json:"variants,omitempty"`
}

// jsonRate is a rate, with the limits of messages per failure at 95 % confidence.
type jsonRate struct {
	campaign.Rate
	Once  float64 `json:"once"`
	Least float64 `json:"least"`
	Most  float64 `json:"most"`
}

type jsonSummary struct {
	Well        bool         `json:"well"`
	Seed        string       `json:"seed"`            // not every program holds a number of 64 bits
	Shard       string       `json:"shard,omitempty"` // "1/4", if it was one of several
	Start       string       `json:"start"`
	Elapsed     float64      `json:"elapsed"` // seconds
	Interrupted bool         `json:"interrupted"`
	Stopped     bool         `json:"stopped,omitempty"` // by a finding
	Executions  int64        `json:"executions"`
	Findings    int          `json:"findings"`
	Missing     []string     `json:"missing,omitempty"` // known findings that are no longer found
	Targets     []jsonTarget `json:"targets"`
}

type jsonTarget struct {
	Name         string   `json:"name"`
	Cache        bool     `json:"cache,omitempty"`     // it is a hosted cache, not a decoder
	Client       bool     `json:"client,omitempty"`    // or a client
	Behaviour    []string `json:"behaviour,omitempty"` // requirements that it was tested against
	Kinds        []string `json:"kinds,omitempty"`     // of the messages that it takes
	Executions   int64    `json:"executions"`
	Coverage     int      `json:"coverage"`
	Findings     int64    `json:"findings"`
	Restarts     int      `json:"restarts"`
	Requirements int      `json:"requirements"` // that were tested
	Error        string   `json:"error,omitempty"`
	Unfinished   bool     `json:"unfinished,omitempty"` // error is what was not tried before a limit
	Notes        []string `json:"notes,omitempty"`

	Resources *jsonResources `json:"resources,omitempty"`
	// Conversations is in how many conversations the messages were sent, 0 if in none.
	Conversations int64 `json:"conversations,omitempty"`
}

// JSON writes an object a line: {"finding":{...}} for each finding, and
// {"summary":{...}} in the end.
func JSON(w io.Writer, r *Report) error {
	e := json.NewEncoder(printable.JSON(w))
	for _, s := range describe(r) {
		f := s.Finding
		o := jsonFinding{
			Target: f.Target, Fault: f.Fault, Rule: f.Rule, Requirement: f.Requirement, Reported: f.ReportedRule, Cause: f.Cause, Field: f.Field, Detail: f.Detail, Answer: f.Answer,
			Message: f.Message().Dissect().Message, Length: len(f.Message().Bytes), Messages: f.Messages, Original: f.Original,
			Scenario: f.Scenario, Behaviour: f.Behaviour, Same: f.Same, Exchange: f.Exchange,
			At: f.At.Seconds(), Count: f.Count, Flaky: f.Flaky, Untried: f.Untried, After: f.After, Repeat: f.Repeat, Connections: f.Connections, HTTP: f.HTTP, Wire: wire(f), File: f.File, Replay: s.Replay, Known: s.Known,
			Guessed: f.Guessed, Contrast: f.Contrast, Conversation: f.Conversation, Steps: f.Steps,
		}
		o.Report, o.Unreduced, o.Variants, o.Needed, o.Afterwards = f.Report, f.Unreduced, f.Variants, f.Needed, f.Afterwards
		if f.Measured != nil {
			measured := jsonMeasured(*f.Measured)
			o.Measured = &measured
		}
		o.Routes = f.Routes
		o.Sequence, o.Earlier, o.Echo, o.Nth, o.Roles = f.Sequence(), f.Earlier, f.Echo, f.Nth, s.Roles
		if f.Rate != nil {
			least, most := f.Rate.Interval()
			o.Rate = &jsonRate{*f.Rate, f.Rate.Once(), least, most}
		}
		if f.Field != "" {
			o.Offset = &f.Offset
		}
		if len(s.Requirements) > 0 {
			q := &s.Requirements[0]
			o.Level, o.Section, o.Expected, o.Derived = q.Level.String(), q.Section, cmp.Or(f.Required, q.Text), q.Derived || f.Derived
		}
		if err := e.Encode(map[string]any{"finding": &o}); err != nil {
			return err
		}
	}
	_, well := verdict(r)
	sum := jsonSummary{
		Shard: shard(r.Result), Stopped: r.Stopped,
		Well: well, Seed: strconv.FormatUint(r.RNGSeed, 10), Start: r.Start.UTC().Format("2006-01-02T15:04:05.000Z07:00"), Elapsed: r.Elapsed.Seconds(),
		Interrupted: r.Interrupted, Executions: executions(r.Result), Findings: len(r.Findings), Missing: r.Missing(), Targets: []jsonTarget{},
	}
	for i := range r.Targets {
		t := &r.Targets[i]
		var kinds []string
		for _, kind := range t.Kinds {
			kinds = append(kinds, kind.String())
		}
		sum.Targets = append(sum.Targets, jsonTarget{
			t.Name, r.isCache(t), t.Client, t.Behaviour, kinds, t.Executions, t.Coverage, findings(r, t.Name), t.Restarts, len(r.Tested(t)), t.Error, t.Unfinished, t.Notes, resourcesOf(t), t.Conversations,
		})
	}
	return e.Encode(map[string]any{"summary": &sum})
}

// shard names the part of a campaign that a result is of, "" for all of it.
func shard(r *campaign.Result) string {
	if r.Shards < 2 {
		return ""
	}
	return fmt.Sprintf("%d/%d", r.Shard+1, r.Shards)
}

// ParseShard parses what --json shows as "shard": "1/4" is the first of four.
func ParseShard(s string) (number, of int, err error) {
	a, b, ok := strings.Cut(s, "/")
	n, err1 := strconv.Atoi(a)
	of, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > of {
		return 0, 0, fmt.Errorf("a shard is NUMBER/COUNT, from 1/COUNT to COUNT/COUNT, not %q", printable.String(s))
	}
	return n - 1, of, nil
}
