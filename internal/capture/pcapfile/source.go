package pcapfile

import (
	"bufio"
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

	// bigWindow is where records are looked for after damage.
	bigWindow = 2 << 20
)

// ErrNotCapture is wrapped by the error of [NewReader] for an input that is not a
// capture.
var ErrNotCapture = errors.New("not a packet capture")

// Frame is one frame of a capture.
type Frame struct {
	Data    []byte    // valid until the next call of Next
	Wire    int       // length of the frame before the capture cut it, at least len(Data)
	Link    uint32    // link type, as https://www.tcpdump.org/linktypes.html numbers them
	Time    time.Time // in UTC; the zero time if the file has none
	Skipped string    // why there is no Data, to follow "frames are"; "" if there is
	Damage  string    // what is damaged before this frame or at its end, in a sentence
	Torn    bool      // the file ends within this frame, as Damage says
}

// Damage is the error of [Reader.Next] where a file is cut or corrupt, so that
// nothing more can be read.
type Damage struct {
	Detail string    // a sentence
	Within bool      // it lies within the next frame, not between two
	Time   time.Time // of that frame, if that is known
}

func (d Damage) Error() string { return d.Detail }

// Reader reads a capture.
type Reader struct {
	file interface{ next(*Frame) error }
}

// NewReader reads the header of a capture. Its error wraps [ErrNotCapture], and is a
// [*ForeignError] where the format is known, or wraps the error of in.
func NewReader(in io.Reader) (*Reader, error) { return newSource(in).open() }

// IsCapture reports whether head begins a pcap, pcapng or snoop file, not
// compressed. It looks at the first 4 bytes, and of pcapng at the byte-order magic
// in bytes 8 to 12 if head has it.
func IsCapture(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	little, big := binary.LittleEndian.Uint32(head), binary.BigEndian.Uint32(head)
	if big == blockSection {
		return len(head) < 12 || binary.LittleEndian.Uint32(head[8:]) == byteOrderMagic ||
			binary.BigEndian.Uint32(head[8:]) == byteOrderMagic
	}
	return isPcap(little) || isPcap(big) || big == snoopMagic
}

// Decompress returns the bytes of in decompressed, or as they are if they are in none of
// the compressions that [NewReader] reads.
func Decompress(in io.Reader) (io.Reader, error) {
	s := newSource(in)
	if magic, _ := s.view(4); len(magic) == 4 {
		if c := compressionOf(magic); c != nil {
			return c.open(s.window)
		}
	}
	return s.window, nil
}

// Next sets f to the next frame. At the end it returns io.EOF, a [Damage] if the
// file does not end where a frame does, or an error that wraps that of the input.
func (r *Reader) Next(f *Frame) error {
	*f = Frame{}
	return r.file.next(f)
}

// Keys reports whether the frames read so far were preceded by a pcapng block with keys
// of TLS.
func (r *Reader) Keys() bool {
	f, ok := r.file.(*pcapngFile)
	return ok && f.keys
}

// source is a window over the input, decompressed.
type source struct {
	in          input
	window      *bufio.Reader
	compression string // its name, "" without one
	offset      int64  // of the window in the input, decompressed
	pending     int64  // bytes that the next advance skips
	torn        bool   // the compressed data ends too early
	over        bool   // the input ended within the last frame, which says so
	searched    int64  // up to this offset, nothing was found that can be read after damage
}

// search returns a window in which to look for what can be read after damage, and
// where in it to begin. It is nil where the next MiB is known to have nothing.
func (s *source) search() (b []byte, from int, err error) {
	if s.searched-s.offset > maxWindow {
		return nil, 0, nil
	}
	if b, err = s.view(bigWindow); err != nil && err != io.ErrUnexpectedEOF {
		return nil, 0, err
	}
	return b, int(max(1, s.searched-s.offset)), err
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

// view is advance without passing over anything. n is at most bigWindow.
func (s *source) view(n int) ([]byte, error) {
	if n > s.window.Size() {
		s.window = bufio.NewReaderSize(s.window, bigWindow)
	}
	b, err := s.window.Peek(n)
	s.torn = s.torn || err == io.ErrUnexpectedEOF
	if err == io.EOF && len(b) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return b, s.explain(err)
}

func (s *source) skip(n int64) error {
	for n > 0 {
		k, err := s.window.Discard(int(min(n, 1<<30)))
		n -= int64(k)
		s.offset += int64(k)
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
	case s.compression == "":
		return fmt.Errorf("reading the capture: %w", err)
	}
	return Damage{Detail: "the " + s.compression + " data is corrupt here (" + err.Error() + "); the rest cannot be read"}
}

// open tells the format by its first bytes.
func (s *source) open() (*Reader, error) {
	magic, err := s.view(4)
	switch {
	case err == io.EOF:
		return nil, fmt.Errorf("%w: the input is empty", ErrNotCapture)
	case err != nil && len(magic) < 4:
		return nil, s.unreadable(err)
	}
	little, big := binary.LittleEndian.Uint32(magic), binary.BigEndian.Uint32(magic)
	switch {
	case big == blockSection:
		return s.openPcapng()
	case isPcap(little):
		return s.openPcap(byteOrder{})
	case isPcap(big):
		return s.openPcap(byteOrder{big: true})
	case big == snoopMagic:
		return s.openSnoop()
	}
	if s.compression == "" {
		if c := compressionOf(magic); c != nil {
			s.compression = c.name
			z, err := c.open(s.window)
			if err != nil {
				return nil, s.unreadable(s.explain(err))
			}
			s.window = bufio.NewReaderSize(z, windowSize)
			return s.open()
		}
	}
	head, _ := s.window.Peek(s.window.Buffered())
	return nil, foreignError(head)
}

// unreadable is for a file that does not even have its header.
func (s *source) unreadable(err error) error {
	var d Damage
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		if s.compression != "" {
			return fmt.Errorf("%w: the %s data ends within the header of the capture", ErrNotCapture, s.compression)
		}
		return fmt.Errorf("%w: the file ends within its header", ErrNotCapture)
	}
	if errors.As(err, &d) {
		return fmt.Errorf("%w: %s", ErrNotCapture, d.Detail)
	}
	return err
}
