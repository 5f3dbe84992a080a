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

// segmentInfo encodes a SEGMENT_INFO_MESSAGE with the hashes of these blocks of a segment,
// or of all.
func segmentInfo(t *testing.T, size uint32, seed byte, listed ...byte) (message, hoHoDk []byte) {
	t.Helper()
	hash := func(i byte) []byte { return bytes.Repeat([]byte{seed, i}, 16) }
	var all, some []byte
	for i := range byte((size + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1) {
		all = append(all, hash(i)...)
	}
	for _, i := range listed {
		some = append(some, hash(i)...)
	}
	if len(listed) == 0 {
		some = all
	}
	hod, err := pccrc.SHA256.AppendHash(nil, all)
	if err != nil {
		t.Fatal(err)
	}
	v := pccrc.NewV1(pccrc.SHA256)
	err = v.Append(pccrc.SegmentFieldsV1{CbSegment: size, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: hod,
		SegmentSecret: pccrc.NewSecret(make([]byte, 32)), BlockHashes: some})
	if err != nil {
		t.Fatal(err)
	}
	m := codec.NewSegmentInfoMessage(1, codec.ContentTag{}, v)
	if message, err = m.MarshalBinary(); err != nil {
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

// TestWindows: what Windows answers and ignores is answered and ignored, at its URL.
func TestWindows(t *testing.T) {
	info, hoHoDk := segmentInfo(t, 1, 1)
	with := func(b []byte, at int, v byte) []byte {
		b = bytes.Clone(b)
		b[at] = v
		return b
	}
	batch := generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes
	for _, c := range []struct {
		path    string
		message []byte
		windows string
	}{
		{codec.PathV1, with(info, 32, 9), ok},
		{codec.PathV1, with(info, 34, 9), ok},
		{codec.PathV1, with(info, 46, 0), ok},
		{codec.PathV1, with(info, 46, 2), ""},
		{codec.PathV1, with(info, 34, 9)[:len(info)-1], ""},
		{codec.PathV2, with(info, 32, 9), ""},
		{codec.PathV2, with(batch, 42, 0xFE), ok},
		{codec.PathV1, with(batch, 42, 0xFE), ""},
		{codec.PathV2, batch[:16], ""},
		{codec.PathV2, batch[:74], ""},
	} {
		for _, windows := range []bool{false, true} {
			cache := Cache{Windows: windows, Offered: func(Offer) { t.Error("an offer in a malformed message") }}
			want, wantStatus := "", 400
			if windows && c.windows != "" {
				want, wantStatus = c.windows, 200
			}
			if status, body := post(&cache, c.path, c.message); status != wantStatus || body != want {
				t.Errorf("Windows %t, %x: %d %s, want %d %s", windows, c.message, status, body, wantStatus, want)
			}
			if cache.Complete(hoHoDk) {
				t.Errorf("%x is not ignored", c.message)
			}
		}
	}
}

func TestTellsOfOffers(t *testing.T) {
	var offers []Offer
	cache := Cache{Offered: func(o Offer) {
		o.HoHoDk = bytes.Clone(o.HoHoDk)
		offers = append(offers, o)
	}}
	info, hoHoDk := segmentInfo(t, 1, 9)
	for _, c := range []struct {
		message []byte
		want    string
	}{{initialOffer(t, hoHoDk), interested}, {info, ok}, {initialOffer(t, hoHoDk), ok}} {
		if status, answer := post(&cache, codec.PathV1, c.message); status != 200 || answer != c.want {
			t.Errorf("%x is answered %d %s, want %s", c.message, status, answer, c.want)
		}
	}
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
		{"POST", codec.PathV2, bytes.NewReader(make([]byte, codec.MaxRequestLen+1)), 413},
		{"POST", codec.PathV2, io.MultiReader(bytes.NewReader(make([]byte, codec.MaxRequestLen+1))), 413},
		{"POST", codec.PathV2, bytes.NewReader(make([]byte, codec.MaxRequestLen)), 400},
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
