package reference

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// discovery returns the section about the elements of MS-PCCRD.
func discovery() string {
	var b strings.Builder
	b.WriteString("## Elements\n\nXML with the customary prefixes of these namespaces:\n\n| prefix | namespace |\n|---|---|\n")
	all := spec.DiscoveryElements()
	var shown []string
	for _, e := range all {
		if e.Prefix != "" && !slices.Contains(shown, e.Prefix) {
			shown = append(shown, e.Prefix)
			fmt.Fprintf(&b, "| %s | `%s` |\n", e.Prefix, e.Namespace)
		}
	}
	b.WriteString("\n| element | in | section | meaning |\n|---|---|---|---|\n")
	var ids []string
	for _, e := range all {
		name := e.Prefix + ":" + e.Name
		switch {
		case e.Prefix == "":
			name = "attribute " + e.Name
		case e.Repeated:
			name += ", one or more"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", name, e.In, strings.TrimPrefix(e.Section, "MS-PCCRD "), e.Text)
		for _, id := range e.Rules {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	b.WriteString("\n")
	for _, id := range ids {
		r, _ := spec.RequirementByID(id)
		b.WriteString(item(&r))
	}
	return b.String()
}
