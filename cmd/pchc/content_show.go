package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/contentfile"
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
		Long: `show shows of Content Information the content range, and start, length and public
identifier (HoHoDk) of each segment. The exit status is 1 if it violates a rule, or if
block hashes contradict the hash of their segment. Of malformed Content Information it
shows every field, as pchc decode does.

Keys (SegmentSecret) are shown with --show-secrets only.

` + formsOfInformation,
		Example: `  pchc content show image.ci
  pchc content show -v --show-secrets image.ci
  pchc content show --json image.ci | jq -r .derived.segments[].HoHoDk`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			out := s.output(s.flags.file)
			out.page(&s.flags, args)
			printer, err := s.flags.printer(out)
			if err != nil {
				return err
			}
			err = s.show(args[0], out, printer)
			return out.close(err)
		},
	}
	s.flags.add(cmd)
	s.flags.addPager(cmd)
	cmd.Flags().BoolVarP(&s.verbose, "verbose", "v", false, "show all hashes")
	return cmd
}

// mostViolated is how many bytes of Content Information that violates a rule are shown:
// dissecting them takes many times the memory.
const mostViolated = 256 << 10

func (s *contentShower) show(name string, out *output, printer *message.Printer) error {
	found, err := s.readInformation(name, out)
	if err != nil {
		return err
	}
	defer found.Close()
	for i, b := range found.All {
		if i > 0 && printer.Form != message.FormJSON {
			if _, err := out.Write([]byte("\n")); err != nil {
				return err
			}
		}
		if err := s.showOne(name, b, out, printer); err != nil {
			return err
		}
	}
	return nil
}

// showOne shows one Content Information.
func (s *contentShower) showOne(name string, b *io.SectionReader, out *output, printer *message.Printer) error {
	info, violation := pccrc.NewReader(b, b.Size())
	if violation == nil {
		if err := s.notes(name, info); err != nil {
			return informationError(name, err)
		}
		violation = info.CheckSenderRules()
	}
	var rule *pccrc.Error
	switch {
	case errors.As(violation, &rule):
		s.status = statusViolated
		return s.violated(name, b, rule, out, printer)
	case violation != nil:
		return informationError(name, violation)
	case printer.Form != message.FormJSON:
		return failed(printer.WriteContent(out, info, s.verbose))
	}
	var raw io.Reader
	if printer.Raw {
		raw = b
	}
	return failed(message.WriteContent(out, info, printer.ShowSecrets, raw))
}

// violated shows Content Information that violates a rule.
func (s *contentShower) violated(name string, b *io.SectionReader, first *pccrc.Error, out *output, printer *message.Printer) error {
	if b.Size() > mostViolated {
		return &failure{statusViolated, fmt.Errorf("%s: %s; of malformed Content Information above %s, show tells no more than that; pchc decode --as content %[1]s shows its first fields",
			name, strings.TrimPrefix(first.Error(), "pchc: "), message.Size(mostViolated))}
	}
	body := make([]byte, b.Size())
	if _, err := b.ReadAt(body, 0); err != nil && err != io.EOF {
		return informationError(name, err)
	}
	var text []byte
	if m := message.New(spec.Content, body, 0); printer.Form == message.FormJSON || !m.Dissection.Valid() {
		text, _ = printer.Message(nil, &message.Item{Kind: spec.Content, Body: body})
	} else {
		text = printer.AppendContent(nil, m, s.verbose)
	}
	_, err := out.Write(text)
	return err
}

// notes notes where the block hashes of segments contradict their HoD, the first ones by
// name and the rest by number, and how much of the content range has no segments.
func (s *contentShower) notes(name string, info *pccrc.Reader) error {
	const most = 10
	wrong := 0
	err := contentfile.CheckHashes(info, func(segment int) {
		s.status = statusViolated
		if wrong++; wrong <= most {
			s.notef("pchc: %s: SegmentHashOfData of segment %d is not the hash of its block hashes", name, segment)
		}
	})
	if wrong > most {
		s.notef("pchc: %s: likewise in %d more", name, wrong-most)
	}
	if err != nil {
		return err
	}
	extent, err := contentfile.ExtentOf(info)
	if r := info.Range(); err == nil && r.Start+r.Length > extent.End {
		s.notef("pchc: %s: note: the last %d bytes of the content range are in none of the segments that are listed", name, r.Start+r.Length-extent.End)
	}
	return err
}
