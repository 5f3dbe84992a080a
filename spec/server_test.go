package spec

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fromHex is the bytes of a constant.
func fromHex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// HoHoDks for the secret 40 41 42..., made by other means: of HoD 20 21 22..., and of
// segments of one block with the hash 60 61 62...
var (
	hoHoDk100k = fromHex("2fc37cdfefef38fd23e80f1dcf4ae8b5f6d3aa7b6ac58718969bf2265187f705")
	hoHoDk384  = fromHex("2dc896b81c0db03f282395c18f6b5e68d8db9691d4c5de18f34ef0e86d71528c9fc87ae055356fcedd9cccb86275f9ab")
	hoHoDk512  = fromHex("21589d6c5c2c7c816bd8936a476900a59bddb5abc931615af163119066259f8a6dbbdd506d5c6109451bba823e47f62ecb8364f4d4524316e5696bf36857b01a")
)

var (
	anna = netip.MustParseAddr("192.0.2.1")
	bert = netip.MustParseAddr("2001:db8::2")
	tag  = "WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
)

func at8080(a netip.Addr) netip.AddrPort { return netip.AddrPortFrom(a, 8080) }

// infoOf is a SEGMENT_INFO_MESSAGE for a segment of that size and HoHoDk
// hoHoDk100k, with that range and hashes that begin with those bytes.
func infoOf(size, offset, read uint32, hashes ...byte) []byte {
	b := with32(with32(segmentInfo100k()[:130], 38, offset, read), 58, size)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(hashes)))
	for _, h := range hashes {
		b = append(b, run(h, 32)...)
	}
	return b
}

// infoWith is a SEGMENT_INFO_MESSAGE for one block, with another hash function.
func infoWith(dwHashAlgo uint32, size int) []byte {
	b := with32(segmentInfo100k()[:66], 34, dwHashAlgo)
	b = with32(b, 58, 1000)
	h := hashFunction(uint64(dwHashAlgo))()
	h.Write(run(0x60, size))
	b = slices.Concat(b, h.Sum(nil), run(0x40, size), []byte{1, 0, 0, 0})
	return append(b, run(0x60, size)...)
}

// batch is a BATCHED_OFFER_MESSAGE with one descriptor.
func batch(blockSize, segmentSize uint32, hoHoDk string) []byte {
	b := binary.BigEndian.AppendUint32(request(2, 3), blockSize)
	b = binary.BigEndian.AppendUint32(b, segmentSize)
	b = append(append(b, 0, 16), tag...)
	return append(append(b, 1), hoHoDk...)
}

// posted is a request with its payload.
type posted struct {
	Post
	message []byte
}

func post1(from netip.Addr, message []byte) posted { return posted{Post{From: from, URL: 1}, message} }
func post2(from netip.Addr, message []byte) posted { return posted{Post{From: from, URL: 2}, message} }

func (p posted) to(s *Server) []Action { return s.Receive(p.Post, p.message) }

// whole100k is the list of block hashes in segmentInfo100k.
var whole100k = string(segmentInfo100k()[134:])

func offer100k() []byte { return append(request(1, 1), hoHoDk100k...) }

var (
	ok         = Respond{CodeOK}
	interested = Respond{CodeInterested}
	tag100k    = PassTag{hoHoDk100k, tag}
)

func blocks100k(from netip.Addr, first, last uint32) Retrieve {
	return Retrieve{at8080(from), hoHoDk100k, BlockRange{first, last}}
}

// proven is a list of block hashes as text.
func proven(hashes ...byte) (list string) {
	for _, h := range hashes {
		list += string(run(h, 32))
	}
	return list
}

// rename returns text with another HoD for 20 21 22..., the hash of a list, and with
// the HoHoDk that follows from it.
func rename(list, text string) string {
	if list == "" {
		return text
	}
	hod := sha256.Sum256([]byte(list))
	mac := hmac.New(sha256.New, run(0x40, 32))
	mac.Write(append(hod[:], c2...))
	text = strings.ReplaceAll(text, string(run(0x20, 32)), string(hod[:]))
	return strings.ReplaceAll(text, hoHoDk100k, string(mac.Sum(nil)))
}

// A served is a request, or blocks that were retrieved where there is none.
type served struct {
	post      posted
	retrieved *BlockRange
	want      []Action
}

func got(first, last uint32) *BlockRange { return &BlockRange{first, last} }

var serverCases = []struct {
	name   string
	server Server
	list   string // of the segment's block hashes; "": its HoD is the hash of no list
	served []served
}{
	{"4.1: no block hashes", Server{}, "", []served{
		{post1(anna, offer100k()), nil, []Action{interested}},
		{post1(anna, segmentInfo100k()), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
	}},
	{"4.2: block hashes and no data", Server{}, whole100k, []served{
		{post1(anna, segmentInfo100k()), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 1)}},
	}},
	{"4.3: block hashes and data", Server{}, whole100k, []served{
		{post1(anna, segmentInfo100k()), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
		{retrieved: got(0, 1)},
		{post1(bert, offer100k()), nil, []Action{ok}},
		{post1(bert, segmentInfo100k()), nil, []Action{ok, tag100k}},
	}},
	{"4.4 and 4.5: batches", Server{}, "", []served{
		{post2(anna, batch(65536, 65536, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 0), tag100k}},
		{retrieved: got(0, 0)},
		{post2(anna, batch(65536, 65536, hoHoDk100k)), nil, []Action{ok, tag100k}},
	}},
	{"only what is missing is retrieved", Server{}, proven(1, 2, 3, 4, 5), []served{
		{post1(anna, infoOf(5*65536, 0, 0, 1, 2, 3, 4, 5)), nil, []Action{ok, blocks100k(anna, 0, 4), tag100k}},
		{retrieved: got(1, 1)},
		{retrieved: got(3, 3)},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 0), blocks100k(bert, 2, 2), blocks100k(bert, 4, 4)}},
		{retrieved: got(2, 0)},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 0), blocks100k(bert, 2, 2), blocks100k(bert, 4, 4)}},
		{post1(anna, infoOf(5*65536, 0, 2*65536, 1, 2)), nil,
			[]Action{ok, blocks100k(anna, 0, 0), blocks100k(anna, 2, 2), blocks100k(anna, 4, 4), tag100k}},
	}},
	{"an incomplete list of hashes", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(3*65536-1, 0, 65537, 1, 2)), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
		{post1(anna, offer100k()), nil, []Action{interested}},
		{post1(bert, infoOf(3*65536-1, 0, 0, 1, 2, 3)), nil, []Action{ok, blocks100k(bert, 0, 2), tag100k}},
		{post1(anna, offer100k()), nil, []Action{ok, blocks100k(anna, 0, 2)}},
	}},
	{"a list that begins with the range", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(3*65536, 65536+1, 0, 2, 3)), nil, []Action{ok, blocks100k(anna, 1, 2), tag100k}},
		{post1(anna, offer100k()), nil, []Action{interested}},
		{post1(anna, infoOf(3*65536, 65535, 1, 1)), nil, []Action{ok, blocks100k(anna, 0, 2), tag100k}},
		{post1(anna, offer100k()), nil, []Action{ok, blocks100k(anna, 0, 2)}},
	}},
	{"a range that runs past the segment", Server{}, "", []served{
		{post1(anna, infoOf(3*65536, 65537, 3*65536, 2, 3)), nil, []Action{ok, blocks100k(anna, 1, 2), tag100k}},
	}},
	{"a list that begins before the range", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(3*65536, 2*65536, 5, 1, 2, 3)), nil, []Action{ok, blocks100k(anna, 0, 2), tag100k}},
		{post1(anna, offer100k()), nil, []Action{ok, blocks100k(anna, 0, 2)}},
	}},
	{"more hashes than blocks", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(65536, 0, 0, 1, 2, 3)), nil, []Action{ok, blocks100k(anna, 0, 0), tag100k}},
		{post1(anna, offer100k()), nil, []Action{interested}},
	}},
	{"a client that is wrong about the size", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(2*65536, 0, 0, 1, 2)), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
		{post1(bert, offer100k()), nil, []Action{interested}},
		{post1(anna, infoOf(4*65536, 0, 0, 1, 2, 3)), nil, []Action{ok, blocks100k(anna, 0, 2), tag100k}},
		{post1(bert, offer100k()), nil, []Action{interested}},
		{post1(bert, infoOf(3*65536, 0, 0, 1, 2, 3)), nil, []Action{ok, blocks100k(bert, 0, 2), tag100k}},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 2)}},
		{post1(anna, infoOf(2*65536, 0, 0, 1, 2)), nil, []Action{ok, blocks100k(anna, 0, 2), tag100k}},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 2)}},
	}},
	{"as many hashes as blocks, but others", Server{}, proven(1, 2, 3), []served{
		{post1(anna, infoOf(3*65536, 0, 0, 1, 2, 4)), nil, []Action{ok, blocks100k(anna, 0, 2), tag100k}},
		{post1(bert, offer100k()), nil, []Action{interested}},
		{retrieved: got(2, 2)},
		{post1(bert, infoOf(3*65536, 0, 0, 1, 2, 3)), nil, []Action{ok, blocks100k(bert, 0, 1), tag100k}},
		{post1(bert, offer100k()), nil, []Action{ok, blocks100k(bert, 0, 1)}},
	}},
	{"a segment of no bytes is never complete", Server{}, "", []served{
		{post1(anna, infoOf(0, 0, 0, 1)), nil, []Action{ok, tag100k}},
		{post1(anna, offer100k()), nil, []Action{interested}},
	}},
	{"the largest segment with one hash costs nothing", Server{}, "", []served{
		{post1(anna, infoOf(1<<32-1, 1<<32-2, 0, 1)), nil, []Action{ok, blocks100k(anna, 65535, 65535), tag100k}},
		{post1(anna, offer100k()), nil, []Action{interested}},
	}},
	{"the port is the one of this message", Server{}, whole100k, []served{
		{post1(anna, with(segmentInfo100k(), 8, 0x01, 0xBB)), nil,
			[]Action{ok, Retrieve{netip.AddrPortFrom(anna, 443), hoHoDk100k, BlockRange{0, 1}}, tag100k}},
		{post1(anna, with(offer100k(), 8, 0xFF, 0xFE)), nil,
			[]Action{ok, Retrieve{netip.AddrPortFrom(anna, 0xFFFE), hoHoDk100k, BlockRange{0, 1}}}},
	}},
	{"the other hash functions", Server{}, "", []served{
		{post1(anna, infoWith(0x800D, 48)), nil, []Action{ok, Retrieve{at8080(anna), hoHoDk384, BlockRange{0, 0}}, PassTag{hoHoDk384, tag}}},
		{post1(anna, append(request(1, 1), hoHoDk384...)), nil, []Action{ok, Retrieve{at8080(anna), hoHoDk384, BlockRange{0, 0}}}},
		{post1(anna, infoWith(0x800E, 64)), nil, []Action{ok, Retrieve{at8080(anna), hoHoDk512, BlockRange{0, 0}}, PassTag{hoHoDk512, tag}}},
		{post1(anna, append(request(1, 1), hoHoDk512...)), nil, []Action{ok, Retrieve{at8080(anna), hoHoDk512, BlockRange{0, 0}}}},
		{post1(anna, offer100k()), nil, []Action{interested}},
	}},
	{"batches of both versions' segments", Server{}, "", []served{
		{post2(anna, batch(65536, 32<<20, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 511), tag100k}},
		{retrieved: got(5, 100)},
		{post2(bert, batch(65536, 32<<20, hoHoDk100k)), nil, []Action{ok, blocks100k(bert, 0, 4), blocks100k(bert, 101, 511), tag100k}},
		{post1(bert, offer100k()), nil, []Action{interested}},
		{post2(anna, batch(1, 1<<32-1, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 4), blocks100k(anna, 101, 1<<32-2), tag100k}},
		{post2(anna, batch(0, 7, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 0), tag100k}},
		{post2(anna, batch(0, 0, hoHoDk100k)), nil, []Action{ok, tag100k}},
		{post2(anna, batch(7, 0, hoHoDk100k)), nil, []Action{ok, tag100k}},
		{post2(anna, batch(7, 8, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
	}},
	{"each descriptor of a batch", Server{}, "", []served{
		{post2(anna, batchOf(2)), nil, []Action{ok,
			Retrieve{at8080(anna), string(run(0, 32)), BlockRange{0, 1}}, PassTag{string(run(0, 32)), "BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"},
			Retrieve{at8080(anna), string(run(1, 32)), BlockRange{0, 1}}, PassTag{string(run(1, 32)), "BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"},
		}},
	}},
	{"malformed requests are dropped", Server{}, "", []served{
		{post1(anna, nil), nil, []Action{Drop{Rule: "PCHC-2.2.1.1-Truncated"}}},
		{post1(anna, request(1, 4)), nil, []Action{Drop{Rule: "PCHC-2.2.1.1-Type"}}},
		{post1(anna, with(offer100k(), 1, 3)), nil, []Action{Drop{Rule: "PCHC-2.2.1.1-MajorVersion"}}},
		{post1(anna, offer100k()[:47]), nil, []Action{Drop{Rule: "PCHC-2.2.1.3-Hash"}}},
		{post1(anna, with(segmentInfo100k(), 32, 0xFE)), nil, []Action{Drop{Rule: "PCCRC-2.3-Version"}}},
		{post1(anna, offer100k()), nil, []Action{interested}}, // nothing was learnt
		{post2(anna, request(2, 3)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-MinDescriptors"}}},
		{post2(anna, batchOf(129)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-MaxDescriptors"}}},
		{post2(anna, with(batchOf(1), 42, 0xFE)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-HashAlgorithm"}}},
		{post2(anna, responseOf(0)), nil, []Action{Drop{Rule: "PCHC-2.2.1.1-MajorVersion"}}},
	}},
	{"a violation of a sender rule is none of the server's business", Server{}, whole100k, []served{
		{post1(anna, with32(segmentInfo100k(), 62, 512)), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
		{post1(anna, with(offer100k(), 8, 0, 0)), nil, []Action{ok, Retrieve{netip.AddrPortFrom(anna, 0), hoHoDk100k, BlockRange{0, 1}}}},
	}},
	{"each version has its URL", Server{}, "", []served{
		{post2(anna, segmentInfo100k()), nil, []Action{Drop{Rule: "PCHC-2.1-Version"}}},
		{post2(anna, offer100k()), nil, []Action{Drop{Rule: "PCHC-2.1-Version"}}},
		{post1(anna, batchOf(1)), nil, []Action{Drop{Rule: "PCHC-2.1-Version"}}},
		{posted{Post{From: anna}, offer100k()}, nil, []Action{Drop{Rule: "PCHC-2.1-URL"}}},
		{posted{Post{From: anna, URL: 3}, batchOf(1)}, nil, []Action{Drop{Rule: "PCHC-2.1-URL"}}},
		{post1(anna, offer100k()), nil, []Action{interested}},
	}},
	{"authentication, over HTTPS only", Server{Authenticate: true}, "", []served{
		{post1(anna, offer100k()), nil, []Action{Challenge{}}},
		{post1(anna, segmentInfo100k()), nil, []Action{Challenge{}}},
		{post1(anna, []byte("?")), nil, []Action{Challenge{}}},
		{posted{Post{From: anna, URL: 1, Authorized: true}, offer100k()}, nil, []Action{interested}},
		{post2(anna, batch(1, 1, hoHoDk100k)), nil, []Action{ok, blocks100k(anna, 0, 0), tag100k}},
	}},
	{"Windows answers OK to some malformed requests", Server{Windows: true}, "", []served{
		{post2(anna, with(batchOf(1), 42, 0xFE)), nil, []Action{ok}},
		{post1(anna, with(segmentInfo100k(), 32, 0xFE)), nil, []Action{ok}},
		{post1(anna, with(segmentInfo100k(), 34, 0xFE)), nil, []Action{ok}},
		{post1(anna, with32(segmentInfo100k(), 46, 0)[:50]), nil, []Action{ok}},
		{post1(anna, slices.Concat(segmentInfo100k()[:32], v1of(mebi32, 1))), nil, []Action{ok}},
		{post1(anna, offer100k()), nil, []Action{interested}},
		{post1(anna, slices.Concat(segmentInfo100k()[:32], v1of(mebi32, mebi32, 1))), nil, []Action{Drop{Rule: "PCHC-2.2.1.4-cSegments"}}},
		{post1(anna, with32(segmentInfo100k(), 46, 2)), nil, []Action{Drop{Rule: "PCHC-2.2.1.4-cSegments"}}},
		{post2(anna, with(with(batchOf(2), 42, 0xFE), 101, 0xFE)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-HashAlgorithm"}}},
		{post2(anna, with(segmentInfo100k(), 32, 0xFE)), nil, []Action{Drop{Rule: "PCHC-2.1-Version"}}},
		{post2(anna, with(batchOf(2), 42, 0xFE)[:133]), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-HashAlgorithm"}}},
		{post2(anna, with(batchOf(1), 24, 0, 0)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-SizeOfContentTag"}}},
		{post2(anna, request(2, 3)), nil, []Action{Drop{Rule: "PCHC-2.2.1.5-MinDescriptors"}}},
		{post1(anna, segmentInfo100k()), nil, []Action{ok, blocks100k(anna, 0, 1), tag100k}},
	}},
}

func TestServer(t *testing.T) {
	for _, test := range serverCases {
		t.Run(test.name, func(t *testing.T) {
			s := test.server
			for i, e := range test.served {
				if e.retrieved != nil {
					s.Retrieved(rename(test.list, hoHoDk100k), *e.retrieved)
					continue
				}
				e.post.message = []byte(rename(test.list, string(e.post.message)))
				for i, action := range e.want {
					switch action := action.(type) {
					case Retrieve:
						action.HoHoDk = rename(test.list, action.HoHoDk)
						e.want[i] = action
					case PassTag:
						action.HoHoDk = rename(test.list, action.HoHoDk)
						e.want[i] = action
					}
				}
				if diff := cmp.Diff(e.want, e.post.to(&s), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
					t.Fatalf("request %d (-want +got):\n%s", i, diff)
				}
			}
		})
	}
}

// TestServerSegment follows what the cache knows of a segment.
func TestServerSegment(t *testing.T) {
	var s Server
	hashes := func(at uint32, first ...byte) (list []BlockHash) {
		for i, b := range first {
			list = append(list, BlockHash{at + uint32(i), string(run(b, 32))})
		}
		return list
	}
	known := Segment{HoD: string(run(0x20, 32)), SegmentSecret: NewSecret(string(run(0x40, 32)))}
	check := func(what string, want Segment) {
		t.Helper()
		got, found := s.Segment(hoHoDk100k)
		if diff := cmp.Diff(want, got, sameSecret); diff != "" || !found {
			t.Errorf("%s: found %t (-want +got):\n%s", what, found, diff)
		}
	}
	message := infoOf(4*65536, 2*65536, 0, 0x63, 0x64)
	post1(anna, message).to(&s)
	clear(message) // the server keeps nothing of it
	known.BlockHashes = hashes(2, 0x63, 0x64)
	check("two of four hashes", known)

	post1(anna, infoOf(4*65536, 0, 65536, 0x61)).to(&s)
	known.BlockHashes = append(hashes(0, 0x61), hashes(2, 0x63, 0x64)...)
	check("three of four hashes", known)

	s.Retrieved(hoHoDk100k, BlockRange{2, 2})
	known.Held = []BlockRange{{2, 2}}
	check("a block", known)
	handedOut, _ := s.Segment(hoHoDk100k)
	handedOut.Held[0] = BlockRange{0, 9}
	check("what was handed out is the caller's", known)

	post1(bert, infoOf(4*65536, 0, 0, 0x71, 0x72, 0x73, 0x74)).to(&s)
	known.BlockHashes = hashes(0, 0x71, 0x72, 0x63, 0x74)
	check("another client's word counts where there is no block yet, and is not proven", known)

	if got, found := s.Segment("never heard of"); found || !cmp.Equal(got, Segment{}, sameSecret) {
		t.Errorf("a segment from nowhere: %v", got)
	}
	post1(anna, append(request(1, 1), run(1, 32)...)).to(&s)
	if _, found := s.Segment(string(run(1, 32))); found {
		t.Error("an offer alone makes a segment known")
	}
	s.Retrieved("new", BlockRange{3, 4})
	if got, found := s.Segment("new"); !found || got.Complete || !cmp.Equal(got.Held, []BlockRange{{3, 4}}) {
		t.Errorf("blocks of a segment that came in no SEGMENT_INFO_MESSAGE: %v, %t", got, found)
	}
}

// TestSegmentOffered cuts a message at every length: the HoHoDk is told as soon
// as the segment description is there, the rest once the message is whole.
func TestSegmentOffered(t *testing.T) {
	whole := segmentInfo100k()
	for n := range len(whole) + 1 {
		got, ok := segmentOffered(Dissect(Request, whole[:n]))
		if want := n >= 130; ok != want || ok && got.hoHoDk != hoHoDk100k || (len(got.hashes) != 0) != (n == len(whole)) {
			t.Errorf("%d bytes: %t, %x, %d hashes", n, ok, got.hoHoDk, len(got.hashes))
		}
	}
}

func TestRespondMessage(t *testing.T) {
	for _, code := range []uint8{CodeOK, CodeInterested} {
		if diff := cmp.Diff(responseOf(code), Respond{code}.Message()); diff != "" {
			t.Error(diff)
		}
	}
}

func TestURLVersion(t *testing.T) {
	if PortV1 != 443 || PortV2 != 80 {
		t.Errorf("ports %d and %d", PortV1, PortV2)
	}
	for path, want := range map[string]uint8{
		"/C574AC30-5794-4AEE-B1BB-6651C5315029":  1,
		"/c574ac30-5794-4aee-b1bb-6651c5315029/": 1,
		"/0131501b-d67f-491b-9a40-c4bf27bcb4d4":  2,
		"/0131501B-D67F-491B-9A40-C4BF27BCB4D4/": 2,
		"/0131501b-d67f-491b-9a40-c4bf27bcb4d5":  0,
		"/C574AC30-5794-4AEE-B1BB-6651C531502":   0,
		"/":                                      0, "": 0,
	} {
		if got := URLVersion(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}
