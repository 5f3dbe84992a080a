package message

import (
	"bytes"
	"strings"
	"testing"
)

// TestFold: a folded line has the words of the line, and no word is broken; it stays
// within the width where its words allow that. Colours take no room.
func TestFold(t *testing.T) {
	line := strings.Repeat("x", 8) + "        INITIAL_OFFER_MESSAGE   \x1b[33mINTERESTED\x1b[0m in frame 17 of a capture that has many, 0.1 ms\n"
	for width := 1; width < 120; width++ {
		p := &Printer{}
		p.Width = width
		got := p.fold([]byte("above\n"+line), len("above\n"))
		rest, ok := bytes.CutPrefix(got, []byte("above\n"))
		if !ok || strings.Join(strings.Fields(string(rest)), " ") != strings.Join(strings.Fields(line), " ") {
			t.Fatalf("width %d: %q", width, got)
		}
		for l := range bytes.Lines(rest) {
			if l = bytes.TrimRight(l, "\n"); width > 60 && visible(l) > width || len(bytes.TrimSpace(l)) == 0 {
				t.Errorf("width %d: %d columns: %q", width, visible(l), l)
			}
		}
		if bytes.Contains(rest, []byte("0.1\n")) {
			t.Errorf("width %d: a unit stands alone", width)
		}
	}
}
