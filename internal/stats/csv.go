package stats

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/hostedcache/pchc/internal/printable"
)

// WriteCSV writes the rows that JSON has, as tables with an empty line between: the first
// column is the name of the object, the others are its members, those of an object within
// as "from.nobody". Lists are left out.
func (r *Report) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	first := true
	for name, rows := range r.rows() {
		var head []string
		for _, row := range rows {
			b, err := json.Marshal(row)
			if err != nil {
				return err
			}
			keys, values, err := flat(b)
			if err != nil {
				return err
			}
			if !first && head == nil {
				out.Flush()
				if _, err := io.WriteString(w, "\n"); err != nil {
					return err
				}
			}
			if first = false; strings.Join(head, ",") != strings.Join(keys, ",") {
				head = keys
				_ = out.Write(append([]string{"message"}, keys...)) // Error has it
			}
			_ = out.Write(append([]string{name}, values...))
		}
	}
	out.Flush()
	return out.Error()
}

// flat returns the members of an object that are no lists, in order.
func flat(b []byte) (keys, values []string, err error) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var path []string
	key, depth := "", 0 // depth in lists
	for {
		t, err := d.Token()
		if err == io.EOF {
			return keys, values, nil
		}
		if err != nil {
			return nil, nil, err
		}
		switch t {
		case json.Delim('['):
			depth++
			continue
		case json.Delim(']'):
			depth--
			key = ""
			continue
		case json.Delim('{'):
			if depth == 0 {
				path = append(path, key)
				key = ""
			} else {
				depth++
			}
			continue
		case json.Delim('}'):
			if depth == 0 {
				path = path[:len(path)-1]
			} else {
				depth--
			}
			key = ""
			continue
		}
		switch {
		case depth > 0:
		case key == "":
			key = t.(string)
		default:
			keys = append(keys, strings.TrimLeft(strings.Join(append(path[1:len(path):len(path)], key), "."), "."))
			values = append(values, cell(fmt.Sprint(t)))
			key = ""
		}
	}
}

// cell makes a value safe: spreadsheets take what begins like a formula for one.
func cell(s string) string {
	s = printable.String(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) && strings.Trim(s, "-0123456789.eE+") != "" {
		return "'" + s
	}
	return s
}
