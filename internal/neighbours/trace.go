package neighbours

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// MaxTrace is the length in bytes of the longest line with a trace.
const MaxTrace = 16 << 20

// Trace is what came of one trace.
type Trace struct {
	ID     string
	Breaks []Break // first break first
	// Problems are events that could not be checked, and why; or the one reason why
	// nothing of the line was.
	Problems []Problem
	// Failed: nothing was checked.
	Failed bool
}

// Problem is something in a line that could not be read.
type Problem struct {
	Line   int
	Detail string // "event 3: op \"Foo\" is not known"
}

// ReadTraces reads traces, one a line of JSON, and calls handle for each line that is
// not blank. Its errors are those of in and of handle.
func ReadTraces(in io.Reader, handle func(*Trace) error) error {
	s := bufio.NewScanner(in)
	s.Buffer(make([]byte, 0, 64<<10), MaxTrace)
	line := 0
	for s.Scan() {
		line++
		b := bytes.TrimSpace(s.Bytes())
		if line == 1 {
			b = bytes.TrimPrefix(b, []byte("\uFEFF"))
		}
		if len(b) == 0 {
			continue
		}
		if err := handle(readTrace(b, line)); err != nil {
			return err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return handle(failedTrace("", line+1, fmt.Sprintf("is longer than %d MiB; what follows is not read", MaxTrace>>20)))
	}
	return s.Err()
}

func failedTrace(id string, line int, detail string) *Trace {
	return &Trace{ID: id, Failed: true, Problems: []Problem{{line, detail}}}
}

// readTrace checks the trace in one line.
func readTrace(b []byte, line int) *Trace {
	var t struct {
		ID       string
		Protocol string
		Complete bool
		Context  json.RawMessage
		Events   []json.RawMessage
	}
	if err := json.Unmarshal(b, &t); err != nil {
		return failedTrace(t.ID, line, "is no trace: "+reason(err))
	}
	i := slices.IndexFunc(protocols, func(p protocol) bool { return p.name == t.Protocol })
	switch {
	case t.Protocol == "":
		return failedTrace(t.ID, line, "has no protocol")
	case i < 0:
		return failedTrace(t.ID, line, "has the protocol "+strconv.Quote(t.Protocol)+", which is not known")
	case t.Events == nil:
		return failedTrace(t.ID, line, "has no events")
	}
	m, err := protocols[i].machine(t.Context)
	if err != nil {
		return failedTrace(t.ID, line, "context: "+reason(err))
	}
	result := &Trace{ID: t.ID}
	missing := false
	for n, event := range t.Events {
		if err := m.Event(event); err != nil {
			if unknown := UnknownMember(""); !errors.As(err, &unknown) {
				missing = true
			}
			result.Problems = append(result.Problems, Problem{line, "event " + strconv.Itoa(n) + ": " + reason(err)})
		}
	}
	// With an event missing, the session is not known to be complete.
	result.Breaks = m.Breaks(t.Complete && !missing)
	return result
}

// UnknownMember is the error of a member that is not known, while all others were
// decoded.
type UnknownMember string

// Error names the member.
func (u UnknownMember) Error() string { return "member " + strconv.Quote(string(u)) + " is not known" }

// strict decodes an object of JSON into v. The error is an UnknownMember if v lacks a
// member, and has all the others. Nothing is an empty object.
func strict(b json.RawMessage, v any) error {
	if len(b) == 0 {
		return nil
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	if err == nil {
		return nil
	}
	name, ok := strings.CutPrefix(err.Error(), "json: unknown field ")
	if !ok {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return err
	}
	if unquoted, err := strconv.Unquote(name); err == nil {
		name = unquoted
	}
	return UnknownMember(name)
}

// reason returns an error without the name of the package that it is from.
func reason(err error) string {
	return strings.TrimPrefix(strings.TrimPrefix(err.Error(), "json: "), "pchc: ")
}
