package model

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz/campaign"
)

// patient is for right hosted caches, on machines that have other things to do.
const patient = time.Minute

// house runs a hosted cache in this process, and can restart it.
type house struct {
	t       *testing.T
	cache   func() *hostedcache.Cache
	address string
	stop    context.CancelFunc
	ended   sync.WaitGroup
}

func newHouse(t *testing.T, cache func() *hostedcache.Cache) *house {
	h := &house{t: t, cache: cache, address: "127.0.0.1:0", stop: func() {}}
	t.Cleanup(func() { h.stop(); h.ended.Wait() })
	if err := h.restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h
}

// restart starts a hosted cache at the same address.
func (h *house) restart(context.Context) error {
	h.stop()
	h.ended.Wait()
	l, err := net.Listen("tcp", h.address)
	if err != nil {
		return err
	}
	h.address = l.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	h.stop = stop
	server := hostedcache.Server{Cache: h.cache(), InsecureV1: true}
	h.ended.Go(func() {
		if err := server.Serve(ctx, l, nil); err != nil {
			h.t.Error(err)
		}
	})
	return nil
}

func (h *house) config() Config {
	return Config{URLs: []string{"http://" + h.address}, Restart: h.restart, Timeout: patient, RNGSeed: 1}
}

func run(t *testing.T, config Config) *campaign.Result {
	t.Helper()
	r, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	result, err := r.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// right reports findings, of which there must be none.
func right(t *testing.T, result *campaign.Result) {
	t.Helper()
	for _, f := range result.Findings {
		t.Errorf("%s", f.Error())
		for _, line := range f.Conversation {
			t.Logf("  %s", line)
		}
	}
	for _, tried := range result.Targets {
		t.Logf("%d conversations, %d messages in %v, coverage %d", tried.Conversations, tried.Executions, result.Elapsed, tried.Coverage)
		if tried.Error != "" || len(tried.Notes) > 0 {
			t.Error(tried.Error, tried.Notes)
		}
	}
}

// The hosted cache of this module does as it must in conversations.
func TestHostedCache(t *testing.T) {
	config := newHouse(t, func() *hostedcache.Cache { return new(hostedcache.Cache) }).config()
	config.Executions = 4000
	right(t, run(t, config))
}
