package oracle

import (
	"bytes"
	"fmt"

	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// atViolation returns a difference about a violation that spec finds.
func atViolation(fault fuzz.Fault, b spec.Violation, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fault, Rule: b.Rule, Offset: b.Offset, Field: b.Field, Detail: detail}
}

// atError returns a difference about a violation that the codec reports.
func atError(fault fuzz.Fault, e *codec.Error, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fault, Rule: string(e.Rule), Offset: e.Offset, Field: e.Path(), Detail: detail}
}

// sameViolation reports whether the codec's error is about that violation.
func sameViolation(e *codec.Error, b *spec.Violation) bool {
	return string(e.Rule) == b.Rule && e.Offset == b.Offset && e.Sender == (b.Class == spec.Sender) &&
		string(e.AppendPath(make([]byte, 0, 64))) == b.Field // without building a string
}

// sameValue compares the numbers that both found at a violation.
func sameValue(fault fuzz.Fault, e *codec.Error, b *spec.Violation) *fuzz.Difference {
	if e.Value == b.Value {
		return nil
	}
	return atViolation(fault, *b, fmt.Sprintf("codec found %d, spec %d", e.Value, b.Value))
}

// rejected compares the codec's error with the first violation that spec finds.
func rejected(err error, d *spec.Dissection) *fuzz.Difference {
	first, violated := d.First()
	e, known := err.(*codec.Error) // never wrapped
	switch {
	case !known:
		return atViolation(fuzz.BadReply, first, "codec's error is a "+fmt.Sprintf("%T", err))
	case !violated:
		return atError(fuzz.Rejected, e, "spec finds no violation")
	case !sameViolation(e, &first):
		return atViolation(fuzz.WrongRule, first, fmt.Sprintf("codec reports %s of %s at %d", e.Rule, e.Path(), e.Offset))
	case e.Message != d.Message:
		return atViolation(fuzz.WrongName, first, "codec names it "+e.Message+", spec "+d.Message)
	}
	return sameValue(fuzz.WrongRule, e, &first)
}

// encoder has the methods of every decoded message.
type encoder interface {
	AppendLenient(dst []byte) ([]byte, error)
	AppendBinary(dst []byte) ([]byte, error)
	CheckSenderRules() error
}

// buffers is memory for encoders.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// accepted compares a message that the codec accepts with what spec says. list
// names the fields that the codec found.
func accepted(m encoder, b []byte, d *spec.Dissection, list func(*fields)) *fuzz.Difference {
	if first, violated := d.First(); violated {
		return atViolation(fuzz.Accepted, first, first.Detail)
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	got, err := m.AppendLenient((*buffer)[:0])
	if err != nil {
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: "codec cannot encode what it decoded: " + err.Error()}
	}
	if !bytes.Equal(got, b) {
		return encodedOtherwise(got, b, d)
	}
	*buffer = got
	err = m.CheckSenderRules()
	if difference := senderRules(err, d); difference != nil {
		return difference
	}
	// The strict encoder only adds a check of the sender rules.
	strict, refused := m.AppendBinary(got[:0])
	if (refused == nil) != (err == nil) || refused == nil && len(strict) != len(b) {
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: fmt.Sprintf("CheckSenderRules says %v, AppendBinary %v", err, refused)}
	}
	f := fields{root: &d.Root}
	f.down(d.Root.Children)
	list(&f)
	f.end()
	return f.difference
}

// encodedOtherwise returns a difference about the field where the codec's bytes,
// got, are not b.
func encodedOtherwise(got, b []byte, d *spec.Dissection) *fuzz.Difference {
	at := 0
	for at < min(len(got), len(b)) && got[at] == b[at] {
		at++
	}
	difference := &fuzz.Difference{Fault: fuzz.Encoding, Offset: at, Detail: fmt.Sprintf("codec encodes %d bytes to %d, different from byte %d on", len(b), len(got), at)}
	for path, n := range d.Root.Leaves() {
		if at < n.Offset+len(n.Raw()) {
			difference.Rule, difference.Offset, difference.Field = fuzz.FieldID(n), n.Offset, path.String()
			break
		}
	}
	return difference
}

// senderRules compares the first violations of sender rules. The message violates
// no format rule, so all violations are of sender rules.
func senderRules(err error, d *spec.Dissection) *fuzz.Difference {
	if err == nil {
		if len(d.Violations) > 0 {
			return atViolation(fuzz.Sender, d.Violations[0], "codec does not report it")
		}
		return nil
	}
	e, known := err.(*codec.Error)
	switch {
	case !known:
		return &fuzz.Difference{Fault: fuzz.BadReply, Detail: "codec's error is a " + fmt.Sprintf("%T", err)}
	case len(d.Violations) == 0:
		return atError(fuzz.Sender, e, "spec finds no violation")
	case !sameViolation(e, &d.Violations[0]):
		return atViolation(fuzz.Sender, d.Violations[0], fmt.Sprintf("codec reports %s of %s at %d", e.Rule, e.Path(), e.Offset))
	}
	return sameValue(fuzz.Sender, e, &d.Violations[0])
}
