package engine_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz/engine"
)

// Each file of testdata/crashers/TARGET is an input that failed once in go-fuzz or
// libFuzzer. go test replays its own, in testdata/fuzz.
func TestCrashers(t *testing.T) {
	n := 0
	for _, target := range engine.Targets() {
		files, err := filepath.Glob(filepath.Join("testdata", "crashers", target.Name, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			t.Run(target.Name+"/"+filepath.Base(file), func(t *testing.T) { target.Fuzz(b) })
			n++
		}
	}
	if n == 0 {
		t.Error("no crashers")
	}
}

// A name selects one target in each engine.
func TestNames(t *testing.T) {
	all := engine.Targets()
	for i, a := range all {
		for j, b := range all {
			if i != j && strings.HasPrefix(a.Name, b.Name) {
				t.Errorf("%s begins with %s", a.Name, b.Name)
			}
		}
	}
}

// The targets of go-fuzz and libFuzzer distinguish messages from other bytes.
func TestWorth(t *testing.T) {
	worth := map[string]int{}
	for _, target := range engine.Targets() {
		for _, b := range []string{
			"",
			"\x00\x00\x00\x00\x01\x00",
			"\x00\x01\x00\x01\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00" + strings.Repeat("h", 32),
			"\x00\x01\x0c\x80\x00\x00" + strings.Repeat("\x00", 8) + "\x01\x00\x00\x00" + strings.Repeat("s", 80) + "\x01\x00\x00\x00" + strings.Repeat("h", 32),
			"\x00\x02\x04" + strings.Repeat("\x00", 28) + "\x00\x00\x00\x00\x44" + strings.Repeat("s", 68),
			"\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00" + strings.Repeat("\x00", 12),
			"\x01" + strings.Repeat("\x00", 15),
			"\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x18\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01",
			"\x00\x00\x00\x18\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x18\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01",
			`<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:p="http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery">` +
				`<Types>p:PeerDistData</Types><Scopes>00</Scopes></Probe></e:Body></e:Envelope>`,
		} {
			worth[target.Name] += target.Fuzz([]byte(b))
		}
	}
	for _, target := range engine.Targets() {
		want := 1
		if target.Name == "FuzzDifferentialHashRequest" {
			want = 7 // all that are long enough
		}
		if worth[target.Name] != want {
			t.Errorf("%s accepts %d of the inputs, not %d", target.Name, worth[target.Name], want)
		}
	}
}

// A panic on the target's own goroutine is reported, and the next input checked.
func TestStanding(t *testing.T) {
	err := recovered(func(b []byte) error { return errors.New(string(b[:1])) }, nil)
	if err == nil || !strings.Contains(err.Error(), "out of range") || !strings.Contains(err.Error(), "TestStanding") {
		t.Errorf("a panic becomes %v", err)
	}
	var got []byte
	target := standing(func(b []byte) error { got = b; return nil })
	for _, b := range []string{"one", "two"} {
		if target(t, []byte(b)); string(got) != b {
			t.Errorf("%q was checked, not %q", got, b)
		}
	}
	for _, n := range []int{longest, longest + 1} {
		if target(t, make([]byte, n)); len(got) != longest {
			t.Errorf("%d bytes: %d were checked", n, len(got))
		}
	}
}
