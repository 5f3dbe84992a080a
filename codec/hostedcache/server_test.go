package hostedcache

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
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

// A header that is too long, and one that does not end, cost a client its connection.
func TestServeLimitsHeaders(t *testing.T) {
	port := serveHandler(t, &client.Peer{})
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
