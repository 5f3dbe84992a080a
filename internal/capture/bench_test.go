package capture

import (
	"bytes"
	"fmt"
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

// BenchmarkReadOrdinary reads HTTP that is none of ours.
func BenchmarkReadOrdinary(b *testing.B) {
	var trace capturetest.Trace
	body := bytes.Repeat([]byte("x"), 1000)
	for i := range 200 {
		conn := trace.Conn(i).Open()
		for j := range 20 {
			conn.Send(capturetest.Message(fmt.Sprint("GET /", j, " HTTP/1.1"), nil, "Host: example.org", "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0)", "Accept: text/html,application/xhtml+xml", "Accept-Language: en-US,en;q=0.5", "Accept-Encoding: gzip, deflate, br, zstd", "Connection: keep-alive", "X-Requested-With: XMLHttpRequest"))
			conn.Reply(capturetest.Answer(200, body, "Date: x", "Server: nginx", "Content-Type: text/html", "ETag: \"abc\"", "Last-Modified: Fri, 01 Aug 2008 01:02:03 GMT", "Content-Encoding: gzip", "X-Frame-Options: DENY", "Expires: 0"))
		}
	}
	file := trace.Encode(capturetest.Format{})
	b.SetBytes(int64(len(file)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(bytes.NewReader(file), Options{}, func(*Event) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
