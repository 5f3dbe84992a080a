package model

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/campaign"
)

// An answer that is late only because the hosted cache has no processor is waited for.
func TestStarved(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(600 * time.Millisecond)
		_, _ = w.Write([]byte("answer"))
	}))
	defer server.Close()
	begin := time.Now()
	for share, late := range map[int]bool{0: true, 95: false} {
		config := &Config{Timeout: 100 * time.Millisecond, runDelay: func() (time.Duration, bool) {
			return time.Since(begin) * time.Duration(share) / 100, true
		}}
		r := newSpeaker(config, nil, netip.MustParseAddr("127.0.0.1")).post(t.Context(), server.URL, "message", None)
		if late != (r.err != nil && isTimeout(r.err)) || !late && string(r.body) != "answer" {
			t.Errorf("starved for %d %%: %q, %v", share, r.body, r.err)
		}
	}
}

// What the hosted cache retrieves late only because it has no processor is waited for, too.
func TestStarvedRetrieval(t *testing.T) {
	const after = 600 * time.Millisecond
	for share, late := range map[int]bool{0: true, 95: false} {
		begin := time.Now()
		config := serve(t, func(cache http.Handler, w http.ResponseWriter, r *http.Request) {
			if codec.MajorVersionOfPath(r.URL.Path) != 2 {
				cache.ServeHTTP(w, r)
				return
			}
			body, _ := io.ReadAll(r.Body)
			again := r.Clone(context.WithoutCancel(r.Context()))
			again.Body = io.NopCloser(bytes.NewReader(body))
			time.AfterFunc(after, func() { cache.ServeHTTP(httptest.NewRecorder(), again) })
			_, _ = w.Write([]byte("\x00\x00\x00\x01\x00"))
		})
		config.Patience = after / 3
		config.runDelay = func() (time.Duration, bool) { return time.Since(begin) * time.Duration(share) / 100, true }
		found, err := Replay(t.Context(), config, &campaign.Finding{Conversation: []string{
			"client A: own IP address", "segment 1: version 2.0, 100 bytes", "A offers segment 1 in a batch"}})
		if err != nil {
			t.Fatal(err)
		}
		if late != (len(found) == 1 && found[0].Requirement == "PCHC-3.1.5.3-Retrieve") {
			t.Errorf("starved for %d %%: %+v", share, found)
		}
	}
}
