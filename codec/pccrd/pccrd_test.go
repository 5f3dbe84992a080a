package pccrd_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) {
	testutil.Imports(t, "github.com/hostedcache/pchc/codec/internal/strictxml", "github.com/hostedcache/pchc/pccrc")
}

type vector struct {
	ID, Kind, Hex string
	WellFormed    bool `json:"well_formed"`
	Fields        struct {
		Action          string
		MessageID       string `json:"message_id"`
		RelatesTo       string `json:"relates_to"`
		Types           string
		Scopes          []string
		MatchBy         string `json:"match_by"`
		HoHoDk          []string
		XAddrs          []string
		MetadataVersion string `json:"metadata_version"`
		Endpoint        string
		BlockCounts     []uint32 `json:"block_counts"`
		Availability    []string
		Ages            *struct {
			Units uint8
			Ages  [][2]uint32
		}
	}
}

func vectors(t *testing.T) (all []vector) {
	b, err := os.ReadFile("testdata/pccrd.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(b) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.ID, func(t *testing.T) {
			b, err := hex.DecodeString(v.Hex)
			if err != nil {
				t.Fatal(err)
			}
			m, err := pccrd.Decode(b)
			if (err == nil) != v.WellFormed {
				t.Fatal(err)
			}
			if err != nil {
				checkError(t, err, pccrd.RuleBlockCount, bytes.Index(b, []byte("<PeerDist:BlockCount>")), false)
				return
			}
			f, got := v.Fields, v.Fields
			switch m := m.(type) {
			case pccrd.Probe:
				got.Action, got.MessageID, got.RelatesTo, got.MatchBy = m.Action, m.MessageID, m.RelatesTo, m.MatchBy
				if m.Version == pccrd.Version1 {
					got.Scopes = nil
					for _, h := range m.HoHoDk {
						got.Scopes = append(got.Scopes, h.String())
					}
				} else {
					got.HoHoDk = nil
					for _, h := range m.HoHoDk {
						got.HoHoDk = append(got.HoHoDk, hex.EncodeToString(h))
					}
				}
			case pccrd.ProbeMatches:
				got.Action, got.MessageID, got.RelatesTo = m.Action, m.MessageID, m.RelatesTo
				if *m.AppSequence != (pccrd.AppSequence{InstanceId: 1218765447, MessageNumber: 4}) || len(m.ProbeMatch) != 1 {
					t.Errorf("%+v", m)
				}
				p := m.ProbeMatch[0]
				got.XAddrs, got.MetadataVersion, got.Endpoint = p.XAddrs, fmt.Sprint(p.MetadataVersion), p.Address
				if p.Version == pccrd.Version1 {
					got.Scopes, got.BlockCounts = nil, p.BlockCount
					for _, h := range p.HoHoDk {
						got.Scopes = append(got.Scopes, h.String())
					}
					break
				}
				got.Availability = nil
				for _, a := range p.Availability[:len(f.Availability)] {
					got.Availability = append(got.Availability, a.String())
				}
				ages, err := pccrr.DecodeExtensibleBlob(p.SegmentAges)
				if err != nil || uint8(ages.SegmentAgeUnits()) != f.Ages.Units || ages.Len() != len(f.Ages.Ages) {
					t.Fatal(ages, err)
				}
				for i, a := range ages.All() {
					if want := f.Ages.Ages[i]; uint32(a.SegmentIndex) != want[0] || a.Age != want[1] {
						t.Errorf("age %d is %v, want %v", i, a, want)
					}
				}
			}
			if d := cmp.Diff(f, got); d != "" {
				t.Errorf("fields differ (-want +got):\n%s", d)
			}
			again(t, m)
		})
	}
}

// again encodes m, whatever sender rules it violates, and decodes that.
func again(t testing.TB, m pccrd.Message) []byte {
	t.Helper()
	b, err := m.AppendLenient(nil)
	if err != nil || len(b) != m.EncodedLen() {
		t.Fatalf("%d bytes, EncodedLen is %d, %v", len(b), m.EncodedLen(), err)
	}
	back, err := pccrd.Decode(b)
	if d := cmp.Diff(m, back); err != nil || d != "" {
		t.Fatalf("encoded and decoded again (-want +got): %v\n%s\n%s", err, d, b)
	}
	return b
}

// What iPXE sends is what AppendBinary writes, to the byte, and the answer of the
// suite has no sender rule against it but the one that is known.
func TestOnTheWire(t *testing.T) {
	b, err := os.ReadFile("testdata/probe.ipxe.xml")
	if err != nil {
		t.Fatal(err)
	}
	p, err := pccrd.DecodeProbe(b)
	if err != nil || len(p.HoHoDk) != 1 || p.HoHoDk[0].String() != "E16EDB5CF87D3A3AAA5B27A8B266102EE7EDF360B24BE2B514449040E9C4E65B" {
		t.Fatal(p, err)
	}
	got, err := p.AppendBinary(nil)
	if err != nil || !bytes.Equal(got, b) {
		t.Errorf("encoded (%v)\n%s, want\n%s", err, got, b)
	}
	if b, err = os.ReadFile("testdata/probematches.wpts.xml"); err != nil {
		t.Fatal(err)
	}
	m, err := pccrd.DecodeProbeMatches(b)
	if err != nil || m.RelatesTo != p.MessageID || m.ProbeMatch[0].XAddrs[0] != "192.168.77.1:8081" || m.ProbeMatch[0].BlockCount[0] != 2 {
		t.Errorf("%+v %v", m, err)
	}
	if err := m.CheckSenderRules(); err != nil {
		t.Error(err)
	}
	again(t, m)
}

func hohodk(n int) pccrd.HoHoDk { return bytes.Repeat([]byte{0xAB}, n) }

func probe(t testing.TB) string {
	b, err := pccrd.NewProbe("urn:uuid:1", pccrd.Version1, hohodk(32)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func probeMatch(t testing.TB) string {
	m := pccrd.NewProbeMatchV1("urn:uuid:2", "192.0.2.1:80", "[2001:db8::1]:80")
	m.Add(hohodk(32), 2)
	m.Add(hohodk(32), 300)
	b, err := pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", pccrd.AppSequence{InstanceId: 1, MessageNumber: 2}, m).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func checkError(t testing.TB, err error, rule pccrd.Rule, offset int, sender bool) {
	t.Helper()
	var e *pccrd.Error
	if !errors.As(err, &e) {
		t.Errorf("error is %v, want a violation of %s", err, rule)
	} else if e.Rule != rule || e.Offset != offset || e.Sender != sender || !errors.Is(err, rule) {
		t.Errorf("violation is %s at %d (sender %t), want %s at %d (sender %t): %v", e.Rule, e.Offset, e.Sender, rule, offset, sender, e)
	}
}

// What is not well-formed XML, and where. Each is a change of a good Probe: | in
// what it becomes marks the offset of the violation.
func TestXML(t *testing.T) {
	good := probe(t)
	for _, c := range []struct{ old, new string }{
		{good, "|"},
		{good, " |"},
		{"</soap:Envelope>", "|"},
		{"</soap:Envelope>", "</soap:Envelope>|<soap:Envelope/>"},
		{"</soap:Envelope>", "</soap:Envelope>\n |x"},
		{"</soap:Envelope>", "</soap:Envelope>|\x00"},
		{"</soap:Envelope>", "</soap:Envelope><!-- --> <?x y?>\n|&amp;"},
		{"</soap:Envelope>", "</soap:Envelope>|<![CDATA[]]>"},
		{"</soap:Envelope>", "|</soap:envelope>"},
		{"</soap:Envelope>", "</soap:Envelope |x>"},
		{"</soap:Envelope>", "</soap:Envelope|"},
		{"</soap:Body>", "|</Body>"},
		{"</soap:Body>", "|</wsd:Probe>"},
		{"</soap:Body>", "</soap:Body|:x>"},
		{"<?xml", "|x<?xml"},
		{"<?xml", " |<?xml"},
		{"<?xml version=\"1.0\"", "|<?xml"},
		{"version=\"1.0\"", "version|=\"1.1\""},
		{"version=\"1.0\" ", "version |"},
		{"encoding=\"utf-8\"", "encoding|=\"utf-16\""},
		{"encoding=\"utf-8\"", "encoding=\"utf-8\" standalone|=\"maybe\""},
		{"encoding=\"utf-8\"", "encoding=\"utf-8\" |x=\"\""},
		{"<soap:Envelope ", "|<!DOCTYPE x><soap:Envelope "},
		{"<soap:Envelope ", "|<!DOCTYPE x [<!ENTITY e 'x'>]><soap:Envelope "},
		{"<soap:Envelope ", "|<?xml version='1.0'?><soap:Envelope "},
		{"<soap:Envelope ", "|<?XML x?><soap:Envelope "},
		{"<soap:Envelope ", "|<?x y><soap:Envelope "},
		{"<soap:Envelope ", "|<?x/?><soap:Envelope "},
		{"<soap:Envelope ", "<?|?><soap:Envelope "},
		{"<soap:Envelope ", "|<!-- -- --><soap:Envelope "},
		{"<soap:Envelope ", "|<!-- ---><soap:Envelope "},
		{"<soap:Envelope ", "|<Soap:Envelope "},
		{"<soap:Body>", "<|:Body>"},
		{"<soap:Body>", "<soap:|>"},
		{"<soap:Body>", "<soap:Body|:x>"},
		{"<soap:Body>", "<| soap:Body>"},
		{"<soap:Body>", "<|1>"},
		{"<soap:Body>", "<soap:Body a|>"},
		{"<soap:Body>", "<soap:Body a=|x>"},
		{"<soap:Body>", "<soap:Body a='|<'>"},
		{"<soap:Body>", "<soap:Body a='|&'>"},
		{"<soap:Body>", "<soap:Body a=''|b=''>"},
		{"<soap:Body>", "|<soap:Body a='' a=''>"},
		{"<soap:Body>", "|<soap:Body x:a=''>"},
		{"<soap:Body>", "|<soap:Body xmlns:x='u' xmlns:y='u' x:a='' y:a=''>"},
		{"<soap:Body>", "<soap:Body xmlns:x='u' |xmlns:x='v'>"},
		{"<soap:Body>", "<soap:Body |xmlns:x=''>"},
		{"<soap:Body>", "<soap:Body |xmlns:xmlns='x'>"},
		{"<soap:Body>", "<soap:Body |xmlns:xml='x'>"},
		{"<soap:Body>", "<soap:Body |xmlns:x='http://www.w3.org/XML/1998/namespace'>"},
		{"<soap:Body>", "<soap:Body |xmlns='http://www.w3.org/2000/xmlns/'>"},
		{"<soap:Body>", "<soap:Body |/ >"},
		{"<soap:Body>", "<soap:Body a=|'>"},
		{"<soap:Body>", "<soap:Body>|]]>"},
		{"<soap:Body>", "<soap:Body>|&x;"},
		{"<soap:Body>", "<soap:Body>|&#0;"},
		{"<soap:Body>", "<soap:Body>|&#xD800;"},
		{"<soap:Body>", "<soap:Body>|&#x110000;"},
		{"<soap:Body>", "<soap:Body>|&#99999999999999999999;"},
		{"<soap:Body>", "<soap:Body>|&#;"},
		{"<soap:Body>", "<soap:Body>|&#xg;"},
		{"<soap:Body>", "<soap:Body>|&#9f;"},
		{"<soap:Body>", "<soap:Body>|&#x5g;"},
		{"<soap:Body>", "<soap:Body>|&"},
		{"<soap:Body>", "<soap:Body>|\x01"},
		{"<soap:Body>", "<soap:Body>|\xFF"},
		{"<soap:Body>", "<soap:Body>|\xEF\xBF\xBF"},
		{"<soap:Body>", "<soap:Body>|<![CDATA["},
		{"<soap:Body>", "<soap:Body>|<!x>"},
		{"<soap:Body>", "<soap:Body>|<x:a/>"},
		{"<soap:Body>", "<soap:Body>" + strings.Repeat("<a>", 30) + "|<a>"},
		{"<soap:Body>", "|<soap:Body" + strings.Repeat(" xmlns:x='u' x:a=''", 2) + ">"},
		{"<soap:Body>", "<soap:Body" + many(32) + " |x='1'>"},
		{"<soap:Body>", "<a" + declared("a", 31) + "><b" + declared("b", 29) + "><c |xmlns:c='u'>"},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		at := strings.IndexByte(text, '|')
		text = strings.Replace(text, "|", "", 1)
		if c.new == "|<soap:Body xmlns:x='u' x:a='' xmlns:x='u' x:a=''>" {
			at = strings.LastIndex(text, "xmlns:x='u'")
		}
		_, err := pccrd.Decode([]byte(text))
		checkError(t, err, pccrd.RuleXML, at, false)
		if e := (*pccrd.Error)(nil); errors.As(err, &e) && e.Value != uint64(at) {
			t.Errorf("%q: value %d, want the offset", c.new, e.Value)
		}
		if t.Failed() {
			t.Fatalf("%q", c.new)
		}
	}
	long := strings.Replace(good, "<soap:Body>", "<soap:Body>"+strings.Repeat(" ", pccrd.MaxLen-len(good)), 1)
	if _, err := pccrd.Decode([]byte(long)); err != nil {
		t.Error(err)
	}
	_, err := pccrd.Decode([]byte(long + " "))
	checkError(t, err, pccrd.RuleXML, pccrd.MaxLen, false)
}

// many are n attributes.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=''", i)
	}
	return b.String()
}

// declared are n namespace declarations.
func declared(prefix string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " xmlns:%s%d='u'", prefix, i)
	}
	return b.String()
}

// The same message in other well-formed XML.
func TestXMLForms(t *testing.T) {
	good := probe(t)
	want, err := pccrd.Decode([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, new string }{
		{"<?xml", "\xEF\xBB\xBF<?xml"},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", ""},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", "\xEF\xBB\xBF"},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", "\n <!-- a - b -->"},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<?xml version='1.0'?>"},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<?xml\tversion = '1.0'\nencoding='UTF-8' standalone='no' ?><?xml-stylesheet x?><?a?>"},
		{"<?xml version=\"1.0\" encoding=\"utf-8\"?>", "<?xml version='1.0' standalone='yes'?>"},
		{"<soap:Header>", "<soap:Header xmlns='urn:x' a='&lt;&quot;' soap:a='' ><x y='&#10;'><wsa:To>other</wsa:To></x>"},
		{"<wsd:Types>PeerDist:PeerDistData</wsd:Types>", "<wsd:Types xmlns:p='" + pccrd.NamespacePeerDist + "'>\r\n p:PeerDistData\t</wsd:Types>"},
		{"<wsd:Types>PeerDist:PeerDistData</wsd:Types>", "<d:Types xmlns:d='" + pccrd.NamespaceDiscovery + "' xmlns='" + pccrd.NamespacePeerDist + "'>PeerDistData</d:Types>"},
		{"<wsd:Types>", "<wsd:Types><!-- a comment -->"},
		{"PeerDist:PeerDistData", "Peer<![CDATA[Dist:]]>Peer&#68;ist&#x44;ata"},
		{"</soap:Envelope>", "</soap:Envelope  >\n<!-- the end -->\n<?end?> "},
		{"</wsd:Probe>", "<any xmlns='http://example.com/'/></wsd:Probe>"},
		{"<soap:Body>", "<soap:Body xml:lang='en' xml:space='preserve'>text"},
		{"<soap:Body>", "<soap:Body" + many(32) + ">"},
		{"<soap:Header>", "<soap:Header" + declared("b", 32) + "><a" + declared("a", 28) + "/>"},
		{"<wsd:Probe>", "<wsd:Probe>" + strings.Repeat("<a>", 29) + strings.Repeat("</a>", 29)},
		{"</soap:Header>", "<é·x xmlns='u'/></soap:Header>"},
		{strings.Repeat("AB", 32), strings.Repeat("aB", 32)},
	} {
		text := strings.Replace(good, c.old, c.new, 1)
		got, err := pccrd.Decode([]byte(text))
		if d := cmp.Diff(want, got); err != nil || d != "" || text == good {
			t.Errorf("%q: %v (-want +got)\n%s", c.new, err, d)
		}
	}
}

// What is XML but no message, or not of this protocol.
func TestFormat(t *testing.T) {
	v2 := func(available []pccrd.Availability, ages []byte) string {
		m := pccrd.NewProbeMatchV2("urn:uuid:2", available, "192.0.2.1:80")
		m.SegmentAges = ages
		b, err := pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", pccrd.AppSequence{}, m).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}([]pccrd.Availability{3, 2, 0, 3, 2}, []byte{0, 1, 3, 0})
	probeV2, err := pccrd.NewProbe("urn:uuid:1", pccrd.Version2, hohodk(32), hohodk(32)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	good, match, hex32 := probe(t), probeMatch(t), strings.Repeat("AB", 32)
	scopes2 := string(probeV2[bytes.Index(probeV2, []byte("ACAC")):bytes.Index(probeV2, []byte("</wsd:Scopes>"))])
	for _, c := range []struct {
		text, old, new string
		rule           pccrd.Rule
	}{
		{good, "http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/", pccrd.RuleEnvelope},
		{good, "<soap:Body>", "<soap:Body/>|<soap:Body>", pccrd.RuleEnvelope},
		{good, "<wsd:Probe>", "|<wsd:Bye/><wsd:Probe>", pccrd.RuleEnvelope},
		{good, "<wsd:Probe>", "<wsd:Probe><wsd:Types/><wsd:Scopes/></wsd:Probe>|<wsd:Probe>", pccrd.RuleEnvelope},
		{good, "<wsd:Probe>", "<wsd:ProbeMatches><wsd:ProbeMatch/></wsd:ProbeMatches>|<wsd:Probe>", pccrd.RuleEnvelope},
		{good, "<wsd:Types>", "<wsd:Types/>|<wsd:Types>", pccrd.RuleEnvelope},
		{good, "<wsd:Types>", "<wsd:Types>|<x/>", pccrd.RuleEnvelope},
		{good, "<wsa:To>", "<wsa:To/>|<wsa:To>", pccrd.RuleEnvelope},
		{good, "PeerDist:PeerDistData<", "PeerDist:PeerDistDataV3<", pccrd.RuleTypes},
		{good, "PeerDist:PeerDistData<", "wsd:PeerDistData<", pccrd.RuleTypes},
		{good, "PeerDist:PeerDistData<", "nobody:PeerDistData<", pccrd.RuleTypes},
		{good, "<wsd:Types>PeerDist:PeerDistData<", "<wsd:Types xmlns='" + pccrd.NamespacePeerDist + "'>:PeerDistData<", pccrd.RuleTypes},
		{good, "PeerDist:PeerDistData<", "PeerDistData<", pccrd.RuleTypes},
		{good, "PeerDist:PeerDistData<", "PeerDist:PeerDistData PeerDist:PeerDistDataV2<", pccrd.RuleTypes},
		{good, "PeerDist:PeerDistData<", "<", pccrd.RuleTypes},
		{good, hex32, "", pccrd.RuleScopes},
		{good, hex32, " \n", pccrd.RuleScopes},
		{good, hex32, hex32[1:], pccrd.RuleScopes},
		{good, hex32, hex32 + " " + hex32[1:], pccrd.RuleScopes},
		{good, hex32, hex32[1:] + "G", pccrd.RuleScopes},
		{string(probeV2), scopes2, "", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, "ACAC", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, "ACA", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, "AC==", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, "ACAA", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, "AAAC", pccrd.RuleScopesV2},
		{string(probeV2), scopes2, scopes2[:len(scopes2)-4], pccrd.RuleScopesV2},
		{string(probeV2), scopes2, scopes2 + "AA==", pccrd.RuleScopesV2},
		{match, "00000002", "0002", pccrd.RuleBlockCount},
		{match, "00000002", "0000000", pccrd.RuleBlockCount},
		{match, "00000002", "0000000G", pccrd.RuleBlockCount},
		{match, "00000002", "", pccrd.RuleBlockCount},
		{match, "00000002", "0000000200000002", pccrd.RuleBlockCount},
		{match, "00000002", "00000002 ", pccrd.RuleBlockCount},
		{v2, "44A=", "44A", pccrd.RuleScopesV2},
		{v2, "44A=", "", pccrd.RuleScopesV2},
		{v2, "44A=", "44B=", pccrd.RuleScopesV2},
		{v2, "AAEDAA==", "AAEDAA", pccrd.RuleSegmentAges},
	} {
		text := strings.Replace(c.text, c.old, c.new, 1)
		if text == c.text {
			t.Fatalf("%q is not in it:\n%s", c.old, text)
		}
		at := strings.IndexByte(text, '|')
		text = strings.Replace(text, "|", "", 1)
		if at < 0 {
			element := map[pccrd.Rule]string{pccrd.RuleEnvelope: "<soap:Envelope", pccrd.RuleTypes: "<wsd:Types", pccrd.RuleScopes: "<wsd:Scopes", pccrd.RuleScopesV2: "<wsd:Scopes",
				pccrd.RuleBlockCount: "<PeerDist:BlockCount", pccrd.RuleSegmentAges: "<PeerDist:SegmentAges"}[c.rule]
			at = strings.Index(text, element)
		}
		_, err := pccrd.Decode([]byte(text))
		checkError(t, err, c.rule, at, false)
		if t.Failed() {
			t.Fatalf("%q", c.new)
		}
	}
	// Elements may come in any order: Scopes of no version are not judged, nor is a
	// BlockCount by Scopes that cannot be read. Only white space of XML separates words.
	scopes := "<wsd:Scopes>" + hex32 + " " + hex32 + "</wsd:Scopes>"
	for _, c := range []struct {
		text string
		rule pccrd.Rule
		at   string
	}{
		{strings.Replace(strings.Replace(good, hex32, "!", 1), "PeerDistData<", "x<", 1), pccrd.RuleTypes, "<wsd:Types"},
		{strings.Replace(strings.Replace(match, "<wsd:Types>PeerDist:PeerDistData</wsd:Types>", "", 1), hex32, "!", 1), pccrd.RuleTypes, "</wsd:ProbeMatch>"},
		{strings.Replace(strings.Replace(match, scopes, "", 1), "</wsd:ProbeMatch>", "<wsd:Scopes>!</wsd:Scopes></wsd:ProbeMatch>", 1), pccrd.RuleScopes, "<wsd:Scopes>!"},
		{strings.Replace(good, hex32, hex32+"\u00A0"+hex32, 1), pccrd.RuleScopes, "<wsd:Scopes"},
		{strings.Replace(string(probeV2), "ACAC", "ACAC\u0085", 1), pccrd.RuleScopesV2, "<wsd:Scopes"},
	} {
		_, err := pccrd.Decode([]byte(c.text))
		checkError(t, err, c.rule, strings.Index(c.text, c.at), false)
	}
	// What is missing is missing where the element ends that should have it.
	for _, c := range []struct {
		text, from, to, end string
		rule                pccrd.Rule
	}{
		{good, "<wsd:Types>", "</wsd:Types>", "</wsd:Probe>", pccrd.RuleTypes},
		{good, "<wsd:Scopes ", "</wsd:Scopes>", "</wsd:Probe>", pccrd.RuleScopes},
		{string(probeV2), "<wsd:Scopes ", "</wsd:Scopes>", "</wsd:Probe>", pccrd.RuleScopesV2},
		{good, "<wsd:Probe>", "</wsd:Probe>", "", pccrd.RuleEnvelope},
		{match, "<wsd:ProbeMatch>", "</wsd:ProbeMatch>", "</wsd:ProbeMatches>", pccrd.RuleEnvelope},
		{match, "<PeerDist:PeerDistData>", "</PeerDist:PeerDistData>", "</wsd:ProbeMatch>", pccrd.RuleBlockCount},
		{match, "<wsd:XAddrs>", "</wsd:XAddrs>", "", ""},
		{match, "<soap:Header>", "</soap:Header>", "", ""},
		{v2, "<PeerDist:PeerDistData>", "</PeerDist:PeerDistData>", "", ""},
	} {
		i, j := strings.Index(c.text, c.from), strings.Index(c.text, c.to)
		text := c.text[:i] + c.text[j+len(c.to):]
		m, err := pccrd.Decode([]byte(text))
		if c.rule == "" {
			if err != nil {
				t.Error(err)
			} else {
				again(t, m)
			}
			continue
		}
		at := len(text)
		if c.end != "" {
			at = strings.Index(text, c.end)
		}
		checkError(t, err, c.rule, at, false)
	}
	if _, err := pccrd.DecodeProbe([]byte(match)); !errors.Is(err, pccrd.RuleEnvelope) {
		t.Error(err)
	}
	if _, err := pccrd.DecodeProbeMatches([]byte(good)); !errors.Is(err, pccrd.RuleEnvelope) {
		t.Error(err)
	}
	if _, err := pccrd.DecodeProbeMatches([]byte(v2)); err != nil {
		t.Error(err)
	}
}

func TestSenderRules(t *testing.T) {
	one := func(f func(p *pccrd.Probe)) pccrd.Message {
		p := pccrd.NewProbe("urn:uuid:1", pccrd.Version1, hohodk(32), hohodk(64))
		f(&p)
		return p
	}
	match := func(f func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch)) pccrd.Message {
		p := pccrd.NewProbeMatchV1("urn:uuid:2", "host:80")
		p.Add(hohodk(48), 1)
		m := pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", pccrd.AppSequence{InstanceId: 1, MessageNumber: 1}, p)
		f(&m, &m.ProbeMatch[0])
		return m
	}
	v2 := func(f func(p *pccrd.ProbeMatch)) pccrd.Message {
		p := pccrd.NewProbeMatchV2("uuid:2", []pccrd.Availability{pccrd.AvailableAll, pccrd.AvailableSome}, "[::1]:65535")
		f(&p)
		return pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", pccrd.AppSequence{InstanceId: 1, MessageNumber: 1}, p)
	}
	xaddr := func(a ...string) pccrd.Message { return v2(func(p *pccrd.ProbeMatch) { p.XAddrs = a }) }
	for i, c := range []struct {
		m    pccrd.Message
		rule pccrd.Rule
	}{
		{one(func(p *pccrd.Probe) {}), ""},
		{one(func(p *pccrd.Probe) { p.To = "" }), pccrd.RuleTo},
		{one(func(p *pccrd.Probe) { p.Action += "x" }), pccrd.RuleAction},
		{one(func(p *pccrd.Probe) { p.MessageID = "" }), pccrd.RuleMessageID},
		{one(func(p *pccrd.Probe) { p.MatchBy = "" }), pccrd.RuleMatchBy},
		{one(func(p *pccrd.Probe) { p.MatchBy = pccrd.MatchByV2 }), pccrd.RuleMatchBy},
		{one(func(p *pccrd.Probe) { p.HoHoDk = append(p.HoHoDk, hohodk(33)) }), pccrd.RuleHoHoDkLength},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) {}), ""},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { p.MetadataVersion = 2 }), ""},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { p.MetadataVersion = 3 }), pccrd.RuleMetadataVersion},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { p.MetadataVersion = 0 }), pccrd.RuleMetadataVersion},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { m.To = pccrd.ToProbe }), pccrd.RuleTo},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { m.RelatesTo = "" }), pccrd.RuleRelatesTo},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { m.AppSequence = nil }), pccrd.RuleAppSequence},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { p.Address = "urn:x" }), pccrd.RuleAddress},
		{match(func(m *pccrd.ProbeMatches, p *pccrd.ProbeMatch) { p.HoHoDk[0] = hohodk(1) }), pccrd.RuleHoHoDkLength},
		{v2(func(p *pccrd.ProbeMatch) {}), ""},
		{v2(func(p *pccrd.ProbeMatch) { p.Availability[2] = 1 }), pccrd.RuleAvailability},
		{v2(func(p *pccrd.ProbeMatch) { p.MetadataVersion = 1 }), pccrd.RuleMetadataVersion},
		{xaddr(), pccrd.RuleXAddrs},
		{xaddr("host:80", "host"), pccrd.RuleXAddrs},
		{xaddr(":80"), pccrd.RuleXAddrs},
		{xaddr("host:0"), pccrd.RuleXAddrs},
		{xaddr("host:65536"), pccrd.RuleXAddrs},
		{xaddr("http://host:80"), pccrd.RuleXAddrs},
		{xaddr("::1:80"), pccrd.RuleXAddrs},
		{xaddr("[::1:80"), pccrd.RuleXAddrs},
		{xaddr("::1]:80"), pccrd.RuleXAddrs},
		{xaddr("host:80", "[fe80::1]:80", "192.0.2.1:1"), ""},
	} {
		t.Run(fmt.Sprint(i, c.rule), func(t *testing.T) {
			b := again(t, c.m)
			if c.rule == "" {
				checkAppend(t, b, c.m)
				if err := c.m.CheckSenderRules(); err != nil {
					t.Error(err)
				}
				return
			}
			checkError(t, c.m.CheckSenderRules(), c.rule, 0, true)
			checkError(t, testutil.AppendFails(t, c.m.AppendBinary), c.rule, 0, true)
		})
	}
}

// checkAppend checks that AppendBinary writes want behind what dst holds and
// nowhere else.
func checkAppend(t *testing.T, want []byte, m pccrd.Message) {
	t.Helper()
	dst := append(bytes.Repeat([]byte{0xFF}, len(want)+9)[:0], "before"...)
	room := dst[:cap(dst)]
	got, err := m.AppendBinary(dst)
	if err != nil || string(got) != "before"+string(want) || &got[0] != &room[0] || bytes.Count(room[len(got):], []byte{0xFF}) != len(room)-len(got) {
		t.Errorf("%v\n%s", err, got)
	}
}

// What could not be decoded again is not encoded.
func TestEncodeRefuses(t *testing.T) {
	p := pccrd.NewProbe("urn:uuid:1", pccrd.Version1, hohodk(32))
	with := func(f func(p *pccrd.Probe)) pccrd.Message {
		p := p
		f(&p)
		return p
	}
	match := func(v pccrd.Version, f func(p *pccrd.ProbeMatch)) pccrd.Message {
		p := pccrd.NewProbeMatchV2("urn:uuid:2", []pccrd.Availability{3}, "host:80")
		if v == pccrd.Version1 {
			p = pccrd.NewProbeMatchV1("urn:uuid:2", "host:80")
			p.Add(hohodk(32), 1)
		}
		f(&p)
		return pccrd.NewProbeMatches("urn:uuid:3", "urn:uuid:1", pccrd.AppSequence{}, p)
	}
	for i, c := range []struct {
		m    pccrd.Message
		rule pccrd.Rule
	}{
		{with(func(p *pccrd.Probe) { p.Version = 0 }), pccrd.RuleTypes},
		{with(func(p *pccrd.Probe) { p.Version = 3 }), pccrd.RuleTypes},
		{with(func(p *pccrd.Probe) { p.HoHoDk = nil }), pccrd.RuleScopes},
		{with(func(p *pccrd.Probe) { p.HoHoDk = append(p.HoHoDk[:1:1], nil) }), pccrd.RuleScopes},
		{with(func(p *pccrd.Probe) { p.MessageID = "\x00" }), pccrd.RuleXML},
		{with(func(p *pccrd.Probe) { p.MessageID = "\xFF" }), pccrd.RuleXML},
		{with(func(p *pccrd.Probe) { p.RelatesTo = " x" }), pccrd.RuleXML},
		{with(func(p *pccrd.Probe) { p.MatchBy = "x\n" }), pccrd.RuleXML},
		{with(func(p *pccrd.Probe) { p.HoHoDk = make([]pccrd.HoHoDk, 1100); fill(p.HoHoDk, 32) }), pccrd.RuleXML},
		{with(func(p *pccrd.Probe) { p.Version = 2; p.HoHoDk = make([]pccrd.HoHoDk, 256); fill(p.HoHoDk, 32) }), pccrd.RuleScopesV2},
		{with(func(p *pccrd.Probe) { p.Version = 2; p.HoHoDk = nil }), pccrd.RuleScopesV2},
		{with(func(p *pccrd.Probe) { p.Version = 2; p.HoHoDk = append(p.HoHoDk[:1:1], hohodk(48)) }), pccrd.RuleScopesV2},
		{with(func(p *pccrd.Probe) { p.Version = 2; p.HoHoDk = []pccrd.HoHoDk{nil} }), pccrd.RuleScopesV2},
		{pccrd.NewProbeMatches("", "", pccrd.AppSequence{}), pccrd.RuleEnvelope},
		{match(1, func(p *pccrd.ProbeMatch) { p.BlockCount = nil }), pccrd.RuleBlockCount},
		{match(1, func(p *pccrd.ProbeMatch) { p.SegmentAges = []byte{} }), pccrd.RuleScopes},
		{match(1, func(p *pccrd.ProbeMatch) { p.Version = 9 }), pccrd.RuleTypes},
		{match(1, func(p *pccrd.ProbeMatch) { p.XAddrs = []string{""} }), pccrd.RuleXML},
		{match(1, func(p *pccrd.ProbeMatch) { p.XAddrs = []string{"a b"} }), pccrd.RuleXML},
		{match(1, func(p *pccrd.ProbeMatch) { p.Address = "\x01" }), pccrd.RuleXML},
		{match(2, func(p *pccrd.ProbeMatch) { p.Availability = nil }), pccrd.RuleScopesV2},
		{match(2, func(p *pccrd.ProbeMatch) { p.Availability = p.Availability[:3] }), pccrd.RuleScopesV2},
		{match(2, func(p *pccrd.ProbeMatch) { p.Availability[0] = 4 }), pccrd.RuleScopesV2},
		{match(2, func(p *pccrd.ProbeMatch) { p.HoHoDk = []pccrd.HoHoDk{hohodk(32)} }), pccrd.RuleScopesV2},
	} {
		t.Run(fmt.Sprint(i, c.rule), func(t *testing.T) {
			checkError(t, testutil.AppendFails(t, c.m.AppendLenient), c.rule, 0, false)
			checkError(t, testutil.AppendFails(t, c.m.AppendBinary), c.rule, 0, false)
		})
	}
}

func fill(all []pccrd.HoHoDk, n int) {
	for i := range all {
		all[i] = hohodk(n)
	}
}

// Any value that the encoder accepts comes back.
func TestRoundTrip(t *testing.T) {
	text := rapid.Custom(func(r *rapid.T) string {
		return strings.Trim(rapid.StringOf(rapid.RuneFrom([]rune("a<>&\"' \t\r\n]é\U0001F600]]>"))).Draw(r, "text"), " \t\r\n")
	})
	header := func(r *rapid.T) (h pccrd.Header) {
		h = pccrd.Header{To: text.Draw(r, "To"), Action: text.Draw(r, "Action"), MessageID: text.Draw(r, "MessageID"), RelatesTo: text.Draw(r, "RelatesTo")}
		if rapid.Bool().Draw(r, "sequence") {
			h.AppSequence = &pccrd.AppSequence{InstanceId: rapid.Uint32().Draw(r, "i"), MessageNumber: rapid.Uint32().Draw(r, "n")}
		}
		return h
	}
	ids := func(r *rapid.T, same bool) (all []pccrd.HoHoDk) {
		size := rapid.IntRange(1, 70).Draw(r, "size")
		for range rapid.IntRange(1, 5).Draw(r, "ids") {
			if !same {
				size = rapid.IntRange(1, 70).Draw(r, "size")
			}
			all = append(all, rapid.SliceOfN(rapid.Byte(), size, size).Draw(r, "id"))
		}
		return all
	}
	rapid.Check(t, func(r *rapid.T) {
		v := pccrd.Version(rapid.Uint8Range(1, 2).Draw(r, "version"))
		var m pccrd.Message
		if rapid.Bool().Draw(r, "probe") {
			m = pccrd.Probe{Header: header(r), Version: v, MatchBy: text.Draw(r, "MatchBy"), HoHoDk: ids(r, v == 2)}
		} else {
			all := pccrd.ProbeMatches{Header: header(r)}
			for range rapid.IntRange(1, 3).Draw(r, "matches") {
				p := pccrd.ProbeMatch{Address: text.Draw(r, "Address"), Version: v, MetadataVersion: rapid.Uint32().Draw(r, "metadata")}
				for range rapid.IntRange(0, 2).Draw(r, "xaddrs") {
					p.XAddrs = append(p.XAddrs, rapid.StringMatching("[a-z:&<]+").Draw(r, "xaddr"))
				}
				if v == 1 {
					for _, id := range ids(r, false) {
						p.Add(id, rapid.Uint32().Draw(r, "count"))
					}
				} else {
					for range 4 * rapid.IntRange(1, 3).Draw(r, "availability") {
						p.Availability = append(p.Availability, pccrd.Availability(rapid.Uint8Range(0, 3).Draw(r, "a")))
					}
					if rapid.Bool().Draw(r, "ages") {
						p.SegmentAges = rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(r, "blob")
					}
				}
				all.ProbeMatch = append(all.ProbeMatch, p)
			}
			m = all
		}
		b := again(t, m)
		if !sameTokens(t, b) {
			r.Fatalf("encoding/xml rejects\n%s", b)
		}
	})
}

// Changed and cut messages: no panic, an offset within the message, and what is
// accepted is XML for encoding/xml, too.
func TestMutations(t *testing.T) {
	good := []string{probe(t), probeMatch(t)}
	rapid.Check(t, func(r *rapid.T) {
		b := []byte(rapid.SampledFrom(good).Draw(r, "message"))
		for range rapid.IntRange(1, 4).Draw(r, "changes") {
			at := rapid.IntRange(0, len(b)-1).Draw(r, "at")
			switch rapid.IntRange(0, 2).Draw(r, "change") {
			case 0:
				b[at] = rapid.SampledFrom([]byte("<>/&;:='\"! ?-[]x\x00\xFF\n")).Draw(r, "byte")
			case 1:
				b = append(b[:at], b[at+1:]...)
			default:
				to := rapid.IntRange(at, min(len(b), at+60)).Draw(r, "to")
				b = append(b[:to:to], append([]byte(b[at:to]), b[to:]...)...)
			}
		}
		m, err := pccrd.Decode(b)
		if err == nil {
			if !sameTokens(t, b) {
				r.Fatalf("encoding/xml rejects\n%s", b)
			}
			again(t, m)
			_ = m.CheckSenderRules()
		} else if e := err.(*pccrd.Error); e.Offset > len(b) || e.Sender {
			r.Fatal(err)
		}
	})
}

// sameTokens reports whether encoding/xml reads b to its end.
func sameTokens(t testing.TB, b []byte) bool {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		switch _, err := d.Token(); err {
		case nil:
		case io.EOF:
			return true
		default:
			t.Log(err)
			return false
		}
	}
}

// Cut anywhere, a message is no message.
func TestTruncated(t *testing.T) {
	for _, text := range []string{probe(t), probeMatch(t)} {
		for n := range text {
			if _, err := pccrd.Decode([]byte(text[:n])); !errors.Is(err, pccrd.RuleXML) {
				t.Errorf("%d of %d bytes: %v", n, len(text), err)
			}
		}
	}
}

func TestPrint(t *testing.T) {
	p := pccrd.NewProbe("urn:uuid:1", pccrd.Version1, pccrd.HoHoDk{0xAB, 1})
	one := pccrd.NewProbeMatchV1("urn:uuid:2", "host:80", "host:81")
	one.Add(pccrd.HoHoDk{0xAB, 1}, 7)
	one.Add(pccrd.HoHoDk{2}, 8)
	two := pccrd.NewProbeMatchV2("urn:uuid:2", []pccrd.Availability{3, 2, 1}, "host:80")
	for got, want := range map[string]string{
		fmt.Sprint(p): "Probe, version 1.0, segments [AB01]",
		fmt.Sprint(pccrd.ProbeMatches{ProbeMatch: []pccrd.ProbeMatch{one, two}}): "ProbeMatches, version 1.0 at host:80 host:81: segment AB01 with 7 blocks, segment 02 with 8 blocks, " +
			"version 2.0 at host:80: segments [all some contradictory none]",
	} {
		if got != want {
			t.Errorf("it prints as %s, want %s", got, want)
		}
	}
	text, err := json.Marshal(p)
	if want := `{"To":"urn:schemas-xmlsoap-org:ws:2005:04:discovery","Action":"http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe","MessageID":"urn:uuid:1",` +
		`"RelatesTo":"","Version":1,"MatchBy":"http://schemas.xmlsoap.org/ws/2005/04/discovery/strcmp0","HoHoDk":["ab01"]}`; err != nil || string(text) != want {
		t.Errorf("JSON is %s (%v), want %s", text, err, want)
	}
	var back pccrd.Probe
	if err := json.Unmarshal(text, &back); err != nil || !cmp.Equal(back, p) {
		t.Errorf("%+v %v", back, err)
	}
	_, err = pccrd.Decode([]byte(strings.Replace(probe(t), "AB", "AG", 1)))
	if want := "pchc: Probe: Scopes has element 0 that is not hexadecimal, two digits a byte (offset 584, MS-PCCRD 2.2.3.3)"; err == nil || err.Error() != want {
		t.Errorf("message is\n%v, want\n%s", err, want)
	}
	var u pccrd.Probe
	var um pccrd.ProbeMatches
	if err := u.UnmarshalBinary([]byte(probe(t))); err != nil || u.HoHoDk == nil {
		t.Error(err)
	}
	if err := um.UnmarshalBinary([]byte(probeMatch(t))); err != nil || um.ProbeMatch == nil {
		t.Error(err)
	}
	if u.UnmarshalBinary(nil) == nil || um.UnmarshalBinary(nil) == nil || u.HoHoDk == nil || um.ProbeMatch == nil {
		t.Error("nothing is a message")
	}
}

func BenchmarkDecode(b *testing.B) {
	in := []byte(probe(b))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pccrd.DecodeProbe(in); err != nil {
			b.Fatal(err)
		}
	}
}
