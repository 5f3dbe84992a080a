package readme

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

const root = "../.."

// quick are the files that are run under -short, too.
var quick = map[string]bool{"cmd/pchc/tutorial.md": true}

// walk calls f for each file of the repository.
func walk(f func(name string, info fs.FileInfo) error) error {
	return fs.WalkDir(os.DirFS(root), ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			switch e.Name() {
			case ".git", "node_modules", "pchc-findings":
				return fs.SkipDir
			}
		}
		if !e.Type().IsRegular() {
			return nil
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		return f(name, info)
	})
}

// markdown returns the names of the files that have commands.
func markdown() (names []string, err error) {
	commands := regexp.MustCompile("(?m)^ *```(sh|console)\r?$")
	err = walk(func(name string, _ fs.FileInfo) error {
		if filepath.Ext(name) != ".md" {
			return nil
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err == nil && commands.Match(b) {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

// copyTree copies the repository to a folder.
func copyTree(to string) error {
	return walk(func(name string, info fs.FileInfo) error {
		target := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, info.Mode())
	})
}

func TestCommands(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	shell := testutil.Tool(t, "sh")
	bin := t.TempDir()
	build := exec.Command(testutil.Tool(t, "go"), "build", "-o", bin, "./cmd/pchc")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	names, err := markdown()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "pchc") // one path for all, so that go builds each package once
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && !quick[name] {
				t.Skip("takes long: not under -short")
			}
			if err := errors.Join(os.RemoveAll(dir), copyTree(dir)); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(root, name)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			after := run(t, strings.ReplaceAll(string(before), "\r\n", "\n"), func(script string) (string, error) {
				c := exec.Command(shell, "-c", script)
				c.Dir = dir
				c.Env = append(os.Environ(), "PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"), "NO_COLOR=1")
				out, err := c.CombinedOutput()
				return string(out), err
			})
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(file, []byte(after), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

var (
	notRun  = regexp.MustCompile(`^ *<!-- not run: (.+) -->\n$`)
	runWith = regexp.MustCompile(`^ *<!-- run with (.+) -->\n$`)
	needs   = regexp.MustCompile(`^ *<!-- (needs|wants) (\S+) -->\n$`)
	fence   = regexp.MustCompile("^( *)```(\\w*)\n$")
)

// run executes the commands of a Markdown text and returns the text with what
// they print. What it said otherwise is an error of the test.
func run(t *testing.T, text string, execute func(script string) (string, error)) string {
	var after, script, said strings.Builder
	line, start := 0, 0
	kind, indent, different, skip := "", "", strings.NewReplacer(), false
	flush := func() {
		t.Helper()
		if script.Len() == 0 {
			return
		}
		out := said.String()
		if !skip {
			var err error
			text := different.Replace(script.String())
			if kind == "sh" {
				text = "set -e; trap 'kill $! 2>/dev/null || :' EXIT\n" + text
			}
			out, err = execute(text)
			switch {
			case kind == "sh" && err != nil:
				t.Errorf("line %d: %v\n%s%s", start, err, text, out)
			case kind == "console":
				out = indented(out, indent)
				if os.Getenv("UPDATE") == "" && out != said.String() {
					t.Errorf("line %d: %sprints\n%sbut it says\n%s", start, script.String(), out, said.String())
				}
			}
		}
		if kind == "console" {
			after.WriteString(out)
		}
		script.Reset()
		said.Reset()
	}
	for l := range strings.Lines(text) {
		line++
		m := fence.FindStringSubmatch(l)
		content := strings.TrimPrefix(l, indent)
		command, isCommand := strings.CutPrefix(content, "$ ")
		more, isMore := strings.CutPrefix(content, "> ")
		switch {
		case m != nil && kind == "":
			kind, indent, start = m[2], m[1], line
			if kind == "" {
				kind = "text"
			}
		case m != nil:
			flush()
			kind, indent, different, skip = "", "", strings.NewReplacer(), false
		case kind == "console" && isCommand:
			flush()
			start = line
			script.WriteString(command)
		case kind == "console" && isMore && said.Len() == 0:
			script.WriteString(more)
		case kind == "console":
			said.WriteString(l)
			continue // written anew
		case kind == "sh":
			script.WriteString(content)
		case kind == "":
			if m := notRun.FindStringSubmatch(l); m != nil {
				t.Logf("line %d: not run: %s", line, m[1])
				skip = true
			} else if m := needs.FindStringSubmatch(l); m != nil {
				if _, err := exec.LookPath(m[2]); err != nil {
					if m[1] == "needs" && os.Getenv("CI") == "true" {
						t.Errorf("line %d: %s is not installed", line, m[2])
					}
					t.Logf("line %d: not run: %s is not installed", line, m[2])
					skip = true
				}
			} else if m := runWith.FindStringSubmatch(l); m != nil {
				different = replacer(t, m[1])
			} else if strings.TrimSpace(l) != "" {
				skip, different = false, strings.NewReplacer()
			}
		}
		after.WriteString(l)
	}
	return after.String()
}

func indented(text, by string) string {
	var b strings.Builder
	for l := range strings.Lines(text) {
		b.WriteString(by + l)
	}
	return b.String()
}

// replacer reads "1s for 60s, PORT for 8080".
func replacer(t *testing.T, list string) *strings.Replacer {
	var pairs []string
	port := freePort(t)
	for pair := range strings.SplitSeq(list, ", ") {
		with, what, ok := strings.Cut(pair, " for ")
		if !ok {
			t.Fatalf("%q: want WITH for WHAT", pair)
		}
		pairs = append(pairs, what, strings.ReplaceAll(with, "PORT", port))
	}
	return strings.NewReplacer(pairs...)
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Links in Markdown files and paths in CONTRIBUTING.md lead somewhere.
func TestPaths(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^):#]+)(#[^)]*)?\)`)
	path := regexp.MustCompile("`(\\.?[a-z]+/[\\w./*]+)`")
	err := walk(func(name string, _ fs.FileInfo) error {
		if filepath.Ext(name) != ".md" {
			return nil
		}
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			return err
		}
		var paths []string
		for _, m := range link.FindAllSubmatch(b, -1) {
			paths = append(paths, filepath.Join(root, filepath.Dir(name), string(m[1])))
		}
		if name == "CONTRIBUTING.md" {
			for _, m := range path.FindAllSubmatch(b, -1) {
				paths = append(paths, filepath.Join(root, string(m[1])))
			}
		}
		for _, p := range paths {
			if found, err := filepath.Glob(p); err != nil || len(found) == 0 {
				t.Errorf("%s: nothing is at %s", name, p)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the conventions make of a text: the scripts that run, and what a console
// prints in place of what it said.
func TestConventions(t *testing.T) {
	t.Setenv("UPDATE", "1")
	text := strings.Join([]string{
		"<!-- run with 1s for 60s, 7 for 8080 -->",
		"```sh", "wait 60s", "call 8080", "```",
		"wait 60s",
		"<!-- not run: it needs root -->",
		"```sh", "rm -rf /", "```",
		"<!-- needs no-such-program -->",
		"```console", "$ no-such-program", "as it was", "```",
		"  ```console", "  $ cat <<END", "  > more", "  > END", "  wrong", "  $ true", "  ```",
		"```go", "$ not(a, command)", "```", "",
	}, "\n")
	t.Setenv("CI", "")
	var scripts []string
	after := run(t, text, func(script string) (string, error) {
		scripts = append(scripts, script)
		return "right\n", nil
	})
	if len(scripts) != 3 || !strings.HasSuffix(scripts[0], "\nwait 1s\ncall 7\n") || scripts[1] != "cat <<END\nmore\nEND\n" || scripts[2] != "true\n" {
		t.Errorf("it runs %q", scripts)
	}
	want := strings.Replace(strings.Replace(text, "  wrong\n", "  right\n", 1), "  $ true\n", "  $ true\n  right\n", 1)
	if after != want {
		t.Errorf("it writes\n%s", after)
	}
}
