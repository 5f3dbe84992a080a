//go:build empty

package engine_test

import "testing"

// Targets that do nothing, for make bench-fuzz: what the engine takes for
// itself, with the seeds of the others.

func FuzzEmptyRequest(f *testing.F) {
	seed(f, "request", "")
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyResponse(f *testing.F) {
	for _, request := range []string{"\x00", "\x01", "\x02", "\x03"} {
		seed(f, "response", request)
	}
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyContent(f *testing.F) {
	seed(f, "content", "")
	f.Fuzz(func(*testing.T, []byte) {})
}
