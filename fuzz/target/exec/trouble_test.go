package exec_test

import (
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/exec"
	"github.com/hostedcache/pchc/spec"
)

// harmless returns messages with which no child of these tests fails.
func harmless(n int) []target.Case {
	var cases []target.Case
	for i := range n {
		m := fuzz.Message{Kind: spec.Content, Bytes: []byte{0, byte(i >> 8), byte(i)}}
		if i%3 == 0 {
			m = fuzz.Message{Kind: spec.Response, Bytes: []byte{0, 0, 0, 1, byte(i & 1)}}
		}
		cases = append(cases, target.NewCase(m))
	}
	return cases
}

func openChild(t testing.TB, target target.Target) target.Session {
	t.Helper()
	s, err := target.Open(t.Context())
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

// Whatever a child does wrong is found at the message at which it does it, and
// nowhere else.
func TestExecTrouble(t *testing.T) {
	for _, c := range []struct {
		mode   string
		fault  fuzz.Fault // "": none
		detail string
	}{
		{"behaves", "", ""},
		{"flushes late", "", ""},
		{"is verbose", "", ""},
		{"writes a byte order mark", "", ""},
		{"writes UTF-16", "", ""},
		{"is wrong", fuzz.Accepted, "must be 0x100"},
		{"crashes", fuzz.Crash, "process exited with status 3, last output: panic: index 7 is out of range, key ..."},
		{"crashes when armed", fuzz.Crash, "process exited with status 3, last output: goroutine 1 | main.go:7"},
		{"crashes after its answer", fuzz.Crash, "process exited with status 3"},
		{"parent", fuzz.Crash, "process exited with status 3"},
		{"ends inside", fuzz.Crash, "after part of the reply"},
		{"hangs", fuzz.Hang, "no reply within 1s"},
		{"hangs inside", fuzz.Hang, "after part of the reply"},
		{"is too late", fuzz.Hang, "no reply within 1s"},
		{"leaves it out", fuzz.Hang, "no reply within 1s"},
		{"is slow", fuzz.Slow, "replies after "},
		{"ends no line", fuzz.BadReply, "not a JSON object"},
		{"ends no line and waits", fuzz.BadReply, "no line end"},
		{"says garbage", fuzz.BadReply, "not a JSON object: oops ..."},
		{"says nothing", fuzz.BadReply, "empty line"},
		{"says it twice", fuzz.BadReply, "more than one line"},
		{"says it over several lines", fuzz.BadReply, "more than one line"},
		{"goes on and on", fuzz.BadReply, "longer than"},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			env, _ := callee(t)
			s := openChild(t, child(t, c.mode, exec.Options{Slow: 250 * time.Millisecond}, env))
			places := []int{0, 77, 299}
			if c.fault == fuzz.Hang {
				places = []int{77} // each takes its time
			}
			for _, at := range places {
				cases := harmless(300)
				cases[at] = target.NewCase(trigger)
				if at > 0 {
					cases[at/2] = target.NewCase(arm)
				}
				found := try(t, s, cases)
				if d := found[at]; d != nil {
					if d.Fault != c.fault || !strings.Contains(d.Detail, c.detail) || len(d.Detail) > 400 {
						t.Errorf("at %d: %v", at, d)
					}
					if d.Rule != "PCCRC-2.3-Version" || d.Field != "Version" {
						t.Errorf("at %d: about %s of %s", at, d.Rule, d.Field)
					}
					delete(found, at)
				} else if c.fault != "" && (at > 0 || !strings.Contains(c.mode, "armed")) {
					t.Errorf("nothing found at %d", at)
				}
				for i, d := range found {
					t.Errorf("at %d instead of %d: %v", i, at, d)
				}
			}
			// Alone, as a minimiser tries it.
			found := try(t, s, []target.Case{target.NewCase(trigger)})
			if d := found[0]; c.fault != "" && !strings.Contains(c.mode, "armed") && (d == nil || d.Fault != c.fault) {
				t.Errorf("alone: %v", d)
			}
		})
	}
}

// A program that cannot be tried says why.
func TestExecOpen(t *testing.T) {
	for mode, want := range map[string]string{
		"exits":   "no reply: process exited with status 4, last output: Fatal: no licence",
		"banner":  "cannot parse the first reply, to INITIAL_OFFER_MESSAGE: the reply is not a JSON object: Decoder 1.0 is ready",
		"buffers": "flush after every reply",
		"silent":  "no reply to the first message",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := exec.Options{Start: 10 * time.Second}
			if mode == "buffers" || mode == "silent" {
				o.Start = 200 * time.Millisecond // the time does pass
			}
			if s, err := child(t, mode, o).Open(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
				if err == nil {
					_ = s.Close()
				}
			}
		})
	}
	t.Run("no such program", func(t *testing.T) {
		_, err := exec.New("no-such-command --json", exec.Options{}).Open(t.Context())
		if err == nil || !strings.Contains(err.Error(), "no-such-command") || !strings.Contains(err.Error(), "not") {
			t.Error(err)
		}
	})
}

// A hang that does not show again is reported, once each time.
func TestExecHangsOnce(t *testing.T) {
	s := openChild(t, child(t, "hangs once", exec.Options{Timeout: 500 * time.Millisecond}))
	found := try(t, s, harmless(250))
	if len(found) == 0 {
		t.Error("nothing found")
	}
	for i, d := range found {
		if d.Fault == fuzz.Hang && strings.Contains(d.Detail, "no reply within") && i > 100 {
			return
		}
	}
	t.Errorf("found %v", found)
}

// How a program ends at the end of its input is looked at: a sanitizer reports only
// then.
func TestExecEnd(t *testing.T) {
	for mode, want := range map[string]string{"leaks": "at the end of its input: process exited with status 23, last output: ERROR: LeakSanitizer", "behaves": ""} {
		s := openChild(t, child(t, mode, exec.Options{}))
		try(t, s, harmless(10))
		var all []string
		if _, err := s.Try(t.Context(), nil, func(i int, d *fuzz.Difference) {
			if all = append(all, d.Detail); i != -1 || d.Fault != fuzz.Crash {
				t.Errorf("%s: at %d: %v", mode, i, d)
			}
		}); err != nil {
			t.Error(err)
		}
		if got := strings.Join(all, "; "); (got == "") != (want == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s: found %q", mode, got)
		}
		if found := try(t, s, harmless(10)); len(found) > 0 { // with a new process
			t.Errorf("%s: then %v", mode, found)
		}
	}
}

// A program that ends now and then is a finding, but goes on.
func TestExecMortal(t *testing.T) {
	s := openChild(t, child(t, "mortal", exec.Options{}))
	found := try(t, s, harmless(1000))
	if len(found) == 0 || len(found) > 10 || s.Restarts() == 0 {
		t.Errorf("%d found, %d restarts", len(found), s.Restarts())
	}
	for _, d := range found {
		if d.Fault != fuzz.Crash || !strings.Contains(d.Detail, "status 0") {
			t.Error(d)
		}
	}
}

// The end of a program that does not start again is a finding, and an error.
func TestExecStaysAway(t *testing.T) {
	cases := harmless(300)
	cases[100] = target.NewCase(trigger)
	s := openChild(t, child(t, "stays away", exec.Options{Slow: time.Minute, Timeout: time.Minute}, childFile+"="+filepath.Join(t.TempDir(), "ended")))
	var all []*fuzz.Difference
	_, err := s.Try(t.Context(), cases, func(i int, d *fuzz.Difference) { all = append(all, d) })
	if err == nil || !strings.Contains(err.Error(), "process exited with status 4") {
		t.Error(err)
	}
	if len(all) != 1 || all[0].Fault != fuzz.Crash || all[0].Detail != "process exited with status 7" {
		t.Errorf("found %v", all)
	}
}

// One that answers what it was not asked is no match for anything.
func TestExecUnasked(t *testing.T) {
	s, err := child(t, "unasked", exec.Options{}).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := try(t, s, harmless(3))
	for i, d := range found {
		if d.Fault != fuzz.BadReply && d.Fault != fuzz.Rejected {
			t.Errorf("%d: %v", i, d)
		}
	}
	if len(found) == 0 {
		t.Error("nothing is found")
	}
}

// What a program has started ends with it, and with the session.
func TestExecGrandchildren(t *testing.T) {
	env, calls := callee(t)
	s := openChild(t, child(t, "parent", exec.Options{}, env))
	before := <-calls
	if found := try(t, s, []target.Case{target.NewCase(trigger)}); found[0] == nil {
		t.Error("nothing is found")
	}
	ended(before)
	try(t, s, harmless(1))
	after := <-calls
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	ended(after)
}

// What leaves the group cannot be ended, but nobody waits for it.
func TestExecDaemon(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no process groups to leave")
	}
	env, calls := callee(t)
	s := openChild(t, child(t, "daemon", exec.Options{}, env))
	found := try(t, s, []target.Case{target.NewCase(trigger)})
	if d := found[0]; d == nil || d.Fault != fuzz.Crash && d.Fault != fuzz.Hang {
		t.Errorf("found %v", d)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	for range 1 + s.Restarts() {
		conn := <-calls
		_, _ = conn.Write([]byte("end"))
		ended(conn)
	}
}

// A context that is done ends a conversation at once, and what is asked again
// afterwards is answered.
func TestExecCancel(t *testing.T) {
	env, calls := callee(t)
	s := openChild(t, child(t, "hangs and calls", exec.Options{Timeout: time.Hour, Slow: time.Hour}, env))
	for _, n := range []int{1, 100} {
		ctx, cancel := context.WithCancel(t.Context())
		cases := harmless(n)
		cases[n/2] = target.NewCase(trigger)
		conns := make(chan struct{})
		go func() {
			conn := <-calls
			cancel()
			ended(conn)
			close(conns)
		}()
		tried, err := s.Try(ctx, cases, func(i int, d *fuzz.Difference) { t.Errorf("%d: %v", i, d) })
		if !errors.Is(err, context.Canceled) || tried > n/2 {
			t.Errorf("tried %d of %d: %v", tried, n, err)
		}
		<-conns
		for _, d := range try(t, s, harmless(10)) {
			t.Error(d)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Try(done, harmless(1), nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := child(t, "behaves", exec.Options{}).Open(done); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// Nothing of a session is left once it is closed.
func TestExecLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, mode := range []string{"behaves", "crashes", "goes on and on"} {
		s, err := child(t, mode, exec.Options{}).Open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		try(t, s, append(harmless(100), target.NewCase(trigger)))
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := child(t, "exits", exec.Options{}).Open(t.Context()); err == nil {
		t.Error("no error")
	}
	for range 1 << 20 { // the last one may be about to return
		if runtime.NumGoroutine() <= before {
			return
		}
		runtime.Gosched()
	}
	stacks := make([]byte, 1<<16)
	t.Errorf("goroutines:\n%s", stacks[:runtime.Stack(stacks, true)])
}
