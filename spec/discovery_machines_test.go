package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	uuid1, uuid2, uuid3 = "urn:uuid:1", "urn:uuid:2", "urn:uuid:3"
	peerA               = "192.0.2.7:80"
)

// answerTo returns the answer to a Probe of a server that has segment A with 7 blocks, of
// 512 of segment B, and its time.
func answerTo(t testing.TB, probe string, change func(s *DiscoveryServer)) (string, time.Duration) {
	t.Helper()
	s := DiscoveryServer{Address: uuid3, XAddrs: []string{peerA}, InstanceId: 4}
	s.Hold(segmentA, 7, false)
	s.Hold(segmentB, 512, true)
	change(&s)
	reply, ok := s.Receive(time.Second, 20*time.Millisecond, uuid2, []byte(probe)).(Unicast)
	if !ok {
		t.Fatal(s.Receive(time.Second, 20*time.Millisecond, uuid2, []byte(probe)))
	}
	return reply.Message, reply.At
}

func probeOf(t testing.TB, version uint8, ids ...string) string {
	t.Helper()
	m := assembleProbe(uuid1, version, ids)
	if d := Dissect(Discovery, m); len(d.Violations) > 0 {
		t.Fatal(d.Violations)
	}
	return string(m)
}

func foundText(actions []Action) string {
	var all []string
	for _, a := range actions {
		switch a := a.(type) {
		case Found:
			all = append(all, fmt.Sprint(a.HoHoDk[:1], "@", a.Peer, ":", a.Blocks, a.All))
		case Drop:
			all = append(all, a.Rule)
		case Waited:
			all = append(all, "waited "+a.Probe)
		case Multicast:
			all = append(all, "probe "+Dissect(Discovery, []byte(a.Message)).Root.Child("Body").Child("Probe").text("Types"))
		}
	}
	return strings.Join(all, " ")
}

func TestDiscoveryClient(t *testing.T) {
	same := func(*DiscoveryServer) {}
	answer := func(version uint8, ids ...string) string {
		m, _ := answerTo(t, probeOf(t, version, ids...), same)
		return m
	}
	v1, v2 := answer(1, segmentB, segmentA, request1+request1), answer(2, segmentB, request1+request1, segmentA)
	replaced := func(m, old, new string) string {
		if !strings.Contains(m, old) {
			t.Fatal(old, m)
		}
		return strings.Replace(m, old, new, 1)
	}
	for _, c := range []struct {
		name    string
		version uint8
		wait    time.Duration // until the answer comes
		answer  string
		want    string
	}{
		{"version 1.0", 1, 0, v1, "b@192.0.2.7:80:512 false a@192.0.2.7:80:7 false"},
		{"version 2.0", 2, 0, v2, "b@192.0.2.7:80:0 true a@192.0.2.7:80:0 false"},
		{"the wrong version", 2, 0, v1, "PCCRD-3.1.4.1-Check"},
		{"at the last moment", 1, 300*time.Millisecond - 1, v1, "b@192.0.2.7:80:512 false a@192.0.2.7:80:7 false"},
		{"too late", 1, 300 * time.Millisecond, v1, "waited urn:uuid:1 PCCRD-3.1.4.1-RelatesTo"},
		{"to another Probe", 1, 0, replaced(v1, "RelatesTo>urn:uuid:1", "RelatesTo>urn:uuid:9"), "PCCRD-3.1.4.1-RelatesTo"},
		{"a Probe", 1, 0, replaced(probeOf(t, 1, segmentA), "<wsa:MessageID>", "<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo><wsa:MessageID>"), "PCCRD-3.1.4.1-RelatesTo"},
		{"malformed", 1, 0, v1[:len(v1)-1], "PCCRD-2.1-XML"},
		{"of segments that nobody asked for", 1, 0, replaced(v1, upperHex(segmentB), upperHex(request2+request2)), "a@192.0.2.7:80:7 false"},
		{"without any of the segments", 1, 0, strings.ReplaceAll(strings.ReplaceAll(v1, upperHex(segmentB), "00"), upperHex(segmentA), "01"), "PCCRD-3.1.4.1-Check"},
		{"with no blocks", 1, 0, replaced(v1, "0000020000000007", "0000000000000007"), "a@192.0.2.7:80:7 false"},
		{"without an address", 1, 0, replaced(v1, peerA, ""), "PCCRD-3.1.4.1-Check"},
		{"from elsewhere", 1, 0, replaced(v1, peerA, "203.0.113.1:80"), "PCCRD-3.1.4.1-Check"},
		{"of two addresses", 1, 0, replaced(v1, peerA, "203.0.113.1:80 "+peerA), "b@192.0.2.7:80:512 false a@192.0.2.7:80:7 false"},
	} {
		client := DiscoveryClient{Local: func(peer string) bool { return strings.HasPrefix(peer, "192.0.2.") }}
		ids := []string{segmentB, segmentA}
		if c.version == 2 {
			ids = []string{segmentB, request1 + request1, segmentA}
		}
		if got := foundText(client.Probe(time.Minute, uuid1, c.version, ids...)); got != "probe "+discoveryTypes[c.version] {
			t.Errorf("%s: %s", c.name, got)
		}
		if got := foundText(client.Receive(time.Minute+c.wait, []byte(c.answer))); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// An answer that comes again is dropped, and what two answers of a peer say is reported
// once.
func TestDiscoveryClientDuplicates(t *testing.T) {
	answer, _ := answerTo(t, probeOf(t, 1, segmentA), func(*DiscoveryServer) {})
	other := strings.Replace(answer, uuid2, "urn:uuid:4", 1)
	var client DiscoveryClient
	client.Probe(0, uuid1, 1, segmentA)
	for i, c := range []struct{ message, want string }{
		{answer, "a@192.0.2.7:80:7 false"},
		{answer, "PCCRD-3.1.4.1-Duplicate"},
		{other, "PCCRD-3.1.4.1-Check"},
		{strings.Replace(strings.Replace(other, "urn:uuid:4", "urn:uuid:5", 1), peerA, "192.0.2.8:80", 1), "a@192.0.2.8:80:7 false"},
	} {
		if got := foundText(client.Receive(1, []byte(c.message))); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
}

// A client waits as long as it is told, and at least as long as a server may.
func TestDiscoveryClientWait(t *testing.T) {
	for wait, want := range map[time.Duration]time.Duration{0: 300 * time.Millisecond, time.Millisecond: MaxBackoff, 2 * time.Second: 2 * time.Second} {
		client := DiscoveryClient{Wait: wait}
		if _, running := client.NextTick(); running {
			t.Error("a timer without a Probe")
		}
		client.Probe(5, uuid1, 1, segmentA)
		client.Probe(7, uuid2, 1, segmentA)
		at, running := client.NextTick()
		if !running || at != 5+want {
			t.Errorf("%v: %v", wait, at)
		}
		if got := foundText(client.Tick(at - 1)); got != "" {
			t.Error(got)
		}
		if got := foundText(client.Tick(at)); got != "waited urn:uuid:1" {
			t.Error(got)
		}
	}
}

// The form of a Probe is that of the Content Information, and what a Probe cannot hold is
// not sent.
func TestDiscoveryClientForm(t *testing.T) {
	var client DiscoveryClient
	many := slices.Repeat([]string{segmentA}, 256)
	for _, c := range []struct {
		version uint8
		ids     []string
		want    string
	}{
		{1, many, "probe PeerDist:PeerDistData"},
		{2, many[:255], "probe PeerDist:PeerDistDataV2"},
		{2, many, "PCCRD-2.2.3.3-Scopes"},
		{2, []string{segmentA, "a"}, "PCCRD-2.2.3.3-Scopes"},
		{1, nil, "PCCRD-2.2.3.3-Scopes"},
		{2, nil, "PCCRD-2.2.3.3-Scopes"},
	} {
		if got := foundText(client.Probe(0, uuid1, c.version, c.ids...)); got != c.want {
			t.Errorf("%d segments in version %d: %s, want %s", len(c.ids), c.version, got, c.want)
		}
	}
}

func TestDiscoveryServer(t *testing.T) {
	answer, at := answerTo(t, probeOf(t, 2, segmentB, request1+request1, segmentA, segmentB, segmentB), func(*DiscoveryServer) {})
	d := Dissect(Discovery, []byte(answer))
	m, _ := d.Discovery()
	if len(d.Violations) > 0 || m.RelatesTo != uuid1 || m.MessageID != uuid2 || at != time.Second+20*time.Millisecond ||
		!slices.Equal(m.Matches[0].Availability, []uint8{3, 0, 2, 3, 3, 0, 0, 0}) || m.Matches[0].Address != uuid3 {
		t.Errorf("%v %+v %+v", at, d.Violations, m)
	}
	var s DiscoveryServer
	s.Hold(segmentA, 1, false)
	probe := []byte(probeOf(t, 1, segmentA, segmentB))
	for _, c := range []struct{ delay, want time.Duration }{{0, MinBackoff}, {time.Hour, MaxBackoff}, {MaxBackoff, MaxBackoff}, {2 * time.Millisecond, 2 * time.Millisecond}} {
		if got := s.Receive(time.Second, c.delay, uuid2, probe).(Unicast); got.At != time.Second+c.want {
			t.Errorf("%v: %v", c.delay, got.At)
		}
	}
	last := Dissect(Discovery, []byte(s.Receive(0, 0, uuid2, probe).(Unicast).Message))
	if n := last.Root.Child("Header").Child("AppSequence").Child("MessageNumber").Value; n != 5 {
		t.Errorf("message %d", n)
	}
	s.Hold(segmentA, 0, false)
	for want, message := range map[string]string{"PCCRD-3.2.4.1-NoMatch": string(probe), "PCCRD-2.1-XML": "<", "PCCRD-2.2.1-Envelope": "<a/>"} {
		if got := s.Receive(0, 0, uuid2, []byte(message)); got != (Drop{Rule: want}) {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if got := s.Receive(0, 0, uuid2, []byte(answer)); got != (Drop{Rule: "PCCRD-3.2.4.1-NoMatch"}) {
		t.Error(got)
	}
}
