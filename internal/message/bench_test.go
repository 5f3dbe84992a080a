package message

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/internal/capture"
)

// BenchmarkPrinter writes a batch with 128 descriptors in each form.
func BenchmarkPrinter(b *testing.B) {
	full := append(bytes.Clone(batch[:16]), bytes.Repeat(batch[16:], 128)...)
	e := capture.Event{Kind: capture.Request, Body: full, Place: capture.Place{File: "a.pcap", Frame: 7}}
	for form, name := range [...]string{FormTree: "tree", FormLine: "line", FormJSON: "json"} {
		b.Run(name, func(b *testing.B) {
			p := Printer{Form: Form(form)}
			var dst []byte
			b.SetBytes(int64(len(full)))
			b.ReportAllocs()
			for b.Loop() {
				var verdict Verdict
				if dst, verdict = p.Event(dst[:0], &e); verdict != Valid {
					b.Fatal(verdict)
				}
			}
		})
	}
}
