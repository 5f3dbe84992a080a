package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/byterange"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/extract"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/internal/printable"
)

// contentExtractor is a run of pchc content extract.
type contentExtractor struct {
	*app
	folder      string
	information []string
	force       bool
	json        bool
	file        string

	out      *output
	secrets  *conversation.Secrets
	to       *extract.Extractor
	problems int
}

func (a *app) contentExtractCommand() *cobra.Command {
	x := &contentExtractor{app: a}
	cmd := &cobra.Command{
		Use:   "extract [CAPTURE|-]... --to FOLDER",
		Short: "Rebuild the contents whose bytes are in a capture",
		Long: `extract rebuilds contents from packet captures: from blocks that peers and hosted caches
sent, decrypted and verified, and from what content servers sent. It lists each content,
what was written, from whom it came, and the holes.

Bytes from content servers are verified where Content Information has their hash, and
not kept if they do not have it; others are marked "not verified". A content with holes is in
NAME.partial, with zeros in the holes. No existing file is overwritten without --force.

The exit status is 1 if a content has holes, or something could not be read or written.`,
		Example: `  pchc content extract capture.pcapng --to contents
  pchc content extract --json capture.pcapng --to contents | jq 'select(.whole | not) | .holes'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if x.folder == "" {
				return usagef("missing --to FOLDER")
			}
			x.out = x.output(x.file)
			return x.out.close(x.run(cmd, args))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&x.folder, "to", "", "write the contents into this `FOLDER`")
	flags.BoolVar(&x.force, "force", false, "overwrite existing files")
	flags.BoolVar(&x.json, "json", false, "write JSON, one object per line")
	addInformation(cmd, &x.information)
	x.addKeylog(cmd)
	completeCaptures(cmd)
	addOutputFile(cmd, &x.file)
	return cmd
}

// run extracts the contents, as far as the captures can be read.
func (x *contentExtractor) run(cmd *cobra.Command, args []string) (err error) {
	if x.secrets, err = x.secretsOf(x.information, x.out); err != nil {
		return err
	}
	o := extract.Options{Replace: x.force}
	for _, name := range append(append([]string{x.file}, args...), x.information...) {
		if info, err := os.Stat(name); err == nil {
			o.Keep = append(o.Keep, info)
		}
	}
	if x.to, err = extract.New(x.folder, x.secrets, o); err != nil {
		return failed(err)
	}
	debug.SetGCPercent(25)
	read := x.readCaptures(cmd, args, x.read, func(string, error) {}, x.out)
	all, left, err := x.to.Finish()
	if err != nil {
		return failed(err)
	}
	for i := range all {
		if err := x.list(&all[i]); err != nil {
			return err
		}
	}
	if read != nil {
		return read
	}
	if err := x.out.flush(); err != nil { // before the summary
		return err
	}
	x.summary(all, left)
	return nil
}

// read reads one capture.
func (x *contentExtractor) read(name, _ string, in io.Reader) error {
	sum, err := conversation.Read(in, conversation.Options{
		Capture: x.ahead(capture.Options{File: name, ByFrame: true}, x.out),
		Secrets: x.secrets, Again: x.again(name), Plain: true, Parts: true,
	}, x.to.Item)
	x.problems += sum.Problems
	return err
}

// summary writes a line to standard error, and sets the exit status.
func (x *contentExtractor) summary(all []extract.Content, left int64) {
	whole := 0
	for i := range all {
		if all[i].Whole {
			whole++
		}
		if !all[i].Whole || len(all[i].Failures) > 0 {
			x.status = statusViolated
		}
	}
	s := fmt.Sprintf("pchc: %s, %d of them whole", message.Count(len(all), "content"), whole)
	if len(all) == 0 {
		s = "pchc: no content in the capture"
	}
	if x.problems > 0 {
		x.status = statusViolated
		s += ", " + message.Count(x.problems, "capture problem") + " (see pchc pcap)"
	}
	if left > 0 {
		x.status = statusViolated
		s += fmt.Sprintf("; %d pieces of further contents were not written: there are too many", left)
	}
	x.notef("%s", s)
}

// list writes what became of a content.
func (x *contentExtractor) list(c *extract.Content) error {
	if x.json {
		return writeJSON(x.out, struct {
			Message string `json:"message"`
			*extract.Content
		}{"CONTENT_EXTRACTED", c})
	}
	name := printable.String(c.Name)
	if c.File == "" {
		name += ": nothing written"
	} else {
		name += " -> " + printable.String(c.File)
	}
	lines := []string{name}
	state := "with holes"
	switch {
	case c.Whole && c.Verified == c.Written:
		state = "whole, verified"
	case c.Whole:
		state = "whole, NOT all verified"
	case c.Length == 0:
		state = "of unknown length"
	}
	lines = append(lines, fmt.Sprintf("  %d of %d bytes, %s", c.Written, c.Length, state))
	for _, s := range c.Sources {
		if len(s.Ranges) > 0 {
			lines = append(lines, fmt.Sprintf("  %s from %v (%s)", spans(s.Ranges), s.Server, s.Protocol))
		}
	}
	if len(c.Unverified) > 0 {
		lines = append(lines, "  not verified: "+spans(c.Unverified))
	}
	if len(c.Holes) > 0 {
		lines = append(lines, "  holes: "+spans(c.Holes))
	}
	for _, f := range c.Failures {
		if strings.HasSuffix(f, fs.ErrExist.Error()) {
			f += " (to overwrite it: --force)"
		}
		lines = append(lines, "  failed: "+printable.String(f))
	}
	_, err := fmt.Fprintln(x.out, strings.Join(lines, "\n"))
	return err
}

// spans writes ranges by their first and last byte.
func spans(r byterange.Ranges) string {
	const most = 8
	var parts []string
	for i, one := range r {
		if i == most {
			parts = append(parts, fmt.Sprintf("and %d more (--json)", len(r)-i))
			break
		}
		parts = append(parts, fmt.Sprintf("%d-%d", one[0], one[1]-1))
	}
	return strings.Join(parts, ", ")
}
