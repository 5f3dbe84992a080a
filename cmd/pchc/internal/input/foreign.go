package input

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"regexp"
	"strings"

	"github.com/hostedcache/pchc/internal/foreign"
)

// Foreign is the error for an input in a known format that has no message as it
// is.
type Foreign foreign.Format

func (f *Foreign) Error() string {
	s := "the input is " + f.Name
	if f.Help != "" {
		s += ": " + f.Help
	}
	return s
}

// foreignFile returns the format of a file that is known to be no message, or nil.
func foreignFile(b []byte) *Foreign { return (*Foreign)(foreign.Of(b)) }

// foreignTexts are kinds of text that hold no bytes, or not all of them.
var foreignTexts = []struct {
	form func() *regexp.Regexp // of the first lines
	Foreign
}{
	{lazy(`(?i)^\s*<(!doctype html|html)\b`), Foreign{Name: "an HTML page", Help: "copy the bytes out of it"}},
	{lazy(`^\s*<\?xml[^>]*>\s*(<!--.*?-->\s*|<\?.*?\?>\s*)*<(pdml|psml)\b`), Foreign{Name: "tshark output in PDML or PSML", Help: "write packets as hex: tshark -x"}},
	{lazy(`^\s*<(\?xml|!--|!DOCTYPE|[a-zA-Z][\w:.-]*(\s+[\w:.-]+\s*=|\s*/?>))`), Foreign{Name: "XML", Help: "copy the bytes out of it"}},
	{lazy(`(?i)^(?:\s*\{?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?)+\s*$`), Foreign{Name: "a UUID", Help: "give the bytes of a message"}},
	{lazy(`(?i)^(?:\s*[0-9a-f]{2}[:-][0-9a-f]{2}[:-](?:0[1-9a-f]|[1-9a-f][0-9a-f])(?:[:-][0-9a-f]{2}){3}(?:\s|$))+$`), Foreign{Name: "a hardware (MAC) address", Help: "give the bytes of a message"}},
	{lazy(`^(?:\s*(?:\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d)(?:\s|$))+$`), Foreign{Name: "a date or time", Help: "give the bytes of a message"}},
	{lazy(`\bfunction ?\w*\([\w,]*\)\{\S|\)=>\{\S`), Foreign{Name: "a program in JavaScript", Help: "give only the literal with the bytes"}},
	{lazy(`^\{\\rtf`), Foreign{Name: "an RTF document", Help: "copy the bytes out of it"}},
	{lazy(`(?m)^begin(-base64)? [0-7]{3,4} `), Foreign{Name: "uuencoded", Help: "decode it: uudecode -o /dev/stdout"}},
	{lazy(`^\s*<~[!-u\sz]*`), Foreign{Name: "ASCII85", Help: "decode it: python3 -c 'import base64, sys; sys.stdout.buffer.write(base64.a85decode(sys.stdin.read(), adobe=True))'"}},
	{lazy(`^\s*:[0-9A-Fa-f]{2}[0-9A-Fa-f]{4}0[0-5]([0-9A-Fa-f]{2})+\s*($|\n:)`), Foreign{Name: "Intel HEX", Help: "convert it: objcopy -I ihex -O binary"}},
	{lazy(`^\s*S[0-35-9][0-9A-Fa-f]{8,}\s*($|\nS)`), Foreign{Name: "S-records", Help: "convert it: objcopy -I srec -O binary"}},
	{lazy(`(?m)^[ \t]*[0-9a-f]{6,7}(?: +-?\d{1,10})* {2,}-?\d{1,10}(?: +-?\d{1,10}){3,}\s*$`), Foreign{Name: "output of od or hexdump in decimal or octal", Help: "write hex: od -An -v -tx1"}},
	{lazy(`(?m)^[ \t]*([0-9a-f]{6,8})?( {1,3}| \t)(( {0,3}(\\[0abtnvfr]|[0-7]{3}))[ \t]+){2,}`), Foreign{Name: "output of od -c or hexdump -c (characters, not hex)", Help: "write hex: od -An -v -tx1"}},
	{lazy(`(?m)^[ \t]*[0-9a-f]{6,8} +((nul|soh|stx|etx|eot|sp|del|[!-~]) +){2,}`), Foreign{Name: "output of od -a (names of characters, not hex)", Help: "write hex: od -An -v -tx1"}},
	{lazy(`(?m)^\s*(\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d\.\d+ (\S+ (In|Out) +)?(IP6?|ARP,?) `), Foreign{Name: "output of tcpdump without the bytes", Help: "write hex: tcpdump -x (-A loses the bytes that are not text)"}},
	{lazy(`(?m)\S+ > \S+: (?:Flags \[|tcp \d)`), Foreign{Name: "output of tcpdump without the bytes", Help: "write hex: tcpdump -x (-A loses the bytes that are not text)"}},
	{lazy(`(?m)^\* (?:  Trying |Connected to |Closing connection|Connection #\d+ to host)|^[<>] (?:HTTP/\d|[A-Z]+ \S+ HTTP/\d)`), Foreign{Name: "output of curl -v, which has no bodies", Help: "use curl --trace FILE, and give that file"}},
	{lazy(`^\s*\{\s*"log": ?\{`), Foreign{Name: "an HTTP archive (HAR), in which the bytes of requests are lost", Help: "use a packet capture, or curl --trace"}},
	{lazy(`^\d+:\d+:[a-z_]+;`), Foreign{Name: "mitmproxy flows", Help: "export the requests and responses: export.file raw_request @focus FILE, and raw_response"}},
	{lazy(`(?m)^\s*\d+\s+\d+\.\d+\s+\S+\s+(→|->)\s+\S+\s+[A-Z]`), Foreign{Name: "output of tshark without the bytes", Help: "write hex: tshark -x"}},
	{lazy(`(?m)^Frame \d+: \d+ bytes on wire`), Foreign{Name: "output of tshark without the bytes", Help: "write hex: tshark -x"}},
}

// foreignText returns the kind of a text that is known to be none of the formats,
// or nil.
func foreignText(text string) *Foreign {
	begin := text[:min(len(text), 4096)]
	if n := strings.LastIndexByte(begin, '\n'); n > 0 && len(begin) < len(text) {
		begin = begin[:n] // whole lines
	}
	for i := range foreignTexts {
		if f := &foreignTexts[i]; f.form().MatchString(begin) {
			return &f.Foreign
		}
	}
	return nil
}

// gzipMark begins gzip data.
var gzipMark = []byte{0x1f, 0x8b, 0x08}

// gunzip returns the content of gzip data.
func gunzip(b []byte) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(&gunzipper{from: bytes.NewReader(b)}, Limit+1))
	switch {
	case err != nil:
		return nil, err
	case len(b) > Limit:
		return nil, ErrTooLong
	}
	return b, nil
}

// gunzipper reads the content of gzip data. Its errors are those of reading them, or an
// [*Error] for data that are damaged.
type gunzipper struct {
	from   io.Reader
	failed error // of from
	z      *gzip.Reader
	err    error
}

func (g *gunzipper) Read(p []byte) (n int, err error) {
	if g.z == nil && g.err == nil {
		g.z, g.err = gzip.NewReader(bufio.NewReader(compressed{g}))
	}
	if g.err == nil {
		n, g.err = g.z.Read(p)
	}
	switch {
	case g.failed != nil && g.err != nil:
		return n, g.failed
	case g.err != nil && g.err != io.EOF:
		return n, &Error{Reason: "damaged gzip data: it ends early, or its checksum is wrong"}
	}
	return n, g.err
}

// compressed reads the data themselves.
type compressed struct{ g *gunzipper }

func (c compressed) Read(p []byte) (int, error) {
	n, err := c.g.from.Read(p)
	if err != io.EOF {
		c.g.failed = err
	}
	return n, err
}

// stripFences returns text with blanks in place of the fences and signs with which
// Markdown marks code.
func stripFences(text string) string {
	if !strings.Contains(text, "`") && !strings.Contains(text, "~~~") {
		return text
	}
	text = fence().ReplaceAllStringFunc(text, blankOut)
	if m := inlineCode().FindStringSubmatchIndex(text); m != nil {
		b := []byte(text)
		b[m[2]], b[m[3]-1] = ' ', ' '
		return string(b)
	}
	return text
}

var (
	fence      = lazy("(?m)^[ \t>]*(?:```+|~~~+)[^`\n]*$")
	inlineCode = lazy("^(?:[^`]*\\s)?(`[^`\n]+`)(?:[\\s.,:;][^`]*)?$") // not the text beside a dump
)
