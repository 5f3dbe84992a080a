package hostedcache

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
)

// Server serves a Cache as clients expect it: version 1.0 of MS-PCHC over HTTPS, version
// 2.0 and MS-PCCRR over HTTP, each of which does not have the other's paths (MS-PCHC 2.1).
type Server struct {
	Cache *Cache // whose Run it calls
	// TLSConfig has the certificate, as HTTPS needs it.
	TLSConfig *tls.Config
	// Windows7 accepts TLS 1.0 and 1.1, too: Windows 7 and Windows Server 2008 R2 do not
	// speak a later version unless they are told to.
	Windows7 bool
	// InsecureV1 serves version 1.0 over HTTP as well. Whoever sees that sees the keys of
	// segments: it is for tests.
	InsecureV1 bool
	// ErrorLog is that of both http.Servers.
	ErrorLog *log.Logger
}

// Serve serves HTTP and HTTPS on the listeners, one of which may be nil, and runs the
// cache, until ctx is done, which is no error, or one of them fails. It returns when
// nothing is under way any more, and closes the listeners.
func (s *Server) Serve(ctx context.Context, plain, secure net.Listener) error {
	if secure != nil && s.TLSConfig == nil {
		return errors.New("pchc: HTTPS needs a TLSConfig")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { s.Cache.Run(ctx) })
	failures := make(chan error, 2)
	serve := func(l net.Listener, allowed func(path string) bool) {
		failures <- serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !allowed(r.URL.Path) {
				w.WriteHeader(http.StatusNotFound)
				return
			}
			s.Cache.ServeHTTP(w, r)
		}), s.ErrorLog)
		stop()
	}
	if plain != nil {
		all.Go(func() {
			serve(plain, func(path string) bool {
				return codec.MajorVersionOfPath(path) == 2 || pccrr.IsPath(path) || s.InsecureV1
			})
		})
	}
	if secure != nil {
		config := s.TLSConfig.Clone()
		if config.MinVersion == 0 && s.Windows7 {
			config.MinVersion = tls.VersionTLS10
		}
		config.NextProtos = []string{"http/1.1"}
		// The limit of connections also holds for those that shake hands.
		secure = tls.NewListener(limit(secure), config)
		all.Go(func() { serve(secure, func(path string) bool { return codec.MajorVersionOfPath(path) == 1 }) })
	}
	all.Wait()
	close(failures)
	var err error
	for e := range failures {
		err = errors.Join(err, e)
	}
	return err
}

// Serve serves a handler over HTTP until ctx is done, which is no error. It limits what
// clients can take: connections, all and of one address, length of headers, and time. It
// returns when nothing is under way any more, and closes the listener.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return serve(ctx, limit(l), h, nil)
}

func serve(ctx context.Context, l net.Listener, h http.Handler, errorLog *log.Logger) error {
	server := &http.Server{
		Handler:           h,
		ErrorLog:          errorLog,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      15 * time.Second, // MS-PCCRR 3.2.2
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    8 << 10,
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

func limit(l net.Listener) net.Listener { return &limited{Listener: l, open: map[netip.Addr]int{}} }

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
