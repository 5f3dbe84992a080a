package main

import (
	"fmt"
	"maps"
	"net"
	"os"
	"sync"
	"time"
)

// meeting is of requests that come at the same time.
type meeting struct {
	mu    sync.Mutex
	under int // requests that are under way
	most  int // of them, since there was none
	conn  net.Conn
}

// aWhile is as long as it takes to look at a disk.
const aWhile = 2 * time.Millisecond

// together judges a message while others may be, with the faults that show only then.
func (c *cache) together(d *decoder, judge func() verdict) verdict {
	switch c.fault {
	case "deadlock-of-8", "busy-drops", "crash-at-the-same-time", "batch-count-shared", "updates-lost":
	default:
		return judge()
	}
	if c.has("updates-lost") {
		c.mu.Lock()
		d.before = maps.Clone(c.known)
		c.mu.Unlock()
	}
	m := &c.meeting
	m.mu.Lock()
	if m.under++; m.under == 1 {
		m.most = 0
	}
	m.most = max(m.most, m.under)
	busy := m.under > 1
	m.mu.Unlock()
	time.Sleep(aWhile)
	m.mu.Lock()
	for n := 0; n < 20 && c.has("deadlock-of-8") && m.under > 1 && m.most < 8; n++ { // they wait for each other
		m.mu.Unlock()
		time.Sleep(aWhile)
		m.mu.Lock()
	}
	if c.has("deadlock-of-8") && m.most >= 8 {
		forever() // with the lock
	}
	if c.has("crash-at-the-same-time") && m.most >= 2 {
		fmt.Fprintln(os.Stderr, "fatal error: concurrent map writes")
		os.Exit(2)
	}
	busy = busy || m.most > 1
	m.mu.Unlock()
	v := judge()
	if c.has("batch-count-shared") && busy && v.message == "BATCHED_OFFER_MESSAGE" && !v.drop {
		v.code = codeInterested // since the segments of all are counted together
	}
	m.mu.Lock()
	m.under--
	m.mu.Unlock()
	v.lost = busy && c.has("busy-drops")
	return v
}

// last returns the connection on which the last request came, a while ago.
func (m *meeting) last(conn net.Conn) net.Conn {
	m.mu.Lock()
	m.conn = conn
	m.mu.Unlock()
	time.Sleep(aWhile)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.conn
}
