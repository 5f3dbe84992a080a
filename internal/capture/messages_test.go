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

// TestFollows: of which requests it is told what became of them.
func TestFollows(t *testing.T) {
	for _, test := range []struct {
		o    Options
		e    exchange
		want bool
	}{
		{Options{}, exchange{ours: true}, false},
		{Options{Exchanges: true}, exchange{ours: true}, true},
		{Options{Exchanges: true}, exchange{}, false},
		{Options{Exchanges: true}, exchange{protocol: PCCRTP}, false},
		{Options{Retrieval: true}, exchange{ours: true}, true},
		{Options{Retrieval: true}, exchange{}, false},
		{Options{Retrieval: true}, exchange{protocol: PCCRTP}, true},
		{Options{Retrieval: true}, exchange{protocol: PCCRR}, false},
		{Options{}, exchange{protocol: PCCRTP}, false},
	} {
		if got := test.o.follows(&test.e); got != test.want {
			t.Errorf("%+v, %+v: %v", test.o, test.e, got)
		}
	}
}

// TestTypeOfOthers: messages of other protocols have no Type of MS-PCHC.
func TestTypeOfOthers(t *testing.T) {
	for protocol, want := range map[Protocol]uint16{PCHC: 7, 0: 7, PCCRR: 0, WUSP: 0, WSUSSS: 0} {
		c := &conn{r: NewReader(Options{}, nil)}
		f := &framer{exchange: exchange{number: 1, protocol: protocol}}
		c.open(f.exchange)
		if c.noteType(f, []byte{0, 1, 0, 7}); f.exchange.kind != want || c.exchanges.waiting[0].kind != want {
			t.Errorf("%v: type %d, want %d", protocol, f.exchange.kind, want)
		}
	}
}

// TestOtherMethodOnce notes requests that are no POST once for each server, whoever
// sends them.
func TestOtherMethodOnce(t *testing.T) {
	var trace capturetest.Trace
	for n := range 4 {
		c := trace.Conn(n)
		if n == 3 {
			c.Server, c.Client = c.Client, c.Server // the higher end is the client
		}
		c.Open().Send(get(v2), get(v2))
	}
	if got := readTrace(&trace); len(got.notes) != 2 {
		t.Errorf("%d notes", len(got.notes))
	}
}

// TestNoBody: which responses have no body, whatever length they tell.
func TestNoBody(t *testing.T) {
	post := capturetest.Post(v2, offer)
	head := post
	for _, test := range []struct {
		request []byte
		status  int
		want    bool
	}{
		{head, 203, false}, {head, 204, true}, {head, 205, false}, {head, 303, false}, {head, 304, true}, {head, 305, false}, {head, 200, false},
		{[]byte("HEAD / HTTP/1.1\r\n\r\n"), 200, true}, {[]byte("GET / HTTP/1.1\r\n\r\n"), 200, false},
	} {
		got := 0
		for _, e := range eventsOf(Options{}, func(c *capturetest.Conn) {
			c.Open().Send(test.request, post)
			c.Reply(capturetest.Message(fmt.Sprintf("HTTP/1.1 %d x", test.status), nil, fmt.Sprintf("Content-Length: %d", len(answer))), answer)
		}) {
			if e.Kind == Response && e.Exchange == 2 {
				got++
			}
		}
		if got == 1 != test.want {
			t.Errorf("%.4s, status %d: %d responses to the second request", test.request, test.status, got)
		}
	}
}

// TestForgotten gives up waiting for half of the requests where one too many waits.
func TestForgotten(t *testing.T) {
	c := &conn{r: NewReader(Options{}, func(*Event) error { return nil })}
	for n := range maxWaiting + 1 {
		c.open(exchange{number: n + 1})
	}
	if w := c.exchanges.waiting; len(w) != maxWaiting/2+1 || w[0].number != maxWaiting/2+1 || c.r.pool.used != int64(len(w))*exchangeCost {
		t.Errorf("%d wait, from %d, of %d bytes", len(w), w[0].number, c.r.pool.used)
	}
}

// TestCut: where the snap length cuts frames, it is told of which, and a request whose
// response is cut does not vanish.
func TestCut(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Send(capturetest.Post(capturetest.PathRetrieval, capturetest.GetBlks(anID, 0))).Reply(capturetest.Answer(200, make([]byte, 65644)))
	c.Send(capturetest.Post(v2, capturetest.Batch(1, 128), "X: "+strings.Repeat("x", 300))).Reply(answer)
	c.Send(capturetest.Post(v2, offer)).Reply(answer).Close()
	lost := "6569 bytes missing from the capture: the messages in them are lost; frame 74 was cut to 300 of 1514 bytes (snap length); reading resumes at this frame"
	for name, test := range map[string]struct {
		o    Options
		snap int
		want []string // problems, and events of MS-PCCRR
	}{
		"offers alone": {Options{}, 300, []string{lost}},
		"all": {Options{Retrieval: true}, 300, []string{
			"Request 1", "lost the body of an HTTP response: 54616 of 65644 bytes missing from the capture; frame 6 was cut to 300 of 1514 bytes (snap length)",
			"Unanswered 1, Unread, began", lost,
		}},
		"a request": {Options{}, 700, []string{"lost the body of an HTTP request: 4169 of 7568 bytes missing from the capture; frame 74 was cut to 700 of 1514 bytes (snap length)"}},
		"whole":     {Options{}, 0, nil},
	} {
		var got []string
		for _, e := range readWith(bytes.NewReader(trace.Encode(capturetest.Format{Snap: test.snap})), test.o).events {
			switch {
			case e.Kind == Problem:
				got = append(got, e.Detail)
			case e.Kind == Unanswered && e.Ending == Unread && e.Began.Frame == 6:
				got = append(got, fmt.Sprintf("Unanswered %d, Unread, began", e.Exchange))
			case e.Protocol == PCCRR:
				got = append(got, fmt.Sprintf("Request %d", e.Exchange))
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n%s\nwant:\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}
