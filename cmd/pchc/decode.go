package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/spec"
)

// decoder is a run of pchc decode.
type decoder struct {
	*app
	flags       outputFlags
	as          string
	requestName string
	format      string
	lines       bool
	list        bool
	verbose     bool

	kind    spec.Kind       // of all messages; 0: detected from their bytes
	other   neighbours.Kind // of all messages, those of a neighbouring protocol; no name: of none
	request uint16
	options input.Options
	out     *output
	printer *message.Printer
	shown   int // messages written
}

func (a *app) decodeCommand() *cobra.Command {
	d := &decoder{app: a}
	cmd := &cobra.Command{
		Use:   "decode [FILE|HEX|-]...",
		Short: "Explain messages given as hex, a hex dump, base64 or raw bytes",
		Long: `decode shows every field of MS-PCHC messages, of MS-PCCRC Content Information, of
the messages of MS-PCCRR and MS-PCCRD, and of the buffers of FSCTL_SRV_READ_HASH
(MS-SMB2), and every rule that they violate.

An argument is a file name, or the message itself in hex or base64; - or no
argument means standard input. The input format is detected automatically: hex
digits with or without separators, 0x, \x or quotes; output of xxd, hexdump, od,
tcpdump -x, tshark (-x, -T json -x, -T jsonraw, -T ek), Wireshark's copies and
Follow Stream, curl --trace, strace -e write, Burp, gdb, WinDbg and other
debuggers, also quoted or in a log; arrays and strings of C, Go, Python, Java and
other languages; base64, also in PEM or YAML; JSON with the bytes under "raw" or
"hex"; raw bytes; any of these compressed with gzip or in UTF-16.

decode refuses what it does not understand, such as a dump that was cut. It names
foreign files (captures, archives, HTML, event traces), and the command that helps.

It reassembles packets, with or without a link layer, as pchc pcap does, and
reads HTTP without packets, too. Missing or unreadable data is reported as
CAPTURE_PROBLEM, with exit status 1. TLS is a CAPTURE_NOTE, which does not change
the exit status, unless no message is left to show.

The input may have several messages: dumps that each begin at offset 0, or one
hex message per line. If the lines could also be one wrapped message, decode
asks for --lines or --lines=false.

Lines "request HEX", "response HEX" and "content HEX" are messages of that kind.
decode shows each as soon as it arrives, so other programs can use
pchc decode --json as a coprocess.

With --as PROTOCOL:KIND the bytes are those of a protocol beside BranchCache:

  ` + strings.Join(neighbours.Names(), "\n  ") + `

Those that are text, such as XML, are read as they are, unless --format says that
they are in hex.`,
		Example: `  pchc decode 0000000101
  pchc decode --request BATCHED_OFFER_MESSAGE 0000000101
  pchc decode message.bin
  xclip -o | pchc decode
  pchc decode --json --raw messages.txt | jq -c '[.message, .valid]'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := d.setUp(cmd, args); err != nil {
				return err
			}
			err := d.decode(args)
			if err == nil && d.shown == 0 {
				d.status = statusViolated // nothing but notes
			}
			return d.out.close(err)
		},
	}
	d.flags.add(cmd)
	d.flags.addPager(cmd)
	flags := cmd.Flags()
	flags.StringVar(&d.as, "as", "", "decode the bytes as this `KIND`: request, response, content (Content Information), hash-request or hash-response (FSCTL_SRV_READ_HASH of SMB2), retrieval-request or retrieval-response (MS-PCCRR), discovery (MS-PCCRD), or PROTOCOL:KIND of a neighbouring protocol, such as wusp:fault")
	flags.StringVar(&d.requestName, "request", "", "decode a response as the reply to this `TYPE` of request (name or number)")
	flags.StringVar(&d.format, "format", "auto", "`FORMAT` of the input: "+strings.Join(input.Formats[:], ", "))
	flags.BoolVar(&d.lines, "lines", false, "each line of hex or base64 is a message; --lines=false: all lines are one message")
	flags.BoolVarP(&d.verbose, "verbose", "v", false, "also show bytes as characters, and the section and requirements of each field")
	flags.BoolVarP(&d.list, "list", "l", false, "one line per message instead of all fields")
	for name, values := range map[string][]string{
		"as":      slices.Concat(decodedNames, neighbours.Names()),
		"request": {"INITIAL_OFFER_MESSAGE", "SEGMENT_INFO_MESSAGE", "BATCHED_OFFER_MESSAGE"},
		"format":  input.Formats[:],
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// setUp reads the flags.
func (d *decoder) setUp(cmd *cobra.Command, args []string) (err error) {
	if d.as != "" {
		var known bool
		if d.other, known = neighbours.Lookup(d.as); !known && !slices.Contains(decodedNames, d.as) {
			return usagef("--as must be one of %s, not %q", strings.Join(append(decodedNames[:len(decodedNames):len(decodedNames)], "PROTOCOL:KIND (see pchc decode --help)"), ", "), d.as)
		}
		d.kind, _ = spec.ParseKind(d.as)
		d.options.XML = d.kind == spec.Discovery
	}
	if d.requestName != "" {
		if d.request, err = requestType(d.requestName); err != nil {
			return err
		}
		if d.as != "" && d.kind != spec.Response {
			return usagef("--request applies to responses, not to --as %s", d.as)
		}
		d.kind = spec.Response
	}
	format := slices.Index(input.Formats[:], d.format)
	if format < 0 {
		return usagef("--format must be one of %s, not %q", strings.Join(input.Formats[:], ", "), d.format)
	}
	d.options.Format, d.options.NoPackets = input.Format(format), d.as != ""
	if cmd.Flags().Changed("lines") {
		d.options.Lines = input.One
		if d.lines {
			d.options.Lines = input.Each
		}
	}
	d.out = d.output(d.flags.file)
	d.out.page(&d.flags, args)
	if d.printer, err = d.flags.printer(d.out); err != nil {
		return err
	}
	d.printer.ASCII, d.printer.Cite = d.verbose, d.verbose
	d.printer.Spill = func(b []byte) { _, _ = d.out.Write(b) } // the next Write returns the error
	if d.list && d.printer.Form == message.FormTree {
		d.printer.Form = message.FormLine
	}
	return nil
}

// requestType returns the Type of a request by its name, with or without
// _MESSAGE, or by its number.
func requestType(s string) (uint16, error) {
	if n, err := strconv.ParseUint(s, 0, 16); err == nil && n > 0 {
		return uint16(n), nil
	}
	name := strings.TrimSuffix(strings.ToUpper(strings.NewReplacer("-", "_", " ", "_").Replace(s)), "_MESSAGE")
	if i := slices.Index([]string{"INITIAL_OFFER", "SEGMENT_INFO", "BATCHED_OFFER"}, name); i >= 0 {
		return uint16(i + 1), nil
	}
	return 0, usagef("--request must be INITIAL_OFFER_MESSAGE, SEGMENT_INFO_MESSAGE, BATCHED_OFFER_MESSAGE or a number from 1 to 65535, not %q", s)
}

// decode decodes the arguments. It reads consecutive ones that are not files
// together, as lines, since a shell splits hex at its blanks.
func (d *decoder) decode(args []string) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	for i := 0; i < len(args); i++ {
		name := args[i]
		if name == "-" {
			if err := d.decodeStream("standard input", d.stdin); err != nil {
				return err
			}
			continue
		}
		if f, err := os.Open(name); err == nil {
			err := d.decodeFile(name, f)
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
			continue
		} else if errors.Is(err, fs.ErrPermission) {
			return failed(err)
		}
		n := i + 1
		for n < len(args) && args[n] != "-" && !exists(args[n]) {
			n++
		}
		if err := d.decodeWords(args[i:n]); err != nil {
			return err
		}
		i = n - 1
	}
	return nil
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func (d *decoder) decodeFile(name string, f *os.File) error {
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return failed(fmt.Errorf("%s is a directory", name))
	}
	if d.out.isSame(f) {
		return usagef("%s is both input and output", name)
	}
	return d.decodeStream(name, f)
}

func (d *decoder) decodeStream(name string, r io.Reader) error {
	if isTerminal(r) {
		fmt.Fprintln(d.stderr, "pchc: paste a message, then press Ctrl-D on a new line (see pchc decode --help)")
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if d.isText() {
		return d.decodeText(name, b)
	}
	if d.kind == 0 && d.options == (input.Options{}) && !isTerminal(r) && isLineProtocol(b) {
		return d.serveLines(name, b)
	}
	var shown error
	err := input.Scan(b, d.options, func(messages []input.Message, more bool) error {
		shown = d.show(messages, more)
		return shown
	})
	switch {
	case err == nil || shown != nil:
		return shown
	case d.mayBeEmpty(err):
		return d.show(nothing, false)
	}
	return inputError(name, name, err)
}

// decodeWords decodes arguments that are not files.
func (d *decoder) decodeWords(words []string) error {
	if d.isText() {
		return d.show([]input.Message{{Bytes: []byte(strings.Join(words, " "))}}, false)
	}
	messages, err := input.Parse([]byte(strings.Join(words, "\n")), d.options)
	switch {
	case err == nil:
		return d.show(messages, false)
	case d.mayBeEmpty(err):
		return d.show(nothing, false)
	}
	var fault *input.Error
	if errors.As(err, &fault) && fault.Line > 0 && fault.Line <= len(words) {
		word := words[fault.Line-1]
		if looksLikeName(word) {
			return failed(fmt.Errorf("%s: not a file, hex or base64", word))
		}
		err = fmt.Errorf("character %d of %q: %s", fault.Column, clip(word), reason(fault))
	}
	return &failure{statusViolated, err}
}

// looksLikeName reports whether s looks more like a file name than like digits.
func looksLikeName(s string) bool {
	digits := 0
	for _, c := range s {
		if strings.ContainsRune("0123456789abcdefABCDEF", c) {
			digits++
		}
	}
	if strings.Contains(s, `\x`) || len(s) > 200 {
		return false
	}
	return strings.ContainsAny(s, `./\`) || 2*digits < len(s)
}

// inputError turns an error of package input into one of this command.
func inputError(name, argument string, err error) error {
	var foreign *input.Foreign
	switch {
	case errors.Is(err, input.ErrCapture):
		return usagef("%s is a packet capture; to read it: pchc pcap %s", name, dash(argument))
	case errors.As(err, &foreign):
		return foreignError(name, argument, foreign)
	case errors.Is(err, input.ErrEmpty):
		return &failure{statusViolated, fmt.Errorf("%s is empty", name)}
	case errors.Is(err, input.ErrTooLong):
		return &failure{statusViolated, fmt.Errorf("%s: %w; for packets, convert it to a capture (text2pcap), and use pchc pcap", name, err)}
	}
	var fault *input.Error
	if !errors.As(err, &fault) {
		return failed(fmt.Errorf("%s: %w", name, err))
	}
	if fault.Line == 0 {
		return &failure{statusViolated, fmt.Errorf("%s: %s", name, reason(fault))}
	}
	return &failure{statusViolated, fmt.Errorf("%s:%d:%d: %s", name, fault.Line, fault.Column, reason(fault))}
}

// foreignError says what an input is that has no message, and what helps.
func foreignError(name, argument string, f *input.Foreign) error {
	s := name + " is " + f.Name
	if f.Compressed {
		s += "; if it is a capture: pchc pcap " + dash(argument)
	}
	help := cmp.Or(f.Help, "give the bytes of a message")
	return &failure{statusViolated, errors.New(s + "; " + strings.ReplaceAll(help, "FILE", dash(argument)))}
}

// hints are what helps against the causes of faults.
var hints = map[error]string{
	input.ErrAmbiguousLines: ": use --lines if each line is a message, --lines=false if all lines are one message",
	input.ErrDoubtfulBase64: " (use --format base64 to decode it anyway)",
	input.ErrUnknownFormat:  " (use --format raw for raw bytes)",
	input.ErrDecoded:        ": use pchc encode to build its bytes",
}

// reason returns why a fault is one, and what helps.
func reason(fault *input.Error) string { return fault.Reason + hints[fault.Cause] }

// dash returns the argument that names standard input, or a file's name.
func dash(name string) string {
	if name == "standard input" {
		return "-"
	}
	return name
}

// show writes messages; more may come before or after.
func (d *decoder) show(messages []input.Message, more bool) error {
	for i := range messages {
		in := &messages[i]
		if in.Problem != "" {
			if in.Line > 0 {
				in.Problem = fmt.Sprintf("line %d: %s", in.Line, in.Problem)
			}
			var text []byte
			if in.Aside {
				text = d.printer.Note(nil, in.Problem, nil)
			} else {
				text = d.printer.Problem(nil, in.Problem, nil)
				d.status = statusViolated
			}
			if _, err := d.out.Write(text); err != nil {
				return err
			}
			continue
		}
		d.shown++
		if d.other.Name != "" {
			if err := d.showOther(in, more || len(messages) > 1); err != nil {
				return err
			}
			continue
		}
		it := message.Item{Kind: d.kind, Body: in.Bytes, Request: d.request, Number: d.shown}
		if d.kind == 0 && d.options.Format == input.Auto {
			it.Input = in.Input // it was guessed
		}
		if it.Request == 0 {
			it.Request = in.Request
		}
		if it.Kind == 0 {
			it.Kind = in.Kind
		}
		if d.printer.Form == message.FormTree {
			it.Note = d.note(in, more || len(messages) > 1)
		}
		if len(it.Body) > 1<<20 {
			debug.SetGCPercent(25) // a dissection is many times as long; the garbage must not be as much again
		}
		b, verdict := d.printer.Message(nil, &it)
		if verdict != message.Valid {
			d.status = statusViolated
		}
		if _, err := d.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// note returns the line above a message: its number and place among several, and
// what was around its bytes.
func (d *decoder) note(in *input.Message, several bool) string {
	var note []string
	if several || d.shown > 1 {
		note = append(note, fmt.Sprintf("message %d", d.shown))
		if in.Line > 0 {
			note = append(note, fmt.Sprintf("line %d", in.Line))
		}
	}
	if in.Note != "" {
		note = append(note, in.Note)
	}
	if len(note) == 0 {
		return ""
	}
	return strings.Join(note, ", ") + ":"
}
