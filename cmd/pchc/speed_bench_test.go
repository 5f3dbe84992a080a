package main

import (
	"bufio"
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// BenchmarkStatsCapture and BenchmarkCheckCapture read the capture of BenchmarkPcap. All of them are to
// be compared with BenchmarkPeerSha256Capture.
func BenchmarkStatsCapture(b *testing.B) { benchSummary(b, "stats", "17260") }

func BenchmarkCheckCapture(b *testing.B) { benchSummary(b, "check", "no violations in 17260 requests") }

// BenchmarkPcapDropped lists nothing of the capture, to be compared with BenchmarkPcap: what
// is dropped costs no more than what is shown.
func BenchmarkPcapDropped(b *testing.B) {
	benchSummary(b, "pcap", "17260", "--type", "RESPONSE", "--client", "192.0.2.1")
}

// benchSummary runs a command with flags on the capture. want is in what it writes.
func benchSummary(b *testing.B, command, want string, flags ...string) {
	program := build(b)
	file, made := generate(b, capturetest.LoadOptions{Size: captureSize})
	b.SetBytes(made.Bytes)
	for b.Loop() {
		if out, err := exec.Command(program, append(append([]string{command}, flags...), file)...).CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			b.Fatalf("%v: %.1000s", err, out)
		}
	}
}

// build builds the command.
func build(b *testing.B) string {
	program := filepath.Join(b.TempDir(), "pchc")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return program
}

// BenchmarkPeerSha256Capture hashes the capture of BenchmarkPcap, on one core.
func BenchmarkPeerSha256Capture(b *testing.B) {
	program, err := exec.LookPath("sha256sum")
	if err != nil {
		b.Skip("sha256sum is not installed")
	}
	file, made := generate(b, capturetest.LoadOptions{Size: captureSize})
	b.SetBytes(made.Bytes)
	for b.Loop() {
		if out, err := exec.Command(program, file).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}

// BenchmarkDecodeOne decodes one message, to be compared with BenchmarkPeerStart, which
// starts a program that does nothing.
func BenchmarkDecodeOne(b *testing.B) {
	program := build(b)
	for b.Loop() {
		if out, err := exec.Command(program, "decode", "0000000100").CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
	}
}

// BenchmarkPeerStart starts a Go program that does nothing.
func BenchmarkPeerStart(b *testing.B) {
	dir := b.TempDir()
	source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "nothing")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o666); err != nil {
		b.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for b.Loop() {
		if err := exec.Command(program).Run(); err != nil {
			b.Fatal(err)
		}
	}
}

const retrievalSize = 1e9

// BenchmarkRetrieval lists a capture of retrieval from a pipe that cat writes to, all blocks
// decrypted and verified, to be compared with BenchmarkPeerCrypto. What cat takes counts.
func BenchmarkRetrieval(b *testing.B) {
	program := build(b)
	file := filepath.Join(b.TempDir(), "retrieval.pcap")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	blocks, err := capturetest.LoadRetrieval(w, capturetest.LoadOptions{Size: retrievalSize})
	for _, err := range []error{err, w.Flush(), f.Close()} {
		if err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(blocks) << 16)
	for b.Loop() {
		cat, cmd := exec.Command("cat", file), exec.Command(program, "pcap")
		in, err := cat.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		cmd.Stdin = in
		if err := cat.Start(); err != nil {
			b.Fatal(err)
		}
		out, err := cmd.Output()
		if n := bytes.Count(out, []byte(", verified, ")); err != nil || n != blocks {
			b.Fatalf("%d of %d blocks are verified, %v", n, blocks, err)
		}
		if err := cat.Wait(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPeerCrypto decrypts and hashes as many blocks of 64 KiB as the capture of
// BenchmarkRetrieval has, about, on all cores and in memory, and does nothing else.
func BenchmarkPeerCrypto(b *testing.B) {
	const size, blocks = 64 << 10, int(retrievalSize) / (64 << 10)
	encrypted := make([]byte, 128*(size+aes.BlockSize)) // as much as a content of the capture
	b.SetBytes(int64(blocks) << 16)
	for b.Loop() {
		var next atomic.Int64
		var wait sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wait.Go(func() {
				key, err := aes.NewCipher(make([]byte, 16))
				if err != nil {
					b.Error(err)
				}
				plain := make([]byte, size+aes.BlockSize)
				for i := next.Add(1) - 1; i < int64(blocks); i = next.Add(1) - 1 {
					at := int(i) % 128 * len(plain)
					cipher.NewCBCDecrypter(key, plain[:aes.BlockSize]).CryptBlocks(plain, encrypted[at:at+len(plain)])
					sha256.Sum256(plain[:size])
				}
			})
		}
		wait.Wait()
	}
}
