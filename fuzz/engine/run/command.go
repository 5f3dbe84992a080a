package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// command prepares a command with our output. When ctx is done it is interrupted.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, args...)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	c.Cancel = func() error {
		if err := c.Process.Signal(os.Interrupt); err != nil {
			return c.Process.Kill() // Windows has no interrupt
		}
		return nil
	}
	c.WaitDelay = 20 * time.Second
	return c
}

// build runs a build command.
func build(ctx context.Context, name string, args ...string) error {
	if err := command(ctx, name, args...).Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// tool returns the program of a tool of module tools, built.
func tool(ctx context.Context, root, name string) (string, error) {
	c := exec.CommandContext(ctx, "go", "tool", "-n", name)
	c.Dir, c.Env, c.Stderr = root, append(os.Environ(), workspace(root)), os.Stderr
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// workspace is the setting in which go resolves this module and its tools.
func workspace(root string) string { return "GOWORK=" + filepath.Join(root, "tools", "tools.work") }

// goFuzzBuild runs go-fuzz-build on the targets.
func goFuzzBuild(ctx context.Context, root string, args ...string) error {
	program, err := tool(ctx, root, "go-fuzz-build")
	if err != nil {
		return err
	}
	c := command(ctx, program, append(args, enginePackage)...)
	c.Dir, c.Env = root, append(os.Environ(), workspace(root))
	if err := c.Run(); err != nil {
		return fmt.Errorf("go-fuzz-build %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// output returns what a command prints.
func output(ctx context.Context, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	return strings.TrimSpace(string(out)), err
}

// moduleRoot returns the folder of the current module.
func moduleRoot(ctx context.Context) (string, error) {
	return output(ctx, "go", "list", "-m", "-f", "{{.Dir}}")
}

// report says how to replay an input that an engine found, a file of a target's
// folder in crashers.
func report(target, file string) {
	name := filepath.Base(file)
	fmt.Printf("\n%s failed: %s\n"+
		"  replay: go test -run='^TestCrashers$/^%s$/^%s$' ./fuzz/engine\n"+
		"  keep:   give it a descriptive name, and git add %s\n\n",
		target, file, target, name, crashers)
}

// files returns the names of the files in a folder, which may be missing.
func files(dir string) map[string]bool {
	names := map[string]bool{}
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if e.Type().IsRegular() {
			names[e.Name()] = true
		}
	}
	return names
}
