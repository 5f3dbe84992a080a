package input

import (
	"bytes"
	"io"
	"strconv"
	"strings"
)

// block collects the bytes of one dump in both orders of the bytes of a group:
// which one holds is decided in the end, or where the first of them are written.
type block struct {
	first               row
	radix               int
	proven              bool // the first row is one by its text or the next, not only by its looks
	asWritten, reversed []byte
	inOrder, swapped    int // rows whose text has the bytes in one order alone
	texts, notes        int // rows with their bytes as text behind them, and with something else
	limit               int // of bytes

	to      io.Writer // takes the bytes whenever there are many; nil: they are kept
	written int       // bytes that it has taken
	turned  bool      // it takes those of reversed
}

// many is how many bytes are kept before some are written.
const many = 64 << 10

// link is how well a row follows another.
type link uint8

const (
	broken  link = iota
	partial      // the row before has more groups: hex digits in its column of text
	exact
)

// follows reports how well next follows r.
func (r *row) follows(next *row) link {
	n := next.offset - r.offset
	if next.offset <= r.offset || !r.holds(n, next.kind == end) || len(r.digits) < 4 && n < 4 {
		return broken
	}
	if k := len(r.groups) - 1; k == 0 || n > uint64(r.groups[k-1].total) {
		return exact
	}
	if r.how.base != 16 || r.likeText(int(n)) == unlike {
		return broken
	}
	return partial
}

// likeText compares what stands behind the first n bytes of the row with them.
func (r *row) likeText(n int) likeness {
	asWritten, reversed := r.append(nil, nil)
	n = min(n, len(asWritten))
	return max(likeText(r.rest(n), asWritten[:n]), likeText(r.rest(n), reversed[:n]))
}

// next returns the reading of a line that follows r best: in the same column if
// one does there.
func (b *block) next(r *row, l line) (next row, how link) {
	if r.from == 0 { // the first reading, which is enough if it fits
		if c, ok := readOffset(l, 0); ok && c.marked == r.marked {
			c.readBytes(r.how)
			c.offset, ok = c.parseOffset(b.radix)
			if ok && (c.kind == end || len(c.groups) > 0) && r.follows(&c) == exact {
				return c, exact
			}
		}
	}
	for _, c := range readings(l, r.how) {
		v, ok := c.parseOffset(b.radix)
		c.offset = v
		below := c.from == r.from && c.marked == r.marked
		if !ok || c.kind != end && !c.isRow() && !(below && len(c.groups) > 0) {
			continue
		}
		if follows := r.follows(&c); follows > how {
			if next, how = c, follows; below {
				break
			}
		}
	}
	return next, how
}

// read reads the bytes of the dump, and returns how many lines it has, and its last row.
// at returns a line by its index, the first row being 0: that asked for last, or the next.
func (b *block) read(at func(n int) (line, bool)) (n int, last row, err error) {
	r := b.first
	for n = 1; ; n++ {
		l, more := at(n)
		if more && isStar(l) {
			star := l
			next, ok := row{}, false
			n++
			if l, more = at(n); more {
				next, ok = b.after(&r, l)
			}
			if !ok {
				return 0, r, star.fault(0, "a line with an offset must follow '*'")
			}
			if err := b.repeat(&r, &next); err != nil {
				return 0, r, err
			}
			if r = next; r.kind == end {
				return n + 1, r, nil
			}
			continue
		}
		var next row
		how := broken
		if more {
			next, how = b.next(&r, l)
		}
		if how == broken {
			break
		}
		if err := b.add(&r, int(next.offset-r.offset)); err != nil {
			return 0, r, err
		}
		if r = next; r.kind == end {
			return n + 1, r, nil
		}
	}
	count, err := b.lastCount(&r)
	if l, more := at(n); more {
		if fault := b.misplaced(&r, l, count); fault != nil {
			return 0, r, fault
		}
	}
	if err == nil {
		err = b.add(&r, count)
	}
	return n, r, err
}

// after returns the reading of the line after "*": the one whose offset is the
// least beyond r.
func (b *block) after(r *row, l line) (next row, ok bool) {
	for _, c := range readings(l, r.how) {
		v, isOffset := c.parseOffset(b.radix)
		if c.offset = v; isOffset && (c.kind == end || c.isRow()) && c.marked == r.marked && (!ok || c.offset < next.offset) {
			next, ok = c, true
		}
	}
	return next, ok
}

// misplaced returns the fault of a line that does not follow the row r, but is like
// a row: bytes are missing or damaged. count is how many bytes r holds, if that is
// certain.
func (b *block) misplaced(r *row, l line, count int) error {
	for _, c := range readings(l, r.how) {
		v, ok := c.parseOffset(b.radix)
		if c.offset = v; !ok || c.prefix && !r.prefix || c.prefix && !c.marked {
			continue
		}
		same := c.marked == r.marked && len(c.digits) == len(r.digits)
		switch {
		case c.kind == end && len(c.digits) != len(r.digits), c.kind == data && c.offset == 0 && len(c.groups) > 0 && same:
			continue
		case c.kind == data && len(c.groups) == 0:
			if same && c.offset > r.offset {
				at, word := c.bad()
				return l.fault(at, "'"+clip(word)+"' is not "+r.how.name+", but follows the next offset")
			}
			continue
		case c.kind == data && !same && (c.size() != r.size() || !c.marked):
			continue
		}
		n := c.offset - r.offset
		if count == 0 && c.offset > r.offset && n <= 1<<16 {
			at, word := r.bad()
			return r.line.fault(at, "'"+clip(word)+"' is not "+r.how.name+": according to the offsets this line has "+
				plural(int(n), "byte")+", "+strconv.Itoa(r.most())+" precede it")
		}
		if count == 0 {
			count = r.most()
		}
		return l.fault(0, "offset "+c.digits+" does not follow offset "+r.digits+" and its "+
			plural(count, "byte")+": bytes are missing or out of order")
	}
	return nil
}

// bad returns the first word of the row that is not read, and where it is.
func (r *row) bad() (at int, word string) {
	rest := strings.TrimLeft(r.line.text[r.tail:], " \t")
	return len(r.line.text) - len(rest), firstWord(rest)
}

// lastCount returns how many bytes a row holds that no offset bounds, by what
// follows the bytes.
func (b *block) lastCount(r *row) (int, error) {
	plain := b.written+len(b.asWritten) > 0 && b.texts == 0 // no row has text
	for _, enough := range []likeness{alike, asLong} {
		for k := len(r.groups) - 1; k >= 0 && !plain; k-- {
			if r.hasText(k, enough) {
				return r.groups[k].total, nil
			}
		}
	}
	rest := r.rest(r.most())
	at, word := r.bad()
	switch {
	case strings.Trim(rest, " \t|") == "" && b.texts > 0 && r.likeText(r.most()) != alike:
		return 0, r.line.fault(len(strings.TrimRight(r.line.text, " \t")), "the text column is missing: the line may have been cut")
	case strings.Trim(rest, " \t|") == "", b.texts == 0 && b.notes > 0 && isWide(rest):
		return r.most(), nil
	case len(r.groups) > 0 && word == "...":
		return 0, r.line.fault(at, "'...' means that bytes were left out here")
	}
	return 0, r.line.fault(at, "'"+clip(word)+"' is neither "+r.how.name+" nor the text of the bytes before it")
}

// hasText reports whether behind group k stands a column of text, and not another
// group.
func (r *row) hasText(k int, enough likeness) bool {
	rest := r.rest(r.groups[k].total)
	if strings.TrimSpace(rest) == "" || enough == asLong && !isWide(rest) {
		return false
	}
	if k+1 < len(r.groups) && enough == asLong {
		if next := r.groups[k+1]; next.to-next.at == r.digits0() {
			return false
		}
	}
	return r.likeText(r.groups[k].total) >= enough
}

// isWide reports whether s begins with a gap between columns.
func isWide(s string) bool {
	return strings.HasPrefix(s, "  ") || strings.HasPrefix(s, "\t") || strings.HasPrefix(strings.TrimLeft(s, " "), "|") ||
		strings.HasPrefix(s, " :") || strings.HasPrefix(s, " >")
}

// add appends the first n bytes of a row.
func (b *block) add(r *row, n int) error {
	if err := b.makeRoom(n); err != nil {
		return err
	}
	size := len(b.asWritten) + n
	if strings.TrimSpace(r.rest(n)) != "" {
		if r.likeText(n) == unlike {
			b.notes++
		} else {
			b.texts++
		}
	}
	b.asWritten, b.reversed = r.append(b.asWritten, b.reversed)
	if written, reversed := b.asWritten[size-n:size], b.reversed[size-n:size]; r.size() > 1 && !bytes.Equal(written, reversed) {
		switch inOrder, swapped := likeText(r.rest(n), written) == alike, likeText(r.rest(n), reversed) == alike; {
		case inOrder && !swapped:
			b.inOrder++
		case swapped && !inOrder:
			b.swapped++
		}
	}
	b.asWritten, b.reversed = b.asWritten[:size], b.reversed[:size]
	return nil
}

// repeat adds the row r and the lines that a "*" between it and next left out.
func (b *block) repeat(r, next *row) error {
	n, err := b.lastCount(r)
	if err != nil {
		return err
	}
	if err := b.add(r, n); err != nil {
		return err
	}
	gap := next.offset - r.offset - uint64(n)
	if next.offset < r.offset || gap%uint64(n) != 0 {
		return next.line.fault(0, "offset "+next.digits+" is not a whole number of lines after "+r.digits)
	}
	if gap > uint64(b.limit-b.written-len(b.asWritten)) {
		return ErrTooLong
	}
	written, reversed := bytes.Clone(b.asWritten[len(b.asWritten)-n:]), bytes.Clone(b.reversed[len(b.reversed)-n:])
	for range gap / uint64(n) {
		if err := b.makeRoom(n); err != nil {
			return err
		}
		b.asWritten, b.reversed = append(b.asWritten, written...), append(b.reversed, reversed...)
	}
	return nil
}

// makeRoom is called before n bytes are appended.
func (b *block) makeRoom(n int) error {
	switch {
	case n > b.limit-b.written-len(b.asWritten):
		return ErrTooLong
	case b.to == nil || len(b.asWritten) < many:
		return nil
	}
	return b.write()
}

// write writes what was collected. The first time it decides the order.
func (b *block) write() (err error) {
	if b.written == 0 {
		if b.turned, err = b.isReversed(); err != nil {
			return err
		}
	}
	bytes := b.asWritten
	if b.turned {
		bytes = b.reversed
	}
	b.written += len(bytes)
	b.asWritten, b.reversed = b.asWritten[:0], b.reversed[:0]
	_, err = b.to.Write(bytes)
	return err
}

// part returns the bytes in the order that the tool writes.
func (b *block) part() (part, error) {
	reversed, err := b.isReversed()
	switch {
	case err != nil:
		return part{}, err
	case reversed:
		return part{data: b.reversed}, nil
	}
	return part{data: b.asWritten}, nil
}

// isReversed reports whether the tool writes the bytes of a group in the other order:
// tools that mark their offsets write groups in order, the others as little-endian
// words. Where only the other order begins like something known, it is that one (xxd -e,
// od --endian=big). Debuggers write the words of the machine, whatever it is.
func (b *block) isReversed() (bool, error) {
	r := &b.first
	usual, reverse := part{data: b.asWritten}, part{data: b.reversed}
	if !r.marked {
		usual, reverse = reverse, usual
	}
	switch {
	case r.size() == 1:
		return !r.marked, nil
	case b.inOrder > 0 && b.swapped == 0:
		return false, nil
	case b.swapped > 0 && b.inOrder == 0:
		return true, nil
	}
	usual.identify()
	reverse.identify()
	if r.marked && (r.hexed || r.how.base != 16) && (usual.content == other) == (reverse.content == other) &&
		!bytes.Equal(usual.data, reverse.data) {
		return false, r.line.fault(r.groups[0].at, "these words may be in either byte order; dump single bytes (in gdb: x/"+
			strconv.Itoa(len(usual.data))+"xb)")
	}
	return r.marked == (usual.content == other && reverse.content != other), nil
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
