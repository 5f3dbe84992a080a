package http

import (
	"context"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
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

// vary is try, but each batch is sent again in other ways.
func vary(t testing.TB, s target.Session, cases []target.Case, batch int) (all []found) {
	t.Helper()
	for cases := range slices.Chunk(cases, batch) {
		all = append(all, try(t, s, cases, batch)...)
		if err := s.(target.Varied).Vary(context.Background(), cases, func(i int, d *fuzz.Difference) {
			all = append(all, found{cases[i], d})
		}); err != nil {
			t.Fatal(err)
		}
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

// broken returns a request that breaks a rule.
func broken(rng *rand.Rand, rule string) fuzz.Message {
	for {
		if m := generate.Broken(rng, rule); m.Kind == spec.Request {
			return m
		}
	}
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
