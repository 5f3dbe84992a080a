// Rate measures how many executions a second the native fuzz targets reach,
// against empty targets in the same run: those of the same program with the
// same seeds, and one in a program of its own that has neither.
//
//	go run ./fuzz/engine/rate -time 10s -count 6
//
// Runs are interleaved, each begins with an empty cache, and the medians are
// shown. They end by time: of a number of executions the engine gives each of
// its processes a fixed share, and the faster ones are idle at the end. On a
// machine that does other things too, the processor time that both took tells
// more than their rates.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// program is a test binary with fuzz targets.
type program struct {
	dir, binary string // where it runs, since it reads its seeds from there
}

// pair is a target and what it is held against.
type pair struct{ target, empty string }

var pairs = []pair{
	{"FuzzDifferentialRequest", "FuzzEmptyRequest"},
	{"FuzzDifferentialResponse", "FuzzEmptyResponse"},
	{"FuzzDifferentialContentV1", "FuzzEmptyContentV1"},
	{"FuzzDifferentialContentV2", "FuzzEmptyContentV2"},
}

// cost is what one execution took.
type cost struct{ wall, processor time.Duration }

func main() {
	limit := flag.Duration("time", 10*time.Second, "how long each run takes")
	count := flag.Int("count", 6, "runs of each target")
	flag.Parse()
	if err := run(*limit, *count); err != nil {
		fmt.Fprintln(os.Stderr, "rate:", err)
		os.Exit(3)
	}
}

func run(limit time.Duration, count int) error {
	work, err := os.MkdirTemp("", "pchc-rate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	targets, err := build(work, "fuzz/engine")
	if err != nil {
		return err
	}
	bare, err := build(work, "fuzz/engine/rate/bare")
	if err != nil {
		return err
	}
	costs := map[string][]cost{}
	for range count {
		for _, p := range pairs {
			for _, of := range []struct {
				p    program
				name string
			}{{bare, "FuzzBare"}, {targets, p.empty}, {targets, p.target}} {
				c, err := of.p.fuzz(of.name, limit)
				if err != nil {
					return fmt.Errorf("%s: %w", of.name, err)
				}
				// Each pair has empty runs of its own, right beside.
				costs[p.target+of.name] = append(costs[p.target+of.name], c)
			}
		}
	}
	fmt.Println("executions a second, and how many percent that is of an empty target's; in brackets by processor time")
	fmt.Printf("%-26s %8s %18s %18s\n", "target", "rate", "of empty", "of bare")
	for _, p := range pairs {
		own := costs[p.target+p.target]
		fmt.Printf("%-26s %8.0f %9.0f %% (%2.0f %%) %9.0f %% (%2.0f %%)\n", p.target, float64(time.Second)/median(own, func(c cost) time.Duration { return c.wall }),
			percent(costs[p.target+p.empty], own, wall), percent(costs[p.target+p.empty], own, processor),
			percent(costs[p.target+"FuzzBare"], own, wall), percent(costs[p.target+"FuzzBare"], own, processor))
	}
	return nil
}

func wall(c cost) time.Duration      { return c.wall }
func processor(c cost) time.Duration { return c.processor }

// percent compares the medians of two costs: 100 if b costs as little as a.
func percent(a, b []cost, of func(cost) time.Duration) float64 {
	return 100 * median(a, of) / median(b, of)
}

func median(costs []cost, of func(cost) time.Duration) float64 {
	var x []float64
	for _, c := range costs {
		x = append(x, float64(of(c)))
	}
	slices.Sort(x)
	return (x[(len(x)-1)/2] + x[len(x)/2]) / 2
}

// build makes the test binary of a package as go test -fuzz does.
func build(work, pkg string) (program, error) {
	dir, err := filepath.Abs(filepath.FromSlash(pkg))
	if err != nil {
		return program{}, err
	}
	p := program{dir, filepath.Join(work, filepath.Base(pkg)+".test")}
	c := exec.Command("go", "test", "-c", "-tags=empty", "-fuzz=.", "-o", p.binary, "./"+pkg)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return p, c.Run()
}

// fuzz runs a target, and returns what each execution cost.
func (p program) fuzz(target string, limit time.Duration) (cost, error) {
	cache, err := os.MkdirTemp(filepath.Dir(p.binary), "cache-")
	if err != nil {
		return cost{}, err
	}
	defer os.RemoveAll(cache)
	c := exec.Command(p.binary, "-test.run=^$", "-test.fuzz=^"+target+"$", "-test.fuzztime="+limit.String(),
		"-test.fuzzminimizetime=10x", "-test.fuzzcachedir="+cache)
	c.Dir = p.dir
	start := time.Now()
	out, err := c.CombinedOutput()
	// The engine may take the end of its time for a failure, without an input.
	if err != nil && !strings.Contains(string(out), "context deadline exceeded") {
		return cost{}, fmt.Errorf("%w\n%s", err, out)
	}
	n, err := executions(string(out))
	if err != nil {
		return cost{}, err
	}
	return cost{time.Since(start) / n, (c.ProcessState.UserTime() + c.ProcessState.SystemTime()) / n}, nil
}

var progress = regexp.MustCompile(`execs: (\d+)`)

// executions returns how many there were at last by the engine's output.
func executions(output string) (time.Duration, error) {
	all := progress.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return 0, fmt.Errorf("the engine tells no executions:\n%s", output)
	}
	n, err := strconv.Atoi(all[len(all)-1][1])
	if n == 0 {
		err = errors.Join(err, errors.New("the engine executed nothing"))
	}
	return time.Duration(n), err
}
