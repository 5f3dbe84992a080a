package fuzz_test

import (
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
)

// seed adds every vector of kind, valid or not.
func seed(f *testing.F, kind corpus.Kind) {
	files, err := corpus.Load()
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		for _, g := range file.Groups {
			for _, v := range g.Tests {
				if v.Kind == kind {
					b := []byte(v.Bytes)
					if kind == corpus.Response {
						b = append([]byte{byte(v.RequestType)}, b...)
					}
					f.Add(b)
				}
			}
		}
	}
}

// The targets take one byte string each, share nothing, and do not write to
// it. Run one at a time, by count: see README.md.

func FuzzDifferentialRequest(f *testing.F) {
	seed(f, corpus.Request)
	f.Fuzz(func(t *testing.T, b []byte) { check(t, fuzz.CheckRequest(b)) })
}

func FuzzDifferentialResponse(f *testing.F) {
	seed(f, corpus.Response)
	f.Fuzz(func(t *testing.T, b []byte) { check(t, fuzz.CheckAnswer(b)) })
}

func FuzzDifferentialContentV1(f *testing.F) {
	seed(f, corpus.Content)
	f.Fuzz(func(t *testing.T, b []byte) { check(t, fuzz.CheckContentV1(b)) })
}

func FuzzDifferentialContentV2(f *testing.F) {
	seed(f, corpus.Content)
	f.Fuzz(func(t *testing.T, b []byte) { check(t, fuzz.CheckContentV2(b)) })
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}
