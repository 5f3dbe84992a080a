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

// BenchmarkMake compares making with the same hashes on all cores, and nothing else.
func BenchmarkMake(b *testing.B) {
	content := lcg(64 << 20)
	run := func(name string, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	hashes := func(a pccrc.HashAlgorithm) func() error {
		return func() error {
			var all sync.WaitGroup
			n := runtime.GOMAXPROCS(0)
			for i := range n {
				all.Go(func() {
					h := a.New()
					for at := i * 65536; at < len(content); at += n * 65536 {
						h.Reset()
						h.Write(content[at : at+65536])
					}
				})
			}
			all.Wait()
			return nil
		}
	}
	m := &pccrc.Maker{ServerSecret: serverSecret}
	cut := &pccrc.Maker{ServerSecret: serverSecret, Cut: func(b []byte) int { return min(len(b), 65536) }}
	run("V1/SHA-256", hashes(pccrc.SHA256))
	run("V1/reader at", func() error { _, err := m.V1(b.Context(), pccrc.SHA256, bytes.NewReader(content)); return err })
	run("V1/reader", func() error { _, err := m.V1(b.Context(), pccrc.SHA256, bytes.NewBuffer(content)); return err })
	run("V2/SHA-512", hashes(pccrc.SHA512))
	run("V2/reader at", func() error { _, err := m.V2(b.Context(), bytes.NewReader(content)); return err })
	run("V2/reader", func() error { _, err := m.V2(b.Context(), bytes.NewBuffer(content)); return err })
	run("V2/cut", func() error { _, err := cut.V2(b.Context(), bytes.NewReader(content)); return err })
}
