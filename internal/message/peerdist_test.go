package message

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrtp"
	"github.com/hostedcache/pchc/codec/smb2hash"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// A listed is what is compared of Content Information in a capture.
type listed struct {
	Frame        int64
	Method, Path string
	Status       int
	SHA256       string
	HTTP         map[string]map[string]string
	HoHoDk       []string
	Violations   int
}

// The Content Information in captures of other implementations.
func TestContentInCaptures(t *testing.T) {
	v1 := listed{Method: "GET", Path: "/v1.bin", Status: 200, SHA256: "182036c7ffe2253fd3cc5fc1b41e08604381f12a9be212243fec09c7c15f1ab2",
		HoHoDk: []string{"e16edb5cf87d3a3aaa5b27a8b266102ee7edf360b24be2b514449040e9c4e65b"}}
	discovered, flow := v1, v1
	ipxe := map[string]string{"Accept-Encoding": "peerdist", "X-P2P-PeerDist": "Version=1.1", "X-P2P-PeerDistEx": "MinContentInformation=1.0, MaxContentInformation=2.0"}
	discovered.Frame, discovered.HTTP = 15, map[string]map[string]string{"request": ipxe, "response": {"Content-Encoding": "peerdist", "X-P2P-PeerDist": "Version=1.1, ContentLength=70000"}}
	flow.Frame, flow.HTTP = 8, map[string]map[string]string{"request": {"Accept-Encoding": "peerdist", "X-P2P-PeerDist": "Version=1.0"},
		"response": {"Content-Encoding": "peerdist", "X-P2P-PeerDist": "Version=1.0, ContentLength=70000"}}
	v2 := listed{Frame: 93, Method: "GET", Path: "/v2.bin", Status: 200, SHA256: "c40ae9172b8545e825e1abb5c106e4ef9ce16c804f7b88a360807db8ce7c98f3",
		HTTP: map[string]map[string]string{"request": ipxe, "response": {"Content-Encoding": "peerdist", "X-P2P-PeerDist": "Version=1.1, ContentLength=40001"}},
		HoHoDk: []string{"57bd571402802d5d1b476aa21760e0c02d52badf6c7791dd0e5b25264760c402", "5ace34127d6418a4f08d38b400ee041ee0b291d69853d63125dc0f214ddc3901",
			"0192648c86e36466a8caae0f3348d38f509559d1a0be1380e92fcb63545fb880"}}
	for name, want := range map[string][]listed{"ipxe-discovery": {discovered, v2}, "wpts-flow-v1": {flow}} {
		in, err := os.Open("testdata/retrieval/" + name + ".pcap.gz")
		if err != nil {
			t.Fatal(err)
		}
		p := &Printer{Form: FormJSON}
		var got []listed
		_, err = capture.Read(in, capture.Options{File: name, ByFrame: true}, func(e *capture.Event) error {
			if e.Kind != capture.Content {
				return nil
			}
			b, verdict := p.Event(nil, e)
			var o struct {
				Derived struct{ Segments []struct{ HoHoDk string } }
				Capture struct {
					Frame        int64
					Method, Path string
					Status       int
					HTTP         map[string]map[string]string
				}
				Violations []json.RawMessage
			}
			if err := json.Unmarshal(b, &o); err != nil || verdict != Valid {
				t.Errorf("%s (%v)", b, err)
			}
			sum := sha256.Sum256(e.Body)
			l := listed{o.Capture.Frame, o.Capture.Method, o.Capture.Path, o.Capture.Status, hex.EncodeToString(sum[:]), o.Capture.HTTP, nil, len(o.Violations)}
			for _, s := range o.Derived.Segments {
				l.HoHoDk = append(l.HoHoDk, s.HoHoDk)
			}
			got = append(got, l)
			return nil
		})
		in.Close()
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v %s", name, err, d)
		}
	}
}

// contentV1 is Content Information for 9 bytes.
func contentV1(t *testing.T) []byte {
	v := pccrc.NewV1(pccrc.SHA256)
	if err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 9, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: make([]byte, 32),
		SegmentSecret: pccrc.NewSecret(testutil.Key[:32]), BlockHashes: make([]byte, 32)}); err != nil {
		t.Fatal(err)
	}
	b, err := v.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// What is wrong with header fields is told in each form.
func TestHeaderViolations(t *testing.T) {
	request := pccrtp.NewRequest(pccrtp.Version10).Header()
	asked := &capture.PeerDist{Coding: request.AcceptEncoding, XP2PPeerDist: request.PeerDist, XP2PEx: request.PeerDistEx}
	for _, c := range []struct {
		asked, answered *capture.PeerDist
		verdict         Verdict
		want            string
	}{
		{asked, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=9", Validator: true}, Valid, ""},
		{nil, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=9", Validator: true}, Valid, ""},
		{asked, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=10", Validator: true}, SenderInvalid,
			"PCCRTP-3.2.5.1-ContentLength http.response.X-P2P-PeerDist.ContentLength is 10, but the Content Information describes 9 bytes"},
		{asked, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=9"}, SenderInvalid, "PCCRTP-3.2-Validator http.response.ETag missing, and so is Last-Modified"},
		{&capture.PeerDist{Coding: "peerdist"}, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=9", Validator: true}, SenderInvalid,
			"PCCRTP-3.1.4-Params http.request.X-P2P-PeerDist missing"},
		{asked, &capture.PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=x, ContentLength=9", Validator: true}, Invalid,
			"PCCRTP-2.2-PeerDist http.response.X-P2P-PeerDist.Version is not a version"},
	} {
		e := &capture.Event{Kind: capture.Content, Body: contentV1(t), Asked: c.asked, Answered: c.answered}
		b, verdict := (&Printer{Form: FormJSON}).Event(nil, e)
		var o struct {
			Valid      bool
			Violations []struct{ Rule, Field, Detail string }
		}
		if err := json.Unmarshal(b, &o); err != nil || verdict != c.verdict || o.Valid != (verdict != Invalid) || len(o.Violations) > 1 {
			t.Errorf("%d: %s (%v)", verdict, b, err)
			continue
		}
		got := ""
		for _, v := range o.Violations {
			got = v.Rule + " " + v.Field + " " + v.Detail
		}
		if got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		rule, _, _ := strings.Cut(c.want, " ")
		for _, form := range []Form{FormTree, FormLine} {
			text, verdict := (&Printer{Form: form}).Event(nil, e)
			if verdict != c.verdict || !strings.Contains(string(text), rule) || bytes.Contains(text, []byte(hex.EncodeToString(testutil.Key[:4]))) {
				t.Errorf("%d: %s", verdict, text)
			}
			if form == FormTree && !strings.Contains(string(text), "HTTP response: Content-Encoding: peerdist; X-P2P-PeerDist: "+c.answered.XP2PPeerDist) {
				t.Errorf("%s", text)
			}
		}
	}
}

// Buffers of SMB2 come back from JSON, and show keys only when asked.
func TestHashJSON(t *testing.T) {
	content := contentV1(t)
	response := smb2hash.ReadHashResponse{HashRetrievalType: smb2hash.HashBased, Buffer: smb2hash.Buffer{HasHashHeader: true,
		HashHeader: smb2hash.NewHashHeader(smb2hash.HashVersion1, uint32(len(content)), 9, 1), ContentInformation: content}}
	part := smb2hash.ReadHashResponse{HashRetrievalType: smb2hash.HashBased, Offset: 36, Buffer: smb2hash.Buffer{Partial: true, ContentInformation: content}}
	request := smb2hash.NewReadHashRequest(smb2hash.HashVersion2, 5, 7)
	for _, c := range []struct {
		m       interface{ MarshalBinary() ([]byte, error) }
		kind    spec.Kind
		derived bool
		line    string
	}{
		{request, spec.HashRequest, false, "SRV_READ_HASH_REQUEST   SRV_HASH_RETRIEVE_FILE_BASED, 7 bytes from 5"},
		{response, spec.HashResponse, true, "SRV_READ_HASH_RESPONSE  SRV_HASH_RETRIEVE_HASH_BASED, 134 bytes of Content Information from 0"},
		{part, spec.HashResponse, false, "SRV_READ_HASH_RESPONSE  SRV_HASH_RETRIEVE_HASH_BASED, a part, 134 bytes of Content Information from 36"},
	} {
		b, err := c.m.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		for _, show := range []bool{false, true} {
			p := &Printer{Form: FormJSON}
			p.ShowSecrets = show
			object, verdict := p.Message(nil, &Item{Kind: c.kind, Body: b})
			hidden := !bytes.Contains(object, []byte(hex.EncodeToString(testutil.Key[:4])))
			if verdict != Valid || bytes.Contains(object, []byte(`"derived":`)) != c.derived || hidden != (!show || c.kind == spec.HashRequest) {
				t.Errorf("%t, %d: %s", show, verdict, object)
			}
			o, err := NewReader(bytes.NewReader(object)).Next()
			if err == nil && (show || c.kind == spec.HashRequest) {
				var again []byte
				if again, err = o.Assemble(false); !bytes.Equal(again, b) {
					t.Errorf("%x becomes %x", b, again)
				}
			}
			if (err != nil) != (!show && c.kind != spec.HashRequest) {
				t.Errorf("%t: %v", show, err)
			}
		}
		line, _ := (&Printer{Form: FormLine}).Message(nil, &Item{Kind: c.kind, Body: b})
		if !strings.Contains(string(line), c.line) {
			t.Errorf("%q, want %q", line, c.line)
		}
	}
}
