package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/pccrc"
)

// TestContentSpool makes Content Information of sizes around that which needs a temporary
// file, and compares it with what is made in memory.
func TestContentSpool(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("secret", contentSecret, 0o666); err != nil {
		t.Fatal(err)
	}
	const inMemory = contentfile.SpoolLimit / 68 // segments
	content := lcg((inMemory + 2) * 64)
	secret, err := pccrc.TruncatedSHA512.ServerSecret(contentSecret)
	if err != nil {
		t.Fatal(err)
	}
	for segments := inMemory - 1; segments <= inMemory+2; segments++ {
		b := content[:segments*64]
		m := pccrc.Maker{ServerSecret: secret, SegmentSize: 64}
		v, err := m.V2(t.Context(), bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want, err := v.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"content", "make", "-", "--version", "2", "--cut", "fixed:64", "--secret-file", "secret"}
		t.Setenv("TMPDIR", t.TempDir())
		if got, status := pchc(t, string(b), append(args, "-o", "-")...); status != statusFine || got != string(want) {
			t.Errorf("%d segments: exit status %d, %d bytes that differ", segments, status, len(got))
		}
		t.Setenv("TMPDIR", "/nowhere")
		var out, stderr bytes.Buffer
		status := run(append(args, "-o", "-"), bytes.NewReader(b), &out, &stderr)
		if segments <= inMemory {
			if status != statusFine || !bytes.Equal(out.Bytes(), want) {
				t.Errorf("%d segments need a temporary file: exit status %d, %s", segments, status, &stderr)
			}
			continue
		}
		text := stderr.String()
		if status != statusFailed || out.Len() > 0 || !strings.HasPrefix(text, "pchc: temporary file /nowhere/pchc-") ||
			!strings.HasSuffix(text, ": no such file or directory; TMPDIR names another folder for it\n") {
			t.Errorf("%d segments, no folder for a temporary file: exit status %d, %d bytes, %s", segments, status, out.Len(), text)
		}
	}
}
