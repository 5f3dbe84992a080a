package hostedcache

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/hostedcache/internal/exchange"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// authorizations is a transport that notes where credentials go.
type authorizations struct {
	http.RoundTripper
	mu   sync.Mutex
	seen []string // status and URL of requests, those with credentials marked
}

func (a *authorizations) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := a.RoundTripper.RoundTrip(r)
	a.mu.Lock()
	defer a.mu.Unlock()
	mark := ""
	if r.Header.Get("Authorization") != "" {
		mark = " with credentials"
	}
	if err == nil {
		a.seen = append(a.seen, response.Status[:3]+" "+r.URL.Scheme+mark)
	}
	return response, err
}

// A mechanism is a conversation of tokens that both ends know, which the server may end
// with a token of its own.
type mechanism struct {
	client, server []string // the tokens, in their order; server has one less, or a last one
}

func (m mechanism) accept(t *testing.T, conns map[string]bool, mu *sync.Mutex) func(r *http.Request) Negotiation {
	return func(r *http.Request) Negotiation {
		n, from := 0, r.RemoteAddr
		mu.Lock()
		conns[from] = true
		mu.Unlock()
		return func(token []byte) ([]byte, bool, error) {
			if n >= len(m.client) || string(token) != m.client[n] {
				return []byte("not for the client"), true, errors.New("who are you?")
			}
			n++
			var answer []byte
			if n <= len(m.server) {
				answer = []byte(m.server[n-1])
			}
			return answer, n == len(m.client), nil
		}
	}
}

var errImpostor = errors.New("another server")

func (m mechanism) begin(hosts *[]string) func(context.Context, string) (client.Negotiation, error) {
	return func(_ context.Context, host string) (client.Negotiation, error) {
		*hosts = append(*hosts, host)
		n := 0
		return func(_ context.Context, challenge []byte) ([]byte, error) {
			if n > 0 && string(challenge) != m.server[n-1] || n == 0 && len(challenge) > 0 {
				return nil, errImpostor
			}
			if n++; n > len(m.client) {
				return nil, nil // the server has authenticated itself
			}
			return []byte(m.client[n-1]), nil
		}, nil
	}
}

// A hosted cache that demands authentication has it of each request of version 1.0, on its
// connection, and of nothing else.
func TestNegotiate(t *testing.T) {
	b := content(100_000, 3)
	for name, m := range map[string]mechanism{
		"one token":                        {[]string{"ticket"}, nil},
		"one token, and one of the server": {[]string{"ticket"}, []string{"and here is mine"}},
		"three tokens":                     {[]string{"hello", "who I am", "proof"}, []string{"a nonce", "another"}},
		"a long ticket":                    {[]string{strings.Repeat("x", 48_000)}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			conns, mu := map[string]bool{}, sync.Mutex{}
			w := newWorldOf(t, &Server{Cache: &Cache{}, Negotiate: m.accept(t, conns, &mu)})
			info := describeV1(t, pccrc.SHA256, b)
			var peer client.Peer
			peer.Add(info, bytes.NewReader(b))
			c := w.client(serveHandler(t, &peer))
			var hosts []string
			c.Negotiate = m.begin(&hosts)
			auth := &authorizations{RoundTripper: c.Transport}
			c.Transport = auth
			if err := c.Offer(t.Context(), info); err != nil {
				t.Fatal(err)
			}
			w.fetched(t, 1)
			w.retrieved(t, info, b, 0)
			want := []string{"401 https"}
			for range len(m.client) - 1 {
				want = append(want, "401 https with credentials")
			}
			want = append(want, "200 https with credentials")
			want = append(want, want...) // INITIAL_OFFER_MESSAGE and SEGMENT_INFO_MESSAGE
			if got := strings.Join(auth.seen, ", "); got != strings.Join(want, ", ") {
				t.Errorf("requests: %s", got)
			}
			if strings.Join(hosts, " ") != "127.0.0.1 127.0.0.1" || len(conns) != 1 {
				t.Errorf("authenticated to %v, on %d connections", hosts, len(conns))
			}
			// By version 2.0 it goes without.
			c.HTTPS, auth.seen = "", nil
			if err := c.Offer(t.Context(), info); err != nil || strings.Join(auth.seen, "") != "200 http" {
				t.Errorf("%v %v", auth.seen, err)
			}
		})
	}
}

// Who does not authenticate is refused, and nothing of the message is taken.
func TestNegotiateRefuses(t *testing.T) {
	info, hoHoDk := segmentInfo(t, 1, 1)
	m := mechanism{[]string{"first", "second"}, []string{"go on"}}
	conns, mu := map[string]bool{}, sync.Mutex{}
	cache := &Cache{Offered: func(Offer) { t.Error("an offer is taken") }}
	w := newWorldOf(t, &Server{Cache: cache, Negotiate: m.accept(t, conns, &mu)})
	a := exchange.Asker{Transport: w.transport, Timeout: patience}
	for _, c := range []struct{ authorization, want string }{
		{"", "Negotiate"},
		{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "Negotiate"},
		{"Negotiate", "Negotiate"},
		{"Negotiate !", "Negotiate"},
		{exchange.Negotiate([]byte("second")), "Negotiate"},
		{exchange.Negotiate([]byte("first")), exchange.Negotiate([]byte("go on"))},
		{exchange.Negotiate([]byte("first")), "Negotiate"}, // out of order, and over
		{exchange.Negotiate([]byte("second")), "Negotiate"},
		{exchange.Negotiate([]byte("first")), exchange.Negotiate([]byte("go on"))},
		{"", "Negotiate"}, // which ends it, too
		{exchange.Negotiate([]byte("second")), "Negotiate"},
	} {
		body, challenges, err := a.PostAs(t.Context(), w.https+codec.PathV1, c.authorization, info, 100)
		if err != exchange.StatusError(401) || len(challenges) != 1 || challenges[0] != c.want || len(body) > 0 {
			t.Errorf("%q: %v, %q, %v", c.authorization, err, challenges, body)
		}
	}
	if len(conns) != 1 {
		t.Errorf("%d connections", len(conns))
	}
	if cache.Complete(hoHoDk) {
		t.Error("the message is taken")
	}
	// A path of nobody, and those of HTTP, do not ask.
	get, err := pccrr.NewMsgGetBlks(make([]byte, 32), 0).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]int{w.https + "/": 404, w.http + pccrr.Path: 200, w.http + codec.PathV1: 404} {
		if status, _ := postTo(t, url, get); status != want {
			t.Errorf("%s: %d, want %d", url, status, want)
		}
	}
	server := Server{Cache: cache, Negotiate: m.accept(t, conns, &mu), InsecureV1: true}
	if err := server.Serve(t.Context(), listen(t), nil); !contains(err, "needs HTTPS") {
		t.Errorf("authentication over HTTP: %v", err)
	}
}

// What a client cannot do about HTTP status 401 is an error.
func TestClientIsRefused(t *testing.T) {
	b := content(1000, 3)
	info := describeV1(t, pccrc.SHA256, b)
	m := mechanism{[]string{"first", "second"}, []string{"go on", "mine"}}
	for _, c := range []struct {
		name   string
		begin  func(context.Context, string) (client.Negotiation, error)
		want   string
		legs   int
		refuse error // or what the error is
	}{
		{"no hook", nil, "the client has no Negotiate", 1, client.ErrUnauthorized},
		{"the hook fails", func(context.Context, string) (client.Negotiation, error) { return nil, errImpostor }, "", 1, errImpostor},
		{"wrong credentials", mechanism{[]string{"password"}, nil}.begin(new([]string)), "refuses the credentials", 2, client.ErrUnauthorized},
		{"another nonce", mechanism{m.client, []string{"go"}}.begin(new([]string)), "", 2, errImpostor},
		{"another server", mechanism{m.client, []string{"go on", "that of the one we trust"}}.begin(new([]string)), "", 3, errImpostor},
	} {
		conns, mu := map[string]bool{}, sync.Mutex{}
		w := newWorldOf(t, &Server{Cache: &Cache{}, Negotiate: m.accept(t, conns, &mu)})
		a := w.client(1)
		auth := &authorizations{RoundTripper: a.Transport}
		a.Transport, a.Negotiate = auth, c.begin
		err := a.Offer(t.Context(), info)
		if !errors.Is(err, c.refuse) || !contains(err, c.want) || contains(err, "password") || len(auth.seen) != c.legs {
			t.Errorf("%s: %v after %q", c.name, err, auth.seen)
		}
		w.stop()
	}
}
