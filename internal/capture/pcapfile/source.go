package pcapfile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// windowSize is the number of bytes read at a time: they are still in the
	// processor's cache when it is looked at.
	windowSize = 128 << 10

	// maxWindow is also the longest frame. Real ones stay below 512 KiB
	// (offloaded IPv6 jumbograms).
	maxWindow = 1 << 20
)

// ErrNotCapture is wrapped by the error of [NewReader] for an input that is
// neither pcap nor pcapng.
var ErrNotCapture = errors.New("not a pcap or pcapng capture")

// Frame is one frame of a capture.
type Frame struct {
	Data    []byte    // valid until the next call of Next
	Wire    int       // length of the frame before the capture cut it, at least len(Data)
	Link    uint32    // link type, as https://www.tcpdump.org/linktypes.html numbers them
	Time    time.Time // in UTC; the zero time if the file has none
	Skipped string    // why there is no Data, in a sentence; "" if there is
}

// Damage is the error of [Reader.Next] where a file is cut or corrupt, so that
// nothing more can be read.
type Damage struct {
	Detail string // a sentence
	Within bool   // it lies within the next frame, not between two
}

func (d Damage) Error() string { return d.Detail }

// Reader reads a capture.
type Reader struct {
	file interface{ next(*Frame) error }
}

// NewReader reads the header of a capture. Its error wraps [ErrNotCapture] or the
// error of in.
func NewReader(in io.Reader) (*Reader, error) { return newSource(in).open() }

// IsCapture reports whether head begins a pcap or pcapng file, not compressed. It
// looks at the first 4 bytes, and of pcapng at the byte-order magic in bytes 8 to
// 12 if head has it.
func IsCapture(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	little, big := binary.LittleEndian.Uint32(head), binary.BigEndian.Uint32(head)
	if big == blockSection {
		return len(head) < 12 || binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic ||
			binary.BigEndian.Uint32(head[8:]) == byteOrderMagic
	}
	return isPcap(little) || isPcap(big)
}

// Next sets f to the next frame. At the end it returns io.EOF, a [Damage] if the
// file does not end where a frame does, or an error that wraps that of the input.
func (r *Reader) Next(f *Frame) error {
	*f = Frame{}
	return r.file.next(f)
}

// source is a window over the input, decompressed.
type source struct {
	in         input
	window     *bufio.Reader
	compressed bool
	pending    int64 // bytes that the next advance skips
}

// input is the caller's reader, with its error kept apart from those of
// decompression.
type input struct {
	io.Reader
	err error
}

func (in *input) Read(p []byte) (int, error) {
	n, err := in.Reader.Read(p)
	if err != nil && err != io.EOF {
		in.err = err
	}
	return n, err
}

func newSource(in io.Reader) *source {
	s := &source{in: input{Reader: in}}
	s.window = bufio.NewReaderSize(&s.in, windowSize)
	return s
}

// advance skips the pending bytes and returns a view of the n bytes
// that follow. Its error is io.EOF if there is none, io.ErrUnexpectedEOF if there
// are fewer (the view has those), or the input's.
func (s *source) advance(n int) ([]byte, error) {
	if err := s.flush(); err != nil {
		return nil, err
	}
	return s.view(n)
}

// flush skips the pending bytes.
func (s *source) flush() error {
	n := s.pending
	s.pending = 0
	return s.skip(n)
}

// view is advance without passing over anything. n is at most maxWindow.
func (s *source) view(n int) ([]byte, error) {
	if n > s.window.Size() {
		s.window = bufio.NewReaderSize(s.window, maxWindow)
	}
	b, err := s.window.Peek(n)
	if err == io.EOF && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return b, s.explain(err)
}

func (s *source) skip(n int64) error {
	for n > 0 {
		k, err := s.window.Discard(int(min(n, 1<<30)))
		n -= int64(k)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return s.explain(err)
		}
	}
	return nil
}

// explain tells the failure of the input from damaged compression.
func (s *source) explain(err error) error {
	switch {
	case err == nil || err == io.EOF || err == io.ErrUnexpectedEOF:
		return err
	case s.in.err != nil:
		return fmt.Errorf("reading the capture: %w", s.in.err)
	case !s.compressed:
		return fmt.Errorf("reading the capture: %w", err)
	}
	return Damage{Detail: "the gzip data is corrupt here (" + err.Error() + "); the rest cannot be read"}
}

// open tells the format by its first bytes.
func (s *source) open() (*Reader, error) {
	magic, err := s.view(4)
	if err == nil && magic[0] == 0x1f && magic[1] == 0x8b && !s.compressed {
		s.compressed = true
		z, err := gzip.NewReader(s.window)
		if err != nil {
			return nil, unreadable(s.explain(err))
		}
		s.window = bufio.NewReaderSize(z, windowSize)
		return s.open()
	}
	switch {
	case err == io.EOF:
		return nil, fmt.Errorf("%w: the input is empty", ErrNotCapture)
	case err != nil:
		return nil, unreadable(err)
	}
	little, big := binary.LittleEndian.Uint32(magic), binary.BigEndian.Uint32(magic)
	switch {
	case big == blockSection:
		return s.openPcapng()
	case isPcap(little):
		return s.openPcap(byteOrder{})
	case isPcap(big):
		return s.openPcap(byteOrder{big: true})
	}
	for _, c := range otherFormats {
		if bytes.HasPrefix(magic, []byte(c.magic)) {
			return nil, fmt.Errorf("%w: it looks like %s", ErrNotCapture, c.what)
		}
	}
	return nil, fmt.Errorf("%w: it begins with the bytes % x", ErrNotCapture, magic)
}

// unreadable is for a file that does not even have its header.
func unreadable(err error) error {
	var d Damage
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: the file ends within its header", ErrNotCapture)
	}
	if errors.As(err, &d) {
		return fmt.Errorf("%w: corrupt gzip data", ErrNotCapture)
	}
	return err
}

var otherFormats = []struct{ magic, what string }{
	{"\x28\xb5\x2f\xfd", "a file compressed with zstd: decompress it first"},
	{"\x04\x22\x4d\x18", "a file compressed with lz4: decompress it first"},
	{"\xfd7zX", "a file compressed with xz: decompress it first"},
	{"BZh", "a file compressed with bzip2: decompress it first"},
	{"PK\x03\x04", "a zip archive: unpack it first"},
	{"snoo", "a snoop capture: convert it with editcap"},
	{"GMBU", "a Microsoft Network Monitor capture: convert it with editcap"},
	{"RTSS", "a Microsoft Network Monitor 1 capture: convert it with editcap"},
}
