package hostedcache

import (
	"bytes"
	"fmt"
	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"testing"

	"github.com/hostedcache/pchc/pccrc"
)

// The whole story, with all hash algorithms: client A offers a content and serves it, the
// cache fetches it, client B retrieves it from the cache, also when A is gone.
func TestStory(t *testing.T) {
	for _, c := range []struct {
		name   string
		size   int
		info   func(t *testing.T, b []byte) pccrc.ContentInformation
		blocks int
		batch  bool // offered by version 2.0
	}{
		{"1.0 SHA-256", 300_001, v1(pccrc.SHA256), 5, false},
		{"1.0 SHA-384", 3 * 65536, v1(pccrc.SHA384), 3, false},
		{"1.0 SHA-512", 1, v1(pccrc.SHA512), 1, false},
		{"1.0 of two segments", pccrc.MaxSegmentSizeV1 + 100, v1(pccrc.SHA256), 513, false},
		{"1.0 offered by 2.0", 300_001, v1(pccrc.SHA256), 5, true},
		{"2.0", 1_000_000, v2(65536), 16, true},
		{"2.0 of two batches", 150_000, v2(1000), 150, true},
		{"2.0 of the longest segments", 2*131072 + 16, v2(131072), 3, true},
	} {
		for _, disk := range []bool{false, true} {
			if c.blocks > 500 && (disk || testing.Short()) {
				t.Logf("%s, disk %t: left out, since it takes long", c.name, disk)
				continue
			}
			t.Run(fmt.Sprintf("%s, disk %t", c.name, disk), func(t *testing.T) {
				cache := &Cache{}
				if disk {
					var err error
					if cache.Store, err = blockstore.Open(t.TempDir(), 0); err != nil {
						t.Fatal(err)
					}
				}
				w := newWorld(t, cache)
				b := content(c.size, 1)
				info := c.info(t, b)
				w.retrieved(t, info, b, len(b)) // nothing is there

				var peer client.Peer
				peer.Add(info, bytes.NewReader(b))
				a := w.client(serveHandler(t, &peer))
				if c.batch {
					a.HTTPS = ""
				}
				if err := a.Offer(t.Context(), info); err != nil {
					t.Fatal(err)
				}
				w.fetched(t, info.Len())
				if n, bytes := cache.store().Usage(); n != info.Len() || bytes < int64(c.size) {
					t.Errorf("the store has %d segments, %d bytes", n, bytes)
				}
				peer.Remove(info)
				w.retrieved(t, info, b, 0)
				if got := w.transport.count("MSG_BLK"); got < 2*c.blocks {
					t.Errorf("%d blocks have passed, of %d twice", got, c.blocks)
				}
				// Offered again, nothing is fetched.
				if err := a.Offer(t.Context(), info); err != nil {
					t.Fatal(err)
				}
				if len(w.fetches) > 0 {
					t.Errorf("again: %+v", <-w.fetches)
				}
			})
		}
	}
}

func v1(a pccrc.HashAlgorithm) func(*testing.T, []byte) pccrc.ContentInformation {
	return func(t *testing.T, b []byte) pccrc.ContentInformation { return describeV1(t, a, b) }
}

func v2(size int) func(*testing.T, []byte) pccrc.ContentInformation {
	return func(t *testing.T, b []byte) pccrc.ContentInformation { return describeV2(t, size, b) }
}
