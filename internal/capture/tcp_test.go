package capture

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// isData reports whether a packet of the client carries data.
func isData(c *capturetest.Conn, p *capturetest.Packet) bool {
	return p.Src == c.Client && len(p.Data) > 0
}

// TestSegmentSizes cuts the same conversation in every way.
func TestSegmentSizes(t *testing.T) {
	for mss := 1; mss < 1500; mss += max(1, mss/3) {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = mss
		messages := talk(c, 3, 5)
		c.Close()
		readTrace(&trace).want(t, 0, messages...)
	}
}

// TestReordered captures segments out of order; every message must be found,
// each response with its request.
func TestReordered(t *testing.T) {
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		var trace capturetest.Trace
		c := trace.Conn(0)
		c.ClientSeq = 1<<32 - 20000 // wraps around on the way
		c.ServerSeq = 1<<32 - 300
		if seed%3 != 0 {
			c.Open()
		}
		c.MSS = 100 + random.IntN(1400)
		messages := talk(c, 20, 30)
		c.Close()
		rest := capturetest.Trace{Packets: trace.Packets[3:]} // the first frames in place, so that it is a connection
		if seed%2 == 0 {
			rest.Swap(random, 0.02+random.Float64()/3)
		} else {
			rest.Shuffle(random, 2+random.IntN(12))
		}
		got := readTrace(&trace)
		if seed%3 == 0 {
			// In the middle of a connection the order of the first frames
			// cannot be told. Nothing must be wrong.
			got.subset(t, messages, len(messages)-4)
			continue
		}
		got.want(t, 0, messages...)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// TestShuffled captures all frames of a connection in any order, but for the
// first.
func TestShuffled(t *testing.T) {
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 5))
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 300 + random.IntN(1000)
		messages := talk(c, 1+random.IntN(8), 20)
		c.Close()
		rest := capturetest.Trace{Packets: trace.Packets[1:]}
		rest.Shuffle(random, len(rest.Packets))
		readTrace(&trace).want(t, 0, messages...)
		if t.Failed() {
			t.Fatalf("seed %d, %d frames", seed, len(trace.Packets))
		}
	}
}

// TestShuffledWhole does so with the first, too, and without a handshake, for
// one exchange.
func TestShuffledWhole(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 6))
		var trace capturetest.Trace
		c := trace.Conn(0)
		if seed%3 > 0 {
			c.Open()
		}
		c.MSS = 300 + random.IntN(1000)
		messages := talk(c, 1, 20)
		c.Close()
		trace.Shuffle(random, len(trace.Packets))
		got := readTrace(&trace)
		got.want(t, 0, messages...)
		if t.Failed() || got.sum.Connections != 1 {
			t.Fatalf("seed %d: %d connections", seed, got.sum.Connections)
		}
	}
}

// subset checks that the messages found are among those given, in this order,
// and at least so many.
func (o *outcome) subset(t *testing.T, messages []message, least int) {
	t.Helper()
	n := 0
	for _, m := range o.messages {
		i := slices.IndexFunc(messages[n:], func(sent message) bool {
			if m.RequestType == 0 { // unknown is not wrong
				sent.RequestType = 0
			}
			if m.Path == "" {
				sent.Path = ""
			}
			return sent == m
		})
		if i < 0 {
			m.Body = m.Body[:min(20, len(m.Body))]
			t.Fatalf("a message that was never sent, or not in this order: %+v; problems %q", m, o.problems)
		}
		n += i + 1
	}
	if len(o.messages) < least {
		t.Errorf("%d messages, want at least %d of %d", len(o.messages), least, len(messages))
	}
}

// TestRepeated captures segments twice and more, whole, in parts, joined, and
// with other bytes: the first ones count.
func TestRepeated(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 1))
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 200 + random.IntN(1000)
		messages := talk(c, 10, 20)
		c.Close()
		var again []capturetest.Packet
		for _, p := range trace.Packets {
			again = append(again, p)
			if len(p.Data) == 0 || random.IntN(3) > 0 {
				continue
			}
			lie := p
			lie.Data = bytes.Repeat([]byte{'X'}, len(p.Data))
			switch random.IntN(4) {
			case 0: // a part from the middle
				k := random.IntN(len(p.Data))
				lie.Seq += uint32(k)
				lie.Data = lie.Data[k:]
			case 1: // a keep-alive probe
				lie.Seq += uint32(len(p.Data)) - 1
				lie.Data = lie.Data[:1]
			case 2: // from before, up to its end
				lie.Seq -= 50
				lie.Data = append(lie.Data, make([]byte, 50)...)
			}
			again = append(again, lie)
		}
		trace.Packets = again
		if seed%2 == 1 {
			trace.Shuffle(random, 1) // in place
		}
		got := readTrace(&trace)
		got.want(t, min(len(got.problems), 1), messages...) // that they differ may be told
		if t.Failed() || len(got.problems) > 0 && !strings.HasPrefix(got.problems[0], "a segment repeats bytes") {
			t.Fatalf("seed %d: problems %q", seed, got.problems)
		}
	}
}

// TestOverlapAhead holds segments that overlap each other before their turn has
// come.
func TestOverlapAhead(t *testing.T) {
	body := capturetest.Batch(1, 30)
	data := capturetest.Post(capturetest.PathV2, body)
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 2))
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		base := c.ClientSeq
		part := func(from, to int) {
			c.ClientSeq = base + uint32(from)
			c.FromClient(capturetest.ACK, data[from:to])
		}
		for range 30 {
			from := 1 + random.IntN(len(data)-1)
			part(from, from+1+random.IntN(len(data)-from))
		}
		part(0, 1)
		for from := 0; from < len(data); from += 100 {
			part(from, min(from+100, len(data)))
		}
		readTrace(&trace).want(t, 0, request(body))
	}
}

// TestLostSegments loses every segment in turn: only the message it belongs to
// may be missing, and it must be told.
func TestLostSegments(t *testing.T) {
	for _, close := range []bool{true, false} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		messages := talk(c, 40, 64)
		if close {
			c.Close()
		}
		number := 0 // of the POST
		for lost, p := range trace.Packets {
			if !isData(c, &p) {
				continue
			}
			if string(p.Data[:5]) == "POST " {
				number++
			}
			without := capturetest.Trace{Packets: slices.Delete(slices.Clone(trace.Packets), lost, lost+1)}
			got := readTrace(&without)
			want := slices.Clone(messages)
			if string(p.Data[:5]) == "POST " {
				// Without its head nothing is known of the request.
				want = slices.Delete(want, 2*number-2, 2*number-1)
				want[2*number-2] = orphan(capturetest.OK)
			} else {
				want = slices.Delete(want, 2*number-2, 2*number-1)
			}
			got.want(t, 1, want...)
			if t.Failed() {
				t.Fatalf("segment %d of POST %d, close %v", lost, number, close)
			}
			e := got.events[slices.IndexFunc(got.events, func(e Event) bool { return e.Kind == Problem })]
			if !strings.Contains(e.Detail, "missing") || e.Stream != 0 || e.Src != c.Client || e.Frame < int64(lost) {
				t.Errorf("problem %+v, want one that tells what is missing of stream 0 at frame %d", e, lost)
			}
		}
	}
}

// TestLostAnswers loses every segment of the server in turn.
func TestLostAnswers(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 8, 20)
	c.Close()
	number := 0
	for lost, p := range trace.Packets {
		if p.Src != c.Server || len(p.Data) == 0 {
			continue
		}
		number++
		without := capturetest.Trace{Packets: slices.Delete(slices.Clone(trace.Packets), lost, lost+1)}
		readTrace(&without).want(t, 1, slices.Delete(slices.Clone(messages), 2*number-1, 2*number)...)
		if t.Failed() {
			t.Fatalf("answer %d", number)
		}
	}
}

// TestLostAndReordered loses several segments of many connections and swaps
// others.
func TestLostAndReordered(t *testing.T) {
	for seed := range uint64(6) {
		var b bytes.Buffer
		s, err := capturetest.Load(&b, capturetest.LoadOptions{Size: 3 << 20, Seed: seed, Swap: 0.02, Lose: 40})
		if err != nil {
			t.Fatal(err)
		}
		got := read(&b)
		if got.err != nil || got.sum.Requests != s.Posts-s.Lost || got.sum.Problems < 30 {
			t.Errorf("seed %d: %+v, %v; want %d requests", seed, got.sum, got.err, s.Posts-s.Lost)
		}
		for _, m := range got.messages {
			if m.Kind == "response" && m.RequestType != 3 && m.Path != "" {
				t.Errorf("seed %d: an answer to type %d", seed, m.RequestType)
			}
		}
	}
}

// TestManyLost loses a run of segments of any length: what lies behind must be
// found.
func TestManyLost(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	messages := talk(c, 20, 64)
	for from := 3; from < 40; from += 3 {
		for n := 1; n < 50; n += 7 {
			without := capturetest.Trace{Packets: slices.Delete(slices.Clone(trace.Packets), from, from+n)}
			got := readTrace(&without)
			hit := 2 + n/4 // no POST has fewer than 4 segments and acknowledgements, and each run hits at most so many
			got.subset(t, messages, len(messages)-2*hit)
			unknown := 0
			for _, m := range got.messages {
				if m.Kind == "response" && m.RequestType == 0 {
					unknown++
				}
			}
			if unknown > 1 {
				t.Errorf("from %d, %d lost: %d answers without the type of their requests", from, n, unknown)
			}
		}
	}
}

// TestNeverMismatched loses many frames of either direction, of clients that
// wait for each response and of others that do not. What is found must be what
// was sent, and no answer may be taken for that of another request.
func TestNeverMismatched(t *testing.T) {
	var known, unknown [2]int   // of clients that wait, of others
	seeds := []uint64{572, 953} // that once went wrong
	for seed := range uint64(400) {
		seeds = append(seeds, seed)
	}
	for _, seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 3))
		flight := 1
		if seed%2 == 1 {
			flight = 4
		}
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 150 + random.IntN(1300)
		sent := make(map[string]bool)
		for n := 1; n < 60; {
			last := n + 1 + random.IntN(flight)
			for i := n; i < last; i++ {
				body := capturetest.Batch(uint64(i), 1+random.IntN(40))
				binary.BigEndian.PutUint16(body[2:], uint16(i))
				c.Send(capturetest.Post(capturetest.PathV2, body))
				sent[string(body)] = true
			}
			for ; n < last; n++ {
				c.Reply(capturetest.Answer(200, binary.BigEndian.AppendUint16([]byte("to"), uint16(n))))
			}
		}
		c.Close()
		rate := random.Float64() / 8
		trace.Drop(func(i int, _ *capturetest.Packet) bool { return i > 2 && random.Float64() < rate })
		trace.Swap(random, 0.02)
		got := readTrace(&trace)
		for _, m := range got.messages {
			switch {
			case m.Kind == "request":
				if !sent[m.Body] {
					t.Fatalf("seed %d: a request that was never sent", seed)
				}
				delete(sent, m.Body)
			case m.RequestType == 0:
				unknown[seed%2]++
			default:
				known[seed%2]++
				if to := binary.BigEndian.Uint16([]byte(m.Body[2:])); to != m.RequestType {
					t.Fatalf("seed %d: the answer to %d was taken for one to %d; problems %q", seed, to, m.RequestType, got.problems)
				}
			}
		}
	}
	t.Logf("the request is known of %d answers and unknown of %d", known, unknown)
	if known[0] < 100*unknown[0] || known[1] < unknown[1]/2 {
		t.Error("that is too cautious")
	}
}

// TestSnap cuts frames: what was cut off must be told, and what is whole be
// found.
func TestSnap(t *testing.T) {
	small := capturetest.Batch(1, 2)  // one frame of about 350 bytes
	large := capturetest.Batch(2, 60) // whose frames are cut
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	var want []message
	for range 5 {
		c.Send(capturetest.Post(capturetest.PathV2, small)).Reply(capturetest.Answer(200, capturetest.OK))
		c.Send(capturetest.Post(capturetest.PathV2, large)).Reply(capturetest.Answer(200, capturetest.OK))
		want = append(want, request(small), response(3, capturetest.OK), response(3, capturetest.OK))
	}
	c.Close()
	for _, snap := range []int{401, 700, 1003, 1402} {
		for _, f := range []capturetest.Format{{Snap: snap}, {Snap: snap, Pcapng: true}, {Snap: snap, Pcapng: true, Simple: true}, {Snap: snap, Fragment: 2000}} {
			got := read(bytes.NewReader(trace.Encode(f)))
			got.want(t, 5, want...)
			if !strings.Contains(strings.Join(got.problems, ""), "missing") {
				t.Errorf("problems %q do not say that bytes are missing", got.problems)
			}
		}
	}
	// Out of order, too.
	random := rand.New(rand.NewPCG(1, 1))
	trace.Swap(random, 0.3)
	read(bytes.NewReader(trace.Encode(capturetest.Format{Snap: 1000}))).want(t, 5, want...)

	// So short that not even a start line is whole: what it began like is told.
	got := read(bytes.NewReader(trace.Encode(capturetest.Format{Snap: 54 + 30})))
	if len(got.messages) != 0 || len(got.problems) == 0 || !strings.Contains(got.problems[0], "missing") {
		t.Errorf("%d messages, problems %q", len(got.messages), got.problems)
	}
	// Within the headers.
	for _, snap := range []int{10, 20, 40, 50} {
		got := read(bytes.NewReader(trace.Encode(capturetest.Format{Snap: snap})))
		if len(got.messages) != 0 || len(got.problems) != 1 || !strings.Contains(got.problems[0], "headers") {
			t.Errorf("snap length %d: %d messages, problems %q", snap, len(got.messages), got.problems)
		}
	}
}

// TestSnapRepeated cuts frames whose bytes come twice, in other pieces.
func TestSnapRepeated(t *testing.T) {
	body := capturetest.Batch(1, 60)
	data := capturetest.Post(v2, body)
	for shift := 1; shift < 1000; shift += 37 {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		base := c.ClientSeq
		for from := 0; from < len(data); from += 1000 {
			if from > 0 { // the end of the one before, and some of this one
				c.ClientSeq = base + uint32(from-shift)
				c.FromClient(capturetest.ACK, data[from-shift:min(from+500, len(data))])
			}
			c.ClientSeq = base + uint32(from)
			c.FromClient(capturetest.ACK, data[from:min(from+1000, len(data))])
		}
		c.ClientSeq = base + uint32(len(data))
		c.Reply(answer).Send(capturetest.Post(v2, offer)).Reply(answer).Close()
		for _, snap := range []int{400, 801} {
			got := read(bytes.NewReader(trace.Encode(capturetest.Format{Snap: snap})))
			got.want(t, 1, response(3, ok), request(offer), response(1, ok))
			if t.Failed() {
				t.Fatalf("shift %d, snap length %d", shift, snap)
			}
		}
	}
}

// TestResets ends connections with RST: what was sent before counts.
func TestResets(t *testing.T) {
	body := capturetest.Batch(1, 30)
	for name, end := range map[string]func(c *capturetest.Conn){
		"by the client": func(c *capturetest.Conn) { c.FromClient(capturetest.RST, nil) },
		"by the server": func(c *capturetest.Conn) { c.FromServer(capturetest.RST|capturetest.ACK, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.Send(capturetest.Post(capturetest.PathV2, body))
			c.Reply(capturetest.Message("HTTP/1.0 200 OK", capturetest.OK))
			end(c)
			got := readTrace(&trace)
			got.want(t, 0, request(body), response(3, capturetest.OK))

			// With the RST captured before what precedes it.
			p := trace.Packets
			n := len(p)
			p[n-1], p[n-3] = p[n-3], p[n-1]
			readTrace(&trace).want(t, 0, request(body), response(3, capturetest.OK))
		})
	}
}
