package wusp_test

import (
	"bufio"
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wusp"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) { testutil.Imports(t, "github.com/hostedcache/pchc/codec/soapfault") }

// lines reads a file with one JSON object on a line.
func lines[T any](t testing.TB, name string) (all []T) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var one T
		if err := json.Unmarshal(s.Bytes(), &one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	if err := s.Err(); err != nil || len(all) == 0 {
		t.Fatal(len(all), err)
	}
	return all
}

type vector struct {
	ID, Kind, Text string
	WellFormed     bool `json:"well_formed"`
	Debatable      string
	Expected       struct{ Error string }
}

// decode decodes a vector as what it is.
func decode(kind string, b []byte) (err error) {
	switch kind {
	case "fault":
		_, err = wusp.DecodeFault(b)
	case "request":
		_, err = wusp.DecodeRequest(b)
	case "response":
		_, err = wusp.DecodeResponse(b)
	default:
		panic(kind)
	}
	return err
}

// rules are the rules behind the classes of errors in the vectors.
var rules = map[string]soapfault.Rule{
	"DoctypeForbidden": soapfault.RuleXML, "XmlNotWellFormed": soapfault.RuleXML,
	"UnknownErrorCode": wusp.RuleErrorCode, "MissingID": wusp.RuleID, "DuplicateDetailChild": wusp.RuleDetail,
	"QualifiedFaultChild": soapfault.RuleFault, "DetailCase": soapfault.RuleFault, "MissingFaultcodeOrFaultstring": soapfault.RuleFault,
	"CookieWithoutEncryptedData": wusp.RuleCookie, "CookieOrder": wusp.RuleCookie, "BadBase64": soapfault.RuleBase64,
}

func TestVectors(t *testing.T) {
	for _, v := range lines[vector](t, "testdata/vectors.jsonl") {
		err := decode(v.Kind, []byte(v.Text))
		if v.Debatable != "" {
			t.Logf("%s, debatable (%s): %v", v.ID, v.Debatable, err)
			continue
		}
		if v.WellFormed {
			if err != nil {
				t.Errorf("%s: %v", v.ID, err)
			}
			continue
		}
		e, ok := err.(*wusp.Error)
		if !ok {
			t.Errorf("%s is accepted", v.ID)
			continue
		}
		if want, ok := rules[v.Expected.Error]; !ok || e.Rule != want {
			t.Errorf("%s, %s: %v", v.ID, v.Expected.Error, err)
		}
		if e.Offset < 0 || e.Offset > len(v.Text) {
			t.Errorf("%s: offset %d of %d", v.ID, e.Offset, len(v.Text))
		}
		t.Logf("%s: %v", v.ID, err)
	}
}

type trace struct {
	ID       string
	Valid    bool
	Complete bool
	Context  wusp.Context
	Events   []soapfault.Event
	Breaks   *struct {
		Rule       soapfault.Rule
		At         int
		Level      string
		AcceptAlso []soapfault.Rule `json:"accept_also"`
		AtAlso     []int            `json:"at_also"`
	}
}

func check(t testing.TB, c wusp.Context, events []soapfault.Event) []soapfault.Break {
	t.Helper()
	m := wusp.NewMachine(c)
	for _, e := range events {
		if !m.Event(e) {
			t.Fatalf("%s is not known", e.Op)
		}
	}
	return m.Breaks()
}

func TestTraces(t *testing.T) {
	for _, tr := range lines[trace](t, "testdata/traces.jsonl") {
		found := check(t, tr.Context, tr.Events)
		t.Logf("%s: %+v", tr.ID, found)
		if tr.Valid {
			if len(found) > 0 {
				t.Errorf("%s: %+v", tr.ID, found)
			}
			continue
		}
		if len(found) == 0 {
			t.Errorf("%s: %+v is not found", tr.ID, *tr.Breaks)
			continue
		}
		first := found[0]
		if first.Rule != tr.Breaks.Rule && !slices.Contains(tr.Breaks.AcceptAlso, first.Rule) ||
			first.At != tr.Breaks.At && !slices.Contains(tr.Breaks.AtAlso, first.At) || first.Level.String() != tr.Breaks.Level && first.Rule == tr.Breaks.Rule {
			t.Errorf("%s: %+v, not %+v", tr.ID, first, *tr.Breaks)
		}
	}
}
