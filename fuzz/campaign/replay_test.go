package campaign_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/fuzz/seeds"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

func replay(t *testing.T, it target.Target, name string) []campaign.Finding {
	t.Helper()
	f := read(t, name)
	findings, err := campaign.Replay(t.Context(), it, &f)
	if err != nil {
		t.Fatal(err)
	}
	return findings
}

// read reads a saved finding.
func read(t *testing.T, name string) campaign.Finding {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := seeds.ParseLines(text)
	if err != nil {
		t.Fatal(err)
	}
	f := campaign.Saved(text)
	for _, s := range lines {
		f.Messages = append(f.Messages, s.Message)
	}
	return f
}

// What a target answered cannot act upon the terminal that shows the file.
func TestSavePrintable(t *testing.T) {
	f := campaign.Finding{Target: "it", Difference: fuzz.Difference{Fault: fuzz.Crash, Detail: "a\x1b[2J\u009b\u202eb"}, Messages: []fuzz.Message{{Kind: spec.Response}}}
	if err := campaign.Save(t.TempDir(), &f, 1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.File)
	if err != nil || !strings.Contains(string(text), `a\x1b[2J\u009b\u202eb`) {
		t.Errorf("%q, %v", text, err)
	}
}

// A file is written aside: it replaces a symbolic link, and does not follow it.
func TestSaveAside(t *testing.T) {
	dir := t.TempDir()
	f := campaign.Finding{Target: "it", Difference: fuzz.Difference{Fault: fuzz.Crash}, Messages: []fuzz.Message{{Kind: spec.Response}}}
	if err := campaign.Save(dir, &f, 1); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(f.File); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(other, f.File); err != nil {
		t.Skip("symbolic links cannot be made here: ", err)
	}
	if err := campaign.Save(dir, &f, 1); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(other); err != nil || string(text) != "mine" {
		t.Errorf("the file behind the link has %q, %v", text, err)
	}
	files, err := os.ReadDir(dir)
	if info, _ := os.Lstat(f.File); err != nil || len(files) != 2 || !info.Mode().IsRegular() {
		t.Errorf("%v, %v", files, err)
	}
}
