package main

import "github.com/spf13/cobra"

// captureExtensions are those of the files that completion offers as captures.
var captureExtensions = []string{"pcap", "pcapng", "cap", "dmp", "snoop", "ntar", "gz", "zst", "xz"}

// timeForms are examples of what --since and --until take.
var timeForms = []string{"+90s\tafter the first frame", "+5m\tafter the first frame", "09:00\ton the day of the first frame"}

// completeCaptures offers files with the extensions of captures as arguments.
func completeCaptures(cmd *cobra.Command) {
	cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return captureExtensions, cobra.ShellCompDirectiveFilterFileExt
	}
}
