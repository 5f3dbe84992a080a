package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/hostedcache/pchc/fuzz/engine"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

// libFuzzer builds an archive of all targets, links each with libFuzzer, and runs
// the programs.
func libFuzzer(ctx context.Context, chosen *regexp.Regexp, b budget, work string) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	archive := filepath.Join(work, "targets.a")
	if err := goFuzzBuild(ctx, root, "-libfuzzer", "-func", "FuzzLinked", "-o", archive); err != nil {
		return err
	}
	if err := writeSeeds(work, seeds.LibFuzzer); err != nil {
		return err
	}
	found := false
	for _, target := range engine.Targets() {
		if !chosen.MatchString(target.Name) || ctx.Err() != nil {
			continue
		}
		program := filepath.Join(work, target.Name+".exe")
		if err := link(ctx, target.Name, archive, program); err != nil {
			return err
		}
		fmt.Println("libfuzzer", target.Name)
		crashed := filepath.Join(root, filepath.FromSlash(crashers), target.Name)
		if err := os.MkdirAll(crashed, 0o777); err != nil {
			return err
		}
		before := files(crashed)
		runErr := runQuietly(command(ctx, program, libFuzzerArgs(target.Name, b, work, crashed)...))
		_ = os.Remove(crashed) // if it is empty
		reported := false
		for name := range files(crashed) {
			if !before[name] {
				report(target.Name, filepath.Join(crashed, name))
				reported = true
			}
		}
		switch {
		case reported:
			found = true
		case runErr != nil && ctx.Err() == nil:
			return fmt.Errorf("%s: %w", target.Name, runErr)
		}
	}
	return errors.Join(ctx.Err(), foundError(found))
}

// inputAdded is what libFuzzer prints for each input that it adds to the corpus.
var inputAdded = regexp.MustCompile(`^#\d+\s+(NEW|REDUCE|RELOAD) `)

// runQuietly runs libFuzzer and shows its progress, except for single inputs.
func runQuietly(c *exec.Cmd) error {
	c.Stderr = nil
	progress, err := c.StderrPipe()
	if err != nil {
		return err
	}
	if err := c.Start(); err != nil {
		return err
	}
	lines := bufio.NewReader(progress)
	for {
		line, err := lines.ReadString('\n')
		if !inputAdded.MatchString(line) {
			fmt.Fprint(os.Stderr, line)
		}
		if err != nil {
			return c.Wait()
		}
	}
}

func foundError(found bool) error {
	if found {
		return errFound
	}
	return nil
}

// link links the program of one target, with the hooks of the mutator, to which
// nothing in the archive refers.
func link(ctx context.Context, target, archive, program string) error {
	c := program + ".c"
	if err := os.WriteFile(c, []byte("const char *pchc_target = \""+target+"\";\n"), 0o666); err != nil {
		return err
	}
	return build(ctx, "clang", "-fsanitize=fuzzer", "-Wl,-u,LLVMFuzzerCustomMutator,-u,LLVMFuzzerCustomCrossOver", c, archive, "-o", program)
}

// libFuzzerArgs are the options of a run. Inputs may be as large as a full batch.
func libFuzzerArgs(target string, b budget, work, crashed string) []string {
	args := []string{
		"-max_len=8192", "-len_control=100", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1",
		"-dict=" + filepath.Join(work, "pchc.dict"),
		"-artifact_prefix=" + crashed + string(filepath.Separator),
	}
	if b.execs > 0 {
		args = append(args, "-runs="+strconv.FormatInt(b.execs, 10))
	} else {
		args = append(args, "-max_total_time="+strconv.Itoa(max(int(b.time.Seconds()), 1)))
	}
	return append(args, filepath.Join(work, target))
}

// writeSeeds adds the vectors of package corpus to the corpus of each target.
func writeSeeds(work string, format seeds.Format) error {
	shipped, err := seeds.Shipped()
	if err != nil {
		return err
	}
	_, err = seeds.Write(work, format, seeds.Own(), shipped)
	return err
}
