package input

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
)

const straceCalls = `(writev?|pwrite(?:64|v2?)|send(?:to|msg|mmsg)?|readv?|pread(?:64|v2?)|recv(?:from|msg|mmsg)?|close)`

var (
	// A call with its result; before it may stand a process and a time.
	straceCall   = lazy(`^(?:\[pid +(\d+)\] |(\d+) +)?(?:[0-9:.]+ +)?(?:\( *\+ *[0-9.]+\) +)?` + straceCalls + `\((\d+)(?:<.*?>)?(?:, (.*)|(\).*))$`)
	straceResume = lazy(`^(?:\[pid +(\d+)\] |(\d+) +)?(?:[0-9:.]+ +)?(?:\( *\+ *[0-9.]+\) +)?<\.\.\. ` + straceCalls + ` resumed>(.*)$`)
	straceResult = lazy(`\) += (\d+)(?: <[0-9.]+>)?$`)
	straceMark   = lazy(`(?:^|[ \]])` + straceCalls + `\(\d+(?:<.*?>)?, .*["\[{].*(?:\) += \d+(?: <[0-9.]+>)?|<unfinished \.\.\.>)$`)
	straceBinary = lazy(`".*(?:HTTP/1\.|\\0|\\x00)|^\| [0-9a-f]{5,8}  [0-9a-f]{2} `)
	straceRow    = lazy(`^ *\| ([0-9a-f]{5,8})  (.{48,49}) ?(?: .*)?$`)
	straceLength = lazy(`^, (?:iov_len=)?(\d+)`)
	straceBuffer = lazy(`^ *\* (\d+) bytes in buffer \d+$`)
)

const unfinished = " <unfinished ...>"

// parseStrace reads the system calls that strace shows: each file descriptor is a
// connection, until it is closed.
func parseStrace(w *window, add func(part) error) error {
	var top line // of the text
	n := 0
	of := interest{add: add}
	stream := map[string]int{} // of descriptors
	streams := 0
	begun := map[string]string{} // calls that go on later, by process
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if w.index == 0 {
			top = l
		}
		s := strings.TrimSpace(l.text)
		if m := straceResume().FindStringSubmatch(s); m != nil {
			pid := m[1] + m[2]
			if begun[pid] == "" {
				continue // began before the trace, or is none of these
			}
			if strings.HasSuffix(s, unfinished) { // it would grow from line to line
				return l.fault(0, "a call of strace that is resumed, and unfinished again")
			}
			s = begun[pid] + m[4]
			delete(begun, pid)
		}
		m := straceCall().FindStringSubmatch(s)
		if m == nil {
			if straceBinary().MatchString(s) {
				return l.fault(0, "this line has bytes but is no call of strace that can be read")
			}
			continue
		}
		if call, ok := strings.CutSuffix(s, unfinished); ok {
			begun[m[1]+m[2]] = call
			continue
		}
		fd := m[4]
		if m[3] == "close" {
			delete(stream, fd)
			continue
		}
		result := straceResult().FindStringSubmatch(m[5])
		if result == nil {
			if strings.Contains(m[5], `"`) && !strings.Contains(m[5], ") = -1 ") && !strings.Contains(m[5], ") = ? ") {
				return l.fault(0, "this call has no result: it was not copied whole")
			}
			continue // it failed
		}
		size, err := strconv.Atoi(result[1])
		if err != nil || size > Limit {
			return l.fault(0, "a call with "+result[1]+" bytes is too long")
		}
		from := 0
		if m[3][0] == 'r' || m[3][:2] == "pr" {
			from = 1
		}
		b, err := straceBytes(w, l, m[5], size, from == 0)
		if err != nil {
			return err
		}
		if size == 0 {
			continue
		}
		if stream[fd] == 0 {
			streams++
			stream[fd] = streams
		}
		n++
		if err := of.take(said(stream[fd], from, b, l)); err != nil {
			return err
		}
	}
	if err := w.failed(); err != nil {
		return err
	}
	if n == 0 {
		return top.fault(0, "strace without data that was sent or received")
	}
	return of.finish()
}

// straceBytes returns the bytes of a call: its strings, or the dump that follows
// with strace -e write=all.
func straceBytes(w *window, l line, arguments string, size int, sent bool) (b []byte, err error) {
	if b, ok, err := straceDump(w, l, size); ok || err != nil {
		return b, err
	}
	for i := 0; i < len(arguments); i++ {
		if arguments[i] != '"' {
			continue
		}
		piece, end, err := readQuoted(arguments, i)
		if err != nil {
			return nil, l.fault(0, "a string that cannot be read")
		}
		if strings.HasPrefix(arguments[end:], "...") {
			return nil, l.fault(0, "strace has cut this string: it shows "+plural(len(piece), "byte")+"; use strace -s 65535 to see all")
		}
		if m := straceLength().FindStringSubmatch(arguments[end:]); sent && m != nil && m[1] != strconv.Itoa(len(piece)) {
			return nil, l.fault(0, "a string of "+plural(len(piece), "byte")+" where the call says "+m[1]+": it was changed or cut; use strace -s 65535 to see all")
		}
		b = append(b, piece...)
		i = end - 1
	}
	if len(b) < size || len(b) > size && !sent { // what is sent may be taken in part
		return nil, l.fault(0, strconv.Itoa(len(b))+" of the "+plural(size, "byte")+" of this call are shown; use strace -s 65535 to see all")
	}
	return b[:size], nil
}

// straceDump reads the dump that follows a call, if there is one.
func straceDump(w *window, l line, size int) (b []byte, ok bool, err error) {
	offset, left := 0, size // of the buffer
	for len(b) < size {
		next, more := w.after()
		if !more {
			break
		}
		if m := straceBuffer().FindStringSubmatch(next.text); m != nil {
			offset = 0
			left, _ = strconv.Atoi(m[1])
			ok = true
			w.at(w.index + 1)
			continue
		}
		m := straceRow().FindStringSubmatch(next.text)
		if m == nil {
			break
		}
		at, _ := strconv.ParseUint(m[1], 16, 32)
		want := min(left, 16)
		row, err := hex.DecodeString(strings.ReplaceAll(m[2][:min(len(m[2]), want*3+want/9)], " ", ""))
		if err != nil || len(row) != want || at != uint64(offset) {
			return nil, false, next.fault(0, "not the "+plural(want, "byte")+" in hex at offset "+strconv.Itoa(offset)+" that belong here")
		}
		b, left, offset = append(b, row...), left-want, offset+want
		ok = true
		w.at(w.index + 1)
	}
	if ok && len(b) != size {
		return nil, false, l.fault(0, "a dump of "+plural(len(b), "byte")+" of the "+strconv.Itoa(size)+" of this call")
	}
	return b, ok, nil
}

// interest leaves out the descriptors of files: if HTTP is seen on some, those on which it
// is not, and else those that do not begin like a message, unless that is all.
type interest struct {
	add   func(part) error
	held  []part
	size  int          // bytes of those
	http  bool         // it was seen
	heard map[int]bool // the connections on which it was
}

// mostOfNoInterest is how many bytes wait for HTTP on their connection or another.
const mostOfNoInterest = 1 << 20

func (q *interest) take(p part) error {
	if capture.IsHTTP(p.data) && !q.heard[p.stream] {
		if q.heard == nil {
			q.heard = map[int]bool{}
		}
		q.http, q.heard[p.stream] = true, true
		held := q.held
		q.held, q.size = nil, 0
		for _, before := range held {
			if err := q.take(before); err != nil {
				return err
			}
		}
	}
	if q.heard[p.stream] {
		return q.add(p)
	}
	q.held = append(q.held, p)
	if q.size += len(p.data); q.size > mostOfNoInterest {
		return q.finish()
	}
	return nil
}

// finish decides about what waits.
func (q *interest) finish() error {
	held := q.held
	q.held, q.size = nil, 0
	if q.http {
		return nil
	}
	of := map[int]bool{}
	for _, p := range held {
		if looks(p.data) {
			of[p.stream] = true
		}
	}
	for _, p := range held {
		if len(of) == 0 || of[p.stream] {
			if err := q.add(p); err != nil {
				return err
			}
		}
	}
	return nil
}
