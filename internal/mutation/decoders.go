package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/target"
	exectarget "github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/spec"
)

// builds returns the commands that build a decoder in a folder, and with each how it is
// run. A change that the first build does not show may still read what it must not: a
// sanitizer sees that.
func builds(dir, file string) [][2]string {
	if strings.HasSuffix(file, ".py") {
		name := filepath.Join(dir, filepath.Base(file))
		return [][2]string{{python() + " -c 'import ast, sys; ast.parse(open(sys.argv[1]).read())' " + name, limited("env -u PYTHONUNBUFFERED " + python() + " " + name)}}
	}
	program := filepath.Join(dir, "decoder")
	build := "cc -std=c11 -w -o " + program + " " + filepath.Join(dir, "main.c")
	return [][2]string{
		{build + " -O1", limited(program)},
		{build + " -O1 -fsanitize=address,undefined -fno-sanitize-recover=all", program},
	}
}

// limited returns a command that may not address more than memory.
func limited(command string) string { return fmt.Sprintf("ulimit -v %d; exec %s", memory, command) }

// python is the interpreter itself: what is called python3 may be a script that looks for it,
// at each start.
var python = sync.OnceValue(func() string {
	out, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return "python3"
	}
	return strings.TrimSpace(string(out))
})

// fuzz returns what a campaign of o.runs messages finds in the decoder with a change, ""
// if it finds nothing. Without a change that is an error.
func (o *options) fuzz(m *mutant) (by string, err error) {
	folder := filepath.Join(o.root, filepath.Dir(m.file))
	if !o.faultless[folder] {
		o.faultless[folder] = true
		none := *m
		none.now = none.was
		if by, err := o.fuzz(&none); err != nil || by != "" {
			return "", fmt.Errorf("%s without a change: %s", folder, cmp.Or(by, fmt.Sprint(err)))
		}
	}
	dir := filepath.Join(o.dir, "decoder")
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.CopyFS(dir, os.DirFS(folder)); err != nil {
		return "", err
	}
	name := filepath.Join(dir, filepath.Base(m.file))
	src, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(name, []byte(string(src[:m.from])+m.now+string(src[m.to:])), 0o600); err != nil {
		return "", err
	}
	for _, b := range builds(dir, m.file) {
		if out, err := exec.Command("sh", "-c", b[0]).CombinedOutput(); err != nil {
			return "", fmt.Errorf("%w: %w\n%s", errCompile, err, out)
		}
		if by, err := o.campaign(b[1]); by != "" || err != nil {
			return by, err
		}
	}
	return "", nil
}

// exampleKinds are the kinds of messages that the decoders know.
var exampleKinds = []spec.Kind{spec.Request, spec.Response, spec.Content, spec.RetrievalRequest, spec.RetrievalResponse, spec.Discovery}

// campaign returns what a campaign finds first in the decoder that a command runs.
func (o *options) campaign(command string) (by string, err error) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	c, err := campaign.New(campaign.Config{
		Targets: []target.Target{exectarget.New(command, exectarget.Options{Kinds: exampleKinds, Slow: time.Minute, Timeout: 20 * time.Second})},
		RNGSeed: o.seed, Jobs: 1, Executions: o.runs, TriageTime: time.Nanosecond, // what it is does not matter
		Found: func(*campaign.Finding) { stop() },
	})
	if err != nil {
		return "", err
	}
	r, err := c.Run(ctx)
	switch {
	case r != nil && len(r.Findings) > 0:
		f := &r.Findings[0]
		return fmt.Sprintf("%s after %d messages", strings.TrimSpace(string(f.Fault)+" "+f.Rule), r.Targets[0].Executions), nil
	case err != nil:
		return "the first message", nil // it does not start
	case r.Targets[0].Error != "":
		return "", errors.New(r.Targets[0].Error)
	}
	return "", nil
}
