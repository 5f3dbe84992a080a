package capture

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// eventsOf are the events of a conversation, in short.
func eventsOf(o Options, talk func(c *capturetest.Conn)) (all []Event) {
	var trace capturetest.Trace
	talk(trace.Conn(0))
	return readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), o).events
}

// TestAfterUnwanted has a response without a body follow one whose body nobody wants:
// it is a message, and nothing was skipped.
func TestAfterUnwanted(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for _, status := range []int{200, 204} {
		got := eventsOf(Options{}, func(c *capturetest.Conn) {
			c.Open().Send(post).Reply(capturetest.Answer(404, []byte("no"))).Send(post)
			c.Reply(capturetest.Message(fmt.Sprintf("HTTP/1.1 %d x", status), nil, "Content-Length: 0")).Close()
		})
		if len(got) != 3 || got[2].Kind != Response || got[2].Status != status {
			t.Errorf("%d: %+v", status, got)
		}
	}
}

// TestExcerptOurs: in an excerpt any path may be one of ours. Once an answer shows that
// it is, what is missing behind it is a problem.
func TestExcerptOurs(t *testing.T) {
	for body, want := range map[string]int{string(ok): 1, "thanks": 0} {
		problems := 0
		for _, e := range eventsOf(Options{Excerpt: true}, func(c *capturetest.Conn) {
			c.Open().Send(capturetest.Post("/other", offer)).Reply(capturetest.Answer(200, []byte(body)))
			c.ClientSeq += 500
			c.Close()
		}) {
			if e.Kind == Problem {
				problems++
			}
		}
		if problems != want {
			t.Errorf("answered with %q: %d problems, want %d", body, problems, want)
		}
	}
}

// TestEmptyRefusedEarly refuses a request before it has ended, without a body: it was
// only a step of authentication.
func TestEmptyRefusedEarly(t *testing.T) {
	for status, want := range map[int]int{401: 0, 407: 0, 403: 2} {
		if got := eventsOf(Options{Exchanges: true}, func(c *capturetest.Conn) {
			c.Open().Send(capturetest.Message("POST "+v2+" HTTP/1.1", nil, "Transfer-Encoding: chunked"))
			c.Reply(capturetest.Answer(status, nil)).Send([]byte("0\r\n\r\n")).Close()
		}); len(got) != want {
			t.Errorf("%d: %+v", status, got)
		}
	}
}

// TestPlainCut ends a plain body early: so many bytes are missing as are known to be.
func TestPlainCut(t *testing.T) {
	body := bytes.Repeat([]byte("plain"), 20)
	ask := capturetest.Ask("/f", capturetest.WantsInformation...)
	for name, test := range map[string]struct {
		answer  []byte
		missing int64
	}{
		"whole":            {capturetest.Answer(200, body), 0},
		"a byte less":      {capturetest.Answer(200, body)[:len(capturetest.Answer(200, body))-1], 1},
		"its head alone":   {capturetest.Answer(200, body)[:len(capturetest.Answer(200, body))-len(body)], 100},
		"without a length": {capturetest.Message("HTTP/1.1 200 OK", body), 0},
		"before a chunk":   {capturetest.Message("HTTP/1.1 200 OK", []byte("5\r\nplain\r\n"), "Transfer-Encoding: chunked"), 1},
		"within a chunk":   {capturetest.Message("HTTP/1.1 200 OK", []byte("a\r\nplain"), "Transfer-Encoding: chunked"), 5},
		"a bad chunk":      {capturetest.Message("HTTP/1.1 200 OK", []byte("5\r\nplain?"), "Transfer-Encoding: chunked"), 0},
	} {
		var plain []Event
		for _, e := range eventsOf(Options{Retrieval: true}, func(c *capturetest.Conn) { c.Open().Send(ask).Reply(test.answer).Close() }) {
			if e.Kind == Plain {
				plain = append(plain, e)
			} else if e.Kind != Problem || test.missing == 0 || !strings.HasPrefix(e.Detail, "incomplete HTTP response: the connection ended after ") {
				t.Errorf("%s: %+v", name, e)
			}
		}
		if len(plain) != 1 || plain[0].Missing != test.missing {
			t.Errorf("%s: %+v, want %d bytes missing", name, plain, test.missing)
		}
	}
}

// TestHeadGoesOnBehindFIN begins a head, and behind a FIN that was not obeyed another,
// shorter one.
func TestHeadGoesOnBehindFIN(t *testing.T) {
	got := eventsOf(Options{}, func(c *capturetest.Conn) {
		c.Open().Send(capturetest.Post(v2, offer)).Reply(answer)
		c.FromClient(FIN, capturetest.Post(v2, offer, "X: "+strings.Repeat("x", 900))[:950])
		c.Send(capturetest.Post(v2, offer)).Reply(answer)
	})
	requests := 0
	for _, e := range got {
		if e.Kind == Request {
			requests++
		}
	}
	if requests != 2 {
		t.Errorf("%d requests: %+v", requests, got)
	}
}

// TestLostToCache loses bytes of a connection that says nothing else: they matter where
// it goes to an end that MS-PCHC was spoken to.
func TestLostToCache(t *testing.T) {
	pchc, pccrr := capturetest.Post(v2, offer), capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(anID, 0))
	for _, test := range []struct {
		spoken []byte
		lost   uint32
		want   int
	}{{pchc, 0, 0}, {pchc, 1, 1}, {pchc, 50, 1}, {pccrr, 50, 0}, {get("/"), 50, 0}} {
		var trace capturetest.Trace
		trace.Conn(0).Open().Send(test.spoken).Reply(capturetest.Answer(200, ok)).Close()
		c := trace.Conn(1).Open()
		c.ClientSeq += test.lost
		c.FromClient(ACK, []byte("the rest\r\n"))
		c.Close()
		got := readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Retrieval: true})
		n := len(slices.DeleteFunc(got.problems, func(s string) bool { return !strings.Contains(s, "missing from the capture before frame") }))
		if n != test.want {
			t.Errorf("%.20q to the same end, %d bytes lost: problems %q", test.spoken, test.lost, got.problems)
		}
	}
}

// TestLossTold: what is lost between messages is told once, and whether something is
// read behind it.
func TestLossTold(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for _, test := range []struct {
		behind int // requests
		want   string
	}{{0, "no other message follows"}, {1, "reading resumes at this frame"}, {3, "reading resumes at this frame"}} {
		var details []string
		for _, e := range eventsOf(Options{}, func(c *capturetest.Conn) {
			c.Open().Send(post).Reply(answer)
			c.ClientSeq += 500
			c.FromClient(ACK, []byte("the rest\r\n"))
			for range test.behind {
				c.Send(post).Reply(answer)
			}
			c.Close()
		}) {
			if e.Kind == Problem {
				details = append(details, e.Detail)
			}
		}
		if len(details) != 1 || !strings.HasPrefix(details[0], "500 bytes missing") || !strings.HasSuffix(details[0], test.want) {
			t.Errorf("%d requests behind: %q, want %q", test.behind, details, test.want)
		}
	}
}

// TestPlaces: what an event tells of the request that it is about.
func TestPlaces(t *testing.T) {
	post := capturetest.Post(v2, offer)
	for name, test := range map[string]struct {
		talk func(c *capturetest.Conn)
		want string // kind, path, whether Requested is known, protocol, whether it is presumed
	}{
		"from the start": {func(c *capturetest.Conn) { c.Open().Send(post, post).Reply(answer, answer) },
			"1 " + v2 + " false MS-PCHC false, 1 " + v2 + " false MS-PCHC false, 2 " + v2 + " true MS-PCHC false, 2 " + v2 + " true MS-PCHC false"},
		"within": {func(c *capturetest.Conn) { c.Send(post).Reply(answer).Send(post).Reply(answer) },
			"1 " + v2 + " false MS-PCHC false, 2 " + v2 + " true MS-PCHC true, 1 " + v2 + " false MS-PCHC false, 2 " + v2 + " true MS-PCHC false"},
		"a response first": {func(c *capturetest.Conn) { c.Reply(answer) }, "2  false MS-PCHC false"},
		"incomplete":       {func(c *capturetest.Conn) { c.Open().Send(post[:len(post)-1]).Close() }, "3 " + v2 + " false MS-PCHC false"},
		"another path":     {func(c *capturetest.Conn) { c.Open().Send(capturetest.Post("/x", offer)).Reply(answer) }, ""},
	} {
		var got []string
		for _, e := range eventsOf(Options{}, test.talk) {
			got = append(got, fmt.Sprint(int(e.Kind), " ", e.Path, " ", e.Requested.Frame > 0, " ", e.Protocol, " ", e.Presumed))
			if e.Requested.Frame > e.Frame || e.Kind == Problem && (e.Method != "POST") {
				t.Errorf("%s: %s", name, e.Detail)
			}
		}
		if s := strings.Join(got, ", "); s != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, s, test.want)
		}
	}
}
