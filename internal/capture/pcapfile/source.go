package pcapfile

import (
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

// Filler is an input that lends its own memory, so that nothing is copied.
type Filler interface {
	// Fill returns rest followed by what comes next in the input, at least n bytes in all
	// unless there is an error, which may also come along with them: io.EOF at the end.
	// rest, of less than n bytes, is the end of what Fill returned before, all of which it
	// may overwrite. Once there was an error, Fill is not called again.
	Fill(rest []byte, n int) ([]byte, error)
}

// NewReader reads the header of a capture; if in is a [Filler], its Read is not called.
// The error wraps [ErrNotCapture], and is a [*ForeignError] where the format is known, or
// wraps the error of in.
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
			return c.open(s)
		}
	}
	return s, nil
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
	window      []byte  // what has been read and not been passed over
	filler      Filler  // reads more
	err         error   // of filler: nothing follows the window
	compressed  *source // what this is the decompression of, nil if it is not
	compression string  // its name, "" without one
	offset      int64   // of the window in the input, decompressed
	pending     int64   // bytes that the next advance skips
	torn        bool    // the compressed data ends too early
	over        bool    // the input ended within the last frame, which says so
	searched    int64   // up to this offset, nothing was found that can be read after damage
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

func newSource(in io.Reader) *source {
	if f, ok := in.(Filler); ok {
		return &source{filler: f}
	}
	return &source{filler: &buffer{in: in}}
}

// buffer gives an input memory.
type buffer struct {
	in  io.Reader
	mem []byte
}

func (b *buffer) Fill(rest []byte, n int) ([]byte, error) {
	mem := b.mem
	if len(mem) < n {
		mem = make([]byte, max(n, windowSize))
	}
	have := copy(mem, rest)
	b.mem = mem
	for idle := 0; have < n; {
		k, err := b.in.Read(mem[have:])
		have += k
		if idle++; k > 0 {
			idle = 0
		} else if idle == 100 && err == nil { // as for a bufio.Reader
			err = io.ErrNoProgress
		}
		if err != nil {
			return mem[:have], err
		}
	}
	return mem[:have], nil
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
	if n <= len(s.window) {
		return s.window[:n], nil
	}
	return s.fill(n)
}

func (s *source) fill(n int) ([]byte, error) {
	if s.err == nil {
		s.window, s.err = s.filler.Fill(s.window, n)
	}
	if n <= len(s.window) {
		return s.window[:n], nil
	}
	err := s.err
	s.torn = s.torn || err == io.ErrUnexpectedEOF
	if err == io.EOF && len(s.window) > 0 {
		err = io.ErrUnexpectedEOF
	}
	return s.window, s.explain(err)
}

func (s *source) skip(n int64) error {
	for {
		k := min(n, int64(len(s.window)))
		s.window = s.window[k:]
		s.offset += k
		if n -= k; n == 0 {
			return nil
		}
		if _, err := s.fill(1); err == io.EOF {
			return io.ErrUnexpectedEOF
		} else if err != nil {
			return err
		}
	}
}

// Read reads for a decompression.
func (s *source) Read(p []byte) (int, error) {
	if len(s.window) == 0 && len(p) > 0 {
		if s.fill(1); len(s.window) == 0 {
			return 0, s.err
		}
	}
	n := copy(p, s.window)
	s.window = s.window[n:]
	return n, nil
}

// ReadByte makes a byte for a decompression, so that it reads no further than it needs.
func (s *source) ReadByte() (byte, error) {
	var b [1]byte
	_, err := s.Read(b[:])
	return b[0], err
}

// explain tells the failure of the input from damaged compression.
func (s *source) explain(err error) error {
	failed := s.err
	if s.compressed != nil {
		failed = s.compressed.err
	}
	switch {
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		return err
	case s.compressed == nil || failed != nil && failed != io.EOF:
		return fmt.Errorf("reading the capture: %w", failed)
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
	if s.compressed == nil {
		if c := compressionOf(magic); c != nil {
			plain := &source{compressed: s, compression: c.name}
			z, err := c.open(s)
			if err != nil {
				return nil, plain.unreadable(plain.explain(err))
			}
			plain.filler = &buffer{in: z}
			return plain.open()
		}
	}
	return nil, foreignError(s.window)
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
