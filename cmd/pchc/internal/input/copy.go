package input

import (
	"bufio"
	"errors"
	"io"
	"strings"
)

// ErrNotDump is the error of [CopyDump] for text that is not one dump alone.
var ErrNotDump = errors.New("not one dump from offset 0 to its end")

// maxLine is how many bytes a line of a dump has that CopyDump reads.
const maxLine = 16 << 10

// CopyDump writes the bytes of a dump as it reads it, in memory for a few lines. Nothing
// but the dump, from offset 0 to its end, may be in the text, in UTF-8. What it writes is
// what [Parse] returns for the text; where the bytes of words may be in either order,
// the first 64 KiB decide. Errors are those of reading and writing, [ErrNotDump],
// or an [*Error] for a dump that is damaged.
func CopyDump(to io.Writer, text io.Reader) error {
	rows := &rowReader{in: bufio.NewReaderSize(text, maxLine)}
	var first []line
	for i := range lookahead {
		l, ok := rows.at(i)
		if !ok {
			break
		}
		first = append(first, l)
	}
	if rows.err != nil {
		return rows.err
	}
	if len(first) == 0 || toolOf(first) != nil {
		return ErrNotDump
	}
	b, ok := begin(first, false)
	if !ok || b.first.offset != 0 {
		return ErrNotDump
	}
	rows.ahead = first
	b.to, b.limit = to, maxDump
	n, _, err := b.readLines(rows.at)
	if rows.err != nil {
		return rows.err
	}
	if err != nil {
		return err
	}
	if _, more := rows.at(n); more || rows.err != nil {
		if rows.err != nil {
			return rows.err
		}
		return ErrNotDump
	}
	return b.write()
}

// maxDump is how many bytes "*" in a dump may stand for.
const maxDump = 1<<31 - 1

// rowReader reads the lines of a text that are not blank, by their index, one after the
// other.
type rowReader struct {
	in    *bufio.Reader
	ahead []line // with the first indexes
	last  line
	index int // of the next line
	no    int // of the last line in the text
	err   error
}

// at returns the line with index n, false at the end and after an error.
func (r *rowReader) at(n int) (line, bool) {
	switch {
	case n < len(r.ahead):
		return r.ahead[n], true
	case n < r.index:
		return r.last, r.err == nil
	}
	for r.err == nil {
		b, err := r.in.ReadSlice('\n')
		if err == io.EOF && len(b) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			if r.err = err; err == bufio.ErrBufferFull {
				r.err = ErrNotDump
			}
			break
		}
		r.no++
		text, ok := asText(b)
		text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
		if !ok || strings.IndexByte(text, '\r') >= 0 {
			r.err = ErrNotDump
			break
		}
		if strings.TrimSpace(text) != "" {
			r.last, r.index = line{r.no, text}, r.index+1
			return r.last, true
		}
	}
	return line{}, false
}
