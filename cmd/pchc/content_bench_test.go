package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hostedcache/pchc/internal/contentfile"
	"github.com/hostedcache/pchc/pccrc"
)

// BenchmarkMakeV2Cut makes Content Information with segments cut by content, to be
// compared with BenchmarkPeerSHA512 of pccrc: the same hashes, and nothing else.
func BenchmarkMakeV2Cut(b *testing.B) {
	content := lcg(64 << 20)
	cut, err := contentfile.NewCut()
	if err != nil {
		b.Fatal(err)
	}
	m := pccrc.Maker{ServerSecret: pccrc.NewSecret(contentSecret), Cut: cut}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.V2(b.Context(), bytes.NewReader(content)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkContentMake runs pchc content make on a file in the page cache, and
// BenchmarkPeerSha256sum sha256sum, which uses one core.
func BenchmarkContentMake(b *testing.B) {
	program := filepath.Join(b.TempDir(), "pchc")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	b.Setenv("PCHC_SECRET", "secret")
	benchFile(b, program, "content", "make", "-o", os.DevNull)
}

func BenchmarkPeerSha256sum(b *testing.B) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		b.Skip("sha256sum is not installed")
	}
	benchFile(b, program)
}

// benchFile runs a program on a file.
func benchFile(b *testing.B, program string, args ...string) {
	content := lcg(512 << 20)
	name := filepath.Join(b.TempDir(), "content")
	if err := os.WriteFile(name, content, 0o666); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		if out, err := exec.Command(program, append(args, name)...).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}
