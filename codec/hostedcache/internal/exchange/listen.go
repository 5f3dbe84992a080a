package exchange

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// MaxHeader is how many bytes the header of a request may have, and MaxTokenHeader if it may
// have a ticket of Kerberos.
const (
	MaxHeader      = 8 << 10
	MaxTokenHeader = 96 << 10
)

type connKey struct{}

// OfConn returns what there is for the connection of a request to Serve: nil first, and
// then what others have put there. Requests on one connection come one after the other.
func OfConn(r *http.Request) *any { return r.Context().Value(connKey{}).(*any) }

// Serve serves a handler over HTTP until ctx is done, which is no error. It limits the
// length of headers and the time of each request. It returns when nothing is under way any
// more, and closes the listener.
func Serve(ctx context.Context, l net.Listener, h http.Handler, maxHeader int, errorLog *log.Logger) error {
	server := &http.Server{
		Handler:           h,
		ErrorLog:          errorLog,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second, // MS-PCCRR 3.2.2
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    maxHeader,
		ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, new(any))
		},
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	select {
	case err := <-ended:
		return errors.Join(err, server.Close())
	case <-ctx.Done():
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if server.Shutdown(finish) != nil {
		_ = server.Close() // who is slow is cut off
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// limited is a listener with a limit of open connections. It closes those beyond.
type limited struct {
	net.Listener
	mu   sync.Mutex
	open map[netip.Addr]int // by address of the client
	all  int
}

// How many connections there may be, and from one address.
const (
	maxConns         = 2048
	maxConnsOfClient = 128
)

// Limit returns a listener of l's connections with a limit of open ones, all and of one
// address.
func Limit(l net.Listener) net.Listener { return &limited{Listener: l, open: map[netip.Addr]int{}} }

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		client, _ := netip.ParseAddrPort(conn.RemoteAddr().String()) // or the zero value
		if l.count(client.Addr(), 1) {
			return &limitedConn{Conn: conn, closed: func() { l.count(client.Addr(), -1) }}, nil
		}
		_ = conn.Close()
	}
}

// count adds to the connections of a client, unless there are too many.
func (l *limited) count(client netip.Addr, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n > 0 && (l.all >= maxConns || l.open[client] >= maxConnsOfClient) {
		return false
	}
	l.all += n
	if l.open[client] += n; l.open[client] == 0 {
		delete(l.open, client)
	}
	return true
}

type limitedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

// Close implements net.Conn.
func (c *limitedConn) Close() error {
	c.once.Do(c.closed)
	return c.Conn.Close()
}
