package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestControlCharacters has what a terminal acts upon in names and in quoted input:
// none may come out again, in an output or an error, nor may long input.
func TestControlCharacters(t *testing.T) {
	const evil = "a\x1b[31m\u009b2J\u202e\x07b"
	offers, err := os.ReadFile("testdata/offers.pcap")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	capture := filepath.Join(dir, evil+".pcap")
	damaged := filepath.Join(dir, evil+"-cut.pcap")
	text := filepath.Join(dir, evil+".txt")
	for name, b := range map[string][]byte{capture: offers, damaged: offers[:len(offers)-7], text: []byte(evil)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Skipf("this file system has no such names: %v", err)
		}
	}
	object := func(members string) string { return `{"message":"RESPONSE_MESSAGE","fields":{` + members + `}}` }
	for _, c := range []struct {
		stdin string
		args  []string
	}{
		{"", []string{evil}},
		{"", []string{"corpus", evil}},
		{"", []string{"decode", evil}},
		{"", []string{"decode", "--as", evil, "00"}},
		{"", []string{"pcap", "--" + evil}},
		{"", []string{"pcap", "--color", evil}},
		{"", []string{"pcap", evil}},
		{"", []string{"pcap", capture}},
		{"", []string{"pcap", "-v", damaged}},
		{"", []string{"pcap", "--json", damaged}},
		{"", []string{"pcap", text}},
		{"", []string{"pcap", "-o", filepath.Join(dir, evil, evil), capture}},
		{"", []string{"check", damaged}},
		{"", []string{"check", "--json", damaged}},
		{"", []string{"check", "--junit", "-", damaged}},
		{"", []string{"check", "--sarif", "-", damaged}},
		{"", []string{"check", "--fail-on", evil, capture}},
		{"", []string{"corpus", "list", evil}},
		{"", []string{"corpus", "list", "--json", capture}},
		{"", []string{"corpus", "show", evil}},
		{"", []string{"fuzz", "replay", evil}},
		{"", []string{"fuzz", "replay", text}},
		{"", []string{"fuzz", "replay", "--json", text}},
		{"", []string{"spec", "layout", evil}},
		{evil, []string{"decode"}},
		{evil, []string{"pcap"}},
		{evil, []string{"encode", "--hex"}},
		{"request 00" + evil, []string{"decode"}},
		{`{"message":"` + strings.ReplaceAll(evil, "\x1b", `\u001b`) + `"}`, []string{"encode", "--hex"}},
		{`{"message":"A\u001b[31m\u009b\u202e\u0007","fields":{}}`, []string{"encode", "--hex"}},
		{object(`"\u001b[31m\u009b\u202e\u0007":1`), []string{"encode", "--hex"}},
		{object(`"` + strings.Repeat("long", 1<<16) + `":1`), []string{"encode", "--hex"}},
		{object(`"ResponseCode":` + strings.Repeat("9", 1<<16)), []string{"encode", "--hex"}},
		{strings.Repeat("zz ", 1<<16), []string{"decode"}},
	} {
		var stdout, stderr bytes.Buffer
		run(c.args, strings.NewReader(c.stdin), &stdout, &stderr)
		for name, b := range map[string][]byte{"output": stdout.Bytes(), "errors": stderr.Bytes()} {
			for _, r := range string(b) {
				if r != '\n' && !strconv.IsPrint(r) {
					t.Errorf("%q: %q in the %s:\n%q", c.args, r, name, clip(string(b)))
					break
				}
			}
		}
		if stderr.Len() > 3000 {
			t.Errorf("%q: %d bytes of errors: %q", c.args, stderr.Len(), clip(stderr.String()))
		}
		if stdout.Len()+stderr.Len() == 0 {
			t.Errorf("%q: no output", c.args)
		}
	}
}
