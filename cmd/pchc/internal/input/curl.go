package input

import (
	"encoding/hex"
	"strconv"
	"strings"
)

var (
	// "12:00:00.123456 [0-0] => Send header, 163 bytes (0xa3)"; the time is there
	// with --trace-time, the transfer and the connection with --trace-ids.
	curlRecord = lazy(`^(?:[0-9:.]+ )?(?:\[(?:\d+|x)-(\d+|x)\] )?(=> Send|<= Recv) (header|data|SSL data), (\d+) bytes \(0x[0-9a-f]+\)$`)
	curlInfo   = lazy(`^(?:[0-9:.]+ )?(?:\[(?:\d+|x)-(?:\d+|x)\] )?== Info: ?(.*)$`)
	curlMark   = lazy(`(?:=> Send|<= Recv) (?:header|data|SSL data), \d+ bytes \(0x[0-9a-f]+\)$`)
	curlRow    = lazy(`^([0-9a-f]{4,8}): (.*)$`)
)

// parseCurl reads what curl --trace writes.
func parseCurl(w *window, add func(part) error) error {
	var top line // of the text
	n := 0
	stream := -1 // numbers from 0 are those of --trace-ids
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		if w.index == 0 {
			top = l
		}
		s := strings.TrimSpace(l.text)
		if m := curlInfo().FindStringSubmatch(s); m != nil {
			if strings.HasPrefix(m[1], "Closing connection") || strings.HasPrefix(m[1], "Connected to ") {
				stream--
			}
			continue
		}
		m := curlRecord().FindStringSubmatch(s)
		if m == nil {
			if curlRow().MatchString(s) || curlMark().MatchString(s) {
				return l.fault(0, "this line belongs to no record of curl --trace")
			}
			continue
		}
		size, err := strconv.Atoi(m[4])
		if err != nil || size > Limit {
			return l.fault(0, "a record of "+m[4]+" bytes is too long")
		}
		b, err := curlBytes(w, l, size)
		if err != nil {
			return err
		}
		from := 0
		if m[2] == "<= Recv" {
			from = 1
		}
		of := stream
		if m[1] != "" && m[1] != "x" {
			of, _ = strconv.Atoi(m[1])
		}
		if m[3] != "SSL data" && size > 0 { // that is TLS; what is in it follows
			n++
			if err := add(said(of, from, b, l)); err != nil {
				return err
			}
		}
	}
	if err := w.failed(); err != nil {
		return err
	}
	if n == 0 {
		return top.fault(0, "curl --trace without data")
	}
	return nil
}

// curlBytes reads the dump of a record of the given size, which is behind the line at
// hand: 16 bytes on each line.
func curlBytes(w *window, head line, size int) (b []byte, err error) {
	for len(b) < size {
		l, ok := w.at(w.index + 1)
		var m []string
		if ok {
			m = curlRow().FindStringSubmatch(strings.TrimSpace(l.text))
		}
		if err := w.failed(); err != nil && !ok {
			return nil, err
		}
		if m == nil {
			return nil, head.fault(0, "only "+strconv.Itoa(len(b))+" of the "+plural(size, "byte")+" of this record are present")
		}
		want := min(size-len(b), 16)
		offset, _ := strconv.ParseUint(m[1], 16, 32)
		row, err := hex.DecodeString(strings.ReplaceAll(m[2][:min(3*want-1, len(m[2]))], " ", ""))
		switch {
		case offset != uint64(len(b)):
			return nil, l.fault(0, "offset "+m[1]+" does not follow the "+plural(len(b), "byte")+" before it: bytes are missing or out of order")
		case err != nil || len(row) != want:
			return nil, l.fault(0, "not the "+plural(want, "byte")+" in hex that belong here; curl --trace-ascii loses them, use curl --trace")
		}
		b = append(b, row...)
	}
	return b, nil
}
