package input

import (
	"cmp"
	"encoding/hex"
	"strconv"
	"strings"
)

// followHeader begins each stream that tshark -z follow shows.
const followHeader = "Follow: "

// parseFollow reads what tshark -z follow,tcp,hex,0 and follow,tcp,raw,0 write,
// for one stream or several.
func parseFollow(w *window, add func(part) error) error {
	var top line // of the text
	n, stream, form, head := 0, 0, "", false
	count := func(p part) error {
		n++
		return add(p)
	}
	raw := speakers{add: count}
	dump := sides{add: count}
	finish := func() error { return cmp.Or(raw.finish(), dump.finish()) }
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if w.index == 0 {
			top = l
		}
		s := strings.TrimSpace(l.text)
		kind, begins := strings.CutPrefix(s, followHeader)
		if begins || strings.HasPrefix(s, "====") {
			if err := finish(); err != nil {
				return err
			}
			form = ""
		}
		if begins {
			stream++
			dump.stream = stream
			if _, form, _ = strings.Cut(kind, ","); form != "hex" && form != "raw" {
				return l.fault(0, "Follow Stream as "+form+" has lost the bytes that are not text; show it as raw, hex or yaml")
			}
			head = true
			continue
		}
		if head = head && followNode().MatchString(l.text); head || form == "" {
			continue
		}
		var err error
		if form == "hex" {
			err = dump.row(l)
		} else {
			var p part
			if p, err = readRawLine(l, stream); err == nil {
				err = raw.take(p)
			}
		}
		if err != nil {
			return err
		}
	}
	if err := cmp.Or(w.failed(), finish()); err != nil {
		return err
	}
	if n == 0 {
		return top.fault(0, "Follow Stream without data")
	}
	return nil
}

var followNode = lazy(`^\s*(Filter:|Node \d+:)`)

// readRawLine reads a line of hex, one for each packet, indented where the second end
// sent it.
func readRawLine(l line, stream int) (part, error) {
	digits := strings.TrimSpace(l.text)
	b, err := hex.DecodeString(digits)
	if err != nil {
		if n := hexLen(digits); n < len(digits) {
			return part{}, l.fault(strings.Index(l.text, digits)+n, quoteAt(digits, n)+" is not a hex digit")
		}
		return part{}, l.fault(0, "an odd number of hex digits; a byte has two")
	}
	from := 0
	if isBlank(l.text[0]) {
		from = 1
	}
	return said(stream, from, b, l), nil
}

// sideRow is a line of a hex dump of Follow Stream: "000000A3  50 4f  PO". The
// offsets count the bytes of its end.
type sideRow struct {
	line   line
	indent int
	offset int
	bytes  []byte
	text   string // the column of text
}

var sideRowForm = lazy(`^(\s*)([0-9A-Fa-f]{8})((?: {1,2}[0-9A-Fa-f]{2}){1,16})(?:\s+(\S.*)|\s*)$`)

// readSideRow reads a line, false if it is none of a dump.
func readSideRow(l line) (r sideRow, ok bool) {
	m := sideRowForm().FindStringSubmatch(l.text)
	if m == nil {
		return r, false
	}
	offset, err := strconv.ParseUint(m[2], 16, 31)
	if err != nil {
		return r, false
	}
	b, _ := hex.DecodeString(strings.ReplaceAll(m[3], " ", ""))
	return sideRow{l, len(m[1]), int(offset), b, m[4]}, true
}

// agrees reports whether the column of text shows the bytes. Blanks do not count:
// one stands in the middle, and those at the ends may be lost.
func (r *sideRow) agrees() bool {
	text := []rune(strings.Join(strings.Fields(r.text), ""))
	i := 0
	for _, c := range r.bytes {
		if c == ' ' {
			continue
		}
		if len(text) > 0 && (i == len(text) || !shows(text[i], c)) {
			return false
		}
		i++
	}
	return len(text) == 0 || i == len(text)
}

// speech is what one end said, while its rows are read.
type speech struct {
	begun  bool
	indent int
	next   int // offset of its next row
}

// sides reads the dumps of both ends of a connection. A row belongs to the end whose rows
// it continues, or if both are possible to the one with its indentation.
type sides struct {
	add    func(part) error
	stream int
	ends   [2]speech
	turn   part // what the end says that speaks
}

func (s *sides) row(l line) error {
	r, ok := readSideRow(l)
	if !ok {
		if isRest(l) {
			return l.fault(0, "this line of the dump cannot be read")
		}
		return nil
	}
	if !r.agrees() {
		return l.fault(0, "the hex digits and the text beside them are not the same bytes")
	}
	i := whoSays(&s.ends, &r)
	if i < 0 {
		return l.fault(0, "offset "+strings.TrimSpace(l.text)[:8]+" continues neither side: bytes are missing or out of order")
	}
	e := &s.ends[i]
	if !e.begun {
		*e = speech{begun: true, indent: r.indent}
	}
	e.next = r.offset + len(r.bytes)
	if s.turn.end == 1+i {
		s.turn.data = append(s.turn.data, r.bytes...)
		return nil
	}
	before := s.turn
	s.turn = said(s.stream, i, r.bytes, l)
	if before.end == 0 {
		return nil
	}
	return s.add(before)
}

// finish adds the last turn. The next row is of another connection.
func (s *sides) finish() error {
	last := s.turn
	*s = sides{add: s.add}
	if last.end == 0 {
		return nil
	}
	return s.add(last)
}

// whoSays returns the end that a row belongs to, -1 for none.
func whoSays(ends *[2]speech, r *sideRow) int {
	found := -1
	for i := range ends {
		e := &ends[i]
		switch {
		case e.begun && e.next == r.offset && (found < 0 || e.indent == r.indent):
			found = i
		case !e.begun && found < 0 && (i == 0 || r.indent > ends[0].indent || r.offset == 0):
			return i
		}
	}
	return found
}

// isRest reports whether a line that could not be read has hex digits: four groups
// of two, four or eight one after the other, which are not the heads of columns.
func isRest(l line) bool {
	return restForm().MatchString(l.text) && !strings.Contains(l.text, " = ") && !strings.Contains(l.text, "01 02 03 04 05 06 07")
}

var restForm = lazy(`(?:^|\s)(?:(?:[0-9A-Fa-f]{2} {1,2}){4}|(?:[0-9A-Fa-f]{4} ){4}|(?:[0-9A-Fa-f]{8} ){4})`)

// isConversation reports whether lines are Follow Stream's hex dump without its
// header, as Wireshark shows it: two dumps of which each goes on where it ended,
// one of them indented.
func isConversation(lines []line) bool {
	ends, turns := converse(lines)
	return ends[1].begun && (ends[1].indent != ends[0].indent || turns > 2)
}

// mayConverse reports whether lines may be the beginning of one.
func mayConverse(lines []line) bool {
	ends, _ := converse(lines)
	return ends[0].begun
}

// converse returns what the two ends say in a dump that may be of Follow Stream, or
// nothing, and how often they take turns.
func converse(lines []line) (ends [2]speech, turns int) {
	last := -1
	for _, l := range lines {
		r, ok := readSideRow(l)
		if !ok {
			continue
		}
		i := whoSays(&ends, &r)
		if i < 0 || !r.agrees() {
			return [2]speech{}, 0
		}
		if !ends[i].begun {
			ends[i] = speech{begun: true, indent: r.indent}
		}
		ends[i].next = r.offset + len(r.bytes)
		if i != last {
			turns++
		}
		last = i
	}
	return ends, turns
}

func parseConversation(w *window, add func(part) error) error {
	s := sides{add: add, stream: 1}
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if err := s.row(l); err != nil {
			return err
		}
	}
	return cmp.Or(w.failed(), s.finish())
}
