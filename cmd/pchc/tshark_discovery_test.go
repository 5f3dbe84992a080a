package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	generator "github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// compareDiscovery compares what is shown of a message of MS-PCCRD with what spec says
// is in it, and returns its name.
func compareDiscovery(t *testing.T, b []byte, proto *element) string {
	t.Helper()
	d := spec.Dissect(spec.Discovery, b)
	var want, got []string
	for path, n := range d.Root.Leaves() {
		if !strings.Contains(path.String(), "Other") && (n.Form != spec.Integer || n.Meaning == "") {
			value := n.Meaning
			if n.Form == spec.Integer {
				value = strconv.FormatUint(n.Value, 10)
			}
			want = append(want, strings.ToLower("mspccrd."+n.Name)+" "+value)
		}
	}
	var collect func(e *element)
	collect = func(e *element) {
		if strings.HasPrefix(e.Name, "mspccrd.") && e.Name != "mspccrd.segmentid" {
			got = append(got, e.Name+" "+e.Show)
		}
		for i := range e.Children {
			collect(&e.Children[i])
		}
	}
	collect(proto)
	slices.Sort(want) // attributes are before the text of their element, or behind it
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" && d.Valid() {
		t.Errorf("%s: %s", d.Message, diff)
	}
	return d.Message
}

// compareDiscoveryRules compares the rules that are said to be violated, and where, with
// those that spec reports, and returns them.
func compareDiscoveryRules(t *testing.T, b []byte, proto *element) (rules []string) {
	t.Helper()
	var want, got []string
	for _, v := range spec.Dissect(spec.Discovery, b).Violations {
		offset := v.Offset
		if v.Rule == "PCCRD-2.1-XML" {
			offset = 0 // where XML is not well formed, the dissector does not say
		}
		want = append(want, v.Rule+" at "+strconv.Itoa(offset))
	}
	for _, e := range proto.find("mspchc.rule") {
		got = append(got, e.Show+" at "+strconv.Itoa(e.Pos-proto.Pos))
		rules = append(rules, e.Show)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("%q: %s", b, diff)
	}
	return rules
}

// TestTsharkDiscovery runs the dissector over messages of MS-PCCRD of other
// implementations, whole, cut at every length, and changed.
func TestTsharkDiscovery(t *testing.T) {
	lines, err := os.ReadFile("../../codec/pccrd/testdata/pccrd.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(3, 3))
	var messages [][]byte
	segments := make(map[int]int) // of Probes, by index in messages
	for line := range bytes.Lines(lines) {
		var v foreign
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		b, err := hex.DecodeString(v.Hex)
		if err != nil {
			t.Fatal(err)
		}
		switch v.ID {
		case "probe.wpts.v1.two.intended":
			segments[len(messages)] = 2
		case "probe.wpts.v2.three":
			segments[len(messages)] = 3
		}
		messages = append(messages, b)
		for range 20 {
			changed := bytes.Clone(b)
			for range 3 {
				changed[random.IntN(len(changed))] = []byte("<>/\"= \x00\xff:")[random.IntN(9)]
			}
			messages = append(messages, changed)
		}
		if len(messages) < 30 {
			for n := 700; n < len(b); n++ {
				messages = append(messages, b[:n])
			}
		}
	}
	others := len(messages)
	times := make(map[string]int) // that a rule is violated in
	for m := range generator.Systematic(spec.Discovery) {
		some := random.IntN(32) == 0
		for _, v := range spec.Dissect(spec.Discovery, m.Bytes).Violations {
			times[v.Rule]++
			some = some || times[v.Rule] < 10
		}
		if some && !bytes.Contains(m.Bytes, []byte("\xef\xbf")) { // tshark writes U+FFFE, which is not in XML
			messages = append(messages, m.Bytes)
		}
	}
	file, args := bare(t, "mspccrd", messages, 0)
	valid, violated := 0, map[string]bool{}
	for i, packet := range pdml(t, file, args...) {
		for j := range packet.Children {
			if proto := &packet.Children[j]; proto.Name == "mspccrd" {
				if i < others { // texts are shown as they are written: with references, without what is behind a comment
					compareDiscovery(t, messages[i], proto)
				}
				for _, rule := range compareDiscoveryRules(t, messages[i], proto) {
					violated[rule] = true
				}
				shown := proto.find("mspccrd.segmentid")
				if n, ok := segments[i]; ok && (len(shown) != n || len(shown[n-1].Show) != 64) {
					t.Errorf("message %d: %v, want %d segments", i, shown, n)
				}
				valid++
			}
		}
	}
	if valid < 100 {
		t.Errorf("%d of %d messages", valid, len(messages))
	}
	// Of what is not captured as a whole, nobody knows.
	file, args = bare(t, "mspccrd", messages[:40], 600)
	cut := 0
	for i, packet := range pdml(t, file, args...) {
		for j := range packet.Children {
			proto := &packet.Children[j]
			if rules := proto.find("mspchc.rule"); len(messages[i]) > 600 && proto.Name == "mspccrd" {
				if cut++; len(rules) > 0 {
					t.Errorf("%q, of which 600 bytes are captured: %v", messages[i], rules)
				}
			}
		}
	}
	if cut == 0 {
		t.Error("no message is cut")
	}
	for _, rule := range spec.Requirements() {
		if rule.CheckedBy == spec.DiscoveryBytes && !violated[rule.ID] {
			t.Errorf("no message violates %s", rule.ID)
		}
	}
	t.Logf("%d of %d messages", valid, len(messages))
}
