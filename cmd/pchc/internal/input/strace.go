package input

import (
	"encoding/hex"
	"slices"
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
func parseStrace(lines []line) ([]part, error) {
	var parts []part
	stream := map[string]int{} // of descriptors
	streams := 0
	begun := map[string]string{} // calls that go on later, by process
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		s := strings.TrimSpace(l.text)
		if m := straceResume().FindStringSubmatch(s); m != nil {
			pid := m[1] + m[2]
			if begun[pid] == "" {
				continue // began before the trace, or is none of these
			}
			if strings.HasSuffix(s, unfinished) { // it would grow from line to line
				return nil, l.fault(0, "a call of strace that is resumed, and unfinished again")
			}
			s = begun[pid] + m[4]
			delete(begun, pid)
		}
		m := straceCall().FindStringSubmatch(s)
		if m == nil {
			if straceBinary().MatchString(s) {
				return nil, l.fault(0, "this line has bytes but is no call of strace that can be read")
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
				return nil, l.fault(0, "this call has no result: it was not copied whole")
			}
			continue // it failed
		}
		size, err := strconv.Atoi(result[1])
		if err != nil || size > Limit {
			return nil, l.fault(0, "a call with "+result[1]+" bytes is too long")
		}
		from := 0
		if m[3][0] == 'r' || m[3][:2] == "pr" {
			from = 1
		}
		b, n, err := straceBytes(l, m[5], lines[i+1:], size, from == 0)
		if err != nil {
			return nil, err
		}
		i += n
		if size == 0 {
			continue
		}
		if stream[fd] == 0 {
			streams++
			stream[fd] = streams
		}
		parts = append(parts, said(stream[fd], from, b, l))
	}
	if len(parts) == 0 {
		return nil, lines[0].fault(0, "strace without data that was sent or received")
	}
	return ofInterest(parts), nil
}

// straceBytes returns the bytes of a call: its strings, or the dump that follows
// with strace -e write=all. n is how many lines that has.
func straceBytes(l line, arguments string, lines []line, size int, sent bool) (b []byte, n int, err error) {
	if b, n, err = straceDump(l, lines, size); n > 0 || err != nil {
		return b, n, err
	}
	for i := 0; i < len(arguments); i++ {
		if arguments[i] != '"' {
			continue
		}
		piece, end, err := readQuoted(arguments, i)
		if err != nil {
			return nil, 0, l.fault(0, "a string that cannot be read")
		}
		if strings.HasPrefix(arguments[end:], "...") {
			return nil, 0, l.fault(0, "strace has cut this string: it shows "+plural(len(piece), "byte")+"; use strace -s 65535 to see all")
		}
		if m := straceLength().FindStringSubmatch(arguments[end:]); sent && m != nil && m[1] != strconv.Itoa(len(piece)) {
			return nil, 0, l.fault(0, "a string of "+plural(len(piece), "byte")+" where the call says "+m[1]+": it was changed or cut; use strace -s 65535 to see all")
		}
		b = append(b, piece...)
		i = end - 1
	}
	if len(b) < size || len(b) > size && !sent { // what is sent may be taken in part
		return nil, 0, l.fault(0, strconv.Itoa(len(b))+" of the "+plural(size, "byte")+" of this call are shown; use strace -s 65535 to see all")
	}
	return b[:size], 0, nil
}

// straceDump reads the dump that follows a call, if there is one.
func straceDump(l line, lines []line, size int) (b []byte, n int, err error) {
	offset, left := 0, size // of the buffer
	for n < len(lines) && len(b) < size {
		if m := straceBuffer().FindStringSubmatch(lines[n].text); m != nil {
			offset = 0
			left, _ = strconv.Atoi(m[1])
			n++
			continue
		}
		m := straceRow().FindStringSubmatch(lines[n].text)
		if m == nil {
			break
		}
		at, _ := strconv.ParseUint(m[1], 16, 32)
		want := min(left, 16)
		row, err := hex.DecodeString(strings.ReplaceAll(m[2][:min(len(m[2]), want*3+want/9)], " ", ""))
		if err != nil || len(row) != want || at != uint64(offset) {
			return nil, 0, lines[n].fault(0, "not the "+plural(want, "byte")+" in hex at offset "+strconv.Itoa(offset)+" that belong here")
		}
		b, left, offset = append(b, row...), left-want, offset+want
		n++
	}
	if n > 0 && len(b) != size {
		return nil, 0, l.fault(0, "a dump of "+plural(len(b), "byte")+" of the "+strconv.Itoa(size)+" of this call")
	}
	return b, n, nil
}

// ofInterest leaves out the descriptors of files: if HTTP is seen on some, those
// on which it is not, and else those that do not begin like a message, unless that
// is all.
func ofInterest(parts []part) []part {
	for _, speaks := range []func([]byte) bool{capture.IsHTTP, looks} {
		of := map[int]bool{}
		for _, p := range parts {
			if speaks(p.data) {
				of[p.stream] = true
			}
		}
		if len(of) > 0 {
			return slices.DeleteFunc(parts, func(p part) bool { return !of[p.stream] })
		}
	}
	return parts
}
