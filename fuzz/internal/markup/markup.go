package markup

import "bytes"

// Kind is what a [Part] is.
type Kind uint8

const (
	Characters  Kind = iota // text between tags
	Start                   // <a>
	End                     // </a>
	Empty                   // <a/>
	Comment                 // <!-- -->
	Section                 // <![CDATA[ ]]>
	Instruction             // <? ?>, the XML declaration included
	Declaration             // <!DOCTYPE >
)

// Part is a part of a text: the bytes from From to To.
type Part struct {
	Kind     Kind
	From, To int
}

// brackets are how parts begin and end, the longer beginnings first.
var brackets = [...]struct {
	begin, end string
	kind       Kind
}{
	{"<!--", "-->", Comment}, {"<![CDATA[", "]]>", Section}, {"<?", "?>", Instruction}, {"<!", ">", Declaration}, {"</", ">", End},
}

// Next returns the part of b that begins at an offset below its length. One that does not
// end ends with b.
func Next(b []byte, at int) Part {
	rest := b[at:]
	if rest[0] != '<' {
		n := bytes.IndexByte(rest, '<')
		if n < 0 {
			n = len(rest)
		}
		return Part{Characters, at, at + n}
	}
	for _, k := range brackets {
		if len(rest) < len(k.begin) || string(rest[:len(k.begin)]) != k.begin {
			continue
		}
		n := bytes.Index(rest[len(k.begin):], []byte(k.end))
		if n < 0 {
			return Part{k.kind, at, len(b)}
		}
		return Part{k.kind, at, at + len(k.begin) + n + len(k.end)}
	}
	quote := byte(0)
	for i, c := range rest {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>' && rest[i-1] == '/':
			return Part{Empty, at, at + i + 1}
		case c == '>':
			return Part{Start, at, at + i + 1}
		}
	}
	return Part{Start, at, len(b)}
}

// Element returns the end of the element that begins with a part of kind Start or Empty:
// of its end tag, whatever name that has. One that does not end ends with b.
func Element(b []byte, start Part) (to int) {
	if start.Kind == Empty {
		return start.To
	}
	depth := 1
	for at := start.To; at < len(b); {
		p := Next(b, at)
		switch at = p.To; p.Kind {
		case Start:
			depth++
		case End:
			if depth--; depth == 0 {
				return p.To
			}
		}
	}
	return len(b)
}

// Attribute returns the first attribute of a tag that begins at or behind an offset, with
// the white space before it; ok is false if there is none.
func Attribute(b []byte, tag Part, at int) (p Part, ok bool) {
	for at = max(at, tag.From+1); at < tag.To && !isSpace(b[at]); at++ {
	}
	p.From = at
	for at < tag.To && isSpace(b[at]) {
		at++
	}
	equals := bytes.IndexByte(b[at:tag.To], '=')
	if equals < 0 {
		return p, false
	}
	for at += equals + 1; at < tag.To && isSpace(b[at]); at++ {
	}
	if at >= tag.To {
		return p, false
	}
	n := bytes.IndexByte(b[at+1:tag.To], b[at]) // the other quote
	if n < 0 {
		return p, false
	}
	p.To = at + 1 + n + 1
	return p, true
}

// Name returns where the name of a tag ends, which begins behind its < or </.
func Name(b []byte, tag Part) (from, to int) {
	from = tag.From + 1
	if tag.Kind == End {
		from++
	}
	for to = from; to < tag.To && !isSpace(b[to]) && b[to] != '>' && b[to] != '/'; to++ {
	}
	return from, to
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
