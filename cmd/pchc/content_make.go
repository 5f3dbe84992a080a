package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// contentMaker is a run of pchc content make.
type contentMaker struct {
	*app
	secret      secretFlags
	version     int
	hash        string
	segments    []string
	cut         string
	perChunk    int
	span        string
	openEnded   bool
	format      string
	json        bool
	showSecrets bool
	offers      bool
	port        uint16
	tag         string
	file        string

	algorithm  pccrc.HashAlgorithm
	maker      pccrc.Maker
	list       *cutList // of --segments
	contentTag codec.ContentTag
	out        *output
	count      int    // messages written
	message    []byte // the last one
}

// contentFormats are the values of --format.
var contentFormats = []string{"raw", "hex", "json"}

func (a *app) contentMakeCommand() *cobra.Command {
	m := &contentMaker{app: a}
	cmd := &cobra.Command{
		Use:   "make FILE|-",
		Short: "Make Content Information for a file",
		Long: `make makes Content Information for a file, as a content server does (MS-PCCRC), or
with --offers the messages that offer its segments to a hosted cache (MS-PCHC):
in version 1 an INITIAL_OFFER_MESSAGE and a SEGMENT_INFO_MESSAGE for each segment, in
version 2 as few BATCHED_OFFER_MESSAGEs as possible.

The server secret key comes from --secret-file, from --key-file, from the environment
variable PCHC_SECRET, or else it is asked for. It is never an argument, since other
users see those. Content Information and SEGMENT_INFO_MESSAGEs hold keys (SegmentSecret):
guard them as you guard the file. --format json shows no keys unless --show-secrets is
given, and needs that for pchc encode to read it.

Version 2 cuts the content into segments of 1 to 131072 bytes, and of 65536 unless
--segments or --cut is given. --cut content cuts where the content says so (FastCDC, 32 to
128 KiB), so that a change leaves most segments as they are.

All processors hash. The output begins when all is hashed; Ctrl-C ends without any. Until
then, a result of more than 2 MiB is in a temporary file, keys included, which only you can
read and which does not outlive the run; TMPDIR names another folder for it. The memory is
less than 32 MiB, whatever the size of the file.`,
		Example: `  pchc content make image.iso --secret-file secret -o image.ci
  pchc content make image.iso --version 2 --cut content --key-file server.key -o image.ci
  pchc content make image.iso --range 0:1048576 --secret-file secret --format hex
  pchc content make update.cab --version 2 --secret-file secret --offers -o offer.bin
  curl --data-binary @offer.bin http://cache/0131501b-d67f-491b-9a40-c4bf27bcb4d4`,
		Args: arguments(1, 1, "FILE"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := m.setUp(cmd, args[0]); err != nil {
				return err
			}
			err := m.make(cmd, args[0])
			return m.out.close(err)
		},
	}
	flags := cmd.Flags()
	m.secret.add(cmd)
	flags.IntVar(&m.version, "version", 1, "`VERSION` of the Content Information: 1 or 2")
	flags.StringVar(&m.hash, "hash", "sha256", "`HASH` of version 1: sha256, sha384 or sha512; that of version 2 is always SHA-512, truncated")
	flags.StringArrayVar(&m.segments, "segments", nil, "sizes `N,N,...` of all segments of version 2, from the beginning of the file")
	flags.StringVar(&m.cut, "cut", "fixed:65536", "`HOW` to cut segments of version 2: fixed:N, or content")
	flags.IntVar(&m.perChunk, "segments-per-chunk", 0, "begin another chunk of version 2 after this `NUMBER` of segments (default: one chunk)")
	flags.StringVar(&m.span, "range", "", "content range `START:LENGTH` in bytes, START: to the end of the file (default: the file)")
	flags.BoolVar(&m.openEnded, "open-ended", false, "write 0 as the length of the range, as Windows servers do for a range that ends with the file")
	flags.StringVar(&m.format, "format", "raw", "write this `FORMAT`: raw, hex (a message on each line) or json")
	flags.BoolVar(&m.json, "json", false, "the same as --format json")
	flags.BoolVar(&m.showSecrets, "show-secrets", false, "show keys (SegmentSecret) in JSON instead of \"redacted\"")
	flags.BoolVar(&m.offers, "offers", false, "write the messages that offer the segments, instead of Content Information")
	flags.Uint16Var(&m.port, "port", 80, "in offers, `PORT` where the client serves the segments (MS-PCCRR)")
	flags.StringVar(&m.tag, "tag", codec.TagWinINet.String(), "ContentTag of offers: `TAG` of up to 16 bytes, in hex if it has 32 digits, or SMB")
	addOutputFile(cmd, &m.file)
	for name, values := range map[string][]string{
		"version": {"1", "2"},
		"hash":    hashNames,
		"cut":     {"content", "fixed:65536"},
		"format":  contentFormats,
		"tag":     {"WinINet", "WebIO", "BITS-4.0", "SMB"},
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
}

// setUp reads the flags.
func (m *contentMaker) setUp(cmd *cobra.Command, name string) (err error) {
	changed := cmd.Flags().Changed
	if m.json {
		if changed("format") && m.format != "json" {
			return usagef("--json and --format %s exclude each other", clip(m.format))
		}
		m.format = "json"
	}
	hash, err := hashNamed("hash", m.hash)
	if err != nil {
		return err
	}
	if m.tag == "SMB" {
		m.contentTag = codec.TagSMB
	} else if m.contentTag, err = contentTag(m.tag); err != nil {
		return err
	}
	switch {
	case m.version != 1 && m.version != 2:
		return usagef("--version must be 1 or 2, not %d", m.version)
	case m.version == 2 && changed("hash") && hash != pccrc.SHA512:
		return usagef("--hash %s applies to version 1; version 2 has SHA-512, truncated", clip(m.hash))
	case m.version == 1 && (changed("segments") || changed("cut") || changed("segments-per-chunk")):
		return usagef("--segments, --cut and --segments-per-chunk apply to --version 2; segments of version 1 have 32 MiB")
	case changed("segments") && changed("cut"):
		return usagef("--segments and --cut exclude each other")
	case changed("segments-per-chunk") && m.perChunk < 1:
		return usagef("--segments-per-chunk must be at least 1")
	case !slices.Contains(contentFormats, m.format):
		return usagef("--format must be raw, hex or json, not %q", clip(m.format))
	case m.showSecrets && m.format != "json":
		return usagef("--show-secrets applies to --format json; raw and hex always have the keys")
	case !m.offers && (changed("port") || changed("tag")):
		return usagef("--port and --tag apply to --offers")
	case m.port == 0:
		return usagef("--port must not be 0")
	}
	if m.algorithm = hash; m.version == 2 {
		m.algorithm = pccrc.TruncatedSHA512
	}
	m.maker.OpenEnded, m.maker.SegmentsPerChunk = m.openEnded, m.perChunk
	if m.maker.Range, err = parseRange(m.span); err != nil {
		return err
	}
	if m.segments != nil {
		if m.list, err = parseCuts(m.segments, &m.maker); err != nil {
			return err
		}
		m.maker.Cut = m.list.cut
	} else if err := parseCut(&m.maker, m.cut); err != nil {
		return err
	}
	if err := m.secret.check(name); err != nil {
		return err
	}
	m.out = m.output(m.file)
	m.out.keys = m.format != "json" || m.showSecrets
	if m.format == "raw" && m.out.terminal() > 0 {
		return usagef("refusing to write binary to a terminal; use --format hex or -o FILE")
	}
	return nil
}

// contentTag returns the tag that --tag names.
func contentTag(s string) (codec.ContentTag, error) {
	if b, err := hex.DecodeString(s); err == nil && len(b) == codec.ContentTagLen {
		return codec.ContentTag(b), nil
	}
	tag, err := codec.NewContentTag(s)
	if err != nil {
		return tag, usagef("--tag has at most %d bytes; %q has %d", codec.ContentTagLen, clip(s), len(s))
	}
	return tag, nil
}

// parseRange returns the range START:LENGTH or START:, the whole content for "".
func parseRange(s string) (r pccrc.Range, err error) {
	if s == "" {
		return r, nil
	}
	start, length, found := strings.Cut(s, ":")
	r.Start, err = strconv.ParseUint(start, 10, 64)
	if err == nil && found && length != "" {
		if r.Length, err = strconv.ParseUint(length, 10, 64); err == nil && r.Length == 0 {
			return r, usagef("--range %s: a content range has at least 1 byte", clip(s))
		}
	}
	if err != nil || !found {
		return r, usagef("--range must be START:LENGTH or START: with numbers of bytes, not %q", clip(s))
	}
	if r.Start+r.Length < r.Start { // 2^64, where a range may end, is no offset of a byte
		return r, usagef("--range %s does not end below 2^64", clip(s))
	}
	return r, nil
}

// make makes the Content Information or the offers, and writes them.
func (m *contentMaker) make(cmd *cobra.Command, name string) (err error) {
	content, err := m.openContent(cmd, name)
	if err != nil {
		return err
	}
	defer func() { content.close() }() // endWith sets another
	if content.file != nil && m.out.isSame(content.file) {
		return usagef("%s is both input and output", name)
	}
	if m.maker.ServerSecret, err = m.secret.serverSecret(m.app, m.algorithm, true); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	content.endWith(ctx.Done())
	list, segments := contentfile.NewSpool(contentfile.SpoolLimit), contentfile.NewSpool(contentfile.SpoolLimit/64)
	defer list.Close()
	defer segments.Close()
	result, err := m.result(ctx, content, list, segments)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case err != nil:
		return err
	}
	if err := m.write(result); err != nil {
		return err
	}
	if m.count > 1 && m.format == "raw" {
		if err := m.out.flush(); err != nil {
			return err
		}
		m.notef("pchc: wrote %d messages back to back; --format hex writes one on each line", m.count)
	}
	return nil
}

// result makes the Content Information, or the offers in their format. Its parts that
// grow with the content are in list, and in segments what stands before it.
func (m *contentMaker) result(ctx context.Context, content *contentFile, list, segments *contentfile.Spool) (result io.WriterTo, err error) {
	to := uint64(max(content.size, 0))
	if r := m.maker.Range; r.Length > 0 {
		to = min(to, r.Start+r.Length)
	}
	shown := m.meter(m.maker.Range.Start, to)
	defer shown.close()
	m.maker.Progress = shown.update
	switch {
	case m.offers:
		offers := contentfile.Offers{Maker: &m.maker, Port: m.port, ContentTag: m.contentTag}
		result, err = list, offers.Make(ctx, m.algorithm, content.reader, func(body codec.Body) error { return m.writeMessage(list, body) })
	case m.version == 1:
		result, err = m.maker.SpoolV1(ctx, m.algorithm, content.reader, segments, list)
	default:
		result, err = m.maker.SpoolV2(ctx, content.reader, list)
	}
	err = m.list.check(err)
	if errors.Is(err, pccrc.ErrRange) {
		if m.openEnded && m.maker.Range.Length > 0 {
			return nil, usagef("--range %s does not end with %s, as --open-ended has it", m.span, content.name)
		}
		return nil, usagef("--range %s is not in %s", m.span, content.name)
	}
	if err != nil {
		return nil, contentError(content.name, err)
	}
	return result, nil
}

// write writes the result in the format, which offers have already.
func (m *contentMaker) write(result io.WriterTo) (err error) {
	switch {
	case m.offers || m.format == "raw":
		_, err = result.WriteTo(m.out)
		return failed(err)
	case m.format == "json":
		return failed(m.writeJSON(result))
	}
	if _, err = result.WriteTo(hex.NewEncoder(m.out)); err == nil {
		_, err = m.out.Write([]byte("\n"))
	}
	return failed(err)
}

// writeJSON writes Content Information in JSON, which goes through it several times.
func (m *contentMaker) writeJSON(result io.WriterTo) error {
	all := contentfile.NewSpool(contentfile.SpoolLimit)
	defer all.Close()
	if _, err := result.WriteTo(all); err != nil {
		return err
	}
	info, err := pccrc.NewReader(all, all.Size())
	if err != nil {
		return err
	}
	return message.WriteContent(m.out, info, m.showSecrets, nil)
}

// writeMessage writes an offer in the format.
func (m *contentMaker) writeMessage(to io.Writer, body codec.Body) error {
	b, err := body.AppendBinary(m.message[:0])
	if err != nil {
		return fmt.Errorf("cannot encode an offer: %w", err)
	}
	m.message = b
	m.count++
	switch m.format {
	case "raw":
	case "hex":
		b = append(hex.AppendEncode(nil, b), '\n')
	default:
		p := message.Printer{Form: message.FormJSON}
		p.ShowSecrets = m.showSecrets
		b, _ = p.Message(nil, &message.Item{Kind: spec.Request, Body: b})
	}
	_, err = to.Write(b)
	return err
}
