package oracle_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// discoverySeeds are package pccrd's vectors, and messages of both versions.
func discoverySeeds(t testing.TB) (seeds [][]byte) {
	const testdata = "../../codec/pccrd/testdata/"
	for _, file := range []string{"probe.ipxe.xml", "probematches.wpts.xml"} {
		b, err := os.ReadFile(testdata + file)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	lines, err := os.ReadFile(testdata + "pccrd.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(lines) {
		var v struct{ Hex string }
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	id := bytes.Repeat([]byte{0xAB}, 32)
	v1 := pccrd.NewProbeMatchV1("urn:uuid:2", "192.0.2.1:80", "[2001:db8::1]:80")
	v1.Add(id, 2)
	v1.Add(id[:5], 300)
	v2 := pccrd.NewProbeMatchV2("urn:uuid:2", []pccrd.Availability{3, 2, 0, 1, 2}, "host:80")
	v2.SegmentAges = []byte{0, 1, 2, 1, 0, 5, 1, 0}
	sequence := pccrd.AppSequence{InstanceId: 1, MessageNumber: 2}
	for _, m := range []pccrd.Message{
		pccrd.NewProbe("urn:uuid:1", pccrd.Version1, id, id[:7]),
		pccrd.NewProbe("urn:uuid:1", pccrd.Version2, id, id),
		pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", sequence, v1, v1),
		pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", sequence, v2, v1),
	} {
		b, err := m.AppendLenient(nil)
		if err != nil {
			t.Fatal(err)
		}
		seeds = append(seeds, b)
	}
	return seeds
}

// Both readings agree on every prefix of each seed, and with a byte changed or left out
// at any place.
func TestDiscovery(t *testing.T) {
	for _, seed := range discoverySeeds(t) {
		try := func(b []byte) {
			if err := oracle.CheckDiscovery(b); err != nil {
				t.Fatalf("%s: %v", b, err)
			}
		}
		try(seed)
		for n := range seed {
			try(seed[:n])
		}
		for at := range seed {
			for _, v := range []byte("<>/&;:='\"! ?-[]x\x00\xFF\n") {
				b := bytes.Clone(seed)
				b[at] = v
				try(b)
				if testing.Short() {
					break
				}
			}
			try(append(bytes.Clone(seed[:at]), seed[at+1:]...))
		}
	}
}

// words are what a change puts in.
var discoveryWords = []string{
	"<a>", "</a>", "<a/>", "<wsd:Types>", "</wsd:Types>", "<wsd:Scopes/>", "<wsd:Types/>", "<soap:Body>", "</soap:Body>", "<!-- x -->", "<!--", "-->", "<![CDATA[", "]]>",
	"<?x?>", "<?xml version='1.0'?>", "<!DOCTYPE x>", "&amp;", "&#65;", "&#x41;", "&#xD800;", "&", "xmlns:a='u' ", " a='1'", " a:b='1'", "xmlns='u' ", " ", "\t", "\r\n", "\u00A0", "\u0085",
	"AB", "==", "0", "1", "2", "V2", "V3", "PeerDist:", "wsd:", "x:", ":", "\"", "'", ">", "<", "=", "é", "\x00", "\xFF", " 00000001", "00000001", "host:80", "urn:uuid:",
	"<wsd:ProbeMatch>", "</wsd:ProbeMatch>", "<wsd:Probe>", "</wsd:Probe>", " xmlns:wsd='u'", " MatchBy='x'", " InstanceId='7'",
	"<PeerDist:PeerDistData>", "</PeerDist:PeerDistData>", "<wsa:To/>", "<wsd:AppSequence/>", "standalone='yes'", "encoding='utf-16'",
}

// mutateDiscovery returns a changed seed.
func mutateDiscovery(r *rand.Rand, seeds [][]byte) []byte {
	b := bytes.Clone(seeds[r.IntN(len(seeds))])
	for range 1 + r.IntN(4) {
		at := r.IntN(len(b) + 1)
		if i := bytes.IndexAny(b[at:], "<>\"= "); i >= 0 && r.IntN(2) == 0 {
			at += i
		}
		to := min(len(b), at+r.IntN(40))
		if r.IntN(2) == 0 { // whole elements and words
			if i := bytes.IndexAny(b[at:], "<> "); i >= 0 {
				to = at + i
			}
			if i := bytes.Index(b[at:], []byte("</")); i >= 0 && r.IntN(2) == 0 {
				to = at + i
			}
		}
		word := discoveryWords[r.IntN(len(discoveryWords))]
		switch r.IntN(5) {
		case 0:
			b = append(b[:at:at], append([]byte(word), b[at:]...)...)
		case 1:
			b = append(b[:at:at], append([]byte(word), b[to:]...)...)
		case 2:
			b = append(b[:at:at], b[to:]...)
		case 3:
			b = append(b[:to:to], b[at:]...)
		default: // two elements change places
			other := seeds[r.IntN(len(seeds))]
			from := r.IntN(len(other))
			b = append(b[:at:at], append(bytes.Clone(other[from:min(len(other), from+r.IntN(300))]), b[to:]...)...)
		}
	}
	return b
}

// exchanged returns a seed in which two neighbouring elements of the same parent have
// changed places, which keeps it well formed.
func exchanged(r *rand.Rand, seeds [][]byte) []byte {
	text := string(seeds[r.IntN(len(seeds))])
	names := []string{"wsd:Types", "wsd:Scopes", "wsd:XAddrs", "wsd:MetadataVersion", "PeerDist:PeerDistData", "wsa:EndpointReference", "PeerDist:BlockCount", "wsa:To", "wsa:Action"}
	cut := func(name string) (from, to int) {
		from = strings.Index(text, "<"+name)
		end := "</" + name + ">"
		if to = strings.Index(text, end); from < 0 || to < 0 {
			return 0, 0
		}
		return from, to + len(end)
	}
	from, to := cut(names[r.IntN(len(names))])
	element := text[from:to]
	text = text[:from] + text[to:]
	at, end := cut(names[r.IntN(len(names))])
	if r.IntN(2) == 0 {
		at = end
	}
	text = text[:at] + element + text[at:]
	if r.IntN(2) == 0 { // and a value is wrong
		if from, to := cut(names[r.IntN(len(names))]); to > from {
			open := from + strings.IndexByte(text[from:], '>') + 1
			text = text[:open] + discoveryWords[r.IntN(len(discoveryWords))] + text[open+r.IntN(3):]
		}
	}
	return []byte(text)
}

// Both readings agree on messages with several changes.
func TestDiscoveryMutated(t *testing.T) {
	seeds := discoverySeeds(t)
	r := rand.New(rand.NewPCG(7, 8))
	accepted := 0
	runs := 100_000
	if testing.Short() {
		runs /= 10
	}
	for i := range runs {
		b := mutateDiscovery(r, seeds)
		if i%3 == 0 {
			b = exchanged(r, seeds)
		}
		if err := oracle.CheckDiscovery(b); err != nil {
			t.Fatalf("%s: %v", b, err)
		}
		if _, err := pccrd.Decode(b); err == nil {
			accepted++
		}
	}
	if accepted < runs/50 {
		t.Errorf("%d of %d were accepted", accepted, runs)
	}
}

func FuzzDiscovery(f *testing.F) {
	for _, b := range discoverySeeds(f) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := oracle.CheckDiscovery(b); err != nil {
			t.Error(err)
		}
	})
}
