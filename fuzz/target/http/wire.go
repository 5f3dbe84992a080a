package http

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// style is how a message is put into HTTP. Real clients do it in all of these
// ways, and most often in the first.
type style uint8

const (
	plain   style = iota // HTTP/1.1, on a connection that is kept
	split                // header and body in segments of their own
	late                 // so, and the body comes a little later
	old                  // HTTP/1.0
	untyped              // without Content-Type
	styles
)

// styleNames say what is special about a style.
var styleNames = [styles]string{
	split: "with header and body in separate segments", late: "with the body a little after the header",
	old: "in HTTP/1.0", untyped: "without a Content-Type",
}

// styleOf returns the style of the nth message of a session.
func styleOf(nth int) style {
	switch {
	case nth%128 == 37:
		return late // seldom, since it takes its time
	case nth%16 == 3:
		return split
	case nth%16 == 7:
		return untyped
	case nth%32 == 11:
		return old
	}
	return plain
}

// pause is how long the body of a late message waits.
const pause = time.Millisecond

// head returns the header of a request up to the value of Content-Length.
func head(s style, u *url.URL, extra http.Header) []byte {
	var b bytes.Buffer
	version := "HTTP/1.1"
	if s == old {
		version = "HTTP/1.0"
	}
	b.WriteString("POST " + u.RequestURI() + " " + version + "\r\n")
	h := extra.Clone()
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Host") == "" {
		h.Set("Host", u.Host)
	}
	b.WriteString("Host: " + h.Get("Host") + "\r\n") // where servers expect it
	h.Del("Host")
	h.Del("Content-Length")
	if s == untyped {
		h.Del("Content-Type")
	} else if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/octet-stream")
	}
	_ = h.Write(&b) // to memory
	b.WriteString("Content-Length: ")
	return b.Bytes()
}

// ending is what a message came to.
type ending uint8

const (
	answered    ending = iota + 1 // an HTTP response
	ended                         // the connection was closed first
	silent                        // nothing came in time
	garbled                       // something came that is no HTTP
	unreachable                   // there was no connection
)

// answer is what a hosted cache did with a message.
type answer struct {
	ending
	err    error // behind every ending but answered
	status int
	body   []byte
	began  bool // answered, or a part of a response came
	cut    bool // answered, but the response is shorter than it says
	more   bool // bytes follow the response
	unsent bool // the message never left
	took   time.Duration
}

// equal reports whether the hosted cache did the same. Bodies of other answers
// than 200 are for people.
func (a *answer) equal(b *answer) bool {
	return a.ending == b.ending && a.status == b.status && (a.status/100 != 2 || bytes.Equal(a.body, b.body))
}

// mostAnswer is how much of a response's body is read.
const mostAnswer = 4096

// connection is a connection to a hosted cache.
type connection struct {
	net.Conn
	tcp    net.Conn // below TLS, else the same
	r      *bufio.Reader
	closed bool
	done   chan struct{} // closed when late is there; nil: no reply is pending
	late   answer
}

// say sends a message and waits for its answer. When nothing came after
// wait the connection can still be read on.
func (c *connection) say(ctx context.Context, request []byte, body int, s style, timeout, wait time.Duration) (a answer, reusable bool) {
	begin := time.Now()
	_ = c.SetDeadline(begin.Add(timeout))
	if ctx.Err() != nil {
		return answer{ending: silent, err: ctx.Err()}, false
	}
	var err error
	if s == split || s == late {
		if _, err = c.Write(request[:body]); err == nil {
			if s == late {
				time.Sleep(pause)
			}
			_, err = c.Write(request[body:])
		}
	} else {
		_, err = c.Write(request)
	}
	if err == nil && wait < timeout && ctx.Err() == nil {
		_ = c.SetReadDeadline(begin.Add(wait))
	}
	acknowledge(c.tcp)
	// Whoever drops a message may say so, and hang up, before it has read all.
	a, reusable = c.read()
	a.took = time.Since(begin)
	if err != nil {
		reusable = false
		if a.ending != answered {
			a.err = err
			if isTimeout(err) {
				a.ending = silent
			}
		}
	}
	return a, reusable && s != old
}

// posted is the request that net/http needs to read a response.
var posted = &http.Request{Method: http.MethodPost}

// read reads a response.
func (c *connection) read() (a answer, reusable bool) {
	if _, err := c.r.Peek(1); err != nil {
		return failed(err), false
	}
	for {
		resp, err := http.ReadResponse(c.r, posted)
		if err != nil {
			a := failed(err)
			a.began = true
			return a, false
		}
		if resp.StatusCode/100 == 1 && resp.StatusCode != http.StatusSwitchingProtocols {
			continue // informational: the response is still to come
		}
		var buf [512]byte
		a := answer{ending: answered, status: resp.StatusCode, began: true}
		for err == nil && len(a.body) <= mostAnswer {
			var n int
			n, err = resp.Body.Read(buf[:])
			a.body = append(a.body, buf[:n]...)
		}
		if isTimeout(err) && c.claims(resp, &a) {
			return a, false
		}
		a.cut = err != nil && err != io.EOF
		idle := c.isNotice()
		a.more = err == io.EOF && c.r.Buffered() > 0 && !idle
		return a, err == io.EOF && !resp.Close && !idle
	}
}

// isNotice reports whether what follows a response is HTTP status 408, which
// some servers send unasked before they close a connection that nobody uses.
func (c *connection) isNotice() bool {
	const start = "HTTP/1.1 408"
	b, _ := c.r.Peek(min(c.r.Buffered(), len(start)))
	return len(b) == len(start) && string(b[9:]) == start[9:]
}

// claims makes an answer whose end does not come one that did not come.
func (c *connection) claims(resp *http.Response, a *answer) bool {
	if resp.ContentLength < 0 && resp.Close {
		// To be read until the connection closes, which did not happen.
		a.err = errors.New("the connection is not closed after an answer without a length")
	} else {
		a.err = errors.New("the answer does not end")
	}
	a.ending = silent
	return true
}

// failed returns the answer that an error of a read stands for.
func failed(err error) answer {
	a := answer{ending: garbled, err: err}
	var op *net.OpError
	var alert tls.AlertError
	switch {
	case isTimeout(err):
		a.ending = silent
	case err == io.EOF, errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.As(err, &op), errors.As(err, &alert):
		a.ending = ended
	}
	return a
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

// park lets a connection wait in the background for an answer that is not
// expected.
func (c *connection) park(wait time.Duration) {
	c.done = make(chan struct{})
	_ = c.SetReadDeadline(time.Now().Add(wait))
	go func() {
		defer close(c.done)
		c.late, _ = c.read()
	}()
}

// dial makes a connection, at the cost of others if there are too many.
func (t *hostedCache) dial(ctx context.Context) (*connection, error) {
	for len(t.conns) >= t.limit {
		victim := 0
		if i := slices.IndexFunc(t.conns, func(c *connection) bool { return c.done == nil }); i >= 0 {
			victim = i
		} else {
			<-t.conns[0].done // pending replies are not cut off
		}
		t.close(t.conns[victim])
	}
	var err error
	for i, addr := range t.addrs {
		var conn, tcp net.Conn
		if conn, tcp, err = t.connect(ctx, addr); err == nil {
			t.addrs[0], t.addrs[i] = t.addrs[i], t.addrs[0]
			c := &connection{Conn: conn, tcp: tcp, r: bufio.NewReader(conn)}
			t.conns = append(t.conns, c)
			return c, nil
		}
	}
	return nil, err
}

func (t *hostedCache) connect(ctx context.Context, addr string) (conn, tcp net.Conn, err error) {
	dialer := net.Dialer{Timeout: t.o.Timeout, KeepAlive: -1}
	conn, err = dialer.DialContext(ctx, "tcp", addr)
	for tries := 0; tries < 50 && isExhausted(err) && ctx.Err() == nil; tries++ {
		t.o.clock.sleep(ctx, 100*time.Millisecond)
		conn, err = dialer.DialContext(ctx, "tcp", addr)
	}
	if err != nil || t.tls == nil {
		return conn, conn, err
	}
	secure := tls.Client(conn, t.tls)
	ctx, cancel := context.WithTimeout(ctx, t.o.Timeout)
	defer cancel()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return secure, conn, nil
}

// close closes a connection.
func (t *hostedCache) close(c *connection) {
	if !c.closed {
		c.closed = true
		_ = c.Close()
		t.conns = slices.DeleteFunc(t.conns, func(o *connection) bool { return o == c })
	}
}

// request appends a message in HTTP to dst, and returns where its body begins.
func (t *hostedCache) request(dst, message []byte, s style) (request []byte, body int) {
	dst = append(dst, t.heads[s]...)
	dst = strconv.AppendInt(dst, int64(len(message)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, message...), len(dst)
}

// past is a deadline that wakes whoever waits for a connection.
var past = time.Unix(1, 0)

// isExhausted reports whether a connection failed for want of something on
// this side, such as a free port. It passes.
func isExhausted(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENOBUFS)
}
