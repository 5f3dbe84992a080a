package message

import (
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// layout is how the columns of a tree are placed.
type layout struct {
	offset int  // digits of an offset
	bytes  int  // bytes on a line
	ascii  bool // with a column of characters
	name   int  // width of the column of names, with their indentation
	value  int  // width of the column of values, where something stands beside them
}

const gap = "  "

// left is the width of the columns before the names.
func (l *layout) left() int {
	n := l.offset + len(gap) + hexWidth(l.bytes) + len(gap)
	if l.ascii {
		n += l.bytes + len(gap)
	}
	return n
}

// hexWidth returns the width of n bytes in hex, with a wider gap after each
// eight of them.
func hexWidth(n int) int {
	if n == 0 {
		return 0
	}
	return 3*n - 1 + (n-1)/8
}

// layout places the columns so that the rows fit the width, if they can.
func (t *Text) layout(rows []Row, length int) layout {
	var w widths
	for i := range rows {
		w.add(&rows[i])
	}
	return t.place(w, length)
}

// widths are how wide the columns of rows are at most.
type widths struct {
	name, value int
	bytes       int
	ascii       bool // some row has bytes that may be text
	cite        bool // some row has a citation
}

func (w *widths) add(r *Row) {
	w.name = max(w.name, 2*r.depth+len(r.Name))
	w.value = max(w.value, len(r.Value))
	w.bytes = max(w.bytes, len(r.Raw))
	w.ascii = w.ascii || r.mayBeText()
	w.cite = w.cite || r.cite != ""
}

// mayBeText reports whether the row has characters to show.
func (r *Row) mayBeText() bool { return !r.number && !r.secret && len(r.Raw) > 0 && r.Offset >= 0 }

// place places columns that are as wide, for a message of some length.
func (t *Text) place(w widths, length int) layout {
	l := layout{offset: max(4, len(strconv.FormatInt(int64(length), 16))), bytes: min(16, max(8, w.bytes)), name: w.name}
	fits := func() bool { return t.Width == 0 || l.left()+l.name+len(gap)+w.value <= t.Width }
	if !fits() {
		l.bytes = 8
	}
	l.ascii = t.ASCII && w.ascii
	l.ascii = l.ascii && fits()
	if w.cite {
		l.value = min(w.value, citeBeside)
	}
	return l
}

// row appends a row: its offset, bytes, name and value, and further lines where
// it has more bytes than fit on one.
func (t *Text) row(dst []byte, r *Row, l layout) []byte {
	shown := r.Raw
	if r.secret {
		shown = nil
	}
	first := min(len(shown), l.bytes)
	dst = t.left(dst, r, 0, shown[:first], l)
	dst = blanks(dst, 2*r.depth)
	name := t.Style.field(r.tint)
	switch {
	case r.title:
		name = t.Style.title
	case r.folded:
		name = t.Style.dim
	}
	dst = put(dst, name, r.Name)
	if r.Value != "" || r.cite != "" {
		dst = blanks(dst, l.name-2*r.depth-len(r.Name)+len(gap))
		style := t.Style.value
		switch {
		case r.missing > 0:
			style = t.Style.bad
		case r.folded:
			style = t.Style.dim
		}
		dst = put(dst, style, r.Value)
	}
	dst = t.cite(dst, r, l)
	lines := (len(shown) + l.bytes - 1) / l.bytes
	from, to := t.foldedLines(r, lines)
	for line := 1; line < lines; line++ {
		if line == from {
			dst = blanks(dst, l.offset+len(gap))
			dst = put(dst, t.Style.dim, "... "+Count((to-from)*l.bytes, "byte")+" not shown")
			dst = append(dst, '\n')
			line = to
		}
		at := line * l.bytes
		dst = t.left(dst, r, at, shown[at:min(at+l.bytes, len(shown))], l)
		dst = t.spill(endLine(dst))
	}
	return dst
}

// violation appends a violation, with marks below the bytes of its row.
func (t *Text) violation(dst []byte, r *Row, v *spec.Violation, l layout) []byte {
	marked := 1 // for bytes on several lines, and for absent ones
	if n := len(r.Raw); 0 < n && n <= l.bytes && !r.secret {
		marked = n
	}
	marks := strings.TrimRight(strings.Repeat("^^ ", min(marked, 8))+" "+strings.Repeat("^^ ", max(0, marked-8)), " ")
	indent := strings.Repeat(" ", l.left()+2*r.depth)
	dst = append(dst, indent[:l.offset+len(gap)]...)
	dst = put(dst, t.paint(v.Class), marks)
	dst = append(dst, indent[l.offset+len(gap)+len(marks):]...)
	dst = put(dst, t.paint(v.Class), "! "+v.Detail)
	rule := "(" + v.Rule + ", "
	if v.Class != spec.Format {
		rule += v.Class.String() + " rule, "
	}
	rule += v.Section + ")"
	if over := len(indent) + len("! ") + len(v.Detail) + 1 + len(rule) - t.Width; t.Width > 0 && over > 0 {
		dst = append(dst, '\n')
		indent += gap
		dst = append(dst, indent[:max(0, min(len(indent), t.Width-len(rule)))]...)
	} else {
		dst = append(dst, ' ')
	}
	dst = put(dst, t.Style.dim, rule)
	return append(dst, '\n')
}

// left appends the columns of offset and bytes.
func (t *Text) left(dst []byte, r *Row, at int, b []byte, l layout) []byte {
	if r.Offset < 0 {
		dst = blanks(dst, l.offset)
	} else {
		dst = t.offset(dst, r.Offset+at, l.offset)
	}
	dst = append(dst, gap...)
	width := hexWidth(len(b))
	if tint := t.Style.field(r.tint); tint == nil {
		dst = appendCells(dst, b)
	} else {
		dst = putBytes(dst, tint, appendCells(nil, b))
	}
	switch {
	case r.secret:
		dst = put(dst, t.Style.dim, redacted)
		width = len(redacted)
	case r.missing > 0 && at+len(b) == len(r.Raw):
		// "--" for each absent byte of this line.
		marks := strings.Repeat(" --", min(r.missing, l.bytes-len(b)))
		if len(b) < 8 && len(marks) > 3*(8-len(b)) {
			marks = marks[:3*(8-len(b))] + " " + marks[3*(8-len(b)):]
		} else if len(b) == 8 {
			marks = " " + marks
		}
		if len(b) == 0 {
			marks = marks[1:]
		}
		dst = put(dst, t.Style.bad, marks)
		width += len(marks)
	}
	dst = blanks(dst, hexWidth(l.bytes)-width+len(gap))
	if !l.ascii {
		return dst
	}
	if !r.mayBeText() {
		return blanks(dst, l.bytes+len(gap))
	}
	return blanks(putBytes(dst, t.Style.field(r.tint), characters(b)), l.bytes-len(b)+len(gap))
}

// appendCells appends bytes in hex, with a wider gap after each eight of them.
func appendCells(dst, b []byte) []byte {
	for i, c := range b {
		if i > 0 {
			dst = append(dst, ' ')
			if i%8 == 0 {
				dst = append(dst, ' ')
			}
		}
		dst = append(dst, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
	}
	return dst
}

// characters returns bytes as characters of ASCII, with a dot for each other one.
func characters(b []byte) []byte {
	text := make([]byte, len(b))
	for i, c := range b {
		if text[i] = '.'; ' ' <= c && c <= '~' {
			text[i] = c
		}
	}
	return text
}

// endLine ends a line without trailing blanks.
func endLine(dst []byte) []byte {
	for len(dst) > 0 && dst[len(dst)-1] == ' ' {
		dst = dst[:len(dst)-1]
	}
	return append(dst, '\n')
}

// offset appends an offset in at least the given number of hex digits.
func (t *Text) offset(dst []byte, v, digits int) []byte {
	var room [16]byte
	s := strconv.AppendInt(room[:0], int64(v), 16)
	if t.Style.dim != nil {
		return put(dst, t.Style.dim, strings.Repeat("0", max(0, digits-len(s)))+string(s))
	}
	for range digits - len(s) {
		dst = append(dst, '0')
	}
	return append(dst, s...)
}

// blanks appends n blanks.
func blanks(dst []byte, n int) []byte {
	const some = "                                                                "
	for ; n > len(some); n -= len(some) {
		dst = append(dst, some...)
	}
	return append(dst, some[:max(n, 0)]...)
}
