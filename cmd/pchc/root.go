package main

import (
	"cmp"
	"errors"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// rootCommand returns the command for args.
func (a *app) rootCommand(args []string) *cobra.Command {
	root := &cobra.Command{
		Use:   "pchc",
		Short: "Decode, encode, check and fuzz the BranchCache hosted cache protocol",
		Long: `pchc decodes, encodes, checks and fuzzes the messages of the BranchCache hosted
cache protocol (MS-PCHC) and the Content Information of MS-PCCRC. In captures it
also reads retrieval (MS-PCCRR), discovery (MS-PCCRD) and hashes over HTTP and SMB2.

Exit status: 0 success; 1 violations found, a file damaged, or capture incomplete or
unreadable; 2 usage error; 3 input or output failed, or a target could not be tested.`,
		Example: `  pchc pcap capture.pcapng            list the messages in a capture
  pchc pcap -v capture.pcapng         show every field
  tcpdump -i eth0 -U -w - tcp | pchc pcap
  pchc stats capture.pcapng           where did the bytes of each content come from?
  pchc check capture.pcapng           find protocol violations
  pchc decode 0000000101              explain a message in hex
  xxd message.bin | pchc decode       or in a hex dump, base64, ...
  pchc decode --json message.bin | jq .fields
  pchc decode --json message.bin | pchc encode --hex
  pchc content verify image.iso --content-information image.ci
  pchc fuzz --exec ./my-decoder       find bugs in your own decoder`,
		Version:               version(),
		DisableFlagsInUseLine: true,
		SilenceErrors:         true,
		SilenceUsage:          true,
		Args:                  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				a.status = statusUsage
				cmd.SetOut(a.stderr)
				return cmd.Help()
			}
			return unknownIn(cmd, args[0])
		},
	}
	root.SuggestionsMinimumDistance = 2 // two letters swapped
	root.SetIn(a.stdin)
	root.SetOut(&a.help)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version") // as cobra would, without -v
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.AddCommand(a.commands(args)...)
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				switch {
				case err != nil:
					return unknownIn(root, args[0])
				case len(rest) > 0:
					return unknownIn(found, rest[0])
				}
				return nil
			}
		case "completion":
			c.Args, c.RunE = cobra.ArbitraryArgs, missingSubcommand
			for _, shell := range c.Commands() {
				write := shell.RunE
				shell.RunE = func(cmd *cobra.Command, args []string) error { return failed(write(cmd, args)) }
			}
		}
	}
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		if rest := cmd.Flags().Args(); cmd.HasSubCommands() && len(rest) > 0 { // a misspelt one with --help
			a.status = statusUsage
			a.complain(cmd, unknownIn(cmd, rest[0]))
			return
		}
		help(cmd, args)
	})
	return root
}

// commands returns the subcommands: all of them, or the one that args begin with, since
// to set up the flags of all takes longer than to decode a message.
func (a *app) commands(args []string) (all []*cobra.Command) {
	known := []struct {
		name string
		set  func() *cobra.Command
	}{
		{"decode", a.decodeCommand}, {"encode", a.encodeCommand}, {"pcap", a.pcapCommand}, {"stats", a.statsCommand},
		{"check", a.checkCommand}, {"spec", a.specCommand}, {"version", a.versionCommand}, {"content", a.contentCommand},
		{"fuzz", a.fuzzCommand}, {"corpus", a.corpusCommand},
	}
	for _, c := range known {
		if len(args) > 0 && args[0] == c.name {
			return []*cobra.Command{c.set()}
		}
	}
	for _, c := range known {
		all = append(all, c.set())
	}
	return append(all, a.manCommand())
}

// unknownIn suggests a correction of the name of a command in cmd.
func unknownIn(cmd *cobra.Command, word string) error {
	if cmd.HasParent() {
		return unknownSubcommand(cmd, word)
	}
	if near := cmd.SuggestionsFor(word); len(near) > 0 {
		return usagef("unknown command %q; did you mean %s?", clip(word), strings.Join(near, " or "))
	}
	if _, err := os.Stat(word); err == nil {
		return usagef("unknown command %q; to read the file: pchc decode %s, or pchc pcap %[2]s if it is a capture", clip(word), word)
	}
	if strings.Trim(word, "0123456789abcdefABCDEFxX") == "" {
		return usagef("unknown command %q; to decode hex: pchc decode %s", clip(word), clip(word))
	}
	return usagef("unknown command %q (see pchc help)", clip(word))
}

func unknownSubcommand(cmd *cobra.Command, word string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	slices.Sort(names)
	if best := nearest(word, names, min(3, (len(word)+1)/2)); best != "" {
		return usagef("unknown subcommand %q; did you mean %s?", clip(word), best)
	}
	return usagef("unknown subcommand %q; must be one of %s", clip(word), strings.Join(names, ", "))
}

// missingSubcommand runs a command that only groups others.
func missingSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("missing subcommand (see %s --help)", cmd.CommandPath())
	}
	return unknownSubcommand(cmd, args[0])
}

// arguments requires at least least and at most most arguments, each called noun.
func arguments(least, most int, noun string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return usagef("missing %s (see %s --help)", noun, cmd.CommandPath())
		case len(args) > most:
			return usagef("unexpected argument %q (see %s --help)", clip(args[most]), cmd.CommandPath())
		}
		return nil
	}
}

// flagError words an error in the flags, with a correction of an unknown one.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var invalid *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	see := " (see " + cmd.CommandPath() + " --help)"
	switch {
	case errors.As(err, &invalid):
		f := invalid.GetFlag()
		return usagef("--%s must be %s, not %q", f.Name, cmp.Or(valueNames[f.Value.Type()], "a "+f.Value.Type()), clip(invalid.GetValue()))
	case errors.As(err, &missing):
		return usagef("--%s needs a value%s", missing.GetFlag().Name, see)
	case !errors.As(err, &unknown):
		return usagef("%s%s", err, see)
	case unknown.GetSpecifiedShortnames() != "": // -x, or -long with one dash
		if word := strings.TrimPrefix(unknown.GetSpecifiedShortnames(), "-"); cmd.Flags().Lookup(word) != nil {
			return usagef("unknown flag: -%s; did you mean --%[1]s?", clip(word))
		}
		return usagef("unknown flag: -%s%s", clip(unknown.GetSpecifiedName()), see)
	}
	name := unknown.GetSpecifiedName()
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if best := nearest(name, names, 3); best != "" && len(name) > 1 {
		return usagef("unknown flag: --%s; did you mean --%s?", clip(name), best)
	}
	return usagef("unknown flag: --%s%s", clip(name), see)
}

// valueNames describe the values of flags, by the name that pflag has for their type.
var valueNames = map[string]string{
	"bool":      "true or false",
	"duration":  "a time such as 500ms, 30s, 5m or 1h",
	"int":       "an integer",
	"int64":     "an integer",
	"intSlice":  "an integer",
	"uint64":    "an integer, not negative",
	"uintSlice": "an integer, not negative",
}
