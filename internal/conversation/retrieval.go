package conversation

import (
	"bytes"
	"cmp"
	"fmt"
	"net/http"
	"slices"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
)

// requests are those of MS-PCHC or of MS-PCCRR whose response has not come.
type requests struct {
	waiting map[requestKey]*Exchange
	order   []requestKey // oldest first; some of them have gone
	bytes   int64
}

// requestKey is a request on its connection.
type requestKey struct{ stream, number int }

const (
	// maxAsked bounds the memory of requests that wait. The oldest is given up; its
	// response is one without a request then.
	maxAsked    = 4 << 20
	requestCost = 1 << 10 // beside its body
)

// retrieval takes an event of MS-PCCRR.
func (r *reader) retrieval(e *capture.Event) error {
	if e.Kind == capture.Request {
		return r.request(e)
	}
	x := r.asked.take(e)
	x.Done, x.Status, x.Ending = true, e.Status, e.Ending
	x.Began, x.Answered = e.Began, capture.Moment{Frame: e.Frame, Time: e.Time}
	if x.Asked.Frame == 0 {
		x.Asked = e.Requested
	}
	en := &entry{item: Item{Event: e, Exchange: x}}
	switch e.Kind {
	case capture.Failure:
		x.Result, x.Reason = Failed, fmt.Sprintf("HTTP status %d %s", e.Status, http.StatusText(e.Status))
		x.Response = &Message{Place: e.Place}
	case capture.Unanswered:
		x.Result = unanswered(e)
	default:
		en.item.Event = e.Keep(r.buffer())
		en.own = en.item.Event.Body
		r.response(en, x)
	}
	if en.block == nil && !r.waits() {
		err := r.tell(&en.item)
		if en.own != nil {
			r.free(en.own)
		}
		return err
	}
	if en.own == nil {
		en.item.Event = e.Keep(nil)
	}
	return r.put(en)
}

// request takes a request.
func (r *reader) request(e *capture.Event) error {
	e = e.Keep(nil)
	x := &Exchange{Protocol: capture.PCCRR, Stream: e.Stream, Number: e.Exchange, Retrieval: new(Retrieval),
		Asked: capture.Moment{Frame: e.Frame, Time: e.Time}}
	x.Client, x.Server = ends(e)
	m, err := pccrr.DecodeRequestMessage(e.Body)
	if m.MessageBody != nil {
		body, wrong := m.DecodeBody()
		x.Retrieval.Asked = body
		if err == nil {
			err = wrong
		}
	}
	x.Retrieval.Segment = segmentOf(x.Retrieval.Asked)
	x.Request = &Message{Place: e.Place, Body: e.Body, Err: err}
	pending, asked := *x, *x.Retrieval // the exchange goes on while this waits
	pending.Retrieval = &asked
	if err := r.pass(r.waits(), &Item{Event: e, Exchange: &pending}); err != nil {
		return err
	}
	return r.wait(&r.asked, x)
}

// segmentOf is the HoHoDk that a message is about.
func segmentOf(m pccrr.Body) []byte {
	switch m := m.(type) {
	case pccrr.MsgGetBlkList:
		return m.SegmentID
	case pccrr.MsgGetBlks:
		return m.SegmentID
	case pccrr.MsgBlkList:
		return m.SegmentId
	case pccrr.MsgBlk:
		return m.SegmentId
	}
	return nil
}

// wait has a request wait for its response, and tells those that are given up for it.
func (r *reader) wait(q *requests, x *Exchange) error {
	if old := q.remove(requestKey{x.Stream, x.Number}); old != nil {
		if err := r.part(old); err != nil {
			return err
		}
	}
	for _, old := range q.add(x) {
		if err := r.part(old); err != nil {
			return err
		}
	}
	return nil
}

// add adds a request, and returns those that are given up for it.
func (q *requests) add(x *Exchange) (gone []*Exchange) {
	if q.waiting == nil {
		q.waiting = make(map[requestKey]*Exchange)
	}
	key := requestKey{x.Stream, x.Number}
	q.waiting[key] = x
	q.order = append(q.order, key)
	q.bytes += requestCost + int64(len(x.Request.Body))
	for q.bytes > maxAsked {
		if old := q.remove(q.order[0]); old != nil {
			gone = append(gone, old)
		}
		q.order = q.order[1:]
	}
	if len(q.order) > 2*len(q.waiting)+64 {
		kept := q.order[:0]
		for _, key := range q.order {
			if q.waiting[key] != nil {
				kept = append(kept, key)
			}
		}
		q.order = kept
	}
	return gone
}

// remove takes a request out, and returns it; nil if it is not there.
func (q *requests) remove(key requestKey) *Exchange {
	x := q.waiting[key]
	if x != nil {
		delete(q.waiting, key)
		q.bytes -= requestCost + int64(len(x.Request.Body))
	}
	return x
}

// take returns the exchange that a response, or the lack of one, belongs to: a new one
// if its request is not known.
func (q *requests) take(e *capture.Event) *Exchange {
	var x *Exchange
	if e.Exchange > 0 {
		x = q.remove(requestKey{e.Stream, e.Exchange})
	}
	if x == nil {
		x = &Exchange{Protocol: capture.PCCRR, Stream: e.Stream, Number: e.Exchange, Retrieval: new(Retrieval)}
		x.Client, x.Server = ends(e)
	}
	return x
}

// response decodes a response, whose body is that of the entry.
func (r *reader) response(en *entry, x *Exchange) {
	e, t := en.item.Event, x.Retrieval
	m, err := pccrr.DecodeResponseMessage(e.Body)
	if m.MessageBody != nil {
		body, wrong := m.DecodeBody()
		t.Answer = body
		if err == nil {
			err = wrong
		}
	}
	x.Response = &Message{Place: e.Place, Body: e.Body, Err: err}
	if t.Segment == nil && x.Request == nil {
		t.Segment = segmentOf(t.Answer)
	}
	switch reason := misfit(t); {
	case err != nil:
		x.Result, x.Reason = Malformed, "the response: "+err.Error()
	case x.Request != nil && x.Request.Err != nil:
		x.Result, x.Reason = Malformed, "the request: "+x.Request.Err.Error()
	case reason != "":
		x.Result, x.Reason = Mismatched, reason
	default:
		x.Result = resultOf(t.Answer)
	}
	if b, ok := t.Answer.(pccrr.MsgBlk); ok && len(b.Block) > 0 {
		t.Block = &Block{Segment: b.SegmentId, Index: b.BlockIndex}
		en.block = r.secret(b, t.Block)
	}
}

// secret prepares the verification of a block. It returns nil if there is nothing to
// verify it with.
func (r *reader) secret(m pccrr.MsgBlk, b *Block) *encrypted {
	seg := r.secrets.find(m.SegmentId, m.BlockIndex)
	if seg == nil && r.earlier() {
		seg = r.secrets.find(m.SegmentId, m.BlockIndex)
	}
	if seg == nil {
		r.lookForSecrets()
		seg = r.secrets.find(m.SegmentId, m.BlockIndex)
	}
	if seg == nil {
		b.Fault, b.Reason = NoSecret, "no secret of its segment: "+r.again
		if n := r.secrets.forgot; n > 0 {
			b.Reason += fmt.Sprintf("; of %d Content Information the secrets were given up to limit memory", n)
		}
		return nil
	}
	b.first = r.secrets.head(m.SegmentId)
	e := &encrypted{message: m, segment: *seg, block: b, keep: r.options.Plain}
	if e.keep {
		e.plain = r.buffer()
	}
	return e
}

// resultOf tells a response that has something from one that has nothing.
func resultOf(m pccrr.Body) Result {
	has := pccrr.Ranges{}
	switch m := m.(type) {
	case pccrr.MsgBlk:
		if len(m.Block) > 0 {
			return Hit
		}
		return Miss
	case pccrr.MsgBlkList:
		has = m.BlockRanges
	case pccrr.MsgSegList:
		has = m.SegmentRanges
	default:
		return Negotiated
	}
	for _, one := range has.All() {
		if one.Count > 0 {
			return Hit
		}
	}
	return Miss
}

// misfit says in words why a response does not fit its request, "" if it does, and if
// one of them is not known.
func misfit(t *Retrieval) string {
	if t.Asked == nil || t.Answer == nil {
		return ""
	}
	if asked, got := t.Asked.MsgType(), t.Answer.MsgType(); !got.Answers(asked) {
		return fmt.Sprintf("%v does not answer %v", got, asked)
	}
	if id := segmentOf(t.Answer); id != nil && !bytes.Equal(id, t.Segment) {
		return "the response is about another segment"
	}
	switch a := t.Answer.(type) {
	case pccrr.MsgBlk:
		asked := t.Asked.(pccrr.MsgGetBlks).ReqBlockRanges
		if len(a.Block) > 0 && asked.Len() > 0 && a.BlockIndex != lowest(asked) {
			return fmt.Sprintf("the response has block %d, the request asks for block %d", a.BlockIndex, lowest(asked))
		}
	case pccrr.MsgBlkList:
		if asked := t.Asked.(pccrr.MsgGetBlkList).NeededBlockRanges; !within(a.BlockRanges, asked) {
			return "the response lists blocks that the request does not ask for"
		}
	case pccrr.MsgSegList:
		asked := t.Asked.(pccrr.MsgGetSegList)
		if a.RequestID != asked.RequestID {
			return "the response has another RequestID"
		}
		for _, one := range a.SegmentRanges.All() {
			if one.End() > uint64(asked.SegmentIDs.Len()) {
				return fmt.Sprintf("the response lists segment %d of the request, which has %d", one.End()-1, asked.SegmentIDs.Len())
			}
		}
	}
	return ""
}

// lowest is the lowest index of some ranges.
func lowest(r pccrr.Ranges) uint32 {
	low := r.At(0).Index
	for _, one := range r.All() {
		low = min(low, one.Index)
	}
	return low
}

// within reports whether each of the ranges lies in what was asked for, in one range or
// in several that touch.
func within(ranges, asked pccrr.Ranges) bool {
	type span struct{ from, to uint64 }
	all := make([]span, 0, asked.Len())
	for _, a := range asked.All() {
		all = append(all, span{uint64(a.Index), a.End()})
	}
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	n := 0 // of those that do not touch
	for _, a := range all {
		if n > 0 && a.from <= all[n-1].to {
			all[n-1].to = max(all[n-1].to, a.to)
			continue
		}
		all[n] = a
		n++
	}
	for _, one := range ranges.All() {
		i, _ := slices.BinarySearchFunc(all[:n], uint64(one.Index)+1, func(a span, from uint64) int { return cmp.Compare(a.from, from) })
		if one.Count > 0 && (i == 0 || all[i-1].to < one.End()) {
			return false
		}
	}
	return true
}
