package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capturepage"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/filter"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/neighbours"
	"github.com/hostedcache/pchc/spec"
)

// checker is a run of pchc check.
type checker struct {
	*app
	flags   outputFlags
	filters filterFlags
	options conformance.Options
	dialect string
	failOn  []string
	junit   string
	sarif   string
	html    string
	list    bool
	traces  []string

	out    *output
	base   message.Printer // as each capture begins
	text   conformance.Text
	report *conformance.Report // nil if none is wanted
	page   *capturePage        // likewise
	begun  bool                // with the report on a capture
	marks  filter.Marks        // what the filter keeps of it
}

var classes = []string{spec.Format.String(), spec.Sender.String(), spec.Behaviour.String()}

func (a *app) checkCommand() *cobra.Command {
	k := &checker{app: a}
	cmd := &cobra.Command{
		Use:   "check [FILE|-]...",
		Short: "Check packet captures for protocol violations",
		Long: `check follows the conversations in packet captures and reports every violation of
MS-PCHC, MS-PCCRC, MS-PCCRR, MS-PCCRD and MS-PCCRTP with the violated requirement,
and of MS-WUSP and MS-WSUSSS as far as a capture shows them:

  format     a malformed message, which receivers must drop
  sender     a well-formed message that must not be sent
  behaviour  a client or server that violates section 3, such as by a response that
             does not fit its request, or by a block that does not have its hash

Requirements marked "derived" are conclusions of pchc: the specification does not
state them, or not all of them. --dialect windows allows what Windows servers do:
they answer some malformed requests that the specification says to drop, have the
timers of MS-PCCRR in their registry, and wrote version 2.0 where 1.0 is right.

check reads captures as pchc pcap does. Missing or unreadable data is reported as
CAPTURE_PROBLEM, never as a violation, and TLS without its keys as CAPTURE_NOTE.

The flags that select exchanges select the findings about them; what they leave out
is read all the same, so that nothing is found wrong only because it was left out.

With --trace it checks orders of calls of a neighbouring protocol (MS-WUSP,
MS-WSUSSS, MS-OXCFXICS, WEBDAV-REPL): each line of the file is a trace in JSON, with
the state before it ("context") and its "events". It prints each requirement that a
trace breaks, the first break first, with the index of the event.

The exit status is 1 on capture problems, and on violations of a class in
--fail-on. A CAPTURE_NOTE does not change it.`,
		Example: `  pchc check capture.pcapng
  pchc check --json --fail-on format,behaviour *.pcap | jq .rule
  pchc check --junit report.xml --sarif report.sarif capture.pcap
  pchc check --html page.html capture.pcapng
  pchc check --trace calls.jsonl
  pchc check --client 10.0.0.7 --since +10m capture.pcapng
  pchc check --list`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := k.setUp(args); err != nil {
				return err
			}
			var err error
			switch {
			case k.list:
				err = k.catalogue()
			case k.traces != nil:
				err = k.checkTraces()
			default:
				err = k.check(cmd, args)
			}
			return k.out.close(err)
		},
	}
	k.flags.addBasic(cmd)
	k.flags.addPager(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&k.failOn, "fail-on", classes, "exit with status 1 on violations of these `CLASSES`")
	flags.StringVar(&k.junit, "junit", "", "also write JUnit XML to `FILE`, or - for standard output without the text")
	flags.StringVar(&k.sarif, "sarif", "", "also write SARIF 2.1.0 to `FILE`, or - for standard output without the text")
	addHTML(cmd, &k.html)
	flags.BoolVar(&k.list, "list", false, "list the requirements and what checks them")
	flags.StringArrayVar(&k.traces, "trace", nil, "check the orders of calls in this `FILE` instead of captures, - for standard input; repeatable")
	k.addKeylog(cmd)
	k.filters.add(cmd)
	addDialect(cmd, &k.dialect, "spec", "check")
	flags.BoolVar(&k.options.Decrypted, "decrypted", false, "the capture was decrypted: version 1.0 without TLS is no violation")
	completeCaptures(cmd)
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
	if err := k.filters.compile(args, false); err != nil {
		return err
	}
	k.follow = k.filters.follow
	reports := k.junit + k.sarif + k.html
	if k.list && (len(args) > 0 || reports != "") {
		return usagef("--list cannot be combined with a capture, --junit, --sarif or --html")
	}
	if k.traces != nil && (len(args) > 0 || reports != "" || k.list) {
		return usagef("--trace cannot be combined with a capture, --list, --junit, --sarif or --html")
	}
	if err := k.flags.reports(k.junit, k.sarif, k.html); err != nil {
		return err
	}
	if k.junit != "" || k.sarif != "" {
		k.report = conformance.NewReport(version(), k.fails)
	}
	k.out = k.output(k.flags.file)
	k.out.page(&k.flags, args)
	if k.text.Printer, err = k.flags.printer(k.out); err == nil {
		k.base = *k.text.Printer
	}
	return err
}

// check checks captures and writes the reports, also if a capture cannot be read.
func (k *checker) check(cmd *cobra.Command, args []string) error {
	junit, sarif := k.output(k.junit), k.output(k.sarif)
	k.page = k.newPage(k.html, capturepage.Options{By: cmd.CommandPath(), Findings: true})
	var err error
	if k.report == nil && k.page == nil && k.filters.count == 0 && k.together(args) {
		err = k.inParallel(cmd, args, k.out, func(n int, own *app, out *output, _ func()) error {
			one := *k
			one.app, one.out = own, out
			return own.readCaptures(cmd, args[n:n+1], one.read, one.missed, out)
		}, func(int) {})
	} else {
		err = k.readCaptures(cmd, args, k.read, k.missed, k.out, junit, sarif, k.page.output())
	}
	if f := (*failure)(nil); errors.As(err, &f) && f.status == statusUsage {
		return k.page.close(err) // a report might overwrite the capture
	}
	if k.junit != "" {
		err = errors.Join(err, junit.close(k.report.WriteJUnit(junit)))
	}
	if k.sarif != "" {
		err = errors.Join(err, sarif.close(k.report.WriteSARIF(sarif)))
	}
	return k.page.close(err)
}

// read checks one capture, writes the findings as they come, and a summary to
// standard error. Errors and reports call it label.
func (k *checker) read(name, label string, in io.Reader) error {
	if k.report != nil {
		k.report.Begin(label)
		k.begun = true
	}
	if err := k.page.begin(name, label); err != nil {
		return err
	}
	count, https := conformance.Count{}, false
	printer := k.base
	k.text = conformance.Text{Printer: &printer}
	dropped := 0
	k.filters.begin(time.Time{})
	k.marks = filter.Marks{Filter: &k.filters.set}
	o := k.options
	o.Capture = k.ahead(capture.Options{Keys: withKeys}, k.out)
	if k.filters.active() {
		o.Capture.Started = k.filters.begin
		o.Watch = k.marks.Item
	}
	if k.page != nil {
		o.Watch = k.watch
	}
	sum, failure := conformance.Read(in, name, k.again(name), o, func(f *conformance.Finding) error {
		if k.filters.active() && !k.marks.Keeps(&f.Place) {
			dropped++
			return nil
		}
		count.Add(f)
		https = https || f.Rule == "PCHC-2.1-HTTPS"
		if k.fails(f) {
			k.status = max(k.status, statusViolated)
		}
		if k.report != nil {
			k.report.Add(f)
		}
		if err := k.page.finding(f); err != nil {
			return err
		}
		if err := k.write(f); err != nil {
			return err
		}
		return k.filters.row()
	})
	if _, err := k.out.Write(k.text.Flush(nil)); err != nil {
		return err
	}
	if failure != nil && !errors.Is(failure, errEnough) {
		return failure
	}
	if k.report != nil {
		k.report.End(nil)
		k.begun = false
	}
	if err := k.out.flush(); err != nil { // before the summary
		return err
	}
	s := conformance.Summarize(sum, count)
	if https {
		s += " (if the capture was decrypted, use --decrypted)"
	}
	if k.filters.active() {
		s += fmt.Sprintf(", %s filtered out", message.Count(dropped, "finding"))
	}
	if sum.Requests+sum.Responses+sum.RetrievalRequests+sum.RetrievalResponses+sum.Discoveries+sum.Transfers+sum.FileRequests+sum.UpdateCalls == 0 {
		s += whyNothing(sum.Summary, sum.Problems, nil)
	}
	k.page.end(s)
	k.notef("pchc: %s: %s", label, s)
	return failure
}

// watch puts what the filter keeps on the page. The first error of the page is that of
// the next finding, or of its end.
func (k *checker) watch(it *conversation.Item) {
	if !k.filters.active() {
		_ = k.page.item(it)
		return
	}
	k.marks.Item(it)
	if k.filters.set.Item(it) != filter.Drop {
		_ = k.page.item(it)
	}
}

// missed takes note for the reports that a capture could not be read.
func (k *checker) missed(label string, err error) {
	k.page.missed(label, err)
	if k.report == nil {
		return
	}
	if !k.begun {
		k.report.Begin(label)
	}
	k.report.End(err)
	k.begun = false
}

func (k *checker) write(f *conformance.Finding) error {
	if k.flags.json {
		return writeJSON(k.out, f)
	}
	_, err := k.out.Write(k.text.Append(nil, f))
	return err
}

// fails reports whether a finding sets the exit status.
func (k *checker) fails(f *conformance.Finding) bool {
	return f.Rule == conformance.CaptureProblem || slices.Contains(k.failOn, f.Class.String())
}

// catalogue lists the requirements.
func (k *checker) catalogue() error {
	for _, r := range conformance.Catalogue() {
		if _, err := k.out.Write(k.text.Printer.Requirement(nil, &r)); err != nil {
			return err
		}
	}
	for _, e := range neighbours.Requirements() {
		if _, err := k.out.Write(k.text.Printer.Entry(nil, &e)); err != nil {
			return err
		}
	}
	return nil
}
