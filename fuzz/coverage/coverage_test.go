package coverage

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/spec"
)

func dissections(t testing.TB) map[string]*spec.Dissection {
	t.Helper()
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*spec.Dissection)
	for _, v := range vectors {
		kind, known := spec.ParseKind(string(v.Kind))
		if !known {
			t.Fatalf("%s: unknown kind %s", v.ID, v.Kind)
		}
		all[v.ID] = spec.Dissect(kind, v.Bytes)
		if kind == spec.Response {
			all[v.ID] = spec.DissectResponse(v.Bytes, v.RequestType)
		}
	}
	return all
}

// TestNames: every point has a name of its own, and there are not too many.
func TestNames(t *testing.T) {
	seen := make(map[string]Point)
	for p := range Point(Count()) {
		if other, twice := seen[p.String()]; twice {
			t.Errorf("points %d and %d are both %s", other, p, p)
		}
		seen[p.String()] = p
	}
	if n := Count(); n < 1000 || n > 25000 {
		t.Errorf("%d points", n)
	}
}

// names returns the names of what a message covers.
func names(kind spec.Kind, b []byte) (all []string) {
	var m Map
	m.Add(spec.Dissect(kind, b))
	for p := range m.All() {
		all = append(all, p.String())
	}
	return all
}

func TestAddNames(t *testing.T) {
	descriptor := slices.Concat([]byte{0, 1, 0, 0, 0, 0, 0, 9, 0, 16}, []byte("WinINet"), make([]byte, 9), []byte{1}, bytes.Repeat([]byte{0xFF}, 32))
	batch := slices.Concat([]byte{0, 2, 0, 3, 1, 2, 3, 4, 0, 80, 0, 0, 0, 0, 0, 0}, descriptor, descriptor, descriptor)
	batch[16+59+26] = 2  // HashAlgorithm in between
	batch[16+2*59+8] = 1 // SizeOfContentTag of the last
	const batched = "BATCHED_OFFER_MESSAGE "
	const d = batched + "SegmentDescriptor[]."
	for name, c := range map[string]struct {
		kind spec.Kind
		b    []byte
		want []string
	}{
		"nothing":   {spec.Response, nil, []string{"RESPONSE_MESSAGE TransportHeader.Size violates PCHC-2.2.2.1-Truncated"}},
		"cut short": {spec.Response, []byte{0}, []string{"RESPONSE_MESSAGE TransportHeader.Size is truncated", "RESPONSE_MESSAGE TransportHeader.Size violates PCHC-2.2.2.1-Truncated"}},
		"response":  {spec.Response, []byte{0, 0, 0, 1, 1}, []string{"RESPONSE_MESSAGE TransportHeader.Size is 1", "RESPONSE_MESSAGE ResponseCode is 1"}},
		"little":    {spec.Response, []byte{1, 0, 0, 0, 77}, []string{"RESPONSE_MESSAGE TransportHeader.Size is 16777216", "RESPONSE_MESSAGE TransportHeader.Size violates PCHC-2.2.2.1-Size", "RESPONSE_MESSAGE ResponseCode has 7 bits", "RESPONSE_MESSAGE ResponseCode violates PCHC-2.2.2.2-ResponseCode", "violates PCHC-2.2.2.1-Size, then PCHC-2.2.2.2-ResponseCode"}},
		"unknown hash": {spec.Content, []byte{0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 1, 0, 3, 3}, []string{
			"CONTENT_INFORMATION_V1 Version is 256", "CONTENT_INFORMATION_V1 dwHashAlgo is 1", "CONTENT_INFORMATION_V1 dwHashAlgo violates PCCRC-2.3-dwHashAlgo",
			"CONTENT_INFORMATION_V1 dwOffsetInFirstSegment is 0", "CONTENT_INFORMATION_V1 dwReadBytesInLastSegment is 0",
			"CONTENT_INFORMATION_V1 cSegments is 1", "CONTENT_INFORMATION_V1 segments[] has 1 element", "CONTENT_INFORMATION_V1 segments[].Rest",
			"CONTENT_INFORMATION_V1 segments[].ullOffsetInContent has 60 bits",
			"CONTENT_INFORMATION_V1 segments[].cbSegment has 4 bits", "CONTENT_INFORMATION_V1 segments[].cbBlockSize is 65536"}},
		"batch": {spec.Request, batch, []string{
			batched + "MessageHeader.MinorVersion is 0", batched + "MessageHeader.MajorVersion is 2", batched + "MessageHeader.Type is 3",
			batched + "MessageHeader.Padding has other bytes", batched + "ConnectionInformation.Port has 7 bits", batched + "ConnectionInformation.Padding has zeros",
			batched + "SegmentDescriptor[] has 3 to 7 elements",
			d + "BlockSize is 65536", d + "SegmentSize has 4 bits", d + "SizeOfContentTag is 16", d + "SizeOfContentTag has 9 bits",
			d + "SizeOfContentTag violates PCHC-2.2.1.5-SizeOfContentTag, last",
			d + "ContentTag is truncated", d + "ContentTag has 16 bytes: a known value",
			d + "HashAlgorithm is 1", d + "HashAlgorithm is 2", d + "HashAlgorithm violates PCHC-2.2.1.5-HashAlgorithm, middle",
			d + "SegmentHoHoDk has ones", d + "ContentTag violates PCHC-2.2.1.5-Truncated, last",
			"violates PCHC-2.2.1.5-SizeOfContentTag, then PCHC-2.2.1.5-HashAlgorithm"}},
	} {
		got := names(c.kind, c.b)
		slices.Sort(got)
		slices.Sort(c.want)
		for i, w := range c.want { // whichever of the two comes first
			if w == "violates PCHC-2.2.1.5-SizeOfContentTag, then PCHC-2.2.1.5-HashAlgorithm" {
				c.want[i] = "violates PCHC-2.2.1.5-HashAlgorithm, then PCHC-2.2.1.5-SizeOfContentTag"
			}
		}
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: points wanted (-) and covered (+):\n%s", name, diff)
		}
	}
}

// TestClasses: what falls between the values that are told apart, and a rule that
// is broken twice.
func TestClasses(t *testing.T) {
	offer := slices.Concat([]byte{0, 1, 0, 1}, make([]byte, 12), bytes.Repeat([]byte{7}, 20))
	batch := slices.Concat([]byte{0, 2, 0, 3, 0, 0, 0, 0, 0, 80}, make([]byte, 6))
	for range 33 {
		batch = slices.Concat(batch, make([]byte, 8), []byte{0, 16}, make([]byte, 16), []byte{9}, make([]byte, 32))
	}
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{offer, "INITIAL_OFFER_MESSAGE Hash has 17 to 30 bytes: other bytes"},
		{batch, "BATCHED_OFFER_MESSAGE SegmentDescriptor[] has 32 to 126 elements"},
		{batch, "BATCHED_OFFER_MESSAGE SegmentDescriptor[].HashAlgorithm has 4 bits"},
	} {
		got := names(spec.Request, c.b)
		if !slices.Contains(got, c.want) {
			t.Errorf("not covered: %s\n%q", c.want, got)
		}
		for _, name := range got {
			if strings.Contains(name, ", then PCHC-2.2.1.5-HashAlgorithm") {
				t.Errorf("a pair of one rule: %s", name)
			}
		}
	}
}

// TestPlaces: a violation in a list within a list is told by the place in both.
func TestPlaces(t *testing.T) {
	chunk := slices.Concat([]byte{0, 0, 0, 0, 68 * 3}, make([]byte, 68*3))
	for i := range 3 {
		chunk[5+68*i+3] = 1
	}
	b := slices.Concat([]byte{0, 2, 4}, make([]byte, 28), chunk, chunk)
	b[31+len(chunk)+5+68+3] = 0 // cbSegment of the middle one of the last chunk
	const want = "CONTENT_INFORMATION_V2 chunks[].chunkData[].cbSegment violates PCCRC-2.4.1.2-cbSegment, last, middle"
	if got := names(spec.Content, b); !slices.Contains(got, want) {
		t.Errorf("not covered: %s\n%q", want, got)
	}
	var m Map
	m.Add(spec.Dissect(spec.Content, b))
	var got []string
	for p := range m.All() {
		if rule, field, place, ok := p.Violation(); ok {
			got = append(got, rule+": "+field+": "+place)
		}
	}
	wanted := []string{"PCCRC-2.4.1.2-cbSegment: CONTENT_INFORMATION_V2 chunks[].chunkData[].cbSegment: last, middle"}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("violations wanted (-) and told (+):\n%s", diff)
	}
	if _, _, _, ok := Point(65535).Violation(); ok {
		t.Error("a point that there is not is a violation")
	}
}

// TestEveryViolation: each violation that spec finds in the vectors covers a point.
func TestEveryViolation(t *testing.T) {
	for id, d := range dissections(t) {
		root := theTable().messages[message{d.Message, d.Root.Section}]
		for _, b := range d.Violations {
			f, at := root.find(b.Field, &d.Root)
			if f.rule(theTable(), b.Rule) < 0 || at >= f.places() {
				t.Errorf("%s: %s of %s is no point", id, b.Rule, b.Field)
			}
		}
	}
}

func TestSets(t *testing.T) {
	all := dissections(t)
	var sum, merged Map
	for id, d := range all {
		var one Map
		n := one.Add(d)
		if n == 0 || n != one.Len() || n != len(slices.Collect(one.All())) {
			t.Errorf("%s: %d points are new, there are %d, listed %d", id, n, one.Len(), len(slices.Collect(one.All())))
		}
		before, want := sum.Clone(), 0
		for p := range one.All() {
			if !sum.Has(p) {
				want++
			}
		}
		if got := merged.Merge(&one); got != want {
			t.Errorf("%s: Merge says %d, want %d", id, got, want)
		}
		if got := sum.Add(d); got != want || sum.Len() != before.Len()+want {
			t.Errorf("%s: Add says %d, %d after %d, want %d", id, got, sum.Len(), before.Len(), want)
		}
		if again := sum.Add(d) + merged.Merge(&one); again != 0 {
			t.Errorf("%s: %d more points the second time", id, again)
		}
	}
	if diff := cmp.Diff(slices.Collect(sum.All()), slices.Collect(merged.All())); diff != "" {
		t.Error(diff)
	}
	sum.Clear()
	if n := sum.Len() + len(slices.Collect(sum.All())); n != 0 {
		t.Errorf("%d points after Clear", n)
	}
	if merged.Merge(new(Map)) != 0 || new(Map).Has(0) {
		t.Error("an empty set has points")
	}
}

func TestNoAllocation(t *testing.T) {
	var m Map
	for id, d := range dissections(t) {
		m.Add(d)
		if n := testing.AllocsPerRun(1, func() { m.Add(d) }); n != 0 {
			t.Errorf("%s: %v allocations", id, n)
		}
	}
}

// TestForeign: what package spec did not make covers nothing, and does no harm.
func TestForeign(t *testing.T) {
	var m Map
	for _, d := range []*spec.Dissection{
		{}, {Message: "HELLO"},
		{Message: "RESPONSE_MESSAGE", Violations: []spec.Violation{{Rule: "PCHC-2.2.1.2-Port", Field: "ResponseCode"}, {Rule: "PCHC-2.2.1.2-Port", Field: "a[3].b"}}},
	} {
		if n := m.Add(d); n != 0 {
			t.Errorf("%+v covers %d points", d, n)
		}
	}
	if s := Point(65535).String(); s != "point 65535" {
		t.Error(s)
	}
}

func BenchmarkAdd(b *testing.B) {
	all := dissections(b)
	for _, id := range []string{"response.ok", "batched_offer.one", "batched_offer.128"} {
		b.Run(id, func(b *testing.B) {
			var m Map
			for b.Loop() {
				m.Add(all[id])
			}
		})
	}
}
