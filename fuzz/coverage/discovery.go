package coverage

import (
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// textSizes are where classes of the lengths of texts begin.
var textSizes = []int{0, 1, 2, 4, 8, 16, 32, 64, 65, 96, 97, 128, 129, 256, 1024, 8192}

// discovery makes the fields of the messages of MS-PCCRD, which are elements of XML.
func (t *table) discovery() {
	elements := spec.DiscoveryElements()
	section := elements[0].Section
	for _, name := range []string{"Probe", "ProbeMatches", "UNKNOWN"} {
		f := &field{path: name, form: spec.Structure, xml: true}
		if name == "UNKNOWN" {
			f.path += "(" + strings.TrimPrefix(section, "MS-") + ")"
		}
		t.messages[message{name, section}] = f
		f.rest = t.take(f, 1)
		t.elements(f, elements[0].Name, name, elements)
		t.bindRules(f, elements[0].Rules)
		f.violations = t.take(f, len(f.rules)*f.places())
	}
}

// elements makes the fields of f, an element of that name, in a message.
func (t *table) elements(f *field, in, message string, all []spec.DiscoveryElement) {
	for i := range all {
		e := &all[i]
		if e.In != in || in == "Body" && e.Name != message {
			continue
		}
		c := &field{path: f.path + separator(f) + e.Name, name: e.Name, form: e.Form, depth: f.depth, xml: true, sizes: textSizes}
		f.fields = append(f.fields, c)
		t.bindRules(c, e.Rules)
		switch {
		case e.Repeated:
			c.path, c.depth, c.form = c.path+"[]", c.depth+1, spec.List
			c.first = t.take(c, c.classes())
			c.rest = t.take(c, 1)
			t.elements(c, e.Name, message, all)
		case e.Form == spec.Structure:
			c.rest = t.take(c, 1)
			t.elements(c, e.Name, message, all)
		case e.Form == spec.List:
			c.path, c.depth = c.path+"[]", c.depth+1
			c.first = t.take(c, c.classes())
			c.rest = t.take(c, 1)
			c.item = &field{path: c.path, form: spec.Text, sizes: textSizes, xml: true}
			c.item.first = t.take(c.item, c.item.classes())
		default:
			c.size = 4
			c.first = t.take(c, c.classes())
		}
		if e.Form != spec.Structure { // its attributes stand beside it
			t.elements(f, e.Name, message, all)
		}
		c.violations = t.take(c, len(c.rules)*c.places())
	}
}

// bindRules adds the rules of that name, and those of the extensible blob in SegmentAges.
func (t *table) bindRules(f *field, ids []string) {
	for _, id := range ids {
		t.bind(f, "XML", []spec.Constraint{{Rule: id}})
		if strings.HasSuffix(id, "-SegmentAges") {
			for _, r := range spec.Requirements() {
				if strings.HasPrefix(r.ID, "PCCRR-2.2.6") {
					t.bind(f, "XML", []spec.Constraint{{Rule: r.ID}})
				}
			}
		}
	}
}
