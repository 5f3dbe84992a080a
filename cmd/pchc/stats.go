package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/filter"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/stats"
)

// statsRun is a run of pchc stats.
type statsRun struct {
	*app
	flags       outputFlags
	filters     filterFlags
	information []string
	csv         bool
	html        string
	merge       bool
	secrets     *conversation.Secrets
	out         *output
	report      stats.Report
	stats       *stats.Stats // of the current capture
}

func (a *app) statsCommand() *cobra.Command {
	s := &statsRun{app: a}
	cmd := &cobra.Command{
		Use:   "stats [FILE|-]...",
		Short: "Say where the bytes of each content came from, and count all that was exchanged",
		Long: `stats reads packet captures as pchc pcap does, follows the conversations in them
(offers, retrieval, discovery, hashes over HTTP and SMB2), decrypts and verifies blocks,
and says of each content where its bytes came from: hosted caches, peers, content servers
or nobody, and why not from a cache. It counts, for each client and server, requests,
hits, misses, times to answer and violations; and offers by client, hosted cache, content
tag and segment.

Only verified blocks count as bytes of a content. The keys for that come from Content
Information anywhere in the capture, or from files (--content-information).

Each of several captures is counted by itself, and the numbers are added up: what one
capture says about keys and roles is not used for another, and a conversation that two files
share is two (mergecap joins such files). So parts can be read on several machines: --merge
reads what --json wrote, and the result is the same as of all captures in one call, in this
order, as long as no table exceeds its limit; what exceeds it is counted (STATS_BEYOND).

Missing, truncated or unreadable data, and blocks that do not verify, make the exit
status 1. --json writes all rows, the text the most important ones.`,
		Example: `  pchc stats capture.pcapng
  tcpdump -i eth0 -U -w - | pchc stats
  pchc stats --client 10.0.0.0/24 --since 09:00 --until 09:30 capture.pcapng
  pchc stats --json monday.pcapng > monday.jsonl; pchc stats --merge *.jsonl
  pchc stats --html page.html capture.pcapng
  pchc stats --json capture.pcapng | jq 'select(.message == "STATS_CONTENT") | .from'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.csv && s.flags.json {
				return usagef("--csv cannot be combined with --json")
			}
			if err := s.flags.reports(s.html); err != nil {
				return err
			}
			if s.merge && (s.keylog != "" || s.information != nil || s.filters.given(cmd)) {
				return usagef("--merge cannot be combined with flags about captures")
			}
			if err := s.filters.compile(args, false); err != nil {
				return err
			}
			s.follow = s.filters.follow
			s.out = s.output(s.flags.file)
			s.out.page(&s.flags, args)
			return s.out.close(s.run(cmd, args))
		},
	}
	s.flags.addBasic(cmd)
	s.flags.addPager(cmd)
	cmd.Flags().BoolVar(&s.csv, "csv", false, "write CSV: the rows of --json, a table for each kind")
	cmd.Flags().BoolVar(&s.merge, "merge", false, "add up files that --json wrote, instead of reading captures")
	cmd.Flags().StringVar(&s.html, "html", "", "also write an HTML page to `FILE`, or - for standard output without the text")
	addInformation(cmd, &s.information)
	s.addKeylog(cmd)
	s.filters.add(cmd)
	return cmd
}

// run reads the captures and writes the report.
func (s *statsRun) run(cmd *cobra.Command, args []string) (err error) {
	printer, err := s.flags.printer(s.out)
	if err != nil {
		return err
	}
	if s.secrets, err = s.secretsOf(s.information, s.out); err != nil {
		return err
	}
	debug.SetGCPercent(10)
	page := s.output(s.html)
	if s.merge {
		err = s.readCaptures(cmd, args, s.add, func(string, error) {}, s.out, page)
	} else { // one at a time: the numbers of several would not fit in the memory allowed
		err = s.readCaptures(cmd, args, s.read, func(string, error) {}, s.out, page)
	}
	r := &s.report
	if err != nil && r.Empty() {
		return err
	}
	if f := (*failure)(nil); errors.As(err, &f) && f.status == statusUsage {
		return err // the page might overwrite a capture
	}
	if s.html != "" {
		err = errors.Join(err, page.close(r.WriteHTML(page, version())))
	}
	return errors.Join(err, s.write(r, printer)) // also of a capture that cannot be read to its end
}

// write writes the report.
func (s *statsRun) write(r *stats.Report, printer *message.Printer) error {
	if r.Faulty() {
		s.status = max(s.status, statusViolated)
	}
	switch {
	case s.flags.json:
		return r.WriteJSON(s.out)
	case s.csv:
		return r.WriteCSV(s.out)
	}
	text := stats.Text{Width: printer.Width, Bold: printer.Style != message.Style{}, Blocks: utf8Terminal()}
	_, err := s.out.Write(text.Append(nil, r))
	return err
}

// utf8Terminal reports whether the locale says that text is UTF-8.
func utf8Terminal() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToUpper(os.Getenv(name)); v != "" {
			return strings.Contains(v, "UTF-8") || strings.Contains(v, "UTF8")
		}
	}
	return false
}

// read reads one capture.
func (s *statsRun) read(name, label string, in io.Reader) error {
	secrets := s.secrets.Fork()
	s.stats = stats.New(secrets, stats.DefaultLimits)
	s.stats.Begin(name)
	s.filters.begin(time.Time{})
	o := conversation.Options{
		Capture: s.ahead(capture.Options{File: name, ByFrame: true, Exchanges: true, Started: s.filters.begin, Keys: withKeys}, s.out),
		Secrets: secrets,
		Again:   s.again(name),
		Offers:  s.filters.active() || s.filters.count > 0,
	}
	sum, err := conversation.Read(in, o, s.item)
	s.stats.End(sum)
	s.report.Merge(s.stats.Report(), stats.DefaultLimits)
	if s.filters.active() {
		s.notef("pchc: %s: %d of %d exchanges counted", label, s.filters.shown, s.filters.all)
	}
	return err
}

// add adds what an earlier run wrote.
func (s *statsRun) add(_, label string, in io.Reader) error {
	r, err := stats.ReadJSON(in, stats.DefaultLimits)
	if err != nil {
		return unread{failed(fmt.Errorf("%s: %w", label, err))}
	}
	s.report.Merge(r, stats.DefaultLimits)
	return nil
}

// item counts an item, unless the filter drops it.
func (s *statsRun) item(it *conversation.Item) error {
	verdict := s.filters.item(it)
	if verdict == filter.Drop {
		return nil
	}
	if verdict == filter.KeepBoth {
		s.stats.Item(filter.Request(it))
	}
	s.stats.Item(it)
	if x := it.Exchange; x != nil && x.Done {
		return s.filters.row()
	}
	return nil
}
