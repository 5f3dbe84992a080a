package input

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// block collects the bytes of one dump in both orders of the bytes of a group:
// which one holds is decided in the end.
type block struct {
	asWritten, reversed []byte
	text                int // where in a line the column of text begins, 0 where there is none
}

// readBlock returns the bytes of one dump of at most limit bytes.
func readBlock(rows []row, limit int) (part, error) {
	var b block
	words := !rows[0].marked
	for i := range rows {
		r := &rows[i]
		switch r.kind {
		case star:
			if err := b.repeat(rows, i, limit); err != nil {
				return part{}, err
			}
			continue
		case end:
			continue // its offset has bounded the row before
		}
		n, err := r.count(rows[i+1:], b, words)
		if err != nil {
			return part{}, err
		}
		b.add(r, n)
		if len(b.asWritten) > limit {
			return part{}, ErrTooLong
		}
	}
	return b.part(rows[0].marked, len(rows[0].groups[0].bytes)), nil
}

// count returns how many bytes the row holds: as many as the next row's offset
// says, if there is one.
func (r *row) count(next []row, b block, words bool) (int, error) {
	if len(next) == 0 || next[0].kind == star {
		return r.lastCount(b)
	}
	n := next[0].offset - r.offset
	if next[0].offset > r.offset && r.holds(n, words && next[0].kind == end) {
		return int(n), nil
	}
	if count, err := r.lastCount(b); err == nil || next[0].offset <= r.offset {
		return 0, next[0].line.fault(0, "offset "+next[0].digits+" does not follow offset "+r.digits+" and its "+
			plural(count, "byte")+": bytes are missing or out of order")
	}
	bad := r.line.text[r.tail:]
	return 0, r.line.fault(len(r.line.text)-len(strings.TrimLeft(bad, " \t")), "'"+clip(firstWord(bad))+
		"' is not hex: according to the offsets this line has "+plural(int(n), "byte")+", "+strconv.Itoa(r.most())+" precede it")
}

// lastCount returns how many bytes a row holds that no offset bounds, by what
// follows the bytes.
func (r *row) lastCount(b block) (int, error) {
	noText := len(b.asWritten) > 0 && b.text == 0
	for k := len(r.groups) - 1; k >= 0 && !noText; k-- {
		if g := r.groups[k]; r.isText(g) {
			return g.total, nil
		}
	}
	best := 0
	for k, g := range r.groups {
		after := r.line.text[r.after(g):]
		gap := len(after) - len(strings.TrimLeft(after, " \t"))
		wide := gap >= 2 || strings.HasPrefix(after, "\t")
		if b.text > 0 && g.at >= b.text {
			break
		}
		if strings.TrimSpace(after) == "" || wide && (k == len(r.groups)-1 || b.text > 0) {
			best = g.total
		}
	}
	if best == 0 {
		bad := r.line.text[r.tail:]
		at := len(r.line.text) - len(strings.TrimLeft(bad, " \t"))
		return 0, r.line.fault(at, "'"+clip(firstWord(bad))+"' is neither hex nor the text of the bytes before it")
	}
	return best, nil
}

// after returns where in the line the group ends.
func (r *row) after(g group) int { return g.at + 2*len(g.bytes) }

// isText reports whether what follows group g is the bytes up to it as text, as
// tools write it: printable characters as they are, "." or the like for others.
func (r *row) isText(g group) bool {
	s := strings.TrimRight(r.line.text[r.after(g):], " \t")
	if strings.TrimSpace(s) == "" {
		return false
	}
	var b []byte
	for _, h := range r.groups {
		if h.total <= g.total {
			b = append(b, h.bytes...)
		}
	}
	s = strings.TrimLeft(s, " \t")
	for _, bars := range []string{"||", "><"} {
		if strings.HasPrefix(s, bars[:1]) && strings.HasSuffix(s, bars[1:]) && utf8.RuneCountInString(s) == len(b)+2 {
			return true
		}
	}
	s = strings.TrimLeft(s, " ")
	for len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	if utf8.RuneCountInString(s) != len(b) {
		return false
	}
	i := 0
	for _, c := range s {
		printable := b[i] >= ' ' && b[i] < 0x7f
		if printable && c != rune(b[i]) && (b[i] != ' ' || c != '.') || !printable && c < 0x7f && c != '.' && c != ' ' {
			return false
		}
		i++
	}
	return true
}

// add appends the first n bytes of a row.
func (b *block) add(r *row, n int) {
	size := len(b.asWritten) + n
	for _, g := range r.groups {
		if g.total >= n+len(g.bytes) {
			break
		}
		b.asWritten = append(b.asWritten, g.bytes...)
		for k := len(g.bytes) - 1; k >= 0; k-- {
			b.reversed = append(b.reversed, g.bytes[k])
		}
	}
	b.asWritten, b.reversed = b.asWritten[:size], b.reversed[:size]
	if b.text == 0 {
		rest := r.line.text[r.tail:]
		for _, g := range r.groups {
			if g.total == n {
				rest = r.line.text[r.after(g):]
			}
		}
		if strings.TrimSpace(rest) != "" {
			b.text = len(r.line.text) - len(strings.TrimLeft(rest, " \t"))
		}
	}
}

// repeat is the number of lines that a "*" at rows[i] left out.
func (b *block) repeat(rows []row, i, limit int) error {
	if i+1 == len(rows) || rows[i+1].kind == star {
		return rows[i].line.fault(0, "a line with an offset must follow '*'")
	}
	last := rows[i-1]
	n := len(b.asWritten) - int(last.offset-rows[0].offset)
	next := rows[i+1]
	gap := next.offset - last.offset - uint64(n)
	if next.offset < last.offset || gap%uint64(n) != 0 {
		return next.line.fault(0, "offset "+next.digits+" is not a whole number of lines after "+last.digits)
	}
	if gap > uint64(limit-len(b.asWritten)) {
		return ErrTooLong
	}
	times := int(gap) / n
	b.asWritten = append(b.asWritten, bytes.Repeat(b.asWritten[len(b.asWritten)-n:], times)...)
	b.reversed = append(b.reversed, bytes.Repeat(b.reversed[len(b.reversed)-n:], times)...)
	return nil
}

// part returns the bytes in the order that the tool writes: tools that mark
// their offsets write groups in order, the others as little-endian words. Where
// only the other order begins like something known, it is that one (xxd -e,
// od --endian=big).
func (b *block) part(marked bool, width int) part {
	usual, reverse := part{data: b.asWritten}, part{data: b.reversed}
	if !marked {
		usual, reverse = reverse, usual
	}
	usual.identify()
	if width > 1 && usual.content == other {
		if reverse.identify(); reverse.content != other {
			return reverse
		}
	}
	return usual
}

func firstWord(s string) string {
	if f := strings.Fields(s); len(f) > 0 {
		return f[0]
	}
	return ""
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
