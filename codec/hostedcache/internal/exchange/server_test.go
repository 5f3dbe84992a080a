package exchange

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/spec"
)

// shelf is a source with some blocks.
type shelf map[string][]uint32

func (s shelf) Find(id []byte) (has pccrr.BlockSet, since time.Time) {
	for _, i := range s[string(id)] {
		has.Add(i)
	}
	return has, time.Now().Add(-90 * time.Second)
}

func (s shelf) Block(id []byte, index uint32, _ pccrr.CryptoAlgoId) pccrr.MsgBlk {
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
		answer, err := Answer(b, s)
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
			if m, ok := ask(request).(pccrr.MsgNegoResp); !ok || m.VersionRange != Versions {
				t.Errorf("version %v: %v", v, m)
			}
		}
	}
	for _, v := range []pccrr.Version{pccrr.Version1, pccrr.Version2, {MajorVersion: 2, MinorVersion: 1}} {
		nego.ProtVer, get.ProtVer = v, v
		if m, ok := ask(nego).(pccrr.MsgNegoResp); !ok || m.VersionRange != Versions {
			t.Errorf("version %v: %v", v, m)
		}
		if _, ok := ask(get).(pccrr.MsgBlk); !ok {
			t.Errorf("version %v", v)
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
		pccrr.MsgNegoReq{ProtVer: pccrr.Version1, VersionRange: Versions},
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
		answer, err := Answer(b, s)
		_, ok := pccrr.CheckRequest(b)
		if answered[err == nil]++; ok && err != nil {
			t.Fatalf("%x is well formed: %v", b, err)
		}
		if err != nil {
			continue
		}
		request, err := pccrr.DecodeRequestMessage(b)
		if err != nil || !ok && Versions.Supports(request.MessageHeader.ProtVer) {
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
