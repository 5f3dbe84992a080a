package message

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

// discoveryVectors returns the vectors of package pccrd in JSON, by their ids.
func discoveryVectors(t *testing.T) map[string][]byte {
	t.Helper()
	lines, err := os.ReadFile("../../codec/pccrd/testdata/pccrd.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for line := range strings.Lines(string(lines)) {
		var v struct{ ID, Text string }
		unmarshal(t, []byte(line), &v)
		all[v.ID] = []byte(v.Text)
	}
	return all
}

// What messages of MS-PCCRD come to, in a line and in JSON. Their JSON assembles to a
// message with the same fields.
func TestDiscovery(t *testing.T) {
	vectors := discoveryVectors(t)
	for id, want := range map[string]struct{ line, derived string }{
		"probe.wpts.v1.two.intended": {"version 1.0, 2 segments",
			`{"version":1,"segments":[{"HoHoDk":"57bd571402802d5d1b476aa21760e0c02d52badf6c7791dd0e5b25264760c402"},{"HoHoDk":"5ace34127d6418a4f08d38b400ee041ee0b291d69853d63125dc0f214ddc3901"}]}`},
		"match.v1.prefixes": {"version 1.0, 1 segment at 157.59.141.183:54321",
			`{"matches":[{"version":1,"segments":[{"HoHoDk":"e16edb5cf87d3a3aaa5b27a8b266102ee7edf360b24be2b514449040e9c4e65b","blocks":2}]}]}`},
		"match.v2.three": {"version 2.0, segments all some none none at 157.59.141.183:54321",
			`{"matches":[{"version":2,"availability":["all","some","none","none"],"ages":[{"SegmentIndex":0,"milliseconds":600000},{"SegmentIndex":1,"milliseconds":1000}]}]}`},
	} {
		b := vectors[id]
		line, _ := (&Printer{Form: FormLine}).Message(nil, &Item{Body: b})
		if !strings.HasSuffix(string(line), "  "+want.line+"\n") {
			t.Errorf("%s: %s", id, line)
		}
		text, verdict := (&Printer{Form: FormJSON}).Message(nil, &Item{Body: b})
		var got struct{ Derived json.RawMessage }
		unmarshal(t, text, &got)
		if string(got.Derived) != want.derived || verdict != Valid {
			t.Errorf("%s: %s", id, got.Derived)
		}
		o, err := NewReader(strings.NewReader(string(text))).Next()
		if err != nil {
			t.Fatal(err)
		}
		again, err := o.Assemble(false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(spec.Dissect(spec.Discovery, b).Fields(), spec.Dissect(spec.Discovery, again).Fields()); diff != "" {
			t.Errorf("%s: %s", id, diff)
		}
	}
	invalid, verdict := (&Printer{Form: FormLine}).Message(nil, &Item{Body: vectors["match.spec.v1.4.3"]})
	if verdict != Invalid || !strings.Contains(string(invalid), "BlockCount has 8 characters") {
		t.Errorf("%s", invalid)
	}
}

// The tree shows texts without their bytes, and nothing that a terminal would obey.
func TestDiscoveryTree(t *testing.T) {
	b := strings.Replace(string(discoveryVectors(t)["match.v2.three"]), "157.59.141.183:54321", "a\u202E:1\u0085 b:2", 1)
	text, _ := (&Printer{}).Message(nil, &Item{Body: []byte(b)})
	for _, want := range []string{"XAddrs[0]          \"a", "XAddrs[1]          \"b:2\"\n", "AppSequence\n", "InstanceId           1218765447\n", "availability[1]      some\n", "age of segment 0     10m0s\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	b = strings.Replace(string(discoveryVectors(t)["match.v1.prefixes"]), ">00000002<", ">FFFFFFFF<", 1)
	if text, _ := (&Printer{}).Message(nil, &Item{Body: []byte(b)}); !strings.Contains(string(text), "BlockCount 4294967295\n") {
		t.Errorf("%s", text)
	}
	if strings.ContainsAny(string(text), "\u202E\u0085") {
		t.Errorf("%s", text)
	}
}

// What the name of a message implies may be left out; a string is a text even where it
// could be hex or the sign of a key.
func TestDiscoveryAssemble(t *testing.T) {
	const probe = `{"fields":{"Header":{"MessageID":"redacted"},"Body":{"Probe":{"Types":"PeerDist:PeerDistData",` +
		`"MatchBy":"http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0","Scopes":["E16EDB5CF87D3A3AAA5B27A8B266102EE7EDF360B24BE2B514449040E9C4E65B"]}}},"message":"Probe"}`
	for _, c := range []struct{ in, fault string }{
		{probe, ""},
		{strings.Replace(probe, "strcmp0", "x", 1), "fields.Body.Probe.MatchBy: must be http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0 (PCCRD-2.2.2.1-MatchBy, sender rule, offset 582)"},
		{strings.Replace(probe, `"MessageID"`, `"X":1,"MessageID"`, 1), "fields.Header.X: is not a field of Header"},
		{strings.Replace(probe, `{"MessageID":"redacted"}`, "7", 1), "fields.Header: must be a structure"},
		{strings.Replace(probe, `"E16E`, `"G16E`, 1), "fields.Body.Probe.Scopes: has element 0 that is not hexadecimal"},
	} {
		o, err := NewReader(strings.NewReader(c.in)).Next()
		if err != nil {
			t.Fatal(err)
		}
		b, err := o.Assemble(false)
		if c.fault == "" && err == nil {
			if p, ok := spec.DecodeDiscovery(b); !ok || p.MessageID != "redacted" || len(p.Probe.HoHoDks) != 1 {
				t.Errorf("%s", b)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), c.fault) || c.fault == "" {
			t.Errorf("%v, want %s", err, c.fault)
		}
	}
}
