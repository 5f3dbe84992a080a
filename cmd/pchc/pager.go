package main

import (
	"bytes"
	"cmp"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"

	"golang.org/x/term"
)

// pager shows what is longer than the terminal. It holds a screen back until it knows.
type pager struct {
	app           *app
	program       []string
	width, height int

	held  []byte
	lines int // of held, as the terminal breaks them
	over  bool
	to    io.WriteCloser // of the program, nil while it does not run
	cmd   *exec.Cmd
	notes io.Writer // standard error
}

// page lets a pager show what goes to standard output, if that is a terminal, the input
// is files, which end, and the user wants one.
func (o *output) page(flags *outputFlags, inputs []string) {
	program, set := os.LookupEnv("PCHC_PAGER")
	if !set {
		program = cmp.Or(os.Getenv("PAGER"), "less")
	}
	words := strings.Fields(program)
	if flags.noPager || len(words) == 0 || o.terminal() == 0 || o.app.follow || len(inputs) == 0 || slices.Contains(inputs, standard) ||
		slices.Contains([]string{"", "dumb"}, os.Getenv("TERM")) || !isTerminal(o.app.stdin) {
		return
	}
	p := &pager{app: o.app, program: words, width: o.terminal(), height: 24, notes: o.app.stderr}
	if _, height, err := term.GetSize(int(o.app.stdout.(*os.File).Fd())); err == nil && height > 0 {
		p.height = height
	}
	o.app.pager = p
	if isTerminal(p.notes) {
		o.app.stderr = p // in their place among the rows
	}
}

// Write writes to the program, or holds b back.
func (p *pager) Write(b []byte) (int, error) {
	switch {
	case p.to != nil:
		return p.to.Write(b)
	case p.over:
		return p.app.stdout.Write(b)
	}
	p.held = append(p.held, b...)
	for line := range bytes.Lines(b) {
		p.lines += 1 + len(line)/(p.width+1) // colours count, too: it may be less
	}
	if p.lines < p.height {
		return len(b), nil
	}
	if err := p.start(); err != nil {
		return 0, err
	}
	return len(b), nil
}

// start starts the program, and gives it what was held back. Without it all goes to the
// terminal.
func (p *pager) start() error {
	held := p.held
	p.held, p.over = nil, true
	path, err := exec.LookPath(p.program[0])
	if err != nil {
		_, err = p.app.stdout.Write(held)
		return err
	}
	p.cmd = exec.Command(path, p.program[1:]...)
	p.cmd.Stdout, p.cmd.Stderr = p.app.stdout, p.notes
	p.cmd.Env = os.Environ()
	for name, value := range map[string]string{"LESS": "FRX", "LV": "-c"} { // as it is, if it fits on the screen; with colours
		if _, set := os.LookupEnv(name); !set {
			p.cmd.Env = append(p.cmd.Env, name+"="+value)
		}
	}
	to, err := p.cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := p.cmd.Start(); err != nil {
		p.cmd = nil
		_, err = p.app.stdout.Write(held)
		return err
	}
	signal.Ignore(os.Interrupt) // it is for the program, which has the terminal
	p.to = to
	_, err = to.Write(held)
	return err
}

// close waits until the user has seen enough.
func (p *pager) close() {
	if p == nil {
		return
	}
	if p.to != nil {
		p.to.Close()
		_ = p.cmd.Wait()
	}
	_, _ = p.app.stdout.Write(p.held)
	p.app.stderr, p.app.pager = p.notes, nil
}
