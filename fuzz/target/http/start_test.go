package http

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// These tell this test, run by itself, to be a hosted cache at an address, and
// how long after a batch of 129 it ends: a duration, or what it does instead.
const (
	childAddress = "PCHC_TEST_LISTEN"
	childEnd     = "PCHC_TEST_END"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(childAddress); address != "" {
		serveAsChild(address, os.Getenv(childEnd))
	}
	os.Exit(m.Run())
}

func serveAsChild(address, end string) {
	if end == "fails" {
		fmt.Fprintln(os.Stderr, "Fatal: no licence")
		os.Exit(4)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		fmt.Fprintln(os.Stderr, "Fatal:", err)
		os.Exit(5)
	}
	var b reference
	var hung atomic.Bool
	_ = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message := body(r)
		if hung.Load() {
			select {}
		}
		if len(message) == 16+129*59 {
			if end == "hangs" {
				hung.Store(true)
				panic(http.ErrAbortHandler)
			}
			later, err := time.ParseDuration(end)
			if err != nil {
				panic(err)
			}
			die := func() {
				fmt.Fprintln(os.Stderr, "panic: index 128 is out of range")
				os.Exit(3)
			}
			if later == 0 {
				die()
			}
			time.AfterFunc(later, die)
			panic(http.ErrAbortHandler)
		}
		b.right(r.URL.Path, message).send(w)
	}))
}

// startable returns the options and the URL of a hosted cache that the target
// starts.
func startable(t *testing.T, end string) (string, Options) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// The race detector makes a program that ends wait for a second first.
	t.Setenv("GORACE", "atexit_sleep_ms=0")
	t.Setenv(childAddress, address)
	t.Setenv(childEnd, end)
	o := patient
	o.Start = `"` + self + `"`
	return "http://" + address, o
}

// down reports whether nobody listens at a URL any more.
func down(url string) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err == nil {
		_ = conn.Close()
	}
	return err != nil
}

// The end of a server that the target runs is reported with its status and last
// output, and it runs again; it ends with the last session.
func TestStartCrash(t *testing.T) {
	for _, later := range []time.Duration{0, 3 * time.Millisecond, 50 * time.Millisecond} {
		t.Run(later.String(), func(t *testing.T) {
			url, o := startable(t, later.String())
			s := open(t, url, o)
			bad := tooMany()
			cases := slices.Concat([]target.Case{batchedOffer(), bad}, slices.Repeat([]target.Case{batchedOffer()}, 20))
			crashes := 0
			for tries := 0; crashes < 5 && tries < 200; tries++ {
				_, err := s.Try(t.Context(), cases, func(i int, d *fuzz.Difference) {
					crashes++
					if d.Fault != fuzz.Crash || d.Detail != "process exited with status 3, last output: panic: index 128 is out of range" {
						t.Errorf("at %d: %v", i, d)
					}
					if later == 0 && i != 1 {
						t.Errorf("at %d instead of 1", i)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			}
			if crashes < 5 || s.Restarts() < crashes {
				t.Errorf("%d crashes, %d restarts", crashes, s.Restarts())
			}
			// Once it is known to end late, it shows with the message alone.
			if all := try(t, s, []target.Case{bad}, 1); len(all) != 1 || all[0].Fault != fuzz.Crash || all[0].Rule != "PCHC-2.2.1.5-MaxDescriptors" {
				t.Error(all)
			}
			if all := try(t, s, []target.Case{batchedOffer()}, 1); len(all) != 0 {
				t.Error(all)
			}
			shut(t, s)
			if !down(url) {
				t.Error("it runs after its last session")
			}
		})
	}
}

// A server that hangs is started again.
func TestStartHang(t *testing.T) {
	url, o := startable(t, "hangs")
	o.Timeout, o.Wait = 300*time.Millisecond, time.Nanosecond
	s := open(t, url, o)
	w := wrong{when: func(c target.Case) bool { return !c.Expected.Valid() }, want: fuzz.Hang, about: "PCHC-2.2.1.5-MaxDescriptors", broken: "PCHC-3.1.5.3-Respond"}
	w.check(t, try(t, s, withSpecial(tooMany(), 2), 64))
	if s.Restarts() != 2 {
		t.Errorf("%d restarts", s.Restarts())
	}
}

// A command that cannot be tried is an error that says why, and leaves nothing
// running.
func TestStartFails(t *testing.T) {
	url, o := startable(t, "fails")
	if err := openError(t, url, o); !strings.Contains(err, "process exited with status 4, last output: Fatal: no licence") {
		t.Error(err)
	}
	o.Start, o.Ready = "sleep 60", time.Millisecond
	tg, err := New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tg.Open(t.Context()); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	if p := tg.(*endpoint).server.process; p != nil {
		t.Error("it runs")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := tg.Open(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// lateEnds collects what is reported of earlier calls of Try.
func lateEnds(t *testing.T, s *session, cases ...target.Case) (all []*fuzz.Difference) {
	t.Helper()
	_, err := s.Try(t.Context(), cases, func(i int, d *fuzz.Difference) {
		if i >= 0 {
			t.Errorf("at %d: %v", i, d)
		}
		all = append(all, d)
	})
	if err != nil {
		t.Error(err)
	}
	return all
}

// The end of a server between two calls is reported by the session that sent
// something last, whoever sees it.
func TestStartEndsBetweenCalls(t *testing.T) {
	for name, see := range map[string]func(t *testing.T, first, other *session){
		"Open":         func(t *testing.T, first, _ *session) { another(t, first) },
		"one case":     func(t *testing.T, _, other *session) { lateEnds(t, other, batchedOffer()) },
		"several":      func(t *testing.T, _, other *session) { lateEnds(t, other, batchedOffer(), batchedOffer()) },
		"itself, one":  func(*testing.T, *session, *session) {},
		"without more": nil,
	} {
		t.Run(name, func(t *testing.T) {
			url, o := startable(t, "0s")
			first := open(t, url, o)
			other := another(t, first)
			other.hangUp() // a message on a dead connection might be the cause
			lateEnds(t, first, batchedOffer())
			p := first.t.server.process
			p.Kill()
			<-p.Done()
			cases := []target.Case{batchedOffer()}
			if see == nil {
				cases = nil
			} else {
				see(t, first, other)
			}
			if all := lateEnds(t, first, cases...); len(all) != 1 || all[0].Fault != fuzz.Crash || all[0].Detail != "process ended by signal: killed" {
				t.Errorf("%v", all)
			}
		})
	}
}

// another opens another session of the same target.
func another(t *testing.T, s *session) *session {
	t.Helper()
	other, err := s.t.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	return other.(*session)
}

// A server that exits late after the last case is waited for.
func TestStartLateExit(t *testing.T) {
	url, o := startable(t, "100ms")
	s := open(t, url, o)
	crashes := 0
	for _, cases := range [][]target.Case{{batchedOffer(), tooMany()}, nil, nil} {
		if _, err := s.Try(t.Context(), cases, func(_ int, d *fuzz.Difference) {
			if d.Fault == fuzz.Crash {
				crashes++
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if crashes != 1 {
		t.Errorf("%d crashes", crashes)
	}
}

// A server that exits at once after each restart is not restarted all the time.
func TestStartPauses(t *testing.T) {
	dir := t.TempDir()
	url, o := startable(t, "0s")
	// It has the name of a file that each start adds a byte to.
	o.Start = fmt.Sprintf(`cd "%s" && printf . >> starts && if test -e ended; then exit 4; fi; > ended; exec %s`, dir, o.Start)
	start, slept := time.Now(), time.Duration(0)
	s := open(t, url, o) // in real time, which a process needs to start
	s.t.o.clock = clock{
		now:   func() time.Time { return start.Add(slept) },
		sleep: func(_ context.Context, d time.Duration) { slept += d },
	}
	_, err := s.Try(t.Context(), []target.Case{batchedOffer(), tooMany()}, func(int, *fuzz.Difference) {})
	if err == nil || !strings.Contains(err.Error(), "process exited with status 4") {
		t.Error(err)
	}
	starts, _ := os.ReadFile(filepath.Join(dir, "starts"))
	if len(starts) < 10 || len(starts) > 30 || s.Restarts() != 1 {
		t.Errorf("%d starts, %d restarts, %v", len(starts), s.Restarts(), slept)
	}
}

// Whatever listens already would be taken for the server.
func TestStartElsewhere(t *testing.T) {
	_, o := startable(t, "0s")
	o.Ready = time.Millisecond
	if err := openError(t, serve(t, nil).URL, o); !strings.Contains(err, "already listens") {
		t.Error(err)
	}
}

// Children of the command end with it.
func TestStartEndsChildren(t *testing.T) {
	url, o := startable(t, "0s")
	o.Start += " & wait" // the shell stays
	s := open(t, url, o)
	if all := try(t, s, []target.Case{batchedOffer()}, 1); len(all) != 0 {
		t.Error(all)
	}
	shut(t, s)
	if !down(url) {
		t.Error("it runs after its last session")
	}
}
