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
	file, args := bare(t, "mspccrd", messages, 0)
	valid := 0
	for i, packet := range pdml(t, file, args...) {
		for j := range packet.Children {
			if proto := &packet.Children[j]; proto.Name == "mspccrd" {
				compareDiscovery(t, messages[i], proto)
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
	t.Logf("%d of %d messages", valid, len(messages))
}
