package exec

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/internal/process"
)

// child is a running decoder. One goroutine uses it, but for Kill.
type child struct {
	*process.Process
	stdin *os.File
	out   *os.File
	lines lines

	queue   chan []byte   // to be written to its input
	free    chan []byte   // buffers that were
	written chan struct{} // closed when its input is

	watchdog *time.Timer // runs while a line is awaited
	graceful atomic.Bool // the watchdog first ends the input and waits for a moment
	timedOut atomic.Bool // the watchdog has fired
}

const (
	exitTime  = 200 * time.Millisecond // for a program to end once its input does
	flushTime = time.Second            // for a program to flush its output once its input ends
)

// startChild starts a decoder.
func startChild(command string, env []string) (*child, error) {
	stdin, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close()
	r, stdout, err := os.Pipe()
	if err != nil {
		_ = w.Close()
		return nil, err
	}
	defer stdout.Close()
	p, err := process.Start(command, process.Options{Env: env, Stdin: stdin, Stdout: stdout, Reader: r})
	if err != nil {
		_, _ = w.Close(), r.Close()
		return nil, err
	}
	c := &child{
		Process: p, stdin: w, out: r, lines: lines{from: r},
		queue: make(chan []byte, 4), free: make(chan []byte, 4), written: make(chan struct{}),
	}
	c.watchdog = time.AfterFunc(time.Hour, c.onTimeout)
	c.watchdog.Stop()
	go c.writeLoop()
	return c, nil
}

// writeLoop writes what is queued until the queue is closed.
func (c *child) writeLoop() {
	var err error
	for b := range c.queue {
		if err == nil {
			_, err = c.stdin.Write(b)
		}
		select {
		case c.free <- b[:0]:
		default:
		}
	}
	_ = c.stdin.Close()
	close(c.written)
}

// onTimeout is called by the watchdog.
func (c *child) onTimeout() {
	if !c.timedOut.Swap(true) && c.graceful.Load() {
		_ = c.stdin.Close()
		c.watchdog.Reset(flushTime)
		return
	}
	c.Kill()
}

// end ends the program, after a moment in which it may do so by itself if
// graceful, and waits for all that served it.
func (c *child) end(graceful bool) {
	close(c.queue)
	if graceful {
		timer := time.NewTimer(exitTime)
		select {
		case <-c.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	c.Kill()
	<-c.Done()
	c.watchdog.Stop()
	_ = c.stdin.Close() // ends a write that a process outside the group keeps waiting
	<-c.written
	_ = c.out.Close()
}

// buffer returns an empty buffer to be sent.
func (c *child) buffer() []byte {
	select {
	case b := <-c.free:
		return b
	default:
		return nil
	}
}

// send queues b to be written. It returns false if the program has answered so
// much more than it was asked that there is no room.
func (c *child) send(b []byte) bool {
	select {
	case c.queue <- b:
		return true
	default:
		return false
	}
}

var (
	errTimeout = errors.New("no answer in time")
	errTooLong = errors.New("too long")
)

// readLine returns the next line without its end, valid until the next call. It
// has to come within limit, and may have most bytes.
func (c *child) readLine(limit time.Duration, most int) ([]byte, error) {
	if line, ok := c.lines.next(); ok {
		return line, nil
	}
	begin := time.Now()
	left := limit
	for left > 0 {
		if c.lines.pending() > most {
			return nil, errTooLong
		}
		c.watchdog.Reset(left)
		err := c.lines.read()
		late := !c.watchdog.Stop() || c.timedOut.Load()
		if late && !c.graceful.Load() {
			return nil, errTimeout
		}
		if line, ok := c.lines.next(); ok {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
		if left = limit - time.Since(begin); late {
			left = flushTime
		}
	}
	return nil, errTimeout
}

// partial returns what was read of a line that has not ended.
func (c *child) partial() []byte { return c.lines.buf[c.lines.begin:c.lines.end] }

// answerLimit is the most bytes that the answer to a message may have: so many
// that no honest answer is near it, however small the fields are and whatever
// is said of each.
func answerLimit(c *target.Case) int { return 1<<20 + 256*len(c.Bytes) }
