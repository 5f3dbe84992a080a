package exec

import (
	"bytes"
	"context"
	"slices"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// Probe implements [target.Conversation].
func (s *session) Probe() fuzz.Message { return s.probe.message.Message }

// singly is the number of cases at the end of a conversation that are sent one at a time.
const singly = 64

// Converse implements [target.Conversation]: a new process gets the cases alone, without
// probes, and then the end of its input.
func (s *session) Converse(ctx context.Context, cases []target.Case, report func(int, *fuzz.Difference)) error {
	defer s.watch(ctx)()
	early := max(0, len(cases)-singly)
	ended, err := s.converse(ctx, cases, early, report)
	if ended && err == nil && early > 0 { // that early, nobody knows at which
		_, err = s.converse(ctx, cases, 0, report)
	}
	return err
}

// converse sends the cases before early without waiting for their answers. It reports
// whether the program ended, or did not answer, at one of these, and then reports no
// difference of the program as a whole.
func (s *session) converse(ctx context.Context, cases []target.Case, early int, report func(int, *fuzz.Difference)) (ended bool, err error) {
	s.end()
	c, err := startChild(s.target.command, &s.target.options)
	if err != nil {
		return false, err
	}
	s.adopt(c)
	s.reason = afterReply
	defer s.end()
	var lines [][]byte // the answers, of a short conversation
	for sent, i := 0, 0; i < len(cases); i++ {
		limit := cases[i].Limit(s.target.options.Timeout)
		if i == 0 {
			limit += s.target.options.Start
		}
		for ; sent <= i || sent < min(early, i+mostCases); sent++ {
			b, err := cases[sent].AppendText(nil)
			if err != nil {
				return false, err
			}
			if !c.ask(append(b, '\n'), sent == i) {
				break
			}
		}
		line, err := c.readLine(limit, answerLimit(&cases[i]))
		if err != nil {
			f := s.fail(&cases[i], i, err)
			s.endAside()
			if err := s.interrupted(ctx); err != nil || i < early {
				return i < early, err
			}
			report(i, &f.Difference)
			return false, nil
		}
		d := target.Judge(cases[i], line)
		if d != nil {
			d.Number = c.read
			d.Echo = 1 + slices.IndexFunc(lines, func(before []byte) bool { return bytes.Equal(before, line) })
			report(i, d)
		}
		if len(cases) <= singly {
			lines = append(lines, bytes.Clone(line))
		}
	}
	if c.more() {
		report(len(cases)-1, cases[len(cases)-1].Difference(fuzz.BadReply, "more replies than messages"))
	}
	return false, ctx.Err()
}

// ask queues a line for the program. If the queue is full, it waits for room if wait is
// set: never while answers wait to be read, which may be what the program waits for. It
// reports whether the line is queued.
func (c *child) ask(line []byte, wait bool) bool {
	if !wait {
		return c.send(line)
	}
	select {
	case c.queue <- line:
		return true
	case <-c.Done():
		return false
	}
}

// more ends the program's input and reports whether it writes another line.
func (c *child) more() bool {
	_ = c.stdin.Close()
	_, err := c.readLine(exitTime, 1<<20)
	return err == nil
}
