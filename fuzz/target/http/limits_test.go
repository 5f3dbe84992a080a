package http

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

var discard = log.New(io.Discard, "", 0)

// The time is what is slept, so the test sees the rate without waiting.
func TestHTTPKeepsTheRate(t *testing.T) {
	for _, most := range []int{1, 16} {
		var mu sync.Mutex
		now := time.Unix(1000, 0)
		start, said := now, 0
		c := clock{
			now: func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return now
			},
			sleep: func(_ context.Context, d time.Duration) {
				mu.Lock()
				defer mu.Unlock()
				if d <= 0 || d > 160*time.Millisecond {
					t.Errorf("sleeps for %v", d)
				}
				now = now.Add(d)
			},
		}
		server := serve(t, func(_ target.Case, r reply) reply {
			mu.Lock()
			defer mu.Unlock()
			said++
			if spent := now.Sub(start); most == 1 && spent != time.Duration(said-1)*10*time.Millisecond || spent < time.Duration(said-1)*10*time.Millisecond {
				t.Errorf("message %d comes after %v", said, spent)
			}
			return r
		})
		s := open(t, server.URL+spec.PathV1, Options{Rate: 100, Concurrency: most, Timeout: patient.Timeout, Slow: patient.Slow, clock: c})
		if all := try(t, s, campaign(40, 1<<30), 40); len(all) > 0 {
			t.Error(all)
		}
		if err := s.TryAs(t.Context(), campaign(40, 1<<30), "", 8, func(_ int, d *fuzz.Difference) { t.Error(d) }); err != nil {
			t.Error(err)
		}
		mu.Lock()
		if said < 120 {
			t.Errorf("only %d messages", said)
		}
		mu.Unlock()
	}
}

// A server that keeps every connection, and counts them, with malformed
// messages that it never answers.
func TestHTTPKeepsTheNumberOfConnections(t *testing.T) {
	for _, most := range []int{1, 2, 5, 0} {
		t.Run(fmt.Sprint(most), func(t *testing.T) {
			var b reference
			var mu sync.Mutex
			open, peak := 0, 0
			addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
				mu.Lock()
				open++
				peak = max(peak, open)
				mu.Unlock()
				for {
					path, message, ok := next(conn, r)
					if !ok {
						break
					}
					if out := b.right(path, message); out.status == 200 {
						fmt.Fprint(conn, raw(out))
					}
				}
				mu.Lock()
				open--
				mu.Unlock()
			})
			tg, err := New("http://"+addr, Options{Concurrency: most, Timeout: patient.Timeout, Slow: patient.Slow})
			if err != nil {
				t.Fatal(err)
			}
			if most == 0 {
				most = 16
			}
			h := tg.(*endpoint)
			var sessions []target.Session
			for range 3 {
				s, err := tg.Open(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				sessions = append(sessions, s)
			}
			for _, s := range sessions {
				for _, f := range vary(t, s, campaign(60, 1<<30)[:24], 12) {
					t.Error(f.Difference)
				}
				if len(h.conns) > most {
					t.Errorf("%d connections", len(h.conns))
				}
			}
			for _, s := range sessions {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			// The server sees an end a little later than a beginning.
			if peak < min(most, 8) || h.limit != most {
				t.Errorf("at most %d connections at a time, the limit is %d, must be %d", peak, h.limit, most)
			}
		})
	}
}

// A long message has more time to be answered.
func TestHTTPWaitsByLength(t *testing.T) {
	long, _ := shape{pccrc.SHA512, 512}.segment()
	release := make(chan struct{})
	server := serve(t, func(c target.Case, r reply) reply {
		if string(c.Bytes) == string(long.Bytes) {
			<-release
		}
		return r
	})
	t.Cleanup(func() { close(release) })
	s := open(t, server.URL+spec.PathV1, Options{Timeout: 160 * time.Millisecond, Slow: patient.Slow})
	begin := time.Now()
	all := try(t, s, []target.Case{long, batchedOffer()}, 2)
	took := time.Since(begin)
	if len(all) != 1 || all[0].Detail != fmt.Sprint("no answer within ", long.Limit(160*time.Millisecond)) || took < 3*160*time.Millisecond {
		t.Errorf("%v after %v", all, took)
	}
}

// A call that is interrupted leaves no connection behind when the last session is
// closed.
func TestHTTPClosesAfterInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	var interrupt, silent atomic.Bool
	server := serve(t, func(c target.Case, r reply) reply {
		if silent.Load() && !c.Expected.Valid() {
			<-release
		}
		if interrupt.Load() && c.Expected.Valid() && many(c) {
			cancel()
			<-release
		}
		return r
	})
	t.Cleanup(func() { close(release) })
	s := open(t, server.URL, patient)
	bad := tooMany()
	silent.Store(true)
	try(t, s, slices.Repeat([]target.Case{bad}, 2*mostSilences), 2) // now they are not waited for
	interrupt.Store(true)
	full := target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: bad.Bytes[:16+128*59]})
	if _, err := s.Try(ctx, []target.Case{bad, bad, full, bad}, func(int, *fuzz.Difference) {}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if len(s.t.conns) < 2 {
		t.Errorf("%d connections", len(s.t.conns))
	}
	shut(t, s)
}
