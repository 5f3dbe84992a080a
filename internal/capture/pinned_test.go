package capture

import (
	"flag"
	"fmt"
	"hash/crc32"
	"os"
	"strings"
	"testing"
)

var (
	update = flag.Bool("update", false, "TestPinned writes to testdata what the reader says now")
	seed   = flag.Int("hostile", -1, "TestPinned lists what the reader says of the capture with this `seed`, and ends")
)

// TestPinned: what the reader says of hostile captures, down to frames and words, is
// what it said when somebody looked at it last. That it is right, other tests show; a
// change that means to leave all that alone shows here whether it does.
//
// testdata/pinned.txt has a checksum for each. Where one differs on purpose, list it
// with -hostile in both versions, then write the file anew with -update.
func TestPinned(t *testing.T) {
	const name, captures = "testdata/pinned.txt", 3000
	if *seed >= 0 {
		t.Log("\n" + newHostile(uint64(*seed)).events())
		return
	}
	b, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	pinned := strings.Fields(string(b))
	if len(pinned) != captures && !*update {
		t.Fatalf("%s has %d checksums, want %d", name, len(pinned), captures)
	}
	var now strings.Builder
	for n := range captures {
		events := newHostile(uint64(n)).events()
		sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(events)))
		if !*update && sum != pinned[n] {
			t.Fatalf("hostile capture %d differs; now the reader says:\n%s", n, events)
		}
		now.WriteString(sum + map[bool]string{true: "\n", false: " "}[n%10 == 9])
	}
	if *update {
		if err := os.WriteFile(name, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
