package serve

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/codec/hostedcache/client"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/fuzz/target/wait"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// scene is one run of a scenario. Its fields are guarded by mu, but for those that do not
// change.
type scene struct {
	timers
	settle   time.Duration
	scenario Scenario
	begin    time.Time
	tls      *tls.Config
	fetch    bool // what is offered
	hashes   hashes
	peer     *client.Peer                 // what a client can retrieve
	delay    func() (time.Duration, bool) // for how long the client has waited for a processor; nil: not known

	mu      sync.Mutex
	judge   *judge
	server  spec.Server
	taken   []bool // steps
	tried   []bool // of them, whose behaviour was seen by the client
	lines   []string
	conns   map[net.Conn]bool
	opened  int // connections so far
	busy    int // exchanges that are not over
	sent    int // requests so far
	seen    map[Type]int
	last    time.Time     // when something happened
	moved   chan struct{} // closed at the next request
	over    chan struct{} // closed when the scene is
	ended   bool
	serving sync.WaitGroup
	blocks  fetched
}

func newScene(t timers, settle time.Duration, scenario Scenario, config *tls.Config) *scene {
	return &scene{timers: t, settle: settle, scenario: scenario, begin: time.Now(), tls: config, judge: newJudge(t),
		taken: make([]bool, len(scenario)), tried: make([]bool, len(scenario)), conns: map[net.Conn]bool{}, seen: map[Type]int{},
		last: time.Now(), moved: make(chan struct{}), over: make(chan struct{})}
}

// within returns a timer that calls expire, unless it is nil, when a client has had a
// processor for as long as the limit of a wait.
func (s *scene) within(expire func()) *wait.Timer {
	return wait.New(func() time.Duration {
		if expire != nil {
			expire()
		}
		return 0
	}, s.delay)
}

func (s *scene) now() time.Duration { return time.Since(s.begin) }

// note adds a line to the time line. The caller holds mu.
func (s *scene) note(who string, connection int, format string, a ...any) {
	const most = 200
	s.last = time.Now()
	if len(s.lines) < most {
		if connection > 0 { // of the client's
			who += ", connection " + strconv.Itoa(connection)
		}
		s.lines = append(s.lines, fmt.Sprintf("%7.3f s  %s: %s", s.now().Seconds(), who, fmt.Sprintf(format, a...)))
	}
	s.judge.line = len(s.lines) - 1
}

func (s *scene) said(who string, connection int, format string, a ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(who, connection, format, a...)
}

// add serves a connection.
func (s *scene) add(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		_ = conn.Close()
		return
	}
	s.opened++
	n := s.opened
	s.conns[conn] = true
	s.last = time.Now()
	s.serving.Go(func() {
		s.serve(conn, n)
		_ = conn.Close()
		s.mu.Lock()
		delete(s.conns, conn)
		s.mu.Unlock()
	})
}

// close ends the scene, and waits for all that belongs to it.
func (s *scene) close() {
	s.mu.Lock()
	s.ended = true
	close(s.over)
	for conn := range s.conns {
		_ = conn.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// peeked is a connection of which something was read ahead.
type peeked struct {
	net.Conn
	r *bufio.Reader
}

func (p *peeked) Read(b []byte) (int, error) { return p.r.Read(b) }

// link is a connection as far as HTTP goes.
type link struct {
	raw    net.Conn // of TCP
	conn   net.Conn // the same, or TLS on it
	r      *bufio.Reader
	number int
	secure bool
	last   *exchange
	ends   bool // the server announced its end
}

// serve serves a connection. One that begins with a handshake has TLS.
func (s *scene) serve(raw net.Conn, n int) {
	l := &link{raw: raw, conn: raw, r: bufio.NewReader(raw), number: n}
	const handshake = 0x16
	if first, err := l.r.Peek(1); err == nil && first[0] == handshake {
		secured := tls.Server(&peeked{raw, l.r}, s.tls)
		if err := secured.Handshake(); err != nil {
			s.said("client", n, "no TLS: %v", err)
			return
		}
		l.conn, l.r, l.secure = secured, bufio.NewReader(secured), true
	}
	for s.one(l) {
	}
}

// one takes one request and what follows from it. It returns false where the connection
// has ended, or is to be.
func (s *scene) one(l *link) (more bool) {
	r, err := http.ReadRequest(l.r)
	switch {
	case err == nil:
	case gone(err):
		return false
	default:
		s.broken(l, "sends what is no request of HTTP: "+target.Excerpt(err.Error()))
		return false
	}
	if l.ends {
		s.broken(l, "sends a request on a connection of which the server had announced the end (Connection: close; RFC 9112 9.6)")
		return false
	}
	e := &exchange{connection: l.number, from: address(l.raw.RemoteAddr()), to: address(l.raw.LocalAddr()), method: r.Method, path: r.URL.Path, tls: l.secure}
	e.scheme, _, _ = strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(r.Header.Get("Expect"), "100-continue") {
		_, _ = io.WriteString(l.conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	// A request that does not become whole is waited for as long as another one lives.
	whole := s.reads(l)
	defer whole()
	version := spec.URLVersion(e.path)
	isOffer := version != 0 && r.Method == http.MethodPost
	if isOffer && r.ContentLength > 4 { // to answer early
		head, _ := l.r.Peek(4)
		if b := s.next(typeOf(version, head)); b != nil && b.when == early {
			e.typ = typeOf(version, head)
			s.early(l, e, b, r, whole)
			return false
		}
	}
	const most = 1 << 20
	e.message, err = io.ReadAll(io.LimitReader(r.Body, most))
	whole()
	e.at = s.now()
	if err != nil {
		if gone(err) {
			return false
		}
		s.broken(l, "sends a request whose body is not what its header section says: "+target.Excerpt(err.Error()))
		return false
	}
	switch {
	case isOffer:
		e.typ, e.kind = typeOf(version, e.message[:min(4, len(e.message))]), spec.Request
	case pccrr.IsPath(e.path) && r.Method == http.MethodPost:
		e.typ, e.kind = Blocks, spec.RetrievalRequest
	default:
		return s.stray(l, e, version != 0 || pccrr.IsPath(e.path))
	}
	b, i, right := s.request(l, e)
	w := s.watch(l)
	more = s.react(l, e, b, i, answerOf(b, right), w)
	s.mu.Lock()
	s.busy--
	s.last = time.Now()
	s.mu.Unlock()
	switch {
	case !more:
		return false
	case r.Close, b.end == announce: // one of both has announced it
		return s.lastOne(l, w)
	}
	<-w.done
	return true
}

// reads limits the wait for the rest of a request. The scene is not over before whole is
// called, the first time.
func (s *scene) reads(l *link) (whole func()) {
	count := func(n int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.busy += n
		s.last = time.Now()
	}
	count(1)
	limit := s.within(func() { _ = l.raw.SetReadDeadline(time.Now()) })
	limit.Start(s.expired())
	return sync.OnceFunc(func() {
		limit.Stop()
		_ = l.raw.SetReadDeadline(time.Time{})
		count(-1)
	})
}

func address(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return netip.AddrPortFrom(t.AddrPort().Addr().Unmap(), t.AddrPort().Port())
	}
	return netip.AddrPort{}
}

// gone reports whether an error is the end of a connection, or of this server.
func gone(err error) bool {
	var n net.Error
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.As(err, &n) && !n.Timeout() || errors.Is(err, io.ErrUnexpectedEOF)
}

// typeOf returns the type of a request to the URL of a version that begins so.
func typeOf(version uint8, head []byte) Type {
	switch {
	case version == 2:
		return Batch
	case len(head) == 4 && binary.BigEndian.Uint16(head[2:]) == spec.TypeSegmentInfo:
		return Info
	}
	return Offer
}

// next returns what is done with the next request of a type, nil if there is no step for it.
func (s *scene) next(t Type) *Behaviour {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, _ := s.step(t)
	return b
}

// step returns the next step for a type, and its number, nil if there is none. The caller
// holds mu.
func (s *scene) step(t Type) (*Behaviour, int) {
	for i, step := range s.scenario {
		if step.On == t && (!s.taken[i] || step.always) {
			return step.Behaviour, i
		}
	}
	return nil, -1
}

// request takes a request, and returns how it is treated and what is right.
func (s *scene) request(l *link, e *exchange) (b *Behaviour, i int, right []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy++
	s.sent++
	e.number = s.sent
	s.seen[e.typ]++
	close(s.moved)
	s.moved = make(chan struct{})
	if b, i = s.step(e.typ); b == nil {
		b = &Behaviours[0]
	} else {
		s.taken[i] = true
	}
	e.seen = s.sent
	s.note("client", l.number, "%s", describe(e))
	l.last = e
	if e.typ == Blocks {
		s.judge.retrieval(e)
		if right = s.respond(e.message); right == nil && b.right {
			b = &drop
		}
		return b, i, right
	}
	s.judge.request(e.at, e)
	action := s.server.Receive(spec.Post{From: e.from.Addr(), URL: spec.URLVersion(e.path)}, e.message)[0]
	if respond, ok := action.(spec.Respond); ok {
		return b, i, respond.Message()
	}
	if b.right { // there is no right answer: a malformed request is dropped
		b = &drop
	}
	return b, i, answerOK
}

// drop is what is right with a malformed request (MS-PCHC 3.1.5.4).
var drop = Behaviour{Name: "drop", What: "dropped the malformed request, and closed the connection", when: never, end: hangUp}

// describe describes a request in the time line.
func describe(e *exchange) string {
	var b strings.Builder
	d := spec.Dissect(e.kind, e.message)
	fmt.Fprintf(&b, "%s", d.Message)
	if n := d.Root.Child("SegmentDescriptor"); n != nil {
		fmt.Fprintf(&b, " with %s", count(len(n.Children), "descriptor"))
	}
	fmt.Fprintf(&b, ", %s", count(len(e.message), "byte"))
	if hash := d.Root.Child("Hash"); hash != nil && len(hash.Raw()) >= 4 {
		fmt.Fprintf(&b, ", segment %x...", hash.Raw()[:4])
	}
	if m, err := codec.DecodeSegmentInfoMessage(e.message); e.typ == Info && err == nil {
		fmt.Fprintf(&b, ", segment %x...", m.SegmentInformation.AppendHoHoDk(nil, 0)[:4])
	}
	if c := d.Root.Child("ConnectionInformation"); c != nil && c.Child("Port") != nil {
		fmt.Fprintf(&b, ", Port %d", c.Child("Port").Value)
	}
	if e.scheme != "" {
		fmt.Fprintf(&b, ", with %s credentials", target.Excerpt(e.scheme))
	}
	if e.tls {
		b.WriteString(", over TLS")
	}
	return b.String()
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// broken takes what is wrong with HTTP.
func (s *scene) broken(l *link, detail string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.note("client", l.number, "%s", detail)
	e := l.last
	if e == nil {
		e = &exchange{kind: spec.Request}
	}
	s.judge.add(e, true, fuzz.Difference{Fault: fuzz.Transport, Requirement: "PCHC-2.1-POST", Detail: detail})
}

// stray takes a request that is none of the protocols'.
func (s *scene) stray(l *link, e *exchange, path bool) bool {
	s.mu.Lock()
	s.sent++
	e.number, e.kind = s.sent, spec.Request
	probe := len(e.message) == 0 && slices.Contains([]string{"HEAD", "OPTIONS", "TRACE"}, e.method)
	s.note("client", l.number, "%s %s", target.Excerpt(e.method), target.Excerpt(e.path))
	switch {
	case probe:
	case path:
		s.judge.event(e.at, capture.OtherMethod, e, nil)
	default:
		s.judge.add(e, false, fuzz.Difference{Fault: fuzz.Unexpected, Requirement: "PCHC-2.1-URL", Detail: "is sent to " + target.Excerpt(e.path) + ", which is no URL of the protocol"})
	}
	s.mu.Unlock()
	_, err := io.WriteString(l.conn, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
	return err == nil
}

// watch is what comes of a connection while the server does not read.
type watch struct {
	done chan struct{}
	more bool // there is more to read
}

// over reports whether there is anything more, or nothing.
func (w *watch) over() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}

func (s *scene) watch(l *link) *watch {
	w := &watch{done: make(chan struct{})}
	s.serving.Go(func() {
		_, err := l.r.Peek(1)
		w.more = err == nil
		close(w.done)
	})
	return w
}

// react answers a request, or does not. It returns false if the connection is to end.
func (s *scene) react(l *link, e *exchange, b *Behaviour, i int, a answer, w *watch) (more bool) {
	if b.when == pause || b.when == late {
		until := s.tick / 3
		if b.when == late {
			until = s.expired()
		}
		if !s.hold(l, e, b, w, until) {
			s.silent(l, e, b, i)
			return false
		}
	}
	if b.when == never {
		if b.end == keep {
			s.hold(l, e, b, w, s.expired())
		}
		s.silent(l, e, b, i) // before the client can know
		if b.end == reset {
			if c, ok := l.raw.(*net.TCPConn); ok {
				_ = c.SetLinger(0)
			}
			_ = l.raw.Close()
		}
		return false
	}
	s.write(l, e, b, i, &a, w)
	switch {
	case a.repeat != nil:
		s.flood(l, e, b, a.repeat, w)
		return false
	case b.framing == lengthMore && b.end == keep:
		s.hold(l, e, b, w, s.expired())
		return w.over() && w.more // it takes the answer for whole
	case b.end == hangUp:
		return false
	}
	return true
}

// write sends an answer. The judge gets it before the client can, so that what the client
// does then comes later.
func (s *scene) write(l *link, e *exchange, b *Behaviour, i int, a *answer, w *watch) {
	delivered := !w.over() || w.more
	s.mu.Lock()
	s.note("server", l.number, "%s%s", b.What, a.meaning(b))
	if e.typ != Blocks {
		s.judge.answered(s.now(), e, b, a, delivered)
	}
	if i >= 0 {
		s.tried[i] = true
	}
	if s.fetch && b.right && a.status == 200 && (e.typ == Info || e.typ == Batch) {
		s.busy++
		s.serving.Go(func() { s.retrieve(e) })
	}
	s.mu.Unlock()
	wire := a.wire
	switch b.end {
	case twice:
		wire = slices.Concat(wire, wire)
	case change:
		other := answerOf(&Behaviours[0], answerInterested)
		wire = slices.Concat(wire, other.wire)
	}
	if b.Name == "slow" {
		for k := range wire {
			if _, err := l.conn.Write(wire[k : k+1]); err != nil {
				return
			}
		}
		return
	}
	_, _ = l.conn.Write(wire)
}

// early answers a request of which only the head has come.
func (s *scene) early(l *link, e *exchange, b *Behaviour, r *http.Request, whole func()) {
	a := answerOf(b, answerOK)
	s.said("server", l.number, "%s", b.What)
	_, _ = l.conn.Write(a.wire)
	e.message, _ = io.ReadAll(io.LimitReader(r.Body, 1<<20))
	whole()
	e.at, e.kind = s.now(), spec.Request
	b, i, _ := s.request(l, e)
	s.mu.Lock()
	s.judge.answered(s.now(), e, b, &a, true)
	if i >= 0 {
		s.tried[i] = true
	}
	s.busy--
	s.mu.Unlock()
	w := s.watch(l)
	s.lastOne(l, w)
}

// silent says that a request is not answered.
func (s *scene) silent(l *link, e *exchange, b *Behaviour, i int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	if b.end != keep {
		s.note("server", l.number, "%s", b.What)
	}
	if e.typ != Blocks {
		s.judge.silent(s.now(), e, b)
	}
	if i >= 0 {
		s.tried[i] = true
	}
}

// hold waits while the client waits for an answer, and judges what it does. It returns
// false if the client, or the scene, has ended the connection.
func (s *scene) hold(l *link, e *exchange, b *Behaviour, w *watch, until time.Duration) bool {
	answered := b.when == now // a part of an answer was there: it may be given up
	up := make(chan struct{})
	if until < s.expired() { // it is the server that is to be so quick
		timer := time.AfterFunc(e.at+until-s.now(), func() { close(up) })
		defer timer.Stop()
	} else {
		timer := s.within(func() { close(up) })
		defer timer.Stop()
		timer.Start(e.at + until - s.now())
	}
	piped := false
	select {
	case <-s.over:
		return false
	case <-up:
	case <-w.done:
		if w.more {
			piped = true
			break
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.ended {
			return false
		}
		s.note("client", l.number, "ends the connection %s after its request", rounded(s.now()-e.at))
		if s.sent == e.seen && !answered { // or it moved on
			s.judge.hurries(e, b, s.now()-e.at)
		}
		return false
	}
	if piped && answered {
		return true
	}
	if piped {
		s.broken(l, "sends another request before this one, a POST, is answered (RFC 9112 9.3.2)")
		return true
	}
	if until < s.expired() {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sent == e.seen && !s.ended {
		s.note("server", l.number, "still has the connection, and no other request, %s after the request", rounded(s.now()-e.at))
		s.judge.hangs(e, b, s.now()-e.at)
	}
	return true
}

// flood sends the same again and again until the client ends the connection.
func (s *scene) flood(l *link, e *exchange, b *Behaviour, piece []byte, w *watch) {
	stop := make(chan struct{})
	wrote := make(chan struct{})
	s.serving.Go(func() {
		defer close(wrote)
		tick := time.NewTicker(max(time.Millisecond, s.tick/500))
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			_ = l.conn.SetWriteDeadline(time.Now().Add(s.expired()))
			if _, err := l.conn.Write(piece); err != nil {
				return
			}
		}
	})
	s.hold(l, e, b, w, s.expired())
	_ = l.raw.Close()
	close(stop)
	<-wrote
}

// lastOne ends a connection that the server has announced the end of, and looks whether
// the client sends another request on it.
func (s *scene) lastOne(l *link, w *watch) bool {
	l.ends = true
	switch c := l.conn.(type) {
	case *net.TCPConn:
		_ = c.CloseWrite()
	case *tls.Conn:
		_ = c.CloseWrite()
	}
	s.mu.Lock()
	s.last = time.Now()
	s.mu.Unlock()
	select {
	case <-w.done:
		return w.more
	case <-s.over:
		return false
	}
}

// wait waits until the scene is over: nothing is under way or has to follow, and the client
// has offered all that is expected, which is nil if that is not known; or the client does nothing for as long as a request
// may live; or it has ended.
func (s *scene) wait(ctx context.Context, exited <-chan struct{}, expected map[string]bool, authenticates bool) {
	limit, quiet := s.within(nil), s.within(nil)
	defer limit.Stop()
	defer quiet.Stop()
	limit.Start(6 * s.expired())
	var last time.Time
	var patience time.Duration
	poll := time.NewTicker(max(time.Millisecond, s.settle/10))
	defer poll.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-exited:
			s.drain()
			return
		case <-poll.C:
		}
		s.mu.Lock()
		needs := s.expired()
		if s.busy == 0 && !s.judge.owes(authenticates) && s.complete(expected) {
			needs = s.settle
		}
		if !last.Equal(s.last) || needs != patience {
			last, patience = s.last, needs
			quiet.Start(patience - time.Since(last))
		}
		over := s.busy == 0 && quiet.Expired() || limit.Expired() || s.judge.endless()
		s.mu.Unlock()
		if over {
			return
		}
	}
}

// complete reports whether all that is expected was offered. The caller holds mu.
func (s *scene) complete(expected map[string]bool) bool {
	for id := range expected {
		if !s.judge.offered[id] {
			return false
		}
	}
	return expected != nil && s.sent > 0
}

// drain waits until all that an ended client had sent is read.
func (s *scene) drain() {
	limit := time.NewTimer(time.Second)
	defer limit.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	idle := 0
	for {
		s.mu.Lock()
		n := len(s.conns)
		s.mu.Unlock()
		if n == 0 {
			if idle++; idle > 3 { // nobody waits to be accepted
				return
			}
		}
		select {
		case <-limit.C:
			return
		case <-tick.C:
		}
	}
}
