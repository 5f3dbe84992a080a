package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// The benchmarks run whole processes on captures of full batches: BenchmarkPcap
// on 150 MB, to be compared with BenchmarkPeerTshark. They fail where a message
// is missing that can be found.

const captureSize = 150e6

func BenchmarkPcap(b *testing.B) {
	benchPcap(b, capturetest.LoadOptions{Size: captureSize})
}

func BenchmarkPcapSwapped(b *testing.B) {
	benchPcap(b, capturetest.LoadOptions{Size: captureSize, Swap: 0.02})
}

func BenchmarkPcapLost(b *testing.B) {
	benchPcap(b, capturetest.LoadOptions{Size: captureSize, Lose: 42})
}

func BenchmarkPcapJSON(b *testing.B) {
	benchPcap(b, capturetest.LoadOptions{Size: captureSize}, "--json")
}

func benchPcap(b *testing.B, o capturetest.LoadOptions, flags ...string) {
	program := filepath.Join(b.TempDir(), "pchc")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	file, made := generate(b, o)
	b.SetBytes(made.Bytes)
	for b.Loop() {
		cmd := exec.Command(program, append(append([]string{"pcap"}, flags...), file)...)
		out, err := cmd.StdoutPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		found := 0
		for lines := bufio.NewReaderSize(out, 1<<20); ; {
			line, err := lines.ReadSlice('\n')
			if err != nil {
				break
			}
			if bytes.Contains(line[:min(len(line), 100)], []byte("BATCHED_OFFER_MESSAGE")) {
				found++
			}
		}
		if err := cmd.Wait(); err != nil && (o.Lose == 0 || cmd.ProcessState.ExitCode() != statusViolated) {
			b.Fatal(err)
		}
		if found != made.Posts-made.Lost {
			b.Fatalf("%d messages were found of %d", found, made.Posts-made.Lost)
		}
	}
}

func BenchmarkPeerTshark(b *testing.B) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		b.Skip("tshark is not installed")
	}
	file, made := generate(b, capturetest.LoadOptions{Size: captureSize})
	b.SetBytes(made.Bytes)
	for b.Loop() {
		if err := exec.Command(tshark, "-r", file, "-Y", "http").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// generate writes a capture and returns its name.
func generate(b *testing.B, o capturetest.LoadOptions) (string, capturetest.LoadStats) {
	f, err := os.Create(filepath.Join(b.TempDir(), "capture.pcap"))
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	made, err := capturetest.Load(w, o)
	for _, err := range []error{err, w.Flush(), f.Close()} {
		if err != nil {
			b.Fatal(err)
		}
	}
	return f.Name(), made
}
