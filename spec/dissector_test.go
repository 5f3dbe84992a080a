package spec

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
)

// What a Dissector has seen before does not show.
func TestDissector(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[corpus.Kind]Kind{corpus.Request: Request, corpus.Response: Response, corpus.Content: Content}
	var x Dissector
	check := func(id string, kind Kind, b []byte) {
		t.Helper()
		got := x.Dissect(kind, b)
		if len(got.Breaches) == 0 {
			got.Breaches = nil
		}
		if want := Dissect(kind, b); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	for _, v := range vectors {
		for _, n := range []int{len(v.Bytes), len(v.Bytes) / 2, min(len(v.Bytes), 17)} {
			check(v.ID, kinds[v.Kind], v.Bytes[:n])
		}
		if got, want := x.DissectResponse(v.Bytes, 3), DissectResponse(v.Bytes, 3); got.Message != want.Message || len(got.Breaches) != len(want.Breaches) {
			t.Errorf("%s: another response", v.ID)
		}
	}
	// More than it keeps memory for, and then little.
	check("large", ContentV2, v2of(make([]uint32, 5000)))
	check("large", ContentV2, append(v2of()[:31:31], bytes.Repeat([]byte{0, 0, 0, 0, 0}, 5000)...))
	check("small", Request, batchOf(1))
	check("none", Request, nil)
}

// It makes no tree anew: what is left is the words for values and breaches.
func TestDissectorAllocations(t *testing.T) {
	var x Dissector
	for _, c := range []struct {
		kind Kind
		b    []byte
		want int
	}{
		{Request, batchOf(1), 1},
		{Request, batchOf(128), 1},
		{Request, initialOffer32(), 0},
		{Request, batchOf(128)[:100], 4},
		{Response, responseOf(7)[:3], 2},
	} {
		x.Dissect(c.kind, c.b)
		x.Dissect(c.kind, c.b)
		testutil.Allocs(t, c.want, func() { x.Dissect(c.kind, c.b) })
	}
}
