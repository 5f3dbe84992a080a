package report

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/hostedcache/pchc/fuzz"
)

// faults says of each fault what a target does.
var faults = map[fuzz.Fault]string{
	fuzz.Accepted:   "takes a malformed message for valid",
	fuzz.Rejected:   "takes a valid message for malformed",
	fuzz.WrongRule:  "rejects a message for another reason than the first that there is",
	fuzz.WrongName:  "takes a message for another one",
	fuzz.WrongField: "reads a field wrongly",
	fuzz.Derived:    "derives the wrong thing from the fields",
	fuzz.Sender:     "is wrong about what a sender should have written",
	fuzz.Encoding:   "encodes what it decoded otherwise",
	fuzz.Memory:     "takes memory that the message's bytes do not back",
	fuzz.Answered:   "answers a message that is to be dropped",
	fuzz.Unanswered: "does not answer a message that is to be answered",
	fuzz.WrongCode:  "answers with the wrong ResponseCode",
	fuzz.Malformed:  "answers with what is no RESPONSE_MESSAGE",
	fuzz.Crash:      "crashes, or can no longer be reached",
	fuzz.Hang:       "does not answer in time",
	fuzz.Slow:       "takes long to answer",
	fuzz.BadReply:   "answers with what cannot be understood",
}

// Clean makes text from outside fit for a line: what is not printable, line ends
// and signs that turn the direction of writing among it, becomes an escape.
func Clean(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + string("0123456789abcdef"[s[0]>>4]) + string("0123456789abcdef"[s[0]&15]))
		case strconv.IsPrint(r):
			b.WriteString(s[:n])
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		s = s[n:]
	}
	return b.String()
}

// grouped writes a number with a blank between thousands.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + " " + s[i:]
	}
	return s
}

// count returns "1 message", "2 000 messages".
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(n) + " " + noun
}

// seconds writes a time for people: "0.31 s", "2 s", "9.9 s", "2 min 5 s", "3 h 2 min".
func seconds(d time.Duration) string {
	s := d.Seconds()
	switch whole := int64(math.Round(s)); {
	case d < time.Minute && d%time.Second == 0:
		return strconv.FormatInt(whole, 10) + " s"
	case s < 1:
		return strconv.FormatFloat(s, 'f', 2, 64) + " s"
	case s < 9.95:
		return strconv.FormatFloat(s, 'f', 1, 64) + " s"
	case whole < 60:
		return strconv.FormatInt(whole, 10) + " s"
	case whole < 3600:
		return two(whole/60, "min", whole%60, "s")
	default:
		return two(whole/3600, "h", whole%3600/60, "min")
	}
}

func two(a int64, unit string, b int64, smaller string) string {
	s := grouped(a) + " " + unit
	if b > 0 {
		s += " " + grouped(b) + " " + smaller
	}
	return s
}

// perSecond writes a rate with the digits that matter: "61 300/s", "4.2/s".
func perSecond(n int64, d time.Duration) string {
	if n <= 0 || d <= 0 {
		return "0/s"
	}
	return rounded(float64(n)/d.Seconds()) + "/s"
}

// rounded writes v with three digits that are not 0.
func rounded(v float64) string {
	if v < 100 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	return grouped(int64(math.Round(v/unit) * unit))
}
