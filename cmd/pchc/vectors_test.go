package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

// object is what the command writes with --json, as another program reads it.
type object struct {
	Message    string
	Length     int
	Valid      bool
	Fields     any
	Derived    any
	Violations []struct {
		Rule, Class, Field, Detail string
		Offset                     int
	}
	Raw     string
	Capture struct {
		File, Time, Src, Dst, Direction, Method, Path string
		Frame, Stream, Status                         int
	}
}

// pchc runs the command in this process.
func pchc(t testing.TB, stdin string, args ...string) (stdout string, status int) {
	t.Helper()
	var out, err bytes.Buffer
	status = run(args, strings.NewReader(stdin), &out, &err)
	if status == statusUsage || status == statusFailed {
		t.Fatalf("pchc %.200q: exit status %d: %s", args, status, &err)
	}
	return out.String(), status
}

// objects reads lines of JSON strictly.
func objects(t testing.TB, lines string) []object {
	t.Helper()
	var list []object
	for l := range strings.Lines(lines) {
		var o object
		unmarshal(t, []byte(l), &o)
		list = append(list, o)
	}
	return list
}

// unmarshal keeps integers exact.
func unmarshal(t testing.TB, b []byte, v any) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%v in %.300s", err, b)
	}
}

// TestVectors decodes every vector of the corpus, and encodes it again.
func TestVectors(t *testing.T) {
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	vectors := 0
	for _, f := range files {
		for _, g := range f.Groups {
			for _, v := range g.Tests {
				vectors++
				t.Run(v.ID, func(t *testing.T) { checkVector(t, &v) })
			}
		}
	}
	if vectors < 100 {
		t.Errorf("only %d vectors", vectors)
	}
}

func checkVector(t *testing.T, v *corpus.Vector) {
	in := "0x" + hex.EncodeToString(v.Bytes)
	if len(v.Bytes) == 0 {
		t.Skip("no bytes, no input")
	}
	args := []string{"decode", "--as", string(v.Kind)}
	if v.RequestType != 0 {
		args = append(args, "--request", strconv.Itoa(int(v.RequestType)))
	}
	out, status := pchc(t, in, append(args, "--json", "--raw", "--show-secrets")...)
	list := objects(t, out)
	if len(list) != 1 {
		t.Fatalf("%d objects", len(list))
	}
	o := list[0]
	if o.Message != v.Message || o.Length != len(v.Bytes) || o.Valid != v.Valid || o.Raw != in[2:] {
		t.Errorf("got %s, %d bytes, valid %v", o.Message, o.Length, o.Valid)
	}
	first, sender := "", []corpus.Violation(nil)
	for _, b := range o.Violations {
		switch {
		case b.Class == "format" && first == "":
			first = b.Rule + strconv.Itoa(b.Offset)
		case b.Class == "sender":
			sender = append(sender, corpus.Violation{Rule: b.Rule, Offset: b.Offset})
		}
	}
	if !v.Valid && first != v.Rule+strconv.Itoa(v.Offset) {
		t.Errorf("first violation %s, want %s%d", first, v.Rule, v.Offset)
	}
	if v.Valid {
		if diff := cmp.Diff(append([]corpus.Violation(nil), v.SenderViolations...), sender); diff != "" {
			t.Errorf("sender violations: %s", diff)
		}
	}
	if fine := v.Valid && len(v.SenderViolations) == 0; (status == statusFine) != fine {
		t.Errorf("exit status %d", status)
	}
	for what, pair := range map[string][2]any{"fields": {[]byte(v.Fields), o.Fields}, "derived": {[]byte(v.Derived), o.Derived}} {
		if raw := pair[0].([]byte); len(raw) > 0 {
			var want any
			unmarshal(t, raw, &want)
			if diff := cmp.Diff(want, pair[1]); diff != "" {
				t.Errorf("%s: %s", what, diff)
			}
		}
	}
	if v.Kind != corpus.Discovery {
		checkEncode(t, out, told(string(v.Kind), v.Bytes))
	} else if v.Valid { // the same text in other XML
		again, status := pchc(t, out, "encode", "--unchecked")
		text, _ := pchc(t, "0x"+hex.EncodeToString([]byte(again)), append(args, "--json")...)
		if list := objects(t, text); status != statusFine || len(list) != 1 {
			t.Errorf("encoded again, exit status %d: %s", status, again)
		} else if diff := cmp.Diff(o.Fields, list[0].Fields); diff != "" {
			t.Errorf("encoded again: %s", diff)
		}
	}

	if text, s := pchc(t, in, args...); !strings.HasPrefix(text, v.Message+", ") || s != status {
		t.Errorf("as text, exit status %d: %.100s", s, text)
	}
	if line, s := pchc(t, in, append(args, "--list")...); strings.Count(line, "\n") != 1 || !strings.Contains(line, v.Message) || s != status {
		t.Errorf("as a line, exit status %d: %s", s, line)
	}
}

// checkEncode demands that JSON encodes to the bytes that it was made of.
func checkEncode(t testing.TB, jsonLine string, want []byte) {
	t.Helper()
	got, status := pchc(t, jsonLine, "encode", "--unchecked")
	if status != statusFine || got != string(want) {
		t.Errorf("encoded again, exit status %d: %x, want %x", status, got, want)
	}
}

// told returns b as far as JSON tells it: without an integer that is cut short.
func told(kind string, b []byte) []byte {
	var cut func(n *spec.Node) int
	cut = func(n *spec.Node) int {
		for i := range n.Children {
			if at := cut(&n.Children[i]); at >= 0 {
				return at
			}
		}
		if n.Form == spec.Integer && n.Truncated() {
			return n.Offset
		}
		return -1
	}
	k, _ := spec.ParseKind(kind)
	d := spec.Dissect(k, b)
	if at := cut(&d.Root); at >= 0 {
		return b[:at]
	}
	return b
}

// TestMutants holds JSON to encode to the same bytes, and text to be complete,
// whatever the bytes are.
func TestMutants(t *testing.T) {
	files, err := corpus.Load()
	if err != nil {
		t.Fatal(err)
	}
	var seeds [][]byte
	for _, f := range files {
		for _, g := range f.Groups {
			for _, v := range g.Tests {
				if len(v.Bytes) > 0 && len(v.Bytes) < 1000 {
					seeds = append(seeds, v.Bytes)
				}
			}
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		b := bytes.Clone(rapid.SampledFrom(seeds).Draw(rt, "seed"))
		for range rapid.IntRange(0, 4).Draw(rt, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "byte")
		}
		b = b[:rapid.IntRange(1, len(b)).Draw(rt, "length")]
		kind := rapid.SampledFrom(kindNames).Draw(rt, "kind")
		in := hex.EncodeToString(b)
		out, status := pchc(t, "", "decode", "--json", "--show-secrets", "--format", "hex", "--as", kind, "0x"+in)
		if n := len(objects(t, out)); n != 1 {
			rt.Fatalf("%d objects", n)
		}
		checkEncode(t, out, told(kind, b))
		if t.Failed() {
			rt.FailNow()
		}

		// The list is made by another decoder, but they agree.
		if line, s := pchc(t, "", "decode", "--list", "--format", "hex", "--as", kind, "0x"+in); s != status {
			rt.Fatalf("exit status %d, of the list %d: %s", status, s, line)
		}

		// Every byte stands in the text, in order.
		text, _ := pchc(t, "", "decode", "--show-secrets", "--format", "hex", "--as", kind, "0x"+in)
		if got := bytesOf(text); got != in {
			rt.Fatalf("the text holds %s, want %s:\n%s", got, in, text)
		}
	})
}

// bytesOf returns the bytes in the column of bytes of a tree.
func bytesOf(text string) string {
	var s strings.Builder
	for l := range strings.Lines(text) {
		if len(l) < 6 || strings.Trim(l[:4], "0123456789abcdef") != "" || l[4:6] != "  " {
			continue // a heading, a violation, or what is derived
		}
		cells, _, _ := strings.Cut(l[6:], "   ")
		for cell := range strings.FieldsSeq(cells) {
			if len(cell) == 2 && strings.Trim(cell, "0123456789abcdef") == "" {
				s.WriteString(cell)
			}
		}
	}
	return s.String()
}

// TestShippedCaptures compares the captures of this repository with what their
// makers say is in them.
func TestShippedCaptures(t *testing.T) {
	for _, name := range []string{"plain.pcap", "keepalive.pcap", "ipv6.pcapng"} {
		t.Run(name, func(t *testing.T) {
			base, _, _ := strings.Cut(name, ".")
			b, err := os.ReadFile("testdata/" + base + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Messages []struct {
					Type   string
					Dir    string
					Port   int    `json:"client_port"`
					Length int    `json:"payload_length"`
					SHA256 string `json:"payload_sha256"`
				}
			}
			unmarshal(t, b, &want)
			out, _ := pchc(t, "", "pcap", "--raw", "testdata/"+name)
			got := objects(t, out)
			if len(got) != len(want.Messages) || len(got) == 0 {
				t.Fatalf("%d messages, want %d", len(got), len(want.Messages))
			}
			for i, w := range want.Messages {
				g := got[i]
				sum := sha256.Sum256(unhex(g.Raw))
				from, direction := g.Capture.Src, "request"
				if w.Dir == "s2c" {
					from, direction = g.Capture.Dst, "response"
				}
				if g.Message != w.Type || g.Length != w.Length || hex.EncodeToString(sum[:]) != w.SHA256 ||
					g.Capture.Direction != direction || !strings.HasSuffix(from, ":"+strconv.Itoa(w.Port)) {
					t.Errorf("message %d: got %+v, want %+v", i+1, g, w)
				}
			}
		})
	}
}
