package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/hostedcache/pchc/fuzz/engine"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

// goFuzz builds all targets with go-fuzz-build, and runs each in go-fuzz's own
// engine. That has no limits: it is stopped when the counts that it prints reach
// the budget, or when an input fails.
func goFuzz(ctx context.Context, chosen *regexp.Regexp, b budget, work string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	program := filepath.Join(work, "targets.zip")
	if err := goFuzzBuild(ctx, root, "-o", program); err != nil {
		return err
	}
	fuzzer, err := tool(ctx, root, "go-fuzz") // run directly, so that it can be interrupted
	if err != nil {
		return err
	}
	if err := writeSeeds(work, seeds.GoFuzz); err != nil {
		return err
	}
	found := false
	for _, target := range engine.Targets() {
		if !chosen.MatchString(target.Name) || ctx.Err() != nil {
			continue
		}
		fmt.Println("gofuzz", target.Name)
		dir := filepath.Join(work, target.Name)
		// go-fuzz would count crashers of earlier runs.
		if err := os.RemoveAll(filepath.Join(dir, "crashers")); err != nil {
			return err
		}
		if err := goFuzzTarget(ctx, b, fuzzer, program, target.Name, dir); err != nil {
			return fmt.Errorf("%s: %w", target.Name, err)
		}
		for name := range files(filepath.Join(dir, "crashers")) {
			if strings.Contains(name, ".") {
				continue // NAME.quoted, NAME.output
			}
			kept, err := keep(filepath.Join(dir, "crashers", name), filepath.Join(root, filepath.FromSlash(crashers), target.Name))
			if err != nil {
				return err
			}
			report(target.Name, kept)
			found = true
		}
	}
	return errors.Join(ctx.Err(), foundError(found))
}

// keep copies a file to a folder, and returns its new name.
func keep(file, dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return "", err
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	to := filepath.Join(dir, filepath.Base(file))
	return to, os.WriteFile(to, b, 0o666)
}

// goFuzzTarget runs one target until its budget is used up or an input fails.
func goFuzzTarget(ctx context.Context, b budget, fuzzer, program, target, dir string) error {
	limited, cancel := context.WithCancel(ctx)
	defer cancel()
	if b.time > 0 {
		limited, cancel = context.WithTimeout(ctx, b.time)
		defer cancel()
	}
	c := command(limited, fuzzer, "-bin="+program, "-func="+target, "-workdir="+dir, "-timeout=60", "-minimize=5s")
	c.Stdout, c.Stderr = os.Stdout, nil
	progress, err := c.StderrPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	watch(io.TeeReader(progress, os.Stderr), func(execs, crashers int64) {
		if crashers > 0 || b.execs > 0 && execs >= b.execs {
			cancel()
		}
	})
	if err := c.Wait(); err != nil && limited.Err() == nil {
		return err
	}
	return nil
}

// goFuzzProgress is what go-fuzz prints every three seconds.
var goFuzzProgress = regexp.MustCompile(`crashers: (\d+),.* execs: (\d+) `)

// watch reads what go-fuzz prints, and passes on the counts.
func watch(in io.Reader, seen func(execs, crashers int64)) {
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		if m := goFuzzProgress.FindStringSubmatch(lines.Text()); m != nil {
			crashers, _ := strconv.ParseInt(m[1], 10, 64)
			execs, _ := strconv.ParseInt(m[2], 10, 64)
			seen(execs, crashers)
		}
	}
	_, _ = io.Copy(io.Discard, in) // an overlong line ends only the scanner
}
