package oracle_test

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// retrievalSeeds are the small messages of package pccrr's vectors: requests and
// responses.
func retrievalSeeds(t testing.TB) (requests, responses [][]byte) {
	for _, file := range []string{"pccrr", "ipxe-verdicts"} {
		asked, answered := vectorSeeds(t, "../../codec/pccrr/testdata/vectors/"+file+".jsonl", "pccrr-request")
		requests, responses = append(requests, asked...), append(responses, answered...)
	}
	// What the vectors have not, or only with long blocks.
	id := make([]byte, 32)
	blk := pccrr.MsgBlk{CryptoAlgoId: 2, ProtVer: pccrr.Version1, SegmentId: id[:5], Block: make([]byte, 16), VrfBlock: id[:3], IVBlock: id[:16]}
	plain := pccrr.MsgBlk{ProtVer: pccrr.Version2, SegmentId: id, Block: id[:7], ZeroPad2: [3]byte{1}}
	seg := pccrr.NewMsgSegList([16]byte{1}, pccrr.NewRanges(pccrr.Range{Index: 1, Count: 2}, pccrr.Range{Index: 9}))
	seg.ExtensibleBlob = []byte{0, 1, 3, 1, 0, 1, 0, 0, 9}
	get := pccrr.NewMsgGetSegList([16]byte{1}, pccrr.NewSegmentIDs(id, id[:1], nil))
	get.ExtensibleBlob = []byte{0, 1, 2, 0}
	versions := pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}
	for _, m := range []pccrr.Body{blk, plain, seg, get, pccrr.NewMsgNegoReq(versions), pccrr.NewMsgNegoResp(versions), pccrr.NewMsgBlk(id, 3)} {
		b, err := m.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		if m.MsgType().IsRequest() {
			requests = append(requests, b)
		} else {
			responses = append(responses, b)
		}
	}
	return requests, responses
}

// fixed makes Size and MsgSize right where they are there, so that what is behind
// them is looked at.
func fixed(b []byte, response bool) []byte {
	if response && len(b) >= 4 {
		binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	}
	if at := map[bool]int{false: 8, true: 12}[response]; len(b) >= at+4 {
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at+8))
	}
	return b
}

// Both readings agree on every changed byte of each seed, and every prefix.
func TestRetrieval(t *testing.T) {
	requests, responses := retrievalSeeds(t)
	for i, seed := range append(requests, responses...) {
		check, response := oracle.CheckRetrievalRequest, i >= len(requests)
		if response {
			check = oracle.CheckRetrievalResponse
		}
		try := func(b []byte) {
			if err := check(b); err != nil {
				t.Errorf("%x: %v", b[:min(len(b), 200)], err)
			}
		}
		try(seed)
		for n := 0; n <= len(seed); n += 1 + len(seed)/500 {
			try(bytes.Clone(seed[:n]))
			try(fixed(bytes.Clone(seed[:n]), response))
		}
		for at := range min(len(seed), 140) {
			for _, v := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 0x7F, 0x80, 0xFF} {
				b := bytes.Clone(seed)
				b[at] = v
				try(b)
			}
		}
		for n := range 9 {
			try(append(bytes.Clone(seed), make([]byte, n)...))
			try(fixed(append(bytes.Clone(seed), make([]byte, n)...), response))
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// Both readings agree on messages with several changes.
func TestRetrievalMutated(t *testing.T) {
	requests, responses := retrievalSeeds(t)
	r := rand.New(rand.NewPCG(5, 6))
	accepted := 0
	for range 60_000 {
		seeds, check, response := requests, oracle.CheckRetrievalRequest, r.IntN(2) == 0
		if response {
			seeds, check = responses, oracle.CheckRetrievalResponse
		}
		seed := seeds[r.IntN(len(seeds))]
		if len(seed) == 0 || len(seed) > 1200 {
			continue
		}
		b := bytes.Clone(seed)
		for range r.IntN(4) {
			switch at := r.IntN(len(b)); r.IntN(5) {
			case 0:
				b = append(b[:at], b[min(len(b), at+r.IntN(9)):]...)
			case 1:
				b = append(b[:at:at], append(make([]byte, r.IntN(9)), b[at:]...)...)
			case 2:
				b[min(at, 80)%len(b)] = byte(r.IntN(20))
			default:
				b[at] = byte(r.Uint32())
			}
			if len(b) == 0 {
				b = append(b, 1)
			}
		}
		if r.IntN(4) > 0 {
			fixed(b, response)
		}
		if err := check(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if _, ok := pccrr.CheckRequest(b); ok != response && ok {
			accepted++
		}
	}
	if accepted < 1000 {
		t.Errorf("%d requests were accepted", accepted)
	}
}
