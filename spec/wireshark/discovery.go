package wireshark

import (
	"strings"

	"github.com/hostedcache/pchc/spec"
)

// discovery writes the elements of MS-PCCRD, by the element around each and its name.
func (g *generator) discovery() {
	fields := make(map[string]bool) // that have been written, in several elements perhaps
	g.line("local discovery_items, discovery = {}, {}")
	for _, e := range spec.DiscoveryElements() {
		if e.Prefix == "PeerDist" {
			g.namespace = e.Namespace
		}
		name := DiscoveryAbbreviation(&e)
		if e.Form != spec.Structure && !fields[name] {
			fields[name] = true
			g.line("discovery_items[%s] = ProtoField.string(%s, %s, base.ASCII, %s)", quote(name), quote(name), quote(e.Name), quote(e.Text))
		}
		g.line("discovery[%s] = {", quote(e.In+"/"+e.Name))
		if e.Form != spec.Structure {
			g.line("  item = discovery_items[%s],", quote(name))
		}
		if e.Form == spec.List {
			g.line("  list = true, segments = %t, bits = %t,", e.Name == "Scopes", e.In == "ProbeMatch")
		}
		if e.Prefix != "" {
			g.line("  namespace = %s, leaf = %t, repeated = %t,", quote(e.Namespace), e.Form != spec.Structure || e.Name == "AppSequence", e.Repeated)
		}
		if e.In == "Body" {
			g.line("  message = true,")
		}
		g.line("}")
	}
	g.line("local discovery_namespace = %s", quote(g.namespace))
}

// DiscoveryAbbreviation returns the name of an element or attribute of MS-PCCRD in
// display filters: "mspccrd.scopes", in a Probe as in a ProbeMatch.
func DiscoveryAbbreviation(e *spec.DiscoveryElement) string {
	return "mspccrd." + strings.ToLower(e.Name)
}
