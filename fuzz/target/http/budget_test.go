package http

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// budget is a context whose time is up when the test says so.
type budget struct {
	context.Context
	once sync.Once
	done chan struct{}
}

func newBudget(t *testing.T) *budget {
	return &budget{Context: t.Context(), done: make(chan struct{})}
}

func (b *budget) up()                   { b.once.Do(func() { close(b.done) }) }
func (b *budget) Done() <-chan struct{} { return b.done }
func (b *budget) Err() error {
	select {
	case <-b.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// A hang is reported when the time of the campaign is up before that of the answer,
// whether a valid message hangs or what comes after a malformed one. What is merely
// interrupted is not, nor a slow answer.
func TestHangAtTheEnd(t *testing.T) {
	bad := tooMany()
	for name, c := range map[string]struct {
		hangs  func(c target.Case, nth int) bool
		cancel bool // the campaign is interrupted
		slow   bool // the answer comes after all
		want   int
	}{
		"a valid message":              {hangs: func(_ target.Case, nth int) bool { return nth > 6 }, want: 1},
		"after a malformed message":    {hangs: func(c target.Case, nth int) bool { return nth > 6 && c.Expected.Valid() }, want: 1},
		"an interrupted campaign":      {hangs: func(_ target.Case, nth int) bool { return nth > 6 }, cancel: true},
		"an answer that is on its way": {hangs: func(_ target.Case, nth int) bool { return nth > 6 }, slow: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBudget(t)
			ctx, cancel := context.WithCancel(context.Context(b))
			defer cancel()
			ended := make(chan struct{})
			defer close(ended)
			var mu sync.Mutex
			nth, armed := 0, false
			server := serve(t, func(tc target.Case, right reply) reply {
				mu.Lock()
				if armed {
					nth++
				}
				hang := armed && c.hangs(tc, nth)
				mu.Unlock()
				if !hang {
					return right
				}
				if c.cancel {
					cancel()
				} else {
					b.up()
				}
				if !c.slow {
					<-ended
				}
				return right
			})
			o := patient
			o.Timeout = 300 * time.Millisecond
			if c.slow {
				o.Timeout = time.Minute
			}
			s := open(t, server.URL+spec.PathV2, o)
			mu.Lock()
			armed = true
			mu.Unlock()
			var cases []target.Case
			for range 8 {
				cases = append(cases, batchedOffer(), bad)
			}
			var all []*fuzz.Difference
			tried, err := s.Try(ctx, cases, func(_ int, d *fuzz.Difference) { all = append(all, d) })
			if err == nil || tried == len(cases) || len(all) != c.want {
				t.Errorf("%d tried, %v, reported: %v", tried, err, all)
			}
			for _, d := range all {
				if d.Fault != fuzz.Hang {
					t.Errorf("%v", d)
				}
			}
			if c.want > 0 { // it is not reported twice
				if _, err := s.Try(t.Context(), nil, func(_ int, d *fuzz.Difference) { t.Errorf("again: %v", d) }); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// Errors of connections have the address and the reason, not Go's words.
func TestUnreached(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:80")), Err: err}
	}
	for want, err := range map[string]error{
		"cannot connect to 127.0.0.1:80: connection refused":                        dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)),
		"cannot connect to 127.0.0.1:80: it does not accept the connection in time": dial(os.ErrDeadlineExceeded),
		"cannot connect to 127.0.0.1:80: odd":                                       dial(errors.New("odd")),
		"cannot connect: odd":                                                       errors.New("odd"),
	} {
		if got := cannotConnect(err); got.Error() != want && !(runtime.GOOS == "windows" && errors.Is(err, syscall.ECONNREFUSED)) || !errors.Is(got, ErrUnreachable) {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// A hang that nothing was sent to any more is seen when the campaign ends.
func TestHangSinceTheLastMessage(t *testing.T) {
	ended := make(chan struct{})
	defer close(ended)
	var mu sync.Mutex
	hangs := false
	server := serve(t, func(_ target.Case, right reply) reply {
		mu.Lock()
		defer mu.Unlock()
		if hangs {
			mu.Unlock()
			<-ended
			mu.Lock()
		}
		return right
	})
	o := patient
	o.Timeout = 300 * time.Millisecond
	s := open(t, server.URL+spec.PathV2, o)
	if all := try(t, s, []target.Case{batchedOffer(), batchedOffer()}, 2); len(all) > 0 {
		t.Errorf("%v", all)
	}
	mu.Lock()
	hangs = true
	mu.Unlock()
	var all []*fuzz.Difference
	if _, err := s.Try(t.Context(), nil, func(i int, d *fuzz.Difference) {
		if all = append(all, d); i != -1 {
			t.Error(i)
		}
	}); err != nil || len(all) != 1 || all[0].Fault != fuzz.Hang {
		t.Errorf("%v, %v", err, all)
	}
}
