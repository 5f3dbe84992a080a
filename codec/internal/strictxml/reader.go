package strictxml

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits are what a Reader accepts at most.
type Limits struct {
	Length     int // of the whole in bytes
	Depth      int // elements within elements
	Attributes int // of an element, namespace declarations included
	Bindings   int // namespace declarations in scope

	Instructions bool // processing instructions are skipped, not refused
}

// Kind is a kind of token.
type Kind uint8

// The kinds of tokens.
const (
	End   Kind = iota // the end of the input, or what Failure tells
	Start             // a start tag; that of an empty element is followed by a Close
	Close             // an end tag
	Text              // text in an element, or a CDATA section
)

// Failure is the first reason why bytes are not well formed.
type Failure struct {
	Offset int    // of the byte, or of the tag, at fault
	Value  uint64 // the limit that is exceeded, otherwise 0
	Detail string // a clause, with % for Value: "has elements more than % levels deep"
}

// String returns the clause with its value.
func (f Failure) String() string {
	return strings.Replace(f.Detail, "%", strconv.FormatUint(f.Value, 10), 1)
}

// A Reader reads tokens. Its fields are those of the last one.
type Reader struct {
	URI, Local []byte // name of a Start or a Close; URI is the namespace, empty if none
	Offset     int    // where the token begins
	// Text is that of a Text with references resolved and line ends normalised. It is
	// valid until the next token. Comments and CDATA sections divide text.
	Text []byte

	b      []byte
	at     int
	limits Limits

	open       []element
	bindings   []binding
	attributes []Attribute
	text       []byte // holds Text if it is no view
	values     []byte // holds attribute values that are no views
	begun      bool
	rooted     bool // there was a root element
	empty      bool // the last start tag was an empty element, whose end comes next
	closed     bool // the last token was an end; the element is still in scope

	failure Failure
	failed  bool
}

type element struct {
	name       []byte // with its prefix
	uri, local []byte
	bindings   int // how many there were before it
}

// A binding is a prefix in scope, "" for the default namespace.
type binding struct {
	prefix, uri []byte
}

// Attribute is an attribute of a start tag that is no namespace declaration. Its
// Value is valid until Reset.
type Attribute struct {
	URI, Local, Value []byte // URI is empty without a prefix
	prefix            []byte
}

// Reset makes r read b, which it aliases.
func (r *Reader) Reset(b []byte, l Limits) {
	*r = Reader{b: b, limits: l, open: r.open[:0], bindings: r.bindings[:0], attributes: r.attributes[:0], text: r.text[:0], values: r.values[:0]}
}

// Failure returns why the bytes are not well formed, if they are not. It is known
// after an End.
func (r *Reader) Failure() (Failure, bool) { return r.failure, r.failed }

// Depth returns how many elements are open, after a Start its own included, after a
// Close its own no more.
func (r *Reader) Depth() int {
	if r.closed {
		return len(r.open) - 1
	}
	return len(r.open)
}

// Attributes returns the attributes of the last start tag, valid until the next.
func (r *Reader) Attributes() []Attribute { return r.attributes }

func (r *Reader) fail(at int, detail string) Kind { return r.exceeded(at, 0, detail) }

func (r *Reader) exceeded(at, limit int, detail string) Kind {
	if !r.failed {
		r.failure, r.failed = Failure{Offset: at, Value: uint64(limit), Detail: detail}, true
	}
	return End
}

// Next returns the next token. After an End there are only Ends.
func (r *Reader) Next() Kind {
	if !r.begun {
		r.begun = true
		r.prolog()
	}
	if r.closed {
		r.pop()
	}
	for !r.failed {
		r.Offset = r.at
		if r.empty {
			r.empty = false
			return r.close()
		}
		rest := r.b[r.at:]
		switch {
		case len(rest) == 0:
			if len(r.open) > 0 || !r.rooted {
				r.fail(r.at, "ends before its root element does")
			}
			return End
		case rest[0] != '<':
			if k := r.characters(); k != End {
				return k
			}
		case bytes.HasPrefix(rest, []byte("</")):
			return r.endTag()
		case bytes.HasPrefix(rest, []byte("<!--")):
			r.comment()
		case bytes.HasPrefix(rest, []byte("<![CDATA[")):
			if k := r.cdata(); k != End {
				return k
			}
		case bytes.HasPrefix(rest, []byte("<!")):
			r.fail(r.at, "has a document type or another declaration")
		case bytes.HasPrefix(rest, []byte("<?")):
			r.instruction()
		default:
			return r.startTag()
		}
	}
	return End
}

// prolog skips a byte order mark and the XML declaration, after a look at all
// bytes: they must be UTF-8, and characters of XML.
func (r *Reader) prolog() {
	if len(r.b) > r.limits.Length {
		r.exceeded(r.limits.Length, r.limits.Length, "is longer than % bytes")
		return
	}
	start := 0
	if bytes.HasPrefix(r.b, []byte("\xEF\xBB\xBF")) {
		start = 3
	}
	for i := start; i < len(r.b); {
		if c := r.b[i]; c >= ' ' && c < utf8.RuneSelf {
			i++
			continue
		}
		c, n := utf8.DecodeRune(r.b[i:])
		if c == utf8.RuneError && n == 1 || !IsCharacter(c) {
			r.fail(i, "has bytes that are not characters of XML in UTF-8")
			return
		}
		i += n
	}
	r.at = start
	if !bytes.HasPrefix(r.b[start:], []byte("<?xml")) || len(r.b) < start+6 || !IsSpace(r.b[start+5]) {
		return
	}
	r.at += len("<?xml")
	r.declaration(start)
}

// declaration reads the rest of the XML declaration that begins at start.
func (r *Reader) declaration(start int) {
	for i, name := range [...]string{"version", "encoding", "standalone"} {
		mark := r.at
		if !r.space() {
			break
		}
		if !bytes.HasPrefix(r.b[r.at:], []byte(name)) {
			if i == 0 {
				r.fail(start, "has an XML declaration without version")
				return
			}
			r.at = mark
			continue
		}
		r.at += len(name)
		at := r.at
		value := r.attributeValue()
		switch {
		case r.failed:
			return
		case i == 0 && string(value) != "1.0":
			r.fail(at, "has a version other than 1.0")
		case i == 1 && !bytes.EqualFold(value, []byte("utf-8")):
			r.fail(at, "has an encoding other than UTF-8")
		case i == 2 && string(value) != "yes" && string(value) != "no":
			r.fail(at, "has a standalone other than yes and no")
		}
	}
	r.space()
	if !bytes.HasPrefix(r.b[r.at:], []byte("?>")) {
		r.fail(r.at, "has an XML declaration that does not end")
		return
	}
	r.at += 2
}

// comment skips a comment.
func (r *Reader) comment() {
	start := r.at
	r.at += len("<!--")
	n := bytes.Index(r.b[r.at:], []byte("--"))
	if n < 0 || !bytes.HasPrefix(r.b[r.at+n:], []byte("-->")) {
		r.fail(start, "has a comment that does not end, or with -- in it")
		return
	}
	r.at += n + len("-->")
}

// instruction skips a processing instruction, or refuses it.
func (r *Reader) instruction() {
	start := r.at
	r.at += 2
	target := r.name()
	n := bytes.Index(r.b[r.at:], []byte("?>"))
	switch {
	case r.failed:
	case bytes.EqualFold(target, []byte("xml")):
		r.fail(start, "has an XML declaration that is not at its beginning")
	case n < 0 || n > 0 && !IsSpace(r.b[r.at]):
		r.fail(start, "has a processing instruction that does not end")
	case !r.limits.Instructions:
		r.fail(start, "has a processing instruction")
	default:
		r.at += n + 2
	}
}
