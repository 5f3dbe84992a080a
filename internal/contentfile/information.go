package contentfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/textenc"
	"github.com/hostedcache/pchc/pccrc"
)

// Limits in bytes. What is longer is a [*LimitError].
const (
	// OtherLimit is that of forms which are read into memory: all but raw bytes, JSON with
	// fields, dumps, and lines of hex or base64.
	OtherLimit = 512 << 10

	pipeLimit = 64 << 30 // of a pipe, and of what is compressed: it goes to a temporary file
	headLen   = 64 << 10 // by which a form is recognised
)

// ErrForm is the error of a [Form] for text that it is not.
var ErrForm = errors.New("text of another form")

// A LimitError is the error for Content Information that is too long.
type LimitError struct {
	Limit int64
	Form  bool // any of the forms that may be longer is not
}

// Error says which forms may be longer.
func (e *LimitError) Error() string {
	s := "longer than " + message.Size(uint64(e.Limit))
	if e.Form {
		s += ", and neither raw, nor JSON with fields, nor a dump from offset 0, nor equally long lines of hex or base64, which may be longer"
	}
	return s
}

// Texts are the readers of Content Information in text that this package lacks.
type Texts struct {
	// Dump writes the bytes of a dump, without it in memory. Where the text is no dump,
	// the error is ErrForm.
	Dump Form
	// Parse returns the Content Information in any other text, of at most OtherLimit bytes.
	Parse func(text []byte) ([][]byte, error)
}

// A Form reads text of one form, and writes the bytes that it stands for.
type Form func(to io.Writer, text io.Reader) error

// Information is all Content Information in a file, in order: as it is on the wire,
// malformed or not.
type Information struct {
	All    []*io.SectionReader
	spools []*Spool
}

// Close removes temporary files.
func (i *Information) Close() {
	for _, s := range i.spools {
		s.Close()
	}
}

// spool returns a Spool that Close closes.
func (i *Information) spool() *Spool {
	s := NewSpool(SpoolLimit / 8)
	i.spools = append(i.spools, s)
	return s
}

// Open returns the Content Information in a file or pipe: raw, as JSON with fields (see
// [message.ContentReader]), in lines of hex or base64 of equal length, as a dump, or any
// of these compressed with gzip. In these forms it may be of any length, and is not read
// into memory: what is not raw in a file goes to a [Spool]. Text is in UTF-8 or UTF-16.
// In other forms, and as what else text can be, it has at most [OtherLimit] bytes.
//
// A regular file must stay open as long as the result is used.
func Open(in io.Reader, texts Texts) (*Information, error) {
	i := new(Information)
	err := i.open(in, texts)
	if err != nil {
		i.Close()
		return nil, err
	}
	return i, nil
}

func (i *Information) open(in io.Reader, texts Texts) error {
	text, err := i.again(in, texts.Dump)
	if err != nil {
		return err
	}
	head, err := headOf(text)
	if err == nil && isGzip(head) {
		var z *gzip.Reader
		if z, err = gzip.NewReader(io.NewSectionReader(text, 0, text.Size())); err == nil {
			if text, err = i.keep(z, LimitError{pipeLimit, false}); err == nil {
				head, err = headOf(text)
			}
		}
	}
	if err != nil {
		return err
	}
	if pccrc.Sniff(head) != 0 {
		i.All = append(i.All, text)
		return nil
	}
	err = i.stream(text, head, texts.Dump)
	if err == nil || !isText(err) {
		return err
	}
	if text.Size() > OtherLimit {
		if err == ErrForm {
			err = &LimitError{OtherLimit, true}
		}
		return err
	}
	i.All = nil
	b, err := io.ReadAll(io.NewSectionReader(text, 0, text.Size()))
	if err != nil {
		return err
	}
	parsed, err := texts.Parse(b)
	for _, b := range parsed {
		i.All = append(i.All, io.NewSectionReader(bytes.NewReader(b), 0, int64(len(b))))
	}
	return err
}

// isText reports whether an error says what is wrong with a text, and not with reading it.
func isText(err error) bool {
	var spool *SpoolError
	var path *os.PathError
	return !errors.As(err, &spool) && !errors.As(err, &path)
}

// stream reads the forms that may be of any length.
func (i *Information) stream(text *io.SectionReader, head []byte, dump Form) error {
	to := i.spool()
	form := dump
	switch formOf(head) {
	case jsonForm:
		return i.streamJSON(text, to)
	case hexForm:
		form = hexLines
	case base64Form:
		form = base64Lines
	}
	if err := form(to, textenc.NewReader(io.NewSectionReader(text, 0, text.Size()))); err != nil {
		return err
	}
	one := io.NewSectionReader(to, 0, to.Size())
	if head, err := headOf(one); err != nil || pccrc.Sniff(head) == 0 {
		return errors.Join(err, ErrForm)
	}
	i.All = append(i.All, one)
	return nil
}

// streamJSON reads JSON objects.
func (i *Information) streamJSON(text *io.SectionReader, to *Spool) error {
	r := message.NewContentReader(io.NewSectionReader(text, 0, text.Size()), to, func() message.Store { return i.spool() })
	for {
		one, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		i.All = append(i.All, one)
	}
}

// textForm is a form of text that its first characters tell.
type textForm uint8

const (
	otherForm textForm = iota
	jsonForm
	hexForm
	base64Form
)

func formOf(head []byte) textForm {
	head = bytes.TrimLeft(textenc.Decode(head[:min(len(head), 1<<10)]), " \t\r\n")
	for _, f := range []struct {
		begin string
		form  textForm
	}{{"{", jsonForm}, {"0001", hexForm}, {"0002", hexForm}, {"00 01 ", hexForm}, {"00 02 ", hexForm}, {"AAE", base64Form}, {"AAI", base64Form}} {
		if bytes.HasPrefix(head, []byte(f.begin)) {
			return f.form
		}
	}
	return otherForm
}

// again returns what is left of in as what can be read more than once: a regular file
// where it is, what comes from elsewhere in a Spool.
func (i *Information) again(in io.Reader, dump Form) (*io.SectionReader, error) {
	if f, ok := in.(*os.File); ok {
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if info.Mode().IsRegular() && info.Size() > 0 { // below /proc, files have the size 0
			at, err := f.Seek(0, io.SeekCurrent)
			if err != nil {
				return nil, err
			}
			return io.NewSectionReader(f, at, max(info.Size()-at, 0)), nil
		}
	}
	b := bufio.NewReaderSize(in, headLen)
	head, err := b.Peek(headLen)
	if err != nil && err != io.EOF {
		return nil, err
	}
	limit := LimitError{pipeLimit, false}
	if !mayBeLong(head, dump) {
		limit = LimitError{OtherLimit, true}
	}
	return i.keep(b, limit)
}

// mayBeLong reports whether text that begins so, or all of it, is of a form whose length
// has no limit.
func mayBeLong(head []byte, dump Form) bool {
	if pccrc.Sniff(head) != 0 || isGzip(head) || formOf(head) != otherForm {
		return true
	}
	if n := bytes.LastIndexByte(head, '\n'); n >= 0 {
		head = head[:n+1]
	}
	return dump(io.Discard, textenc.NewReader(bytes.NewReader(head))) == nil
}

// keep copies in to a Spool.
func (i *Information) keep(in io.Reader, limit LimitError) (*io.SectionReader, error) {
	s := i.spool()
	n, err := io.Copy(s, io.LimitReader(in, limit.Limit+1))
	if err == nil && n > limit.Limit {
		err = &limit
	}
	return io.NewSectionReader(s, 0, n), err
}

func isGzip(head []byte) bool { return bytes.HasPrefix(head, []byte{0x1f, 0x8b, 0x08}) }

// headOf returns the first bytes.
func headOf(r *io.SectionReader) ([]byte, error) {
	b := make([]byte, min(headLen, r.Size()))
	n, err := r.ReadAt(b, 0)
	if n == len(b) {
		err = nil
	}
	return b[:n], err
}
