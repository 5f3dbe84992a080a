package main

import (
	"errors"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pchc",
		Short: "Decode, encode, check and fuzz the BranchCache hosted cache protocol",
		Long: `pchc decodes, encodes, checks and fuzzes the messages of the BranchCache hosted
cache protocol (MS-PCHC) and the Content Information of MS-PCCRC.

Exit status: 0 success; 1 violations found, or capture incomplete or encrypted;
2 usage error; 3 input or output failed, or a target could not be tested.`,
		Example: `  pchc pcap capture.pcapng            list the messages in a capture
  pchc pcap -v capture.pcapng         show every field
  tcpdump -i eth0 -U -w - tcp | pchc pcap
  pchc check capture.pcapng           find protocol violations
  pchc decode 0000000101              explain a message in hex
  xxd message.bin | pchc decode       or in a hex dump, base64, ...
  pchc decode --json message.bin | jq .fields
  pchc decode --json message.bin | pchc encode --hex
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
			return unknownCommand(cmd, args[0])
		},
	}
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetFlagErrorFunc(flagError)
	root.SetVersionTemplate("{{.Version}}\n")
	root.Flags().Bool("version", false, "print the version") // as cobra would, without -v
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	root.AddCommand(a.decodeCommand(), a.encodeCommand(), a.pcapCommand(), a.checkCommand(), a.specCommand(), a.versionCommand(), a.fuzzCommand(), a.corpusCommand())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Args = func(_ *cobra.Command, args []string) error {
				if found, _, err := root.Find(args); err != nil || found == root && len(args) > 0 {
					return unknownCommand(root, args[0])
				}
				return nil
			}
		}
	}
	return root
}

// unknownCommand suggests a correction of an unknown command.
func unknownCommand(root *cobra.Command, word string) error {
	if near := root.SuggestionsFor(word); len(near) > 0 {
		return usagef("unknown command %q; did you mean %s?", word, strings.Join(near, " or "))
	}
	if _, err := os.Stat(word); err == nil {
		return usagef("unknown command %q; to read the file: pchc decode %s, or pchc pcap %[2]s if it is a capture", word, word)
	}
	if strings.Trim(word, "0123456789abcdefABCDEFxX") == "" {
		return usagef("unknown command %q; to decode hex: pchc decode %s", word, word)
	}
	return usagef("unknown command %q (see pchc help)", word)
}

// missingSubcommand runs a command that only groups others.
func missingSubcommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("missing subcommand (see %s --help)", cmd.CommandPath())
	}
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	if best := nearest(args[0], names, 3); best != "" {
		return usagef("unknown subcommand %q; did you mean %s?", clip(args[0]), best)
	}
	return usagef("unknown subcommand %q (see %s --help)", clip(args[0]), cmd.CommandPath())
}

// flagError suggests a correction of an unknown flag.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if best := nearest(unknown.GetSpecifiedName(), names, 3); best != "" {
			return usagef("unknown flag: --%s; did you mean --%s?", unknown.GetSpecifiedName(), best)
		}
	}
	return usagef("%s (see %s --help)", err, cmd.CommandPath())
}
