package stats

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// column is a column of a table.
type column struct {
	head string
	left bool // aligned to the left; numbers are to the right
}

// table is a table: its rows have a cell for each column.
type table struct {
	title   string
	columns []column
	rows    [][]string
	seldom  []string // heads of columns that are left out where they are empty
	note    string   // below it
}

const gap = "  "

// prune leaves out the columns that are empty and may be.
func (t *table) prune() {
	for i := len(t.columns) - 1; i >= 0; i-- {
		if slices.Contains(t.seldom, t.columns[i].head) && !slices.ContainsFunc(t.rows, func(row []string) bool { return row[i] != "-" }) {
			t.columns = slices.Delete(t.columns, i, i+1)
			for n, row := range t.rows {
				t.rows[n] = slices.Delete(row, i, i+1)
			}
		}
	}
}

// append appends the table, within width columns if that can be done, 0 for any. The
// first cell of each row goes on a line of its own where the table is too wide; the last
// columns go below the first ones where it still is.
func (t *table) append(dst []byte, width int, paint func(string) string) []byte {
	if len(t.rows) == 0 {
		return dst
	}
	dst = append(dst, '\n')
	dst = append(dst, paint(t.title)...)
	dst = append(dst, '\n')
	widths := make([]int, len(t.columns))
	total := -len(gap)
	for i, c := range t.columns {
		widths[i] = utf8.RuneCountInString(c.head)
		for _, row := range t.rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
		total += widths[i] + len(gap)
	}
	const indent = "    "
	apart := width > 0 && total > width // the first column
	from, until := 0, len(widths)
	if apart {
		from = 1
		total += len(indent) - widths[0] - len(gap)
		for ; total > width && until > 2; until-- {
			total -= widths[until-1] + len(gap)
		}
	}
	line := func(cells []string) {
		var s strings.Builder
		if apart {
			s.WriteString(indent)
		}
		for i := from; i < until; i++ {
			fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cells[i]))
			if t.columns[i].left {
				s.WriteString(cells[i] + fill + gap)
			} else {
				s.WriteString(fill + cells[i] + gap)
			}
		}
		dst = append(dst, strings.TrimRight(s.String(), " ")...)
		dst = append(dst, '\n')
		for i := until; i < len(cells); i++ { // what did not fit
			if cells[i] != "" && cells[i] != "-" && cells[i] != t.columns[i].head {
				dst = append(dst, indent+t.columns[i].head+": "+cells[i]+"\n"...)
			}
		}
	}
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.head
	}
	if apart {
		dst = append(dst, heads[0]+"\n"...)
	}
	line(heads)
	for _, row := range t.rows {
		if apart {
			dst = append(dst, row[0]+"\n"...)
		}
		line(row)
	}
	if t.note != "" {
		dst = wrap(dst, t.note, "", width)
	}
	return dst
}

// wrap appends text in lines of at most width columns, broken at blanks; further lines
// have indent in front.
func wrap(dst []byte, text, indent string, width int) []byte {
	column := 0
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width > 0 && column+1+n > width && column > len(indent):
			dst = append(dst, '\n')
			dst = append(dst, indent...)
			column = len(indent)
		default:
			dst = append(dst, ' ')
			column++
		}
		dst = append(dst, word...)
		column += n
	}
	return append(dst, '\n')
}
