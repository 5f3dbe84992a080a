package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

const (
	v1 = capturetest.PathV1
	v2 = capturetest.PathV2
)

var (
	ok     = capturetest.OK
	answer = capturetest.Answer(200, ok)
	offer  = []byte("\x00\x01\x00\x01\x00\x00\x00\x00\x1f\x90\x00\x00\x00\x00\x00\x00hash of thirty-two bytes, really") // INITIAL_OFFER_MESSAGE
)

// exchangeTest is what a client and a server say in turn, and what is to be
// found in it.
type exchangeTest struct {
	client, server []string // said in turn, the client first; "" says nothing
	close          string   // "" nobody closes, "client", "server" or "RST" from the server
	want           []message
	problems       int  // -1 is any number but 0
	whole          bool // what shows that a message ended is a start line that begins a segment
}

func post(line string, header ...string) string {
	return string(capturetest.Message(line, nil, header...))
}

var exchangeTests = map[string]exchangeTest{
	"Content-Length": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48") + string(offer)},
		server: []string{string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"path with slash, letters of other case": {
		client: []string{post("POST "+strings.ToLower(v1)+"/ HTTP/1.1", "Content-Length: 48") + string(offer), post("POST "+strings.ToUpper(v2)+" HTTP/1.1", "Content-Length: 48") + string(offer)},
		server: []string{string(answer), string(answer)},
		want: []message{request(offer).path(strings.ToLower(v1) + "/"), response(1, ok).path(strings.ToLower(v1) + "/"),
			request(offer).path(strings.ToUpper(v2)), response(1, ok).path(strings.ToUpper(v2))},
	},
	"absolute URI, query": {
		client: []string{post("POST http://cache.example:8080"+v2+"?x=http://y/ HTTP/1.1", "Content-Length: 48") + string(offer)},
		server: []string{string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"other paths and methods": {
		client: []string{
			post("GET / HTTP/1.1"),
			post("POST /other HTTP/1.1", "Content-Length: 48") + string(offer),
			post("POST "+v2+"x HTTP/1.1", "Content-Length: 48") + string(offer),
			post("POST "+v2+"// HTTP/1.1", "Content-Length: 48") + string(offer),
			post("PUT "+v2+" HTTP/1.1", "Content-Length: 48") + string(offer),
			post("GET " + v2 + " HTTP/1.1"),
			post("POST "+v2+" HTTP/1.1", "Content-Length: 48") + string(offer),
		},
		server: []string{string(answer), string(answer), string(answer), string(answer), string(answer), string(answer), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"chunked both ways": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + string(capturetest.Chunked(offer, 13))},
		server: []string{post("HTTP/1.1 200 OK", "transfer-encoding:gzip , CHUNKED") + string(capturetest.Chunked(ok, 2))},
		want:   []message{request(offer), response(1, ok)},
	},
	"chunked, lines end in LF only": {
		client: []string{"POST " + v2 + " HTTP/1.1\nTransfer-Encoding: chunked\n\n30 \n" + string(offer) + "\n000\n\n"},
		server: []string{"HTTP/1.1 200 OK\nContent-Length: 5\n\n" + string(ok)},
		want:   []message{request(offer), response(1, ok)},
	},
	"chunked wins over Content-Length": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 3", "Transfer-Encoding: chunked") + string(capturetest.Chunked(offer, 100))},
		server: []string{string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"header in odd shape": {
		client: []string{"\r\n\r\nPOST " + v2 + " HTTP/1.1\r\nX-Long: a\r\n b\r\n\tc\r\ncontent-LENGTH :\r\n\t 48 \r\nNo colon\r\n\r\n" + string(offer)},
		server: []string{post("HTTP/1.1 200", "CONTENT-length:5") + string(ok)},
		want:   []message{request(offer), response(1, ok)},
	},
	"the same length twice": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Content-Length: 48, 48") + string(offer)},
		server: []string{string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"lengths that differ": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Content-Length: 47") + string(offer), string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(0, ok), request(offer), response(1, ok)},
		problems: 2, // the request, and the bytes that follow
	},
	"length that is no number": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Content-Length: -1"), string(capturetest.Post(v2, offer))},
		server:   []string{post("HTTP/1.1 200 OK", "Content-Length: 99999999999999999999"), string(answer)},
		want:     []message{request(offer), response(1, ok)},
		problems: 2,
	},
	"HTTP/1.0, answer without length": {
		client: []string{post("POST "+v2+"/ HTTP/1.0", "Content-Length: 48") + string(offer)},
		server: []string{post("HTTP/1.0 200 OK") + string(ok)},
		close:  "server",
		want:   []message{request(offer).path(v2 + "/"), response(1, ok).path(v2 + "/")},
	},
	"answer without length, reset": {
		client: []string{post("POST "+v2+" HTTP/1.0", "Content-Length: 48") + string(offer)},
		server: []string{post("HTTP/1.0 200 OK") + string(ok)},
		close:  "RST",
		want:   []message{request(offer), response(1, ok)},
	},
	"answer without length, capture ends": {
		client: []string{post("POST "+v2+" HTTP/1.0", "Content-Length: 48") + string(offer)},
		server: []string{post("HTTP/1.0 200 OK", "Connection: keep-alive") + string(ok)},
		want:   []message{request(offer), response(1, ok)},
	},
	"answers without length on a connection that goes on": {
		client: []string{string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer))},
		server: []string{post("HTTP/1.0 200 OK", "Connection: keep-alive") + string(ok), post("HTTP/1.0 200 OK", "Connection: keep-alive") + string(ok)},
		want:   []message{request(offer), request(offer), response(1, ok), response(1, ok)},
		whole:  true,
	},
	"request without length, FIN": {
		client: []string{post("POST "+v2+" HTTP/1.0") + string(offer)},
		close:  "client",
		server: []string{""},
		want:   []message{request(offer)},
	},
	"request without length, answered": {
		client: []string{post("POST "+v2+" HTTP/1.0") + string(offer)},
		server: []string{string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"request without length, answered, another": {
		client: []string{post("POST "+v2+" HTTP/1.1") + string(offer), string(capturetest.Post(v2, offer))},
		server: []string{string(answer), string(answer)},
		want:   []message{request(offer), response(1, ok), request(offer), response(1, ok)},
	},
	"request without length is empty after all": {
		client: []string{post("POST "+v2+" HTTP/1.1") + string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(401, nil)) + string(answer)},
		want:   []message{request(offer), response(1, ok)},
		whole:  true,
	},
	"Expect: 100-continue": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Expect: 100-continue"), string(offer)},
		server: []string{post("HTTP/1.1 100 Continue"), post("HTTP/1.1 102 Processing") + string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"Expect: 100-continue, refused, body withheld": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Expect: 100-continue"), string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(401, []byte("who are you?"))), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"Expect: 100-continue, refused, closed": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Expect: 100-continue")},
		server: []string{string(capturetest.Answer(401, []byte("who are you?")))},
		close:  "client",
	},
	"refused early, body sent all the same": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48") + string(offer[:10]), string(offer[10:]) + string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(413, nil)), string(answer)},
		want:   []message{request(offer), request(offer), response(1, ok)},
	},
	"401 and resend": {
		client: []string{string(capturetest.Post(v1, offer)), string(capturetest.Post(v1, offer, "Authorization: Negotiate abc="))},
		server: []string{string(capturetest.Answer(401, []byte("<html>"), "WWW-Authenticate: Negotiate")), string(answer)},
		want:   []message{request(offer).path(v1), request(offer).path(v1), response(1, ok).path(v1)},
	},
	"401 and resend, handshake with empty bodies": {
		client: []string{string(capturetest.Post(v2, nil)), string(capturetest.Post(v2, nil, "Authorization: NTLM 1")), string(capturetest.Post(v2, offer, "Authorization: NTLM 3"))},
		server: []string{string(capturetest.Answer(401, nil)), string(capturetest.Answer(401, []byte("no"))), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"empty body, accepted": {
		client: []string{string(capturetest.Post(v2, nil))},
		server: []string{string(answer)},
		want:   []message{request(nil), response(0, ok)},
	},
	"empty body in chunks, accepted": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "0\r\n\r\n"},
		server: []string{string(answer)},
		want:   []message{request(nil), response(0, ok)},
	},
	"empty body, never answered": {
		client: []string{string(capturetest.Post(v2, nil))},
		server: []string{""},
		close:  "client",
		want:   []message{request(nil)},
	},
	"empty answers": {
		client: []string{string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(200, nil)), post("HTTP/1.1 204 No Content"), post("HTTP/1.1 202 Accepted", "Content-Length: 0")},
		want: []message{request(offer), response(1, nil), request(offer), response(1, nil).status(204),
			request(offer), response(1, nil).status(202)},
	},
	"errors": {
		client: []string{string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(500, ok)), post("HTTP/1.1 304 Not Modified", "Content-Length: 500"), string(answer)},
		want:   []message{request(offer), request(offer), request(offer), response(1, ok)},
	},
	"HEAD has no body": {
		client: []string{post("HEAD /x HTTP/1.1"), string(capturetest.Post(v2, offer))},
		server: []string{post("HTTP/1.1 200 OK", "Content-Length: 5000"), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"pipelined": {
		client: []string{string(capturetest.Post(v2, offer)) + post("GET / HTTP/1.1") + string(capturetest.Post(v1, offer[:20])) + post("HEAD / HTTP/1.1") + string(capturetest.Post(v2, offer))},
		server: []string{string(answer) + string(capturetest.Answer(200, make([]byte, 5000))) + string(capturetest.Answer(200, capturetest.Interested)) + post("HTTP/1.1 200 OK", "Content-Length: 7") + string(answer)},
		want: []message{request(offer), request(offer[:20]).path(v1), request(offer),
			response(1, ok), response(1, capturetest.Interested).path(v1), response(1, ok)},
	},
	"incomplete request": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48") + string(offer[:20])},
		server:   []string{""},
		close:    "client",
		problems: 1,
	},
	"incomplete chunk": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "30\r\n" + string(offer[:20])},
		server:   []string{""},
		problems: 1,
	},
	"incomplete head": {
		client:   []string{"POST " + v2 + " HTTP/1.1\r\nContent-Len"},
		server:   []string{""},
		problems: 1,
	},
	"incomplete answer": {
		client:   []string{string(capturetest.Post(v2, offer))},
		server:   []string{string(answer[:len(answer)-1])},
		close:    "server",
		want:     []message{request(offer)},
		problems: 1,
	},
	"incomplete head of an answer": {
		client:   []string{string(capturetest.Post(v2, offer))},
		server:   []string{string(answer[:20])},
		close:    "server",
		want:     []message{request(offer)},
		problems: 1,
	},
	"chunk without size": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "\r\n\r\n", string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(0, ok), request(offer), response(1, ok)},
		problems: 2,
	},
	"chunk of another size than it says": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "10\r\n" + string(offer) + "\r\n0\r\n\r\n", string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(1, ok), request(offer), response(1, ok)},
		problems: 2,
	},
	"chunk size of 17 digits": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "fffffffffffffffff\r\n", string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(0, ok), request(offer), response(1, ok)},
		problems: 2,
	},
	"body longer than is kept": {
		client:   []string{post("POST "+v2+" HTTP/1.1", fmt.Sprintf("Content-Length: %d", maxBody+1)) + strings.Repeat("x", maxBody+1) + string(capturetest.Post(v2, offer))},
		server:   []string{string(answer) + string(answer)},
		want:     []message{request(offer), response(0, ok), response(1, ok)},
		problems: 1,
	},
	"chunks longer than are kept": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + string(capturetest.Chunked(make([]byte, maxBody+1), 1<<20)) + string(capturetest.Post(v2, offer))},
		server:   []string{string(answer) + string(answer)},
		want:     []message{request(offer), response(0, ok), response(1, ok)},
		problems: 1,
	},
	"head longer than is kept": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "X: "+strings.Repeat("x", 2*maxHead)) + string(offer) + string(capturetest.Post(v2, offer))},
		server:   []string{string(answer) + string(answer)},
		want:     []message{request(offer), response(0, ok), orphan(ok)},
		problems: 2,
	},
	"CONNECT, then HTTP": {
		client: []string{post("CONNECT cache.example:80 HTTP/1.1"), string(capturetest.Post(v2, offer))},
		server: []string{post("HTTP/1.1 200 Connection established"), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"CONNECT refused, then HTTP": {
		client: []string{post("CONNECT cache.example:80 HTTP/1.1"), string(capturetest.Post(v2, offer))},
		server: []string{string(capturetest.Answer(403, []byte("no"))), string(answer)},
		want:   []message{request(offer), response(1, ok)},
	},
	"another protocol after 101": {
		client: []string{post("GET /chat HTTP/1.1", "Upgrade: websocket"), string(capturetest.Post(v2, offer))},
		server: []string{post("HTTP/1.1 101 Switching Protocols"), string(answer)},
	},
	"another protocol after a POST": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Upgrade: h2c", "Content-Length: 48") + string(offer)},
		server:   []string{post("HTTP/1.1 101 Switching Protocols") + string(answer)},
		want:     []message{request(offer)},
		problems: 1,
	},
	"identity means nothing": {
		client: []string{post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "Transfer-Encoding: Identity") + string(offer)},
		server: []string{post("HTTP/1.1 200 OK", "Transfer-Encoding: identity", "Content-Length: 5") + string(ok)},
		want:   []message{request(offer), response(1, ok)},
	},
	"chunked is not last": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked, gzip") + string(capturetest.Chunked(offer, 100)), string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(0, ok), request(offer), response(1, ok)},
		problems: 2,
	},
	"chunked, then identity": {
		client:   []string{post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked", "Transfer-Encoding: identity", "Content-Length: 48") + string(offer), string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{response(0, ok), request(offer), response(1, ok)},
		problems: 2,
	},
	"a response in which chunked is not last": {
		client: []string{string(capturetest.Post(v2, offer))},
		server: []string{post("HTTP/1.1 200 OK", "Transfer-Encoding: gzip", "Content-Length: 3") + string(ok)},
		close:  "server",
		want:   []message{request(offer), response(1, ok)},
	},
	"HTTP/2": {
		client: []string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00" + string(capturetest.Post(v2, offer))},
		server: []string{"\x00\x00\x00\x04\x00\x00\x00\x00\x00" + string(answer)},
	},
	"SMTP": {
		client: []string{"EHLO " + v2 + "\r\n", string(capturetest.Post(v2, offer))},
		server: []string{"250 OK\r\n"},
	},
	"a server that speaks first": {
		client: []string{"", string(capturetest.Post(v2, offer))},
		server: []string{"220 ready\r\n", string(answer)},
	},
	"garbage between answers": {
		client:   []string{string(capturetest.Post(v2, offer)), string(capturetest.Post(v2, offer))},
		server:   []string{string(answer) + "garbage\r\n", string(answer)},
		want:     []message{request(offer), response(1, ok), request(offer), response(1, ok)},
		problems: 0,
	},
	"garbage between requests": {
		client:   []string{string(capturetest.Post(v2, offer)) + "garbage", string(capturetest.Post(v2, offer))},
		server:   []string{string(answer), string(answer)},
		want:     []message{request(offer), response(1, ok), request(offer), response(1, ok)},
		problems: 1,
	},
}

func (test *exchangeTest) trace(mss int) *capturetest.Trace {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.MSS = mss
	for i := range max(len(test.client), len(test.server)) {
		if i < len(test.client) {
			c.Send([]byte(test.client[i]))
		}
		if i < len(test.server) {
			c.Reply([]byte(test.server[i]))
		}
	}
	switch test.close {
	case "client":
		c.Close()
	case "server":
		c.CloseServer()
	case "RST":
		c.FromServer(capturetest.RST|capturetest.ACK, nil)
	}
	return &trace
}

func TestHTTP(t *testing.T) {
	for name, test := range exchangeTests {
		t.Run(name, func(t *testing.T) {
			for _, mss := range []int{1460, 1, 2, 7, 100, 60000} {
				if mss < 1000 && (test.whole || len(test.client[0]) > maxHead) {
					continue
				}
				got := readTrace(test.trace(mss))
				got.want(t, test.problems, test.want...)
				if t.Failed() {
					t.Fatalf("with segments of %d bytes", mss)
				}
			}
		})
	}
}

// TestHTTPFrames checks that an event carries the frame and the time that
// completed its message.
func TestHTTPFrames(t *testing.T) {
	test := exchangeTests["HTTP/1.0, answer without length"]
	trace := test.trace(30)
	var data, fin int64 // last frame with data of the client, frame with the FIN of the server
	for i, p := range trace.Packets {
		if p.Dst.Port() == 80 && len(p.Data) > 0 {
			data = int64(i + 1)
		}
		if p.Src.Port() == 80 && p.Flags&capturetest.FIN != 0 {
			fin = int64(i + 1)
		}
	}
	got := readTrace(trace)
	for i, want := range []int64{data, fin} {
		at := capturetest.Start.Add(time.Duration(want-1) * capturetest.Step)
		if e := got.events[i]; e.Frame != want || !e.Time.Equal(at) {
			t.Errorf("event %d: frame %d at %v, want %d at %v", i, e.Frame, e.Time, want, at)
		}
	}
}

// TestManyPipelined sends more requests ahead than are remembered: no answer
// may be taken for that of another.
func TestManyPipelined(t *testing.T) {
	for _, n := range []int{maxWaiting + 20, 2 * maxWaiting} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Silent = true
		for i := range n {
			body := bytes.Clone(offer)
			binary.BigEndian.PutUint16(body[2:], uint16(i+1))
			c.Send(capturetest.Post(v2, body))
		}
		for i := range n {
			c.Reply(capturetest.Answer(200, binary.BigEndian.AppendUint16(nil, uint16(i+1))))
		}
		got := readTrace(&trace)
		for _, m := range got.messages {
			if m.Kind == "response" && m.RequestType != 0 && m.RequestType != binary.BigEndian.Uint16([]byte(m.Body)) {
				t.Fatalf("the answer % x was taken for one to %d", m.Body, m.RequestType)
			}
		}
		if got.sum.Requests != n || got.sum.Responses < maxWaiting/2 {
			t.Errorf("%+v of %d exchanges", got.sum, n)
		}
	}
}

// TestAnyPort finds messages whatever the ports are, also where the client's is
// the lower.
func TestAnyPort(t *testing.T) {
	for _, ports := range [][2]uint16{{40000, 80}, {80, 40000}, {2222, 443}, {53, 53}, {1, 65535}} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		c.Client = netip.AddrPortFrom(c.Client.Addr(), ports[0])
		c.Server = netip.AddrPortFrom(c.Server.Addr(), ports[1])
		messages := talk(c.Open(), 2, 3)
		got := readTrace(&trace)
		got.want(t, 0, messages...)
		if e := got.events[0]; e.Src != c.Client || e.Dst != c.Server {
			t.Errorf("ports %d: from %v to %v", ports, e.Src, e.Dst)
		}
	}
}
