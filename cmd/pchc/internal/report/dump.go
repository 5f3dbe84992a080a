package report

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/cmd/pchc/internal/render"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
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
	Mark string // "breach" of one that tells a breach, "field" of one with the field of the finding, "skip" of one that stands for others
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
func dump(f *campaign.Finding, t *render.Text) []excerpt {
	var all []excerpt
	for i, m := range f.Messages {
		if left := len(f.Messages) - 1 - i; left > previous {
			continue
		}
		e := excerpt{Lines: explain(&m, t, -1)}
		if len(f.Messages) > 1 {
			e.Label = "message " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(f.Messages))
		}
		if i == len(f.Messages)-1 {
			at := -1
			if f.Field != "" {
				at = f.Offset
			}
			e.Lines = explain(&m, t, at)
		}
		all = append(all, e)
	}
	return all
}

// explain explains one message. at is the offset of the field that the finding
// is about, -1 if there is none.
func explain(m *fuzz.Message, t *render.Text, at int) []dumpLine {
	message := render.New(m.Kind, m.Bytes, 0)
	painted := lines(t.Append(nil, message))
	plain := painted
	if t.Style != (render.Style{}) {
		plain = lines((&render.Text{Width: t.Width, ShowSecrets: t.ShowSecrets}).Append(nil, message))
	}
	all := make([]dumpLine, len(plain))
	shown := make([]bool, len(plain))
	show := func(i int) {
		for j := max(0, i-around); j <= min(i+around, len(shown)-1); j++ {
			shown[j] = true
		}
	}
	field := -1
	for i, line := range plain {
		all[i].Text = painted[i]
		digits, _, _ := strings.Cut(line, " ")
		if offset, err := strconv.ParseInt(digits, 16, 64); err == nil && i > 0 && int(offset) <= at && at >= 0 {
			field = i // in the end the last one that begins there or before
		}
		if mark := strings.TrimLeft(line, " "); strings.HasPrefix(mark, "^^ ") && strings.HasPrefix(line, " ") {
			all[i].Mark = "breach"
			show(i)
		}
		if i < begin || i == len(plain)-1 {
			shown[i] = true
		}
	}
	if field >= 0 {
		all[field].Mark = "field"
		show(field)
	}
	if len(all) <= longest {
		return all
	}
	var some []dumpLine
	for i := 0; i < len(all); {
		n := 0
		for i+n < len(all) && !shown[i+n] {
			n++
		}
		if n > 0 {
			some = append(some, dumpLine{"... " + count(int64(n), "line") + " left out ...", "skip"})
			i += n
			continue
		}
		some = append(some, all[i])
		i++
	}
	return some
}

func lines(b []byte) []string {
	return strings.Split(string(bytes.TrimRight(b, "\n")), "\n")
}
