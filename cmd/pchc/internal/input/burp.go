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

func parseBurp(lines []line) ([]part, error) {
	var text strings.Builder
	for _, l := range lines {
		text.WriteString(l.text + "\n")
	}
	s := text.String()
	var parts []part
	stream, at, row := 0, 0, 0
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
			stream++
		}
		if m[6] < 0 {
			continue // no response
		}
		b, err := base64.StdEncoding.DecodeString(s[m[6]:m[7]])
		if err != nil {
			return nil, lines[row].fault(0, "truncated or corrupt base64")
		}
		parts = append(parts, said(stream, from, b, lines[row]))
	}
	if len(parts) == 0 {
		return nil, lines[0].fault(0, "Burp items without requests and responses")
	}
	return parts, nil
}
