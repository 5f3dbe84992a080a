package campaign

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/printable"
)

// writeMessages writes comment lines and one line for each message, see
// [fuzz.Message.AppendText]. Package seeds reads this format.
func writeMessages(w io.Writer, comment string, messages []fuzz.Message) error {
	var b []byte
	for line := range strings.Lines(comment) {
		b = append(b, "# "+printable.String(strings.TrimRight(line, " \n"))+"\n"...)
	}
	for _, m := range messages {
		var err error
		if b, err = m.AppendText(b); err != nil {
			return err
		}
		b = append(b, '\n')
	}
	_, err := w.Write(b)
	return err
}

// remark begins the line of a saved finding that has its [remarks].
const remark = "finding: "

// remarks is what a saved finding needs to be reproduced, besides its messages, and
// what it was called.
type remarks struct {
	Fault       fuzz.Fault `json:"fault"`
	Rule        string     `json:"rule,omitempty"`
	Requirement string     `json:"requirement,omitempty"`
	Cause       string     `json:"cause,omitempty"`
	Field       string     `json:"field,omitempty"`
	Offset      int        `json:"offset,omitempty"`
	Connections int        `json:"connections,omitempty"`
	HTTP        string     `json:"http,omitempty"`
	Repeat      int        `json:"repeat,omitempty"`
	Flaky       bool       `json:"flaky,omitempty"`
	Untried     bool       `json:"untried,omitempty"`
	After       int        `json:"after,omitempty"`
	Guessed     bool       `json:"guessed,omitempty"`
	Contrast    *Contrast  `json:"contrast,omitempty"`

	Resource resource.Kind `json:"resource,omitempty"`
	X        string        `json:"x,omitempty"`
	Drawn    bool          `json:"drawn,omitempty"`
	Scenario string        `json:"scenario,omitempty"`
	Derived  bool          `json:"derived,omitempty"`
	Detail   string        `json:"detail,omitempty"` // with Scenario
	Nth      *Nth          `json:"nth,omitempty"`
	Rate     *Rate         `json:"rate,omitempty"`

	Conversation []string       `json:"conversation,omitempty"`
	Routes       []target.Route `json:"routes,omitempty"`
}

// Save writes a finding to a file in the folder dir, which it creates if necessary,
// and sets File. The file name depends on the fault and the messages, so the same
// finding of another campaign replaces it. Nobody sees half a file, and a symbolic link
// of that name is replaced, not followed.
func Save(dir string, f *Finding, seed uint64) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var messages []byte
	for _, m := range f.Messages {
		messages, _ = m.AppendText(append(messages, '\n'))
	}
	about, detail := cmp.Or(f.Rule, f.Cause, f.dependence()), ""
	if f.Scenario != "" { // its messages are others each time
		messages, about, detail = []byte("\n"+f.Scenario), cmp.Or(f.Rule, f.Requirement), f.Detail
	}
	if f.Conversation != nil { // likewise
		messages = nil
		for _, line := range f.Conversation {
			step, _, _ := strings.Cut(line, " → ")
			messages = append(messages, "\n"+step...)
		}
	}
	what := slices.DeleteFunc([]string{string(f.Fault), about}, func(s string) bool { return s == "" })
	sum := sha256.Sum256(append([]byte(f.Target+f.HTTP), messages...))
	name := filepath.Join(dir, fmt.Sprintf("%s-%x.txt", strings.Join(what, "-"), sum[:4]))
	r := remarks{Fault: f.Fault, Rule: f.Rule, Requirement: f.Requirement, Cause: f.Cause, Field: f.Field, Offset: f.Offset, Connections: f.Connections, HTTP: f.HTTP,
		Repeat: f.Repeat, Flaky: f.Flaky, Untried: f.Untried, After: f.After, Guessed: f.Guessed, Contrast: f.Contrast,
		Scenario: f.Scenario, Derived: f.Derived, Detail: detail, Nth: f.Nth, Rate: f.Rate, Conversation: f.Conversation, Routes: f.Routes}
	if m := f.Measured; m != nil {
		r.Resource, r.X, r.Drawn = m.Resource, m.X, m.Drawn
	}
	how, err := json.Marshal(&r)
	if err != nil {
		return err
	}
	comment := fmt.Sprintf("%s\ntarget: %s\nseed: %d\n%s%s", f.Error(), f.Target, seed, remark, how)
	if len(f.Exchange) > 0 {
		comment += "\nwhat happened:\n  " + strings.Join(f.Exchange, "\n  ")
	}
	switch {
	case f.Conversation != nil:
		comment += "\n" + strings.Join(f.Conversation, "\n") + "\nthe conversation is played with new contents each time; these are the messages of one"
	case f.Scenario != "" && (f.Flaky || f.Untried):
		comment += "\nit did not show again"
	case f.Nth != nil:
		comment += "\nthe message is repeated in one process"
	case f.Rate != nil:
		comment += "\nthe messages are repeated until one fails"
	case f.Flaky:
		comment += "\nit did not repeat: these are the last messages before it"
	case f.Untried:
		comment += "\nit was not tried again"
	case f.HTTP != "":
		comment += "\nthe message fails only if it is sent over HTTP in this way: " + f.HTTP
	case f.Connections > 0:
		comment += "\nthe messages were sent at the same time"
	case f.Measured != nil:
		comment += "\n" + howMeasured(f)
	case len(f.Messages) > 1:
		comment += "\nthe last message fails only after the others"
	}
	aside := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	file, err := os.OpenFile(aside, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	err = writeMessages(file, comment, f.Messages)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(aside, name)
	}
	if err != nil {
		_ = os.Remove(aside)
		return err
	}
	f.File = name
	return nil
}

// Saved returns the finding in a file that Save wrote, without its messages, which
// package seeds reads. In any other file it finds nothing.
func Saved(text []byte) (f Finding) {
	for line := range bytes.Lines(text) {
		how, ok := bytes.CutPrefix(line, []byte("# "+remark))
		var c remarks
		if ok && json.Unmarshal(how, &c) == nil {
			f.Difference = fuzz.Difference{Fault: c.Fault, Rule: c.Rule, Requirement: c.Requirement, Field: c.Field, Offset: c.Offset, Connections: c.Connections, HTTP: c.HTTP}
			f.Cause, f.Repeat, f.Flaky, f.After = c.Cause, max(0, c.Repeat), c.Flaky, c.After
			f.Nth, f.Rate = c.Nth, c.Rate
			if f.Nth != nil && f.Nth.Number < 1 || f.Rate != nil && (f.Rate.Failures < 1 || f.Rate.Messages < f.Rate.Failures) {
				return Finding{} // nobody wrote that
			}
			f.Untried, f.Guessed, f.Contrast = c.Untried, c.Guessed, c.Contrast
			if c.Resource != "" {
				f.Measured = &Measurement{Resource: c.Resource, X: c.X, Drawn: c.Drawn}
			}
			f.Scenario, f.Derived, f.Detail = c.Scenario, c.Derived, c.Detail
			f.Conversation, f.Routes = c.Conversation, c.Routes
			break
		}
	}
	return f
}

// Uncertain reports whether a finding that does not show in a replay may show in
// another: it depends on time, or nobody knows on what. One that was not tried again is
// certain if its message decides, or if all messages since a start of the target are there.
func (f *Finding) Uncertain() bool {
	whole := 0 < f.After && f.After <= len(f.Messages)
	return f.Flaky || f.Connections > 0 || f.Untried && unblamed(f.Fault) && !whole
}

// mostRepeats limits the messages of a replay of a finding that did not show again.
const mostRepeats = 10

// Replay sends the messages of a finding to a new session as they were sent when it was
// seen: in order or at the same time, once or repeatedly. It returns a finding for each
// message that fails, not reduced: with all messages before it; or one of the
// message that the target fails whenever it is opened, if that is the same failure.
func Replay(ctx context.Context, t target.Target, f *Finding) ([]Finding, error) {
	if f.Measured != nil {
		return replayMeasured(ctx, t, f)
	}
	session, err := t.Open(ctx)
	var first *target.FirstFailure
	if errors.As(err, &first) && sameFault(f.Fault, first.Difference.Fault) {
		named, cause := newReducer(nil, first.Case.Message, first.Difference).named()
		return []Finding{{Target: t.Name(), Difference: named, Cause: cause, Messages: []fuzz.Message{first.Case.Message}, Count: 1}}, nil
	}
	if err != nil {
		return nil, err
	}
	found, tried, err := send(ctx, session, f)
	if closed := session.Close(); err == nil {
		err = closed
	}
	if err != nil {
		err = fmt.Errorf("after %d of %d messages: %w", tried, len(f.Messages), err)
	}
	var findings []Finding
	shown := map[int]bool{} // by index: messages that are repeated fail repeatedly
	for _, s := range found {
		if shown[s.index] {
			continue
		}
		shown[s.index] = true
		r := newReducer(nil, f.Messages[s.index], s.difference)
		named, cause := r.named()
		if varied(s.difference) {
			named, cause = *s.difference, ""
		}
		if f.Stateful() && s.index == len(f.Messages)-1 && group(named.Fault) == group(f.Fault) {
			named, cause = f.again(&s), ""
		} else if sameFault(f.Fault, named.Fault) && f.Requirement == named.Requirement && !f.Uncertain() { // it is known more precisely
			named.Rule, named.Field, named.Offset, cause = f.Rule, f.Field, f.Offset, f.Cause
		} else if f.Uncertain() && unblamed(named.Fault) {
			named.Rule, named.Field, named.Offset, cause = "", "", 0, ""
		}
		findings = append(findings, Finding{
			Target: t.Name(), Difference: named, Cause: cause, Messages: f.Messages[:s.index+1], Routes: f.Routes[:min(s.index+1, len(f.Routes))], Original: len(f.Messages[s.index].Bytes), Count: 1,
		})
	}
	return findings, err
}

// again returns the difference of a finding that depends on more than a message, as a
// replay has seen it.
func (f *Finding) again(s *seen) fuzz.Difference {
	d := *s.difference
	if f.Nth == nil && f.Rate == nil {
		blameless(&d)
		d.Detail += ", only after " + before(len(f.Messages)-1) + apart(f.Routes)
		return d
	}
	number := s.number
	anywhere(&d)
	d.Detail = fmt.Sprintf("at message no. %d of the process: %s", number, s.difference.Detail)
	return d
}

// repeatAll sends the messages of a finding that depends on their number, as often as it
// says, to a process that gets nothing else.
func repeatAll(ctx context.Context, c target.Conversation, f *Finding, cases []target.Case) (found []seen, err error) {
	times := max(1, f.Repeat/len(cases))
	err = c.Converse(ctx, slices.Repeat(cases, times), func(i int, d *fuzz.Difference) {
		if len(found) < mostSeen {
			found = append(found, seen{index: i % len(cases), difference: d, number: i + 1})
		}
	})
	return found, err
}

// mostSeen is how many differences of a replay matter.
const mostSeen = 1000

// send sends the messages of a finding, and returns the differences.
func send(ctx context.Context, session target.Session, f *Finding) (found []seen, tried int, err error) {
	if varied(&f.Difference) {
		found, err = sendVaried(ctx, session, f.Messages, &f.Difference, func() bool { return ctx.Err() != nil })
		return found, len(f.Messages), err
	}
	cases := make([]target.Case, len(f.Messages))
	for i, m := range f.Messages {
		cases[i] = target.NewCase(m)
		if len(f.Routes) == len(f.Messages) {
			cases[i].Route = f.Routes[i]
		}
	}
	if c, ok := session.(target.Conversation); ok && (f.Nth != nil || f.Sequence()) {
		found, err = repeatAll(ctx, c, f, cases)
		return found, len(f.Messages), err
	}
	repeat := f.Repeat
	if f.Rate == nil && (f.Flaky || f.Untried) {
		repeat = max(repeat, mostRepeats*len(cases), 2*f.After)
	}
	sent := 0
	report := func(i int, d *fuzz.Difference) {
		if i >= 0 { // otherwise caused before this session
			found = append(found, seen{index: i % len(f.Messages), difference: d, number: cmp.Or(d.Number, sent+i+1)})
		}
	}
	tried, err = session.Try(ctx, cases, report)
	sent += tried
	for n := len(cases); n < repeat && len(found) == 0 && err == nil; n += len(cases) {
		if len(cases) < roundSize && repeat > len(cases) { // many at a time, as in a campaign
			cases = slices.Repeat(cases, (roundSize+len(cases)-1)/len(cases))
		}
		tried, err = session.Try(ctx, cases, report)
		sent += tried
	}
	if len(found) == 0 && err == nil { // what the end of its input does to a program
		_, err = session.Try(ctx, nil, func(i int, d *fuzz.Difference) {
			found = append(found, seen{index: len(f.Messages) - 1, difference: d})
		})
	}
	return found, min(tried, len(f.Messages)), err
}
