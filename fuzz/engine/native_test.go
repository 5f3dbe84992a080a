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

// The engine starts a process per processor, so each needs one only. With more,
// goroutines that hand over to each other, as here and in package testing, wake
// threads in vain, which nearly halves the rate.
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

func FuzzDifferentialHashRequest(f *testing.F) {
	seed(f, "hash-request", "", nil)
	f.Fuzz(standing(oracle.CheckHashRequest))
}

func FuzzDifferentialHashResponse(f *testing.F) {
	seed(f, "hash-response", "", nil)
	f.Fuzz(standing(oracle.CheckHashResponses))
}

func FuzzDifferentialRetrievalRequest(f *testing.F) {
	seed(f, "retrieval-request", "", nil)
	f.Fuzz(standing(oracle.CheckRetrievalRequest))
}

func FuzzDifferentialRetrievalResponse(f *testing.F) {
	seed(f, "retrieval-response", "", nil)
	f.Fuzz(standing(oracle.CheckRetrievalResponse))
}

func FuzzDifferentialDiscovery(f *testing.F) {
	seed(f, "discovery", "", nil)
	f.Fuzz(standing(oracle.CheckDiscovery))
}

// longest is the maximum length of an input, enough for 129 SegmentDescriptors.
// The engine also makes longer ones, which reach no other branches but take time.
const longest = 8 << 10

// standing returns a fuzz target that checks all inputs on one goroutine. The
// engine starts a goroutine per input, and growing its stack each time takes
// longer than the check.
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

// recovered returns a panic as an error. On a goroutine that is not the test's a
// panic would end the program.
func recovered(check func(b []byte) error, b []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
		}
	}()
	return check(b)
}

// The other version is rejected by its first bytes, but slow to dissect, since spec
// reads on.
func isV1(b []byte) bool { return !isV2(b) }
func isV2(b []byte) bool { return len(b) > 1 && b[1] == 2 }

// seed adds the small seeds of a kind that are wanted, each after a prefix. They
// are vectors of package corpus. Importing that would slow the engine down.
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
