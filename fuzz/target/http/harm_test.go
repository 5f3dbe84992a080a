package http

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// The malformed message itself is dropped; what comes after it goes wrong.
func TestHTTPFindsWhatAMalformedMessageDoes(t *testing.T) {
	bad := tooMany()
	when := func(c target.Case) bool { return string(c.Bytes) == string(bad.Bytes) }
	for name, start := range map[string]func(t *testing.T) (string, fuzz.Fault){
		"the next answer is wrong": func(t *testing.T) (string, fuzz.Fault) {
			var after atomic.Bool
			return serve(t, func(c target.Case, r reply) reply {
				if when(c) {
					after.Store(true)
				} else if after.CompareAndSwap(true, false) {
					return respond(0, 0, 0, 1, 1)
				}
				return r
			}).URL, fuzz.WrongCode
		},
		"the connection is dead": func(t *testing.T) (string, fuzz.Fault) {
			var b reference
			return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
				dead := false
				for {
					path, message, ok := next(conn, r)
					if !ok {
						return
					}
					if !dead {
						fmt.Fprint(conn, raw(b.right(path, message)))
					}
					dead = dead || string(message) == string(bad.Bytes)
				}
			}), fuzz.Hang
		},
		"the connection is out of step": func(t *testing.T) (string, fuzz.Fault) {
			var b reference
			return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
				for {
					path, message, ok := next(conn, r)
					if !ok {
						return
					}
					fmt.Fprint(conn, raw(b.right(path, message)))
					if string(message) == string(bad.Bytes) {
						fmt.Fprint(conn, raw(reply{status: 400}))
					}
				}
			}), fuzz.Unanswered
		},
		"the rest of the body is taken for a request": func(t *testing.T) (string, fuzz.Fault) {
			var b reference
			return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
				for {
					request, err := http.ReadRequest(r)
					if err != nil {
						fmt.Fprint(conn, raw(reply{status: 400}))
						return
					}
					if request.ContentLength > 16+128*59 {
						_, _ = r.Discard(16 + 128*59) // its buffer is full
						fmt.Fprint(conn, raw(reply{status: 400}))
						continue
					}
					fmt.Fprint(conn, raw(b.right(request.URL.Path, body(request))))
				}
			}), fuzz.Unanswered
		},
	} {
		t.Run(name, func(t *testing.T) {
			url, fault := start(t)
			w := wrong{when: when, want: fault, about: "PCHC-2.2.1.5-MaxDescriptors", broken: "PCHC-3.1.5.3-Respond"}
			if fault == fuzz.WrongCode {
				w.broken = "PCHC-3.1.5.3-OK"
			}
			o := patient
			if fault == fuzz.Hang {
				o.Timeout = 300 * time.Millisecond
			}
			s := open(t, url, o)
			var cases []target.Case
			for _, c := range withSpecial(bad, 4) {
				if len(c.Bytes) <= 16+128*59 || when(c) {
					cases = append(cases, c)
				}
			}
			w.check(t, try(t, s, cases, 64))
			w.check(t, try(t, s, []target.Case{bad}, 1))
		})
	}
}

// A fault that takes two messages before it on the same connection.
func TestHTTPFindsWhatTakesSeveralMessages(t *testing.T) {
	var b reference
	first, _ := shapes[0].segment()
	last, _ := shapes[0].segment()
	addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
		for firsts := 0; ; {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			out := b.right(path, message)
			switch string(message) {
			case string(first.Bytes):
				firsts++
			case string(last.Bytes):
				if firsts >= 2 {
					out = respond(0, 0, 0, 1, 1)
				}
			}
			fmt.Fprint(conn, raw(out))
		}
	})
	s := open(t, "http://"+addr+spec.PathV1, patient)
	all := try(t, s, []target.Case{last, first, last, first, last}, 5)
	if len(all) != 1 || all[0].Fault != fuzz.WrongCode || string(all[0].c.Bytes) != string(last.Bytes) {
		t.Errorf("%v", all)
	}
}

// A server that answers nothing at all after some messages.
func TestHTTPFindsAnEndOfAllAnswers(t *testing.T) {
	for _, n := range []int64{60, 61, 62, 63, 95, 96, 97} {
		var b reference
		var said atomic.Int64
		release := make(chan struct{})
		addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
			for {
				path, message, ok := next(conn, r)
				if !ok {
					return
				}
				if said.Add(1) > n {
					<-release
				}
				fmt.Fprint(conn, raw(b.right(path, message)))
			}
		})
		t.Cleanup(func() { close(release) })
		s := open(t, "http://"+addr, Options{Timeout: 200 * time.Millisecond, Slow: 20 * time.Second, Wait: time.Nanosecond})
		var all []found
		var err error
		for cases := campaign(40, 1<<30); err == nil && len(cases) >= 16; cases = cases[16:] {
			_, err = s.Try(context.Background(), cases[:16], func(i int, d *fuzz.Difference) { all = append(all, found{cases[i], d}) })
		}
		if err == nil || len(all) != 1 || all[0].Fault != fuzz.Hang || all[0].Requirement != "PCHC-3.1.5.3-Respond" {
			t.Errorf("after %d: %v, %v", n, all, err)
		}
	}
}

// The server crashes, and stays away or comes back.
func TestHTTPFindsCrashes(t *testing.T) {
	bad := tooMany()
	for _, returns := range []bool{false, true} {
		t.Run(fmt.Sprintf("comes back: %v", returns), func(t *testing.T) {
			server := newCrasher(t, bad.Bytes, returns)
			w := wrong{when: func(c target.Case) bool { return string(c.Bytes) == string(bad.Bytes) },
				want: fuzz.Crash, about: "PCHC-2.2.1.5-MaxDescriptors", broken: "PCHC-3.1.5.3-Respond"}
			o := patient
			if !returns {
				o.Wait = 50 * time.Millisecond
			}
			s := open(t, "http://"+server.addr, o)
			cases := withSpecial(bad, 3)
			var all []found
			tried, err := s.Try(context.Background(), cases, func(i int, d *fuzz.Difference) { all = append(all, found{cases[i], d}) })
			w.check(t, all)
			if returns {
				if err != nil || tried != len(cases) || len(all) != 3 || s.Restarts() < 3 {
					t.Errorf("tried %d, %d reports, %d restarts, %v", tried, len(all), s.Restarts(), err)
				}
				return
			}
			if err == nil || tried != 6 || len(all) != 1 {
				t.Errorf("tried %d, %d reports, %v", tried, len(all), err)
			}
		})
	}
}

// crasher is a server that closes its listener and all connections when it gets
// a certain message.
type crasher struct {
	addr    string
	bad     string
	returns bool
	t       *testing.T
	b       reference
	mu      sync.Mutex
	server  *http.Server
	wg      sync.WaitGroup
}

func newCrasher(t *testing.T, bad []byte, returns bool) *crasher {
	c := &crasher{addr: "127.0.0.1:0", bad: string(bad), returns: returns, t: t}
	c.start()
	t.Cleanup(func() {
		c.mu.Lock()
		c.returns = false
		_ = c.server.Close()
		c.mu.Unlock()
		c.wg.Wait()
	})
	return c
}

func (c *crasher) start() {
	l, err := net.Listen("tcp", c.addr)
	if err != nil {
		c.t.Error(err)
		return
	}
	c.addr = l.Addr().String()
	server := &http.Server{Handler: c}
	c.server = server
	c.wg.Go(func() {
		_ = server.Serve(l)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.returns {
			time.Sleep(30 * time.Millisecond) // as a supervisor takes
			c.start()
		}
	})
}

func (c *crasher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	message := body(r)
	if string(message) == c.bad {
		c.mu.Lock()
		server := c.server
		c.mu.Unlock()
		_ = server.Close()
		return
	}
	c.b.right(r.URL.Path, message).send(w)
}
