package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

const (
	rowBytes  = 4
	cellWidth = 16 // characters of a byte in a row, with the border on its left
)

// A row is four bytes: the field of each (its number from 1, or 0 after the end of
// the structure), and the labels in them.
type row struct {
	field [rowBytes]int
	label [rowBytes]string // at the first byte of a field in this row
}

// Diagram draws a structure as RFCs do, 32 bits a row. A long byte string is
// abbreviated; one without a fixed length has two rows, and the next field begins a
// new row.
func Diagram(l *spec.Layout) string {
	rows := draw(l)
	var b strings.Builder
	b.WriteString(" 0                   1                   2                   3\n")
	b.WriteString(" 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1\n")
	var above row
	for _, r := range rows {
		b.WriteString(border(&above, &r) + "\n" + r.text() + "\n")
		above = r
	}
	b.WriteString(border(&above, &row{}) + "\n")
	return b.String()
}

// draw distributes the fields to rows.
func draw(l *spec.Layout) []row {
	var rows []row
	at := rowBytes // in the last row
	for i := range l.Fields {
		f := &l.Fields[i]
		size, label := size(f), f.Name
		n, fixed := fixedSize(f)
		if !fixed {
			n = 2*rowBytes + (rowBytes-at)%rowBytes
		}
		if f.Form != spec.Integer {
			label += " (" + size + ")"
		}
		whole := fixed && (n > rowBytes || at == rowBytes || at+n <= rowBytes)
		if rest := n % rowBytes; n > 3*rowBytes {
			n, whole = 3*rowBytes+rest, false
		}
		first := len(rows)
		if at < rowBytes {
			first--
		}
		for range n {
			if at == rowBytes {
				rows, at = append(rows, row{}), 0
			}
			rows[len(rows)-1].field[at] = i + 1
			at++
		}
		name(rows[first:], i+1, label, whole)
		if !fixed {
			at = rowBytes
		}
	}
	return rows
}

// name writes the label of a field into the row with the most room. If the field is
// abbreviated, or drawn in two separate pieces, another row has "...".
func name(rows []row, field int, label string, whole bool) {
	best, width := 0, 0
	for i := range rows {
		n := 0
		for _, f := range rows[i].field {
			if f == field {
				n++
			}
		}
		if n > width {
			best, width = i, n
		}
	}
	rows[best].label[slices.Index(rows[best].field[:], field)] = label
	if !whole {
		rest := best + 1
		if rest == len(rows) {
			rest = best - 1
		}
		rows[rest].label[slices.Index(rows[rest].field[:], field)] = "..."
	}
}

// text writes the middle of a row.
func (r *row) text() string {
	var b strings.Builder
	for i := 0; i < rowBytes && r.field[i] != 0; {
		end := i
		for end < rowBytes && r.field[end] == r.field[i] {
			end++
		}
		room := (end-i)*cellWidth - 1
		label := r.label[i]
		left := max(0, room-len(label)) / 2
		fmt.Fprintf(&b, "|%-*s", room, strings.Repeat(" ", left)+label)
		i = end
	}
	return b.String() + "|"
}

// border draws the line between two rows, except inside a field.
func border(above, below *row) string {
	line := []byte(strings.Repeat("+-", rowBytes*cellWidth/2) + "+")
	goesOn := func(i int) bool { return above.field[i] == below.field[i] }
	for i := range rowBytes {
		if !goesOn(i) {
			continue
		}
		for j := i*cellWidth + 1; j < (i+1)*cellWidth; j++ {
			line[j] = ' '
		}
		switch {
		case above.field[i] == 0 && (i == 0 || goesOn(i-1)):
			line[i*cellWidth] = ' '
		case above.field[i] != 0 && i > 0 && above.field[i-1] == above.field[i]:
			line[i*cellWidth] = ' '
		}
		if above.field[i] == 0 {
			line[(i+1)*cellWidth] = ' '
		}
	}
	return strings.TrimRight(string(line), " ")
}

// fixedSize returns the number of bytes of a field, if that is always the same.
func fixedSize(f *spec.LayoutField) (n int, fixed bool) {
	if f.Form != spec.Structure {
		return f.Extent.Bytes, f.Extent.Measure == spec.Exactly
	}
	return structureSize(f.Of)
}

func structureSize(l *spec.Layout) (sum int, fixed bool) {
	for i := range l.Fields {
		n, fixed := fixedSize(&l.Fields[i])
		if !fixed {
			return 0, false
		}
		sum += n
	}
	return sum, true
}

// size returns the length of a field, or its number of elements.
func size(f *spec.LayoutField) string {
	if n, fixed := fixedSize(f); fixed {
		return plural(n, "byte")
	}
	switch e := f.Extent; {
	case f.Form == spec.Structure:
		return "variable"
	case e.Measure == spec.BytesBy:
		return e.By + " bytes"
	case e.Measure == spec.HashLength:
		return "a hash"
	case e.Measure == spec.ElementsBy:
		return e.By + " elements"
	case e.Measure == spec.PaddingBy:
		return "0 to 3 bytes"
	}
	return "to the end"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
