package input

import "strings"

// row is a line of a dump: an offset and the numbers after it, or an offset alone,
// which ends a dump.
type row struct {
	line   line
	kind   rowKind
	how    *notation
	from   int     // where in the line the offset begins
	digits string  // of the offset, perhaps with a "`" in their middle
	marked bool    // it has "0x", ":", brackets or the like, so it is certainly an offset
	prefix bool    // before it stands something else than blanks and signs of quotation
	groups []group // numbers, up to the first other character
	tail   int     // where in the line the groups end
	hexed  bool    // the groups have "0x"
	offset uint64
}

type rowKind uint8

const (
	data rowKind = iota
	end          // only an offset
)

// group is a number in a row.
type group struct {
	at, to int // where in the line its digits are
	total  int // bytes in the row up to its end
}

const (
	maxReadings = 8   // of one line
	maxPrefix   = 256 // bytes in front of an offset
)

// isStar reports whether a line stands for lines like the one before.
func isStar(l line) bool {
	return strings.IndexByte(l.text, '*') >= 0 && strings.Trim(l.text, " \t|>") == "*"
}

// readings returns the ways to read a line as a row, one for each number that may
// be its offset: any prefix may stand before that, a log's time or a file's name.
// Which one it is, the next row tells.
func readings(l line, how *notation) []row {
	var all []row
	s := l.text
	for i := 0; i < len(s) && i < maxPrefix && len(all) < maxReadings; {
		c := s[i]
		if !isHexDigit(c) || i > 0 && isWord(s[i-1]) {
			i++
			continue
		}
		if r, ok := readOffset(l, i); ok {
			r.readBytes(how)
			all = append(all, r)
		}
		for i < len(s) && isWord(s[i]) {
			i++
		}
	}
	return all
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c == '`' || c >= 0x80
}

// readOffset reads the offset of a row that begins at byte i of a line.
func readOffset(l line, i int) (r row, ok bool) {
	s := l.text
	r = row{line: l, from: i}
	r.prefix = strings.Trim(s[:i], " \t>|+[(<{:;#*-=$") != ""
	before := ""
	if i > 0 {
		before = s[i-1 : i]
	}
	short := 4 // digits that an offset has at least
	if strings.HasPrefix(s[i:], "0x") || strings.HasPrefix(s[i:], "0X") {
		r.marked = true
		if i += 2; before == "+" {
			short = 2
		}
	}
	n := hexLen(s[i:])
	if i+n < len(s) && s[i+n] == '`' {
		n += 1 + hexLen(s[i+n+1:])
	}
	r.digits = s[i : i+n]
	i += n
	sure := i
	if i < len(s) && (s[i] == 'h' || s[i] == 'H') {
		i++
	}
	if k := strings.Index("[<({", before); before != "" && k >= 0 {
		if i == len(s) || s[i] != "]>)}"[k] {
			return r, false
		}
		i++
	}
	if i = r.mark(i); i > sure {
		r.marked, short = true, 2
	} else if i < len(s) && !isBlank(s[i]) {
		return r, false
	}
	r.tail = i
	return r, n >= short && n <= 17
}

// readBytes reads what follows the offset.
func (r *row) readBytes(how *notation) {
	r.how = how
	if strings.Trim(r.line.text[r.tail:], " \t|") == "" {
		r.kind = end
		return
	}
	r.readGroups(r.tail)
	if how.base == 16 || how.base == 2 { // xxd writes text beside these
		return
	}
	if strings.TrimSpace(r.line.text[r.tail:]) != "" {
		r.groups = nil
	}
}

// isRow reports whether the number is an offset by its looks, and bytes follow it.
func (r *row) isRow() bool {
	if r.how.base != 16 {
		return len(r.groups) > 0 && len(r.digits) >= 6
	}
	return len(r.groups) > 0 && (r.marked || r.differs())
}

// mark skips what may stand between an offset and the bytes, from byte i of the
// line on: gdb's name of the place in memory, and a sign with blanks.
func (r *row) mark(i int) int {
	s := r.line.text
	skip := func(from int) int { return from + len(s[from:]) - len(strings.TrimLeft(s[from:], " \t")) }
	if at := skip(i); at < len(s) && s[at] == '<' {
		if n := strings.Index(s[at:], ">:"); n > 0 && n < 128 {
			return at + n + 2
		}
	}
	if i < len(s) && s[i] == ':' {
		if i+1 == len(s) || isBlank(s[i+1]) || strings.HasPrefix(s[i+1:], "0x") {
			return i + 1
		}
		return i
	}
	at := skip(i)
	if at < len(s) && strings.IndexByte(":-|", s[at]) >= 0 && (at > i || s[at] == '|') && (at+1 == len(s) || isBlank(s[at+1])) {
		return at + 1
	}
	return i
}

// separators are what may stand between two groups, among blanks, once.
const separators = "-|:,"

// readGroups reads numbers from byte i of the line on.
func (r *row) readGroups(i int) {
	s := r.line.text
	for {
		r.tail = i
		begin := i
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		if i < len(s) && strings.IndexByte(separators, s[i]) >= 0 && r.how.base == 16 { // elsewhere "-" is a sign
			i++
		}
		for i < len(s) && isBlank(s[i]) {
			i++
		}
		if i == begin && len(r.groups) > 0 {
			return // nothing between this and the group before
		}
		hexed := strings.HasPrefix(s[i:], "0x") && r.how.base == 16
		if hexed {
			i += 2
		}
		n := r.how.run(s[i:])
		if n == 0 || i+n < len(s) && !isBlank(s[i+n]) && strings.IndexByte(separators, s[i+n]) < 0 {
			return
		}
		r.hexed = r.hexed || hexed
		r.groups = append(r.groups, group{i, i + n, r.most() + r.how.bytesOf(n)})
		i += n
	}
}

// differs reports whether a first run of digits without a mark is an offset:
// tools write offsets in another width than the groups that follow, plain hex
// seldom does.
func (r *row) differs() bool {
	return r.groups[0].to-r.groups[0].at != len(r.digits)
}

// most returns how many bytes the row holds if all its groups are bytes.
func (r *row) most() int {
	if len(r.groups) == 0 {
		return 0
	}
	return r.groups[len(r.groups)-1].total
}

// size returns the bytes of the first group.
func (r *row) size() int {
	if len(r.groups) == 0 {
		return 0
	}
	return r.groups[0].total
}

// holds reports whether n bytes end where a group ends; with within, also where
// they end inside the last one: hexdump and od fill words up with zeros.
func (r *row) holds(n uint64, within bool) bool {
	within = within && r.size()&(r.size()-1) == 0
	for i, g := range r.groups {
		total, before := uint64(g.total), uint64(0)
		if i > 0 {
			before = uint64(r.groups[i-1].total)
		}
		if total == n || within && i == len(r.groups)-1 && total > n && n > before {
			return true
		}
	}
	return false
}

// rest returns what stands behind the first n bytes of the row.
func (r *row) rest(n int) string {
	at := r.tail
	for _, g := range r.groups {
		if g.total >= n {
			at = g.to
			break
		}
	}
	return r.line.text[at:]
}

// append appends all bytes of the row to asWritten, and to reversed with those of
// each group in the other order.
func (r *row) append(asWritten, reversed []byte) (_, _ []byte) {
	for _, g := range r.groups {
		n := len(asWritten)
		asWritten = r.how.append(asWritten, r.line.text[g.at:g.to])
		for i := len(asWritten) - 1; i >= n; i-- {
			reversed = append(reversed, asWritten[i])
		}
	}
	return asWritten, reversed
}
