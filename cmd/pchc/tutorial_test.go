package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTutorial runs every command in tutorial.md in a shell, and compares what
// it prints. UPDATE=1 writes the outputs anew.
func TestTutorial(t *testing.T) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no sh: ", err)
	}
	before, err := os.ReadFile("tutorial.md")
	if err != nil {
		t.Fatal(err)
	}
	// The test's own program is the command if it is called so (see TestMain).
	dir, bin := t.TempDir(), t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{filepath.Join(bin, "pchc"): self, filepath.Join(dir, "cmd"): root} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	var after strings.Builder
	inside := false
	script := ""
	commands := 0
	runScript := func() {
		if script == "" {
			return
		}
		commands++
		cmd := exec.Command(shell, "-c", script)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
		out, _ := cmd.CombinedOutput() // what fails says so in its output
		after.Write(out)
		script = ""
	}
	for l := range strings.Lines(string(before)) {
		command, isCommand := strings.CutPrefix(l, "$ ")
		more, isMore := strings.CutPrefix(l, "> ")
		switch {
		case strings.HasPrefix(l, "```"):
			runScript()
			inside = l == "```console\n"
		case inside && isCommand:
			runScript()
			script = command
		case inside && isMore && script != "":
			script += more
		case inside:
			continue // an output, which is written anew
		}
		after.WriteString(l)
	}
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile("tutorial.md", []byte(after.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if commands < 20 {
		t.Errorf("%d commands", commands)
	}
	if after.String() != string(before) {
		a, b := strings.Split(after.String(), "\n"), strings.Split(string(before), "\n")
		for i := range a {
			if i >= len(b) || a[i] != b[i] {
				t.Fatalf("tutorial.md, line %d: the command prints\n%s\nbut it says\n%s", i+1, a[i], strings.Join(b[min(i, len(b)-1):min(i+1, len(b))], ""))
			}
		}
		t.Fatal("tutorial.md says more than the commands print")
	}
}
