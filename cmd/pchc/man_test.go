package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestMan has a page for each command, with what its help has, and without a line that
// man would take for a request.
func TestMan(t *testing.T) {
	folder := t.TempDir()
	if status := run([]string{"man", "--to", folder}, strings.NewReader(""), os.Stdout, os.Stderr); status != statusFine {
		t.Fatalf("exit status %d", status)
	}
	each((&app{}).rootCommand(nil), func(cmd *cobra.Command) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		b, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Error(err)
			return
		}
		for line := range strings.Lines(string(b)) {
			if request := strings.Fields(line); strings.HasPrefix(line, ".") && !strings.Contains(" .TH .SH .nf .fi .TP .nh .ad ", " "+request[0]+" ") {
				t.Errorf("%s: %s", name, line)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden && !strings.Contains(string(b), roff("--"+f.Name)) {
				t.Errorf("%s lacks --%s", name, f.Name)
			}
		})
		if mandoc, err := exec.LookPath("mandoc"); err == nil {
			if out, err := exec.Command(mandoc, "-T", "lint", "-W", "error", filepath.Join(folder, name)).CombinedOutput(); err != nil {
				t.Errorf("%s: %s", name, out)
			}
		}
	})
}

// TestExamples: the help of each command that does something has an example that names it.
func TestExamples(t *testing.T) {
	each((&app{}).rootCommand(nil), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() || cmd.Name() == "help" || cmd.Parent().Name() == "completion" {
			return
		}
		if !strings.Contains(cmd.Example, cmd.CommandPath()) {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
	})
}

// each calls f for a command and all below it.
func each(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			each(c, f)
		}
	}
}
