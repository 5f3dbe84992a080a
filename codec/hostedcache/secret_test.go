package hostedcache

import (
	"bytes"
	"encoding/hex"
	"github.com/hostedcache/pchc/codec/hostedcache/blockstore"
	"os"
	"path/filepath"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

// Nobody sees a key: not who prints a cache or a peer, nor who reads the files of a store.
func TestKeysAreSecret(t *testing.T) {
	b := content(100, 1)
	hash, err := pccrc.SHA256.AppendHash(nil, b)
	if err != nil {
		t.Fatal(err)
	}
	hod, err := pccrc.SHA256.AppendHash(nil, hash)
	if err != nil {
		t.Fatal(err)
	}
	info := pccrc.NewV1(pccrc.SHA256)
	err = info.Append(pccrc.SegmentFieldsV1{CbSegment: 100, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: hod,
		SegmentSecret: pccrc.NewSecret(testutil.Key[:32]), BlockHashes: hash})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, err := blockstore.Open(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	var fetches []Fetch
	w := newWorld(t, &Cache{Store: store, Offered: func(o Offer) { testutil.Redacted(t, o) }})
	l := &liar{change: changeBlock(func(m *pccrr.MsgBlk) { m.Block = nil })}
	l.peer.Add(info, bytes.NewReader(b))
	lying := w.client(serveHandler(t, l))
	if err := lying.Offer(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	fetches = append(fetches, w.wait(t, 1)...)
	good := w.client(serveHandler(t, &l.peer))
	if err := good.Offer(t.Context(), info); err != nil {
		t.Fatal(err)
	}
	fetches = append(fetches, w.wait(t, 1)...)
	w.retrieved(t, info, b, 0)
	w.stop()
	if !w.cache.Complete(info.AppendHoHoDk(nil, 0)) {
		t.Fatal("the cache has not the key")
	}
	testutil.Redacted(t, w.cache)
	testutil.Redacted(t, &l.peer)
	testutil.Redacted(t, good)
	for _, f := range fetches {
		testutil.Redacted(t, f)
	}
	name := filepath.Join(dir, hex.EncodeToString(info.AppendHoHoDk(nil, 0))+".blk")
	file, err := os.ReadFile(name)
	if err != nil || bytes.Contains(file, testutil.Key[:4]) || bytes.Contains(file, b[:8]) {
		t.Errorf("the file has the key or the content: %v", err)
	}
	if i, err := os.Stat(name); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", i.Mode(), err)
	}
}
