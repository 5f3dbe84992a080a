package message

import (
	"strconv"

	"github.com/hostedcache/pchc/spec"
)

// Message is a message and its meaning.
type Message struct {
	Body       []byte
	Dissection *spec.Dissection
	Derived    *Derived               // nil for a message without segments, and for one that is invalid or not read whole
	Discovery  *spec.DiscoveryMessage // what a Probe or ProbeMatches comes to; nil for others, and for an invalid one
}

// New dissects a message of the given kind; kind 0 is detected from the first
// bytes. request is the Type of the request that a response answers, 0 if unknown. Of a
// message with very many fields the last are not dissected, see [spec.Dissection.Unread].
func New(kind spec.Kind, body []byte, request uint16) *Message {
	return newMessage(new(spec.Dissector), kind, body, request)
}

// newMessage is [New] in the memory of x, whose next call ends its use.
func newMessage(x *spec.Dissector, kind spec.Kind, body []byte, request uint16) *Message {
	if kind == 0 {
		kind = spec.Guess(body)
	}
	m := &Message{Body: body, Dissection: dissect(x, kind, body, request)}
	if m.Dissection.Valid() && m.Dissection.Unread == 0 {
		m.Derived = Derive(m.Dissection.Message, body)
		m.Discovery, _ = m.Dissection.Discovery()
	}
	return m
}

// redacted replaces a key.
const redacted = "redacted"

// Count returns "1 byte", "2 bytes".
func Count(n int, noun string) string { return string(appendCount(nil, n, noun)) }

// Size writes a number of bytes for people: "512 bytes", "97.4 KiB", "8.0 MiB".
func Size(n uint64) string {
	const units = "KMGTPE"
	if n == 1 {
		return "1 byte"
	}
	if n < 1<<10 {
		return strconv.FormatUint(n, 10) + " bytes"
	}
	v, unit := float64(n)/(1<<10), 0
	for v >= 1023.95 && unit < len(units)-1 {
		v /= 1 << 10
		unit++
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[unit:unit+1] + "iB"
}
