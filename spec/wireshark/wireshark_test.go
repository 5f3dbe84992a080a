package wireshark

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDissector compares pchc.lua with what the tables give.
func TestDissector(t *testing.T) {
	const name = "pchc.lua"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(name, []byte(Dissector()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), Dissector()); diff != "" {
		t.Errorf("%s is not what the tables give (UPDATE=1 go test writes it anew):\n%s", name, diff)
	}
}
