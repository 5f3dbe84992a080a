package input

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// stream is TCP payload that was found in packets, joined as far as it is
// contiguous.
type stream struct {
	data []byte
	next uint32 // the sequence number that continues it
	line int    // where it began
}

// unwrap makes messages of parts: packets are reduced to what they carry, and
// HTTP to its bodies.
func unwrap(parts []part) ([]Message, error) {
	u := unwrapper{open: map[string]*stream{}}
	for i, p := range parts {
		pkt, isPacket := packet{}, false
		if !looks(p.data) && !isHTTP(p.data) {
			pkt, isPacket = parsePacket(p.data)
		}
		switch {
		case isPacket && pkt.payload != nil:
			u.packet(pkt, p.line)
			// tshark shows what it has put together behind the last packet of it.
			if i+1 < len(parts) && strings.HasPrefix(parts[i+1].title, "Reassembled TCP") {
				u.open[pkt.flow].data = nil
			}
		case isPacket:
			u.skipped++
		case strings.HasPrefix(p.title, "De-chunked entity body"):
			// the part before it has these bytes already
		default:
			u.finish(p.data, p.line, "")
		}
	}
	for _, flow := range u.order {
		u.close(flow)
	}
	if len(u.messages) == 0 {
		return nil, u.why()
	}
	slices.SortStableFunc(u.messages, func(a, b Message) int { return a.Line - b.Line })
	return u.messages, nil
}

type unwrapper struct {
	messages []Message
	open     map[string]*stream
	order    []string // of the flows, so that the result does not hang on a map's
	skipped  int      // packets without TCP
	packets  int
	bodiless []string // HTTP messages that can carry no message
}

// packet adds a packet to its stream.
func (u *unwrapper) packet(p packet, line int) {
	u.packets++
	s := u.open[p.flow]
	if s == nil {
		s = &stream{}
		u.open[p.flow] = s
		u.order = append(u.order, p.flow)
	}
	if len(p.payload) == 0 {
		return
	}
	if len(s.data) > 0 && int32(p.seq-s.next) < 0 {
		return // sent again
	}
	if len(s.data) > 0 && p.seq != s.next {
		u.close(p.flow)
	}
	if len(s.data) == 0 {
		s.line = line
	}
	s.data = append(s.data, p.payload...)
	s.next = p.seq + uint32(len(p.payload))
}

func (u *unwrapper) close(flow string) {
	s := u.open[flow]
	if len(s.data) > 0 {
		u.finish(s.data, s.line, "TCP payload")
	}
	s.data = nil
}

// finish adds the messages in b: the bodies, if it is HTTP.
func (u *unwrapper) finish(b []byte, line int, note string) {
	if !isHTTP(b) {
		u.messages = append(u.messages, Message{Bytes: b, Line: line, Note: note})
		return
	}
	if note != "" {
		note += ", "
	}
	for _, m := range readHTTP(b) {
		what := "request"
		if m.kind == spec.Response {
			what = "response " + strconv.Itoa(m.status)
		}
		if len(m.body) == 0 || m.kind == spec.Response && m.status != 200 {
			u.bodiless = append(u.bodiless, what)
			continue
		}
		cut := ""
		if !m.whole && !bytes.Equal(m.body, nil) {
			cut = ", cut short"
		}
		u.messages = append(u.messages, Message{Bytes: m.body, Kind: m.kind, Line: line, Note: note + "body of an HTTP " + what + cut})
	}
}

// why says why there is no message.
func (u *unwrapper) why() error {
	switch {
	case len(u.bodiless) > 0:
		return &Error{Reason: "HTTP without a message: " + strings.Join(u.bodiless, ", ")}
	case u.packets+u.skipped > 0:
		return &Error{Reason: plural(u.packets+u.skipped, "packet") + " without TCP payload"}
	}
	return &Error{Reason: "an HTTP head that does not end"}
}
