package capture

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestField reads the captures in testdata/field.
func TestField(t *testing.T) {
	const pair = "request 75, response 5"
	for name, want := range map[string]string{
		"F18-vxlan":      pair,
		"F18-gre":        pair,
		"F18-pppoe":      pair,
		"F19-proxyproto": pair,
		"fmt-geneve":     "request 193, response 5, request 7568, response 5, " + pair,
		"fmt-erspan2":    "request 193, response 5, request 7568, response 5, " + pair,
	} {
		t.Run(name, func(t *testing.T) {
			in, err := os.Open(filepath.Join("testdata/field", name+".pcap"))
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			got := read(in)
			var list []string
			for _, m := range got.messages {
				list = append(list, fmt.Sprintf("%s %d", m.Kind, len(m.Body)))
			}
			if s := strings.Join(list, ", "); s != want || len(got.problems) > 0 || got.err != nil {
				t.Errorf("%s, problems %q, error %v; want %s", s, got.problems, got.err, want)
			}
		})
	}
}
