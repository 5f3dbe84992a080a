package input

import (
	"regexp"
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
	for len(parts) > 0 {
		n := sources(parts)
		u.add(parts[:n])
		parts = parts[n:]
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

// What tshark -x writes above what it shows of a packet: its frame, and then
// what it has put together, deciphered or joined.
var source = regexp.MustCompile(`^[A-Z][A-Za-z -]* \([0-9]+ bytes?\):$`)

// sources returns how many of parts are views of one packet by tshark.
func sources(parts []part) int {
	n := 1
	for strings.HasPrefix(parts[0].title, "Frame (") && n < len(parts) &&
		source.MatchString(parts[n].title) && !strings.HasPrefix(parts[n].title, "Frame (") {
		n++
	}
	return n
}

type unwrapper struct {
	messages  []Message
	open      map[string]*stream
	order     []string // of the flows, so that the result does not hang on a map's
	packets   int
	encrypted int      // streams of TLS
	bodiless  []string // HTTP messages that can carry no message
}

// add adds a part, or the views of one packet. Of those the last one counts
// that is HTTP: it holds what the packets before have begun.
func (u *unwrapper) add(views []part) {
	p := views[0]
	pkt, isPacket := packet{}, false
	if !looks(p.data) && !isHTTP(p.data) {
		pkt, isPacket = parsePacket(p.data)
	}
	for _, view := range slices.Backward(views[1:]) {
		if isHTTP(view.data) {
			if s := u.open[pkt.flow]; s != nil {
				s.data = nil
			}
			u.finish(view.data, view.line, "as tshark shows it", true)
			return
		}
	}
	if !isPacket {
		u.finish(p.data, p.line, "", false)
		return
	}
	u.packets++
	if len(pkt.payload) > 0 {
		u.packet(pkt, p.line)
	}
}

// packet adds a packet to its stream.
func (u *unwrapper) packet(p packet, line int) {
	s := u.open[p.flow]
	if s == nil {
		s = &stream{}
		u.open[p.flow] = s
		u.order = append(u.order, p.flow)
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
	switch {
	case isTLS(s.data):
		u.encrypted++
	case len(s.data) > 0:
		u.finish(s.data, s.line, "TCP payload", false)
	}
	s.data = nil
}

// isTLS reports whether b begins with a TLS record.
func isTLS(b []byte) bool {
	return len(b) >= 5 && b[0] >= 20 && b[0] <= 23 && b[1] == 3 && b[2] <= 4
}

// finish adds the messages in b: the bodies, if it is HTTP, perhaps only those
// that are whole.
func (u *unwrapper) finish(b []byte, line int, note string, whole bool) {
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
		if len(m.body) == 0 || m.kind == spec.Response && m.status != 200 || whole && !m.whole {
			u.bodiless = append(u.bodiless, what)
			continue
		}
		if !m.whole {
			what += ", cut short"
		}
		u.messages = append(u.messages, Message{Bytes: m.body, Kind: m.kind, Line: line, Note: note + "body of an HTTP " + what})
	}
}

// why says why there is no message.
func (u *unwrapper) why() error {
	switch {
	case len(u.bodiless) > 0:
		return &Error{Reason: "HTTP without a message: " + strings.Join(u.bodiless, ", ")}
	case u.encrypted > 0:
		return &Error{Reason: "the packets carry TLS, which hides what is in it (tshark -o tls.keylog_file:KEYS -Y http -x " +
			"shows it if the keys are known, and can be read here)"}
	case u.packets > 0:
		return &Error{Reason: plural(u.packets, "packet") + " without TCP payload"}
	}
	return &Error{Reason: "an HTTP head that does not end"}
}
