package exec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz/target"
)

// process is a running program. One goroutine uses it, but for kill.
type process struct {
	cmd   *exec.Cmd
	stdin *os.File
	out   *os.File
	line  lines
	tail  tail

	queue chan []byte // to be written to its input
	free  chan []byte // buffers that were

	watchdog *time.Timer // runs while a line is awaited
	mercy    atomic.Bool // it first ends the input and waits for a moment
	stalled  atomic.Bool // the watchdog has fired

	mu     sync.Mutex    // guards reaped
	reaped bool          // it has ended, and its number may be another's
	fed    chan struct{} // its input is closed
	gone   chan struct{} // it has ended, and all its complaints are there
}

// What a program may leave undone, and for how long.
const (
	graceExit    = 200 * time.Millisecond // to end once its input does
	graceRelease = time.Second            // for whatever outlives it to let go of its output
)

func startProcess(command string, env []string) (*process, error) {
	p := &process{
		cmd: shell(command), fed: make(chan struct{}), gone: make(chan struct{}),
		queue: make(chan []byte, 4), free: make(chan []byte, 4),
	}
	p.cmd.Env = env
	var files [6]*os.File
	closeAll := func(files []*os.File) {
		for _, f := range files {
			if f != nil {
				_ = f.Close()
			}
		}
	}
	for i := 0; i < len(files); i += 2 {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(files[:])
			return nil, err
		}
		files[i], files[i+1] = r, w
	}
	p.stdin, p.out = files[1], files[2]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = files[0], files[3], files[5]
	err := p.cmd.Start()
	closeAll([]*os.File{files[0], files[3], files[5]})
	if err != nil {
		closeAll(files[:])
		return nil, err
	}
	p.watchdog = time.AfterFunc(time.Hour, p.bark)
	p.watchdog.Stop()
	p.line.from = p.out
	go p.feed()
	go p.attend(files[4])
	return p, nil
}

// feed writes what is queued until the queue is closed.
func (p *process) feed() {
	var err error
	for b := range p.queue {
		if err == nil {
			_, err = p.stdin.Write(b)
		}
		select {
		case p.free <- b[:0]:
		default:
		}
	}
	_ = p.stdin.Close()
	close(p.fed)
}

// attend keeps the end of what the program complains of, waits until it has
// ended, and ends what it has left behind.
func (p *process) attend(complaints *os.File) {
	read := make(chan struct{})
	go func() {
		_, _ = io.Copy(&p.tail, complaints)
		close(read)
	}()
	_ = p.cmd.Wait() // how it ended is in its state
	p.mu.Lock()
	killGroup(p.cmd.Process)
	p.reaped = true
	p.mu.Unlock()
	// A process that has left the group may still hold the pipes.
	until := time.Now().Add(graceRelease)
	_ = p.out.SetReadDeadline(until)
	_ = complaints.SetReadDeadline(until)
	<-read
	_ = complaints.Close()
	close(p.gone)
}

// kill ends the program and all that it started.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.reaped {
		killGroup(p.cmd.Process)
	}
}

// bark is what the watchdog does.
func (p *process) bark() {
	if !p.stalled.Swap(true) && p.mercy.Load() {
		_ = p.stdin.Close()
		p.watchdog.Reset(graceRelease)
		return
	}
	p.kill()
}

// end ends the program, gives it a moment to do so by itself if that is wanted,
// and waits for everything that served it.
func (p *process) end(gently bool) {
	close(p.queue)
	if gently {
		timer := time.NewTimer(graceExit)
		select {
		case <-p.gone:
		case <-timer.C:
		}
		timer.Stop()
	}
	p.kill()
	<-p.gone
	p.watchdog.Stop()
	_ = p.stdin.Close() // frees feed if a process that has left the group holds the other end
	<-p.fed
	_ = p.out.Close()
}

// buffer returns an empty buffer to be sent.
func (p *process) buffer() []byte {
	select {
	case b := <-p.free:
		return b
	default:
		return nil
	}
}

// send queues b to be written. It returns false if the program has answered so
// much more than it was asked that there is no room.
func (p *process) send(b []byte) bool {
	select {
	case p.queue <- b:
		return true
	default:
		return false
	}
}

var (
	errStalled = errors.New("no answer in time")
	errTooLong = errors.New("too long")
)

// readLine returns the next line without its end, valid until the next call. It
// has to come within limit, and may have most bytes.
func (p *process) readLine(limit time.Duration, most int) ([]byte, error) {
	if line, ok := p.line.next(); ok {
		return line, nil
	}
	begin := time.Now()
	left := limit
	for left > 0 {
		if p.line.pending() > most {
			return nil, errTooLong
		}
		p.watchdog.Reset(left)
		err := p.line.read()
		late := !p.watchdog.Stop() || p.stalled.Load()
		if late && !p.mercy.Load() {
			return nil, errStalled
		}
		if line, ok := p.line.next(); ok {
			return line, nil
		}
		if err != nil {
			return nil, err
		}
		if left = limit - time.Since(begin); late {
			left = graceRelease
		}
	}
	return nil, errStalled
}

// partial returns what was read of a line that has not ended.
func (p *process) partial() []byte { return p.line.buf[p.line.begin:p.line.end] }

// obituary says how the program ended, and what it complained of last. The
// process must be over.
func (p *process) obituary() string {
	s := howEnded(p.cmd.ProcessState)
	if words := p.tail.words(); words != "" {
		s += ", it wrote: " + words
	}
	return s
}

// lines cuts what is read from a file into lines.
type lines struct {
	from       io.Reader
	buf        []byte
	begin, end int // of what was read and not taken
	looked     int // no line end is before this
}

const bufferSize = 64 << 10

// next returns the next line if all of it was read, without its end.
func (l *lines) next() ([]byte, bool) {
	i := bytes.IndexByte(l.buf[l.looked:l.end], '\n')
	if i < 0 {
		l.looked = l.end
		return nil, false
	}
	line := l.buf[l.begin : l.looked+i]
	l.begin = l.looked + i + 1
	l.looked = l.begin
	return bytes.TrimSuffix(line, []byte{'\r'}), true
}

func (l *lines) pending() int { return l.end - l.begin }

// read reads more. It makes room first, so that lines returned before are no
// longer valid.
func (l *lines) read() error {
	if l.begin == l.end && len(l.buf) != bufferSize {
		*l = lines{from: l.from, buf: make([]byte, bufferSize)} // a long line needs no room any more
	}
	if pending := l.pending(); l.begin > 0 || pending == len(l.buf) {
		buf := l.buf
		if pending > len(buf)/2 {
			buf = make([]byte, 2*len(buf))
		}
		copy(buf, l.buf[l.begin:l.end])
		l.buf, l.begin, l.end, l.looked = buf, 0, pending, l.looked-l.begin
	}
	n, err := l.from.Read(l.buf[l.end:])
	l.end += n
	return err
}

// answerLimit is the most bytes that the answer to a message may have: so many
// that no honest answer is near it, however small the fields are and whatever
// is told of each.
func answerLimit(c *target.Case) int { return 1<<20 + 256*len(c.Bytes) }
