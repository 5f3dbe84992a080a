package oxcfxics_test

import (
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/codec/oxcfxics"
	"github.com/hostedcache/pchc/internal/testutil"
)

var sink uint64

// decode decodes a GLOBSET to ranges.
func decode(b []byte) {
	g, err := oxcfxics.DecodeGlobset(b)
	if err != nil {
		return
	}
	for r := range g.All() {
		sink += r.High
	}
}

// set returns a set like that of a mailbox: some long runs, many short ones and
// single values.
func set(n int) []oxcfxics.Range {
	r := rand.New(rand.NewPCG(1, 2))
	var list []oxcfxics.Range
	at := uint64(0x7FFF00000000)
	for range n {
		at += 2 + r.Uint64N(300)
		size := r.Uint64N(4)
		if r.IntN(8) == 0 {
			size = r.Uint64N(2000)
		}
		list = append(list, oxcfxics.Range{Low: at, High: at + size})
		at += size
	}
	return list
}

func globset(t testing.TB, list []oxcfxics.Range) []byte {
	t.Helper()
	b, err := oxcfxics.AppendGlobset(nil, list)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkGlobset(b *testing.B) {
	in := globset(b, set(1000))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		decode(in)
	}
}

func BenchmarkAppendGlobset(b *testing.B) {
	list := set(1000)
	in := globset(b, list)
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := oxcfxics.AppendGlobset(in[:0], list); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRequest(b *testing.B) {
	in := bytesOf(b, "700001020209010100000000000008000300013603000236030003360300080e0300f40f0201e03f0201e13f0201270e")
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := oxcfxics.DecodeRequest(in); err != nil {
			b.Fatal(err)
		}
	}
}

// Accepting allocates nothing, rejecting one error.
func TestAllocs(t *testing.T) {
	in := globset(t, set(100))
	testutil.Allocs(t, 0, func() { decode(in) })
	testutil.Allocs(t, 1, func() { decode(in[:len(in)-1]) })
	pairs, err := oxcfxics.AppendIDSet(nil, oxcfxics.REPLGUID, []oxcfxics.Replica{{Ranges: set(100)}, {REPLGUID: oxcfxics.GUID{1}, Ranges: set(9)}})
	if err != nil {
		t.Fatal(err)
	}
	walk := func(b []byte) {
		s, _ := oxcfxics.DecodeIDSet(b, oxcfxics.REPLGUID)
		for p := range s.All() {
			for r := range p.Globset.All() {
				sink += r.Low
			}
		}
	}
	testutil.Allocs(t, 0, func() { walk(pairs) })
	testutil.Allocs(t, 1, func() { walk(pairs[:len(pairs)-1]) })
	s, _ := oxcfxics.DecodeIDSet(pairs, oxcfxics.REPLGUID)
	block := oxcfxics.AppendStateValue(nil, oxcfxics.CnsetSeen, s)
	testutil.Allocs(t, 0, func() {
		b, _ := oxcfxics.DecodeStateBlock(block)
		for v := range b.All() {
			sink += uint64(v.Property)
		}
	})
	testutil.Allocs(t, 1, func() { _, _ = oxcfxics.DecodeStateBlock(block[:len(block)-1]) })
	for _, v := range vectors(t) {
		b := bytesOf(t, v.Hex)
		if v.Kind != "rop_request" {
			continue
		}
		want := 1
		if v.WellFormed {
			want = 0
		}
		testutil.Allocs(t, want, func() { _, _ = oxcfxics.DecodeRequest(b) })
	}
	u := oxcfxics.Upload{Context: oxcfxics.ContentsDownload, CnsetSeen: s, MaxStreamData: 10}
	testutil.Allocs(t, 0, func() {
		for q := range u.Requests() {
			sink += uint64(q.RopID)
		}
	})
}
