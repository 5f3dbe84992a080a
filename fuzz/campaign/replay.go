package campaign

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// writeMessages writes comment lines and one line for each message, see
// [fuzz.Message.AppendText]. Package seeds reads this format.
func writeMessages(w io.Writer, comment string, messages []fuzz.Message) error {
	var b []byte
	for line := range strings.Lines(comment) {
		b = append(b, "# "+strings.TrimRight(printable(line), " ")+"\n"...)
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

// printable drops control characters.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, s)
}

// Save writes a finding to a file in the folder dir, which it creates if necessary,
// and sets File. The file name depends on the fault and the messages, so the same
// finding of another campaign replaces it.
func Save(dir string, f *Finding, seed uint64) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var messages []byte
	for _, m := range f.Messages {
		messages, _ = m.AppendText(append(messages, '\n'))
	}
	what := slices.DeleteFunc([]string{string(f.Fault), f.Rule}, func(s string) bool { return s == "" })
	sum := sha256.Sum256(append([]byte(f.Target), messages...))
	name := filepath.Join(dir, fmt.Sprintf("%s-%x.txt", strings.Join(what, "-"), sum[:4]))
	comment := fmt.Sprintf("%s\ntarget: %s\nseed: %d", f.Error(), f.Target, seed)
	if len(f.Messages) > 1 {
		comment += "\nthe last message fails only after the others"
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	err = writeMessages(file, comment, f.Messages)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		f.File = name
	}
	return err
}

// Replay tries messages in order in a new session, and returns a finding for each
// that fails, not reduced: with all messages before it.
func Replay(ctx context.Context, t target.Target, messages []fuzz.Message) ([]Finding, error) {
	session, err := t.Open(ctx)
	if err != nil {
		return nil, err
	}
	var cases []target.Case
	for _, m := range messages {
		cases = append(cases, target.NewCase(m))
	}
	var findings []Finding
	tried, err := session.Try(ctx, cases, func(i int, d *fuzz.Difference) {
		if i < 0 {
			return // caused before this session
		}
		named := *d
		if named.Rule == "" {
			named = newReducer(nil, messages[i], d).named()
		}
		findings = append(findings, Finding{
			Target: t.Name(), Difference: named, Messages: messages[:i+1], Original: len(messages[i].Bytes), Count: 1,
		})
	})
	if closed := session.Close(); err == nil {
		err = closed
	}
	if err != nil {
		err = fmt.Errorf("after %d of %d messages: %w", tried, len(messages), err)
	}
	return findings, err
}
