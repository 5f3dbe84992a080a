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
	u.add(parts)
	return u.finish()
}

func newUnwrapper(o Options) *unwrapper {
	u := &unwrapper{noPackets: o.NoPackets, asked: map[speaker]bool{}, strays: map[int]Message{}}
	u.reader = capture.NewReader(capture.Options{Excerpt: true, ByFrame: true}, u.event)
	return u
}

// add adds parts.
func (u *unwrapper) add(parts []part) {
	for i := range parts {
		parts[i].identify()
		if parts[i].content == packet && u.noPackets {
			parts[i].content = other
		}
		u.packets = u.packets || parts[i].content == packet
	}
	for len(parts) > 0 {
		n := views(parts)
		if parts[0].content != packet && n > 1 {
			parts, n = shown(parts, n), 1
		}
		u.part(&parts[0], parts[1:n])
		parts = parts[n:]
	}
}

// finish returns the messages that are not taken yet, or why there is none.
func (u *unwrapper) finish() ([]Message, error) {
	_, _ = u.reader.Close() // the handler has no errors
	if u.lost {
		return nil, &Error{Reason: "HTTP copied as text has lost the bytes of the body; copy it as raw bytes, hex or base64"}
	}
	u.dropOrphans()
	if len(u.messages) == 0 {
		u.messages = u.doubtful
	}
	if len(u.messages) == 0 {
		return nil, u.why()
	}
	return u.messages, nil
}

// shown drops the frame of n views, which is no packet that can be read, if there
// is HTTP in the others, and else the others.
func shown(parts []part, n int) []part {
	for i := n - 1; i > 0; i-- { // the last is the most complete
		if parts[i].content == http {
			return parts[i:]
		}
	}
	parts[n-1] = parts[0]
	return parts[n-1:]
}

type unwrapper struct {
	noPackets bool
	reader    *capture.Reader
	lines     []int // of the frames of reader
	messages  []Message
	doubtful  []Message // shown if there are no others: HTTP to other paths
	orphans   []orphan
	asked     map[speaker]bool // those who sent requests, or of whose data some is lost
	strays    map[int]Message  // by connection: its data that is nothing known, which counts if MS-PCHC follows
	packets   bool             // there are some
	copied    bool             // the HTTP that is read was copied as text
	lost      bool             // and had a body
}

// speaker is an end of a connection in packets.
type speaker struct {
	stream int
	addr   netip.AddrPort
}

// orphan is a response whose request is not there.
type orphan struct {
	at    int // in the messages
	asker speaker
}

// dropOrphans drops the responses without a request from connections that show
// others, or that some were lost. As in a capture file, they may belong to
// anything; where there are only responses, that is all one can have.
func (u *unwrapper) dropOrphans() {
	for i := len(u.orphans) - 1; i >= 0; i-- {
		if o := u.orphans[i]; u.asked[o.asker] {
			u.messages = slices.Delete(u.messages, o.at, o.at+1)
		}
	}
}

// part adds a part, with tshark's other views of it.
func (u *unwrapper) part(p *part, others []part) {
	switch {
	case p.problem != "":
		u.messages = append(u.messages, Message{Line: p.line, Problem: p.problem})
	case p.end != 0:
		u.lines = append(u.lines, p.line)
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
		u.lines = append(u.lines, p.line)
		_ = u.reader.Frame(&pcapfile.Frame{Data: p.data, Wire: len(p.data), Link: p.link}, v)
	case p.content == http:
		u.lines = append(u.lines, p.line)
		u.copied = p.copied
		_ = u.reader.HTTP(p.data)
	case p.content == other && strings.HasPrefix(p.title, "Data ("): // of tshark -V
		u.messages = append(u.messages, Message{Line: p.line, Problem: "skipped " + plural(len(p.data), "byte") +
			" that are not a whole message; tshark -x shows their packet"})
	case p.content == other && u.packets:
		if !bytes.HasPrefix(p.data, arp) {
			u.messages = append(u.messages, Message{Line: p.line, Problem: "skipped " + plural(len(p.data), "byte") +
				" that are neither an IP packet nor HTTP nor a message"})
		}
	default:
		u.messages = append(u.messages, Message{Bytes: p.data, Line: p.line, Input: p.form})
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
	frame, detail := e.Frame, e.Detail
	if at := lateFrame().FindStringSubmatchIndex(detail); at != nil {
		frame, _ = strconv.ParseInt(detail[at[2]:at[3]], 10, 64)
		detail = detail[:at[0]]
	}
	if n := int(frame) - 1; n >= 0 && n < len(u.lines) {
		m.Line = u.lines[n]
	}
	bare := !e.Src.IsValid()
	alone := e.Path == ""
	ours := bare || spec.URLVersion(e.Path) != 0 // otherwise it may be any protocol
	likely := looks(e.Body)
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
			u.orphans = append(u.orphans, orphan{len(u.messages), speaker{e.Stream, e.Dst}})
		}
		likely = likely || alone
	case capture.Content:
		m.Kind, m.Note, ours = spec.Content, "body of an HTTP response "+strconv.Itoa(e.Status)+" with Content-Encoding peerdist", true
	case capture.Unframed:
		m.Note = "TCP payload"
		ours = likely
		if !likely {
			m.Problem, ours = "skipped "+plural(len(e.Body), "byte")+" that are neither HTTP nor a message", bare
			u.strays[e.Stream] = m
		}
	}
	if u.copied && len(e.Body) > 0 {
		u.lost = true
	}
	if e.Kind == capture.Problem || e.Kind == capture.Request && spec.URLVersion(e.Path) != 0 {
		u.asked[speaker{e.Stream, e.Src}] = true
	}
	if stray, ok := u.strays[e.Stream]; ok && !bare && ours && e.Kind != capture.Problem && e.Kind != capture.Unframed {
		if len(stray.Bytes) > 1 { // one byte is a keep-alive probe
			u.messages = append(u.messages, stray)
		}
		delete(u.strays, e.Stream)
	}
	if ours {
		u.messages = append(u.messages, m)
	} else if likely {
		u.doubtful = append(u.doubtful, m)
	}
	return nil
}

// why returns the reason why there is no message.
func (u *unwrapper) why() error {
	if u.packets {
		return &Error{Reason: plural(len(u.lines), "packet") + " without a message: no HTTP POST to a path of MS-PCHC, and no response to one"}
	}
	return &Error{Reason: "HTTP without a message: no POST, and no response with status 200"}
}
