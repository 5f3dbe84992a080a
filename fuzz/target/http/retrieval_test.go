package http

import (
	"bytes"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// contents returns a content with Content Information of both versions.
func contents(t *testing.T) (content []byte, both []pccrc.ContentInformation) {
	t.Helper()
	content = make([]byte, 3*pccrc.BlockSizeV1+1000)
	_, _ = rand.NewChaCha8([32]byte{}).Read(content)
	var maker pccrc.Maker
	v1, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	v2, err := maker.V2(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return content, []pccrc.ContentInformation{v1, v2}
}

// retrievalCases returns a campaign's cases, with those that a target adds.
func retrievalCases(tg target.Target, n int) (cases []target.Case) {
	rng := rand.New(rand.NewPCG(1, 2))
	var rules []string
	for _, rule := range generate.Rules() {
		if slices.Contains(generate.Kinds(rule), spec.RetrievalRequest) {
			rules = append(rules, rule)
		}
	}
	for _, m := range tg.(target.Seeder).Seeds() {
		cases = append(cases, target.NewCase(m))
	}
	for range n {
		cases = append(cases, target.NewCase(generate.Valid(rng, spec.RetrievalRequest)), target.NewCase(generate.BrokenAs(rng, spec.RetrievalRequest, rules[rng.IntN(len(rules))])))
	}
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	return cases
}

// TestRetrieval: nothing is reported of a peer and a hosted cache that do as they must,
// and every block that is asked for is verified.
func TestRetrieval(t *testing.T) {
	content, both := contents(t)
	peer := new(client.Peer)
	for _, info := range both {
		peer.Add(info, bytes.NewReader(content))
	}
	for name, server := range map[string]http.Handler{"peer": peer, "hosted cache": &hostedcache.Cache{}} {
		t.Run(name, func(t *testing.T) {
			blocks := 0
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				recorded := httptest.NewRecorder()
				server.ServeHTTP(recorded, r)
				if m, err := pccrr.DecodeMsgBlk(recorded.Body.Bytes()); err == nil && len(m.Block) > 0 {
					blocks++
				}
				w.Header().Set("Content-Type", recorded.Header().Get("Content-Type"))
				w.WriteHeader(recorded.Code)
				_, _ = w.Write(recorded.Body.Bytes())
			}))
			defer s.Close()
			o := patient
			o.Content, o.Concurrency = both, 1
			tg, err := New(s.URL+pccrr.Path, o)
			if err != nil {
				t.Fatal(err)
			}
			session, err := tg.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer session.Close()
			n := 400
			if testing.Short() {
				n = 100
			}
			for _, f := range try(t, session, retrievalCases(tg, n), 64) {
				text, _ := f.c.MarshalText()
				t.Errorf("%v\n%.300s", f.Difference, text)
			}
			if (blocks > 20) != (name == "peer") {
				t.Errorf("%d blocks were sent", blocks)
			}
		})
	}
}

// TestRetrievalDamaged: a block with one other byte is reported, whichever byte of its
// cipher text that is, and no detail holds a key.
func TestRetrievalDamaged(t *testing.T) {
	content, both := contents(t)
	tg, err := New("http://127.0.0.1"+pccrr.Path, Options{Content: both})
	if err != nil {
		t.Fatal(err)
	}
	h := tg.(*endpoint)
	for _, info := range both {
		for i, s := range info.Segments() {
			block, _ := pccrr.InfoOf(s, 0)
			m := pccrr.NewMsgBlk(info.AppendHoHoDk(nil, i), 0)
			if err := m.Encrypt(nil, content[s.Start:][:block.Length], pccrr.CryptoAES128, s.SegmentSecret()); err != nil {
				t.Fatal(err)
			}
			b, err := m.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := h.judgeBlock(b); d != nil {
				t.Errorf("a right block: %v", d)
			}
			at := bytes.Index(b, m.Block)
			for _, offset := range []int{0, len(m.Block) / 2, block.Length - 1} {
				damaged := bytes.Clone(b)
				damaged[at+offset] ^= 1
				if d := h.judgeBlock(damaged); d == nil || d.Fault != fuzz.Mismatch || d.Requirement != hashRequirement {
					t.Errorf("byte %d of %d: %v", offset, len(m.Block), d)
				}
			}
			m.CryptoAlgoId = pccrr.CryptoAES256
			b, _ = m.AppendBinary(nil)
			if d := h.judgeBlock(b); d == nil || d.Requirement != keyRequirement {
				t.Errorf("another algorithm: %v", d)
			}
		}
	}
}
