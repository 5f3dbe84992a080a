package input

import (
	"bytes"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/capture"
)

// parseBytes takes bytes that are no text as they are, unless lines of text stand
// before HTTP, or something has replaced some of them.
func parseBytes(b []byte) ([]part, error) {
	if rest, n, ok := afterNoise(b); ok {
		return []part{{data: rest, line: 1 + n, content: http}}, nil
	}
	if utf8.Valid(b) && bytes.Contains(b, []byte("\ufffd")) {
		return nil, &Error{Reason: "bytes of this input were replaced by U+FFFD when it was copied or saved as text: they are lost"}
	}
	begin := b[:min(len(b), 4<<10)]
	if n := bytes.IndexByte(begin, 0); n > 0 { // text, and then something else
		if text, ok := asText(begin[:n]); ok {
			if f := foreignText(text); f != nil {
				return nil, f
			}
		}
	}
	return []part{{data: b, form: "raw bytes"}}, nil
}

// prompt is that of a shell behind what was copied from a terminal.
var prompt = lazy(`\r?\n[ -~]{0,60}[$#%>] ?(?:\r?\n)?$`)

// afterNoise returns the HTTP in b that begins with a line after some lines of
// text, such as a prompt, and how many these are.
func afterNoise(b []byte) ([]byte, int, bool) {
	const most = 50
	rest := b
	for lines := range most {
		if capture.IsHTTP(rest) {
			if lines > 0 {
				rest = rest[:len(rest)-len(prompt().Find(rest))]
			}
			return rest, lines, true
		}
		n := bytes.IndexByte(rest, '\n')
		if n < 0 || n > 1<<10 {
			break
		}
		if _, ok := asText(rest[:n]); !ok {
			break
		}
		rest = rest[n+1:]
	}
	return nil, 0, false
}
