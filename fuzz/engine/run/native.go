package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// native runs every target of the module in Go's own engine, limited by counts
// only: runs limited by time may fail without a reason. Minimisation is limited,
// since a large batch takes minutes.
func native(ctx context.Context, chosen *regexp.Regexp, b budget) error {
	list, err := output(ctx, "go", "test", "-list", "^Fuzz", "./...")
	if err != nil {
		return err
	}
	found := false
	for _, t := range nativeTargets(list) {
		if !chosen.MatchString(t.name) || ctx.Err() != nil {
			continue
		}
		fmt.Println("native", t.pkg, t.name)
		start, execs := time.Now(), b.execs
		if b.time > 0 {
			execs = 10_000 // to measure its rate
		}
		for {
			began := time.Now()
			err := command(ctx, "go", "test", "-run=^$", "-fuzz=^"+t.name+"$", "-fuzztime="+strconv.FormatInt(execs, 10)+"x",
				"-fuzzminimizetime=10x", t.pkg).Run()
			if err != nil && ctx.Err() == nil {
				fmt.Printf("\n%s failed: the input is in testdata/fuzz/%s of %s\n\n", t.name, t.name, t.pkg)
				found = true
				break
			}
			left := b.time - time.Since(start)
			if left <= 0 || ctx.Err() != nil {
				break
			}
			// As many as should fit the time left, but not many more than before.
			execs = min(int64(float64(execs)*left.Seconds()/time.Since(began).Seconds())+1, 20*execs)
		}
	}
	return errors.Join(ctx.Err(), foundError(found))
}

// nativeTarget is a fuzz target of go test.
type nativeTarget struct{ pkg, name string }

// nativeTargets reads what go test -list prints: the targets of a package, then
// a line "ok PACKAGE TIME".
func nativeTargets(list string) (all []nativeTarget) {
	var names []string
	for line := range strings.Lines(list) {
		words := strings.Fields(line)
		switch {
		case len(words) == 1 && strings.HasPrefix(words[0], "Fuzz"):
			names = append(names, words[0])
		case len(words) > 1 && words[0] == "ok":
			for _, name := range names {
				all = append(all, nativeTarget{words[1], name})
			}
			names = nil
		}
	}
	return all
}
