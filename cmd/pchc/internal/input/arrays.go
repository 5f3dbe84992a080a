package input

import (
	"strconv"
	"strings"
)

// The heads of Wireshark's C arrays: what a peer of a stream sent (Follow
// Stream), or a packet and what was reassembled from it (Export Packet
// Dissections), with a comment before it.
var (
	arrayHead  = lazy(`^(?:static )?(?:const )?(?:unsigned )?char (?:peer(\d+)_(\d+)|pkt(\d+)(?:_(\d+))?) ?\[(\d*)\] = \{(.*)$`)
	arrayTitle = lazy(`^/\* (.* \(\d+ bytes?\)) \*/$`)
	arrayByte  = lazy(`^0x([0-9A-Fa-f]{2})$`)
)

// parseArrays reads Wireshark's C arrays.
func parseArrays(lines []line) ([]part, error) {
	var parts []part
	var order sequence
	title := ""
	for i := 0; i < len(lines); i++ {
		s := strings.TrimSpace(lines[i].text)
		if m := arrayTitle().FindStringSubmatch(s); m != nil {
			title = m[1] + ":"
		}
		m := arrayHead().FindStringSubmatch(s)
		if m == nil {
			if isRest(lines[i]) || strings.Contains(s, "0x") {
				return nil, lines[i].fault(0, "bytes outside of an array")
			}
			continue
		}
		b, n, err := readArray(lines[i:], m[6])
		if err != nil {
			return nil, err
		}
		if want, err := strconv.Atoi(m[5]); err == nil && want != len(b) {
			return nil, lines[i].fault(0, "an array of "+plural(want, "byte")+" has "+strconv.Itoa(len(b)))
		}
		if m[1] != "" {
			if err := order.next(lines[i], m[1], m[2]); err != nil {
				return nil, err
			}
			from, _ := strconv.Atoi(m[1])
			parts = append(parts, said(1, from, b, lines[i]))
		} else {
			parts = append(parts, part{data: b, line: lines[i].no, title: title})
		}
		title = ""
		i += n
	}
	return parts, nil
}

// readArray reads the elements of an array whose first line has the given rest,
// and returns how many lines follow that.
func readArray(lines []line, rest string) (b []byte, n int, err error) {
	for {
		rest = comment().ReplaceAllString(rest, " ")
		elements, _, whole := strings.Cut(rest, "}")
		for _, e := range strings.FieldsFunc(elements, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			m := arrayByte().FindStringSubmatch(e)
			if m == nil {
				return nil, 0, lines[n].fault(0, "'"+clip(e)+"' is not a byte such as 0x00")
			}
			v, _ := strconv.ParseUint(m[1], 16, 8)
			b = append(b, byte(v))
		}
		if whole {
			return b, n, nil
		}
		if n++; n == len(lines) {
			return nil, 0, lines[0].fault(0, "the array does not end: no '}'")
		}
		rest = lines[n].text
	}
}
