package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// retrievalEvents are events of retrieval, in short.
func retrievalEvents(t *testing.T, trace *capturetest.Trace, o Options, format capturetest.Format) (all []string) {
	t.Helper()
	o.Retrieval = true
	_, err := Read(bytes.NewReader(trace.Encode(format)), o, func(e *Event) error {
		kinds := map[EventKind]string{Request: "request", Response: "response", Problem: "problem", Failure: "failure", Unanswered: "unanswered",
			OtherMethod: "other", Content: "content", Note: "note", Plain: "plain", Part: "part", Datagram: "datagram"}
		s := fmt.Sprintf("%v %s", e.Protocol, kinds[e.Kind])
		switch e.Kind {
		case Plain:
			s += fmt.Sprintf(" %d+%d %s %s", e.Length, e.Missing, e.Asked.URL, e.Answered.Range)
		case Part:
			s += fmt.Sprintf(" %d at %d", len(e.Body), e.Offset)
		case Problem, Note:
			s += " " + e.Detail
		case Failure, Unanswered:
			s += fmt.Sprintf(" %d %s", e.Status, e.Path)
		default:
			s += fmt.Sprintf(" %d", len(e.Body))
		}
		all = append(all, s)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func compareTold(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

var anID = bytes.Repeat([]byte{7}, 32)

// Messages of MS-PCCRR are found by their path in any case, with and without a slash and
// below it, and however their HTTP is framed; and only if they are asked for.
func TestRetrieval(t *testing.T) {
	ask, answer := capturetest.GetBlks(anID, 3), capturetest.Blk(anID, 3, bytes.Repeat([]byte("block"), 2000), bytes.Repeat([]byte{1}, 16), 1)
	want := []string{"MS-PCCRR request 68", fmt.Sprintf("MS-PCCRR response %d", len(answer))}
	path := capturetest.PathRetrieval
	for _, target := range []string{path, strings.TrimSuffix(path, "/"), strings.ToLower(path), strings.ToUpper(path), path + "below?x", "http://h:1" + path} {
		var trace capturetest.Trace
		trace.Conn(0).Open().Send(capturetest.Post(target, ask)).Reply(capturetest.Answer(200, answer)).Close()
		compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{}), want...)
		if got := readTrace(&trace); len(got.events) != 0 {
			t.Errorf("%s: %d events, though it is not asked for retrieval", target, len(got.events))
		}
	}
	for _, target := range []string{path[:36], path[:37] + "x", path[1:], "/"} {
		var trace capturetest.Trace
		trace.Conn(0).Open().Send(capturetest.Post(target, ask)).Reply(capturetest.Answer(200, []byte("no"))).Close()
		compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{}))
	}
	chunked := capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(answer, 999), "Transfer-Encoding: chunked")
	for name, c := range map[string][2][]byte{
		"chunked":   {capturetest.Message("POST "+path+" HTTP/1.1", capturetest.Chunked(ask, 10), "Transfer-Encoding: chunked"), chunked},
		"to end":    {capturetest.Post(path, ask), capturetest.Message("HTTP/1.0 200 OK", answer)},
		"100":       {capturetest.Post(path, ask), append([]byte("HTTP/1.1 100 Continue\r\n\r\n"), chunked...)},
		"pipelined": {bytes.Repeat(capturetest.Post(path, ask), 2), bytes.Repeat(chunked, 2)},
	} {
		var trace capturetest.Trace
		conn := trace.Conn(0).IPv6().Open()
		conn.MSS = 100
		conn.Send(c[0]).Reply(c[1]).Close()
		expected := want
		if name == "pipelined" {
			expected = []string{want[0], want[0], want[1], want[1]}
		}
		t.Run(name, func(t *testing.T) {
			compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{Fragment: 80}), expected...)
		})
	}
}

// What has no success, and what has no answer, is told without Exchanges, too.
func TestRetrievalWithout(t *testing.T) {
	var trace capturetest.Trace
	post := capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(anID, 0))
	conn := trace.Conn(0).Open()
	conn.Send(post).Reply(capturetest.Answer(400, nil)).Send(post)
	conn.CloseServer()
	origin := trace.Conn(1).Open()
	origin.Send(capturetest.Ask("/f", capturetest.WantsInformation...)).Reply(capturetest.Answer(404, []byte("no")))
	origin.Send(capturetest.Message("PUT "+capturetest.PathRetrieval+" HTTP/1.1", nil, "Content-Length: 0")).Reply(capturetest.Answer(200, nil)).Close()
	compareTold(t, retrievalEvents(t, &trace, Options{ByFrame: true}, capturetest.Format{}),
		"MS-PCCRR request 68", "MS-PCCRR failure 400 "+capturetest.PathRetrieval, "MS-PCCRR request 68", "MS-PCCRR unanswered 0 "+capturetest.PathRetrieval,
		"MS-PCCRTP failure 404 /f", "MS-PCCRR note PUT request to a path of MS-PCCRR, which uses only POST: its body is not read as a message")
}

// A loss costs the messages that it touches, which is said; reading resumes with the
// next.
func TestRetrievalLoss(t *testing.T) {
	answer := capturetest.Blk(anID, 0, make([]byte, 64<<10), bytes.Repeat([]byte{1}, 16), 1)
	for drop, want := range map[int]string{ // among the segments with data
		0:  "",
		10: "MS-PCCRR problem lost the body of an HTTP response: 1460 of 65644 bytes missing from the capture",
	} {
		var trace capturetest.Trace
		conn := trace.Conn(0).Open()
		for range 3 {
			conn.Send(capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(anID, 0))).Reply(capturetest.Answer(200, answer))
		}
		conn.Close()
		dropData(&trace, drop)
		got := retrievalEvents(t, &trace, Options{}, capturetest.Format{})
		whole, problems := 0, 0
		for _, s := range got {
			if s == fmt.Sprintf("MS-PCCRR response %d", len(answer)) {
				whole++
			}
			if strings.HasPrefix(s, "MS-PCCRR problem") {
				problems++
			}
		}
		if problems == 0 || whole < 2 || want != "" && !slices.Contains(got, want) {
			t.Errorf("without packet %d: %q", drop, got)
		}
	}
}

// dropData drops one of the segments with data.
func dropData(trace *capturetest.Trace, which int) {
	n := -1
	trace.Drop(func(_ int, p *capturetest.Packet) bool {
		if len(p.Data) > 0 {
			n++
		}
		return len(p.Data) > 0 && n == which
	})
}

// A response without its request is found by its bytes, if it is one of MS-PCCRR.
func TestRetrievalOrphan(t *testing.T) {
	answer := capturetest.Blk(anID, 0, make([]byte, 64<<10), bytes.Repeat([]byte{1}, 16), 1)
	wrong := bytes.Clone(answer)
	wrong[3]++
	var trace capturetest.Trace
	conn := trace.Conn(0)
	conn.Reply(capturetest.Answer(200, answer), capturetest.Answer(200, wrong), capturetest.Answer(200, make([]byte, 70_000)),
		capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(answer, 5000), "Transfer-Encoding: chunked"), capturetest.Answer(200, capturetest.BlkList(anID, 0, 0)))
	trace.Drop(func(_ int, p *capturetest.Packet) bool { return p.Src == conn.Client })
	one := fmt.Sprintf("MS-PCCRR response %d", len(answer))
	compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{}), one, one, "MS-PCCRR response 64")
}

// Plain content is counted, and handed on in pieces; none of it is kept.
func TestPlain(t *testing.T) {
	body := make([]byte, 3000)
	asks := append([]string{"Range: bytes=100-3099"}, capturetest.WantsInformation[1:]...)
	for name, c := range map[string]struct {
		answer []byte
		drop   int
		want   []string
	}{
		"length":  {capturetest.Answer(206, body, "Content-Range: bytes 100-3099/9000"), -1, []string{"MS-PCCRTP plain 3000+0 http://origin.example/f?x bytes 100-3099/9000"}},
		"chunked": {capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(body, 700), "Transfer-Encoding: chunked"), -1, []string{"MS-PCCRTP plain 3000+0 http://origin.example/f?x "}},
		"to end":  {capturetest.Message("HTTP/1.0 200 OK", body), -1, []string{"MS-PCCRTP plain 3000+0 http://origin.example/f?x "}},
		"loss":    {capturetest.Answer(200, body), 2, []string{"MS-PCCRTP plain 1540+1460 http://origin.example/f?x "}},
		"none":    {capturetest.Answer(204, nil), -1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			trace.Conn(0).Open().Send(capturetest.Ask("/f?x", asks...)).Reply(c.answer).Close()
			dropData(&trace, c.drop)
			compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{}), c.want...)
			next := 0
			for _, s := range retrievalEvents(t, &trace, Options{Parts: true}, capturetest.Format{}) {
				var n, at int
				if k, _ := fmt.Sscanf(s, "MS-PCCRTP part %d at %d", &n, &at); k == 2 {
					if at != next && c.drop < 0 || at < next {
						t.Errorf("a piece at %d, want %d", at, next)
					}
					next = at + n
				}
			}
			if c.want != nil && next != len(body) {
				t.Errorf("the pieces end at %d", next)
			}
		})
	}
	var trace capturetest.Trace
	trace.Conn(0).Open().Send(capturetest.Ask("/f")).Reply(capturetest.Answer(200, body)).Close()
	compareTold(t, retrievalEvents(t, &trace, Options{}, capturetest.Format{})) // no PeerDist fields
}

// Datagrams of WS-Discovery are found in IPv4 and IPv6, in fragments, and cut.
func TestDatagrams(t *testing.T) {
	var trace capturetest.Trace
	data := bytes.Repeat([]byte("probe "), 300)
	for _, p := range [][2]string{{"10.0.0.1:5000", "239.255.255.250:3702"}, {"[fe80::1]:5000", "[ff02::c]:3702"}, {"10.0.0.9:3702", "10.0.0.1:5000"}, {"10.0.0.9:3703", "10.0.0.1:5000"}} {
		trace.Packets = append(trace.Packets, capturetest.Packet{Src: netip.MustParseAddrPort(p[0]), Dst: netip.MustParseAddrPort(p[1]), Data: data, UDP: true})
	}
	one := "MS-PCCRD datagram 1800"
	for _, format := range []capturetest.Format{{}, {Options: true}, {Fragment: 400}, {Link: capturetest.Raw, Tags: []uint16{}}} {
		compareTold(t, retrievalEvents(t, &trace, Options{}, format), one, one, one)
	}
	if got := readTrace(&trace); len(got.events) != 0 {
		t.Errorf("%d events, though it is not asked for discovery", len(got.events))
	}
}

// TestMayBeRetrieval: the first bytes of a response of MS-PCCRR, whole and in two parts.
func TestMayBeRetrieval(t *testing.T) {
	head := func(size, kind, again, crypto uint32) []byte {
		b := make([]byte, retrievalHead)
		for at, v := range map[int]uint32{0: size, 8: kind, 12: again, 16: crypto} {
			binary.BigEndian.PutUint32(b[at:], v)
		}
		return b
	}
	const most = 384 << 10
	for i, test := range []struct {
		b    []byte
		want bool
	}{
		{head(64, 5, 64, 3), true}, {head(most, 5, most, 0), true}, {head(most+1, 5, most+1, 0), false},
		{head(64, 5, 65, 0), false}, {head(64, 5, 64, 4), false},
		{head(64, 1, 64, 0), true}, {head(64, 4, 64, 0), true}, {head(64, 7, 64, 0), true},
		{head(64, 0, 64, 0), false}, {head(64, 2, 64, 0), false}, {head(64, 3, 64, 0), false}, {head(64, 6, 64, 0), false}, {head(64, 8, 64, 0), false},
	} {
		for n := range len(test.b) + 1 {
			if got := mayBeRetrieval(test.b[:n:n], test.b[n:]); got != test.want {
				t.Errorf("%d, cut at %d: %v", i, n, got)
			}
		}
	}
	if !mayBeRetrieval(nil, make([]byte, retrievalHead-1)) {
		t.Error("too little to tell is refused")
	}
}

// TestOrphanLengths reads responses of MS-PCCRR without their requests, of the edges of
// length.
func TestOrphanLengths(t *testing.T) {
	for n, want := range map[int]int{maxRetrieval - 1: 1, maxRetrieval: 1, maxRetrieval + 1: 0} {
		body := make([]byte, n)
		size := uint32(n - 4)
		for _, at := range []int{0, 12} {
			body[at], body[at+1], body[at+2], body[at+3] = byte(size>>24), byte(size>>16), byte(size>>8), byte(size)
		}
		body[11] = 5
		if got := eventsOf(Options{Retrieval: true}, func(c *capturetest.Conn) { c.Reply(capturetest.Answer(200, body)) }); len(got) != want {
			t.Errorf("%d bytes: %d events", n, len(got))
		}
	}
}

// TestPartWhole hands out a plain body of one segment as a part, too.
func TestPartWhole(t *testing.T) {
	ask := capturetest.Ask("/f", capturetest.WantsInformation...)
	for _, mss := range []int{2000, 500} {
		got := 0
		for _, e := range eventsOf(Options{Retrieval: true, Parts: true}, func(c *capturetest.Conn) {
			c.MSS = mss
			c.Open().Send(ask).Reply(capturetest.Answer(200, make([]byte, 1000)))
		}) {
			if e.Kind == Part {
				if e.Presumed || e.Offset != int64(got) {
					t.Errorf("segments of %d: presumed %v, at %d", mss, e.Presumed, e.Offset)
				}
				got += len(e.Body)
			}
		}
		if got != 1000 {
			t.Errorf("segments of %d: parts of %d bytes", mss, got)
		}
	}
}
