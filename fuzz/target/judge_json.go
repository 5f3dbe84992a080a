package target

import (
	"bytes"
	"encoding/json"
)

// This file reads JSON that has passed json.Valid, so it does not check the syntax.
// It copies nothing, to compare tens of thousands of answers a second.

// members iterates over the members of an object.
type members struct {
	text []byte // the object
	at   int    // offset in text of the next member, or of the separator before it
}

// objectOf returns the members of a value, if it is an object.
func objectOf(value []byte) (m members, ok bool) {
	return members{value, 1}, len(value) > 0 && value[0] == '{'
}

// next returns the next member; ok is false after the last.
func (m *members) next() (name, value []byte, ok bool) {
	m.at += blanks(m.text[m.at:])
	switch m.text[m.at] {
	case '}':
		return nil, nil, false
	case ',':
		m.at++
		m.at += blanks(m.text[m.at:])
	}
	name = m.take()
	m.at += blanks(m.text[m.at:]) + len(":")
	m.at += blanks(m.text[m.at:])
	return name, m.take(), true
}

// take returns the next value.
func (m *members) take() []byte {
	begin := m.at
	m.at += length(m.text[begin:])
	return m.text[begin:m.at]
}

// get returns the value of the member with that name. It searches from the last
// one found, so getting members in order is fast.
func (m *members) get(name string) (value []byte, ok bool) {
	for range 2 {
		for {
			n, value, ok := m.next()
			if !ok {
				break
			}
			if string(n[1:len(n)-1]) == name || bytes.IndexByte(n, '\\') >= 0 && unquoted(n) == name {
				return value, true
			}
		}
		m.at = 1
	}
	return nil, false
}

// elements iterates over the elements of an array.
type elements struct{ members }

// arrayOf returns the elements of a value, if it is an array.
func arrayOf(value []byte) (e elements, ok bool) {
	return elements{members{value, 1}}, len(value) > 0 && value[0] == '['
}

// next returns the next element; ok is false after the last.
func (e *elements) next() (value []byte, ok bool) {
	e.at += blanks(e.text[e.at:])
	switch e.text[e.at] {
	case ']':
		return nil, false
	case ',':
		e.at++
		e.at += blanks(e.text[e.at:])
	}
	return e.take(), true
}

// stringOf returns the content of a value, if it is a string. Without escapes it
// is a view.
func stringOf(value []byte) (s []byte, ok bool) {
	if len(value) == 0 || value[0] != '"' {
		return nil, false
	}
	if bytes.IndexByte(value, '\\') >= 0 {
		return []byte(unquoted(value)), true
	}
	return value[1 : len(value)-1], true
}

func unquoted(value []byte) (s string) {
	_ = json.Unmarshal(value, &s) // it is valid
	return s
}

// blanks returns how many bytes of white space b begins with.
func blanks(b []byte) int {
	n := 0
	for n < len(b) && (b[n] == ' ' || b[n] == '\t' || b[n] == '\n' || b[n] == '\r') {
		n++
	}
	return n
}

// length returns the length of the value at the beginning of b.
func length(b []byte) int {
	switch b[0] {
	case '"':
		return stringLength(b)
	case '{', '[':
		depth := 0
		for i := 0; ; i++ {
			switch b[i] {
			case '"':
				i += stringLength(b[i:]) - 1
			case '{', '[':
				depth++
			case '}', ']':
				if depth--; depth == 0 {
					return i + 1
				}
			}
		}
	}
	n := 0
	for n < len(b) && b[n] > ' ' && b[n] != ',' && b[n] != ']' && b[n] != '}' {
		n++
	}
	return n
}

func stringLength(b []byte) int {
	n := 1 + bytes.IndexByte(b[1:], '"')
	if bytes.IndexByte(b[1:n], '\\') < 0 {
		return n + 1
	}
	for n = 1; b[n] != '"'; n++ {
		if b[n] == '\\' {
			n++
		}
	}
	return n + 1
}
