package input

import (
	"bytes"
	"strconv"
	"strings"
)

var (
	// Escapes as languages write bytes that are no text.
	hexEscape    = lazy(`\\x[0-9A-Fa-f]{2}|\\u00[0-9A-Fa-f]{2}|\\[xu]\{[0-9A-Fa-f]{1,6}\}|["'][^"'\n]*\\[0-7]`)
	bracedEscape = lazy(`^[xu]\{[0-9A-Fa-f]{1,6}\}`)
	// What may stand between two string literals that are one: blanks, the signs
	// that join lines or strings, and the prefix of the second.
	joint = lazy(`^[\s\\+.&]*(?:;?\s*\$?\w+ *[.+]= *)?(b|B|rb|L|u8|\$)?$`)
	// The same in a list of characters, and where gdb repeats one.
	charJoint = lazy(`^\s*(?:<repeats (\d+) times>)?,\s*$`)
)

// isLiteral reports whether text holds bytes as a programming language writes
// them: escapes, quoted strings, or lists of integers.
func isLiteral(text string) bool {
	return hasEscapes(text) || strings.ContainsAny(text, `"'`) || findLists(plainCode(text)) != nil
}

func hasEscapes(text string) bool {
	return strings.Contains(text, `\`) && hexEscape().MatchString(text)
}

// plainCode returns text with blanks in place of comments and casts.
func plainCode(text string) string {
	if strings.Contains(text, "/") {
		text = comment().ReplaceAllStringFunc(text, blankOut)
	}
	if strings.Contains(text, "(") {
		text = casts().ReplaceAllStringFunc(text, blankOut)
	}
	return text
}

func parseLiteral(text string, o Options) ([]part, error) {
	if hasEscapes(text) {
		return parseEscapes(text)
	}
	plain := plainCode(text)
	if lists := findLists(plain); lists != nil {
		return parseLists(plain, lists)
	}
	if !strings.ContainsAny(plain, `"'`) {
		return nil, faultAt(text, 0, "the only bytes are in a comment")
	}
	return parseQuoted(plain, o)
}

// parseEscapes reads string literals with escapes, or text with escapes and no
// quotes. Literals with nothing between them but what joins strings are one.
func parseEscapes(text string) ([]part, error) {
	if !strings.ContainsAny(text, `"'`) {
		return parseUnquoted(text)
	}
	var parts []part
	var spans []span
	lines := lineCounter{text: text}
	chars := charLists(text)
	limit := Limit // of repetitions
	end := 0       // of the literal before
	for i := 0; i < len(text); {
		if text[i] != '"' && text[i] != '\'' {
			i++
			continue
		}
		b, n, fault := readQuotedAs(text, i, strings.HasSuffix(text[:i], "[]byte(") || strings.HasSuffix(text[:i], "string("))
		if fault != nil {
			return nil, fault
		}
		if strings.HasSuffix(string(b), "...") {
			return nil, faultAt(text, n-4, "'...' means that these bytes were cut here; get all of them")
		}
		between := text[end:i]
		last := len(parts) - 1
		repeats := charJoint().FindStringSubmatch(between)
		switch {
		case last >= 0 && chars && repeats != nil:
			if times, err := strconv.Atoi(repeats[1]); repeats[1] != "" && len(parts[last].data) > 0 {
				if err != nil || times > limit {
					return nil, ErrTooLong
				}
				limit -= times
				data := parts[last].data
				parts[last].data = append(data, bytes.Repeat(data[len(data)-1:], max(times-1, 0))...)
			}
			fallthrough
		case last >= 0 && joint().MatchString(between):
			parts[last].data = append(parts[last].data, b...)
			spans[last].to = n
		default:
			parts = append(parts, part{data: b, line: lines.of(i), form: "string literal"})
			spans = append(spans, span{i, n})
		}
		i, end = n, n
	}
	return parts, checkLiterals(text, parts, spans)
}

var charElement = lazy(`'(?:[^'\\\n]|\\[^\n']{1,4}|\\')'\s*(?:<repeats \d+ times>)?\s*,\s*['"]|\$\d+ = ["']`)

// charLists reports whether commas join literals: in lists of characters, and in
// what gdb prints.
func charLists(text string) bool { return charElement().MatchString(text) }

// parseUnquoted reads lines of escapes without quotes, as one message.
func parseUnquoted(text string) ([]part, error) {
	first := strings.Index(text, `\`)
	end := len(strings.TrimRight(text, " \t\r\n\v\f"))
	p := part{form: "escapes"}
	for i := first; i < end; {
		if isBlank(text[i]) { // at the end of a line they are no bytes
			n := len(text[i:end]) - len(strings.TrimLeft(text[i:end], " \t\r"))
			if i+n == end || text[i+n] == '\n' {
				i += n + 1
				continue
			}
			if n > 0 {
				p.data = append(p.data, text[i:i+n]...)
				i += n
				continue
			}
		}
		if strings.HasPrefix(text[i:], "...") {
			return nil, faultAt(text, i, "'...' means that these bytes were cut here; get all of them")
		}
		b, n, err := unescape(text, i, false)
		if err != nil {
			return nil, err
		}
		p.data = append(p.data, b...)
		i = n
	}
	p.line = 1 + strings.Count(text[:first], "\n")
	return []part{p}, nil
}

// readQuoted reads the string literal that begins with the quote at byte i of
// text. It returns its bytes and where it ends.
func readQuoted(text string, i int) ([]byte, int, error) {
	b, n, fault := readQuotedAs(text, i, false)
	if fault != nil {
		return nil, 0, fault
	}
	return b, n, nil
}

// readQuotedAs reads a string literal; in Go, characters are UTF-8.
func readQuotedAs(text string, i int, isGo bool) ([]byte, int, *Error) {
	quote, start := text[i], i
	var b []byte
	for i++; i < len(text); {
		switch {
		case text[i] == quote:
			return b, i + 1, nil
		case text[i] == '\n':
			return nil, 0, faultAt(text, start, "unterminated string")
		}
		c, n, err := unescape(text, i, isGo)
		if err != nil {
			return nil, 0, err
		}
		b = append(b, c...)
		i = n
	}
	return nil, 0, faultAt(text, start, "unterminated string")
}

var simpleEscapes = map[byte]byte{'a': 7, 'b': 8, 't': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13, 'e': 27,
	'\\': '\\', '"': '"', '\'': '\'', '?': '?'}

// unescape reads one character or escape at byte i of text, and returns its
// bytes and where it ends. A "\" before the end of a line gives none.
func unescape(text string, i int, isGo bool) ([]byte, int, *Error) {
	if text[i] != '\\' {
		if text[i] >= 0x80 && !isGo {
			return nil, 0, faultAt(text, i, quoteAt(text, i)+" is more than one byte; write it with \\x")
		}
		return []byte{text[i]}, i + 1, nil
	}
	rest := text[i+1:]
	digits := func(n int) string { return rest[1:min(len(rest), 1+n)] }
	switch {
	case rest == "":
		return nil, i + 1, nil
	case lineEnd(rest) > 0:
		return nil, i + 1 + lineEnd(rest), nil
	case bracedEscape().MatchString(rest): // Perl, Rust, JavaScript
		inner, _, _ := strings.Cut(rest[2:], "}")
		v, _ := strconv.ParseUint(inner, 16, 32)
		if v >= 0x100 || v >= 0x80 && rest[0] == 'u' {
			return nil, 0, faultAt(text, i, "\\"+rest[:len(inner)+3]+" is more than one byte; write it with \\x")
		}
		return []byte{byte(v)}, i + len(inner) + 4, nil
	case rest[0] == 'x':
		if hexLen(digits(2)) < 2 {
			return nil, 0, faultAt(text, i, "\\x needs two hex digits")
		}
		v, _ := strconv.ParseUint(digits(2), 16, 8)
		return []byte{byte(v)}, i + 4, nil
	case rest[0] == 'u' || rest[0] == 'U':
		n := map[byte]int{'u': 4, 'U': 8}[rest[0]]
		v, err := strconv.ParseUint(digits(n), 16, 21)
		switch {
		case err != nil || hexLen(digits(n)) < n:
			return nil, 0, faultAt(text, i, "\\"+rest[:1]+" needs "+strconv.Itoa(n)+" hex digits")
		case v >= 0x80 && !isGo:
			return nil, 0, faultAt(text, i, "\\"+rest[:1]+digits(n)+" is one byte in some languages and UTF-8 in others; write it with \\x")
		}
		return []byte(string(rune(v))), i + 2 + n, nil
	case rest[0] >= '0' && rest[0] <= '7':
		n := 1
		for n < 3 && n < len(rest) && rest[n] >= '0' && rest[n] <= '7' {
			n++
		}
		if n < 3 && n < len(rest) && (rest[n] == '8' || rest[n] == '9') {
			return nil, 0, faultAt(text, i, "\\"+rest[:n+1]+" is decimal in some languages, and octal with more behind it in others; write it with \\x")
		}
		v, err := strconv.ParseUint(rest[:n], 8, 8)
		if err != nil {
			return nil, 0, faultAt(text, i, "\\"+rest[:n]+" is not a byte")
		}
		return []byte{byte(v)}, i + 1 + n, nil
	}
	if c, ok := simpleEscapes[rest[0]]; ok {
		return []byte{c}, i + 2, nil
	}
	return nil, 0, faultAt(text, i, "unknown escape \\"+strings.Trim(quoteAt(rest, 0), "'"))
}

// lineEnd returns the length of the line end that s begins with, 0 for none.
func lineEnd(s string) int {
	for _, end := range []string{"\n", "\r\n"} {
		if strings.HasPrefix(s, end) {
			return len(end)
		}
	}
	return 0
}

// parseQuoted reads hex or base64 in quotes: the quotes and the code around
// them go, the rest is plain.
func parseQuoted(text string, o Options) ([]part, error) {
	plain := []byte(text)
	var spans []span
	quote, start, ended := byte(0), 0, false // the open quote, where it is, and whether a sign ended a whole string
	for i, c := range plain {
		switch {
		case c == '\n':
			quote, ended = 0, false
		case quote == 0 && (c == '"' || c == '\''):
			if ended {
				return nil, faultAt(text, i, "several strings on one line: put each on a line of its own")
			}
			quote, start = c, i
			plain[i] = ' '
		case quote == 0:
			ended = ended || strings.IndexByte(",;)]}", c) >= 0 && i > start+6 // strings of a byte or two are pieces of one message
			plain[i] = ' '
		case c == quote:
			quote = 0
			plain[i] = ' '
			spans = append(spans, span{start, i + 1})
		}
	}
	if fault := checkCode(text, spans); fault != nil {
		return nil, fault
	}
	lines := splitLines(string(plain))
	if len(lines) == 0 {
		return nil, faultAt(text, strings.IndexAny(text, `"'`), "empty string")
	}
	if o.Format == Hex {
		return parseHex(lines, o.Lines)
	}
	return parseDigits(lines, o.Lines)
}
