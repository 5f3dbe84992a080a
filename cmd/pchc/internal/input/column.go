package input

import (
	"bytes"
	"strings"
)

// likeness is how much a column of text beside bytes is like them.
type likeness uint8

const (
	unlike likeness = iota
	asLong          // as many characters: bytes or text were edited
	alike
)

// likeText compares what stands behind bytes in a dump with them: printable
// characters stand as they are, "." or the like for others, perhaps between bars.
func likeText(s string, b []byte) likeness {
	s = strings.Trim(s, " \t")
	best := unlike
	for _, left := range []string{"", "|", ">", ":", "*", "-"} {
		for _, right := range []string{"", "|", "<", "*"} {
			inner, ok := strings.CutPrefix(s, left)
			if ok {
				inner, ok = strings.CutSuffix(inner, right)
			}
			if ok {
				bare, trimmed := strings.TrimLeft(inner, " \t|"), bytes.TrimLeft(b, " ") // blanks at the ends may be lost
				best = max(best, likeColumn(inner, b, false), likeColumn(inner, trimmed, false),
					likeColumn(inner, b, true), likeColumn(bare, b, true), likeColumn(bare, trimmed, true))
			}
		}
	}
	return best
}

// likeColumn compares characters with bytes. With gaps, blanks and bars may stand
// between groups of characters, and do not stand for unprintable bytes.
func likeColumn(s string, b []byte, gaps bool) likeness {
	i, n, same := 0, 0, true
	for _, c := range s {
		space := c == ' ' || c == '\t' || c == '|'
		if i < len(b) && shows(c, b[i]) && (!gaps || !space || rune(b[i]) == c) {
			i++
			n++
			continue
		}
		if gaps && space || i == len(b) && c == ' ' {
			continue
		}
		same = false
		i++
		n++
	}
	for i < len(b) && b[i] == ' ' {
		i++
		n++
	}
	switch {
	case same && i == len(b):
		return alike
	case n == len(b):
		return asLong
	}
	return unlike
}

// shows reports whether a tool may write c for a byte.
func shows(c rune, b byte) bool {
	switch {
	case b == ' ':
		return c == ' ' || c == '.' || c == '_' || c >= 0x7f
	case b > ' ' && b < 0x7f:
		return c == rune(b)
	case b == 0 && c == '0', (b == '\t' || b == '\n' || b == '\r' || b == '\f') && c == '_': // hexyl
		return true
	}
	return c == '.' || c == ' ' || c == '?' || c >= 0x7f
}
