package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/spec"
)

// Limit is the most bytes that Read takes from its reader, and the most that a
// dump's repeated lines may grow to: 64 MiB.
const Limit = 64 << 20

// Format is how an input writes bytes.
type Format uint8

const (
	Auto   Format = iota // detect it
	Hex                  // hex digits or a literal, without offsets
	Base64               // base64
	Dump                 // hex with offsets
	Raw                  // the message itself, without detection
)

// Formats are the names of the formats, by their value.
var Formats = [...]string{Auto: "auto", Hex: "hex", Base64: "base64", Dump: "dump", Raw: "raw"}

// Lines is the meaning of a line of plain hex or base64.
type Lines uint8

const (
	Guess Lines = iota // decided by the rule in the package comment
	Each               // each line is a message
	One                // all lines are one message
)

// Options describe the input of Parse. The zero value detects the format.
type Options struct {
	Format Format
	Lines  Lines
	// NoPackets says that the bytes are messages, so that none that happens to
	// look like a packet is read as one.
	NoPackets bool
	// XML says that XML is a message, whatever it is about; otherwise only that of
	// WS-Discovery is.
	XML bool
}

// Message is one message found in an input, or the problem that prevented it.
type Message struct {
	Bytes   []byte
	Kind    spec.Kind // as given by the context; 0 if unknown
	Request uint16    // of a response: Type of the request that it answers, 0 unknown
	Line    int       // line of the text on which it begins, or the packet that completes it; 0 where there are no lines
	Note    string    // where it was: "body of an HTTP request"; often ""
	Input   string    // what its bytes were read from: "hex", "hex dump"; "" for packets and HTTP

	// Problem is a sentence about missing or unreadable data in packets or HTTP, if
	// there is no message; otherwise "". With Aside it takes nothing away, as far as
	// one can tell: something is encrypted.
	Problem string
	Aside   bool
}

// Error is a fault of an input at a place of its text.
type Error struct {
	Line, Column int // from 1, in characters; both 0 where there is no place to name
	Reason       string
	Cause        error // ErrAmbiguousLines, ErrDoubtfulBase64, ErrUnknownFormat, ErrDecoded or nil
}

// Causes of an [Error] that callers may act upon.
var (
	// ErrAmbiguousLines says that Options.Lines must decide.
	ErrAmbiguousLines = errors.New("lines may be one message or several")
	// ErrDoubtfulBase64 says that the input is base64 only if Options.Format
	// says so.
	ErrDoubtfulBase64 = errors.New("base64 of no known message")
	// ErrUnknownFormat says that the input is text in none of the formats.
	ErrUnknownFormat = errors.New("unknown format")
	// ErrDecoded says that a JSON object is a message with its fields but without
	// its bytes.
	ErrDecoded = errors.New("decoded message without its bytes")
)

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

var (
	// ErrEmpty reports an input of only white space, also between Markdown fences.
	ErrEmpty = errors.New("the input is empty")
	// ErrCapture says that the input is a packet capture.
	ErrCapture = errors.New("the input is a packet capture")
	// ErrTooLong says that the input is, or expands to, more than Limit bytes.
	ErrTooLong = fmt.Errorf("the input is longer than %d MiB", Limit>>20)
)

// Read reads r to its end, at most Limit bytes, and parses what it read.
func Read(r io.Reader, o Options) ([]Message, error) { return read(r, o, false) }

// read is Read for an input that was, or was not, decompressed.
func read(r io.Reader, o Options, opened bool) ([]Message, error) {
	b, err := io.ReadAll(io.LimitReader(r, Limit+1))
	if err != nil {
		return nil, err
	}
	return parseAll(b, o, opened)
}

// Parse returns the messages and problems in b, at least one. Their bytes may be
// views of b. Its errors are *Error, *Foreign or one of this package's variables.
func Parse(b []byte, o Options) ([]Message, error) { return parseAll(b, o, false) }

func parseAll(b []byte, o Options, opened bool) ([]Message, error) {
	if len(b) > Limit {
		return nil, ErrTooLong
	}
	if o.Format == Raw {
		if len(b) == 0 {
			return nil, ErrEmpty
		}
		return []Message{{Bytes: b}}, nil
	}
	if !opened && bytes.HasPrefix(b, gzipMark) {
		var err error
		if b, err = gunzip(b); err != nil {
			return nil, err
		}
	}
	parts, err := parse(b, o)
	if err != nil {
		return nil, err
	}
	return unwrap(parts, o)
}

// part is a run of bytes as the text gave it: a message, or a packet with one.
type part struct {
	data    []byte
	line    int
	title   string // the line of text just before it
	form    string // what the text was read as: "hex", "a hex dump"
	content content
	link    uint32 // of a packet

	problem string // instead of bytes: what could not be read here
	copied  bool   // of http: the copy is text, so that a body has lost its bytes

	// Of what an end of a connection said, without packets around it:
	stream int // number of the connection
	end    int // 1 or 2; 0 if the part is none of that kind
}

// foreignTo returns the error of an input that begins like a file without messages.
func foreignTo(b []byte, o Options) error {
	if o.Format != Auto {
		return nil
	}
	if pcapfile.IsCapture(b) {
		return ErrCapture
	}
	if f := foreignFile(b); f != nil {
		return f
	}
	return nil
}

func parse(b []byte, o Options) ([]part, error) {
	if err := foreignTo(b, o); err != nil {
		return nil, err
	}
	if o.Format == Auto {
		if spec.Guess(b) == spec.Discovery || o.XML && bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(b, []byte("\uFEFF")), " \t\r\n"), []byte("<")) {
			return []part{{data: b, form: "XML", content: message}}, nil
		}
	}
	text, ok := asText(b)
	if !ok {
		if o.Format != Auto {
			return nil, &Error{Reason: "the input is not text, so it is not " + Formats[o.Format]}
		}
		return parseBytes(b)
	}
	if strings.TrimSpace(text) == "" {
		return nil, ErrEmpty
	}
	if o.Format == Auto && capture.IsHTTP([]byte(text)) && toolOf(splitLines(text)) == nil {
		return []part{{data: []byte(text), content: http, copied: true}}, nil
	}
	if strings.HasPrefix(text, goTestVersion) && o.Format == Auto {
		return parseGoTest(splitLines(string(decode(b)))) // with its own quotes
	}
	parts, err := parseText(text, o)
	if len(parts) == 1 && o.Format == Auto && err == nil {
		if f := foreignFile(parts[0].data); f != nil {
			return nil, f
		}
	}
	return parts, err
}

func parseText(text string, o Options) ([]part, error) {
	lines := splitLines(text)
	if o.Format == Auto || o.Format == Dump {
		if t := toolOf(lines); t != nil {
			return collect(func(add func(part) error) error { return t.parse(windowOf(lines), add) })
		}
	}
	dumps := func(forced bool) ([]part, error) {
		return collect(func(add func(part) error) error { return parseDump(windowOf(lines), forced, add) })
	}
	switch o.Format {
	case Dump:
		return dumps(true)
	case Base64:
		return parseBase64(lines, o.Lines)
	case Hex:
		if isLiteral(text) {
			return parseLiteral(text, o)
		}
		return parseHex(lines, o.Lines)
	}
	if isDump(lines) {
		return dumps(false)
	}
	if plain := stripFences(text); plain != text {
		text, lines = plain, splitLines(plain)
		if strings.TrimSpace(text) == "" {
			return nil, ErrEmpty
		}
	}
	if isPlainHex(text) {
		return parseDigits(lines, o.Lines)
	}
	if f := foreignText(text); f != nil {
		if parts, ok := parseDecimals(lines); ok { // three digits are octal of od -c, or decimal of od -tu1
			return parts, nil
		}
		return nil, f
	}
	if rest, n, ok := afterNoise([]byte(text)); ok {
		return []part{{data: rest, line: 1 + n, content: http, copied: true}}, nil
	}
	if isJSON(text) {
		return collect(func(add func(part) error) error { return parseJSON(windowOf(lines), add) })
	}
	if parts, ok, err := parseWrapped(text); ok {
		return parts, err
	}
	if directive().MatchString(text) {
		return parseDirectives(text)
	}
	if isLiteral(text) {
		parts, err := parseLiteral(text, o)
		if err != nil {
			if parts, fault := parseWords(lines); fault == nil && parts != nil {
				return parts, nil
			}
		}
		return parts, err
	}
	return parseDigits(lines, o.Lines)
}

// isPlainHex reports whether text is a single word of hex digits. None of the expressions
// for other forms matches that, and to compile them takes longer than to decode it.
func isPlainHex(text string) bool {
	return strings.Trim(strings.TrimSpace(text), "0123456789abcdefABCDEF") == ""
}

// parseDigits reads lines that are hex or base64. Hex wins where both are
// possible: base64 without a letter beyond F is a rare accident, a lost hex
// digit is not.
func parseDigits(lines []line, how Lines) ([]part, error) {
	if parts, ok := parseBinaryDigits(lines); ok {
		return parts, nil
	}
	if parts, ok := parseNumbered(lines); ok {
		return parts, nil
	}
	parts, hexErr := parseHex(lines, how)
	if hexErr != nil && hexErr != ErrEmpty {
		if parts, ok := parseDecimals(lines); ok {
			return parts, nil
		}
	}
	if hexErr != nil && hexErr != ErrEmpty || len(parts) == 1 && !looks(parts[0].data) {
		if fault := otherNumbers(lines); fault != nil {
			return nil, fault
		}
	}
	if hexErr == nil && len(parts) == 1 && !looks(parts[0].data) { // digits of base64 may all be of hex, too
		if other, err := parseBase64(lines, how); err == nil && len(other) == 1 && flawless(other[0].data) {
			return other, nil
		}
	}
	if hexErr == ErrEmpty {
		return nil, lines[0].fault(0, "no bytes, only blanks, signs and comments, which '#' begins")
	}
	if hexErr == nil || onlyHexDigits(lines) {
		return parts, hexErr
	}
	if parts, ok, err := parseBase32(lines); ok {
		return parts, err
	}
	parts, base64Err := parseBase64(lines, how)
	if base64Err != nil {
		if parts, err := parseWords(lines); err != nil || parts != nil {
			return parts, err
		}
	}
	switch {
	case base64Err == nil && begins(parts[0].data):
		return parts, nil
	case base64Err != nil && strings.HasPrefix(strings.TrimSpace(lines[0].text), "AA"):
		return nil, base64Err // every message in base64 begins so
	case mostlyHexDigits(lines):
		return nil, hexErr
	case base64Err == nil:
		return nil, lines[0].fault(0, "not hex, and as base64 it does not begin like a message").because(ErrDoubtfulBase64)
	}
	return nil, lines[0].fault(0, "not hex, a hex dump, base64 or a literal").because(ErrUnknownFormat)
}
