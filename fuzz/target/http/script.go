package http

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

// step is something that a client does on a connection.
type step struct {
	act
	pieces []piece       // to write, in one segment
	wait   time.Duration // at most
}

type act uint8

const (
	write     act = iota
	pause         // wait, and see whether an answer comes
	receive       // receive an answer: without it, or if the connection closes, stop
	await         // wait for 100 (Continue)
	halfClose     // shut down writing: no more comes, but the answer is read
	reset         // close the connection with a reset
	hangUp        // close the connection
)

// shortly is the time between two segments that must not become one.
const shortly = time.Millisecond

func send(pieces ...piece) step         { return step{act: write, pieces: pieces} }
func pauseFor(d time.Duration) step     { return step{act: pause, wait: d} }
func thenClose(a act, s ...step) []step { return append(s, step{act: a}) }

// inSegments writes each part in a segment of its own.
func inSegments(between time.Duration, parts ...[]piece) (steps []step) {
	for i, part := range parts {
		if i > 0 {
			steps = append(steps, pauseFor(between))
		}
		steps = append(steps, send(part...))
	}
	return steps
}

// exchange is what came of a script.
type exchange struct {
	answers   []answer // the last one may be missing
	early     bool     // an answer came before the end of the request
	continued bool     // 100 (Continue) came
	stopped   bool     // before the end of the script
	log       []string // of it all
}

// last returns the last answer, which may not have come.
func (x *exchange) last() *answer { return &x.answers[len(x.answers)-1] }

func (x *exchange) note(format string, a ...any) { x.log = append(x.log, fmt.Sprintf(format, a...)) }

// perform performs a script on a new connection, and reads answers until there are that
// many, or one does not come in time. It leaves the connection open.
func (s *session) perform(ctx context.Context, script []step, answers int, timeout time.Duration) (x *exchange, c *connection) {
	x = &exchange{}
	s.t.pace(ctx)
	c, err := s.t.dial(ctx)
	if err != nil {
		x.answers = []answer{{ending: unreachable, err: err, unsent: true, gaveUp: ctx.Err() != nil}}
		x.note("no connection: %v", cannotConnect(err))
		return x, nil
	}
	s.current.Store(c)
	s.t.last = s
	var tape tape
	c.r = bufio.NewReader(io.TeeReader(c.Conn, &tape))
	defer func() {
		if c.limit.Stop().Late() {
			s.late.Add(1)
		}
	}()
	begin := time.Now()
	open := true
	for n := range script {
		p := &script[n]
		c.within(timeout)
		switch p.act {
		case write:
			x.note("sent:")
			for _, line := range lines(p.pieces) {
				x.note("  %s", line)
			}
			if _, err := c.Write(joined(p.pieces)); err != nil {
				x.note("(the server has closed the connection)")
			}
		case pause:
			x.early = x.early || c.comes(p.wait)
		case await:
			x.continued = c.continues(p.wait)
			x.early = x.early || !x.continued && c.r.Buffered() > 0
			if !x.continued && !x.early {
				x.note("nothing came within %v", p.wait)
			}
		case receive:
			if a, reusable := c.read(); !reusable {
				x.answers, x.stopped = []answer{a}, true
				return x, c
			}
			s.t.pace(ctx)
		case halfClose:
			x.note("shut down writing")
			if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
				_ = half.CloseWrite()
			}
		case reset:
			x.note("reset the connection")
			if tcp, ok := c.tcp.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = c.tcp.Close()
			open = false
		case hangUp:
			x.note("closed the connection")
			open = false
		}
		if !open {
			s.t.close(c)
			return x, c
		}
	}
	c.within(timeout)
	acknowledge(c.tcp)
	for n := range answers {
		a, reusable := c.read()
		a.took = time.Since(begin)
		a.more = a.more && n == answers-1
		a.gaveUp = a.ending != answered && ctx.Err() != nil
		if x.answers = append(x.answers, a); !reusable {
			break
		}
	}
	if answers > 0 {
		x.received(s.t.protocol, &tape, timeout)
	}
	return x, c
}

// comes waits, and reports whether something comes before the end of the request that is
// no informational answer.
func (c *connection) comes(wait time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(wait))
	b, err := c.r.Peek(len("HTTP/1.1 1"))
	return err == nil && b[len(b)-1] != '1'
}

// continues waits for 100 (Continue), and reports whether it came. Other informational
// answers may come before.
func (c *connection) continues(wait time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(wait))
	for {
		b, err := c.r.Peek(len("HTTP/1.1 100"))
		if err != nil || b[9] != '1' {
			return false
		}
		is100 := string(b[9:]) == "100"
		for line := "-"; strings.TrimRight(line, "\r\n") != ""; {
			if line, err = c.r.ReadString('\n'); err != nil {
				return false
			}
		}
		if is100 {
			return true
		}
	}
}

// closes waits for the server to close the connection, and reports whether it did.
func (c *connection) closes(wait time.Duration) bool {
	c.within(wait)
	defer c.limit.Stop()
	_, err := io.Copy(io.Discard, c.r)
	return !isTimeout(err)
}

// received notes what came back.
func (x *exchange) received(p *protocol, came *tape, timeout time.Duration) {
	b := came.b
	if i := strings.Index(string(b), "\r\n\r\n"); i >= 0 && p == &retrieval { // a block may be content
		b = b[:min(len(b), i+4+mostQuoted)]
	}
	if len(b) > 0 {
		x.note("received:")
		for _, line := range quoted(string(b)) {
			x.note("  %s", line)
		}
	}
	switch a := x.last(); {
	case a.ending == silent:
		x.note("nothing more came within %v", timeout)
	case a.ending == ended:
		x.note("the server closed the connection")
	}
}

// tape keeps the first bytes that are written to it.
type tape struct{ b []byte }

func (t *tape) Write(b []byte) (int, error) {
	const most = 512
	t.b = append(t.b, b[:min(len(b), most-len(t.b))]...)
	return len(b), nil
}
