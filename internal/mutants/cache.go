package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// The paths of the two versions, MS-PCHC 2.1.
const (
	pathV1 = "/C574AC30-5794-4AEE-B1BB-6651C5315029"
	pathV2 = "/0131501b-d67f-491b-9a40-c4bf27bcb4d4"
)

// The codes of an answer, MS-PCHC 2.2.2.2.
const (
	codeOK         = 0
	codeInterested = 1
)

// cache is a hosted cache, with one fault or "none". A fault of the decoder is
// one of the cache too, if the cache has one of that name.
type cache struct {
	fault string

	mu      sync.Mutex
	known   map[string]bool // segments whose block hashes it has, by HoHoDk
	asked   int             // requests
	dropped int             // messages
	last    string          // message that was read
	meeting meeting         // of requests
	reset   bool            // a client has reset a connection
	waste   waste
	before  struct { // the valid message before this one
		decoder *decoder // of its connection
		name    string
		many    bool // segments
	}

	live *live // that it is a part of, nil: it does not fetch what is offered
}

func (c *cache) has(name string) bool { return c.fault == name }

// serve listens until it fails. It writes the URLs to try it on, in one line.
// With fetch it fetches what is offered.
func serve(fault, address string, fetch bool, state string, w io.Writer) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	base := "http://" + l.Addr().String()
	paths := []string{base + pathV2, base + pathV1, base + pathRetrieval}
	for _, p := range caches {
		if p.name == fault && p.path != "" {
			paths = []string{base + p.path}
		}
	}
	if _, err := fmt.Fprintln(w, strings.Join(paths, " ")); err != nil {
		return err
	}
	c := newCache(fault)
	if fetch {
		c.live = newLive(fault, state)
	}
	return c.serve(l)
}

func newCache(fault string) *cache {
	return &cache{fault: fault, known: map[string]bool{}}
}

func (c *cache) serve(l net.Listener) error {
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			if c.has("leak-connection") {
				c.mu.Lock()
				c.waste.file()
				c.mu.Unlock()
			}
			c.talk(conn)
			if c.has("reset-ends-listener") && c.wasReset() {
				_ = l.Close()
			}
		}()
	}
}

// talk answers the requests of a connection until it ends.
func (c *cache) talk(conn net.Conn) {
	if c.full() {
		forever()
	}
	t := &transport{cache: c, conn: conn, in: bufio.NewReaderSize(conn, 1<<16)}
	d := &decoder{fault: c.fault}
	for {
		r, body, err := t.next()
		if err != nil {
			return
		}
		if !c.serves(r) {
			_, _ = io.WriteString(conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
			return
		}
		version := t.version(r)
		v := verdict{}
		switch from, _ := netip.ParseAddrPort(conn.RemoteAddr().String()); {
		case c.live != nil && version == 0:
			v = c.live.retrieve(d, body)
		case c.live != nil:
			v = c.live.offer(d, version, from.Addr(), body)
		case version == 0:
			v = c.retrieve(d, body)
		default:
			v = c.together(d, func() verdict { return c.judge(d, version, body) })
		}
		if !t.answer(r, v) || !t.keeps(r) {
			return
		}
	}
}

// versionOf returns the MajorVersion that belongs to a path, 0 to none.
func versionOf(path string) uint64 {
	switch path = strings.TrimSuffix(path, "/"); {
	case strings.EqualFold(path, pathV1):
		return 1
	case strings.EqualFold(path, pathV2):
		return 2
	}
	return 0
}

// verdict is what is made of a message.
type verdict struct {
	message string
	drop    bool
	code    byte
	answer  []byte // of a retrieval server
	status  int    // of HTTP, 0: what goes with the rest
	lost    bool   // without an answer
}

// judge decides about a message that came to the URL of a version.
func (c *cache) judge(d *decoder, version uint64, body []byte) (v verdict) {
	if c.has("crash-short") {
		_ = body[15] // as C reads on
	}
	bad, _ := d.decode("request", body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked++
	c.keep(d, body, bad)
	if c.has("stops-after-1000") && c.asked > 1000 || c.has("hang-after-malformed") && c.dropped > 0 {
		d.hang()
	}
	if c.has("crash-later") && bad.rule == "PCHC-2.2.1.5-SizeOfContentTag" {
		time.AfterFunc(5*time.Millisecond, func() { os.Exit(2) })
	}
	if c.has("hang-on-port-0") && d.port == 0 && bad.rule == "" {
		d.hang()
	}
	v.message = d.name
	v.drop = bad.rule != "" || d.majorVersion != version
	if c.has("everything-answered") {
		v.drop = false
	}
	if v.drop {
		c.dropped++
		return v
	}
	v.code = c.code(d)
	c.mixUp(d, &v)
	if c.has("wrong-after-malformed") && c.dropped > 0 {
		c.dropped, v.code = 0, v.code^1
	}
	if c.has("sha384-status-500") && d.name == "SEGMENT_INFO_MESSAGE" && d.v1.algorithm == 0x800D {
		v.status = http.StatusInternalServerError
	}
	if c.has("large-status-413") && len(body) > 1024 && d.name == "SEGMENT_INFO_MESSAGE" {
		v.status = http.StatusRequestEntityTooLarge
	}
	if c.has("answers-crossed") {
		c.last = d.name
		c.mu.Unlock()
		time.Sleep(time.Millisecond) // as long as it takes to look at a disk
		c.mu.Lock()
		if c.last != d.name {
			v.code ^= 1
		}
	}
	return v
}

// code returns the answer to a valid message, and remembers what it says.
func (c *cache) code(d *decoder) byte {
	switch d.name {
	case "INITIAL_OFFER_MESSAGE":
		known := c.known[string(d.hash)]
		switch {
		case c.has("ok-to-unseen"), c.has("ok-to-long-hash") && len(d.hash) > 32:
			known = true
		case c.has("ok-after-any-segment-info"):
			known = len(c.known) > 0
		case c.has("ok-once-offered"):
			known, c.known[string(d.hash)] = c.known[string(d.hash)], true
		}
		if !known {
			return codeInterested
		}
	case "SEGMENT_INFO_MESSAGE":
		s := d.v1.segments
		if d.before != nil {
			c.known = d.before // what others have told meanwhile is lost
		}
		if len(c.known) > 100000 {
			clear(c.known)
		}
		if len(s) == 1 && d.v1.blocks[0].count == (s[0].size+65535)/65536 && (d.v1.proven() || c.has("believes-cbsegment")) &&
			!(c.has("forgets-sha512") && d.v1.hashSize == 64) {
			c.known[string(d.identifier(s[0].secret, s[0].hashOfData, d.v1.algorithm))] = true
		}
		if c.has("interested-in-segment-info") {
			return codeInterested
		}
	case "BATCHED_OFFER_MESSAGE":
		if c.has("offered-counts-as-known") {
			c.known[string(d.descriptors[0].hoHoDk)] = true
		}
		if c.has("interested-in-batch") || c.has("interested-in-many") && len(d.descriptors) > 1 ||
			c.has("interested-in-sha512") && d.descriptors[0].hashAlgorithm == 4 {
			return codeInterested
		}
	}
	return codeOK
}

// full reports whether no further connection can be served: the fault is to lose
// one of 32 places with each message that is dropped.
func (c *cache) full() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.has("places-lost") && c.dropped >= 32
}

// respond writes the answer. It returns false where the connection is to be
// closed, as it is to drop a message.
func (c *cache) respond(w io.Writer, r *http.Request, v verdict) bool {
	if c.has("http-1.0-refused") && !r.ProtoAtLeast(1, 1) {
		v.status = http.StatusHTTPVersionNotSupported
	}
	if c.has("content-type-needed") && r.Header.Get("Content-Type") == "" {
		v.status = http.StatusUnsupportedMediaType
	}
	switch {
	case v.drop && c.has("body-left-unread"):
		v.status = http.StatusBadRequest
	case v.drop && c.has("out-of-step"):
		// The length does not count the text.
		_, err := io.WriteString(w, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\nBad Request")
		return err == nil
	case v.drop:
		return false
	}
	if v.status != 0 {
		_, err := fmt.Fprintf(w, "HTTP/1.1 %d %s\r\nContent-Length: 0\r\n\r\n", v.status, http.StatusText(v.status))
		return err == nil
	}
	answer := v.answer
	if answer == nil {
		answer = c.answer(v)
	}
	_, err := fmt.Fprintf(w, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(answer), answer)
	return err == nil
}

// answer returns a RESPONSE_MESSAGE, MS-PCHC 2.2.2.
func (c *cache) answer(v verdict) []byte {
	switch {
	case c.has("size-little-endian"):
		return []byte{1, 0, 0, 0, v.code}
	case c.has("size-5"):
		return []byte{0, 0, 0, 5, v.code}
	case c.has("size-0"):
		return []byte{0, 0, 0, 0, v.code}
	case c.has("size-16-bits"):
		return []byte{0, 1, v.code}
	case c.has("code-absent"):
		return []byte{0, 0, 0, 1}
	case c.has("answer-terminated"):
		return []byte{0, 0, 0, 1, v.code, 0}
	case c.has("code-32-bits"):
		return []byte{0, 0, 0, 4, 0, 0, 0, v.code}
	case c.has("codes-from-1"):
		return []byte{0, 0, 0, 1, v.code + 1}
	case c.has("code-2"):
		return []byte{0, 0, 0, 1, 2 * v.code}
	case c.has("code-true"):
		return []byte{0, 0, 0, 1, -v.code}
	case c.has("answer-text"):
		return []byte("OK")
	case c.has("batch-answer-empty") && v.message == "BATCHED_OFFER_MESSAGE":
		return nil
	}
	return []byte{0, 0, 0, 1, v.code}
}
