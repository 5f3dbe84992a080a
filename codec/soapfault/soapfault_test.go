package soapfault_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/soapfault"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) {
	testutil.Imports(t, "github.com/hostedcache/pchc/codec/internal/strictxml")
}

// The rules of a protocol for tests.
const (
	ruleDetail    soapfault.Rule = "TEST-1-Detail"
	ruleCode      soapfault.Rule = "TEST-1-Code"
	ruleID        soapfault.Rule = "TEST-1-ID"
	ruleOperation soapfault.Rule = "TEST-2-Operation"
	ruleCookie    soapfault.Rule = "TEST-2-Cookie"
	ruleNeeded    soapfault.Rule = "TEST-2-Needed"
	ruleAuth      soapfault.Rule = "TEST-2-Auth"
	ruleInfo      soapfault.Rule = "TEST-2-Info"
)

var rules = soapfault.Rules{Detail: ruleDetail, Detail12: ruleDetail, ErrorCode: ruleCode, ID: ruleID, Operation: ruleOperation,
	Cookie: ruleCookie, CookieNeeded: ruleNeeded, AuthCookie: ruleAuth, AuthInfo: ruleInfo}

var ordered = soapfault.Profile{Protocol: "TEST", Codes: []string{"Busy", "Gone"}, Misspelt: map[string]string{"Bussy": "a slip"}, Ordered: true,
	OneAuthPlugIn: true, Rules: rules, Operations: []soapfault.Operation{{Name: "Get", Namespace: "urn:t", Cookie: soapfault.IssuedCookie},
		{Name: "Ask", Namespace: "urn:t"}, {Name: "Report", Namespace: "urn:t", Cookie: soapfault.ReportingCookie}, {Name: "Login", Namespace: "urn:u"}}}

var free = soapfault.Profile{Protocol: "TEST", Codes: []string{"Busy", "Gone"}, MessageRequired: true, Rules: rules}

const id = "0f0e0d0c-0b0a-4908-8706-050403020100"

// in11 puts the children of a Fault into an envelope of SOAP 1.1.
func in11(children string) string {
	return `<s:Envelope xmlns:s="` + soapfault.Namespace11 + `"><s:Body><s:Fault>` + children + `</s:Fault></s:Body></s:Envelope>`
}

func in12(children string) string {
	return `<s:Envelope xmlns:s="` + soapfault.Namespace12 + `"><s:Body><s:Fault>` + children + `</s:Fault></s:Body></s:Envelope>`
}

const (
	head11 = `<faultcode>s:Client</faultcode><faultstring>x</faultstring>`
	head12 = `<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>x</s:Text></s:Reason>`
	inside = `<ErrorCode>Busy</ErrorCode><Message/><ID>` + id + `</ID>`
)

func detail(children string) string { return in11(head11 + `<detail>` + children + `</detail>`) }

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name, text    string
		ordered, free soapfault.Rule // that it violates; "" for none
	}{
		{"valid", detail(inside), "", ""},
		{"with Method", detail(inside + "<Method>m</Method>"), "", ""},
		{"no detail", in11(head11), "", ""},
		{"empty detail", detail(""), "", ""},
		{"foreign detail", detail("<x/>"), "", ""},
		{"another element", detail(inside + "<x/>"), "", ""},
		{"another order of Fault", in11(`<detail/><faultstring/><faultcode>Client</faultcode>`), "", ""},
		{"another namespace in Fault", in11(head11 + `<x xmlns="urn:x"/>`), "", ""},
		{"no Message", detail(`<ErrorCode>Busy</ErrorCode><ID>` + id + `</ID>`), "", ruleDetail},
		{"no ErrorCode", detail(`<Message/><ID>` + id + `</ID>`), ruleDetail, ""},
		{"no ID", detail(`<ErrorCode>Busy</ErrorCode><Message/>`), ruleID, ruleID},
		{"another order", detail(`<ErrorCode>Busy</ErrorCode><ID>` + id + `</ID><Message/>`), ruleDetail, ""},
		{"twice", detail(inside + "<ID>" + id + "</ID>"), ruleDetail, ruleDetail},
		{"code with blanks", detail(strings.Replace(inside, "Busy", " Busy", 1)), ruleCode, ruleCode},
		{"code in another case", detail(strings.Replace(inside, "Busy", "busy", 1)), ruleCode, ruleCode},
		{"misspelt", detail(strings.Replace(inside, "Busy", "Bussy", 1)), ruleCode, ruleCode},
		{"element in code", detail(strings.Replace(inside, "Busy", "Bu<x/>sy", 1)), ruleDetail, ruleDetail},
		{"CDATA and comment in code", detail(strings.Replace(inside, "Busy", "B<!-- -->u<![CDATA[sy]]>", 1)), "", ""},
		{"no GUID", detail(strings.Replace(inside, "0f0e", "0g0e", 1)), ruleID, ruleID},
		{"GUID with braces", detail(strings.Replace(inside, id, "{"+id+"}", 1)), ruleID, ruleID},
		{"GUID without hyphens", detail(strings.Replace(inside, id, "0f0e0d0c00b0a049080870600504030201000", 1)), ruleID, ruleID},
		{"qualified child", detail(strings.Replace(inside, "<Message/>", `<Message xmlns="urn:x"/>`, 1)), ruleDetail, ruleDetail},
		{"text in Fault", in11(head11 + "x"), soapfault.RuleFault, soapfault.RuleFault},
		{"unknown child", in11(head11 + "<Detail/>"), soapfault.RuleFault, soapfault.RuleFault},
		{"qualified detail", in11(head11 + `<s:detail/>`), soapfault.RuleFault, soapfault.RuleFault},
		{"faultcode twice", in11(head11 + head11), soapfault.RuleFault, soapfault.RuleFault},
		{"no faultstring", in11(`<faultcode>Client</faultcode>`), soapfault.RuleFault, soapfault.RuleFault},
		{"prefix not declared", in11(strings.Replace(head11, "s:C", "q:C", 1)), soapfault.RuleFault, soapfault.RuleFault},
		{"empty faultcode", in11(`<faultcode/><faultstring/>`), soapfault.RuleFault, soapfault.RuleFault},
		{"no fault", `<s:Envelope xmlns:s="` + soapfault.Namespace11 + `"><s:Body><x/></s:Body></s:Envelope>`, soapfault.RuleBody, soapfault.RuleBody},
		{"no body", `<s:Envelope xmlns:s="` + soapfault.Namespace11 + `"/>`, soapfault.RuleEnvelope, soapfault.RuleEnvelope},
		{"empty body", `<s:Envelope xmlns:s="` + soapfault.Namespace11 + `"><s:Body/></s:Envelope>`, soapfault.RuleBody, soapfault.RuleBody},
		{"two faults", strings.Replace(in11(head11), "</s:Body>", "<s:Fault>"+head11+"</s:Fault></s:Body>", 1), soapfault.RuleBody, soapfault.RuleBody},
		{"two bodies", strings.Replace(in11(head11), "</s:Envelope>", "<s:Body/></s:Envelope>", 1), soapfault.RuleEnvelope, soapfault.RuleEnvelope},
		{"header", strings.Replace(in11(head11), "<s:Body>", "<s:Header><x/></s:Header><s:Body>", 1), "", ""},
		{"header behind", strings.Replace(in11(head11), "</s:Envelope>", "<s:Header/></s:Envelope>", 1), soapfault.RuleEnvelope, soapfault.RuleEnvelope},
		{"element behind the body", strings.Replace(in11(head11), "</s:Envelope>", `<x xmlns="urn:x"/></s:Envelope>`, 1), "", ""},
		{"another envelope", strings.Replace(in11(head11), "envelope/", "envelope", 1), soapfault.RuleEnvelope, soapfault.RuleEnvelope},
		{"second root", in11(head11) + "<x/>", soapfault.RuleXML, soapfault.RuleXML},
		{"text behind", in11(head11) + "x", soapfault.RuleXML, soapfault.RuleXML},
		{"instruction", in11("<?x?>" + head11), soapfault.RuleXML, soapfault.RuleXML},
		{"DTD", "<!DOCTYPE x>" + in11(head11), soapfault.RuleXML, soapfault.RuleXML},
		{"entity", in11(strings.Replace(head11, ">x<", ">&x;<", 1)), soapfault.RuleXML, soapfault.RuleXML},
		{"empty", "", soapfault.RuleXML, soapfault.RuleXML},
		{"too deep", detail(strings.Repeat("<x>", 40) + strings.Repeat("</x>", 40)), soapfault.RuleXML, soapfault.RuleXML},
		{"too long", detail(strings.Repeat(" ", soapfault.MaxFaultLen)), soapfault.RuleXML, soapfault.RuleXML},

		{"1.2", in12(head12 + "<Detail>" + inside + "</Detail>"), "", ""},
		{"1.2, Detail first", in12("<Detail>" + inside + "</Detail>" + head12), "", ""},
		{"1.2, both Details", in12(head12 + "<s:Detail><ErrorCode/></s:Detail><Detail>" + inside + "</Detail>"), "", ""},
		{"1.2, Detail of SOAP", in12(head12 + "<s:Detail>" + inside + "</s:Detail>"), "", ""},
		{"1.2, Node and Role", in12(head12 + "<s:Node>n</s:Node><s:Role>r</s:Role>"), "", ""},
		{"1.2, Role before Node", in12(head12 + "<s:Role>r</s:Role><s:Node>n</s:Node>"), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, Detail twice", in12(head12 + "<Detail/><Detail/>"), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, detail", in12(head12 + "<detail/>"), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, no Value", in12(`<s:Code/><s:Reason><s:Text>x</s:Text></s:Reason>`), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, Subcode", in12(`<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>x</s:Value></s:Subcode></s:Code><s:Reason><s:Text>x</s:Text></s:Reason>`), "", ""},
		{"1.2, Subcode first", in12(`<s:Code><s:Subcode/><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>x</s:Text></s:Reason>`), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, no Text", in12(`<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason/>`), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, another in Reason", in12(`<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><Text/></s:Reason>`), soapfault.RuleFault12, soapfault.RuleFault12},
		{"1.2, element behind the body", strings.Replace(in12(head12), "</s:Envelope>", `<x xmlns="urn:x"/></s:Envelope>`, 1), soapfault.RuleEnvelope, soapfault.RuleEnvelope},
	} {
		for _, p := range []struct {
			profile *soapfault.Profile
			want    soapfault.Rule
		}{{&ordered, test.ordered}, {&free, test.free}} {
			_, err := p.profile.DecodeFault([]byte(test.text))
			checkRule(t, test.name, test.text, err, p.want)
		}
	}
}

// checkRule checks that an error is one of the rule, none if that is "".
func checkRule(t *testing.T, name, text string, err error, want soapfault.Rule) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return
	}
	var e *soapfault.Error
	if !errors.As(err, &e) || !errors.Is(err, want) {
		t.Errorf("%s: %v, not %s", name, err, want)
		return
	}
	if e.Offset < 0 || e.Offset > len(text) || !strings.Contains(err.Error(), want.Section()) || len(e.Value) > 128 {
		t.Errorf("%s: %+v", name, e)
	}
}

func TestFaultValues(t *testing.T) {
	f, err := free.DecodeFault([]byte(in12(head12 + `<s:Role>r</s:Role><s:Detail><ErrorCode/></s:Detail><Detail>` + strings.ToUpper("<a/>") +
		`<ErrorCode>Gone</ErrorCode><Message>m&amp;</Message><ID>` + strings.ToUpper(id) + `</ID><Method>"q"</Method>t</Detail>`)))
	if err != nil {
		t.Fatal(err)
	}
	a := f.Application
	if f.SOAP != soapfault.SOAP12 || f.Code != "Sender" || f.Reason != "x" || f.Actor != (soapfault.Text{Value: "r", Present: true}) || !f.EnvelopeDetail ||
		f.ErrorCode() != "Gone" || a.Message.Value != "m&" || a.ID != id || a.Method.Value != `"q"` || len(f.Detail) != 5 {
		t.Errorf("%+v %+v", f, a)
	}
	if len(f.Notes) != 3 {
		t.Errorf("%+v", f.Notes)
	}
}

// call puts an operation into an envelope.
func call(operation string) string {
	return `<s:Envelope xmlns:s="` + soapfault.Namespace11 + `" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><s:Body>` + operation + `</s:Body></s:Envelope>`
}

const cookie = `<Expiration>2026-01-01T00:00:00Z</Expiration><EncryptedData>AA==</EncryptedData>`

func TestCalls(t *testing.T) {
	get := func(children string) string { return call(`<Get xmlns="urn:t">` + children + `</Get>`) }
	ask := func(children string) string { return call(`<Ask xmlns="urn:t">` + children + `</Ask>`) }
	answer := func(children string) string { return call(`<AskResponse xmlns="urn:t">` + children + `</AskResponse>`) }
	for _, test := range []struct {
		name, text string
		response   bool
		want       soapfault.Rule
	}{
		{"cookie", get("<cookie>" + cookie + "</cookie>"), false, ""},
		{"no cookie", get(""), false, ruleNeeded},
		{"cookie is nil", get(`<cookie i:nil="true"/>`), false, ruleNeeded},
		{"no cookie needed", ask(""), false, ""},
		{"cookie twice", get("<cookie>" + cookie + "</cookie><cookie>" + cookie + "</cookie>"), false, ruleCookie},
		{"cookie without data", get("<cookie><Expiration>2026-01-01T00:00:00Z</Expiration></cookie>"), false, ruleCookie},
		{"cookie with empty data", get("<cookie><Expiration>2026-01-01T00:00:00Z</Expiration><EncryptedData/></cookie>"), false, ruleCookie},
		{"cookie of a report", call(`<Report xmlns="urn:t"><cookie><Expiration>9999-12-31T23:59:59.9999999</Expiration><EncryptedData/></cookie></Report>`), false, ""},
		{"no Expiration", get("<cookie><EncryptedData>AA==</EncryptedData></cookie>"), false, ruleCookie},
		{"Expiration twice", get("<cookie><Expiration>2026-01-01T00:00:00Z</Expiration>" + cookie + "</cookie>"), false, ruleCookie},
		{"data before Expiration", get("<cookie><EncryptedData>AA==</EncryptedData><Expiration>2026-01-01T00:00:00Z</Expiration></cookie>"), false, ruleCookie},
		{"no dateTime", get("<cookie>" + strings.Replace(cookie, "T", " ", 1) + "</cookie>"), false, soapfault.RuleDateTime},
		{"other element in cookie", get("<cookie>" + cookie + "<x/></cookie>"), false, ruleCookie},
		{"text in cookie", get("<cookie>x" + cookie + "</cookie>"), false, ruleCookie},
		{"other namespace in cookie", get("<cookie>" + strings.Replace(cookie, "<Expiration>", `<Expiration xmlns="">`, 1) + "</cookie>"), false, ruleCookie},
		{"base64 with white space", get("<cookie>" + strings.Replace(cookie, "AA==", " A\nA = = ", 1) + "</cookie>"), false, ""},
		{"base64 with bits behind", get("<cookie>" + strings.Replace(cookie, "AA==", "AB==", 1) + "</cookie>"), false, soapfault.RuleBase64},
		{"old cookie", ask("<oldCookie><Expiration>2026-01-01T00:00:00Z</Expiration></oldCookie>"), false, ""},
		{"empty old cookie", ask("<oldCookie/>"), false, ruleCookie},
		{"nil with content", ask(`<oldCookie i:nil="true"><x/></oldCookie>`), false, soapfault.RuleNil},
		{"nil field with content", ask(`<a i:nil="1">x</a>`), false, soapfault.RuleNil},
		{"nil dateTime", ask(`<lastChange i:nil="true"/>`), false, ""},
		{"dateTime", ask(`<lastChange>2026-01-01</lastChange>`), false, soapfault.RuleDateTime},
		{"boolean", ask(`<filter><GetConfig>1</GetConfig></filter>`), false, ""},
		{"no boolean", ask(`<filter><GetConfig>True</GetConfig></filter>`), false, soapfault.RuleBoolean},
		{"one authorization cookie", ask("<authCookies><AuthorizationCookie><CookieData/><PlugInId>p</PlugInId></AuthorizationCookie></authCookies>"), false, ""},
		{"two authorization cookies", ask("<authCookies>" + strings.Repeat("<AuthorizationCookie><PlugInId/><CookieData/></AuthorizationCookie>", 2) + "</authCookies>"), false, ruleAuth},
		{"no authorization cookie", ask("<authCookies/>"), false, ruleAuth},
		{"no CookieData", ask("<authCookies><AuthorizationCookie><PlugInId/></AuthorizationCookie></authCookies>"), false, ruleAuth},
		{"no plug-in", answer("<r><AuthInfo/></r>"), true, ruleInfo},
		{"one plug-in", answer("<r><AuthInfo><AuthPlugInInfo><PlugInID/><ServiceUrl/></AuthPlugInInfo></AuthInfo></r>"), true, ""},
		{"new cookie", answer("<r><NewCookie>" + cookie + "</NewCookie></r>"), true, ""},
		{"bad new cookie", answer("<r><NewCookie/></r>"), true, ruleCookie},
		{"deeper NewCookie is another", answer("<r><x><NewCookie/></x></r>"), true, ""},
		{"other operation", call(`<Other xmlns="urn:t"/>`), false, ""},
		{"other namespace", call(`<Ask xmlns="urn:x"/>`), false, ruleOperation},
		{"no namespace", call(`<Ask/>`), false, ruleOperation},
		{"namespace of another operation", call(`<Ask xmlns="urn:u"/>`), false, ruleOperation},
		{"request, not response", ask(""), true, ruleOperation},
		{"response, not request", answer(""), false, ruleOperation},
		{"fault", in11(head11), true, soapfault.RuleBody},
		{"text in operation", ask("x"), false, ruleOperation},
		{"two operations", strings.Replace(ask(""), "</s:Body>", "<x/></s:Body>", 1), false, soapfault.RuleBody},
	} {
		decode := ordered.DecodeRequest
		if test.response {
			decode = ordered.DecodeResponse
		}
		_, err := decode([]byte(test.text))
		checkRule(t, test.name, test.text, err, test.want)
	}
}

func TestCallValues(t *testing.T) {
	c, err := ordered.DecodeResponse([]byte(call(`<AskResponse xmlns="urn:t"><AskResult> <a>1</a><b>x<c> 2 </c></b><a i:nil="true"/>` +
		`<Properties><ConfigurationProperty><Value>v</Value><Name>n</Name></ConfigurationProperty></Properties></AskResult></AskResponse>`)))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := c.Field("a")
	if len(c.Fields) != 3 || a.Value != "1" || a.In != "AskResult" || c.Fields[1].Value != "2" || c.Fields[1].In != "b" || !c.Fields[2].Nil ||
		len(c.Properties) != 1 || c.Properties[0] != (soapfault.Property{Name: "n", Value: "v"}) || len(c.Notes) != 1 {
		t.Errorf("%+v", c)
	}
	if _, ok := c.Field("z"); ok {
		t.Error("a field that is not there")
	}
}

// An error tells nothing of a cookie.
func TestErrorHidesCookie(t *testing.T) {
	_, err := ordered.DecodeRequest([]byte(call(`<Get xmlns="urn:t"><cookie>` + strings.Replace(cookie, "AA==", "SECRET", 1) + `</cookie></Get>`)))
	if err == nil || strings.Contains(err.Error(), "SECRET") {
		t.Error(err)
	}
}

func TestDateTimes(t *testing.T) {
	for text, want := range map[string]string{
		"2026-10-04T16:03:35.9967236Z":  "2026-10-04T16:03:35.9967236Z",
		" 2026-10-04T16:03:35 ":         "2026-10-04T16:03:35Z",
		"2026-10-04T16:03:35.5+02:00":   "2026-10-04T14:03:35.5Z",
		"2026-12-31T23:59:59-14:00":     "2027-01-01T13:59:59Z",
		"2024-02-29T24:00:00Z":          "2024-03-01T00:00:00Z",
		"9999-12-31T23:59:59.9999999":   "9999-12-31T23:59:59.9999999Z",
		"2026-10-04T16:03:35.99672361Z": "",
		"2026-10-04T16:03:35.Z":         "",
		"2026-10-04 16:03:35Z":          "",
		"2026-10-04T16:03Z":             "",
		"2026-02-29T00:00:00Z":          "",
		"2026-13-01T00:00:00Z":          "",
		"2026-00-01T00:00:00Z":          "",
		"2026-01-00T00:00:00Z":          "",
		"0000-01-01T00:00:00Z":          "",
		"2026-01-01T24:00:01Z":          "",
		"2026-01-01T00:60:00Z":          "",
		"2026-01-01T00:00:60Z":          "",
		"2026-01-01T00:00:00z":          "",
		"2026-01-01T00:00:00+14:01":     "",
		"2026-01-01T00:00:00+1:00":      "",
		"2026-01-01T00:00:00+01:60":     "",
		"2026-01-01T00:00:00+01:00x":    "",
		"+2026-01-01T00:00:00":          "",
		"":                              "",
	} {
		d, err := soapfault.ParseDateTime(text)
		if want == "" {
			if !errors.Is(err, soapfault.RuleDateTime) {
				t.Errorf("%q: %v %v", text, d, err)
			}
			continue
		}
		if err != nil || d.Time.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: %v %v", text, d.Time, err)
		}
	}
}

// What is truncated is never accepted, but for the line end.
func TestTruncated(t *testing.T) {
	for _, text := range []string{detail(inside), in12(head12 + "<Detail>" + inside + "</Detail>")} {
		for n := range len(text) {
			if _, err := free.DecodeFault([]byte(text[:n])); !errors.Is(err, soapfault.RuleXML) && n < len(text)-1 && err == nil {
				t.Fatalf("%d of %d bytes: %v", n, len(text), err)
			}
		}
	}
	text := call(`<Get xmlns="urn:t"><cookie>` + cookie + `</cookie></Get>`)
	for n := range len(text) {
		if _, err := ordered.DecodeRequest([]byte(text[:n])); err == nil {
			t.Fatalf("%d of %d bytes are accepted", n, len(text))
		}
	}
}

// slow reads the ErrorCode of a fault with encoding/xml: the text of the first
// ErrorCode without a namespace in an element that is a child of Fault.
func slow(text string) string {
	d := xml.NewDecoder(strings.NewReader(text))
	var path []xml.Name
	var code strings.Builder
	within := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return code.String()
		}
		if err != nil {
			return "error: " + err.Error()
		}
		switch v := token.(type) {
		case xml.StartElement:
			path = append(path, v.Name)
			within = len(path) == 5 && path[2].Local == "Fault" && path[3].Space == "" && v.Name == xml.Name{Local: "ErrorCode"}
		case xml.EndElement:
			path, within = path[:len(path)-1], false
		case xml.CharData:
			if within {
				code.Write(v)
			}
		}
	}
}

// TestGenerated decodes drawn faults and holds them against what they were made
// from, and against encoding/xml.
func TestGenerated(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aZ9 .<>&\"'é漢😀-")), 0, 40, -1)
	escape := func(s string) string {
		var b strings.Builder
		_ = xml.EscapeText(&b, []byte(s))
		return b.String()
	}
	rapid.Check(t, func(t *rapid.T) {
		code := rapid.SampledFrom(free.Codes).Draw(t, "code")
		message, method, reason := text.Draw(t, "message"), text.Draw(t, "method"), text.Draw(t, "reason")
		guid := rapid.StringMatching("[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}").Draw(t, "id")
		parts := []string{"<ErrorCode>" + code + "</ErrorCode>", "<Message>" + escape(message) + "</Message>", "<ID>" + guid + "</ID>", "<Method>" + escape(method) + "</Method>"}
		space := rapid.SampledFrom([]string{"", "\n  ", "\t", "<!-- c -->"}).Draw(t, "space")
		inner := space + strings.Join(rapid.Permutation(parts).Draw(t, "order"), space) + space
		var all string
		if rapid.Bool().Draw(t, "1.2") {
			all = in12(`<s:Code><s:Value>s:Sender</s:Value></s:Code><s:Reason><s:Text>` + escape(reason) + `</s:Text></s:Reason><Detail>` + inner + `</Detail>`)
		} else {
			all = in11(`<faultcode>s:Client</faultcode><faultstring>` + escape(reason) + `</faultstring><detail>` + inner + `</detail>`)
		}
		prefix := rapid.SampledFrom([]string{"s", "soap", "é"}).Draw(t, "prefix")
		all = strings.NewReplacer("<s:", "<"+prefix+":", "</s:", "</"+prefix+":", "xmlns:s=", "xmlns:"+prefix+"=", ">s:", ">"+prefix+":").Replace(all)
		f, err := free.DecodeFault([]byte(all))
		if err != nil {
			t.Fatalf("%v\n%s", err, all)
		}
		a := f.Application
		if f.Reason != reason || a.ErrorCode.Value != code || a.Message.Value != message || a.Method.Value != method || a.ID != strings.ToLower(guid) {
			t.Fatalf("%+v %+v\n%s", f, a, all)
		}
		if got := slow(all); got != code {
			t.Fatalf("encoding/xml reads %q\n%s", got, all)
		}
	})
}

func FuzzDecodeFault(f *testing.F) {
	for _, s := range []string{detail(inside), in12(head12 + "<Detail>" + inside + "</Detail>"), in11(head11), ""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, p := range []*soapfault.Profile{&ordered, &free} {
			fault, err := p.DecodeFault(b)
			if err != nil {
				checkError(t, err, len(b))
				continue
			}
			if code := fault.ErrorCode(); code != "" && slow(string(b)) != code {
				t.Errorf("ErrorCode is %q, %q for encoding/xml", code, slow(string(b)))
			}
		}
	})
}

func FuzzDecodeCall(f *testing.F) {
	for _, s := range []string{call(`<Get xmlns="urn:t"><cookie>` + cookie + `</cookie></Get>`),
		call(`<AskResponse xmlns="urn:t"><r><AuthInfo><AuthPlugInInfo><PlugInID/></AuthPlugInInfo></AuthInfo></r></AskResponse>`)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := ordered.DecodeRequest(b)
		_, err2 := ordered.DecodeResponse(b)
		if err == nil && err2 == nil {
			t.Error("both a request and a response")
		}
		for _, e := range []error{err, err2} {
			if e != nil {
				checkError(t, e, len(b))
			}
		}
		for _, field := range c.Fields {
			if field.Offset >= len(b) || b[field.Offset] != '<' {
				t.Errorf("%+v", field)
			}
		}
	})
}

func checkError(t *testing.T, err error, n int) {
	t.Helper()
	var e *soapfault.Error
	if !errors.As(err, &e) || e.Rule.Section() == "" || e.Offset < 0 || e.Offset > n || e.Field == "" || e.Detail() == "" {
		t.Errorf("%#v", err)
	}
}

func decodeFault(b []byte) bool {
	f, err := free.DecodeFault(b)
	return err == nil && f.ErrorCode() == "Busy"
}

func BenchmarkDecodeFault(b *testing.B) {
	in := []byte(detail(inside))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		if !decodeFault(in) {
			b.Fatal("not decoded")
		}
	}
}

// A fault costs a fixed number of allocations, and they do not depend on what the
// bytes only claim.
func TestAllocs(t *testing.T) {
	in := []byte(detail(inside))
	long := []byte(detail(inside + strings.Repeat(" ", 1<<16)))
	n, more := testing.AllocsPerRun(20, func() { decodeFault(in) }), testing.AllocsPerRun(20, func() { decodeFault(long) })
	if n > 16 || more > n+4 {
		t.Errorf("%v allocations, %v for a longer one", n, more)
	}
}
