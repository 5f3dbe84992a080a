package conversation

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"io"
	"runtime"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// retrieved is a capture of blocks of 64 KiB, and the MSG_BLKs in it.
func retrieved(tb testing.TB, size int) (file []byte, blocks [][]byte) {
	tb.Helper()
	var b bytes.Buffer
	if _, err := capturetest.Retrieve(&b, capturetest.RetrieveOptions{Contents: 1, Clients: 1, Size: size, Key: 16}); err != nil {
		tb.Fatal(err)
	}
	_, err := capture.Read(bytes.NewReader(b.Bytes()), capture.Options{Retrieval: true}, func(e *capture.Event) error {
		if e.Kind == capture.Response && len(e.Body) > 1000 {
			blocks = append(blocks, bytes.Clone(e.Body))
		}
		return nil
	})
	if err != nil || len(blocks) == 0 {
		tb.Fatalf("%d blocks, %v", len(blocks), err)
	}
	return b.Bytes(), blocks
}

// pipe hides all but Read.
type pipe struct{ io.Reader }

// BenchmarkRead reads a capture of retrieval as from a pipe, all blocks decrypted and
// verified. BenchmarkRead/crypto decrypts and hashes the same blocks alone, on all
// processors: the ratio of the two is what following conversations leaves of that.
func BenchmarkRead(b *testing.B) {
	file, blocks := retrieved(b, 32<<20)
	b.Run("capture", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		b.ReportAllocs()
		for b.Loop() {
			verified := 0
			_, err := Read(pipe{bytes.NewReader(file)}, Options{Capture: capture.Options{ByFrame: true}}, func(it *Item) error {
				if x := it.Exchange; x != nil && x.Retrieval != nil && x.Retrieval.Block != nil && x.Retrieval.Block.Verified {
					verified++
				}
				return nil
			})
			if err != nil || verified != len(blocks) {
				b.Fatalf("%d of %d blocks, %v", verified, len(blocks), err)
			}
		}
	})
	b.Run("crypto", func(b *testing.B) {
		b.SetBytes(int64(len(file)))
		for b.Loop() {
			decryptAll(b, blocks)
		}
	})
}

// decryptAll decrypts blocks and hashes them, on all processors.
func decryptAll(tb testing.TB, blocks [][]byte) {
	var wait sync.WaitGroup
	n := runtime.GOMAXPROCS(0)
	for first := range n {
		wait.Go(func() {
			var buf []byte
			key, err := aes.NewCipher(make([]byte, 16))
			if err != nil {
				tb.Error(err)
			}
			for i := first; i < len(blocks); i += n {
				m, err := pccrr.DecodeMsgBlk(blocks[i])
				if err != nil {
					tb.Error(err)
				}
				buf = append(buf[:0], m.Block...)
				cipher.NewCBCDecrypter(key, m.IVBlock).CryptBlocks(buf, buf)
				sha256.Sum256(buf)
			}
		})
	}
	wait.Wait()
}

// TestMemory reads a capture far larger than what may be held, as from a pipe.
func TestMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long: not under -short")
	}
	file, blocks := retrieved(t, 32<<20)
	var worst uint64
	n := 0
	look := func() {
		if n++; n%64 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			worst = max(worst, m.HeapAlloc)
		}
	}
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := Read(pipe{bytes.NewReader(file)}, Options{Plain: true}, func(*Item) error { look(); return nil })
	if err != nil || n < 2*len(blocks) {
		t.Fatalf("%d items, %v", n, err)
	}
	if held := int64(worst) - int64(before.HeapAlloc); held > 24<<20 {
		t.Errorf("%d MB are held while a capture of %d MB is read", held>>20, len(file)>>20)
	}
	runtime.KeepAlive(file)
	runtime.KeepAlive(blocks)
}
