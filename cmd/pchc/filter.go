package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/filter"
)

// filterFlags are the flags that select what of a capture is shown.
type filterFlags struct {
	protocols, types, clients, servers, frames, tags, segments []string
	version                                                    int
	ports                                                      []uint
	streams                                                    []int
	since, until                                               string
	invalid, follow                                            bool
	count                                                      int

	set filter.Filter
	// Of the current capture:
	all, shown int // exchanges
	rows       int // of all captures
}

func (f *filterFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&f.protocols, "protocol", nil, "only these `PROTOCOLS`: "+strings.Join(protocols[:], ", ")+"; repeatable, as are the following")
	flags.StringSliceVar(&f.types, "type", nil, "only exchanges with a message of this `TYPE`: BATCHED_OFFER_MESSAGE or batched-offer, MSG_GETBLKS or getblks, ...")
	flags.StringSliceVar(&f.clients, "client", nil, "only those of this client: `ADDRESS`, or a prefix such as 10.0.0.0/24")
	flags.StringSliceVar(&f.servers, "server", nil, "only those of this server: `ADDRESS`, or a prefix")
	flags.UintSliceVar(&f.ports, "port", nil, "only from or to this TCP or UDP `PORT`")
	flags.Lookup("port").DefValue = "" // not [], in the help
	flags.IntSliceVar(&f.streams, "stream", nil, "only this TCP connection: its `NUMBER` in JSON (capture.stream)")
	flags.StringSliceVar(&f.frames, "frame", nil, "only with these `FRAMES`: 17, or 17-40")
	flags.StringSliceVar(&f.segments, "segment", nil, "only about the segment whose HoHoDk begins with this `PREFIX`, in any protocol")
	flags.StringSliceVar(&f.tags, "tag", nil, "only with a content tag that begins with this `TEXT`, such as WinINet, or is these 32 hex digits")
	flags.StringVar(&f.since, "since", "", "only from this `TIME` on: 2026-03-14T15:09:26Z, 15:09 (on the day of the first frame), or +90s (after it)")
	flags.StringVar(&f.until, "until", "", "only up to this `TIME`")
	flags.IntVar(&f.version, "version", 0, "only messages of `VERSION` 1 or 2 of the protocol")
	flags.BoolVar(&f.invalid, "invalid", false, "only what violates a rule, or does not fit")
	flags.IntVarP(&f.count, "count", "c", 0, "stop after `N` rows")
	flags.BoolVarP(&f.follow, "follow", "f", false, "wait for more at the end of a file, until interrupted")
	fixed := func(name string, values ...string) {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	fixed("protocol", protocols[:]...)
	_ = cmd.RegisterFlagCompletionFunc("type", completeType)
	fixed("version", "1", "2")
	fixed("since", timeForms...)
	fixed("until", timeForms...)
	for _, name := range []string{"client", "server", "port", "stream", "frame", "segment", "tag", "count"} {
		fixed(name)
	}
}

// completeType completes the name of a message as it is in JSON, and what is typed in
// lower case to its short form.
func completeType(_ *cobra.Command, _ []string, typed string) (all []cobra.Completion, _ cobra.ShellCompDirective) {
	for _, name := range filter.Types {
		if typed != "" && strings.HasPrefix(filter.ShortType(name), typed) {
			name = filter.ShortType(name)
		}
		all = append(all, name)
	}
	return all, cobra.ShellCompDirectiveNoFileComp
}

// given reports whether one of the flags is given.
func (f *filterFlags) given(cmd *cobra.Command) (any bool) {
	own := &cobra.Command{}
	new(filterFlags).add(own)
	cmd.Flags().Visit(func(flag *pflag.Flag) { any = any || own.Flags().Lookup(flag.Name) != nil })
	return any
}

// parseEach parses the values of a flag.
func parseEach[T any](flag string, values []string, parse func(string) (T, error)) (all []T, err error) {
	for _, v := range values {
		one, err := parse(v)
		if err != nil {
			return nil, usagef("--%s %w, not %q", flag, err, clip(v))
		}
		all = append(all, one)
	}
	return all, nil
}

// compile reads the flags. Times without a zone are local ones if that is asked for.
func (f *filterFlags) compile(args []string, local bool) error {
	s, zone := &f.set, time.UTC
	if local {
		zone = time.Local
	}
	at := func(v string) (filter.Time, error) { return filter.ParseTime(v, zone) }
	single := func(flag, v string, to *filter.Time) error {
		if v == "" {
			return nil
		}
		all, err := parseEach(flag, []string{v}, at)
		if err == nil {
			*to = all[0]
		}
		return err
	}
	var errs [9]error
	s.Protocols, errs[0] = parseEach("protocol", f.protocols, parseProtocol)
	s.Types, errs[1] = parseEach("type", f.types, filter.ParseType)
	s.Clients, errs[2] = parseEach("client", f.clients, filter.ParsePrefix)
	s.Servers, errs[3] = parseEach("server", f.servers, filter.ParsePrefix)
	s.Frames, errs[4] = parseEach("frame", f.frames, filter.ParseFrames)
	s.Segments, errs[5] = parseEach("segment", f.segments, filter.ParseSegment)
	s.Tags, errs[6] = parseEach("tag", f.tags, filter.ParseTag)
	errs[7], errs[8] = single("since", f.since, &s.Since), single("until", f.until, &s.Until)
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	for _, p := range f.ports {
		if p == 0 || p > 65535 {
			return usagef("--port must be a number from 1 to 65535, not %d", p)
		}
		s.Ports = append(s.Ports, uint16(p))
	}
	for _, n := range f.streams {
		if n < 0 {
			return usagef("--stream must not be negative, but is %d", n)
		}
	}
	switch {
	case f.version < 0 || f.version > 2:
		return usagef("--version must be 1 or 2, not %d", f.version)
	case f.count < 0:
		return usagef("--count must not be negative, but is %d", f.count)
	case f.follow && len(args) != 1:
		return usagef("--follow needs one capture")
	}
	s.Streams, s.Version, s.Invalid = f.streams, f.version, f.invalid
	s.Begin(time.Time{})
	return nil
}

func parseProtocol(name string) (capture.Protocol, error) {
	if i := slices.Index(protocols[:], name); i >= 0 {
		return capture.Protocol(i + 1), nil
	}
	return 0, fmt.Errorf("must be one of %s", strings.Join(protocols[:], ", "))
}

// begin begins a capture, whose first frame has the time t, or zero.
func (f *filterFlags) begin(t time.Time) {
	if t.IsZero() {
		f.all, f.shown = 0, 0
	}
	f.set.Begin(t)
}

// active reports whether anything is filtered.
func (f *filterFlags) active() bool { return f.set.Active() }

// narrow reports whether it is by more than the protocol.
func (f *filterFlags) narrow() bool {
	rest := f.set
	rest.Protocols = nil
	return rest.Active()
}

// item decides about an item.
func (f *filterFlags) item(it *conversation.Item) filter.Verdict {
	verdict := f.set.Item(it)
	if x := it.Exchange; x != nil && x.Done {
		f.all++
		if verdict != filter.Drop {
			f.shown++
		}
	}
	return verdict
}

// errEnough ends the reading after as many rows as --count says.
var errEnough = errors.New("enough rows")

// row counts a row.
func (f *filterFlags) row() error {
	if f.rows++; f.rows == f.count {
		return errEnough
	}
	return nil
}

// summary says how much was filtered out, after a comma.
func (f *filterFlags) summary() string {
	return fmt.Sprintf(", %d of %d exchanges shown", f.shown, f.all)
}
