package http

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

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
				path, message, ok := next(conn, r)
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
				path, message, ok := next(conn, r)
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
			if path, message, ok := next(conn, r); ok {
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
				path, message, ok := next(conn, r)
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
				path, message, ok := next(conn, r)
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
				path, message, ok := next(conn, r)
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
				path, message, ok := next(conn, r)
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
			message, err := io.ReadAll(r.Body)
			if err != nil || r.Method != http.MethodPost {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			out := b.right(r.URL.Path, message)
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
			if c.Expected.Valid() && r.status == 400 {
				return b.right([]string{1: spec.PathV1, 2: spec.PathV2}[c.Bytes[1]], c.Bytes)
			}
			return r
		}).URL
	},
	"like Windows": func(t *testing.T) string {
		return serve(t, func(c target.Case, r reply) reply {
			if windowsAnswers(c) && r.status == 400 {
				return respond(0, 0, 0, 1, 0)
			}
			return r
		}).URL
	},
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
				for _, f := range vary(t, s, cases, 64) {
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
		for _, f := range vary(t, s, cases, 100) {
			t.Errorf("%s: %v", f.c.Expected.Message, f.Difference)
		}
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
