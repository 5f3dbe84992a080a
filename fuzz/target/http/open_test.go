package http

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// resolver answers every name with these addresses.
func resolver(addrs ...string) func(context.Context, string) ([]netip.Addr, error) {
	return func(context.Context, string) (all []netip.Addr, err error) {
		for _, a := range addrs {
			all = append(all, netip.MustParseAddr(a))
		}
		return all, nil
	}
}

func TestHTTPRefusesURLs(t *testing.T) {
	for _, c := range []struct {
		url     string
		options Options
		want    string // in the error; "": there must be none
	}{
		{"http://127.0.0.1", Options{}, ""},
		{"http://127.3.2.1:99/x", Options{}, ""},
		{"http://[::1]:99", Options{}, ""},
		{"http://[::ffff:127.0.0.1]:99", Options{}, ""},
		{"https://cache", Options{lookup: resolver("127.0.0.1", "::1")}, ""},
		{"http://192.0.2.1", Options{}, "remote host"},
		{"http://192.0.2.1", Options{AllowRemote: true}, ""},
		{"http://[2001:db8::1]", Options{}, "remote host"},
		{"http://[::ffff:192.0.2.1]", Options{}, "remote host"},
		{"http://0.0.0.0:80", Options{}, "remote host"},
		{"http://cache", Options{lookup: resolver("192.0.2.1")}, "remote host"},
		{"http://cache", Options{lookup: resolver("127.0.0.1", "192.0.2.1")}, "remote host"},
		{"http://cache", Options{AllowRemote: true, lookup: resolver("192.0.2.1")}, ""},
		{"http://cache", Options{lookup: resolver()}, "no address"},
		{"http://cache", Options{lookup: func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("no such name") }}, "no such name"},
		{"http://user:secret@127.0.0.1", Options{}, "Authorization header"},
		{"ftp://user:secret@127.0.0.1", Options{}, "Authorization header"},
		{"user:secret@127.0.0.1", Options{}, "Authorization header"},
		{"http://user:secret secret@127.0.0.1", Options{}, "Authorization header"},
		{"http://user:secret/secret@127.0.0.1", Options{}, "Authorization header"},
		{"http://127.0.0.1/a@b", Options{}, ""},
		{"ftp://127.0.0.1", Options{}, "http or https"},
		{"127.0.0.1:80", Options{}, "hosted cache"},
		{"http://", Options{}, "http or https"},
		{"https://127.0.0.1", Options{RootCAs: "/does/not/exist"}, "/does/not/exist"},
		{"https://127.0.0.1", Options{RootCAs: "open_test.go"}, "no PEM certificate"},
	} {
		_, err := New(c.url, c.options)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.url, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%v", err)
		}
	}
}

func TestHTTPTakesThePathOfTheVersion(t *testing.T) {
	for url, want := range map[string]struct {
		path    string
		version uint8
		addr    string
	}{
		"http://127.0.0.1":                                      {spec.PathV2, 2, "127.0.0.1:80"},
		"http://127.0.0.1:81/":                                  {spec.PathV2, 2, "127.0.0.1:81"},
		"https://127.0.0.1":                                     {spec.PathV1, 1, "127.0.0.1:443"},
		"http://[::1]:5" + spec.PathV1:                          {spec.PathV1, 1, "[::1]:5"},
		"http://127.0.0.1/cache?x=1":                            {"/cache", 0, "127.0.0.1:80"},
		"http://127.0.0.1" + strings.ToUpper(spec.PathV2) + "/": {strings.ToUpper(spec.PathV2) + "/", 2, "127.0.0.1:80"},
	} {
		tg, err := New(url, Options{})
		if err != nil {
			t.Error(err)
			continue
		}
		h := tg.(*endpoint)
		if h.url.Path != want.path || h.version != want.version || h.addrs[0] != want.addr {
			t.Errorf("%s: path %s, version %d, address %s", url, h.url.Path, h.version, h.addrs[0])
		}
		if tg.Name() != url || !slices.Equal(tg.Kinds(), []spec.Kind{spec.Request}) {
			t.Errorf("%s is called %s and takes %v", url, tg.Name(), tg.Kinds())
		}
	}
}

// brief are options for servers that cannot be tried.
var brief = Options{Wait: time.Nanosecond, Timeout: 20 * time.Second}

// openError returns the error of Open.
func openError(t *testing.T, url string, o Options) string {
	t.Helper()
	tg, err := New(url, o)
	if err != nil {
		t.Fatal(err)
	}
	s, err := tg.Open(t.Context())
	if err == nil {
		_ = s.Close()
		return ""
	}
	if n := len(tg.(*endpoint).conns); n > 0 {
		t.Errorf("%d connections are left open", n)
	}
	return err.Error()
}

func TestHTTPSaysWhyItCannotTry(t *testing.T) {
	status := func(status int) string {
		return serve(t, func(target.Case, reply) reply { return reply{status: status} }).URL
	}
	secure := httptest.NewTLSServer(nil)
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(secure.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	for name, c := range map[string]struct{ url, want string }{
		"401":     {status(401), "authorization"},
		"403":     {status(403), "authorization"},
		"404":     {status(404), spec.PathV2},
		"refused": {gone.URL, "cannot connect"},
		"TLS":     {strings.Replace(secure.URL, "https:", "http:", 1), "is it https"},
		"no TLS":  {strings.Replace(status(200), "http:", "https:", 1), "is it http"},
	} {
		if err := openError(t, c.url, brief); !strings.Contains(err, c.want) {
			t.Errorf("%s: %q, want %q in it", name, err, c.want)
		}
	}
	// A server that does it wrong from the start is still to be tried.
	if err := openError(t, status(500), brief); err != "" {
		t.Error(err)
	}
}

// A server that answers no valid message cannot be tried; half an answer or one that
// is not HTTP is a finding. With a time limit for the answer that never comes.
func TestHTTPFirstAnswer(t *testing.T) {
	says := func(answer string, keeps bool) string {
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for {
				if _, _, ok := next(conn, r); !ok {
					return
				}
				if fmt.Fprint(conn, answer); !keeps {
					return
				}
			}
		})
	}
	for _, c := range []struct {
		name, url string
		fault     fuzz.Fault // of the finding; "": there is none
		want      string
	}{
		{"nothing", says("", true), "", "answers no valid message: no answer within"},
		{"closes", says("", false), "", "answers no valid message: the connection closes without an answer"},
		{"one byte too few", says("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\x00\x00\x00\x01\x00", true), fuzz.Hang, "the answer does not end"},
		{"header only", says("HTTP/1.1 200 OK\r\n", true), fuzz.Hang, "only part of an answer"},
		{"no HTTP", says("\x00\x00\x00\x01\x00\r\n\r\n", false), fuzz.BadReply, "not HTTP"},
	} {
		tg, err := New(c.url, Options{Wait: time.Nanosecond, Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		s, err := tg.Open(t.Context())
		if err == nil {
			_ = s.Close()
			t.Errorf("%s: it can be tried", c.name)
			continue
		}
		var first *target.FirstFailure
		if errors.As(err, &first) != (c.fault != "") || first != nil && (first.Fault != c.fault || !first.Expected.Valid()) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestHTTPSendsTheHeader(t *testing.T) {
	var b reference
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Basic abc" || r.Host != "cache.example" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		b.right(r.URL.Path, body(r)).send(w)
	}))
	defer server.Close()
	h := http.Header{"Authorization": {"Basic abc"}, "Host": {"cache.example"}}
	s := open(t, server.URL, Options{Header: h, Timeout: patient.Timeout, Slow: patient.Slow})
	if all := try(t, s, campaign(50, 1<<30), 100); len(all) > 0 {
		t.Error(all)
	}
}

func TestHTTPFollowsNoRedirect(t *testing.T) {
	var followed atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { followed.Store(true) }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusPermanentRedirect))
	defer server.Close()
	s := open(t, server.URL, patient)
	all := try(t, s, []target.Case{batchedOffer()}, 1)
	if len(all) != 1 || all[0].Fault != fuzz.Unanswered || !strings.Contains(all[0].Detail, "308") {
		t.Error(all)
	}
	if followed.Load() {
		t.Error("the redirect was followed")
	}
}

func TestHTTPOverTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(&hostedcache.Cache{})
	server.Config.ErrorLog = discard
	server.StartTLS()
	defer server.Close()
	file := filepath.Join(t.TempDir(), "root.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(file, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openError(t, server.URL, brief); !strings.Contains(err, "not trusted") {
		t.Errorf("an unknown certificate: %q", err)
	}
	for _, o := range []Options{{Insecure: true}, {RootCAs: file}, {TLS: server.Client().Transport.(*http.Transport).TLSClientConfig}} {
		o.Timeout, o.Slow = patient.Timeout, patient.Slow
		s := open(t, server.URL, o)
		if s.t.version != 1 {
			t.Errorf("version %d", s.t.version)
		}
		for _, f := range try(t, s, campaign(100, 50), 100) {
			t.Error(f.Difference)
		}
	}
}

func TestHTTPEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var tried atomic.Int64
	release := make(chan struct{})
	server := serve(t, func(c target.Case, r reply) reply {
		if tried.Add(1); many(c) {
			cancel()
			<-release
		}
		return r
	})
	t.Cleanup(func() { close(release) })
	tg, err := New(server.URL, Options{Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	s, err := tg.Open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	full := tooMany()
	cases := []target.Case{batchedOffer(), target.NewCase(fuzz.Message{Kind: spec.Request, Bytes: full.Bytes[:16+128*59]}), batchedOffer()}
	n, err := s.Try(ctx, cases, func(i int, d *fuzz.Difference) { t.Error(d) })
	if n != 1 || !errors.Is(err, context.Canceled) {
		t.Errorf("tried %d: %v", n, err)
	}
	if _, err := tg.Open(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// Sessions at the same time do not blame each other's messages.
func TestHTTPSessionsTakeTurns(t *testing.T) {
	var b reference
	var flight, most atomic.Int64
	addr := listen(t, func(conn net.Conn, r *bufio.Reader) {
		for {
			path, message, ok := next(conn, r)
			if !ok {
				return
			}
			out := b.right(path, message)
			if out.status == 200 { // others may be given up while they are here
				most.Store(max(most.Load(), flight.Add(1)))
				runtime.Gosched()
				flight.Add(-1)
			}
			if bad := tooMany(); len(message) == len(bad.Bytes) {
				out = respond(0, 0, 0, 1, 0)
			}
			fmt.Fprint(conn, raw(out))
		}
	})
	tg, err := New("http://"+addr, Options{Timeout: patient.Timeout, Slow: patient.Slow, Concurrency: 1})
	if err != nil {
		t.Fatal(err)
	}
	w := wrong{when: func(c target.Case) bool { return len(c.Bytes) == 16+129*59 }, want: fuzz.Answered, about: "PCHC-2.2.1.5-MaxDescriptors", broken: "PCHC-3.1.5.4-Drop"}
	done := make(chan []found)
	for range 3 {
		go func() {
			s, err := tg.Open(context.Background())
			if err != nil {
				t.Error(err)
				done <- nil
				return
			}
			all := try(t, s, withSpecial(tooMany(), 5), 16)
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			done <- all
		}()
	}
	for range 3 {
		w.check(t, <-done)
	}
	if most.Load() != 1 {
		t.Errorf("%d messages at the same time", most.Load())
	}
}
