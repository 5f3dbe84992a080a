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

// asked reports whether an input is messages as [fuzz.Message.AppendText] writes
// them, such as a program that fuzzes pchc asks for, one a line.
func asked(r *bufio.Reader) bool {
	for _, name := range kindNames {
		begin, _ := r.Peek(len(name) + 1)
		if rest, ok := bytes.CutPrefix(begin, []byte(name)); ok {
			return len(rest) == 0 || bytes.Contains([]byte(" \r\n"), rest)
		}
	}
	return false
}

// answer shows each message as soon as it was read. Whoever asks may wait for
// the answer before he goes on, so nothing is kept back while there is no whole
// line to read.
func (d *decoder) answer(name string, r *bufio.Reader) error {
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
