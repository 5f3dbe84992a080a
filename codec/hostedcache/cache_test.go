package hostedcache

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// post posts a message, and returns status and body of the answer.
func post(c *Cache, path string, message []byte) (int, string) {
	w := httptest.NewRecorder()
	c.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, bytes.NewReader(message)))
	return w.Code, hex.EncodeToString(w.Body.Bytes())
}

// segmentInfo encodes a SEGMENT_INFO_MESSAGE for the blocks of a segment of
// size bytes from byte offset on, n hashes, and its HoHoDk.
func segmentInfo(t *testing.T, size, offset uint32, n int, seed byte) (message, hoHoDk []byte) {
	t.Helper()
	v := pccrc.NewV1(pccrc.SHA256)
	v.DwOffsetInFirstSegment = offset
	s := pccrc.SegmentFieldsV1{
		CbSegment: size, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: bytes.Repeat([]byte{seed}, 32), SegmentSecret: pccrc.NewSecret(bytes.Repeat([]byte{seed}, 32)),
		BlockHashes: bytes.Repeat([]byte{seed}, 32*n),
	}
	if err := v.Append(s); err != nil {
		t.Fatal(err)
	}
	m := codec.NewSegmentInfoMessage(1, codec.ContentTag{}, v)
	message, err := m.AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	return message, v.AppendHoHoDk(nil, 0)
}

func initialOffer(t *testing.T, hoHoDk []byte) []byte {
	t.Helper()
	m := codec.NewInitialOfferMessage(1, hoHoDk)
	b, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const (
	ok         = "0000000100"
	interested = "0000000101"
)

func TestRemembersSegments(t *testing.T) {
	type info struct {
		size, offset uint32
		n            int
	}
	const block = pccrc.BlockSizeV1
	for _, c := range []struct {
		name     string
		infos    []info
		complete bool
	}{
		{"nothing", nil, false},
		{"one block", []info{{1, 0, 1}}, true},
		{"three blocks", []info{{2*block + 1, 0, 3}}, true},
		{"one block too few", []info{{2*block + 1, 0, 2}}, false},
		{"the last block only", []info{{2 * block, block, 1}}, false},
		{"both halves", []info{{2 * block, block, 1}, {2 * block, 0, 1}}, true},
		{"the last block, then all", []info{{2 * block, block, 1}, {2 * block, 0, 2}}, true},
		{"from the start, though the range begins later", []info{{2 * block, block, 2}}, true},
		{"more than there are", []info{{block, 0, 5}}, true},
		{"a segment of no bytes", []info{{0, 0, 1}}, false},
		{"a segment that has become smaller", []info{{3 * block, 0, 3}, {block, 0, 1}}, true},
		{"a segment that has become larger", []info{{block, 0, 1}, {3 * block, 0, 1}}, false},
		{"a huge one", []info{{1<<32 - 1, 0, 2}}, false},
	} {
		var cache Cache
		_, hoHoDk := segmentInfo(t, 1, 0, 1, 7)
		for _, i := range c.infos {
			m, _ := segmentInfo(t, i.size, i.offset, i.n, 7)
			if status, body := post(&cache, codec.PathV1, m); status != 200 || body != ok {
				t.Errorf("%s: SEGMENT_INFO_MESSAGE is answered %d %s", c.name, status, body)
			}
		}
		want := interested
		if c.complete {
			want = ok
		}
		if status, body := post(&cache, codec.PathV1, initialOffer(t, hoHoDk)); status != 200 || body != want {
			t.Errorf("%s: INITIAL_OFFER_MESSAGE is answered %d %s, want %s", c.name, status, body, want)
		}
	}
}

func TestForgetsTheOldest(t *testing.T) {
	cache := Cache{MaxBytes: 3000}
	var keys [][]byte
	for i := range 30 {
		m, hoHoDk := segmentInfo(t, 4*pccrc.BlockSizeV1, 0, 4, byte(i))
		for range 2 { // the second time makes no difference
			post(&cache, codec.PathV1, m)
		}
		keys = append(keys, hoHoDk)
		if cache.bytes > cache.MaxBytes || !cache.Complete(hoHoDk) {
			t.Fatalf("%d bytes after %d segments", cache.bytes, i+1)
		}
	}
	known := 0
	for i, k := range keys {
		if cache.Complete(k) {
			known++
		} else if known > 0 {
			t.Errorf("segment %d is forgotten, an older one is not", i)
		}
	}
	if known < 2 || known == len(keys) || len(cache.oldest) != known || len(cache.segments) != known {
		t.Errorf("%d segments are known, of %d and %d", known, len(cache.oldest), len(cache.segments))
	}
}

func TestTellsOfOffers(t *testing.T) {
	var offers []Offer
	cache := Cache{Offered: func(o Offer) {
		o.HoHoDk = bytes.Clone(o.HoHoDk)
		offers = append(offers, o)
	}}
	info, hoHoDk := segmentInfo(t, 1, 0, 1, 9)
	post(&cache, codec.PathV1, initialOffer(t, hoHoDk))
	post(&cache, codec.PathV1, info)
	post(&cache, codec.PathV1, initialOffer(t, hoHoDk))
	m := codec.NewBatchedOfferMessage(77)
	for i := range 3 {
		if err := m.Append(codec.SegmentDescriptorFields{BlockSize: 1, SegmentSize: 1, HashAlgorithm: codec.HashSHA256, SegmentHoHoDk: [32]byte{byte(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	b, err := m.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	post(&cache, codec.PathV2, b)
	post(&cache, codec.PathV2, b[:len(b)-1])
	if len(offers) != 6 {
		t.Fatalf("%d offers", len(offers))
	}
	for i, known := range []bool{false, true, true, true, true, true} {
		if offers[i].Known != known || i < 3 && !bytes.Equal(offers[i].HoHoDk, hoHoDk) {
			t.Errorf("offer %d: %+v", i, offers[i])
		}
	}
	if o := offers[5]; o.Port != 77 || o.HoHoDk[0] != 2 || o.Client == "" {
		t.Errorf("%+v", o)
	}
}

func TestRefusesOtherRequests(t *testing.T) {
	var cache Cache
	batch := func() []byte {
		return generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes
	}
	for _, c := range []struct {
		method, path string
		body         io.Reader
		want         int
	}{
		{"POST", codec.PathV2, bytes.NewReader(batch()), 200},
		{"POST", strings.ToUpper(codec.PathV2) + "/", bytes.NewReader(batch()), 200},
		{"POST", codec.PathV1, bytes.NewReader(batch()), 400},
		{"POST", codec.PathV2, io.MultiReader(bytes.NewReader(batch())), 200}, // chunked
		{"POST", codec.PathV2, nil, 400},
		{"GET", codec.PathV2, nil, 405},
		{"POST", "/", bytes.NewReader(batch()), 404},
		{"POST", codec.PathV2, bytes.NewReader(make([]byte, MaxBody+1)), 413},
		{"POST", codec.PathV2, io.MultiReader(bytes.NewReader(make([]byte, MaxBody+1))), 413},
		{"POST", codec.PathV2, bytes.NewReader(make([]byte, MaxBody)), 400},
	} {
		w := httptest.NewRecorder()
		cache.ServeHTTP(w, httptest.NewRequest(c.method, c.path, c.body))
		if w.Code != c.want || (w.Body.Len() > 0) != (c.want == 200) {
			t.Errorf("%s %s: %d and %d bytes, want %d", c.method, c.path, w.Code, w.Body.Len(), c.want)
		}
	}
}

// Every vector of the corpus and thousands of messages like those of a
// campaign, held against MS-PCHC 3.1.5.
func TestACampaignFindsNothing(t *testing.T) {
	server := httptest.NewServer(&Cache{})
	defer server.Close()
	var messages []fuzz.Message
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range vectors {
		messages = append(messages, fuzz.Message{Kind: spec.Request, Bytes: v.Bytes})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	rules := generate.Rules()
	for range 1000 {
		messages = append(messages, generate.Valid(rng, spec.Request), generate.Broken(rng, rules[rng.IntN(len(rules))]))
	}
	i := 0
	for m := range generate.Systematic(spec.Request) {
		if i++; i%4 == 0 {
			messages = append(messages, m.Clone())
		}
	}
	rng.Shuffle(len(messages), func(i, j int) { messages[i], messages[j] = messages[j], messages[i] })
	for _, path := range []string{codec.PathV1, codec.PathV2} {
		tg, err := httptarget.New(server.URL+path, httptarget.Options{Strict: true, Timeout: 20 * time.Second, Slow: 20 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		session, err := tg.Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var cases []target.Case
		for _, m := range messages {
			cases = append(cases, target.NewCase(m))
		}
		tried, err := session.Try(context.Background(), cases, func(i int, d *fuzz.Difference) { t.Errorf("%s: %v", path, d) })
		if err != nil || tried != len(cases) {
			t.Errorf("tried %d of %d: %v", tried, len(cases), err)
		}
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	}
}
