package filter

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/codec"
)

// ParseType returns the name in JSON of a type of message, in any case, with or without
// MSG_ and _MESSAGE.
func ParseType(s string) (string, error) {
	for _, name := range Types {
		if ShortType(name) == ShortType(s) {
			return name, nil
		}
	}
	return "", errors.New("must be the name of a message, such as BATCHED_OFFER_MESSAGE, batched-offer, MSG_GETBLKS or Probe")
}

// ShortType returns the shortest form of the name of a type of message: batched-offer.
func ShortType(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "_", "-"))
	return strings.TrimSuffix(strings.TrimPrefix(name, "msg-"), "-message")
}

// ParsePrefix reads an IP address, with or without the length of a prefix.
func ParsePrefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil {
		a = a.Unmap().WithZone("")
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, errors.New("must be an address or prefix, such as 10.0.0.7, 10.0.0.0/24 or 2001:db8::/32")
	}
	return p.Masked(), nil
}

// ParseFrames reads a number of a frame, or a range: 7, 7-9, 7- or -9.
func ParseFrames(s string) (Frames, error) {
	wrong := errors.New("must be the number of a frame, or a range, such as 17, 17-40 or 17-")
	from, to, isRange := strings.Cut(s, "-")
	if !isRange {
		to = from
	}
	r := Frames{1, 1<<63 - 1}
	for _, end := range []struct {
		text string
		n    *int64
	}{{from, &r.First}, {to, &r.Last}} {
		if end.text == "" && isRange {
			continue
		}
		n, err := strconv.ParseInt(end.text, 10, 64)
		if err != nil || n < 1 {
			return r, wrong
		}
		*end.n = n
	}
	if s == "-" || r.First > r.Last {
		return r, wrong
	}
	return r, nil
}

// Time is a moment, a time of day, or a time since the first frame.
type Time struct {
	set    bool
	clock  bool // a time of day: of moment the clock counts
	after  bool // since the first frame
	since  time.Duration
	moment time.Time
}

// ParseTime reads a time as RFC 3339 has it, 15:04, 15:04:05.123, or +90s. What has no
// zone is in the given one.
func ParseTime(s string, zone *time.Location) (Time, error) {
	if rest, ok := strings.CutPrefix(s, "+"); ok {
		if d, err := time.ParseDuration(rest); err == nil && d >= 0 {
			return Time{set: true, after: true, since: d}, nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return Time{set: true, moment: t}, nil
		}
	}
	for _, layout := range []string{"15:04:05", "15:04"} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return Time{set: true, clock: true, moment: t}, nil
		}
	}
	return Time{}, errors.New("must be a time, such as 2026-03-14T15:09:26Z, 15:09:26 (on the day of the first frame) or +90s (after the first frame)")
}

// at returns the moment in a capture that begins with start.
func (t Time) at(start time.Time) time.Time {
	switch {
	case t.after:
		return start.Add(t.since)
	case t.clock:
		y, m, d := start.In(t.moment.Location()).Date()
		h, min, s := t.moment.Clock()
		return time.Date(y, m, d, h, min, s, t.moment.Nanosecond(), t.moment.Location())
	}
	return t.moment
}

// Tag is a content tag: 16 bytes, or how its text begins.
type Tag struct{ text, whole string }

// ParseTag reads a content tag: its text or the beginning of that, in any case, or 32
// hexadecimal digits.
func ParseTag(s string) (Tag, error) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == codec.ContentTagLen {
		return Tag{whole: string(b)}, nil
	}
	if s == "" || len(s) > codec.ContentTagLen {
		return Tag{}, fmt.Errorf("must be a content tag or its beginning, such as WinINet or BITS, or its 32 hexadecimal digits")
	}
	return Tag{text: s}, nil
}

func (t Tag) matches(b []byte) bool {
	if t.whole != "" {
		return string(b) == t.whole
	}
	return len(b) >= len(t.text) && strings.EqualFold(string(b[:len(t.text)]), t.text)
}

// Prefix is the beginning of a HoHoDk.
type Prefix struct {
	whole []byte
	half  int // the digit behind, -1 for none
}

// ParseSegment reads the beginning of a HoHoDk in hexadecimal digits. It may end with the
// dots that rows have.
func ParseSegment(s string) (Prefix, error) {
	s = strings.TrimSuffix(strings.TrimSuffix(s, "..."), "\u2026")
	p := Prefix{half: -1}
	even := s[:len(s)&^1]
	b, err := hex.DecodeString(even)
	if err == nil && len(s)%2 == 1 {
		var n uint64
		n, err = strconv.ParseUint(s[len(even):], 16, 4)
		p.half = int(n)
	}
	if s == "" || err != nil || len(b) > 64 {
		return p, errors.New("must be the HoHoDk of a segment or its beginning in hexadecimal digits, such as 7365296aa158f7a4")
	}
	p.whole = b
	return p, nil
}

func (p Prefix) of(id []byte) bool {
	if len(id) < len(p.whole) || string(id[:len(p.whole)]) != string(p.whole) {
		return false
	}
	return p.half < 0 || len(id) > len(p.whole) && int(id[len(p.whole)]>>4) == p.half
}
