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
	parse func([]line) ([]part, error)
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
