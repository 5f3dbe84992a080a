package resource

import (
	"net"
	"strconv"
	"sync"
	"time"
)

// Listening is the processes of a server that others run. Its methods are safe for
// concurrent use. The zero value is ready to use.
type Listening struct {
	mu   sync.Mutex // guards the following fields
	pids []int
	read time.Time
}

// listeningFor is how long it is assumed that a server has the same processes.
const listeningFor = 10 * time.Second

// RunDelay returns for how long the processes that listen at an address have waited for a
// processor; false if they do not run on this machine, or if that cannot be read. The address
// must always be the same.
func (l *Listening) RunDelay(address string) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read.IsZero() || time.Since(l.read) > listeningFor {
		l.pids, l.read = nil, time.Now()
		host, port, _ := net.SplitHostPort(address)
		if ip := net.ParseIP(host); ip.IsLoopback() {
			n, _ := strconv.Atoi(port)
			l.pids = Listeners(n)
		}
	}
	return RunDelay(l.pids)
}
