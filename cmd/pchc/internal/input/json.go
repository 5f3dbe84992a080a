package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// isJSON reports whether text begins like a JSON object with members, or is an
// array or string that JSON can read.
func isJSON(text string) bool {
	text = strings.TrimSpace(text)
	switch {
	case strings.HasPrefix(text, "{"):
		return strings.HasPrefix(strings.TrimSpace(text[1:]), `"`)
	case strings.HasPrefix(text, "["), strings.HasPrefix(text, `"`):
		return json.Valid([]byte(text)) || json.Valid([]byte(firstLine(text)))
	}
	return false
}

func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}

// beginsJSON is isJSON for the beginning of a text.
func beginsJSON(text string) bool {
	rest, array := strings.CutPrefix(strings.TrimSpace(text), "[")
	return isJSON(text) || array && isJSON(rest)
}

// parseJSON reads JSON values, one after the other, and adds the messages in them. Of an
// array of objects it has one at a time in memory.
func parseJSON(w *window, add func(part) error) error {
	v := jsonValue{}
	inArray := false // of objects
	var top line     // where it begins
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		for i := 0; i < len(l.text); {
			c := l.text[i]
			switch {
			case len(v.lines) > 0:
			case c == ' ', c == '\t', c == '\r', inArray && c == ',' && v.n > 0 && !v.comma:
				v.comma = v.comma || c == ','
				i++
				continue
			case inArray && c == ']' && !v.comma:
				inArray, v = false, jsonValue{}
				i++
				continue
			case inArray && (v.n > 0) != v.comma:
				return l.fault(i, quoteAt(l.text, i)+" does not belong here in JSON")
			case !inArray && c == '[' && beginsArray(w, i):
				inArray, top, v = true, l, jsonValue{}
				i++
				continue
			}
			_, more := w.after()
			n, err := v.take(l, i, more)
			if err != nil {
				return err
			}
			if i += n; !v.whole {
				continue
			}
			found, err := v.bytes()
			if err != nil {
				return err
			}
			first := v.lines[0]
			if inArray {
				first = top
			}
			for _, b := range found {
				if err := add(part{data: b, line: first.no, form: "JSON"}); err != nil {
					return err
				}
			}
			v = jsonValue{n: v.n + 1}
		}
	}
	if err := w.failed(); err != nil {
		return err
	}
	switch {
	case len(v.lines) > 0:
		_, err := v.bytes()
		return err
	case inArray:
		return top.fault(strings.IndexByte(top.text, '['), "the JSON that begins here has no end")
	}
	return nil
}

// beginsArray reports whether the array at byte i of the line at hand begins with an object,
// or a string of more than a byte, so that it is not one of bytes.
func beginsArray(w *window, i int) bool {
	rest := strings.TrimLeft(w.ahead(1)[0].text[i+1:], " \t\r")
	if rest == "" {
		l, _ := w.after()
		rest = strings.TrimLeft(l.text, " \t\r")
	}
	return strings.HasPrefix(rest, "{") || isLongString(rest)
}

// isLongString reports whether a text begins with a JSON string that is longer than "0x00".
func isLongString(text string) bool {
	const most = len(`"0x00"`)
	return len(text) > most && text[0] == '"' && strings.IndexByte(text[1:most], '"') < 0
}

// jsonValue is a JSON value while it is read.
type jsonValue struct {
	lines  []line // that it is on
	begin  int    // in the first of them
	text   []byte
	open   []byte // what ends the objects and arrays around the place
	quoted bool   // in a string
	escape bool   // behind a backslash there
	whole  bool   // it has ended, perhaps by a fault

	n     int  // values before it
	comma bool // between it and that before it
}

// take takes what byte i of a line begins, and returns how many bytes that is. more says that
// the line has an end.
func (v *jsonValue) take(l line, i int, more bool) (int, error) {
	if n := len(v.lines); n == 0 {
		v.begin = i
		v.lines = append(v.lines, l)
	} else if v.lines[n-1].no != l.no {
		v.lines = append(v.lines, l)
	}
	s := l.text[i:]
	n := 0
	for ; n < len(s) && !v.whole; n++ {
		c := s[n]
		switch {
		case v.escape:
			v.escape = false
		case v.quoted:
			v.escape = c == '\\'
			if c == '"' {
				v.quoted = false
				v.whole = len(v.open) == 0
			}
		case c == '"':
			v.quoted = true
		case c == '{':
			v.open = append(v.open, '}')
		case c == '[':
			v.open = append(v.open, ']')
		case c == '}' || c == ']':
			last := len(v.open) - 1
			v.whole = last <= 0 || v.open[last] != c
			v.open = v.open[:max(last, 0)]
		case len(v.open) == 0: // a number, or nothing of JSON
			v.whole = n+1 == len(s) && !l.goesOn || n+1 < len(s) && strings.IndexByte(" \t\r,]}[{\"", s[n+1]) >= 0
		}
	}
	v.text = append(v.text, s[:n]...)
	if !v.whole && more && !l.goesOn {
		v.text = append(v.text, '\n')
		v.whole = v.quoted // strings have no line ends
	}
	if len(v.text) > Limit {
		return 0, ErrTooLong
	}
	return n, nil
}

// bytes returns the messages in it.
func (v *jsonValue) bytes() ([][]byte, error) {
	if b, ok := jsonIntegers(v.text); ok {
		return [][]byte{b}, nil
	}
	d := json.NewDecoder(bytes.NewReader(v.text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		at, reason := 0, "the JSON that begins here has no end"
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = int(syntax.Offset) - 1
			reason = quoteAt(string(v.text[at:min(at+4, len(v.text))]), 0) + " does not belong here in JSON"
		}
		before := v.text[:at]
		l := v.lines[bytes.Count(before, []byte("\n"))]
		at -= bytes.LastIndexByte(before, '\n') + 1
		if l.no == v.lines[0].no {
			at += v.begin
		}
		return nil, l.fault(at, reason)
	}
	found, fault := fromJSON(value)
	if fault != nil {
		return nil, v.lines[0].fault(v.begin, fault.Reason).because(fault.Cause)
	}
	return found, nil
}

// jsonIntegers is jsonBytes for the text of an array that may be long.
func jsonIntegers(text []byte) ([]byte, bool) {
	if len(text) < 2 || text[0] != '[' {
		return nil, false
	}
	b := make([]byte, 0, len(text)/4)
	v, digits, sign, negative, above := 0, 0, 1, false, false
	for _, c := range text[1:] {
		switch {
		case c >= '0' && c <= '9' && digits < 3 && !(digits == 1 && v == 0):
			v, digits = 10*v+int(c-'0'), digits+1
		case c == '-' && digits == 0 && sign > 0:
			sign = -1
		case (c == ',' || c == ']') && digits > 0 && -128 <= sign*v && sign*v <= 255:
			negative, above = negative || sign*v < 0, above || sign*v > 127
			b = append(b, byte(sign*v))
			v, digits, sign = 0, 0, 1
		case (c == ' ' || c == '\n' || c == '\t' || c == '\r') && digits == 0 && sign > 0:
		default:
			return nil, false // or blanks behind a number, which are rare
		}
	}
	return b, len(b) > 0 && !(negative && above)
}

// fromJSON returns the messages in a JSON value, or why there is none:
// a fault without its place.
func fromJSON(v any) ([][]byte, *Error) {
	switch v := v.(type) {
	case string:
		parts, err := parseDigits([]line{{no: 1, text: v}}, One)
		if err != nil {
			var e *Error
			if errors.As(err, &e) {
				return nil, &Error{Reason: fmt.Sprintf("character %d of the JSON string: %s", e.Column, e.Reason)}
			}
			return nil, &Error{Reason: "an empty JSON string"}
		}
		return [][]byte{parts[0].data}, nil
	case map[string]any:
		if list, ok := v["data"].([]any); ok && v["type"] == "Buffer" { // of Node
			if b, ok := jsonBytes(list); ok {
				return [][]byte{b}, nil
			}
		}
		if b, ok := indexedBytes(v); ok {
			return [][]byte{b}, nil
		}
		for _, name := range []string{"raw", "hex"} {
			if w, ok := v[name]; ok {
				return fromJSON(w)
			}
		}
		if v["message"] != nil && v["fields"] != nil {
			return nil, &Error{Reason: `decoded message without "raw"`, Cause: ErrDecoded}
		}
		return nil, &Error{Reason: `a JSON object without "raw" or "hex"; give only the value with the bytes`}
	case []any:
		if b, ok := jsonBytes(v); ok {
			return [][]byte{b}, nil
		}
		var all [][]byte
		for _, w := range v {
			b, fault := fromJSON(w)
			if fault != nil {
				return nil, fault
			}
			all = append(all, b...)
		}
		if len(all) == 0 {
			return nil, &Error{Reason: "an empty JSON array"}
		}
		return all, nil
	}
	return nil, &Error{Reason: `no bytes in this JSON: expected a string, an array of integers, or an object with "raw" or "hex"`}
}

// indexedBytes returns the bytes of a typed array of JavaScript: {"0":0,"1":2}.
func indexedBytes(v map[string]any) ([]byte, bool) {
	list := make([]any, len(v))
	for i := range list {
		w, ok := v[strconv.Itoa(i)]
		if !ok {
			return nil, false
		}
		list[i] = w
	}
	return jsonBytes(list)
}

// jsonBytes returns a JSON array of bytes: integers, of Java and C# also below 0, or
// strings of one byte each.
func jsonBytes(list []any) ([]byte, bool) {
	var b []byte
	negative, above, strs := false, false, 0
	for _, v := range list {
		var i int64
		var err error
		switch v := v.(type) {
		case json.Number:
			i, err = v.Int64()
		case string:
			var u uint64
			digits := strings.TrimPrefix(v, "0x")
			u, err = strconv.ParseUint(digits, 16, 8)
			i = int64(u)
			strs++
			if len(digits) > 2 || len(list) < 2 {
				return nil, false
			}
		default:
			return nil, false
		}
		if err != nil || i < -128 || i > 255 {
			return nil, false
		}
		_, number := v.(json.Number)
		negative, above = negative || i < 0, above || number && i > 127
		b = append(b, byte(i))
	}
	return b, len(b) > 0 && !(negative && above) && (strs == 0 || strs == len(b))
}
