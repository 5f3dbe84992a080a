package http

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// An answer that comes late only because there is no processor for the server is no
// finding, but a note. A server that hangs is found all the same.
func TestHTTPStarved(t *testing.T) {
	trigger := target.NewCase(generate.Simplest("SEGMENT_INFO_MESSAGE"))
	for name, it := range map[string]struct {
		share int // parts of 100 of the time that the server waits for a processor
		hangs bool
		fault fuzz.Fault
	}{
		"starved":           {share: 95},
		"late":              {fault: fuzz.Hang},
		"starved and hangs": {share: 60, hangs: true, fault: fuzz.Hang},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var b reference
			end := make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				message := body(r)
				if slices.Equal(message, trigger.Bytes) {
					if it.hangs {
						<-end
					}
					time.Sleep(400 * time.Millisecond)
				}
				_, _ = w.Write(b.right(r.URL.Path, message).body)
			}))
			t.Cleanup(server.Close)
			t.Cleanup(func() { close(end) })
			begin := time.Now()
			o := Options{Timeout: 200 * time.Millisecond, Slow: 200 * time.Millisecond, clock: clock{runDelay: func() (time.Duration, bool) {
				return time.Since(begin) * time.Duration(it.share) / 100, true
			}}}
			s := open(t, server.URL+spec.PathV1, o)
			found := try(t, s, []target.Case{trigger, target.NewCase(generate.Simplest("INITIAL_OFFER_MESSAGE"))}, 2)
			late := s.Notes()[target.Late]
			if it.fault == "" && (len(found) > 0 || late == 0) || it.fault != "" && (len(found) == 0 || found[0].Fault != it.fault) {
				t.Errorf("%v, %d answers are late", found, late)
			}
		})
	}
}

// The processes of a server that pchc did not start are found by their port.
func TestHTTPListeners(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system does not say which process listens")
	}
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	port := server.Listener.Addr().(interface{ AddrPort() netip.AddrPort }).AddrPort().Port()
	if pids := resource.Listeners(int(port)); !slices.Equal(pids, []int{os.Getpid()}) {
		t.Errorf("%d listens, not %d", pids, os.Getpid())
	}
	if _, ok := resource.RunDelay([]int{os.Getpid()}); !ok {
		t.Error("how long it waits for a processor cannot be read")
	}
}
