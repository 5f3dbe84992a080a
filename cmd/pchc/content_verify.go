package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

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
may be raw, in hex or JSON, and of a range of the content.

With the server secret key (--secret-file, --key-file or the environment variable
PCHC_SECRET), the keys of the segments (SegmentSecret) are checked, too.

The exit status is 0 only if every byte of the content range has its hash, and nothing
contradicts the Content Information.`,
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
	info, err := v.readOne()
	if err != nil {
		return err
	}
	if content.file != nil && v.out.isSame(content.file) {
		return usagef("%s is both input and output", name)
	}
	segments := segmentsOf(info)
	by, err := v.secret.serverSecret(v.app, segments.algorithm, false)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	content.endWith(ctx.Done())
	v.meter = v.app.meter(max(v.offset, segments.start), segments.end)
	defer v.meter.close()
	result, length, err := v.compare(ctx, info, by, content)
	if ctx.Err() != nil {
		return errInterrupted
	}
	if err != nil {
		return err
	}
	return v.report(content.name, result, segments, length, by.Len() > 0)
}

// readOne returns the Content Information to verify against.
func (v *contentVerifier) readOne() (pccrc.ContentInformation, error) {
	all, err := v.readInformation(v.information, v.out)
	if err != nil {
		return nil, err
	}
	if len(all) != 1 {
		return nil, &failure{statusViolated, fmt.Errorf("%s has %d Content Informations, must have 1", v.information, len(all))}
	}
	info, err := pccrc.Decode(all[0])
	if err != nil {
		return nil, v.malformed(err)
	}
	if err := info.CheckSenderRules(); err != nil { // it may be good enough
		return info, v.fault(contentFault{Kind: "information", Detail: v.malformed(err).Error()})
	}
	return info, nil
}

// malformed returns an error in the Content Information as one of the command.
func (v *contentVerifier) malformed(err error) error {
	return &failure{statusViolated, fmt.Errorf("%s: %s (see pchc content show)", v.information, strings.TrimPrefix(err.Error(), "pchc: "))}
}

// segmentsInfo is what Content Information says of its segments as a whole.
type segmentsInfo struct {
	algorithm  pccrc.HashAlgorithm
	start, end uint64 // in the content
	last       bool   // the content ends with the last one
}

func segmentsOf(info pccrc.ContentInformation) (s segmentsInfo) {
	for i, segment := range info.Segments() {
		if i == 0 {
			s.algorithm, s.start = segment.HashAlgorithm(), segment.Start
		}
		s.end = segment.Start + uint64(segment.Length)
		s.last = s.algorithm != pccrc.TruncatedSHA512 && segment.Length < pccrc.MaxSegmentSizeV1
	}
	// A range from the beginning to the end of the last segment is that of the whole content.
	switch v2, ok := info.(pccrc.ContentInformationV2); {
	case ok && v2.UllLengthOfRange == 0:
		s.last = true
	case info.Range() == pccrc.Range{Length: s.end}:
		s.last = true
	}
	return s
}

// compare returns what was verified, and the length of the file.
func (v *contentVerifier) compare(ctx context.Context, info pccrc.ContentInformation, by pccrc.Secret, content *contentFile) (result pccrc.Verified, length uint64, err error) {
	counted := &counter{r: content.reader}
	reader := io.Reader(counted)
	if content.size >= 0 {
		reader = content.reader // in parallel
	}
	verifier := pccrc.Verifier{ServerSecret: by, Progress: v.meter.update}
	result, err = verifier.Verify(ctx, info, reader, v.offset, v.mismatch)
	if err == nil && content.size < 0 {
		_, err = io.Copy(io.Discard, counted)
		if err != nil {
			err = &pccrc.ContentError{Offset: v.offset + counted.n, Err: err}
		}
	}
	switch {
	case errors.Is(err, pccrc.ErrSegments):
		return result, 0, v.malformed(err)
	case err != nil:
		return result, 0, contentError(content.name, err)
	case content.size >= 0:
		return result, uint64(content.size), nil
	}
	return result, counted.n, nil
}

// counter counts what it reads.
type counter struct {
	r io.Reader
	n uint64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += uint64(n)
	return n, err
}

// contentFault is a place where the file and the Content Information differ. Its JSON form is
// for programs.
type contentFault struct {
	Message string `json:"message"`
	Valid   bool   `json:"valid"`
	Kind    string `json:"kind"`              // content, HoD, secret, missing, surplus, information
	Segment *int   `json:"segment,omitempty"` // index in the Content Information
	Block   *int   `json:"block,omitempty"`   // index in the segment
	Start   uint64 `json:"start"`             // in the content
	Length  uint64 `json:"length"`
	Detail  string `json:"detail"`
}

var mismatchKinds = map[pccrc.MismatchKind]string{
	pccrc.MismatchContent: "content",
	pccrc.MismatchHoD:     "HoD",
	pccrc.MismatchSecret:  "secret",
	pccrc.MismatchMissing: "missing",
}

// mismatch tells of a mismatch.
func (v *contentVerifier) mismatch(m *pccrc.Mismatch) error {
	f := contentFault{Kind: mismatchKinds[m.Kind], Segment: &m.Segment, Start: m.Start, Length: m.Length}
	what := fmt.Sprintf("segment %d", m.Segment)
	if m.Block >= 0 {
		f.Block = &m.Block
		what = fmt.Sprintf("block %d of segment %d", m.Block, m.Segment)
	}
	switch m.Kind {
	case pccrc.MismatchContent:
		f.Detail = what + " is damaged: it does not have its hash"
	case pccrc.MismatchHoD:
		f.Detail = what + " does not have its SegmentHashOfData"
	case pccrc.MismatchSecret:
		f.Detail = what + " has a SegmentSecret of another server secret"
	default:
		f.Detail = "missing, from " + what + " on"
	}
	return v.fault(f)
}

// fault writes a fault.
func (v *contentVerifier) fault(f contentFault) error {
	v.status = statusViolated
	if v.json {
		f.Message = "CONTENT_FAULT"
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

// contentVerdict is what a run found in all.
type contentVerdict struct {
	Message string       `json:"message"`
	Valid   bool         `json:"valid"`
	File    string       `json:"file"`
	Length  uint64       `json:"length"` // of the file
	Range   contentRange `json:"range"`
	Matched uint64       `json:"matched"` // bytes of the range
	Wrong   uint64       `json:"wrong"`
	Missing uint64       `json:"missing"`
	Unknown uint64       `json:"unknown"`
	Surplus uint64       `json:"surplus"` // bytes of the file behind all segments
	Secrets bool         `json:"secrets"` // SegmentSecrets were checked
}

type contentRange struct {
	Start  uint64 `json:"start"`
	Length uint64 `json:"length"`
}

// report writes what follows from the length of the file, and the verdict.
func (v *contentVerifier) report(name string, r pccrc.Verified, s segmentsInfo, length uint64, secrets bool) error {
	v.meter.close()
	end := v.offset + min(length, math.MaxUint64-v.offset) // of the file in the content
	all := contentVerdict{Message: "CONTENT_VERDICT", File: name, Length: length, Range: contentRange{r.Range.Start, r.Range.Length},
		Matched: r.Matched, Wrong: r.Wrong, Missing: r.Missing, Unknown: r.Unknown, Secrets: secrets}
	if end > s.end {
		all.Surplus = end - max(s.end, v.offset)
	}
	var err error
	switch {
	case all.Surplus > 0 && s.last:
		err = v.fault(contentFault{Kind: "surplus", Start: max(s.end, v.offset), Length: all.Surplus, Detail: "surplus: by the Content Information, the content ends before"})
	case end < s.end && v.offset == 0 && r.Missing == 0:
		err = v.fault(contentFault{Kind: "missing", Start: end, Length: s.end - end, Detail: "missing, behind the content range; the last segment has these bytes"})
	}
	if err != nil {
		return err
	}
	if r.Unknown > 0 {
		v.status = statusViolated
	}
	if v.offset == 0 && length <= s.start && length > 0 {
		v.notef("pchc: the first segment begins at offset %d of the content; if %s begins there: --offset %[1]d", s.start, name)
	}
	all.Valid = v.status == statusFine
	if v.json {
		return writeJSON(v.out, all)
	}
	return v.text(&all)
}

// text writes the verdict.
func (v *contentVerifier) text(all *contentVerdict) error {
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
