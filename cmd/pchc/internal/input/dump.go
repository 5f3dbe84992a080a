package input

import (
	"slices"
	"strconv"
	"strings"
)

// row is a line of a dump: an offset and the text after it, or a "*" for
// lines like the one before, or an offset alone, which ends a dump.
type row struct {
	line   line
	kind   rowKind
	digits string  // of the offset
	marked bool    // the offset has "0x" or ":", so it is certainly an offset
	groups []group // runs of hex digits, up to the first other character
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
	pairs := len(first.groups[0].bytes) == 1
	if len(rows) == 1 || rows[1].kind == foreign {
		cutOut := first.offset < 1<<32 && len(first.groups) >= 4 && pairs
		return first.offset == 0 && len(first.groups) >= 2 || cutOut
	}
	damaged := len(first.groups) >= 8 && pairs // but a dump, to be complained of
	return rows[1].kind == star || damaged || first.holds(rows[1].offset-first.offset, true)
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
	if !slices.ContainsFunc(rows, func(r row) bool { return r.kind == data }) {
		return nil, lines[0].fault(0, "no line of a hex dump: an offset, then hex digits")
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
		p, err := readBlock(rows[i:i+n], Limit-total)
		if err != nil {
			return nil, err
		}
		if i+n < len(rows) && rows[i+n].continues(rows[i].offset+uint64(len(p.data))) {
			return nil, rows[i+n].line.fault(0, "no readable bytes at the next offset")
		}
		total += len(p.data)
		p.line, p.title = rows[i].line.no, title
		parts = append(parts, p)
		title = ""
		i += n
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
