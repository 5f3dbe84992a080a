package campaign

import (
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// minimise makes the messages as simple as they can be found to be.
func (s *specimen) minimise(ctx context.Context) {
	s.forget(ctx)
	passes := []func(context.Context){s.repair, s.transplant, s.shorten, s.cutTail, s.normalise, s.lessen, s.deleteBytes, s.zeroBytes}
	for before := (size{}); before != s.size && !s.lab.spent(ctx); {
		before = s.size
		for _, pass := range passes {
			pass(ctx)
		}
	}
}

// forget drops messages told before that it does not take, and makes the others
// simple.
func (s *specimen) forget(ctx context.Context) {
	for n := (len(s.before) + 1) / 2; n > 0 && len(s.before) > 0; n /= 2 {
		for i := 0; i < len(s.before) && !s.lab.spent(ctx); {
			less := slices.Delete(slices.Clone(s.before), i, min(i+n, len(s.before)))
			if d, ok := s.lab.try(ctx, less, s.best); ok && s.same(d, &s.best) {
				s.before = less
			} else {
				i += n
			}
		}
	}
	for i, m := range s.before {
		simple := slices.Clone(s.before)
		simple[i] = generate.Simplest(hosts(m.Dissect().Message)[0])
		if d, ok := s.lab.try(ctx, simple, s.best); ok && s.same(d, &s.best) {
			s.before = simple
		}
	}
}

// with returns the best message with the bytes from start to end replaced.
func (s *specimen) with(start, end int, by []byte) fuzz.Message {
	b := s.best.Bytes
	return fuzz.Message{Kind: s.best.Kind, Bytes: slices.Concat(b[:start], by, b[end:])}
}

// hosts are the simplest messages that a message may be compared with: the one
// of its name, or those that it may have been meant for.
func hosts(message string) []string {
	if message == "UNKNOWN" {
		return []string{"BATCHED_OFFER_MESSAGE", "INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE"}
	}
	return []string{message}
}

// transplant tries the simplest messages, with one strange field in each.
func (s *specimen) transplant(ctx context.Context) {
	for _, message := range hosts(s.best.Expected.Message) {
		host := generate.Simplest(message)
		if s.attempt(ctx, host) {
			return
		}
		for _, l := range leaves(s.best.Expected) {
			p, ok := simplest(message)[l.path]
			if !ok || string(p.Raw()) == string(l.node.Raw()) {
				continue
			}
			b := slices.Concat(host.Bytes[:p.Offset], l.node.Raw(), host.Bytes[p.Offset+len(p.Raw()):])
			if s.attempt(ctx, fuzz.Message{Kind: s.best.Kind, Bytes: b}) {
				return
			}
		}
	}
}

// repair mends one violation after the other, those that it is not about.
func (s *specimen) repair(ctx context.Context) {
	for i := 0; i < len(s.best.Expected.Violations); i++ {
		violation := s.best.Expected.Violations[i]
		message := hosts(s.best.Expected.Message)[0]
		host := generate.Simplest(message)
		p, ok := simplest(message)[fuzz.StripIndexes(violation.Field)]
		length := len(s.best.Bytes)
		switch {
		case ok && violation.Offset+len(p.Raw()) <= length:
			s.attempt(ctx, s.with(violation.Offset, violation.Offset+len(p.Raw()), p.Raw()))
		case length < len(host.Bytes):
			s.attempt(ctx, s.with(length, length, host.Bytes[length:]))
		}
	}
}

// counts are the fields that count the elements of a list.
var counts = map[string]string{"segments": "cSegments", "blocks": "cSegments", "BlockHashes": "cBlocks", "chunkData": "dwChunkDataLength"}

// halve calls try for the range from begin to end, and where there is more to do
// for its halves, the later one first, down to ranges of so many. Nothing before
// a range may change in try.
func halve(begin, end, finest int, try func(begin, end int) bool) {
	if begin >= end || try(begin, end) || end-begin <= finest {
		return
	}
	middle := begin + (end-begin)/2
	halve(middle, end, finest, try)
	halve(begin, middle, finest, try)
}

// shorten drops elements of lists, with counts to match, or as they are.
func (s *specimen) shorten(ctx context.Context) {
	for number := 0; !s.lab.spent(ctx); number++ {
		lists := listsOf(s.best.Expected.Fields())
		if number >= len(lists) {
			break
		}
		halve(0, len(lists[number].elements()), 1, func(begin, end int) bool {
			for _, counted := range []bool{true, false} {
				fields := s.best.Expected.Fields()
				if lists := listsOf(fields); number < len(lists) {
					lists[number].drop(begin, end, counted)
				}
				b, err := spec.Assemble(s.best.Expected.Message, fields)
				if err == nil && s.attempt(ctx, fuzz.Message{Kind: s.best.Kind, Bytes: b}) {
					return true
				}
			}
			return false
		})
	}
}

// list is a list among the fields of a message.
type list struct {
	parent spec.Fields
	name   string
}

// listsOf returns the lists in fields, outer before inner ones. The two lists
// of Content Information 1.0 go together, so it has the first only.
func listsOf(fields spec.Fields) []list {
	var all []list
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch v := fields[name].(type) {
		case spec.Fields:
			all = append(all, listsOf(v)...)
		case []any:
			if name != "blocks" {
				all = append(all, list{fields, name})
			}
			for _, element := range v {
				if f, ok := element.(spec.Fields); ok {
					all = append(all, listsOf(f)...)
				}
			}
		}
	}
	return all
}

func (l list) elements() []any { return l.parent[l.name].([]any) }

// drop deletes the elements from begin to end.
func (l list) drop(begin, end int, counted bool) {
	names := []string{l.name}
	if l.name == "segments" {
		names = append(names, "blocks")
	}
	for _, name := range names {
		if elements, ok := l.parent[name].([]any); ok && begin < len(elements) {
			l.parent[name] = slices.Delete(slices.Clone(elements), begin, min(end, len(elements)))
		}
	}
	if counted {
		delete(l.parent, counts[l.name])
	}
}

// cutTail drops bytes at the end.
func (s *specimen) cutTail(ctx context.Context) {
	for n := len(s.best.Bytes); n > 0; n /= 2 {
		for n <= len(s.best.Bytes) && s.attempt(ctx, s.with(len(s.best.Bytes)-n, len(s.best.Bytes), nil)) {
		}
	}
}

// normalise gives fields the value of the simplest message, or zeros.
func (s *specimen) normalise(ctx context.Context) {
	plain := simplest(s.best.Expected.Message)
	for _, zeros := range []bool{false, true} {
		halve(0, len(leaves(s.best.Expected)), 1, func(begin, end int) bool {
			all := leaves(s.best.Expected)
			b := slices.Clone(s.best.Bytes)
			for _, l := range all[min(begin, len(all)):min(end, len(all))] {
				raw := b[l.node.Offset : l.node.Offset+len(l.node.Raw())]
				if p, ok := plain[l.path]; ok && len(p.Raw()) == len(raw) && !zeros {
					copy(raw, p.Raw())
				} else if !ok || zeros && string(p.Raw()) != string(raw) {
					clear(raw)
				}
			}
			return string(b) == string(s.best.Bytes) || s.attempt(ctx, fuzz.Message{Kind: s.best.Kind, Bytes: b})
		})
	}
}

// lessen gives integers that are not what the simplest message has smaller
// values.
func (s *specimen) lessen(ctx context.Context) {
	plain := simplest(s.best.Expected.Message)
	for i := 0; !s.lab.spent(ctx); i++ {
		all := leaves(s.best.Expected)
		if i >= len(all) {
			break
		}
		for again := true; again && i < len(all) && !s.lab.spent(ctx); {
			again = false
			n := all[i].node
			p, ok := plain[all[i].path]
			if n.Form != spec.Integer || n.Cut() || ok && string(p.Raw()) == string(n.Raw()) {
				break
			}
			for _, v := range []uint64{n.Value / 256, n.Value / 2, n.Value - n.Value/8, n.Value - 1} {
				if v < n.Value && s.attempt(ctx, s.with(n.Offset, n.Offset+len(n.Raw()), integer(n, v))) {
					again = true
					all = leaves(s.best.Expected)
					break
				}
			}
		}
	}
}

// integer returns v as the bytes of a field of n's size and byte order.
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

// finest is the least number of bytes that passes over a message of a length
// try at a time, so that long ones do not take for ever.
func finest(length int) int { return 1 + length/128 }

// deleteBytes drops bytes anywhere.
func (s *specimen) deleteBytes(ctx context.Context) {
	n := len(s.best.Bytes)
	halve(0, n, finest(n), func(begin, end int) bool {
		return end <= len(s.best.Bytes) && s.attempt(ctx, s.with(begin, end, nil))
	})
}

// zeroBytes makes bytes zero anywhere.
func (s *specimen) zeroBytes(ctx context.Context) {
	n := len(s.best.Bytes)
	zeros := make([]byte, n)
	halve(0, n, finest(n), func(begin, end int) bool {
		return s.attempt(ctx, s.with(begin, end, zeros[begin:end]))
	})
}
