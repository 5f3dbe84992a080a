//go:build empty

package engine_test

import "testing"

// Targets that do nothing, with the seeds of the others: make bench-fuzz measures
// what the engine itself takes.

func FuzzEmptyRequest(f *testing.F) {
	seed(f, "request", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyResponse(f *testing.F) {
	for _, request := range []string{"\x00", "\x01", "\x02", "\x03"} {
		seed(f, "response", request, nil)
	}
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyContentV1(f *testing.F) {
	seed(f, "content", "", isV1)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyContentV2(f *testing.F) {
	seed(f, "content", "", isV2)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyHashRequest(f *testing.F) {
	seed(f, "hash-request", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyHashResponse(f *testing.F) {
	seed(f, "hash-response", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyRetrievalRequest(f *testing.F) {
	seed(f, "retrieval-request", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyRetrievalResponse(f *testing.F) {
	seed(f, "retrieval-response", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}

func FuzzEmptyDiscovery(f *testing.F) {
	seed(f, "discovery", "", nil)
	f.Fuzz(func(*testing.T, []byte) {})
}
