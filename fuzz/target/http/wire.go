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
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/hostedcache/pchc/fuzz/target/wait"
)

// ending is the outcome of sending a message.
type ending uint8

const (
	answered    ending = iota + 1 // an HTTP response
	ended                         // the connection was closed first
	silent                        // no complete response in time
	garbled                       // the response is not HTTP
	unreachable                   // no connection
)

// answer is the reaction of a hosted cache to a message.
type answer struct {
	ending
	err         error // cause of every ending except answered
	status      int
	body        []byte
	contentType string
	began       bool          // answered, or part of a response arrived
	cut         bool          // answered, but the body is shorter than its Content-Length
	more        bool          // bytes follow the response
	gaveUp      bool          // not answered, as the context was done, not as the time was up
	unsent      bool          // the message was not sent
	minor       int           // answered: in that version of HTTP/1
	coded       bool          // answered, with Transfer-Encoding
	closes      bool          // answered, and the connection is closed
	took        time.Duration // without what was lost for lack of a processor
	late        bool          // answered in time only without that
}

// equal reports whether two reactions are the same, ignoring the bodies of errors.
func (a *answer) equal(b *answer) bool {
	return a.ending == b.ending && a.status == b.status && (a.status/100 != 2 || bytes.Equal(a.body, b.body))
}

// completeness orders reactions: 0 is none, 1 an answer that is not HTTP or does not
// end, 2 an answer.
func (a *answer) completeness() int {
	switch {
	case a.ending == answered:
		return 2
	case a.began || a.ending == garbled:
		return 1
	}
	return 0
}

// connection is a connection to a hosted cache.
type connection struct {
	net.Conn
	tcp    net.Conn // the connection below TLS, or itself without TLS
	r      *bufio.Reader
	closed bool
	used   time.Time     // when the last answer came
	done   chan struct{} // closed when late is set; nil: no reply is pending
	late   answer
	most   int // bytes read of a response's body
	limit  *wait.Timer
}

// within limits the following reads and writes, together, until the limit is stopped.
func (c *connection) within(limit time.Duration) {
	_ = c.SetDeadline(time.Time{})
	c.limit.Start(limit)
}

// say sends a message and waits for its answer. If nothing arrives within wait, the
// connection can still be read.
func (c *connection) say(ctx context.Context, request []byte, timeout, wait time.Duration) (a answer, reusable bool) {
	begin := time.Now()
	c.within(timeout)
	if ctx.Err() != nil {
		c.limit.Stop()
		return answer{ending: silent, err: ctx.Err()}, false
	}
	_, err := c.Write(request)
	if err == nil && wait < timeout && ctx.Err() == nil {
		_ = c.SetReadDeadline(begin.Add(wait))
	}
	acknowledge(c.tcp)
	// Read even after a failed write: a server that drops a message may answer and
	// close before it has read everything.
	a, reusable = c.read()
	w := c.limit.Stop()
	a.took, a.late = w.Counted, w.Late()
	if w.Expired { // it cannot be read any more
		reusable = false
	}
	if err != nil {
		reusable = false
		if a.ending != answered {
			a.err = err
			if isTimeout(err) {
				a.ending = silent
			}
		}
	}
	return a, reusable
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
			continue // informational; the response follows
		}
		var buf [512]byte
		a := answer{ending: answered, status: resp.StatusCode, contentType: resp.Header.Get("Content-Type"), began: true,
			minor: resp.ProtoMinor, coded: len(resp.TransferEncoding) > 0, closes: resp.Close}
		for err == nil && len(a.body) <= c.most {
			var n int
			n, err = resp.Body.Read(buf[:])
			a.body = append(a.body, buf[:n]...)
		}
		if isTimeout(err) { // an incomplete answer is a missing one
			a.ending, a.err = silent, errors.New("the answer does not end")
			if resp.ContentLength < 0 && resp.Close {
				a.err = errors.New("the connection is not closed after an answer without a Content-Length")
			}
			return a, false
		}
		a.cut = err != nil && err != io.EOF
		idle := c.isNotice()
		a.more = err == io.EOF && c.r.Buffered() > 0 && !idle
		return a, err == io.EOF && !resp.Close && !idle
	}
}

// surplus waits for bytes that no message has asked for, and reports whether some
// arrive.
func (c *connection) surplus(wait time.Duration) bool {
	_ = c.SetReadDeadline(time.Now().Add(wait))
	_, err := c.r.Peek(1)
	return err == nil && !c.isNotice()
}

// isNotice reports whether HTTP status 408 follows a response. Some servers send it
// unasked before they close an idle connection.
func (c *connection) isNotice() bool {
	const start = "HTTP/1.1 408"
	b, _ := c.r.Peek(min(c.r.Buffered(), len(start)))
	return len(b) == len(start) && string(b[9:]) == start[9:]
}

// failed returns the answer for a read error.
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

// park waits in the background for an unexpected answer.
func (c *connection) park(wait time.Duration) {
	c.done = make(chan struct{})
	_ = c.SetReadDeadline(time.Now().Add(wait))
	go func() {
		defer close(c.done)
		c.late, _ = c.read()
	}()
}

// dial opens a connection. If there are too many, it closes others.
func (t *endpoint) dial(ctx context.Context) (*connection, error) {
	for len(t.conns) >= t.limit {
		victim := 0
		if i := slices.IndexFunc(t.conns, func(c *connection) bool { return c.done == nil }); i >= 0 {
			victim = i
		} else {
			<-t.conns[0].done // do not lose a pending reply
		}
		t.close(t.conns[victim])
	}
	c, err := t.open(ctx)
	if err == nil {
		t.conns = append(t.conns, c)
	}
	return c, err
}

// open opens a connection to the first address that accepts one.
func (t *endpoint) open(ctx context.Context) (c *connection, err error) {
	for i := range t.addrs {
		n := (int(t.works.Load()) + i) % len(t.addrs)
		var conn, tcp net.Conn
		if conn, tcp, err = t.connect(ctx, t.addrs[n]); err == nil {
			t.works.Store(int32(n))
			c := &connection{Conn: conn, tcp: tcp, r: bufio.NewReader(conn), most: t.protocol.mostAnswer}
			c.limit = wait.New(func() time.Duration { _ = conn.SetDeadline(past); return 0 }, t.runDelay)
			return c, nil
		}
	}
	return nil, err
}

func (t *endpoint) connect(ctx context.Context, addr string) (conn, tcp net.Conn, err error) {
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
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	limit := wait.New(func() time.Duration { cancel(); return 0 }, t.runDelay)
	limit.Start(t.o.Timeout)
	defer limit.Stop()
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, nil, err
	}
	return secure, conn, nil
}

// close closes a connection.
func (t *endpoint) close(c *connection) {
	if !c.closed {
		c.closed = true
		_ = c.Close()
		t.conns = slices.DeleteFunc(t.conns, func(o *connection) bool { return o == c })
	}
}

// request appends an HTTP request with a message to dst.
func (t *endpoint) request(dst, message []byte) []byte {
	dst = append(dst, t.head...)
	dst = strconv.AppendInt(dst, int64(len(message)), 10)
	dst = append(dst, "\r\n\r\n"...)
	return append(dst, message...)
}

// usualHead returns the header of the usual request up to the value of Content-Length.
func (t *endpoint) usualHead() []byte {
	all := t.newRequest(nil).head()
	return append(joined(all[:len(all)-2]), "Content-Length: "...)
}

// past is a deadline that ends any wait for a connection.
var past = time.Unix(1, 0)

// isExhausted reports whether a connection failed for lack of a local resource,
// such as a free port, which is temporary.
func isExhausted(err error) bool {
	return errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENOBUFS)
}
