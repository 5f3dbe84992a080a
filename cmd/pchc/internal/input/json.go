package input

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// parseJSON reads JSON values, one after the other.
func parseJSON(text string) ([]part, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var parts []part
	lines := lineCounter{text: text}
	for {
		var v any
		start := int(d.InputOffset())
		start += len(text[start:]) - len(strings.TrimLeft(text[start:], " \t\r\n"))
		err := d.Decode(&v)
		if errors.Is(err, io.EOF) {
			return parts, nil
		}
		if err != nil {
			var syntax *json.SyntaxError
			if errors.As(err, &syntax) {
				start = int(syntax.Offset) - 1
				return nil, faultAt(text, start, quoteAt(text, start)+" does not belong here in JSON")
			}
			return nil, faultAt(text, start, "the JSON that begins here has no end")
		}
		found, fault := fromJSON(v)
		if fault != nil {
			return nil, faultAt(text, start, fault.Reason).because(fault.Cause)
		}
		for _, b := range found {
			parts = append(parts, part{data: b, line: lines.of(start), form: "JSON"})
		}
	}
}

// fromJSON returns the messages in a JSON value, or why there is none:
// a fault without its place.
func fromJSON(v any) ([][]byte, *Error) {
	switch v := v.(type) {
	case string:
		parts, err := parseDigits([]line{{1, v}}, One)
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
