package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/textenc"
)

// encoder is a run of pchc encode.
type encoder struct {
	*app
	file      string
	hex       bool
	unchecked bool

	out   *output
	count int // messages written
	bytes int
}

func (a *app) encodeCommand() *cobra.Command {
	e := &encoder{app: a}
	cmd := &cobra.Command{
		Use:   "encode [FILE|-]...",
		Short: "Encode messages from JSON",
		Long: `encode turns JSON objects, as written by pchc decode --json, into messages. Only
"message" and "fields" matter. You may omit counts (cSegments, cBlocks), sizes
(Size, SizeOfContentTag, dwChunkDataLength), paddings, and the version and type
of a request.

encode refuses messages that violate a format or sender rule unless --unchecked is
given. It needs the keys: decode with --show-secrets.`,
		Example: `  pchc decode --json message.bin | jq .fields.ConnectionInformation.Port=80 | pchc encode -o new.bin
  echo '{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}' | pchc encode --hex`,
		RunE: func(_ *cobra.Command, args []string) error {
			e.out = e.output(e.file)
			e.out.keys = true
			err := e.encode(args)
			return e.out.close(err)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&e.hex, "hex", false, "write hex, one message per line")
	flags.BoolVar(&e.unchecked, "unchecked", false, "also encode messages that violate rules")
	addOutputFile(cmd, &e.file)
	return cmd
}

func (e *encoder) encode(args []string) error {
	if !e.hex && e.out.terminal() > 0 {
		return usagef("refusing to write binary to a terminal; use --hex or -o FILE")
	}
	if len(args) == 0 {
		args = []string{"-"}
	}
	for _, name := range args {
		if err := e.open(name); err != nil {
			return err
		}
	}
	if e.count > 1 && !e.hex {
		if err := e.out.flush(); err != nil {
			return err
		}
		e.notef("pchc: wrote %d messages back to back, %d bytes; --hex writes one per line", e.count, e.bytes)
	}
	return nil
}

func (e *encoder) open(name string) error {
	if name == "-" {
		if isTerminal(e.stdin) {
			fmt.Fprintln(e.stderr, "pchc: type or paste JSON, then press Ctrl-D on a new line")
		}
		return e.read("standard input", e.stdin)
	}
	f, err := os.Open(name)
	if err != nil {
		return failed(err)
	}
	defer f.Close() // only read
	if e.out.isSame(f) {
		return usagef("%s is both input and output", name)
	}
	return e.read(name, f)
}

// read encodes all objects of an input.
func (e *encoder) read(name string, in io.Reader) error {
	r := message.NewReader(textenc.NewReader(in))
	for n := 0; ; n++ {
		o, err := r.Next()
		var fault *message.Error
		switch {
		case err == io.EOF && n == 0:
			return &failure{statusViolated, fmt.Errorf("%s is empty", name)}
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			return encodeError(name, err)
		case err != nil:
			return failed(fmt.Errorf("%s: %w", name, err))
		}
		b, err := o.Assemble(e.unchecked)
		if err != nil {
			return encodeError(name, err)
		}
		if err := e.write(b); err != nil {
			return err
		}
	}
}

// encodeError adds the input and the flag that helps to a *message.Error.
func encodeError(name string, err error) error {
	switch {
	case errors.Is(err, message.ErrRedacted):
		err = fmt.Errorf("%w (decode with --show-secrets)", err)
	case errors.Is(err, message.ErrViolation):
		err = fmt.Errorf("%w; use --unchecked to encode it anyway", err)
	}
	return &failure{statusViolated, fmt.Errorf("%s:%w", name, err)}
}

func (e *encoder) write(b []byte) error {
	e.count++
	e.bytes += len(b)
	if e.hex {
		b = append(hex.AppendEncode(nil, b), '\n')
	}
	_, err := e.out.Write(b)
	return err
}
