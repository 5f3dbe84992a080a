package engine_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// The engine starts a process for each processor, so that one is enough for
// each. With more, goroutines that hand over to each other, as here and in
// package testing, wake threads in vain: it nearly halves the rate.
func TestMain(m *testing.M) {
	flag.Parse()
	if worker := flag.Lookup("test.fuzzworker"); worker != nil && worker.Value.String() == "true" {
		runtime.GOMAXPROCS(1)
	}
	os.Exit(m.Run())
}

// The targets take one byte string each, and do not write to it.

func FuzzDifferentialRequest(f *testing.F) {
	seed(f, "request", "", nil)
	f.Fuzz(standing(oracle.CheckRequest))
}

func FuzzDifferentialResponse(f *testing.F) {
	for _, request := range []string{"\x00", "\x01", "\x02", "\x03"} {
		seed(f, "response", request, nil)
	}
	f.Fuzz(standing(oracle.CheckAnswer))
}

func FuzzDifferentialContentV1(f *testing.F) {
	seed(f, "content", "", isV1)
	f.Fuzz(standing(oracle.CheckContentV1))
}

func FuzzDifferentialContentV2(f *testing.F) {
	seed(f, "content", "", isV2)
	f.Fuzz(standing(oracle.CheckContentV2))
}

// longest is how many bytes are looked at: 129 SegmentDescriptors fit. The
// engine makes longer ones when it is left to, which show no other branches but
// take their share of the time.
const longest = 8 << 10

// standing returns a fuzz target that has its inputs checked by one goroutine.
// The engine starts one for each input, and to grow its stack again each time
// takes longer than the check.
func standing(check func(b []byte) error) func(*testing.T, []byte) {
	inputs, outcomes := make(chan []byte), make(chan error)
	go func() {
		for b := range inputs {
			outcomes <- recovered(check, b)
		}
	}()
	return func(t *testing.T, b []byte) {
		if len(b) > longest {
			return
		}
		inputs <- b
		if err := <-outcomes; err != nil {
			t.Error(err)
		}
	}
}

// recovered makes an error of a panic, which would end the program from a
// goroutine that is not the test's.
func recovered(check func(b []byte) error, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return check(b)
}

// What has another version is rejected by its first bytes, and is slow to
// explain: spec goes on to read it.
func isV1(b []byte) bool { return !isV2(b) }
func isV2(b []byte) bool { return len(b) > 1 && b[1] == 2 }

// seed adds the small seeds of a kind that are wanted, each behind a prefix. They come from
// package corpus, which is not imported: the engine is slower with all that it
// needs to read its vectors.
func seed(f *testing.F, kind, prefix string, wanted func(b []byte) bool) {
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
		if wanted == nil || wanted(m.Bytes) {
			f.Add(append([]byte(prefix), m.Bytes...))
			n++
		}
	}
	if n == 0 {
		f.Fatalf("no seed of kind %s", kind)
	}
}
