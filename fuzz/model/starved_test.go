package model

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"
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
