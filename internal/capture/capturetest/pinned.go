package capturetest

import (
	"fmt"
	"hash/crc32"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Pinned compares what is said of n drawn inputs, down to the words, with what was said
// of them when somebody looked at it last, of which a file has checksums. That it is
// right, other tests show: a change that means to leave all that alone shows here
// whether it does.
//
// With PCHC_PINNED=17 in the environment it lists what is said of input 17 and ends, so
// that one can compare two versions, and with UPDATE=1 it writes the file.
func Pinned(t *testing.T, file string, n int, say func(seed uint64) string) {
	t.Helper()
	update := os.Getenv("UPDATE") != ""
	if seed, err := strconv.ParseUint(os.Getenv("PCHC_PINNED"), 10, 64); err == nil {
		t.Logf("%d:\n%s", seed, say(seed))
		return
	}
	b, err := os.ReadFile(file)
	pinned := strings.Fields(string(b))
	if !update && (err != nil || len(pinned) != n) {
		t.Fatalf("%s has %d checksums, want %d: %v", file, len(pinned), n, err)
	}
	var now strings.Builder
	for i := range n {
		said := say(uint64(i))
		sum := fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(said)))
		if !update && sum != pinned[i] {
			t.Fatalf("input %d: not what was said of it before, but:\n%s", i, said)
		}
		now.WriteString(sum)
		now.WriteByte(" \n"[min((i+1)%10, 1)^1])
	}
	if update {
		if err := os.WriteFile(file, []byte(now.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
