// Package conversationtest makes packet captures of contents on their way: clients that
// ask content servers, hosted caches and peers, and hosted caches that fetch what they are
// offered. It is for tests. The drawn captures of capturetest.Retrieve are another thing: they
// are made without the packages that read them.
package conversationtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/pccrc"
)

// Who is who.
var (
	Client = netip.MustParseAddr("10.0.0.1")
	Other  = netip.MustParseAddr("10.0.0.2") // another client
	Server = netip.MustParseAddrPort("10.0.1.1:80")
	Cache  = netip.MustParseAddrPort("10.0.2.1:80")
	Peer   = netip.MustParseAddrPort("10.0.3.1:80")
)

// OfferPort is where clients say that they serve what they offer.
const OfferPort = 8282

// Story is a capture in the making.
type Story struct {
	capturetest.Trace
	conns uint16
}

// Content is a content and its Content Information.
type Content struct {
	Path string // of its URL
	Data []byte
	Info pccrc.ContentInformation
	Wire []byte // of Info
}

// URL returns the URL of the content on Server.
func (c *Content) URL() string { return "http://files.example" + c.Path }

// NewContent returns a content of n bytes that label tells.
func NewContent(version int, label string, n int) *Content {
	c := &Content{Path: "/" + label, Data: Stream(label, n)}
	ks, err := pccrc.SHA256.ServerSecret([]byte("no more secrets"))
	check(err)
	m := pccrc.Maker{ServerSecret: ks, Workers: 1}
	if version == 1 {
		info, err := m.V1(context.Background(), pccrc.SHA256, bytes.NewReader(c.Data))
		check(err)
		c.Info = info
		c.Wire, err = info.AppendBinary(nil)
		check(err)
		return c
	}
	info, err := m.V2(context.Background(), bytes.NewReader(c.Data))
	check(err)
	c.Info = info
	c.Wire, err = info.AppendBinary(nil)
	check(err)
	return c
}

// Stream returns n bytes that label tells: SHA-256(label || 0) || SHA-256(label || 1) and
// so on, the number in 4 bytes.
func Stream(label string, n int) []byte {
	var b []byte
	for i := uint32(0); len(b) < n; i++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint32([]byte(label), i))
		b = append(b, sum[:]...)
	}
	return b[:n:n]
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Conn opens a connection.
func (s *Story) Conn(client netip.Addr, server netip.AddrPort) *capturetest.Conn {
	s.conns++
	c := s.Trace.Conn(int(s.conns))
	c.Client, c.Server = netip.AddrPortFrom(client, 40000+s.conns), server
	return c.Open()
}

// Information: a client asks for a content and gets its Content Information.
func (s *Story) Information(client netip.Addr, c *Content) {
	s.get(client, c.Path, capturetest.Answer(200, c.Wire, "Content-Encoding: peerdist", `ETag: "1"`, fmt.Sprintf("X-P2P-PeerDist: Version=1.1, ContentLength=%d", len(c.Data))),
		"Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.1", "X-P2P-PeerDistEx: MinContentInformation=1.0, MaxContentInformation=2.0")
}

// Plain: a client asks for a content and gets the content itself.
func (s *Story) Plain(client netip.Addr, c *Content) {
	s.get(client, c.Path, capturetest.Answer(200, c.Data), "Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.1")
}

// MissingData: a client asks the content server for what others did not have.
func (s *Story) MissingData(client netip.Addr, c *Content, start, end int) {
	s.get(client, c.Path, capturetest.Answer(206, c.Data[start:end], fmt.Sprintf("Content-Range: bytes %d-%d/%d", start, end-1, len(c.Data))),
		"X-P2P-PeerDist: Version=1.1, MissingDataRequest=true", fmt.Sprintf("Range: bytes=%d-%d", start, end-1))
}

func (s *Story) get(client netip.Addr, path string, answer []byte, header ...string) {
	s.Conn(client, Server).Send(capturetest.Message("GET "+path+" HTTP/1.1", nil, append([]string{"Host: files.example"}, header...)...)).Reply(answer).Close()
}

// Blocks: a client asks for all blocks of the segments from first to last, and gets those
// that has wants it to.
func (s *Story) Blocks(client netip.Addr, server netip.AddrPort, c *Content, has func(segment, block int) bool) {
	conn := s.Conn(client, server)
	for i, segment := range c.Info.Segments() {
		id := segment.AppendHoHoDk(nil)
		for k, at := 0, uint64(0); at < uint64(segment.Length); k, at = k+1, at+uint64(segment.BlockSize) {
			ask(conn, pccrr.NewMsgGetBlks(id, uint32(k)))
			blk := pccrr.NewMsgBlk(id, uint32(k))
			if has(i, k) {
				start := segment.Start + at
				end := min(start+uint64(segment.BlockSize), segment.Start+uint64(segment.Length))
				check(blk.Encrypt(nil, c.Data[start:end], pccrr.CryptoAES128, segment.SegmentSecret()))
			}
			answer(conn, blk)
		}
	}
	conn.Close()
}

// All has every block.
func All(int, int) bool { return true }

// List: a client asks which blocks of segment i there are, and learns that there are
// none.
func (s *Story) List(client netip.Addr, server netip.AddrPort, c *Content, i int) {
	conn := s.Conn(client, server)
	id := c.Info.AppendHoHoDk(nil, i)
	ask(conn, pccrr.NewMsgGetBlkList(id, pccrr.NewRanges(pccrr.Range{Count: 1})))
	answer(conn, pccrr.NewMsgBlkList(id, pccrr.NewRanges()))
	conn.Close()
}

func ask(conn *capturetest.Conn, m pccrr.Body) {
	b, err := m.AppendBinary(nil)
	check(err)
	conn.Send(capturetest.Post(pccrr.Path, b))
}

func answer(conn *capturetest.Conn, m pccrr.Body) {
	b, err := m.AppendBinary(nil)
	check(err)
	conn.Reply(capturetest.Answer(200, b))
}

// Offer: a client offers a content of version 2.0 to Cache.
func (s *Story) Offer(client netip.Addr, c *Content) {
	s.OfferFor(client, c, capturetest.Answer(200, capturetest.OK))
}

// OfferFor is Offer with another answer, nil for none.
func (s *Story) OfferFor(client netip.Addr, c *Content, answer []byte) {
	descriptors, err := codec.SegmentDescriptors{}.AppendSegments(codec.TagWinINet, c.Info.Segments())
	check(err)
	conn := s.Conn(client, Cache)
	for m := range codec.SplitDescriptors(OfferPort, descriptors) {
		b, err := m.AppendBinary(nil)
		check(err)
		conn.Send(capturetest.Post(codec.PathV2, b)).Reply(answer)
	}
	conn.Close()
}

// Fetch: Cache fetches a content from a client.
func (s *Story) Fetch(client netip.Addr, c *Content) {
	s.Blocks(Cache.Addr(), netip.AddrPortFrom(client, OfferPort), c, All)
}

// Dial: a client tries to open a connection, three times, and gets no answer or is refused.
func (s *Story) Dial(client netip.Addr, server netip.AddrPort, refused bool) {
	s.conns++
	c := s.Trace.Conn(int(s.conns))
	c.Client, c.Server = netip.AddrPortFrom(client, 40000+s.conns), server
	for range 3 {
		c.ClientSeq, c.ServerSeq = 1000, 0
		c.FromClient(capturetest.SYN, nil)
		if refused {
			c.FromServer(capturetest.RST|capturetest.ACK, nil)
		}
	}
}
