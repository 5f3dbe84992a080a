package serve

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/campaign"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

const (
	tick      = 100 * time.Millisecond
	tolerance = 2 * time.Second
)

// A program under test is this one.
func TestMain(m *testing.M) {
	if what := os.Getenv("CLIENT_UNDER_TEST"); what != "" {
		if err := underTest(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// underTest is the client of codec/hostedcache: "URL https-URL PEM-file version".
func underTest(what string) error {
	words := strings.Fields(what)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	transport := hostedcache.NewTransport()
	c := client.Client{HTTP: words[0], Port: uint16(l.Addr().(*net.TCPAddr).Port), Tag: codec.TagBITS, OfferTimeout: spec.TicksToLive * tick, Transport: transport}
	content := bytes.Repeat([]byte("content "), 20_000)
	maker := pccrc.Maker{ServerSecret: pccrc.NewSecret([]byte("x"))}
	info, err := maker.V2(context.Background(), bytes.NewReader(content))
	if err != nil {
		return err
	}
	var all pccrc.ContentInformation = info
	if words[3] == "1" {
		pem, err := os.ReadFile(words[2])
		if err != nil {
			return err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool}
		c.HTTPS = words[1]
		c.Negotiate = func(context.Context, string) (client.Negotiation, error) {
			return func(context.Context, []byte) ([]byte, error) { return []byte("token"), nil }, nil
		}
		if all, err = maker.V1(context.Background(), pccrc.SHA256, bytes.NewReader(content)); err != nil {
			return err
		}
	}
	var peer client.Peer
	peer.Add(all, bytes.NewReader(content))
	go func() { _ = c.Offer(context.Background(), all) }()
	return http.Serve(l, &peer)
}

// started is a server that starts the client of codec/hostedcache.
func started(t *testing.T, version int, c Config) *Server {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Address, c.Tick, c.Tolerance, c.Settle, c.Jobs = "127.0.0.1:0", tick, tolerance, 50*time.Millisecond, 6
	c.Start = fmt.Sprintf("CLIENT_UNDER_TEST='{url} {https} {ca} %d' exec '%s'", version, self)
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if file := s.CertificateFile(); file != "" {
			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s is still there", file)
			}
		}
	})
	return s
}

func report(t *testing.T, r *campaign.Result) {
	t.Helper()
	for _, f := range r.Findings {
		t.Errorf("%v [%s]\n%s", f.Difference.Error(), f.Scenario, strings.Join(f.Exchange, "\n"))
	}
}

// The client of codec/hostedcache is right in each scenario, by either version.
func TestOwnClient(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip("needs a shell that knows exec")
	}
	for version, sent := range map[int]Type{1: Offer, 2: Batch} {
		c := Config{RNGSeed: 1}
		if testing.Short() {
			c.Runs = 12
		}
		s := started(t, version, c)
		r, err := s.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		report(t, r)
		target := r.Targets[0]
		if !testing.Short() && target.Error != "" || target.Executions < 12 || !target.Client || !slices.Contains(s.types, sent) || s.retrieved.blocks == 0 ||
			version == 1 && (s.retrieved.verified == 0 || !s.authenticates && !testing.Short()) {
			t.Errorf("%+v, %+v", target, s.retrieved)
		}
		t.Logf("version %d: %v, %q", version, r.Elapsed, target.Notes)
	}
}

// A client that comes by itself gets one behaviour after the other. What was not tried is
// said.
func TestWaits(t *testing.T) {
	s, err := New(Config{Address: "127.0.0.1:0", Tick: tick, Tolerance: tolerance, Settle: 20 * time.Millisecond, Runs: 5})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	info := segmentsOf(t, 1)[0]
	c := client.Client{HTTP: s.URL(), Port: 80, OfferTimeout: spec.TicksToLive * tick}
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			_ = c.Offer(ctx, info)
			select {
			case <-ctx.Done():
			case <-time.After(5 * tick): // longer than what ends a scenario
			}
		}
	}()
	r, err := s.Run(t.Context())
	stop()
	<-ended
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings { // nobody serves blocks
		if f.Requirement != "PCHC-1.5-Peer" || !f.Untried || f.Flaky {
			t.Errorf("%v [%s]\n%s", f.Difference.Error(), f.Scenario, strings.Join(f.Exchange, "\n"))
		}
	}
	if e := r.Targets[0].Error; !strings.Contains(e, "behaviours were not tried: ") || !strings.Contains(e, "batch:reset") || strings.Contains(e, "batch:pause,") || r.Targets[0].Executions < 5 {
		t.Errorf("%q, %d requests", e, r.Targets[0].Executions)
	}
}

// Without a client nothing was tested.
func TestNoClient(t *testing.T) {
	for start, want := range map[string]string{"echo wrong usage; exit 2": "wrong usage", "": "no client came"} {
		s, err := New(Config{Address: "127.0.0.1:0", Start: start, Tick: tick, Tolerance: tick, Time: 5 * tick})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Run(t.Context())
		if !errors.Is(err, ErrNoClient) || !strings.Contains(err.Error(), want) || !strings.Contains(r.Targets[0].Error, want) || len(r.Targets[0].Notes) != 0 {
			t.Errorf("%q: %v, %+v", start, err, r.Targets[0])
		}
		_ = s.Close()
	}
}

// A finding is saved without keys, read and shown again; another client does not show it.
func TestReplay(t *testing.T) {
	s := started(t, 1, Config{})
	late, _ := ParseScenario("offer:ok info:reset")
	o := &outcome{scenario: late, lines: []string{"0.1 s  client: says something", "0.2 s  client: says more"}}
	message, err := codec.NewSegmentInfoMessage(80, codec.ContentTag{}, segmentsOf(t, 1)[0]).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	var f found
	f.set(s.Name(), o, fault{fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-2.2.1.4-Interested", Detail: "is sent"}, true, fuzz.Message{Kind: spec.Request, Bytes: message}, 0})
	if len(f.Exchange) != 1 || bytes.Equal(f.Messages[0].Bytes, message) {
		t.Errorf("%q, the key is there: %v", f.Exchange, bytes.Equal(f.Messages[0].Bytes, message))
	}
	folder := t.TempDir()
	if err := campaign.Save(folder, &f.Finding, 1); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.File)
	if err != nil || filepath.Dir(f.File) != folder {
		t.Fatal(err)
	}
	saved := campaign.Saved(text)
	if saved.Scenario != "offer:ok info:reset" || !saved.Derived || saved.Detail != "is sent" || !strings.Contains(string(text), "\n#   0.1 s  client: says something\n") {
		t.Errorf("%+v\n%s", saved, text)
	}
	again, err := s.Replay(t.Context(), &saved)
	if err != nil || len(again) != 0 {
		t.Errorf("%v, %v", again, err)
	}
	saved.Scenario = "offer:nothing"
	if _, err := s.Replay(t.Context(), &saved); err == nil || !strings.Contains(err.Error(), "offer:nothing") {
		t.Error(err)
	}
}
