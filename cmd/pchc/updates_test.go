package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestUpdates: pcap lists the calls to update services, check holds their order against
// the specification.
func TestUpdates(t *testing.T) {
	const space = "http://www.microsoft.com/SoftwareDistribution/Server/ClientWebService"
	envelope := func(body string) []byte {
		return []byte(`<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>` + body + `</s:Body></s:Envelope>`)
	}
	ask := func(op, content string) []byte {
		return capturetest.Post("/ClientWebService/client.asmx", envelope("<"+op+` xmlns="`+space+`">`+content+"</"+op+">"), "SOAPAction: \""+space+"/"+op+"\"")
	}
	const cookie = "<cookie><Expiration>2026-01-01T00:00:00Z</Expiration><EncryptedData>AAAA</EncryptedData></cookie>"
	fault := capturetest.Answer(500, envelope("<s:Fault><faultcode>s:Client</faultcode><faultstring>x</faultstring><detail><ErrorCode>CookieExpired</ErrorCode>"+
		"<ID>0f0e0d0c-0b0a-4908-8706-050403020100</ID></detail></s:Fault>"))
	var trace capturetest.Trace
	trace.Conn(0).Open().Send(ask("SyncUpdates", cookie)).Reply(fault).Send(ask("SyncUpdates", cookie)).Reply(fault).Close()
	file := string(trace.Encode(capturetest.Format{}))

	out, status := pchc(t, file, "pcap")
	if status != 0 || strings.Count(out, "wusp:request ") != 2 || strings.Count(out, "wusp:fault ") != 2 || !strings.Contains(out, "error_code CookieExpired") {
		t.Errorf("%d:\n%s", status, out)
	}
	out, status = pchc(t, file, "pcap", "--verbose", "--protocol", "wusp")
	if status != 0 || strings.Count(out, "wusp:fault, ") != 2 || !strings.Contains(out, "encrypted_data_length") {
		t.Errorf("%d:\n%s", status, out)
	}
	if out, status = pchc(t, file, "pcap", "--protocol", "wsusss"); status != 0 || strings.Contains(out, "wusp") {
		t.Errorf("%d:\n%s", status, out)
	}
	out, _ = pchc(t, file, "pcap", "--json")
	var o struct {
		Message string
		Valid   bool
		Fields  struct{ Operation string }
		Capture struct {
			Frame     int
			Direction string
		}
	}
	if err := json.Unmarshal([]byte(out[:strings.IndexByte(out, '\n')]), &o); err != nil || o.Message != "wusp:request" || !o.Valid ||
		o.Fields.Operation != "SyncUpdates" || o.Capture.Frame != 4 || o.Capture.Direction != "request" {
		t.Errorf("%v %+v\n%s", err, o, out)
	}
	out, status = pchc(t, file, "check")
	if status != statusViolated || !strings.Contains(out, "WUSP-3.2.5-RecoverySteps") {
		t.Errorf("%d:\n%s", status, out)
	}
}
