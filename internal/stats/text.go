package stats

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// Text is the form for people.
type Text struct {
	Width  int  // columns to stay within where possible, 0 for no limit
	Bold   bool // headings, for a terminal with colour
	Blocks bool // charts of block characters; else ASCII
}

// Rows that the text has of long tables; JSON and CSV have all.
const (
	mostContents = 20
	mostRows     = 30
	mostSegments = 10
	mostReasons  = 6
)

// Append appends the report: first of all, from where the bytes of each content came.
func (t *Text) Append(dst []byte, r *Report) []byte {
	contents := r.byImportance()
	if len(contents) != 1 {
		dst = wrap(dst, r.headline(), "  ", t.Width)
	}
	for i := range contents {
		if i == mostContents {
			dst = wrap(dst, fmt.Sprintf("and %s (all of them: --json)", message.Count(len(contents)-i, "more content")), "  ", t.Width)
			break
		}
		dst = t.content(dst, contents[i])
	}
	if gaps := r.gaps(); gaps != "" {
		dst = wrap(dst, gaps, "  ", t.Width)
	}
	for _, table := range t.tables(r) {
		dst = table.append(dst, t.Width, t.title)
	}
	return t.unseen(dst, r)
}

func (t *Text) title(s string) string {
	if t.Bold {
		return "\x1b[1m" + s + "\x1b[0m"
	}
	return s
}

// byImportance returns the contents, first those with most bytes that did not come from a
// hosted cache or peer.
func (r *Report) byImportance() []*ContentRow {
	var all []*ContentRow
	for i := range r.Contents {
		all = append(all, &r.Contents[i])
	}
	sort.SliceStable(all, func(i, j int) bool {
		a, b := &all[i].From, &all[j].From
		return a.ContentServer+a.Nobody > b.ContentServer+b.Nobody
	})
	return all
}

// gaps says that captures lack something, "" if they do not.
func (r *Report) gaps() string {
	problems := 0
	for i := range r.Captures {
		problems += r.Captures[i].Problems
	}
	if problems == 0 {
		return ""
	}
	return "NOT all was captured: " + message.Count(problems, "capture problem") + ", listed at the end; lost messages are not in these numbers"
}

// headline says in a sentence what there is.
func (r *Report) headline() string {
	if len(r.Contents) > 0 {
		var from From
		length := uint64(0)
		for i := range r.Contents {
			from.add(&r.Contents[i].From)
			length += r.Contents[i].Length
		}
		return fmt.Sprintf("%s, %s: %s", message.Count(len(r.Contents), "content"), message.Size(length), from.words(nil))
	}
	var offers, messages int64
	var bytes uint64
	for i := range r.Offers {
		messages += r.Offers[i].Messages
		offers += r.Offers[i].Offers
		bytes += r.Offers[i].Bytes
	}
	switch {
	case messages > 0:
		return fmt.Sprintf("offers alone: %s in %s, %s; what clients asked content servers, hosted caches or peers for is not in the capture",
			message.Count(int(offers), "segment"), message.Count(int(messages), "message"), message.Size(bytes))
	case len(r.Exchanges) > 0:
		return "no content: the capture has messages of BranchCache, but none about a content"
	}
	return "no messages of BranchCache"
}

// words says what share came from where; servers are the sources, nil for none.
func (f *From) words(servers []SourceRow) string {
	all := f.sum()
	if all == 0 {
		return "no bytes were transferred"
	}
	var parts []string
	for _, part := range []struct {
		role, words string
		bytes       uint64
	}{
		{HostedCache, "from hosted caches", f.HostedCache},
		{Peer, "from peers", f.Peers},
		{ContentServer, "from content servers", f.ContentServer},
		{"", "from nobody", f.Nobody},
	} {
		if part.bytes == 0 {
			continue
		}
		words := part.words
		if names := namesOf(servers, part.role); len(names) == 1 {
			words = "from " + part.role + " " + names[0]
		}
		parts = append(parts, fmt.Sprintf("%s %s", share(part.bytes, all), words))
	}
	return strings.Join(parts, ", ")
}

// namesOf returns the servers of a role, each once.
func namesOf(sources []SourceRow, role string) (names []string) {
	for _, s := range sources {
		if name := s.Server.String(); s.Role == role && !strings.Contains(strings.Join(names, " ")+" ", name+" ") {
			names = append(names, name)
		}
	}
	return names
}

// share writes a share; what is not all is never 100 %, and what is not nothing never 0 %.
func share(part, all uint64) string {
	percent := 100 * float64(part) / float64(all)
	switch {
	case part == all:
		return "100 %"
	case percent < 1:
		return "<1 %"
	case percent > 99:
		return ">99 %"
	}
	return strconv.Itoa(int(percent+.5)) + " %"
}

// content appends a content: what came from where, and why.
func (t *Text) content(dst []byte, c *ContentRow) []byte {
	title, words, lines := c.describe(mostReasons)
	dst = wrap(dst, title+": "+words, "  ", t.Width)
	for _, line := range lines {
		dst = wrap(dst, "  "+line, "    ", t.Width)
	}
	return dst
}

// describe says what a content is, from where its bytes came, and what else is to be
// said of it, with at most most reasons.
func (c *ContentRow) describe(most int) (title, words string, lines []string) {
	title = printable.String(c.Name)
	if c.Segment {
		title = "segment " + title
	}
	if c.Length > 0 {
		title += " " + message.Size(c.Length)
	}
	words = c.From.words(c.Sources)
	if c.Clients > 1 {
		words += fmt.Sprintf(" (%d clients)", c.Clients)
	}
	if c.Twice > 0 {
		lines = append(lines, "received from more than one source: "+message.Size(c.Twice))
	}
	if c.Offered == 0 && c.Fetched > 0 {
		lines = append(lines, "fetched by hosted caches: "+message.Size(c.Fetched)+", though no offer of it is in the capture (those of version 1.0 are in TLS)")
	} else if c.Offered > 0 {
		line := fmt.Sprintf("offered to hosted caches: %s", message.Size(c.Offered))
		if c.OfferedAgain > 0 {
			line += ", and again " + message.Size(c.OfferedAgain)
		}
		line += "; fetched by them: " + message.Size(c.Fetched)
		if c.FetchedAgain > 0 {
			line += ", and again " + message.Size(c.FetchedAgain)
		}
		lines = append(lines, line)
	}
	unverified := uint64(0)
	for i := range c.Sources {
		unverified += c.Sources[i].Unverified
	}
	if unverified > 0 {
		lines = append(lines, "in blocks that were not verified, which do not count: "+message.Size(unverified))
	}
	for i := range c.Why {
		if i == most && len(c.Why) > i+1 {
			lines = append(lines, fmt.Sprintf("and %d more reasons (--json)", len(c.Why)-i))
			break
		}
		lines = append(lines, "why: "+c.Why[i].String())
	}
	return title, words, lines
}

// String says the reason in a line.
func (w *WhyRow) String() string {
	s := w.Reason
	if w.Server != "" {
		s = w.Role + " " + w.Server + " " + s
	}
	if w.Segment != "" {
		s += " for segment " + short(w.Segment)
	}
	if w.Detail != "" {
		s += ": " + printable.String(w.Detail)
	}
	first := w.First.String()
	switch {
	case w.Count > 1 && first != "":
		s += fmt.Sprintf(" (%d times, first %s)", w.Count, first)
	case w.Count > 1:
		s += fmt.Sprintf(" (%d times)", w.Count)
	case first != "":
		s += " (" + first + ")"
	}
	return s
}

// String returns "at 12:00:01.123456, frame 7", "" where that is not known.
func (a At) String() string {
	var parts []string
	if !a.Time.IsZero() {
		parts = append(parts, "at "+a.Time.UTC().Format("15:04:05.000000"))
	}
	if a.Frame > 0 {
		parts = append(parts, fmt.Sprintf("frame %d", a.Frame))
	}
	return strings.Join(parts, ", ")
}

// short cuts an identifier.
func short(id string) string {
	if len(id) > 16 {
		return id[:16] + "..."
	}
	return id
}

// count writes a number, "-" for 0.
func count(n int64) string {
	if n == 0 {
		return "-"
	}
	return strconv.FormatInt(n, 10)
}

func size(n uint64) string {
	if n == 0 {
		return "-"
	}
	return message.Size(n)
}

// duration writes a time for people, in three digits.
func durationText(d time.Duration) string {
	for _, unit := range []struct {
		d    time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}} {
		if d >= unit.d {
			v := float64(d) / float64(unit.d)
			digits := 2
			for p := 10.; v >= p && digits > 0; p *= 10 {
				digits--
			}
			return strconv.FormatFloat(v, 'f', digits, 64) + " " + unit.name
		}
	}
	return strconv.FormatInt(d.Microseconds(), 10) + " us"
}
