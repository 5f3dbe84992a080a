package report

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/internal/message"
)

// excerpt is a message as the dissector explains it, without most of the lines of
// a long one.
type excerpt struct {
	Label string // which of the messages of a finding it is, "" for the only one
	Lines []dumpLine
}

// dumpLine is a line of an excerpt.
type dumpLine struct {
	Text string // with escape sequences where it has colours
	Mark string // "violation", "field" for the field of the finding, "skip" for lines left out, or ""
}

// dumpPart is a part of a line in one colour.
type dumpPart struct{ Class, Text string }

// classes are those of the colours of package message, by the attributes of their escape
// sequences.
var classes = map[string]string{
	"1": "title", "2": "dim", "31;1": "bad", "32": "c2", "33": "", "35": "warn", "36": "c0", "94": "c5", "95": "c3",
}

// Parts parts the line at the escape sequences of colours, which it leaves out.
func (l dumpLine) Parts() (all []dumpPart) {
	class, line := "", l.Text
	for line != "" {
		text, rest, escape := strings.Cut(line, "\x1b[")
		if text != "" {
			all = append(all, dumpPart{class, text})
		}
		if !escape {
			break
		}
		attributes, after, _ := strings.Cut(rest, "m")
		class, line = classes[attributes], after
	}
	return all
}

const (
	maxLines     = 60 // of a message that is shown whole
	headLines    = 14 // shown of a longer one
	contextLines = 3  // shown on either side of a marked line
	maxPrevious  = 4  // messages shown before the last
)

// dump explains the messages of a finding.
func dump(f *campaign.Finding, t *message.Text) []excerpt {
	var all []excerpt
	first := max(0, len(f.Messages)-1-maxPrevious)
	if f.Connections > 0 { // in no order, so none is before another
		first = len(f.Messages) - 1
	}
	if f.Conversation != nil {
		all, first = append(all, timeline(f)), len(f.Messages)-1
	}
	for i := first; i < len(f.Messages); i++ {
		var e excerpt
		if f.Conversation != nil {
			e.Label = fmt.Sprintf("the message of step %d", stepsOf(f))
		} else if len(f.Messages) > 1 {
			e.Label = "message " + strconv.Itoa(i+1) + " of " + strconv.Itoa(len(f.Messages))
			if f.Connections > 0 {
				e.Label = "one of " + strconv.Itoa(len(f.Messages)) + " messages that are sent at the same time"
			}
		}
		field := "" // an earlier message is not at fault
		if i == len(f.Messages)-1 {
			field = f.Field
		}
		e.Lines = shorten(explain(&f.Messages[i], t, field, f.Offset, f.Scenario != ""))
		all = append(all, e)
	}
	return all
}

// explain returns the lines of a message, and marks the field of the finding. keyless says
// that its keys were replaced, so that nothing can be derived from them.
func explain(m *fuzz.Message, t *message.Text, field string, at int, keyless bool) []dumpLine {
	var all []dumpLine
	add := func(text []byte, mark string) {
		for line := range bytes.Lines(text) {
			all = append(all, dumpLine{string(bytes.TrimSuffix(line, []byte("\n"))), mark})
			mark = "" // is for the first line
		}
	}
	dissected := message.New(m.Kind, m.Bytes, 0)
	if keyless {
		dissected.Derived = nil
	}
	tree := t.Tree(dissected)
	found := find(tree.Rows, field, at)
	add(tree.Heading(), "")
	for i := range tree.Rows {
		mark := ""
		if i == found {
			mark = "field"
		}
		add(tree.AppendRow(nil, i), mark)
		for j := range tree.Rows[i].Violations {
			add(tree.AppendViolation(nil, i, j), "violation")
		}
	}
	add(tree.Summary(), "")
	return all
}

// find returns the row of a field, or for an absent field the last row that
// begins before it; -1 if there is none.
func find(rows []message.Row, field string, at int) int {
	if field == "" {
		return -1
	}
	name := field[strings.LastIndexByte(field, '.')+1:]
	found, last := -1, -1
	for i := range rows {
		offset := rows[i].Offset
		if 0 <= offset && offset <= at && (offset > last || rows[i].Name == name) {
			found, last = i, offset
		}
	}
	return found
}

// shorten leaves out lines of a long message, except near marked ones.
func shorten(all []dumpLine) []dumpLine {
	if len(all) <= maxLines {
		return all
	}
	shown := make([]bool, len(all))
	for i := range all {
		if i < headLines || i == len(all)-1 {
			shown[i] = true
		}
		if all[i].Mark != "" {
			for j := max(0, i-contextLines); j <= min(i+contextLines, len(all)-1); j++ {
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
			some = append(some, dumpLine{"... " + count(int64(i-from), "line") + " omitted ...", "skip"})
		}
		some = append(some, all[i]) // in range: the last line is shown
	}
	return some
}
