package main

import (
	"bytes"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// contentShower is a run of pchc content show.
type contentShower struct {
	*app
	flags   outputFlags
	verbose bool
}

func (a *app) contentShowCommand() *cobra.Command {
	s := &contentShower{app: a}
	cmd := &cobra.Command{
		Use:   "show FILE|-",
		Short: "Show segments, range and identifiers of Content Information",
		Long: `show reads Content Information, raw, in hex or JSON, or any other form that pchc
decode reads. It shows the content range, and start, length and public identifier
(HoHoDk) of each segment. The exit status is 1 if it violates a rule, or if block hashes
contradict the hash of their segment. Of malformed Content Information it shows every
field, as pchc decode does.

Keys (SegmentSecret) are shown with --show-secrets only.`,
		Example: `  pchc content show image.ci
  pchc content show -v --show-secrets image.ci
  pchc content show --json image.ci | jq -r .derived.segments[].HoHoDk`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			out := s.output(s.flags.file)
			printer, err := s.flags.printer(out)
			if err != nil {
				return err
			}
			err = s.show(args[0], out, printer)
			return out.close(err)
		},
	}
	s.flags.add(cmd)
	cmd.Flags().BoolVarP(&s.verbose, "verbose", "v", false, "show all hashes")
	return cmd
}

func (s *contentShower) show(name string, out *output, printer *message.Printer) error {
	all, err := s.readInformation(name, out)
	if err != nil {
		return err
	}
	for i, b := range all {
		var text []byte
		m := message.New(spec.Content, b, 0)
		if len(m.Dissection.Violations) > 0 {
			s.status = statusViolated
		}
		s.checkHashes(name, b)
		switch {
		case printer.Form == message.FormJSON, !m.Dissection.Valid():
			text, _ = printer.Message(nil, &message.Item{Kind: spec.Content, Body: b})
		default:
			if i > 0 {
				text = []byte("\n")
			}
			text = printer.AppendContent(text, m, s.verbose)
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// checkHashes notes where the block hashes of a segment contradict its HoD, which needs
// no content where all of them are listed. It names the first segments and counts the rest.
func (s *contentShower) checkHashes(name string, b []byte) {
	info, err := pccrc.Decode(b)
	if err != nil {
		return // told as a violation
	}
	const most = 10
	wrong := 0
	for i, segment := range info.Segments() {
		list := segment.Blocks()
		if size := uint64(segment.BlockSize); size == 0 || uint64(list.Len()) != (uint64(segment.Length)+size-1)/size {
			continue
		}
		hod, err := segment.HashAlgorithm().AppendHash(nil, list.BlockHashes())
		if err == nil && !bytes.Equal(hod, segment.SegmentHashOfData()) {
			s.status = statusViolated
			if wrong++; wrong <= most {
				s.notef("pchc: %s: SegmentHashOfData of segment %d is not the hash of its block hashes", name, i)
			}
		}
	}
	if wrong > most {
		s.notef("pchc: %s: likewise in %d more", name, wrong-most)
	}
}
