package exec

import (
	"errors"
	"os"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/wait"
	"github.com/hostedcache/pchc/internal/process"
	"github.com/hostedcache/pchc/internal/textenc"
)

// child is a running decoder. It is for one goroutine, except for Kill.
type child struct {
	*process.Process
	watch *resource.Watcher
	// runDelay returns for how long it has waited for a processor, false if that is not known.
	runDelay func() (time.Duration, bool)
	stdin    *os.File
	out      *os.File
	lines    lines
	read     int           // the number of lines read: messages answered
	took     time.Duration // that was waited for the last line, without what was lost for lack of a processor
	limit    time.Duration // of an answer
	late     *int          // counts lines that took longer, but not without what was lost

	queue   chan []byte   // buffers to be written to its input
	free    chan []byte   // written buffers
	written chan struct{} // closed when its input is closed

	watchdog *wait.Timer // runs while waiting for a line
	graceful atomic.Bool // the watchdog first closes the input and waits for flushTime
	timedOut atomic.Bool // the watchdog has fired
	spare    atomic.Bool // the watchdog only ends the wait

	refused bool // a message that violates a rule was sent, or one was answered wrongly
}

const (
	exitTime  = 200 * time.Millisecond // for a program to exit after the end of its input
	flushTime = time.Second            // for a program to flush its output after the end of its input
)

// startChild starts a decoder.
func startChild(command string, o *Options) (*child, error) {
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
	p, err := process.Start(command, process.Options{Env: o.Env, Stdin: stdin, Stdout: stdout, Reader: r})
	if err != nil {
		_, _ = w.Close(), r.Close()
		return nil, err
	}
	c := &child{
		Process: p, stdin: w, out: r, lines: lines{from: textenc.NewReader(r)},
		limit: o.Timeout, late: new(int),
		queue: make(chan []byte, 4), free: make(chan []byte, 4), written: make(chan struct{}),
	}
	c.watch = resource.Watch(p.ID(), o.Limits, p.Kill)
	if c.runDelay = o.runDelay; c.runDelay == nil {
		c.runDelay = c.watch.RunDelay
	}
	c.watchdog = wait.New(c.onTimeout, c.runDelay)
	go c.writeLoop()
	return c, nil
}

// writeLoop writes queued buffers until the queue is closed.
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

// onTimeout runs when the watchdog fires. It returns how much longer to wait.
func (c *child) onTimeout() time.Duration {
	if c.spare.Load() {
		c.timedOut.Store(true)
		_ = c.out.SetReadDeadline(time.Unix(1, 0))
		return 0
	}
	if !c.timedOut.Swap(true) && c.graceful.Load() {
		_ = c.stdin.Close()
		return flushTime
	}
	c.Kill()
	return 0
}

// end ends the program's input, kills the program if it has not exited after wait, and
// waits for its goroutines. It reports whether the program has exited by itself.
func (c *child) end(wait time.Duration) (exited bool) {
	close(c.queue)
	if wait > 0 {
		timer := time.NewTimer(wait)
		select {
		case <-c.Done():
			exited = true
		case <-timer.C:
		}
		timer.Stop()
	}
	c.Kill()
	<-c.Done()
	c.watch.Stop()
	c.watchdog.Stop()
	_ = c.stdin.Close() // ends a write blocked by a process outside the group
	<-c.written
	_ = c.out.Close()
	return exited
}

// buffer returns an empty buffer for send.
func (c *child) buffer() []byte {
	select {
	case b := <-c.free:
		return b
	default:
		return nil
	}
}

// send queues b. It returns false if the queue is full, which happens only if the
// program sends more answers than it got messages.
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

// readLine returns the next line without its line end, valid until the next call.
// It fails if the line takes longer than limit or has more than most bytes.
func (c *child) readLine(limit time.Duration, most int) (line []byte, err error) {
	line, err = c.nextLine(limit, most)
	if err == nil {
		c.read++
	}
	return line, err
}

func (c *child) nextLine(limit time.Duration, most int) ([]byte, error) {
	if line, ok := c.lines.next(); ok {
		c.took = 0
		return line, nil
	}
	c.watchdog.Start(limit)
	line, err := c.awaitLine(most)
	waited := c.watchdog.Stop()
	if c.took = waited.Counted; waited.Expired && !c.graceful.Load() {
		return nil, errTimeout
	}
	if err == nil && waited.Late() && waited.Took > c.limit {
		*c.late++
	}
	return line, err
}

func (c *child) awaitLine(most int) ([]byte, error) {
	for c.lines.pending() <= most {
		err := c.lines.read()
		if line, ok := c.lines.next(); ok {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errTooLong
}

// hangs reports whether the program, whose reply has not come in time, does not reply
// within limit either, and whether its output has ended instead.
func (c *child) hangs(limit time.Duration) (hangs, ended bool) {
	_ = c.out.SetReadDeadline(time.Time{})
	c.watchdog.Start(limit)
	n, err := c.out.Read(make([]byte, 1))
	c.watchdog.Stop()
	return n == 0, n == 0 && !errors.Is(err, os.ErrDeadlineExceeded)
}

// report returns the report of a sanitizer. The program must have ended.
func (c *child) report() string { return target.Lines(c.Report()) }

// partial returns the bytes of an incomplete line.
func (c *child) partial() []byte { return c.lines.buf[c.lines.begin:c.lines.end] }

// answerLimit is the maximum length of the answer to a message, far above that of
// any correct answer.
func answerLimit(c *target.Case) int { return 1<<20 + 256*len(c.Bytes) }
