package input

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hostedcache/pchc/internal/capture"
)

// lossy are outputs of tools that do not have the bytes of messages, known by one
// of their lines, and what to use instead.
var lossy = []struct {
	mark   *regexp.Regexp
	reason string
}{
	{regexp.MustCompile(`\S+ > \S+: (?:Flags \[|tcp \d)`),
		"tcpdump shows no bytes here, or only as text: add -x to its options, or write a capture with -w FILE"},
	{regexp.MustCompile(`^\d+\s+(?:[0-9-]+ )?[0-9.:]+\s+\S+ (?:→|->) \S+\s+\S+ \d+ `),
		"tshark lists packets here without their bytes: add -x to its options"},
	{regexp.MustCompile(`^Frame \d+: \d+ bytes on wire`),
		"tshark -V shows fields here without all bytes: add -x to its options"},
	{regexp.MustCompile(`^<(?:pdml|psml)\b`),
		"tshark's XML has only the bytes of single fields: use tshark -x or -T json -x"},
	{regexp.MustCompile(`^\* (?:  Trying |Connected to |Closing connection|Connection #\d+ to host)|^[<>] (?:HTTP/\d|[A-Z]+ \S+ HTTP/\d)`),
		"curl -v shows no bodies: use curl --trace FILE, and decode that file"},
	{regexp.MustCompile(`"log": ?\{`),
		"an HTTP archive (HAR) holds requests as text, in which binary bytes are lost: use a packet capture or curl --trace"},
}

// lossyOutput returns an error if lines are the output of a tool that has lost
// the bytes.
func lossyOutput(lines []line) error {
	for _, l := range lines[:min(len(lines), 1000)] {
		for _, k := range lossy {
			if k.mark.MatchString(strings.TrimSpace(l.text)) {
				return l.fault(0, k.reason)
			}
		}
	}
	return nil
}

var mitmproxyFlow = regexp.MustCompile(`^\d+:(?:\d+:[a-z_]+;|.{0,200}?(?:7:request;|8:response;))`)

// lossyBytes returns an error if b, which is no text, is known to be something
// else than bytes of messages.
func lossyBytes(b []byte) error {
	begin := b[:min(len(b), 4<<10)]
	switch {
	case mitmproxyFlow.Match(begin):
		return &Error{Reason: "this is a flow file of mitmproxy: export the requests and responses in it (export.file raw_request @focus FILE, and raw_response)"}
	case utf8.Valid(b) && bytes.Contains(b, []byte("\ufffd")):
		return &Error{Reason: "bytes of this input were replaced by U+FFFD when it was copied or saved as text: they are lost"}
	}
	if n := bytes.IndexByte(begin, 0); n > 0 {
		if text, ok := asText(begin[:n]); ok { // a message after what curl has to say
			if lines := splitLines(text); len(lines) > 1 {
				return lossyOutput(lines)
			}
		}
	}
	return nil
}

// prompt is the one of a shell behind what was copied from a terminal.
var prompt = regexp.MustCompile(`\r?\n[ -~]{0,60}[$#%>] ?(?:\r?\n)?$`)

// afterNoise returns the HTTP in b that begins with a line after some lines of
// text, such as a prompt.
func afterNoise(b []byte) ([]byte, int, bool) {
	rest, lines := b, 0
	for n := 0; lines < 50; lines++ {
		if capture.IsHTTP(rest) {
			if lines > 0 {
				rest = rest[:len(rest)-len(prompt.Find(rest))]
			}
			return rest, lines, true
		}
		if n = bytes.IndexByte(rest, '\n'); n < 0 || n > 1<<10 {
			break
		}
		if _, ok := asText(rest[:n]); !ok && n > 0 {
			break
		}
		rest = rest[n+1:]
	}
	return nil, 0, false
}
