package main

import (
	"os"
	"runtime"
	"testing"
)

// TestOutputKeys: files that may hold keys can be read by their owner only, also where an
// older file could be read by others; other files are as they always were.
func TestOutputKeys(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	inContents(t)
	const ci = "v2.65537.64k.ci"
	pchc(t, "", "decode", "--json", "--show-secrets", "--as", "content", ci, "-o", "fields")
	for _, c := range []struct {
		keys bool
		args []string
	}{
		{true, []string{"content", "make", "lcg", "--secret-file", "secret"}},
		{true, []string{"content", "make", "lcg", "--secret-file", "secret", "--format", "hex"}},
		{true, []string{"content", "make", "lcg", "--secret-file", "secret", "--offers"}},
		{true, []string{"content", "make", "lcg", "--secret-file", "secret", "--json", "--show-secrets"}},
		{false, []string{"content", "make", "lcg", "--secret-file", "secret", "--json"}},
		{true, []string{"content", "show", ci, "--show-secrets"}},
		{true, []string{"content", "show", ci, "--raw"}},
		{false, []string{"content", "show", ci}},
		{true, []string{"decode", "--as", "content", ci, "--raw"}},
		{true, []string{"encode", "fields"}},
		{false, []string{"content", "verify", "lcg", "--content-information", ci}},
	} {
		want := os.FileMode(0o644)
		if c.keys {
			want = 0o600
		}
		for _, out := range []string{"new", "old", "link", "dangling"} {
			for _, name := range []string{"new", "old", "target", "link", "dangling", "nothing"} {
				_ = os.Remove(name)
			}
			save(t, "old", nil)
			save(t, "target", nil)
			for _, err := range []error{os.Chmod("old", 0o644), os.Chmod("target", 0o644), os.Symlink("target", "link"), os.Symlink("nothing", "dangling")} {
				if err != nil {
					t.Fatal(err)
				}
			}
			pchc(t, "", append(c.args, "-o", out)...)
			info, err := os.Stat(out)
			if err != nil || info.Size() == 0 || info.Mode().Perm()&0o644 != want || info.Mode().Perm()&0o111 != 0 {
				t.Errorf("%q -o %s: %v, %v", c.args, out, info.Mode(), err)
			}
		}
	}
}
