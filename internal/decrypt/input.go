package decrypt

import (
	"io"
	"sync"
)

// Options say how to decrypt.
type Options struct {
	// KeyLog is the name of a file in the format of SSLKEYLOGFILE, "" for the keys
	// alone that the capture brings.
	KeyLog string
}

// Input is a capture with what is decrypted of it: a [capture.Decrypter].
//
// [capture.Decrypter]: https://pkg.go.dev/github.com/hostedcache/pchc/internal/capture#Decrypter
type Input struct {
	options Options
	in      io.Reader
	open    func() (io.ReadCloser, error) // nil if in is read only once

	mu      sync.Mutex
	child   *child
	missing error // why the keys of the capture are of no use

	// Of an input that is read only once:
	reading sync.Mutex // held by who reads in
	head    []byte     // the first bytes, until it is known whether they are needed
	beyond  bool       // there were more
	spool   *spool     // what follows them; nil while it is not needed
}

// maxHead is how many bytes of an input that is read only once may come before its keys.
const maxHead = 1 << 20

// File returns an Input that reads in. open opens the same capture once more.
func File(in io.Reader, open func() (io.ReadCloser, error), o Options) *Input {
	return &Input{in: in, open: open, options: o}
}

// Pipe returns an Input that reads in, which can be read only once. Its Read may be
// called from another goroutine.
func Pipe(in io.Reader, o Options) *Input { return &Input{in: in, options: o} }

// Read reads the capture.
func (i *Input) Read(p []byte) (int, error) {
	if i.open != nil {
		return i.in.Read(p)
	}
	i.mu.Lock()
	s := i.spool
	i.mu.Unlock()
	if s == nil {
		i.reading.Lock()
		i.mu.Lock()
		s = i.spool // since then
		i.mu.Unlock()
		if s == nil {
			defer i.reading.Unlock()
			n, err := i.in.Read(p)
			i.mu.Lock()
			defer i.mu.Unlock()
			if i.beyond = i.beyond || len(i.head)+n > maxHead; i.beyond && i.spool == nil {
				i.head = nil
			} else {
				i.head = append(i.head, p[:n]...)
			}
			return n, err
		}
		i.reading.Unlock()
	}
	return s.main.Read(p)
}

// Decrypt starts tshark if there are keys, see [capture.Decrypter].
//
// [capture.Decrypter]: https://pkg.go.dev/github.com/hostedcache/pchc/internal/capture#Decrypter
func (i *Input) Decrypt(keys bool) (io.Reader, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.child != nil || i.missing != nil || !keys && i.options.KeyLog == "" {
		return nil, nil
	}
	c, err := i.start()
	if err != nil {
		if i.options.KeyLog != "" {
			return nil, err
		}
		i.missing = err // all else can be read
		return nil, nil
	}
	i.child = c
	return c, nil
}

// start runs tshark on the whole capture.
func (i *Input) start() (*child, error) {
	program, err := Find()
	if err != nil {
		return nil, err
	}
	if i.open != nil {
		again, err := i.open()
		if err != nil {
			return nil, err
		}
		return run(program, i.options, again)
	}
	if i.beyond {
		return nil, errLate
	}
	s, err := newSpool()
	if err != nil {
		return nil, err
	}
	c, err := run(program, i.options, &s.whole)
	if err != nil {
		s.close()
		return nil, err
	}
	i.spool = s
	go func() {
		i.reading.Lock() // what is being read belongs to the head
		i.mu.Lock()
		head := i.head
		i.head = nil
		i.mu.Unlock()
		i.reading.Unlock()
		s.fill(head, i.in)
	}()
	return c, nil
}

// Missing returns why the keys that the capture brings are of no use, nil if they are or
// there are none.
func (i *Input) Missing() error {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.missing
}

// Stop ends tshark: nothing more is decrypted. It may be called from any goroutine.
func (i *Input) Stop() {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.child != nil {
		i.child.stop()
	}
}

// Close ends tshark and removes the temporary file.
func (i *Input) Close() error {
	i.Stop()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.spool != nil {
		i.spool.close()
	}
	return nil
}
