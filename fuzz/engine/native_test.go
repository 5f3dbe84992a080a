package engine_test

import (
	"os"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
)

// The targets take one byte string each, share nothing, and do not write to
// it. Where there is no difference they do nothing of their own.

func FuzzDifferentialRequest(f *testing.F) {
	seed(f, "request", "")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := fuzz.CheckRequest(b); err != nil {
			t.Error(err)
		}
	})
}

func FuzzDifferentialResponse(f *testing.F) {
	for _, request := range []string{"\x00", "\x01", "\x02", "\x03"} {
		seed(f, "response", request)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := fuzz.CheckAnswer(b); err != nil {
			t.Error(err)
		}
	})
}

func FuzzDifferentialContentV1(f *testing.F) {
	seed(f, "content", "")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := fuzz.CheckContentV1(b); err != nil {
			t.Error(err)
		}
	})
}

func FuzzDifferentialContentV2(f *testing.F) {
	seed(f, "content", "")
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := fuzz.CheckContentV2(b); err != nil {
			t.Error(err)
		}
	})
}

// seed adds the small seeds of a kind, each behind a prefix. They come from
// package corpus, which is not imported: the engine is slower with all that it
// needs to read its vectors.
func seed(f *testing.F, kind, prefix string) {
	text, err := os.ReadFile("testdata/seeds/" + kind + ".txt")
	if err != nil {
		f.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		var m fuzz.Message
		if err := m.UnmarshalText([]byte(line)); err != nil {
			f.Fatal(err)
		}
		f.Add(append([]byte(prefix), m.Bytes...))
		n++
	}
	if n == 0 {
		f.Fatalf("no seed of kind %s", kind)
	}
}
