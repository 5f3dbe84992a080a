package input

import (
	"bufio"
	"cmp"
	"errors"
	"io"
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
	lines := lineReader{in: bufio.NewReaderSize(text, maxLine), most: maxLine}
	w := &window{next: lines.next}
	first := w.ahead(lookahead)
	if err := w.failed(); err != nil {
		return notDump(err)
	}
	if len(first) == 0 || toolOf(first) != nil {
		return ErrNotDump
	}
	b, ok := begin(first, false)
	if !ok || b.first.offset != 0 {
		return ErrNotDump
	}
	b.to, b.limit = to, maxDump
	n, _, err := b.read(w.at)
	if err := w.failed(); err != nil {
		return notDump(err)
	}
	if err != nil {
		return err
	}
	if _, more := w.at(n); more || w.failed() != nil {
		return cmp.Or(notDump(w.failed()), ErrNotDump)
	}
	return b.write()
}

// notDump turns the error of a line that no dump has into [ErrNotDump].
func notDump(err error) error {
	var fault *Error
	if err == ErrTooLong || errors.As(err, &fault) {
		return ErrNotDump
	}
	return err
}

// maxDump is how many bytes "*" in a dump may stand for.
const maxDump = 1<<31 - 1
