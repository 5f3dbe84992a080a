package main

import (
	"math/rand/v2"
	"slices"
)

// history is what faulty decoders keep of earlier messages.
type history struct {
	number      int // of the message in the process, from 1
	rejected    int
	descriptors int
	longest     []byte // the longest batch so far
	last        string // the message before
	set         map[string]bool
	answers     map[string][]byte
	identifiers [][]byte // of segments but the first
	port        uint64
}

// mark remembers that something happened once.
func (h *history) mark(what string) {
	if h.set == nil {
		h.set = map[string]bool{}
	}
	h.set[what] = true
}

// recalled returns an answer that a faulty decoder keeps from an earlier message, and the
// key under which it keeps this one.
func (d *decoder) recalled(kind string, b []byte) (answer []byte, key string) {
	d.past.number++
	switch {
	case d.has("state-cache-by-length") && kind == "content":
		key = string(rune(len(b)))
	case d.has("state-cache-by-first-bytes") && kind == "request" && len(b) > 24:
		key = string(b[:24])
	case d.has("state-repeated-message") && kind == "request":
		if answer := d.past.answers[string(b)]; answer != nil {
			return slices.Concat(answer[:len(answer)-1], []byte(" again\n")), ""
		}
		return nil, string(b)
	}
	return d.past.answers[key], key
}

// store keeps an answer.
func (d *decoder) store(key string) {
	if key == "" {
		return
	}
	if d.past.answers == nil {
		d.past.answers = map[string][]byte{}
	}
	d.past.answers[key] = slices.Clone(d.out)
}

// stale returns what a faulty decoder reads in the place of b.
func (d *decoder) stale(kind string, b []byte) []byte {
	h := &d.past
	switch {
	case d.has("state-tail") && kind == "request" && len(b) > 16 && b[3] == 3:
		if len(b) < len(h.longest) {
			b = append(b, h.longest[len(b):]...)
		}
		h.longest = slices.Clone(b)
	}
	return b
}

// remember is what a faulty decoder makes of a message because of earlier ones.
func (d *decoder) remember(kind string, bad *violation) {
	h := &d.past
	right := bad.rule == ""
	refuse := func(when bool) {
		if when && right {
			*bad = violation{unnamed, 0}
		}
	}
	switch {
	case d.has("state-error-sticky"):
		refuse(h.set["bad algorithm"] && d.name == "BATCHED_OFFER_MESSAGE")
		if right {
			delete(h.set, "bad algorithm")
		}
		if bad.rule == "PCHC-2.2.1.5-HashAlgorithm" {
			h.mark("bad algorithm")
		}
	case d.has("state-kind-before"):
		if !right && d.name == "CONTENT_INFORMATION_V1" && h.last == "SEGMENT_INFO_MESSAGE" {
			bad.offset += 32 // where the structure began that was embedded
		}
	case d.has("state-descriptors-add-up"):
		h.descriptors += len(d.descriptors)
		refuse(h.descriptors > 3000 && d.name == "BATCHED_OFFER_MESSAGE")
	case d.has("state-crash-10000") && h.number == 10000:
		panic("index out of range [10000] with length 10000")
	case d.has("state-hang-4000") && h.number == 4000:
		d.hang()
	case d.has("state-wrong-from-5000"):
		refuse(h.number >= 5000)
	case d.has("state-each-1000th"):
		refuse(h.number%1000 == 0)
	case d.has("state-each-256th-port"):
		if h.number%256 == 0 {
			d.port ^= 1
		}
	case d.has("state-at-random"):
		if rand.IntN(20000) == 0 {
			if right {
				*bad = violation{unnamed, 0}
			} else {
				*bad = violation{}
			}
		}
	case d.has("state-crash-at-random") && rand.IntN(4000) == 0:
		panic("concurrent map writes")
	case d.has("state-two-before"):
		refuse(h.set["offer, then information"] && d.name == "BATCHED_OFFER_MESSAGE")
		if right && d.name == "SEGMENT_INFO_MESSAGE" && h.set["offer"] {
			h.mark("offer, then information")
		}
		if right && d.name == "INITIAL_OFFER_MESSAGE" && d.minorVersion == 0 && d.port == 0 {
			h.mark("offer")
		}
	case d.has("state-set-by-invalid"):
		if bad.rule == "PCHC-2.2.1.1-Type" && h.set["unknown version"] {
			*bad = violation{}
		}
		if bad.rule == "PCHC-2.2.1.1-MajorVersion" {
			h.mark("unknown version")
		}
	case d.has("state-set-by-response"):
		refuse(h.set["interested"] && d.name == "INITIAL_OFFER_MESSAGE")
		if right && kind == "response" {
			delete(h.set, "interested")
			if d.code == 1 {
				h.mark("interested")
			}
		}
	case d.has("state-crash-armed"):
		if right && h.set["armed"] && d.name == "CONTENT_INFORMATION_V2" {
			panic("runtime error: invalid memory address or nil pointer dereference")
		}
		if bad.rule == "PCCRC-2.4-bHashAlgo" {
			h.mark("armed")
		}
	case d.has("state-leak-rejected"):
		if !right {
			h.rejected++
		}
		if h.rejected == 1500 {
			panic("open spool: too many open files")
		}
	case d.has("state-port-before"):
		if right && d.name == "SEGMENT_INFO_MESSAGE" && h.port != 0 {
			d.port = h.port
		}
		if right && d.name == "BATCHED_OFFER_MESSAGE" {
			h.port = d.port
		}
	}
	h.last = d.name
}

// reused returns the identifier of segment i, or that of an earlier message, whose buffer
// is used again.
func (d *decoder) reused(i int, id []byte) []byte {
	if !d.has("state-derived-reused") || i == 0 {
		return id
	}
	h := &d.past
	if i > len(h.identifiers) {
		h.identifiers = append(h.identifiers, slices.Clone(id))
	}
	return h.identifiers[i-1]
}
