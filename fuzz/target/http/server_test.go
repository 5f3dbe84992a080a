package http

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// reply is what a server of these tests does with a message, once it is known
// what is right.
type reply struct {
	status int
	body   []byte
	drop   bool // close the connection
	closes bool // so too, but after the answer
}

// send writes the reply, in HTTP/1.1 with its length.
func (r reply) send(w http.ResponseWriter) {
	if r.drop {
		panic(http.ErrAbortHandler)
	}
	if r.closes {
		w.Header().Set("Connection", "close")
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(r.body)))
	w.WriteHeader(r.status)
	_, _ = w.Write(r.body)
}

// respond makes a reply with a body.
func respond(body ...byte) reply { return reply{status: 200, body: body} }

// reference knows the right reply.
type reference struct{ cache hostedcache.Cache }

func (b *reference) right(path string, message []byte) reply {
	w := httptest.NewRecorder()
	b.cache.ServeHTTP(w, httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(message))))
	return reply{status: w.Code, body: w.Body.Bytes()}
}

// serve starts a server on net/http that replies as change has it: it gets the
// case and the right reply. It may be nil.
func serve(t testing.TB, change func(c target.Case, r reply) reply) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handle(change))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

// httpServer returns a server on net/http that the test starts.
func httpServer(t testing.TB, h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server
}

func handle(change func(c target.Case, r reply) reply) http.Handler {
	var b reference
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		message, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if r.Method != http.MethodPost {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		c := target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: message})
		out := b.right(r.URL.Path, message)
		if change != nil {
			out = change(c, out)
		}
		out.send(w)
	})
}

// listen starts a server that has each connection to itself. It returns its
// address.
func listen(t testing.TB, converse func(conn net.Conn, r *bufio.Reader)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	conns := map[net.Conn]bool{}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns[conn] = true
			mu.Unlock()
			wg.Go(func() {
				converse(conn, bufio.NewReader(conn))
				_ = conn.Close()
				mu.Lock()
				delete(conns, conn)
				mu.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for conn := range conns {
			_ = conn.Close()
		}
		mu.Unlock()
		wg.Wait()
	})
	return l.Addr().String()
}

// next reads a request, and returns its message. After one with which the connection ends,
// there is no other.
func next(conn net.Conn, r *bufio.Reader) (path string, message []byte, ok bool) {
	request, err := http.ReadRequest(r)
	if err != nil || request.Host == "" && request.ProtoAtLeast(1, 1) || request.Method != http.MethodPost {
		return "", nil, false
	}
	if request.Header.Get("Expect") != "" && request.ProtoAtLeast(1, 1) {
		fmt.Fprint(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	if message, err = io.ReadAll(request.Body); request.Close {
		r.Reset(strings.NewReader(""))
	}
	return request.URL.Path, message, err == nil
}

// raw is a response with a length, on a connection that is kept.
func raw(r reply) string {
	return fmt.Sprintf("HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n\r\n%s", r.status, len(r.body), r.body)
}
