package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// reader is a run of pchc pcap.
type reader struct {
	*app
	flags   outputFlags
	verbose bool

	out    *output
	list   message.List
	tree   message.Text
	line   []byte // that is being written
	file   string
	headed heading
	shown  bool // a message was written

	invalid, sender int // messages of this file that break format rules, or sender rules only
}

func (a *app) pcapCommand() *cobra.Command {
	r := &reader{app: a}
	cmd := &cobra.Command{
		Use:   "pcap [FILE|-]...",
		Short: "List the messages in packet captures",
		Long: `pcap lists the MS-PCHC messages in packet captures: pcap and pcapng, compressed
with gzip or not, from files or from standard input (- or no argument), also
while a capture is running. It finds them by the paths of MS-PCHC on any TCP
port. What a capture lost, cut off or hides is listed as CAPTURE_PROBLEM.

Version 1.0 travels over HTTPS: of that only the fact can be told. Where the
keys of the sessions are known, tshark deciphers what pchc decode then reads:
tshark -r CAPTURE -o tls.keylog_file:KEYS -Y http -x | pchc decode`,
		Example: `  pchc pcap capture.pcapng
  pchc pcap -v capture.pcap.gz | less
  tcpdump -i eth0 -U -w - tcp | pchc pcap
  pchc pcap --json *.pcap | jq -c 'select(.valid | not)'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.out = r.output(r.flags.file)
			text, err := r.flags.text(r.out)
			if err != nil {
				return err
			}
			r.tree, r.list.Text = *text, text
			if len(args) == 0 {
				args = []string{"-"}
			}
			for _, name := range args {
				r.file, r.headed = name, heading{}
				if err = r.readCapture(cmd, name, r.read, r.out); err != nil {
					break
				}
			}
			return r.out.close(err)
		},
	}
	r.flags.add(cmd)
	cmd.Flags().BoolVarP(&r.verbose, "verbose", "v", false, "show every field of each message")
	return cmd
}

// read reads one capture and sums it up on standard error.
func (r *reader) read(name string, in io.Reader) error {
	r.invalid, r.sender = 0, 0
	sum, err := capture.Read(in, capture.Options{File: r.file}, r.event)
	if err != nil {
		return err
	}
	if err := r.out.flush(); err != nil { // before the summary
		return err
	}
	fmt.Fprintf(r.stderr, "pchc: %s: %s\n", name, r.summary(sum))
	return nil
}

// event writes one event.
func (r *reader) event(e *capture.Event) error {
	kind := spec.Request
	switch e.Kind {
	case capture.Problem:
		return r.problem(e)
	case capture.Response:
		kind = spec.Response
	}
	r.line = r.line[:0]
	if r.flags.json || r.flags.raw {
		m := message.New(kind, e.Body, e.RequestType)
		m.Capture = &e.Place
		r.judge(m)
		r.line = (&message.JSON{ShowSecrets: r.flags.showSecrets, Raw: r.flags.raw}).Append(r.line, m)
		_, err := r.out.Write(r.line)
		return err
	}
	if r.verbose && r.shown {
		r.line = append(r.line, '\n')
	}
	r.shown = true
	r.line = r.headed.append(r.line, &r.list, &e.Place)
	var broken *message.Message
	r.line, broken = r.list.Append(r.line, &message.Item{Kind: kind, Body: e.Body, Request: e.RequestType, Capture: &e.Place})
	r.judge(broken)
	if r.verbose {
		if broken == nil {
			broken = message.New(kind, e.Body, e.RequestType)
		}
		r.line = r.tree.Append(r.line, broken)
	}
	_, err := r.out.Write(r.line)
	return err
}

func (r *reader) problem(e *capture.Event) error {
	r.status = statusViolated
	r.line = r.line[:0]
	if r.flags.json || r.flags.raw {
		r.line = (&message.JSON{}).AppendProblem(r.line, e.Detail, &e.Place)
	} else {
		r.line = r.headed.append(r.line, &r.list, &e.Place)
		r.line = r.list.AppendProblem(r.line, e.Detail, &e.Place)
	}
	_, err := r.out.Write(r.line)
	return err
}

// judge counts a message that breaks rules.
func (r *reader) judge(m *message.Message) {
	if m == nil || len(m.Dissection.Violations) == 0 {
		return
	}
	r.status = statusViolated
	if m.Dissection.Valid() {
		r.sender++
	} else {
		r.invalid++
	}
}

// summary says what was found in a capture and, if that is nothing, why.
func (r *reader) summary(sum capture.Summary) string {
	s := fmt.Sprintf("%s, %s", plural(sum.Requests, "request"), plural(sum.Responses, "response"))
	if r.invalid > 0 {
		s += fmt.Sprintf(", %d INVALID", r.invalid)
	}
	if r.sender > 0 {
		s += fmt.Sprintf(", %d breaking sender rules", r.sender)
	}
	if sum.Problems > 0 {
		s += fmt.Sprintf(", %s", plural(sum.Problems, "capture problem"))
	}
	s += fmt.Sprintf(" in %s of %s", plural(int(sum.Frames), "frame"), plural(sum.Connections, "TCP connection"))
	if sum.Requests+sum.Responses > 0 {
		return s
	}
	switch {
	case sum.Frames == 0:
		return s + ": the capture is empty"
	case sum.Connections == 0:
		return s + ": no TCP was captured (look at the interface and the filter)"
	case sum.Encrypted > 0:
		return s + fmt.Sprintf(", %d of them TLS: version 1.0 of the protocol is inside HTTPS; with the keys of the sessions: "+
			"tshark -r %s -o tls.keylog_file:KEYS -Y http -x | pchc decode", sum.Encrypted, r.file)
	}
	return s + ": none of them posts to a path of MS-PCHC (/0131501b-d67f-491b-9a40-c4bf27bcb4d4 over HTTP)"
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
