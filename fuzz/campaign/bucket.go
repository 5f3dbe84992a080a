package campaign

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// bucket is a set of differences that come from one cause.
type bucket struct {
	finding *finding
	raw     fuzz.Difference // as it was first seen
	rule    string          // that the target reports as violated and is not
	cause   cause
	late    bool // it was seen some messages after its cause
}

// finding is a [Finding], and how often it was seen. It does not change once it is
// among those of the campaign.
type finding struct {
	Finding
	count atomic.Int64
}

// bucket returns what triage of d has found out.
func (r *reducer) bucket(d *fuzz.Difference) *bucket {
	f := Finding{Difference: r.named(), Messages: append(cloned(r.prefix), r.current.Clone())}
	b := &bucket{finding: &finding{Finding: f}, raw: *d, rule: r.raw.ReportedRule, cause: r.cause, late: r.late}
	if r.raw.Fault == fuzz.Rejected {
		b.raw = r.raw // whatever it was seen with
	}
	return b
}

// uncertain takes in that any of the messages since the last one that was answered
// may be the cause.
func (b *bucket) uncertain(messages []fuzz.Message) {
	b.finding.Detail += ", at or before this message"
	b.finding.Messages = cloned(sinceAnswered(messages))
}

// explains reports whether a case goes wrong for a reason that is known.
func (b *bucket) explains(c target.Case, d *fuzz.Difference) bool {
	switch {
	case d.ReportedRule != "" && b.rule == d.ReportedRule && d.Fault == fuzz.WrongRule:
		return true
	case !sameFault(b.raw.Fault, d.Fault):
		return false
	case slices.Contains(specific, d.Fault):
		return b.raw.Rule == d.Rule && place(&b.raw) == place(d)
	}
	return b.cause.matches(c.Expected)
}

// specific are the faults that tell by their Rule and Field what is wrong. Of
// the others the cause has to be found out by trying.
var specific = []fuzz.Fault{
	fuzz.Accepted, fuzz.WrongRule, fuzz.WrongField, fuzz.Derived, fuzz.Sender, fuzz.Answered, fuzz.WrongName,
}

// sameFault reports whether two faults may come from the same mistake: who
// does not see a violation may take a message with another violation behind it for
// one that begins there, and who is soon there again after a crash only hangs up.
func sameFault(a, b fuzz.Fault) bool {
	violation := func(f fuzz.Fault) bool { return f == fuzz.Accepted || f == fuzz.WrongRule }
	end := func(f fuzz.Fault) bool { return f == fuzz.Crash || f == fuzz.Unanswered }
	return a == b || violation(a) && violation(b) || end(a) && end(b)
}

// place is where in a message a difference is. Content Information is the same
// alone and in a SEGMENT_INFO_MESSAGE, elements of a list are alike, and so are
// the fields at which a structure may be cut short.
func place(d *fuzz.Difference) string {
	if strings.HasSuffix(d.Rule, "-Truncated") {
		return ""
	}
	return bare(fuzz.StripIndexes(d.Field))
}

// samePlace reports whether two differences may be at the same place, as far as
// they tell.
func samePlace(a, b *fuzz.Difference) bool {
	x, y := place(a), place(b)
	return x == y || x == "" || y == ""
}

// bare returns a path as it is in Content Information that stands alone.
func bare(path string) string { return strings.TrimPrefix(path, "SegmentInformation.") }
