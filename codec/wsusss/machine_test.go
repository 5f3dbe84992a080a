package wsusss_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wsusss"
)

// at returns a time of the day on which the tests take place.
func at(clock string) soapfault.DateTime {
	d, err := soapfault.ParseDateTime("2026-10-01T" + clock + "Z")
	if err != nil {
		panic(err)
	}
	return d
}

// events reads words of an operation and, after colons, what there is about it.
func events(text string) (all []soapfault.Event) {
	for word := range strings.FieldsSeq(text) {
		parts := strings.Split(word, ":")
		e := soapfault.Event{Op: parts[0], Out: "ok"}
		for _, p := range parts[1:] {
			name, value, _ := strings.Cut(p, "=")
			switch name {
			case "at":
				e.Time = at(strings.ReplaceAll(value, "h", ":") + ":00")
			case "fault":
				e.Out, e.Fault = "fault", value
			case "cookie":
				e.Cookie = value
			case "gives":
				e.GivesCookie = &soapfault.GivenCookie{ID: value, Expiration: at("18:00:00")}
			case "anchor":
				e.Anchor = &value
			case "config":
				e.GetConfig = true
			case "many":
				e.Count = 101
			default:
				panic(word)
			}
		}
		all = append(all, e)
	}
	return all
}

// servers returns a context; what is left out is not known.
func servers(words string) (c wsusss.Context) {
	for word := range strings.FieldsSeq(words) {
		name, value, _ := strings.Cut(word, "=")
		yes := value == "true"
		switch name {
		case "replica":
			c.DSS.Replica = &yes
		case "catalog":
			c.DSS.CatalogOnly = &yes
		case "dss":
			c.DSS.Version = value
		case "uss":
			c.USS.Version = value
		default:
			panic(word)
		}
	}
	return c
}

func TestMachine(t *testing.T) {
	const (
		login = "GetAuthConfig GetAuthorizationCookie GetCookie:gives=k "
		meta  = "GetConfigData:cookie=k GetRevisionIdList:cookie=k:config GetRevisionIdList:cookie=k GetUpdateData:cookie=k "
		both  = "dss=1.20 uss=1.3"
	)
	for _, test := range []struct {
		name, servers, events string
		complete              bool
		rule                  soapfault.Rule
		at                    int
	}{
		{"phases", "replica=true catalog=false " + both, login + meta + "GetDeployments:cookie=k ContentGet GetRollupConfiguration", true, "", 0},
		{"nothing known", "", login + meta + "GetDeployments:cookie=k ContentGet GetRollupConfiguration", true, "", 0},
		{"reports alone", both, "GetRollupConfiguration RollupComputers", true, "", 0},
		{"content alone", "replica=true", "ContentGet", true, "", 0},
		{"metadata first", "", "GetConfigData:cookie=k", false, wsusss.RulePhaseOrder, 0},
		{"metadata before cookie", "", "GetAuthConfig GetAuthorizationCookie GetConfigData:cookie=k GetCookie:gives=k", false, wsusss.RulePhaseOrder, 2},
		{"deployments before metadata", "", login + "GetDeployments:cookie=k " + meta, false, wsusss.RulePhaseOrder, 3},
		{"metadata after deployments", "", login + meta + "GetDeployments:cookie=k GetUpdateData:cookie=k", false, wsusss.RulePhaseOrder, 8},
		{"content before metadata", "", login + "ContentGet " + meta, false, wsusss.RulePhaseOrder, 3},
		{"content of an earlier synchronisation", "", login + meta + "ContentGet " + login + "ContentGet " + meta, false, "", 0},
		{"content before deployments", "replica=true", login + meta + "ContentGet GetDeployments:cookie=k", false, wsusss.RulePhaseOrder, 7},
		{"content before deployments, perhaps", "replica=true", login + meta + "ContentGet", false, "", 0},
		{"reports before metadata", both, login + "GetRollupConfiguration " + meta, false, wsusss.RulePhaseOrder, 3},
		{"reports before content", both, login + meta + "GetRollupConfiguration ContentGet", true, "", 0},
		{"no metadata", "", login + "Stop", true, "", 0},
		{"no metadata, no stop", "", login, true, wsusss.RulePhaseOrder, 3},
		{"no deployments", "replica=true", login + meta, true, wsusss.RulePhaseOrder, 7},
		{"no reports", both, login + meta, true, wsusss.RulePhaseOrder, 7},
		{"no reports, version", "dss=1.2 uss=1.20", login + meta, true, "", 0},
		{"not complete", both, login + meta, false, "", 0},
		{"again without a reason", both, login + "GetConfigData:cookie=k " + login + meta + "GetRollupConfiguration", true, wsusss.RulePhaseOrder, 4},
		{"again without a reason, not complete", both, login + "GetConfigData:cookie=k " + login, false, "", 0},
		{"order of phase 1", "", "GetAuthorizationCookie", false, wsusss.RuleCallOrder, 0},
		{"order of phase 1, cookie", "", "GetAuthConfig GetCookie:gives=k", false, wsusss.RuleCallOrder, 1},
		{"cookie after metadata", "", login + meta + "GetCookie:gives=l", false, wsusss.RulePhaseOrder, 7},
		{"cookie after metadata, expired", "", login + meta + "GetAuthorizationCookie:at=18h00 GetCookie:gives=l:at=18h00 GetUpdateData:cookie=l", false, "", 0},
		{"no cookie given", "", "GetAuthConfig GetAuthorizationCookie GetCookie", false, wsusss.RuleAuthorizationGetsCookie, 2},
		{"no cookie sent", "", login + "GetConfigData", false, wsusss.RuleMetadataUsesCookie, 3},
		{"older cookie", "", login + meta + "GetAuthConfig GetAuthorizationCookie GetCookie:gives=l GetConfigData:cookie=k", false, wsusss.RuleMetadataUsesCookie, 10},
		{"cookie of the last synchronisation", "", login + meta + "GetAuthConfig GetAuthorizationCookie GetConfigData:cookie=k", false, wsusss.RulePhaseOrder, 9},
		{"expired cookie", "", login + "GetConfigData:cookie=k:at=18h00", false, wsusss.RuleNoExpiredCookie, 3},
		{"valid cookie", "", login + "GetConfigData:cookie=k:at=17h59", false, "", 0},
		{"no replica", "replica=false", login + meta + "GetDeployments:cookie=k", false, wsusss.RuleDeploymentsReplicaOnly, 7},
		{"catalogue only", "catalog=true", login + meta + "DownloadFiles:cookie=k", false, wsusss.RuleContentNotCatalogOnly, 7},
		{"too many digests", "catalog=false", login + meta + "DownloadFiles:cookie=k:many", false, wsusss.RuleMaxDigests, 7},
		{"version of the DSS", "dss=1.2", "GetRollupConfiguration", false, wsusss.RuleReportingVersion, 0},
		{"version 1.20", both, "GetRollupConfiguration", false, "", 0},
		{"restart", "", login + "GetConfigData:cookie=k:fault=InvalidCookie " + login + meta, false, "", 0},
		{"no restart", "", login + "GetConfigData:cookie=k:fault=InvalidCookie GetCookie:gives=k", false, wsusss.RuleFaultReact, 4},
		{"stop", "", login + "GetConfigData:cookie=k:fault=InternalServerError Stop " + login, false, "", 0},
		{"no stop", "", login + "GetConfigData:cookie=k:fault=IncompatibleProtocolVersion GetAuthConfig", false, wsusss.RuleFaultReact, 4},
		{"no code", "", login + "GetConfigData:cookie=k:fault= GetAuthConfig", false, wsusss.RuleFaultNoCodeStop, 4},
		{"busy", "", login + "GetConfigData:cookie=k:fault=ServerBusy GetConfigData:cookie=k", false, "", 0},
		{"busy, another", "", login + "GetConfigData:cookie=k:fault=ServerBusy GetRevisionIdList:cookie=k", false, wsusss.RuleFaultReact, 4},
		{"busy, content beside", "", login + meta + "GetUpdateData:cookie=k:fault=ServerBusy ContentGet GetUpdateData:cookie=k", false, "", 0},
		{"other parameters", "", login + "GetConfigData:cookie=k:anchor=x:fault=InvalidParameters GetConfigData:cookie=k:anchor=y", false, "", 0},
		{"other parameters, none", "", login + "GetConfigData:cookie=k:anchor=x:fault=InvalidParameters GetConfigData:cookie=k", false, "", 0},
		{"reset", "", login + "GetConfigData:cookie=k:anchor=x:fault=ServerChanged GetConfigData:cookie=k GetRevisionIdList:cookie=k:config GetRevisionIdList:cookie=k GetConfigData:cookie=k:anchor=y", false, "", 0},
		{"no reset", "", login + "GetConfigData:cookie=k:anchor=x:fault=ServerChanged GetConfigData:cookie=k GetRevisionIdList:cookie=k:anchor=x", false, wsusss.RuleFaultReact, 5},
		{"no reset after a fault", "", login + "GetConfigData:cookie=k:fault=ServerChanged GetConfigData:cookie=k:fault=ServerBusy GetConfigData:cookie=k:anchor=x", false, wsusss.RuleFaultReact, 5},
		{"nothing stated", "", login + "GetDriverSetData:cookie=k:fault=TooManyIds GetUpdateData:cookie=k", false, "", 0},
		{"ends with a fault", both, login + "GetConfigData:cookie=k:fault=InternalServerError", true, "", 0},
	} {
		found := check(t, servers(test.servers), events(test.events), test.complete)
		switch {
		case test.rule == "" && len(found) > 0:
			t.Errorf("%s: %+v", test.name, found)
		case test.rule != "" && (len(found) == 0 || found[0].Rule != test.rule || found[0].At != test.at):
			t.Errorf("%s: %+v, not %s at %d", test.name, found, test.rule, test.at)
		}
	}
}

func TestReact(t *testing.T) {
	for code, action := range map[string]soapfault.Action{
		"InvalidCookie": soapfault.Restart, "InvalidAuthorizationCookie": soapfault.Restart, "FileDigestsMissing": soapfault.Restart,
		"InternalServerError": soapfault.Stop, "IncompatibleProtocolVersion": soapfault.Stop, "": soapfault.Stop,
		"ServerChanged": soapfault.Reset, "InvalidParameters": soapfault.Retry, "ServerBusy": soapfault.Retry, "TooManyIds": soapfault.Nothing,
	} {
		if r, ok := wsusss.React(code); !ok || r.Action != action || r.ErrorCode != code || r.OrStop != (action == soapfault.Retry) {
			t.Errorf("%q: %+v %v", code, r, ok)
		}
	}
	for _, code := range []string{"ConfigChanged", "CookieExpired", "RegistrationRequired", "RegistrationNotRequired", "FileLocationChanged"} {
		if _, ok := wsusss.React(code); ok {
			t.Errorf("%s is of MS-WUSP", code)
		}
	}
}

// TestDSS: a DSS that does what React says breaks nothing, whatever faults it gets.
func TestDSS(t *testing.T) {
	codes := []string{"InvalidCookie", "InvalidAuthorizationCookie", "ServerChanged", "ServerBusy", "InternalServerError", "", "TooManyIds"}
	rapid.Check(t, func(t *rapid.T) {
		replica, catalog := rapid.Bool().Draw(t, "replica"), rapid.Bool().Draw(t, "catalog")
		c := wsusss.Context{}
		c.DSS.Replica, c.DSS.CatalogOnly, c.DSS.Version = &replica, &catalog, rapid.SampledFrom([]string{"1.2", "1.3", "1.20"}).Draw(t, "version")
		c.USS.Version = "1.8"
		ops := []string{"GetAuthConfig", "GetAuthorizationCookie", "GetCookie", "GetConfigData", "GetRevisionIdList", "GetUpdateData"}
		if replica {
			ops = append(ops, "GetDeployments")
		}
		if !catalog {
			ops = append(ops, "ContentGet", "DownloadFiles")
		}
		if c.DSS.Version != "1.2" {
			ops = append(ops, "GetRollupConfiguration", "RollupComputers")
		}
		m := wsusss.NewMachine(c)
		anchor := "a"
		anchored := map[string]bool{"GetConfigData": true, "GetRevisionIdList": true, "GetDeployments": true}
		n := 0
		for i := 0; i < len(ops) && n < 60; n++ {
			e := soapfault.Event{Op: ops[i], Out: "ok", Cookie: "k"}
			if anchored[e.Op] {
				e.Anchor = &anchor
			}
			if e.Op == "GetCookie" {
				e.GivesCookie = &soapfault.GivenCookie{ID: "k"}
			}
			if e.Op != "ContentGet" && rapid.IntRange(0, 6).Draw(t, "fault") == 0 {
				e.Out, e.Fault, e.GivesCookie = "fault", rapid.SampledFrom(codes).Draw(t, "code"), nil
			}
			m.Event(e)
			if e.Out == "ok" {
				anchored[e.Op] = anchored[e.Op] || e.Op == "GetConfigData" || e.Op == "GetRevisionIdList" || e.Op == "GetDeployments"
				i++
				continue
			}
			switch r, _ := wsusss.React(e.Fault); r.Action {
			case soapfault.Restart:
				i = 0
			case soapfault.Stop:
				m.Event(soapfault.Event{Op: "Stop"})
				i = 0
			case soapfault.Reset:
				clear(anchored)
			}
		}
		if n < 60 {
			m.Complete()
		}
		if found := m.Breaks(); len(found) > 0 {
			t.Fatalf("%+v", found)
		}
	})
}

// Whatever the events, breaks are in order, each rule once, of a requirement.
func FuzzMachine(f *testing.F) {
	f.Add([]byte("GetAuthConfig,GetCookie,GetConfigData/ServerBusy"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := wsusss.NewMachine(servers("replica=true catalog=true dss=1.2 uss=1.20"))
		n := 0
		for part := range strings.SplitSeq(string(b), ",") {
			op, code, faulty := strings.Cut(part, "/")
			e := soapfault.Event{Op: op, Out: "ok", Cookie: "c", GivesCookie: &soapfault.GivenCookie{ID: op}, GetConfig: code == "x"}
			if faulty {
				e.Out, e.Fault = "fault", code
			}
			m.Event(e)
			n++
		}
		m.Complete()
		last := 0
		seen := map[soapfault.Rule]bool{}
		for _, b := range m.Breaks() {
			if b.At < last || b.At > n || seen[b.Rule] || b.Detail == "" {
				t.Errorf("%+v of %d", b, n)
			}
			last, seen[b.Rule] = b.At, true
		}
	})
}

func TestVersions(t *testing.T) {
	ascending := []string{"0.9", "1.0", "1.1", "1.2", "1.3", "1.6", "1.8", "1.20", "1.100", "2.0", "10.0"}
	for i, s := range ascending {
		v, err := wsusss.ParseVersion(s)
		if err != nil || v.String() != s {
			t.Fatal(s, v, err)
		}
		for j, other := range ascending {
			w, _ := wsusss.ParseVersion(other)
			if got := v.Compare(w); got < 0 != (i < j) || got > 0 != (i > j) {
				t.Errorf("%s and %s: %d", s, other, got)
			}
		}
		if want := i >= 4 && i <= 8; v.Reports() != want {
			t.Errorf("%s: reports %v", s, v.Reports())
		}
	}
	for s, want := range map[string]string{"1.1": "", "1.20": "", "2.0": "IncompatibleProtocolVersion", "0.1": "IncompatibleProtocolVersion", "": "InvalidParameters",
		"1": "InvalidParameters", "1.": "InvalidParameters", ".1": "InvalidParameters", "1.2.3": "InvalidParameters", "+1.2": "InvalidParameters",
		"1.-2": "InvalidParameters", "1.2 ": "InvalidParameters", "1.4294967296": "InvalidParameters", "1,2": "InvalidParameters", "１.2": "InvalidParameters", "1_0.2": "InvalidParameters"} {
		if got := wsusss.VersionFault(s); got != want {
			t.Errorf("%q: %q, not %q", s, got, want)
		}
	}
}

func TestWindowsAnchors(t *testing.T) {
	a, err := wsusss.ParseWindowsAnchor("2147483647,2026-02-28 23:59:59.999")
	if err != nil || a.Number != 1<<31-1 || a.Time.Format("01-02 15:04:05.000") != "02-28 23:59:59.999" {
		t.Error(a, err)
	}
	for _, s := range []string{"", "0,2026-02-28 23:59:59.999", "01,2026-02-28 23:59:59.999", "1,2026-02-29 23:59:59.999", "1,2026-02-28 23:59:59.99", "1,2026-02-28 23:59:59,999",
		"1, 2026-02-28 23:59:59.999", "1,2026-02-28 23:59:59.9999", "-1,2026-02-28 23:59:59.999", "1,2026-02-28T23:59:59.999", "1,2026-02-28 24:00:00.000", "1"} {
		if a, err := wsusss.ParseWindowsAnchor(s); !errors.Is(err, wsusss.RuleAnchor) {
			t.Errorf("%q: %v %v", s, a, err)
		}
	}
}

// What is truncated is rejected.
func TestTruncated(t *testing.T) {
	for _, v := range lines[vector](t, "testdata/vectors.jsonl") {
		if !v.WellFormed || !slices.Contains([]string{"fault", "request", "response"}, v.Kind) {
			continue
		}
		text := strings.TrimSpace(v.Text)
		for n := range len(text) {
			if err := decode(v.Kind, []byte(text[:n])); !errors.As(err, new(*wsusss.Error)) {
				t.Fatalf("%s, %d of %d bytes: %v", v.ID, n, len(text), err)
			}
		}
	}
}

func TestRequirements(t *testing.T) {
	if n := len(wsusss.Requirements()); n != 13 {
		t.Error(n, "statements")
	}
	for _, r := range append(wsusss.Requirements(), wsusss.FurtherRequirements()...) {
		if !strings.HasPrefix(r.ID.Section(), "MS-WSUSSS 3.") || (r.Check == soapfault.Trace || r.Check == soapfault.Bytes) != (r.Reason == "") {
			t.Errorf("%+v", r)
		}
	}
}

// FuzzDecode: the decoders reject with an error of their own, or accept.
func FuzzDecode(f *testing.F) {
	for _, v := range lines[vector](f, "testdata/vectors.jsonl") {
		f.Add([]byte(v.Text))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range []string{"fault", "request", "response", "version", "anchor_windows"} {
			if err := decode(kind, b); err != nil && !errors.As(err, new(*wsusss.Error)) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
}
