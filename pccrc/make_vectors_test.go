package pccrc_test

import (
	"bytes"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// TestMakeVectors makes what the generator of Microsoft's test suite made from the
// same contents. Its server secret is the SHA-256 of the key in version 1.0.
func TestMakeVectors(t *testing.T) {
	key := []byte("n\x00o\x00 \x00m\x00o\x00r\x00e\x00 \x00s\x00e\x00c\x00r\x00e\x00t\x00s\x00")
	periodic := make([]byte, 65537)
	for i := range periodic {
		periodic[i] = byte(7*i + 3)
	}
	ctx := t.Context()
	v1 := func(a pccrc.HashAlgorithm, content []byte, openEnded bool) (pccrc.ContentInformation, error) {
		m := pccrc.Maker{ServerSecret: must(pccrc.SHA256.ServerSecret(key)), OpenEnded: openEnded}
		return m.V1(ctx, a, bytes.NewReader(content))
	}
	for id, make := range map[string]func() (pccrc.ContentInformation, error){
		"v1.sha256.65537.read-zero":      func() (pccrc.ContentInformation, error) { return v1(pccrc.SHA256, periodic, true) },
		"v1.sha256.128000.lcg.read-full": func() (pccrc.ContentInformation, error) { return v1(pccrc.SHA256, lcg(128000), false) },
		"v1.sha512.65537.read-full":      func() (pccrc.ContentInformation, error) { return v1(pccrc.SHA512, periodic, false) },
		"v2.65537.64k": func() (pccrc.ContentInformation, error) {
			m := pccrc.Maker{ServerSecret: must(pccrc.TruncatedSHA512.ServerSecret(key))}
			return m.V2(ctx, bytes.NewReader(periodic))
		},
	} {
		found := false
		forEach(t, func(t *testing.T, v corpus.Vector) {
			if v.ID != id {
				return
			}
			found = true
			got := must(make())
			b := must(got.AppendBinary(nil))
			if want := must(pccrc.Decode(v.Bytes)); !bytes.Equal(b, v.Bytes) {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
		if !found {
			t.Errorf("no vector %s", id)
		}
	}
}

// TestMakeMemory makes Content Information of more than 4 GiB: what is live does not
// grow with it, but for the result.
func TestMakeMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("short: it hashes 4 GiB")
	}
	const segments = 129
	const size = segments * pccrc.MaxSegmentSizeV1
	var most uint64
	m := pccrc.Maker{ServerSecret: serverSecret}
	m.Progress = func(n uint64) {
		if n%(256<<20) == 0 {
			var s runtime.MemStats
			runtime.ReadMemStats(&s)
			most = max(most, s.HeapInuse)
		}
	}
	v, err := m.V1(t.Context(), pccrc.SHA256, io.LimitReader(endless{}, size))
	if err != nil || v.Len() != segments || v.Range() != (pccrc.Range{Length: size}) {
		t.Fatalf("%v, %v", v, err)
	}
	if most > 32<<20 {
		t.Errorf("%d MiB of heap in use", most>>20)
	}
}

// identifiers is the body of the benchmark and of the allocation gate.
func identifiers(d *pccrc.Deriver, kp pccrc.Secret, hod, dst []byte) {
	for range 128 {
		dst, _ = d.AppendHoHoDk(dst[:0], kp, hod)
	}
}

func TestDeriverAllocations(t *testing.T) {
	d, kp, hod, dst := pccrc.SHA256.NewDeriver(), secret(0, 32), make([]byte, 32), make([]byte, 0, 32)
	testutil.Allocs(t, 0, func() { identifiers(d, kp, hod, dst) })
}

func BenchmarkHoHoDk128(b *testing.B) {
	d, kp, hod, dst := pccrc.SHA256.NewDeriver(), secret(0, 32), make([]byte, 32), make([]byte, 0, 32)
	b.ReportAllocs()
	for b.Loop() {
		identifiers(d, kp, hod, dst)
	}
}

// The benchmarks of making hash 64 MiB in memory. The peers hash the same blocks on all
// cores, and do nothing else.

func BenchmarkPeerSHA256(b *testing.B) { benchHashes(b, pccrc.SHA256) }
func BenchmarkPeerSHA512(b *testing.B) { benchHashes(b, pccrc.SHA512) }

func BenchmarkMakeV1(b *testing.B) {
	benchMake(b, func(content []byte) error { return madeV1(b, bytes.NewReader(content)) })
}

func BenchmarkMakeV1Reader(b *testing.B) {
	benchMake(b, func(content []byte) error { return madeV1(b, bytes.NewBuffer(content)) })
}

func BenchmarkMakeV2(b *testing.B) {
	benchMake(b, func(content []byte) error { return madeV2(b, bytes.NewReader(content)) })
}

func BenchmarkMakeV2Reader(b *testing.B) {
	benchMake(b, func(content []byte) error { return madeV2(b, bytes.NewBuffer(content)) })
}

func madeV1(b *testing.B, r io.Reader) error {
	m := pccrc.Maker{ServerSecret: serverSecret}
	_, err := m.V1(b.Context(), pccrc.SHA256, r)
	return err
}

func madeV2(b *testing.B, r io.Reader) error {
	m := pccrc.Maker{ServerSecret: serverSecret}
	_, err := m.V2(b.Context(), r)
	return err
}

func benchMake(b *testing.B, f func(content []byte) error) {
	content := lcg(64 << 20)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		if err := f(content); err != nil {
			b.Fatal(err)
		}
	}
}

func benchHashes(b *testing.B, a pccrc.HashAlgorithm) {
	benchMake(b, func(content []byte) error {
		var all sync.WaitGroup
		n := runtime.GOMAXPROCS(0)
		for i := range n {
			all.Go(func() {
				h, sum := a.New(), []byte(nil)
				for at := i * 65536; at < len(content); at += n * 65536 {
					h.Reset()
					h.Write(content[at : at+65536])
					sum = h.Sum(sum[:0])
				}
			})
		}
		all.Wait()
		return nil
	})
}
