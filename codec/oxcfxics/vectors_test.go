package oxcfxics_test

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/oxcfxics"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) { testutil.Imports(t) }

type vector struct {
	ID, Kind   string
	Hex        string `json:"bytes_hex"`
	WellFormed bool   `json:"well_formed"`
	Debatable  string
	Expected   struct {
		Error    string
		At       int
		Ranges   [][2]string
		Value    json.RawMessage
		Commands []string
		Pairs    []pair
		Breaks   []string `json:"arrangement_breaks"`
		Rops     []rop
		rop
	}
}

type pair struct {
	REPLID   *uint16
	REPLGUID string
	Ranges   [][2]string
	Commands []string
}

// rop are the fields of a request or a response.
type rop struct {
	Rop           string
	RopID         oxcfxics.RopID `json:"rop_id"`
	LogonID       uint8          `json:"logon_id"`
	Input         *uint8         `json:"input_handle_index"`
	Output        *uint8         `json:"output_handle_index"`
	Type          string         `json:"synchronization_type"`
	SendOptions   uint8          `json:"send_options"`
	Flags         uint16         `json:"synchronization_flags"`
	Restriction   string         `json:"restriction_data"`
	ExtraFlags    uint32         `json:"extra_flags"`
	Tags          []string       `json:"property_tags"`
	StateProperty string         `json:"state_property"`
	StateName     string         `json:"state_name"`
	Size          uint32         `json:"transfer_buffer_size"`
	StreamSize    int            `json:"stream_data_size"`
	Stream        string         `json:"stream_data"`
	IsContents    uint8          `json:"is_contents_collector"`
	ReturnValue   string         `json:"return_value"`
	Warnings      []string
}

// lines reads a file of one JSON object a line.
func lines[T any](t testing.TB, name string) (list []T) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		list = append(list, v)
	}
	if len(list) == 0 || s.Err() != nil {
		t.Fatal(name, s.Err())
	}
	return list
}

func bytesOf(t testing.TB, digits string) []byte {
	t.Helper()
	b, err := hex.DecodeString(digits)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vectors(t testing.TB) []vector { return lines[vector](t, "testdata/vectors.jsonl") }

// ranges writes ranges as the vectors do.
func ranges(list []oxcfxics.Range) [][2]string {
	out := [][2]string{}
	for _, r := range list {
		out = append(out, [2]string{fmt.Sprintf("%012x", r.Low), fmt.Sprintf("%012x", r.High)})
	}
	return out
}

func commands(g oxcfxics.Globset) (out []string) {
	for c := range g.Commands() {
		out = append(out, c.String())
	}
	return out
}

func names(breaks []oxcfxics.Error) []string {
	out := []string{}
	for _, e := range breaks {
		out = append(out, e.Rule.Name())
	}
	slices.Sort(out)
	return out
}

func request(q *oxcfxics.Request) rop {
	r := rop{Rop: q.RopID.String(), RopID: q.RopID, LogonID: q.LogonID, Input: &q.InputHandleIndex, SendOptions: q.SendOptions,
		Flags: q.SynchronizationFlags, Restriction: hex.EncodeToString(q.RestrictionData), ExtraFlags: q.SynchronizationExtraFlags,
		Size: q.TransferBufferSize, StreamSize: len(q.StreamData), Stream: hex.EncodeToString(q.StreamData), IsContents: q.IsContentsCollector}
	if q.RopID.HasOutputHandleIndex() {
		r.Output = &q.OutputHandleIndex
	}
	if q.RopID == oxcfxics.RopSynchronizationConfigure {
		r.Type, r.Tags = q.SynchronizationType.String(), []string{}
		for i := range q.PropertyTags.Len() {
			r.Tags = append(r.Tags, fmt.Sprintf("0x%08x", q.PropertyTags.At(i)))
		}
	}
	if q.StateProperty != 0 {
		r.StateProperty, r.StateName = fmt.Sprintf("0x%08x", uint32(q.StateProperty)), q.StateProperty.String()
	}
	for _, w := range q.Warnings() {
		r.Warnings = append(r.Warnings, w.Name())
	}
	return r
}

// decoded decodes a vector and returns what it expects of a well-formed one.
func (v *vector) decoded(b []byte) (got any, want any, err error) {
	type set struct {
		Ranges           [][2]string
		Commands, Breaks []string
	}
	type idset struct {
		Pairs  []pair
		Breaks []string
	}
	e := &v.Expected
	slices.Sort(e.Breaks)
	switch v.Kind {
	case "globset":
		g, err := oxcfxics.DecodeGlobset(b)
		return set{ranges(g.AppendRanges(nil)), commands(g), names(g.Arrangement())}, set{e.Ranges, e.Commands, e.Breaks}, err
	case "idset_replid", "idset_replguid":
		form := oxcfxics.REPLID
		if v.Kind == "idset_replguid" {
			form = oxcfxics.REPLGUID
		}
		s, err := oxcfxics.DecodeIDSet(b, form)
		var pairs []pair
		for p := range s.All() {
			q := pair{Ranges: ranges(p.Globset.AppendRanges(nil)), Commands: commands(p.Globset)}
			if form == oxcfxics.REPLID {
				q.REPLID = &p.REPLID
			} else {
				q.REPLGUID = p.REPLGUID.String()
			}
			pairs = append(pairs, q)
		}
		return idset{pairs, names(s.Arrangement())}, idset{e.Pairs, e.Breaks}, err
	case "rop_request":
		q, err := oxcfxics.DecodeRequest(b)
		return request(&q), e.rop, err
	case "rop_response":
		r, err := oxcfxics.DecodeResponse(b)
		got := rop{Rop: r.RopID.String(), RopID: r.RopID, ReturnValue: fmt.Sprintf("0x%08x", r.ReturnValue)}
		if r.RopID.HasOutputHandleIndex() {
			got.Output = &r.HandleIndex
		} else {
			got.Input = &r.HandleIndex
		}
		return got, e.rop, err
	case "rop_batch":
		var list []rop
		for q, err := range oxcfxics.Requests(b) {
			if err != nil {
				return nil, nil, err
			}
			list = append(list, request(&q))
		}
		return list, e.Rops, nil
	}
	return nil, nil, errors.New("unknown kind")
}

func TestVectors(t *testing.T) {
	for _, v := range vectors(t) {
		b := bytesOf(t, v.Hex)
		got, want, err := v.decoded(b)
		var e *oxcfxics.Error
		switch {
		case err == nil && !v.WellFormed:
			t.Errorf("%s is accepted: %s", v.ID, v.Hex)
		case err == nil:
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(rop{})); diff != "" {
				t.Errorf("%s:\n%s", v.ID, diff)
			}
		case v.WellFormed:
			t.Errorf("%s: %v", v.ID, err)
		case !errors.As(err, &e) || e.Rule.Name() != v.Expected.Error || e.Offset != v.Expected.At && e.Rule.Name() != "BitmaskOverflow":
			t.Errorf("%s: %v, want %s at %d", v.ID, err, v.Expected.Error, v.Expected.At)
		}
	}
}

type trace struct {
	ID      string
	Context struct {
		FirstSync bool `json:"first_sync"`
	}
	Complete bool
	Events   []struct {
		Hex string
		Ret uint32
	}
	Breaks *struct {
		Rule       oxcfxics.Rule
		Level      oxcfxics.Level
		At         int
		AcceptAlso []oxcfxics.Rule `json:"accept_also"`
		AtAlso     []int           `json:"at_also"`
	}
	Debatable string
}

func TestTraces(t *testing.T) {
	for _, v := range lines[trace](t, "testdata/traces.jsonl") {
		c := oxcfxics.Checker{FirstSync: v.Context.FirstSync}
		var first *oxcfxics.Finding
		at := 0
		for i, e := range v.Events {
			if found := c.ROP(bytesOf(t, e.Hex), e.Ret); len(found) > 0 && first == nil {
				first, at = &found[0], i
			}
		}
		b := v.Breaks
		switch {
		case v.Debatable != "":
			t.Logf("%s, debatable: %v", v.ID, first)
		case b == nil && first != nil:
			t.Errorf("%s: %v at %d", v.ID, first, at)
		case b == nil:
		case first == nil:
			t.Errorf("%s: nothing, want %s at %d", v.ID, b.Rule, b.At)
		case first.Rule != b.Rule && !slices.Contains(b.AcceptAlso, first.Rule) || at != b.At && !slices.Contains(b.AtAlso, at):
			t.Errorf("%s: %v at %d, want %s at %d", v.ID, first, at, b.Rule, b.At)
		case first.Rule == b.Rule && first.Level != b.Level:
			t.Errorf("%s: level %s, want %s", v.ID, first.Level, b.Level)
		}
	}
}
