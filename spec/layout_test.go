package spec

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// everyRule returns the rules of a layout and of its fields.
func (l *Layout) everyRule() []Constraint {
	rules := slices.Clone(l.Each)
	if l.Truncated.Rule != "" {
		rules = append(rules, l.Truncated)
	}
	for i := range l.Fields {
		if l.Fields[i].Truncated.Rule != "" {
			rules = append(rules, l.Fields[i].Truncated)
		}
		rules = append(rules, l.Fields[i].Constraints...)
		rules = append(rules, l.Fields[i].Comparisons...)
	}
	return rules
}

// truncates reports whether a rule is about bytes that end inside l, without being
// about anything else.
func (l *Layout) truncates(rule string) bool {
	return rule == l.Truncated.Rule || slices.ContainsFunc(l.Fields, func(f LayoutField) bool { return f.Truncated.Rule == rule })
}

// split takes the id of a requirement apart.
func split(id string) (prefix, section, name string) {
	prefix, section, _ = strings.Cut(id, "-")
	section, name, _ = strings.Cut(section, "-")
	return prefix, section, name
}

// What the two programs take for granted of the tables.
func TestTables(t *testing.T) {
	for _, l := range layouts {
		if l.Name == "" || !slices.ContainsFunc([]string{"MS-PCHC 2.", "MS-PCCRC 2.", "MS-SMB2 2.", "MS-PCCRR 2."}, func(s string) bool { return strings.HasPrefix(l.Section, s) }) {
			t.Errorf("layout %q, section %q", l.Name, l.Section)
		}
		names := make(map[string]int)
		for i := range l.Fields {
			f := &l.Fields[i]
			where := l.Name + "." + f.Name
			if _, twice := names[f.Name]; twice || f.Name == "" || f.Name == restName {
				t.Errorf("%s: its name cannot be told", where)
			}
			names[f.Name] = i
			if !strings.HasSuffix(f.Text, ".") {
				t.Errorf("%s: says %q", where, f.Text)
			}
			switch f.Form {
			case Integer:
				if f.Extent.Measure != Exactly || f.Extent.Bytes < 1 || f.Extent.Bytes > 8 {
					t.Errorf("%s: integer of %+v", where, f.Extent)
				}
			case Bytes:
				if f.Extent.Measure == BytesBy {
					if by := names[f.Extent.By]; l.Fields[by].Extent.Bytes > 4 {
						t.Errorf("%s: its size may not fit an int", where)
					}
				}
				if f.Little || f.Extent.Measure == ElementsBy {
					t.Errorf("%s: bytes of %+v", where, f.Extent)
				}
			case Structure:
				if f.Of == nil || f.Extent.Measure != ToEnd && f.Extent.Measure != BytesBy {
					t.Errorf("%s: structure of %+v", where, f.Extent)
				}
			case List:
				w := walk{}
				if f.Extent.Measure == BytesBy && w.itemSize(f) == 0 {
					t.Errorf("%s: its elements have no size of their own", where)
				}
				if (f.Of == nil) == (f.Item.Measure == ToEnd) {
					t.Errorf("%s: elements of %+v", where, f.Item)
				}
			default:
				t.Errorf("%s: form %d", where, f.Form)
			}
			if by := f.Extent.By; by != "" && f.Extent.Measure != HashLength {
				if j, earlier := names[by]; !earlier || l.Fields[j].Form != Integer {
					t.Errorf("%s: its extent is told by %s", where, by)
				}
			}
			if (f.Extent.Measure == ToEnd && f.Form != Structure && f.length == nil || f.Optional && f.present == nil) && i != len(l.Fields)-1 {
				t.Errorf("%s: would take what the fields after it need", where)
			}
			if f.Filler && (f.Form != Bytes && f.Form != Integer || f.Extent.Measure != Exactly && f.Extent.Measure != PaddingBy) {
				t.Errorf("%s: padding of %+v", where, f.Extent)
			}
			for _, s := range f.Symbols {
				if s.Text == "" {
					t.Errorf("%s: %d has no name", where, s.Value)
				}
			}
		}
		for _, r := range l.everyRule() {
			if in := r.In + r.NotIn; in != "" && !slices.ContainsFunc(messages, func(m *Layout) bool { return m.Name == in }) {
				t.Errorf("%s: binds in %s", r.Rule, in)
			}
			if _, known := RequirementByID(r.Rule); !known || r.Check == 0 && !l.truncates(r.Rule) || r.Check != 0 && r.Rule == l.Truncated.Rule {
				t.Errorf("%s: check %d", r.Rule, r.Check)
			}
			if r.When != "" && r.Check != 0 && l.field(r.When) == nil {
				t.Errorf("%s: depends on %s", r.Rule, r.When)
			}
		}
		for _, f := range l.Fields {
			for i, c := range append(slices.Clone(f.Constraints), f.Comparisons...) {
				if late := i >= len(f.Constraints); (c.Check == Agreement) != late || (c.compare != nil) != late {
					t.Errorf("%s: check %d among the comparisons: %t", c.Rule, c.Check, late)
				}
			}
		}
	}
	unmarked := 0
	for i, m := range messages {
		if !m.Message || i > 0 && messages[i-1].Kind != m.Kind && messages[i-1].Mark != "" {
			t.Errorf("%s may be nothing", messages[i-1].Name)
		}
		if m.Mark == "" {
			unmarked++
		}
	}
	if unmarked != 9 || messages[len(messages)-1].Mark != "" {
		t.Errorf("%d messages without a mark, want one of each kind, and two forms of hash responses", unmarked)
	}
	for _, tag := range contentTags {
		if len(tag.Tag) != 16 {
			t.Errorf("content tag %s has %d bytes", tag.Text, len(tag.Tag))
		}
	}
}

// The size of a list's elements is told only where they are all alike.
func TestItemSize(t *testing.T) {
	v1 := Dissect(ContentV1, v1of(1))
	unknown := Dissect(ContentV1, with(v1of(1), 2, 0))
	cases := []struct {
		list string
		in   *Layout
		root *Node
		want uint64
	}{
		{"segments", &contentV1, &v1.Root, 80},
		{"segments", &contentV1, &unknown.Root, 0},
		{"blocks", &contentV1, &v1.Root, 0},
		{"BlockHashes", &segmentBlocks, &v1.Root, 32},
		{"chunkData", &chunk, &Node{}, 68},
		{"SegmentDescriptor", &batchedOffer, &Node{}, 0},
	}
	for _, c := range cases {
		w := walk{stack: []frame{{c.in, c.root}}}
		i := slices.IndexFunc(c.in.Fields, func(f LayoutField) bool { return f.Name == c.list })
		if got := w.itemSize(&c.in.Fields[i]); got != c.want {
			t.Errorf("%s in %s: %d, want %d", c.list, c.root.Name, got, c.want)
		}
	}
}

// Every structure is there once, with its kind.
func TestLayouts(t *testing.T) {
	all := Layouts()
	kinds := make(map[string]Kind)
	for _, l := range all {
		kinds[l.Name+" "+l.Section] = l.Kind
		for i := range l.Fields {
			f := &l.Fields[i]
			if (f.Form == Structure) != (f.Of != nil) && f.Form != List || f.Of != nil && !slices.Contains(all, f.Of) {
				t.Errorf("%s.%s is of %v", l.Name, f.Name, f.Of)
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
		"SegmentDescription MS-PCCRC 2.4.1.2":    ContentV2,
		"SRV_READ_HASH_REQUEST MS-SMB2 2.2.31.2": HashRequest, "SRV_READ_HASH_RESPONSE MS-SMB2 2.2.32.4.2": HashResponse,
		"SRV_READ_HASH_RESPONSE MS-SMB2 2.2.32.4.3": HashResponse, "Buffer MS-SMB2 2.2.32.4": HashResponse,
		"HASH_HEADER MS-SMB2 2.2.32.4.1": HashResponse,
	}
	for _, s := range retrievalTypes {
		section := map[uint64]string{0: "4.1", 1: "5.1", 2: "4.2", 3: "4.3", 4: "5.2", 5: "5.3", 6: "4.4", 7: "5.4"}[s.Value]
		kind := map[byte]Kind{'4': RetrievalRequest, '5': RetrievalResponse}[section[0]]
		want[s.Text+" MS-PCCRR 2.2."+section], want["MESSAGE_BODY MS-PCCRR 2.2."+section] = kind, kind
	}
	for name, kind := range map[string]Kind{
		"BLOCK_RANGE MS-PCCRR 2.2.1.1": RetrievalRequest, "SEGMENT_RANGE MS-PCCRR 2.2.1.2": RetrievalResponse, "SegmentID MS-PCCRR 2.2.4.4": RetrievalRequest,
		"ProtVer MS-PCCRR 2.2.3": RetrievalRequest, "SupportedProtocolVersion MS-PCCRR 2.2.4.1": RetrievalRequest, "MESSAGE_HEADER MS-PCCRR 2.2.3": RetrievalRequest,
		"TRANSPORT_RESPONSE_HEADER MS-PCCRR 2.2.2": RetrievalResponse, "UNKNOWN MS-PCCRR 2.2.1": RetrievalRequest, "UNKNOWN MS-PCCRR 2.2.2": RetrievalResponse,
	} {
		want[name] = kind
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
			Notation: Octets, Comparisons: []Constraint{{Rule: "PCCRC-2.4-dwOffsetInFirstSegment", Check: Agreement}}}},
		{layoutNamed(t, "SegmentDescriptor"), LayoutField{Name: "ContentTag", Form: Bytes,
			Extent: Extent{Measure: BytesBy, By: "SizeOfContentTag"}, Notation: Tag}},
		{layoutNamed(t, "CONNECTION_INFORMATION"), LayoutField{Name: "Port", Form: Integer,
			Extent:      Extent{Measure: Exactly, Bytes: 2},
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.2-Port", Check: Between, Values: []uint64{1, 65535}}}}},
		{layoutNamed(t, "CONNECTION_INFORMATION"), LayoutField{Name: "Padding", Form: Bytes,
			Extent: Extent{Measure: Exactly, Bytes: 6}, Filler: true}},
		{layoutNamed(t, "INITIAL_OFFER_MESSAGE"), LayoutField{Name: "Hash", Form: Bytes,
			Constraints: []Constraint{{Rule: "PCHC-2.2.1.3-Hash", Check: LengthIn, Values: []uint64{32, 48, 64}}}}},
	}
	for _, c := range cases {
		for _, got := range c.in.Fields {
			if got.Name != c.want.Name {
				continue
			}
			c.want.Text = got.Text
			if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(Constraint{}, LayoutField{})); diff != "" {
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
