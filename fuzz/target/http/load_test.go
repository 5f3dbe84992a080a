package http

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
)

// crowdServer is a server that knows how many requests it has at the same time.
type crowdServer struct {
	mu        sync.Mutex
	under     int
	wanted    int           // requests that wait for each other; 0: none does
	assembled chan struct{} // closed when they are that many
}

// meet waits for others, and returns how many requests there are, at least.
func (c *crowdServer) meet() (together int) {
	c.mu.Lock()
	c.under++
	wait, together := c.assembled, max(c.under, c.wanted)
	switch c.wanted {
	case 0:
		wait = nil
	case c.under:
		c.wanted = 0
		close(wait)
	}
	c.mu.Unlock()
	if wait != nil {
		<-wait
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.under--
	return together
}

func (c *crowdServer) want(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wanted, c.assembled = n, make(chan struct{})
}

func (c *crowdServer) start(t *testing.T, answer func(r reply, together int) reply) string {
	var b reference
	return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			out := b.right(path, message)
			fmt.Fprint(conn, raw(answer(out, c.meet())))
		}
	})
}

// The number of connections that the user asks for is busy while a session of a campaign
// tries messages, and only then.
func TestLoadKeepsConnectionsBusy(t *testing.T) {
	c := &crowdServer{}
	url := c.start(t, func(r reply, _ int) reply { return r })
	o := patient
	o.Concurrency = 6
	s := open(t, url, o)
	cases := []target.Case{batchedOffer(), batchedOffer(), tooMany(), batchedOffer()}
	try(t, s, cases, 4)
	if s.t.load.running {
		t.Error("a session that is none of a campaign has other connections busy")
	}
	for _, f := range vary(t, s, cases, 4) {
		t.Error(f.Difference)
	}
	for range 3 {
		c.want(o.Concurrency) // none of them is answered until there are so many
		if all := try(t, s, cases, 4); len(all) > 0 || !s.t.load.running {
			t.Errorf("the load runs: %v; found %v", s.t.load.running, all)
		}
	}
	if err := s.Vary(t.Context(), cases, func(_ int, d *fuzz.Difference) { t.Error(d) }); err != nil {
		t.Error(err)
	}
	if !s.t.load.running {
		t.Error("the load has ended")
	}
	for what := range s.Notes() {
		if strings.HasPrefix(what, "messages over the other connections, of 6") {
			return
		}
	}
	t.Errorf("notes %v", s.Notes())
}

// What is wrong only while other connections are busy is reported as that, wherever it is
// seen, and what is wrong anyway is not.
func TestLoadIsBlamed(t *testing.T) {
	for name, wrong := range map[string]func(r reply, together int) reply{
		"code": func(r reply, together int) reply {
			if together > 1 && r.status == 200 {
				return respond(0, 0, 0, 1, 1)
			}
			return r
		},
		"answered": func(r reply, together int) reply {
			if together > 1 {
				return respond(0, 0, 0, 1, 0)
			}
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &crowdServer{}
			url := c.start(t, wrong)
			o := patient
			o.Concurrency = 4
			s := open(t, url, o)
			s.varies = true
			cases := []target.Case{tooMany(), batchedOffer()}
			c.want(4)
			all := try(t, s, cases, 2)
			if err := s.loadWrong(context.Background(), cases, func(i int, d *fuzz.Difference) {
				all = append(all, found{cases[i], d})
			}); err != nil {
				t.Fatal(err)
			}
			if len(all) == 0 {
				t.Error("nothing was found")
			}
			for _, f := range all {
				// On a busy machine not all four may be open in time.
				if string(f.Fault) != name || f.Connections < 2 || !strings.Contains(f.Detail, fmt.Sprintf("over %d connections at the same time; alone, it is ", f.Connections)) {
					t.Errorf("%v, %d connections", f.Difference, f.Connections)
				}
			}
		})
	}
}

// A hosted cache that is dead once it has had too many connections is not taken for one
// that serves few.
func TestLimitKills(t *testing.T) {
	var mu sync.Mutex
	open := 0
	release := make(chan struct{})
	addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
		var b reference
		mu.Lock()
		open++
		dead := open >= 5
		mu.Unlock()
		for {
			path, message, ok := next(conn, r)
			if !ok {
				break
			}
			if dead {
				<-release
				return
			}
			fmt.Fprint(conn, raw(b.right(path, message)))
		}
	})
	t.Cleanup(func() { close(release) })
	tg, err := New("http://"+addr, Options{Timeout: 200 * time.Millisecond, Slow: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	_, err = tg.Open(t.Context())
	first, ok := err.(*target.FirstFailure)
	if !ok || first.Fault != fuzz.Hang || first.Connections == 0 || !strings.Contains(first.Detail, "connections were open at the same time") {
		t.Errorf("error %v", err)
	}
}
