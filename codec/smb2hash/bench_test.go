package smb2hash_test

import (
	"testing"

	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/internal/testutil"
)

var sink int

func decode(b []byte) {
	if r, err := smb2hash.DecodeReadHashResponse(b, 0); err == nil {
		sink += len(r.Buffer.ContentInformation)
	}
}

func check(b []byte) {
	if _, ok := smb2hash.CheckReadHashResponse(b, 0); ok {
		sink++
	}
}

func BenchmarkDecodeReadHashResponse(b *testing.B) {
	in := marshal(b, whole(b, 1))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		decode(in)
	}
}

func BenchmarkAppendReadHashResponse(b *testing.B) {
	r := whole(b, 1)
	dst := make([]byte, 0, r.EncodedLen())
	b.SetBytes(int64(r.EncodedLen()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.AppendBinary(dst); err != nil {
			b.Fatal(err)
		}
	}
}

// Accepting allocates nothing, rejecting one error, checking neither.
func TestAllocs(t *testing.T) {
	for _, r := range responses(t) {
		in := marshal(t, r)
		dst := make([]byte, 0, len(in))
		testutil.Allocs(t, 0, func() { decode(in) })
		testutil.Allocs(t, 0, func() { check(in) })
		testutil.Allocs(t, 0, func() { _, _ = r.AppendBinary(dst) })
		testutil.Allocs(t, 1, func() { decode(in[:len(in)-1]) })
		testutil.Allocs(t, 0, func() { check(in[:len(in)-1]) })
	}
	request := marshal(t, smb2hash.NewReadHashRequest(1, 0, 9))
	testutil.Allocs(t, 0, func() { _, _ = smb2hash.DecodeReadHashRequest(request) })
	testutil.Allocs(t, 1, func() { _, _ = smb2hash.DecodeReadHashRequest(request[:5]) })
	testutil.Allocs(t, 0, func() { smb2hash.CheckReadHashRequest(request[:5]) })
}
