package matrix

import (
	"regexp"
	"strings"
	"sync"

	"github.com/hostedcache/pchc/spec"
)

// Feature is what an implementation can have and get right: a structure of the wire
// format, or the behaviour of one side.
type Feature struct {
	Document string // "MS-PCHC"
	Name     string // "BATCHED_OFFER_MESSAGE", "hosted cache"
	Section  string // "2.2.1.5"

	sections []string // those of its requirements begin so: "PCHC-2.2.1.5"
}

// Features returns all features, in the order of the columns. Each requirement of
// [spec.Requirements] belongs to one.
func Features() []Feature {
	var all []Feature
	for _, document := range features {
		for _, f := range document.features {
			one := Feature{Document: document.name, Name: f.name}
			for _, section := range strings.Fields(f.sections) {
				one.sections = append(one.sections, strings.TrimPrefix(document.name, "MS-")+"-"+section)
			}
			one.Section, _, _ = strings.Cut(f.sections, " ")
			all = append(all, one)
		}
	}
	return all
}

type named struct{ name, sections string }

var features = []struct {
	name     string
	features []named
}{
	{"MS-PCHC", []named{
		{"MESSAGE_HEADER", "2.2.1.1"},
		{"CONNECTION_INFORMATION", "2.2.1.2"},
		{"INITIAL_OFFER_MESSAGE", "2.2.1.3"},
		{"SEGMENT_INFO_MESSAGE", "2.2.1.4"},
		{"BATCHED_OFFER_MESSAGE", "2.2.1.5"},
		{"RESPONSE_MESSAGE", "2.2.2"},
		{"transport", "2.1 1 6"},
		{"hosted cache", "3.1"},
		{"client", "3.2"},
	}},
	{"MS-PCCRC", []named{
		{"identifiers", "2.2 2.5"},
		{"version 1.0", "2.3"},
		{"version 2.0", "2.4"},
	}},
	{"MS-PCCRR", []named{
		{"transport", "2.1 2.2 3"},
		{"MESSAGE_HEADER", "2.2.3"},
		{"MSG_NEGO_REQ", "2.2.4.1"},
		{"MSG_GETBLKLIST", "2.2.4.2"},
		{"MSG_GETBLKS", "2.2.4.3"},
		{"MSG_GETSEGLIST", "2.2.4.4"},
		{"MSG_NEGO_RESP", "2.2.5.1"},
		{"MSG_BLKLIST", "2.2.5.2"},
		{"MSG_BLK", "2.2.5.3"},
		{"MSG_SEGLIST", "2.2.5.4"},
		{"extensible blob", "2.2.6"},
		{"client", "3.1"},
		{"server", "3.2"},
	}},
	{"MS-PCCRD", []named{
		{"transport", "2.1 7"},
		{"Probe and ProbeMatches", "2.2.1 2.2.2"},
		{"elements", "2.2.3"},
		{"client", "3.1"},
		{"server", "3.2"},
	}},
	{"MS-SMB2", []named{
		{"SRV_READ_HASH_REQUEST", "2.2.31.2"},
		{"SRV_READ_HASH_RESPONSE", "2.2.32.4"},
		{"versions", "3.3.5.15.7"},
	}},
	{"MS-PCCRTP", []named{
		{"headers", "1.7 2.2"},
		{"client", "3.1"},
		{"content server", "3.2"},
	}},
}

// sectionOf matches the id of a requirement or of a field.
var sectionOf = regexp.MustCompile(`^([A-Z0-9]+)-([0-9]+(?:\.[0-9]+)*)(?:-|$)`)

// belongs returns the index of the feature with the longest section that the id of a
// requirement or of a field is in, -1 for none.
func belongs(all []Feature, id string) int {
	m := sectionOf.FindStringSubmatch(id)
	if m == nil {
		return -1
	}
	best, longest := -1, 0
	for i := range all {
		for _, s := range all[i].sections {
			document, section, _ := strings.Cut(s, "-")
			if document == m[1] && len(section) > longest && strings.HasPrefix(m[2]+".", section+".") {
				best, longest = i, len(section)
			}
		}
	}
	return best
}

// messageSections returns the section of each message, as the beginning of an id.
var messageSections = sync.OnceValue(func() map[string]string {
	ids := map[string]string{}
	for _, l := range spec.Layouts() {
		if l.Message {
			ids[l.Name] = strings.Replace(strings.TrimPrefix(l.Section, "MS-"), " ", "-", 1)
		}
	}
	delete(ids, "UNKNOWN") // of several structures
	ids["Probe"], ids["ProbeMatches"] = "PCCRD-2.2.1", "PCCRD-2.2.2"
	return ids
})
