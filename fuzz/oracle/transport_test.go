package oracle_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// hashSeeds are the buffers of package smb2hash's vectors: the requests and the
// responses.
func hashSeeds(t testing.TB) (requests, responses [][]byte) {
	return vectorSeeds(t, "../../codec/smb2hash/testdata/smb2-hash.jsonl", "smb2-read-hash-request")
}

// headerSeeds are fields for CheckPeerDist.
var headerSeeds = []string{
	"gzip, deflate, peerdist\nVersion=1.1\nMinContentInformation=1.0, MaxContentInformation=2.0",
	"peerdist\nVersion=1.0, ContentLength=5, MissingDataRequest=true\nMakeHashRequest=true,HashRequest=False",
	"peerdist;q=0.0\n Version = 01.10 ,, x=1\nMaxContentInformation=999.0",
	"identity, PeerDist\nContentLength=7\nMinContentInformation=2.0",
	"", "\n=\n", "peerdist\n,\n",
	"peerd\u0130st\nVersion=1.1\nMa\u212aeHashRequest=true", // letters that are ASCII in lower case
}

// Both readings agree on every changed byte of each seed, and every prefix.
func TestHashBuffers(t *testing.T) {
	requests, responses := hashSeeds(t)
	check := func(b []byte, request bool) {
		err := oracle.CheckHashResponses(b)
		if request {
			err = oracle.CheckHashRequest(b)
		}
		if err != nil {
			t.Errorf("%x: %v", b, err)
		}
	}
	for i, seed := range append(requests, responses...) {
		request := i < len(requests)
		for n := range len(seed) + 1 {
			check(seed[:n:n], request)
		}
		for at := range seed {
			for _, v := range []byte{0, 1, 2, 3, 36, 74, 0x7F, 0x80, 0xFF} {
				b := bytes.Clone(seed)
				b[at] = v
				check(b, request)
			}
		}
		check(append(bytes.Clone(seed), 7), request)
	}
}

// mended writes to the counts of a response what they should be, each with some
// probability, so that what is behind them is looked at.
func mended(r *rand.Rand, b []byte) []byte {
	head := 16 + 8*r.IntN(2)
	if len(b) < head {
		return b
	}
	put := func(at, v int) {
		if at+4 <= len(b) && r.IntN(4) > 0 {
			b[at], b[at+1], b[at+2], b[at+3] = byte(v), byte(v>>8), byte(v>>16), 0
		}
	}
	put(head-8, len(b)-head)
	put(head+28, [2]int{r.IntN(120), len(b) - head + r.IntN(3) - 1}[r.IntN(2)])
	if r.IntN(2) == 0 {
		put(head+24, r.IntN(len(b)))
	}
	return b
}

// Both readings agree on buffers with several changes.
func TestHashBuffersMutated(t *testing.T) {
	_, responses := hashSeeds(t)
	r := rand.New(rand.NewPCG(1, 2))
	accepted := 0
	for range 60_000 {
		b := bytes.Clone(responses[r.IntN(len(responses))])
		for range 1 + r.IntN(3) {
			switch at := r.IntN(len(b)); r.IntN(5) {
			case 0:
				b = append(b[:at], b[min(len(b), at+r.IntN(9)):]...)
			case 1:
				b = append(b[:at:at], append(make([]byte, r.IntN(9)), b[at:]...)...)
			case 2:
				b[min(at, 60)%len(b)] = byte(r.IntN(4))
			default:
				b[at] = byte(r.Uint32())
			}
			if len(b) == 0 {
				b = append(b, 1)
			}
		}
		b = mended(r, b)
		form := uint16(r.IntN(3))
		if err := oracle.CheckHashResponse(b, form); err != nil {
			t.Fatalf("form %d, %x: %v", form, b, err)
		}
		if _, ok := smb2hash.CheckReadHashResponse(b, smb2hash.HashRetrievalType(form)); ok {
			accepted++
		}
	}
	if accepted < 1000 {
		t.Errorf("%d buffers were accepted", accepted)
	}
}

// Both readings agree on header fields put together from parts.
func TestPeerDistMutated(t *testing.T) {
	parts := strings.Split("Version|ContentLength|MissingDataRequest|MinContentInformation|MaxContentInformation|MakeHashRequest|HashRequest|"+
		"version|=|=|=|=|,|,|,| |\t|\n|1.0|1.1|2.0|1.23|01.0|4294967295.1|4294967296.0|0.0|1.|.1|7|9223372036854775807|9223372036854775808|true|false|TRUE|x|"+
		"peerdist|PeerDist|gzip|identity|;q=0|;q=0.00|;q=0.5|; Q = 0|peerdist\nVersion=1.1|\nVersion=1.1, ContentLength=5|,MaxContentInformation=2.0|MinContentInformation=1.0", "|")
	r := rand.New(rand.NewPCG(3, 4))
	for range 200_000 {
		var b []byte
		for range r.IntN(16) {
			b = append(b, parts[r.IntN(len(parts))]...)
		}
		if err := oracle.CheckPeerDist(b); err != nil {
			t.Fatalf("%q: %v", b, err)
		}
	}
	for _, seed := range headerSeeds {
		for at := range seed {
			for v := range 128 {
				b := []byte(seed)
				b[at] = byte(v)
				if err := oracle.CheckPeerDist(b); err != nil {
					t.Fatalf("%q: %v", b, err)
				}
			}
		}
	}
}

func FuzzPeerDist(f *testing.F) {
	for _, text := range headerSeeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := oracle.CheckPeerDist(b); err != nil {
			t.Error(err)
		}
	})
}
