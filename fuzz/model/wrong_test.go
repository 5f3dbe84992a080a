package model

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/campaign"
)

// serve runs a hosted cache behind a handler that may do something else, until the test
// ends.
func serve(t *testing.T, wrong func(cache http.Handler, w http.ResponseWriter, r *http.Request)) Config {
	t.Helper()
	cache := new(hostedcache.Cache)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { cache.Run(ctx) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { wrong(cache, w, r) }))
	t.Cleanup(func() { server.Close(); stop(); running.Wait() })
	return Config{URLs: []string{server.URL}, RNGSeed: 1, Timeout: patient, Patience: patient, Executions: 20000,
		Stop: func(*campaign.Finding) bool { return true }}
}

// Each kind of wrong answer is a finding, of the requirement that it violates.
func TestWrongAnswers(t *testing.T) {
	respond := func(code string) func(http.Handler, http.ResponseWriter, *http.Request) {
		return func(cache http.Handler, w http.ResponseWriter, r *http.Request) {
			if codec.MajorVersionOfPath(r.URL.Path) == 2 {
				cache.ServeHTTP(httptest.NewRecorder(), r) // only the answer is wrong
				_, _ = w.Write([]byte(code))
				return
			}
			cache.ServeHTTP(w, r)
		}
	}
	status := func(path func(string) bool) func(http.Handler, http.ResponseWriter, *http.Request) {
		var mu sync.Mutex
		asked := 0
		return func(cache http.Handler, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			if path(r.URL.Path) {
				if asked++; asked > 1 { // the first one finds out what there is
					cache.ServeHTTP(httptest.NewRecorder(), r)
					w.WriteHeader(http.StatusTeapot)
					return
				}
			}
			cache.ServeHTTP(w, r)
		}
	}
	for name, test := range map[string]struct {
		wrong func(http.Handler, http.ResponseWriter, *http.Request)
		want  string // of the difference
	}{
		"INTERESTED to a batch": {respond("\x00\x00\x00\x01\x01"), "code: PCHC-2.2.2.2-Interested (PCHC-3.1.5.3-OK)"},
		"malformed":             {respond("\x00\x00\x00\x02\x01"), "malformed: PCHC-2.2.2.1-Size (PCHC-3.1.5.3-Respond)"},
		"empty":                 {respond(""), "malformed: PCHC-2.2.2.1-Truncated (PCHC-3.1.5.3-Respond)"},
		"status of an offer":    {status(func(path string) bool { return codec.MajorVersionOfPath(path) == 2 }), "unanswered (PCHC-3.1.5.3-Respond)"},
		"status of a retrieval": {status(pccrr.IsPath), "unanswered (PCCRR-3.2.5-Answer)"},
	} {
		t.Run(name, func(t *testing.T) {
			result := run(t, serve(t, test.wrong))
			if len(result.Findings) != 1 {
				t.Fatalf("%d findings %s", len(result.Findings), result.Targets[0].Error)
			}
			f := result.Findings[0]
			if !strings.HasPrefix(f.Error(), test.want) || f.Flaky || len(f.Messages) == 0 {
				t.Errorf("%s, flaky %v, must be %s\n%s", f.Error(), f.Flaky, test.want, strings.Join(f.Conversation, "\n"))
			}
		})
	}
}

// What a hosted cache lacks is said, and is not in conversations; without an offer there
// are none.
func TestNotThere(t *testing.T) {
	only := func(paths ...string) Config {
		c := serve(t, func(cache http.Handler, w http.ResponseWriter, r *http.Request) {
			for _, path := range paths {
				if r.URL.Path == path {
					cache.ServeHTTP(w, r)
					return
				}
			}
			w.WriteHeader(http.StatusNotFound)
		})
		c.Executions = 100
		return c
	}
	result := run(t, only(codec.PathV2))
	right := result.Targets[0]
	if len(result.Findings) > 0 || len(right.Notes) != 2 || right.Conversations == 0 || !strings.Contains(right.Notes[0], "not tested: no version 1.0 of MS-PCHC at ") {
		t.Errorf("%v, %+v", result.Findings, right)
	}
	r, err := New(only(pccrr.Path))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "HTTP status 404") {
		t.Error(err)
	}
}

// A hosted cache that goes away for good ends the run, and is a finding.
func TestGone(t *testing.T) {
	var asked atomic.Int32
	config := serve(t, func(cache http.Handler, w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) >= 10 {
			go r.Context().Value(http.ServerContextKey).(*http.Server).Close()
			panic(http.ErrAbortHandler)
		}
		cache.ServeHTTP(w, r)
	})
	config.Wait, config.Stop = time.Millisecond, nil
	result := run(t, config)
	last := result.Findings[len(result.Findings)-1]
	if last.Fault != "crash" && last.Fault != "unanswered" || !last.Untried || !strings.Contains(result.Targets[0].Error, "does not work any more") {
		t.Errorf("%v, untried %v, %q", last.Error(), last.Untried, result.Targets[0].Error)
	}
}
