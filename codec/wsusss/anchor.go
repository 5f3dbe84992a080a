package wsusss

import (
	"math"
	"strings"
	"time"

	"github.com/hostedcache/pchc/codec/soapfault"
)

// WindowsAnchor is what an anchor of a Windows server says. To the protocol anchors
// are opaque: a caller sends back what it has been given, and nothing may depend on
// this form.
type WindowsAnchor struct {
	Number uint32    // 1 to 2147483647
	Time   time.Time // to the millisecond; the text has no zone, this is UTC
}

// ParseWindowsAnchor reads an anchor of the form "9438,2026-10-04 16:33:26.668". The
// error is an *Error of RuleAnchor; such an anchor may be one of another server.
func ParseWindowsAnchor(s string) (WindowsAnchor, error) {
	const form = "2006-01-02 15:04:05.000"
	digits, text, _ := strings.Cut(s, ",")
	n, ok := number(digits)
	t, err := time.Parse(form, text)
	if !ok || n == 0 || n > math.MaxInt32 || digits[0] == '0' || err != nil || len(text) != len(form) || t.Format(form) != text {
		return WindowsAnchor{}, soapfault.NewError(RuleAnchor, "anchor", 0, s, "is %, not of the form that Windows writes")
	}
	return WindowsAnchor{n, t}, nil
}
