package report

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
)

// excerpt is a message as the dissector explains it, without the lines in the
// middle of a long one.
type excerpt struct {
	Label string // which of the messages of a finding it is, "" of the only one
	Lines []dumpLine
}

// dumpLine is a line of an excerpt, or says how many are left out.
type dumpLine struct {
	Text string
	Mark string // "violation" of one that tells a violation, "field" of one with the field of the finding, "skip" of one that stands for others
}

// longest is how many lines of a message are shown whole, and how many at its
// beginning otherwise; around is how many beside each that matters.
const (
	longest  = 60
	begin    = 14
	around   = 3
	previous = 4 // messages before the last that are shown
)

// dump explains the messages of a finding.
func dump(f *campaign.Finding, t *message.Text) []excerpt {
	var all []excerpt
	for i, m := range f.Messages {
		if left := len(f.Messages) - 1 - i; left > previous {
			continue
		}
		var e excerpt
		if len(f.Messages) > 1 {
			e.Label = "message " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(f.Messages))
		}
		field := "" // of an earlier message, nothing is wrong
		if i == len(f.Messages)-1 {
			field = f.Field
		}
		e.Lines = explain(&m, t, field, f.Offset)
		all = append(all, e)
	}
	return all
}

// explain explains one message. field is the path of the field that the finding
// is about, "" if there is none, and at its offset.
func explain(m *fuzz.Message, t *message.Text, field string, at int) []dumpLine {
	shown := message.New(m.Kind, m.Bytes, 0)
	painted := lines(t.Append(nil, shown))
	plain := painted
	if t.Style != (message.Style{}) {
		plain = lines((&message.Text{Width: t.Width, ShowSecrets: t.ShowSecrets}).Append(nil, shown))
	}
	all := make([]dumpLine, len(plain))
	for i, line := range plain {
		all[i].Text = painted[i]
		if strings.HasPrefix(line, " ") && strings.HasPrefix(strings.TrimLeft(line, " "), "^^ ") {
			all[i].Mark = "violation"
		}
	}
	if i := find(plain, field, at); i > 0 {
		all[i].Mark = "field"
	}
	return shorten(all)
}

// find returns the line of a field, or of what begins last before it where it is
// not there; 0 if there is none.
func find(plain []string, field string, at int) int {
	if field == "" {
		return 0
	}
	name := " " + field[strings.LastIndexByte(field, '.')+1:]
	found, last := 0, int64(-1)
	for i, line := range plain {
		digits, rest, _ := strings.Cut(line, " ")
		offset, err := strconv.ParseInt(digits, 16, 64)
		if i == 0 || err != nil || offset > int64(at) {
			continue
		}
		if offset > last || strings.Contains(rest+" ", name+" ") {
			found, last = i, offset
		}
	}
	return found
}

// shorten leaves out lines that do not matter where there are many.
func shorten(all []dumpLine) []dumpLine {
	if len(all) <= longest {
		return all
	}
	shown := make([]bool, len(all))
	for i := range all {
		if i < begin || i == len(all)-1 {
			shown[i] = true
		}
		if all[i].Mark != "" {
			for j := max(0, i-around); j <= min(i+around, len(all)-1); j++ {
				shown[j] = true
			}
		}
	}
	var some []dumpLine
	for i := 0; i < len(all); i++ {
		from := i
		for i < len(all) && !shown[i] {
			i++
		}
		if i > from {
			some = append(some, dumpLine{"... " + count(int64(i-from), "line") + " left out ...", "skip"})
		}
		some = append(some, all[i]) // there is one: the last is shown
	}
	return some
}

func lines(b []byte) []string {
	return strings.Split(string(bytes.TrimRight(b, "\n")), "\n")
}
