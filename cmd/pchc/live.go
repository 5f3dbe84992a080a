package main

import "io"

// live reads an input that may still be growing, such as a pipe from tcpdump.
// It flushes the output before it waits for more, so that the user sees everything
// read so far. A stop has the effect of the end of the input.
type live struct {
	flush func() error
	stop  <-chan struct{}
	want  chan []byte // buffers to be filled
	got   chan filled
	rest  []byte // read, but not yet returned
	buf   []byte
	err   error
}

// filled is the result of one read.
type filled struct {
	b   []byte
	err error
}

// newLive returns a reader of in. Bytes that in returns after a stop are lost.
func newLive(in io.Reader, flush func() error, stop <-chan struct{}) *live {
	l := &live{flush: flush, stop: stop, want: make(chan []byte), got: make(chan filled, 1), buf: make([]byte, 256<<10)}
	go func() {
		for b := range l.want {
			n, err := in.Read(b)
			l.got <- filled{b[:n], err}
		}
	}()
	return l
}

func (l *live) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.err != nil {
			return 0, l.err
		}
		if err := l.flush(); err != nil {
			return 0, err
		}
		l.want <- l.buf
		select {
		case f := <-l.got:
			l.rest, l.err = f.b, f.err
		case <-l.stop:
			l.err = io.EOF
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	if n == 0 && l.err != nil {
		return 0, l.err
	}
	return n, nil
}

// close ends the reading goroutine after its current read.
func (l *live) close() { close(l.want) }
