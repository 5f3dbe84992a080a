package hostedcache

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
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
	// Negotiate, if not nil, demands authentication by SPNEGO (RFC 4559) of version 1.0
	// (MS-PCHC 2.1): it begins one, which belongs to the connection of the request. Each
	// request needs one. It cannot go with InsecureV1.
	Negotiate func(r *http.Request) Negotiation
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
	if s.InsecureV1 && s.Negotiate != nil {
		return errors.New("pchc: authentication needs HTTPS (MS-PCHC 2.1): version 1.0 must not be on HTTP, too")
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	all.Go(func() { s.Cache.Run(ctx) })
	failures := make(chan error, 2)
	serve := func(l net.Listener, maxHeader int, allowed func(path string) bool) {
		failures <- exchange.Serve(ctx, l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !allowed(r.URL.Path) {
				w.WriteHeader(http.StatusNotFound)
			} else if codec.MajorVersionOfPath(r.URL.Path) != 1 || s.authenticated(w, r) {
				s.Cache.ServeHTTP(w, r)
			}
		}), maxHeader, s.ErrorLog)
		stop()
	}
	if plain != nil {
		all.Go(func() {
			serve(plain, exchange.MaxHeader, func(path string) bool {
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
		secure = tls.NewListener(exchange.Limit(secure), config)
		maxHeader := exchange.MaxHeader
		if s.Negotiate != nil {
			maxHeader = exchange.MaxTokenHeader
		}
		all.Go(func() {
			serve(secure, maxHeader, func(path string) bool { return codec.MajorVersionOfPath(path) == 1 })
		})
	}
	all.Wait()
	close(failures)
	var err error
	for e := range failures {
		err = errors.Join(err, e)
	}
	return err
}

// Serve serves a handler, such as a Cache or a client.Peer, over HTTP until ctx is done,
// which is no error. It limits what clients can take: connections, all and of one address,
// length of headers, and time. It returns when nothing is under way any more, and closes
// the listener.
func Serve(ctx context.Context, l net.Listener, h http.Handler) error {
	return exchange.Serve(ctx, exchange.Limit(l), h, exchange.MaxHeader, nil)
}

// NewTransport returns the transport that a Cache and a client.Client use by themselves.
// It connects to the host of the URL, not to a proxy, and limits what servers can take.
// Set TLSClientConfig for certificates that the system does not know.
func NewTransport() *http.Transport { return exchange.NewTransport() }
