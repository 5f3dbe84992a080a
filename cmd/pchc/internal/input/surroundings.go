package input

import (
	"strings"
	"unicode"
)

// span is a piece of a text: [from, to).
type span struct{ from, to int }

// unreadHex is hex digits that nobody read: a number as long as half a message
// header, or four bytes one after the other. With 0x it is an address.
var unreadHex = lazy(`\b[0-9A-Fa-f]{8,}\b|\b[0-9A-Fa-f]{2}(?:[ \t,:-][ \t]?[0-9A-Fa-f]{2}){3,}\b`)

// timeStamp is digits that everybody can read.
var timeStamp = lazy(`\b(?:\d{4}[-/]\d\d[-/]\d\d[T ]?)?\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?`)

// cutMark says that what stands before it was cut.
var cutMark = lazy(`^["')\]}>]*[ \t,]*(\.\.\.|\[?(?:truncated|cut)\b)`)

// prose is four words in a row.
var prose = lazy(`\b[A-Za-z][a-z']+(?: [a-z']{2,}){3,}\b`)

// keywords may stand in a row in code.
var keywords = lazy(`\b(?:static|const|unsigned|signed|char|struct|public|private|protected|internal|readonly|final|extern|` +
	`let|mut|pub|var|val|new|return|byte|bytes|string|export|default|inline|constexpr|auto|long|int)\b`)

// checkLiterals demands of literals, which are the given parts, what checkCode does,
// and that those in code are long enough for a message: code has other lists and
// strings, too.
func checkLiterals(text string, parts []part, literals []span) error {
	if fault := checkCode(text, literals); fault != nil {
		return fault
	}
	at, code := 0, false
	for i, l := range literals {
		code = code || strings.IndexFunc(text[at:l.from], unicode.IsLetter) >= 0
		at = l.to
		if code && len(parts[i].data) < 5 {
			return faultAt(text, l.from, "a literal of "+plural(len(parts[i].data), "byte")+" in other text is no message; give only the literal with the bytes")
		}
	}
	return nil
}

// checkCode demands that nothing but code surrounds the given literals of a text,
// in order: what checkRest demands, and nobody wrote prose.
func checkCode(text string, literals []span) *Error {
	at := 0
	for i := 0; i <= len(literals); i++ {
		end := len(text)
		if i < len(literals) {
			end = literals[i].from
		}
		from := at
		for l := range strings.SplitSeq(text[at:end], "\n") {
			if prose().MatchString(keywords().ReplaceAllString(l, ",")) {
				return faultAt(text, from, "text and code mixed; give only the literal with the bytes").because(ErrUnknownFormat)
			}
			from += len(l) + 1
		}
		if i < len(literals) {
			at = literals[i].to
		}
	}
	return checkRest(text, literals)
}

// checkRest demands that beside the given literals of a text, in order, no hex
// digits are left unread, and that nothing says that a literal was cut.
func checkRest(text string, literals []span) *Error {
	at := 0
	for i := 0; i <= len(literals); i++ {
		end := len(text)
		if i < len(literals) {
			end = literals[i].from
		}
		between := timeStamp().ReplaceAllStringFunc(text[at:end], blankOut)
		if i > 0 && cutMark().MatchString(between) {
			dots := strings.IndexAny(between, ".tc[")
			return faultAt(text, at+dots, "'"+between[dots:dots+3]+"' means that these bytes were cut here; get all of them")
		}
		if m := unreadHex().FindStringIndex(between); m != nil && strings.ContainsAny(between[m[0]:m[1]], "0123456789") {
			return faultAt(text, at+m[0], "hex digits outside of what looks like a literal; give only the literal or only the dump")
		}
		if i < len(literals) {
			at = literals[i].to
		}
	}
	return nil
}

// lineCounter finds the lines of offsets that do not decrease, in one pass.
type lineCounter struct {
	text string
	at   int
	line int
}

// of returns the number of the line that byte i of the text is on.
func (c *lineCounter) of(i int) int {
	if i >= c.at {
		c.line += strings.Count(c.text[c.at:i], "\n")
		c.at = i
	}
	return 1 + c.line
}

// faultAt returns an error at byte i of text.
func faultAt(text string, i int, reason string) *Error {
	start := strings.LastIndexByte(text[:i], '\n') + 1
	return line{no: 1 + strings.Count(text[:i], "\n"), text: text[start:]}.fault(i-start, reason)
}
