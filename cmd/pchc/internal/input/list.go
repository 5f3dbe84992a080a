package input

import (
	"bytes"
	"strconv"
	"strings"
)

var (
	comment = lazy(`(?s)/\*.*?\*/|//[^\n]*`)
	// What languages write around the number of an element, or behind the last.
	casts = lazy(`\(\s*(?:byte|sbyte|Byte|SByte|char|unsigned char|signed char|u?int8_t|u8|i8|uint8|int8|UInt8|Int8)\s*\)|\.to(?:U?)Byte\(\)|,\s*buffer: ArrayBuffer\(\d+\)[^]]*`)
	// A list begins with a number.
	listHead = lazy(`(?:<<|[\[{(])[\s|]*["']?-?(?:0[xX]|&[hH]|\$|#)?[0-9A-Fa-f]+(?:[uUiIyYhHlL]\w*|'u8)?["']?\s*[,;\]})|>\s.]`)
	element  = lazy(`^["']?(-?)(0[xX]|&[hH]|\$|#)?([0-9A-Fa-f]+)(?:_?u8|_?i8|_?uint8|uy|[uUyL]|'u8|'u|([hH]))?["']?$`)
	repeated = lazy(`<repeats (\d+) times>`) // gdb
)

// closers are the ends of lists, by their beginnings.
var closers = map[byte]string{'[': "]", '{': "}", '(': ")", '<': ">>"}

// list is a list of integers: {0x00, 0x02}, [0, 2], <<0, 2>>.
type list struct {
	span
	first, last int // of the elements: [first, last)
}

// findLists returns the lists in a text without comments. If there are lists in
// braces, brackets are only types and indexes beside them, and parentheses are
// calls.
func findLists(text string) []list {
	var lists []list
	for _, open := range []string{"{", "[", "<", "("} {
		if !strings.Contains(text, open) {
			continue
		}
		for at := 0; at < len(text); {
			m := listHead().FindStringIndex(text[at:])
			if m == nil {
				break
			}
			from := at + m[0]
			at = from + 1
			first := from + 1
			if text[from] == '<' {
				first++
			}
			if text[from:from+1] != open {
				continue
			}
			n := strings.Index(text[first:], closers[text[from]])
			if n < 0 {
				break
			}
			l := list{span{from, first + n + len(closers[text[from]])}, first, first + n}
			elements := len(listTokens(text[l.first:l.last]))
			if elements > 1 && (open != "(" || elements > 4) || elements == 1 && open == "{" {
				lists = append(lists, l)
				at = min(l.to, len(text))
			}
		}
		if lists != nil {
			break
		}
	}
	return lists
}

// parseLists reads lists of integers, each a message.
func parseLists(text string, lists []list) ([]part, error) {
	var parts []part
	var spans []span
	lines := lineCounter{text: text}
	limit := Limit
	for _, l := range lists {
		b, err := readList(text, l, limit)
		if err != nil {
			return nil, err
		}
		limit -= len(b)
		parts = append(parts, part{data: b, line: lines.of(l.from), form: "list of integers"})
		spans = append(spans, l.span)
	}
	return parts, checkLiterals(text, parts, spans)
}

// directive is how assemblers begin a line of bytes, and comment how they end it.
var (
	directive     = lazy(`(?im)^[ \t]*(?:[\w.$]+:?[ \t]+)?(?:\.byte|\.?db|defb|dc\.b|dcb|fcb)[ \t]+(?:0x|\$)?[0-9a-f]+h?[ \t]*(?:[,;#\r\n]|$)`)
	directiveWord = lazy(`(?im)^[ \t]*(?:[\w.$]+:?[ \t]+)?(?:\.byte|\.?db|defb|dc\.b|dcb|fcb)\b|[;#@][^\n]*`)
)

// parseDirectives reads what assemblers read: all lines are one message.
func parseDirectives(text string) ([]part, error) {
	text = directiveWord().ReplaceAllStringFunc(plainCode(text), blankOut)
	b, err := readList(text, list{first: 0, last: len(text)}, Limit)
	if err != nil {
		return nil, err
	}
	return []part{{data: b, line: 1, form: "assembler's list of bytes"}}, nil
}

// readList returns the elements of a list as bytes, at most limit of them.
func readList(text string, l list, limit int) ([]byte, error) {
	inner := repeated().ReplaceAllStringFunc(text[l.first:l.last], func(s string) string {
		return "*" + strings.ReplaceAll(s[len("<repeats "):len(s)-len(" times>")], " ", "") + strings.Repeat(" ", len("repeats  times>"))
	})
	if strings.Count(inner, ";") == 1 && !strings.Contains(inner, ",") && len(strings.Fields(inner)) == 2 {
		return nil, faultAt(text, l.first, "a value and how often it is repeated, not the bytes themselves")
	}
	tokens := listTokens(inner)
	bare := bareHex(inner, tokens)
	var b []byte
	signed, unsigned := -1, -1
	for _, t := range tokens {
		at, s := l.first+t.from, inner[t.from:t.to]
		if strings.HasPrefix(s, "...") {
			return nil, faultAt(text, at, "'...' means that bytes were left out here; get all of them")
		}
		if times, ok := strings.CutPrefix(s, "*"); ok && len(b) > 0 {
			n, err := strconv.Atoi(times)
			if err != nil || n < 1 {
				return nil, faultAt(text, at, "'"+clip(times)+"' is not a number of repetitions")
			}
			if n > limit-len(b) {
				return nil, ErrTooLong
			}
			b = append(b, bytes.Repeat(b[len(b)-1:], n-1)...)
			continue
		}
		m := element().FindStringSubmatch(s)
		if m == nil {
			return nil, faultAt(text, at, "'"+clip(s)+"' is not an integer")
		}
		base := 10
		if m[2] != "" || m[4] != "" || bare {
			base = 16
		}
		v, err := strconv.ParseUint(m[3], base, 64)
		switch {
		case m[2] != "" && len(m[3]) > 2 && v <= 255:
			return nil, faultAt(text, at, clip(s)+" has the digits of more than one byte; write single bytes")
		case err != nil:
			return nil, faultAt(text, at, "'"+clip(s)+"' is not an integer")
		case v > 255 || m[1] != "" && v > 128:
			return nil, faultAt(text, at, clip(s)+" is not a byte (0 to 255, or -128 to 127)")
		case m[1] != "":
			v, signed = -v, at
		case v > 127 && base == 10:
			unsigned = at
		}
		b = append(b, byte(v))
	}
	if signed >= 0 && unsigned >= 0 {
		return nil, faultAt(text, max(signed, unsigned), "signed and unsigned bytes in one list")
	}
	return b, nil
}

// listTokens returns where in a list its elements stand.
func listTokens(s string) []span {
	var tokens []span
	for i := 0; i < len(s); {
		if c := s[i]; isBlank(c) || strings.IndexByte(",];|", c) >= 0 {
			i++
			continue
		}
		n := strings.IndexAny(s[i:], " \t\r\n\v\f,];|")
		if n < 0 {
			n = len(s) - i
		}
		tokens = append(tokens, span{i, i + n})
		i += n
	}
	return tokens
}

// bareHex reports whether a list without "0x" is nevertheless hex: no element has
// more than two digits, and one is none that a decimal number has, or all have two
// and one of them begins with 0.
func bareHex(text string, tokens []span) bool {
	letter, zero, pairs := false, false, true
	for _, t := range tokens {
		s := text[t.from:t.to]
		if len(s) > 2 || hexLen(s) != len(s) {
			return false
		}
		pairs = pairs && len(s) == 2
		zero = zero || s[0] == '0'
		letter = letter || strings.Trim(s, "0123456789") != ""
	}
	return letter || pairs && zero
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
