package oxcfxics_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/oxcfxics"
)

const (
	hierarchy  = "70000102020000000000000000000000"
	contents   = "70000102010000000000000000000000"
	collector  = "7e00010200"
	collector1 = "7e00010201"
	given      = "75000203001740"
	seen       = "75000202019667"
	fai        = "7500020201da67"
	read       = "7500020201d267"
	empty      = "00000000"
	two        = "02000000"
	stream     = "760002020000000102"
	end        = "770002"
	buffer     = "4e00020010"
	transfer   = "82000203"
	release    = "010002"
)

// found checks ROPs, "!" before those that the server refuses, and lists what each
// violates: "2 BeginFirst".
func found(t *testing.T, first bool, rops ...string) (list []string) {
	t.Helper()
	c := oxcfxics.Checker{FirstSync: first}
	for i, digits := range rops {
		value := uint32(oxcfxics.Success)
		if strings.HasPrefix(digits, "!") {
			value = oxcfxics.RpcFormat
		}
		for _, f := range c.ROP(bytesOf(t, strings.TrimPrefix(digits, "!")), value) {
			list = append(list, fmt.Sprint(i, " ", f.Rule.Name(), " ", f.Level))
		}
	}
	for _, f := range c.Finish() {
		list = append(list, fmt.Sprint("end ", f.Rule.Name()))
	}
	return list
}

func TestChecker(t *testing.T) {
	for name, c := range map[string]struct {
		rops []string
		want []string
	}{
		"two contexts":           {[]string{hierarchy, "7e00010300", given + empty, "7500030201966700000000", end, "770003", seen + empty, end, buffer, "4e00030010"}, nil},
		"new context":            {[]string{hierarchy, given + empty, hierarchy, given + empty, end, seen + empty, end, buffer}, nil},
		"refused Begin":          {[]string{hierarchy, "!" + given + empty, given + empty, end, seen + empty, end, buffer}, nil},
		"refused configuration":  {[]string{"!" + hierarchy, given + empty}, []string{"1 ContextHandle MUST"}},
		"released":               {[]string{hierarchy, release, buffer}, nil},
		"released during upload": {[]string{hierarchy, given + empty, release, end}, []string{"2 EndFinishes stated", "3 ContextHandle MUST"}},
		"no context":             {[]string{stream, end, buffer, transfer}, []string{"0 ContextHandle MUST", "1 ContextHandle MUST"}},
		"Continue first":         {[]string{hierarchy, stream}, []string{"1 BeginFirst MUST"}},
		"End first":              {[]string{hierarchy, end}, []string{"1 BeginFirst MUST"}},
		"End twice":              {[]string{hierarchy, given + empty, end, end}, []string{"3 BeginFirst MUST"}},
		"Begin twice":            {[]string{hierarchy, given + empty, seen + empty}, []string{"2 NoOtherUploadOpen MUST", "end EndFinishes"}},
		"same property twice":    {[]string{hierarchy, given + empty, end, "7500020201174000000000", end}, []string{"3 OncePerProperty SHOULD"}},
		"no Continue":            {[]string{hierarchy, given + two, end}, []string{"2 ContinueAfterBegin MUST"}},
		"two bytes":              {[]string{hierarchy, given + two, stream, end}, nil},
		"too many bytes":         {[]string{hierarchy, given + two, stream, stream, stream, end}, []string{"3 SizeMatches stated"}},
		"bytes of nothing":       {[]string{hierarchy, given + empty, stream, end}, []string{"2 SizeMatches stated"}},
		"too few bytes":          {[]string{hierarchy, given + "03000000", stream, end}, []string{"3 SizeMatches stated"}},
		"refused bytes":          {[]string{hierarchy, given + two, "!" + stream, stream, end}, nil},
		"other during upload":    {[]string{hierarchy, given + empty, end, seen + empty, transfer, end}, []string{"4 ContinueOrEnd MUST"}},
		"no state":               {[]string{hierarchy, buffer, buffer}, []string{"1 InitialStateFirst MUST"}},
		"late state":             {[]string{collector, buffer, seen + empty, end}, []string{"2 InitialStateFirst MUST"}},
		"no state of an upload":  {[]string{collector1, buffer}, nil},
		"transfer state":         {[]string{contents, given + empty, end, transfer}, []string{"3 CnsetSeen-ContentsDownload MUST", "3 CnsetSeenFAI-ContentsDownload MUST", "3 CnsetRead-ContentsDownload MUST"}},
		"parts of an upload":     {[]string{collector1, fai + empty, end, buffer}, []string{"3 CnsetSeen-ContentsUpload SHOULD", "3 CnsetRead-ContentsUpload SHOULD"}},
		"not of a hierarchy":     {[]string{collector, fai + empty, end, read + empty, end, seen + empty, end, buffer}, []string{"1 CnsetSeenFAI-HierarchyUpload not applicable", "3 CnsetRead-HierarchyUpload not applicable"}},
		"malformed":              {[]string{hierarchy, "76000200000000", "77"}, []string{"1 EmptyStreamData MUST", "2 RopTruncated MUST"}},
	} {
		if diff := cmp.Diff(c.want, found(t, false, c.rops...)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
	if got := found(t, true, hierarchy, given+two, stream, end, seen+empty, end, buffer); !slices.Equal(got, []string{"1 FirstSyncZeroLength MUST"}) {
		t.Error(got)
	}
}

// What an Upload sends breaks no rule, has the values, and is all that the context
// includes.
func TestUpload(t *testing.T) {
	value, err := oxcfxics.DecodeIDSet(append(make([]byte, 16), bytesOf(t, "0600000000000500")...), oxcfxics.REPLGUID)
	if err != nil {
		t.Fatal(err)
	}
	for kind, open := range map[oxcfxics.Context]string{oxcfxics.HierarchyDownload: hierarchy, oxcfxics.ContentsDownload: contents,
		oxcfxics.HierarchyUpload: collector, oxcfxics.ContentsUpload: collector1} {
		for _, size := range []int{0, 1, 7, 24, 100} {
			for _, first := range []bool{true, false} {
				u := oxcfxics.Upload{Context: kind, LogonID: 3, HandleIndex: 2, MaxStreamData: size}
				if !first {
					u.IdsetGiven, u.CnsetSeen, u.CnsetSeenFAI, u.CnsetRead = value, value, value, value
				}
				var sent []byte
				var names []string
				rops := []string{open}
				for q := range u.Requests() {
					b, err := q.AppendBinary(nil)
					if err != nil {
						t.Fatal(err)
					}
					if size > 0 && len(q.StreamData) > size || q.LogonID != 3 {
						t.Errorf("%x", b)
					}
					sent = append(sent, q.StreamData...)
					if q.StateProperty != 0 {
						names = append(names, q.StateProperty.String())
					}
					rops = append(rops, fmt.Sprintf("%x", b))
				}
				if got := found(t, first, append(rops, buffer)...); got != nil {
					t.Errorf("%s: %q", kind, got)
				}
				if want := bytes.Repeat(value.Bytes(), len(names)); !first && !bytes.Equal(sent, want) || first && len(sent) > 0 {
					t.Errorf("%s: %x", kind, sent)
				}
				want := map[oxcfxics.Context]string{
					oxcfxics.HierarchyDownload: "MetaTagIdsetGiven MetaTagCnsetSeen",
					oxcfxics.ContentsDownload:  "MetaTagIdsetGiven MetaTagCnsetSeen MetaTagCnsetSeenFAI MetaTagCnsetRead",
					oxcfxics.HierarchyUpload:   "MetaTagCnsetSeen",
					oxcfxics.ContentsUpload:    "MetaTagCnsetSeen MetaTagCnsetSeenFAI MetaTagCnsetRead",
				}[kind]
				if got := strings.Join(names, " "); got != want {
					t.Errorf("%s: %s", kind, got)
				}
			}
		}
	}
	// It stops where it is told to.
	u := oxcfxics.Upload{Context: oxcfxics.ContentsDownload, CnsetSeen: value, MaxStreamData: 5}
	for stop := range 14 {
		n := 0
		for range u.Requests() {
			if n++; n > stop {
				break
			}
		}
		if n != stop+1 && n != 13 {
			t.Error(stop, n)
		}
	}
}

// Each statement has an identifier of its own, a section, a level and a check, and
// each rule that Checker reports is a statement.
func TestStatements(t *testing.T) {
	levels := map[oxcfxics.Rule]oxcfxics.Level{}
	fragment := 0
	for _, s := range oxcfxics.Statements() {
		if _, twice := levels[s.ID]; twice || s.Text == "" || !strings.HasPrefix(s.Section, "MS-OXCFXICS ") ||
			!strings.HasPrefix(s.CheckedBy, "Checker") && !strings.HasPrefix(s.CheckedBy, "not checked: ") {
			t.Errorf("%+v", s)
		}
		levels[s.ID] = s.Level
		if s.Section == "MS-OXCFXICS 3.3.4.3.1" {
			fragment++
		}
	}
	if fragment != 29 {
		t.Error(fragment)
	}
	for _, v := range lines[trace](t, "testdata/traces.jsonl") {
		if v.Breaks != nil && levels[v.Breaks.Rule] != v.Breaks.Level {
			t.Errorf("%s: %s is %q", v.ID, v.Breaks.Rule, levels[v.Breaks.Rule])
		}
	}
}
