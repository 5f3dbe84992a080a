package serve

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
)

// Each scenario can be written and read, and suits the type of its requests.
func TestScenarios(t *testing.T) {
	all := []Scenario{nil}
	names := map[string]bool{}
	for _, b := range Behaviours {
		if names[b.Name] || b.What == "" || strings.ContainsAny(b.Name, " :,") {
			t.Errorf("%q: %q", b.Name, b.What)
		}
		names[b.Name] = true
	}
	for _, kind := range types {
		all = append(all, systematic(kind.Type)...)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 100 {
		all = append(all, drawn(rng, []Type{Offer, Info, Batch, Blocks}))
	}
	for _, s := range all {
		again, err := ParseScenario(s.String())
		if err != nil || again.String() != s.String() || len(again) != len(s) {
			t.Errorf("%s: %v, %v", s, again, err)
		}
		for _, step := range again {
			if !step.suits(step.On) {
				t.Errorf("%s", step)
			}
		}
	}
	for _, bad := range []string{"", "offer", "offer:", "offer:nothing", "nothing:reset", "batch:ok", "offer:msg-bit"} {
		if s, err := ParseScenario(bad); err == nil {
			t.Errorf("%q is %v", bad, s)
		}
	}
	if right, _ := ParseScenario("offer:reset info:right"); right.describe() != "on INITIAL_OFFER_MESSAGE, the server reset the connection" {
		t.Error(right.describe())
	}
	reset, _ := ParseScenario("offer:right offer:reset info:late")
	if s := reset.describe(); s != "on INITIAL_OFFER_MESSAGE no. 1, the server answered rightly; then, on INITIAL_OFFER_MESSAGE no. 2, the server reset the connection; then, on SEGMENT_INFO_MESSAGE, the server answered rightly, but when the request had expired" {
		t.Error(s)
	}
}

// What the judge believes that a client gets is what net/http reads, an independent reader.
func TestWire(t *testing.T) {
	for i := range Behaviours {
		b := &Behaviours[i]
		if b.when == never {
			continue
		}
		a := answerOf(b, answerInterested)
		wire := bytes.Clone(a.wire)
		for range 300 {
			wire = append(wire, a.repeat...)
		}
		in := bufio.NewReader(bytes.NewReader(wire))
		r, err := http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		for err == nil && r.StatusCode/100 == 1 {
			r, err = http.ReadResponse(in, &http.Request{Method: http.MethodPost})
		}
		var body []byte
		if err == nil {
			body, err = io.ReadAll(r.Body)
		}
		if whole := err == nil; whole != a.whole {
			t.Errorf("%s: whole %v, but %v", b.Name, a.whole, err)
		} else if whole && (!bytes.Equal(body, a.payload) || r.StatusCode != a.status) {
			t.Errorf("%s: %d %x, not %d %x", b.Name, r.StatusCode, body, a.status, a.payload)
		}
	}
}
