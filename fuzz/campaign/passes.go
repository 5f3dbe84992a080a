package campaign

import (
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// reduce runs all passes until none simplifies the current message.
func (r *reducer) reduce(ctx context.Context) {
	passes := []func(context.Context){r.repair, r.graftField, r.shorten, r.shortenTexts, r.truncate, r.normalise, r.shrinkIntegers, r.deleteBytes, r.zeroBytes}
	if r.current.Kind == spec.Discovery {
		passes = []func(context.Context){r.plain, r.exchangeElements, r.graftField, r.shorten, r.dropMarkup, r.shortenCharacters, r.truncate, r.deleteBytes}
	}
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
// own, or all of its kind for one of unknown type.
func hosts(m *target.Case) []string {
	switch {
	case m.Expected.Message != "UNKNOWN":
		return []string{m.Expected.Message}
	case m.Kind == spec.Request: // the most likely first
		return []string{"BATCHED_OFFER_MESSAGE", "INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE"}
	}
	return generate.Messages(m.Kind)
}

// graftField tries the simplest messages, each with one field of the current message
// that differs.
func (r *reducer) graftField(ctx context.Context) {
	for _, message := range hosts(&r.current) {
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
		message := hosts(&r.current)[0]
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

// shortenTexts drops bytes of byte strings with a size, and adjusts that.
func (r *reducer) shortenTexts(ctx context.Context) {
	if _, has := headers[r.current.Kind]; !has {
		return // those of MS-PCHC have one size only
	}
	for number := 0; !r.triage.exhausted(ctx); number++ {
		texts := textsOf(r.current.Expected.Fields())
		if number >= len(texts) {
			break
		}
		n := len(texts[number].parent[texts[number].name].([]byte))
		halve(0, n, finest(n), func(begin, end int) bool {
			fields := r.current.Expected.Fields()
			if texts := textsOf(fields); number < len(texts) {
				texts[number].drop(begin, end)
			}
			b, err := spec.Assemble(r.current.Expected.Message, fields)
			return err == nil && r.attempt(ctx, fuzz.Message{Kind: r.current.Kind, Bytes: b})
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
