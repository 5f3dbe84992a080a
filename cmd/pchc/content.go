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
	widen(c.reader)
	waiting, closed := newLive(c.reader, stop), c.close
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

// formsOfInformation is a part of help.
const formsOfInformation = `Content Information may be of any length if it is raw, JSON with fields (keys included,
members in any order), a dump from offset 0, lines of hex or base64 that are equally long,
or one of these compressed with gzip. The memory is less than 32 MiB, whatever the length:
what is not raw in a file goes to a temporary file, which only you can read. Of any other
form that pchc decode reads, it has at most 512 KiB.`

// readInformation returns the Content Information in a file, standard input for -. It must
// not be the output. Its Close ends the use of the file, too.
func (a *app) readInformation(name string, out *output) (*information, error) {
	debug.SetGCPercent(25) // as for a content
	label, in := name, a.stdin
	found := new(information)
	if name == standard {
		label = "standard input"
	} else {
		f, err := os.Open(name)
		if err != nil {
			return nil, failed(err)
		}
		in, found.file = f, f
		if info, err := f.Stat(); err == nil && info.IsDir() {
			found.Close()
			return nil, failed(fmt.Errorf("%s is a directory", name))
		}
	}
	if f, ok := in.(*os.File); ok && out.isSame(f) {
		found.Close()
		return nil, usagef("%s is both input and output", name)
	}
	var err error
	found.Information, err = contentfile.Open(in, contentfile.Texts{
		Dump: func(to io.Writer, text io.Reader) error {
			err := input.CopyDump(to, text)
			if err == input.ErrNotDump {
				err = contentfile.ErrForm
			}
			return err
		},
		Parse: func(text []byte) ([][]byte, error) { return parseInformation(label, name, text) },
	})
	if err != nil {
		found.Close()
		return nil, informationError(label, err)
	}
	return found, nil
}

// information is Content Information with the file that has it.
type information struct {
	*contentfile.Information
	file *os.File // nil for standard input
}

func (i *information) Close() {
	if i.Information != nil {
		i.Information.Close()
	}
	if i.file != nil {
		i.file.Close() // only read
	}
}

// informationError names the file that cannot be read, unless the error does.
func informationError(label string, err error) error {
	for path := (*os.PathError)(nil); errors.As(err, &path); {
		err = path.Err
	}
	var spool *contentfile.SpoolError
	var own *failure
	var limit *contentfile.LimitError
	var object *message.Error
	var fault *input.Error
	switch {
	case errors.As(err, &spool), errors.As(err, &own):
		return failed(err)
	case errors.As(err, &limit):
		return &failure{statusViolated, fmt.Errorf("%s is %w", label, err)}
	case errors.As(err, &object):
		return encodeError(label, err)
	case errors.As(err, &fault), errors.Is(err, input.ErrTooLong):
		return inputError(label, label, err)
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
