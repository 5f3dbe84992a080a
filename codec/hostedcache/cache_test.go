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

// described is a segment with the block hashes that make its HoD.
type described struct {
	algorithm pccrc.HashAlgorithm
	size      uint32
	hashes    [][]byte
	hod       []byte
}

// describe makes up a segment of size bytes.
func describe(t *testing.T, algorithm pccrc.HashAlgorithm, size uint32, seed byte) described {
	t.Helper()
	d := described{algorithm: algorithm, size: size}
	for i := range (size + pccrc.BlockSizeV1 - 1) / pccrc.BlockSizeV1 {
		d.hashes = append(d.hashes, bytes.Repeat([]byte{seed, byte(i)}, algorithm.Size()/2))
	}
	var err error
	if d.hod, err = algorithm.AppendHash(nil, bytes.Join(d.hashes, nil)); err != nil {
		t.Fatal(err)
	}
	return d
}

// info encodes a SEGMENT_INFO_MESSAGE that says the segment has size bytes, lists
// these of its hashes, and begins at offset; and returns its HoHoDk.
func (d *described) info(t *testing.T, size, offset uint32, hashes ...[]byte) (message, hoHoDk []byte) {
	t.Helper()
	v := pccrc.NewV1(d.algorithm)
	v.DwOffsetInFirstSegment = offset
	s := pccrc.SegmentFieldsV1{
		CbSegment: size, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: d.hod, SegmentSecret: pccrc.NewSecret(make([]byte, d.algorithm.Size())),
		BlockHashes: bytes.Join(hashes, nil),
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

// segmentInfo encodes a SEGMENT_INFO_MESSAGE with all that there is of a segment
// of size bytes.
func segmentInfo(t *testing.T, size uint32, seed byte) (message, hoHoDk []byte) {
	t.Helper()
	d := describe(t, pccrc.SHA256, size, seed)
	return d.info(t, size, 0, d.hashes...)
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

// A list of block hashes is complete only if the HoD proves it: whatever a client
// leaves out, repeats, moves or claims.
func TestRemembersSegments(t *testing.T) {
	const block = pccrc.BlockSizeV1
	for _, algorithm := range []pccrc.HashAlgorithm{pccrc.SHA256, pccrc.SHA384, pccrc.SHA512} {
		three := describe(t, algorithm, 3*block, 7)
		a, b, c := three.hashes[0], three.hashes[1], three.hashes[2]
		x := bytes.Repeat([]byte{0xEE}, algorithm.Size())
		type info struct {
			size, offset uint32
			hashes       [][]byte
		}
		all := info{3 * block, 0, three.hashes}
		for name, test := range map[string]struct {
			infos    []info
			complete bool
		}{
			"nothing":                             {nil, false},
			"all":                                 {[]info{all}, true},
			"all, in the last block":              {[]info{{3*block - 1, 2 * block, three.hashes}}, true},
			"one too few":                         {[]info{{3 * block, 0, [][]byte{a, b}}}, false},
			"the last one only":                   {[]info{{3 * block, 2 * block, [][]byte{c}}}, false},
			"in two parts":                        {[]info{{3 * block, 2 * block, [][]byte{c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"in two parts that overlap":           {[]info{{3 * block, block, [][]byte{b, c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"a part, then all":                    {[]info{{3 * block, block, [][]byte{b, c}}, all}, true},
			"all, then a part":                    {[]info{all, {3 * block, block, [][]byte{x}}}, true},
			"all, then lies":                      {[]info{all, {3 * block, 0, [][]byte{x, x, x}}, {block, 0, [][]byte{x}}}, true},
			"lies":                                {[]info{{3 * block, 0, [][]byte{x, x, x}}}, false},
			"lies, then all":                      {[]info{{3 * block, 0, [][]byte{x, x, x}}, all}, true},
			"lies, then all in parts":             {[]info{{3 * block, 0, [][]byte{x, x, x}}, {3 * block, 2 * block, [][]byte{c}}, {3 * block, 0, [][]byte{a, b}}}, true},
			"a part that is elsewhere":            {[]info{{3 * block, 0, [][]byte{b, c}}, {3 * block, 2 * block, [][]byte{c}}}, false},
			"a segment that is said to be short":  {[]info{{1, 0, [][]byte{a}}}, false},
			"a segment that is said to be long":   {[]info{{4 * block, 0, three.hashes}}, false},
			"the same, then all":                  {[]info{{4 * block, 0, three.hashes}, all}, true},
			"short, then all":                     {[]info{{1, 0, [][]byte{a}}, all}, true},
			"more than there are":                 {[]info{{3 * block, 0, [][]byte{a, b, c, x, x}}}, true},
			"in another order":                    {[]info{{3 * block, 0, [][]byte{a, c, b}}}, false},
			"no bytes":                            {[]info{{0, 0, [][]byte{a}}}, false},
			"more than a segment can have":        {[]info{{1<<32 - 1, 0, three.hashes}}, false},
			"the offset is outside of it, though": {[]info{{3 * block, 4 * block, three.hashes}}, true},
		} {
			var cache Cache
			_, hoHoDk := three.info(t, 1, 0, a)
			for _, i := range test.infos {
				m, _ := three.info(t, i.size, i.offset, i.hashes...)
				if status, body := post(&cache, codec.PathV1, m); status != 200 || body != ok {
					t.Errorf("%s: SEGMENT_INFO_MESSAGE is answered %d %s", name, status, body)
				}
			}
			want := interested
			if test.complete {
				want = ok
			}
			if status, body := post(&cache, codec.PathV1, initialOffer(t, hoHoDk)); status != 200 || body != want {
				t.Errorf("%v, %s: INITIAL_OFFER_MESSAGE is answered %d %s, want %s", algorithm, name, status, body, want)
			}
		}
	}
}

// What clients claim costs no more memory than what they send, within the limit.
func TestMemoryIsBounded(t *testing.T) {
	d := describe(t, pccrc.SHA512, 1, 1)
	cache := Cache{MaxBytes: 1 << 20}
	for i := range 200 {
		d.hod[0] = byte(i)
		list := make([][]byte, 1+i*2)
		for j := range list {
			list[j] = d.hod
		}
		for _, size := range []uint32{1<<32 - 1, 7, pccrc.MaxSegmentSizeV1} {
			m, _ := d.info(t, size, size-1, list...)
			post(&cache, codec.PathV1, m)
		}
		if sum := 0; cache.bytes > cache.MaxBytes || len(cache.oldest) != len(cache.lists) {
			t.Fatalf("%d bytes, %d and %d segments", cache.bytes, len(cache.oldest), len(cache.lists))
		} else {
			for _, s := range cache.lists {
				sum += s.bytes
			}
			if sum != cache.bytes {
				t.Fatalf("%d bytes, not %d", sum, cache.bytes)
			}
		}
	}
	if len(cache.lists) < 10 || len(cache.lists) == 200 {
		t.Errorf("%d segments are known", len(cache.lists))
	}
}

// TestWindows: what Windows answers and ignores is answered and ignored, at its URL.
func TestWindows(t *testing.T) {
	d := describe(t, pccrc.SHA256, 1, 1)
	info, hoHoDk := d.info(t, 1, 0, d.hashes...)
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

func TestForgetsTheOldest(t *testing.T) {
	cache := Cache{MaxBytes: 3000}
	var keys [][]byte
	for i := range 30 {
		m, hoHoDk := segmentInfo(t, 4*pccrc.BlockSizeV1, byte(i))
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
	if known < 2 || known == len(keys) || len(cache.oldest) != known || len(cache.lists) != known {
		t.Errorf("%d segments are known, of %d and %d", known, len(cache.oldest), len(cache.lists))
	}
}

func TestTellsOfOffers(t *testing.T) {
	var offers []Offer
	cache := Cache{Offered: func(o Offer) {
		o.HoHoDk = bytes.Clone(o.HoHoDk)
		offers = append(offers, o)
	}}
	info, hoHoDk := segmentInfo(t, 1, 9)
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
