package campaign

import (
	"context"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/internal/markup"
	"github.com/hostedcache/pchc/spec"
)

// Passes that reduce messages of MS-PCCRD. Bytes that are dropped from XML anywhere mostly
// leave none.

// plain writes the message anew: with the customary prefixes, and nothing that says
// nothing.
func (r *reducer) plain(ctx context.Context) {
	fields := r.current.Expected.Fields()
	if r.attemptAssembled(ctx, fields) {
		return
	}
	if withoutOthers(fields) {
		r.attemptAssembled(ctx, fields)
	}
}

func (r *reducer) attemptAssembled(ctx context.Context, fields spec.Fields) bool {
	b, err := spec.Assemble(r.current.Expected.Message, fields)
	return err == nil && r.attempt(ctx, fuzz.Message{Kind: r.current.Kind, Bytes: b})
}

// withoutOthers removes the elements that are none of the protocol's, and reports whether
// there were some.
func withoutOthers(fields spec.Fields) (some bool) {
	_, some = fields["Other"]
	delete(fields, "Other")
	for _, v := range fields {
		all, ok := v.([]any)
		if !ok {
			all = []any{v}
		}
		for _, one := range all {
			if inner, ok := one.(spec.Fields); ok && withoutOthers(inner) {
				some = true
			}
		}
	}
	return some
}

// exchangeElements replaces elements that violate a rule by those of the simplest message.
func (r *reducer) exchangeElements(ctx context.Context) {
	for i := 0; i < len(r.current.Expected.Violations); i++ {
		d := r.current.Expected
		path := d.Violations[i].Field
		own, plain := nodeAt(&d.Root, path), nodeAt(&generate.Simplest(hosts(&r.current)[0]).Dissect().Root, path)
		if own != nil && plain != nil {
			r.attempt(ctx, r.with(own.Offset, own.Offset+len(own.Raw()), plain.Raw()))
		}
	}
}

// nodeAt returns the node at a path, in lists the first element; nil if there is none.
func nodeAt(n *spec.Node, path string) *spec.Node {
	for _, name := range strings.Split(fuzz.StripIndexes(path), ".") {
		if n.Form == spec.List && len(n.Children) > 0 {
			n = &n.Children[0]
		}
		if n = n.Child(name); n == nil {
			return nil
		}
	}
	return n
}

// dropMarkup drops elements, attributes and what is between them, or the tags of an
// element, from the end on.
func (r *reducer) dropMarkup(ctx context.Context) {
	for at := len(r.current.Bytes); at > 0 && !r.triage.exhausted(ctx); {
		b := r.current.Bytes
		p, found := partBefore(b, min(at, len(b)))
		if !found {
			return
		}
		at = p.From
		if p.Kind != markup.Start && p.Kind != markup.Empty {
			if p.Kind != markup.End {
				r.attempt(ctx, r.with(p.From, p.To, nil))
			}
			continue
		}
		end := markup.Element(b, p)
		if r.attempt(ctx, r.with(p.From, end, nil)) {
			continue
		}
		if last := lastTag(b[p.To:end]); p.Kind == markup.Start && last >= 0 && r.attempt(ctx, r.with(p.From, end, b[p.To:p.To+last])) {
			continue
		}
		r.dropAttributes(ctx, p.From)
	}
}

// partBefore returns the last part of b that begins before an offset.
func partBefore(b []byte, before int) (found markup.Part, ok bool) {
	for at := 0; at < before; {
		found, ok = markup.Next(b, at), true
		at = found.To
	}
	return found, ok
}

// lastTag returns where the end tag at the end of b begins, -1 if there is none.
func lastTag(b []byte) int {
	for i := len(b) - 2; i >= 0; i-- {
		if b[i] == '<' && b[i+1] == '/' {
			return i
		}
	}
	return -1
}

// dropAttributes drops attributes of the tag at an offset.
func (r *reducer) dropAttributes(ctx context.Context, tag int) {
	for at := 0; !r.triage.exhausted(ctx); {
		b := r.current.Bytes
		a, ok := markup.Attribute(b, markup.Next(b, tag), at)
		if !ok {
			return
		}
		if !r.attempt(ctx, r.with(a.From, a.To, nil)) {
			at = a.To
		}
	}
}

// shortenCharacters drops parts of the texts between tags.
func (r *reducer) shortenCharacters(ctx context.Context) {
	for at := 0; at < len(r.current.Bytes) && !r.triage.exhausted(ctx); {
		p := markup.Next(r.current.Bytes, at)
		if p.Kind == markup.Characters {
			before := len(r.current.Bytes)
			halve(p.From, p.To, finest(p.To-p.From), func(begin, end int) bool {
				return end <= len(r.current.Bytes) && r.attempt(ctx, r.with(begin, end, nil))
			})
			p.To -= before - len(r.current.Bytes)
		}
		at = max(p.To, at+1)
	}
}
