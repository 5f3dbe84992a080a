package main

import (
	"io"
	"time"
)

// live reads an input that may still be growing, such as a pipe from tcpdump, a
// little ahead. It flushes the output before it waits for more, so that the user sees
// everything read so far; while there is something to read, it does not, so that what is
// done beside goes on. After a stop comes what was read before, and the end of the input.
type live struct {
	flush func() error
	stop  <-chan struct{}
	ended bool          // stop was noticed
	done  chan struct{} // nothing more is to be read
	free  chan []byte   // buffers to be filled
	got   chan filled
	rest  []byte // of buf, not yet returned
	buf   []byte // nil, or not yet free
	err   error
}

// filled is the result of one read.
type filled struct {
	b   []byte
	err error
}

// newLive returns a reader of in.
func newLive(in io.Reader, flush func() error, stop <-chan struct{}) *live {
	const ahead, size = 4, 256 << 10 // together as much as a widened pipe has at a time
	l := &live{flush: flush, stop: stop, done: make(chan struct{}), free: make(chan []byte, ahead), got: make(chan filled, ahead)}
	for range ahead {
		l.free <- make([]byte, size)
	}
	go func() {
		for {
			select {
			case <-l.done:
				return
			case b := <-l.free:
				n, err := in.Read(b)
				l.got <- filled{b[:n], err}
				if err != nil {
					return
				}
			}
		}
	}()
	return l
}

func (l *live) Read(p []byte) (int, error) {
	for len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		if err := l.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// fill takes what was read next, and waits for it if it has to.
func (l *live) fill() error {
	if l.buf != nil {
		l.free <- l.buf[:cap(l.buf)] // there is room for all
		l.buf = nil
	}
	select {
	case <-l.stop:
		l.close()
	default:
	}
	select {
	case f := <-l.got:
		l.take(f)
		return nil
	default:
	}
	if err := l.flush(); err != nil {
		return err
	}
	select {
	case f := <-l.got:
		l.take(f)
	case <-l.stop:
		l.err = io.EOF
	}
	return nil
}

func (l *live) take(f filled) { l.buf, l.rest, l.err = f.b, f.b, f.err }

// close ends the reading goroutine after its current read.
func (l *live) close() {
	if !l.ended {
		l.ended = true
		close(l.done)
	}
}

// growing reads a file that a program goes on writing to: at its end, it waits for more.
type growing struct{ io.Reader }

func (g growing) Read(p []byte) (int, error) {
	const pause = 200 * time.Millisecond
	for {
		n, err := g.Reader.Read(p)
		if n > 0 || err != io.EOF {
			return n, err
		}
		time.Sleep(pause)
	}
}
