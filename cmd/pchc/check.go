package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// checker is a run of pchc check.
type checker struct {
	*app
	flags   outputFlags
	options conformance.Options
	failOn  []string
	junit   string
	sarif   string
	list    bool

	out      *output
	lines    message.List
	captures []conformance.Capture
}

var classes = []string{spec.Format.String(), spec.Sender.String(), spec.Behaviour.String()}

func (a *app) checkCommand() *cobra.Command {
	k := &checker{app: a}
	cmd := &cobra.Command{
		Use:   "check [FILE|-]...",
		Short: "Report what in packet captures breaks MS-PCHC",
		Long: `check follows the exchanges in packet captures and reports each violation of
MS-PCHC and MS-PCCRC with the requirement that is broken:

  format     a message that is not correctly formatted, so receivers drop it
  sender     a message that its sender should have written otherwise
  behaviour  a client or hosted cache that did not do what section 3 demands

Captures are read as pchc pcap reads them. What a capture lost or hides is
reported as CAPTURE_PROBLEM, and is not held against client or hosted cache.

The exit status is 1 if there is a violation of a class that --fail-on names, or a
problem of a capture.`,
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
	flags.StringVar(&k.junit, "junit", "", "write JUnit XML to this `FILE`, too")
	flags.StringVar(&k.sarif, "sarif", "", "write SARIF 2.1.0 to this `FILE`, too")
	flags.BoolVar(&k.list, "list", false, "list the requirements and what checks them")
	flags.BoolVar(&k.options.Windows, "windows", false, "let a hosted cache answer the malformed requests that Windows servers answer")
	flags.BoolVar(&k.options.Deciphered, "deciphered", false, "the capture was deciphered: version 1.0 without TLS is no violation")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions(classes, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// setUp judges the command line.
func (k *checker) setUp(args []string) error {
	for _, class := range k.failOn {
		if !slices.Contains(classes, class) {
			return usagef("--fail-on is %s, not %q", strings.Join(classes, ", "), class)
		}
	}
	if k.list && (len(args) > 0 || k.junit != "" || k.sarif != "") {
		return usagef("--list lists the requirements; it checks no capture and writes no report")
	}
	k.out = k.output(k.flags.file)
	text, err := k.flags.text(k.out)
	k.lines.Text = text
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
		if err := errors.Join(conformance.WriteJUnit(junit, k.captures, k.fails), junit.close(nil)); err != nil {
			return failed(err)
		}
	}
	if k.sarif != "" {
		if err := errors.Join(conformance.WriteSARIF(sarif, version(), k.captures), sarif.close(nil)); err != nil {
			return failed(err)
		}
	}
	return nil
}

// read checks one capture, writes what it finds, and sums it up on standard
// error. The label is what people call the capture.
func (k *checker) read(name, label string, in io.Reader) error {
	findings, sum, failure := conformance.Read(in, name, k.options)
	k.captures = append(k.captures, conformance.Capture{File: label, Findings: findings})
	told := map[string]bool{}
	var headed heading
	var line []byte
	counts := map[string]int{}
	alike := 0 // findings that one line of text stands for
	for i := range findings {
		f := &findings[i]
		counts[f.ClassName()]++
		if k.fails(f) {
			k.status = statusViolated
		}
		if alike > 0 && !k.flags.json {
			alike--
			continue
		}
		if k.flags.json {
			b, err := f.MarshalJSON()
			if err != nil {
				return err
			}
			line = append(b, '\n')
		} else {
			line = headed.append(line[:0], &k.lines, &f.Place)
			what := f.What()
			if alike = repeated(findings[i:]); alike > 0 {
				what += fmt.Sprintf(", and so on, %d more in this message", alike)
			}
			line = k.lines.AppendFinding(line, &f.Violation, what, &f.Place)
			if f.Level != 0 && !told[f.Rule] {
				line = k.lines.AppendRequirement(line, f.Level, f.Section, f.Expected)
			}
			told[f.Rule] = true
		}
		if _, err := k.out.Write(line); err != nil {
			return err
		}
	}
	if failure != nil {
		return failure
	}
	if err := k.out.flush(); err != nil { // before the summary
		return err
	}
	fmt.Fprintf(k.stderr, "pchc: %s: %s\n", label, checked(sum, counts))
	return nil
}

// repeated returns how many findings follow the first that tell of the same
// requirement in the same message.
func repeated(findings []conformance.Finding) (n int) {
	for _, f := range findings[1:] {
		if f.Rule != findings[0].Rule || f.Frame != findings[0].Frame || f.Src != findings[0].Src || f.Class == 0 {
			break
		}
		n++
	}
	return n
}

// fails reports whether a finding makes the status that of a violation.
func (k *checker) fails(f *conformance.Finding) bool {
	return f.Class == 0 || slices.Contains(k.failOn, f.Class.String())
}

// checked sums up what was found in a capture.
func checked(sum capture.Summary, counts map[string]int) string {
	var found []string
	for _, class := range classes {
		if n := counts[class]; n == 1 {
			found = append(found, "1 "+class+" violation")
		} else if n > 1 {
			found = append(found, fmt.Sprintf("%d %s violations", n, class))
		}
	}
	if n := counts["capture"]; n > 0 {
		found = append(found, plural(n, "capture problem"))
	}
	s := "no violation"
	if len(found) > 0 {
		s = strings.Join(found, ", ")
	}
	s += fmt.Sprintf(" in %s, %s", plural(sum.Requests, "request"), plural(sum.Responses, "response"))
	if sum.Requests+sum.Responses == 0 {
		s += "; pchc pcap tells why there are none"
	}
	return s
}

// catalogue lists the requirements.
func (k *checker) catalogue() error {
	var b []byte
	for _, r := range spec.Requirements() {
		if !k.flags.json {
			b = k.lines.AppendCatalogue(b, &r)
			continue
		}
		line, err := json.Marshal(struct {
			ID      string `json:"id"`
			Section string `json:"section"`
			Level   string `json:"level"`
			Class   string `json:"class"`
			Text    string `json:"text"`
			Check   string `json:"check,omitempty"`
			Unshown string `json:"unshown,omitempty"`
		}{r.ID, r.Section, r.Level.String(), r.Class.String(), r.Text, r.Check, r.Unobservable})
		if err != nil {
			return err
		}
		b = append(append(b, line...), '\n')
	}
	_, err := k.out.Write(b)
	return err
}
