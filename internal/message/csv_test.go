package message

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
)

// TestCSV reads what a row is made of back with encoding/csv: texts from a capture stay what
// they are, but for an apostrophe before what a spreadsheet would run.
func TestCSV(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "plain": "plain", "a, b": "a, b", `say "x"`: `say "x"`, "two\nlines": "two\nlines", "\"": "\"", "a=b": "a=b",
		"=1+2": "'=1+2", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'\t=1", "\r=1": "'\r=1", `=a,"b"`: `'=a,"b"`,
	} {
		o := &Overview{Name: "N", Text: text, Verdict: Unfit}
		b := appendCSV([]byte(CSVHeader), o, &capture.Place{File: text, Stream: -1}, 0, "P", "hit", "-0.125")
		rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
		if err != nil || len(rows) != 2 {
			t.Errorf("%q: %v, %d rows", text, err, len(rows))
			continue
		}
		line := []string{want, "", "", "", "", "", "", "P", "N", "hit", "", "-0.125", "unfit", "", want}
		if diff := cmp.Diff(line, rows[1]); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}
