package pccrtp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/pccrtp"
	"github.com/hostedcache/pchc/internal/testutil"
)

func TestImports(t *testing.T) { testutil.Imports(t, "github.com/hostedcache/pchc/pccrc") }

// describe writes an error as rule, path, offset.
func describe(err error) string {
	var e pccrtp.Error
	if !errors.As(err, &e) {
		return fmt.Sprint(err)
	}
	return fmt.Sprint(e.Rule, " ", e.Path(), " ", e.Offset)
}

func TestRequest(t *testing.T) {
	const ex = "MinContentInformation=1.0, MaxContentInformation=2.0"
	for _, c := range []struct {
		accept, dist, ex string
		format, sender   string
	}{
		{"", "", "", "", ""},
		{"gzip, deflate, peerdist", "Version=1.1", ex, "", ""},
		{"PeerDist;q=0.5", "version = 1.0 ,", "", "", ""},
		{"peerdist;q=0.000, gzip", "", "", "", ""},
		{"gzip", "Version=1.1, MissingDataRequest=true", "", "", ""},
		{"", "Version=1.1", ex + ", HashRequest=true", "", ""},
		{"", "Version=1.1", ", , " + ex + ",\t HashRequest=true,", "", ""},
		{"peerdist", "", "", "", "PCCRTP-3.1.4-Params X-P2P-PeerDist 0"},
		{"peerdist", "MissingDataRequest=false", "", "", "PCCRTP-2.2-Parameters X-P2P-PeerDist.MissingDataRequest 0"},
		{"peerdist", ",,", "", "", "PCCRTP-3.1.4-Params X-P2P-PeerDist.Version 2"},
		{"peerdist", "Version=1.1", "", "", "PCCRTP-3.1.4-Params X-P2P-PeerDistEx 0"},
		{"peerdist", "Version=1.1", "MinContentInformation=1.0", "", "PCCRTP-3.1.4-Params X-P2P-PeerDistEx.MaxContentInformation 25"},
		{"peerdist", "Version=1.1", "MaxContentInformation=1.0", "", "PCCRTP-3.1.4-Params X-P2P-PeerDistEx.MinContentInformation 25"},
		{"peerdist", "Version=1.0, MissingDataRequest=True", "", "", "PCCRTP-2.2-Parameters X-P2P-PeerDist.MissingDataRequest 13"},
		{"peerdist", "Version=1.0, MissingDataRequest=true", "", "", "PCCRTP-2.2-Missing X-P2P-PeerDist.MissingDataRequest 13"},
		{"", "Version=1.0, Other=1", "", "", "PCCRTP-2.2-Parameters X-P2P-PeerDist 13"},
		{"", "ContentLength=1", "", "", "PCCRTP-2.2-Parameters X-P2P-PeerDist.ContentLength 0"},
		{"", "", "MakeHashRequest=true", "", "PCCRTP-2.2-Parameters X-P2P-PeerDistEx.MakeHashRequest 0"},
		{"", "", "MinContentInformation=2.0", "", "PCCRTP-2.2-MinMax X-P2P-PeerDistEx.MinContentInformation 0"},
		{"", "", "MinContentInformation=1.0,MaxContentInformation=999.0", "", "PCCRTP-2.2-MinMax X-P2P-PeerDistEx.MaxContentInformation 26"},
		{"", " Version", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist 1", ""},
		{"", "=1.0", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist 0", ""},
		{"", "Version=1", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 0", ""},
		{"", "Version=1. 0", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 0", ""},
		{"", "Version=0.0", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 0", ""},
		{"", "Version=4294967296.0", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 0", ""},
		{"", "Version=1.0,Version=1.0", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.Version 12", ""},
		{"", "ContentLength=9223372036854775808", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.ContentLength 0", ""},
		{"", "MissingDataRequest=1", "", "PCCRTP-2.2-PeerDist X-P2P-PeerDist.MissingDataRequest 0", ""},
		{"", "Version=1.0", "HashRequest=", "PCCRTP-2.2-PeerDistEx X-P2P-PeerDistEx.HashRequest 0", ""},
		{"", "x", "y", "PCCRTP-2.2-PeerDist X-P2P-PeerDist 0", ""},
		{"", "Version=1.0", "y", "PCCRTP-2.2-PeerDistEx X-P2P-PeerDistEx 0", ""},
	} {
		h := pccrtp.RequestHeader{AcceptEncoding: c.accept, PeerDist: c.dist, PeerDistEx: c.ex}
		_, err := pccrtp.DecodeRequest(h)
		if got := describe(err); err == nil && c.format != "" || err != nil && got != c.format {
			t.Errorf("%+v: %v, want %s", h, err, c.format)
		}
		var e pccrtp.Error
		if errors.As(err, &e) && (e.Sender || e.Message != "HTTP request" || e.Rule.Section() != "MS-PCCRTP 2.2") {
			t.Errorf("%+v: %v", h, err)
		}
		if c.format != "" && c.sender == "" {
			continue
		}
		err = h.CheckSenderRules()
		if got := describe(err); err == nil && c.sender != "" || err != nil && got != c.sender {
			t.Errorf("%+v: %v, want %s", h, err, c.sender)
		}
		if errors.As(err, &e) && !e.Sender {
			t.Errorf("%+v: %v", h, err)
		}
	}
}

func TestResponse(t *testing.T) {
	for _, c := range []struct {
		encoding, dist, ex string
		validator          bool
		format, sender     string
	}{
		{"", "", "", false, "", ""},
		{"gzip", "Version=1.1", "MakeHashRequest=true", false, "", ""},
		{"PeerDist", "Version=1.0, ContentLength=102400", "", true, "", ""},
		{"identity, peerdist", "Version=1.0, ContentLength=0", "", true, "", ""},
		{"gzip, peerdist", "", "", true, "PCCRTP-2.2-ContentEncoding Content-Encoding 0", ""},
		{"peerdist, peerdist", "", "", true, "PCCRTP-2.2-ContentEncoding Content-Encoding 0", ""},
		{"peerdist", "", "", true, "", "PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist 0"},
		{"peerdist", "Version=1.0", "", true, "", "PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist.ContentLength 11"},
		{"peerdist", "ContentLength=5", "", true, "", "PCCRTP-3.2.5.1-ContentLength X-P2P-PeerDist.Version 15"},
		{"peerdist", "Version=1.0,ContentLength=5", "", false, "", "PCCRTP-3.2-Validator ETag 0"},
		{"", "MissingDataRequest=true", "", true, "", "PCCRTP-2.2-Parameters X-P2P-PeerDist.MissingDataRequest 0"},
		{"", "", "HashRequest=true", true, "", "PCCRTP-2.2-Parameters X-P2P-PeerDistEx.HashRequest 0"},
		{"", "ContentLength=-1", "", true, "PCCRTP-2.2-PeerDist X-P2P-PeerDist.ContentLength 0", ""},
	} {
		h := pccrtp.ResponseHeader{ContentEncoding: c.encoding, PeerDist: c.dist, PeerDistEx: c.ex, Validator: c.validator}
		_, err := pccrtp.DecodeResponse(h)
		if got := describe(err); err == nil && c.format != "" || err != nil && got != c.format {
			t.Errorf("%+v: %v, want %s", h, err, c.format)
		}
		if c.format != "" {
			continue
		}
		if err = h.CheckSenderRules(); err == nil && c.sender != "" || err != nil && describe(err) != c.sender {
			t.Errorf("%+v: %v, want %s", h, err, c.sender)
		}
	}
}

func TestNegotiate(t *testing.T) {
	for _, c := range []struct{ dist, ex, want string }{
		{"Version=1.0", "", "1.0 1.0 true"},
		{"Version=1.1", "MinContentInformation=1.0, MaxContentInformation=2.0", "1.1 2.0 true"},
		{"Version=1.1", "MinContentInformation=1.0, MaxContentInformation=1.0", "1.1 1.0 true"},
		{"Version=1.1", "", "1.1 1.0 true"},
		{"Version=1.23", "MaxContentInformation=2.0", "1.1 2.0 true"},
		{"Version=999.999", "MaxContentInformation=999.0", "0.0 0.0 false"},
		{"Version=1.1", "MinContentInformation=900.0, MaxContentInformation=2.0", "0.0 0.0 false"},
		{"Version=0.9", "", "0.0 0.0 false"},
		{"", "", "0.0 0.0 false"},
	} {
		r, err := pccrtp.DecodeRequest(pccrtp.RequestHeader{AcceptEncoding: "peerdist", PeerDist: c.dist, PeerDistEx: c.ex})
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.Negotiate()); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.dist, c.ex, got, c.want)
		}
		if r.Accepts = false; strings.HasSuffix(fmt.Sprint(r.Negotiate()), "true") {
			t.Errorf("%s: negotiates what is not accepted", c.dist)
		}
	}
	if pccrtp.Version.Compare(pccrtp.Version{Major: 1, Minor: 23}, pccrtp.Version{Major: 1, Minor: 3}) != 1 {
		t.Error("1.23 is not higher than 1.3")
	}
}

// What a response claims is compared with its body and its request.
func TestClaims(t *testing.T) {
	request := pccrtp.NewRequest(pccrtp.Version10)
	response := pccrtp.NewResponse(request, 70000)
	for _, err := range []error{response.CheckLength(70000), response.CheckVersion(request), request.CheckContent(pccrtp.Version10), pccrtp.Response{}.CheckLength(5), response.CheckVersion(pccrtp.Request{})} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := response.CheckLength(69999); fmt.Sprint(err) != "pchc: HTTP response: X-P2P-PeerDist.ContentLength is 70000, not the length of the content range (offset 0, MS-PCCRTP 3.2.5.1)" {
		t.Error(err)
	}
	if err := request.CheckContent(pccrtp.Version20); fmt.Sprint(err) != "pchc: HTTP response: Content Information has version 2.0, higher than the request asks for (offset 0, MS-PCCRTP 3.2.5.1)" {
		t.Error(err)
	}
	request.PeerDistEx.MinContentInformation, request.PeerDistEx.MaxContentInformation = pccrtp.Version20, pccrtp.Version20
	if err := request.CheckContent(pccrtp.Version10); !errors.Is(err, pccrtp.RuleRange) {
		t.Error(err)
	}
	request.PeerDist.Version = pccrtp.Version10
	if err := response.CheckVersion(request); !errors.Is(err, pccrtp.RuleVersion) {
		t.Error(err)
	}
}

// The vectors of the test suite.
func TestVectors(t *testing.T) {
	lines, err := os.ReadFile("testdata/pccrtp.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"request.lo-v2.38":         "",
		"request.wpts.V2.missing1": "PCCRTP-2.2-Missing X-P2P-PeerDist.MissingDataRequest 12",
		"request.missing-false":    "PCCRTP-2.2-Parameters X-P2P-PeerDist.MissingDataRequest 13",
	}
	n := 0
	for line := range bytes.Lines(lines) {
		var v struct {
			ID     string
			Fields struct {
				Headers  map[string]string
				PeerDist [][2]string `json:"X-P2P-PeerDist"`
				Ex       [][2]string `json:"X-P2P-PeerDistEx"`
				Accepts  bool        `json:"peerdist_in_Accept-Encoding"`
			}
		}
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		n++
		h := pccrtp.RequestHeader{AcceptEncoding: v.Fields.Headers["Accept-Encoding"], PeerDist: v.Fields.Headers["X-P2P-PeerDist"], PeerDistEx: v.Fields.Headers["X-P2P-PeerDistEx"]}
		r, err := pccrtp.DecodeRequest(h)
		if err != nil || r.Accepts != v.Fields.Accepts {
			t.Errorf("%s: %+v, %v", v.ID, r, err)
		}
		for _, pair := range append(v.Fields.PeerDist, v.Fields.Ex...) {
			text := string(r.PeerDist.Append(nil)) + ", " + string(r.PeerDistEx.Append(nil))
			if !strings.Contains(text, pair[0]+"="+pair[1]) {
				t.Errorf("%s: %v is not in %s", v.ID, pair, text)
			}
		}
		if err := h.CheckSenderRules(); err == nil && want[v.ID] != "" || err != nil && describe(err) != want[v.ID] {
			t.Errorf("%s: %v, want %s", v.ID, err, want[v.ID])
		}
	}
	if n != len(want) {
		t.Errorf("%d vectors", n)
	}
}

func versions(r *rapid.T, name string) pccrtp.Version {
	return pccrtp.Version{Major: rapid.Uint32().Draw(r, name), Minor: rapid.Uint32().Draw(r, name)}
}

// Values come back, and what AppendBinary writes violates nothing.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		flags := rapid.SampledFrom([]pccrtp.Flag{pccrtp.Absent, pccrtp.True, pccrtp.False})
		want := pccrtp.Request{Accepts: rapid.Bool().Draw(r, "accepts"),
			PeerDist:   pccrtp.PeerDist{Version: versions(r, "version"), MissingDataRequest: flags.Draw(r, "missing")},
			PeerDistEx: pccrtp.PeerDistEx{MinContentInformation: versions(r, "min"), MaxContentInformation: versions(r, "max"), HashRequest: flags.Draw(r, "hash")}}
		got, err := pccrtp.DecodeRequest(want.Header())
		if err != nil || got != want {
			r.Fatalf("%+v becomes %+v (%v)", want, got, err)
		}
		if _, err := want.AppendBinary(nil); (err == nil) != (want.Header().CheckSenderRules() == nil) {
			r.Fatal(err)
		}
		answer := pccrtp.NewResponse(want, uint64(rapid.Int64Min(0).Draw(r, "length")))
		answer.PeerDist.Version = pccrtp.Version10
		if back, err := pccrtp.DecodeResponse(answer.Header()); err != nil || back != answer {
			r.Fatalf("%+v becomes %+v (%v)", answer, back, err)
		}
		if b, err := answer.AppendBinary([]byte("x")); err != nil || !bytes.HasPrefix(b, []byte("xContent-Encoding: peerdist\r\nX-P2P-PeerDist: Version=1.0, ContentLength=")) {
			r.Fatalf("%q (%v)", b, err)
		}
	})
}

// Whatever the text, nothing panics, and offsets are inside.
func TestAnyText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.StringMatching(`((Version|ContentLength|MissingDataRequest|HashRequest|x)?[ =]?(1\.[01]|true|false|5)?[, \t]?){0,6}`)
		h := pccrtp.RequestHeader{AcceptEncoding: rapid.SampledFrom([]string{"", "peerdist"}).Draw(r, "a"), PeerDist: text.Draw(r, "d"), PeerDistEx: text.Draw(r, "e")}
		_, err := pccrtp.DecodeRequest(h)
		for _, err := range []error{err, h.CheckSenderRules()} {
			var e pccrtp.Error
			if err != nil && (!errors.As(err, &e) || e.Offset > max(len(h.PeerDist), len(h.PeerDistEx))) {
				r.Fatal(err)
			}
		}
	})
}

const usual = "Version=1.1, MissingDataRequest=true"

func TestAllocs(t *testing.T) {
	h := pccrtp.RequestHeader{AcceptEncoding: "gzip, deflate", PeerDist: usual, PeerDistEx: "MinContentInformation=1.0, MaxContentInformation=2.0"}
	bad := pccrtp.RequestHeader{PeerDist: "Version=x"}
	answer := pccrtp.ResponseHeader{ContentEncoding: "peerdist", PeerDist: "Version=1.1, ContentLength=70000", Validator: true}
	dst := make([]byte, 0, 100)
	testutil.Allocs(t, 0, func() { _, _ = pccrtp.DecodeRequest(h) })
	testutil.Allocs(t, 0, func() { _ = h.CheckSenderRules() })
	testutil.Allocs(t, 1, func() { _, _ = pccrtp.DecodeRequest(bad) })
	testutil.Allocs(t, 0, func() { _, _ = pccrtp.DecodeResponse(answer) })
	testutil.Allocs(t, 0, func() { _ = answer.CheckSenderRules() })
	testutil.Allocs(t, 0, func() {
		pccrtp.PeerDist{Version: pccrtp.Version11, HasContentLength: true, ContentLength: 1 << 40}.Append(dst)
	})
}

func BenchmarkDecodeRequest(b *testing.B) {
	h := pccrtp.RequestHeader{AcceptEncoding: "gzip, deflate, peerdist", PeerDist: usual, PeerDistEx: "MinContentInformation=1.0, MaxContentInformation=2.0"}
	b.SetBytes(int64(len(h.AcceptEncoding) + len(h.PeerDist) + len(h.PeerDistEx)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pccrtp.DecodeRequest(h); err != nil {
			b.Fatal(err)
		}
	}
}
