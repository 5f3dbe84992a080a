package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/internal/message"
)

// reportFlags say which reports of a campaign are written, and what is known.
type reportFlags struct {
	outputFlags
	junit, sarif, html      string
	baseline, writeBaseline string

	known *report.Baseline // of baseline
	app   *app
	files []reportFile
}

// reportFile is a report and its output.
type reportFile struct {
	output *output
	write  func(io.Writer, *report.Report) error
}

func (f *reportFlags) add(cmd *cobra.Command) {
	f.addBasic(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.junit, "junit", "", "also write JUnit XML to `FILE`")
	flags.StringVar(&f.sarif, "sarif", "", "also write SARIF 2.1.0 to `FILE`")
	flags.StringVar(&f.html, "html", "", "also write an HTML page with plots to `FILE`")
	flags.StringVar(&f.baseline, "baseline", "", "known findings, from this `FILE`, do not count; those no longer found do")
	flags.StringVar(&f.writeBaseline, "write-baseline", "", "write the findings to `FILE`, for --baseline")
}

// open reads the baseline and checks that the reports can be written.
func (f *reportFlags) open(a *app) error {
	if err := f.outputFlags.reports(f.junit, f.sarif, f.html, f.writeBaseline); err != nil {
		return err
	}
	if f.baseline != "" {
		text, err := os.ReadFile(f.baseline)
		if err != nil {
			return failed(err)
		}
		if f.known, err = report.ParseBaseline(text); err != nil {
			return failed(fmt.Errorf("%s: %w", f.baseline, err))
		}
	}
	f.app = a
	out := a.output(f.file)
	printer, err := f.printer(out)
	if err != nil {
		return err
	}
	first := reportFile{out, func(w io.Writer, r *report.Report) error { return report.Text(w, r, &printer.Text) }}
	if f.json {
		first.write = report.JSON
	}
	f.files = []reportFile{first}
	for _, r := range []struct {
		path  string
		write func(io.Writer, *report.Report) error
	}{
		{f.junit, report.JUnit},
		{f.sarif, report.SARIF},
		{f.html, report.HTML},
		{f.writeBaseline, report.WriteBaseline},
	} {
		if r.path != "" {
			f.files = append(f.files, reportFile{a.output(r.path), r.write})
		}
	}
	for _, path := range []string{f.file, f.junit, f.sarif, f.html, f.writeBaseline} {
		if err := writable(path); err != nil {
			return failed(err)
		}
	}
	return nil
}

// status adds the baseline to a report and returns the exit status.
func (f *reportFlags) status(r *report.Report) int {
	r.Baseline = f.known
	switch {
	case r.New() > 0 || len(r.Missing()) > 0:
		return statusViolated
	case slices.ContainsFunc(r.Targets, func(t campaign.TargetResult) bool { return t.Error != "" || t.Executions == 0 }):
		return statusFailed
	}
	return 0
}

// write writes the reports. With an output file, a line says how many findings there
// are, and where.
func (f *reportFlags) write(r *report.Report, where string) (err error) {
	for _, file := range f.files {
		err = errors.Join(err, file.output.close(file.write(file.output, r)))
	}
	if n := len(r.Findings); n > 0 && f.file != "" {
		known := ""
		if f.known != nil {
			known = fmt.Sprintf(", %d new", r.New())
		}
		fmt.Fprintf(f.app.stderr, "pchc: %s%s%s\n", message.Count(n, "finding"), known, where)
	}
	for _, name := range r.Missing() {
		fmt.Fprintf(f.app.stderr, "pchc: no longer found: %s; if it is fixed, remove it from %s\n", name, f.baseline)
	}
	return err
}
