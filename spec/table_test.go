package spec

import (
	"slices"
	"strings"
	"testing"
)

// layouts returns every layout that a message is made of, once.
func layouts() (all []*layout) {
	var collect func(l *layout)
	collect = func(l *layout) {
		if l == nil || slices.Contains(all, l) {
			return
		}
		all = append(all, l)
		for i := range l.fields {
			collect(l.fields[i].of)
		}
	}
	for _, m := range messages {
		collect(m.layout)
	}
	return all
}

// everyRule returns the rules of a layout and of its fields.
func (l *layout) everyRule() []rule {
	rules := slices.Clone(l.rules)
	if l.cut.id != "" {
		rules = append(rules, l.cut)
	}
	for i := range l.fields {
		rules = append(rules, l.fields[i].rules...)
		rules = append(rules, l.fields[i].late...)
	}
	return rules
}

// split takes the id of a requirement apart.
func split(id string) (prefix, section, name string) {
	prefix, section, _ = strings.Cut(id, "-")
	section, name, _ = strings.Cut(section, "-")
	return prefix, section, name
}

// What the two programs take for granted of the tables.
func TestTables(t *testing.T) {
	for _, l := range layouts() {
		if l.name == "" || !strings.HasPrefix(l.section, "MS-PCHC 2.") && !strings.HasPrefix(l.section, "MS-PCCRC 2.") {
			t.Errorf("layout %q, section %q", l.name, l.section)
		}
		names := make(map[string]int)
		for i := range l.fields {
			f := &l.fields[i]
			where := l.name + "." + f.name
			if _, twice := names[f.name]; twice || f.name == "" || f.name == restName {
				t.Errorf("%s: its name cannot be told", where)
			}
			names[f.name] = i
			if !strings.HasSuffix(f.text, ".") {
				t.Errorf("%s: says %q", where, f.text)
			}
			switch f.form {
			case Integer:
				if f.extent.kind != exact || f.extent.n < 1 || f.extent.n > 8 || f.order == 0 {
					t.Errorf("%s: integer of %+v", where, f.extent)
				}
			case Bytes:
				if f.extent.kind == counted {
					if by := names[f.extent.by]; l.fields[by].extent.n > 2 {
						t.Errorf("%s: its size may not fit an int", where)
					}
				}
				if f.order != 0 || f.extent.kind == times {
					t.Errorf("%s: bytes of %+v", where, f.extent)
				}
			case Structure:
				if f.of == nil || f.extent.kind != toEnd {
					t.Errorf("%s: structure of %+v", where, f.extent)
				}
			case List:
				w := walk{}
				if f.extent.kind == counted && w.itemSize(f) == 0 {
					t.Errorf("%s: its elements have no size of their own", where)
				}
				if (f.of == nil) == (f.item.kind == toEnd) {
					t.Errorf("%s: elements of %+v", where, f.item)
				}
			default:
				t.Errorf("%s: form %d", where, f.form)
			}
			if by := f.extent.by; by != "" && f.extent.kind != hashed {
				if j, earlier := names[by]; !earlier || l.fields[j].form != Integer {
					t.Errorf("%s: its extent is told by %s", where, by)
				}
			}
			if (f.extent.kind == toEnd && f.form != Structure || f.optional) && i != len(l.fields)-1 {
				t.Errorf("%s: would take what the fields after it need", where)
			}
			if f.filler && (f.form != Bytes || f.extent.kind != exact) {
				t.Errorf("%s: padding of %+v", where, f.extent)
			}
			for _, s := range f.names {
				if s.text == "" {
					t.Errorf("%s: %d has no name", where, s.value)
				}
			}
		}
		for _, r := range l.everyRule() {
			if r.in != "" && !slices.ContainsFunc(messages, func(m message) bool { return m.layout.name == r.in }) {
				t.Errorf("%s: binds in %s", r.id, r.in)
			}
			if (r.must == nil) != (r.id == l.cut.id) {
				t.Errorf("%s: test %v", r.id, r.must)
			}
		}
	}
	unmarked := 0
	for i, m := range messages {
		if i > 0 && messages[i-1].kind != m.kind && messages[i-1].mark != "" {
			t.Errorf("%s may be nothing", messages[i-1].layout.name)
		}
		if m.mark == "" {
			unmarked++
		}
	}
	if unmarked != 5 || messages[len(messages)-1].mark != "" {
		t.Errorf("%d messages without a mark, want one of each kind", unmarked)
	}
	for _, tag := range contentTags {
		if len(tag.tag) != 16 {
			t.Errorf("content tag %s has %d bytes", tag.text, len(tag.tag))
		}
	}
}

// The size of a list's elements is told only where they are all alike.
func TestItemSize(t *testing.T) {
	v1 := Dissect(ContentV1, v1of(1))
	unknown := Dissect(ContentV1, with(v1of(1), 2, 0))
	cases := []struct {
		list string
		in   *layout
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
		i := slices.IndexFunc(c.in.fields, func(f field) bool { return f.name == c.list })
		if got := w.itemSize(&c.in.fields[i]); got != c.want {
			t.Errorf("%s in %s: %d, want %d", c.list, c.root.Name, got, c.want)
		}
	}
}
