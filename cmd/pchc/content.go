package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/textenc"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

func (a *app) contentCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "content",
		Short: "Make and show Content Information, verify a file against it, extract contents",
		Long: `content works with Content Information (MS-PCCRC): the hashes of a content, with
which a client verifies what it gets from others, and the keys of its segments.`,
		Example: `  pchc content make image.iso --secret-file secret -o image.ci
  pchc content show image.ci
  pchc content verify image.iso --content-information image.ci
  pchc content extract capture.pcapng --to contents`,
		Args: cobra.ArbitraryArgs,
		RunE: missingSubcommand,
	}
	cmd.AddCommand(a.contentMakeCommand(), a.contentShowCommand(), a.contentVerifyCommand(), a.contentExtractCommand())
	return cmd
}

// contentFile is an open content.
type contentFile struct {
	name   string
	reader io.Reader
	size   int64    // in bytes, -1 where it is not known before the end
	file   *os.File // nil where standard input is not a file
	close  func()
}

// openContent opens the content name, standard input for -. A large one is to follow, of
// which little stays in memory: the garbage must not be as much again.
func (a *app) openContent(cmd *cobra.Command, name string) (*contentFile, error) {
	debug.SetGCPercent(25)
	c := &contentFile{name: name, size: -1, close: func() {}}
	if name == standard {
		if isTerminal(a.stdin) {
			return nil, usagef("no content: %s FILE, or ... | %[1]s -", cmd.CommandPath())
		}
		c.name, c.reader = "standard input", a.stdin
		c.file, _ = a.stdin.(*os.File)
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, failed(err)
		}
		c.reader, c.file, c.close = f, f, func() { f.Close() } // only read
	}
	if c.file != nil {
		info, err := c.file.Stat()
		switch {
		case err != nil:
			c.close()
			return nil, failed(err)
		case info.IsDir():
			c.close()
			return nil, failed(fmt.Errorf("%s is a directory", c.name))
		case info.Mode().IsRegular() && info.Size() > 0: // below /proc, files have the size 0
			at, err := c.file.Seek(0, io.SeekCurrent)
			if err != nil {
				c.close()
				return nil, failed(err)
			}
			c.size = max(info.Size()-at, 0)
			c.reader = io.NewSectionReader(c.file, at, c.size)
		}
	}
	return c, nil
}

// endWith ends the reading of a pipe, which may be waiting, when stop is closed.
func (c *contentFile) endWith(stop <-chan struct{}) {
	if c.size >= 0 {
		return
	}
	waiting, closed := newLive(c.reader, func() error { return nil }, stop), c.close
	c.reader, c.close = waiting, func() { waiting.close(); closed() }
}

// contentError turns an error of making or verifying into one of the command.
func contentError(name string, err error) error {
	var at *pccrc.ContentError
	switch {
	case errors.Is(err, pccrc.ErrEmpty):
		return &failure{statusViolated, fmt.Errorf("%s is empty: Content Information has at least one segment", name)}
	case errors.As(err, &at):
		cause := at.Err
		for path := (*os.PathError)(nil); errors.As(cause, &path); {
			cause = path.Err
		}
		return failed(fmt.Errorf("%s: at offset %d: %w", name, at.Offset, cause))
	}
	return failed(err)
}

// errInterrupted ends a run at the user's request.
var errInterrupted = &failure{statusFailed, errors.New("interrupted")}

// readInformation returns the Content Information in a file, standard input for -, as
// it is on the wire, malformed or not: raw, or in a form that decode reads, or in JSON
// with the fields, as content make --format json --show-secrets writes it. It must not be
// the output. Raw and in a line of hex, it is not read into memory. done removes what
// took its place.
func (a *app) readInformation(name string, out *output) (all []*io.SectionReader, done func(), err error) {
	debug.SetGCPercent(25) // as for a content
	label, in := name, a.stdin
	var sources []*contentfile.Source
	done = func() {
		for _, s := range sources {
			s.Close()
		}
		if f, ok := in.(*os.File); ok && name != standard {
			f.Close() // only read
		}
	}
	defer func() {
		if err != nil {
			done()
		}
	}()
	if name == standard {
		label = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, done, failed(err)
		}
		in = f
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, done, failed(fmt.Errorf("%s is a directory", name))
		}
	}
	if f, ok := in.(*os.File); ok && out.isSame(f) {
		return nil, done, usagef("%s is both input and output", name)
	}
	limit := int64(input.Limit)
	text, err := contentfile.NewSource(in, func(head []byte) int64 {
		if contentfile.LooksRaw(head) || contentfile.LooksLikeHex(head) {
			limit = 1 << 36
		}
		return limit
	})
	switch {
	case err == contentfile.ErrLimit:
		return nil, done, &failure{statusViolated, fmt.Errorf("%s is longer than %s", label, message.Size(uint64(limit)))}
	case err != nil:
		return nil, done, informationError(label, err)
	}
	sources = append(sources, text)
	head, err := text.Head()
	if err == nil && contentfile.LooksLikeHex(head) {
		var decoded *contentfile.Source
		if decoded, err = text.Hex(); decoded != nil {
			sources, text, head = append(sources, decoded), decoded, []byte{0, 1}
		}
	}
	switch {
	case err != nil:
		return nil, done, informationError(label, err)
	case contentfile.LooksRaw(head):
		return append(all, text.SectionReader), done, nil
	}
	b, err := io.ReadAll(io.LimitReader(text, input.Limit+1))
	if err != nil {
		return nil, done, informationError(label, err)
	}
	parsed, err := parseInformation(label, name, b)
	for _, b := range parsed {
		all = append(all, io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
	}
	return all, done, err
}

// informationError names the file that cannot be read, unless the error does.
func informationError(label string, err error) error {
	for path := (*os.PathError)(nil); errors.As(err, &path); {
		err = path.Err
	}
	var spool *contentfile.SpoolError
	var own *failure
	if errors.As(err, &spool) || errors.As(err, &own) {
		return failed(err)
	}
	return failed(fmt.Errorf("%s: %w", label, err))
}

// parseInformation returns the Content Information in text.
func parseInformation(label, name string, text []byte) (all [][]byte, err error) {
	found, err := input.Parse(text, input.Options{})
	var fault *input.Error
	switch {
	case errors.As(err, &fault) && fault.Cause == input.ErrDecoded:
		return fieldsOfInformation(label, text)
	case err != nil:
		return nil, inputError(label, name, err)
	}
	for _, m := range found {
		if m.Problem != "" {
			return nil, &failure{statusViolated, fmt.Errorf("%s: %s", label, m.Problem)}
		}
		kind := m.Kind
		if kind == 0 {
			kind = spec.Guess(m.Bytes)
		}
		if kind != spec.Content {
			if d := message.New(kind, m.Bytes, m.Request).Dissection; d.Valid() {
				return nil, notInformation(label, d.Message, name)
			}
		}
		all = append(all, m.Bytes)
	}
	return all, nil
}

// fieldsOfInformation returns the Content Information in JSON objects with fields.
func fieldsOfInformation(label string, text []byte) (all [][]byte, err error) {
	r := message.NewReader(textenc.NewReader(bytes.NewReader(text)))
	for {
		o, err := r.Next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return nil, encodeError(label, err)
		}
		if !strings.HasPrefix(o.Message, "CONTENT_INFORMATION_V") {
			return nil, notInformation(label, o.Message, label)
		}
		b, err := o.Assemble(true)
		if err != nil {
			return nil, encodeError(label, err)
		}
		all = append(all, b)
	}
}

func notInformation(label, found, argument string) error {
	return &failure{statusViolated, fmt.Errorf("%s is a %s, not Content Information; to show it: pchc decode %s", label, found, dash(argument))}
}
