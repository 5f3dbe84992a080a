package capture

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// hostile is a small capture drawn from a seed: connections that say a bit of
// everything, and packets to which anything has happened, mostly by a little.
type hostile struct {
	trace  capturetest.Trace
	format capturetest.Format
	o      Options
}

func newHostile(seed uint64) *hostile {
	random := rand.New(rand.NewPCG(seed, 99))
	one := func(n int) bool { return random.IntN(n) == 0 }
	h := &hostile{o: Options{
		Exchanges: !one(3), ByFrame: one(4), Excerpt: one(6),
		MaxConnections: pickOne(random, 0, 0, 0, 1, 2, 3), MaxBuffered: pickOne[int64](random, 0, 0, 0, 500, 2000),
	}}
	var traces []*capturetest.Trace
	for n := range 1 + random.IntN(3) {
		var t capturetest.Trace
		for range 1 + random.IntN(1+random.IntN(3)) { // between the same ports
			h.say(random, t.Conn(n))
		}
		traces = append(traces, &t)
	}
	h.trace = *capturetest.Merge(traces...)
	for range random.IntN(5) {
		h.happen(random)
	}
	if one(4) {
		h.trace.Shuffle(random, 2+random.IntN(6))
	}
	if one(6) {
		h.format.Snap = 54 + random.IntN(300)
	}
	if one(6) {
		h.format.Fragment = 8 * (1 + random.IntN(30))
	}
	return h
}

func pickOne[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// say adds one connection.
func (h *hostile) say(random *rand.Rand, c *capturetest.Conn) {
	one := func(n int) bool { return random.IntN(n) == 0 }
	c.MSS = pickOne(random, 1460, 1460, 100, 48, 300)
	c.Silent = one(2)
	if one(4) {
		c.IPv6()
	}
	c.ClientSeq, c.ServerSeq = random.Uint32(), random.Uint32()
	if one(3) {
		c.Client, c.Server = netip.AddrPortFrom(c.Server.Addr(), c.Client.Port()), netip.AddrPortFrom(c.Client.Addr(), c.Server.Port())
	}
	if !one(4) {
		c.Open()
	}
	for range 1 + random.IntN(4) {
		requests := [][]byte{h.request(random)}
		for one(4) {
			requests = append(requests, h.request(random))
		}
		c.Send(requests...)
		for range requests {
			if !one(8) {
				c.Reply(h.response(random))
			}
		}
		if one(12) {
			c.Reply(h.response(random))
		}
	}
	switch random.IntN(6) {
	case 0, 1:
		c.Close()
	case 2:
		c.CloseServer()
	case 3:
		c.FromServer(capturetest.RST, nil)
	case 4:
		c.FromClient(capturetest.RST|capturetest.ACK, nil)
	}
}

func (h *hostile) request(random *rand.Rand) []byte {
	body := capturetest.Batch(random.Uint64(), random.IntN(4))
	path := pickOne(random, capturetest.PathV2, capturetest.PathV2, capturetest.PathV1, "/other")
	chunked := append(capturetest.Message("POST "+path+" HTTP/1.1", nil, "Transfer-Encoding: chunked"), capturetest.Chunked(body, 1+random.IntN(60))...)
	return pickOne(random,
		capturetest.Post(path, body), capturetest.Post(path, body), capturetest.Post(path, body),
		capturetest.Post(path, body, "Authorization: Negotiate YII="),
		capturetest.Post(path, nil), capturetest.Post(path, nil, "Authorization: NTLM x"),
		chunked, append([]byte("\r\n"), chunked...),
		capturetest.Post(path, body[:random.IntN(len(body))], "Content-Length: 7"),
		capturetest.Post(path, body, "Transfer-Encoding: gzip"),
		capturetest.Post(path, body, "Transfer-Encoding: chunked"),
		capturetest.Message("GET "+path+" HTTP/1.1", nil, "Accept-Encoding: peerdist", "X-P2P-PeerDist: Version=1.0"),
		capturetest.Message("HEAD "+path+" HTTP/1.1", nil),
		capturetest.Message("PUT "+path+" HTTP/1.1", body, fmt.Sprintf("Content-Length: %d", len(body))),
		capturetest.Message("CONNECT cache:80 HTTP/1.1", nil),
		capturetest.Message("POST "+path+" HTTP/1.1", nil),
		append([]byte("PROXY TCP4 10.0.0.1 10.0.0.2 1 80\r\n"), capturetest.Post(path, body)...),
		[]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"),
		[]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
		body,
	)
}

func (h *hostile) response(random *rand.Rand) []byte {
	body := pickOne(random, capturetest.OK, capturetest.OK, capturetest.Interested, nil, capturetest.Batch(1, 2))
	status := pickOne(random, 200, 200, 200, 200, 201, 204, 304, 401, 404, 407, 500, 100, 101, 302)
	chunked := append(capturetest.Message(fmt.Sprintf("HTTP/1.1 %d X", status), nil, "Transfer-Encoding: chunked"), capturetest.Chunked(body, 1+random.IntN(4))...)
	return pickOne(random,
		capturetest.Answer(200, body), capturetest.Answer(200, body), capturetest.Answer(status, body), capturetest.Answer(status, body), chunked,
		capturetest.Answer(status, body, "WWW-Authenticate: Negotiate YII=, NTLM"),
		capturetest.Message("HTTP/1.1 200 OK", body),
		capturetest.Answer(200, body, "Content-Encoding: peerdist", "ETag: 1", "X-P2P-PeerDist: Version=1.0, ContentLength=5"),
		capturetest.Answer(status, body, "Content-Length: 3"),
		capturetest.Answer(200, body, "Transfer-Encoding: chunked"),
	)
}

// happen changes something about the packets.
func (h *hostile) happen(random *rand.Rand) {
	p := h.trace.Packets
	if len(p) == 0 {
		return
	}
	at := random.IntN(len(p))
	near := func() uint32 {
		n := pickOne[uint32](random, 1, 1, 1, 2, 2, 3, 100, maxAfterEnd, maxAfterEnd+1, maxQueued, maxAhead, maxAhead+1, 1<<30, 1<<31)
		if random.IntN(2) == 0 {
			n = -n
		}
		return n
	}
	q := p[at]
	switch random.IntN(15) {
	case 0, 1: // lost
		h.trace.Packets = slices.Delete(p, at, at+1)
	case 2: // and some more
		h.trace.Packets = slices.Delete(p, at, min(at+1+random.IntN(4), len(p)))
	case 3: // twice, the second time anywhere
		h.trace.Packets = slices.Insert(p, random.IntN(len(p)), q)
	case 4:
		p[at].Seq += near()
	case 5:
		p[at].Ack += near()
	case 6:
		p[at].Flags ^= pickOne[byte](random, capturetest.SYN, capturetest.FIN, capturetest.FIN, capturetest.RST, capturetest.RST|capturetest.ACK, capturetest.ACK)
	case 7: // somebody else's
		q.Data, q.Flags = nil, pickOne[byte](random, capturetest.SYN, capturetest.SYN|capturetest.ACK, capturetest.FIN|capturetest.ACK, capturetest.RST, capturetest.RST|capturetest.ACK, capturetest.ACK)
		q.Seq += near()
		h.trace.Packets = slices.Insert(p, at, q)
	case 8: // repeats, with a little more or less, perhaps with another content
		if len(q.Data) > 2 {
			k := 1 + random.IntN(3)
			q.Data = slices.Clone(q.Data)
			switch random.IntN(4) {
			case 0:
				q.Data = q.Data[:k]
			case 1:
				q.Seq, q.Data = q.Seq+uint32(len(q.Data)-k), q.Data[len(q.Data)-k:]
			case 2:
				q.Data[random.IntN(len(q.Data))] ^= 1
			default:
				q.Seq, q.Data = q.Seq-uint32(k), append([]byte("abc")[:k:k], q.Data...)
			}
		}
		h.trace.Packets = slices.Insert(p, at+random.IntN(len(p)-at), q)
	case 9: // shorter
		if n := len(q.Data); n > 0 {
			p[at].Data = q.Data[:n-1-random.IntN(min(n, 3))]
		}
	case 10: // a probe that the other end is alive
		q.Seq, q.Data, q.Flags = q.Seq-1, []byte{0}, capturetest.ACK
		h.trace.Packets = slices.Insert(p, at, q)
	case 11: // much later
		late := capturetest.Start.Add(pickOne(random, maxWaitTime-1, maxWaitTime, maxWaitTime+time.Second))
		for i := at; i < len(p); i++ {
			p[i].Time = late.Add(time.Duration(i) * time.Millisecond)
		}
	case 12: // and nothing but acknowledgements for a while
		q.Data, q.Flags = nil, capturetest.ACK
		many := slices.Repeat([]capturetest.Packet{q}, pickOne(random, reorderWindow-2, reorderWindow-1, reorderWindow, reorderWindow+1, 2*reorderWindow))
		h.trace.Packets = slices.Insert(p, at, many...)
	case 13: // new connections
		for n := range pickOne(random, 2, maxSiblings-1, maxSiblings, maxSiblings+1) {
			q.Data, q.Flags, q.Seq = nil, capturetest.SYN, q.Seq+uint32(n)<<26
			h.trace.Packets = slices.Insert(h.trace.Packets, at, q)
		}
	case 14: // all of one direction
		h.trace.Drop(func(_ int, x *capturetest.Packet) bool { return x.Src == q.Src })
	}
}

// events lists what is said of the capture.
func (h *hostile) events() string {
	var s strings.Builder
	sum, err := Read(bytes.NewReader(h.trace.Encode(h.format)), h.o, func(e *Event) error {
		s.WriteString(line(e) + "\n")
		return nil
	})
	fmt.Fprintf(&s, "%d frames, %d connections, %d encrypted, %d %d %d %d, last %v, error %v\n", sum.Frames, sum.Connections, sum.Encrypted, sum.Requests, sum.Responses, sum.Contents, sum.Problems, sum.Last.Sub(capturetest.Start), err)
	return s.String()
}

// line is all of an event.
func line(e *Event) string {
	var s strings.Builder
	at := time.Duration(0)
	if !e.Time.IsZero() {
		at = e.Time.Sub(capturetest.Start)
	}
	fmt.Fprintf(&s, "%d frame %d %v stream %d %v>%v", e.Kind, e.Frame, at, e.Stream, e.Src, e.Dst)
	for _, f := range []struct {
		name  string
		value any
		zero  bool
	}{
		{"exchange", e.Exchange, e.Exchange == 0}, {"authorized", "", !e.Authorized}, {"auth", e.Auth, e.Auth == ""}, {"ending", e.Ending, e.Ending == 0},
		{"gone", "", !e.Gone}, {"type", e.RequestType, e.RequestType == 0}, {"presumed", "", !e.Presumed}, {"hidden", "", !e.Hidden},
		{"asked", e.Asked, e.Asked == nil}, {"answered", e.Answered, e.Answered == nil}, {"direction", e.Direction, e.Direction == ""},
		{"method", e.Method, e.Method == ""}, {"path", e.Path, e.Path == ""}, {"status", e.Status, e.Status == 0}, {"detail", e.Detail, e.Detail == ""},
		{"body", fmt.Sprintf("%d %08x", len(e.Body), crc32.ChecksumIEEE(e.Body)), len(e.Body) == 0},
	} {
		if !f.zero {
			fmt.Fprintf(&s, " %s %v", f.name, f.value)
		}
	}
	return s.String()
}
