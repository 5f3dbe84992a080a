package main

import (
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/decrypt"
)

// TestKeyLogWithoutTshark: what is to be decrypted and cannot be is an error before
// anything is read.
func TestKeyLogWithoutTshark(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if path, err := decrypt.Find(); err == nil {
		t.Skip("tshark is where every program is looked for: " + path)
	}
	for _, command := range [][]string{{"pcap"}, {"check"}, {"stats"}, {"content", "extract", "--to", t.TempDir()}} {
		var stdout, stderr strings.Builder
		status := run(append(command, "--keylog", "testdata/tls.keys", "testdata/tls.pcap"), strings.NewReader(""), &stdout, &stderr)
		if status != statusFailed || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), "pchc: tshark is needed to decrypt TLS, and not found: install it") {
			t.Errorf("%q: exit status %d, %s%s", command, status, &stdout, &stderr)
		}
	}
}
