package input

import (
	"bytes"
	"slices"
	"strings"
)

// record is how a text divides into pieces of some lines that can be read one by one.
type record struct {
	ends func(line string) bool // the last line of a piece, without the blanks around it
	read func(text string) ([]part, error)
}

// records are tried in this order.
var records = []record{
	{func(l string) bool { return strings.HasPrefix(l, "-----END ") }, func(text string) ([]part, error) {
		parts, ok, err := parseWrapped(text)
		if !ok {
			return nil, checkRestOf(text)
		}
		return parts, err
	}},
	{func(l string) bool {
		l = strings.TrimRight(l, ",;)")
		return strings.HasSuffix(l, "}") || strings.HasSuffix(l, "]") || strings.HasSuffix(l, ">>")
	}, func(text string) ([]part, error) { return parseLiteral(text, Options{}) }},
	{func(l string) bool {
		return strings.HasSuffix(l, ";") || strings.HasSuffix(l, `",`) || strings.HasSuffix(l, "',")
	}, func(text string) ([]part, error) { return parseLiteral(text, Options{}) }},
}

// checkRestOf checks a text without anything to read.
func checkRestOf(text string) error {
	if fault := checkRest(text, nil); fault != nil {
		return fault
	}
	return nil
}

// joinsNext begins a line of code that goes on with the string before it.
var joinsNext = lazy(`^\$?\w+ *[.+]= `)

// recordwise returns what reads a text that begins with the given lines piece by piece, nil
// if it is not known that its beginning is read the same way then.
func recordwise(lines []line) func(*window, func(part) error) error {
	for i := range records {
		r := &records[i]
		n := len(lines)
		for n > 0 && !r.ends(strings.TrimSpace(lines[n-1].text)) {
			n--
		}
		if n == 0 {
			continue
		}
		whole, err := parseText(textOfLines(lines[:n]), Options{})
		if err != nil || len(whole) < 2 {
			continue
		}
		pieces, err := collect(func(add func(part) error) error { return r.parse(windowOf(lines[:n]), add) })
		shift := lines[0].no - 1
		if err == nil && slices.EqualFunc(whole, pieces, func(p, q part) bool {
			return bytes.Equal(p.data, q.data) && p.line+shift == q.line && p.form == q.form
		}) {
			return r.parse
		}
	}
	return nil
}

// textOfLines is the text of lines, with the blank ones between them.
func textOfLines(lines []line) string {
	var text strings.Builder
	no := 1
	for i, l := range lines {
		if i == 0 {
			no = l.no
		}
		for ; no < l.no; no++ {
			text.WriteByte('\n')
		}
		text.WriteString(l.text)
	}
	return text.String()
}

// parse reads the pieces of a text one by one. A piece waits for the next: what is behind the
// last belongs to it.
func (r *record) parse(w *window, add func(part) error) error {
	var piece []line
	size, ended := 0, false
	flush := func() error {
		parts, err := r.read(textOfLines(piece))
		shift := piece[0].no - 1
		if fault, ok := err.(*Error); ok && fault.Line > 0 {
			fault.Line += shift
		}
		for i := 0; i < len(parts) && err == nil; i++ {
			parts[i].line += shift
			err = add(parts[i])
		}
		piece, size, ended = nil, 0, false
		return err
	}
	var next []line // behind the piece
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if size += len(l.text); size > Limit {
			return ErrTooLong
		}
		s := strings.TrimSpace(l.text)
		ends := r.ends(s)
		switch {
		case !ended:
			piece = append(piece, l)
			ended = ends
		default:
			next = append(next, l)
			if !ends {
				continue
			}
			if joinsNext().MatchString(strings.TrimSpace(next[0].text)) {
				piece = append(piece, next...)
			} else {
				if err := flush(); err != nil {
					return err
				}
				piece, ended = next, true
				for _, l := range piece {
					size += len(l.text)
				}
			}
			next = nil
		}
	}
	if err := w.failed(); err != nil {
		return err
	}
	piece = append(piece, next...)
	if len(piece) == 0 {
		return nil
	}
	return flush()
}
