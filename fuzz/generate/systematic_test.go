package generate_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/spec"
)

// sweep returns all messages of a kind, by their bytes.
func sweep(kind spec.Kind) map[string]bool {
	all := make(map[string]bool)
	for m := range generate.Systematic(kind) {
		all[string(m.Bytes)] = true
	}
	return all
}

// The sweep is the same each time, tells nothing twice, is mostly of small
// messages, and stops when it is told to.
func TestSystematic(t *testing.T) {
	for _, kind := range kinds {
		var first [][]byte
		seen := make(map[string]bool)
		small := 0
		for m := range generate.Systematic(kind) {
			if m.Kind != kind {
				t.Fatalf("kind %d in the sweep of kind %d", m.Kind, kind)
			}
			if seen[string(m.Bytes)] {
				t.Fatalf("%s comes twice", text(m))
			}
			seen[string(m.Bytes)] = true
			first = append(first, m.Bytes)
			if len(m.Bytes) < 400 || kind == spec.Discovery && len(m.Bytes) < 2000 { // XML is longer
				small++
			}
		}
		if n := len(first); n < 1000 || n > 15000 || small < n*3/4 {
			t.Errorf("kind %d: %d messages, %d of them small", kind, n, small)
		}
		i := 0
		for m := range generate.Systematic(kind) {
			if string(m.Bytes) != string(first[i]) {
				t.Fatalf("kind %d: message %d is another one the second time", kind, i)
			}
			if i++; i == len(first)/2 {
				break
			}
		}
	}
	for range generate.Systematic(spec.Kind(99)) {
		t.Fatal("a sweep of no kind")
	}
}

// Every rule is broken in the first few hundred messages, and at several places
// in all of them.
func TestSystematicRules(t *testing.T) {
	early, places := make(map[string]bool), make(map[string]map[string]bool)
	for _, kind := range kinds {
		i := 0
		for m := range generate.Systematic(kind) {
			for _, b := range m.Dissect().Violations {
				if i++; i < 600 {
					early[b.Rule] = true
				}
				if places[b.Rule] == nil {
					places[b.Rule] = make(map[string]bool)
				}
				places[b.Rule][b.Field] = true
			}
		}
	}
	for _, rule := range generate.Rules() {
		if !early[rule] {
			t.Errorf("%s is not broken soon", rule)
		}
	}
	for rule, fields := range map[string][]string{
		"PCHC-2.2.1.5-SizeOfContentTag":      {"SegmentDescriptor[0].SizeOfContentTag", "SegmentDescriptor[1].SizeOfContentTag"},
		"PCHC-2.2.1.5-HashAlgorithm":         {"SegmentDescriptor[0].HashAlgorithm", "SegmentDescriptor[1].HashAlgorithm", "SegmentDescriptor[2].HashAlgorithm"},
		"PCHC-2.2.1.5-Truncated":             {"SegmentDescriptor[0].BlockSize", "SegmentDescriptor[127].SegmentHoHoDk", "SegmentDescriptor[2].ContentTag"},
		"PCCRC-2.3.1.2-cBlocks":              {"blocks[0].cBlocks", "blocks[1].cBlocks", "SegmentInformation.blocks[0].cBlocks"},
		"PCCRC-2.4.1.1-bChunkType":           {"chunks[0].bChunkType", "chunks[1].bChunkType", "chunks[2].bChunkType"},
		"PCCRC-2.4.1.2-cbSegment":            {"chunks[0].chunkData[0].cbSegment", "chunks[0].chunkData[1].cbSegment"},
		"PCCRC-2.3.1.1-ullOffsetInContent":   {"segments[1].ullOffsetInContent", "segments[2].ullOffsetInContent"},
		"PCCRC-2.3.1.1-cbSegment":            {"segments[0].cbSegment", "segments[1].cbSegment"},
		"PCCRC-2.3-dwReadBytesInLastSegment": {"dwReadBytesInLastSegment"},
		"PCHC-2.2.1.5-BlockSize":             {"SegmentDescriptor[0].BlockSize", "SegmentDescriptor[1].BlockSize"},
	} {
		for _, f := range fields {
			if !places[rule][f] {
				t.Errorf("%s is not broken at %s", rule, f)
			}
		}
	}
}

// Every number of descriptors up to 130 comes, and every truncation of each of
// the first messages, and each with a byte behind it.
func TestSystematicLengths(t *testing.T) {
	requests := sweep(spec.Request)
	counts := make(map[int]bool)
	for b := range requests {
		if len(b) > 16 && b[:4] == "\x00\x02\x00\x03" && (len(b)-16)%59 == 0 {
			counts[(len(b)-16)/59] = true
		}
	}
	for n := 1; n <= 130; n++ {
		if !counts[n] {
			t.Errorf("no batch has %d descriptors", n)
		}
	}
	for _, kind := range kinds {
		all := sweep(kind)
		i := 0
		for m := range generate.Systematic(kind) {
			if i++; len(m.Bytes) > 300 && kind != spec.Discovery || i <= len(generate.Messages(kind)) {
				continue // the simplest are the beginnings of others, or not
			}
			for n := range m.Bytes {
				if !all[string(m.Bytes[:n])] {
					t.Fatalf("kind %d: the first %d bytes of %s do not come", kind, n, text(m))
				}
			}
			if !all[string(m.Bytes)+"\x00"] && !all[string(m.Bytes)+"\x01"] {
				t.Fatalf("kind %d: %s with a byte behind does not come", kind, text(m))
			}
			break
		}
	}
}

// Every value of the bytes comes by which a message is told.
func TestSystematicBytes(t *testing.T) {
	values := make(map[string]map[uint64]bool)
	for _, kind := range kinds {
		for m := range generate.Systematic(kind) {
			r := read(m)
			for _, name := range []string{"MinorVersion", "MajorVersion", "Type", "HashAlgorithm", "ResponseCode", "bMinorVersion", "bHashAlgo", "bChunkType"} {
				for _, v := range r.values(name) {
					if values[name] == nil {
						values[name] = make(map[uint64]bool)
					}
					values[name][v] = true
				}
			}
		}
	}
	if len(values) != 8 {
		t.Errorf("%d fields were seen", len(values))
	}
	for name, seen := range values {
		for v := range uint64(256) {
			if !seen[v] {
				t.Errorf("%s is never %d", name, v)
			}
		}
	}
}

// Counts of which the product with a size wraps come with the elements that the
// wrapped product makes believe.
func TestSystematicWraps(t *testing.T) {
	want := map[string]int{"cBlocks": 0, "cSegments": 0, "dwChunkDataLength": 0}
	counts := map[uint64]bool{1 << 27: true, 1<<26 + 1: true, 1<<28 + 1: true, 0x33333334: true, 1<<32 - 52: true}
	for _, kind := range []spec.Kind{spec.Request, spec.Content} {
		for m := range generate.Systematic(kind) {
			r := read(m)
			for name := range want {
				if len(r.values(name)) > 0 {
					delete(counts, r.values(name)[0])
				}
				if slices.Max(append(r.values(name), 0)) >= 1<<26 {
					want[name]++
				}
			}
		}
	}
	if len(counts) != 0 {
		t.Errorf("no count is any of %v", counts)
	}
	for name, n := range want {
		if n < 20 {
			t.Errorf("%s is huge in %d messages", name, n)
		}
	}
}

// Some messages that no rule is about come too: in the other byte order, twice,
// with elements dropped and exchanged.
func TestSystematicChanges(t *testing.T) {
	all := sweep(spec.Request)
	var three string // descriptors, all different
	for m := range generate.Systematic(spec.Request) {
		if r := read(m); r.is(batch) && len(m.Bytes) == 16+3*59 && distinct(r.nodes("SegmentDescriptor")) {
			three = string(m.Bytes)
			break
		}
	}
	turned := []byte(three)
	for _, at := range [][2]int{{2, 4}, {8, 10}} {
		slices.Reverse(turned[at[0]:at[1]])
	}
	for i := range 3 {
		for _, at := range [][2]int{{0, 4}, {4, 8}, {8, 10}} {
			slices.Reverse(turned[16+59*i+at[0] : 16+59*i+at[1]])
		}
	}
	const at = 16
	one, two, last := three[at:at+59], three[at+59:at+118], three[at+118:]
	for name, b := range map[string]string{
		"in the other byte order":           string(turned),
		"twice":                             three + three,
		"without its second descriptor":     three[:at] + one + last,
		"with its second descriptor twice":  three[:at] + one + two + two + last,
		"with descriptors exchanged":        three[:at] + two + one + last,
		"with a descriptor and half of one": three[:at] + one + two[:30],
	} {
		if !all[b] {
			t.Errorf("a batch %s does not come", name)
		}
	}
}

// Content ranges begin and end everywhere around borders.
func TestSystematicRanges(t *testing.T) {
	for message, kind := range map[string]spec.Kind{info: spec.Request, v1: spec.Content, v2: spec.Content} {
		ranges := make(map[[3]uint64]bool)
		for m := range generate.Systematic(kind) {
			if r := read(m); r.is(message) && len(r.Violations) == 0 {
				ranges[[3]uint64{r.value("dwOffsetInFirstSegment"), r.value("dwReadBytesInLastSegment") + r.value("ullLengthOfRange"), r.value("cbSegment")}] = true
			}
		}
		for _, want := range [][3]uint64{{0, 0, 65536}, {1, 0, 65536}, {0, 65536, 65536}, {65535, 65536, 65536}, {1, 65537, 65537}, {65536, 131072, 131072}} {
			if !ranges[want] && message == info {
				t.Errorf("%s: no range %d", message, want)
			}
		}
		if len(ranges) < 30 {
			t.Errorf("%s: %d ranges", message, len(ranges))
		}
	}
}

// What XML allows comes at its ends and next to them, and so do messages that end within
// something of it.
func TestSystematicXML(t *testing.T) {
	all := sweep(spec.Discovery)
	for _, part := range []string{
		"&#xffff;", "&#65536;", "&#x10ffff;", "&#1114112;", "\u0080<", "\u07FF<", "\u0800<", "\uE000<", "\uFFFD<", "\U00010000<", "\U0010FFFF<", "<\u00D6/>", "<\u00D7/>", "<a\u00B7/>", "<\u00B7/>", "<a\u206F/>", "<\u036F/>",
		"\xBF\x80<", "\xC1\xBF<", "\xE0\x9F\xBF<", "\xED\xA0\x80<", "\xF0\x8F\xBF\xBF<", "\xF4\x90\x80\x80<", "\xF8\x90\x80\x80<", // in UTF-8
		"&apos;", "]]><!-- x -->", "]]>&#", "<?xml version <soap", "<?xml version=<soap", `"xtf-8"`, `"uutf-8"`, `encoding"utf-8"`,
		` xmlns:q='http://schemas.microsoft.com/p2p/2007/09/PeerDistributionDiscovery'>q:PeerDistData`,
	} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(b string) bool { return strings.Contains(b, part) }) {
			t.Errorf("nothing has %q in it", part)
		}
	}
	for _, part := range []string{"&", "&#", "&#6", "&#x", "<!--", "<![CDATA[", "<?x", "<x a =", "\xC3", "\xE2\x82"} {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(all)), func(b string) bool { return strings.HasSuffix(b, part) }) {
			t.Errorf("nothing ends with %q", part)
		}
	}
	// Decoders may know the names of an edition of XML before the fifth.
	for b := range all {
		for _, part := range []string{"<\u0370/>", "<a\u2040/>"} {
			if strings.Contains(b, part) {
				t.Errorf("a message has %s in it", part)
			}
		}
	}
}

// Two violations come in one message, the first in the order of the rules or behind it:
// a wrong value before the end, and values of XML that are wrong or missing.
func TestSystematicTwoFaults(t *testing.T) {
	hashes := 0
	for b := range sweep(spec.Request) {
		if len(b) > 16+27 && len(b) < 16+59 && b[:4] == "\x00\x02\x00\x03" && b[16+8:16+10] == "\x00\x10" && b[16+26] == 0xFF {
			hashes++
		}
	}
	if hashes == 0 {
		t.Error("no batch ends behind a wrong HashAlgorithm")
	}
	orders := make(map[string]bool)
	for m := range generate.Systematic(spec.Discovery) {
		rules := ""
		for _, v := range m.Dissect().Violations {
			if v.Rule == "PCCRD-2.2.3.3-Scopes" || v.Rule == "PCCRD-2.2.3.9-BlockCount" {
				rules += " " + v.Rule[len("PCCRD-2.2.3."):]
				if v.Detail == "missing" {
					rules += " missing"
				}
			}
		}
		orders[rules] = true
	}
	for _, want := range []string{" 3-Scopes 9-BlockCount", " 9-BlockCount 3-Scopes", " 3-Scopes missing 9-BlockCount missing", " 9-BlockCount 3-Scopes missing", " 3-Scopes 9-BlockCount missing"} {
		if !orders[want] {
			t.Errorf("no message violates%s", want)
		}
	}
}
