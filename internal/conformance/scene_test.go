package conformance

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/spec"
)

// scene is a capture that goes on for ten minutes, in which things happen at times.
type scene struct {
	capturetest.Trace
	conns int
	at    time.Duration
	timed int // packets that have their time
}

// then lets the time come.
func (s *scene) then(at time.Duration) {
	for ; s.timed < len(s.Packets); s.timed++ {
		s.Packets[s.timed].Time = capturetest.Start.Add(s.at)
	}
	s.at = at
}

// open is a connection of client 10.0.0.n to port 443, opened.
func (s *scene) open(n byte) *capturetest.Conn { return s.openTo(n, 443) }

func (s *scene) openTo(n byte, port uint16) *capturetest.Conn {
	s.conns++
	c := s.Conn(s.conns)
	c.Client = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, n}), c.Client.Port())
	c.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, 100}), port)
	return c.Open()
}

// file ends the capture with an exchange of somebody else.
func (s *scene) file() []byte {
	s.then(10 * time.Minute)
	s.openTo(99, 80).Send(post2(batch)).Reply(saysOK).Close()
	s.then(s.at)
	return s.Encode(capturetest.Format{})
}

// rules checks the scene and returns the rules of the findings, in order.
func (s *scene) rules(t *testing.T, o Options) string {
	t.Helper()
	var got []string
	file := s.file()
	eitherWay(t, file, o)
	if _, err := Read(bytes.NewReader(file), "scene.pcap", nil, o, func(f *Finding) error {
		got = append(got, f.Rule)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(got, ", ")
}

var (
	wrongURL   = capturetest.Post(capturetest.PathV2, offer)
	negotiates = "Authorization: Negotiate YII="
	again1     = func(body []byte, header ...string) []byte {
		return capturetest.Post(capturetest.PathV1, body, header...)
	}
	goesOn     = capturetest.Answer(401, nil, "WWW-Authenticate: Negotiate oYG2MIGz")
	asksBasic  = capturetest.Answer(401, nil, `WWW-Authenticate: Basic realm="a, b"`)
	emptyBatch = batch[:16]
	trailing   = capturetest.Answer(200, append(bytes.Clone(capturetest.Interested), 0))
)

const (
	rst = capturetest.RST
	fin = capturetest.FIN | capturetest.ACK
	ack = capturetest.ACK
)

// scenes are what happens and the rules that must be reported, in both dialects. Those
// with a rule violate it alone, or with the malformed message that is its cause; the
// right ones are their neighbours.
var scenes = []struct {
	name string
	play func(s *scene)
	want string
}{
	// 2.1 and 1.7.
	{"the URL of the other version", func(s *scene) { s.openTo(1, 80).Send(wrongURL).Reply(asking).Close() }, "PCHC-2.1-Version"},
	{"version 2.0 on the HTTPS URL", func(s *scene) { s.open(1).Send(again1(batch)).Reply(saysOK).Close() }, "PCHC-2.1-Version"},
	{"version 1.0 with the type of 2.0", func(s *scene) { s.openTo(1, 80).Send(post2(changed(batch, 1, 1))).CloseServer() }, "PCHC-2.2.1.5-Version"},
	{"version 1.0 over HTTP", func(s *scene) {
		s.openTo(1, 80).Send(post1(offer)).Reply(saysOK).Send(post1(other)).Reply(saysOK).Close()
	}, "PCHC-2.1-HTTPS"},
	{"PUT", func(s *scene) {
		s.openTo(1, 80).Send(capturetest.Message("PUT "+capturetest.PathV2+" HTTP/1.1", batch, fmt.Sprint("Content-Length: ", len(batch)))).Reply(saysOK).Close()
	}, "PCHC-2.1-POST"},
	{"GET", func(s *scene) {
		s.open(1).Send(capturetest.Message("GET "+capturetest.PathV1+" HTTP/1.1", nil)).Reply(capturetest.Answer(405, nil)).Close()
	}, "PCHC-2.1-POST"},
	{"PATCH without an answer", func(s *scene) {
		s.openTo(1, 80).Send(capturetest.Message("PATCH "+capturetest.PathV2+" HTTP/1.1", batch, fmt.Sprint("Content-Length: ", len(batch)))).CloseServer()
	}, "PCHC-2.1-POST"},
	{"a probe", func(s *scene) {
		s.openTo(1, 80).Send(capturetest.Message("HEAD "+capturetest.PathV2+" HTTP/1.1", nil)).Reply(capturetest.Answer(405, nil)).Close()
		s.openTo(1, 80).Send(capturetest.Message("OPTIONS "+capturetest.PathV2+" HTTP/1.1", nil)).Reply(capturetest.Answer(200, nil)).Close()
	}, ""},
	{"PUT elsewhere", func(s *scene) {
		s.openTo(1, 80).Send(capturetest.Message("PUT /else HTTP/1.1", batch, fmt.Sprint("Content-Length: ", len(batch)))).Reply(saysOK).Close()
	}, ""},
	{"401 in version 2.0, and credentials", func(s *scene) {
		s.openTo(1, 80).Send(post2(batch)).Reply(refusal).Send(capturetest.Post(capturetest.PathV2, batch, negotiates)).Reply(saysOK).Close()
	}, "PCHC-1.7-Authentication"},
	{"401 in version 2.0, and none", func(s *scene) { s.openTo(1, 80).Send(post2(batch)).Reply(asksBasic).Close() }, "PCHC-1.7-Authentication"},
	{"401 that asks for Basic, and the client stops", func(s *scene) { s.open(1).Send(post1(offer)).Reply(asksBasic).Close() }, "PCHC-2.1-SPNEGO"},
	{"401 that asks for nothing", func(s *scene) { s.open(1).Send(post1(offer)).Reply(capturetest.Answer(401, nil)).Close() }, "PCHC-2.1-SPNEGO"},
	{"401 that asks for Basic, too", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(capturetest.Answer(401, nil, "WWW-Authenticate: Basic realm=x", "WWW-Authenticate: Negotiate")).Send(again1(offer, negotiates)).Reply(saysOK).Close()
	}, ""},
	{"Bearer without being asked", func(s *scene) {
		s.open(1).Send(again1(offer, "Authorization: Bearer x")).Reply(saysOK).Close()
	}, "PCHC-2.1-SPNEGO"},

	// 3.2.5.3.
	{"401 to a client that goes on without credentials", func(s *scene) {
		c := s.open(1).Send(post1(offer)).Reply(refusal)
		s.then(time.Second)
		c.Send(post1(offer)).Reply(refusal).Send(post1(other)).Reply(refusal).Send(again1(other, negotiates)).Reply(saysOK).Close()
	}, "PCHC-3.2.5.3-Resend"},
	{"401 and Digest", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(refusal).Send(again1(offer, "Authorization: Digest x")).Reply(saysOK).Close()
	}, "PCHC-3.2.5.3-Resend"},
	{"401 and the resend on another connection", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(refusal).CloseServer()
		s.then(3 * time.Second)
		s.open(1).Send(again1(offer, negotiates)).Reply(goesOn).Send(again1(offer, negotiates)).Reply(saysOK).Close()
	}, ""},
	{"a step of authentication without a body", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(refusal).Send(again1(nil, negotiates)).Reply(goesOn).Send(again1(offer, negotiates)).Reply(saysOK).Close()
	}, ""},
	{"authentication that the client breaks off", func(s *scene) {
		s.open(1).Send(again1(offer, negotiates)).Reply(goesOn).Close()
	}, "PCHC-3.2.5.3-Resend"},
	{"credentials that are refused", func(s *scene) { s.open(1).Send(again1(offer, negotiates)).Reply(refusal).Close() }, ""},
	{"authentication without an end, of which the client tires", func(s *scene) {
		c := s.open(1).Send(post1(offer)).Reply(refusal)
		for range spec.MaxLegs {
			c.Send(again1(offer, negotiates)).Reply(goesOn)
		}
		c.Close()
	}, ""},

	{"401 and NTLM without SPNEGO, in two steps", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(capturetest.Answer(401, nil, "WWW-Authenticate: Negotiate", "WWW-Authenticate: NTLM")).
			Send(again1(offer, "Authorization: NTLM TlRM")).Reply(capturetest.Answer(401, nil, "WWW-Authenticate: NTLM TlRMTVNT")).
			Send(again1(offer, "Authorization: NTLM TlRMTVNTU1A=")).Reply(saysOK).Close()
	}, "PCHC-3.2.5.3-Resend"},

	// 3.1.5.
	{"no answer to an offer", func(s *scene) { s.open(1).Send(post1(offer)).CloseServer() }, "PCHC-3.1.5.1-Respond"},
	{"no answer to block hashes", func(s *scene) { s.open(1).Send(post1(info)).CloseServer() }, "PCHC-3.1.5.2-Respond"},
	{"no answer to a batch", func(s *scene) { s.openTo(1, 80).Send(post2(batch)).CloseServer() }, "PCHC-3.1.5.3-Respond"},
	{"no answer, and the connection stays", func(s *scene) { s.openTo(1, 80).Send(post2(batch)) }, "PCHC-3.1.5.3-Respond"},
	{"no answer to a new connection but a RST", func(s *scene) {
		s.openTo(1, 80).Send(post2(batch)).FromServer(rst|ack, nil)
	}, "PCHC-3.1.5.3-Respond"},
	{"an HTTP error", func(s *scene) {
		s.openTo(1, 80).Send(post2(batch)).Reply(capturetest.Answer(503, []byte("busy"))).Close()
	}, "PCHC-3.1.5.3-Respond"},
	{"a proxy in between", func(s *scene) { s.openTo(1, 80).Send(post2(batch)).Reply(capturetest.Answer(407, nil)).Close() }, ""},
	{"a proxy that does not reach the cache", func(s *scene) {
		s.openTo(1, 80).Send(post2(batch)).Reply(capturetest.Answer(502, nil)).Send(post2(batch)).Reply(capturetest.Answer(504, nil)).Close()
	}, CaptureNote},
	{"a cache of version 1.0 only", func(s *scene) { s.openTo(1, 80).Send(post2(batch)).Reply(capturetest.Answer(404, nil)).Close() }, CaptureNote},
	{"PUT, and what came behind it is dropped, too", func(s *scene) {
		s.openTo(1, 80).Send(capturetest.Message("PUT "+capturetest.PathV2+" HTTP/1.1", batch, fmt.Sprint("Content-Length: ", len(batch))), post2(batch)).CloseServer()
	}, "PCHC-2.1-POST"},
	{"bodies that are not sent, and one direction", func(s *scene) {
		c := s.open(1)
		c.Silent = true
		head := fmt.Sprint("Content-Length: ", len(offer))
		c.Send(capturetest.Message("POST "+capturetest.PathV1+" HTTP/1.1", nil, "Expect: 100-continue", head))
		c.Send(capturetest.Message("POST "+capturetest.PathV1+" HTTP/1.1", offer, "Expect: 100-continue", negotiates, head))
	}, ""},
	{"an answer that takes its time", func(s *scene) {
		c := s.openTo(1, 80).Send(post2(batch))
		s.then(14 * time.Second)
		c.Reply(saysOK).Close()
	}, ""},
	{"given up, sent again and answered", func(s *scene) {
		c := s.openTo(1, 80).Send(post2(batch))
		s.then(15 * time.Second)
		c.FromClient(fin, nil)
		c.FromServer(fin, nil)
		s.then(16 * time.Second)
		s.openTo(1, 80).Send(post2(batch)).Reply(saysOK).Close()
	}, ""},
	{"crosses a RST and is sent again", func(s *scene) {
		c := s.openTo(1, 80).Send(post2(batch)).Reply(saysOK)
		s.then(time.Minute)
		c.FromServer(rst|ack, nil)
		c.FromClient(ack, post2(batch))
		s.then(time.Minute + time.Millisecond)
		s.openTo(1, 80).Send(post2(batch)).Reply(saysOK).Close()
	}, ""},
	{"crosses a FIN that is captured behind it", func(s *scene) {
		c := s.openTo(1, 80).Send(post2(batch)).Reply(saysOK)
		s.then(time.Minute)
		before := c.ClientSeq
		c.FromClient(ack, post2(batch))
		after := c.ClientSeq
		c.ClientSeq = before
		c.FromServer(fin, nil)
		c.ClientSeq = after
		c.FromServer(rst, nil)
		s.openTo(1, 80).Send(post2(batch)).Reply(saysOK).Close()
	}, ""},
	{"crosses a FIN as the first of its connection", func(s *scene) {
		c := s.openTo(1, 80)
		s.then(time.Minute)
		c.FromServer(fin, nil)
		c.FromClient(ack, post2(batch))
		c.FromServer(rst, nil)
		s.openTo(1, 80).Send(post2(batch)).Reply(saysOK).Close()
	}, ""},
	{"an empty batch is answered", func(s *scene) { s.openTo(1, 80).Send(post2(emptyBatch)).Reply(saysOK).Close() }, "PCHC-2.2.1.5-MinDescriptors, PCHC-3.1.5.4-Drop"},
	{"an empty batch is dropped", func(s *scene) { s.openTo(1, 80).Send(post2(emptyBatch)).CloseServer() }, "PCHC-2.2.1.5-MinDescriptors"},
	{"an empty batch is an HTTP error", func(s *scene) { s.openTo(1, 80).Send(post2(emptyBatch)).Reply(capturetest.Answer(400, nil)).Close() }, "PCHC-2.2.1.5-MinDescriptors"},
	{"an empty batch is dropped, with what came behind it", func(s *scene) {
		s.openTo(1, 80).Send(post2(emptyBatch), post2(batch)).CloseServer()
	}, "PCHC-2.2.1.5-MinDescriptors"},
	{"an empty batch is dropped, and what came behind it is answered", func(s *scene) {
		s.open(1).Send(again1(emptyBatch[:3]), post1(offer)).Reply(saysOK).CloseServer()
	}, "PCHC-2.2.1.1-Truncated"},
	{"no answer before an empty batch", func(s *scene) { s.openTo(1, 80).Send(post2(batch), post2(emptyBatch)).Reply(saysOK).CloseServer() }, "PCHC-2.2.1.5-MinDescriptors"},

	{"an answer that is no message of the protocol", func(s *scene) {
		s.openTo(1, 80).Send(post2(batch)).Reply(capturetest.Answer(200, []byte("<html>please log in</html>"))).Close()
	}, "PCHC-2.2.2.1-Size"},
	{"two segments that are only claimed", func(s *scene) { s.open(1).Send(post1(changed(info, 46, 2))).CloseServer() }, "PCHC-2.2.1.4-cSegments"},

	// 3.2.5.1, 2.2.1.4, 3.2.2.
	{"INTERESTED, and nothing follows", func(s *scene) { s.open(1).Send(post1(offer)).Reply(asking).Close() }, "PCHC-3.2.5.1-SegmentInfo"},
	{"INTERESTED, and another segment follows", func(s *scene) {
		s.open(1).Send(post1(other)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
	}, "PCHC-3.2.5.1-SegmentInfo"},
	{"INTERESTED, on another connection and late", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking).Close()
		s.then(20 * time.Second)
		s.open(1).Send(post1(info)).Reply(saysOK).Close()
	}, ""},
	{"INTERESTED to a client that has gone", func(s *scene) {
		c := s.open(1).Send(post1(offer))
		c.FromClient(fin, nil)
		c.Reply(asking).CloseServer()
	}, ""},
	{"INTERESTED that is malformed", func(s *scene) { s.open(1).Send(post1(offer)).Reply(trailing).Close() }, "PCHC-2.2.2.2-Trailing"},
	{"INTERESTED that is malformed, and block hashes", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(trailing).Send(post1(info)).Reply(saysOK).Close()
	}, "PCHC-2.2.2.2-Trailing"},
	{"INTERESTED, and block hashes that are cut short", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking).Send(post1(info[:60])).CloseServer()
	}, "PCCRC-2.3-cSegments"},
	{"OK, and block hashes", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(saysOK).Send(post1(info)).Reply(saysOK).Close()
	}, "PCHC-2.2.1.4-Interested"},
	{"block hashes twice", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Send(post1(info)).Reply(saysOK).Close()
	}, "PCHC-2.2.1.4-Interested"},
	{"block hashes again, as the connection ended", func(s *scene) {
		c := s.open(1).Send(post1(offer)).Reply(asking)
		c.FromServer(fin, nil)
		c.FromClient(ack, post1(info))
		c.FromServer(rst, nil)
		s.open(1).Send(post1(info)).Reply(saysOK).Close()
	}, ""},
	{"INTERESTED again, as the cache has forgotten", func(s *scene) {
		for i := range 3 {
			s.then(time.Duration(i) * time.Minute)
			s.open(1).Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
		}
	}, ""},
	{"two caches behind one address", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
		s.open(2).Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
		s.open(3).Send(post1(offer)).Reply(saysOK).Close()
	}, ""},
	{"two clients behind one address", func(s *scene) {
		a, b := s.open(1), s.open(1)
		a.Send(post1(offer)).Reply(asking)
		b.Send(post1(offer)).Reply(asking)
		a.Send(post1(info)).Reply(saysOK).Close()
		b.Send(post1(info)).Reply(saysOK).Close()
	}, ""},
	{"INTERESTED to a client that restarts", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking)
		s.then(3 * time.Minute)
		s.open(1).Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
	}, ""},
	{"INTERESTED to a client that restarts, and does not answer the next either", func(s *scene) {
		s.open(1).Send(post1(offer)).Reply(asking)
		s.then(3 * time.Minute)
		s.open(1).Send(post1(offer)).Reply(asking).Close()
	}, "PCHC-3.2.5.1-SegmentInfo"},
	{"a late INTERESTED that is processed", func(s *scene) {
		c := s.open(1).Send(post1(offer))
		s.then(16 * time.Second)
		c.Reply(asking).Send(post1(info)).Reply(saysOK).Close()
	}, "PCHC-3.2.2-Late"},
	{"a late INTERESTED that is not, and the offer again", func(s *scene) {
		c := s.open(1).Send(post1(offer))
		s.then(16 * time.Second)
		c.Reply(asking)
		s.then(17 * time.Second)
		c.Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
	}, ""},
	{"an INTERESTED that may be late", func(s *scene) {
		c := s.open(1).Send(post1(offer))
		s.then(12 * time.Second)
		c.Reply(asking).Close()
		d := s.open(2).Send(post1(offer))
		s.then(24 * time.Second)
		d.Reply(asking).Send(post1(info)).Reply(saysOK).Close()
	}, ""},
}

func TestScenes(t *testing.T) {
	violated := map[string]bool{}
	for _, test := range scenes {
		t.Run(test.name, func(t *testing.T) {
			for _, windows := range []bool{false, true} {
				var s scene
				test.play(&s)
				if diff := cmp.Diff(test.want, s.rules(t, Options{Windows: windows})); diff != "" {
					t.Errorf("Windows %v: %s", windows, diff)
				}
			}
		})
		for rule := range strings.SplitSeq(test.want, ", ") {
			violated[rule] = true
		}
	}
	for _, r := range Checked() {
		if r.CheckedBy == spec.CapturedExchange && !violated[r.ID] {
			t.Errorf("%s: no scene violates it", r.ID)
		}
	}
}

// TestCheckedMessages posts every message of the corpus: each rule for messages that is
// said to be checked is reported, and no other.
func TestCheckedMessages(t *testing.T) {
	vectors, err := corpus.Vectors()
	if err != nil {
		t.Fatal(err)
	}
	reported, checked := map[string]bool{}, map[string]bool{}
	for _, v := range vectors {
		var s scene
		switch body := []byte(v.Bytes); v.Kind {
		case corpus.Request:
			s.open(1).Send(again1(body)).Reply(capturetest.Answer(400, nil)).Close()
		case corpus.Response:
			request := offer
			if v.RequestType == spec.TypeBatchedOffer {
				request = batch
			} else if v.RequestType == spec.TypeSegmentInfo {
				request = info
			}
			s.open(1).Send(again1(request)).Reply(capturetest.Answer(200, body)).Close()
		default:
			continue
		}
		for rule := range strings.SplitSeq(s.rules(t, Options{}), ", ") {
			if r, _ := spec.RequirementByID(rule); r.CheckedBy == spec.MessageBytes {
				reported[rule] = true
			}
		}
	}
	for _, r := range Checked() {
		if r.CheckedBy == spec.MessageBytes && r.ID != "PCCRC-2.3.1.1-ullOffsetInContent" { // of several segments
			checked[r.ID] = true
		}
	}
	if diff := cmp.Diff(checked, reported); diff != "" {
		t.Error(diff)
	}
}
