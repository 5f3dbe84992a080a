package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// manCommand writes man pages: one for each command, of what its help says.
func (a *app) manCommand() *cobra.Command {
	folder := ""
	cmd := &cobra.Command{
		Use:   "man --to FOLDER",
		Short: "Write man pages",
		Long:  "man writes a man page for each command to a folder, such as pchc-pcap.1.",
		Example: `  pchc man --to man
  man -l man/pchc-pcap.1`,
		Args:   arguments(0, 0, ""),
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if folder == "" {
				return usagef("missing --to FOLDER")
			}
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return failed(err)
			}
			return failed(writePages(cmd.Root(), folder))
		},
	}
	cmd.Flags().StringVar(&folder, "to", "", "write the pages into this `FOLDER`")
	return cmd
}

// writePages writes the pages of a command and of those below it.
func writePages(cmd *cobra.Command, folder string) error {
	cmd.InitDefaultHelpFlag()
	name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
	if err := os.WriteFile(filepath.Join(folder, name+".1"), manPage(cmd, name), 0o666); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			if err := writePages(c, folder); err != nil {
				return err
			}
		}
	}
	return nil
}

// manPage returns the page of a command, for man(7).
func manPage(cmd *cobra.Command, name string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %q 1 \"\" \"pchc\" \"pchc\"\n.nh\n.ad l\n", strings.ToUpper(name))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roff(name), roff(cmd.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.nf\n%s\n.fi\n", roff(cmd.UseLine()))
	text := func(title, s string) {
		if s != "" { // lines as they are: the help has tables
			fmt.Fprintf(&b, ".SH %s\n.nf\n%s\n.fi\n", title, roff(s))
		}
	}
	text("DESCRIPTION", cmd.Long)
	options := false
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		if !options {
			b.WriteString(".SH OPTIONS\n")
			options = true
		}
		value, usage := pflag.UnquoteUsage(f)
		head := "--" + f.Name
		if f.Shorthand != "" {
			head = "-" + f.Shorthand + ", " + head
		}
		fmt.Fprintf(&b, ".TP\n\\fB%s\\fR %s\n%s\n", roff(head), roff(value), roff(usage))
	})
	text("EXAMPLES", cmd.Example)
	var see []string
	if cmd.HasParent() {
		see = append(see, strings.ReplaceAll(cmd.Parent().CommandPath(), " ", "-"))
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			see = append(see, strings.ReplaceAll(c.CommandPath(), " ", "-"))
		}
	}
	if len(see) > 0 {
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s(1)\n", roff(strings.Join(see, "(1), ")))
	}
	return []byte(b.String())
}

// roff escapes text: no line begins with a request, and minus signs can be copied.
func roff(s string) string {
	s = strings.NewReplacer("\\", "\\e", "-", "\\-").Replace(s)
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = "\\&" + l
		}
	}
	return strings.Join(lines, "\n")
}
