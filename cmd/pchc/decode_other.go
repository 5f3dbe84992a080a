package main

import (
	"bytes"
	"errors"
	"io"
	"runtime/debug"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/message"
)

// isText reports whether the input is the text of a message of a neighbouring
// protocol, as it is.
func (d *decoder) isText() bool { return d.other.Text && d.options.Format == input.Auto }

// decodeText decodes a text. The line end that programs put behind it is not part
// of it.
func (d *decoder) decodeText(name string, in io.Reader) error {
	b, err := io.ReadAll(io.LimitReader(in, input.Limit+1))
	if err == nil && len(b) > input.Limit {
		err = input.ErrTooLong
	}
	if err != nil {
		return inputError(name, name, err)
	}
	b = bytes.TrimSuffix(bytes.TrimSuffix(b, []byte("\n")), []byte("\r"))
	return d.show([]input.Message{{Bytes: b}}, false)
}

// nothing is the message without bytes.
var nothing = []input.Message{{}}

// mayBeEmpty reports whether an input that is empty, as err says, is a message: an empty
// IDSET is well formed, and of what is not, its codec says why.
func (d *decoder) mayBeEmpty(err error) bool {
	return d.other.Name != "" && errors.Is(err, input.ErrEmpty)
}

// showOther writes a message of a neighbouring protocol.
func (d *decoder) showOther(in *input.Message, several bool) error {
	if len(in.Bytes) > 1<<20 {
		debug.SetGCPercent(25) // its fields are many times as long
	}
	r := d.other.Decode(in.Bytes)
	n := message.Neighbour{Name: d.other.Name, Body: in.Bytes, Number: d.shown, Fields: r.Fields, Violations: r.Violations, Notes: r.Notes}
	if d.printer.Form == message.FormTree {
		n.Head = d.note(in, several)
	}
	b, verdict := d.printer.Neighbour(nil, &n, nil)
	if verdict != message.Valid {
		d.status = statusViolated
	}
	_, err := d.out.Write(b)
	return err
}
