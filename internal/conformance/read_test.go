package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// read checks a trace and returns "rule frame" for each finding.
func read(t *testing.T, trace *capturetest.Trace) string {
	t.Helper()
	var got []string
	sum, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), "file.pcap", nil, Options{Decrypted: true}, func(f *Finding) error {
		if f.File != "file.pcap" || f.Time.IsZero() || !f.Src.IsValid() {
			t.Errorf("%+v", f)
		}
		got = append(got, fmt.Sprintf("%s %d", f.Rule, f.Frame))
		return nil
	})
	if err != nil || sum.Last.IsZero() {
		t.Fatal(err, sum)
	}
	eitherWay(t, trace.Encode(capturetest.Format{}), Options{Decrypted: true})
	return strings.Join(got, ", ")
}

var (
	post1  = func(body []byte) []byte { return capturetest.Post(capturetest.PathV1, body) }
	post2  = func(body []byte) []byte { return capturetest.Post(capturetest.PathV2, body) }
	saysOK = capturetest.Answer(200, capturetest.OK)
	asking = capturetest.Answer(200, capturetest.Interested)

	refusal = capturetest.Answer(401, []byte("Who are you?"), "WWW-Authenticate: Negotiate")
)

func TestRead(t *testing.T) {
	for _, test := range []struct {
		name string
		make func(c *capturetest.Conn)
		want string
	}{
		{"a whole sequence", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Send(post2(batch)).Reply(saysOK).Close()
		}, ""},
		{"the answer to what is malformed", func(c *capturetest.Conn) {
			c.Open().Send(post2(unknown)).Reply(saysOK).Close()
		}, "PCHC-2.2.1.5-HashAlgorithm 4, PCHC-3.1.5.4-Drop 6"},
		{"INTERESTED and something else", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Reply(asking).Send(post1(other)).Reply(saysOK).Close()
		}, ""}, // the capture ends soon
		{"INTERESTED in a batch", func(c *capturetest.Conn) {
			c.Open().Send(post2(batch)).Reply(asking).Close()
		}, "PCHC-2.2.2.2-Interested 6"},
		{"two at once", func(c *capturetest.Conn) {
			c.Open().Send(post2(batch), post2(unknown)).Reply(saysOK, saysOK).Close()
		}, "PCHC-2.2.1.5-HashAlgorithm 6, PCHC-3.1.5.4-Drop 10"},
		{"two at once, and errors", func(c *capturetest.Conn) {
			c.Open().Send(post2(batch), post2(unknown), post2(batch)).Reply(saysOK, capturetest.Answer(400, nil), capturetest.Answer(500, nil)).Close()
		}, "PCHC-2.2.1.5-HashAlgorithm 6, PCHC-3.1.5.3-Respond 14"},
		{"401 and the resend", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Reply(refusal).Send(capturetest.Post(capturetest.PathV1, offer, "Authorization: Negotiate YII=")).Reply(saysOK).Close()
		}, ""},
		{"401 and the resend without authorization", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Reply(refusal).Send(post1(offer)).Reply(saysOK).Close()
		}, ""}, // likewise
		{"401 while the body is still to come", func(c *capturetest.Conn) {
			whole := post1(offer)
			c.Open().Send(whole[:len(whole)-40]).Reply(refusal).Send(whole[len(whole)-40:])
			c.Send(capturetest.Post(capturetest.PathV1, offer, "Authorization: Negotiate YII=")).Reply(saysOK).Close()
		}, ""},
		{"closed without an answer", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).CloseServer()
		}, "PCHC-3.1.5.1-Respond 4"},
		{"closed by the client first", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Close()
		}, ""},
		{"given up by the client", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).FromClient(capturetest.RST|capturetest.ACK, nil)
		}, ""},
		{"reset by the server", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).FromServer(capturetest.RST|capturetest.ACK, nil)
		}, "PCHC-3.1.5.1-Respond 4"},
		{"what is malformed, closed", func(c *capturetest.Conn) {
			c.Open().Send(post2(unknown)).CloseServer()
		}, "PCHC-2.2.1.5-HashAlgorithm 4"},
		{"begins in the middle", func(c *capturetest.Conn) {
			c.Reply(asking).Send(post1(info)).Reply(saysOK)
		}, ""},
		{"ends in the middle", func(c *capturetest.Conn) {
			c.Open().Send(post1(offer)).Reply(asking).Send(post1(other))
		}, ""},
		{"one direction", func(c *capturetest.Conn) {
			c.FromClient(capturetest.SYN, nil)
			for _, message := range [][]byte{post1(offer), post1(info), post2(batch)} {
				c.FromClient(capturetest.ACK, message)
			}
			c.FromClient(capturetest.FIN|capturetest.ACK, nil)
		}, ""},
		{"the other direction", func(c *capturetest.Conn) {
			c.FromServer(capturetest.SYN|capturetest.ACK, nil)
			c.FromServer(capturetest.ACK, asking)
			c.FromServer(capturetest.ACK, saysOK)
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var trace capturetest.Trace
			test.make(trace.Conn(1))
			if diff := cmp.Diff(test.want, read(t, &trace)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestReadLoss drops each packet of a faultless capture in turn: that is a
// problem of the capture, if anything, and nobody's violation.
func TestReadLoss(t *testing.T) {
	whole := func() *capturetest.Trace {
		var trace capturetest.Trace
		trace.Conn(1).Open().Send(post1(offer)).Reply(asking).Send(post1(info)).Reply(saysOK).Close()
		trace.Conn(3).Open().Send(post1(other)).Reply(refusal).Send(capturetest.Post(capturetest.PathV1, other, "Authorization: Negotiate YII=")).Reply(saysOK).Close()
		trace.Conn(2).Open().Send(post1(offer)).Reply(saysOK).Send(post2(batch)).Reply(saysOK).Close()
		return &trace
	}
	for lost := range whole().Packets {
		trace := whole()
		trace.Drop(func(i int, _ *capturetest.Packet) bool { return i == lost })
		for found := range strings.SplitSeq(read(t, trace), ", ") {
			if found != "" && !strings.HasPrefix(found, CaptureProblem) {
				t.Errorf("without packet %d: %s", lost, found)
			}
		}
	}
}

func TestReadFails(t *testing.T) {
	if _, err := Read(strings.NewReader("no capture"), "", nil, Options{}, nil); !errors.Is(err, capture.ErrNotCapture) {
		t.Error(err)
	}
}
