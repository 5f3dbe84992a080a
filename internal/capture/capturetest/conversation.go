package capturetest

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// Said is what one end of a [Conversation] said, or left unsaid.
type Said struct {
	Kind       string // "request", "response", "failure" or "unanswered"
	Src, Dst   netip.AddrPort
	Stream     int // of its connection, from 0
	Exchange   int // number of its request on the connection, from 1
	Path       string
	Status     int
	Authorized bool
	Type       uint16 // bytes 2 and 3 of the body of the request
	Body       []byte // as it was captured, where the frames differ: what came first

	// Frame is the frame that completed it, and Time that frame's time; 0 where
	// that is not known, or it was not captured whole.
	Frame int
	Time  time.Time

	// Lost is how many of its bytes no frame has, Cut how many the first frame
	// with them was cut before.
	Lost, Cut int

	// Begun says that first fragments of datagrams that lack others have all that is lost.
	Begun bool

	// Headless says that what is lost is one or two bytes at the beginning of POST:
	// the rest shows which method it is.
	Headless bool

	Request *Said // the one that it answers
	Serial  bool  // the client waited for each response
	Shown   bool  // a frame shows that there is something from where it begins

	conn     *party
	way      int      // 0 is what the client sends
	from, to int      // its bytes in what that end sends; of a failure, of its head
	trailer  int      // where its trailer begins, which may be lost
	parts    [][2]int // those of its body
	untilEnd bool     // it ends when its connection does
	step     bool     // it was only a step of authentication
}

// party is a connection of a conversation.
type party struct {
	random *rand.Rand
	ends   [2]netip.AddrPort // client, server
	format Format            // of its frames, but for the link layer
	mss    int
	first  [2]uint32 // sequence number of each end's SYN
	sent   [2][]byte
	turns  []turn
	said   []*Said
	asked  int  // exchanges begun
	over   bool // what was said last lasts until the connection ends

	serial      bool // the client waits for each response
	lossy       bool // frames will be lost, so that a response must not depend on its request
	short       bool // a few exchanges
	strict      bool // what net/http accepts: no white space around the sizes of chunks, no empty lines
	tls         bool
	noHandshake bool
	end         ending
}

// turn is a run of bytes that one end sends.
type turn struct{ way, from, to int }

// ending is how a connection ends.
type ending int

const (
	notEnded ending = iota
	clientCloses
	serverCloses
	serverResets
	endings
)

// say sends bytes in the turn of an end.
func (c *party) say(way int, b ...string) (from, to int) {
	from = len(c.sent[way])
	for _, s := range b {
		c.sent[way] = append(c.sent[way], s...)
	}
	to = len(c.sent[way])
	if n := len(c.turns); n > 0 && c.turns[n-1].way == way {
		c.turns[n-1].to = to
	} else {
		c.turns = append(c.turns, turn{way, from, to})
	}
	return from, to
}

func (c *party) one(n int) bool { return c.random.IntN(n) == 0 }

func pick[T any](random *rand.Rand, of ...T) T { return of[random.IntN(len(of))] }

// head is a start line with header fields in the shapes that HTTP allows.
func (c *party) head(line string, fields ...string) string {
	end := pick(c.random, "\r\n", "\r\n", "\r\n", "\n")
	fields = append([]string{"Host: cache.example", "X-Content-Length: 7", "Accept:"}, fields...)
	c.random.Shuffle(len(fields), func(i, j int) { fields[i], fields[j] = fields[j], fields[i] })
	var s strings.Builder
	s.WriteString(line + end)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ":")
		switch c.random.IntN(6) {
		case 0:
			name = strings.ToLower(name)
		case 1:
			name = strings.ToUpper(name)
		case 2:
			value = " " + value + " \t"
		case 3:
			value = end + "\t" + strings.TrimSpace(value)
		}
		s.WriteString(name + ":" + value + end)
	}
	return s.String() + end
}

// body says a body in its framing, which its head has announced, and notes
// where its bytes are.
func (c *party) body(m *Said, b []byte, chunked bool) {
	if !chunked {
		from, to := c.say(m.way, string(b))
		m.parts = append(m.parts, [2]int{from, to})
		return
	}
	end := func() string {
		if c.strict {
			return "\r\n"
		}
		return pick(c.random, "\r\n", "\n")
	}
	extension := func() string {
		if c.strict {
			return pick(c.random, "", ";a=b", ";name=\"v; 1\"")
		}
		return pick(c.random, "", "", " ", ";a=b", " ; name=\"v; 1\"", "\t")
	}
	digits := pick(c.random, "%x", "%X", "0%x", "00000%X")
	for len(b) > 0 {
		n := min(len(b), 1+c.random.IntN(1+c.random.IntN(4000)))
		c.say(m.way, fmt.Sprintf(digits, n), extension(), end())
		from, to := c.say(m.way, string(b[:n]))
		m.parts = append(m.parts, [2]int{from, to})
		c.say(m.way, end())
		b = b[n:]
	}
	_, m.trailer = c.say(m.way, pick(c.random, "0", "000", "0;last"), "\r\n")
	c.say(m.way, pick(c.random, "", "X-Trailer: yes"+end(), "A: b"+end()+"C: d"+end()), end())
}

// framing announces a body in a header field.
func (c *party) framing(n int) (field string, chunked bool) {
	if c.one(3) {
		return "Transfer-Encoding: " + pick(c.random, "chunked", "Chunked"), true
	}
	return fmt.Sprintf("Content-Length: %d", n), false
}

// unique is a body like no other.
func (c *party) unique() []byte { return binary.BigEndian.AppendUint64(OK[:5:5], c.random.Uint64()) }

// ask says a request of any kind. The method decides what the response may be.
func (c *party) ask() (m *Said, method string) {
	c.asked++
	m = &Said{conn: c, way: 0, Src: c.ends[0], Dst: c.ends[1], Exchange: c.asked, Serial: c.serial}
	if c.one(8) && c.asked > 1 && !c.strict {
		c.say(0, pick(c.random, "\r\n", "\r\n\r\n"))
	}
	m.from = len(c.sent[0])
	target := pick(c.random, PathV1, PathV2, PathV2, strings.ToLower(PathV1), strings.ToUpper(PathV2), PathV2+"/")
	m.Path = target
	switch c.random.IntN(10) {
	case 0:
		target = "http://cache.example:80" + target + "?x=/" + PathV1
	case 1:
		target += "?http://x/"
	case 2:
		m.Path, target = "", pick(c.random, "/", PathV2+"x", "/x"+PathV2, PathV1+"//", "/?"+PathV2)
	}
	method = pick(c.random, "POST", "POST", "POST", "POST", "POST", "POST", "GET", "HEAD", "PUT")
	if method != "POST" {
		m.Path = ""
	}
	b := Batch(c.random.Uint64(), c.random.IntN(1+c.random.IntN(60)))
	switch {
	case method == "GET" || method == "HEAD":
		c.say(0, c.head(method+" "+target+" HTTP/1.1"))
	case c.one(8): // an empty one
		m.parts = [][2]int{}
		length := "Content-Length: 0"
		if c.serial && !c.lossy && c.end == notEnded { // otherwise the response must show that nothing follows
			length = pick(c.random, length, "Accept: */*")
		}
		c.say(0, c.head(method+" "+target+" HTTP/1.1", length))
	default:
		field, chunked := c.framing(len(b))
		fields := []string{field}
		if m.Authorized = c.one(4); m.Authorized {
			fields = append(fields, "Authorization: Negotiate YII=")
		}
		wait := c.serial && c.one(6)
		if wait {
			fields = append(fields, "Expect: 100-continue")
		}
		c.say(0, c.head(method+" "+target+" HTTP/1.1", fields...))
		if wait {
			c.say(1, c.head("HTTP/1.1 100 Continue"))
		}
		c.body(m, b, chunked)
	}
	m.to = len(c.sent[0])
	if m.Path != "" {
		m.Kind = "request"
		c.said = append(c.said, m)
	}
	return m, method
}

// answer says a response to a request.
func (c *party) answer(to *Said, method string, last bool) {
	m := &Said{conn: c, way: 1, Src: c.ends[1], Dst: c.ends[0], Exchange: to.Exchange, Path: to.Path, Request: to, Serial: c.serial}
	m.from = len(c.sent[1])
	m.Status = pick(c.random, 200, 200, 200, 200, 200, 201, 401, 404, 500, 204, 302)
	minor := c.random.IntN(2)
	if c.strict {
		minor = 1
	}
	line := fmt.Sprintf("HTTP/1.%d %d %s", minor, m.Status, http.StatusText(m.Status))
	b := pick(c.random, c.unique(), c.unique(), c.unique(), []byte{}, Batch(c.random.Uint64(), 40))
	switch {
	case method == "HEAD" && c.lossy: // the response does not show what it answers
		c.say(1, c.head(line, "Content-Length: 0"))
		m.to = len(c.sent[1])
	case method == "HEAD" || m.Status == 204:
		c.say(1, c.head(line, pick(c.random, "Content-Length: 500", "Transfer-Encoding: chunked", "X: y")))
		m.to = len(c.sent[1])
	case last && c.end == serverCloses && c.one(2):
		c.say(1, c.head(line))
		m.to = len(c.sent[1])
		c.body(m, b, false)
		m.untilEnd, c.over = true, true
	default:
		field, chunked := c.framing(len(b))
		c.say(1, c.head(line, field))
		m.to = len(c.sent[1])
		c.body(m, b, chunked)
	}
	m.Kind = "response"
	if m.Status >= 300 {
		m.Kind, m.parts = "failure", nil
		if m.untilEnd = false; len(to.parts) == 0 && m.Status == 401 {
			to.step = true
		}
	} else {
		m.to = len(c.sent[1])
	}
	c.said = append(c.said, m)
}

// converse says exchanges, waited for or in flights.
func (c *party) converse() {
	type question struct {
		m      *Said
		method string
	}
	n := 1 + c.random.IntN(8)
	if !c.serial && !c.short && c.one(4) {
		n = 1 + c.random.IntN(200)
	}
	for n > 0 && !c.over {
		flight := 1
		if !c.serial {
			flight = 1 + c.random.IntN(n)
		}
		n -= flight
		var questions []question
		for range flight {
			m, method := c.ask()
			questions = append(questions, question{m, method})
		}
		for i, q := range questions {
			last := n == 0 && i == len(questions)-1
			if last && c.end == serverCloses && c.one(4) {
				if q.m.Path != "" {
					c.said = append(c.said, &Said{Kind: "unanswered", conn: c, Src: c.ends[1], Dst: c.ends[0], Exchange: q.m.Exchange, Path: q.m.Path, Request: q.m, Serial: c.serial})
				}
				return
			}
			c.answer(q.m, q.method, last)
		}
	}
}
