package capture

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"strings"
)

// beginRequest takes the head of a request.
func (c *conn) beginRequest(i int, method, target []byte, h fields) {
	f, x := &c.halves[i].http, &c.exchanges
	path := pathOf(target)
	post := string(method) == "POST"
	if !post && x.sent == 0 && c.halves[i].joinedMidStream && bytes.HasSuffix([]byte("POST"), method) && len(method) > 1 {
		post = true // the capture began within the word; a T alone may end GET or PUT
		c.requestsLost()
	}
	protocol := c.r.options.protocolOf(path)
	if post && protocol == 0 {
		protocol = c.r.options.updateOf(path, h.action)
	}
	if post && c.bare && protocol == 0 {
		protocol = PCHC
	}
	ours := post && protocol != 0
	e := exchange{
		number:  x.sent + 1,
		at:      f.at,
		head:    string(method) == "HEAD",
		connect: string(method) == "CONNECT",
		ours:    ours || post && c.r.options.Excerpt,
		allowed: h.allowed,
		auth:    c.r.path(h.auth),

		protocol: protocol,
	}
	x.sent++
	if !post && protocol != 0 {
		e.method = c.r.path(method)
		if x.sent == 1 && c.halves[i].joinedMidStream && !isKnown(method) {
			e.method = cutMethod + e.method
		}
	}
	if h.accepted != nil || h.peerDist != nil || h.peerEx != nil {
		e.peerDist = c.newPeerDist(i, &h, h.accepted)
		e.peerDist.method, e.peerDist.path = c.r.path(method), c.r.path(path[:min(len(path), maxField)])
		if c.r.options.Retrieval {
			e.peerDist.URL = urlOf(target, h.host)
			if protocol == 0 {
				e.protocol = PCCRTP
			}
		}
	}
	carries := e.ours || e.method != ""
	if carries {
		e.path = c.r.path(path)
	}
	if f.skipped > 0 && !x.heard {
		x.requestsLost() // the responses to what was skipped may still come
	}
	if ours {
		if x.ours, x.protocol = true, protocol; !c.bare && protocol == PCHC {
			c.r.caches.add(c.ends.addrPort(1 - i))
		}
		c.r.refusals.serves(c.ends.addrPort(1 - i).Addr())
		for side := range c.halves {
			c.reportLoss(side, &f.at, true)
		}
	}
	if c.isCoded(i, &e, &h) {
		e.ours, carries = false, false
	}
	c.open(e)
	if !x.heard && x.pipelined {
		c.doubt(i, "several requests wait for responses")
	}
	f.exchange, f.status = e, 0
	if h.invalid {
		c.misframed(i, nil, "invalid Content-Length")
		return
	}
	c.expect(i, h, e.ours, carries)
}

// doubt tells, once, that requests before the first one captured may have waited for
// responses, so that which response answers which request is only presumed.
func (c *conn) doubt(i int, why string) {
	if x := &c.exchanges; x.within && x.ours && !x.doubted {
		x.doubted = true
		c.note(i, why+", and the capture begins within the connection: which request each response answers is only presumed")
	}
}

// beginResponse takes the head of a response.
func (c *conn) beginResponse(i int, status int, h fields) {
	f, request := &c.halves[i].http, &c.halves[1-i].http
	c.exchanges.heard = true
	if x := &c.exchanges; x.limited {
		if x.limited = false; x.ours {
			c.problem(i, &f.at, nil, fmt.Sprintf("more than %d requests waited for a response: responses cannot be matched with requests any more", maxWaiting))
		}
	}
	if status < 200 {
		f.clear(c)
		if c.ignored = status == 101; c.ignored && c.exchanges.ours { // from here on they speak another protocol
			c.problem(i, &f.at, nil, "the connection changes to another protocol (HTTP status 101): what follows is not read")
		}
		return
	}
	if len(c.exchanges.waiting) > 0 && request.phase == toEnd && request.exchange.number == c.exchanges.waiting[0].number ||
		request.phase == unframed {
		c.finish(1-i, request.body) // the server has had it all
	}
	e := c.answered()
	if x := &c.exchanges; e.number == 0 && status/100 == 2 && x.sent > 0 && !x.lostRequests {
		c.doubt(i, "more responses than requests")
	}
	if e.number == 0 && (c.bare || c.r.options.Excerpt && c.exchanges.sent == 0) {
		e.ours = true // as far as one can know
	}
	f.exchange, f.status = e, status
	coming := request.phase != atHead && request.phase != searching && request.exchange.number == e.number
	if coming {
		request.status = status
	}
	c.emitEmpty(e, status)
	success := status < 300
	if !success {
		e.auth = c.r.path(h.auth)
		if coming {
			request.refused = e.auth
		}
	}
	if !coming { // otherwise the request is reported first
		c.failed(i, &f.at, &e, status)
	}
	switch {
	case e.connect && success:
		// Both directions start again.
		f.clear(c)
		f.role, request.role = unknown, unknown
		c.proxied = true
	case e.head || status == 204 || status == 304:
		c.finish(i, nil)
	default:
		f.peerDist = c.contentOf(i, &h, &e)
		if f.peerDist == nil && success && e.protocol == PCCRTP {
			f.plain, f.peerDist = true, c.newPeerDist(i, &h, h.encoding)
		}
		if h.invalid {
			c.misframed(i, nil, "invalid Content-Length")
			return
		}
		if c.isCoded(i, &e, &h) {
			f.exchange.ours, e.ours = false, false
		}
		c.expect(i, h, true, (success || e.carriesFault(status)) && (e.ours || e.number == 0 || f.peerDist != nil && !f.plain))
	}
}

// wanted reports whether the current message carries something of ours.
func (f *framer) wanted() bool {
	e := &f.exchange
	if f.plain {
		return false
	}
	return f.phase == unframed || f.peerDist != nil || e.ours && (f.role == requests || f.status/100 == 2 || e.carriesFault(f.status)) || e.method != "" && f.role == requests || f.orphan()
}

// orphan reports whether the current message is a successful response to a request
// that was not captured.
func (f *framer) orphan() bool {
	return f.role == responses && f.status/100 == 2 && f.exchange.number == 0 && !f.exchange.ours && f.peerDist == nil
}

// maxOrphan is how long a body may be that is ours by its bytes alone.
func (c *conn) maxOrphan() int64 {
	if c.r.options.Retrieval {
		return maxRetrieval
	}
	return maxOrphan
}

// isAnswer reports whether body is a RESPONSE_MESSAGE with OK or INTERESTED.
func isAnswer(body []byte) bool {
	return len(body) == 5 && string(body[:4]) == "\x00\x00\x00\x01" && body[4] <= 1
}

// deliverOrphan hands out such a response if it is a RESPONSE_MESSAGE by its bytes
// (MS-PCHC 2.2.2): its size, then OK or INTERESTED.
func (c *conn) deliverOrphan(i int, body []byte) {
	f := &c.halves[i].http
	switch {
	case isAnswer(body):
		f.exchange.protocol = PCHC
	case c.r.options.Retrieval && isRetrieval(body):
		f.exchange.protocol = PCCRR
	default:
		return
	}
	c.exchanges.ours, c.exchanges.protocol = true, f.exchange.protocol
	c.event(Response, i, &f.at, &f.exchange, body, f.status)
}

// noteType keeps the Type of a request of which body is the beginning.
func (c *conn) noteType(f *framer, body []byte) {
	if f.exchange.kind != 0 || len(body) < 4 || f.exchange.protocol == PCCRR || f.exchange.protocol.isUpdate() {
		return
	}
	f.exchange.kind = uint16(body[2])<<8 | uint16(body[3])
	if e := c.pending(f); e != nil {
		e.kind = f.exchange.kind
	}
}

// pending is the entry of the current request, the newest, nil if it has been answered.
func (c *conn) pending(f *framer) *exchange {
	if n := len(c.exchanges.waiting) - 1; n >= 0 && c.exchanges.waiting[n].number == f.exchange.number {
		return &c.exchanges.waiting[n]
	}
	return nil
}

// deliver hands out a message that has ended, or reports why it cannot.
func (c *conn) deliver(i int, body []byte) {
	f := &c.halves[i].http
	switch {
	case f.phase == unframed:
		c.event(Unframed, i, &f.at, &exchange{}, body, 0)
	case f.orphan():
		c.deliverOrphan(i, body)
	case f.missing > 0:
		c.problem(i, &f.at, &f.exchange, fmt.Sprintf("lost the body of an HTTP %s: %s missing from the capture%s", f.role.message(), bytesOf(f.missing, f.length), f.missingCut.reason()))
		c.unread(i)
	case !f.want && f.got > 0:
		c.problem(i, &f.at, &f.exchange, fmt.Sprintf("skipped the body of an HTTP %s: it is longer than %d bytes", f.role.message(), maxBody))
		c.unread(i)
	case f.peerDist != nil:
		c.content(i, body)
	case f.role == responses:
		c.exchanges.ours = c.exchanges.ours || isAnswer(body)
		c.event(Response, i, &f.at, &f.exchange, body, f.status)
	case f.exchange.method != "":
		c.otherMethod(i, body)
	default:
		c.noteType(f, body)
		e := c.pending(f)
		if e != nil {
			e.end, e.at = c.halves[i].next, f.at
		}
		if len(body) == 0 && e != nil {
			e.empty = true
			c.exchanges.empty++
			return
		}
		if len(body) > 0 || !refused(f.status) {
			c.event(Request, i, &f.at, &f.exchange, body, 0)
			e := f.exchange
			e.at = f.at
			e.auth = f.refused
			c.failed(1-i, &f.at, &e, f.status)
		}
	}
}

// cutMethod stands for the beginning of a method that the capture does not have.
const cutMethod = "..."

// otherMethod hands out a request to one of our paths that is no POST. Those who
// want messages alone get a note about it, once for each server.
func (c *conn) otherMethod(i int, body []byte) {
	f := &c.halves[i].http
	if strings.HasPrefix(f.exchange.method, cutMethod) {
		c.problem(i, &f.at, nil, "the capture begins within the method of a request ("+f.exchange.method+") to a path of "+f.exchange.protocol.String()+": its body is not read")
	} else if c.r.options.Exchanges {
		c.event(OtherMethod, i, &f.at, &f.exchange, body, 0)
	} else if to := c.ends.addrPort(1 - i); c.r.once(to) {
		c.note(i, f.exchange.method+" request to a path of "+f.exchange.protocol.String()+", which uses only POST: its body is not read as a message")
	}
}

// emitEmpty hands out a request with an empty body unless the response, 0 if there is
// none, shows that it was only a step of authentication, or may do so.
func (c *conn) emitEmpty(e exchange, status int) {
	if !e.empty {
		return
	}
	c.exchanges.empty--
	if !refused(status) && !(status == 0 && (e.allowed || e.missed)) {
		i := c.requestsFirst()[0]
		c.event(Request, i, &e.at, &e, nil, 0)
	}
}

// failed reports a response without success.
func (c *conn) failed(i int, at *stamp, e *exchange, status int) {
	if status >= 300 && !e.carriesFault(status) && c.r.options.follows(e) {
		c.event(Failure, i, at, e, nil, status)
	}
}

// follows reports whether it is asked for what becomes of e without a message.
func (o *Options) follows(e *exchange) bool {
	return (o.Exchanges || o.Retrieval) && e.ours || o.Retrieval && e.protocol == PCCRTP
}

// refused reports the statuses that ask for authentication.
func refused(status int) bool { return status == 401 || status == 407 }

// matters reports whether a message that cannot be read may be one of MS-PCHC, or have
// Content Information, by the beginning of its head and by what it answers.
func (c *conn) matters(f *framer, head []byte) bool {
	if f.roleOf(head) == requests {
		return c.r.options.mayBeOurs(head) != 0
	}
	x := &c.exchanges
	return len(x.waiting) > 0 && (x.waiting[0].ours || x.waiting[0].peerDist != nil) || listsPeerDist(readFields(head).encoding)
}

// requestsFirst is the numbers of the two directions, that of the requests first.
func (c *conn) requestsFirst() [2]int {
	if c.halves[1].http.role == requests {
		return [2]int{1, 0}
	}
	return [2]int{0, 1}
}

// endReason is the reason why a direction ends.
type endReason string

const (
	ended       endReason = "the connection ended"
	captureOver endReason = "the capture ends"
	inputOver   endReason = "the input ends"

	// Of a connection without packets: a message where the body should go on.
	anotherBegins endReason = "another message begins"
	evicted       endReason = "its connection was evicted to limit memory"
)

// endOf ends a direction. at is the frame with its FIN, nil if it ends for
// another reason.
func (c *conn) endOf(i int, why endReason, at *stamp) {
	f := &c.halves[i].http
	if c.smb != nil {
		c.smbEndOf(i)
		return
	}
	switch f.phase {
	case toEnd:
		if at != nil && at.frame > f.at.frame {
			f.at = *at
		}
		c.finish(i, f.body)
	case inTrailer, unframed:
		c.finish(i, f.body)
	case inBody, inSize, inChunk, inGap:
		plain := f.plain
		if plain {
			c.plainEnd(i, max(f.left, 1)) // at least the end of chunks is missing
		}
		withheld := f.role == requests && f.status >= 300 && f.got == 0 // refused before it was sent
		if f.wanted() && !withheld && !f.orphan() {
			c.problem(i, &f.at, &f.exchange, fmt.Sprintf("incomplete HTTP %s: %s after %s of its body", f.role.message(), why, bytesOf(f.got, f.length)))
			if !plain {
				c.unread(i)
			}
		}
		f.clear(c)
	case atHead:
		if len(f.head) > 0 && (c.bare || c.matters(f, f.head)) {
			c.problem(i, &f.at, nil, fmt.Sprintf("incomplete HTTP %s: %s within its header", f.roleOf(f.head).message(), why))
		}
	case searching:
		if c.bare {
			f.skipped += int64(len(f.head))
		}
	}
	c.drop(&f.head)
	f.seen = 0
}

// endExchanges completes the open exchanges when a connection ends.
func (c *conn) endExchanges(why endReason) {
	x := &c.exchanges
	if c.smb != nil {
		c.smbEnd(why)
	}
	x.ours = x.ours || c.bare
	for len(x.waiting) > 0 {
		e := c.shift()
		c.emitEmpty(e, 0)
		if c.r.options.follows(&e) {
			c.unanswered(&e, why)
		}
	}
	for i := range c.halves {
		h := &c.halves[i]
		if spoken := h.http.role != unknown || !h.joinedMidStream; spoken && h.http.lost > 0 && c.r.caches[c.ends.addrPort(c.requestsFirst()[1])] {
			x.ours = true // as far as one can know: what is lost went to a hosted cache, or came from it
		}
	}
	for i := range c.halves {
		c.reportLoss(i, &c.halves[i].http.at, false)
	}
}

// reportLoss reports what direction i lost outside of bodies of known length,
// once it is known that MS-PCHC is spoken. resumed says whether reading goes
// on.
func (c *conn) reportLoss(i int, at *stamp, resumed bool) {
	f := &c.halves[i].http
	if !c.exchanges.ours && f.lostHead == 0 || resumed && f.phase == searching {
		return
	}
	outcome := "reading resumes at this frame"
	if !resumed {
		outcome = "no other message follows"
	}
	switch {
	case f.lost > 0:
		where := ""
		if f.lostCut.frame == 0 {
			where = fmt.Sprintf(" before frame %d", f.lostAt.frame)
		}
		c.problem(i, at, nil, fmt.Sprintf("%s missing from the capture%s: the messages in them are lost%s; %s",
			bytesOf(f.lost, -1), where, f.lostCut.reason(), outcome))
	case f.skipped > 1 && f.role != responses: // one byte is a keep-alive probe
		what := " of an HTTP message whose start was not captured"
		if c.bare {
			what = " that are not HTTP"
		}
		c.problem(i, at, nil, "skipped "+bytesOf(f.skipped, -1)+what)
	}
	f.lost, f.skipped, f.lostHead = 0, 0, 0
}

// problem reports something about direction i, and about the request e if it is
// known.
func (c *conn) problem(i int, at *stamp, e *exchange, detail string) {
	c.r.event = Event{Kind: Problem, Detail: detail}
	c.send(i, at, e)
}

// note says something about the current message of direction i.
func (c *conn) note(i int, detail string) {
	f := &c.halves[i].http
	c.r.event = Event{Kind: Note, Detail: detail}
	c.send(i, &f.at, &f.exchange)
}

// event hands out a message.
func (c *conn) event(kind EventKind, i int, at *stamp, e *exchange, body []byte, status int) {
	c.r.event = Event{Kind: kind, Protocol: e.protocol, Asked: e.asked(), Body: body, Exchange: e.number}
	switch kind {
	case Request, OtherMethod:
		c.r.event.Direction = "request"
		c.r.event.Authorized, c.r.event.Auth = e.allowed, e.auth
	case Response, Failure:
		c.r.event.Direction, c.r.event.Status = "response", status
		c.r.event.RequestType = e.kind
		gone := c.halves[1-i].finish.at.frame
		c.r.event.Gone = gone > 0 && gone < at.frame
		if kind == Failure {
			c.r.event.Auth = e.auth
		}
	}
	if kind != Request && e.unsure {
		c.r.event.Exchange = 0
	}
	c.r.event.Presumed = (kind == Response || kind == Failure) && c.presumes(e)
	c.send(i, at, e)
}

// presumes reports whether the response to e is only presumed to be that: what came
// before the capture may have been waiting for it.
func (c *conn) presumes(e *exchange) bool {
	return c.halves[c.requestsFirst()[0]].joinedMidStream && (e.number == 1 || c.exchanges.pipelined)
}

func (c *conn) send(i int, at *stamp, e *exchange) {
	v := &c.r.event
	v.Src, v.Dst = c.ends.addrPort(i), c.ends.addrPort(1-i)
	v.Stream, v.TLS = c.stream, c.sealed != nil
	c.complete(v, i, e)
	v.File, v.Frame, v.Time = c.r.options.File, at.frame, at.time
	key := at.frame
	if remark := v.Kind == Problem || v.Kind == Note; !remark && !c.r.options.ByFrame {
		c.latest = max(c.latest, key) // a response never comes before its request, see Options.ByFrame
		key = c.latest
	}
	c.r.put(key)
}

// complete adds what is known of the request e, nil if that is not known, and of the
// connection.
func (c *conn) complete(v *Event, i int, e *exchange) {
	if e != nil {
		v.Protocol = cmp.Or(v.Protocol, e.protocol)
	}
	v.Protocol = cmp.Or(v.Protocol, c.exchanges.protocol, c.halves[i].http.lostHead)
	if v.Kind == Problem || v.Kind == Note {
		if e != nil && e.path != "" {
			v.Method, v.Path = cmp.Or(e.method, "POST"), e.path
		}
		return
	}
	switch {
	case e == nil:
		return
	case v.Asked != nil:
		v.Method, v.Path = v.Asked.method, v.Asked.path
	case e.path != "":
		v.Method, v.Path = cmp.Or(e.method, "POST"), e.path
	}
	if f := &c.halves[i].http; v.Kind != Unanswered || v.Ending == Unread {
		v.Began = Moment{f.began.frame, f.began.time}
	}
	if v.Direction != "request" && e.number > 0 && !e.unsure {
		v.Requested = Moment{e.at.frame, e.at.time}
	}
}

// caches are the ends that MS-PCHC was seen to be spoken to.
type caches map[netip.AddrPort]bool

func (s caches) add(to netip.AddrPort) {
	const most = 4096
	if len(s) < most {
		s[to] = true
	}
}

// path returns b as a string, the same one each time.
func (r *Reader) path(b []byte) string {
	s, ok := r.paths[string(b)]
	if !ok {
		s = string(b)
		if len(r.paths) < 256 {
			r.paths[s] = s
		}
	}
	return s
}

// bytesOf names n bytes of all that there should be, which is -1 where that is
// not known.
func bytesOf(n, all int64) string {
	switch {
	case all >= 0:
		return fmt.Sprintf("%d of %d bytes", n, all)
	case n == 1:
		return "1 byte"
	}
	return fmt.Sprintf("%d bytes", n)
}
