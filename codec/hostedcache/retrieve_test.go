package hostedcache

import (
	"bytes"
	"errors"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/pccrc"
	"testing"
)

// Of a content range only that is written, and what is missing is told, byte by byte.
func TestRetrieveRange(t *testing.T) {
	b := content(5*65536-77, 8)
	whole1, whole2 := describeV1(t, pccrc.SHA256, b), describeV2(t, 40_000, b)
	w := newWorld(t, &Cache{})
	var peer client.Peer
	peer.Add(whole1, bytes.NewReader(b))
	peer.Add(whole2, bytes.NewReader(b))
	c := w.client(serveHandler(t, &peer))
	for _, info := range []pccrc.ContentInformation{whole1, whole2} {
		if err := c.Offer(t.Context(), info); err != nil {
			t.Fatal(err)
		}
	}
	w.fetched(t, 1+whole2.Len())
	for _, r := range []pccrc.Range{{Start: 0, Length: 1}, {Start: 1, Length: 65536}, {Start: 70_000, Length: 30_000}, {Start: 65536, Length: 65536}, {Start: 5*65536 - 78, Length: 1}, {Start: 39_999, Length: 2}} {
		m := maker
		m.Range, m.SegmentSize = r, 40_000
		v1, err := m.V1(t.Context(), pccrc.SHA256, bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		v2, err := m.V2(t.Context(), bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		want := make([]byte, r.Start+r.Length)
		copy(want[r.Start:], b[r.Start:])
		for _, info := range []pccrc.ContentInformation{v1, v2} {
			var f file
			got, err := c.Retrieve(t.Context(), info, &f)
			if err != nil || got.Bytes != r.Length || len(got.Missing) != 0 || !bytes.Equal(f.b, want) {
				t.Errorf("%v: %+v %v", r, got, err)
			}
		}
		// Nothing is there of another server secret.
		m.ServerSecret = pccrc.NewSecret([]byte("another"))
		other, err := m.V2(t.Context(), bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Retrieve(t.Context(), other, &file{})
		if err != nil || got.Bytes != 0 || len(got.Missing) != 1 || got.Missing[0] != r {
			t.Errorf("%v: %+v %v", r, got, err)
		}
	}
	// Two segments are gone: their bytes are missing, and no others.
	for _, i := range []int{1, 2, 5} {
		if err := w.cache.store().Remove(whole2.AppendHoHoDk(nil, i)); err != nil {
			t.Fatal(err)
		}
	}
	got, err := c.Retrieve(t.Context(), whole2, &file{})
	if want := (pccrc.Range{Start: 40_000, Length: 80_000}); err != nil || len(got.Missing) != 2 || got.Missing[0] != want || got.Missing[1] != (pccrc.Range{Start: 200_000, Length: 40_000}) || got.Bytes != uint64(len(b))-120_000 {
		t.Errorf("%+v %v", got, err)
	}
	// A disk that is full ends it, and the rest is missing.
	got, err = c.Retrieve(t.Context(), whole1, fullDisk{})
	if err != errDiskFull || got.Bytes != 0 || total(got.Missing) != uint64(len(b)) {
		t.Errorf("%+v %v", got, err)
	}
}

type fullDisk struct{}

var errDiskFull = errors.New("full")

func (fullDisk) WriteAt([]byte, int64) (int, error) { return 0, errDiskFull }
