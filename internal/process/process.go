package process

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Process is a running command. Its methods are safe for concurrent use.
type Process struct {
	cmd    *exec.Cmd
	output tail
	done   chan struct{}
}

// running are the processes that have not ended yet. The id of one that has may be
// another's.
var running = struct {
	sync.Mutex
	all    map[*Process]bool
	closed bool // start no more
}{all: map[*Process]bool{}}

// KillAll kills all processes and their children, and makes Start fail from then
// on. It is for a program that has to exit at once.
func KillAll() {
	running.Lock()
	defer running.Unlock()
	running.closed = true
	for p := range running.all {
		killGroup(p.cmd.Process)
	}
}

// start starts the command of p.
func (p *Process) start() error {
	running.Lock()
	defer running.Unlock()
	if running.closed {
		return errors.New("the program is exiting")
	}
	err := p.cmd.Start()
	if err == nil {
		running.all[p] = true
	}
	return err
}

// releaseTime is how long a process outside of the group may keep the pipes of one
// that has ended.
const releaseTime = time.Second

// Options configure a command.
type Options struct {
	Env           []string // as NAME=value; nil: that of this process
	Stdin, Stdout *os.File // nil: no input; standard output is kept like standard error
	// Reader is the other end of Stdout, if it is read. It gets a read deadline
	// when the process ends, so that no reader waits forever.
	Reader *os.File
}

// Start runs command in a shell: sh -c, on Windows cmd /C. The caller still owns
// the files of o.
func Start(command string, o Options) (*Process, error) { return begin(shell(command), o) }

// StartProgram runs a program without a shell. The caller still owns the files of o.
func StartProgram(path string, args []string, o Options) (*Process, error) {
	return begin(program(path, args), o)
}

func begin(cmd *exec.Cmd, o Options) (*Process, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stderr, p.cmd.Stdout = o.Env, w, w
	if o.Stdin != nil { // a nil *os.File is not a nil io.Reader
		p.cmd.Stdin = o.Stdin
	}
	if o.Stdout != nil {
		p.cmd.Stdout = o.Stdout
	}
	err = p.start()
	_ = w.Close()
	if err != nil {
		_ = r.Close()
		return nil, err
	}
	go p.wait(r, o.Reader)
	return p, nil
}

// wait keeps the end of the output until the process ends, and then kills its
// remaining children.
func (p *Process) wait(output, reader *os.File) {
	read := make(chan struct{})
	go func() {
		_, _ = io.Copy(&p.output, output)
		close(read)
	}()
	_ = p.cmd.Wait() // ProcessState has the result
	running.Lock()
	killGroup(p.cmd.Process)
	delete(running.all, p)
	running.Unlock()
	release := time.Now().Add(releaseTime)
	if reader != nil {
		_ = reader.SetReadDeadline(release)
	}
	_ = output.SetReadDeadline(release)
	<-read
	_ = output.Close()
	close(p.done)
}

// ID is the id of the process, and of its group where there are any.
func (p *Process) ID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended and all of its output is read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Kill kills the process and its children.
func (p *Process) Kill() {
	running.Lock()
	defer running.Unlock()
	if running.all[p] {
		killGroup(p.cmd.Process)
	}
}

// Succeeded reports whether the process, which must be done, has exited with status 0.
func (p *Process) Succeeded() bool { return p.cmd.ProcessState.ExitCode() == 0 }

// EndedOrdinarily reports whether the process, which must be done, has exited as
// programs do at the end of their input: with status 0 or 1, which may be about what it
// read, and without the output of a crash or of a sanitizer.
func (p *Process) EndedOrdinarily() bool {
	switch p.cmd.ProcessState.ExitCode() {
	case 0:
		return !p.output.has(sanitizer())
	case 1:
		return !p.output.has(sanitizer()) && !p.output.has(crash())
	}
	return false
}

// ExitStatus returns the exit status of the process, which must be done; -1 if a signal
// ended it.
func (p *Process) ExitStatus() int { return p.cmd.ProcessState.ExitCode() }

// Report returns the first lines of the report of a sanitizer, of the race detector of Go
// or of Valgrind in the output, nil if there is none. The process must be done.
func (p *Process) Report() []string { return p.output.report() }

// Crashed reports whether the process, which must be done, was ended by a signal, or has the
// output of a crash or of a sanitizer. Its exit status does not matter.
func (p *Process) Crashed() bool {
	code := p.cmd.ProcessState.ExitCode()
	return code < 0 || code > 128 && code < 128+65 || p.output.has(sanitizer()) || p.output.has(crash())
}

// ExitSummary returns how the process ended and its last output, such as
// "process exited with status 3, last output: panic: index out of range".
// excerpt makes the output fit to be shown. The process must be done.
func (p *Process) ExitSummary(excerpt func(string) string) string {
	s := exitStatus(p.cmd.ProcessState)
	if last := p.output.last(); last != "" {
		s += ", last output: " + excerpt(last)
	}
	return s
}
