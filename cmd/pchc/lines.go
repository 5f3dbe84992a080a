package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/textenc"
)

// isLineProtocol reports whether an input consists of lines as
// [fuzz.Message.AppendText] writes them, such as those from a fuzzer.
func isLineProtocol(r *bufio.Reader) bool {
	for _, name := range fuzzedNames {
		// Perhaps in UTF-16, after a byte order mark.
		for _, n := range []int{len(name) + 1, len("\ufeff") + len(name) + 1, 2 * (1 + len(name) + 1)} {
			begin, _ := r.Peek(n)
			if rest, ok := bytes.CutPrefix(textenc.Decode(begin), []byte(name)); ok && (len(rest) > 0 || len(begin) < n) {
				return len(rest) == 0 || bytes.IndexByte([]byte(" \r\n"), rest[0]) >= 0
			}
		}
	}
	return false
}

// serveLines shows each message as soon as it arrives. The sender may wait for the
// reply before it continues, so the output is flushed whenever no complete line is
// buffered. It skips blank lines, and complains about lines that are no message.
func (d *decoder) serveLines(name string, in io.Reader) error {
	r := bufio.NewReaderSize(textenc.NewReader(in), 64<<10)
	for n := 1; ; n++ {
		if waiting, _ := r.Peek(r.Buffered()); bytes.IndexByte(waiting, '\n') < 0 {
			if err := d.out.flush(); err != nil {
				return err
			}
		}
		line, err := readLine(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return inputError(name, name, err)
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var m fuzz.Message
		if err := m.UnmarshalText(line); err != nil { // the next line may be right
			d.notef("pchc: %s:%d: %s", name, n, err)
			d.status = statusViolated
			continue
		}
		if err := d.show([]input.Message{{Bytes: m.Bytes, Kind: m.Kind, Line: n}}, false); err != nil {
			return err
		}
	}
}

// readLine returns the next line; the last one may lack a line end. It is valid
// until the next read.
func readLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		line = bytes.Clone(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			more, err = r.ReadSlice('\n')
			if line = append(line, more...); len(line) > input.Limit {
				return nil, input.ErrTooLong
			}
		}
	}
	if err == io.EOF && len(line) > 0 {
		err = nil
	}
	return line, err
}
