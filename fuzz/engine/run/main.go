// Run builds the fuzz targets of this module for one engine, and runs them one
// after the other, each until a number of executions or a time is used up:
//
//	go run ./fuzz/engine/run -engine libfuzzer -execs 1000000
//	go run ./fuzz/engine/run -engine gofuzz -time 10m -target Content
//
// The engines are native (go test, all targets of the module), libfuzzer (needs
// clang) and gofuzz. It starts from the vectors of package corpus, and from
// what it found in earlier runs, which stays below -work. It ends with 1 if an
// input was found that breaks a target, and says how to try it again.
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

// budget is what each target may use: one of the two.
type budget struct {
	execs int64
	time  time.Duration
}

// errFound says that a target was broken, and that this was reported.
var errFound = errors.New("a target was broken")

// enginePackage holds the targets of all engines but go test.
const enginePackage = "github.com/hostedcache/pchc/fuzz/engine"

// crashers is where inputs are put that break a target, from the module's root.
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
	engine := f.String("engine", "native", "native, libfuzzer or gofuzz")
	var b budget
	f.Int64Var(&b.execs, "execs", 0, "executions of each target")
	f.DurationVar(&b.time, "time", 0, "time for each target, instead")
	target := f.String("target", "", "regular expression: the targets to run (all)")
	list := f.Bool("list", false, "only list the targets of libfuzzer and gofuzz")
	work := f.String("work", "", "folder for programs and corpora (below the user's cache folder)")
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
		return errors.New("either -execs or -time is needed, and nothing else")
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
	}
	return fmt.Errorf("there is no engine %s", *engine)
}
