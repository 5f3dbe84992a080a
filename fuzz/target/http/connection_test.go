package http

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// conversing starts a server that replies as change has it, on connections that it
// keeps until write returns false.
func conversing(t *testing.T, change func(c target.Case, r reply) reply, write func(conn net.Conn, r reply) bool) string {
	var b reference
	return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			out := b.right(path, message)
			if change != nil {
				out = change(target.NewCase(fuzz.Message{Bytes: message, Kind: 1}), out)
			}
			if !write(conn, out) {
				return
			}
		}
	})
}

// A server that closes each connection without saying so hides nothing, and that it
// does is noted.
func TestHTTPClosesWithoutSayingSo(t *testing.T) {
	everything := func(target.Case, reply) reply { return respond(0, 0, 0, 1, 0) }
	rules := func(keeps bool) (all map[string]bool, notes map[string]int) {
		s := open(t, conversing(t, everything, func(conn net.Conn, r reply) bool {
			fmt.Fprint(conn, raw(r))
			return keeps
		}), patient)
		all = map[string]bool{}
		for _, f := range try(t, s, campaign(300, 200), 100) {
			all[string(f.Fault)+" "+f.Rule] = true
		}
		return all, s.Notes()
	}
	kept, notes := rules(true)
	if len(kept) < 5 || len(notes) > 0 {
		t.Errorf("kept connections: %v, notes %v", kept, notes)
	}
	closed, notes := rules(false)
	if len(notes) != 1 {
		t.Errorf("closed connections: notes %v", notes)
	}
	if fmt.Sprint(closed) != fmt.Sprint(kept) {
		t.Errorf("closed connections: %v\nkept ones: %v", closed, kept)
	}
	s := open(t, conversing(t, nil, func(conn net.Conn, r reply) bool {
		if r.status == 200 && r.body[4] == 1 { // drops all INITIAL_OFFER_MESSAGEs that interest it
			return false
		}
		fmt.Fprint(conn, raw(r))
		return true
	}), patient)
	if try(t, s, campaign(300, 200), 100); len(s.Notes()) > 0 {
		t.Errorf("a server that drops valid messages: notes %v", s.Notes())
	}
	s = open(t, conversing(t, nil, func(conn net.Conn, r reply) bool {
		fmt.Fprint(conn, raw(r))
		return false
	}), patient)
	for _, f := range try(t, s, campaign(300, 200), 100) {
		t.Errorf("a right server: %v", f.Difference)
	}
}

// Bytes after an answer are not blamed on the messages that follow.
func TestHTTPAnswersTwice(t *testing.T) {
	for name, surplus := range map[string]string{
		"the same again": raw(respond(0, 0, 0, 1, 0)), "a line end": "\r\n",
	} {
		s := open(t, conversing(t, nil, func(conn net.Conn, r reply) bool {
			out := raw(r)
			if r.status == 200 {
				out += surplus
			}
			fmt.Fprint(conn, out)
			return true
		}), patient)
		all := try(t, s, campaign(300, 200), 100)
		if len(all) == 0 {
			t.Errorf("%s: nothing found", name)
		}
		for _, f := range all {
			if f.Fault != fuzz.BadReply || f.Rule != "" || !strings.HasPrefix(f.Detail, surplusDetail) {
				t.Errorf("%s: %v", name, f.Difference)
			}
		}
	}
}

// A message that is never answered while others are sent at the same time is reported,
// with the number of connections, and shows again in the same way.
func TestHTTPDeadlock(t *testing.T) {
	var b reference
	var flight atomic.Int64
	var armed atomic.Bool
	release := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			switch n := flight.Add(1); {
			case armed.Load() && n == 3: // with two others
				<-release
			case armed.Load() && n > 4: // what comes after them: by then the time is up
				cancel()
			}
			for armed.Load() && flight.Load() < 3 { // until there are others
				select {
				case <-release:
					return
				default:
					runtime.Gosched()
				}
			}
			out := b.right(path, message)
			fmt.Fprint(conn, raw(out))
		}
	})
	t.Cleanup(sync.OnceFunc(func() { close(release) }))
	s := open(t, "http://"+addr, Options{Timeout: 200 * time.Millisecond, Slow: time.Minute, Wait: time.Nanosecond})
	armed.Store(true)
	flight.Store(0)
	cases := []target.Case{batchedOffer(), batchedOffer(), batchedOffer(), batchedOffer()}
	var all []*fuzz.Difference
	_ = s.TryAs(ctx, cases, "", 4, func(i int, d *fuzz.Difference) { all = append(all, d) })
	if len(all) == 0 || all[0].Fault != fuzz.Hang || all[0].Connections < 3 || !strings.Contains(all[0].Detail, "at the same time") {
		t.Errorf("found %v", all)
	}
}
