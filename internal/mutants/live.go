package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// live is a hosted cache that fetches what is offered, and serves it (MS-PCHC 3.1), with
// one fault or "none".
type live struct {
	*cache
	state string // file that outlives a restart, "" for none

	mu       sync.Mutex
	segments map[string]*keptSegment // by HoHoDk
	order    []string                // their HoHoDks, the newest one last
	failed   map[string]bool         // segments that could not be fetched
	claimed  map[string]bool         // segments of before the restart
	from     map[string]bool         // clients that something was fetched from
	ports    map[netip.Addr]uint64   // the first ones
	client   netip.Addr              // of the last message
	port     uint64
	offered  string // the last one
	fetched  *keptBlock
}

// keptSegment is what it knows of a segment.
type keptSegment struct {
	id           string
	secret       []byte
	algorithm    uint64
	hashes       map[uint64][]byte // by block
	told         uint64            // hashes that came
	complete     bool
	teller       netip.AddrPort
	offeredBy    map[netip.AddrPort]bool
	batched, oks bool
	blocks       map[uint64]*keptBlock
}

type keptBlock struct {
	crypto        uint64
	block, vector []byte
	index, next   uint64
}

func newLive(fault, state string) *live {
	l := &live{cache: newCache(fault), state: state, segments: map[string]*keptSegment{}, failed: map[string]bool{}, claimed: map[string]bool{}, from: map[string]bool{}, ports: map[netip.Addr]uint64{}}
	if l.has("restart-claims") && state != "" {
		b, _ := os.ReadFile(state) // there is none at first
		for id := range strings.FieldsSeq(string(b)) {
			l.claimed[id] = true
		}
	}
	return l
}

// segment returns what is known of a segment, which is new if that is nothing.
func (l *live) segment(id string) *keptSegment {
	s := l.segments[id]
	if s == nil {
		s = &keptSegment{id: id, hashes: map[uint64][]byte{}, offeredBy: map[netip.AddrPort]bool{}, blocks: map[uint64]*keptBlock{}}
		l.segments[id] = s
		l.order = append(l.order, id)
	}
	return s
}

// cut is a request whose body does not come.
func (l *live) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.segments {
		if l.has("cut-forgets") {
			s.complete, s.hashes = false, map[uint64][]byte{}
		}
	}
}

// offer decides about a message that came to the URL of a version.
func (l *live) offer(d *decoder, version uint64, from netip.Addr, body []byte) (v verdict) {
	bad, _ := d.decode("request", body)
	if v.drop = bad.rule != "" || d.majorVersion != version; v.drop {
		return v
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.has("second-client-clears") && l.client.IsValid() && l.client != from {
		clear(l.segments)
		l.order = nil
	}
	port := d.port
	if l.ports[from] == 0 {
		l.ports[from] = port
	}
	if l.has("first-port-kept") {
		port = l.ports[from]
	}
	if l.has("port-of-last") && l.port != 0 {
		port = l.port
	}
	l.client, l.port = from, d.port
	at, who := netip.AddrPortFrom(from, uint16(port)), netip.AddrPortFrom(from, uint16(d.port))
	switch d.name {
	case "INITIAL_OFFER_MESSAGE":
		if !l.initial(string(d.hash), who) {
			v.code = codeInterested
			return v
		}
		l.fetch(at, l.segment(string(d.hash)), 0, 0)
	case "SEGMENT_INFO_MESSAGE":
		s := l.segment(string(d.identifier(d.v1.segments[0].secret, d.v1.segments[0].hashOfData, d.v1.algorithm)))
		if l.has("clients-mixed") && l.offered != "" {
			s = l.segment(l.offered)
		}
		l.learn(s, &d.v1, who)
		if s.complete {
			l.fetch(at, s, d.v1.segments[0].size, 65536)
		}
	case "BATCHED_OFFER_MESSAGE":
		for i := range d.descriptors {
			o := &d.descriptors[i]
			s := l.segment(string(o.hoHoDk))
			if l.has("crash-on-both") && s.complete && s.teller != who {
				os.Exit(7)
			}
			s.batched = true
			if i == 0 || !l.has("first-of-batch") {
				l.fetch(at, s, o.segmentSize, o.blockSize)
			}
		}
	}
	return v
}

// initial reports whether the answer to an INITIAL_OFFER_MESSAGE is OK.
func (l *live) initial(id string, who netip.AddrPort) bool {
	if l.claimed[hex.EncodeToString([]byte(id))] {
		return true
	}
	l.offered = id
	s := l.segment(id)
	s.offeredBy[who] = true
	switch {
	case l.has("forgets-for-others") && s.complete && s.teller != who:
		s.complete = false
	case l.has("ok-if-two-offer") && len(s.offeredBy) > 1, l.has("ok-after-batch") && s.batched:
		return true
	case l.has("ok-only-once") && s.complete && s.oks:
		return false
	}
	s.oks = s.complete
	return s.complete
}

// learn takes the block hashes of a SEGMENT_INFO_MESSAGE. They are all if HoD is the hash
// of them.
func (l *live) learn(s *keptSegment, v *contentV1, who netip.AddrPort) {
	s.secret, s.algorithm, s.teller = bytes.Clone(v.segments[0].secret), v.algorithm, who
	first := v.offset / 65536
	for hash := range slices.Chunk(v.blocks[0].hashes, v.hashSize) {
		s.hashes[first] = bytes.Clone(hash)
		s.told++
		first++
	}
	all, blocks := contentV1{algorithm: v.algorithm, segments: v.segments, blocks: []blocksV1{{}}}, (v.segments[0].size+65535)/65536
	for i := range blocks {
		all.blocks[0].hashes = append(all.blocks[0].hashes, s.hashes[i]...)
	}
	s.complete = s.complete || all.proven() || l.has("clients-mixed") || l.has("hashes-counted") && s.told >= blocks
	if s.complete && l.has("restart-claims") && l.state != "" {
		if f, err := os.OpenFile(l.state, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600); err == nil {
			_, _ = fmt.Fprintf(f, "%x\n", s.id)
			_ = f.Close()
		}
	}
	if l.has("newest-evicted") && len(l.order) > 4 {
		delete(l.segments, l.order[4])
		l.order = l.order[:4]
	}
}

// fetch fetches the blocks of a segment that are missing. Without a size, block hashes say
// which there are.
func (l *live) fetch(at netip.AddrPort, s *keptSegment, size, block uint64) {
	n := uint64(len(s.hashes))
	if size > 0 {
		n = (size + max(block, 1) - 1) / max(block, 1)
	}
	switch {
	case n > 512, l.claimed[hex.EncodeToString([]byte(s.id))], l.has("failed-for-ever") && l.failed[s.id], l.has("one-of-client") && l.from[at.String()]:
		return
	}
	if l.segments[s.id] == nil || n == uint64(len(s.blocks)) {
		return
	}
	l.from[at.String()] = true
	go func() {
		for i := range n {
			l.mu.Lock()
			has := s.blocks[i] != nil
			l.mu.Unlock()
			if !has && !l.fetchBlock(at, s, i) {
				l.mu.Lock()
				l.failed[s.id] = true
				l.mu.Unlock()
				return
			}
		}
	}()
}

var fetcher = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Second}}

// fetchBlock fetches a block by MS-PCCRR, and keeps it if it has its hash.
func (l *live) fetchBlock(at netip.AddrPort, s *keptSegment, index uint64) bool {
	body := slices.Concat(padded([]byte(s.id)), extents([]extent{{index, 1}}), numbers(0))
	request := append(numbers(1, 3, uint64(16+len(body)), 1), body...)
	response, err := fetcher.Post("http://"+at.String()+pathRetrieval, "application/octet-stream", bytes.NewReader(request))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	b, err := io.ReadAll(response.Body)
	c := &cursor{b: b}
	number := func() uint64 { return c.integer(4, big, unnamed) }
	sized := func() []byte {
		n := int(number())
		data := c.bytes(n, unnamed)
		c.bytes(-n&3, unnamed)
		return data
	}
	c.bytes(16, unnamed)
	k := &keptBlock{crypto: number()}
	sized()
	k.index, k.next = number(), number()
	k.block = sized()
	sized()
	k.vector = c.bytes(int(number()), unnamed)
	if err != nil || !c.ok() || len(k.block) == 0 || k.index != index {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if s.complete && !l.has("unverified") && !l.has("clients-mixed") && !bytes.Equal(s.hashOf(k), s.hashes[index]) {
		return false
	}
	s.blocks[index], l.fetched = k, k
	return true
}

// hashOf returns the hash of a block, which it decrypts.
func (s *keptSegment) hashOf(k *keptBlock) []byte {
	plain := bytes.Clone(k.block)
	if k.crypto > 0 && k.crypto < 4 && len(plain)%16 == 0 && len(k.vector) == 16 {
		key, err := aes.NewCipher(s.secret[:8+8*k.crypto])
		if err != nil {
			return nil
		}
		cipher.NewCBCDecrypter(key, k.vector).CryptBlocks(plain, plain)
		plain = plain[:len(plain)-min(len(plain), int(plain[len(plain)-1]))]
	}
	h := functionV1(s.algorithm)()
	h.Write(plain)
	return h.Sum(nil)
}

// retrieve answers a request of MS-PCCRR (3.2.5).
func (l *live) retrieve(d *decoder, b []byte) (v verdict) {
	bad, _ := d.decode("retrieval-request", b)
	q := wantedIn(b)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case bad.rule != "":
		v.drop = true
	case q.typ == 0 || q.major < 1 || q.major > 2:
		v.answer = l.retrieval(1, 0, numbers(1, 2)) // 1.0 to 2.0
	case q.typ == 2:
		v.answer = l.blockList(&q)
	case q.typ == 3:
		v.answer = l.block(&q)
	case q.typ == 6:
		v.answer = l.segmentList(&q)
	}
	return v
}

// kept returns the blocks of a segment.
func (l *live) kept(id []byte) map[uint64]*keptBlock {
	if s := l.segments[string(id)]; s != nil {
		return s.blocks
	}
	return nil
}

func (l *live) blockList(q *wanted) []byte {
	var has []extent
	kept := l.kept(q.ids[0])
	for i := range uint64(512) {
		if kept[i] != nil && slices.ContainsFunc(q.ranges, func(e extent) bool { return e.index <= i && i < e.end() }) {
			has = append(has, extent{i, 1})
		}
	}
	return l.retrieval(4, 0, padded(q.ids[0]), extents(has), numbers(0))
}

func (l *live) block(q *wanted) []byte {
	index, next := uint64(0), uint64(0)
	for i, e := range q.ranges {
		if i == 0 || e.index < index {
			index = e.index
		}
	}
	kept := l.kept(q.ids[0])
	k := kept[index]
	for i := index + 1; i < 512 && next == 0; i++ {
		if kept[i] != nil {
			next = i
		}
	}
	switch {
	case k == nil || len(q.ranges) == 0:
		k = &keptBlock{crypto: q.crypto}
	case l.has("last-fetched-served"):
		k = l.fetched
	}
	return l.retrieval(5, k.crypto, padded(q.ids[0]), numbers(index, next), padded(k.block), padded(nil), numbers(uint64(len(k.vector))), k.vector)
}

func (l *live) segmentList(q *wanted) []byte {
	var has []extent
	some := slices.ContainsFunc(q.ids, func(id []byte) bool { return len(l.kept(id)) > 0 })
	for i, id := range q.ids {
		if len(l.kept(id)) > 0 || some && l.has("lists-all-once-held") {
			has = append(has, extent{uint64(i), 1})
		}
	}
	return l.retrieval(7, 0, q.requestID, extents(has), numbers(0))
}
