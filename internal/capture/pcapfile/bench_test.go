package pcapfile

import (
	"bytes"
	"io"
	"testing"

	"github.com/gopacket/gopacket/pcapgo"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

func benchmarkFile(b *testing.B) []byte {
	b.Helper()
	var file bytes.Buffer
	s, err := capturetest.Load(&file, capturetest.LoadOptions{Size: 32 << 20, Seed: 1})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(s.Bytes)
	b.ReportAllocs()
	return file.Bytes()
}

// BenchmarkPcapgo reads the frames of 32 MB, to compare with.
func BenchmarkPcapgo(b *testing.B) {
	file := benchmarkFile(b)
	for b.Loop() {
		r, err := pcapgo.NewReader(bytes.NewReader(file))
		for err == nil {
			_, _, err = r.ZeroCopyReadPacketData()
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}

// BenchmarkFrames does so with our reader.
func BenchmarkFrames(b *testing.B) {
	file := benchmarkFile(b)
	var f Frame
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(file))
		for err == nil {
			err = r.Next(&f)
		}
		if err != io.EOF {
			b.Fatal(err)
		}
	}
}
