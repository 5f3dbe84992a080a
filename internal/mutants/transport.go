package main

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// transport is HTTP/1.1 on a connection, with the faults of a hosted cache.
type transport struct {
	*cache
	conn  net.Conn
	in    *bufio.Reader
	first uint64 // version of the URL of the first request
}

// next reads a request. It answers what is no HTTP itself.
func (t *transport) next() (*http.Request, []byte, error) {
	head, err := t.head()
	if err != nil {
		return nil, nil, t.fails(err)
	}
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head)))
	if err == nil && r.Host == "" && r.ProtoAtLeast(1, 1) && !t.has("host-unneeded") {
		err = errors.New("no Host")
	}
	if err != nil || r.ContentLength > 1<<20 {
		_, _ = io.WriteString(t.conn, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		return nil, nil, errors.New("it is no request")
	}
	if r.Header.Get("Expect") != "" && r.ProtoAtLeast(1, 1) {
		if t.has("expect-unanswered") {
			forever()
		}
		if !t.has("continue-never") {
			_, _ = io.WriteString(t.conn, "HTTP/1.1 100 Continue\r\n\r\n")
		}
	}
	if t.has("answered-before-body") && t.in.Buffered() == 0 && r.ContentLength > 0 && versionOf(r.URL.Path) == 2 {
		t.respond(t.conn, r, verdict{})
		_, _ = io.CopyN(io.Discard, t.in, r.ContentLength)
		return t.next()
	}
	body, err := t.body(r)
	if err != nil {
		if t.live != nil {
			t.live.cut()
		}
		return nil, nil, t.fails(err)
	}
	return r, body, nil
}

// head reads the header of a request, with its empty line.
func (t *transport) head() (string, error) {
	var b strings.Builder
	if t.has("pipelined-lost") {
		_, _ = t.in.Discard(t.in.Buffered())
	}
	if _, err := t.in.Peek(1); err != nil {
		return "", err
	}
	if all, _ := t.in.Peek(t.in.Buffered()); t.has("header-in-one-read") && !bytes.Contains(all, []byte("\r\n\r\n")) {
		return "bad\r\n\r\n", nil
	}
	both := false
	for line := "-"; line != "\r\n"; {
		var err error
		if line, err = t.in.ReadString('\n'); err != nil {
			return "", err
		}
		name, value, _ := strings.Cut(line, ":")
		length := strings.EqualFold(name, "Content-Length")
		switch {
		case t.has("small-letters-unknown") && name != line && name == strings.ToLower(name),
			t.has("two-lengths-first") && length && both,
			t.has("length-over-chunks") && strings.EqualFold(name, "Transfer-Encoding") && strings.Contains(b.String(), "Content-Length"):
			continue
		case t.has("space-needed") && length && !strings.HasPrefix(value, " "):
			line = name + ": 0\r\n"
		}
		both = both || length
		b.WriteString(line)
	}
	head := b.String()
	if t.has("large-header-ends") && len(head) > 64<<10 {
		os.Exit(2)
	}
	if t.has("length-over-chunks") && both {
		head = strings.Replace(head, "Transfer-Encoding: chunked\r\n", "", 1)
	}
	return head, nil
}

// body reads the body of a request.
func (t *transport) body(r *http.Request) (b []byte, err error) {
	if len(r.TransferEncoding) > 0 {
		return t.chunks()
	}
	n := int(max(0, r.ContentLength))
	switch {
	case t.has("body-in-one-read"):
		// Bytes that do not arrive with the header count as missing.
		n = min(t.in.Buffered(), n)
	case t.has("body-left-unread"):
		b, err := t.in.Peek(min(4, n))
		if err != nil {
			return nil, err
		}
		if len(b) == 4 && (b[0] != 0 || b[1] < 1 || b[1] > 2) {
			return b, nil // and leaves it to the next request
		}
	case t.has("slow-body-dropped") && t.in.Buffered() < n:
		_ = t.conn.SetReadDeadline(time.Now().Add(45 * time.Millisecond))
		defer t.conn.SetReadDeadline(time.Time{})
	}
	b = make([]byte, n)
	got, err := io.ReadFull(t.in, b)
	if errors.Is(err, io.ErrUnexpectedEOF) && t.has("aborted-processed") {
		return b[:got], nil
	}
	return b, err
}

// chunks reads a chunked body, and its trailer fields.
func (t *transport) chunks() ([]byte, error) {
	if t.has("chunked-ignored") {
		return nil, nil
	}
	start, _ := t.in.Peek(min(40, t.in.Buffered()))
	if size, _, _ := bytes.Cut(start, []byte("\r")); t.has("chunk-extensions-refused") && bytes.Contains(size, []byte(";")) {
		return nil, errors.New("no chunk")
	}
	var b []byte
	var err error
	if t.has("chunk-size-decimal") {
		b, err = t.decimalChunks()
	} else {
		b, err = io.ReadAll(httputil.NewChunkedReader(t.in))
	}
	if err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) && t.has("last-chunk-unneeded") {
			err = nil
		}
		return b, err
	}
	for line := "-"; line != "\r\n"; {
		if line, err = t.in.ReadString('\n'); err != nil || t.has("trailers-left-unread") {
			return b, err
		}
	}
	return b, nil
}

// decimalChunks takes sizes of chunks for decimal numbers, if they can be.
func (t *transport) decimalChunks() (b []byte, err error) {
	for {
		line, err := t.in.ReadString('\n')
		if err != nil {
			return nil, err
		}
		size, _, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ";")
		n, err := strconv.Atoi(size)
		if err != nil || n == 0 {
			return b, err
		}
		part := make([]byte, n+2)
		if _, err := io.ReadFull(t.in, part); err != nil {
			return nil, err
		}
		b = append(b, part[:n]...)
	}
}

// fails returns an error of the connection, and remembers a reset.
func (t *transport) fails(err error) error {
	if errors.Is(err, syscall.ECONNRESET) {
		t.mu.Lock()
		t.reset = true
		t.mu.Unlock()
	}
	return err
}

func (c *cache) wasReset() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reset
}

// serves reports whether a request is one of the protocols.
func (c *cache) serves(r *http.Request) bool {
	path := r.URL.Path
	switch {
	case c.has("absolute-uri-unknown") && r.URL.IsAbs():
		return false
	case c.has("any-path"):
		return r.Method == http.MethodPost
	case c.has("path-prefix") && len(path) > len(pathV2):
		r.URL.Path = path[:len(pathV2)]
	}
	return (versionOf(r.URL.Path) != 0 || isRetrieval(path)) && (r.Method == http.MethodPost || c.has("any-method"))
}

// version returns the version of the URL of a request, 0 for that of MS-PCCRR.
func (t *transport) version(r *http.Request) uint64 {
	version := versionOf(r.URL.Path)
	if t.has("any-path") && version == 0 && !isRetrieval(r.URL.Path) {
		version = 2
	}
	if t.has("url-of-first-request") && t.first != 0 {
		version = t.first
	}
	t.first = version
	return version
}

// keeps reports whether the connection is for further requests.
func (t *transport) keeps(r *http.Request) bool {
	switch {
	case !r.ProtoAtLeast(1, 1):
		return t.has("http-1.0-kept")
	case r.Close:
		return t.has("close-ignored")
	}
	return true
}

// answer writes the answer to a request. It returns false where the connection is to be
// closed.
func (t *transport) answer(r *http.Request, v verdict) bool {
	if t.has("half-close-loses-answer") {
		_ = t.conn.SetReadDeadline(time.Now().Add(2 * time.Millisecond))
		_, err := t.in.Peek(1)
		_ = t.conn.SetReadDeadline(time.Time{})
		if errors.Is(err, io.EOF) {
			return false
		}
	}
	if t.has("pipelined-swapped") && t.in.Buffered() > 0 && !v.drop {
		second, body, err := t.next()
		if err != nil || !t.serves(second) {
			return false
		}
		if w := t.judge(&decoder{fault: t.fault}, t.version(second), body); !t.respond(t.conn, second, w) {
			return false
		}
	}
	to := t.conn
	if t.has("answer-to-last-connection") {
		to = t.meeting.last(t.conn)
	}
	if v.lost {
		return false
	}
	return t.respond(to, r, v)
}
