package target

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/examples/hostedcache/cache"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// patient are options for a machine that has much else to do.
var patient = HTTPOptions{Timeout: 20 * time.Second, Slow: 20 * time.Second}

// open opens a session that the test closes.
func open(t testing.TB, url string, o HTTPOptions) Session {
	t.Helper()
	tg, err := HTTP(url, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tg.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// found is something reported.
type found struct {
	c Case
	*fuzz.Difference
}

// try tries cases in batches, as a campaign does, and returns what is reported.
func try(t testing.TB, s Session, cases []Case, batch int) (all []found) {
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

// all returns a campaign's cases: valid and broken ones, and a part of the
// systematic ones, that with remainder rest.
func all(n, part, rest int) (cases []Case) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	rules := requestRules()
	for range n {
		cases = append(cases, NewCase(generate.Valid(rng, spec.Request)))
		if m := generate.Broken(rng, rules[rng.IntN(len(rules))]); m.Kind == spec.Request {
			cases = append(cases, NewCase(m))
		}
	}
	i := 0
	for m := range generate.Systematic(spec.Request) {
		if i++; i%part == rest {
			cases = append(cases, NewCase(m.Clone()))
		}
	}
	rng.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	return cases
}

// requestRules are the rules that requests can break.
func requestRules() (rules []string) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, rule := range generate.Rules() {
		if generate.Broken(rng, rule).Kind == spec.Request {
			rules = append(rules, rule)
		}
	}
	return rules
}

func TestHTTPExampleIsRight(t *testing.T) {
	server := httptest.NewServer(&cache.Cache{})
	defer server.Close()
	for _, path := range []string{spec.PathV1, spec.PathV2} {
		s := open(t, server.URL+path, HTTPOptions{})
		for _, f := range try(t, s, all(500, 3, 0), 256) {
			t.Errorf("%s: %v", path, f.Difference)
		}
	}
	_ = errors.New
}

func BenchmarkHTTP(b *testing.B) {
	server := httptest.NewServer(&cache.Cache{})
	defer server.Close()
	for _, path := range []string{spec.PathV1, spec.PathV2} {
		b.Run(path[:3], func(b *testing.B) {
			s := open(b, server.URL+path, HTTPOptions{})
			cases := all(256, 1<<30, 0)
			for b.Loop() {
				try(b, s, cases, 256)
			}
			b.ReportMetric(float64(len(cases)*b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}
