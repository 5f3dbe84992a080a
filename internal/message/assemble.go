package message

import (
	"errors"
	"fmt"
	"maps"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/spec"
)

// Assemble returns the bytes of the message. It derives counts, sizes, paddings,
// and the version and type of a request where the object leaves them out. A
// message that violates a rule of format or for senders is an error that wraps
// [ErrViolation], unless unchecked. Every error is an [*Error].
func (o *Object) Assemble(unchecked bool) ([]byte, error) {
	switch o.Message {
	case "CAPTURE_PROBLEM", "CAPTURE_NOTE", plainName:
		return nil, &Error{Line: o.Line, Column: 1, Reason: o.Message + " is not a message"}
	}
	o.completeHeader()
	b, err := spec.Assemble(o.Message, o.Fields)
	if err == nil && !unchecked {
		err = o.missing()
	}
	if err != nil {
		return nil, o.place(err)
	}
	if unchecked {
		return b, nil
	}
	d := o.dissect(b)
	if len(d.Violations) == 0 {
		return b, nil
	}
	v := &d.Violations[0]
	fault := o.Fault(v.Field, fmt.Sprintf("%s (%s, %s rule, offset %d)", v.Detail, v.Rule, v.Class, v.Offset))
	fault.Cause = ErrViolation
	return nil, fault
}

// dissect dissects the bytes of the message.
func (o *Object) dissect(b []byte) *spec.Dissection {
	kind := kindOf(o.Message)
	if kind != spec.HashResponse {
		return spec.Dissect(kind, b)
	}
	form := uint16(1) // hash based
	if _, fileBased := o.Fields["FileDataOffset"]; fileBased {
		form = 2
	}
	return spec.DissectHashResponse(b, form)
}

// missing returns an error if a field is missing that no rule has a name for.
func (o *Object) missing() error {
	err := spec.Missing(o.Message, o.Fields)
	var fault *spec.AssembleError
	if errors.As(err, &fault) {
		missing := o.Fault(fault.Path, fault.Reason)
		missing.Cause = ErrViolation
		return missing
	}
	return err
}

// place adds the position to an error of package spec.
func (o *Object) place(err error) error {
	var fault *spec.AssembleError
	switch {
	case !errors.As(err, &fault):
		return err
	case fault.Path == "":
		return &Error{Line: o.Line, Column: 1, Path: "message", Reason: fault.Reason}
	case fault.Reason == "must be a byte string":
		return o.Fault(fault.Path, "must be a string of hex, two digits for each byte")
	}
	return o.Fault(fault.Path, fault.Reason)
}

// completeHeader adds what the name of a message implies: the version and type of a
// request, To and Action of a Probe or ProbeMatches.
func (o *Object) completeHeader() {
	if isDiscovery(o.Message) {
		o.completeDiscovery()
		return
	}
	for t := codec.TypeInitialOffer; t <= codec.TypeBatchedOffer; t++ {
		if t.String() != o.Message {
			continue
		}
		given, ok := o.Fields["MessageHeader"].(spec.Fields)
		if _, other := o.Fields["MessageHeader"]; other && !ok {
			return // Assemble reports it
		}
		h := codec.NewMessageHeader(t)
		header := spec.Fields{"MinorVersion": uint64(h.MinorVersion), "MajorVersion": uint64(h.MajorVersion), "Type": uint64(t)}
		maps.Copy(header, given)
		o.Fields["MessageHeader"] = header
	}
}

// kindOf returns the kind of a message by its name.
func kindOf(message string) spec.Kind {
	if isDiscovery(message) {
		return spec.Discovery
	}
	for _, l := range spec.Layouts() {
		if l.Message && l.Name == message {
			return l.Kind
		}
	}
	return spec.Request
}
