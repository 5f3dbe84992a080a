package report

import (
	"math"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/fuzz"
)

// faults describe what a target does, by fault.
var faults = map[fuzz.Fault]string{
	fuzz.Accepted:   "accepts an invalid message",
	fuzz.Rejected:   "rejects a valid message",
	fuzz.WrongRule:  "rejects an invalid message for the wrong reason",
	fuzz.WrongName:  "decodes a message as another one",
	fuzz.WrongField: "decodes a field wrongly",
	fuzz.Derived:    "computes a wrong value from the fields",
	fuzz.Sender:     "misjudges a sender rule",
	fuzz.Encoding:   "does not re-encode a message to the same bytes",
	fuzz.Memory:     "allocates more memory than the message justifies",
	fuzz.Answered:   "answers a message that it must drop",
	fuzz.Unanswered: "does not answer a message that it must answer",
	fuzz.WrongCode:  "answers with the wrong ResponseCode",
	fuzz.Malformed:  "sends an invalid message",
	fuzz.Mismatch:   "answers with a message that does not fit the request, or with a wrong block",
	fuzz.Leak:       "keeps something of each message",
	fuzz.Complexity: "needs time that grows faster than the message",
	fuzz.Aging:      "needs more and more time for the same message",
	fuzz.Idle:       "uses the processor without a message",
	fuzz.Limit:      "exceeds a limit",
	fuzz.Unexpected: "sends what it must not send, or not then",
	fuzz.Missing:    "does not send what it must",
	fuzz.Unserved:   "does not serve what it has offered, retrieved or listed",
	fuzz.Transport:  "breaks HTTP",
	fuzz.Wrong:      "answers wrongly, whatever the message",
	fuzz.Unfetched:  "does not retrieve the blocks of an offer, or not from where it must",
	fuzz.Crash:      "crashes or becomes unreachable",
	fuzz.Hang:       "does not answer, or give up, in time",
	fuzz.Slow:       "answers slowly",
	fuzz.BadReply:   "sends an invalid reply",
}

// grouped formats a number with a blank between thousands.
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

// seconds formats a duration: "0.31 s", "2 s", "9.9 s", "2 min 5 s", "3 h 2 min".
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

// perSecond formats a rate with three significant digits: "61 300/s", "4.2/s".
func perSecond(n int64, d time.Duration) string {
	if n <= 0 || d <= 0 {
		return "0/s"
	}
	return rounded(float64(n)/d.Seconds()) + "/s"
}

// rounded formats v with three significant digits.
func rounded(v float64) string {
	if v < 100 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	unit := math.Pow(10, math.Floor(math.Log10(v))-2)
	return grouped(int64(math.Round(v/unit) * unit))
}
