package main

import (
	"fmt"
	"io"
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/report"
)

// merger is a run of pchc fuzz merge.
type merger struct {
	*app
	reports reportFlags
}

func (a *app) mergeCommand() *cobra.Command {
	m := &merger{app: a}
	cmd := &cobra.Command{
		Use:   "merge REPORT|-...",
		Short: "Merge the reports of several campaigns",
		Long: `merge makes one report of those that pchc fuzz --json wrote: of all shards of a
campaign, or of campaigns with the same targets.

A finding that several have is one, with its smallest messages. If the report of a
shard is missing, merge says so and writes nothing. The plots over time are left out,
and the coverage is that of the report with the highest.

The exit status is that of pchc fuzz: 1 if there are findings, otherwise 3 if a target
could not be tested to the end.`,
		Example: `  pchc fuzz merge --html report.html shard-*.json
  pchc fuzz merge --baseline known.txt --junit fuzz.xml shard-*.json`,
		Args: arguments(1, math.MaxInt, "REPORT"),
		RunE: func(_ *cobra.Command, args []string) error { return m.merge(args) },
	}
	m.reports.add(cmd)
	return cmd
}

func (m *merger) merge(names []string) error {
	var parts []*report.Report
	for _, name := range names {
		part, err := m.read(name)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", name, err))
		}
		parts = append(parts, part)
	}
	if err := m.reports.open(m.app); err != nil {
		return err
	}
	merged, err := report.Merge(parts)
	if err != nil {
		return failed(err)
	}
	merged.Version = version()
	m.status = m.reports.status(merged)
	return m.reports.write(merged, "")
}

func (m *merger) read(name string) (*report.Report, error) {
	var from io.Reader = m.stdin
	if name != standard {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		from = file
	}
	return report.ReadJSON(from)
}
