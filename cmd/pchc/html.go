package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/fuzz/report"
	"github.com/hostedcache/pchc/internal/capturepage"
	"github.com/hostedcache/pchc/internal/conformance"
	"github.com/hostedcache/pchc/internal/conversation"
)

// addHTML adds --html.
func addHTML(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "html", "", "also write an HTML page to `FILE`, or - for standard output without the text")
}

// capturePage is a page with exchanges, and where it goes. A nil one does nothing.
type capturePage struct {
	out *output
	*capturepage.Writer
}

// newPage returns a page that goes to a file, nil for "".
func (a *app) newPage(file string, o capturepage.Options) *capturePage {
	if file == "" {
		return nil
	}
	o.Version, o.Show = version(), "pchc pcap -v --all --frame FRAME FILE"
	p := &capturePage{out: a.output(file)}
	p.out.keys = o.ShowSecrets
	p.Writer = capturepage.New(p.out, o)
	return p
}

// output is where the page goes, so that it is not one of the captures.
func (p *capturePage) output() *output {
	if p == nil {
		return &output{}
	}
	return p.out
}

func (p *capturePage) begin(name, label string) error {
	if p == nil {
		return nil
	}
	return p.Begin(label, report.Quote(dash(name)))
}

func (p *capturePage) item(it *conversation.Item) error {
	if p == nil {
		return nil
	}
	return p.Item(it)
}

func (p *capturePage) finding(f *conformance.Finding) error {
	if p == nil {
		return nil
	}
	return p.Finding(f)
}

func (p *capturePage) end(summary string) {
	if p != nil {
		p.End(summary, false)
	}
}

// missed takes note of a capture that could not be read.
func (p *capturePage) missed(label string, err error) {
	if p != nil {
		p.Missed(label, report.Quote(dash(label)), err)
	}
}

// close writes the rest of the page, unless err is about the command line: the page
// might overwrite a capture.
func (p *capturePage) close(err error) error {
	if f := (*failure)(nil); p == nil || errors.As(err, &f) && f.status == statusUsage {
		return err
	}
	return errors.Join(err, p.out.close(p.Close()))
}
