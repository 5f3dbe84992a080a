//go:build empty

// Package bare has a fuzz target and nothing else, for make bench-fuzz.
package bare

import "testing"

// FuzzBare does nothing, without seeds, in a program that holds nothing.
func FuzzBare(f *testing.F) { f.Fuzz(func(*testing.T, []byte) {}) }
