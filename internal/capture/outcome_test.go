package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestOtherMethods: requests to a path of MS-PCHC that are no POST, with what they
// carry, for those who ask; one note for others.
func TestOtherMethods(t *testing.T) {
	body := string(capturetest.Batch(1, 1))
	for _, test := range []struct {
		method, head, body string
	}{
		{"PUT", fmt.Sprint("Content-Length: ", len(body)), body},
		{"GET", "X: z", ""},
		{"OPTIONS", "Transfer-Encoding: chunked", body},
		{"PATCH", "Content-Length: 0", ""},
		{"HEAD", "X: z", ""},
	} {
		sent := test.body
		if strings.Contains(test.head, "chunked") {
			sent = string(capturetest.Chunked([]byte(sent), 50))
		}
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		for range 2 {
			c.Send(capturetest.Message(test.method+" "+v2+" HTTP/1.1", []byte(sent), "X: y", test.head, "authorization: Negotiate secret"))
			c.Reply(capturetest.Message("HTTP/1.1 200 OK", nil, "Content-Length: 0"))
		}
		messages := talk(c, 1, 1)
		file := trace.Encode(capturetest.Format{})
		got := readWith(bytes.NewReader(file), Options{Exchanges: true})
		if len(got.events) != 4 || len(got.problems) > 0 {
			t.Fatalf("%s: %+v", test.method, got.events)
		}
		for n, e := range got.events[:2] {
			if e.Kind != OtherMethod || e.Method != test.method || e.Path != v2 || string(e.Body) != test.body || e.Exchange != n+1 || !e.Authorized || e.Auth != "Negotiate" || e.Direction != "request" {
				t.Errorf("%s: %+v", test.method, e)
			}
		}
		got = readTrace(&trace)
		if n := len(got.events); n != 3 || got.events[0].Kind != Note || !strings.Contains(got.events[0].Detail, test.method) {
			t.Errorf("%s: %+v", test.method, got.events)
		}
		got.want(t, 0, messages...)
	}
}

// TestAuth reads the schemes that are offered and taken.
func TestAuth(t *testing.T) {
	offer := capturetest.Batch(1, 1)
	for _, test := range []struct {
		name             string
		client, server   []string // header lines
		schemes, offered string
	}{
		{"none", nil, nil, "", ""},
		{"SPNEGO", []string{"Authorization: Negotiate YII="}, []string{"WWW-Authenticate: Negotiate"}, "Negotiate", "Negotiate"},
		{"a list", []string{"AUTHORIZATION:Basic eDp5"}, []string{`www-authenticate: NTLM, Basic realm="a, b", charset="UTF-8"`, "WWW-Authenticate:\tNegotiate"}, "Basic", "NTLM, Basic, Negotiate"},
		{"with a token", []string{"Authorization: Negotiate YII="}, []string{"WWW-Authenticate: negotiate oRQwEg==, NTLM"}, "Negotiate", "negotiate ..., NTLM"},
		{"no scheme", []string{"Authorization: =%"}, []string{"WWW-Authenticate: " + strings.Repeat("x", 40)}, "", ""},
	} {
		for _, early := range []bool{false, true} {
			var trace capturetest.Trace
			c := trace.Conn(1).Open()
			post := capturetest.Post(v2, offer, test.client...)
			refusal := capturetest.Answer(401, nil, test.server...)
			if early {
				c.Send(post[:len(post)-3]).Reply(refusal).Send(post[len(post)-3:])
			} else {
				c.Send(post).Reply(refusal)
			}
			got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true}).events
			if len(got) != 2 || got[0].Auth != test.schemes || got[1].Auth != test.offered || got[0].Authorized != (test.client != nil) {
				t.Errorf("%s, answered early %v: %+v", test.name, early, got)
			}
		}
	}
}

// TestExchanges: what became of each request, for those who ask.
func TestExchanges(t *testing.T) {
	offer := capturetest.Batch(1, 1)
	post := func(header ...string) []byte { return capturetest.Post(capturetest.PathV2, offer, header...) }
	ok, refusal := capturetest.Answer(200, capturetest.OK), capturetest.Answer(401, []byte("no"))
	for _, test := range []struct {
		name string
		make func(c *capturetest.Conn)
		want string // kind, number of the exchange, status, authorized
	}{
		{"answered", func(c *capturetest.Conn) { c.Open().Send(post(), post()).Reply(ok, ok).Close() }, "1 1 0 false, 1 2 0 false, 2 1 200 false, 2 2 200 false"},
		{"refused", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(refusal).Send(post("authorization: x")).Reply(ok).Close()
		}, "1 1 0 false, 4 1 401 false, 1 2 0 true, 2 2 200 false"},
		{"refused while it is sent", func(c *capturetest.Conn) {
			c.Open().Send(post()[:200]).Reply(refusal).Send(post()[200:]).Close()
		}, "1 1 0 false, 4 1 401 false"},
		{"refused and withheld", func(c *capturetest.Conn) {
			c.Open().Send(post()[:len(post())-len(offer)]).Reply(refusal).Close()
		}, ""},
		{"redirected", func(c *capturetest.Conn) { c.Open().Send(post()).Reply(capturetest.Answer(302, nil)).Close() }, "1 1 0 false, 4 1 302 false"},
		{"of others", func(c *capturetest.Conn) {
			c.Open().Send(capturetest.Post("/else", offer), capturetest.Post("/else", offer)).Reply(refusal).Close()
		}, ""},
		{"closed by the server", func(c *capturetest.Conn) { c.Open().Send(post(), post()).Reply(ok).CloseServer() }, "1 1 0 false, 1 2 0 false, 2 1 200 false, 5 2 closed"},
		{"closed by the client", func(c *capturetest.Conn) { c.Open().Send(post()).FromClient(FIN, nil) }, "1 1 0 false, 5 1 abandoned"},
		{"closed by both, the client first", func(c *capturetest.Conn) { c.Open().Send(post()).Close() }, "1 1 0 false, 5 1 abandoned"},
		{"answered when the client had gone", func(c *capturetest.Conn) {
			c.Open().Send(post()).FromClient(FIN, nil)
			c.Reply(ok).CloseServer()
		}, "1 1 0 false, 2 1 200 false gone"},
		{"crossed by a FIN", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(ok).FromServer(FIN, nil)
			c.FromClient(ACK, post())
			c.FromServer(capturetest.RST, nil)
		}, "1 1 0 false, 2 1 200 false, 1 2 0 false, 5 2 crossed"},
		{"crossed by a FIN, captured before it", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(ok)
			before := c.ClientSeq
			c.FromClient(ACK, post())
			after := c.ClientSeq
			c.ClientSeq = before // which the server has not received
			c.FromServer(FIN, nil)
			c.ClientSeq = after
			c.FromServer(capturetest.RST, nil)
		}, "1 1 0 false, 2 1 200 false, 1 2 0 false, 5 2 crossed"},
		{"crossed by a RST", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(ok).Send(post()).FromServer(capturetest.RST|ACK, nil)
		}, "1 1 0 false, 2 1 200 false, 1 2 0 false, 5 2 crossed"},
		{"crossed by a RST, captured before it", func(c *capturetest.Conn) {
			c.Open().Send(post()).Reply(ok).FromServer(capturetest.RST|ACK, nil)
			c.FromClient(ACK, post())
		}, "1 1 0 false, 2 1 200 false, 1 2 0 false, 5 2 crossed"},
		{"a RST that is somebody else's", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq += 1000
			c.FromServer(capturetest.RST|ACK, nil)
		}, "1 1 0 false, 5 1 open"},
		{"a RST that is not obeyed", func(c *capturetest.Conn) {
			c.Open().Send(post()).FromServer(capturetest.RST|ACK, nil)
			c.Reply(ok).Send(post())
		}, "1 1 0 false, 2 1 200 false, 1 2 0 false, 5 2 open"},
		{"a RST without acknowledgement", func(c *capturetest.Conn) { c.Open().Send(post()).FromServer(capturetest.RST, nil) }, "1 1 0 false, 5 1 crossed"},
		{"a RST instead of an answer", func(c *capturetest.Conn) { c.Open().Send(post()).FromServer(capturetest.RST|ACK, nil) }, "1 1 0 false, 5 1 closed"},
		{"an answer that is lost", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq += uint32(len(ok))
			c.CloseServer()
		}, "1 1 0 false, 5 1 unknown"},
		{"an answer that is lost, and only a bare packet behind it", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq += uint32(len(ok))
			c.FromServer(ACK, nil)
		}, "1 1 0 false, 5 1 unknown"},
		{"a body that is not sent, and a refusal that is not seen", func(c *capturetest.Conn) {
			c.Open().Send(post()[:len(post())-len(offer)])
			c.ServerSeq += uint32(len(refusal))
			c.Send(post()).Reply(ok).Close()
		}, "5 1 unknown, 1 2 0 false, 2 2 200 false"},
		{"a byte that may be a FIN, and only a bare packet behind it", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq++
			c.FromServer(ACK, nil)
		}, "1 1 0 false, 5 1 open"},
		{"two bytes that are lost", func(c *capturetest.Conn) {
			c.Open().Send(post())
			c.ServerSeq += 2
			c.FromServer(ACK, nil)
		}, "1 1 0 false, 5 1 unknown"},
		{"open", func(c *capturetest.Conn) { c.Open().Send(post()) }, "1 1 0 false, 5 1 open"},
		{"one direction", func(c *capturetest.Conn) { c.FromClient(SYN, nil); c.FromClient(ACK, post()); c.FromClient(FIN, nil) }, "1 1 0 false, 5 1 unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var trace capturetest.Trace
			test.make(trace.Conn(1))
			file := trace.Encode(capturetest.Format{})
			list := func(o Options) string {
				var got []string
				for _, e := range readWith(bytes.NewReader(file), o).events {
					if e.Kind != Problem {
						what := fmt.Sprint(e.Kind, " ", e.Exchange, " ", e.Status, " ", e.Authorized)
						if e.Kind == Unanswered {
							what = fmt.Sprint(e.Kind, " ", e.Exchange, " ", [...]string{"unknown", "closed", "crossed", "abandoned", "open"}[e.Ending])
						}
						if e.Gone {
							what += " gone"
						}
						got = append(got, what)
					}
				}
				return strings.Join(got, ", ")
			}
			if diff := cmp.Diff(test.want, list(Options{Exchanges: true})); diff != "" {
				t.Error(diff)
			}
			if unasked := list(Options{}); strings.Contains(", "+unasked, ", 4") || strings.Contains(", "+unasked, ", 5") {
				t.Error(unasked)
			}
		})
	}
}

const (
	FIN = capturetest.FIN | capturetest.ACK
	SYN = capturetest.SYN
	ACK = capturetest.ACK
)

// TestIncomplete: an incomplete message says why nothing more comes.
func TestIncomplete(t *testing.T) {
	for _, test := range []struct {
		name string
		end  func(c *capturetest.Conn)
		want string
	}{
		{"FIN", func(c *capturetest.Conn) { c.Close() }, "the connection ended"},
		{"RST", func(c *capturetest.Conn) { c.FromClient(capturetest.RST|capturetest.ACK, nil) }, "the connection ended"},
		{"nothing", func(*capturetest.Conn) {}, "the capture ends"},
	} {
		var trace capturetest.Trace
		c := trace.Conn(1).Open()
		c.Send(capturetest.Message("POST "+capturetest.PathV2+" HTTP/1.1", make([]byte, 30), "Content-Length: 75"))
		test.end(c)
		if got, want := readTrace(&trace).problems, "incomplete HTTP request: "+test.want+" after 30 of 75 bytes of its body"; len(got) != 1 || !strings.HasPrefix(got[0], want) {
			t.Errorf("%s: %q, want %q", test.name, got, want)
		}
	}
}

// TestNotes: what hides messages, or may be read otherwise, is noted once.
func TestNotes(t *testing.T) {
	for name, test := range map[string]struct {
		said           string
		notes, problem int
	}{
		"HTTP/2":                    {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 1, 0},
		"HTTP/2 with a known cache": {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0, 2},
		"two lengths":               {post("POST "+v2+" HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked") + string(capturetest.Chunked(offer, 9)), 1, 0},
	} {
		var trace capturetest.Trace
		if strings.Contains(name, "known") {
			talk(trace.Conn(5).Open(), 1, 1)
		}
		for n := range 2 {
			trace.Conn(n).Open().Send([]byte(test.said))
		}
		got := readTrace(&trace)
		if len(got.notes) != test.notes || len(got.problems) != test.problem {
			t.Errorf("%s: notes %v, problems %q", name, got.notes, got.problems)
		}
	}
}

// TestLostRefusal: where the response to an empty POST is missing from the capture, the
// POST may have been a step of authentication.
func TestLostRefusal(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Send(capturetest.Post(v2, nil)).Reply(capturetest.Answer(401, []byte("no"), "WWW-Authenticate: Negotiate"))
	c.Send(capturetest.Post(v2, offer)).Reply(answer)
	trace.Drop(func(_ int, p *capturetest.Packet) bool { return bytes.HasPrefix(p.Data, []byte("HTTP/1.1 401")) })
	readTrace(&trace).want(t, 1, request(offer), response(1, ok))
}

// TestTorn ends files at each byte of the last frame: one problem says so, with the
// frame's own number and time.
func TestTorn(t *testing.T) {
	for name, format := range map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}} {
		var trace capturetest.Trace
		talk(trace.Conn(0).Open(), 1, 1)
		trace.Conn(1).FromClient(capturetest.SYN, nil)
		file := trace.Encode(format)
		whole := readTrace(&trace)
		for n := len(file) - 1; n > len(file)-50; n-- {
			got := read(bytes.NewReader(file[:n]))
			if len(got.problems) != 1 {
				t.Fatalf("%s, %d bytes before the end: problems %q", name, len(file)-n, got.problems)
			}
			e := got.events[len(got.events)-1]
			if e.Frame != whole.sum.Frames && strings.Contains(e.Detail, "within this frame: ") || strings.Contains(e.Detail, "snap length") {
				t.Fatalf("%s, %d bytes before the end: %+v", name, len(file)-n, e)
			}
			if strings.Contains(e.Detail, "of its") && !e.Time.Equal(whole.sum.Last) {
				t.Fatalf("%s, %d bytes before the end: at %v, want %v", name, len(file)-n, e.Time, whole.sum.Last)
			}
		}
	}
}

// TestSnapLength cuts frames after each number of bytes: where messages are missing, a
// problem says so.
func TestSnapLength(t *testing.T) {
	var trace capturetest.Trace
	messages := talk(trace.Conn(0).Open(), 2, 3)
	for snap := 10; snap < 700; snap++ {
		got := read(bytes.NewReader(trace.Encode(capturetest.Format{Snap: snap})))
		got.subset(t, messages, 0)
		if len(got.messages) < 4 && len(got.problems) == 0 {
			t.Errorf("%d bytes of each frame: %d messages and no problem", snap, len(got.messages))
		}
	}
}
