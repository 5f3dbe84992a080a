package input

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/textenc"
	"github.com/hostedcache/pchc/spec"
)

// ahead is how much of an input decides whether it is read piece by piece.
const ahead = 256 << 10

// Scan reads the messages in r and hands them to show, more of them perhaps in
// later calls. It needs memory for one message, or for the connections that are
// open at a time, where the input, of any length, has
//
//   - a message or a packet on each line, as hex or base64, or in a log
//   - JSON values, one after the other or in an array of objects
//   - dumps, of messages or of packets: those of tcpdump and tshark, too
//   - packets in tshark's JSON, or what a tool shows that each end said
//   - PEM, literals that each end with a line
//
// also compressed with gzip. Others it reads as [Read] does. The error is one of
// Read, or show's, which ends the reading.
func Scan(r io.Reader, o Options, show func(messages []Message, more bool) error) error {
	return scan(r, o, ahead, show)
}

// scan is Scan, with so many bytes that decide.
func scan(r io.Reader, o Options, ahead int, show func(messages []Message, more bool) error) error {
	in := bufio.NewReaderSize(r, ahead)
	begin, short := in.Peek(ahead)
	zipped := o.Format != Raw && bytes.HasPrefix(begin, gzipMark)
	if zipped {
		in = bufio.NewReaderSize(&gunzipper{from: in}, ahead)
		begin, short = in.Peek(ahead)
	}
	if short == nil {
		if f := foreignTo(begin, o); f != nil {
			return f
		}
		if o.Format != Raw && isUTF16(begin) {
			in = bufio.NewReaderSize(textenc.NewReader(in), ahead)
			begin, short = in.Peek(ahead)
		}
	}
	if short == nil {
		s := scanner{in: in, unwrapper: newUnwrapper(o), show: show}
		if isArray(begin, o) {
			return s.pieces(parseJSON, true)
		}
		if read := piecewise(begin, o); read != nil {
			return s.pieces(read, false)
		}
		if read := linewise(begin, o); read != nil {
			return s.lines(read)
		}
	}
	messages, err := read(in, o, zipped)
	if err != nil {
		return err
	}
	return show(messages, false)
}

// isUTF16 reports whether a text begins in UTF-16.
func isUTF16(begin []byte) bool {
	if begin[0] < 0xfe && bytes.IndexByte(begin, 0) < 0 {
		return false
	}
	_, ok := asText(begin)
	return ok
}

// isArray reports whether an input begins with a long line of JSON that is an array of
// objects or strings, but not of the packets that a tool shows.
func isArray(begin []byte, o Options) bool {
	if o.Format != Auto || bytes.IndexByte(begin, '\n') >= 0 {
		return false
	}
	n := len(begin) - 1
	for n > 0 && !utf8.RuneStart(begin[n]) {
		n--
	}
	text, ok := asText(begin[:n])
	rest, array := strings.CutPrefix(strings.TrimSpace(text), "[")
	rest = strings.TrimSpace(rest)
	return ok && array && (strings.HasPrefix(rest, "{") && isJSON(rest) || isLongString(rest)) && toolOf(splitLines(text)) == nil
}

// piecewise returns what reads the dumps or the packets in an input that begins as
// given, nil if it is not known that there are some.
func piecewise(begin []byte, o Options) func(*window, func(part) error) error {
	if o.Format != Auto && o.Format != Dump {
		return nil
	}
	text, ok := asText(begin[:1+bytes.LastIndexByte(begin, '\n')])
	if !ok || o.Format == Auto && (capture.IsHTTP(begin) || spec.Guess(begin) == spec.Discovery || strings.HasPrefix(text, goTestVersion)) {
		return nil
	}
	lines := splitLines(text)
	if t := toolOf(lines); t != nil {
		return t.parse
	}
	if mayConverse(lines) {
		return nil
	}
	if o.Format == Auto && !isDump(lines) {
		if stripFences(text) != text || isPlainHex(text) || foreignText(text) != nil {
			return nil
		}
		if beginsJSON(text) {
			return parseJSON
		}
		return recordwise(lines)
	}
	return func(w *window, add func(part) error) error { return parseDump(w, o.Format == Dump, add) }
}

// readLines reads what a line holds.
type readLines func(line) ([]part, error)

// linewise returns what reads each line of an input that begins as given, nil
// if it is not known that each is a message.
func linewise(begin []byte, o Options) readLines {
	n := bytes.LastIndexByte(begin, '\n')
	if n < 0 || o.Format == Raw || o.Format == Dump || o.Lines == One {
		return nil
	}
	text, ok := asText(begin[:n])
	if !ok || begin[0] >= 0xfe || bytes.IndexByte(begin, 0) >= 0 { // UTF-16 has other line ends
		return nil
	}
	lines := splitLines(text)
	if len(lines) < 2 || o.Format == Auto && (isDump(lines) || toolOf(lines) != nil) {
		return nil
	}
	for _, read := range []struct {
		format Format
		lines  readLines
	}{{Hex, one(hexUnit, o)}, {Hex, onePacket(hexUnit, o)}, {Base64, one(base64Unit, o)}, {Base64, onePacket(base64Unit, o)}} {
		if (o.Format == Auto || o.Format == read.format) && all(lines, read.lines) {
			return read.lines
		}
	}
	if o.Format == Auto {
		if parts, err := parseText(text, o); err == nil && len(parts) > 1 && strings.HasSuffix(parts[0].form, amongText) {
			return wordLine
		}
	}
	return nil
}

// all reports whether lines can be read, and are not just comments.
func all(lines []line, read readLines) bool {
	n := 0
	for _, l := range lines {
		parts, err := read(l)
		if err != nil {
			return false
		}
		n += len(parts)
	}
	return n > 1
}

// one returns what reads lines of digits. Unless it is said that each is a
// message, it must begin like one.
func one(unitOf func(line) (unit, error), o Options) readLines {
	return alone(unitOf, func(p *part) string {
		if o.Lines != Each && !looks(p.data) {
			return "this line does not begin like a message, but others do"
		}
		return ""
	})
}

// onePacket returns what reads lines of digits of which each is a packet.
func onePacket(unitOf func(line) (unit, error), o Options) readLines {
	return alone(unitOf, func(p *part) string {
		if p.identify(); p.content != packet || o.Lines != Guess || o.NoPackets {
			return "this line is no packet, but others are"
		}
		return ""
	})
}

// alone returns what reads lines of digits, each of which is a part that is not wrong.
func alone(unitOf func(line) (unit, error), wrong func(*part) string) readLines {
	return func(l line) ([]part, error) {
		u, err := unitOf(l)
		if err == nil {
			err = u.err
		}
		if err != nil || u.pieces == 0 {
			return nil, err
		}
		p := part{data: u.alone, line: l.no}
		if reason := wrong(&p); reason != "" {
			return nil, l.fault(0, reason).because(ErrAmbiguousLines)
		}
		return []part{p}, nil
	}
}

// scanner reads an input piece by piece.
type scanner struct {
	in *bufio.Reader
	*unwrapper
	show  func([]Message, bool) error
	shown bool
}

// pieces reads an input of which read adds the parts, and takes long lines split if that is
// set.
func (s *scanner) pieces(read func(*window, func(part) error) error, split bool) error {
	lines := lineReader{in: s.in, most: Limit, split: split}
	var failed error
	err := read(&window{next: lines.next}, func(p part) error {
		s.unwrapper.add(p)
		failed = s.hand(2) // a single one is shown like that
		return failed
	})
	if failed != nil {
		return failed
	}
	return s.rest(err)
}

func (s *scanner) lines(read readLines) error {
	lines := lineReader{in: s.in, most: Limit}
	for {
		l, err := lines.next()
		if err == io.EOF {
			return s.rest(nil)
		}
		var parts []part
		if err == nil {
			parts, err = read(l)
		}
		if err != nil {
			return s.rest(err)
		}
		for i := range parts {
			s.unwrapper.add(parts[i])
		}
		if err := s.hand(1); err != nil {
			return err
		}
	}
}

// hand shows the messages of which it is known what they are, if there are so many, or
// others were shown.
func (s *scanner) hand(least int) error {
	if messages := s.take(least); len(messages) > 0 {
		s.shown = true
		return s.show(messages, true)
	}
	return nil
}

// rest shows what is known in the end. err is why the input was read no further.
func (s *scanner) rest(err error) error {
	messages, none := s.finish()
	if len(messages) > 0 {
		if err := s.show(messages, s.shown || err != nil); err != nil {
			return err
		}
	}
	if err != nil || s.shown && len(messages) == 0 {
		return err
	}
	return none
}
