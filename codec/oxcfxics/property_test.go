package oxcfxics_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/oxcfxics"
	"github.com/hostedcache/pchc/internal/testutil"
)

// rangesGen draws a set as Normalize leaves it: values far apart and close together.
func rangesGen() *rapid.Generator[[]oxcfxics.Range] {
	counter := rapid.OneOf(rapid.Uint64Range(0, 600), rapid.Uint64Range(0, 70000), rapid.Uint64Range(oxcfxics.MaxCounter-600, oxcfxics.MaxCounter), rapid.Uint64Range(0, oxcfxics.MaxCounter))
	return rapid.Custom(func(r *rapid.T) []oxcfxics.Range {
		list := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) oxcfxics.Range {
			low := counter.Draw(r, "low")
			return oxcfxics.Range{Low: low, High: min(low+rapid.Uint64Range(0, 1000).Draw(r, "size"), oxcfxics.MaxCounter)}
		}), 1, 20).Draw(r, "ranges")
		return oxcfxics.Normalize(list)
	})
}

// The canonical form has the same values, is arranged as it must be, and is the same
// whoever makes it.
func TestGlobsetProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		want := rangesGen().Draw(r, "set")
		b, err := oxcfxics.AppendGlobset(nil, want)
		if err != nil {
			r.Fatal(err)
		}
		g, err := oxcfxics.DecodeGlobset(b)
		if err != nil {
			r.Fatal(err)
		}
		got := g.AppendRanges(nil)
		if diff := cmp.Diff(want, got); diff != "" || len(g.Arrangement()) > 0 {
			r.Fatalf("%x: %s %v", b, diff, g.Arrangement())
		}
		if err := agree(b); err != nil {
			r.Fatal(err)
		}
		again, err := oxcfxics.AppendGlobset(nil, got)
		if err != nil || !bytes.Equal(again, b) {
			r.Fatalf("%x, then %x: %v", b, again, err)
		}
		for n := range b {
			if _, err := oxcfxics.DecodeGlobset(b[:n]); err == nil {
				r.Fatalf("%x is accepted", b[:n])
			}
		}
		testutil.Append(t, b, func(dst []byte) ([]byte, error) { return oxcfxics.AppendGlobset(dst, want) })
	})
}

// However a set is encoded, Normalize gives its values, each once.
func TestNormalize(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) oxcfxics.Range {
			low := rapid.Uint64Range(0, 40).Draw(r, "low")
			return oxcfxics.Range{Low: low, High: low + rapid.Uint64Range(0, 6).Draw(r, "size")}
		}), 0, 12).Draw(r, "ranges")
		has := func(list []oxcfxics.Range, v uint64) bool {
			return slices.ContainsFunc(list, func(r oxcfxics.Range) bool { return r.Low <= v && v <= r.High })
		}
		want := slices.Clone(list)
		got := oxcfxics.Normalize(list)
		for v := range uint64(50) {
			if has(want, v) != has(got, v) {
				r.Fatalf("%v: %v", want, got)
			}
		}
		for i := range got[min(1, len(got)):] {
			if got[i].High+1 >= got[i+1].Low {
				r.Fatalf("%v: %v", want, got)
			}
		}
	})
}

func TestAppendGlobsetFails(t *testing.T) {
	for _, c := range []struct {
		list []oxcfxics.Range
		rule oxcfxics.Rule
	}{
		{nil, oxcfxics.RuleGlobsetEmpty},
		{[]oxcfxics.Range{{2, 1}}, oxcfxics.RuleRangeLowAboveHigh},
		{[]oxcfxics.Range{{1, oxcfxics.MaxCounter + 1}}, oxcfxics.RuleTruncatedCommand},
		{[]oxcfxics.Range{{1, 2}, {3, 4}}, oxcfxics.RuleAdjacentRangesNotMerged},
		{[]oxcfxics.Range{{1, 2}, {2, 4}}, oxcfxics.RuleDuplicateValues},
		{[]oxcfxics.Range{{5, 6}, {1, 2}}, oxcfxics.RuleRangesNotAscending},
	} {
		err := testutil.AppendFails(t, func(dst []byte) ([]byte, error) { return oxcfxics.AppendGlobset(dst, c.list) })
		if !errors.Is(err, c.rule) {
			t.Errorf("%v: %v", c.list, err)
		}
		err = testutil.AppendFails(t, func(dst []byte) ([]byte, error) {
			return oxcfxics.AppendIDSet(dst, oxcfxics.REPLID, []oxcfxics.Replica{{Ranges: []oxcfxics.Range{{1, 1}}}, {REPLID: 1, Ranges: c.list}})
		})
		if !errors.Is(err, c.rule) {
			t.Errorf("%v: %v", c.list, err)
		}
	}
	one := []oxcfxics.Range{{1, 1}}
	for rule, replicas := range map[oxcfxics.Rule][]oxcfxics.Replica{
		oxcfxics.RuleReplicaDuplicate:     {{REPLID: 7, Ranges: one}, {REPLID: 7, Ranges: one}},
		oxcfxics.RuleReplicasNotAscending: {{REPLID: 0x100, Ranges: one}, {REPLID: 0xFF, Ranges: one}},
	} {
		err := testutil.AppendFails(t, func(dst []byte) ([]byte, error) { return oxcfxics.AppendIDSet(dst, oxcfxics.REPLID, replicas) })
		if !errors.Is(err, rule) {
			t.Error(err)
		}
	}
}

// What the arrangement lacks, of GLOBSETs and IDSETs that decode.
func TestArrangement(t *testing.T) {
	for digits, want := range map[string][]string{
		"00":                                  {"GlobsetEmpty"},
		"06000000000005060000000000" + "0100": {"RangesNotAscending"},
		"0600000000000506000000000005" + "00": {"DuplicateValues"},
		"0600000000000506000000000006" + "00": {"AdjacentRangesNotMerged"},
		"5200000000000100000000000506000000000009060000000000" + "0300": {"DuplicateValues", "RangesNotAscending"},
		"0600000000000506000000000007" + "00":                           {},
	} {
		g, err := oxcfxics.DecodeGlobset(bytesOf(t, digits))
		if diff := cmp.Diff(want, names(g.Arrangement())); err != nil || diff != "" {
			t.Error(digits, err, diff)
		}
	}
	one := "06000000000001" + "00"
	for digits, want := range map[string][]string{
		"0100" + one + "0200" + one + "0001" + one: {},
		"0200" + one + "0100" + one:                {"ReplicasNotAscending"},
		"0100" + one + "0100" + one:                {"ReplicaDuplicate"},
		"0200" + one + "0100" + one + "0200" + one: {"ReplicaDuplicate", "ReplicasNotAscending"},
		"0200" + "00" + "0100" + one:               {"GlobsetEmpty", "ReplicasNotAscending"},
	} {
		s, err := oxcfxics.DecodeIDSet(bytesOf(t, digits), oxcfxics.REPLID)
		if diff := cmp.Diff(want, names(s.Arrangement())); err != nil || diff != "" {
			t.Error(digits, err, diff)
		}
	}
	s, _ := oxcfxics.DecodeIDSet(bytesOf(t, "0100"+"05000000000052010452050850"+"00"), oxcfxics.REPLID)
	if got := s.Arrangement(); len(got) != 1 || got[0].Offset != 11 {
		t.Error(got)
	}
}

// An IDSET and a state block are what was put in, whatever the form, and nothing of
// them when they are cut.
func TestIDSetProperty(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		form := rapid.SampledFrom([]oxcfxics.Form{oxcfxics.REPLID, oxcfxics.REPLGUID}).Draw(r, "form")
		replicas := rapid.SliceOfNDistinct(rapid.Custom(func(r *rapid.T) oxcfxics.Replica {
			v := oxcfxics.Replica{Ranges: rangesGen().Draw(r, "ranges")}
			if form == oxcfxics.REPLID {
				v.REPLID = rapid.Uint16().Draw(r, "replid")
			} else {
				copy(v.REPLGUID[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "replguid"))
			}
			return v
		}), 0, 4, func(v oxcfxics.Replica) [18]byte {
			return [18]byte(append(v.REPLGUID[:], byte(v.REPLID), byte(v.REPLID>>8)))
		}).Draw(r, "replicas")
		slices.SortFunc(replicas, func(a, b oxcfxics.Replica) int {
			return cmpOr(int(a.REPLID)-int(b.REPLID), bytes.Compare(a.REPLGUID[:], b.REPLGUID[:]))
		})
		b, err := oxcfxics.AppendIDSet(make([]byte, 0, 1), form, replicas)
		if err != nil {
			r.Fatal(err)
		}
		testutil.Append(t, b, func(dst []byte) ([]byte, error) { return oxcfxics.AppendIDSet(dst, form, replicas) })
		s, err := oxcfxics.DecodeIDSet(b, form)
		if err != nil || s.Form() != form || len(s.Arrangement()) > 0 {
			r.Fatal(err, s.Arrangement())
		}
		var got []oxcfxics.Replica
		ends := map[int]bool{0: true}
		at := 0
		for p := range s.All() {
			got = append(got, oxcfxics.Replica{REPLID: p.REPLID, REPLGUID: p.REPLGUID, Ranges: p.Globset.AppendRanges(nil)})
			at += len(p.Globset.Bytes()) + map[oxcfxics.Form]int{oxcfxics.REPLID: 2, oxcfxics.REPLGUID: 16}[form]
			ends[at] = true
		}
		if len(replicas) > 0 {
			if diff := cmp.Diff(replicas, got); diff != "" {
				r.Fatal(diff)
			}
		}
		for n := range b {
			if _, err := oxcfxics.DecodeIDSet(b[:n], form); (err == nil) != ends[n] {
				r.Fatalf("%x: %v", b[:n], err)
			}
		}
		if form == oxcfxics.REPLGUID {
			stateBlock(r, s)
		}
	})
}

func cmpOr(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

func stateBlock(r *rapid.T, s oxcfxics.IDSet) {
	b := oxcfxics.AppendStateValue(nil, oxcfxics.CnsetRead, s)
	first := len(b)
	b = oxcfxics.AppendStateValue(b, oxcfxics.IdsetGiven, oxcfxics.IDSet{})
	block, err := oxcfxics.DecodeStateBlock(b)
	if err != nil {
		r.Fatal(err)
	}
	n := 0
	for v := range block.All() {
		if n == 0 && (v.Property != oxcfxics.CnsetRead || !bytes.Equal(v.IDSet.Bytes(), s.Bytes())) || n == 1 && (v.Property != oxcfxics.IdsetGiven || len(v.IDSet.Bytes()) > 0) {
			r.Fatal(n, v)
		}
		n++
	}
	if n != 2 {
		r.Fatal(n)
	}
	for n := range b {
		if _, err := oxcfxics.DecodeStateBlock(b[:n]); (err == nil) != (n == 0 || n == first) {
			r.Fatalf("%x: %v", b[:n], err)
		}
	}
	b[0]++
	if _, err := oxcfxics.DecodeStateBlock(b); !errors.Is(err, oxcfxics.RuleStateProperty) {
		r.Fatal(err)
	}
}

// A fault in the second property is where it is.
func TestStateBlockOffset(t *testing.T) {
	b := oxcfxics.AppendStateValue(nil, oxcfxics.CnsetSeen, oxcfxics.IDSet{})
	b = append(b, bytesOf(t, "0301da67")...)
	_, err := oxcfxics.DecodeStateBlock(b)
	var e *oxcfxics.Error
	if !errors.As(err, &e) || e.Offset != 8 || e.Rule != oxcfxics.RuleStateProperty {
		t.Error(err)
	}
	b = append(b[:8], bytesOf(t, "0201da6712000000"+"00000000000000000000000000000000"+"5000")...)
	if _, err = oxcfxics.DecodeStateBlock(b); !errors.As(err, &e) || e.Offset != 32 || e.Rule != oxcfxics.RulePopEmptyStack {
		t.Error(err)
	}
}

// Requests and responses that decode encode to the same bytes, and cut or with a byte
// more they do not decode.
func TestRops(t *testing.T) {
	for _, v := range vectors(t) {
		b := bytesOf(t, v.Hex)
		if !v.WellFormed || v.Kind != "rop_request" && v.Kind != "rop_response" {
			continue
		}
		decode := func(b []byte) error { _, err := oxcfxics.DecodeRequest(b); return err }
		encode := func(dst []byte) ([]byte, error) { q, _ := oxcfxics.DecodeRequest(b); return q.AppendBinary(dst) }
		if v.Kind == "rop_response" {
			decode = func(b []byte) error { _, err := oxcfxics.DecodeResponse(b); return err }
			encode = func(dst []byte) ([]byte, error) { r, _ := oxcfxics.DecodeResponse(b); return r.AppendBinary(dst) }
		}
		testutil.Append(t, b, encode)
		for n := range b {
			if err := decode(b[:n:n]); !errors.Is(err, oxcfxics.RuleRopTruncated) {
				t.Errorf("%s: %d bytes: %v", v.ID, n, err)
			}
		}
		if err := decode(append(b, 0)); !errors.Is(err, oxcfxics.RuleRopTrailing) {
			t.Errorf("%s: %v", v.ID, err)
		}
		if q, err := oxcfxics.DecodeRequest(b); err == nil {
			c := q.Clone()
			clear(b)
			if got, _ := c.AppendBinary(nil); !bytes.Equal(got, bytesOf(t, v.Hex)) {
				t.Errorf("%s: the clone aliases the bytes", v.ID)
			}
		}
	}
}

func TestRequestFails(t *testing.T) {
	for rule, digits := range map[oxcfxics.Rule]string{
		oxcfxics.RuleSynchronizationType: "70000102030101000000000000000000",
		oxcfxics.RuleBeginStateProperty:  "7500021740000300000000",
		oxcfxics.RuleEmptyStreamData:     "76000200000000",
		oxcfxics.RuleRopUnknown:          "4e00020010",
		oxcfxics.RuleRopTruncated:        "760002ffffffff00",
	} {
		_, err := oxcfxics.DecodeRequest(bytesOf(t, digits))
		if !errors.Is(err, rule) {
			t.Errorf("%s: %v, want %s", digits, err, rule)
		}
		n := 0
		for _, err := range oxcfxics.Requests(bytesOf(t, "770002"+digits+"770002")) {
			if n++; n == 2 && rule != oxcfxics.RuleRopTruncated {
				if e := (*oxcfxics.Error)(nil); !errors.As(err, &e) || e.Rule != rule || e.Offset < 3 {
					t.Errorf("%s: %v, want %s", digits, err, rule)
				}
			}
		}
		if n != 2 {
			t.Errorf("%s: %d", digits, n)
		}
	}
	for rule, q := range map[oxcfxics.Rule]oxcfxics.Request{
		oxcfxics.RuleRopUnknown:          {RopID: 1},
		oxcfxics.RuleEmptyStreamData:     {RopID: oxcfxics.RopSynchronizationUploadStateStreamContinue},
		oxcfxics.RuleBeginStateProperty:  {RopID: oxcfxics.RopSynchronizationUploadStateStreamBegin},
		oxcfxics.RuleSynchronizationType: {RopID: oxcfxics.RopSynchronizationConfigure},
		oxcfxics.RuleRopTruncated:        {RopID: oxcfxics.RopSynchronizationConfigure, SynchronizationType: 1, RestrictionData: make([]byte, 1<<16)},
	} {
		if err := testutil.AppendFails(t, q.AppendBinary); !errors.Is(err, rule) {
			t.Errorf("%v, want %s", err, rule)
		}
	}
	r := oxcfxics.Response{RopID: 1}
	if err := testutil.AppendFails(t, r.AppendBinary); !errors.Is(err, oxcfxics.RuleRopUnknown) {
		t.Error(err)
	}
}

func TestWarnings(t *testing.T) {
	configure := oxcfxics.Request{RopID: oxcfxics.RopSynchronizationConfigure, SynchronizationType: oxcfxics.SynchronizationHierarchy}
	for _, c := range []struct {
		change func(q *oxcfxics.Request)
		want   []oxcfxics.Rule
	}{
		{func(q *oxcfxics.Request) {}, nil},
		{func(q *oxcfxics.Request) { q.SendOptions = 0x20 }, []oxcfxics.Rule{oxcfxics.RuleReservedSendOption}},
		{func(q *oxcfxics.Request) { q.SendOptions = 0x40 }, []oxcfxics.Rule{oxcfxics.RuleReservedSendOption}},
		{func(q *oxcfxics.Request) { q.SynchronizationFlags = 0x1000 }, []oxcfxics.Rule{oxcfxics.RuleReservedSynchronizationFlag}},
		{func(q *oxcfxics.Request) { q.SendOptions = 1 }, []oxcfxics.Rule{oxcfxics.RuleUnicodeFlagsDiffer}},
		{func(q *oxcfxics.Request) { q.SendOptions, q.SynchronizationFlags = 1, 1 }, nil},
		{func(q *oxcfxics.Request) { q.RestrictionData = []byte{1} }, []oxcfxics.Rule{oxcfxics.RuleRestrictionForHierarchy}},
		{func(q *oxcfxics.Request) { q.RestrictionData, q.SynchronizationType = []byte{1}, 1 }, nil},
		{func(q *oxcfxics.Request) {
			*q = oxcfxics.Request{RopID: oxcfxics.RopSynchronizationUploadStateStreamBegin, StateProperty: oxcfxics.IdsetGivenBinary}
		}, []oxcfxics.Rule{oxcfxics.RuleIdsetGivenAsBinary}},
		{func(q *oxcfxics.Request) {
			*q = oxcfxics.Request{RopID: oxcfxics.RopSynchronizationOpenCollector, IsContentsCollector: 2}
		}, []oxcfxics.Rule{oxcfxics.RuleBooleanNotZeroOrOne}},
	} {
		q := configure
		c.change(&q)
		if diff := cmp.Diff(c.want, q.Warnings()); diff != "" {
			t.Errorf("%+v: %s", q, diff)
		}
	}
}

// No bytes make a decoder panic, and errors are about bytes that are there.
func FuzzDecode(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(bytesOf(f, v.Hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		check := func(err error) {
			if e := (*oxcfxics.Error)(nil); err != nil && (!errors.As(err, &e) || e.Offset < 0 || e.Offset > len(b) || e.Error() == "") {
				t.Errorf("%x: %v", b, err)
			}
		}
		for _, form := range []oxcfxics.Form{oxcfxics.REPLID, oxcfxics.REPLGUID} {
			s, err := oxcfxics.DecodeIDSet(b, form)
			check(err)
			n := 0
			for p := range s.All() {
				n += len(p.Globset.Bytes())
			}
			if n > len(b) {
				t.Errorf("%x: %d", b, n)
			}
			s.Arrangement()
		}
		_, err := oxcfxics.DecodeStateBlock(b)
		check(err)
		_, err = oxcfxics.DecodeResponse(b)
		check(err)
		var c oxcfxics.Checker
		c.ROP(b, 0)
		for q, err := range oxcfxics.Requests(b) {
			check(err)
			c.Request(&q, 0)
		}
		c.Finish()
		q, err := oxcfxics.DecodeRequest(b)
		check(err)
		if err == nil {
			if again, err := q.AppendBinary(nil); err != nil || !bytes.Equal(again, b) {
				t.Errorf("%x, again %x: %v", b, again, err)
			}
			q.Warnings()
		}
	})
}
