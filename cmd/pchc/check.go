package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// checker is a run of pchc check.
type checker struct {
	*app
	flags   outputFlags
	options conformance.Options
	dialect string
	failOn  []string
	junit   string
	sarif   string
	list    bool

	out      *output
	printer  *message.Printer
	captures []conformance.Capture
}

var classes = []string{spec.Format.String(), spec.Sender.String(), spec.Behaviour.String()}

func (a *app) checkCommand() *cobra.Command {
	k := &checker{app: a}
	cmd := &cobra.Command{
		Use:   "check [FILE|-]...",
		Short: "Check packet captures for protocol violations",
		Long: `check follows the exchanges in packet captures and reports every violation of
MS-PCHC and MS-PCCRC with the violated requirement:

  format     a malformed message, which receivers must drop
  sender     a well-formed message that must not be sent
  behaviour  a client or hosted cache that violates section 3

Requirements marked "derived" are conclusions of pchc: the specification does not
state them, or not all of them.

It reads captures as pchc pcap does. Missing or unreadable data is reported as
CAPTURE_PROBLEM, never as a violation.

The exit status is 1 on capture problems, and on violations of a class in
--fail-on.`,
		Example: `  pchc check capture.pcapng
  pchc check --json --fail-on format,behaviour *.pcap | jq .rule
  pchc check --junit report.xml --sarif report.sarif capture.pcap
  pchc check --list`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := k.setUp(args); err != nil {
				return err
			}
			var err error
			if k.list {
				err = k.catalogue()
			} else {
				err = k.check(cmd, args)
			}
			return k.out.close(err)
		},
	}
	k.flags.addBasic(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&k.failOn, "fail-on", classes, "exit with status 1 on violations of these `CLASSES`")
	flags.StringVar(&k.junit, "junit", "", "also write JUnit XML to `FILE`")
	flags.StringVar(&k.sarif, "sarif", "", "also write SARIF 2.1.0 to `FILE`")
	flags.BoolVar(&k.list, "list", false, "list the requirements and what checks them")
	addDialect(cmd, &k.dialect, "spec", "check")
	flags.BoolVar(&k.options.Decrypted, "decrypted", false, "the capture was decrypted: version 1.0 without TLS is no violation")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(classes, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// setUp validates the command line.
func (k *checker) setUp(args []string) (err error) {
	for _, class := range k.failOn {
		if !slices.Contains(classes, class) {
			return usagef("--fail-on must be one of %s, not %q", strings.Join(classes, ", "), class)
		}
	}
	if err := checkDialect(k.dialect); err != nil {
		return err
	}
	k.options.Windows = k.dialect == "windows"
	if k.list && (len(args) > 0 || k.junit != "" || k.sarif != "") {
		return usagef("--list cannot be combined with a capture, --junit or --sarif")
	}
	if err := k.flags.reports(k.junit, k.sarif); err != nil {
		return err
	}
	k.out = k.output(k.flags.file)
	k.printer, err = k.flags.printer(k.out)
	return err
}

// check checks captures and writes the reports.
func (k *checker) check(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		args = []string{"-"}
	}
	junit, sarif := k.output(k.junit), k.output(k.sarif)
	for _, name := range args {
		read := func(label string, in io.Reader) error { return k.read(name, label, in) }
		if err := k.readCapture(cmd, name, read, k.out, junit, sarif); err != nil {
			return err
		}
	}
	if k.junit != "" {
		if err := junit.close(conformance.WriteJUnit(junit, k.captures, k.fails)); err != nil {
			return err
		}
	}
	if k.sarif != "" {
		if err := sarif.close(conformance.WriteSARIF(sarif, version(), k.captures)); err != nil {
			return err
		}
	}
	return nil
}

// read checks one capture, writes the findings, and a summary to standard error.
// Errors and reports call it label.
func (k *checker) read(name, label string, in io.Reader) error {
	findings, sum, failure := conformance.Read(in, name, k.options)
	k.captures = append(k.captures, conformance.Capture{File: label, Findings: findings})
	if slices.ContainsFunc(findings, func(f conformance.Finding) bool { return k.fails(&f) }) {
		k.status = statusViolated
	}
	if err := k.write(findings); err != nil {
		return err
	}
	if failure != nil {
		return failure
	}
	if err := k.out.flush(); err != nil { // before the summary
		return err
	}
	s := conformance.Summarize(sum, findings)
	if sum.Requests+sum.Responses == 0 {
		s += " (see pchc pcap)"
	}
	if slices.ContainsFunc(findings, func(f conformance.Finding) bool { return f.Rule == "PCHC-2.1-HTTPS" }) {
		s += " (if the capture was decrypted, use --decrypted)"
	}
	k.notef("pchc: %s: %s", label, s)
	return nil
}

func (k *checker) write(findings []conformance.Finding) error {
	if !k.flags.json {
		_, err := k.out.Write(conformance.AppendText(nil, k.printer, findings))
		return err
	}
	for i := range findings {
		if err := writeJSON(k.out, &findings[i]); err != nil {
			return err
		}
	}
	return nil
}

// fails reports whether a finding sets the exit status.
func (k *checker) fails(f *conformance.Finding) bool {
	return f.Class == 0 || slices.Contains(k.failOn, f.Class.String())
}

// catalogue lists the requirements.
func (k *checker) catalogue() error {
	for _, r := range spec.Requirements() {
		if _, err := k.out.Write(k.printer.Requirement(nil, &r)); err != nil {
			return err
		}
	}
	return nil
}
