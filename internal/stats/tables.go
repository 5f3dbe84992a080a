package stats

import (
	"fmt"
	"strconv"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// tables returns the tables of the report.
func (t *Text) tables(r *Report) []table {
	all := []table{
		t.counts("Clients", r.Clients, false),
		t.counts("Servers", r.Servers, true),
		t.times(r),
		offersTable(r.Offers),
		tagsTable(r.Tags),
		segmentsTable(r.Segments),
		rulesTable(r.Rules),
		blocksTable(&r.Blocks),
	}
	for i := range all {
		all[i].prune()
		if n := len(all[i].rows); n > mostRows {
			all[i].rows = all[i].rows[:mostRows]
			all[i].note = fmt.Sprintf("and %d more (--json)", n-mostRows)
		}
	}
	return all
}

// The columns of requests without a response.
const unanswered, notCaptured = "unanswered", "not captured"

// counts is a table of clients or servers.
func (t *Text) counts(title string, all []Endpoint, servers bool) table {
	tab := table{title: title, columns: []column{{"address", true}, {"protocol", true}}, seldom: []string{unanswered, notCaptured}}
	if servers {
		tab.columns = append(tab.columns, column{"role", true})
	}
	for _, head := range []string{"requests", "hits", "misses", "hit rate", "failed", unanswered, notCaptured, "bytes", "bytes/s", "violations"} {
		tab.columns = append(tab.columns, column{head, false})
	}
	anyPresumed, anyUnseen := false, false
	for i := range all {
		e := &all[i]
		row := []string{e.Address, e.Protocol}
		if servers {
			role := e.Role
			if presumed(e.Because) {
				role, anyPresumed = role+" (?)", true
			}
			row = append(row, role)
		}
		rate := "-"
		if n := e.rated(); n > 0 {
			rate = share(uint64(e.Hits), uint64(n))
		}
		unseen := e.NotCaptured + e.Incomplete
		anyUnseen = anyUnseen || unseen > 0
		tab.rows = append(tab.rows, append(row, count(e.Requests), count(e.Hits), count(e.Misses), rate,
			count(e.Failed+e.Malformed+e.Mismatched), count(e.Unanswered), count(unseen),
			size(e.Bytes), size(uint64(e.BytesPerSec)), count(e.Violations)))
	}
	switch {
	case anyPresumed:
		tab.note = "(?) presumed: no offer, MSG_GETSEGLIST or Probe shows its role"
	case anyUnseen && !servers:
		tab.note = notCaptured + ": the answer, or a part of it, is missing from the capture, as far as one can tell"
	}
	return tab
}

// times is the table of times to answer, by server.
func (t *Text) times(r *Report) table {
	tab := table{title: "Times to answer", columns: []column{{"server", true}, {"protocol", true}, {"count", false}, {"min", false}, {"median", false}, {"90 %", false}, {"99 %", false}, {"max", false}, {"min ... max, logarithmic", true}}}
	row := func(name, protocol string, times *Times) {
		if times.Count > 0 {
			tab.rows = append(tab.rows, []string{name, protocol, count(times.Count), durationText(times.Min), durationText(times.Quantile(.5)),
				durationText(times.Quantile(.9)), durationText(times.Quantile(.99)), durationText(times.Max), t.chart(times)})
		}
	}
	for i := range r.Servers {
		row(r.Servers[i].Address, r.Servers[i].Protocol, &r.Servers[i].Took)
	}
	for _, c := range caches(r.Offers) {
		row(c.Cache.String(), "MS-PCHC", &c.Took)
	}
	return tab
}

// chart draws a histogram in a line.
func (t *Text) chart(times *Times) string {
	marks := []rune(" .:-=+*#%@")
	if t.Blocks {
		marks = []rune(" ▁▂▃▄▅▆▇█")
	}
	counts := times.Chart(16)
	most := int64(1)
	for _, n := range counts {
		most = max(most, n)
	}
	s := make([]rune, len(counts))
	for i, n := range counts {
		s[i] = marks[(n*int64(len(marks)-1)+most-1)/most] // what is not 0 is seen
	}
	return "|" + string(s) + "|"
}

// caches sums the offers up by hosted cache.
func caches(all []Offers) (sums []*Offers) {
	for i := range all {
		o := &all[i]
		var sum *Offers
		for _, one := range sums {
			if one.Cache == o.Cache {
				sum = one
			}
		}
		if sum == nil {
			sum = &Offers{Cache: o.Cache}
			sums = append(sums, sum)
		}
		sum.add(o)
	}
	return sums
}

func offersTable(all []Offers) table {
	tab := table{title: "Offers to hosted caches", seldom: []string{notCaptured}, columns: []column{{"client > cache", true}, {"messages", false}, {"segments", false}, {"repeats", false},
		{"bytes", false}, {"OK", false}, {"INTERESTED", false}, {"failed", false}, {unanswered, false}, {notCaptured, false}, {"violations", false}}}
	row := func(name string, o *Offers) {
		tab.rows = append(tab.rows, []string{name, count(o.Messages), count(o.Offers), count(o.Repeats), size(o.Bytes),
			count(o.OK), count(o.Interested), count(o.Failed + o.Malformed), count(o.Unanswered), count(o.NotCaptured), count(o.Violations)})
	}
	for i := range all {
		row(all[i].Client.String()+" > "+all[i].Cache.String(), &all[i])
	}
	if sums := caches(all); len(sums) < len(all) {
		for _, sum := range sums {
			row("all > "+sum.Cache.String(), sum)
		}
	}
	return tab
}

func tagsTable(all []Tag) table {
	tab := table{title: "Content tags in offers", columns: []column{{"tag", true}, {"segments", false}, {"bytes", false}}}
	for _, t := range all {
		tab.rows = append(tab.rows, []string{printable.String(t.Text), count(t.Offers), size(t.Bytes)})
	}
	return tab
}

func segmentsTable(all []Segment) table {
	tab := table{title: "Segments offered most often", columns: []column{{"segment", true}, {"offers", false}, {"repeats", false}, {"size", false}, {"first in frame", false}}}
	for i, g := range all {
		if i == mostSegments {
			tab.note = "and " + message.Count(len(all)-i, "more segment") + " (--json)"
			break
		}
		tab.rows = append(tab.rows, []string{short(g.HoHoDk), count(g.Offers), count(g.Repeats), size(g.Size), strconv.FormatInt(g.First.Frame, 10)})
	}
	return tab
}

func rulesTable(all []Rule) table {
	tab := table{title: "Violations of format and sender rules", columns: []column{{"rule", true}, {"class", true}, {"count", false}, {"first in frame", false}}}
	for _, r := range all {
		tab.rows = append(tab.rows, []string{r.Rule, r.Class, count(r.Count), strconv.FormatInt(r.First.Frame, 10)})
	}
	if len(all) > 0 {
		tab.note = "Each message counts once; pchc check explains them, and finds those of behaviour."
	}
	return tab
}

func blocksTable(b *Blocks) table {
	tab := table{title: "Blocks", columns: []column{{"", true}, {"blocks", false}, {"bytes", false}}}
	if b.Verified > 0 || len(b.Unverified) > 0 {
		tab.rows = append(tab.rows, []string{"verified", count(b.Verified), size(b.Bytes)})
	}
	for _, u := range b.Unverified {
		tab.rows = append(tab.rows, []string{"NOT verified: " + u.Fault, count(u.Blocks), size(u.Bytes)})
	}
	return tab
}

// unseen says what was not read, not verified or not told apart.
func (r *Report) unseen() (lines []string) {
	for _, u := range r.Blocks.Unverified {
		lines = append(lines, fmt.Sprintf("%s not verified: %s (first in frame %d)", message.Count(int(u.Blocks), "block"), printable.String(u.Reason), u.First.Frame))
	}
	for i, p := range r.Problems {
		if i == mostRows {
			lines = append(lines, fmt.Sprintf("and %d more (pchc pcap)", len(r.Problems)-i))
			break
		}
		word := "problem"
		if p.Note {
			word = "note"
		}
		place := p.Place.String()
		if p.Place.Src.IsValid() {
			place += ", " + p.Place.Src.String() + " > " + p.Place.Dst.String()
		}
		lines = append(lines, word+": "+printable.String(place+": "+p.Detail))
	}
	for _, b := range r.Beyond {
		lines = append(lines, fmt.Sprintf("too many to tell apart: %s: %d", b.What, b.Count))
	}
	return lines
}

// unseen appends that.
func (t *Text) unseen(dst []byte, r *Report) []byte {
	lines := r.unseen()
	if len(lines) == 0 {
		return dst
	}
	dst = append(dst, '\n')
	dst = append(dst, t.title("Not read, not verified, or not told apart")...)
	dst = append(dst, '\n')
	for _, line := range lines {
		dst = wrap(dst, line, "  ", t.Width)
	}
	return dst
}
