package input

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
)

// tool is a program whose output has what the two ends of connections said in
// turn, each piece with the end that said it.
type tool struct {
	is    func([]line) bool
	parse func(*window, func(part) error) error // adds part by part; it needs only some lines at a time
}

// tools are tried in this order.
var tools = []tool{
	{anyLine(followHeader, lazy(`^`+followHeader)), parseFollow},
	{anyLine("", lazy(`^(packets:$|peer\d+_\d+: !!binary)`)), parseFollowYAML},
	{anyLine("layers", tsharkLayers), parseTsharkJSON},
	{anyLine("char peer", arrayHead), parseArrays},
	{anyLine(" bytes) */", arrayTitle), parseArrays},
	{anyLine(" bytes (0x", curlMark), parseCurl},
	{anyLine("(", straceMark), parseStrace},
	{anyLine("base64=", burpMark), parseBurp},
	{isConversation, parseConversation},
}

// collect returns what a function adds.
func collect(run func(add func(part) error) error) (parts []part, err error) {
	err = run(func(p part) error {
		parts = append(parts, p)
		return nil
	})
	return parts, err
}

// anyLine returns a function that looks for a line, without the blanks around
// it: prompts and other noise may stand about. Only lines with the given text are
// tried.
func anyLine(text string, mark func() *regexp.Regexp) func([]line) bool {
	return func(lines []line) bool {
		for _, l := range lines {
			if strings.Contains(l.text, text) && mark().MatchString(strings.TrimSpace(l.text)) {
				return true
			}
		}
		return false
	}
}

// toolOf returns the tool that wrote the lines, nil if none is known.
func toolOf(lines []line) *tool {
	for i := range tools {
		if tools[i].is(lines) {
			return &tools[i]
		}
	}
	return nil
}

// said returns a part that one end of a connection said.
func said(stream int, from int, data []byte, l line) part {
	return part{data: data, line: l.no, stream: stream, end: 1 + from, content: other}
}

// speakers tell who says parts that are said to come from one end alone, where they begin
// with requests and with responses: the indentation is lost that tells the ends apart.
type speakers struct {
	add     func(part) error
	held    []part
	size    int // bytes of those
	decided bool
	lost    bool // the ends are those that the bytes tell
	end     int  // of the last part
	last    []byte
}

// take takes the next part. If all come from the same end, the first [ahead] bytes decide.
func (s *speakers) take(p part) error {
	switch {
	case s.lost:
		p.end = s.of(p.data)
		fallthrough
	case s.decided:
		return s.add(p)
	}
	s.held = append(s.held, p)
	if s.size += len(p.data); p.end == s.held[0].end && s.size < ahead {
		return nil
	}
	s.lost = p.end == s.held[0].end
	return s.decide()
}

func (s *speakers) decide() error {
	s.decided = true
	held := s.held
	s.held = nil
	for _, p := range held {
		if err := s.take(p); err != nil {
			return err
		}
	}
	return nil
}

// finish adds the parts that are left. The next one is of another connection.
func (s *speakers) finish() error {
	s.lost = s.lost || !s.decided
	err := s.decide()
	*s = speakers{add: s.add}
	return err
}

// of returns the end that says b, by what it begins with and what was said before.
func (s *speakers) of(b []byte) int {
	switch {
	case capture.IsResponse(b):
		s.end = 2
	case s.end == 0, capture.IsHTTP(b), bytes.HasPrefix(s.last, []byte("HTTP/1.1 100 ")):
		s.end = 1
	}
	s.last = b
	return s.end
}

// bySpeaker is what speakers do with all parts of a connection.
func bySpeaker(parts []part) []part {
	parts, _ = collect(func(add func(part) error) error {
		s := speakers{add: add}
		for _, p := range parts {
			_ = s.take(p) // add has no errors
		}
		return s.finish()
	})
	return parts
}
