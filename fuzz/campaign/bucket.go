package campaign

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// bucket is a set of differences with the same cause.
type bucket struct {
	finding *finding
	raw     fuzz.Difference // as first seen
	rule    string          // reported by the target although it is not violated
	cause   cause
	late    bool // seen some messages after its cause

	// Of a failure that needs earlier messages: these, and the last one.
	prefix []target.Case
	last   target.Case
	// signature is that of a sequence.
	signature string
}

// finding is a [Finding] with its count. Only the count, and File, change after the
// campaign has added it.
type finding struct {
	Finding
	count atomic.Int64

	// Of a failure at random: what the first was, what a sample showed, and how many
	// messages the target has got in the campaign.
	detail     string
	sampled    Rate
	executions *atomic.Int64
}

// leastForRate is the number of failures in a campaign of which a rate is reported.
const leastForRate = 3

// now returns the finding with its count and its rate so far.
func (f *finding) now() Finding {
	now := f.Finding
	now.Count = f.count.Load()
	if !f.Flaky || f.Connections > 0 || f.executions == nil {
		return now
	}
	if all := (Rate{f.sampled.Failures + now.Count, f.sampled.Messages + f.executions.Load()}); f.sampled.Failures > 0 {
		now.rated(&all, f.detail, true)
	} else if now.Count >= leastForRate {
		now.rated(&Rate{now.Count, f.executions.Load()}, f.detail, false)
	}
	return now
}

// bucket returns the result of the triage of d.
func (r *reducer) bucket(d *fuzz.Difference) *bucket {
	var f Finding
	for i := range r.prefix {
		f.Messages = append(f.Messages, r.prefix[i].Clone())
	}
	f.Messages = append(f.Messages, r.current.Clone())
	f.Difference, f.Cause = r.named()
	f.Contrast, f.Guessed = r.found, r.guessed && f.Cause != ""
	f.Number = 0
	if len(r.prefix) == 0 {
		f.Echo = 0
	} else {
		blameless(&f.Difference)
		f.Cause, f.Earlier, f.Contrast, f.Guessed = "", r.earlier, nil, false
		f.Needed, f.Afterwards = r.needed, r.afterwards
		f.Routes = r.routes()
		f.Detail += fmt.Sprintf(", only after %s", before(len(r.prefix))) + apart(f.Routes)
		if f.Echo > 0 {
			f.Detail += fmt.Sprintf(": the answer is the one to message %d", f.Echo)
		}
	}
	b := &bucket{finding: &finding{Finding: f}, raw: *d, rule: r.raw.ReportedRule, cause: r.cause, late: r.late, prefix: r.prefix, last: r.current,
		signature: signature(r.prefix, &r.current, &r.raw)}
	if r.raw.Fault == fuzz.Rejected {
		b.raw = r.raw // also if d was another fault
	}
	return b
}

// flaky records that the difference d did not show again. Then nothing is known of its
// cause, and no rule is to be blamed. after is the number of messages since a start.
func (b *bucket) flaky(messages []fuzz.Message, d *fuzz.Difference, after int) {
	f := b.finding
	f.Difference = fuzz.Difference{Fault: d.Fault, Requirement: d.Requirement, Detail: d.Detail, Connections: d.Connections, HTTP: d.HTTP, Wire: d.Wire}
	if group(d.Fault) == fuzz.Crash {
		f.Detail += ", at or before this message"
	}
	f.detail, b.prefix, b.signature = f.Detail, nil, ""
	f.Flaky, f.After, f.Cause, f.Messages = true, after, "", cloned(lastOf(messages))
	f.Contrast, f.Guessed = nil, false
	b.cause = cause{}
}

// untried records that nothing could be tried again. An end of the target can be due to
// any message, so no rule is to be blamed.
func (b *bucket) untried(messages []fuzz.Message, d *fuzz.Difference, after int) {
	if unblamed(d.Fault) {
		b.flaky(messages, d, after)
		b.finding.Flaky = false
		if d.Fault == fuzz.Crash {
			b.finding.Messages = cloned(sinceAnswered(messages))
		}
	}
	b.finding.Untried = true
}

// unblamed reports whether a fault says nothing of its cause, as a wrong value does.
func unblamed(f fuzz.Fault) bool { return group(f) != fuzz.BadReply || f == fuzz.BadReply }

// group returns the first fault of those that have one cause if they do not show again:
// an end, or else a wrong answer.
func group(f fuzz.Fault) fuzz.Fault {
	switch f {
	case fuzz.Hang, fuzz.Slow, fuzz.Crash, fuzz.Limit, fuzz.Leak, fuzz.Complexity, fuzz.Aging, fuzz.Idle:
		return f
	case fuzz.Unanswered:
		return fuzz.Crash
	}
	return fuzz.BadReply
}

// before names messages before another.
func before(n int) string {
	if n == 1 {
		return "the message before it"
	}
	return fmt.Sprintf("the %d messages before it", n)
}

// stateful reports whether the bucket is of what depends on more than a message.
func (b *bucket) stateful() bool { return b.finding.Flaky || b.finding.Nth != nil || len(b.prefix) > 0 }

// signature tells sequences apart: by the names of their messages, and whether those
// before the last are valid, or by an answer that is the one to an earlier message. It is ""
// of other buckets. Without such a coarse view a cache with a wrong key would be as many
// findings as there are fields.
func signature(prefix []target.Case, last *target.Case, d *fuzz.Difference) (s string) {
	if len(prefix) == 0 {
		return ""
	}
	if d.Echo > 0 {
		return "echo"
	}
	var routes []target.Route
	for _, c := range prefix {
		s += fmt.Sprintf("%s %t, ", c.Expected.Message, c.Expected.Valid())
		routes = append(routes, c.Route)
	}
	return s + last.Expected.Message + apart(append(routes, last.Route))
}

// explains reports whether the difference d at c belongs to the bucket. after is the
// number of messages since a start of the target.
func (b *bucket) explains(c target.Case, d *fuzz.Difference, after int) bool {
	switch n := b.finding.Nth; {
	case varied(d) || varied(&b.raw):
		return sameWay(d, &b.raw) && group(d.Fault) == group(b.raw.Fault)
	case n != nil && n.Counts == CountsAll && !n.Onward && ends(d.Fault) && group(b.raw.Fault) == group(d.Fault):
		return n.includes(after)
	case b.stateful():
		return false // d may show again, or at its message alone
	case d.ReportedRule != "" && b.rule == d.ReportedRule && d.Fault == fuzz.WrongRule:
		return true
	case !sameFault(b.raw.Fault, d.Fault):
		return false
	case slices.Contains(specific, d.Fault):
		return b.raw.Rule == d.Rule && place(&b.raw) == place(d)
	}
	return b.cause.matches(c.Expected)
}

// specific are the faults whose Rule and Field identify the cause. Triage locates
// the cause of the others.
var specific = []fuzz.Fault{
	fuzz.Accepted, fuzz.WrongRule, fuzz.WrongField, fuzz.Derived, fuzz.Sender, fuzz.Answered, fuzz.WrongName,
}

// sameFault reports whether two faults may have the same cause. A decoder that
// misses a violation may report a later one instead. A crashed target that restarts
// quickly only seems to close the connection.
func sameFault(a, b fuzz.Fault) bool {
	violation := func(f fuzz.Fault) bool { return f == fuzz.Accepted || f == fuzz.WrongRule }
	end := func(f fuzz.Fault) bool { return f == fuzz.Crash || f == fuzz.Unanswered }
	return a == b || violation(a) && violation(b) || end(a) && end(b)
}

// place returns where in a message a difference is. It is the same for Content
// Information alone and in a SEGMENT_INFO_MESSAGE, for all elements of a list, and
// for all fields at which a structure is truncated.
func place(d *fuzz.Difference) string {
	if strings.HasSuffix(d.Rule, "-Truncated") {
		return ""
	}
	return bare(fuzz.StripIndexes(d.Field))
}

// samePlace reports whether two differences may be at the same place.
func samePlace(a, b *fuzz.Difference) bool {
	x, y := place(a), place(b)
	return x == y || x == "" || y == ""
}

// bare returns a path relative to the Content Information in a SEGMENT_INFO_MESSAGE.
func bare(path string) string { return strings.TrimPrefix(path, "SegmentInformation.") }
