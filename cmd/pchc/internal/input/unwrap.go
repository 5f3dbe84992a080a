package input

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/spec"
)

// unwrap makes messages of parts. Packets and HTTP go through package capture,
// all of the input together.
func unwrap(parts []part, o Options) ([]Message, error) {
	u := newUnwrapper(o)
	for i := range parts {
		u.add(parts[i])
	}
	return u.finish()
}

func newUnwrapper(o Options) *unwrapper {
	u := &unwrapper{noPackets: o.NoPackets}
	u.reader = capture.NewReader(capture.Options{Excerpt: true, ByFrame: true}, u.event)
	return u
}

// add adds a part. It is looked at when the next one comes: tshark's views of a packet
// are seen together.
func (u *unwrapper) add(p part) {
	p.identify()
	if p.content == packet && u.noPackets {
		p.content = other
	}
	if p.content == packet {
		u.packet()
	}
	if n := len(u.views); n == maxViews || n > 0 && !isView(&u.views[0], &p) {
		u.look()
	}
	u.views = append(u.views, p)
}

// look looks at a part, with tshark's other views of it.
func (u *unwrapper) look() {
	parts := u.views
	if len(parts) == 0 {
		return
	}
	if parts[0].content != packet && len(parts) > 1 {
		parts = shown(parts)
		for i := range parts {
			u.part(&parts[i], nil)
		}
	} else {
		u.part(&parts[0], parts[1:])
	}
	clear(u.views)
	u.views = u.views[:0]
}

// finish returns the messages that are not taken yet, or why there is none.
func (u *unwrapper) finish() ([]Message, error) {
	u.look()
	_, _ = u.reader.Close() // the handler has no errors
	if u.lost {
		return nil, &Error{Reason: "HTTP copied as text has lost the bytes of the body; copy it as raw bytes, hex or base64"}
	}
	u.final = true
	doubtful := u.doubtful.list
	messages := u.take(1)
	for i := 0; i < len(doubtful) && !u.taken; i++ {
		messages = append(messages, doubtful[i].Message)
	}
	if len(messages) == 0 {
		return nil, u.why()
	}
	return messages, nil
}

// shown drops the frame of views, which is no packet that can be read, if there
// is HTTP in the others, and else the others.
func shown(parts []part) []part {
	for i := len(parts) - 1; i > 0; i-- { // the last is the most complete
		if parts[i].content == http {
			return parts[i:]
		}
	}
	return parts[:1]
}

type unwrapper struct {
	noPackets bool
	reader    *capture.Reader
	views     []part // of the current packet, or a part alone
	frames    int    // of reader
	lines     []int  // of the last of them, by their number modulo maxLines
	packets   bool   // there are some
	copied    bool   // the HTTP that is read was copied as text
	lost      bool   // and had a body
	final     bool   // nothing more comes

	messages queue                 // not yet taken
	doubtful queue                 // taken if there are no others: HTTP to other paths
	taken    bool                  // some message was taken
	open     bool                  // from now on doubtful ones are taken: they are all there is, and many
	asked    recent[speaker, bool] // those who sent requests, or of whose data some is lost
	strays   recent[int, stray]    // by connection: its data that is nothing known, which counts if MS-PCHC follows
}

const (
	maxLines = 1 << 16
	maxViews = 256 // of a packet
)

// speaker is an end of a connection in packets.
type speaker struct {
	stream int
	addr   netip.AddrPort
}

// stray is a message about data of a connection, and how much that is.
type stray struct {
	message Message
	size    int
}

// take returns the messages of which it is known what they are, if there are so many or
// others were taken before.
func (u *unwrapper) take(least int) []Message {
	if u.taken {
		least = 1
	}
	messages := u.messages.decide(least, u.fate)
	if len(messages) > 0 {
		u.taken, u.doubtful = true, queue{}
	}
	return messages
}

// fate decides about a message. Responses without a request are dropped from connections
// that show others, or that some were lost: as in a capture file, they may belong to
// anything. Where there are only responses, that is all one can have.
func (u *unwrapper) fate(m *pending) fate {
	switch {
	case m.orphan && u.hasAsked(m.asker):
		return dropped
	case (m.orphan || m.other) && !u.final:
		return undecided
	}
	return taken
}

func (u *unwrapper) hasAsked(s speaker) bool {
	_, ok := u.asked.get(s)
	return ok
}

// doubt adds a message that counts if there are no others, or if there are too many to
// wait for these.
func (u *unwrapper) doubt(m Message) {
	switch {
	case u.open:
		u.messages.add(pending{Message: m})
	case !u.taken:
		u.doubtful.add(pending{Message: m})
	}
	if !u.doubtful.full() {
		return
	}
	if !slices.ContainsFunc(u.messages.list, func(m pending) bool { return !m.orphan }) {
		for _, m := range u.doubtful.list {
			u.messages.add(m)
		}
		u.open = true
	}
	u.doubtful = queue{}
}

// packet says that there is a packet. Bytes that are nothing known were then captured,
// too, and are no messages.
func (u *unwrapper) packet() {
	if u.packets {
		return
	}
	u.packets = true
	q := &u.messages
	kept := q.list[:0]
	for _, m := range q.list {
		if m.other {
			q.size -= len(m.Bytes)
			if m.other = false; bytes.HasPrefix(m.Bytes, arp) {
				continue
			}
			m.Message = skipped(m.Bytes, m.Line)
		}
		kept = append(kept, m)
	}
	clear(q.list[len(kept):])
	q.list = kept
}

// skipped returns the message about bytes that are nothing known among packets.
func skipped(b []byte, line int) Message {
	return Message{Line: line, Problem: "skipped " + plural(len(b), "byte") + " that are neither an IP packet nor HTTP nor a message"}
}

// frame counts a frame of reader.
func (u *unwrapper) frame(line int) {
	if u.frames++; len(u.lines) < maxLines {
		u.lines = append(u.lines, line)
	} else {
		u.lines[(u.frames-1)%maxLines] = line
	}
}

// lineOf returns the line of a frame, false if there is none or it is forgotten.
func (u *unwrapper) lineOf(frame int64) (int, bool) {
	if frame < 1 || frame > int64(u.frames) || frame <= int64(u.frames-len(u.lines)) {
		return 0, false
	}
	return u.lines[(frame-1)%maxLines], true
}

// part adds a part, with tshark's other views of it.
func (u *unwrapper) part(p *part, others []part) {
	say := func(m Message) { u.messages.add(pending{Message: m}) }
	switch {
	case p.problem != "":
		say(Message{Line: p.line, Problem: p.problem})
	case p.end != 0:
		u.frame(p.line)
		_ = u.reader.Payload(uint64(p.stream), p.end-1, p.data)
	case p.content == packet:
		var v *capture.Views
		for i := range others {
			if v == nil {
				v = &capture.Views{}
			}
			o := &others[i]
			switch {
			case strings.HasPrefix(o.title, "Reassembled IP"):
				v.IP = o.data
			case strings.HasPrefix(o.title, "Reassembled TCP"):
				v.TCP = append(v.TCP, o.data)
			case o.content == http:
				v.HTTP = append(v.HTTP, o.data)
			}
		}
		u.frame(p.line)
		_ = u.reader.Frame(&pcapfile.Frame{Data: p.data, Wire: len(p.data), Link: p.link}, v)
	case p.content == http:
		u.frame(p.line)
		u.copied = p.copied
		_ = u.reader.HTTP(p.data)
	case p.content == other && strings.HasPrefix(p.title, "Data ("): // of tshark -V
		say(Message{Line: p.line, Problem: "skipped " + plural(len(p.data), "byte") +
			" that are not a whole message; tshark -x shows their packet"})
	case p.content == other && u.packets:
		if !bytes.HasPrefix(p.data, arp) {
			say(skipped(p.data, p.line))
		}
	default:
		u.messages.add(pending{Message: Message{Bytes: p.data, Line: p.line, Input: p.form}, other: p.content == other})
	}
}

// arp is how an ARP packet for IPv4 begins, which tcpdump -x shows without its
// Ethernet header.
var arp = []byte{0, 1, 8, 0, 6, 4}

// lateFrame is where a problem that has become known late names its frame. The line
// of the text says it better.
var lateFrame = lazy(` \(frame (\d+)\)$`)

// event handles an event in packets and HTTP.
func (u *unwrapper) event(e *capture.Event) error {
	m := Message{Bytes: bytes.Clone(e.Body), Request: e.RequestType}
	detail := e.Detail
	m.Line, _ = u.lineOf(e.Frame)
	if at := lateFrame().FindStringSubmatchIndex(detail); at != nil {
		frame, _ := strconv.ParseInt(detail[at[2]:at[3]], 10, 64)
		if line, ok := u.lineOf(frame); ok {
			m.Line, detail = line, detail[:at[0]]
		}
	}
	bare := !e.Src.IsValid()
	alone := e.Path == ""
	ours := bare || spec.URLVersion(e.Path) != 0 // otherwise it may be any protocol
	likely, orphan := looks(e.Body), false
	switch e.Kind {
	case capture.Problem, capture.Note:
		m.Problem, m.Aside = detail, e.Kind == capture.Note
		ours = ours || alone
	case capture.Request:
		m.Kind, m.Note = spec.Request, "body of an HTTP request"
	case capture.Response:
		if len(e.Body) == 0 && alone {
			return nil // such as status 204
		}
		m.Kind, m.Note = spec.Response, "body of an HTTP response "+strconv.Itoa(e.Status)
		whole := likely && len(e.Body) == 5 && e.Body[4] <= 1 // OK or INTERESTED, whatever else is there
		if ours = ours || alone && likely; ours && alone && !bare && !whole {
			orphan = true
		}
		likely = likely || alone
	case capture.Content:
		m.Kind, m.Note, ours = spec.Content, "body of an HTTP response "+strconv.Itoa(e.Status)+" with Content-Encoding peerdist", true
	case capture.Unframed:
		m.Note = "TCP payload"
		ours = likely
		if !likely {
			m.Problem, ours = "skipped "+plural(len(e.Body), "byte")+" that are neither HTTP nor a message", bare
			u.strays.put(e.Stream, stray{Message{Line: m.Line, Note: m.Note, Problem: m.Problem}, len(e.Body)})
		}
	}
	if u.copied && len(e.Body) > 0 {
		u.lost = true
	}
	if e.Kind == capture.Problem || e.Kind == capture.Request && spec.URLVersion(e.Path) != 0 {
		u.asked.put(speaker{e.Stream, e.Src}, true)
	}
	if s, ok := u.strays.get(e.Stream); ok && !bare && ours && e.Kind != capture.Problem && e.Kind != capture.Unframed {
		if s.size > 1 { // one byte is a keep-alive probe
			u.messages.add(pending{Message: s.message})
		}
		u.strays.remove(e.Stream)
	}
	if ours {
		u.messages.add(pending{Message: m, orphan: orphan, asker: speaker{e.Stream, e.Dst}})
	} else if likely {
		u.doubt(m)
	}
	return nil
}

// why returns the reason why there is no message.
func (u *unwrapper) why() error {
	if u.packets {
		return &Error{Reason: plural(u.frames, "packet") + " without a message: no HTTP POST to a path of MS-PCHC, and no response to one"}
	}
	return &Error{Reason: "HTTP without a message: no POST, and no response with status 200"}
}
