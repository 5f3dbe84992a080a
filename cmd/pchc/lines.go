package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/fuzz"
)

// isLineProtocol reports whether an input is messages as
// [fuzz.Message.AppendText] writes them, one per line, such as a program that
// fuzzes pchc sends.
func isLineProtocol(r *bufio.Reader) bool {
	for _, name := range kindNames {
		begin, _ := r.Peek(len(name) + 1)
		if rest, ok := bytes.CutPrefix(begin, []byte(name)); ok {
			return len(rest) == 0 || bytes.Contains([]byte(" \r\n"), rest)
		}
	}
	return false
}

// serveLines shows each message as soon as it has been read. The sender may wait
// for the reply before it goes on, so the output is flushed whenever no whole
// line is left to read.
func (d *decoder) serveLines(name string, r *bufio.Reader) error {
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
		var m fuzz.Message
		if err := m.UnmarshalText(line); err != nil {
			return &failure{statusViolated, fmt.Errorf("%s:%d: %w", name, n, err)}
		}
		if err := d.show([]input.Message{{Bytes: m.Bytes, Kind: m.Kind, Line: n}}); err != nil {
			return err
		}
	}
}

// readLine returns the next line, or what is left without a line end. It is
// valid until the next read.
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
