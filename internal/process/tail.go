package process

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// tail keeps the last bytes written to it.
type tail struct {
	mu  sync.Mutex
	buf []byte
}

const mostTail = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, b[max(0, len(b)-mostTail):]...)
	if len(t.buf) > 2*mostTail {
		t.buf = t.buf[:copy(t.buf, t.buf[len(t.buf)-mostTail:])]
	}
	return len(b), nil
}

// decisive matches the line with the message of a panic, sanitizer, exception or
// failed assertion, among those of its stack trace.
var decisive = lazy(`(?i)error|panic|exception|fatal|assert|abort`)

// sanitizer matches the report of a sanitizer, crash what programs write that end
// because of an error.
var (
	sanitizer = lazy(`(Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer|\w:\d+:\d+: runtime error: |WARNING: DATA RACE|==\d+== +(ERROR SUMMARY|definitely lost): [1-9]`)
	crash     = lazy(`(?m)^(panic|fatal error): |^Traceback \(most recent call last\)|^Exception in thread |^Unhandled exception|panicked at `)
)

// lazy compiles an expression when it is needed: most commands start no process.
func lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// has reports whether the output matches re.
func (t *tail) has(re *regexp.Regexp) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return re.Match(t.buf)
}

// mostReport limits the lines of a report, and their length.
const (
	mostReport     = 16
	mostReportLine = 200
)

// report returns the first lines from that on which a sanitizer names itself, without
// empty ones and those that only draw a line.
func (t *tail) report() (lines []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := sanitizer().FindIndex(t.buf)
	if at == nil {
		return nil
	}
	begin := bytes.LastIndexByte(t.buf[:at[0]], '\n') + 1
	for line := range strings.Lines(string(t.buf[begin:])) {
		line = strings.TrimRight(line, " \r\n")
		if strings.Trim(line, " =") == "" {
			continue
		}
		if len(line) > mostReportLine {
			line = line[:mostReportLine] + "..."
		}
		if lines = append(lines, line); len(lines) == mostReport {
			break
		}
	}
	return lines
}

// last returns the decisive line or, if there is none, the last few lines.
func (t *tail) last() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var few []string
	for line := range strings.Lines(string(t.buf)) {
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case decisive().MatchString(line):
			return line
		default:
			if few = append(few, line); len(few) > 3 {
				few = few[1:]
			}
		}
	}
	return strings.Join(few, " | ")
}
