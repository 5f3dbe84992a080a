package model

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
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz/target"
	httptarget "github.com/hostedcache/pchc/fuzz/target/http"
	"github.com/hostedcache/pchc/internal/process"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// cache is the hosted cache under test.
type cache struct {
	config  *Config
	name    string
	urls    [3]string // of version 1.0 and 2.0 of MS-PCHC and of MS-PCCRR; "" for none
	address string    // of the first of them, to see whether it listens
	host    netip.Addr
	tls     *tls.Config
	process *process.Process // nil: it is not started by this program, or does not run
	notes   []string         // what cannot be tested
}

// Indexes of urls.
const (
	v1 = iota
	v2
	retrieval
)

var pathNames = [3]string{"version 1.0 of MS-PCHC", "version 2.0 of MS-PCHC", "MS-PCCRR"}

// newCache checks the URLs of a hosted cache. It does not connect yet.
func newCache(config *Config) (*cache, error) {
	c := &cache{config: config, tls: &tls.Config{InsecureSkipVerify: config.Insecure}}
	if len(config.URLs) == 0 {
		return nil, errors.New("hosted cache: there is no URL")
	}
	if config.RootCAs != "" {
		certificates, err := os.ReadFile(config.RootCAs)
		if err != nil {
			return nil, fmt.Errorf("hosted cache: %w", err)
		}
		if c.tls.RootCAs = x509.NewCertPool(); !c.tls.RootCAs.AppendCertsFromPEM(certificates) {
			return nil, fmt.Errorf("hosted cache: no PEM certificate in %s", config.RootCAs)
		}
	}
	secure := false
	for i, raw := range config.URLs {
		u, err := url.Parse(raw)
		switch {
		case strings.Contains(raw, "@"): // what is before it can be a password
			return nil, errors.New("hosted cache: credentials belong in an Authorization header, not in the URL")
		case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
			return nil, fmt.Errorf("hosted cache: %q is not an http or https URL", raw)
		}
		secure = secure || u.Scheme == "https"
		if err := c.locate(u, i == 0); err != nil {
			return nil, err
		}
		version := spec.URLVersion(u.Path)
		base := u.Scheme + "://" + u.Host
		switch {
		case pccrr.IsPath(u.Path):
			c.urls[retrieval] = raw
		case version > 0:
			c.urls[version-1] = raw
		case u.Path != "" && u.Path != "/":
			return nil, fmt.Errorf("hosted cache: %s is no path of a hosted cache (MS-PCHC 2.1, MS-PCCRR 2.1.1); without a path, all are tried", u.Path)
		case u.Scheme == "https":
			c.urls[v1] = base + spec.PathV1
		default:
			c.urls[v2], c.urls[retrieval] = base+spec.PathV2, base+pccrr.Path
			if !secure && c.urls[v1] == "" {
				c.urls[v1] = base + spec.PathV1
			}
		}
	}
	c.name = config.URLs[0]
	return c, nil
}

// locate refuses a hosted cache on another machine, unless that is allowed.
func (c *cache) locate(u *url.URL, first bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	hosts, err := net.DefaultResolver.LookupNetIP(ctx, "ip", u.Hostname())
	if err != nil || len(hosts) == 0 {
		return fmt.Errorf("hosted cache: %s has no address: %w", u.Hostname(), err)
	}
	for _, h := range hosts {
		if h = h.Unmap(); !h.IsLoopback() && !c.config.AllowRemote {
			return fmt.Errorf("hosted cache: %w: %s (%s)", httptarget.ErrRemote, u.Hostname(), h)
		}
	}
	if first {
		port := u.Port()
		if port == "" {
			port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		c.host, c.address = hosts[0].Unmap(), net.JoinHostPort(u.Hostname(), port)
	}
	return nil
}

// start runs the command of the hosted cache, if there is one, and waits until it listens.
func (c *cache) start(ctx context.Context) (err error) {
	if c.config.Start != "" && c.process == nil {
		if err := process.Vacant(ctx, []string{c.address}, c.config.Ready); err != nil {
			return err
		}
		if c.process, err = process.Start(c.config.Start, process.Options{}); err != nil {
			return err
		}
	}
	return c.listens(ctx, c.config.Ready)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return ctx.Err()
}

// listens waits until the hosted cache takes connections.
func (c *cache) listens(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for again := time.Millisecond; ; again = min(2*again, 20*time.Millisecond) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", c.address)
		if err == nil {
			return conn.Close()
		}
		retry := time.NewTimer(again)
		select {
		case <-ctx.Done():
			retry.Stop()
			return fmt.Errorf("%w to %s: %w", httptarget.ErrUnreachable, c.address, err)
		case <-c.ended():
			retry.Stop()
			return fmt.Errorf("no answer: %s", c.process.ExitSummary(target.Excerpt))
		case <-retry.C:
		}
	}
}

// ended is closed when the process that was started has ended.
func (c *cache) ended() <-chan struct{} {
	if c.process == nil {
		return nil
	}
	return c.process.Done()
}

// stop ends the process, if there is one.
func (c *cache) stop() {
	if c.process != nil {
		c.process.Kill()
		<-c.process.Done()
		c.process = nil
	}
}

// restarts reports whether the hosted cache can be restarted.
func (c *cache) restarts() bool { return c.config.Start != "" || c.config.Restart != nil }

// restart starts the hosted cache again.
func (c *cache) restart(ctx context.Context) error {
	if c.config.Restart != nil {
		return c.config.Restart(ctx)
	}
	c.stop()
	return c.start(ctx)
}

// recover makes a hosted cache that has failed work again: one that others run gets a
// while to come back.
func (c *cache) recover(ctx context.Context) error {
	if c.config.Start != "" {
		return c.restart(ctx)
	}
	return c.listens(ctx, c.config.Wait)
}

// exit returns how the process ended, if it ends within a moment.
func (c *cache) exit() string {
	if c.process == nil {
		return ""
	}
	timer := time.NewTimer(exitWait)
	defer timer.Stop()
	select {
	case <-c.process.Done():
		return c.process.ExitSummary(target.Excerpt)
	case <-timer.C:
		return ""
	}
}

// exitWait is how long a process may take to end after its last connection has.
const exitWait = 250 * time.Millisecond

// offered tells what conversations the hosted cache can have.
func (c *cache) offered() Offered {
	return Offered{c.urls[v1] != "", c.urls[v2] != "", c.urls[retrieval] != "", c.restarts()}
}

// learn finds out which of the URLs are there, and which are not.
func (c *cache) learn(ctx context.Context, s *speaker) error {
	c.notes = nil
	var last error
	for i, url := range c.urls {
		if url == "" {
			c.notes = append(c.notes, pathNames[i]+" is not tested: there is no URL")
			continue
		}
		r := s.post(ctx, url, s.probe(i), None)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case r.err != nil:
			last = fmt.Errorf("%s: %w", pathNames[i], r.err)
		case r.status == http.StatusUnauthorized || r.status == http.StatusForbidden:
			last = fmt.Errorf("%s: HTTP status %d: %w", pathNames[i], r.status, httptarget.ErrUnauthorized)
		case r.status == http.StatusNotFound || r.status == http.StatusMethodNotAllowed:
			last = fmt.Errorf("no %s at %s: HTTP status %d", pathNames[i], url, r.status)
		default:
			continue
		}
		c.urls[i] = ""
		c.notes = append(c.notes, "not tested: "+last.Error())
	}
	if c.urls[v1] == "" && c.urls[v2] == "" {
		return last
	}
	return nil
}

// probe returns a valid message for one of the URLs, about a segment that nobody has.
func (s *speaker) probe(i int) string {
	c, err := newContent(Segment{[]pccrc.HashAlgorithm{pccrc.SHA256, pccrc.TruncatedSHA512, pccrc.TruncatedSHA512}[i], 1})
	switch {
	case err != nil:
		return ""
	case i == retrieval:
		return sending(s.retrieval.GetBlockList(s.now(), c.id, spec.BlockRange{})).Message.Reveal()
	}
	return sending(s.machine(uint8(i+1)).Offer(s.now(), c.offer())).Message.Reveal()
}
