package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hostedcache/pchc/fuzz/campaign"
	clienttest "github.com/hostedcache/pchc/fuzz/serve"
)

// clientTick is the period of the request timer of the planted clients. What is late by
// less than clientTolerance may be due to the machine.
const (
	clientTick      = 150 * time.Millisecond
	clientTolerance = time.Second
)

type serveConfig = clienttest.Config

// serveTo returns a hosted cache that tests the client with a fault.
func serveTo(t *testing.T, p fault, c serveConfig) *clienttest.Server {
	t.Helper()
	c.Address = "127.0.0.1:0"
	c.Start = fmt.Sprintf("%s -client %s -url {url} -https {https} -ca {ca} -tick %v", quoted(program(t)), p.name, clientTick)
	c.Tick, c.Settle = clientTick, 100*time.Millisecond
	if c.Tolerance = clientTolerance; p.name == "gives-up-early" { // the other way round: what is early by less
		c.Tolerance = clientTick / 2
	}
	s, err := clienttest.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// A campaign finds every faulty client, and says rightly what is wrong. The finding shows
// again in a replay. Most of the time is waiting, so many run at the same time.
func TestClientsFound(t *testing.T) {
	found := &table{}
	t.Cleanup(func() { found.log(t) })
	const most = 6
	places := make(chan bool, most)
	var running sync.WaitGroup
	for _, p := range sampled(t, 4, clients[1:]) {
		places <- true
		running.Go(func() {
			t.Run(p.name, func(t *testing.T) { found.client(t, p) })
			<-places
		})
	}
	running.Wait()
}

// client hunts for one fault.
func (l *table) client(t *testing.T, p fault) {
	ctx, h := newHunter(t)
	s := serveTo(t, p, serveConfig{RNGSeed: 1, Found: func(*campaign.Finding) { h.found(all) }, Stop: func(*campaign.Finding) bool { return !all }})
	r, err := s.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tried := r.Targets[0].Executions
	if len(r.Findings) == 0 {
		l.add("%-32s %10d %7.2f %7s  NOT FOUND %s", p.name, tried, r.Elapsed.Seconds(), "", r.Targets[0].Error)
		h.over(p, 0, false)
		t.Fatalf("%s: not found; %s", p.what, r.Targets[0].Error)
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		l.add("%-32s %10d %7.2f %7d  %s [%s]", p.name, tried, r.Elapsed.Seconds(), len(f.Message().Bytes), f.Difference.Error(), f.Scenario)
		names := strings.Fields(p.rules)
		if !slices.Contains(names, f.Rule) && !slices.Contains(names, f.Requirement) || f.Flaky || len(f.Exchange) == 0 {
			t.Errorf("%s: flaky %v, %v, not %s\n%s", p.what, f.Flaky, f.Difference.Error(), p.rules, strings.Join(f.Exchange, "\n"))
		}
	}
	if len(r.Findings) > 2 {
		t.Errorf("%s: %d findings", p.what, len(r.Findings))
	}
	again, err := serveTo(t, p, serveConfig{}).Replay(t.Context(), &r.Findings[0])
	shows := err == nil && len(again) == 1
	h.over(p, len(r.Findings), shows)
	if !shows {
		t.Errorf("%s: the replay shows %d findings, %v", p.what, len(again), err)
	}
}

// A campaign finds nothing wrong with the right client, and tries each behaviour.
func TestRightClient(t *testing.T) {
	c := serveConfig{RNGSeed: 1}
	if testing.Short() {
		c.Runs = 20
	}
	s := serveTo(t, clients[0], c)
	r, err := s.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Errorf("%v [%s]\n%s", f.Difference.Error(), f.Scenario, strings.Join(f.Exchange, "\n"))
	}
	t.Logf("%d requests, %v, %q", r.Targets[0].Executions, r.Elapsed, r.Targets[0].Notes)
	if r.Targets[0].Error != "" && !testing.Short() {
		t.Error(r.Targets[0].Error)
	}
}
