package input

import "strings"

// isDump reports whether lines hold a dump.
func isDump(lines []line) bool {
	for i := range lines {
		if b, ok := begin(lines[i:], false); ok && (b.proven || !onlyHexDigits(lines[:i])) {
			return true
		}
	}
	return false
}

// lookahead is how many rows tell how a dump is to be read, or numbers without offsets.
const lookahead = 32

// maxOffset is what an offset is below that counts the bytes of a message. Above, it may
// be an address.
const maxOffset = 1 << 16

// begin returns the dump that lines[0] begins. Its offset must prove itself: the
// next one is as much greater as there are bytes between them, or else the row
// must be like one of a tool. If forced, any number may be an offset.
func begin(lines []line, forced bool) (b block, ok bool) {
	if !mayBegin(lines[0]) {
		return b, false
	}
	best := 0
	for _, how := range notations {
		all := readings(lines[0], how)
		for _, radix := range radixes {
			for _, r := range all {
				if r.offset, ok = r.parseOffset(radix); !ok || !r.isRow() {
					continue
				}
				c := block{first: r, radix: radix, limit: Limit}
				if score := c.score(lines[1:min(len(lines), lookahead)]); score > best {
					b, best = c, score
				}
			}
		}
		if best > 0 {
			b.proven = true
			return b, true
		}
	}
	for _, how := range notations {
		for _, r := range readings(lines[0], how) {
			if r.offset, ok = r.parseOffset(16); ok && r.isRow() && r.most() >= 4 && r.shown() {
				return block{first: r, radix: 16, limit: Limit, proven: true}, true
			}
		}
	}
	for _, r := range readings(lines[0], notations[0]) {
		if r.offset, ok = r.parseOffset(16); ok && r.isRow() && (forced || r.isTypical()) {
			return block{first: r, radix: 16, limit: Limit}, true
		}
	}
	return b, false
}

// mayBegin reports whether a line has a number that may be an offset.
func mayBegin(l line) bool {
	for i := range min(len(l.text), maxPrefix) {
		if isHexDigit(l.text[i]) && (i == 0 || !isWord(l.text[i-1])) {
			if _, ok := readOffset(l, i); ok {
				return true
			}
		}
	}
	return false
}

// score tells how well the rows that follow the first one fit it.
func (b *block) score(lines []line) (score int) {
	r, star := b.first, false
	for _, l := range lines {
		if isStar(l) {
			star = true
			continue
		}
		next, how := b.next(&r, l)
		if star {
			next, how = b.beyond(&r, l)
		}
		if how == broken {
			break
		}
		score += 1 + int(how) // a group left over may be an accident
		if r, star = next, false; r.kind == end {
			break
		}
	}
	return score
}

// beyond returns the reading of the line after "*", which is whole lines behind r.
func (b *block) beyond(r *row, l line) (next row, how link) {
	next, ok := b.after(r, l)
	if ok && next.offset > r.offset && (next.offset-r.offset)%uint64(r.most()) == 0 {
		how = exact
	}
	return next, how
}

// isTypical reports whether a row alone is like one that a tool writes.
func (r *row) isTypical() bool {
	pairs := r.size() == 1
	rest := strings.Trim(r.rest(r.most()), " \t|")
	switch {
	case r.prefix:
		b, _ := r.append(nil, nil)
		return (r.offset == 0 || looks(b)) && r.marked && len(r.groups) >= 2 && len(r.digits) >= 4 && rest == ""
	case r.marked || strings.Contains(r.digits, "`"):
		return len(r.digits) >= 4 || r.offset == 0 && len(r.groups) >= 4 && pairs
	case !strings.HasSuffix(r.digits, "0") || len(r.digits) < 4:
		return false
	case r.offset == 0 && len(r.groups) == 1: // one number, however long
		b, _ := r.append(nil, nil)
		return looks(b) && r.groups[0].to-r.groups[0].at > 8
	}
	return r.offset == 0 && len(r.groups) >= 2 || r.offset < 1<<32 && len(r.groups) >= 4 && pairs
}

// shown reports whether the bytes of the row are behind it as text, too.
func (r *row) shown() bool {
	for k := range r.groups {
		if r.hasText(k, alike) {
			return true
		}
	}
	return false
}

// tsharkData is the line of tshark -V above bytes that its dump has, too.
var tsharkData = lazy(`^\s*(Data \(\d+ bytes?\)|Chunk size: \d+ octets?)$`)

// parseDump reads hex with offsets. Lines that are no part of a dump (tcpdump's
// and tshark's own) may stand between dumps, and are a fault within one. It adds each
// dump when it has read it, so that of a text only a few lines need be in memory. The
// error may be one of add.
func parseDump(w *window, forced bool, add func(part) error) error {
	var last row      // of the dump before
	adjacent := false // it ends at the line before
	title, total := "", 0
	var top line // of the text
	for lines := w.ahead(lookahead); len(lines) > 0; lines = w.ahead(lookahead) {
		l, before := lines[0], w.last
		if w.index == 0 {
			top = l
		}
		b, ok := begin(lines, forced)
		if !ok {
			switch {
			case last.how == nil:
			case adjacent && last.kind == data && last.resembles(l):
				return l.fault(0, "this line is like those of the dump before it, but cannot be read")
			case last.isLike(l):
				return discontinued(l)
			}
			if isRest(l) || hasMessage(l.text) && !tsharkData().MatchString(before.text) {
				if err := add(part{line: l.no, problem: "this line has hex digits but is no line of a dump: it was not read"}); err != nil {
					return err
				}
			}
			adjacent = false
			title = strings.TrimSpace(l.text)
			w.at(w.index + 1)
			continue
		}
		if b.first.offset != 0 {
			if last.how != nil {
				return discontinued(l)
			}
			if before.no > 0 && b.first.resembles(before) {
				return before.fault(0, "this line is like those of the dump behind it, but cannot be read")
			}
		}
		b.limit = min(Limit, Limit+w.size-total)
		start := w.index
		n, r, err := b.read(func(n int) (line, bool) { return w.at(start + n) })
		if cut := w.failed(); cut != nil && len(w.lines) == 0 {
			return cut
		}
		if err != nil {
			return err
		}
		w.at(start + n)
		p, err := b.part()
		if err != nil {
			return err
		}
		p.line, p.title, p.form = l.no, title, b.first.how.name+" dump"
		if first := &b.first; first.offset > 0 && first.offset < maxOffset {
			if p.identify(); p.content == other {
				if !forced && first.offset < 1<<12 && first.offset == uint64(first.most()) {
					return l.fault(0, "the dump begins at offset "+first.digits+": the line before it is missing")
				}
				p.form += " without its beginning: it starts at offset " + first.digits
			}
		}
		total += len(p.data)
		if err := add(p); err != nil {
			return err
		}
		title, last, adjacent = "", r, true
	}
	if err := w.failed(); err != nil {
		return err
	}
	if last.how == nil {
		return top.fault(0, "no line of a hex dump: an offset, then hex digits")
	}
	return nil
}

func discontinued(l line) *Error {
	offset := readings(l, notations[0])[0].digits
	return l.fault(0, "offset "+offset+" does not continue the lines before: bytes are missing")
}

// resembles reports whether a line that is no row begins like one: with numbers as
// long as those of r, perhaps after what was its offset.
func (r *row) resembles(l line) bool {
	if debuggerPrompt().MatchString(l.text) {
		return false
	}
	words := strings.FieldsFunc(l.text, func(c rune) bool { return c == ' ' || c == '\t' || c == '|' })
	width := r.digits0()
	numbers := 0
	for i, w := range words[:min(len(words), 5)] {
		w = strings.TrimPrefix(w, "0x")
		if len(w) == width && r.how.run(w) == width {
			numbers++
		} else if i > 0 {
			break
		}
	}
	return numbers >= 2 || numbers == 1 && len(words[0]) >= 4 && strings.Trim(words[0], "0123456789") != words[0] && hexes(words[0]) >= 3
}

// debuggerPrompt is that of WinDbg with a command, which may look like hex: db.
var debuggerPrompt = lazy(`^\s*(?:\d+:\s*)*(?:\d+:\d+|l?kd)> *d[a-z]\b`)

// isLike reports whether a line is a row that is written as r is.
func (r *row) isLike(l line) bool {
	for _, c := range readings(l, r.how) {
		if !c.prefix && c.isRow() && c.marked == r.marked && len(c.digits) == len(r.digits) && c.size() == r.size() {
			return true
		}
	}
	return false
}

// digits0 returns the digits of the first group.
func (r *row) digits0() int {
	if len(r.groups) == 0 {
		return 0
	}
	return r.groups[0].to - r.groups[0].at
}

// hexes counts the hex digits in s.
func hexes(s string) (n int) {
	for i := range len(s) {
		if isHexDigit(s[i]) {
			n++
		}
	}
	return n
}
