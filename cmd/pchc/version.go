package main

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of pchc and of Go",
		Example: "  pchc version",
		Args:    arguments(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(a.stdout, version())
			return failed(err)
		},
	}
}

// version returns the versions of pchc and Go, and the platform.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "pchc (unknown version)"
	}
	v := info.Main.Version
	if v == "" {
		v = "(devel)"
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if revision := settings["vcs.revision"]; len(revision) >= 12 {
		v += " " + revision[:12]
		if settings["vcs.modified"] == "true" {
			v += " modified"
		}
	}
	return fmt.Sprintf("pchc %s, %s, %s/%s", v, info.GoVersion, settings["GOOS"], settings["GOARCH"])
}
