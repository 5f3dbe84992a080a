package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// corpusCounter is a run of pchc corpus stats.
type corpusCounter struct {
	seedSource
	file string
	json bool
}

func (a *app) corpusStatsCommand() *cobra.Command {
	c := &corpusCounter{seedSource: seedSource{app: a}}
	cmd := &cobra.Command{
		Use:   "stats [FILE|DIR|-]...",
		Short: "Count the seeds that violate each rule, by field and place",
		Long: `stats counts, for each format and sender rule, the seeds that violate it and those
whose first format violation it is, by field and by place: the "first", "last",
"middle" or "only" element of a list.

The exit status is 1 if no seed violates some rule.`,
		Example: `  pchc corpus stats
  pchc corpus stats --json ~/growth | jq -r 'select(.seeds == 0) | .rule'`,
		RunE: func(_ *cobra.Command, args []string) error {
			out := c.output(c.file)
			all, err := c.read(args)
			if err == nil {
				err = c.count(out, all)
			}
			return out.close(err)
		},
	}
	c.add(cmd)
	addOutputFile(cmd, &c.file)
	cmd.Flags().BoolVar(&c.json, "json", false, "write one JSON object per line and rule")
	return cmd
}

// ruleStats are the counts of a rule.
type ruleStats struct {
	Rule   string       `json:"rule"`
	Class  string       `json:"class"`
	Seeds  int          `json:"seeds"` // that violate it
	First  int          `json:"first"` // those whose first format violation it is
	Places []placeStats `json:"places"`

	byPlace map[[2]string]int
}

type placeStats struct {
	Field string `json:"field"`
	Place string `json:"place,omitempty"`
	Seeds int    `json:"seeds"`
}

// notInSeeds are rules that no seed can violate.
var notInSeeds = []string{
	"PCCRC-2.4-bMajorVersion",   // with another bMajorVersion it is not version 2.0
	"SMB2-2.2.32.4.3-Truncated", // read as a hash based response
	"PCCRR-2.2.3-MsgSizeLimit",  // it is too long for a vector
}

func (c *corpusCounter) count(out *output, all []seeds.Seed) error {
	var rules []*ruleStats
	byRule := map[string]*ruleStats{}
	for _, r := range spec.Requirements() {
		if r.CheckedBy.Dissected() && !slices.Contains(notInSeeds, r.ID) {
			s := &ruleStats{Rule: r.ID, Class: r.Class.String(), Places: []placeStats{}, byPlace: map[[2]string]int{}}
			rules, byRule[r.ID] = append(rules, s), s
		}
	}
	var covered coverage.Map
	for _, s := range all {
		d := s.Dissect()
		var one coverage.Map
		one.Add(d)
		covered.Merge(&one)
		violated := map[string]bool{}
		for p := range one.All() {
			if rule, field, place, ok := p.Violation(); ok && byRule[rule] != nil {
				violated[rule] = true
				byRule[rule].byPlace[[2]string{field, place}]++
			}
		}
		for rule := range violated {
			byRule[rule].Seeds++
		}
		if first, ok := d.First(); ok && byRule[first.Rule] != nil {
			byRule[first.Rule].First++
		}
	}
	missing := 0
	for _, r := range rules {
		if r.Seeds == 0 {
			missing++
		}
		if err := c.rule(out, r); err != nil {
			return err
		}
	}
	if err := out.flush(); err != nil { // before the summary
		return err
	}
	c.notef("pchc: %s, %d points of the specification", message.Count(len(all), "seed"), covered.Len())
	if missing > 0 {
		c.notef("pchc: %s violated by no seed", message.Count(missing, "rule"))
		c.status = statusViolated
	}
	return nil
}

func (c *corpusCounter) rule(out *output, r *ruleStats) error {
	keys := slices.SortedFunc(maps.Keys(r.byPlace), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	for _, k := range keys {
		r.Places = append(r.Places, placeStats{k[0], k[1], r.byPlace[k]})
	}
	if c.json {
		return writeJSON(out, r)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-42s %5d", r.Rule, r.Seeds)
	if r.Class == spec.Format.String() {
		fmt.Fprintf(&b, ", first in %d", r.First)
	}
	b.WriteByte('\n')
	for _, p := range r.Places {
		fmt.Fprintf(&b, "%47d  %s", p.Seeds, p.Field)
		if p.Place != "" {
			b.WriteString(", " + p.Place)
		}
		b.WriteByte('\n')
	}
	_, err := out.Write([]byte(b.String()))
	return err
}
