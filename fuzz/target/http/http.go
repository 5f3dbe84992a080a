package http

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/resource"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/internal/process"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Options configure a target. The zero value is for a hosted cache that runs on
// this machine.
type Options struct {
	// Start is a shell command that runs the hosted cache. It starts with the
	// first session and is stopped with the last one. If it exits in between, that
	// is a [fuzz.Crash] with its exit status and last output, and it is restarted.
	// "": the hosted cache runs already, and others restart it.
	Start string
	Ready time.Duration // limit for the first answer after a start; 0: 10 s
	// ExitWait is how long a call of Try waits, after its last message, for the
	// command to exit. 0: not at all, unless it has exited late before.
	ExitWait time.Duration
	// Limits are those of the processes of Start; exceeding one is a finding, and ends them.
	Limits resource.Limits

	Header      http.Header // sent with every message, for instance Authorization
	AllowRemote bool        // allow a hosted cache on another machine
	Strict      bool        // require malformed messages to be dropped even if Windows servers answer them

	// Content is what the retrieval server has. Its blocks are then asked for, decrypted
	// and verified.
	Content []pccrc.ContentInformation

	// Concurrency is the number of connections, over all sessions. They are open and busy all
	// the time, except while messages are tried alone. 0: one message at a time, and now and
	// then 8 at the same time; at most 16 connections.
	Concurrency int
	Rate        float64 // maximum number of messages a second, over all sessions; 0: no limit

	Timeout time.Duration // limit for the answer to a valid message, see [target.Case.Limit]; 0: 1 s
	Slow    time.Duration // an answer that takes longer three times is a finding, see [target.Case.Limit]; 0: 200 ms
	Wait    time.Duration // for an unreachable hosted cache to come back; 0: 3 s

	TLS      *tls.Config // base configuration; nil: the defaults
	RootCAs  string      // file with PEM certificates to trust, instead of the system's
	Insecure bool        // trust any certificate

	clock  clock
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// clock has the time functions, except for those of the network.
type clock struct {
	now      func() time.Time
	sleep    func(ctx context.Context, d time.Duration)
	runDelay func() (time.Duration, bool) // of the server; nil: as the system says
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// setDefaults fills in zero fields.
func (o *Options) setDefaults() {
	o.Timeout = cmp.Or(max(0, o.Timeout), time.Second)
	o.Slow = cmp.Or(max(0, o.Slow), 200*time.Millisecond)
	o.Wait = cmp.Or(max(0, o.Wait), 3*time.Second)
	o.Ready = cmp.Or(max(0, o.Ready), 10*time.Second)
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	if o.clock.now == nil {
		o.clock.now, o.clock.sleep = time.Now, sleep
	}
	if o.lookup == nil {
		o.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
}

// Errors of [New] and of Open, for [errors.Is].
var (
	ErrRemote       = errors.New("refusing to fuzz a remote host")
	ErrUnauthorized = errors.New("authorization required")
	ErrCertificate  = errors.New("the certificate is not trusted")
	ErrUnreachable  = errors.New("cannot connect")
	ErrSilent       = errors.New("it answers no valid message")
	ErrForeign      = errors.New("the server was not started by pchc")
)

// endpoint is a hosted cache or retrieval server. It gets one message at a time, from the session
// that holds turn. turn guards the fields below it.
type endpoint struct {
	name     string
	url      *url.URL
	protocol *protocol
	version  uint8        // of the URL in MS-PCHC; 0 if unknown
	addrs    []string     // "127.0.0.1:80"
	works    atomic.Int32 // index of the last working one
	o        Options
	tls      *tls.Config // nil: no TLS
	head     []byte      // of the usual request, up to the value of Content-Length

	known map[string]func() pccrc.Segment // of Options.Content, by HoHoDk; not values, whose keys fmt would print

	turn     chan struct{}
	sessions int // number of open ones
	server   server
	exitWait time.Duration   // how long to wait for the server to exit after a message; 0: not at all
	conns    []*connection   // all open ones, by last use
	limit    int             // of conns
	last     *session        // the last one that sent a message
	learned  *learned        // nil: not yet
	varied   int             // number of calls of Vary
	nextWay  int             // of HTTP to try
	failed   map[string]bool // ways of HTTP, by name
	remarked map[string]bool
	load     load
	busy     bool // the user asked for a number of connections

	listening resource.Listening

	pacing sync.Mutex
	free   time.Time // when the next message may be sent
}

// New returns the server at an http or https URL as a target. The path says what it
// speaks: that of MS-PCCRR 2.1.1, or one below it, MS-PCCRR; any other MS-PCHC. If the
// URL has no path, New adds that of version 2.0 for http and that of version 1.0 for
// https (MS-PCHC 2.1).
//
// The target checks a hosted cache against MS-PCHC 3.1.5, and a retrieval server, which is
// a peer or a hosted cache, against MS-PCCRR 3.2.5. It accepts everything that the text
// allows and, unless Strict, what Windows servers do. A hosted cache may drop requests
// longer than codec.MaxRequestLen: all of them violate a rule, if only a sender rule. A
// retrieval server may drop those with identifiers of another length than 32 bytes.
//
// New refuses a host other than this machine unless AllowRemote. It resolves names
// once. Redirects and proxies are not followed.
//
// Sessions take turns, so further ones do not make a campaign faster.
func New(rawURL string, o Options) (target.Target, error) {
	u, err := url.Parse(rawURL)
	// What is before an @ can be a password: errors do not repeat it.
	if err == nil && u.User != nil || (err != nil || u.Host == "") && strings.Contains(rawURL, "@") {
		return nil, errors.New("hosted cache: credentials belong in an Authorization header, not in the URL")
	}
	if err != nil {
		return nil, fmt.Errorf("hosted cache: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("hosted cache: %q is not an http or https URL", rawURL)
	}
	busy := o.Concurrency > 1
	o.setDefaults()
	t := &endpoint{busy: busy, name: rawURL, url: u, protocol: protocolOf(u), o: o, turn: make(chan struct{}, 1), failed: map[string]bool{}, remarked: map[string]bool{}, limit: o.Concurrency, server: server{command: o.Start, limits: o.Limits}, exitWait: o.ExitWait}
	port := u.Port()
	switch u.Scheme {
	case "http":
		t.setPath(spec.PathV2)
		port = cmp.Or(port, fmt.Sprint(spec.PortV2))
	case "https":
		t.setPath(spec.PathV1)
		port = cmp.Or(port, fmt.Sprint(spec.PortV1))
		if t.tls, err = o.tlsConfig(u.Hostname()); err != nil {
			return nil, fmt.Errorf("%s: %w", t.protocol.server, err)
		}
	}
	t.version, t.known = spec.URLVersion(u.Path), segmentsOf(o.Content)
	if t.protocol != &retrieval && len(o.Content) > 0 {
		return nil, fmt.Errorf("%s: known content is for a retrieval server, at the path %s", t.protocol.server, pccrr.Path)
	}
	if err := t.resolve(port); err != nil {
		return nil, fmt.Errorf("%s: %w", t.protocol.server, err)
	}
	t.head = t.usualHead()
	return t, nil
}

// setPath sets the path if the user gave none.
func (t *endpoint) setPath(path string) {
	if t.url.Path == "" || t.url.Path == "/" {
		t.url.Path = path
	}
}

// tlsConfig returns the TLS configuration for the options.
func (o *Options) tlsConfig(host string) (*tls.Config, error) {
	c := &tls.Config{}
	if o.TLS != nil {
		c = o.TLS.Clone()
	}
	if c.ServerName == "" {
		c.ServerName = host
	}
	if c.ClientSessionCache == nil {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(0) // connections are many
	}
	if o.Insecure {
		c.InsecureSkipVerify = true
	}
	if o.RootCAs != "" {
		certificates, err := os.ReadFile(o.RootCAs)
		if err != nil {
			return nil, err
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("no PEM certificate in %s", o.RootCAs)
		}
	}
	return c, nil
}

// resolve resolves the host, and refuses addresses of other machines.
func (t *endpoint) resolve(port string) error {
	host := t.url.Hostname()
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if addrs, err = t.o.lookup(ctx, host); err != nil {
			return err
		}
	}
	for _, a := range addrs {
		if a = a.Unmap(); !a.IsLoopback() && !t.o.AllowRemote {
			return fmt.Errorf("%w: %s (%s)", ErrRemote, host, a)
		}
		t.addrs = append(t.addrs, net.JoinHostPort(a.String(), port))
	}
	if len(t.addrs) == 0 {
		return fmt.Errorf("%s has no address", host)
	}
	return nil
}

func (t *endpoint) Name() string       { return t.name }
func (t *endpoint) Kinds() []spec.Kind { return []spec.Kind{t.protocol.kind} }

// Open opens a session. The first one finds out how the hosted cache answers simple
// valid messages, and fails if it cannot be tested.
func (t *endpoint) Open(ctx context.Context) (target.Session, error) {
	s := &session{t: t, reasons: map[string]int{}}
	if err := t.take(ctx); err != nil {
		return nil, err
	}
	defer t.pass()
	defer s.watch(ctx)()
	t.pauseLoad()
	t.sessions++
	launched, err := t.launch(ctx)
	switch {
	case err != nil:
	case t.learned == nil:
		err = s.learn(ctx)
	case launched:
		_, err = s.reach(ctx, t.probing())
	default:
		last := t.last // before the health check
		var ended string
		if ended, err = s.recover(ctx); ended != "" {
			t.endsWithin(longestExit)
			if last != nil {
				last.ended = ended
			}
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		s.hangUp()
		t.leave()
		return nil, err
	}
	return s, nil
}

// leave counts the end of a session.
func (t *endpoint) leave() {
	if t.sessions--; t.sessions == 0 {
		t.pauseLoad()
		t.closeAll()
		t.server.stop()
	}
}

// launch starts the server of a target for its first session. It fails if another
// server already listens at its address.
func (t *endpoint) launch(ctx context.Context) (launched bool, err error) {
	if t.server.command == "" || t.server.process != nil {
		return false, nil
	}
	if err := process.Vacant(ctx, t.addrs, min(t.o.Ready, 2*time.Second)); err != nil {
		return false, err
	}
	return true, t.server.start()
}

// take waits for a turn, first come, first served, which a mutex does not
// guarantee.
func (t *endpoint) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass ends a turn.
func (t *endpoint) pass() { <-t.turn }

// pace waits until the next message may be sent. Unused time is lost, so that the
// rate is never exceeded.
func (t *endpoint) pace(ctx context.Context) {
	if t.o.Rate <= 0 {
		return
	}
	t.pacing.Lock()
	now := t.o.clock.now()
	wait := max(0, t.free.Sub(now))
	t.free = now.Add(wait + time.Duration(float64(time.Second)/t.o.Rate))
	t.pacing.Unlock()
	if wait > 0 {
		t.o.clock.sleep(ctx, wait)
	}
}

// timeout returns the limit for the answer to a message.
func (t *endpoint) timeout(message []byte) time.Duration {
	c := target.Case{Message: fuzz.Message{Bytes: message}}
	return c.Limit(t.o.Timeout)
}

// serves reports whether messages of a version belong on the URL.
func (t *endpoint) serves(version uint8) bool { return t.version == 0 || t.version == version }

// cannotConnect is ErrUnreachable with the address and the reason, but not the names that
// package net has for what it did.
func cannotConnect(err error) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || op.Addr == nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	reason := op.Err.Error()
	var number syscall.Errno
	switch {
	case op.Timeout():
		reason = "it does not accept the connection in time"
	case errors.As(err, &number):
		reason = number.Error()
	}
	return fmt.Errorf("%w to %s: %s", ErrUnreachable, op.Addr, reason)
}

// hint adds to an error of a first connection.
func hint(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	if errors.As(err, &unknown) || errors.As(err, &name) {
		return fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	if err != nil && strings.Contains(err.Error(), "first record does not look like a TLS handshake") {
		return fmt.Errorf("%w: is it http, not https?", err)
	}
	return err
}
