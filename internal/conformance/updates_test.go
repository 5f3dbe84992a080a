package conformance

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

const (
	ofClients = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"
	ofLogin   = "http://www.microsoft.com/SoftwareDistribution/Server/SimpleAuthWebService"
	ofServers = "http://www.microsoft.com/SoftwareDistribution"
	ofDSS     = "http://www.microsoft.com/SoftwareDistribution/Server/DssAuthWebService"

	clientPath = "/ClientWebService/client.asmx"
	serverPath = "/ServerSyncWebService/serversyncwebservice.asmx"
)

func soapMessage(body string) []byte {
	return []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`)
}

// cookie is an element of that name. The data is base64 of three bytes.
func cookie(name, data string) string {
	if data == "" {
		return ""
	}
	return "<" + name + "><Expiration>2026-01-01T00:00:00Z</Expiration><EncryptedData>" + data + "</EncryptedData></" + name + ">"
}

// soapCall sends a call and its answer: "fault CODE", or what is in the result.
func soapCall(c *capturetest.Conn, path, namespace, op, content, answer string) *capturetest.Conn {
	c.Send(capturetest.Post(path, soapMessage("<"+op+` xmlns="`+namespace+`">`+content+"</"+op+">"), "SOAPAction: \""+namespace+"/"+op+"\""))
	if code, ok := strings.CutPrefix(answer, "fault "); ok {
		detail := "<detail><ErrorCode>" + code + "</ErrorCode><Message/><ID>0f0e0d0c-0b0a-4908-8706-050403020100</ID></detail>"
		if code == "" {
			detail = ""
		}
		return c.Reply(capturetest.Answer(500, soapMessage("<s:Fault><faultcode>s:Client</faultcode><faultstring/>"+detail+"</s:Fault>")))
	}
	return c.Reply(capturetest.Answer(200, soapMessage("<"+op+`Response xmlns="`+namespace+`">`+answer+"</"+op+"Response>")))
}

func TestUpdates(t *testing.T) {
	client := func(c *capturetest.Conn, calls string) {
		for line := range strings.SplitSeq(strings.TrimSpace(calls), "\n") {
			words := append(strings.Fields(line), "", "", "")
			op, sent, answer := words[0], strings.TrimPrefix(words[1], "-"), words[2]
			namespace := ofClients
			if op == "GetAuthorizationCookie" {
				namespace = ofLogin
			}
			switch {
			case strings.HasPrefix(answer, "fault="):
				answer = "fault " + answer[6:]
			case op == "GetCookie" && answer != "":
				answer = cookie("GetCookieResult", answer)
			case op == "GetConfig":
				answer = "<GetConfigResult><IsRegistrationRequired>" + fmt.Sprint(answer == "required") + "</IsRegistrationRequired></GetConfigResult>"
			case answer != "":
				answer = "<r>" + cookie("NewCookie", answer) + "</r>"
			}
			soapCall(c, clientPath, namespace, op, cookie("cookie", sent), answer)
		}
	}
	server := func(c *capturetest.Conn, calls string) {
		for line := range strings.SplitSeq(strings.TrimSpace(calls), "\n") {
			words := append(strings.Fields(line), "", "", "")
			op, sent, answer := words[0], strings.TrimPrefix(words[1], "-"), words[2]
			namespace := ofServers
			if op == "GetAuthorizationCookie" {
				namespace = ofDSS
			}
			if code, ok := strings.CutPrefix(answer, "fault="); ok {
				answer = "fault " + code
			} else if op == "GetCookie" {
				answer = cookie("GetCookieResult", answer)
			}
			soapCall(c, serverPath, namespace, op, cookie("cookie", sent), answer)
		}
	}
	const handshake = "GetConfig\nGetAuthorizationCookie\nGetCookie - AAAA\n"
	const login = "GetAuthConfig\nGetAuthorizationCookie\nGetCookie - AAAA\n"
	for _, test := range []struct {
		name  string
		talk  func(c *capturetest.Conn, calls string)
		calls string
		want  string // the rule and the frame of the request; "" for none
	}{
		{"in order", client, handshake + "SyncUpdates AAAA BBBB\nGetExtendedUpdateInfo BBBB\n" + handshake + "SyncUpdates AAAA", ""},
		{"begins in the middle", client, "SyncUpdates CCCC\nGetExtendedUpdateInfo DDDD\nRegisterComputer DDDD", ""},
		{"cookie first", client, "GetConfig\nGetCookie - AAAA", "WUSP-3.2.5-PhaseOrder 8"},
		{"recovery", client, handshake + "SyncUpdates AAAA fault=CookieExpired\nGetAuthorizationCookie\nGetCookie - BBBB\nSyncUpdates BBBB", ""},
		{"no recovery", client, handshake + "SyncUpdates AAAA fault=CookieExpired\nSyncUpdates AAAA", "WUSP-3.2.5-RecoverySteps 20"},
		{"no recovery, cookie from before", client, "SyncUpdates CCCC fault=ConfigChanged\nSyncUpdates CCCC", "WUSP-3.2.5-RecoverySteps 8"},
		{"no registration", client, "GetConfig - required\nGetAuthorizationCookie\nGetCookie - AAAA\nSyncUpdates AAAA", "WUSP-3.1.5.5-RegisterWhenRequired 16"},
		{"servers", server, login + "GetConfigData AAAA\nGetDeployments AAAA\n" + login, ""},
		{"servers, in the middle", server, "GetUpdateData CCCC\nGetUpdateData CCCC", ""},
		{"deployments first", server, login + "GetDeployments AAAA\nGetConfigData AAAA", "WSUSSS-3.2.4-PhaseOrder 16"},
		{"no stop", server, login + "GetConfigData AAAA fault=InternalServerError\nGetConfigData AAAA", "WSUSSS-3.2.4-FaultReact 20"},
		{"no code", server, login + "GetConfigData AAAA fault=\nGetConfigData AAAA", "WSUSSS-3.2.4-FaultNoCodeStop 20"},
		{"restart", server, login + "GetConfigData AAAA fault=InvalidCookie\n" + login, ""},
		{"another code", server, login + "GetConfigData AAAA fault=ConfigChanged", "WSUSSS-2.2.9.3-ErrorCode 18"},
		{"no cookie", server, login + "GetConfigData", "WSUSSS-3.2.4-MetadataUsesCookie 16"},
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		test.talk(c, test.calls)
		c.Close()
		if got := read(t, &trace); got != test.want {
			t.Errorf("%s: %q, not %q", test.name, got, test.want)
		}
	}
}

// What is lost is no violation: the calls after it begin anew.
func TestUpdatesLost(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	soapCall(c, clientPath, ofClients, "SyncUpdates", cookie("cookie", "AAAA"), "fault CookieExpired")
	soapCall(c, clientPath, ofLogin, "GetAuthorizationCookie", "", "")
	soapCall(c, clientPath, ofClients, "SyncUpdates", cookie("cookie", "AAAA"), "")
	c.Close()
	lost := false
	trace.Drop(func(_ int, p *capturetest.Packet) bool { // an answer
		is := !lost && bytes.Contains(p.Data, []byte("GetAuthorizationCookieResponse"))
		lost = lost || is
		return is
	})
	if got := read(t, &trace); !strings.HasPrefix(got, CaptureProblem) || strings.Contains(got, "WUSP") {
		t.Error(got)
	}
}
