package kaitai

import (
	"os"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestDefinitions compares the files with what the tables give.
func TestDefinitions(t *testing.T) {
	for _, d := range Definitions() {
		name := d.Name + ".ksy"
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile(name, []byte(d.Text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(kept), d.Text); diff != "" {
			t.Errorf("%s is not what the tables give (UPDATE=1 go test writes it anew):\n%s", name, diff)
		}
	}
}
