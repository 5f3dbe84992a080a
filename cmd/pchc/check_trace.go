package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/internal/printable"
)

// brokenRequirement is one requirement that a trace breaks.
type brokenRequirement struct {
	ID     string `json:"id"`
	Rule   string `json:"rule"`
	Level  string `json:"level"`
	At     int    `json:"at"`
	Detail string `json:"detail"`
}

// checkTraces checks the orders of calls in files.
func (k *checker) checkTraces() error {
	for _, name := range k.traces {
		if name == standard {
			if err := k.checkTrace("standard input", k.stdin); err != nil {
				return err
			}
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return failed(err)
		}
		if k.out.isSame(f) {
			err = usagef("%s is both input and output", name)
		} else {
			err = k.checkTrace(name, f)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return err
		}
	}
	return nil
}

// checkTrace checks the traces in one file, and writes a summary to standard error.
func (k *checker) checkTrace(name string, in io.Reader) error {
	checked, broken, damaged := 0, 0, 0
	var written error
	err := neighbours.ReadTraces(in, func(t *neighbours.Trace) error {
		for _, p := range t.Problems {
			damaged++
			if written = k.out.flush(); written != nil { // in their order
				return written
			}
			k.notef("pchc: %s:%d: %s", name, p.Line, printable.String(p.Detail))
		}
		if !t.Failed {
			checked++
		}
		for _, b := range t.Breaks {
			broken++
			if written = k.writeBreak(t.ID, &b); written != nil {
				return written
			}
		}
		return nil
	})
	switch {
	case written != nil:
		return written
	case err != nil:
		return failed(fmt.Errorf("%s: %w", name, err))
	case checked == 0 && damaged == 0:
		return failed(fmt.Errorf("%s has no trace", name))
	}
	if broken > 0 || damaged > 0 {
		k.status = max(k.status, statusViolated)
	}
	if err := k.out.flush(); err != nil { // before the summary
		return err
	}
	s := message.Count(broken, "broken requirement") + " in " + message.Count(checked, "trace")
	if damaged > 0 {
		s += ", " + message.Count(damaged, "problem")
	}
	k.notef("pchc: %s: %s", name, s)
	return nil
}

func (k *checker) writeBreak(id string, b *neighbours.Break) error {
	if k.flags.json {
		return writeJSON(k.out, &brokenRequirement{id, b.Rule, b.Level, b.At, b.Detail})
	}
	_, err := fmt.Fprintf(k.out, "%s  event %d  %s  %s: %s\n", printable.String(id), b.At, b.Level, b.Rule, printable.String(b.Detail))
	return err
}
