package oracle

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/spec"
)

// atBreach returns a difference that is about a breach.
func atBreach(fault fuzz.Fault, b spec.Breach, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fault, Rule: b.Rule, Offset: b.Offset, Field: b.Field, Detail: detail}
}

// atError returns a difference that is about what the codec reports.
func atError(fault fuzz.Fault, e *codec.Error, detail string) *fuzz.Difference {
	return &fuzz.Difference{Fault: fault, Rule: string(e.Rule), Offset: e.Offset, Field: e.Path(), Detail: detail}
}

// sameBreach reports whether the codec's error is about that breach.
func sameBreach(e *codec.Error, b *spec.Breach) bool {
	return string(e.Rule) == b.Rule && e.Offset == b.Offset && e.Sender == (b.Class == spec.Sender) &&
		(e.Parent == "" && e.Field == b.Field || e.Path() == b.Field) // most paths need not be built
}

// rejected compares the codec's error with the first breach that spec finds.
func rejected(err error, b []byte, d *spec.Dissection) *fuzz.Difference {
	first, breached := d.First()
	e, known := err.(*codec.Error) // never wrapped
	switch {
	case !known:
		return atBreach(fuzz.Garbage, first, "codec's error is a "+fmt.Sprintf("%T", err))
	case !breached:
		return atError(fuzz.Rejected, e, "spec finds no fault in it")
	case !sameBreach(e, &first):
		return atBreach(fuzz.FirstBreach, first, fmt.Sprintf("codec reports %s of %s at %d", e.Rule, e.Path(), e.Offset))
	case e.Message != d.Message:
		return atBreach(fuzz.WrongName, first, "codec names it "+e.Message+", spec "+d.Message)
	}
	if want, told := valueFound(&first, b); told && e.Value != want {
		return atBreach(fuzz.FirstBreach, first, fmt.Sprintf("codec found %d, spec %d", e.Value, want))
	}
	return nil
}

// valueFound returns the number that belongs to a breach in b: how many bytes
// there are of what is cut short or should be absent, or else the value that
// spec's words begin with.
func valueFound(breach *spec.Breach, b []byte) (value uint64, told bool) {
	if strings.HasSuffix(breach.Rule, "-Truncated") || strings.HasSuffix(breach.Rule, "-Trailing") {
		return uint64(len(b) - breach.Offset), true
	}
	words, is := strings.CutPrefix(breach.Detail, "is ")
	if !is {
		return 0, false
	}
	number, _, _ := strings.Cut(words, " ")
	value, err := strconv.ParseUint(strings.TrimSuffix(number, ","), 0, 64)
	return value, err == nil
}

// encoder is what every decoded message has.
type encoder interface {
	AppendFormatOnly(dst []byte) ([]byte, error)
	AppendBinary(dst []byte) ([]byte, error)
	CheckSender() error
}

// buffers are what encoders write to. What they hold is of messages before.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// accepted compares a message that the codec accepts with what spec says. list
// names all that the codec found in it.
func accepted(m encoder, b []byte, d *spec.Dissection, list func(*fields)) *fuzz.Difference {
	if first, breached := d.First(); breached {
		return atBreach(fuzz.Accepted, first, first.Detail)
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	got, err := m.AppendFormatOnly((*buffer)[:0])
	if err != nil {
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: "codec does not encode what it decoded: " + err.Error()}
	}
	if !bytes.Equal(got, b) {
		return encodedOtherwise(got, b, d)
	}
	*buffer = got
	err = m.CheckSender()
	if difference := senderRules(err, d); difference != nil {
		return difference
	}
	// Where it breaks no rule the strict encoder differs by its judgement only.
	strict, refused := m.AppendBinary(got[:0])
	if (refused == nil) != (err == nil) || refused == nil && len(strict) != len(b) {
		return &fuzz.Difference{Fault: fuzz.Encoding, Detail: fmt.Sprintf("CheckSender says %v, AppendBinary %v", err, refused)}
	}
	f := fields{}
	f.down(d.Root.Children)
	list(&f)
	f.end()
	return f.difference
}

// encodedOtherwise tells at which field what the codec encodes is not b.
func encodedOtherwise(got, b []byte, d *spec.Dissection) *fuzz.Difference {
	at := 0
	for at < min(len(got), len(b)) && got[at] == b[at] {
		at++
	}
	difference := &fuzz.Difference{Fault: fuzz.Encoding, Offset: at, Detail: fmt.Sprintf("codec encodes %d bytes, of %d, that differ from byte %d on", len(got), len(b), at)}
	f := fields{}
	f.down(d.Root.Children)
	for n := f.next(); n != nil; n = f.next() {
		if at < n.Offset+len(n.Raw) {
			difference.Rule, difference.Offset, difference.Field = fuzz.RuleOf(n), n.Offset, f.path()
			break
		}
	}
	return difference
}

// senderRules compares what both say of the sender rules. The message breaks no
// format rule, so that all breaches are of those.
func senderRules(err error, d *spec.Dissection) *fuzz.Difference {
	if err == nil {
		if len(d.Breaches) > 0 {
			return atBreach(fuzz.Sender, d.Breaches[0], "codec knows nothing of it")
		}
		return nil
	}
	e, known := err.(*codec.Error)
	switch {
	case !known:
		return &fuzz.Difference{Fault: fuzz.Garbage, Detail: "codec's error is a " + fmt.Sprintf("%T", err)}
	case len(d.Breaches) == 0:
		return atError(fuzz.Sender, e, "spec knows nothing of it")
	case !sameBreach(e, &d.Breaches[0]):
		return atBreach(fuzz.Sender, d.Breaches[0], fmt.Sprintf("codec reports %s of %s at %d", e.Rule, e.Path(), e.Offset))
	}
	return nil
}
