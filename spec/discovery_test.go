package spec

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	hexID = strings.Repeat("AB", 32)
)

// discoveryMessages are messages without a violation: Probe and ProbeMatches of each
// version.
func discoveryMessages(t testing.TB) map[string]string {
	t.Helper()
	header := Fields{"To": "urn:schemas-xmlsoap-org:ws:2005:04:discovery", "Action": namespaceDiscovery + "/Probe", "MessageID": "urn:uuid:1"}
	answer := Fields{"To": namespaceAddressing + "/role/anonymous", "Action": namespaceDiscovery + "/ProbeMatches", "MessageID": "urn:uuid:2", "RelatesTo": "urn:uuid:1",
		"AppSequence": Fields{"InstanceId": uint64(1), "MessageNumber": uint64(2)}}
	match := func(types string, scopes, data any) Fields {
		return Fields{"Header": answer, "Body": Fields{"ProbeMatches": Fields{"ProbeMatch": []any{Fields{
			"EndpointReference": Fields{"Address": "urn:uuid:3"}, "Types": types, "Scopes": scopes, "XAddrs": []any{"192.0.2.1:80", "[2001:db8::1]:80"},
			"MetadataVersion": uint64(2), "PeerDistData": data}}}}}
	}
	messages := map[string]string{}
	for name, m := range map[string]Fields{
		"Probe 1": {"Header": header, "Body": Fields{"Probe": Fields{"Types": "PeerDist:PeerDistData", "MatchBy": namespaceDiscovery + "/strcmp0", "Scopes": []any{hexID, hexID}}}},
		"Probe 2": {"Header": header, "Body": Fields{"Probe": Fields{"Types": "PeerDist:PeerDistDataV2", "MatchBy": "http://schemas.microsoft.com/p2p/2010/05/PeerDistV2MatchingRule",
			"Scopes": []any{"ACAB" + strings.Repeat("q6ur", 10) + "q6s="}}}},
		"ProbeMatches 1": match("PeerDist:PeerDistData", []any{hexID}, Fields{"BlockCount": "0000012C"}),
		"ProbeMatches 2": match("PeerDist:PeerDistDataV2", []any{"4A=="}, Fields{"SegmentAges": "AAEDAgBg6gABZAAA"}),
	} {
		b, err := Assemble(strings.Fields(name)[0], m)
		if err != nil {
			t.Fatal(name, err)
		}
		messages[name] = string(b)
	}
	return messages
}

// discoveryCases are changes of these messages, and the violations that they bring: a
// rule, the path, and where it is, by the text that begins there.
var discoveryCases = []struct{ message, old, new, want string }{
	{"Probe 1", "<soap:Envelope", "<!DOCTYPE x><soap:Envelope", "PCCRD-2.1-XML XML at <!DOCTYPE"},
	{"Probe 1", "</soap:Envelope>", "</soap:Envelope><x/>", "PCCRD-2.1-XML XML at <x/>"},
	{"Probe 1", "</soap:Envelope>", "", "PCCRD-2.1-XML XML at the end"},
	{"Probe 1", "</wsa:To>", "</wsa:to>", "PCCRD-2.1-XML XML at </wsa:to>"},
	{"Probe 1", "<soap:Body>", "<soap:Body>" + strings.Repeat("<a>", 31), "PCCRD-2.1-XML XML at <a><wsd"},
	{"Probe 1", namespaceSOAP, "urn:other", "PCCRD-2.2.1-Envelope Envelope at <soap:Envelope PCCRD-2.2.1-Envelope Envelope at the end"},
	{"Probe 1", "<wsd:Probe>", "<wsd:Bye/><wsd:Probe>", "PCCRD-2.2.1-Envelope Envelope at <wsd:Bye/>"},
	{"Probe 1", "<wsd:Types>", "<wsd:Types/><wsd:Types>x", "PCCRD-2.2.1-Envelope Envelope at <wsd:Types>x"},
	{"Probe 1", "<soap:Body>", "<soap:Body/><soap:Body>", "PCCRD-2.2.1-Envelope Envelope at <soap:Body>"},
	{"ProbeMatches 2", "<soap:Body>", "<soap:Body/><soap:Body>", "PCCRD-2.2.1-Envelope Envelope at <soap:Body>"},
	{"Probe 1", "urn:uuid:1", "<x/>", "PCCRD-2.2.1-MessageID Header.MessageID at <wsa:MessageID PCCRD-2.2.1-Envelope Envelope at <x/>"},
	{"ProbeMatches 1", "<wsd:ProbeMatch>", "<wsd:ProbeMatches/>", "PCCRD-2.1-XML XML at </wsd:ProbeMatch>"},
	{"Probe 1", "2005:04:discovery</wsa:To", "2005:04:Discovery</wsa:To", "PCCRD-2.2.1-To Header.To at <wsa:To"},
	{"Probe 1", "/Probe</wsa:Action>", "/Bye</wsa:Action>", "PCCRD-2.2.1-Action Header.Action at <wsa:Action"},
	{"Probe 1", "<wsa:MessageID>urn:uuid:1</wsa:MessageID>", "", "PCCRD-2.2.1-MessageID Header.MessageID at </soap:Header"},
	{"Probe 1", "strcmp0", "strcmp1", "PCCRD-2.2.2.1-MatchBy Body.Probe.MatchBy at <wsd:Scopes"},
	{"Probe 1", "PeerDist:PeerDistData<", "PeerDist:PeerDistDataV3<", "PCCRD-2.2.3.1-Types Body.Probe.Types at <wsd:Types"},
	{"Probe 1", "PeerDist:PeerDistData<", "wsd:PeerDistData<", "PCCRD-2.2.3.1-Types Body.Probe.Types at <wsd:Types"},
	{"Probe 1", hexID + "</", hexID[1:] + "</", "PCCRD-2.2.3.3-Scopes Body.Probe.Scopes at <wsd:Scopes"},
	{"Probe 1", hexID + " " + hexID, " ", "PCCRD-2.2.3.3-Scopes Body.Probe.Scopes at <wsd:Scopes"},
	{"Probe 1", hexID + " ", hexID + "AB ", "PCCRD-2.2.3.3-HoHoDkLength Body.Probe.Scopes at <wsd:Scopes"},
	{"Probe 2", "ACAB", "ACAC", "PCCRD-2.2.3.3-ScopesV2 Body.Probe.Scopes at <wsd:Scopes"},
	{"Probe 2", "q6s=", "q6t=", "PCCRD-2.2.3.3-ScopesV2 Body.Probe.Scopes at <wsd:Scopes"},
	{"ProbeMatches 1", "<wsa:RelatesTo>urn:uuid:1</wsa:RelatesTo>", "", "PCCRD-2.2.1-RelatesTo Header.RelatesTo at </soap:Header"},
	{"ProbeMatches 1", `InstanceId="1"`, `InstanceId="x"`, "PCCRD-2.2.3.6-AppSequence Header.AppSequence at <wsd:AppSequence"},
	{"ProbeMatches 1", "urn:uuid:3", "urn:3", "PCCRD-2.2.3.4-Address Body.ProbeMatches.ProbeMatch[0].EndpointReference.Address at <wsa:Address"},
	{"ProbeMatches 1", "192.0.2.1:80", "http://192.0.2.1:80/", "PCCRD-2.2.3.8-XAddrs Body.ProbeMatches.ProbeMatch[0].XAddrs at <wsd:XAddrs"},
	{"ProbeMatches 1", ">2</wsd:MetadataVersion", ">3</wsd:MetadataVersion", "PCCRD-2.2.3.5-MetadataVersion Body.ProbeMatches.ProbeMatch[0].MetadataVersion at <wsd:MetadataVersion"},
	{"ProbeMatches 1", "0000012C", "012C", "PCCRD-2.2.3.9-BlockCount Body.ProbeMatches.ProbeMatch[0].PeerDistData.BlockCount at <PeerDist:BlockCount"},
	{"ProbeMatches 1", "<PeerDist:BlockCount>0000012C</PeerDist:BlockCount>", "", "PCCRD-2.2.3.9-BlockCount Body.ProbeMatches.ProbeMatch[0].PeerDistData.BlockCount at </wsd:ProbeMatch>"},
	{"ProbeMatches 1", hexID, "", "PCCRD-2.2.3.3-Scopes Body.ProbeMatches.ProbeMatch[0].Scopes at <wsd:Scopes"},
	{"ProbeMatches 2", "4A==", "QA==", "PCCRD-2.2.3.3-Availability Body.ProbeMatches.ProbeMatch[0].Scopes at <wsd:Scopes"},
	{"ProbeMatches 2", "4A==", "", "PCCRD-2.2.3.3-ScopesV2 Body.ProbeMatches.ProbeMatch[0].Scopes at <wsd:Scopes"},
	{"ProbeMatches 2", ">2</wsd:MetadataVersion", ">1</wsd:MetadataVersion", "PCCRD-2.2.3.5-MetadataVersion Body.ProbeMatches.ProbeMatch[0].MetadataVersion at <wsd:MetadataVersion"},
	{"ProbeMatches 2", "AAED", "AAE", "PCCRD-2.2.3.9-SegmentAges Body.ProbeMatches.ProbeMatch[0].PeerDistData.SegmentAges at <PeerDist:SegmentAges"},
	{"ProbeMatches 2", "AAED", "AAEE", "PCCRR-2.2.6.1-Units Body.ProbeMatches.ProbeMatch[0].PeerDistData.SegmentAges at <PeerDist:SegmentAges"},
	// All of these are right.
	{"Probe 1", `<?xml version="1.0" encoding="utf-8"?>`, "\uFEFF<!-- a --><?a b?>\n", ""},
	{"Probe 1", "PeerDist:PeerDistData<", "\r\n <!-- -->Peer<![CDATA[Dist]]>&#x3A;PeerDistData <", ""},
	{"Probe 1", "<wsd:Types>PeerDist:", "<wsd:Types xmlns='" + namespacePeerDist + "'>", ""},
	{"Probe 1", "</wsd:Probe>", "<x xmlns='u'><wsd:Types/></x></wsd:Probe>", ""},
	{"ProbeMatches 1", ">2</wsd:MetadataVersion", "> 01 </wsd:MetadataVersion", ""},
}

func TestDiscoveryViolations(t *testing.T) {
	messages := discoveryMessages(t)
	for name, m := range messages {
		if d := Dissect(Discovery, []byte(m)); len(d.Violations) > 0 || Guess([]byte(m)) != Discovery || d.Message != strings.Fields(name)[0] {
			t.Errorf("%s is %s %+v", name, d.Message, d.Violations)
		}
	}
	for _, c := range discoveryCases {
		b := strings.Replace(messages[c.message], c.old, c.new, 1)
		if b == messages[c.message] {
			t.Fatalf("%s has no %q", c.message, c.old)
		}
		d := Dissect(Discovery, []byte(b))
		rest := c.want
		for _, v := range d.Violations {
			head := fmt.Sprintf("%s %s at ", v.Rule, v.Field)
			at, ok := strings.CutPrefix(strings.TrimPrefix(rest, " "), head)
			next := strings.Index(at, " PCCR")
			if next < 0 {
				next = len(at)
			}
			if place := at[:next]; !ok || !strings.HasPrefix(b[v.Offset:], place) && (place != "the end" || v.Offset != len(b)) {
				t.Errorf("%q: %+v, want %s", c.new, d.Violations, c.want)
				break
			}
			rest = at[next:]
		}
		if rest != "" && !t.Failed() {
			t.Errorf("%q: %+v, want %s", c.new, d.Violations, c.want)
		}
		once := (&Dissector{OncePerRule: true}).Dissect(Discovery, []byte(b))
		if first, violated := d.First(); violated && once.Violations[slices.IndexFunc(once.Violations, func(v Violation) bool { return v.Class == Format })] != first {
			t.Errorf("%q: %+v, once %+v", c.new, first, once.Violations)
		}
	}
}

// discoveryReports returns the rules that these cases have reported.
func discoveryReports() map[string]bool {
	ids := map[string]bool{}
	for _, c := range discoveryCases {
		for word := range strings.FieldsSeq(c.want) {
			if strings.HasPrefix(word, "PCCRD-") {
				ids[word] = true
			}
		}
	}
	return ids
}

// A Probe as a tree: each part where its bytes are, with what it says.
func TestDiscoveryTree(t *testing.T) {
	b := []byte(strings.Replace(discoveryMessages(t)["Probe 1"], "<wsd:Types>PeerDist:", "<x xmlns='u'>1</x><wsd:Types>\n &#80;eerDist:", 1))
	d := Dissect(Discovery, b)
	var got []string
	for path, n := range d.Root.Leaves() {
		got = append(got, fmt.Sprintf("%s %q %q", path, n.Raw()[:min(12, len(n.Raw()))], n.Meaning[:min(12, len(n.Meaning))]))
	}
	want := []string{
		`Header.To "<wsa:To>urn:" "urn:schemas-"`,
		`Header.Action "<wsa:Action>" "http://schem"`,
		`Header.MessageID "<wsa:Message" "urn:uuid:1"`,
		`Body.Probe.Types "<wsd:Types>\n" "PeerDist:Pee"`,
		`Body.Probe.MatchBy "MatchBy=\"htt" "http://schem"`,
		`Body.Probe.Scopes[0] "ABABABABABAB" "ABABABABABAB"`,
		`Body.Probe.Scopes[1] "ABABABABABAB" "ABABABABABAB"`,
		`Body.Probe.Other[0] "<x xmlns='u'" "<x xmlns='u'"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if other := d.Root.Child("Body").Child("Probe").Child("Other"); string(other.Raw()) != "<x xmlns='u'>1</x>" {
		t.Errorf("%q", other.Raw())
	}
	again, err := Assemble(d.Message, d.Fields())
	if diff := cmp.Diff(d.Fields(), Dissect(Discovery, again).Fields()); err != nil || diff != "" {
		t.Errorf("%v %s\n%s", err, diff, again)
	}
	for n := range b { // what was read before the message is cut
		if d := Dissect(Discovery, b[:n]); d.Valid() || len(d.Violations) != 1 {
			t.Fatalf("%q: %+v", b[:n], d.Violations)
		}
	}
	if cut := Dissect(Discovery, b[:len(b)-40]); cut.Message != "Probe" || cut.Root.Child("Body").Child("Probe").text("Types") != "PeerDist:PeerDistData" {
		t.Errorf("%s %+v", cut.Message, cut.Root)
	}
}

// The vectors of package pccrd, whose notes say who made them.
func TestDiscoveryVectors(t *testing.T) {
	lines, err := os.ReadFile("../codec/pccrd/testdata/pccrd.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(lines)) {
		var v struct {
			ID, Hex    string
			WellFormed bool `json:"well_formed"`
			Fields     struct {
				MessageID   string `json:"message_id"`
				RelatesTo   string `json:"relates_to"`
				Types       string
				Scopes      []string
				HoHoDk      []string
				XAddrs      []string
				Endpoint    string
				BlockCounts []uint32 `json:"block_counts"`
				Ages        *struct{ Ages [][2]int }
			}
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		n++
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		d := Dissect(Discovery, b)
		m, ok := d.Discovery()
		if d.Valid() != v.WellFormed || ok != v.WellFormed || Guess(b) != Discovery {
			t.Errorf("%s: %+v", v.ID, d.Violations)
		}
		if first, violated := d.First(); violated && (first.Rule != "PCCRD-2.2.3.9-BlockCount" || !strings.HasPrefix(string(b[first.Offset:]), "<PeerDist:BlockCount>")) {
			t.Errorf("%s: %+v", v.ID, first)
		}
		if !ok {
			continue
		}
		f := v.Fields
		want := &DiscoveryMessage{MessageID: f.MessageID, RelatesTo: f.RelatesTo}
		part := DiscoveryPart{Version: 1, XAddrs: f.XAddrs, Address: f.Endpoint, BlockCounts: f.BlockCounts}
		ids := f.Scopes
		if strings.HasSuffix(f.Types, "V2") {
			part.Version, ids = 2, f.HoHoDk
		}
		for _, id := range ids {
			raw, _ := hex.DecodeString(id)
			part.HoHoDks = append(part.HoHoDks, string(raw))
		}
		if f.Ages != nil {
			for _, a := range f.Ages.Ages {
				part.Ages = append(part.Ages, SegmentAge{uint8(a[0]), time.Duration(a[1]) * 10 * time.Millisecond})
			}
			part.Availability = []uint8{3, 2, 0, 0}
		}
		if m.Probe != nil {
			want.Probe = &part
		} else {
			want.Matches = []DiscoveryPart{part}
		}
		if diff := cmp.Diff(want, m); diff != "" {
			t.Errorf("%s: %s", v.ID, diff)
		}
	}
	if n != 5 {
		t.Errorf("%d vectors", n)
	}
}

// What Assemble refuses, and where.
func TestDiscoveryAssemble(t *testing.T) {
	for _, c := range []struct {
		fields Fields
		want   string
	}{
		{Fields{"Foo": "x"}, "spec: Probe: Foo is not a field of Envelope"},
		{Fields{"Header": "x"}, "spec: Probe: Header must be a structure"},
		{Fields{"Header": Fields{"To": uint64(1)}}, "spec: Probe: Header.To must be a string"},
		{Fields{"Header": Fields{"To": []byte{1}}}, "spec: Probe: Header.To must be a string"},
		{Fields{"Header": Fields{"AppSequence": Fields{"X": "1"}}}, "spec: Probe: Header.AppSequence.X is not a field of AppSequence"},
		{Fields{"Header": Fields{"AppSequence": Fields{"InstanceId": []any{}}}}, "spec: Probe: Header.AppSequence.InstanceId must be an integer"},
		{Fields{"Body": Fields{"Probe": Fields{"Scopes": []any{uint64(1)}}}}, "spec: Probe: Body.Probe.Scopes[0] must be a string"},
		{Fields{"Body": Fields{"Probe": Fields{"Scopes": "x"}}}, "spec: Probe: Body.Probe.Scopes must be a list of strings"},
		{Fields{"Body": Fields{"ProbeMatches": Fields{"ProbeMatch": Fields{}}}}, "spec: Probe: Body.ProbeMatches.ProbeMatch must be a list"},
		{Fields{"Body": Fields{"ProbeMatches": Fields{"ProbeMatch": []any{Fields{"XAddrs": Fields{}}}}}}, "spec: Probe: Body.ProbeMatches.ProbeMatch[0].XAddrs must be a list of strings"},
		{Fields{"Body": Fields{"Other": []any{uint64(2)}}}, "spec: Probe: Body.Other[0] must be a string"},
	} {
		_, err := Assemble("Probe", c.fields)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v: %v, want %s", c.fields, err, c.want)
		}
		if again := Missing("Probe", c.fields); again == nil || again.Error() != err.Error() {
			t.Errorf("%v: Missing says %v", c.fields, again)
		}
	}
	b, err := Assemble("Probe", Fields{"Header": Fields{"To": "<&\">\n", "AppSequence": Fields{"InstanceId": "x"}}, "Other": []any{"<a/>"}})
	if err != nil || !strings.Contains(string(b), `><soap:Header><wsa:To>&lt;&amp;&quot;&gt;&#xA;</wsa:To><wsd:AppSequence InstanceId="x"/></soap:Header><a/></soap:Envelope>`) {
		t.Errorf("%v %s", err, b)
	}
}

// The table names each rule of the bytes, and no others.
func TestDiscoveryElements(t *testing.T) {
	rules := map[string]bool{}
	for _, e := range DiscoveryElements() {
		for _, id := range e.Rules {
			r, ok := RequirementByID(id)
			if !ok || r.CheckedBy != DiscoveryBytes {
				t.Errorf("%s: %s", e.Name, id)
			}
			rules[id] = true
		}
		if !strings.HasPrefix(e.Section, "MS-PCCRD ") || !strings.HasSuffix(e.Text, ".") {
			t.Errorf("%+v", e)
		}
	}
	rules["PCCRD-2.2.2.1-MatchBy"] = true
	if diff := cmp.Diff(slices.Sorted(maps.Keys(discoveryReports())), slices.Sorted(maps.Keys(rules))); diff != "" {
		t.Error(diff)
	}
}
