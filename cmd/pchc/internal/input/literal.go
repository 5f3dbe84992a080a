package input

import (
	"regexp"
	"strconv"
	"strings"
)

var (
	hexEscape = regexp.MustCompile(`\\x[0-9A-Fa-f]{2}`)
	// A list in braces or brackets that begins with a number.
	braces   = regexp.MustCompile(`\{\s*(0[xX])?[0-9A-Fa-f]+\b[^{}]*`)
	brackets = regexp.MustCompile(`\[\s*(0[xX])?[0-9A-Fa-f]+\b[^\[\]]*`)
	comment  = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	// What may stand between two string literals that are one: blanks, the signs
	// that join lines or strings, and the prefix of the second.
	joint = regexp.MustCompile(`^[\s\\+.]*(b|B|rb|L|u8|\$)?$`)
)

// isLiteral reports whether text holds bytes as a programming language writes
// them: escapes, quoted strings, or lists of integers.
func isLiteral(text string) bool {
	return hexEscape.MatchString(text) || strings.ContainsAny(text, `"'`) ||
		braces.MatchString(text) || brackets.MatchString(text)
}

func parseLiteral(text string, o Options) ([]part, error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if hexEscape.MatchString(text) {
		return parseEscapes(text)
	}
	plain := comment.ReplaceAllStringFunc(text, blankOut)
	if lists := braces.FindAllStringIndex(plain, -1); lists != nil {
		return parseLists(plain, lists)
	}
	if lists := brackets.FindAllStringIndex(plain, -1); lists != nil {
		return parseLists(plain, lists)
	}
	if !strings.ContainsAny(text, `"'`) {
		return nil, faultAt(text, 0, "the only list of bytes is in a comment")
	}
	return parseQuoted(text, o)
}

// blankOut returns blanks, and line ends, in place of s.
func blankOut(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' {
			return r
		}
		return ' '
	}, s)
}

// parseLists reads lists of integers such as {0x00, 0x02} and [0, 2].
func parseLists(text string, lists [][]int) ([]part, error) {
	var parts []part
	for _, at := range lists {
		p := part{line: lineOf(text, at[0])}
		tokens := listTokens(text, at[0]+1, at[1])
		bare := bareHex(text, tokens)
		for _, t := range tokens {
			s := text[t[0]:t[1]]
			base, digits := 10, s
			if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
				base, digits = 16, s[2:]
			} else if bare {
				base = 16
			}
			v, err := strconv.ParseUint(digits, base, 64)
			if err != nil {
				return nil, faultAt(text, t[0], "'"+clip(s)+"' is not an integer")
			}
			if v > 255 {
				return nil, faultAt(text, t[0], s+" is not a byte (0 to 255)")
			}
			p.data = append(p.data, byte(v))
		}
		parts = append(parts, p)
	}
	return parts, nil
}

// listTokens returns where in text[from:to] the elements of a list stand.
func listTokens(text string, from, to int) [][2]int {
	var tokens [][2]int
	for i := from; i < to; {
		if c := text[i]; isBlank(c) || c == ',' || c == ']' || c == ';' {
			i++
			continue
		}
		n := strings.IndexAny(text[i:to], " \t\r\n,];")
		if n < 0 {
			n = to - i
		}
		tokens = append(tokens, [2]int{i, i + n})
		i += n
	}
	return tokens
}

// bareHex reports whether a list without "0x" is nevertheless hex: all elements
// have two digits, and one of them is none that a decimal number has.
func bareHex(text string, tokens [][2]int) bool {
	sure := false
	for _, t := range tokens {
		s := text[t[0]:t[1]]
		if len(s) != 2 || hexLen(s) != 2 {
			return false
		}
		sure = sure || s[0] == '0' || strings.Trim(s, "0123456789") != ""
	}
	return sure
}

// parseEscapes reads string literals with escapes, or text with escapes and no
// quotes. Literals with nothing between them but what joins strings are one.
func parseEscapes(text string) ([]part, error) {
	if !strings.ContainsAny(text, `"'`) {
		return parseUnquoted(text)
	}
	var parts []part
	between := ""
	for i := 0; i < len(text); {
		c := text[i]
		if c != '"' && c != '\'' {
			between += string(c)
			i++
			continue
		}
		b, n, err := readQuoted(text, i)
		if err != nil {
			return nil, err
		}
		if len(parts) > 0 && joint.MatchString(between) {
			last := &parts[len(parts)-1]
			last.data = append(last.data, b...)
		} else {
			parts = append(parts, part{data: b, line: lineOf(text, i)})
		}
		between = ""
		i = n
	}
	return parts, nil
}

// parseUnquoted reads lines of escapes without quotes, as one message.
func parseUnquoted(text string) ([]part, error) {
	first := strings.Index(text, `\`)
	p := part{line: lineOf(text, first)}
	for i := first; i < len(text); {
		if text[i] == '\n' || isBlank(text[i]) && strings.TrimSpace(lineRest(text, i)) == "" {
			i++
			continue
		}
		b, n, err := unescape(text, i)
		if err != nil {
			return nil, err
		}
		p.data = append(p.data, b...)
		i = n
	}
	return []part{p}, nil
}

func lineRest(text string, i int) string {
	rest, _, _ := strings.Cut(text[i:], "\n")
	return rest
}

// readQuoted reads the string literal that begins with the quote at byte i of
// text. It returns its bytes and where it ends.
func readQuoted(text string, i int) ([]byte, int, error) {
	quote, start := text[i], i
	var b []byte
	for i++; i < len(text); {
		switch {
		case text[i] == quote:
			return b, i + 1, nil
		case text[i] == '\n':
			return nil, 0, faultAt(text, start, "unterminated string")
		}
		c, n, err := unescape(text, i)
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
func unescape(text string, i int) ([]byte, int, error) {
	if text[i] != '\\' {
		if text[i] >= 0x80 {
			return nil, 0, faultAt(text, i, quoteAt(text, i)+" is more than one byte; write it with \\x")
		}
		return []byte{text[i]}, i + 1, nil
	}
	rest := text[i+1:]
	switch {
	case rest == "" || rest[0] == '\n':
		return nil, i + 1, nil
	case rest[0] == 'x':
		if hexLen(rest[1:]) < 2 {
			return nil, 0, faultAt(text, i, "\\x needs two hex digits")
		}
		v, _ := strconv.ParseUint(rest[1:3], 16, 8)
		return []byte{byte(v)}, i + 4, nil
	case rest[0] >= '0' && rest[0] <= '7':
		n := 1
		for n < 3 && n < len(rest) && rest[n] >= '0' && rest[n] <= '7' {
			n++
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

// parseQuoted reads hex or base64 in quotes: the quotes and the code around
// them go, the rest is plain.
func parseQuoted(text string, o Options) ([]part, error) {
	plain := []byte(text)
	quote, start, comma := byte(0), 0, false // the open quote, where it is, and a comma after a whole string
	for i, c := range plain {
		switch {
		case c == '\n':
			quote, comma = 0, false
		case quote == 0 && (c == '"' || c == '\''):
			if comma {
				return nil, faultAt(text, i, "several strings on one line: put each on a line of its own")
			}
			quote, start = c, i
			plain[i] = ' '
		case quote == 0:
			comma = comma || c == ',' && i > start+6 // strings of a byte or two are pieces of one message
			plain[i] = ' '
		case c == quote:
			quote = 0
			plain[i] = ' '
		}
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

// lineOf returns the number of the line that byte i of text is on.
func lineOf(text string, i int) int { return 1 + strings.Count(text[:i], "\n") }

// faultAt returns an error at byte i of text.
func faultAt(text string, i int, reason string) *Error {
	start := strings.LastIndexByte(text[:i], '\n') + 1
	return line{lineOf(text, i), text[start:]}.fault(i-start, reason)
}
