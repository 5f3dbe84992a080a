package capture

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

func benchmarkFile(b *testing.B, o capturetest.LoadOptions) ([]byte, capturetest.LoadStats) {
	b.Helper()
	var file bytes.Buffer
	o.Size, o.Seed = 32<<20, 1
	s, err := capturetest.Load(&file, o)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(s.Bytes)
	b.ReportAllocs()
	return file.Bytes(), s
}

// BenchmarkRead reads 32 MB of full batches, ten on a connection, four
// connections at a time.
func BenchmarkRead(b *testing.B) {
	for _, test := range []struct {
		name string
		capturetest.LoadOptions
	}{
		{"clean", capturetest.LoadOptions{}},
		{"swapped", capturetest.LoadOptions{Swap: 0.02}},
		{"lost", capturetest.LoadOptions{Lose: 10}},
		{"pcapng", capturetest.LoadOptions{Format: capturetest.Format{Pcapng: true}}},
		{"small", capturetest.LoadOptions{Descriptors: 1, Posts: 100}},
	} {
		b.Run(test.name, func(b *testing.B) {
			file, s := benchmarkFile(b, test.LoadOptions)
			for b.Loop() {
				sum, err := Read(bytes.NewReader(file), Options{}, func(*Event) error { return nil })
				if err != nil || sum.Requests != s.Posts-s.Lost {
					b.Fatalf("%+v, %v; want %d requests", sum, err, s.Posts-s.Lost)
				}
			}
		})
	}
}
