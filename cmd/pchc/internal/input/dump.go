package input

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// row is a line of a dump: an offset and what stands behind it, or a "*" for
// lines like the one before, or an offset alone, which ends a dump.
type row struct {
	line   line
	kind   rowKind
	digits string  // of the offset
	marked bool    // the offset has "0x" or ":", so it can be nothing else
	groups []group // runs of hex digits, up to the first thing that is none
	tail   int     // where in the line the groups end
	offset uint64  // by the radix that the whole dump turns out to use
}

type rowKind uint8

const (
	foreign rowKind = iota // a line that is no part of a dump
	data
	star
	end
)

// group is a run of hex digits in a row.
type group struct {
	at    int // where in the line it begins
	bytes []byte
	total int // bytes in the row up to the group's end
}

// readRow reads one line of a dump.
func readRow(l line) row {
	r := row{line: l}
	s := l.text
	i := len(s) - len(strings.TrimLeft(s, " \t"))
	if strings.TrimSpace(s) == "*" {
		r.kind = star
		return r
	}
	if strings.HasPrefix(s[i:], "0x") {
		r.marked = true
		i += 2
	}
	n := hexLen(s[i:])
	if n < 4 || n > 16 {
		return r
	}
	r.digits = s[i : i+n]
	i += n
	if i < len(s) && s[i] == ':' {
		r.marked = true
		i++
	}
	if strings.TrimSpace(s[i:]) == "" {
		r.kind = end
		return r
	}
	if !isBlank(s[i]) {
		return r
	}
	r.readGroups(i)
	if r.marked || len(r.groups) > 0 && r.differs() {
		r.kind = data
	}
	return r
}

// readGroups reads runs of hex digits from byte i of the line on.
func (r *row) readGroups(i int) {
	s := r.line.text
	for {
		r.tail = i
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		n := hexLen(s[i:])
		whole := i+n == len(s) || isBlank(s[i+n])
		if n == 0 || n%2 != 0 || !whole {
			return
		}
		b := make([]byte, n/2)
		for k := range b {
			v, _ := strconv.ParseUint(s[i+2*k:i+2*k+2], 16, 8)
			b[k] = byte(v)
		}
		r.groups = append(r.groups, group{i, b, r.most() + len(b)})
		i += n
	}
}

// differs reports whether a first run of digits without a mark is an offset:
// tools write offsets in another width than the groups that follow, plain hex
// seldom does.
func (r *row) differs() bool {
	return 2*len(r.groups[0].bytes) != len(r.digits)
}

// most returns how many bytes the row holds if all its groups are bytes.
func (r *row) most() int {
	if len(r.groups) == 0 {
		return 0
	}
	return r.groups[len(r.groups)-1].total
}

// holds reports whether n bytes end where a group ends; with within, also where
// they end inside one: hexdump and od fill their last word up with zeros.
func (r *row) holds(n uint64, within bool) bool {
	for _, g := range r.groups {
		if total := uint64(g.total); total == n || within && total > n && n > total-uint64(len(g.bytes)) {
			return true
		}
	}
	return false
}

// isDump reports whether lines hold a dump. Offsets without a mark must prove
// themselves: the first ends in 0, and the next one fits the bytes between them;
// a line alone is at offset 0, or has the look of one cut out of a dump.
func isDump(lines []line) bool {
	var rows []row
	for _, l := range lines {
		if r := readRow(l); r.kind == data {
			if r.marked {
				return true
			}
			rows = append(rows, r)
		} else if len(rows) > 0 {
			rows = append(rows, r)
			break
		}
		if len(rows) == 2 {
			break
		}
	}
	if len(rows) == 0 || !strings.HasSuffix(rows[0].digits, "0") {
		return false
	}
	setOffsets(rows, radix(rows))
	first := rows[0]
	if len(rows) == 1 || rows[1].kind == foreign {
		cutOut := first.offset < 1<<32 && len(first.groups) >= 4 && len(first.groups[0].bytes) == 1
		return first.offset == 0 && len(first.groups) >= 2 || cutOut
	}
	return rows[1].kind == star || first.holds(rows[1].offset-first.offset, true)
}

// radix returns the base of the offsets: the one by which most lines hold as
// many bytes as their offsets say. Only od writes anything but base 16, and
// that in seven digits.
func radix(rows []row) int {
	best, bestFit := 16, -1
	for _, base := range []int{16, 8, 10} {
		if base != 16 && !sevenDigits(rows) || !setOffsets(rows, base) {
			continue
		}
		fit := 0
		for i, next := range rows[1:] {
			r := rows[i]
			if r.kind != data || next.kind != data && next.kind != end {
				continue
			}
			switch n := next.offset - r.offset; {
			case !r.holds(n, true):
			case !r.holds(n+uint64(len(r.groups[0].bytes)), true):
				fit += 3 // no group is left over
			default:
				fit += 2 // hex digits in a column of text, or an accident
			}
		}
		if fit > bestFit {
			best, bestFit = base, fit
		}
	}
	return best
}

func sevenDigits(rows []row) bool {
	for _, r := range rows {
		if (r.kind == data || r.kind == end) && (r.marked || len(r.digits) != 7) {
			return false
		}
	}
	return true
}

// setOffsets sets the offsets of rows by the given base, if all have one.
func setOffsets(rows []row, base int) bool {
	for i := range rows {
		r := &rows[i]
		if r.kind != data && r.kind != end {
			continue
		}
		v, err := strconv.ParseUint(r.digits, base, 64)
		if err != nil {
			return false
		}
		r.offset = v
	}
	return true
}

// parseDump reads hex with offsets. Lines that are no part of a dump (tcpdump's
// and tshark's own) may stand between dumps, and are a fault within one.
func parseDump(lines []line) ([]part, error) {
	rows := make([]row, len(lines))
	for i, l := range lines {
		rows[i] = readRow(l)
	}
	setOffsets(rows, radix(rows))
	var parts []part
	title, total := "", 0
	for i := 0; i < len(rows); {
		if rows[i].kind != data {
			if rows[i].kind != foreign && len(parts) == 0 {
				return nil, rows[i].line.fault(0, "no bytes before this line")
			}
			title = strings.TrimSpace(rows[i].line.text)
			i++
			continue
		}
		n := blockLen(rows[i:])
		if rows[i].offset != 0 && len(parts) > 0 {
			return nil, rows[i].line.fault(0, "offset "+rows[i].digits+" does not continue the lines before: bytes are missing")
		}
		b, err := readBlock(rows[i:i+n], Limit-total)
		if err != nil {
			return nil, err
		}
		if i+n < len(rows) && rows[i+n].continues(rows[i].offset+uint64(len(b))) {
			return nil, rows[i+n].line.fault(0, "this line has the next offset, but no bytes that can be read")
		}
		total += len(b)
		parts = append(parts, part{b, rows[i].line.no, title})
		title = ""
		i += n
	}
	if len(parts) == 0 {
		return nil, lines[0].fault(0, "no line of a hex dump: an offset, then hex digits")
	}
	return parts, nil
}

// blockLen returns how many of rows belong to the dump that rows[0] begins.
func blockLen(rows []row) int {
	n := 1
	for n < len(rows) {
		switch r := rows[n]; {
		case r.kind == foreign, r.kind == data && r.offset == 0:
			return n
		case r.kind == end:
			return n + 1
		}
		n++
	}
	return n
}

// continues reports whether a line that is no row of a dump begins with the
// given offset, that is, whether it is a damaged row.
func (r *row) continues(offset uint64) bool {
	v, err := strconv.ParseUint(r.digits, 16, 64)
	return r.kind == foreign && err == nil && v == offset
}

// block collects the bytes of one dump in both orders of the bytes of a group:
// which one holds is decided in the end.
type block struct {
	asWritten, reversed []byte
	text                int // where in a line the column of text begins, 0 where there is none
}

// readBlock returns the bytes of one dump of at most limit bytes.
func readBlock(rows []row, limit int) ([]byte, error) {
	var b block
	words := !rows[0].marked
	for i := range rows {
		r := &rows[i]
		switch r.kind {
		case star:
			if err := b.repeat(rows, i, limit); err != nil {
				return nil, err
			}
			continue
		case end:
			continue // its offset has bounded the row before
		}
		n, err := r.count(rows[i+1:], b, words)
		if err != nil {
			return nil, err
		}
		b.add(r, n)
		if len(b.asWritten) > limit {
			return nil, ErrTooLong
		}
	}
	return b.bytes(rows[0].marked, len(rows[0].groups[0].bytes)), nil
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
		"' is not hex: by the offsets this line has "+plural(int(n), "byte")+", "+strconv.Itoa(r.most())+" come before")
}

// lastCount returns how many bytes a row holds that no offset bounds, by what
// stands behind the bytes.
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

// repeat stands for the lines that a "*" at rows[i] left out.
func (b *block) repeat(rows []row, i, limit int) error {
	if i+1 == len(rows) || rows[i+1].kind == star {
		return rows[i].line.fault(0, "a line with an offset must follow '*'")
	}
	last := rows[i-1]
	n := len(b.asWritten) - int(last.offset-rows[0].offset)
	next := rows[i+1]
	gap := next.offset - last.offset - uint64(n)
	if next.offset < last.offset || gap%uint64(n) != 0 {
		return next.line.fault(0, "offset "+next.digits+" is no whole number of lines after "+last.digits)
	}
	if gap > uint64(limit-len(b.asWritten)) {
		return ErrTooLong
	}
	times := int(gap) / n
	b.asWritten = append(b.asWritten, bytes.Repeat(b.asWritten[len(b.asWritten)-n:], times)...)
	b.reversed = append(b.reversed, bytes.Repeat(b.reversed[len(b.reversed)-n:], times)...)
	return nil
}

// bytes returns the bytes in the order that the tool writes: tools that mark
// their offsets write groups in order, the others as little-endian words. Where
// only the other order begins like something known, it is that one (xxd -e,
// od --endian=big).
func (b *block) bytes(marked bool, width int) []byte {
	usual, other := b.asWritten, b.reversed
	if !marked {
		usual, other = other, usual
	}
	if width > 1 && !known(usual) && known(other) {
		return other
	}
	return usual
}

// known reports whether b begins like a message, a packet or HTTP.
func known(b []byte) bool {
	if looks(b) || isHTTP(b) {
		return true
	}
	_, ok := parsePacket(b)
	return ok
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
