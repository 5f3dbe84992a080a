package hostedcache

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	cryptorand "crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"io"
	"math/big"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// recorder is a transport that decodes every message that passes, checks its sender
// rules, and counts it. Package spec looks at them, too, but only at the first long ones,
// since it takes its time.
type recorder struct {
	t         *testing.T
	transport http.RoundTripper

	mu   sync.Mutex
	seen map[string]int // by message
}

func newRecorder(t *testing.T) *recorder {
	transport := NewTransport()
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &recorder{t: t, transport: transport, seen: map[string]int{}}
}

func (r *recorder) RoundTrip(request *http.Request) (*http.Response, error) {
	sent, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	request.Body = io.NopCloser(bytes.NewReader(sent))
	response, err := r.transport.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	received, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(received))
	r.mu.Lock()
	defer r.mu.Unlock()
	kinds := []spec.Kind{spec.Request, spec.Response}
	if pccrr.IsPath(request.URL.Path) {
		kinds = []spec.Kind{spec.RetrievalRequest, spec.RetrievalResponse}
	}
	if response.StatusCode != http.StatusOK {
		return response, nil // no message
	}
	for i, b := range [][]byte{sent, received} {
		name, err := decode(kinds[i], b)
		if err != nil {
			r.t.Errorf("%s: %v", name, err)
		}
		if r.seen[name]++; len(b) > 1<<14 && r.seen[name] > 8 {
			continue
		}
		for _, v := range spec.Dissect(kinds[i], b).Violations {
			r.t.Errorf("%s violates %s at offset %d: %s", name, v.Rule, v.Offset, v.Detail)
		}
	}
	return response, nil
}

// decode decodes a message, and checks its sender rules.
func decode(kind spec.Kind, b []byte) (name string, err error) {
	var m interface{ CheckSenderRules() error }
	switch kind {
	case spec.Response:
		_, err = codec.DecodeResponseMessage(b, codec.TypeUnknown)
		return "RESPONSE_MESSAGE", err
	case spec.Request:
		r, err := codec.DecodeRequestMessage(b)
		if err != nil {
			return "", err
		}
		name = r.MessageHeader.Type.String()
		switch r.MessageHeader.Type {
		case codec.TypeInitialOffer:
			m, err = r.DecodeInitialOffer()
		case codec.TypeSegmentInfo:
			m, err = r.DecodeSegmentInfo()
		default:
			m, err = r.DecodeBatchedOffer()
		}
		if err != nil {
			return name, err
		}
	case spec.RetrievalRequest:
		r, err := pccrr.DecodeRequestMessage(b)
		if err != nil {
			return "", err
		}
		name = r.MessageHeader.MsgType.String()
		if m, err = r.DecodeBody(); err != nil {
			return name, err
		}
	case spec.RetrievalResponse:
		r, err := pccrr.DecodeResponseMessage(b)
		if err != nil {
			return "", err
		}
		name = r.MessageHeader.MsgType.String()
		if m, err = r.DecodeBody(); err != nil {
			return name, err
		}
	}
	return name, m.CheckSenderRules()
}

func (r *recorder) count(message string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[message]
}

// listen returns a listener on the loopback interface.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func portOf(l net.Listener) uint16 { return uint16(l.Addr().(*net.TCPAddr).Port) }

// inBackground runs f until the test ends.
func inBackground(t *testing.T, f func(ctx context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// certificate returns one for this machine.
func certificate(t *testing.T) *tls.Config {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), cryptorand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	public, err := x509.CreateCertificate(cryptorand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{public}, PrivateKey: private}}}
}

// world is a hosted cache that serves, and the ends of its fetches.
type world struct {
	cache       *Cache
	transport   *recorder // of the cache and its clients
	fetches     chan Fetch
	http, https string
	stop        func()
}

// patience is how long an answer may take on a machine that has other things to do.
const patience = time.Minute

// newWorld serves a cache, whose messages are checked unless it has a transport.
func newWorld(t *testing.T, cache *Cache) *world {
	t.Helper()
	return newWorldOf(t, &Server{Cache: cache})
}

// newWorldOf is newWorld for the cache of a server.
func newWorldOf(t *testing.T, server *Server) *world {
	t.Helper()
	cache := server.Cache
	w := &world{cache: cache, transport: newRecorder(t), fetches: make(chan Fetch, 1<<16)}
	if cache.Transport == nil {
		cache.Transport = w.transport
	}
	cache.Timeout = or(cache.Timeout, patience)
	cache.Fetched = func(f Fetch) { w.fetches <- f }
	plain, secure := listen(t), listen(t)
	w.http, w.https = "http://"+plain.Addr().String(), "https://"+secure.Addr().String()
	server.TLSConfig = certificate(t)
	w.stop = inBackground(t, func(ctx context.Context) error { return server.Serve(ctx, plain, secure) })
	return w
}

// client returns a client of the cache at the port where a peer listens.
func (w *world) client(port uint16) *client.Client {
	return &client.Client{HTTP: w.http, HTTPS: w.https, Port: port, Tag: codec.TagBITS, Transport: w.transport, Timeout: patience}
}

// wait returns the ends of so many fetches.
func (w *world) wait(t *testing.T, n int) (all []Fetch) {
	t.Helper()
	for len(all) < n {
		select {
		case f := <-w.fetches:
			all = append(all, f)
		case <-time.After(2 * patience):
			t.Fatalf("%d of %d segments are done", len(all), n)
		}
	}
	return all
}

// fetched waits for so many fetches, which must leave nothing out.
func (w *world) fetched(t *testing.T, n int) {
	t.Helper()
	for _, f := range w.wait(t, n) {
		if f.Err != nil || f.Missing != 0 {
			t.Errorf("%x: %d blocks are fetched, %d missing: %v", f.HoHoDk, f.Fetched, f.Missing, f.Err)
		}
	}
}

// serve serves a handler, and returns the port.
func serveHandler(t *testing.T, h http.Handler) uint16 {
	t.Helper()
	l := listen(t)
	inBackground(t, func(ctx context.Context) error { return Serve(ctx, l, h) })
	return portOf(l)
}

// content makes up n bytes.
func content(n int, seed uint64) []byte {
	b := make([]byte, n)
	rng := rand.New(rand.NewPCG(seed, 1))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

var maker = pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("a server secret"))}

// describeV1 and describeV2 make Content Information.
func describeV1(t *testing.T, algorithm pccrc.HashAlgorithm, b []byte) pccrc.ContentInformation {
	t.Helper()
	v, err := maker.V1(t.Context(), algorithm, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func describeV2(t *testing.T, size int, b []byte) pccrc.ContentInformation {
	t.Helper()
	m := maker
	m.SegmentSize = size
	v, err := m.V2(t.Context(), bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// file is an io.WriterAt in memory.
type file struct{ b []byte }

func (f *file) WriteAt(b []byte, at int64) (int, error) {
	if n := int(at) + len(b); n > len(f.b) {
		f.b = append(f.b, make([]byte, n-len(f.b))...)
	}
	return copy(f.b[at:], b), nil
}

// retrieved retrieves a content, which must be there but for so many bytes.
func (w *world) retrieved(t *testing.T, info pccrc.ContentInformation, want []byte, missing int) {
	t.Helper()
	var f file
	r, err := w.client(0).Retrieve(t.Context(), info, &f)
	if err != nil || r.Bytes != uint64(len(want)-missing) || r.Wrong != 0 || missing == 0 && !bytes.Equal(f.b, want) {
		t.Fatalf("%+v %v", r, err)
	}
	if total(r.Missing) != uint64(missing) {
		t.Errorf("missing are %v", r.Missing)
	}
}

func total(ranges []pccrc.Range) (n uint64) {
	for _, r := range ranges {
		n += r.Length
	}
	return n
}

// postTo posts a body to a path of the cache, and returns status and answer.
func postTo(t *testing.T, url string, body []byte) (int, []byte) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	r, err := client.Post(url, "", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	answer, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, answer
}

func itoa(port uint16) string { return strconv.Itoa(int(port)) }

func contains(err error, text string) bool { return err != nil && strings.Contains(err.Error(), text) }
