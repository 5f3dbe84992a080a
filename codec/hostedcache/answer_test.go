package hostedcache

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// shelf is a source with some blocks.
type shelf map[string][]uint32

func (s shelf) find(id []byte) (has blockSet, since time.Time) {
	for _, i := range s[string(id)] {
		has.add(i)
	}
	return has, time.Now().Add(-90 * time.Second)
}

func (s shelf) block(id []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
	m := pccrr.NewMsgBlk(id, index)
	m.Block = []byte{1, byte(index)}
	return m
}

func ranges(r ...uint32) (all pccrr.Ranges) {
	for ; len(r) > 0; r = r[2:] {
		all = all.Append(pccrr.Range{Index: r[0], Count: r[1]})
	}
	return all
}

func listOf(r pccrr.Ranges) (all []pccrr.Range) {
	for _, one := range r.All() {
		all = append(all, one)
	}
	return all
}

// Every well-formed request is answered, with what was asked for.
func TestRetrieval(t *testing.T) {
	here, odd, gone := string(bytes.Repeat([]byte{1}, 32)), string(bytes.Repeat([]byte{2}, 33)), []byte("nobody knows this one, of any length")
	s := shelf{here: {0, 1, 2, 7, 500, 510, 511}, odd: {3}}
	ask := func(request pccrr.Body) pccrr.Body {
		t.Helper()
		b, err := request.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := retrieval(b, s)
		if err != nil {
			t.Fatalf("%v: %v", request, err)
		}
		r, err := pccrr.DecodeResponseMessage(answer)
		if err != nil {
			t.Fatal(err)
		}
		m, err := r.DecodeBody()
		if err != nil {
			t.Fatal(err)
		}
		if !r.MessageHeader.MsgType.Answers(request.MsgType()) {
			t.Errorf("%v is answered with %v", request, m)
		}
		for _, v := range spec.Dissect(spec.RetrievalResponse, answer).Violations {
			if !strings.HasSuffix(v.Rule, "SegmentIdLength") { // it is that of the request
				t.Errorf("%v: the answer violates %s: %s", request, v.Rule, v.Detail)
			}
		}
		return m
	}
	for _, c := range []struct {
		id        string
		ask, want []uint32
		index     uint32 // of the block that MSG_GETBLKS gets
		block     bool
		next      uint32
	}{
		{here, []uint32{0, 512}, []uint32{0, 3, 7, 1, 500, 1, 510, 2}, 0, true, 1},
		{here, []uint32{2, 6}, []uint32{2, 1, 7, 1}, 2, true, 7},
		{here, []uint32{2, 5}, []uint32{2, 1}, 2, true, 7},
		{here, []uint32{511, 1, 0, 1, 0, 2}, []uint32{0, 2, 511, 1}, 0, true, 1},
		{here, []uint32{511, 1}, []uint32{511, 1}, 511, true, 0},
		{here, []uint32{3, 4}, nil, 3, false, 7},
		{here, []uint32{511, 1<<32 - 1}, []uint32{511, 1}, 511, true, 0},
		{here, []uint32{512, 1<<32 - 1}, nil, 512, false, 0},
		{here, []uint32{1<<32 - 1, 1<<32 - 1}, nil, 1<<32 - 1, false, 0},
		{here, []uint32{1, 0}, nil, 0, false, 0},
		{here, nil, nil, 0, false, 0},
		{odd, []uint32{0, 512}, []uint32{3, 1}, 0, false, 3},
		{string(gone), []uint32{0, 512}, nil, 0, false, 0},
		{"", []uint32{0, 512}, nil, 0, false, 0},
	} {
		l := ask(pccrr.NewMsgGetBlkList([]byte(c.id), ranges(c.ask...))).(pccrr.MsgBlkList)
		if diff := cmp.Diff(listOf(ranges(c.want...)), listOf(l.BlockRanges)); diff != "" || string(l.SegmentId) != c.id || l.NextBlockIndex != 0 {
			t.Errorf("%v: %v %s", c.ask, l, diff)
		}
		get := pccrr.NewMsgGetBlks([]byte(c.id), 0)
		get.ReqBlockRanges, get.DataForVrfBlock = ranges(c.ask...), []byte("x")
		b := ask(get).(pccrr.MsgBlk)
		if string(b.SegmentId) != c.id || b.BlockIndex != c.index || len(b.Block) > 0 != c.block || b.NextBlockIndex != c.next {
			t.Errorf("%v: %v", c.ask, b)
		}
	}

	// Segments: 0 and 1 are not there, 2, 3 and 300 are.
	ids := slices.Repeat([][]byte{gone}, 302)
	ids[2], ids[3], ids[300] = []byte(here), []byte(odd), []byte(here)
	request := pccrr.NewMsgGetSegList([16]byte{7}, pccrr.NewSegmentIDs(ids...))
	request.ExtensibleBlob = []byte("not an extensible blob")
	m := ask(request).(pccrr.MsgSegList)
	if diff := cmp.Diff(listOf(ranges(2, 2, 300, 1)), listOf(m.SegmentRanges)); diff != "" || m.RequestID != [16]byte{7} {
		t.Errorf("%v %s", m, diff)
	}
	blob, err := pccrr.DecodeExtensibleBlob(m.ExtensibleBlob)
	if err != nil || blob.Len() != 2 || blob.SegmentAgeUnits() != pccrr.Hundredths {
		t.Fatalf("%v %v", blob, err) // of 300 the index does not fit
	}
	for i, a := range blob.All() { // counted from the first segment that there is
		if int(a.SegmentIndex) != i || a.Age < 8900 || a.Age > 9000+60*100 {
			t.Errorf("age %d is %v", i, a)
		}
	}
	m = ask(pccrr.NewMsgGetSegList([16]byte{8}, pccrr.NewSegmentIDs(gone))).(pccrr.MsgSegList)
	if blob, err := pccrr.DecodeExtensibleBlob(m.ExtensibleBlob); m.SegmentRanges.Len() != 0 || err != nil || blob.Len() != 0 {
		t.Errorf("%v", m)
	}
	ids = slices.Repeat([][]byte{[]byte(here)}, 2729) // as many as fit
	m = ask(pccrr.NewMsgGetSegList([16]byte{9}, pccrr.NewSegmentIDs(ids...))).(pccrr.MsgSegList)
	if blob, err := pccrr.DecodeExtensibleBlob(m.ExtensibleBlob); m.SegmentRanges.At(0).Count != 2729 || err != nil || blob.Len() != pccrr.MaxSegmentAges {
		t.Errorf("%v", m)
	}

	// Versions: of another one only the answer is known.
	nego := pccrr.MsgNegoReq{ProtVer: pccrr.Version1, VersionRange: pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version{MinorVersion: 65535, MajorVersion: 1}}}
	get := pccrr.NewMsgGetBlks([]byte(here), 0)
	seg := pccrr.NewMsgGetSegList([16]byte{}, pccrr.NewSegmentIDs(gone))
	for _, v := range []pccrr.Version{{MajorVersion: 0}, {MajorVersion: 3}, {MajorVersion: 0xFEFE, MinorVersion: 0xFEFE}} {
		nego.ProtVer, get.ProtVer, seg.ProtVer = v, v, v
		for _, request := range []pccrr.Body{nego, get, seg} {
			if m, ok := ask(request).(pccrr.MsgNegoResp); !ok || m.VersionRange != versions {
				t.Errorf("version %v: %v", v, m)
			}
		}
	}
	for _, v := range []pccrr.Version{pccrr.Version1, pccrr.Version2, {MajorVersion: 2, MinorVersion: 1}} {
		nego.ProtVer, get.ProtVer = v, v
		if m, ok := ask(nego).(pccrr.MsgNegoResp); !ok || m.VersionRange != versions {
			t.Errorf("version %v: %v", v, m)
		}
		if _, ok := ask(get).(pccrr.MsgBlk); !ok {
			t.Errorf("version %v", v)
		}
	}
}

// What is malformed is dropped, what is too long too, by the cache and by a peer.
func TestDropsRequests(t *testing.T) {
	get, err := pccrr.NewMsgGetBlks(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, v byte) []byte {
		b := bytes.Clone(get)
		b[at] = v
		return b
	}
	blk, err := pccrr.NewMsgBlk(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	long := make([]byte, pccrr.MaxRequestSize)
	copy(long, get)
	binary.BigEndian.PutUint32(long[8:], uint32(len(long)))
	binary.BigEndian.PutUint32(long[64:], uint32(len(long)-len(get))) // SizeOfDataForVrfBlock
	for name, h := range map[string]http.Handler{"cache": &Cache{}, "peer": &Peer{}} {
		for _, c := range []struct {
			method, path string
			body         []byte
			want         int
		}{
			{"POST", pccrr.Path, get, 200},
			{"POST", strings.ToLower(pccrr.Path), get, 200},
			{"POST", strings.TrimSuffix(pccrr.Path, "/"), get, 200},
			{"POST", pccrr.Path + "deeper", get, 200},
			{"GET", pccrr.Path, nil, 405},
			{"PUT", pccrr.Path, get, 405},
			{"POST", "/", get, 404},
			{"POST", pccrr.Path, nil, 400},
			{"POST", pccrr.Path, get[:len(get)-1], 400},
			{"POST", pccrr.Path, append(bytes.Clone(get), 0), 400},
			{"POST", pccrr.Path, with(7, 8), 400},                     // MsgType
			{"POST", pccrr.Path, with(7, 5), 400},                     // of an answer
			{"POST", pccrr.Path, with(7, 6), 400},                     // of another request
			{"POST", pccrr.Path, with(7, 0), 400},                     // and MSG_NEGO_REQ has 8 bytes
			{"POST", pccrr.Path, with(15, 4), 400},                    // CryptoAlgoId
			{"POST", pccrr.Path, with(55, 2), 400},                    // ReqBlockRangeCount
			{"POST", pccrr.Path, with(19, 250), 400},                  // SizeOfSegmentID
			{"POST", pccrr.Path, with(3, 9), 200},                     // version
			{"POST", pccrr.Path, blk, 400},                            // an answer
			{"POST", pccrr.Path, long, 200},                           // as long as it may be
			{"POST", pccrr.Path, append(bytes.Clone(long), 0), 413},   // and longer
			{"POST", pccrr.Path, bytes.Repeat([]byte{0}, 1<<20), 413}, //
			{"POST", "/C574AC30-5794-4AEE-B1BB-6651C5315029", get, map[string]int{"cache": 400, "peer": 404}[name]},
		} {
			for _, body := range []io.Reader{bytes.NewReader(c.body), io.MultiReader(bytes.NewReader(c.body))} {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(c.method, c.path, body))
				if w.Code != c.want || w.Body.Len() > 0 != (c.want == 200) {
					t.Errorf("%s: %s %s with %d bytes: %d, and %d bytes; want %d", name, c.method, c.path, len(c.body), w.Code, w.Body.Len(), c.want)
				}
			}
		}
	}
	for cut := range get {
		if _, err := retrieval(get[:cut], shelf{}); err == nil {
			t.Errorf("%d bytes of a request are answered", cut)
		}
	}
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
	for busy, want := range map[int32]bool{63: true, 64: false, 65: false} {
		peer.server.clients.Store(busy)
		w := httptest.NewRecorder()
		peer.ServeHTTP(w, httptest.NewRequest("POST", pccrr.Path, bytes.NewReader(get)))
		m, err := pccrr.DecodeMsgBlk(w.Body.Bytes())
		if err != nil || len(m.Block) > 0 != want || !bytes.Equal(m.SegmentId, info.AppendHoHoDk(nil, 0)) {
			t.Errorf("while %d ask: %v %v", busy, m, err)
		}
		if got := peer.server.clients.Load(); got != busy {
			t.Errorf("%d are under way, not %d", got, busy)
		}
	}
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
				m := peer.block(id, i, pccrr.CryptoAlgoId(wish))
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
		if m := peer.block(id, uint32(i), 1); len(m.Block) > 0 != want {
			t.Errorf("block %d: %v", i, m)
		}
	}
	peer.Remove(info)
	if has, _ := peer.find(id); has.len() != 0 || len(peer.block(id, 0, 1).Block) > 0 {
		t.Error("it is still there")
	}
	peer.Add(info, bytes.NewReader(b[:70000])) // cut short
	for i, want := range []bool{true, false, false} {
		if m := peer.block(id, uint32(i), 1); len(m.Block) > 0 != want {
			t.Errorf("block %d of a shorter content: %v", i, m)
		}
	}
}

// Whatever comes, an answer is well formed and fits, and there is one to each well-formed
// request.
func TestRetrievalOfAnything(t *testing.T) {
	id := bytes.Repeat([]byte{1}, 32)
	s := shelf{string(id): {0, 3, 511}}
	var seeds [][]byte
	for _, m := range []pccrr.Body{
		pccrr.NewMsgGetBlks(id, 3), pccrr.NewMsgGetBlkList(id, ranges(0, 512, 9, 1)), pccrr.NewMsgGetSegList([16]byte{1}, pccrr.NewSegmentIDs(id, id, id[:0])),
		pccrr.MsgNegoReq{ProtVer: pccrr.Version1, VersionRange: versions},
	} {
		b, err := m.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	answered := map[bool]int{}
	for range 50_000 {
		b := bytes.Clone(seeds[rng.IntN(len(seeds))])
		for range rng.IntN(3) {
			b[rng.IntN(len(b))] = byte(rng.Uint32() >> (rng.UintN(5) * 8))
		}
		if rng.IntN(8) == 0 {
			b = b[:rng.IntN(len(b))]
		}
		answer, err := retrieval(b, s)
		_, ok := pccrr.CheckRequest(b)
		if answered[err == nil]++; ok && err != nil {
			t.Fatalf("%x is well formed: %v", b, err)
		}
		if err != nil {
			continue
		}
		request, err := pccrr.DecodeRequestMessage(b)
		if err != nil || !ok && versions.Supports(request.MessageHeader.ProtVer) {
			t.Fatalf("%x is malformed, and answered", b)
		}
		if e, ok := pccrr.CheckResponse(answer); !ok {
			t.Fatalf("%x is answered with %x: %v", b, answer, e)
		}
		if r, err := pccrr.DecodeResponseMessage(answer); err != nil || !r.MessageHeader.MsgType.Answers(request.MessageHeader.MsgType) {
			t.Fatalf("%x is answered with %x", b, answer)
		}
	}
	if answered[true] < 1000 || answered[false] < 1000 {
		t.Errorf("%v", answered)
	}
}
