package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/engine"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/mutate"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

// generated runs all targets without an engine, on messages that are generated and
// mutated: many times as many as an engine, which inspects the branches that each
// takes, but blindly.
func generated(ctx context.Context, chosen *regexp.Regexp, b budget) error {
	root, err := moduleRoot(ctx)
	if err != nil {
		return err
	}
	found := false
	for i, target := range engine.Targets() {
		if !chosen.MatchString(target.Name) || ctx.Err() != nil {
			continue
		}
		fmt.Println("generated", target.Name)
		limited, cancel := ctx, context.CancelFunc(func() {})
		if b.time > 0 {
			limited, cancel = context.WithTimeout(ctx, b.time)
		}
		failing, executions := tryGenerated(limited, target.Check, seeds.Own()[i], b.execs)
		cancel()
		fmt.Printf("generated %s: %d executions, %d differences\n", target.Name, executions, len(failing))
		for _, input := range failing {
			name := filepath.Join(root, filepath.FromSlash(crashers), target.Name, seeds.Hash(input))
			if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
				return err
			}
			if err := os.WriteFile(name, input, 0o666); err != nil {
				return err
			}
			report(target.Name, name)
			found = true
		}
	}
	return errors.Join(ctx.Err(), foundError(found))
}

// tryGenerated checks generated inputs on all processors: so many, or until ctx is
// done if that is 0. It returns the failing ones, at most one for each processor, and
// how many were checked.
func tryGenerated(ctx context.Context, check func(b []byte) error, target seeds.Target, execs int64) (failing [][]byte, executions int64) {
	var mu sync.Mutex
	var done atomic.Int64
	var workers sync.WaitGroup
	n := int64(runtime.GOMAXPROCS(0))
	for worker := range n {
		share := execs / n
		if worker < execs%n {
			share++
		}
		workers.Go(func() {
			s := newSource(target, rand.Uint64())
			for i := int64(0); execs == 0 || i < share; i++ {
				if i%1024 == 0 && ctx.Err() != nil {
					return
				}
				input := s.next()
				done.Add(1)
				if err := checked(check, input); err != nil {
					mu.Lock()
					defer mu.Unlock()
					fmt.Println(err)
					failing = append(failing, slices.Clone(input))
					return
				}
			}
		})
	}
	watched := make(chan struct{})
	go func() {
		tick := time.NewTicker(10 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				fmt.Fprintf(os.Stderr, "%s: %d executions\n", target.Name, done.Load())
			case <-watched:
				return
			}
		}
	}()
	workers.Wait()
	close(watched)
	return failing, done.Load()
}

// checked returns a panic as an error.
func checked(check func(b []byte) error, input []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	return check(input)
}

// source makes inputs of a target.
type source struct {
	rng    *rand.Rand
	target seeds.Target
	rules  []string
	pool   []fuzz.Message // to mutate
	buffer []byte
}

// poolSize is the number of messages that are mutated, each some dozen times.
const poolSize = 256

func newSource(target seeds.Target, rngSeed uint64) *source {
	s := &source{rng: rand.New(rand.NewPCG(rngSeed, 0)), target: target}
	for _, rule := range generate.Rules() {
		if slices.Contains(generate.Kinds(rule), target.Kind) {
			s.rules = append(s.rules, rule)
		}
	}
	for range poolSize {
		s.pool = append(s.pool, s.generate())
	}
	return s
}

// generate returns a valid message, or one that violates a rule.
func (s *source) generate() fuzz.Message {
	if s.rng.IntN(2) == 0 {
		return generate.Valid(s.rng, s.target.Kind)
	}
	return generate.BrokenAs(s.rng, s.target.Kind, s.rules[s.rng.IntN(len(s.rules))])
}

// longest is the length of the longest message that is mutated: short ones reach as
// much.
const longest = 2 << 10

// next returns an input, which is valid until the next call. One of eight is a new
// message, the others are mutations of earlier ones, also of mutated ones.
func (s *source) next() []byte {
	i := s.rng.IntN(poolSize)
	m := fuzz.Message{Kind: s.target.Kind}
	if s.rng.IntN(8) == 0 {
		m = s.generate()
		if len(m.Bytes) <= longest {
			s.pool[i] = m
		}
	} else {
		s.buffer = mutate.Append(s.buffer[:0], s.rng, s.pool[i], s.pool[s.rng.IntN(poolSize)])
		m.Bytes = s.buffer
		if len(m.Bytes) <= longest && s.rng.IntN(8) == 0 {
			s.pool[i] = m.Clone()
		}
	}
	if !s.target.Answer {
		return m.Bytes
	}
	input, _ := s.target.Input(seeds.Seed{Message: m, RequestType: uint16(s.rng.IntN(4))})
	return input
}
