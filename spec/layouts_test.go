package spec

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The copies say what the tables say.
func TestLayouts(t *testing.T) {
	all := Layouts()
	if want := layouts(); len(all) != len(want) {
		t.Fatalf("%d layouts, want %d", len(all), len(want))
	}
	made := make(map[*Layout]bool)
	for _, l := range all {
		made[l] = true
	}
	kinds := make(map[string]Kind)
	for _, l := range all {
		kinds[l.Name+" "+l.Section] = l.Kind
		for i := range l.Fields {
			f := &l.Fields[i]
			if (f.Form == Structure) != (f.Of != nil) && f.Form != List || f.Of != nil && !made[f.Of] {
				t.Errorf("%s.%s is of %v", l.Name, f.Name, f.Of)
			}
			for _, c := range f.Constraints {
				if _, known := RequirementByID(c.Rule); !known || c.Check == 0 {
					t.Errorf("%s.%s: %+v", l.Name, f.Name, c)
				}
			}
		}
	}
	want := map[string]Kind{
		"INITIAL_OFFER_MESSAGE MS-PCHC 2.2.1.3": Request, "SEGMENT_INFO_MESSAGE MS-PCHC 2.2.1.4": Request,
		"BATCHED_OFFER_MESSAGE MS-PCHC 2.2.1.5": Request, "SegmentDescriptor MS-PCHC 2.2.1.5": Request,
		"UNKNOWN MS-PCHC 2.2.1": Request, "MESSAGE_HEADER MS-PCHC 2.2.1.1": Request,
		"CONNECTION_INFORMATION MS-PCHC 2.2.1.2": Request,
		"RESPONSE_MESSAGE MS-PCHC 2.2.2.2":       Response, "TRANSPORT_HEADER MS-PCHC 2.2.2.1": Response,
		"CONTENT_INFORMATION_V1 MS-PCCRC 2.3": ContentV1, "SegmentDescription MS-PCCRC 2.3.1.1": ContentV1,
		"SegmentContentBlocks MS-PCCRC 2.3.1.2": ContentV1,
		"CONTENT_INFORMATION_V2 MS-PCCRC 2.4":   ContentV2, "ChunkDescription MS-PCCRC 2.4.1.1": ContentV2,
		"SegmentDescription MS-PCCRC 2.4.1.2": ContentV2,
	}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
	if first := all[0]; !first.Message || first.At != 2 || first.Mark != "\x00\x01" {
		t.Errorf("first %s, mark %q at %d", first.Name, first.Mark, first.At)
	}
}

// One field of every sort, in full.
func TestLayoutFields(t *testing.T) {
	v1, v2 := layoutNamed(t, "CONTENT_INFORMATION_V1"), layoutNamed(t, "CONTENT_INFORMATION_V2")
	hashes := []Symbol{{0x800C, "SHA-256", 32}, {0x800D, "SHA-384", 48}, {0x800E, "SHA-512", 64}}
	cases := []struct {
		in   *Layout
		want LayoutField
	}{
		{v1, LayoutField{Name: "dwHashAlgo", Form: Integer, Extent: Extent{Measure: Exactly, Bytes: 4}, Little: true,
			Symbols: hashes, Notation: Hexadecimal, Constraints: []Constraint{
				{Rule: "PCCRC-2.3-dwHashAlgo", Check: OneOf, Values: []uint64{0x800C, 0x800D, 0x800E}}}}},
		{v1, LayoutField{Name: "cSegments", Form: Integer, Extent: Extent{Measure: Exactly, Bytes: 4}, Little: true,
			Constraints: []Constraint{
				{Rule: "PCHC-2.2.1.4-cSegments", In: "SEGMENT_INFO_MESSAGE", Check: OneOf, Values: []uint64{1}},
				{Rule: "PCCRC-2.3-cSegments", Check: Backed}}}},
		{v1, LayoutField{Name: "Padding", Form: Bytes, Optional: true,
			Constraints: []Constraint{{Rule: "PCCRC-2.3-Padding", Check: Absent}}}},
		{layoutNamed(t, "SegmentContentBlocks"), LayoutField{Name: "BlockHashes", Form: List,
			Extent: Extent{Measure: ElementsBy, By: "cBlocks"},
			Item:   Extent{Measure: HashLength, By: "dwHashAlgo", Functions: hashes}}},
		{v2, LayoutField{Name: "dwOffsetInFirstSegment", Form: Integer, Extent: Extent{Measure: Exactly, Bytes: 4},
			Notation: Octets, Constraints: []Constraint{{Rule: "PCCRC-2.4-dwOffsetInFirstSegment", Check: Agreement}}}},
		{layoutNamed(t, "SegmentDescriptor"), LayoutField{Name: "ContentTag", Form: Bytes,
			Extent: Extent{Measure: BytesBy, By: "SizeOfContentTag"}, Notation: Tag}},
		{layoutNamed(t, "CONNECTION_INFORMATION"), LayoutField{Name: "Port", Form: Integer,
			Extent:      Extent{Measure: Exactly, Bytes: 2},
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.2-Port", Check: Between, Values: []uint64{1, 65535}}}}},
		{layoutNamed(t, "CONNECTION_INFORMATION"), LayoutField{Name: "Padding", Form: Bytes,
			Extent: Extent{Measure: Exactly, Bytes: 6}}},
		{layoutNamed(t, "INITIAL_OFFER_MESSAGE"), LayoutField{Name: "Hash", Form: Bytes,
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.3-Hash", Check: LengthIn, Values: []uint64{32, 48, 64}}}}},
	}
	for _, c := range cases {
		for _, got := range c.in.Fields {
			if got.Name != c.want.Name {
				continue
			}
			c.want.Text = got.Text
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s.%s: %s", c.in.Name, got.Name, diff)
			}
		}
	}
	if secret := v1.Counted("cSegments").Of.Fields[4]; !secret.Secret {
		t.Errorf("%s is no secret", secret.Name)
	}
	type size struct {
		bytes, hashes int
		ok            bool
	}
	for list, want := range map[*LayoutField]size{
		v1.Counted("cSegments"):                                   {16, 2, true},
		v2.Fields[7].Of.Counted("dwChunkDataLength"):              {68, 0, true},
		layoutNamed(t, "SegmentContentBlocks").Counted("cBlocks"): {0, 1, true},
		&v1.Fields[6]: {},
		&layoutNamed(t, "BATCHED_OFFER_MESSAGE").Fields[2]: {},
	} {
		bytes, hashes, ok := list.ElementSize()
		if got := (size{bytes, hashes, ok}); got != want {
			t.Errorf("%s: %v, want %v", list.Name, got, want)
		}
	}
}

func layoutNamed(t *testing.T, name string) *Layout {
	t.Helper()
	for _, l := range Layouts() {
		if l.Name == name {
			return l
		}
	}
	t.Fatalf("no layout %s", name)
	return nil
}
