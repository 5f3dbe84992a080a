package input

import (
	"bytes"
	"encoding/binary"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// content is what bytes look like.
type content uint8

const (
	unasked content = iota
	other           // nothing that is known
	message
	http
	packet // of IP, perhaps after a link layer header
)

// identify finds out, once, what a part is.
func (p *part) identify() {
	if p.content != unasked {
		return
	}
	p.content = other
	if looks(p.data) {
		p.content = message
	} else if capture.IsHTTP(p.data) {
		p.content = http
	} else if link, ok := capture.GuessLink(p.data); ok {
		p.content, p.link = packet, link
	}
}

// looks reports whether b begins like a message that somebody meant to be one:
// the version and type of a request, a whole response, or the head of Content
// Information. It is strict, since it decides where messages begin.
func looks(b []byte) bool {
	if len(b) >= 4 && len(b) < 8 && binary.BigEndian.Uint32(b) == 1 {
		return true // a response's Size, with its code and perhaps a byte or two too many
	}
	return isRequest(b, 1, 1) || isRequest(b, 1, 2) || isRequest(b, 2, 3) || looksContent(b) || looksOther(b)
}

// looksOther reports whether b is a buffer of FSCTL_SRV_READ_HASH by its values and
// its length, or XML of WS-Discovery.
func looksOther(b []byte) bool {
	kind := spec.Guess(b)
	return kind == spec.HashRequest || kind == spec.HashResponse || kind == spec.Discovery
}

func isRequest(b []byte, major, typ byte) bool {
	return len(b) >= 8 && bytes.Equal(b[:4], []byte{0, major, 0, typ})
}

func looksContent(b []byte) bool {
	v1 := len(b) >= 6 && b[0] == 0 && b[1] == 1 && b[2] >= 0x0c && b[2] <= 0x0e && b[3] == 0x80 && b[4] == 0 && b[5] == 0
	v2 := len(b) >= 31 && b[0] == 0 && b[1] == 2 && b[2] == 4
	return v1 || v2
}

// begins is the loose form of looks: a minor version of 0 and a major one of at
// most 2, or the first bytes of a response.
func begins(b []byte) bool {
	return len(b) >= 1 && b[0] == 0 && (len(b) == 1 || b[1] <= 2)
}
