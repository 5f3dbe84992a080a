package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// all reports whether all faults are tried, by make planted.
var all = os.Getenv("PCHC_PLANTED") == "all"

// soon is how soon a fault is to be found on two cores that do nothing else. Nothing fails
// where it takes longer, but the table says so.
const soon = 30 * time.Second

// hunted is what came of the hunt for a fault that one message alone does not show.
type hunted struct {
	fault    string
	took     time.Duration // until the last finding was reported, reduced
	findings int
	shows    bool // again, in a replay
}

// summary has a row for each fault that was hunted.
var summary struct {
	sync.Mutex
	rows []hunted
}

// summarise writes the rows, the slowest one first.
func summarise(w io.Writer, rows []hunted) {
	if len(rows) == 0 {
		return
	}
	slices.SortFunc(rows, func(a, b hunted) int { return cmp.Compare(b.took, a.took) })
	late := 0
	fmt.Fprintf(w, "%-32s %7s %8s  %s\n", "fault", "seconds", "findings", "confirmed by replay")
	for _, row := range rows {
		notes := ""
		if row.took > soon {
			late++
			notes += ", after more than " + soon.String()
		}
		if row.findings < 1 || row.findings > 2 {
			notes += ", not one or two findings"
		}
		fmt.Fprintf(w, "%-32s %7.1f %8d  %s%s\n", row.fault, row.took.Seconds(), row.findings, map[bool]string{true: "yes", false: "NO"}[row.shows], notes)
	}
	fmt.Fprintf(w, "%d faults, %d after more than %v\n", len(rows), late, soon)
}

// hunter notes when a fault is found, and ends the hunt: at once, or, by make planted, not
// before soon, so that further findings are counted, too.
type hunter struct {
	begin time.Time
	stop  func()

	mu   sync.Mutex
	took time.Duration
}

// newHunter begins a hunt, which ends with the context.
func newHunter(t *testing.T) (context.Context, *hunter) {
	ctx, stop := context.WithCancel(t.Context())
	t.Cleanup(stop)
	return ctx, &hunter{begin: time.Now(), stop: stop}
}

// found takes that a finding is there. ends says that the hunt may end.
func (h *hunter) found(ends bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.took = time.Since(h.begin)
	switch {
	case !ends:
	case all:
		time.AfterFunc(soon-h.took, h.stop)
	default:
		h.stop()
	}
}

// over adds a row to the summary.
func (h *hunter) over(p fault, findings int, shows bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	summary.Lock()
	defer summary.Unlock()
	summary.rows = append(summary.rows, hunted{p.name, h.took, findings, shows})
}

// What the summary says of times and numbers, it says without failing.
func TestSummary(t *testing.T) {
	var out strings.Builder
	summarise(&out, []hunted{{"quick", time.Second, 1, true}, {"late", 31 * time.Second, 3, false}, {"never", 0, 0, false}})
	const want = `fault                            seconds findings  confirmed by replay
late                                31.0        3  NO, after more than 30s, not one or two findings
quick                                1.0        1  yes
never                                0.0        0  NO, not one or two findings
3 faults, 1 after more than 30s
`
	if out.String() != want {
		t.Error(out.String())
	}
}
