package capture

import (
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// without reads a trace that lacks packet n.
func without(trace *capturetest.Trace, n int) *outcome {
	return readTrace(&capturetest.Trace{Packets: slices.Delete(slices.Clone(trace.Packets), n, n+1)})
}

// TestLostChunks loses every segment of chunked requests in turn: what lies in
// other messages must be found.
func TestLostChunks(t *testing.T) {
	for _, size := range []int{50, 700, 5000} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 500
		var messages []message
		var first []int // packet that begins each POST
		for i := range 6 {
			body := capturetest.Batch(uint64(i), 40)
			first = append(first, len(trace.Packets))
			c.Send(capturetest.Message("POST "+v2+" HTTP/1.1", capturetest.Chunked(body, size), "Transfer-Encoding: chunked"))
			c.Reply(answer)
			messages = append(messages, request(body), response(3, ok))
		}
		c.Close()
		for n, p := range trace.Packets {
			if !isData(c, &p) {
				continue
			}
			got := without(&trace, n)
			i := 0 // the POST hit
			for i+1 < len(first) && first[i+1] <= n {
				i++
			}
			want := slices.Delete(slices.Clone(messages), 2*i, 2*i+1)
			if first[i] == n { // nothing is known of the request
				want[2*i] = orphan(ok)
			}
			// A segment that ends the body and begins nothing else may only
			// hold the trailer: then all is there.
			if len(got.messages) == len(messages) {
				want = messages
			}
			got.want(t, len(got.problems), want...)
			if t.Failed() || len(got.problems) == 0 {
				t.Fatalf("chunks of %d, packet %d of POST %d: problems %q", size, n, i, got.problems)
			}
		}
	}
}

// TestLostContinue loses an interim answer: the final one still belongs to its
// request.
func TestLostContinue(t *testing.T) {
	test := exchangeTests["Expect: 100-continue"]
	trace := test.trace(1460)
	for n, p := range trace.Packets {
		if strings.HasPrefix(string(p.Data), "HTTP/1.1 100") {
			without(trace, n).want(t, 1, test.want...)
			return
		}
	}
	t.Fatal("no interim answer")
}

// TestLostElsewhere loses parts of traffic that is not ours: that is nobody's
// problem.
func TestLostElsewhere(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	for range 5 {
		c.Send([]byte(post("GET /large HTTP/1.1"))).Reply(capturetest.Answer(200, make([]byte, 10000)))
		c.Send(capturetest.Post("/upload", make([]byte, 10000))).Reply(capturetest.Answer(200, []byte("thanks")))
	}
	c.Close()
	ssh := trace.Conn(1).Open()
	ssh.Reply([]byte("SSH-2.0-x\r\n")).Send([]byte("SSH-2.0-y\r\n"), make([]byte, 5000)).Reply(make([]byte, 50000)).Close()
	for n := range trace.Packets {
		without(&trace, n).want(t, 0)
		if t.Failed() {
			t.Fatalf("packet %d", n)
		}
	}
}

// TestLostBeginning loses the head of a connection's only request: all that
// shows is that there was a response.
func TestLostBeginning(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Send(capturetest.Post(v2, capturetest.Batch(1, 128))).Reply(answer).Close()
	got := without(&trace, 3)
	got.want(t, 1, orphan(ok))
	if e := got.events[0]; e.Src != c.Client || !strings.Contains(e.Detail, "1460 bytes missing") {
		t.Errorf("%+v, want a problem that tells of 1460 bytes of the client", e)
	}
}

// TestLostTail loses the end of the last request or response.
func TestLostTail(t *testing.T) {
	for _, close := range []string{"", "client", "RST"} {
		body := capturetest.Batch(1, 128)
		test := exchangeTest{client: []string{string(capturetest.Post(v2, body))}, server: []string{string(answer)}, close: close}
		trace := test.trace(1460)
		var data []int
		for n, p := range trace.Packets {
			if len(p.Data) > 0 {
				data = append(data, n)
			}
		}
		without(trace, data[len(data)-2]).want(t, 1, response(3, ok)) // end of the request
		without(trace, data[len(data)-1]).want(t, 1, request(body))   // the response
	}
}

// TestDataAfterFIN sends on after the end, where the end was and behind it: it was
// not the end.
func TestDataAfterFIN(t *testing.T) {
	for _, back := range []uint32{0, 1} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		messages := talk(c, 1, 3)
		c.FromClient(capturetest.FIN|capturetest.ACK, nil)
		c.ClientSeq -= back
		messages = append(messages, talk(c, 1, 3)...)
		readTrace(&trace).want(t, 0, messages...)
	}
}

// TestLostFIN ends connections without capturing that: no byte of theirs is lost.
func TestLostFIN(t *testing.T) {
	for lost := 1; lost < 4; lost++ {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		messages := talk(c, 2, 3)
		c.Close()
		trace.Drop(func(_ int, p *capturetest.Packet) bool {
			return p.Flags&capturetest.FIN != 0 && (p.Src == c.Client && lost&1 != 0 || p.Src == c.Server && lost&2 != 0)
		})
		readTrace(&trace).want(t, 0, messages...)
	}
}

// TestLostTrailer loses the trailer of a chunked body: the body is whole.
func TestLostTrailer(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Send([]byte(post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked")+"30\r\n"+string(offer)+"\r\n0\r\n"), []byte("X: y\r\n\r\n"))
	c.Reply(answer)
	c.Send(capturetest.Post(v2, offer)).Reply(answer)
	without(&trace, 5).want(t, 1, request(offer), response(1, ok), request(offer), response(1, ok))
}

// TestResumesLive checks that a loss is told, and what follows it found, while
// the connection goes on.
func TestResumesLive(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	talk(c, 60, 128)
	got := without(&trace, 20)
	for i, e := range got.events {
		if i > 0 && e.Kind == Problem && e.Frame > 60 || e.Kind == Request && i < 30 && e.Frame > 400 {
			t.Errorf("event %d: %+v", i, e)
		}
	}
	last := got.events[len(got.events)-1]
	if last.Kind != Response || last.Frame != got.sum.Frames-1 {
		t.Errorf("last event is of frame %d of %d: things were held back until the end", last.Frame, got.sum.Frames)
	}
}

// What a RST acknowledges was sent, and is missed where the capture does not have it.
func TestLostBeforeReset(t *testing.T) {
	for flags, missed := range map[byte]bool{capturetest.RST | capturetest.ACK: true, capturetest.RST: false} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		post := capturetest.Post(v2, offer)
		c.FromClient(ACK, post[:len(post)-20])
		c.FromClient(ACK, post[len(post)-20:])
		trace.Packets = trace.Packets[:len(trace.Packets)-1]
		c.FromServer(flags, nil)
		got := readTrace(&trace)
		if len(got.problems) != 1 || strings.Contains(got.problems[0], "missing") != missed {
			t.Errorf("flags %#x: problems %q", flags, got.problems)
		}
	}
}

// TestAckedBeforeFIN captures an acknowledgement of a FIN before the FIN: no byte is
// missing, so the time that a late segment of the response has does not begin with it.
func TestAckedBeforeFIN(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Silent, c.MSS = true, 1000
	c.Send(capturetest.Post(v2, offer))
	c.ClientSeq++
	c.FromServer(ACK, nil)
	c.ClientSeq--
	c.FromClient(capturetest.FIN|ACK, nil)
	body := capturetest.Chunked(ok, 1)
	reply := capturetest.Message("HTTP/1.1 200 OK", body, "Transfer-Encoding: chunked", "X: "+strings.Repeat("x", 2*reorderWindow))
	c.MSS = 2
	begin := len(trace.Packets)
	c.Reply(reply)
	first := trace.Packets[begin] // comes late
	rest := slices.Delete(slices.Clone(trace.Packets), begin, begin+1)
	acked := c.ServerSeq
	for n := begin + reorderWindow - 10; n < begin+reorderWindow+10; n++ {
		ack := rest[begin-1] // the FIN, repeated, acknowledges what came until then
		ack.Ack = acked
		trace.Packets = slices.Concat(rest[:n], []capturetest.Packet{ack}, rest[n:n+20], []capturetest.Packet{first}, rest[n+20:])
		readTrace(&trace).want(t, 0, request(offer), response(1, ok))
	}
}
