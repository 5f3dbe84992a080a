package hostedcache

import (
	"bytes"
	"errors"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// liar is a peer whose answers are changed. w is what the answer goes to.
type liar struct {
	peer   client.Peer
	change func(w http.ResponseWriter, request pccrr.Body, answer []byte) []byte
}

func (l *liar) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	request, err := pccrr.DecodeRequestMessage(b)
	if err != nil {
		return
	}
	body, err := request.DecodeBody()
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(b))
	right := httptest.NewRecorder()
	l.peer.ServeHTTP(right, r)
	if answer := l.change(w, body, right.Body.Bytes()); answer != nil {
		_, _ = w.Write(answer)
	}
}

// changeBlock returns a change of each MSG_BLK.
func changeBlock(f func(m *pccrr.MsgBlk)) func(http.ResponseWriter, pccrr.Body, []byte) []byte {
	return func(_ http.ResponseWriter, _ pccrr.Body, answer []byte) []byte {
		m, err := pccrr.DecodeMsgBlk(answer)
		if err != nil {
			return answer
		}
		m = m.Clone()
		f(&m)
		if answer, err = m.AppendLenient(nil); err != nil {
			panic(err)
		}
		return answer
	}
}

// TestLiars: whatever a client sends, only what can be right is kept, and the cache gets
// over it. Version 1.0 knows the hash of each block; version 2.0 only its length, so that
// there the client that retrieves finds out.
func TestLiars(t *testing.T) {
	b := content(6*65536-9, 3)
	secret := func(m *pccrr.MsgBlk, info pccrc.ContentInformation) pccrc.Secret {
		for _, s := range info.Segments() {
			if bytes.Equal(s.AppendHoHoDk(nil), m.SegmentId) {
				return s.SegmentSecret()
			}
		}
		panic("no such segment")
	}
	var info pccrc.ContentInformation // of the case at hand
	recrypt := func(a pccrr.CryptoAlgoId) func(m *pccrr.MsgBlk) {
		return func(m *pccrr.MsgBlk) {
			plain, err := m.AppendPlain(nil, secret(m, info), -1)
			if err == nil {
				err = m.Encrypt(nil, plain, a, secret(m, info))
			}
			if err != nil {
				panic(err)
			}
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirection was followed") }))
	defer other.Close()
	refuse := func(status int) func(http.ResponseWriter, pccrr.Body, []byte) []byte {
		return func(w http.ResponseWriter, _ pccrr.Body, _ []byte) []byte {
			w.Header().Set("Location", other.URL)
			w.WriteHeader(status)
			return nil
		}
	}
	const all, none = 6, 0
	gone := errors.New("gone") // any error that is about the client
	for _, c := range []struct {
		name   string
		change func(w http.ResponseWriter, request pccrr.Body, answer []byte) []byte
		err1   error // of version 1.0
		kept1  int   // blocks
		err2   error
		kept2  int
		wrong2 bool // and the client that retrieves finds out
	}{
		{"nothing", changeBlock(func(*pccrr.MsgBlk) {}), nil, all, nil, all, false},
		{"another block", changeBlock(func(m *pccrr.MsgBlk) { m.Block[0] ^= 1 }), ErrBlock, none, nil, all, true},
		{"the last byte", changeBlock(func(m *pccrr.MsgBlk) { m.IVBlock[15] ^= 1 }), ErrBlock, none, nil, all, true},
		{"shorter", changeBlock(func(m *pccrr.MsgBlk) { m.Block = m.Block[16:] }), ErrBlock, none, ErrBlock, none, false},
		{"longer", changeBlock(func(m *pccrr.MsgBlk) { m.Block = append(m.Block, m.IVBlock...) }), nil, all, ErrBlock, none, false},
		{"without padding", changeBlock(func(m *pccrr.MsgBlk) { m.Block = m.Block[:len(m.Block)-16] }), ErrBlock, 5, ErrBlock, none, false},
		{"another index", changeBlock(func(m *pccrr.MsgBlk) { m.BlockIndex++ }), gone, none, gone, none, false},
		{"another segment", changeBlock(func(m *pccrr.MsgBlk) { m.SegmentId[0] ^= 1 }), gone, none, gone, none, false},
		{"no blocks", changeBlock(func(m *pccrr.MsgBlk) { m.Block, m.BlockIndex = nil, 0 }), pccrr.ErrNoBlock, none, pccrr.ErrNoBlock, none, false},
		{"AES-192", changeBlock(recrypt(pccrr.CryptoAES192)), nil, all, nil, all, false},
		{"not encrypted", changeBlock(recrypt(pccrr.CryptoNone)), nil, all, nil, all, false},
		{"the whole secret as a key of AES-128", changeBlock(func(m *pccrr.MsgBlk) {
			recrypt(pccrr.CryptoAES256)(m)
			m.CryptoAlgoId = pccrr.CryptoAES128
		}), nil, all, nil, all, true},
		{"with VrfBlock and NextBlockIndex", changeBlock(func(m *pccrr.MsgBlk) { m.VrfBlock, m.NextBlockIndex, m.ProtVer = []byte("abc"), 99, pccrr.Version2 }), nil, all, nil, all, false},
		{"malformed", func(_ http.ResponseWriter, _ pccrr.Body, answer []byte) []byte { return answer[:len(answer)-1] }, gone, none, gone, none, false},
		{"an answer to something else", func(http.ResponseWriter, pccrr.Body, []byte) []byte {
			b, _ := pccrr.NewMsgNegoResp(exchange.Versions).MarshalBinary()
			return b
		}, gone, none, gone, none, false},
		{"a list of what nobody asked for", func(_ http.ResponseWriter, request pccrr.Body, answer []byte) []byte {
			if m, ok := request.(pccrr.MsgGetBlkList); ok {
				answer, _ = pccrr.NewMsgBlkList(m.SegmentID, pccrr.NewRanges(pccrr.Range{Index: 5, Count: 1<<32 - 1}, pccrr.Range{Index: 1 << 31, Count: 1 << 31})).AppendLenient(nil)
			}
			return answer
		}, nil, 1, nil, all, false},
		{"a list of another segment", func(_ http.ResponseWriter, request pccrr.Body, answer []byte) []byte {
			if _, ok := request.(pccrr.MsgGetBlkList); ok {
				answer, _ = pccrr.NewMsgBlkList(make([]byte, 32), pccrr.NewRanges(pccrr.Range{Count: 6})).AppendLenient(nil)
			}
			return answer
		}, gone, none, nil, all, false},
		{"a list without NextBlockIndex", func(_ http.ResponseWriter, request pccrr.Body, answer []byte) []byte {
			if _, ok := request.(pccrr.MsgGetBlkList); ok {
				answer = answer[:len(answer)-4]
				answer[3], answer[15] = answer[3]-4, answer[15]-4
			}
			return answer
		}, nil, all, nil, all, false},
		{"an empty list", func(_ http.ResponseWriter, request pccrr.Body, answer []byte) []byte {
			if m, ok := request.(pccrr.MsgGetBlkList); ok {
				answer, _ = pccrr.NewMsgBlkList(m.SegmentID, pccrr.Ranges{}).AppendLenient(nil)
			}
			return answer
		}, nil, none, nil, all, false},
		{"no answer", func(w http.ResponseWriter, _ pccrr.Body, _ []byte) []byte {
			<-w.(interface{ closed() <-chan struct{} }).closed()
			return nil
		}, gone, none, gone, none, false},
		{"byte by byte", func(w http.ResponseWriter, _ pccrr.Body, answer []byte) []byte {
			for {
				select {
				case <-w.(interface{ closed() <-chan struct{} }).closed():
					return nil
				case <-time.After(time.Millisecond):
				}
				_, _ = w.Write(answer[:1])
				_ = http.NewResponseController(w).Flush()
			}
		}, gone, none, gone, none, false},
		{"without end", func(w http.ResponseWriter, _ pccrr.Body, _ []byte) []byte {
			for b, err := make([]byte, 1<<16), error(nil); err == nil; {
				_, err = w.Write(b)
			}
			return nil
		}, gone, none, gone, none, false},
		{"the connection ends", func(http.ResponseWriter, pccrr.Body, []byte) []byte { panic(http.ErrAbortHandler) }, gone, none, gone, none, false},
		{"302", refuse(302), gone, none, gone, none, false},
		{"307", refuse(307), gone, none, gone, none, false},
		{"404", refuse(404), gone, none, gone, none, false},
		{"206", refuse(206), gone, none, gone, none, false},
	} {
		for _, version := range []int{1, 2} {
			t.Run(c.name+" "+itoa(uint16(version)), func(t *testing.T) {
				transport := NewTransport() // lies are not checked
				defer transport.CloseIdleConnections()
				cache := &Cache{Transport: transport}
				if c.name == "no answer" || c.name == "byte by byte" {
					cache.Timeout = 50 * time.Millisecond
				}
				w := newWorld(t, cache)
				info = describeV1(t, pccrc.SHA256, b)
				wantErr, kept, wrong := c.err1, c.kept1, false
				if version == 2 {
					info = describeV2(t, 65536, b)
					wantErr, kept, wrong = c.err2, c.kept2, c.wrong2
				}
				l := &liar{change: c.change}
				l.peer.Add(info, bytes.NewReader(b))
				port := serveHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					l.ServeHTTP(closing{w, r.Context().Done()}, r)
				}))
				if err := w.client(port).Offer(t.Context(), info); err != nil {
					t.Fatal(err)
				}
				var last Fetch
				fetched := 0
				for done := 0; done < info.Len(); done++ {
					last = w.wait(t, 1)[0]
					fetched += last.Fetched
					if wantErr == nil != (last.Err == nil) || wantErr != gone && !errors.Is(last.Err, wantErr) {
						t.Errorf("%+v, want %v", last, wantErr)
					}
					if isGone(last.Err) != (wantErr == gone) {
						t.Errorf("%v is about the client: %t", last.Err, isGone(last.Err))
					}
					done += last.Dropped
				}
				if fetched != kept && wantErr != ErrBlock { // which one came first is open
					t.Errorf("%d blocks are fetched, want %d", fetched, kept)
				}
				for i := range uint32(all) { // whoever has the key encrypts
					m := w.cache.store().Block(info.AppendHoHoDk(nil, 0), i, 0)
					if version == 1 && len(m.Block) > 0 && m.CryptoAlgoId == pccrr.CryptoNone {
						t.Errorf("block %d is kept without encryption", i)
					}
				}
				var f file
				r, err := w.client(0).Retrieve(t.Context(), info, &f)
				if err != nil || (r.Wrong > 0) != wrong || total(r.Missing)+r.Bytes != uint64(len(b)) || kept == all && !wrong && !bytes.Equal(f.b, b) || kept == none && r.Bytes > 0 {
					t.Errorf("%+v %v", r, err)
				}
				for _, p := range r.Missing { // nothing wrong is written
					if end := min(p.Start+p.Length, uint64(len(f.b))); p.Start < end && bytes.Count(f.b[p.Start:end], []byte{0}) != int(end-p.Start) {
						t.Errorf("bytes that are missing were written at %d", p.Start)
					}
				}
			})
		}
	}
}

// closing is an http.ResponseWriter that tells when the client is gone.
type closing struct {
	http.ResponseWriter
	done <-chan struct{}
}

func (c closing) closed() <-chan struct{}     { return c.done }
func (c closing) Unwrap() http.ResponseWriter { return c.ResponseWriter }
