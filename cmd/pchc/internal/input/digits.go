package input

import (
	"encoding/hex"
	"strings"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// unit is a line of plain hex or base64: its digits without the separators
// between them, and the bytes that it decodes to.
type unit struct {
	line   line
	digits string
	pieces int // runs of digits in the line
	odd    int // where its first run with an odd number of hex digits begins, or -1
	alone  []byte
	err    error // why it does not decode alone
}

// parseHex reads lines of hex digits without offsets.
func parseHex(lines []line, how Lines) ([]part, error) {
	var units []unit
	for _, l := range lines {
		u, err := hexUnit(l)
		if err != nil {
			return nil, err
		}
		if u.pieces > 0 {
			units = append(units, u)
		}
	}
	return divide(units, how, "hex", joinHex)
}

// hexUnit reads the runs of hex digits in a line.
func hexUnit(l line) (unit, error) {
	u := unit{line: l, odd: -1}
	s, bare := l.text, false // the first digits have no 0x
	var digits strings.Builder
	for i := 0; i < len(s) && s[i] != '#'; {
		if isBlank(s[i]) || strings.IndexByte(":,;-", s[i]) >= 0 {
			i++
			continue
		}
		if strings.HasPrefix(s[i:], "0x") || strings.HasPrefix(s[i:], "0X") {
			if bare {
				return u, l.fault(i, "0x here, but not before: what stands before it is no byte")
			}
			i += 2
		} else {
			bare = u.pieces == 0 || bare
		}
		n := hexLen(s[i:])
		if strings.TrimSpace(s) == "*" {
			return u, l.fault(i, "'*' stands for repeated lines, but without offsets their number is unknown (use hexdump -v or od -v)")
		}
		if m := cutMark().FindStringSubmatch(s[i:]); n == 0 && m != nil {
			return u, l.fault(i, "'"+strings.Trim(m[1], "[")+"' means that bytes were left out here; get all of them")
		}
		if n == 0 {
			return u, l.fault(i, quoteAt(s, i)+" is not a hex digit")
		}
		if n%2 != 0 && u.odd < 0 {
			u.odd = i
			u.err = l.fault(i, "'"+clip(s[i:i+n])+"' has an odd number of hex digits; a byte has two")
		}
		digits.WriteString(s[i : i+n])
		u.pieces++
		i += n
	}
	u.digits = digits.String()
	if u.err == nil {
		u.alone, _ = hex.DecodeString(u.digits)
	}
	return u, nil
}

// joinHex decodes all units as one message. A run of digits may go on over the
// end of a line only where the text was plainly cut to a width: one run a line,
// all of one length but the last.
func joinHex(units []unit) ([]byte, error) {
	cut := sameLength(units)
	for _, u := range units {
		cut = cut && u.pieces == 1
	}
	var digits strings.Builder
	for _, u := range units {
		if u.err != nil && (!cut || len(units) == 1) {
			return nil, u.err
		}
		digits.WriteString(u.digits)
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		last := units[len(units)-1]
		return nil, last.line.fault(len(last.line.text), "an odd number of hex digits in all; a byte has two")
	}
	return b, nil
}

// parseBase64 reads lines of base64.
func parseBase64(lines []line, how Lines) ([]part, error) {
	units, err := base64Units(lines)
	if err != nil {
		return nil, err
	}
	return divide(units, how, "base64", joinBase64)
}

func base64Units(lines []line) ([]unit, error) {
	var units []unit
	for _, l := range lines {
		u, err := base64Unit(l)
		if err != nil {
			return nil, err
		}
		units = append(units, u)
	}
	return units, nil
}

// base64Unit reads the digits of a line.
func base64Unit(l line) (unit, error) {
	for i := range len(l.text) {
		if c := l.text[i]; !(isBlank(c) || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || strings.IndexByte("+/-_=", c) >= 0) {
			return unit{}, l.fault(i, quoteAt(l.text, i)+" is not a base64 digit")
		}
	}
	u := unit{line: l, pieces: 1, digits: strings.Join(strings.Fields(l.text), "")}
	u.alone, u.err = decodeBase64(l, u.digits)
	return u, nil
}

func joinBase64(units []unit) ([]byte, error) {
	var digits strings.Builder
	for i, u := range units {
		if pad := strings.IndexByte(u.line.text, '='); pad >= 0 && i < len(units)-1 {
			return nil, u.line.fault(pad, "base64 padding before the last line")
		}
		digits.WriteString(u.digits)
	}
	return decodeBase64(units[0].line, digits.String())
}

// decodeBase64 decodes s, which began in line l.
func decodeBase64(l line, s string) ([]byte, error) {
	b, reason := fromBase64(s)
	if reason != "" {
		return nil, l.fault(0, reason)
	}
	return b, nil
}

// divide makes messages of units by the rule in the package comment.
func divide(units []unit, how Lines, form string, join func([]unit) ([]byte, error)) ([]part, error) {
	if len(units) == 0 {
		return nil, ErrEmpty
	}
	joined, joinErr := join(units)
	if how == Guess && len(units) > 1 {
		if parts := segments(units, joined); parts != nil {
			return parts, nil
		}
	}
	if how == Guess {
		how = One
		if len(units) > 1 && !(joinErr == nil && flawless(joined)) {
			var err error
			if how, err = guess(units); err != nil {
				return nil, err
			}
		}
	}
	if how == One {
		if joinErr != nil {
			return nil, joinErr
		}
		return []part{{data: joined, line: units[0].line.no, form: form}}, nil
	}
	parts := make([]part, len(units))
	for i, u := range units {
		if u.err != nil {
			return nil, u.err
		}
		parts[i] = part{data: u.alone, line: u.line.no, form: form}
	}
	return parts, nil
}

// segments returns units as parts if each is a packet, or if together they are
// HTTP, as tshark -T fields -e tcp.payload shows it.
func segments(units []unit, joined []byte) []part {
	parts := make([]part, len(units))
	packets, messages := 0, 0
	for i, u := range units {
		parts[i] = part{data: u.alone, line: u.line.no}
		parts[i].identify()
		switch parts[i].content {
		case packet:
			packets++
		case http:
			messages++
		}
	}
	switch {
	case packets == len(units):
		return parts
	case !capture.IsHTTP(joined):
		return nil
	case messages == 1 && sameLength(units): // wrapped
		return []part{{data: joined, line: units[0].line.no}}
	}
	for i, u := range units {
		parts[i] = said(1, 0, u.alone, u.line)
	}
	return bySpeaker(parts)
}

// flawless reports whether b is a message without any violation.
func flawless(b []byte) bool {
	return len(spec.Dissect(spec.Guess(b), b).Violations) == 0
}

// guess tells whether units are lines of one message or messages.
func guess(units []unit) (Lines, error) {
	count, other, offset := 0, -1, 0
	for i, u := range units {
		// The Content Information in a SEGMENT_INFO begins at its byte 32.
		embedded := offset == 32 && isRequest(units[0].alone, 1, 2) && looksContent(u.alone)
		if looks(u.alone) && !embedded {
			count++
		} else if other < 0 {
			other = i
		}
		offset += len(u.alone)
	}
	switch {
	case count == len(units):
		return Each, nil
	case count <= 1 && (looks(units[0].alone) || sameLength(units)):
		return One, nil
	}
	reason := "this line does not begin like a message, but others do"
	if count == 0 {
		reason = "these lines may be one message or several"
	}
	return Guess, units[other].line.fault(0, reason).because(ErrAmbiguousLines)
}

// sameLength reports whether all units but the last have the same number of
// digits, and the last no more.
func sameLength(units []unit) bool {
	width := len(units[0].digits)
	for i, u := range units {
		if n := len(u.digits); n > width || n < width && i < len(units)-1 {
			return false
		}
	}
	return true
}

// onlyHexDigits reports whether the lines hold hex digits, separators and
// nothing else.
func onlyHexDigits(lines []line) bool {
	hexes, others := countDigits(lines)
	return hexes > 0 && others == 0
}

// mostlyHexDigits reports whether at least three in four characters are hex
// digits: hex with a slip of the finger.
func mostlyHexDigits(lines []line) bool {
	hexes, others := countDigits(lines)
	return hexes >= 3*others
}

func countDigits(lines []line) (hexes, others int) {
	for _, l := range lines {
		for _, c := range []byte(l.text) {
			switch {
			case isHexDigit(c):
				hexes++
			case !isBlank(c) && strings.IndexByte(":,;-xX", c) < 0:
				others++
			}
		}
	}
	return hexes, others
}

// quoteAt returns the character at byte i of s in quotes.
func quoteAt(s string, i int) string {
	for _, r := range s[i:] {
		return "'" + string(r) + "'"
	}
	return "the end"
}

// clip shortens s for an error, which must not tell a key.
func clip(s string) string {
	if len(s) > 8 {
		return s[:8] + "..."
	}
	return s
}
