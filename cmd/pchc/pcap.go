package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
)

// lister is a run of pchc pcap.
type lister struct {
	*app
	flags   outputFlags
	verbose bool

	out     *output
	printer *message.Printer
	buf     []byte
	counts  [message.CaptureNote + 1]int // of the current capture
}

func (a *app) pcapCommand() *cobra.Command {
	l := &lister{app: a}
	cmd := &cobra.Command{
		Use:   "pcap [FILE|-]...",
		Short: "List the messages in packet captures",
		Long: `pcap lists the MS-PCHC messages in packet captures: pcap, pcapng or snoop, also
compressed with gzip, zstd or xz, from files or from standard input (- or no
argument), even while the capture is running. It finds them by the MS-PCHC paths
on any TCP port, also in tunnels (VXLAN, GENEVE, GRE, ERSPAN, GTP, IP in IP and
others), behind MPLS, PPPoE and VLAN tags, and in 802.11. It names other capture
formats and how to convert them.

It also lists Content Information in HTTP responses with Content-Encoding: peerdist,
whatever their path (MS-PCCRTP), and checks the header fields of PeerDist encoding.

Missing, truncated or unreadable data, such as frames encrypted with IPsec, is
reported as CAPTURE_PROBLEM, with exit status 1. A CAPTURE_NOTE does not change
the exit status.

Version 1.0 uses HTTPS; a CAPTURE_NOTE reports only that TLS is present. With the
session keys, tshark decrypts it for pchc decode:

  tshark -r CAPTURE -o tls.keylog_file:KEYS -Y http -x | pchc decode`,
		Example: `  pchc pcap capture.pcapng
  pchc pcap -v capture.pcap.gz | less
  tcpdump -i eth0 -U -w - tcp | pchc pcap
  pchc pcap --json *.pcap | jq -c 'select(.valid | not)'`,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			l.out = l.output(l.flags.file)
			if l.printer, err = l.flags.printer(l.out); err != nil {
				return err
			}
			if !l.verbose && l.printer.Form == message.FormTree {
				l.printer.Form = message.FormLine
			}
			return l.out.close(l.readCaptures(cmd, args, l.read, func(string, error) {}, l.out))
		},
	}
	l.flags.add(cmd)
	cmd.Flags().BoolVarP(&l.verbose, "verbose", "v", false, "show every field of each message")
	return cmd
}

// read lists one capture and writes a summary to standard error. Errors and the
// summary call it label.
func (l *lister) read(name, label string, in io.Reader) error {
	clear(l.counts[:])
	sum, err := capture.Read(in, capture.Options{File: name, ByFrame: true}, func(e *capture.Event) error {
		b, verdict := l.printer.Event(l.buf[:0], e)
		l.buf = b
		l.counts[verdict]++
		if verdict != message.Valid && verdict != message.CaptureNote {
			l.status = max(l.status, statusViolated)
		}
		_, err := l.out.Write(b)
		return err
	})
	if err != nil {
		return err
	}
	if err := l.out.flush(); err != nil { // before the summary
		return err
	}
	l.notef("pchc: %s: %s", label, l.summary(sum))
	return nil
}

// summary says what a capture contains and, if it has no messages, why.
func (l *lister) summary(sum capture.Summary) string {
	s := message.Count(sum.Requests, "request") + ", " + message.Count(sum.Responses, "response")
	if sum.Contents > 0 {
		s += fmt.Sprintf(", %d Content Information", sum.Contents)
	}
	if n := l.counts[message.Invalid]; n > 0 {
		s += fmt.Sprintf(", %d INVALID", n)
	}
	if n := l.counts[message.SenderInvalid]; n > 0 {
		s += fmt.Sprintf(", %d violating sender rules", n)
	}
	if sum.Problems > 0 {
		s += ", " + message.Count(sum.Problems, "capture problem")
	}
	s += " in " + message.Count(int(sum.Frames), "frame") + " of " + message.Count(sum.Connections, "TCP connection")
	if sum.Encrypted > 0 {
		s += fmt.Sprintf(", %d of them TLS (to decrypt it: pchc pcap --help)", sum.Encrypted)
	}
	if sum.Requests+sum.Responses+sum.Contents > 0 {
		return s
	}
	switch {
	case sum.Frames == 0 && sum.Problems == 0:
		return s + ": the capture is empty"
	case sum.Connections == 0 && sum.Problems > 0:
		return s
	case sum.Connections == 0:
		return s + ": no TCP captured (check the interface and the filter)"
	case sum.Encrypted == sum.Connections:
		return s
	}
	return s + ": no HTTP POST to an MS-PCHC path (/0131501b-d67f-491b-9a40-c4bf27bcb4d4)"
}
