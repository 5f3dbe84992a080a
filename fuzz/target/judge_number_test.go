package target

import (
	"strings"
	"testing"
)

// Numbers are compared by their exact value, in whatever form they are written.
func TestNumberOf(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "-0": 0, "1": 1, "1.0": 1, "1e0": 1, "10E-1": 1, "0.1e+1": 1, "18446744073709551615": 1<<64 - 1, "18446744073709551615.000": 1<<64 - 1,
		"1.8446744073709551615e19": 1<<64 - 1, "9007199254740993.0": 1<<53 + 1,
	} {
		if got, ok := numberOf([]byte(text)); !ok || got != want {
			t.Errorf("%s is %d, %v", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "-1", "0.5", "1e-1", "18446744073709551616", "1e20", "1e101", "1e999999999", "1e99999999999999999999", `"1"`, "true", "null", "[1]", "1/1", "0x1", "1_0",
		"1." + strings.Repeat("0", 1<<20),
	} {
		if got, ok := numberOf([]byte(text)); ok {
			t.Errorf("%.30s is %d", text, got)
		}
	}
}
