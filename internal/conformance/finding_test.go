package conformance

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
)

func TestJSON(t *testing.T) {
	want := []string{
		`{"rule":"CAPTURE_PROBLEM","class":"capture","file":"a b\u0026.pcap","detail":"\"lost\" \u003c\u0026 more"}`,
		`{"rule":"PCHC-2.2.1.2-Port","class":"sender","level":"MUST","section":"MS-PCHC 2.2.1.2","file":"a b\u0026.pcap","frame":7,` +
			`"time":"2026-01-02T03:04:05.000006000Z","src":"[::1]:1","dst":"[::2]:2","stream":0,"field":"ConnectionInformation.Port",` +
			`"offset":8,"detail":"is 0","expected":"Port is not 0."}`,
		`{"rule":"PCHC-2.2.1.4-Interested","class":"behaviour","level":"MUST","section":"MS-PCHC 2.2.1.4","file":"a b\u0026.pcap","frame":9,` +
			`"stream":3,"detail":"comes uninvited","expected":"It does not.","derived":true}`,
		`{"rule":"PCHC-2.2.1.1-Truncated","class":"format","level":"SHOULD","section":"MS-PCHC 2.2.1.1","file":"a b\u0026.pcap","frame":1,` +
			`"stream":1,"field":"MessageHeader","offset":0,"detail":"is cut","expected":"It is whole."}`,
		`{"rule":"CAPTURE_NOTE","class":"note","file":"a b\u0026.pcap","frame":2,"stream":0,"detail":"seen"}`,
	}
	if len(want) != len(found) {
		t.Fatal(len(want), len(found))
	}
	for i := range want {
		got, err := found[i].MarshalJSON()
		if diff := cmp.Diff(want[i], string(got)); diff != "" || err != nil {
			t.Error(err, diff)
		}
	}
}

// TestCount names how many findings of each class there are.
func TestCount(t *testing.T) {
	n := Count{}
	for i, want := range []string{
		"1 capture problem",
		"1 sender violation, 1 capture problem",
		"1 sender violation, 1 behaviour violation, 1 capture problem",
		"1 format violation, 1 sender violation, 1 behaviour violation, 1 capture problem",
		"1 format violation, 1 sender violation, 1 behaviour violation, 1 capture problem",
	} {
		n.Add(&found[i])
		if got := n.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	n.Add(&found[0])
	n.Add(&found[2])
	if got, want := n.String(), "1 format violation, 1 sender violation, 2 behaviour violations, 2 capture problems"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	n = Count{}
	n.Add(&found[4])
	if got := n.String(); got != "no violations" {
		t.Errorf("%q of a note", got)
	}
}

// TestCatalogue: why captures do not show some requirements, and that the others are
// as package spec has them.
func TestCatalogue(t *testing.T) {
	all := Catalogue()
	for i, r := range spec.Requirements() {
		got, want := all[i], r
		switch {
		case slices.Contains(observed, r.ID):
			elsewhere := r.CheckedBy == spec.ReferenceClient || r.CheckedBy == spec.ReferenceServer || r.CheckedBy == spec.NotObservable
			if !elsewhere || got.CheckedBy != spec.Conversation || got.Unobservable != "" {
				t.Errorf("%s is checked by %s", r.ID, got.CheckedBy)
			}
			continue
		case r.CheckedBy == spec.HashBytes:
			want.Unobservable = "SMB is not read"
		case r.ID == "PCCRC-2.4-bMajorVersion":
			want.Unobservable = "Content Information of another version is read as version 1.0"
		case r.ID == "PCCRD-2.2.1-Envelope", r.ID == "PCCRD-2.2.3.1-Types":
			want.Unobservable = "what violates it is a message of another protocol that uses WS-Discovery"
		case r.CheckedBy == spec.ReferenceClient:
			want.Unobservable = "a capture does not show it, a comparison with the reference client does"
		case r.CheckedBy == spec.ReferenceServer:
			want.Unobservable = "a capture does not show it, a comparison with the reference server does"
		}
		if want.Unobservable != r.Unobservable {
			want.CheckedBy = spec.NotObservable
		}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}
