package client

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// Peer serves the blocks of contents to whoever asks for them by MS-PCCRR (MS-PCCRR
// 3.2): a client does to the hosted cache that it has offered them to. It is an
// http.Handler for pccrr.Path. The zero value has no content.
type Peer struct {
	mu       sync.RWMutex
	segments map[string]*served // by HoHoDk
	server   exchange.Server
}

// served is a segment of a content.
type served struct {
	segment func() pccrc.Segment // not a value, whose key fmt would print
	content io.ReaderAt
	has     pccrr.BlockSet
	since   time.Time
}

// Add serves the segments of a content that info describes, as far as it has hashes of
// their blocks: a block is sent if it has its hash. content begins with the first byte of
// the content, whatever range info has; both are in use from now on. The block lists of
// version 1.0 must begin with the first block of the segment.
func (p *Peer) Add(info pccrc.ContentInformation, content io.ReaderAt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.segments == nil {
		p.segments = map[string]*served{}
	}
	for _, s := range info.Segments() {
		p.segments[string(s.AppendHoHoDk(nil))] = &served{func() pccrc.Segment { return s }, content, blocksOf(s), time.Now()}
	}
}

// blocksOf returns the blocks of a segment that there is a hash for.
func blocksOf(s pccrc.Segment) (has pccrr.BlockSet) {
	for i := uint32(0); i < pccrr.MaxBlocks; i++ {
		if _, ok := pccrr.InfoOf(s, i); ok {
			has.Add(i)
		}
	}
	return has
}

// Remove ends what Add has begun.
func (p *Peer) Remove(info pccrc.ContentInformation) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range info.Segments() {
		delete(p.segments, string(s.AppendHoHoDk(nil)))
	}
}

// ServeHTTP answers one request.
func (p *Peer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const most = 64 // requests at the same time (MS-PCCRR 3.2.5)
	if !pccrr.IsPath(r.URL.Path) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	p.server.Serve(w, r, most, p)
}

func (p *Peer) Find(id []byte) (pccrr.BlockSet, time.Time) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	if s := p.segments[string(id)]; s != nil {
		return s.has, s.since
	}
	return pccrr.BlockSet{}, time.Time{}
}

// Block encrypts with AES, whether the client wishes it or not.
func (p *Peer) Block(id []byte, index uint32, wish pccrr.CryptoAlgoId) pccrr.MsgBlk {
	p.mu.RLock()
	s := p.segments[string(id)]
	p.mu.RUnlock()
	m := pccrr.NewMsgBlk(id, index)
	if s == nil || !s.has.Has(index) {
		return m
	}
	segment := s.segment()
	info, _ := pccrr.InfoOf(segment, index)
	plain := make([]byte, info.Length)
	if _, err := s.content.ReadAt(plain, int64(segment.Start)+int64(index)*int64(segment.BlockSize)); err != nil && err != io.EOF {
		return m
	}
	hash, err := info.HashAlgorithm.AppendHash(nil, plain)
	if err != nil || !bytes.Equal(hash, info.Hash) {
		return m // the content is another one by now (MS-PCCRC 4.1)
	}
	if err := m.Encrypt(nil, plain, max(wish, pccrr.CryptoAES128), info.SegmentSecret); err != nil {
		return pccrr.NewMsgBlk(id, index)
	}
	return m
}
