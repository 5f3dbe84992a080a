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

// parseArrays reads Wireshark's C arrays, and adds them one after the other.
func parseArrays(w *window, add func(part) error) error {
	var order sequence
	title := ""
	for l, ok := w.at(w.index); ok; l, ok = w.at(w.index + 1) {
		s := strings.TrimSpace(l.text)
		if m := arrayTitle().FindStringSubmatch(s); m != nil {
			title = m[1] + ":"
		}
		m := arrayHead().FindStringSubmatch(s)
		if m == nil {
			if isRest(l) || strings.Contains(s, "0x") {
				return l.fault(0, "bytes outside of an array")
			}
			continue
		}
		b, err := readArray(w, m[6])
		if err != nil {
			return err
		}
		if want, err := strconv.Atoi(m[5]); err == nil && want != len(b) {
			return l.fault(0, "an array of "+plural(want, "byte")+" has "+strconv.Itoa(len(b)))
		}
		p := part{data: b, line: l.no, title: title}
		if m[1] != "" {
			if err := order.next(l, m[1], m[2]); err != nil {
				return err
			}
			from, _ := strconv.Atoi(m[1])
			p = said(1, from, b, l)
		}
		if err := add(p); err != nil {
			return err
		}
		title = ""
	}
	return w.failed()
}

// readArray reads the elements of an array whose first line has the given rest, up to its
// last line.
func readArray(w *window, rest string) (b []byte, err error) {
	l, ok := w.at(w.index)
	for head := l; ok; {
		rest = comment().ReplaceAllString(rest, " ")
		elements, _, whole := strings.Cut(rest, "}")
		for _, e := range strings.FieldsFunc(elements, func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			m := arrayByte().FindStringSubmatch(e)
			if m == nil {
				return nil, l.fault(0, "'"+clip(e)+"' is not a byte such as 0x00")
			}
			v, _ := strconv.ParseUint(m[1], 16, 8)
			b = append(b, byte(v))
		}
		if whole {
			return b, nil
		}
		if l, ok = w.at(w.index + 1); !ok {
			if err := w.failed(); err != nil {
				return nil, err
			}
			return nil, head.fault(0, "the array does not end: no '}'")
		}
		rest = l.text
	}
	return nil, w.failed()
}
