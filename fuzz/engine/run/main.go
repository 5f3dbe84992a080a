package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"time"

	targets "github.com/hostedcache/pchc/fuzz/engine"
)

// budget limits each target: one of the two.
type budget struct {
	execs int64
	time  time.Duration
}

// errFound says that a target failed, which was reported.
var errFound = errors.New("a target failed")

// enginePackage holds the targets of all engines but go test.
const enginePackage = "github.com/hostedcache/pchc/fuzz/engine"

// crashers is the folder of failing inputs, relative to the module's root.
const crashers = "fuzz/engine/testdata/crashers"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errFound):
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(3)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("run", flag.ContinueOnError)
	engine := f.String("engine", "native", "native, libfuzzer, gofuzz, or generated: without an engine")
	var b budget
	f.Int64Var(&b.execs, "execs", 0, "executions of each target")
	f.DurationVar(&b.time, "time", 0, "time for each target")
	target := f.String("target", "", "run only targets that match this regular expression")
	list := f.Bool("list", false, "list the targets of libfuzzer and gofuzz")
	work := f.String("work", "", "folder for programs and corpora (default below the user's cache folder)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *list {
		for _, t := range targets.Targets() {
			fmt.Println(t.Name)
		}
		return nil
	}
	if (b.execs > 0) == (b.time > 0) || f.NArg() > 0 {
		return errors.New("need either -execs or -time, and no arguments")
	}
	chosen, err := regexp.Compile(*target)
	if err != nil {
		return err
	}
	if *work == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		*work = filepath.Join(cache, "pchc", "fuzz", *engine)
	}
	if *work, err = filepath.Abs(*work); err != nil {
		return err
	}
	if err := os.MkdirAll(*work, 0o777); err != nil {
		return err
	}
	switch *engine {
	case "native":
		return native(ctx, chosen, b)
	case "libfuzzer":
		return libFuzzer(ctx, chosen, b, *work)
	case "gofuzz":
		return goFuzz(ctx, chosen, b, *work)
	case "generated":
		return generated(ctx, chosen, b)
	}
	return fmt.Errorf("unknown engine %q", *engine)
}
