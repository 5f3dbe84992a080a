package client

import (
	"bytes"
	"io"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// held is the body of a request that comes when it is let go.
type held struct {
	io.Reader
	begun chan<- struct{}
	let   <-chan struct{}
}

func (h held) Read(b []byte) (int, error) {
	h.begun <- struct{}{}
	<-h.let
	return h.Reader.Read(b)
}

// Who is busy says that there is nothing.
func TestBusy(t *testing.T) {
	b := content(100, 1)
	info := describeV2(t, 65536, b)
	var peer Peer
	peer.Add(info, bytes.NewReader(b))
	get, err := pccrr.NewMsgGetBlks(info.AppendHoHoDk(nil, 0), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(body io.Reader, want bool) {
		w := httptest.NewRecorder()
		peer.ServeHTTP(w, httptest.NewRequest("POST", pccrr.Path, body))
		m, err := pccrr.DecodeMsgBlk(w.Body.Bytes())
		if err != nil || len(m.Block) > 0 != want || !bytes.Equal(m.SegmentId, info.AppendHoHoDk(nil, 0)) {
			t.Errorf("%v %v, want a block: %t", m, err, want)
		}
	}
	begun, let := make(chan struct{}, 999), make(chan struct{})
	var all sync.WaitGroup
	for i := range 64 {
		if i == 63 {
			ask(bytes.NewReader(get), true) // the last one for whom there is time
		}
		all.Go(func() { ask(held{bytes.NewReader(get), begun, let}, true) })
		<-begun
	}
	ask(bytes.NewReader(get), false)
	close(let)
	all.Wait()
	ask(bytes.NewReader(get), true)
}

// A peer encrypts each block anew, as it is asked to or with AES-128, and hands out only
// what has its hash.
func TestPeer(t *testing.T) {
	b := content(3*65536-100, 5)
	info := describeV1(t, pccrc.SHA256, b)
	changed := bytes.Clone(b)
	var peer Peer
	peer.Add(info, bytes.NewReader(changed))
	id := info.AppendHoHoDk(nil, 0)
	ivs := map[string]bool{}
	for wish, want := range []pccrr.CryptoAlgoId{1, 1, 2, 3} {
		for _, s := range info.Segments() {
			for i := range uint32(3) {
				block, _ := pccrr.InfoOf(s, i)
				m := peer.Block(id, i, pccrr.CryptoAlgoId(wish))
				plain, err := m.AppendVerified(nil, block)
				if err != nil || m.CryptoAlgoId != want || !bytes.Equal(plain, b[i*65536:min(len(b), int(i+1)*65536)]) || m.CheckBlockLength(len(plain)) != nil {
					t.Errorf("block %d: %v %v", i, m, err)
				}
				if len(m.IVBlock) != 16 || bytes.Equal(m.IVBlock, make([]byte, 16)) || ivs[string(m.IVBlock)] {
					t.Errorf("IVBlock %x", m.IVBlock)
				}
				ivs[string(m.IVBlock)] = true
			}
		}
	}
	changed[65536]++ // of the second block
	for i, want := range []bool{true, false, true, false} {
		if m := peer.Block(id, uint32(i), 1); len(m.Block) > 0 != want {
			t.Errorf("block %d: %v", i, m)
		}
	}
	peer.Remove(info)
	if has, _ := peer.Find(id); has.Len() != 0 || len(peer.Block(id, 0, 1).Block) > 0 {
		t.Error("it is still there")
	}
	peer.Add(info, bytes.NewReader(b[:70000])) // cut short
	for i, want := range []bool{true, false, false} {
		if m := peer.Block(id, uint32(i), 1); len(m.Block) > 0 != want {
			t.Errorf("block %d of a shorter content: %v", i, m)
		}
	}
}
