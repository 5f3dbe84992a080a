package http

import (
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
	"time"

	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/spec"
)

// Options say how a hosted cache is to be tried. The zero value will do for
// one on this machine.
type Options struct {
	Header      http.Header // sent with every message, for instance Authorization
	AllowRemote bool        // the hosted cache need not be on this machine
	Strict      bool        // what Windows answers although it is malformed must be dropped, too

	Concurrency int     // most connections at the same time, over all sessions; 0: 16
	Rate        float64 // most messages a second, over all sessions; 0: no limit

	Timeout time.Duration // for a valid message to be answered; 0: 1 s
	Slow    time.Duration // an answer that always takes longer is a finding, a sixteenth more for each KiB; 0: 200 ms
	Wait    time.Duration // for a hosted cache that is gone to come back; 0: 3 s

	TLS      *tls.Config // to begin with; nil: the defaults
	RootCAs  string      // file with PEM certificates to trust, instead of the system's
	Insecure bool        // trust any certificate

	clock  clock
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// clock is what takes time but for the network itself.
type clock struct {
	now   func() time.Time
	sleep func(ctx context.Context, d time.Duration)
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// setDefaults fills in what was left out.
func (o *Options) setDefaults() {
	def := func(d *time.Duration, value time.Duration) {
		if *d <= 0 {
			*d = value
		}
	}
	def(&o.Timeout, time.Second)
	def(&o.Slow, 200*time.Millisecond)
	def(&o.Wait, 3*time.Second)
	if o.Concurrency <= 0 {
		o.Concurrency = 16
	}
	if o.clock.now == nil {
		o.clock = clock{time.Now, sleep}
	}
	if o.lookup == nil {
		o.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
}

// httpTarget is a hosted cache. It is told one message at a time, by whichever
// session has its turn: so whatever goes wrong is due to that message. What
// follows turn belongs to who has it.
type httpTarget struct {
	name    string
	url     *url.URL
	version uint8    // of the URL; 0 if it tells none
	addrs   []string // "127.0.0.1:80"; the one that worked last comes first
	o       Options
	tls     *tls.Config // nil: no TLS
	heads   [styles][]byte

	turn    chan struct{}
	conns   []*httpConn  // all that are open, by last use
	limit   int          // of conns
	last    *httpSession // which said something last
	learned *learned     // nil: not yet
	late    bool         // it has ended a while after a message

	lateness time.Duration // that it is given to end after a message

	pacing sync.Mutex
	free   time.Time // when the next message may be sent
}

// New returns the hosted cache at a URL, http or https, as a target. Without a
// path that is the URL of version 2.0 for http and that of version 1.0 for
// https (MS-PCHC 2.1). A message is judged by MS-PCHC 3.1.5, and where the text
// leaves room, or Windows takes some, so does the judge.
//
// A host that is not this machine is refused unless that is allowed. Names are
// resolved here and now, and for good. Redirects and proxies are not followed.
//
// Sessions take turns, message by message. A second one makes nothing faster.
func New(rawURL string, o Options) (target.Target, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, fmt.Errorf("hosted cache: %w", err)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return nil, fmt.Errorf("hosted cache: %q is no http or https URL", rawURL)
	}
	if u.User != nil {
		return nil, errors.New("hosted cache: give the authorization in a header, not in the URL")
	}
	o.setDefaults()
	t := &httpTarget{name: rawURL, url: u, o: o, turn: make(chan struct{}, 1), limit: o.Concurrency, lateness: shortly}
	port := u.Port()
	switch u.Scheme {
	case "http":
		t.setPath(spec.PathV2)
		port = first(port, fmt.Sprint(spec.PortV2))
	case "https":
		t.setPath(spec.PathV1)
		port = first(port, fmt.Sprint(spec.PortV1))
		if t.tls, err = o.tlsConfig(u.Hostname()); err != nil {
			return nil, fmt.Errorf("hosted cache: %w", err)
		}
	}
	t.version = spec.URLVersion(u.Path)
	if err := t.resolve(port); err != nil {
		return nil, fmt.Errorf("hosted cache: %w", err)
	}
	for i := range t.heads {
		t.heads[i] = head(style(i), u, o.Header)
	}
	return t, nil
}

func first(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// setPath sets the path if the user gave none.
func (t *httpTarget) setPath(path string) {
	if t.url.Path == "" || t.url.Path == "/" {
		t.url.Path = path
	}
}

// tlsConfig makes one configuration of all options.
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
			return nil, fmt.Errorf("%s holds no PEM certificate", o.RootCAs)
		}
	}
	return c, nil
}

// resolve finds the addresses, and refuses those that are elsewhere.
func (t *httpTarget) resolve(port string) error {
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
			return fmt.Errorf("%s is not this machine (%s): messages made to do harm go there only with --allow-remote", host, a)
		}
		t.addrs = append(t.addrs, net.JoinHostPort(a.String(), port))
	}
	if len(t.addrs) == 0 {
		return fmt.Errorf("%s has no address", host)
	}
	return nil
}

func (t *httpTarget) Name() string       { return t.name }
func (t *httpTarget) Kinds() []spec.Kind { return []spec.Kind{spec.Request} }

// Open makes a session. The first one finds out how this hosted cache answers
// simple valid messages; an error says that it cannot be tried like that.
func (t *httpTarget) Open(ctx context.Context) (target.Session, error) {
	s := &httpSession{t: t, upTo: styles}
	if err := t.take(ctx); err != nil {
		return nil, err
	}
	defer t.pass()
	defer s.watch(ctx)()
	var err error
	if t.learned == nil {
		err = s.learn(ctx)
	} else {
		_, err = s.well(ctx)
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		s.hangUp()
		return nil, fmt.Errorf("hosted cache %s: %w", t.name, err)
	}
	return s, nil
}

// take waits for a turn. Those who wait get it in the order in which they came,
// which a mutex does not promise.
func (t *httpTarget) take(ctx context.Context) error {
	select {
	case t.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pass ends a turn.
func (t *httpTarget) pass() { <-t.turn }

// pace waits until the next message may be sent. Time not used is lost, so that
// the rate is never exceeded.
func (t *httpTarget) pace(ctx context.Context) {
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

// serves reports whether messages of a version belong on the URL.
func (t *httpTarget) serves(version uint8) bool { return t.version == 0 || t.version == version }

// hint says what to do about an error of a first connection.
func hint(err error) error {
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	if errors.As(err, &unknown) || errors.As(err, &name) {
		return fmt.Errorf("%w: name the file of its root certificates, or trust any", err)
	}
	if err != nil && strings.Contains(err.Error(), "first record does not look like a TLS handshake") {
		return fmt.Errorf("%w: is it http, not https?", err)
	}
	return err
}
