package main

import (
	"io"
	"time"
)

// live reads an input a little ahead, in a goroutine of its own, and lends its memory
// ([pcapfile.Filler]). The input may still be growing, such as a pipe from tcpdump. After a
// stop comes what was read before, and the end of the input.
type live struct {
	stop   <-chan struct{}
	ended  bool          // stop was noticed
	done   chan struct{} // nothing more is to be read
	free   chan []byte   // memory to be filled
	got    chan filled
	mem    []byte // lent; nil if none is
	rest   []byte // of it, not yet returned by Read
	joined []byte // lent: what is longer than the memory has room for; nil if none is
	err    error
}

// filled is the result of one read: n bytes behind the head of its memory.
type filled struct {
	mem []byte
	n   int
	err error
}

const (
	// With less memory the goroutines would wake each other too often.
	liveAhead, liveSize = 3, 512 << 10

	// liveHead is room for what is left of the memory before, such as a part of a frame.
	liveHead = 64 << 10
)

// newLive returns a reader of in, which a stop ends.
func newLive(in io.Reader, stop <-chan struct{}) *live {
	l := &live{stop: stop, done: make(chan struct{}), free: make(chan []byte, liveAhead), got: make(chan filled, liveAhead)}
	for range liveAhead {
		l.free <- make([]byte, liveHead+liveSize)
	}
	go func() {
		for {
			select {
			case <-l.done:
				return
			case mem := <-l.free:
				n, err := in.Read(mem[liveHead:])
				l.got <- filled{mem, n, err}
				if err != nil {
					return
				}
			}
		}
	}()
	return l
}

func (l *live) Read(p []byte) (int, error) {
	var err error
	if len(l.rest) == 0 && len(p) > 0 {
		l.rest, err = l.Fill(nil, 1)
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	if n > 0 {
		err = nil // it comes again
	}
	return n, err
}

// Fill is that of [pcapfile.Filler].
func (l *live) Fill(rest []byte, n int) ([]byte, error) {
	for len(rest) < n && l.err == nil {
		f, err := l.next()
		l.err = err
		if f.mem != nil {
			rest = l.append(rest, f)
		}
	}
	return rest, l.err
}

// append returns rest and what was read behind it, in the memory of either.
func (l *live) append(rest []byte, f filled) []byte {
	last := l.mem
	l.mem = nil
	switch {
	case len(rest) <= liveHead:
		from := liveHead - len(rest)
		copy(f.mem[from:], rest)
		rest = f.mem[from : liveHead+f.n]
		l.mem, l.joined = f.mem, nil
	default:
		if l.joined == nil {
			l.joined = append(make([]byte, 0, 4*len(rest)), rest...)
			rest = l.joined
		}
		rest = append(rest, f.mem[liveHead:liveHead+f.n]...)
		l.free <- f.mem // there is room for all
	}
	if last != nil {
		l.free <- last
	}
	return rest
}

// next takes what was read next, and waits for it if it has to.
func (l *live) next() (filled, error) {
	select {
	case <-l.stop:
		l.close()
	default:
	}
	select {
	case f := <-l.got:
		return f, f.err
	default:
	}
	select {
	case f := <-l.got:
		return f, f.err
	case <-l.stop:
		return filled{}, io.EOF
	}
}

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
