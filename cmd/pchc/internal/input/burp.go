package input

import (
	"encoding/base64"
	"strings"
)

// Burp's "Save items": XML with requests and responses in base64.
var (
	burpMark = lazy(`^<(request|response) base64="(true|false)">`)
	burpItem = lazy(`(?s)<(request|response) base64="(true|false)">(?:<!\[CDATA\[(.*?)\]\]>)?`)
)

// parseBurp reads the items one by one.
func parseBurp(w *window, add func(part) error) error {
	var top line // of the text
	var item []line
	n, stream := 0, 0
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if w.index == 0 {
			top = l
		}
		item = append(item, l)
		if _, more := w.after(); more && !strings.Contains(l.text, "</item>") {
			continue
		}
		parts, err := parseBurpItem(item, &stream)
		for i := 0; i < len(parts) && err == nil; i++ {
			n++
			err = add(parts[i])
		}
		if err != nil {
			return err
		}
		item = nil
	}
	if err := w.failed(); err != nil {
		return err
	}
	if n == 0 {
		return top.fault(0, "Burp items without requests and responses")
	}
	return nil
}

// parseBurpItem reads lines with items. stream is the number of the connection of the last
// request.
func parseBurpItem(lines []line, stream *int) ([]part, error) {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text + "\n")
	}
	s := text.String()
	var parts []part
	at, row := 0, 0
	for _, m := range burpItem().FindAllStringSubmatchIndex(s, -1) {
		row += strings.Count(s[at:m[0]], "\n")
		at = m[0]
		if s[m[4]:m[5]] != "true" {
			return nil, lines[row].fault(0, "save the items with requests and responses in base64: as text, bytes are lost")
		}
		from := 0
		if s[m[2]:m[3]] == "response" {
			from = 1
		} else {
			*stream++
		}
		if m[6] < 0 {
			continue // no response
		}
		b, err := base64.StdEncoding.DecodeString(s[m[6]:m[7]])
		if err != nil {
			return nil, lines[row].fault(0, "truncated or corrupt base64")
		}
		parts = append(parts, said(*stream, from, b, lines[row]))
	}
	return parts, nil
}
