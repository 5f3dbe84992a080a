package http

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// patient are options for a machine that has much else to do.
var patient = Options{Timeout: 20 * time.Second, Slow: 20 * time.Second}

// open opens a session that the test closes.
func open(t testing.TB, url string, o Options) *session {
	t.Helper()
	tg, err := New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, s.(*session)) })
	return s.(*session)
}

// shut closes a session.
func shut(t testing.TB, s *session) {
	t.Helper()
	if s.t == nil {
		return // it is closed already
	}
	conns := &s.t.conns
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if n := len(*conns); n > 0 {
		t.Errorf("%d connections are open after the session is closed", n)
	}
}

// found is something reported.
type found struct {
	c target.Case
	*fuzz.Difference
}

// try tries cases in batches, as a campaign does, and returns what is reported.
func try(t testing.TB, s target.Session, cases []target.Case, batch int) (all []found) {
	t.Helper()
	for len(cases) > 0 {
		n := min(batch, len(cases))
		tried, err := s.Try(context.Background(), cases[:n], func(i int, d *fuzz.Difference) {
			all = append(all, found{cases[i], d})
		})
		if err != nil || tried != n {
			t.Fatalf("tried %d of %d: %v", tried, n, err)
		}
		cases = cases[n:]
	}
	return all
}

// campaign returns a campaign's cases: n valid and n nearly valid ones, and
// every part-th of the systematic ones; in short runs a fifth of many.
func campaign(n, part int) (cases []target.Case) {
	if testing.Short() && n >= 200 {
		n, part = n/5, 5*part
	}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	for range n {
		cases = append(cases, target.NewCase(generate.Valid(rng, spec.Request)), target.NewCase(broken(rng, rules[rng.IntN(len(rules))])))
	}
	i := 0
	for m := range generate.Systematic(spec.Request) {
		if i++; i%part == 0 {
			cases = append(cases, target.NewCase(m.Clone()))
		}
	}
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	return cases
}

// rules are those that requests can break, and formatRules those of them that
// make a message malformed.
var rules, formatRules = func() (all, format []string) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, rule := range generate.Rules() {
		requirement, _ := spec.RequirementByID(rule)
		for range 20 {
			if generate.Broken(rng, rule).Kind != spec.Request {
				continue
			}
			all = append(all, rule)
			if requirement.Class == spec.Format {
				format = append(format, rule)
			}
			break
		}
	}
	return all, format
}()

// broken returns a request that breaks a rule.
func broken(rng *rand.Rand, rule string) fuzz.Message {
	for {
		if m := generate.Broken(rng, rule); m.Kind == spec.Request {
			return m
		}
	}
}

// Servers that do nothing wrong, each in its own way. Nothing may be said of
// them.
var rightServers = map[string]func(t *testing.T) (url string){
	"the example": func(t *testing.T) string {
		server := httptest.NewServer(&hostedcache.Cache{})
		t.Cleanup(server.Close)
		return server.URL
	},
	"drops by closing": func(t *testing.T) string {
		return serve(t, func(_ target.Case, r reply) reply {
			r.drop = r.status != 200
			return r
		}).URL
	},
	"drops by 200 without a body": func(t *testing.T) string {
		return serve(t, func(_ target.Case, r reply) reply {
			r.status = 200
			return r
		}).URL
	},
	"drops by silence": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for {
				path, message, ok := next(r)
				if !ok {
					return
				}
				if out := b.right(path, message); out.status == 200 {
					fmt.Fprint(conn, raw(out))
				}
			}
		})
	},
	"drops by silence, and takes its time to close": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for {
				path, message, ok := next(r)
				if !ok {
					return
				}
				out := b.right(path, message)
				if out.status != 200 {
					_, _ = r.ReadByte() // until the client is fed up
					return
				}
				fmt.Fprint(conn, raw(out))
			}
		})
	},
	"HTTP/1.0, to the end of the connection": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			if path, message, ok := next(r); ok {
				out := b.right(path, message)
				fmt.Fprintf(conn, "HTTP/1.0 %d Whatever\r\n\r\n%s", out.status, out.body)
			}
		})
	},
	"one connection at a time": func(t *testing.T) string {
		var b reference
		var mu sync.Mutex
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			mu.Lock()
			defer mu.Unlock()
			for {
				path, message, ok := next(r)
				if !ok {
					return
				}
				fmt.Fprint(conn, raw(b.right(path, message)))
			}
		})
	},
	"three connections at a time, and silence": func(t *testing.T) string {
		var b reference
		places := make(chan struct{}, 3)
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			places <- struct{}{}
			defer func() { <-places }()
			for {
				path, message, ok := next(r)
				if !ok {
					return
				}
				if out := b.right(path, message); out.status == 200 {
					fmt.Fprint(conn, raw(out))
				}
			}
		})
	},
	"closes kept connections unasked": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for range 7 {
				path, message, ok := next(r)
				if !ok {
					return
				}
				fmt.Fprint(conn, raw(b.right(path, message)))
			}
		})
	},
	"says so when it closes a kept connection": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for range 5 {
				path, message, ok := next(r)
				if !ok {
					return
				}
				fmt.Fprint(conn, raw(b.right(path, message)))
			}
			fmt.Fprint(conn, "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n")
		})
	},
	"chunked": func(t *testing.T) string {
		var b reference
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := b.right(r.URL.Path, body(r))
			w.WriteHeader(out.status)
			for _, c := range out.body {
				_, _ = w.Write([]byte{c})
				w.(http.Flusher).Flush()
			}
		}))
		t.Cleanup(server.Close)
		return server.URL
	},
	"Connection: close": func(t *testing.T) string {
		return serve(t, func(_ target.Case, r reply) reply {
			r.closes = true
			return r
		}).URL
	},
	"informs first": func(t *testing.T) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(http.StatusProcessing)
			w.WriteHeader(http.StatusEarlyHints)
			(&hostedcache.Cache{}).ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		return server.URL
	},
	"remembers nothing": func(t *testing.T) string {
		return serve(t, func(c target.Case, r reply) reply {
			if c.Expected.Message == "INITIAL_OFFER_MESSAGE" && r.status == 200 {
				return respond(0, 0, 0, 1, 1)
			}
			return r
		}).URL
	},
	"forgets at random": func(t *testing.T) string {
		rng := rand.New(rand.NewPCG(7, 7))
		var mu sync.Mutex
		return serve(t, func(c target.Case, r reply) reply {
			mu.Lock()
			defer mu.Unlock()
			if c.Expected.Message == "INITIAL_OFFER_MESSAGE" && r.status == 200 && rng.IntN(8) == 0 {
				return respond(0, 0, 0, 1, 1)
			}
			return r
		}).URL
	},
	"has little memory": func(t *testing.T) string {
		server := httptest.NewServer(&hostedcache.Cache{MaxBytes: 1})
		t.Cleanup(server.Close)
		return server.URL
	},
	"answers whatever is valid on both URLs": func(t *testing.T) string {
		var b reference
		return serve(t, func(c target.Case, r reply) reply {
			if c.Expected.Valid() {
				return b.right([]string{1: spec.PathV1, 2: spec.PathV2}[c.Bytes[1]], c.Bytes)
			}
			return r
		}).URL
	},
	"like Windows": func(t *testing.T) string {
		return serve(t, func(c target.Case, r reply) reply {
			if windowsAnswers(c) && r.status != 200 {
				return respond(0, 0, 0, 1, 0)
			}
			return r
		}).URL
	},
}

// windowsAnswers reports whether Windows would take a message.
func windowsAnswers(c target.Case) bool {
	server := spec.Server{Windows: true}
	if len(c.Bytes) < 2 {
		return false
	}
	_, responds := server.Receive(spec.Post{URL: c.Bytes[1]}, c.Bytes)[0].(spec.Respond)
	return responds
}

func body(r *http.Request) []byte {
	b := make([]byte, r.ContentLength)
	for n := 0; n < len(b); {
		m, err := r.Body.Read(b[n:])
		if n += m; err != nil {
			break
		}
	}
	return b
}

func TestHTTPFindsNothingWhereNothingIsWrong(t *testing.T) {
	cases := campaign(200, 10)
	t.Logf("%d messages", len(cases))
	for name, start := range rightServers {
		t.Run(name, func(t *testing.T) {
			url, cases := start(t), cases
			if strings.Contains(name, "silence") { // which takes time
				cases = cases[:100]
			}
			for _, path := range []string{spec.PathV1, spec.PathV2 + "/"} {
				s := open(t, url+path, patient)
				for _, f := range try(t, s, cases, 256) {
					t.Errorf("%s: %s of %d bytes: %v", path, f.c.Expected.Message, len(f.c.Bytes), f.Difference)
				}
				if s.Restarts() != 0 {
					t.Errorf("%d restarts", s.Restarts())
				}
				shut(t, s) // some serve one client at a time
			}
		})
	}
}

// A campaign may be repeated, and then the cache knows segments.
func TestHTTPFindsNothingTheSecondTime(t *testing.T) {
	server := serve(t, nil)
	cases := campaign(200, 20)
	for range 40 { // offers of known segments
		c, hoHoDk := shapes[0].segment()
		cases = append([]target.Case{initialOffer(hoHoDk)}, append(cases, c)...)
	}
	for range 2 {
		s := open(t, server.URL+spec.PathV1, patient)
		for _, f := range try(t, s, cases, 100) {
			t.Errorf("%s: %v", f.c.Expected.Message, f.Difference)
		}
	}
}

func TestHTTPTriesCasesOneByOneInAllStyles(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	var b reference
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen[r.Proto+" "+r.Header.Get("Content-Type")]++
		mu.Unlock()
		b.right(r.URL.Path, body(r)).send(w)
	}))
	defer server.Close()
	s := open(t, server.URL, patient)
	mu.Lock()
	clear(seen)
	mu.Unlock()
	if all := try(t, s, []target.Case{batchedOffer()}, 1); len(all) > 0 {
		t.Error(all)
	}
	mu.Lock()
	defer mu.Unlock()
	if seen["HTTP/1.0 application/octet-stream"] == 0 || seen["HTTP/1.1 application/octet-stream"] == 0 || seen["HTTP/1.1 "] == 0 {
		t.Error(seen)
	}
}

// Once a case that is tried alone has gone wrong, the others are tried in the
// style in which it did.
func TestHTTPKeepsToTheStyle(t *testing.T) {
	var b reference
	var mu sync.Mutex
	var said []string
	bad, other := batchedOffer(), tooMany()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message := string(body(r))
		if message == string(other.Bytes) {
			mu.Lock()
			said = append(said, r.Proto)
			mu.Unlock()
		}
		out := b.right(r.URL.Path, []byte(message))
		if message == string(bad.Bytes) && r.ProtoMinor == 0 {
			out = reply{status: 500}
		}
		out.send(w)
	}))
	defer server.Close()
	s := open(t, server.URL, patient)
	for _, tried := range []struct {
		c     target.Case
		wrong int
		said  []string
	}{
		{other, 0, []string{"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.1"}},
		{bad, 1, nil},
		{other, 0, []string{"HTTP/1.0"}},
		{bad, 1, nil},
	} {
		mu.Lock()
		said = nil
		mu.Unlock()
		all := try(t, s, []target.Case{tried.c}, 1)
		mu.Lock()
		if len(all) != tried.wrong || !slices.Equal(said, tried.said) {
			t.Errorf("%v, said in %q, want %q", all, said, tried.said)
		}
		mu.Unlock()
	}
}

// TestLongRequests: a hosted cache has to answer the longest request that violates
// no rule, and one as long that violates a sender rule, but nothing longer.
func TestLongRequests(t *testing.T) {
	s := open(t, serve(t, func(c target.Case, r reply) reply {
		if len(c.Bytes) > 200 {
			return reply{status: 413}
		}
		return r
	}).URL+spec.PathV1, patient)
	longest := func(blocks, padding int) target.Case {
		v := pccrc.NewV1(pccrc.SHA512)
		err := v.Append(pccrc.SegmentFieldsV1{CbSegment: pccrc.MaxSegmentSizeV1, CbBlockSize: pccrc.BlockSizeV1,
			SegmentHashOfData: make([]byte, 64), SegmentSecret: pccrc.NewSecret(make([]byte, 64)), BlockHashes: make([]byte, 64*blocks)})
		if err != nil {
			t.Fatal(err)
		}
		v.Padding = make([]byte, padding)
		m, err := codec.NewSegmentInfoMessage(80, codec.ContentTag{}, v).AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		return target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: m})
	}
	for _, c := range []struct {
		name  string
		c     target.Case
		found bool
	}{
		{"512 blocks", longest(512, 0), true}, {"511 blocks and padding", longest(511, 64), true},
		{"512 blocks and padding", longest(512, 1), false}, {"513 blocks", longest(513, 0), false},
	} {
		if got := try(t, s, []target.Case{c.c}, 1); (len(got) > 0) != c.found {
			t.Errorf("%s, dropped: %v", c.name, got)
		}
	}
}
