package message

import (
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// TestRequirement writes an entry of the catalogue for each way to check it.
func TestRequirement(t *testing.T) {
	r := spec.Requirement{ID: "R", Section: "MS-PCHC 2.1", Level: spec.Must, Class: spec.Behaviour, Text: "It \"MUST\"."}
	for _, test := range []struct {
		change     func(r *spec.Requirement)
		text, json string
	}{
		{func(r *spec.Requirement) { r.CheckedBy = spec.MessageBytes },
			"R  MS-PCHC 2.1, MUST, behaviour\n  It \"MUST\".\n  checked by: " + spec.MessageBytes.String() + "\n",
			`,"checkedBy":"` + spec.MessageBytes.String() + `"}`},
		{func(r *spec.Requirement) { r.CheckedBy, r.Other, r.Derived = spec.OtherRequirement, "PCHC-X", true },
			"R  MS-PCHC 2.1 (derived), MUST, behaviour\n  It \"MUST\".\n  checked by: PCHC-X\n",
			`,"checkedBy":"PCHC-X","derived":true}`},
		{func(r *spec.Requirement) { r.CheckedBy, r.Unobservable = spec.NotObservable, "nobody sees it" },
			"R  MS-PCHC 2.1, MUST, behaviour\n  It \"MUST\".\n  not observable: nobody sees it\n",
			`,"notObservable":"nobody sees it"}`},
	} {
		entry := r
		test.change(&entry)
		if got := string((&Printer{}).Requirement(nil, &entry)); got != test.text {
			t.Errorf("%q, want %q", got, test.text)
		}
		const begin = `{"id":"R","section":"MS-PCHC 2.1","level":"MUST","class":"behaviour","text":"It \"MUST\"."`
		if got := string((&Printer{Form: FormJSON}).Requirement(nil, &entry)); got != begin+test.json+"\n" {
			t.Errorf("%s, want %s", got, begin+test.json)
		}
	}
}
