package main

import (
	"context"
	"errors"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/seeds"
)

// Of what is generated for each target a good part is valid, and a good part is not.
func TestSource(t *testing.T) {
	for _, target := range seeds.Own() {
		s := newSource(target, 1)
		valid, n := 0, 4000
		for range n {
			seed := target.Seed("", s.next())
			if (fuzz.Message{Kind: target.Kind, Bytes: seed.Bytes}).Dissect().Valid() {
				valid++
			}
		}
		if valid < n/20 || valid > n*3/4 {
			t.Errorf("%s: %d of %d inputs are valid", target.Name, valid, n)
		}
	}
}

// Exactly as many are tried as are asked for, and what fails is returned.
func TestTryGenerated(t *testing.T) {
	target := seeds.Own()[0]
	failing, executions := tryGenerated(t.Context(), func([]byte) error { return nil }, target, 1001)
	if len(failing) != 0 || executions != 1001 {
		t.Errorf("%d failing of %d", len(failing), executions)
	}
	long := errors.New("long")
	failing, _ = tryGenerated(t.Context(), func(b []byte) error {
		if len(b) > 100 {
			return long
		}
		return nil
	}, target, 100_000)
	if len(failing) == 0 || len(failing[0]) <= 100 {
		t.Errorf("failing: %x", failing)
	}
	failing, _ = tryGenerated(t.Context(), func([]byte) error { panic("it broke") }, target, 10)
	if len(failing) == 0 {
		t.Error("no panic was seen")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, executions = tryGenerated(ctx, func([]byte) error { return nil }, target, 0); executions != 0 {
		t.Errorf("%d executions after the end", executions)
	}
}
