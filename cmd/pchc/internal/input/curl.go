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
func parseCurl(lines []line) ([]part, error) {
	var parts []part
	stream := -1 // numbers from 0 are those of --trace-ids
	for i := 0; i < len(lines); i++ {
		s := strings.TrimSpace(lines[i].text)
		if m := curlInfo().FindStringSubmatch(s); m != nil {
			if strings.HasPrefix(m[1], "Closing connection") || strings.HasPrefix(m[1], "Connected to ") {
				stream--
			}
			continue
		}
		m := curlRecord().FindStringSubmatch(s)
		if m == nil {
			if curlRow().MatchString(s) || curlMark().MatchString(s) {
				return nil, lines[i].fault(0, "this line belongs to no record of curl --trace")
			}
			continue
		}
		size, err := strconv.Atoi(m[4])
		if err != nil || size > Limit {
			return nil, lines[i].fault(0, "a record of "+m[4]+" bytes is too long")
		}
		b, n, err := curlBytes(lines[i], lines[i+1:], size)
		if err != nil {
			return nil, err
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
			parts = append(parts, said(of, from, b, lines[i]))
		}
		i += n
	}
	if len(parts) == 0 {
		return nil, lines[0].fault(0, "curl --trace without data")
	}
	return parts, nil
}

// curlBytes reads the dump of a record of the given size: 16 bytes on each line.
// It returns how many lines it is.
func curlBytes(head line, lines []line, size int) (b []byte, n int, err error) {
	for ; len(b) < size; n++ {
		var m []string
		if n < len(lines) {
			m = curlRow().FindStringSubmatch(strings.TrimSpace(lines[n].text))
		}
		if m == nil {
			return nil, 0, head.fault(0, "only "+strconv.Itoa(len(b))+" of the "+plural(size, "byte")+" of this record are present")
		}
		want := min(size-len(b), 16)
		offset, _ := strconv.ParseUint(m[1], 16, 32)
		row, err := hex.DecodeString(strings.ReplaceAll(m[2][:min(3*want-1, len(m[2]))], " ", ""))
		switch {
		case offset != uint64(len(b)):
			return nil, 0, lines[n].fault(0, "offset "+m[1]+" does not follow the "+plural(len(b), "byte")+" before it: bytes are missing or out of order")
		case err != nil || len(row) != want:
			return nil, 0, lines[n].fault(0, "not the "+plural(want, "byte")+" in hex that belong here; curl --trace-ascii loses them, use curl --trace")
		}
		b = append(b, row...)
	}
	return b, n, nil
}
