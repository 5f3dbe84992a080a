package contentfile

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"github.com/hostedcache/pchc/pccrc"
)

// A Source is a file or a pipe that can be read more than once.
type Source struct {
	*io.SectionReader
	spool *Spool
}

// ErrLimit is the error for a pipe that has more bytes than are wanted.
var ErrLimit = errors.New("longer than the limit")

// NewSource returns what is left of in. A regular file is read where it is; of what comes
// from elsewhere, limit bytes at most go to a [Spool], more are [ErrLimit]. Its first
// bytes decide the limit.
func NewSource(in io.Reader, limit func(head []byte) int64) (*Source, error) {
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
			return &Source{SectionReader: io.NewSectionReader(f, at, max(info.Size()-at, 0))}, nil
		}
	}
	b := bufio.NewReader(in)
	head, err := b.Peek(4)
	if err != nil && err != io.EOF {
		return nil, err
	}
	most := limit(head)
	s := &Source{spool: NewSpool(SpoolLimit / 8)}
	n, err := io.Copy(s.spool, io.LimitReader(b, most+1))
	if err == nil && n > most {
		err = ErrLimit
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.SectionReader = io.NewSectionReader(s.spool, 0, n)
	return s, nil
}

// Head returns the first bytes, 4 of them if there are so many.
func (s *Source) Head() ([]byte, error) {
	b := make([]byte, min(4, s.Size()))
	n, err := s.ReadAt(b, 0)
	if n == len(b) {
		err = nil
	}
	return b[:n], err
}

// Close removes temporary files.
func (s *Source) Close() {
	if s.spool != nil {
		s.spool.Close()
	}
}

// LooksLikeHex reports whether Content Information in hex may begin so.
func LooksLikeHex(head []byte) bool {
	return bytes.HasPrefix(head, []byte("0001")) || bytes.HasPrefix(head, []byte("0002"))
}

// LooksRaw reports whether Content Information begins so.
func LooksRaw(head []byte) bool { return pccrc.Sniff(head) != 0 }

// Hex returns the bytes that s has in hex, if it is a line of hex and nothing else, and
// nil otherwise.
func (s *Source) Hex() (*Source, error) {
	decoded := NewSpool(SpoolLimit / 8)
	text := &line{r: bufio.NewReader(io.NewSectionReader(s, 0, s.Size()))}
	n, err := io.Copy(decoded, hex.NewDecoder(text))
	var wrong hex.InvalidByteError
	if errors.As(err, &wrong) || err == io.ErrUnexpectedEOF || err == nil && text.more {
		decoded.Close()
		return nil, nil
	}
	if err != nil {
		decoded.Close()
		return nil, err
	}
	return &Source{io.NewSectionReader(decoded, 0, n), decoded}, nil
}

// A line reads up to the end of the first line.
type line struct {
	r     *bufio.Reader
	ended bool
	more  bool // there is more after the line
}

func (l *line) Read(b []byte) (int, error) {
	if l.ended {
		return 0, io.EOF
	}
	n, err := l.r.Read(b)
	if at := bytes.IndexAny(b[:n], "\r\n"); at >= 0 {
		l.ended = true
		rest, err := io.ReadAll(io.LimitReader(io.MultiReader(bytes.NewReader(bytes.Clone(b[at:n])), l.r), 3))
		l.more = len(bytes.TrimPrefix(rest, []byte("\r"))) > 1
		return at, err
	}
	return n, err
}
