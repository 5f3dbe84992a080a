package model

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"crypto/tls"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target/wait"
	"github.com/hostedcache/pchc/spec"
)

// speaker speaks as a client: from its own IP address, as the machines of package spec
// say, with a server for its blocks.
type speaker struct {
	name      string
	index     int
	config    *Config
	address   netip.Addr
	dialer    net.Dialer
	transport *http.Transport
	tls       *tls.Config

	v1, v2    spec.Client
	retrieval spec.RetrievalClient
	clock     time.Duration // what the machines take for the time: it goes on with late answers

	servers *servers
	// listening is the hosted cache, at its first address.
	listening resource.Listening
	port      int // which of the two servers it names in its messages
}

// newSpeaker returns a client that connects from an address.
func newSpeaker(config *Config, t *tls.Config, from netip.Addr) *speaker {
	s := &speaker{config: config, address: from, tls: t}
	s.dialer = net.Dialer{Timeout: config.Timeout, KeepAlive: -1, LocalAddr: &net.TCPAddr{IP: from.AsSlice()}}
	s.transport = &http.Transport{DialContext: s.dialer.DialContext, TLSClientConfig: t, DisableCompression: true, MaxIdleConnsPerHost: 2, MaxResponseHeaderBytes: 64 << 10}
	return s
}

// begin makes it a client of a new conversation.
func (s *speaker) begin(index int) {
	s.index, s.name = index, clientName(index)
	s.v1, s.v2, s.retrieval = spec.Client{Version: 1}, spec.Client{Version: 2}, spec.RetrievalClient{CryptoAlgoId: 1}
	s.clock = 0
	s.listenOn(0)
}

// listenOn makes it name one of its servers in its messages.
func (s *speaker) listenOn(port int) {
	s.port = port
	s.v1.Port, s.v2.Port = s.servers.ports[port], s.servers.ports[port]
}

// now returns the time for the machines.
func (s *speaker) now() time.Duration {
	s.clock += time.Millisecond
	return s.clock
}

// sending returns the message that a machine sends. Other requests may expire first.
func sending(actions []spec.Action) (s spec.Send) {
	for _, a := range actions {
		if send, ok := a.(spec.Send); ok {
			s = send
		}
	}
	return s
}

// reply is what comes of a request.
type reply struct {
	status int
	body   []byte
	err    error // why there is no answer
	lost   bool  // the client has none, but it may have been sent
}

// mostBody is how much of an answer is read.
const mostBody = pccrr.MaxResponseSize + 5

// post sends a message to a URL.
func (s *speaker) post(ctx context.Context, to, message string, loss Loss) reply {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := wait.New(func() time.Duration { cancel(); return 0 }, func() (time.Duration, bool) { return s.runDelay(host(to)) })
	limit.Start(s.config.Timeout)
	var r reply
	if loss != None && loss != Late {
		r = s.postBadly(ctx, to, message, loss)
	} else if r = s.postOnce(ctx, to, message); r.err != nil && ctx.Err() == nil { // the connection may have been closed for its age
		s.transport.CloseIdleConnections()
		r = s.postOnce(ctx, to, message)
	}
	if limit.Stop().Expired && r.err != nil {
		r.err = context.DeadlineExceeded
	}
	return r
}

// host returns the host and port of a URL.
func host(of string) string {
	u, err := url.Parse(of)
	if err != nil {
		return ""
	}
	return u.Host
}

// runDelay returns for how long the hosted cache at an address has waited for a processor.
func (s *speaker) runDelay(address string) (time.Duration, bool) {
	if s.config.runDelay != nil {
		return s.config.runDelay()
	}
	return s.listening.RunDelay(address)
}

func (s *speaker) request(ctx context.Context, to, message string) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader([]byte(message)))
	if err != nil {
		return nil, err
	}
	for name, values := range s.config.Header {
		r.Header[name] = values
	}
	r.Header.Set("Content-Type", "application/octet-stream")
	return r, nil
}

func (s *speaker) postOnce(ctx context.Context, to, message string) (r reply) {
	request, err := s.request(ctx, to, message)
	if err != nil {
		return reply{err: err}
	}
	response, err := s.transport.RoundTrip(request)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, mostBody))
	return reply{status: response.StatusCode, body: body, err: err}
}

// postBadly sends a message, or a part of it, over a connection that it then ends.
func (s *speaker) postBadly(ctx context.Context, to, message string, loss Loss) reply {
	u, err := url.Parse(to)
	if err != nil {
		return reply{err: err}
	}
	request, err := s.request(ctx, to, message)
	if err != nil {
		return reply{err: err}
	}
	var whole bytes.Buffer
	if err := request.Write(&whole); err != nil {
		return reply{err: err}
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), u.Scheme)
	}
	conn, err := s.dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return reply{err: err}
	}
	defer conn.Close()
	_ = conn.(*net.TCPConn).SetLinger(0)
	raw := conn
	defer context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })()
	if u.Scheme == "https" {
		t := s.tls.Clone()
		t.ServerName = u.Hostname()
		conn = tls.Client(conn, t)
	}
	b := whole.Bytes()
	if loss == Cut {
		b = b[:len(b)-(len(message)+1)/2]
	}
	if _, err := conn.Write(b); err != nil {
		return reply{err: err}
	}
	switch half, ok := conn.(interface{ CloseWrite() error }); {
	case loss == Unread:
		if _, err := conn.Read(make([]byte, 1)); err != nil {
			return reply{err: err}
		}
	case loss == Cut && ok && half.CloseWrite() == nil:
		// The hosted cache has seen that no more comes when it closes the connection.
		_ = conn.SetReadDeadline(time.Now().Add(seen))
		_, _ = io.Copy(io.Discard, conn)
	}
	return reply{lost: true}
}

// seen is how long the hosted cache may take to see that a request is cut off.
const seen = 100 * time.Millisecond

// isTimeout reports whether an answer did not come in time.
func isTimeout(err error) bool {
	var e net.Error
	return errors.Is(err, context.DeadlineExceeded) || errors.As(err, &e) && e.Timeout()
}
