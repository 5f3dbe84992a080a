package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capturepage"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/filter"
	"github.com/hostedcache/pchc/internal/message"
)

// lister is a run of pchc pcap.
type lister struct {
	*app
	flags    outputFlags
	filters  filterFlags
	verbose  int
	all      bool
	csv      bool
	messages bool
	wide     bool
	clock    string
	given    []string // files with Content Information
	html     string

	out     *output
	page    *capturePage    // nil if none is wanted
	base    message.Printer // as each capture begins
	printer *message.Printer
	earlier func() // waits for the secrets of the captures before; nil if they are there
	secrets *conversation.Secrets
	buf     []byte

	// Of the current capture:
	counts    [message.CaptureNote + 1]int
	exchanges [len(protocols) + 1]int // by protocol
	blocks    [2]int                  // not verified, verified
	plain     int                     // bodies without PeerDist encoding, and what is read of a file
	hidden    int                     // problems that the filter dropped all the same
}

// clocks are the values of --time, by message.Clock.
var clocks = []string{message.UTC: "utc", message.Local: "local", message.Relative: "relative", message.Delta: "delta"}

func parseClock(name string) (message.Clock, error) {
	if i := slices.Index(clocks, name); i >= 0 {
		return message.Clock(i), nil
	}
	return 0, usagef("--time must be one of %s, not %q", strings.Join(clocks, ", "), clip(name))
}

// protocols are the values of --protocol, by protocol from 1.
var protocols = [...]string{capture.PCHC - 1: "pchc", capture.PCCRR - 1: "pccrr", capture.PCCRD - 1: "pccrd", capture.PCCRTP - 1: "pccrtp",
	capture.WUSP - 1: "wusp", capture.WSUSSS - 1: "wsusss", capture.SMB2 - 1: "smb2"}

func (a *app) pcapCommand() *cobra.Command {
	l := &lister{app: a}
	cmd := &cobra.Command{
		Use:   "pcap [FILE|-]...",
		Short: "List the messages in packet captures",
		Long: `pcap lists the BranchCache messages in packet captures: pcap, pcapng or snoop, also
compressed with gzip, zstd or xz, from files or from standard input (- or no
argument), even while the capture is running. It finds them on any TCP port, also in
tunnels (VXLAN, GENEVE, GRE, ERSPAN, GTP, IP in IP and others), behind MPLS, PPPoE
and VLAN tags, and in 802.11. It names other capture formats and how to convert them.

  pchc    offers to a hosted cache (MS-PCHC), by their paths
  pccrr   retrieval of blocks (MS-PCCRR), by its path
  pccrd   discovery of peers (MS-PCCRD), UDP port 3702: each Probe, and each answer
  pccrtp  HTTP with PeerDist encoding (MS-PCCRTP), whatever the path: Content
          Information, and content in plain for clients that ask for it this way.
          The header fields are checked.
  smb2    hashes from file servers (MS-SMB2, FSCTL_SRV_READ_HASH): Content Information,
          and what is then read of the file. SMB2 with encryption is not read.
  wusp    SOAP calls of update clients (MS-WUSP), by SOAPAction or path
  wsusss  SOAP calls of update servers among themselves (MS-WSUSSS), likewise

Blocks are decrypted and verified where the capture has the Content Information of
their segment, in HTTP, SMB2 or SEGMENT_INFO_MESSAGE, earlier or later; if it comes later,
a file is read twice, and from a pipe the block stays unverified. --content-information
gives Content Information that the capture does not have. A block that does not have its
hash gets a reason: it was encrypted with another length of key, it is another block
of its segment, or it is damaged. Times are from the end of a request to the beginning of its
response.

A row is an exchange: the frames of its request and of its response, the time of the
latter, and from the client to the server. --messages lists each message by itself, as
--json does. Flags such as --client select exchanges: all of them have to fit, of several
values of one flag one is enough, and a response is shown with its request.

--csv has the same rows for spreadsheets: a text that begins with =, +, - or @ has an
apostrophe before it, so that it is not run as a formula. verdict is valid, sender
(violates a rule for senders only), invalid, unfit (does not fit its request, or a block
that does not have its hash), problem or note.

-v shows the fields of each message, with their bytes in hex and as characters, but not
the middle of long lists and fields, which --all shows, too: what violates a rule is
always there. -vv adds the section and the requirements of each field.

Missing, truncated or unreadable data, such as frames encrypted with IPsec, is
reported as CAPTURE_PROBLEM, with exit status 1. A CAPTURE_NOTE does not change
the exit status.

Version 1.0 uses HTTPS; a CAPTURE_NOTE reports that TLS is present. With the session keys
it is decrypted: those of --keylog, as browsers and curl write them where SSLKEYLOGFILE
names a file, and those within a pcapng file (editcap --inject-secrets). That needs
tshark, of which nothing else is used.`,
		Example: `  pchc pcap capture.pcapng
  pchc pcap -v capture.pcap.gz | less
  pchc pcap -vv --all --frame 17-40 capture.pcapng
  tcpdump -i eth0 -U -w - 'tcp or udp port 3702' | pchc pcap
  pchc pcap --segment 7365296aa158f7a4 capture.pcapng    # follow one segment
  pchc pcap --client 10.0.0.0/24 --type batched-offer --invalid capture.pcapng
  pchc pcap --follow --time local growing.pcapng
  pchc pcap --html page.html capture.pcapng              # to look at in a browser
  pchc pcap --protocol pccrr --content-information image.ci capture.pcap
  pchc pcap --keylog keys.log capture.pcapng             # decrypt TLS
  pchc pcap --csv --protocol pccrr capture.pcapng > blocks.csv
  pchc pcap --json *.pcap | jq -c 'select(.valid | not)'`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if err := l.flags.reports(l.html); err != nil {
				return err
			}
			l.out = l.output(l.flags.file)
			if l.printer, err = l.flags.printer(l.out); err != nil {
				return err
			}
			l.printer.Messages, l.printer.Wide = l.messages, l.wide
			if l.printer.Clock, err = parseClock(l.clock); err != nil {
				return err
			}
			if err := l.filters.compile(args, l.clock == "local"); err != nil {
				return err
			}
			l.follow = l.filters.follow
			l.out.page(&l.flags, args)
			if err := l.setUp(); err != nil {
				return err
			}
			if l.verbose == 0 && l.printer.Form == message.FormTree {
				l.printer.Form = message.FormLine
			}
			l.printer.Fold, l.printer.ASCII, l.printer.Cite = !l.all, true, l.verbose > 1
			if l.csv {
				if l.printer.Form == message.FormJSON || l.verbose > 0 || l.messages {
					return usagef("--csv has a row for each exchange, so it cannot go with --json, --raw, --verbose or --messages")
				}
				l.printer.Form = message.FormCSV
				if _, err := l.out.Write([]byte(message.CSVHeader)); err != nil {
					return err
				}
			}
			l.page = l.newPage(l.html, capturepage.Options{By: cmd.CommandPath(), ShowSecrets: l.flags.showSecrets})
			l.base = *l.printer
			if l.html == "" && l.filters.count == 0 && l.together(args) {
				err = l.parallel(cmd, args)
			} else {
				err = l.readCaptures(cmd, args, l.read, l.page.missed, l.out, l.page.output())
			}
			return l.out.close(l.page.close(err))
		},
	}
	l.flags.add(cmd)
	l.flags.addPager(cmd)
	flags := cmd.Flags()
	flags.CountVarP(&l.verbose, "verbose", "v", "show the fields of each message; -vv: and the section and requirements of each")
	flags.BoolVar(&l.all, "all", false, "with -v, also show the middle of long lists and fields")
	flags.BoolVar(&l.csv, "csv", false, "write CSV: a row for each exchange, below the names of the columns")
	flags.BoolVar(&l.messages, "messages", false, "a row for each message, not for each exchange")
	flags.BoolVar(&l.wide, "wide", false, "show identifiers of segments (HoHoDk) in full")
	flags.StringVar(&l.clock, "time", "utc", "show times as `CLOCK`: utc, local, relative (seconds since the first frame) or delta (since the row before)")
	addHTML(cmd, &l.html)
	l.addKeylog(cmd)
	l.filters.add(cmd)
	addInformation(cmd, &l.given)
	completeCaptures(cmd)
	_ = cmd.RegisterFlagCompletionFunc("time", cobra.FixedCompletions(clocks, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// parallel lists several captures at a time.
func (l *lister) parallel(cmd *cobra.Command, names []string) error {
	given, all := l.secrets.Fork(), l.secrets // all has those of the captures that have been listed, too
	runs := make([]*lister, len(names))
	return l.inParallel(cmd, names, l.out, func(n int, own *app, out *output, earlier func()) error {
		one := *l
		runs[n] = &one
		one.app, one.out, one.secrets, one.buf = own, out, given.Fork(), nil
		one.earlier = func() {
			earlier()
			one.secrets.Import(all)
		}
		return own.readCaptures(cmd, names[n:n+1], one.read, func(string, error) {}, out)
	}, func(n int) {
		all.Import(runs[n].secrets)
		runs[n] = nil
	})
}

// setUp reads what the flags name.
func (l *lister) setUp() error {
	var err error
	l.secrets, err = l.secretsOf(l.given, l.out)
	return err
}

// read lists one capture and writes a summary to standard error. Errors and the
// summary call it label.
func (l *lister) read(name, label string, in io.Reader) error {
	clear(l.counts[:])
	clear(l.exchanges[:])
	clear(l.blocks[:])
	l.hidden, l.plain = 0, 0
	printer := l.base
	l.printer = &printer
	l.filters.begin(time.Time{})
	if err := l.page.begin(name, label); err != nil {
		return err
	}
	perMessage := l.printer.Form == message.FormJSON || l.printer.Messages
	o := conversation.Options{Capture: l.ahead(capture.Options{File: name, ByFrame: true, Updates: true, Started: l.start, Keys: withKeys}, l.out),
		Secrets: l.secrets, Earlier: l.earlier, Again: l.again(name), Offers: !perMessage || l.filters.active() || l.page != nil}
	sum, err := conversation.Read(in, o, l.item)
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	if err := l.out.flush(); err != nil { // before the summary
		return err
	}
	summary := l.summary(sum)
	l.page.end(summary)
	l.notef("pchc: %s: %s", label, summary)
	return err
}

// start takes the time of the first frame.
func (l *lister) start(t time.Time) {
	l.printer.Start = t
	l.filters.begin(t)
}

// item lists an item, unless the filter drops it.
func (l *lister) item(it *conversation.Item) error {
	verdict := l.filters.item(it)
	if verdict == filter.Drop {
		if e := it.Event; e.Kind == capture.Problem && l.filters.set.Hides(e) {
			l.hidden++
			l.status = max(l.status, statusViolated)
		}
		return nil
	}
	if verdict == filter.KeepBoth && (l.printer.Form == message.FormJSON || l.printer.Messages) {
		if err := l.print(filter.Request(it)); err != nil {
			return err
		}
	}
	return l.print(it)
}

// print lists an item.
func (l *lister) print(it *conversation.Item) error {
	if err := l.page.item(it); err != nil {
		return err
	}
	var b []byte
	var verdict message.Verdict
	if isUpdate(it.Event) {
		b, verdict = l.update(l.buf[:0], it.Event)
	} else {
		b, verdict = l.printer.Item(l.buf[:0], it)
	}
	l.buf = b
	l.counts[verdict]++
	if verdict != message.Valid && verdict != message.CaptureNote {
		l.status = max(l.status, statusViolated)
	}
	if x := it.Exchange; x != nil && x.Done {
		l.exchanges[x.Protocol]++
		if it.Event.Kind == capture.Plain {
			l.plain++
		}
		if x.Retrieval != nil && x.Retrieval.Block != nil {
			verified := 0
			if x.Retrieval.Block.Verified {
				verified = 1
			}
			l.blocks[verified]++
		}
	}
	if _, err := l.out.Write(b); err != nil || len(b) == 0 {
		return err
	}
	return l.filters.row()
}

// summary says what a capture contains and, if it has no messages, why.
func (l *lister) summary(sum capture.Summary) string {
	s := message.Count(sum.Requests, "request") + ", " + message.Count(sum.Responses, "response")
	if sum.Contents > 0 {
		s += fmt.Sprintf(", %d Content Information", sum.Contents)
	}
	if n := l.exchanges[capture.PCCRR]; n > 0 {
		s += ", " + message.Count(n, "retrieval")
	}
	if n := l.blocks[0] + l.blocks[1]; n > 0 {
		s += fmt.Sprintf(", %d of %s verified", l.blocks[1], message.Count(n, "block"))
	}
	if n := l.exchanges[capture.PCCRD]; n > 0 {
		s += ", " + message.Count(n, "discovery message")
	}
	if l.plain > 0 {
		s += ", " + message.Count(l.plain, "plain content")
	}
	if n := l.exchanges[capture.WUSP] + l.exchanges[capture.WSUSSS]; n > 0 {
		s += ", " + message.Count(n, "call") + " to update services"
	}
	for _, c := range []struct {
		verdict message.Verdict
		text    string
	}{{message.Invalid, "INVALID"}, {message.SenderInvalid, "violating sender rules"}, {message.Unfit, "with a block or response that does not fit"}} {
		if n := l.counts[c.verdict]; n > 0 {
			s += fmt.Sprintf(", %d %s", n, c.text)
		}
	}
	problems := l.counts[message.CaptureProblem] + l.hidden
	if !l.filters.active() {
		problems = cmp.Or(problems, sum.Problems)
	}
	if problems > 0 {
		s += ", " + message.Count(problems, "capture problem")
	}
	s += " in " + message.Count(int(sum.Frames), "frame") + " of " + message.Count(sum.Connections, "TCP connection")
	if sum.Encrypted > 0 {
		s += fmt.Sprintf(", %d of them TLS", sum.Encrypted)
		switch left := sum.Encrypted - sum.Decrypted; {
		case sum.Decrypted > 0 && left > 0:
			s += fmt.Sprintf(", %d decrypted and %d not", sum.Decrypted, left)
		case sum.Decrypted > 0:
			s += ", decrypted"
		case l.keylog != "":
			s += ", none of them decrypted: no key of the log is for them"
		default:
			s += " (with its keys: --keylog FILE)"
		}
	}
	if l.filters.narrow() {
		return s + l.filters.summary()
	}
	if sum.Requests+sum.Responses+sum.Contents+l.exchanges[capture.PCCRR]+l.exchanges[capture.PCCRD]+l.exchanges[capture.PCCRTP]+l.exchanges[capture.WUSP]+l.exchanges[capture.WSUSSS]+l.exchanges[capture.SMB2] > 0 {
		return s
	}
	return s + whyNothing(sum, problems, l.filters.protocols)
}

// whyNothing says after a colon why a capture has no messages of these protocols, nil for
// all, or nothing where its problems or TLS say it.
func whyNothing(sum capture.Summary, problems int, protocols []string) string {
	switch {
	case sum.Frames == 0 && problems == 0:
		return ": the capture is empty"
	case sum.Connections == 0 && problems > 0, sum.Connections > 0 && sum.Encrypted == sum.Connections:
		return ""
	case sum.Connections == 0:
		return ": no TCP captured (check the interface and the filter)"
	case protocols != nil:
		return ": nothing of " + strings.Join(protocols, ", ")
	}
	return ": no HTTP POST to an MS-PCHC path (/0131501b-d67f-491b-9a40-c4bf27bcb4d4)"
}
