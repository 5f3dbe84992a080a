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
	dir, binary string // it reads its seeds from dir
}

// pair is a target and the empty one to compare it with.
type pair struct{ target, empty string }

var pairs = []pair{
	{"FuzzDifferentialRequest", "FuzzEmptyRequest"},
	{"FuzzDifferentialResponse", "FuzzEmptyResponse"},
	{"FuzzDifferentialContentV1", "FuzzEmptyContentV1"},
	{"FuzzDifferentialContentV2", "FuzzEmptyContentV2"},
}

// cost is the time of one execution.
type cost struct{ wall, processor time.Duration }

func main() {
	limit := flag.Duration("time", 10*time.Second, "time of each run")
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
				// Each pair has its own empty runs, next to it.
				costs[p.target+of.name] = append(costs[p.target+of.name], c)
			}
		}
	}
	fmt.Println("executions per second, in percent of an empty target; by processor time in parentheses")
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

// percent compares the medians of two costs: 100 if b costs as much as a.
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

// build builds the test binary of a package as go test -fuzz does.
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

// fuzz runs a target, and returns the cost of one execution.
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
	// The engine may report the end of its time as a failure without an input.
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

// executions returns the last number of executions in the engine's output.
func executions(output string) (time.Duration, error) {
	all := progress.FindAllStringSubmatch(output, -1)
	if len(all) == 0 {
		return 0, fmt.Errorf("no count of executions in the output of the engine:\n%s", output)
	}
	n, err := strconv.Atoi(all[len(all)-1][1])
	if n == 0 {
		err = errors.Join(err, errors.New("no executions"))
	}
	return time.Duration(n), err
}
