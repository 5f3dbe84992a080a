package message

import (
	"strings"
	"time"

	"github.com/fatih/color"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/spec"
)

// Form is how a [Printer] writes messages.
type Form uint8

// The forms.
const (
	FormTree Form = iota // every field of a message, below a line with its place in the capture
	FormLine             // one line for each message
	FormJSON             // one JSON object for each message
	FormCSV              // one row for each exchange, below [CSVHeader], which the caller writes
)

// Verdict is the kind of output that a [Printer] has written, for its caller to
// count.
type Verdict uint8

// The verdicts.
const (
	Valid          Verdict = iota // a message without violations
	SenderInvalid                 // a message that violates rules for senders only
	Invalid                       // a message that violates rules of format
	Unfit                         // a block without its hash, or a response that does not fit its request
	CaptureProblem                // missing or unreadable data, or a message of which a part is not shown
	CaptureNote                   // something worth knowing about a capture
)

// Printer writes messages one after the other. Its methods append to dst and
// return the extended slice. The zero Printer writes trees.
type Printer struct {
	Text
	Form Form
	Raw  bool // in JSON, add the bytes of the message, keys and all

	Messages bool      // a line or tree for each message, not for each exchange
	Wide     bool      // whole HoHoDk in lines, not their beginnings
	Clock    Clock     // of lines
	Start    time.Time // what Relative counts from

	messages int
	file     string          // of the last heading
	day      time.Time       // of the last heading
	latest   time.Time       // of the last line, for Delta
	frames   int             // width of the column of frames
	address  int             // width of the columns of addresses
	scratch  []byte          // for summaries
	ends     [2][]byte       // addresses, to use again
	room     [2]Item         // for the messages of an exchange
	told     map[string]bool // explanations

	dissectors []*spec.Dissector // to use again
	dissected  int               // how many of them are in use for the current item
}

// dissect dissects the message of an item, in memory that the next call of Item, Event or
// Message uses again.
func (p *Printer) dissect(it *Item) *Message {
	if p.dissected == len(p.dissectors) {
		p.dissectors = append(p.dissectors, new(spec.Dissector))
	}
	p.dissected++
	return it.dissect(p.dissectors[p.dissected-1])
}

// Item is a message that does not come from a capture.
type Item struct {
	Kind    spec.Kind // 0: detected from the first bytes
	Body    []byte
	Request uint16 // Type of the request that a response answers, 0 if unknown
	Number  int    // at the beginning of a line
	Note    string // above a tree; "" for none
	Input   string // what the bytes were read from, such as "hex dump"; told of an invalid message

	asked, answered *capture.PeerDist   // of a Content, see capture.Event
	block           *conversation.Block // of a MSG_BLK
	message         *Message            // once it is dissected
	sound           bool                // it violates no rule
}

// Message appends a message.
func (p *Printer) Message(dst []byte, it *Item) ([]byte, Verdict) {
	p.dissected = 0
	return p.message(dst, it, nil)
}

// Event appends an event of a capture: the message of a request or a response,
// Content Information, a problem or a note. Above the first line of a file, and of each day, it writes a heading.
// Events without a message append nothing.
func (p *Printer) Event(dst []byte, e *capture.Event) ([]byte, Verdict) {
	p.dissected = 0
	switch e.Kind {
	case capture.Request:
		return p.message(dst, &Item{Kind: spec.Request, Body: e.Body}, &e.Place)
	case capture.Response:
		return p.message(dst, &Item{Kind: spec.Response, Body: e.Body, Request: e.RequestType}, &e.Place)
	case capture.Content:
		return p.message(dst, &Item{Kind: spec.Content, Body: e.Body, asked: e.Asked, answered: e.Answered}, &e.Place)
	case capture.Problem:
		return p.Problem(dst, e.Detail, &e.Place), CaptureProblem
	case capture.Note:
		return p.Note(dst, e.Detail, &e.Place), CaptureNote
	}
	return dst, Valid
}

// Problem appends a capture problem. at is nil for packets from
// elsewhere.
func (p *Printer) Problem(dst []byte, detail string, at *capture.Place) []byte {
	return p.remark(dst, p.Style.bad, "CAPTURE_PROBLEM", false, detail, at)
}

// Note appends a note about a capture, which is no problem.
func (p *Printer) Note(dst []byte, detail string, at *capture.Place) []byte {
	return p.remark(dst, p.Style.dim, "CAPTURE_NOTE", true, detail, at)
}

func (p *Printer) remark(dst []byte, style *color.Color, name string, valid bool, detail string, at *capture.Place) []byte {
	switch p.Form {
	case FormJSON:
		return appendRemark(dst, name, valid, detail, at)
	case FormCSV:
		o := &Overview{Name: name, Text: printable.String(detail), Verdict: CaptureProblem}
		if valid {
			o.Verdict = CaptureNote
		}
		return appendCSV(dst, o, at, 0, "", "", "")
	}
	from := len(dst)
	if at != nil {
		dst, from = p.place(dst, at, 0)
	}
	detail, explanation := explain(printable.String(detail))
	dst = append(put(dst, style, pad(name, nameWidth)+gap+detail), '\n')
	dst = p.fold(dst, from)
	if explanation != "" && !p.told[explanation] {
		if p.told == nil || len(p.told) > maxTold {
			p.told = make(map[string]bool)
		}
		p.told[explanation] = true
		dst = p.below(dst, p.Style.dim, explanation)
	}
	return dst
}

// maxTold bounds the explanations that are remembered.
const maxTold = 256

// explain parts a long remark into what happened, for its row, and what that means, to
// stand below it once.
func explain(detail string) (row, explanation string) {
	const long = 90
	if len(detail) <= long {
		return detail, ""
	}
	for _, mark := range []string{"; ", ": "} {
		if at := strings.Index(detail, mark); at > 0 {
			return detail[:at], detail[at+len(mark):]
		}
	}
	return detail, ""
}

// message appends a message that was found at a place in a capture, nil for one
// from elsewhere. It dissects a message only where that is needed, for speed.
func (p *Printer) message(dst []byte, it *Item, at *capture.Place) ([]byte, Verdict) {
	if p.Form == FormJSON {
		if dst, ok := p.soundObject(dst, it, at); ok {
			return dst, Valid
		}
		m := p.dissect(it)
		return p.object(dst, m, it, at), m.verdict()
	}
	if p.Form == FormTree && p.messages > 0 {
		dst = append(dst, '\n')
	}
	p.messages++
	var m *Message // nil: not dissected
	switch {
	case at != nil:
		var from int
		dst, from = p.place(dst, at, 0)
		dst, m = p.line(dst, it)
		dst = p.fold(dst, from)
	case p.Form == FormLine:
		dst, m = p.line(p.number(dst, it), it)
	case it.Note != "":
		dst = p.AppendNote(dst, it.Note)
	}
	if p.Form == FormTree {
		if info, ok := information(it.Kind, it.Body); m == nil && ok && it.answered == nil && !p.Fold {
			return p.appendLong(dst, it.Body, info), Valid
		}
		if m == nil {
			m = p.dissect(it)
		}
		dst = p.appendHTTP(dst, it)
		dst = p.appendViolationsOfHTTP(dst, m)
		if it.wonder(m.verdict()) {
			dst = p.AppendNote(dst, "read as "+it.Input+", "+Count(len(it.Body), "byte")+":")
		}
		dst = p.Append(dst, m)
	}
	return dst, m.verdict()
}

// wonder reports whether the input of a message may have been read as something
// that it is not.
func (it *Item) wonder(verdict Verdict) bool {
	return it.Input != "" && verdict == Invalid
}

// verdict of a message that was not dissected is Valid. That of one of which not all is
// shown is never.
func (m *Message) verdict() Verdict {
	switch {
	case m == nil:
		return Valid
	case len(m.Dissection.Violations) == 0 && m.Dissection.Unread > 0:
		return CaptureProblem
	case len(m.Dissection.Violations) == 0:
		return Valid
	case m.Dissection.Valid():
		return SenderInvalid
	}
	return Invalid
}
