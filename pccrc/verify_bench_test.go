package pccrc_test

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/pccrc"
)

// The benchmarks of verifying hash 64 MiB in memory, as BenchmarkPeerSHA256 and
// BenchmarkPeerSHA512 do.

func BenchmarkVerifyV1(b *testing.B) {
	benchVerify(b, func(content []byte) (pccrc.ContentInformation, error) {
		m := pccrc.Maker{ServerSecret: serverSecret}
		return m.V1(b.Context(), pccrc.SHA256, bytes.NewReader(content))
	})
}

func BenchmarkVerifyV2(b *testing.B) {
	benchVerify(b, func(content []byte) (pccrc.ContentInformation, error) {
		m := pccrc.Maker{ServerSecret: serverSecret}
		return m.V2(b.Context(), bytes.NewReader(content))
	})
}

func benchVerify(b *testing.B, f func(content []byte) (pccrc.ContentInformation, error)) {
	content := lcg(64 << 20)
	info, err := f(content)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if r, err := new(pccrc.Verifier).Verify(b.Context(), info, bytes.NewReader(content), 0, nil); err != nil || r.Matched != uint64(len(content)) {
			b.Fatal(r, err)
		}
	}
}
