package input

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/testutil"
)

// TestParseMemory: what is read as a whole allocates in proportion to its size, also
// where nothing comes of it.
func TestParseMemory(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	batch := unhex(t, batchHex)
	packet := ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00"))
	dump := func(b []byte) string {
		return rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%08x: %-40s %s", i, words(r, 2), textOf(r)) })
	}
	for _, c := range []struct {
		name, text string
		most       float64 // bytes for each of the input
	}{
		{"text", "the quick brown fox jumps over the lazy dog, again\n", 20},
		{"short lines", "x!\n", 90},
		{"hex with a slip", batchHex[:60] + " zz\n", 50},
		{"a log without messages", "2026-11-29T12:00:01.123Z INFO cache: nothing here\n", 130},
		{"C arrays", "char a[] = {" + each("0x%02x", ",")(batch) + "};\n", 110},
		{"C strings", "char a[] = \"" + each(`\x%02x`, "")(batch) + "\";\n", 20},
		{"dumps", dump(batch) + "\n", 220},
		{"packets", dump(packet) + "\n", 260},
		{"one long string", each(`\x%02x`, "")(batch), 20},
	} {
		var ratio [2]float64
		for i, size := range []int{20 << 10, 200 << 10} {
			text := []byte(strings.Repeat(c.text, size/len(c.text)))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, _ = Parse(text, Options{})
			runtime.ReadMemStats(&after)
			ratio[i] = float64(after.TotalAlloc-before.TotalAlloc) / float64(len(text))
		}
		t.Logf("%s: %.1f, of ten times as much %.1f", c.name, ratio[0], ratio[1])
		if ratio[1] > c.most || ratio[1] > 2*ratio[0] {
			t.Errorf("%s: %.1f bytes allocated for each of the input, %.1f of ten times as much; at most %.0f are right", c.name, ratio[0], ratio[1], c.most)
		}
	}
}
