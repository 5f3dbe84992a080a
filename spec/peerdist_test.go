package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// headerCases are header fields, and what DissectPeerDistRequest, or with
// response DissectPeerDistResponse, says of them.
var headerCases = []struct {
	response bool
	fields   HTTPFields
	want     string
}{
	{false, HTTPFields{}, ""},
	{false, HTTPFields{Coding: "gzip, PeerDist;q=0.5", PeerDist: "version = 1.1,,", PeerDistEx: "MinContentInformation=1.0,MaxContentInformation=2.0"}, "used"},
	{false, HTTPFields{Coding: "peerdist;q=0.0"}, ""},
	{false, HTTPFields{PeerDist: "Version=1.1, MissingDataRequest=true"}, ""},
	{false, HTTPFields{Coding: "peerdist"}, "used PCCRTP-3.1.4-Params X-P2P-PeerDist 0"},
	{false, HTTPFields{Coding: "peerdist", PeerDist: ","}, "used PCCRTP-3.1.4-Params X-P2P-PeerDist.Version 1"},
	{false, HTTPFields{Coding: "peerdist", PeerDist: "Version=1.1"}, "used PCCRTP-3.1.4-Params X-P2P-PeerDistEx 0"},
	{false, HTTPFields{Coding: "peerdist", PeerDist: "Version=1.1", PeerDistEx: "MaxContentInformation=3.0"},
		"used PCCRTP-2.2-MinMax X-P2P-PeerDistEx.MaxContentInformation 0 PCCRTP-3.1.4-Params X-P2P-PeerDistEx.MinContentInformation 25"},
	{false, HTTPFields{Coding: "peerdist", PeerDist: "Version=1.0, MissingDataRequest=TRUE"},
		"used PCCRTP-2.2-Parameters X-P2P-PeerDist.MissingDataRequest 13 PCCRTP-2.2-Missing X-P2P-PeerDist.MissingDataRequest 13"},
	{false, HTTPFields{PeerDist: "a=b, c, Version=1, Version=1.0, ContentLength=5"},
		"PCCRTP-2.2-Parameters X-P2P-PeerDist 0 PCCRTP-2.2-PeerDist X-P2P-PeerDist 5 PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 8 " +
			"PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 19 PCCRTP-2.2-Parameters X-P2P-PeerDist.ContentLength 32"},
	{false, HTTPFields{PeerDistEx: "HashRequest=1"}, "PCCRTP-2.2-PeerDistEx X-P2P-PeerDistEx.HashRequest 0"},
	{true, HTTPFields{Coding: "PEERDIST", PeerDist: "Version=1.0, ContentLength=102400", Validator: true}, "used"},
	{true, HTTPFields{Coding: "gzip, peerdist"}, "PCCRTP-2.2-ContentEncoding Content-Encoding 0"},
	{true, HTTPFields{Coding: "peerdist"}, "used PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist 0 PCCRTP-3.2-Validator ETag 0"},
	{true, HTTPFields{Coding: "peerdist", PeerDist: "Version=1.0", Validator: true}, "used PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist.ContentLength 11"},
	{true, HTTPFields{PeerDistEx: "MakeHashRequest=true"}, ""},
	{true, HTTPFields{PeerDistEx: "HashRequest=true"}, "PCCRTP-2.2-Parameters X-P2P-PeerDistEx.HashRequest 0"},
}

func (p *PeerDist) describe() string {
	var words []string
	if p.Used {
		words = append(words, "used")
	}
	for _, v := range p.Violations {
		words = append(words, fmt.Sprint(v.Rule, " ", v.Field, " ", v.Offset))
	}
	return strings.Join(words, " ")
}

func TestHeaderFields(t *testing.T) {
	for _, c := range headerCases {
		got := DissectPeerDistRequest(c.fields)
		if c.response {
			got = DissectPeerDistResponse(c.fields)
		}
		if got.describe() != c.want {
			t.Errorf("%+v: %s, want %s", c.fields, got.describe(), c.want)
		}
		for _, v := range got.Violations {
			if r, ok := RequirementByID(v.Rule); !ok || v.Class != r.Class || v.Section != r.Section || v.Detail == "" {
				t.Errorf("%+v", v)
			}
		}
	}
	got := DissectPeerDistRequest(HTTPFields{PeerDist: "version = 1.1 ,MissingDataRequest=true"}).Parameters
	if d := cmp.Diff([]HTTPParameter{{"X-P2P-PeerDist", "Version", "1.1"}, {"X-P2P-PeerDist", "MissingDataRequest", "true"}}, got); d != "" {
		t.Error(d)
	}
}

// comparisons are exchanges, with what ComparePeerDist says of them.
var comparisons = []struct {
	request *HTTPFields
	claimed string
	version int
	length  uint64
	want    string
}{
	{nil, "Version=1.1, ContentLength=5", 2, 5, ""},
	{nil, "Version=1.1, ContentLength=5", 2, 6, "PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist.ContentLength 0"},
	{&HTTPFields{PeerDist: "Version=1.1"}, "Version=1.1, ContentLength=5", 1, 5, ""},
	{&HTTPFields{PeerDist: "Version=1.1"}, "Version=1.1", 2, 5, "PCCRTP-3.2.5.1-Range Content Information 0"},
	{&HTTPFields{PeerDist: "Version=1.0", PeerDistEx: "MinContentInformation=1.0, MaxContentInformation=2.0"}, "Version=1.1", 2, 5, "PCCRTP-1.7-Version X-P2P-PeerDist.Version 0"},
	{&HTTPFields{PeerDistEx: "MinContentInformation=2.0, MaxContentInformation=2.0"}, "Version=1.1", 1, 5, "PCCRTP-3.2.5.1-Range Content Information 0"},
	{&HTTPFields{PeerDist: "Version=1.3"}, "Version=1.23", 1, 5, "PCCRTP-1.7-Version X-P2P-PeerDist.Version 0"},
}

func TestCompareExchange(t *testing.T) {
	for _, c := range comparisons {
		var request *PeerDist
		if c.request != nil {
			request = DissectPeerDistRequest(*c.request)
		}
		got := &PeerDist{Violations: ComparePeerDist(request, DissectPeerDistResponse(HTTPFields{PeerDist: c.claimed}), c.version, c.length)}
		if got.describe() != c.want {
			t.Errorf("%+v: %s, want %s", c, got.describe(), c.want)
		}
	}
}

// headerReports returns the rules that the cases have reported.
func headerReports() map[string]bool {
	ids := map[string]bool{}
	for _, c := range headerCases {
		for word := range strings.FieldsSeq(c.want) {
			if strings.HasPrefix(word, "PCCRTP-") {
				ids[word] = true
			}
		}
	}
	for _, c := range comparisons {
		if id, _, ok := strings.Cut(c.want, " "); ok {
			ids[id] = true
		}
	}
	return ids
}
