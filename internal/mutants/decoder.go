package main

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// message is what a message says. Byte strings are views of its bytes.
type message struct {
	name string

	minorVersion, majorVersion, typ, port uint64
	headerPadding, connectionPadding      []byte
	hash                                  []byte // of an INITIAL_OFFER_MESSAGE
	contentTag                            []byte // of a SEGMENT_INFO_MESSAGE
	descriptors                           []descriptor

	size, code uint64 // of a RESPONSE_MESSAGE

	v1 contentV1
	v2 contentV2

	retrieval retrieval
	written   writer // fields of a message that are written while it is read
}

// decoder decodes messages, with one fault or "none".
type decoder struct {
	before map[string]bool // what a hosted cache knew when the message came; nil: it does not matter
	fault  string
	message
	refused bool // the message before this one
	many    bool // the batch before this one, to a hosted cache, had several segments
	past    history
	space   []byte
	out     writer
	waste   waste
	stuck   func() // what a test does in the place of hanging
}

// has reports whether the decoder has that fault.
func (d *decoder) has(name string) bool { return d.fault == name }

// order returns how an integer is read that is to be read as o.
func (d *decoder) order(o order, swapped string) order {
	if d.has(swapped) {
		return !o
	}
	return o
}

// hang never ends.
func (d *decoder) hang() {
	if d.stuck != nil {
		d.stuck()
	}
	forever()
}

// line answers a line of the protocol. The answer is valid until the next call.
func (d *decoder) line(line string) ([]byte, error) {
	kind, digits, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
	b, err := hex.AppendDecode(d.space[:0], []byte(digits))
	if err != nil {
		return nil, err
	}
	d.space = b
	answer, key := d.recalled(kind, b)
	if answer != nil {
		return answer, nil
	}
	bad, err := d.decode(kind, d.stale(kind, b))
	if err != nil {
		return nil, err
	}
	d.remember(kind, &bad)
	d.answer(len(b), bad)
	d.store(key)
	return d.out, nil
}

// decode decodes a message and returns the first format rule that it breaks.
func (d *decoder) decode(kind string, b []byte) (violation, error) {
	d.reset()
	c := cursor{b: b[:len(b):len(b)], // nothing is read past the end unseen
		cutAtEnd: d.has("cut-told-at-end")}
	switch kind {
	case "request":
		d.request(&c)
	case "response":
		d.response(&c)
	case "content":
		d.content(&c)
	case "hash-request":
		d.hashRequest(&c)
	case "hash-response":
		d.hashResponse(&c)
	case "retrieval-request":
		d.retrievalMessage(&c, false)
	case "retrieval-response":
		d.retrievalMessage(&c, true)
	case "discovery":
		c.bad = d.discovery(b)
	default:
		return violation{}, fmt.Errorf("a line begins with its kind, such as request, not %.20q", kind)
	}
	if d.refused && d.has("stale-verdict") && kind == "response" {
		c.fail("PCHC-2.2.2.1-Size", 0)
	}
	if c.ok() {
		d.underCondition(&c)
	}
	d.refused = !c.ok()
	d.keep(kind, b, c.bad)
	return c.bad, nil
}

// reset forgets the message before.
func (d *decoder) reset() {
	old := d.message
	d.message = message{descriptors: old.descriptors[:0], written: old.written}
	if d.has("stale-descriptors") && d.refused {
		d.descriptors = old.descriptors
	}
	if d.has("stale-padding") {
		d.v1.padding = append([]byte(nil), old.v1.padding...)
	}
}

// answer writes what was found.
func (d *decoder) answer(length int, bad violation) {
	valid := bad.rule == ""
	w := d.out[:0]
	w.begin("", '{')
	w.text("message", d.name)
	w.integer("length", uint64(length))
	w.boolean("valid", valid)
	if valid {
		d.fields(&w)
		d.derived(&w)
	}
	w.begin("violations", '[')
	switch {
	case !valid && bad.rule != unnamed:
		writeViolation(&w, bad, "format")
	case valid && d.portIsBad():
		writeViolation(&w, violation{"PCHC-2.2.1.2-Port", 8}, "sender")
	}
	w.end(']')
	w.end('}')
	d.out = append(w, '\n')
}

// unnamed is the rule of a decoder that refuses without saying why.
const unnamed = "unnamed"

func writeViolation(w *writer, b violation, class string) {
	w.begin("", '{')
	w.text("rule", b.rule)
	w.text("class", class)
	w.integer("offset", uint64(b.offset))
	w.end('}')
}

// portIsBad reports whether the one sender rule is broken that is reported.
func (d *decoder) portIsBad() bool {
	if isDiscovery(d.name) || d.name[0] == 'C' || d.name[0] == 'R' || d.name[0] == 'M' || d.name == readHash || d.name == readHashResponse {
		return false // Content Information, responses, and messages of other protocols have no Port
	}
	return d.port == 0 || d.has("port-privileged") && d.port < 1024
}

func isDiscovery(name string) bool { return name == "Probe" || name == "ProbeMatches" }

// fields writes all fields.
func (d *decoder) fields(w *writer) {
	w.begin("fields", '{')
	switch d.name {
	case "RESPONSE_MESSAGE":
		d.responseFields(w)
	case "CONTENT_INFORMATION_V1":
		d.v1Fields(w)
	case "CONTENT_INFORMATION_V2":
		d.v2Fields(w)
	default:
		if isDiscovery(d.name) || d.name[0] == 'M' || d.name == "UNKNOWN" || d.name == readHash || d.name == readHashResponse {
			*w = append(*w, d.written...)
			break
		}
		d.requestFields(w)
	}
	w.end('}')
}
