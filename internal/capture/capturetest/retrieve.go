package capturetest

import (
	"io"
	"math/rand/v2"
	"net/netip"
)

// RetrieveOptions describe a capture of retrieval. Zero fields have the defaults given.
type RetrieveOptions struct {
	Contents int     // how many; 2 by default, of version 1.0 and 2.0 in turn
	Size     int     // of each in bytes, 200 000 by default
	Clients  int     // that fetch each content, one after the other; 2 by default
	Seed     uint64  // of everything that looks random
	Key      int     // bytes of key: 16, 24 or 32; in turn by default
	Faults   float64 // share of the blocks that are not what they should be
	Misses   float64 // share of the requests that find nothing
	Lose     float64 // share of the segments of TCP that were not captured
	Swap     float64 // share of those that were captured behind the next of their connection
	Late     bool    // the Content Information comes at the end
	Chunked  bool    // answers of MS-PCCRR are chunked
	One      bool    // all contents have Content Information of version 1.0
	Format   Format
}

// Fetched is what a reader must find of a MSG_GETBLKS.
type Fetched struct {
	Client, Server netip.AddrPort
	Segment        []byte // HoHoDk
	Index          uint32
	Content        *Content
	Start          int // in the content
	Block          []byte
	// Result is "verified", "miss", or what is wrong with the block: "key", "index" or
	// "damaged".
	Result string
	Actual uint32 // of "index"
}

// Retrieve writes a capture: clients ask a server for Content Information, then a hosted
// cache for each block, and what that has not, the server. It returns what there is to
// find, in order, where nothing is lost.
func Retrieve(w io.Writer, o RetrieveOptions) ([]Fetched, error) {
	o.Contents, o.Size, o.Clients = orDefault(o.Contents, 2), orDefault(o.Size, 200_000), orDefault(o.Clients, 2)
	random := rand.New(rand.NewPCG(o.Seed, 7))
	out := NewWriter(w, o.Format)
	var all []Fetched
	var late Trace
	n := 0
	write := func(t *Trace) {
		t.Swap(random, o.Swap)
		t.Drop(func(_ int, p *Packet) bool { return len(p.Data) > 0 && random.Float64() < o.Lose })
		for i := range t.Packets {
			out.Packet(&t.Packets[i])
		}
	}
	for i := range o.Contents {
		version := 1 + i%2
		if o.One {
			version = 1
		}
		c := NewContent(o.Seed+uint64(i), o.Size, version)
		for client := range o.Clients {
			var t Trace
			n++
			origin, cache := t.Conn(3*n).Open(), t.Conn(3*n+1).Open()
			cache.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 3}), 80)
			if o.Late {
				late.Conn(3*n + 2).Open().Send(Ask(c.Path, WantsInformation...)).Reply(c.Describe()).Close()
			} else {
				origin.Send(Ask(c.Path, WantsInformation...)).Reply(c.Describe())
			}
			fetched := o.fetch(random, cache, c, client+i)
			all = append(all, fetched...)
			origin.Close()
			cache.Close()
			write(&t)
		}
	}
	if o.Late {
		write(&late)
	}
	return all, out.Close()
}

// fetch is a client that fetches all blocks of a content.
func (o *RetrieveOptions) fetch(random *rand.Rand, conn *Conn, c *Content, turn int) (all []Fetched) {
	size := o.Key
	if size == 0 {
		size = 16 + 8*(turn%3)
	}
	answer := func(body []byte) []byte {
		if o.Chunked {
			return Message("HTTP/1.1 200 OK", Chunked(body, 9000), "Transfer-Encoding: chunked")
		}
		return Answer(200, body)
	}
	for i := range c.Segments {
		s := &c.Segments[i]
		if count := uint32(len(s.Blocks)); count >= 4 {
			conn.Send(Post(PathRetrieval, GetBlkList(s.HoHoDk, 0, count))).Reply(answer(BlkList(s.HoHoDk, 0, count)))
		}
		start := s.Start
		for index, block := range s.Blocks {
			f := Fetched{Client: conn.Client, Server: conn.Server, Segment: s.HoHoDk, Index: uint32(index), Content: c, Start: start, Block: block, Result: "verified"}
			start += len(block)
			key, algorithm := s.Secret[:size], uint32(size/8-1)
			body := block
			switch fault := random.Float64(); {
			case random.Float64() < o.Misses:
				f.Result = "miss"
			case fault < o.Faults/3 && size < 32:
				f.Result, key = "key", s.Secret
			case fault < o.Faults*2/3 && len(s.Blocks) > 1:
				f.Result, f.Actual = "index", uint32(index+1)%uint32(len(s.Blocks))
				body = s.Blocks[f.Actual]
			case fault < o.Faults:
				f.Result = "damaged"
			}
			m := Blk(s.HoHoDk, f.Index, body, key, algorithm)
			if f.Result == "miss" {
				m = NoBlk(s.HoHoDk, f.Index)
			}
			if f.Result == "damaged" {
				m[100] ^= 1
			}
			conn.Send(Post(PathRetrieval, GetBlks(s.HoHoDk, f.Index))).Reply(answer(m))
			all = append(all, f)
		}
	}
	return all
}
