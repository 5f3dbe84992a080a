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
	is     func([]line) bool
	parse  func(*window, func(part) error) error // adds part by part
	stream bool                                  // it needs only some lines at a time
}

// tools are tried in this order.
var tools = []tool{
	{anyLine(followHeader, lazy(`^`+followHeader)), whole(parseFollow), false},
	{anyLine("", lazy(`^(packets:$|peer\d+_\d+: !!binary)`)), whole(parseFollowYAML), false},
	{anyLine("layers", tsharkLayers), parseTsharkJSON, true},
	{anyLine("char peer", arrayHead), parseArrays, true},
	{anyLine(" bytes) */", arrayTitle), parseArrays, true},
	{anyLine(" bytes (0x", curlMark), whole(parseCurl), false},
	{anyLine("(", straceMark), whole(parseStrace), false},
	{anyLine("base64=", burpMark), whole(parseBurp), false},
	{isConversation, whole(parseConversation), false},
}

// whole returns a function that needs all lines of a text for what parse does.
func whole(parse func([]line) ([]part, error)) func(*window, func(part) error) error {
	return func(w *window, add func(part) error) error {
		var lines []line
		for l, ok := w.at(0); ok; l, ok = w.at(w.index + 1) {
			lines = append(lines, l)
		}
		if err := w.failed(); err != nil {
			return err
		}
		parts, err := parse(lines)
		for i := 0; i < len(parts) && err == nil; i++ {
			err = add(parts[i])
		}
		return err
	}
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

// bySpeaker gives parts that are said to come from one end to both, where they
// begin with requests and with responses: the indentation is lost that tells the
// ends apart.
func bySpeaker(parts []part) {
	for _, p := range parts {
		if p.end != parts[0].end {
			return
		}
	}
	end := 1
	for i := range parts {
		b := parts[i].data
		switch {
		case capture.IsResponse(b):
			end = 2
		case capture.IsHTTP(b), i > 0 && bytes.HasPrefix(parts[i-1].data, []byte("HTTP/1.1 100 ")):
			end = 1
		}
		parts[i].end = end
	}
}
