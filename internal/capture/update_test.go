package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestUpdateCalls: SOAP calls are found by SOAPAction or path, only where they are
// asked for; a fault is a response with status 500.
func TestUpdateCalls(t *testing.T) {
	const space = "http://www.microsoft.com/SoftwareDistribution/"
	body := []byte("<soap/>")
	for _, test := range []struct {
		path, action string
		want         Protocol
	}{
		{"/ClientWebService/client.asmx", space + "Server/ClientWebService/GetConfig", WUSP},
		{"/ClientWebService/CLIENT.ASMX", "", WUSP},
		{"/x/SimpleAuthWebService/SimpleAuth.asmx", "", WUSP},
		{"/other", space + "Server/SimpleAuthWebService/GetAuthorizationCookie", WUSP},
		{"/ReportingWebService/ReportingWebService.asmx", space + "ReportEventBatch", WUSP},
		{"/ReportingWebService/ReportingWebService.asmx", space + "RollupComputers", WSUSSS},
		{"/ReportingWebService/ReportingWebService.asmx", "", WUSP},
		{"/ServerSyncWebService/ServerSyncWebService.asmx", "", WSUSSS},
		{"/DssAuthWebService/DssAuthWebService.asmx", space + "Server/DssAuthWebService/GetAuthorizationCookie", WSUSSS},
		{"/other", space + "Server/OtherWebService/X", 0},
		{"/other", "urn:x", 0},
		{"/ClientWebService/client.asmx/x", "", 0},
		{"/client.asmx", "", 0},
	} {
		header := []string{"X: y"}
		if test.action != "" {
			header = []string{"soapaction: \"" + test.action + "\""}
		}
		var trace capturetest.Trace
		trace.Conn(0).Open().Send(capturetest.Post(test.path, body, header...)).Reply(capturetest.Answer(200, body)).
			Send(capturetest.Post(test.path, body, header...)).Reply(capturetest.Answer(500, body)).
			Send(capturetest.Post(test.path, body, header...)).Reply(capturetest.Answer(503, body)).Close()
		file := trace.Encode(capturetest.Format{})
		if out := read(bytes.NewReader(file)); len(out.events) > 0 {
			t.Errorf("%s %s, not asked for: %+v", test.path, test.action, out.events)
		}
		out := readWith(bytes.NewReader(file), Options{Updates: true, Exchanges: true})
		want := "request 0 7, response 200 7, request 0 7, response 500 7, request 0 7, failure 503 0"
		if test.want == 0 {
			want = ""
		}
		var got []string
		for _, e := range out.events {
			kind := map[EventKind]string{Request: "request", Response: "response", Failure: "failure"}[e.Kind]
			got = append(got, fmt.Sprintf("%s %d %d", kind, e.Status, len(e.Body)))
			if e.Protocol != test.want {
				t.Errorf("%s %s: %+v", test.path, test.action, e)
			}
		}
		if s := strings.Join(got, ", "); s != want || out.sum.Requests+out.sum.Responses > 0 {
			t.Errorf("%s %s: %s, %+v", test.path, test.action, s, out.sum)
		}
	}
}

// A body with a coding is not read, and that is said.
func TestUpdateCoded(t *testing.T) {
	var trace capturetest.Trace
	const path = "/ClientWebService/client.asmx"
	c := trace.Conn(0).Open()
	c.Send(capturetest.Post(path, []byte("q"))).Reply(capturetest.Answer(200, []byte("coded"), "Content-Encoding: xpress"))
	c.Send(capturetest.Post(path, []byte("coded"), "Content-Encoding: gzip")).Reply(capturetest.Answer(200, []byte("a"))).
		Send(capturetest.Post(path, []byte("r"), "Content-Encoding: identity")).Reply(capturetest.Answer(200, []byte("s"))).Close()
	out := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Updates: true})
	var bodies string
	for _, m := range out.messages {
		bodies += m.Body
	}
	if bodies != "qrs" || len(out.problems) != 2 || !strings.Contains(out.problems[0], "response is not read: it has Content-Encoding \"xpress\"") ||
		!strings.Contains(out.problems[1], "request is not read: it has Content-Encoding \"gzip\"") {
		t.Errorf("%q %q", bodies, out.problems)
	}
}
