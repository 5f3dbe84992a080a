package campaign

import (
	"bytes"
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// reducer reduces the messages that show a difference while the target still fails
// in the same way.
type reducer struct {
	triage *triage

	raw     fuzz.Difference // as shown by the current messages
	prefix  []fuzz.Message  // sent first
	current target.Case
	size    size // of current

	cause cause
	late  bool // the difference was seen some messages after its cause

	// show returns the difference that the target shows with another message instead of
	// the current one; nil: shows with the prefix.
	show func(ctx context.Context, c target.Case) *fuzz.Difference
}

func newReducer(t *triage, m fuzz.Message, d *fuzz.Difference) *reducer {
	r := &reducer{triage: t, raw: *d}
	r.set(target.NewCase(m))
	return r
}

func (r *reducer) set(c target.Case) { r.current, r.size = c, sizeOf(&c) }

// ends reports whether a fault ends the target. Such a fault may show some messages
// after its cause.
func ends(f fuzz.Fault) bool {
	return f == fuzz.Crash || f == fuzz.Hang || f == fuzz.Unanswered
}

// shows sends the prefix and c, and returns the difference if the target fails in
// the same way. at is the index of the message at which it fails: len(prefix) for c.
func (r *reducer) shows(ctx context.Context, prefix []fuzz.Message, c target.Case) (d *fuzz.Difference, at int) {
	cases := make([]target.Case, 0, len(prefix)+1)
	for _, m := range prefix {
		cases = append(cases, target.NewCase(m))
	}
	cases = append(cases, c)
	r.triage.try(ctx, cases, func(i int, found *fuzz.Difference) bool {
		if i == len(prefix) && r.matches(found, &c) || i < len(prefix) && ends(r.raw.Fault) && found.Fault == r.raw.Fault {
			d, at = found, i
		}
		return d == nil
	})
	return d, at
}

// reproduce looks for the messages that show the difference: the last one alone, or
// with as few as possible of those before it. gone reports that the target can no
// longer be tried.
func (r *reducer) reproduce(ctx context.Context, history []fuzz.Message) (reproduced, gone bool) {
	for range 2 {
		d, _ := r.shows(ctx, nil, r.current)
		if d != nil {
			r.raw, r.triage.fresh = r.keep(d), false
			return true, false
		}
		if r.triage.session == nil {
			return false, true
		}
	}
	for n := 1; len(history) > 0; n *= 2 {
		n = min(n, len(history))
		prefix := history[len(history)-n:]
		if d, at := r.shows(ctx, prefix, r.current); d != nil {
			r.take(d, append(slices.Clone(prefix), r.current.Message)[:at+1])
			r.triage.begin() // for reducing what was hard to reproduce
			r.dropPrefix(ctx)
			return true, false
		}
		if r.triage.session == nil {
			return false, true
		}
		if n == len(history) || r.triage.exhausted(ctx) {
			break
		}
	}
	return false, false
}

// confirm sends the messages once more and reports whether the target still fails: it
// may have failed by chance before. What ends a while after its cause may have ended
// during a try of other messages. gone reports that this could not be tried.
func (r *reducer) confirm(ctx context.Context) (confirmed, gone bool) {
	if r.raw.Fault == fuzz.Crash { // first it gets the time to do so
		r.triage.try(ctx, nil, func(int, *fuzz.Difference) bool { return true })
	}
	needed, shown := 1, 0
	if r.raw.Fault == fuzz.Unanswered { // a target that drops some messages may just have dropped one
		needed = 2
	}
	for range 2 * needed { // the second try sees what the first one ends late
		if d, _ := r.shows(ctx, r.prefix, r.current); d == nil {
			shown = 0
		} else if shown++; shown == needed {
			return true, false
		}
		if r.triage.session == nil || ctx.Err() != nil {
			return true, true
		}
	}
	return false, false
}

// take makes messages the current ones, which show d.
func (r *reducer) take(d *fuzz.Difference, messages []fuzz.Message) {
	last := len(messages) - 1
	r.late = r.late || !bytes.Equal(messages[last].Bytes, r.current.Bytes)
	r.raw, r.prefix = r.keep(d), messages[:last]
	r.set(target.NewCase(messages[last]))
}

// keep returns d with the fault and the detail of a crash seen before: a target that
// restarts quickly only seems to close the connection.
func (r *reducer) keep(d *fuzz.Difference) fuzz.Difference {
	kept := *d
	if r.raw.Fault == fuzz.Crash {
		kept.Fault, kept.Detail = r.raw.Fault, r.raw.Detail
	}
	return kept
}

// dropPrefix drops messages that are not needed, and simplifies those of the prefix.
// If the fault ends the target, it may drop the last message, too.
func (r *reducer) dropPrefix(ctx context.Context) {
	all := append(slices.Clone(r.prefix), r.current.Message)
	for n := (len(all) + 1) / 2; n > 0 && len(all) > 1; n /= 2 {
		for end := len(all); end > 0 && len(all) > 1 && !r.triage.exhausted(ctx); {
			begin := max(0, end-n)
			if end == len(all) && !ends(r.raw.Fault) {
				end--
				continue
			}
			less := slices.Delete(slices.Clone(all), begin, end)
			if len(less) == 0 {
				end = begin
				continue
			}
			last := len(less) - 1
			if d, at := r.shows(ctx, less[:last], target.NewCase(less[last])); d != nil {
				all = less[:at+1]
				r.take(d, all)
			}
			end = min(begin, len(all))
		}
	}
	if len(r.prefix) == 0 {
		r.triage.fresh = false
		return
	}
	for i, m := range r.prefix {
		simple := slices.Clone(r.prefix)
		simple[i] = generate.Simplest(hosts(m.Dissect().Message)[0])
		if d, at := r.shows(ctx, simple, r.current); d != nil && at == len(simple) {
			r.prefix = simple
		}
	}
}

// matches reports whether d, shown by c, is the same failure as that under study.
func (r *reducer) matches(d *fuzz.Difference, c *target.Case) bool {
	switch raw := &r.raw; {
	case d == nil:
		return false
	case raw.ReportedRule != "" && raw.Fault == fuzz.WrongRule:
		// The target may report the same violation in a valid message.
		return d.ReportedRule == raw.ReportedRule && (d.Fault == fuzz.WrongRule || d.Fault == fuzz.Rejected)
	case !sameFault(d.Fault, raw.Fault) || raw.ReportedRule == "" && d.ReportedRule != "":
		return false
	case d.Rule == raw.Rule && place(d) == place(raw):
		return true
	case raw.Fault == fuzz.Accepted || raw.Fault == fuzz.Answered:
		// If several rules are violated, the target may miss any of them.
		return d.Fault == raw.Fault && malformations(c) < malformations(&r.current)
	}
	return !slices.Contains(specific, d.Fault) && d.Requirement == r.raw.Requirement
}

// attempt keeps m if it is simpler than the current message and the target still
// fails in the same way.
func (r *reducer) attempt(ctx context.Context, m fuzz.Message) bool {
	if r.triage.exhausted(ctx) {
		return false
	}
	c := target.NewCase(m)
	z := sizeOf(&c)
	if z.compare(r.size) >= 0 {
		return false
	}
	show := r.show
	if show == nil {
		show = func(ctx context.Context, c target.Case) *fuzz.Difference { return r.showsLast(ctx, r.prefix, c) }
	}
	d := show(ctx, c)
	if d != nil && d.Fault == fuzz.Crash { // the previous try may have caused it
		d = show(ctx, c)
	}
	if d == nil {
		return false
	}
	r.current, r.size, r.raw = c, z, r.keep(d)
	return true
}

// showsLast returns the difference if the target fails at c, not before.
func (r *reducer) showsLast(ctx context.Context, prefix []fuzz.Message, c target.Case) *fuzz.Difference {
	if d, at := r.shows(ctx, prefix, c); at == len(prefix) {
		return d
	}
	return nil
}

// reducePrefix reduces each message of the prefix as the last one.
func (r *reducer) reducePrefix(ctx context.Context) {
	for i := range r.prefix {
		one := newReducer(r.triage, r.prefix[i], &r.raw)
		one.show = func(ctx context.Context, c target.Case) *fuzz.Difference {
			prefix := slices.Clone(r.prefix)
			prefix[i] = c.Message
			return r.showsLast(ctx, prefix, r.current)
		}
		r.triage.begin()
		one.reduce(ctx)
		r.prefix[i] = one.current.Message
	}
}

// reduce runs all passes until none simplifies the current message.
func (r *reducer) reduce(ctx context.Context) {
	passes := []func(context.Context){r.repair, r.graftField, r.shorten, r.truncate, r.normalise, r.shrinkIntegers, r.deleteBytes, r.zeroBytes}
	for before := (size{}); before != r.size && !r.triage.exhausted(ctx); {
		before = r.size
		for _, pass := range passes {
			pass(ctx)
		}
	}
}

// with returns the current message with the bytes from start to end replaced.
func (r *reducer) with(start, end int, by []byte) fuzz.Message {
	b := r.current.Bytes
	return fuzz.Message{Kind: r.current.Kind, Bytes: slices.Concat(b[:start], by, b[end:])}
}

// hosts returns the names of the simplest messages to compare a message with: its
// own, or all requests for one of unknown Type.
func hosts(message string) []string {
	if message == "UNKNOWN" {
		return []string{"BATCHED_OFFER_MESSAGE", "INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE"}
	}
	return []string{message}
}

// graftField tries the simplest messages, each with one field of the current message
// that differs.
func (r *reducer) graftField(ctx context.Context) {
	for _, message := range hosts(r.current.Expected.Message) {
		host := generate.Simplest(message)
		if r.attempt(ctx, host) {
			return
		}
		for _, l := range leaves(r.current.Expected) {
			p, ok := simplest(message)[l.path]
			if !ok || string(p.Raw()) == string(l.node.Raw()) {
				continue
			}
			b := slices.Concat(host.Bytes[:p.Offset], l.node.Raw(), host.Bytes[p.Offset+len(p.Raw()):])
			if r.attempt(ctx, fuzz.Message{Kind: r.current.Kind, Bytes: b}) {
				return
			}
		}
	}
}

// repair tries to remove the violations, one after the other.
func (r *reducer) repair(ctx context.Context) {
	for i := 0; i < len(r.current.Expected.Violations); i++ {
		violation := r.current.Expected.Violations[i]
		message := hosts(r.current.Expected.Message)[0]
		host := generate.Simplest(message)
		p, ok := simplest(message)[fuzz.StripIndexes(violation.Field)]
		length := len(r.current.Bytes)
		switch {
		case ok && violation.Offset+len(p.Raw()) <= length:
			r.attempt(ctx, r.with(violation.Offset, violation.Offset+len(p.Raw()), p.Raw()))
		case length < len(host.Bytes):
			r.attempt(ctx, r.with(length, length, host.Bytes[length:]))
		}
	}
}

// halve calls try for the range from begin to end. If try returns false, halve
// continues with the halves, the later one first, down to ranges of length finest.
// try must not change anything before its range.
func halve(begin, end, finest int, try func(begin, end int) bool) {
	if begin >= end || try(begin, end) || end-begin <= finest {
		return
	}
	middle := begin + (end-begin)/2
	halve(middle, end, finest, try)
	halve(begin, middle, finest, try)
}

// shorten drops elements of lists, with adjusted or unchanged counts.
func (r *reducer) shorten(ctx context.Context) {
	for number := 0; !r.triage.exhausted(ctx); number++ {
		lists := listsOf(r.current.Expected.Fields())
		if number >= len(lists) {
			break
		}
		halve(0, len(lists[number].elements()), 1, func(begin, end int) bool {
			for _, counted := range []bool{true, false} {
				fields := r.current.Expected.Fields()
				if lists := listsOf(fields); number < len(lists) {
					lists[number].drop(begin, end, counted)
				}
				b, err := spec.Assemble(r.current.Expected.Message, fields)
				if err == nil && r.attempt(ctx, fuzz.Message{Kind: r.current.Kind, Bytes: b}) {
					return true
				}
			}
			return false
		})
	}
}

// truncate drops bytes at the end.
func (r *reducer) truncate(ctx context.Context) {
	for n := len(r.current.Bytes); n > 0; n /= 2 {
		for n <= len(r.current.Bytes) && r.attempt(ctx, r.with(len(r.current.Bytes)-n, len(r.current.Bytes), nil)) {
		}
	}
}

// normalise sets fields to the values of the simplest message, or to zeros.
func (r *reducer) normalise(ctx context.Context) {
	plain := simplest(r.current.Expected.Message)
	for _, zeros := range []bool{false, true} {
		halve(0, len(leaves(r.current.Expected)), 1, func(begin, end int) bool {
			all := leaves(r.current.Expected)
			b := slices.Clone(r.current.Bytes)
			for _, l := range all[min(begin, len(all)):min(end, len(all))] {
				raw := b[l.node.Offset : l.node.Offset+len(l.node.Raw())]
				if p, ok := plain[l.path]; ok && len(p.Raw()) == len(raw) && !zeros {
					copy(raw, p.Raw())
				} else if !ok || zeros && string(p.Raw()) != string(raw) {
					clear(raw)
				}
			}
			return string(b) == string(r.current.Bytes) || r.attempt(ctx, fuzz.Message{Kind: r.current.Kind, Bytes: b})
		})
	}
}

// shrinkIntegers reduces integers that differ from those of the simplest message.
func (r *reducer) shrinkIntegers(ctx context.Context) {
	plain := simplest(r.current.Expected.Message)
	for i := 0; !r.triage.exhausted(ctx); i++ {
		all := leaves(r.current.Expected)
		if i >= len(all) {
			break
		}
		for again := true; again && i < len(all) && !r.triage.exhausted(ctx); {
			again = false
			n := all[i].node
			p, ok := plain[all[i].path]
			if n.Form != spec.Integer || n.Truncated() || ok && string(p.Raw()) == string(n.Raw()) {
				break
			}
			for _, v := range []uint64{n.Value / 256, n.Value / 2, n.Value - n.Value/8, n.Value - 1} {
				if v < n.Value && r.attempt(ctx, r.with(n.Offset, n.Offset+len(n.Raw()), integer(n, v))) {
					again = true
					all = leaves(r.current.Expected)
					break
				}
			}
		}
	}
}

// integer returns v in the size and byte order of n.
func integer(n *spec.Node, v uint64) []byte {
	b := make([]byte, len(n.Raw()))
	big := uint64(0)
	for _, c := range n.Raw() {
		big = big<<8 | uint64(c)
	}
	for i := range b {
		b[len(b)-1-i] = byte(v >> (8 * i))
	}
	if big != n.Value {
		slices.Reverse(b)
	}
	return b
}

// finest returns the smallest number of bytes that a pass over a message of that
// length tries at a time, to limit the number of tries.
func finest(length int) int { return 1 + length/128 }

// deleteBytes deletes bytes anywhere.
func (r *reducer) deleteBytes(ctx context.Context) {
	n := len(r.current.Bytes)
	halve(0, n, finest(n), func(begin, end int) bool {
		return end <= len(r.current.Bytes) && r.attempt(ctx, r.with(begin, end, nil))
	})
}

// zeroBytes sets bytes anywhere to zero.
func (r *reducer) zeroBytes(ctx context.Context) {
	n := len(r.current.Bytes)
	zeros := make([]byte, n)
	halve(0, n, finest(n), func(begin, end int) bool {
		return r.attempt(ctx, r.with(begin, end, zeros[begin:end]))
	})
}
