package mutate

import "github.com/hostedcache/pchc/fuzz/internal/markup"

// Mutations of messages in XML, which keep most of them well formed.

// A markupStep is one change of XML.
type markupStep uint8

const (
	dropElement markupStep = iota
	repeatElement
	exchangeElements
	spliceElement
	emptyElement
	renameElement
	dropAttribute
	repeatAttribute
	insertAttribute
	changeText
	changeDigit
	insertWord
)

// markupSteps are chosen from with equal probability.
var markupSteps = [...]markupStep{
	dropElement, dropElement, repeatElement, exchangeElements, spliceElement, spliceElement, emptyElement, renameElement, dropAttribute, repeatAttribute, insertAttribute,
	changeText, changeText, changeText, changeDigit, changeDigit, changeDigit, insertWord, insertWord,
}

// markup changes a message in XML, and reports whether it found something to change.
func (t *mutation) markup() bool {
	switch t.c.Uint64N(12) {
	case 0:
		return t.havoc()
	case 1:
		return t.truncate()
	case 2:
		return t.crossOver()
	}
	return t.takeMarkup(markupSteps[t.number(len(markupSteps))])
}

func (t *mutation) takeMarkup(s markupStep) bool {
	b := t.bytes()
	p, ok := t.part(b, s < changeText)
	if !ok {
		return false
	}
	switch s {
	case dropElement:
		t.remove(p.From, markup.Element(b, p))
	case repeatElement:
		t.duplicate(p.From, p.From, markup.Element(b, p))
	case exchangeElements:
		return t.exchangeElements(p)
	case spliceElement:
		return t.spliceElement(p)
	case emptyElement:
		return t.emptyElement(p)
	case renameElement:
		_, to := markup.Name(b, p)
		t.putIn(to, to, pickWord(t, nameWords[:]))
	case dropAttribute, repeatAttribute:
		return t.attribute(p, s == dropAttribute)
	case insertAttribute:
		_, to := markup.Name(b, p)
		t.putIn(to, to, pickWord(t, attributeWords[:]))
	case changeText:
		t.changeText(p)
	case changeDigit:
		return t.changeDigit(p)
	case insertWord:
		at := p.From + t.number(p.To-p.From+1)
		if t.oneIn(2) {
			at = p.From
		}
		t.putIn(at, at, pickWord(t, markupWords[:]))
	}
	return true
}

// part returns one of the parts of b: a start tag, or else the characters between tags or
// a tag.
func (t *mutation) part(b []byte, tag bool) (found markup.Part, ok bool) {
	wanted := func(p markup.Part) bool {
		if tag {
			return p.Kind == markup.Start || p.Kind == markup.Empty
		}
		return p.Kind == markup.Characters || p.Kind == markup.Start
	}
	n := 0
	for at := 0; at < len(b); {
		p := markup.Next(b, at)
		if at = p.To; wanted(p) {
			n++
		}
	}
	if n == 0 {
		return found, false
	}
	n = t.number(n)
	for at := 0; at < len(b); {
		p := markup.Next(b, at)
		if at = p.To; !wanted(p) {
			continue
		}
		if n--; n < 0 {
			return p, true
		}
	}
	return found, false
}

// putIn replaces the bytes from:to.
func (t *mutation) putIn(from, to int, by []byte) {
	t.remove(from, to)
	t.insert(from, by)
}

// exchangeElements moves an element behind the one that follows.
func (t *mutation) exchangeElements(p markup.Part) bool {
	b := t.bytes()
	end := markup.Element(b, p)
	if end == len(b) {
		return false
	}
	next := markup.Next(b, end)
	if next.Kind != markup.Start && next.Kind != markup.Empty {
		return false
	}
	to := markup.Element(b, next)
	if len(b)+end-p.From > MaxLen {
		return false
	}
	t.duplicate(to, p.From, end)
	t.remove(p.From, end)
	return true
}

// spliceElement puts an element of the other message in the place of one, or before it.
func (t *mutation) spliceElement(p markup.Part) bool {
	other := t.other.Bytes[:min(len(t.other.Bytes), MaxLen)]
	theirs, ok := t.part(other, true)
	if !ok {
		return false
	}
	to := p.From
	if t.oneIn(2) {
		to = markup.Element(t.bytes(), p)
	}
	t.putIn(p.From, to, other[theirs.From:markup.Element(other, theirs)])
	return true
}

// emptyElement removes what is in an element, or its tags.
func (t *mutation) emptyElement(p markup.Part) bool {
	b := t.bytes()
	end := markup.Element(b, p)
	closing := end
	for closing > p.To && b[closing-1] != '<' {
		closing--
	}
	if closing--; p.Kind == markup.Empty || closing <= p.To {
		return false
	}
	if t.oneIn(2) {
		t.remove(closing, end)
		t.remove(p.From, p.To)
	} else {
		t.remove(p.To, closing)
	}
	return true
}

// attribute drops or repeats one of the attributes of a tag.
func (t *mutation) attribute(tag markup.Part, drop bool) bool {
	b := t.bytes()
	var found markup.Part
	n := uint64(0)
	for at := 0; ; { // each with the same probability
		a, ok := markup.Attribute(b, tag, at)
		if !ok {
			break
		}
		if n++; t.c.Uint64N(n) == 0 {
			found = a
		}
		at = a.To
	}
	switch {
	case n == 0:
		return false
	case drop:
		t.remove(found.From, found.To)
	default:
		t.duplicate(found.From, found.From, found.To)
	}
	return true
}

// changeText puts a word in the place of a text, at its end, or of a part of it.
func (t *mutation) changeText(p markup.Part) {
	from, to := p.From, p.To
	switch t.c.Uint64N(4) {
	case 0:
		from = to
	case 1:
		from += t.number(to - from)
		to = from + t.number(min(4, to-from))
	case 2: // a part of it away
		from += t.number(to - from)
		t.remove(from, min(to, from+1+t.number(8)))
		return
	}
	t.putIn(from, to, pickWord(t, textWords[:]))
}

// changeDigit changes one character in a text.
func (t *mutation) changeDigit(p markup.Part) bool {
	if p.To == p.From {
		return false
	}
	const digits = "0123456789ABCDEFabcdefgGzZ+/=-_:,. \t\r\n\x00é<>&'\""
	t.bytes()[p.From+t.number(p.To-p.From)] = digits[t.number(len(digits))]
	return true
}

func pickWord(t *mutation, words []string) []byte { return []byte(words[t.number(len(words))]) }
