package exec

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz/mutate"
)

// TestDefaultsInText: the README of the examples has the limits of this package,
// and the length of the longest message.
func TestDefaultsInText(t *testing.T) {
	text, err := os.ReadFile("../../examples/README.md")
	if err != nil {
		t.Fatal(err)
	}
	text = bytes.Join(bytes.Fields(text), []byte(" "))
	o := New("", Options{}).(*execTarget).options
	for _, want := range []string{
		"does not reply within " + o.Timeout.String(), "needs more than " + o.Slow.String() + " (",
		"must start within " + o.Start.String() + ".", "needs more than " + o.Start.String() + " to start",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if mutate.MaxLen != 64<<10 || !bytes.Contains(text, []byte("up to about 64 KiB")) {
		t.Errorf("it does not say how long a message may be: %d bytes", mutate.MaxLen)
	}
}
