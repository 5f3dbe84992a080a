package hostedcache

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/generate"
)

// Each listener has the paths of its version, and MS-PCCRR is on HTTP.
func TestServerPaths(t *testing.T) {
	get, err := pccrr.NewMsgGetBlks(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	offer, batch := generate.Simplest("INITIAL_OFFER_MESSAGE").Bytes, generate.Simplest("BATCHED_OFFER_MESSAGE").Bytes
	for _, insecure := range []bool{false, true} {
		plain, secure := listen(t), listen(t)
		server := Server{Cache: &Cache{}, TLSConfig: certificate(t), InsecureV1: insecure}
		stop := inBackground(t, func(ctx context.Context) error { return server.Serve(ctx, plain, secure) })
		v1OnHTTP := map[bool]int{false: 404, true: 200}[insecure]
		for _, c := range []struct {
			path       string
			body       []byte
			http, tls_ int
		}{
			{codec.PathV1, offer, v1OnHTTP, 200},
			{strings.ToLower(codec.PathV1) + "/", offer, v1OnHTTP, 200},
			{codec.PathV2, batch, 200, 404},
			{pccrr.Path, get, 200, 404},
			{"/", get, 404, 404},
		} {
			for url, want := range map[string]int{"http://" + plain.Addr().String(): c.http, "https://" + secure.Addr().String(): c.tls_} {
				if status, answer := postTo(t, url+c.path, c.body); status != want || len(answer) > 0 != (want == 200) {
					t.Errorf("%s%s: %d with %d bytes, want %d", url, c.path, status, len(answer), want)
				}
			}
		}
		stop()
	}
}

// TLS 1.0 is there only for who asks for it.
func TestTLSVersions(t *testing.T) {
	for _, c := range []struct {
		windows7 bool
		min      uint16 // of TLSConfig
		version  uint16 // of the client
		ok       bool
	}{
		{false, 0, tls.VersionTLS13, true},
		{false, 0, tls.VersionTLS12, true},
		{false, 0, tls.VersionTLS11, false},
		{false, 0, tls.VersionTLS10, false},
		{true, 0, tls.VersionTLS10, true},
		{true, 0, tls.VersionTLS11, true},
		{true, 0, tls.VersionTLS13, true},
		{true, tls.VersionTLS12, tls.VersionTLS11, false},
	} {
		config := certificate(t)
		config.MinVersion = c.min
		l := listen(t)
		server := Server{Cache: &Cache{}, TLSConfig: config, Windows7: c.windows7, ErrorLog: log.New(io.Discard, "", 0)}
		stop := inBackground(t, func(ctx context.Context) error { return server.Serve(ctx, nil, l) })
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true, MinVersion: c.version, MaxVersion: c.version})
		if err == nil {
			_ = conn.Close()
		}
		if err == nil != c.ok {
			t.Errorf("%+v: %v", c, err)
		}
		stop()
	}
}

// broken is a listener that fails.
type broken struct{ net.Listener }

var errBroken = errors.New("broken")

func (broken) Accept() (net.Conn, error) { return nil, errBroken }

// If one listener fails, all ends.
func TestServeFails(t *testing.T) {
	for _, secure := range []bool{false, true} {
		good, bad := listen(t), net.Listener(broken{listen(t)})
		plain, other := bad, good
		if secure {
			plain, other = good, bad
		}
		server := Server{Cache: &Cache{}, TLSConfig: certificate(t)}
		if err := server.Serve(t.Context(), plain, other); !errors.Is(err, errBroken) {
			t.Errorf("%v", err)
		}
		if _, err := good.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("the other listener: %v", err)
		}
	}
}

// pipes is a listener that hands out connections of clients.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// from is a connection of a client at an address.
type from struct {
	net.Conn
	address net.Addr
}

func (f from) RemoteAddr() net.Addr { return f.address }

func TestLimitOfConnections(t *testing.T) {
	p := &pipes{make(chan net.Conn), make(chan struct{})}
	l := limit(p).(*limited)
	var accepted []net.Conn
	got := make(chan net.Conn)
	var all sync.WaitGroup
	all.Go(func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			got <- c
		}
	})
	// dial reports whether a connection is kept.
	dial := func(host byte) bool {
		client, server := net.Pipe()
		before, closed := l.opened(), make(chan struct{})
		p.conns <- from{server, &net.TCPAddr{IP: net.IPv4(192, 0, 2, host), Port: 1}}
		all.Go(func() {
			_, _ = client.Read(make([]byte, 1))
			close(closed)
		})
		select {
		case c := <-got:
			accepted = append(accepted, c)
			return l.opened() == before+1
		case <-closed:
			return false
		}
	}
	for i := range maxConnsOfClient {
		if !dial(1) {
			t.Fatalf("connection %d is not kept", i)
		}
	}
	if dial(1) || !dial(2) {
		t.Error("the limit is of one address")
	}
	for range 2 {
		_ = accepted[0].Close() // counts once
	}
	if !dial(1) || dial(1) {
		t.Error("a closed connection still counts")
	}
	_ = l.Close()
	for _, c := range accepted {
		_ = c.Close()
	}
	all.Wait()
	if l.opened() != 0 || len(l.open) != 0 {
		t.Errorf("%d connections are open, of %d addresses", l.all, len(l.open))
	}
	l.all = maxConns
	if l.count(addr(9), 1) {
		t.Error("the limit of all")
	}
	l.all--
	if !l.count(addr(9), 1) {
		t.Error("one below the limit of all")
	}
}

func (l *limited) opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all
}

// A header that is too long, and one that does not end, cost a client its connection.
func TestServeLimitsHeaders(t *testing.T) {
	port := serveHandler(t, &Peer{})
	r, err := http.NewRequest("POST", "http://127.0.0.1:"+itoa(port)+pccrr.Path, bytes.NewReader(nil))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X", strings.Repeat("x", 20<<10))
	transport := NewTransport()
	defer transport.CloseIdleConnections()
	response, err := transport.RoundTrip(r)
	if err == nil {
		_ = response.Body.Close()
		if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("status %d", response.StatusCode)
		}
	}
}
