package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/internal/printable"
	"github.com/hostedcache/pchc/pccrc"
)

// contentVerifier is a run of pchc content verify.
type contentVerifier struct {
	*app
	secret      secretFlags
	information string
	offset      uint64
	json        bool
	file        string

	out   *output
	meter *meter
}

func (a *app) contentVerifyCommand() *cobra.Command {
	v := &contentVerifier{app: a}
	cmd := &cobra.Command{
		Use:   "verify FILE|- --content-information FILE",
		Short: "Verify a file against Content Information",
		Long: `verify compares the hash of each block (version 1) or segment (version 2) of a file
with its Content Information, and reports those that are damaged with their place in the
file, missing and surplus bytes, and what could not be verified. The Content Information
may be of a range of the content.

With the server secret key (--secret-file, --key-file or the environment variable
PCHC_SECRET), the keys of the segments (SegmentSecret) are checked, too.

The exit status is 0 only if every byte of the content range has its hash, and nothing
contradicts the Content Information.

` + formsOfInformation,
		Example: `  pchc content verify image.iso --content-information image.ci
  pchc content verify image.iso --content-information image.ci --secret-file secret
  tail -c +1048577 image.iso | pchc content verify - --offset 1048576 --content-information image.ci
  pchc content verify --json image.iso --content-information image.ci | jq .start`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case v.information == "":
				return usagef("missing --content-information FILE")
			case v.information == standard && args[0] == standard:
				return usagef("the content and its Content Information cannot both be on standard input")
			case v.secret.file == standard && v.information == standard:
				return usagef("the Content Information and the server secret key cannot both be on standard input")
			}
			if err := v.secret.check(args[0]); err != nil {
				return err
			}
			v.out = v.output(v.file)
			err := v.verify(cmd, args[0])
			return v.out.close(err)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&v.information, "content-information", "", "verify against the Content Information in this `FILE`")
	v.secret.add(cmd)
	flags.Uint64Var(&v.offset, "offset", 0, "the file is a part of the content that begins at this `OFFSET`, in bytes")
	flags.BoolVar(&v.json, "json", false, "write JSON, one object per line")
	addOutputFile(cmd, &v.file)
	return cmd
}

func (v *contentVerifier) verify(cmd *cobra.Command, name string) error {
	content, err := v.openContent(cmd, name)
	if err != nil {
		return err
	}
	defer func() { content.close() }() // endWith sets another
	found, err := v.readInformation(v.information, v.out)
	if err != nil {
		return err
	}
	defer found.Close()
	info, err := v.one(found.All)
	if err != nil {
		return err
	}
	if content.file != nil && v.out.isSame(content.file) {
		return usagef("%s is both input and output", name)
	}
	extent, err := contentfile.ExtentOf(info)
	if err != nil {
		return informationError(v.information, err)
	}
	by, err := v.secret.serverSecret(v.app, extent.Algorithm, false)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	content.endWith(ctx.Done())
	v.meter = v.app.meter(max(v.offset, extent.Start), extent.End)
	defer v.meter.close()
	verifier := contentfile.Verifier{Information: info, Extent: extent, Offset: v.offset, Found: v.fault,
		Verifier: pccrc.Verifier{ServerSecret: by, Progress: v.meter.update}}
	verdict, err := verifier.Verify(ctx, content.reader, content.size)
	var at *pccrc.ContentError
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case errors.As(err, &at):
		return contentError(content.name, err)
	case err != nil:
		return v.malformed(err)
	}
	verdict.File = content.name
	return v.report(&verdict, extent)
}

// one returns the Content Information to verify against.
func (v *contentVerifier) one(all []*io.SectionReader) (*pccrc.Reader, error) {
	if len(all) != 1 {
		return nil, &failure{statusViolated, fmt.Errorf("%s has %d Content Informations, must have 1", v.information, len(all))}
	}
	info, err := pccrc.NewReader(all[0], all[0].Size())
	if err != nil {
		return nil, v.malformed(err)
	}
	if err := info.CheckSenderRules(); err != nil { // it may be good enough
		if err = v.malformed(err); err.(*failure).status == statusViolated {
			err = v.fault(contentfile.InformationFault(err.Error()))
		}
		return info, err
	}
	return info, nil
}

// malformed returns an error in the Content Information, or in reading it, as one of the
// command.
func (v *contentVerifier) malformed(err error) error {
	var violation *pccrc.Error
	if !errors.Is(err, pccrc.ErrSegments) && !errors.As(err, &violation) {
		return informationError(v.information, err)
	}
	return &failure{statusViolated, fmt.Errorf("%s: %s (see pchc content show)", v.information, strings.TrimPrefix(err.Error(), "pchc: "))}
}

// fault writes a fault.
func (v *contentVerifier) fault(f contentfile.Fault) error {
	v.status = statusViolated
	if v.json {
		return writeJSON(v.out, f)
	}
	line := printable.String(f.Detail)
	if f.Length > 0 {
		line = v.place(f.Start, f.Length) + ": " + line
	}
	_, err := fmt.Fprintln(v.out, line)
	return err
}

// place returns where in the file some bytes of the content are, or should be.
func (v *contentVerifier) place(start, length uint64) string {
	last := start + length - 1
	if start < v.offset { // not in the file at all
		return fmt.Sprintf("offset %d to %d of the content", start, last)
	}
	s := fmt.Sprintf("offset %d to %d", start-v.offset, last-v.offset)
	if v.offset > 0 {
		s += fmt.Sprintf(" (%d to %d of the content)", start, last)
	}
	return s
}

// report writes the verdict.
func (v *contentVerifier) report(all *contentfile.Verdict, extent contentfile.Extent) error {
	v.meter.close()
	if v.offset == 0 && all.Length <= extent.Start && all.Length > 0 {
		v.notef("pchc: the first segment begins at offset %d of the content; if %s begins there: --offset %[1]d", extent.Start, all.File)
	}
	all.Valid = all.Valid && v.status == statusFine
	if !all.Valid {
		v.status = statusViolated
	}
	if v.json {
		return writeJSON(v.out, all)
	}
	return v.text(all)
}

// text writes the verdict.
func (v *contentVerifier) text(all *contentfile.Verdict) error {
	word := "verified"
	if !all.Valid {
		word = "NOT verified"
	}
	_, err := fmt.Fprintf(v.out, "%s: %s\n  bytes of the content range with the right hashes: %d of %d\n",
		printable.String(all.File), word, all.Matched, all.Range.Length)
	for _, part := range []struct {
		what  string
		bytes uint64
	}{
		{"bytes in damaged blocks or segments", all.Wrong},
		{"bytes missing", all.Missing},
		{"bytes not verified, for their block or segment is not in the file as a whole, or has no hash", all.Unknown},
		{"bytes behind the last segment, not verified", all.Surplus},
	} {
		if err == nil && part.bytes > 0 {
			_, err = fmt.Fprintf(v.out, "  %s: %d\n", part.what, part.bytes)
		}
	}
	if err == nil && !all.Secrets {
		_, err = fmt.Fprintln(v.out, "  SegmentSecret was not checked: no server secret key was given")
	}
	return err
}
