package wusp_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/codec/wusp"
)

// at returns a time of the day on which the tests take place.
func at(clock string) soapfault.DateTime {
	d, err := soapfault.ParseDateTime("2026-10-01T" + clock + "Z")
	if err != nil {
		panic(err)
	}
	return d
}

// held is the context of a client that has synchronised before.
func held() wusp.Context {
	return wusp.Context{CachedConfig: true, CachedCookie: &soapfault.GivenCookie{ID: "c0", Expiration: at("17:00:00")}, Registered: true}
}

// events reads lines of an operation and what there is about it.
func events(text string) (all []soapfault.Event) {
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		words := strings.Fields(line)
		e := soapfault.Event{Op: words[0], Out: "ok"}
		for _, w := range words[1:] {
			name, value, _ := strings.Cut(w, "=")
			yes := value == "true"
			switch name {
			case "at":
				e.Time = at(value)
			case "fault":
				e.Out, e.Fault = "fault", value
			case "cookie":
				e.Cookie = value
			case "gives":
				e.GivesCookie = &soapfault.GivenCookie{ID: value, Expiration: at("18:00:00")}
			case "required":
				e.GivesRegistrationRequired = &yes
			case "done":
				e.Done = &yes
			case "file":
				e.File = value
			case "url":
				e.URL = value
			case "drivers":
				e.DriverPass = yes
			case "status":
				e.Status = 404
			default:
				panic(w)
			}
		}
		all = append(all, e)
	}
	return all
}

func TestMachine(t *testing.T) {
	fresh := wusp.Context{}
	pending := func(code string) wusp.Context {
		c := held()
		c.PendingFault = code
		return c
	}
	changed := held()
	changed.RegistrationChanged = true
	const handshake = "GetConfig\nGetAuthorizationCookie\nGetCookie gives=c1\n"
	for _, test := range []struct {
		name    string
		context wusp.Context
		events  string
		rule    soapfault.Rule // the first, "" for none
		at      int
	}{
		{"self-update first", fresh, "SelfUpdateCheck\n" + handshake + "SyncUpdates cookie=c1", "", 0},
		{"self-update late", fresh, handshake + "SelfUpdateCheck", wusp.RulePhaseOrder, 3},
		{"cookie before authorization", fresh, "GetConfig\nGetCookie gives=c1\nGetAuthorizationCookie", wusp.RulePhaseOrder, 1},
		{"metadata before cookie", fresh, "GetConfig\nGetAuthorizationCookie\nSyncUpdates", wusp.RulePhaseOrder, 2},
		{"nothing before metadata", fresh, "SyncUpdates", wusp.RulePhaseOrder, 0},
		{"config late", held(), "GetAuthorizationCookie\nGetConfig", wusp.RulePhaseOrder, 1},
		{"scan late", held(), "SyncUpdates cookie=c0\nStartCategoryScan", wusp.RulePhaseOrder, 1},
		{"software after drivers", held(), "SyncUpdates cookie=c0 drivers=true\nSyncUpdates cookie=c0", wusp.RulePhaseOrder, 1},
		{"software after drivers and others", held(), "SyncUpdates drivers=true\nGetFileLocations\nSyncUpdates", "", 0},
		{"all cached", held(), "SyncUpdates cookie=c0 at=16:00:00\nGetExtendedUpdateInfo cookie=c0", "", 0},
		{"config again", held(), "GetConfig\nSyncUpdates cookie=c0", "", 0},
		{"cookie again", held(), "GetAuthorizationCookie at=16:00:00\nGetCookie at=16:00:00 gives=c1", wusp.RuleOmitCookieCalls, 0},
		{"cookie again, time not known", held(), "GetAuthorizationCookie\nGetCookie gives=c1", "", 0},
		{"cookie expired", held(), "GetAuthorizationCookie at=17:00:00\nGetCookie at=17:00:00 gives=c1\nSyncUpdates cookie=c1 at=17:01:00", "", 0},
		{"expired cookie", held(), "SyncUpdates cookie=c0 at=17:00:00", wusp.RuleOmitCookieCalls, 0},
		{"newest cookie", held(), "SyncUpdates cookie=c0 gives=c1\nSyncUpdates cookie=c1", "", 0},
		{"older cookie", held(), "SyncUpdates cookie=c0 gives=c1\nSyncUpdates cookie=c0", wusp.RuleCacheCookie, 1},
		{"register again", held(), "RegisterComputer cookie=c0", wusp.RuleRegisterOnce, 0},
		{"register twice", fresh, handshake + "RegisterComputer cookie=c1\nRegisterComputer cookie=c1", wusp.RuleRegisterOnce, 4},
		{"registration changed", changed, "RegisterComputer cookie=c0\nSyncUpdates cookie=c0", "", 0},
		{"register late", changed, "SyncUpdates cookie=c0\nRegisterComputer cookie=c0", wusp.RulePhaseOrder, 1},
		{"not registered", held(), "GetConfig required=true\nSyncUpdates cookie=c0", wusp.RuleRegisterWhenRequired, 1},
		{"pending ConfigChanged", pending("ConfigChanged"), "SelfUpdateCheck\n" + handshake + "SyncUpdates cookie=c1", "", 0},
		{"config left out", pending("ConfigChanged"), "SyncUpdates cookie=c0", wusp.RuleOmitGetConfig, 0},
		{"config left out after InvalidCookie", pending("InvalidCookie"), "GetAuthorizationCookie", wusp.RuleOmitGetConfig, 0},
		{"pending CookieExpired", pending("CookieExpired"), "GetConfig\nGetAuthorizationCookie\nGetCookie gives=c1\nSyncUpdates cookie=c1", "", 0},
		{"pending CookieExpired, cookie used", pending("CookieExpired"), "SyncUpdates cookie=c0", wusp.RuleRecoverySteps, 0},
		{"pending ServerBusy", pending("ServerBusy"), "SyncUpdates cookie=c0", "", 0},
		{"pending RegistrationRequired", pending("RegistrationRequired"), "RegisterComputer cookie=c0\nSyncUpdates cookie=c0", "", 0},
		{"busy, again", held(), "SyncUpdates cookie=c0 fault=ServerBusy\nReportEventBatch\nSyncUpdates cookie=c0", "", 0},
		{"busy, another", held(), "SyncUpdates cookie=c0 fault=ServerBusy\nGetFileLocations cookie=c0", wusp.RuleRecoverySteps, 1},
		{"busy, stop", held(), "SyncUpdates cookie=c0 fault=ServerBusy\nStop\nGetFileLocations cookie=c0", "", 0},
		{"nothing stated", held(), "SyncUpdates cookie=c0 fault=InvalidParameters\nGetFileLocations cookie=c0", "", 0},
		{"no code", held(), "SyncUpdates cookie=c0 fault=\nGetFileLocations cookie=c0", "", 0},
		{"RefreshCache after a fault within", held(), "SyncUpdates cookie=c0 fault=InvalidCookie\nGetConfig\nGetAuthorizationCookie\nGetCookie fault=CookieExpired\n" +
			"GetAuthorizationCookie\nGetCookie gives=c1\nSyncUpdates cookie=c1", wusp.RuleRecoverySteps, 6},
		{"recovery in the next session", held(), "SyncUpdates cookie=c0 fault=ConfigChanged\nStop\nSelfUpdateCheck\n" + handshake + "SyncUpdates cookie=c1", "", 0},
		{"fault of a report", held(), "ReportEventBatch cookie=c0 fault=ConfigChanged\nSyncUpdates cookie=c0", wusp.RuleRecoverySteps, 1},
		{"registration within a recovery", held(), "SyncUpdates cookie=c0 fault=InvalidCookie\nGetConfig required=true\nGetAuthorizationCookie\nGetCookie gives=c1\n" +
			"RegisterComputer cookie=c1\nRefreshCache cookie=c1", "", 0},
		{"install", held(), "ContentGet file=f done=false\nContentGet file=f done=true\nInstall file=f", "", 0},
		{"install early", held(), "ContentGet file=f done=false\nInstall file=f\nContentGet file=f done=true", wusp.RuleInstall, 1},
		{"install what was not found", held(), "ContentGet file=f status=404\nInstall file=f", wusp.RuleInstall, 1},
		{"FTP", held(), "ContentGet file=f url=ftp://h/f", wusp.RuleContentHTTP, 0},
		{"HTTPS", held(), "ContentGet file=f url=HTTPS://h/f", "", 0},
		{"no scheme", held(), "ContentGet file=f url=/f", wusp.RuleContentHTTP, 0},
	} {
		found := check(t, test.context, events(test.events))
		switch {
		case test.rule == "" && len(found) > 0:
			t.Errorf("%s: %+v", test.name, found)
		case test.rule != "" && (len(found) == 0 || found[0].Rule != test.rule || found[0].At != test.at):
			t.Errorf("%s: %+v, not %s at %d", test.name, found, test.rule, test.at)
		}
	}
}

var codes = []string{"InvalidCookie", "ServerChanged", "ConfigChanged", "CookieExpired", "RegistrationRequired", "FileLocationChanged",
	"InternalServerError", "ServerBusy", "InvalidParameters", "InvalidAuthorizationCookie", "RegistrationNotRequired"}

// TestReact: the table is whole, and the result is the caller's.
func TestReact(t *testing.T) {
	for _, code := range append(slices.Clone(codes), "") {
		r, ok := wusp.React(code)
		if !ok || r.ErrorCode != code || (r.Action == soapfault.Calls) != (len(r.Calls) > 0) {
			t.Errorf("%q: %+v %v", code, r, ok)
		}
		for i := range r.Calls {
			r.Calls[i] = "changed"
		}
		if again, _ := wusp.React(code); slices.Contains(again.Calls, "changed") {
			t.Errorf("%q: the table can be changed", code)
		}
	}
	if _, ok := wusp.React("FileLocationsChanged"); ok {
		t.Error("a code that does not exist has a reaction")
	}
}

// A client that does what React says breaks nothing, whatever faults it gets.
// A client that leaves out the first step of a recovery does.
func TestClient(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := wusp.NewMachine(wusp.Context{})
		n, cookies := 0, 0
		now := at("10:00:00")
		cookie := ""
		var calls func(op string, depth int)
		calls = func(op string, depth int) {
			now.Time = now.Time.Add(time.Second)
			e := soapfault.Event{Op: op, Out: "ok", Time: now, Cookie: cookie}
			n++
			if depth < 4 && rapid.IntRange(0, 4).Draw(t, "fault") == 0 {
				e.Out, e.Fault = "fault", rapid.SampledFrom(codes).Draw(t, "code")
				m.Event(e)
				r, _ := wusp.React(e.Fault)
				switch r.Action {
				case soapfault.Retry, soapfault.Nothing:
					calls(op, depth+1)
					return
				}
				for _, next := range r.Calls {
					calls(next, depth+1)
				}
				if !slices.Contains(r.Calls, op) {
					calls(op, depth+1)
				}
				return
			}
			if op == "GetCookie" {
				cookies++
				cookie = "c" + string(rune('a'+cookies%26)) + string(rune('a'+cookies/26))
				e.Cookie, e.GivesCookie = "", &soapfault.GivenCookie{ID: cookie, Expiration: at("23:00:00")}
			}
			m.Event(e)
		}
		for _, op := range []string{"GetConfig", "GetAuthorizationCookie", "GetCookie"} {
			calls(op, 9) // without faults
		}
		for range rapid.IntRange(1, 6).Draw(t, "metadata") {
			calls(rapid.SampledFrom([]string{"SyncUpdates", "GetExtendedUpdateInfo", "GetFileLocations"}).Draw(t, "op"), 3)
		}
		if found := m.Breaks(); len(found) > 0 {
			t.Fatalf("%+v", found)
		}
		code := rapid.SampledFrom(codes[:5]).Draw(t, "last")
		m.Event(soapfault.Event{Op: "GetExtendedUpdateInfo", Out: "fault", Fault: code, Cookie: cookie, Time: now})
		m.Event(soapfault.Event{Op: "GetExtendedUpdateInfo", Out: "ok", Cookie: cookie, Time: now})
		if found := m.Breaks(); len(found) != 1 || found[0].Rule != wusp.RuleRecoverySteps || found[0].At != n+1 {
			t.Fatalf("%s: %+v", code, found)
		}
	})
}

// Whatever the events, breaks are in order, each rule once, of a requirement.
func FuzzMachine(f *testing.F) {
	f.Add([]byte("GetConfig,GetCookie,SyncUpdates/CookieExpired"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m := wusp.NewMachine(wusp.Context{})
		n := 0
		for part := range strings.SplitSeq(string(b), ",") {
			op, code, faulty := strings.Cut(part, "/")
			e := soapfault.Event{Op: op, Out: "ok", Cookie: "c", GivesCookie: &soapfault.GivenCookie{ID: op}}
			if faulty {
				e.Out, e.Fault = "fault", code
			}
			m.Event(e)
			n++
		}
		last := 0
		seen := map[soapfault.Rule]bool{}
		for _, b := range m.Breaks() {
			if b.At < last || b.At >= n || seen[b.Rule] || b.Detail == "" {
				t.Errorf("%+v of %d", b, n)
			}
			last, seen[b.Rule] = b.At, true
		}
	})
}

// What is truncated is rejected.
func TestTruncated(t *testing.T) {
	for _, v := range lines[vector](t, "testdata/vectors.jsonl") {
		if !v.WellFormed {
			continue
		}
		text := strings.TrimSpace(v.Text)
		for n := range len(text) {
			if err := decode(v.Kind, []byte(text[:n])); !errors.As(err, new(*wusp.Error)) {
				t.Fatalf("%s, %d of %d bytes: %v", v.ID, n, len(text), err)
			}
		}
	}
}

func TestRequirements(t *testing.T) {
	if n := len(wusp.Requirements()); n != 15 {
		t.Error(n, "statements")
	}
	for _, r := range append(wusp.Requirements(), wusp.FurtherRequirements()...) {
		if !strings.HasPrefix(r.ID.Section(), "MS-WUSP 3.") || (r.Check == soapfault.Trace || r.Check == soapfault.Bytes) != (r.Reason == "") {
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
		for _, kind := range []string{"fault", "request", "response"} {
			if err := decode(kind, b); err != nil && !errors.As(err, new(*wusp.Error)) {
				t.Errorf("%s: %v", kind, err)
			}
		}
	})
}
