package soapfault

import (
	"strings"
	"time"
)

// DateTime is a dateTime of XML Schema as it was written, and the instant that it
// means. Values are compared by their instants: two texts may mean the same.
type DateTime struct {
	Text string // without white space around it
	// Time is the instant in UTC. Without a zone the text is read as UTC.
	Time time.Time
	// Zone is "Z", such as "+02:00", or "" where there is none.
	Zone string
	// FractionDigits is the number of digits of a second's fraction, at most 7.
	FractionDigits int
}

// maxFraction is the most digits of a second's fraction: .NET counts in 100 ns.
const maxFraction = 7

// ParseDateTime reads a dateTime: yyyy-mm-ddThh:mm:ss with at most seven digits of a
// fraction, and Z, a numeric zone, or none. White space around it is allowed, as for
// every dateTime of XML Schema. The error is an *Error of RuleDateTime.
func ParseDateTime(s string) (DateTime, error) {
	d, detail := parseDateTime(s)
	if detail != "" {
		return DateTime{}, newError(RuleDateTime, "dateTime", 0, s, detail)
	}
	return d, nil
}

const noDateTime = "is %, which is no dateTime"

func parseDateTime(s string) (d DateTime, detail string) {
	d.Text = trim(s)
	rest := d.Text
	var n [6]int
	for i, f := range [...]struct {
		digits int
		before byte
	}{{4, 0}, {2, '-'}, {2, '-'}, {2, 'T'}, {2, ':'}, {2, ':'}} {
		var ok bool
		if n[i], rest, ok = number(rest, f.before, f.digits); !ok {
			return d, noDateTime
		}
	}
	fraction := 0
	if strings.HasPrefix(rest, ".") {
		rest = rest[1:]
		unit := 100_000_000
		for len(rest) > 0 && isDigit(rest[0]) {
			if d.FractionDigits == maxFraction {
				return d, "is %, which has more than seven digits of a second's fraction"
			}
			fraction += int(rest[0]-'0') * unit
			unit /= 10
			d.FractionDigits++
			rest = rest[1:]
		}
		if d.FractionDigits == 0 {
			return d, noDateTime
		}
	}
	d.Zone = rest
	offset, ok := zone(rest)
	midnight := n[3] == 24 && n[4] == 0 && n[5] == 0 && fraction == 0 // of the next day
	if !ok || n[0] == 0 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[3] > 23 && !midnight || n[4] > 59 || n[5] > 59 {
		return d, noDateTime
	}
	day := time.Date(n[0], time.Month(n[1]), n[2], 0, 0, 0, 0, time.UTC)
	if day.Day() != n[2] {
		return d, "is %, a day that its month does not have"
	}
	d.Time = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], fraction, time.UTC).Add(-offset)
	return d, ""
}

// number reads a number of so many digits, after the byte before, if any.
func number(s string, before byte, digits int) (n int, rest string, ok bool) {
	if before != 0 {
		if len(s) == 0 || s[0] != before {
			return 0, s, false
		}
		s = s[1:]
	}
	if len(s) < digits {
		return 0, s, false
	}
	for i := range digits {
		if !isDigit(s[i]) {
			return 0, s, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s[digits:], true
}

// zone reads a whole zone: Z, none, or one of at most 14 hours.
func zone(s string) (offset time.Duration, ok bool) {
	if s == "" || s == "Z" {
		return 0, true
	}
	if s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	hours, rest, ok1 := number(s, s[0], 2)
	minutes, rest, ok2 := number(rest, ':', 2)
	offset = time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if s[0] == '-' {
		offset = -offset
	}
	return offset, ok1 && ok2 && rest == "" && minutes <= 59 && offset.Abs() <= 14*time.Hour
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// trim removes white space of XML at both ends.
func trim(s string) string { return strings.Trim(s, " \t\r\n") }
