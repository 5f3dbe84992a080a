package soapfault

import "slices"

// Level is the strength of a requirement.
type Level uint8

// The levels. Stated is a sentence in the indicative: binding in effect, without a
// word of RFC 2119.
const (
	Must Level = iota + 1
	Should
	May
	Stated
)

// String returns "MUST", "SHOULD", "MAY" or "stated".
func (l Level) String() string {
	switch l {
	case Must:
		return "MUST"
	case Should:
		return "SHOULD"
	case May:
		return "MAY"
	case Stated:
		return "stated"
	}
	return "unknown"
}

// MarshalText returns String.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Check is what shows a violation of a requirement.
type Check uint8

// The checks.
const (
	NotVisible Check = iota // it is inside of a caller
	Bytes                   // a message: its decoder
	Trace                   // an order of calls: the Machine
	Licence                 // it allows something, and cannot be violated
	Other                   // the violation is reported as one of another requirement
)

// Requirement is one statement of a specification, in this project's words.
type Requirement struct {
	ID    Rule // "WUSP-3.2.5-PhaseOrder", of the section ID.Section()
	Level Level
	Text  string // one sentence
	Check Check
	// Reason is, of NotVisible and Licence, why nothing shows a violation, in a
	// clause; of Other, which requirement is reported.
	Reason string
}

// Break is a requirement that an order of calls breaks.
type Break struct {
	Rule   Rule
	Level  Level
	At     int    // index of the event, the number of events for what is missing at the end
	Detail string // one clause
}

// Breaks collects the breaks of one trace.
type Breaks struct {
	table []Requirement
	list  []Break
}

// NewBreaks returns an empty collection. table has the requirements that may be
// broken.
func NewBreaks(table []Requirement) Breaks { return Breaks{table: table} }

// Add adds a break of a rule at the level of its requirement, unless there is one of
// that rule: what follows from the first tells nothing new.
func (b *Breaks) Add(rule Rule, at int, detail string) {
	level := Stated
	if i := slices.IndexFunc(b.table, func(r Requirement) bool { return r.ID == rule }); i >= 0 {
		level = b.table[i].Level
	}
	b.AddLevel(rule, level, at, detail)
}

// AddLevel is Add at another level.
func (b *Breaks) AddLevel(rule Rule, level Level, at int, detail string) {
	for i := range b.list {
		if b.list[i].Rule == rule {
			if at < b.list[i].At { // found late
				b.list[i] = Break{rule, level, at, detail}
			}
			return
		}
	}
	b.list = append(b.list, Break{rule, level, at, detail})
}

// List returns the breaks in the order of the events.
func (b *Breaks) List() []Break {
	list := slices.Clone(b.list)
	slices.SortStableFunc(list, func(x, y Break) int { return x.At - y.At })
	return list
}
