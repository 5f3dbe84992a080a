package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/pccrc"
)

// guard is a transport that answers with HTTP status 401 and these challenges, one after
// the other, the last one again and again.
type guard struct {
	t          *testing.T
	challenges []string
	then       int // status after the last one, if not 401
	body       io.Reader

	sent      []string // the Authorization header fields
	deadlines []time.Time
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if b, err := io.ReadAll(r.Body); err != nil || len(b) == 0 {
		g.t.Errorf("the message is not sent again: %d bytes, %v", len(b), err)
	}
	g.sent = append(g.sent, r.Header.Get("Authorization"))
	deadline, _ := r.Context().Deadline()
	g.deadlines = append(g.deadlines, deadline)
	status, n := 401, len(g.sent)-1
	if n >= len(g.challenges) {
		if n = len(g.challenges) - 1; g.then != 0 {
			status = g.then
		}
	}
	header := http.Header{}
	for one := range strings.SplitSeq(g.challenges[n], "|") {
		header.Add("WWW-Authenticate", one)
	}
	body := io.Reader(bytes.NewReader([]byte{0, 0, 0, 1, 0}))
	if status == 401 && g.body != nil {
		body = g.body
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(body)}, nil
}

// endless is a body without an end.
type endless struct{ n *int64 }

func (e endless) Read(b []byte) (int, error) { *e.n += int64(len(b)); return len(b), nil }

// Whatever a server asks for, credentials are for the HTTPS URL of version 1.0, and not
// sent without end.
func TestChallenges(t *testing.T) {
	b := content(100, 1)
	v1, err := maker.V1(t.Context(), pccrc.SHA256, bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	const token = "Negotiate dG9rZW4=" // "token"
	for _, c := range []struct {
		name       string
		http       string // instead of https
		challenges []string
		then       int
		sent       int // requests with credentials
		want       string
	}{
		{"asks", "", []string{"Negotiate"}, 200, 1, ""},
		{"asks in lower case", "", []string{"negotiate"}, 200, 1, ""},
		{"asks in a list", "", []string{"NTLM, Negotiate"}, 200, 1, ""},
		{"asks in one of several fields", "", []string{`Basic realm="Negotiate, or not"|Digest x=y|Negotiate`}, 200, 1, ""},
		{"asks twice", "", []string{"Negotiate", token}, 200, 2, ""},
		{"asks four times", "", []string{"Negotiate", token, token, token, token}, 200, 5, ""},
		{"never stops asking", "", []string{"Negotiate", token}, 0, 5, "asks for more than 5 tokens"},
		{"asks again without a token", "", []string{"Negotiate", "Negotiate"}, 0, 1, "refuses the credentials"},
		{"asks for something else then", "", []string{"Negotiate", "Basic"}, 0, 1, "refuses the credentials"},
		{"asks for a password", "", []string{`Basic realm="Negotiate"`}, 0, 0, "another authentication than Negotiate"},
		{"asks for nothing", "", []string{""}, 0, 0, "another authentication than Negotiate"},
		{"has no base64", "", []string{"Negotiate #"}, 0, 0, "another authentication than Negotiate"},
		{"is out of order", "", []string{"Negotiate"}, 503, 1, "HTTP status 503"},
		{"is on HTTP", "http://192.0.2.1", []string{"Negotiate"}, 200, 0, "needs HTTPS (MS-PCHC 2.1), no credentials are sent"},
		{"speaks version 2.0", "2.0", []string{"Negotiate"}, 200, 0, "version 2.0 has no authentication (MS-PCHC 1.7), no credentials are sent"},
	} {
		drained := int64(0)
		g := &guard{t: t, challenges: c.challenges, then: c.then, body: endless{&drained}}
		asked := 0
		client := Client{HTTP: "https://192.0.2.1", HTTPS: "https://192.0.2.1:8443", Port: 1, Transport: g,
			Negotiate: func(_ context.Context, host string) (Negotiation, error) {
				if asked++; host != "192.0.2.1" {
					t.Errorf("%s: authentication to %s", c.name, host)
				}
				return func(_ context.Context, challenge []byte) ([]byte, error) {
					if len(challenge) > 0 && string(challenge) != "token" {
						t.Errorf("%s: the challenge is %q", c.name, challenge)
					}
					return []byte("secret"), nil
				}, nil
			}}
		switch c.http {
		case "":
		case "2.0":
			client.HTTPS = ""
		default:
			client.HTTPS = c.http
		}
		err := client.Offer(t.Context(), v1)
		if c.want == "" != (err == nil) || c.want != "" && !contains(err, c.want) || contains(err, "secret") || contains(err, "c2VjcmV0") {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
		if strings.Contains(c.want, "refuses") != (errors.Is(err, ErrUnauthorized) && c.sent == 1) {
			t.Errorf("%s: %v", c.name, err)
		}
		for i, sent := range g.sent {
			if want := map[bool]string{true: "Negotiate c2VjcmV0"}[i > 0]; sent != want {
				t.Errorf("%s: request %d has %q", c.name, i, sent)
			}
			if i > 0 && !g.deadlines[i].After(g.deadlines[i-1]) { // MS-PCHC 3.2.5.3: the timer is reset
				t.Errorf("%s: request %d has no more time than the one before", c.name, i)
			}
		}
		if len(g.sent) != c.sent+1 || asked != min(c.sent, 1) {
			t.Errorf("%s: %d requests, %d authentications", c.name, len(g.sent), asked)
		}
		if limit := int64(len(g.sent)) * (96 << 10); drained > limit {
			t.Errorf("%s: %d bytes of bodies are read", c.name, drained)
		}
	}
	// What is retrieved has no authentication either.
	g := &guard{t: t, challenges: []string{"Negotiate"}}
	client := Client{HTTP: "https://192.0.2.1", Transport: g, Negotiate: func(context.Context, string) (Negotiation, error) {
		t.Error("authentication of MS-PCCRR")
		return nil, nil
	}}
	if _, err := client.Retrieve(t.Context(), v1, &file{}); !contains(err, "HTTP status 401") || len(g.sent) != 1 {
		t.Errorf("%v, %d requests", err, len(g.sent))
	}
}
