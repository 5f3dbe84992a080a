package campaign

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// cause is the feature of a message that makes a target fail.
type cause struct {
	message string // only in messages with this name; "": in any
	rule    string // a violation of this rule

	// Without rule: a field with this path that has these bytes, or occurs at least
	// this number of times. No path: any message.
	path   string
	raw    string
	number int

	tested    bool       // with other messages: it is no guess
	condition *condition // what was confirmed, in place of the above; nil if nothing was

	offset int // of that field, in the current message
	named  string
}

// matches reports whether a message contains the cause.
func (c *cause) matches(d *spec.Dissection) bool {
	if c.condition != nil {
		return c.condition.matches(d)
	}
	if c.rule != "" {
		first, malformed := d.First()
		if !malformed {
			return slices.ContainsFunc(d.Violations, func(b spec.Violation) bool { return b.Rule == c.rule })
		}
		return first.Rule == c.rule
	}
	if !d.Valid() {
		return false
	}
	if c.path == "" {
		return c.message == d.Message
	}
	number := 0
	for _, l := range leaves(d) {
		if bare(l.path) == c.path {
			if number++; c.number == 0 && string(l.node.Raw()) == c.raw {
				return true
			}
		}
	}
	return c.number > 0 && number >= c.number
}

// numbers are the rules about the number of elements in a list, by the path of a
// field of each element.
var numbers = []struct{ path, rule string }{
	{"SegmentDescriptor.BlockSize", "PCHC-2.2.1.5-MaxDescriptors"},
	{"segments.ullOffsetInContent", "PCCRC-2.3-cSegments"},
	{"blocks.BlockHashes", "PCCRC-2.3.1.2-cBlocks"},
	{"SegmentInformation.blocks.BlockHashes", "PCCRC-2.3.1.2-cBlocks"},
	{"chunks.bChunkType", "PCCRC-2.4-chunks"},
	{"chunks.chunkData.cbSegment", "PCCRC-2.4.1.1-dwChunkDataLength"},
	{"MESSAGE_BODY.NeededBlockRanges.Index", "PCCRR-2.2.4.2-NeededBlocksRangeCount"},
	{"MESSAGE_BODY.SegmentIDs.SizeOfSegmentID", "PCCRR-2.2.4.4-CountOfSegmentIDs"},
	{"MESSAGE_BODY.BlockRanges.Index", "PCCRR-2.2.5.2-BlockRangeCount"},
	{"MESSAGE_BODY.SegmentRanges.Index", "PCCRR-2.2.5.4-SegmentRangeCount"},
	{"Body.Probe.Scopes", "PCCRD-2.2.3.3-Scopes"},
	{"Body.ProbeMatches.ProbeMatch.Scopes", "PCCRD-2.2.3.3-Scopes"},
	{"Body.ProbeMatches.ProbeMatch.XAddrs", "PCCRD-2.2.3.8-XAddrs"},
	{"Body.ProbeMatches.ProbeMatch.Types", "PCCRD-2.2.2.2-ProbeMatch"},
}

// locate returns the cause in the reduced message: the first violation; otherwise
// the field that triggers the failure; otherwise a difference from the simplest
// message.
func (r *reducer) locate(ctx context.Context) cause {
	d := r.current.Expected
	if first, malformed := d.First(); malformed {
		return cause{rule: first.Rule, named: first.Rule, offset: first.Offset}
	}
	if slices.Contains(specific, r.raw.Fault) {
		return cause{}
	}
	own := leaves(d)
	r.triage.begin() // reducing may have reached the limits
	valid := func(rng *rand.Rand) fuzz.Message { return generate.ValidMessage(rng, d.Message) }
	plain := simplest(d.Message)
	// How many there are: a decoder that refuses two segments.
	for _, n := range numbers {
		at, number := count(own, n.path)
		c := cause{path: bare(n.path), number: number, named: n.rule}
		if plain[n.path] == nil || number < 2 {
			continue
		}
		fails, known := r.tested(ctx, &c, valid)
		if fails || !known && !r.triage.exhausted(ctx) {
			c.offset, c.tested = at.Offset, fails
			return c
		}
	}
	// A sender rule: a decoder that refuses segments that do not adjoin.
	for _, v := range d.Violations {
		c := cause{rule: v.Rule, named: v.Rule, offset: v.Offset}
		fails, known := r.tested(ctx, &c, func(rng *rand.Rand) fuzz.Message { return generate.BrokenAs(rng, r.current.Kind, v.Rule) })
		if fails || !known && !r.triage.exhausted(ctx) {
			return c
		}
	}
	// A set of values of one field: a decoder that refuses ports below 1024.
	l, ok, cleared := r.exchange(ctx, own)
	if ok {
		return certain(l)
	}
	// One value, or else the longest list: a decoder that refuses long messages.
	most := mostElements(own)
	var guess *cause
	for _, l := range integersFirst(own) {
		if p, ok := plain[l.path]; follows(l.node) || cleared[l.path] || ok && string(p.Raw()) == string(l.node.Raw()) {
			continue
		}
		c := causeAt(l)
		fails, known := r.tested(ctx, &c, valid)
		if fails {
			c.tested = true
			return c
		}
		if !known && guess == nil && !r.innocent(ctx, l) {
			guess = &c
		}
	}
	// Without evidence, a long list is a likelier cause than a value.
	if guess != nil && most.number <= 1 && !r.triage.exhausted(ctx) {
		return *guess
	}
	if r.triage.exhausted(ctx) { // the rest would be a guess
		return cause{message: d.Message}
	}
	if most.number > 1 {
		return most
	}
	// A value that even the simplest message has: a decoder that refuses SHA-256.
	if l, ok := r.correlate(ctx, own); ok {
		return certain(l)
	}
	return cause{message: d.Message}
}

// innocent reports whether a field is a byte string of MS-PCCRR or its size, and the target
// fails with that of the simplest message, too.
func (r *reducer) innocent(ctx context.Context, l leaf) bool {
	name := strings.TrimPrefix(l.node.Name, "SizeOf")
	named := func(t text) bool { return t.name == name }
	plain := textsOf(generate.Simplest(r.current.Expected.Message).Dissect().Fields())
	fields := r.current.Expected.Fields()
	own := textsOf(fields)
	from, to := slices.IndexFunc(plain, named), slices.IndexFunc(own, named)
	if from < 0 || to < 0 {
		return false
	}
	own[to].set(plain[from].parent[name].([]byte))
	b, err := spec.Assemble(r.current.Expected.Message, fields)
	if err != nil {
		return false
	}
	m, _ := measured(fuzz.Message{Kind: r.current.Kind, Bytes: b})
	c := target.NewCase(m)
	if !c.Expected.Valid() {
		return false
	}
	d, _ := r.shows(ctx, r.prefix, c)
	return d != nil
}

// mostElements returns the longest list of a message as a cause.
func mostElements(own []leaf) (most cause) {
	for _, n := range numbers {
		if at, number := count(own, n.path); number > most.number {
			most = cause{path: bare(n.path), number: number, named: n.rule, offset: at.Offset}
		}
	}
	return most
}

// mostAsked is the number of other messages with which a cause is tested.
const mostAsked = 6

// tested reports whether the target fails at most of those messages from next that
// contain the cause, and whether there are any.
func (r *reducer) tested(ctx context.Context, cause *cause, next func(*rand.Rand) fuzz.Message) (fails, known bool) {
	rng := rand.New(rand.NewPCG(1, 2)) // the same messages each time
	wrong, tried := 0, 0
	for range 200 {
		c := target.NewCase(next(rng))
		if tried == mostAsked || r.triage.exhausted(ctx) || !cause.matches(c.Expected) {
			continue
		}
		tried++
		if d, _ := r.shows(ctx, r.prefix, c); d != nil {
			wrong++
		}
	}
	return 2*wrong > tried, tried > 0
}

// follows reports whether a field of a valid message follows from its length: MsgSize, and
// Size of a response (MS-PCCRR 2.2.2, 2.2.3), and BufferLength (MS-SMB2 2.2.32.4).
func follows(n *spec.Node) bool {
	return n.Name == "MsgSize" || n.Name == "Size" || n.Name == "BufferLength"
}

func causeAt(l leaf) cause {
	return cause{path: bare(l.path), raw: string(l.node.Raw()), named: fuzz.FieldID(l.node), offset: l.node.Offset}
}

// certain is causeAt of what was tried with other messages.
func certain(l leaf) cause {
	c := causeAt(l)
	c.tested = true
	return c
}

// mostValues is the number of other values that exchange tries for a field.
const mostValues = 6

// exchange returns the field that triggers the failure: with the value from another
// valid message, the target does not fail. In a list it tries the first and the last
// element. cleared has the paths of fields that do not trigger it.
func (r *reducer) exchange(ctx context.Context, own []leaf) (found leaf, ok bool, cleared map[string]bool) {
	rng := rand.New(rand.NewPCG(1, 2)) // the same messages each time
	values := map[string][][]byte{}
	message := r.current.Expected.Message
	m := generate.Simplest(message)
	for range 50 {
		for _, l := range leaves(m.Dissect()) {
			seen := values[l.path]
			if len(seen) < mostValues && !slices.ContainsFunc(seen, func(b []byte) bool { return string(b) == string(l.node.Raw()) }) {
				values[l.path] = append(seen, l.node.Raw())
			}
		}
		m = generate.ValidMessage(rng, message)
	}
	cleared = map[string]bool{}
	for _, l := range integersFirst(own) {
		if first, last := ofPath(own, l.path); l.node != first && l.node != last {
			continue
		}
		for _, value := range values[l.path] {
			c := target.NewCase(r.with(l.node.Offset, l.node.Offset+len(l.node.Raw()), value))
			if string(value) == string(l.node.Raw()) || !c.Expected.Valid() {
				continue
			}
			if r.triage.exhausted(ctx) {
				return leaf{}, false, cleared
			}
			if d, _ := r.shows(ctx, r.prefix, c); d == nil && r.triage.session != nil {
				return l, true, cleared
			}
			cleared[l.path] = true
		}
	}
	return leaf{}, false, cleared
}

// correlate returns the field that has its value in all failing messages and in no
// other. It helps if even the simplest message fails and other values of the field
// need another length.
func (r *reducer) correlate(ctx context.Context, own []leaf) (leaf, bool) {
	rng := rand.New(rand.NewPCG(1, 2))
	suspects, right := integersFirst(own), 0
	for range 40 {
		if r.triage.exhausted(ctx) {
			return leaf{}, false
		}
		c := target.NewCase(generate.ValidMessage(rng, r.current.Expected.Message))
		d, _ := r.shows(ctx, r.prefix, c)
		if d == nil {
			right++
		}
		others := leaves(c.Expected)
		suspects = slices.DeleteFunc(suspects, func(l leaf) bool {
			first, _ := ofPath(others, l.path)
			return follows(l.node) || (first != nil && string(first.Raw()) == string(l.node.Raw())) != (d != nil)
		})
	}
	if right == 0 || len(suspects) == 0 {
		return leaf{}, false
	}
	return suspects[0], true
}

// integersFirst returns the leaves, with integers, the likelier causes, before byte
// strings.
func integersFirst(own []leaf) []leaf {
	own = slices.Clone(own)
	slices.SortStableFunc(own, func(a, b leaf) int { return cmp.Compare(a.order(), b.order()) })
	return own
}

// order is low for the likelier causes. Types of MS-PCCRD are last, since they change how
// all else is read.
func (l leaf) order() int {
	if l.node.Name == "Types" {
		return math.MaxInt
	}
	return int(l.node.Form)
}

// ofPath returns the first and the last leaf with that path.
func ofPath(own []leaf, path string) (first, last *spec.Node) {
	for _, l := range own {
		if l.path == path {
			if last = l.node; first == nil {
				first = last
			}
		}
	}
	return first, last
}

// count returns the last leaf with that path, and their number.
func count(own []leaf, path string) (last *spec.Node, number int) {
	for _, l := range own {
		if l.path == path {
			number++
			last = l.node
		}
	}
	return last, number
}

// guess returns a likely cause without trying the target: the only violation, or the
// only field that differs from the simplest message.
func (r *reducer) guess() cause {
	d := r.current.Expected
	if !d.Valid() || slices.Contains(specific, r.raw.Fault) {
		return cause{}
	}
	if len(d.Violations) == 1 {
		b := &d.Violations[0]
		return cause{rule: b.Rule, named: b.Rule, offset: b.Offset}
	}
	strange := slices.DeleteFunc(leaves(d), func(l leaf) bool {
		p, ok := simplest(d.Message)[l.path]
		return ok && string(p.Raw()) == string(l.node.Raw())
	})
	if len(strange) == 1 {
		l := strange[0]
		return cause{path: bare(l.path), raw: string(l.node.Raw()), named: fuzz.FieldID(l.node), offset: l.node.Offset}
	}
	return cause{}
}

// named returns the difference with its rule: one that the message violates or that the
// answer does, otherwise the requirement that the target violates. The cause of a
// failure at a valid message is not a rule that it violates.
func (r *reducer) named() (d fuzz.Difference, cause string) {
	d = r.raw
	if slices.Contains(specific, d.Fault) {
		return d, ""
	}
	first, malformed := r.current.Expected.First()
	switch {
	case malformed && d.Fault != fuzz.BadReply || malformed && d.Requirement == "":
		if d.Rule == "" || r.cause.named != "" {
			d.Rule, d.Offset, d.Field = first.Rule, first.Offset, first.Field
		}
		return d, ""
	case d.Fault == fuzz.Rejected || d.Fault == fuzz.BadReply: // it may be one that a decoder reports
		d.Rule = d.Requirement
	case d.Rule == "":
		d.Rule = d.Requirement
	}
	d.Offset, d.Field = 0, ""
	if r.cause.named != "" {
		d.Offset = r.cause.offset
		for _, l := range leaves(r.current.Expected) {
			if l.node.Offset == d.Offset && fuzz.FieldID(l.node) == r.cause.named {
				d.Field = l.path
			}
		}
	}
	return d, cmp.Or(r.cause.named, d.ReportedRule)
}
