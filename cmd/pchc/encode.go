package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
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
		Short: "Make messages of JSON as decode --json writes it",
		Long: `encode makes messages of JSON objects like those of pchc decode --json. Only
"message" and "fields" of an object matter. Counts (cSegments, cBlocks), sizes
(Size, SizeOfContentTag, dwChunkDataLength), paddings, and the version and type
of a request may be left out.

A message that breaks a format rule or a sender rule is refused unless
--unchecked is given. Keys must be there: decode --show-secrets shows them.`,
		Example: `  pchc decode --json message.bin | jq .fields.ConnectionInformation.Port=80 | pchc encode -o new.bin
  echo '{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}' | pchc encode --hex`,
		RunE: func(_ *cobra.Command, args []string) error {
			e.out = e.output(e.file)
			err := e.encode(args)
			return e.out.close(err)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&e.hex, "hex", false, "write hex, one message a line, instead of the bytes")
	flags.BoolVar(&e.unchecked, "unchecked", false, "make messages that break rules, too")
	addOutputFile(cmd, &e.file)
	return cmd
}

func (e *encoder) encode(args []string) error {
	if !e.hex && e.out.terminal() > 0 {
		return usagef("a message is no text for a terminal: use --hex, or -o FILE")
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
		fmt.Fprintf(e.stderr, "pchc: %d messages, %d bytes, written one after the other; --hex gives each a line\n", e.count, e.bytes)
	}
	return nil
}

func (e *encoder) open(name string) error {
	if name == "-" {
		if isTerminal(e.stdin) {
			fmt.Fprintln(e.stderr, "pchc: type or paste JSON, then press Ctrl-D on a line of its own")
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

// read makes messages of all objects of an input.
func (e *encoder) read(name string, in io.Reader) error {
	r := message.NewReader(in)
	for n := 0; ; n++ {
		o, err := r.Next()
		var fault *message.Error
		switch {
		case err == io.EOF && n == 0:
			return &failure{statusViolated, fmt.Errorf("%s holds nothing", name)}
		case err == io.EOF:
			return nil
		case errors.As(err, &fault):
			return &failure{statusViolated, fmt.Errorf("%s:%w", name, err)}
		case err != nil:
			return failed(fmt.Errorf("%s: %w", name, err))
		}
		b, err := e.assemble(o)
		if err != nil {
			return &failure{statusViolated, fmt.Errorf("%s:%w", name, err)}
		}
		if err := e.write(b); err != nil {
			return err
		}
	}
}

// assemble makes a message of an object and holds it against the rules.
func (e *encoder) assemble(o *message.Object) ([]byte, error) {
	if o.Message == "CAPTURE_PROBLEM" {
		return nil, &message.Error{Line: o.Line, Column: 1, Reason: "a CAPTURE_PROBLEM is no message"}
	}
	fillHeader(o)
	b, err := spec.Assemble(o.Message, o.Fields)
	if err != nil {
		var fault *spec.AssembleError
		switch {
		case !errors.As(err, &fault):
			return nil, err
		case fault.Path == "":
			return nil, &message.Error{Line: o.Line, Column: 1, Path: "message", Reason: fault.Reason}
		}
		return nil, o.Fault(fault.Path, fault.Reason)
	}
	if e.unchecked {
		return b, nil
	}
	d := spec.Dissect(kindOf(o.Message), b)
	if len(d.Violations) == 0 {
		return b, nil
	}
	first := d.Violations[0]
	return nil, o.Fault(first.Field, fmt.Sprintf("%s (%s, %s rule, offset %d); --unchecked makes the message nevertheless",
		first.Detail, first.Rule, first.Class, first.Offset))
}

// fillHeader gives a request the version and type that its name implies, where
// they are left out.
func fillHeader(o *message.Object) {
	for t := codec.TypeInitialOffer; t <= codec.TypeBatchedOffer; t++ {
		if t.String() != o.Message {
			continue
		}
		given, ok := o.Fields["MessageHeader"].(spec.Fields)
		if _, other := o.Fields["MessageHeader"]; other && !ok {
			return // Assemble complains
		}
		h := codec.NewMessageHeader(t)
		header := spec.Fields{"MinorVersion": uint64(h.MinorVersion), "MajorVersion": uint64(h.MajorVersion), "Type": uint64(t)}
		maps.Copy(header, given)
		o.Fields["MessageHeader"] = header
	}
}

// kindOf returns the kind of the message of that name.
func kindOf(message string) spec.Kind {
	switch message {
	case "RESPONSE_MESSAGE":
		return spec.Response
	case "CONTENT_INFORMATION_V1":
		return spec.ContentV1
	case "CONTENT_INFORMATION_V2":
		return spec.ContentV2
	}
	return spec.Request
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
