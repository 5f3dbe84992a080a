package client

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// content makes up n bytes.
func content(n int, seed uint64) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

var maker = pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("a server secret"))}

// describeV1 and describeV2 make Content Information.
func describeV1(t *testing.T, algorithm pccrc.HashAlgorithm, b []byte) pccrc.ContentInformation {
	t.Helper()
	v, err := maker.V1(t.Context(), algorithm, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func describeV2(t *testing.T, size int, b []byte) pccrc.ContentInformation {
	t.Helper()
	m := maker
	m.SegmentSize = size
	v, err := m.V2(t.Context(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// file is an io.WriterAt in memory.
type file struct{ b []byte }

func (f *file) WriteAt(b []byte, at int64) (int, error) {
	if n := int(at) + len(b); n > len(f.b) {
		f.b = append(f.b, make([]byte, n-len(f.b))...)
	}
	return copy(f.b[at:], b), nil
}

func total(ranges []pccrc.Range) (n uint64) {
	for _, r := range ranges {
		n += r.Length
	}
	return n
}

func contains(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }

// urls is a transport that notes where requests go, and fails.
type urls struct {
	mu   sync.Mutex
	seen []string
}

var errNowhere = errors.New("nowhere")

func (u *urls) RoundTrip(r *http.Request) (*http.Response, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.seen = append(u.seen, r.Method+" "+r.URL.String()+" "+r.Host)
	return nil, errNowhere
}

func ranges(r ...uint32) (all pccrr.Ranges) {
	for ; len(r) > 0; r = r[2:] {
		all = all.Append(pccrr.Range{Index: r[0], Count: r[1]})
	}
	return all
}
