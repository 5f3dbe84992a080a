package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// Every fault that the code asks for is in a table, and the other way round.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var asked []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?:\bhas\(|\border\(\w+, |cString\([\w.]+, )"([^"]*)"`).FindAllStringSubmatch(string(source), -1) {
			asked = append(asked, m[1])
		}
	}
	for _, table := range [][]fault{decoders, slices.Concat(caches, conversations), clients} {
		seen := map[string]bool{}
		for _, p := range table {
			if seen[p.name] {
				t.Errorf("%s is there twice", p.name)
			}
			seen[p.name] = true
			if p.name != "none" && !slices.Contains(asked, p.name) {
				t.Errorf("%s is not in the code", p.name)
			}
			if p.what == "" || strings.ContainsAny(p.what+p.rules, "\t\n") || p.name != "none" && (p.rules == "") != (p.uses != "" || slices.Contains(slices.Concat(stateFaults, routeCaches), p)) {
				t.Errorf("%s: %q, %q", p.name, p.what, p.rules)
			}
			for rule := range strings.FieldsSeq(p.rules) {
				if _, known := fuzz.RequirementByID(rule); !known && !slices.Contains(made, rule) {
					t.Errorf("%s: there is no %s", p.name, rule)
				}
			}
		}
	}
	for _, name := range asked {
		if !slices.ContainsFunc(slices.Concat(decoders, caches, conversations, clients), func(p fault) bool { return p.name == name }) {
			t.Errorf("%s is in no table", name)
		}
	}
	if len(decoders) < 46 || len(caches) < 17 || len(clients) < 16 || len(conversations) < 8 {
		t.Errorf("%d faulty decoders, %d faulty hosted caches, %d faulty clients", len(decoders)-1, len(caches)-1, len(clients)-1)
	}
}

// made are ids of fields and of what is derived that have no requirement.
var made = []string{
	"PCHC-2.2.1.4-ContentTag", "PCHC-2.2.1.5-SegmentDescriptor",
	"PCHC-2.2.1.5-BlockSize", "PCHC-2.2.1.5-SegmentSize", "PCHC-2.2.1.5-ContentTag", "PCHC-2.2.1.5-SegmentHoHoDk",
	"PCCRC-2.3.1.2-blocks", "PCCRC-2.3.1.1-SegmentHashOfData", "PCCRC-2.3.1.1-SegmentSecret", "PCCRC-2.3.1.2-BlockHashes",
	"PCCRC-2.4-ullStartInContent", "PCCRC-2.4-ullIndexOfFirstSegment", "PCCRC-2.4-ullLengthOfRange",
	"PCCRC-2.4.1.1-chunks", "PCCRC-2.4.1.2-chunkData", "PCCRC-2.4.1.2-SegmentHashOfData",
	"SMB2-2.2.31.2-Length", "SMB2-2.2.31.2-Offset", "SMB2-2.2.32.4-ContentInformationPart",
	"PCCRR-2.2.3-MinorVersion", "PCCRR-2.2.3-MajorVersion", "PCCRR-2.2.1.2-Index", "PCCRR-2.2.4.4-ExtensibleBlob", "PCCRR-2.2.5.4-ExtensibleBlob",
	"PCCRD-2.2.2.2-ProbeMatch", "PCCRD-2.2.3.6-InstanceId", "PCCRD-2.2.3.7-MessageNumber",
	"PCCRC-2.2-HoHoDk", "PCCRC-2.3-range", "PCCRC-2.4-range", "PCCRC-2.4.1.2-start",
}

// said is what a decoder says of messages, as far as it gets.
type said struct{ d *decoder }

func newSaid(fault string) *said {
	return &said{&decoder{fault: fault, stuck: func() { panic("it hangs") }}}
}

func (s *said) of(t *testing.T, line string) (answer string) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil {
			answer = "it is gone"
		}
	}()
	b, err := s.d.line(line)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Every faulty decoder is one: it says something else than the right one, of at
// least one vector of the corpus or message of the sweep. So no fault is there
// in name only.
func TestFaultsShow(t *testing.T) {
	var lines, right []string
	none := newSaid("none")
	add := func(m fuzz.Message) {
		lines = append(lines, text(t, m))
		right = append(right, none.of(t, lines[len(lines)-1]))
	}
	for _, v := range vectors(t) {
		kind, ok := map[string]spec.Kind{"request": spec.Request, "response": spec.Response, "content": spec.Content}[string(v.Kind)]
		if ok { // these decoders know no other
			add(fuzz.Message{Kind: kind, Bytes: v.Bytes})
		}
	}
	add(generate.Simplest("SEGMENT_INFO_MESSAGE"))
	add(fuzz.Message{Kind: spec.Content, Bytes: generate.Simplest("CONTENT_INFORMATION_V1").Bytes[:50]})
	for m := range messages() {
		add(m)
	}
	for _, p := range answering(decoders[1:]) {
		if p.name == "quadratic-blocks" || strings.HasSuffix(p.name, "-at-random") {
			continue // it says the right thing, late or mostly
		}
		faulty := newSaid(p.name)
		shown := false
		for i := 0; i < len(lines) && !shown; i++ {
			shown = faulty.of(t, lines[i]) != right[i]
		}
		if !shown {
			t.Errorf("%s: %s, but nothing shows it", p.name, p.what)
		}
	}
}

// The list has four columns.
func TestList(t *testing.T) {
	var out strings.Builder
	if err := list(&out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != len(decoders)+len(caches)+len(conversations)+len(clients) {
		t.Errorf("%d lines", len(lines))
	}
	for _, line := range lines {
		if strings.Count(line, "\t") != 3 {
			t.Errorf("%q", line)
		}
	}
}
