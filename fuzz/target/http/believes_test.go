package http

import (
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// counting is a hosted cache that knows a segment when it has as many block hashes as
// cbSegment needs, whatever its HoD.
func counting() func(c target.Case, right reply) reply {
	var mu sync.Mutex
	known := map[string]bool{}
	return func(c target.Case, right reply) reply {
		mu.Lock()
		defer mu.Unlock()
		switch {
		case is(segment)(c):
			if m, err := codec.DecodeSegmentInfoMessage(c.Bytes); err == nil {
				for _, s := range m.SegmentInformation.All() {
					if uint32(s.Blocks.Len()) == (s.CbSegment()+pccrc.BlockSizeV1-1)/pccrc.BlockSizeV1 {
						known[string(m.SegmentInformation.AppendHoHoDk(nil, 0))] = true
					}
				}
			}
		case is(offer)(c) && known[string(c.Bytes[hashOffset:])]:
			return respond(0, 0, 0, 1, 0)
		}
		return right
	}
}

// A hosted cache that believes a client about the size of a segment is found.
func TestHTTPFindsWhoBelievesCbSegment(t *testing.T) {
	s := open(t, serve(t, counting()).URL+spec.PathV1, patient)
	all := try(t, s, campaign(120, 20), 256)
	if len(all) == 0 {
		t.Fatal("nothing was reported")
	}
	for _, f := range all {
		if f.Fault != fuzz.WrongCode || f.Requirement != "PCHC-3.1.5.1-Interested" || !is(segment)(f.c) {
			t.Errorf("%s: %v", f.c.Expected.Message, f.Difference)
		}
	}
}

// What the reference server makes of the same messages.
func TestConcealedBlock(t *testing.T) {
	for _, sh := range shapes {
		for more, want := range []uint8{spec.CodeOK, spec.CodeInterested} {
			var cache spec.Server
			c, hoHoDk := sh.segmentOf(more)
			o := initialOffer(hoHoDk)
			first := cache.Receive(spec.Post{URL: 1}, c.Bytes)[0]
			if then := cache.Receive(spec.Post{URL: 1}, o.Bytes)[0]; first != (spec.Respond{Code: spec.CodeOK}) || then != (spec.Respond{Code: want}) || len(c.Expected.Violations) > 0 {
				t.Errorf("%v, %d more: %v, %v, %v", sh, more, first, then, c.Expected.Violations)
			}
		}
	}
}
