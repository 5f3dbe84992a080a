package message

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// The tree of a message takes 10 to 40 times its memory, and its rows as much again. Only
// Content Information may be long: that of a file of 1 TiB has 540 MB. If it violates no
// rule, its rows and its JSON are made without a tree. Of whatever else is long and
// malformed, a part is shown, and what is not is said.

// maxNodes bounds a tree: that of a message that is not Content Information, and of
// Content Information for some gigabytes, has fewer.
const maxNodes = 1 << 16

// long is how many bytes a message has that is worth the trouble.
const long = 256 << 10

// information returns the Content Information in a long body that violates no rule.
func information(kind spec.Kind, body []byte) (*pccrc.Reader, bool) {
	if kind == 0 && len(body) > long {
		kind = spec.Guess(body)
	}
	if kind != spec.Content || len(body) <= long {
		return nil, false
	}
	info, err := pccrc.NewReader(bytes.NewReader(body), int64(len(body)))
	return info, err == nil && info.CheckSenderRules() == nil
}

// appendLong is Append for long Content Information that violates no rule. It makes each
// row twice: to see how wide they are, and to append it.
func (t *Text) appendLong(dst []byte, body []byte, info *pccrc.Reader) []byte {
	var w widths
	t.stream(body, info, w.add)
	l := t.place(w, len(body))
	dst = t.heading(dst, headingOf(info), len(body))
	t.stream(body, info, func(r *Row) { dst = t.spill(t.row(dst, r, l)) })
	return dst
}

// headingOf returns what the heading of Content Information that violates no rule needs.
func headingOf(info *pccrc.Reader) *spec.Dissection {
	if _, ok := info.Header().(pccrc.ContentInformationV2); ok {
		return &spec.Dissection{Message: "CONTENT_INFORMATION_V2", Root: spec.Node{Section: "MS-PCCRC 2.4"}}
	}
	return &spec.Dissection{Message: "CONTENT_INFORMATION_V1", Root: spec.Node{Section: "MS-PCCRC 2.3"}}
}

// stream makes the rows of Content Information that violates no rule.
func (t *Text) stream(body []byte, info *pccrc.Reader, take func(*Row)) {
	c := &collector{text: t, take: take}
	layouts := []*spec.Layout{c.layout(headingOf(info))} // of the structures around
	var x spec.Dissector
	x.Stream(spec.Content, body, func(n *spec.Node, depth int) {
		layouts = append(layouts[:depth+1], c.row(n, layouts[depth], depth))
	})
	if v, err := pccrc.Decode(body); err == nil {
		c.derived(v.Range(), info.Len(), v.Segments())
	}
}

// dissect dissects a message, which may be too long for a whole tree. If the first violation
// of a format rule is not in the part that the tree has, it comes from the codec.
// It is valid until the next call with x.
func dissect(x *spec.Dissector, kind spec.Kind, body []byte, request uint16) *spec.Dissection {
	x.MaxNodes = maxNodes
	if kind == spec.Response {
		return x.DissectResponse(body, request)
	}
	d := x.Dissect(kind, body)
	if d.Unread == 0 || !d.Valid() {
		return d
	}
	e, ok := check(kind, body)
	if ok || e.Sender && len(d.Violations) > 0 { // it may be the first of these
		return d
	}
	v := spec.Violation{Rule: string(e.Rule), Class: spec.Format, Offset: e.Offset, Field: e.Path(), Detail: e.Detail(), Section: e.Rule.Section(), Value: e.Value}
	if e.Sender {
		v.Class = spec.Sender
	}
	d.Violations = append(d.Violations, v)
	slices.SortStableFunc(d.Violations, func(a, b spec.Violation) int { return cmp.Compare(a.Offset, b.Offset) })
	return d
}

// check returns the first violation of a format rule; of Content Information that has none,
// that of a rule for senders.
func check(kind spec.Kind, body []byte) (pccrc.Error, bool) {
	switch kind {
	case spec.Request:
		return codec.CheckRequest(body)
	case spec.Content:
		var e pccrc.Error
		info, err := pccrc.NewReader(bytes.NewReader(body), int64(len(body)))
		if err == nil {
			err = info.CheckSenderRules()
		}
		return e, !errors.As(err, &e)
	case spec.HashResponse:
		return smb2hash.CheckReadHashResponse(body, 0)
	case spec.RetrievalRequest:
		return pccrr.CheckRequest(body)
	case spec.RetrievalResponse:
		return pccrr.CheckResponse(body)
	}
	return pccrc.Error{}, true // no lists
}

// information appends the members of an object up to the violations, of which there are none.
func (p *Printer) information(dst []byte, info *pccrc.Reader) []byte {
	w := newContentWriter(writerFunc(func(b []byte) (int, error) {
		dst = p.spill(append(dst, b...))
		return len(b), nil
	}), p.ShowSecrets)
	w.members(info)
	_ = w.w.Flush() // writerFunc has no errors
	return dst
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// unread says what of a message is not shown.
func (m *Message) unread() string {
	n := m.Dissection.Unread
	return "the last " + Count(n, "byte") + ", from offset " + strconv.FormatInt(int64(len(m.Body)-n), 16) + " on, are not shown, nor checked against rules for senders: the message has more than " + strconv.Itoa(maxNodes) + " fields"
}
