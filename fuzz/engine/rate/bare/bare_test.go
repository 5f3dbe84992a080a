//go:build empty

// Package bare has an empty fuzz target in a bare program, for make bench-fuzz.
package bare

import "testing"

// FuzzBare does nothing, and has no seeds.
func FuzzBare(f *testing.F) { f.Fuzz(func(*testing.T, []byte) {}) }
