package serve

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/spec"
)

// A client that is late only because it has no processor is waited for. One that hangs, or
// does not go on, is found all the same.
func TestStarved(t *testing.T) {
	segment := segmentsOf(t, 1)[0]
	offer, err := codec.NewInitialOfferMessage(80, segment.AppendHoHoDk(nil, 0)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	info, err := codec.NewSegmentInfoMessage(80, codec.ContentTag{}, segment).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	head := func(m []byte) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n", spec.PathV1, len(m))
	}
	const share = 95 // parts of 100 of the time that the client waits for a processor
	for name, it := range map[string]struct {
		scenario string
		client   func(conn net.Conn, late time.Duration)
		fault    string // of one that is late by itself
	}{
		"gives up": {"offer:silent", func(conn net.Conn, late time.Duration) {
			_, _ = conn.Write([]byte(head(offer) + string(offer)))
			time.Sleep(late)
		}, "hang PCHC-3.2.2-Expiry"},
		"goes on": {"offer:right", func(conn net.Conn, late time.Duration) {
			r := bufio.NewReader(conn)
			for _, m := range [][]byte{offer, info} {
				_, _ = conn.Write([]byte(head(m) + string(m)))
				_, _ = http.ReadResponse(r, nil)
				_, _ = r.Discard(5)
				time.Sleep(late)
			}
		}, "missing PCHC-3.2.5.1-SegmentInfo"},
		"sends all of it": {"offer:ok", func(conn net.Conn, late time.Duration) {
			_, _ = conn.Write([]byte(head(offer) + string(offer[:9])))
			time.Sleep(late)
			_, _ = conn.Write(offer[9:])
			_, _ = http.ReadResponse(bufio.NewReader(conn), nil)
		}, "transport PCHC-2.1-POST"},
	} {
		for _, starved := range []int{0, share} {
			t.Run(fmt.Sprint(name, ", starved for ", starved, " %"), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					begin := time.Now()
					scenario, err := ParseScenario(it.scenario)
					if err != nil {
						t.Fatal(err)
					}
					s := newScene(timers{time.Second, 500 * time.Millisecond}, 100*time.Millisecond, scenario, nil)
					s.delay = func() (time.Duration, bool) { return time.Since(begin) * time.Duration(starved) / 100, true }
					client, server := net.Pipe()
					s.add(server)
					ended := make(chan struct{})
					go func() {
						defer close(ended)
						it.client(client, 4*s.expired())
						_ = client.Close()
					}()
					s.wait(t.Context(), nil, map[string]bool{string(segment.AppendHoHoDk(nil, 0)): true}, false)
					s.mu.Lock()
					s.judge.over(s.now(), false)
					var found []string
					for _, f := range s.judge.faults {
						if f.Requirement == "PCHC-2.1-HTTPS" { // there is no TLS here
							continue
						}
						found = append(found, string(f.Fault)+" "+f.Requirement)
					}
					lines := s.lines
					s.mu.Unlock()
					s.close()
					<-ended
					if want := starved == 0; want != (len(found) == 1 && found[0] == it.fault) || !want && len(found) > 0 {
						t.Errorf("%q, want %q: %q", found, it.fault, lines)
					}
				})
			})
		}
	}
}

// For how long a client that was started waits for a processor, the system says.
func TestDelay(t *testing.T) {
	if _, ok := resource.RunDelay([]int{os.Getpid()}); !ok {
		t.Skip("this system does not say for how long processes wait for a processor")
	}
	s, err := New(Config{Address: "127.0.0.1:0", Start: "sleep 60", Tick: tick})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		_, err := s.Run(ctx)
		ended <- err
	}()
	for known := false; !known; time.Sleep(time.Millisecond) {
		s.stages[0].mu.Lock()
		if scene := s.stages[0].scene; scene != nil {
			_, known = scene.delay()
		}
		s.stages[0].mu.Unlock()
		select {
		case err := <-ended:
			t.Fatal("never known: ", err)
		default:
		}
	}
	stop()
	<-ended
}
