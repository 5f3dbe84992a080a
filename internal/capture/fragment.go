package capture

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// Bounds of the fragments held. A datagram of TCP that gives way shows later as a
// loss in its stream, too.
const (
	maxDatagrams   = 1 << 10
	maxHeld        = 8 << 20 // bytes of memory
	maxDatagram    = 1 << 16
	maxDatagramAge = 1 << 14 // frames: identifications of IPv4 come again after 65536 datagrams
	maxFragments   = 1 << 10 // of a datagram: senders do not cut finer than this
)

// fragmentID identifies the datagram of a fragment.
type fragmentID struct {
	src, dst [16]byte
	id       uint32
	version  byte
	proto    byte
}

type datagram struct {
	begun  stamp
	length int64 // of the whole, -1 while the last fragment has not come
	parts  segmentQueue
}

type fragments struct {
	datagrams map[fragmentID]*datagram
	order     []fragmentID // as they began
	held      int64        // bytes of memory
	whole     [2][]byte    // the one completed last, and the one before, in which it may have lain

	incomplete, ours int   // datagrams that lack fragments, and those of them with something of ours, as far as one can know
	first            stamp // of those that are reported
}

// datagram takes one fragment, of an ID without addresses, and returns the payload
// of its datagram once that is whole, or if the views have it.
func (r *Reader) datagram(id *fragmentID, src, dst []byte, off int, more bool, payload []byte, length int) []byte {
	if r.views != nil && r.views.IP != nil {
		v := *r.views
		whole := v.IP
		r.views, v.IP = &v, nil // it is of the outermost fragments only
		return whole
	}
	copy(id.src[:], src)
	copy(id.dst[:], dst)
	return r.fragment(id, off, more, payload, length)
}

// fragment takes one fragment and returns the payload of its datagram once that
// is whole; it is valid until the next call. length is what the fragment had
// before the capture cut it.
func (r *Reader) fragment(id *fragmentID, off int, more bool, payload []byte, length int) []byte {
	f := &r.fragments
	if length <= 0 || off+length > maxDatagram {
		return nil
	}
	d := f.datagrams[*id]
	if d != nil && r.now.frame-d.begun.frame > maxDatagramAge {
		r.incomplete(id, d)
		r.forget(*id, d)
		d = nil
	}
	if d != nil && len(d.parts.list) > maxFragments {
		r.giveUp(*id, d)
		d = nil
	}
	if d == nil {
		if f.datagrams == nil {
			f.datagrams = make(map[fragmentID]*datagram)
		}
		for len(f.order) >= maxDatagrams || f.held > maxHeld {
			r.giveUp(f.order[0], f.datagrams[f.order[0]])
		}
		d = &datagram{begun: r.now, length: -1}
		f.datagrams[*id] = d
		f.order = append(f.order, *id)
	}
	f.held -= d.parts.cost
	d.parts.insert(&r.pool, queuedSegment{off: int64(off), data: payload})
	f.held += d.parts.cost
	if !more && d.length < 0 {
		d.length = int64(off + length)
	}
	next := int64(0)
	for i := range d.parts.list {
		if d.parts.list[i].off != next {
			break
		}
		next = d.parts.list[i].end()
	}
	if d.length < 0 || next < d.length {
		return nil
	}
	whole := f.whole[1][:0]
	for i := range d.parts.list {
		whole = append(whole, d.parts.list[i].data...)
	}
	f.whole[0], f.whole[1] = whole, f.whole[0]
	r.forget(*id, d)
	return whole[:d.length]
}

// giveUp forgets a datagram to limit memory. Of UDP only tunnels matter.
func (r *Reader) giveUp(id fragmentID, d *datagram) {
	matters := true
	if p := d.parts.list; id.proto == protoUDP && len(p) > 0 && p[0].off == 0 {
		l, _ := stripUDP(p[0].data)
		matters = l != ordinary
	}
	if matters {
		const detail = "IP fragments were discarded to limit memory: their packets are not read"
		r.problem(detail, detail)
	}
	r.forget(id, d)
}

// incomplete counts a datagram whose other fragments do not come, if its bytes are not
// missed in any other way.
func (r *Reader) incomplete(id *fragmentID, d *datagram) {
	var begin []byte
	if p := d.parts.list; len(p) > 0 && p[0].off == 0 {
		begin = p[0].data
	}
	ours := false
	switch {
	case id.proto == protoUDP:
		if l, _ := stripUDP(begin); l == ordinary && !(r.options.Retrieval && isDiscovery(begin)) {
			return
		}
	case id.proto == protoTCP && len(begin) >= 20:
		n := 4
		if id.version == 6 {
			n = 16
		}
		e, from := between(id.src[:n], id.dst[:n], begin)
		payload := begin[min(int(begin[12]>>4)*4, len(begin)):]
		if c := r.conns[e]; c != nil {
			if h := &c.halves[from]; h.synced && h.offset(binary.BigEndian.Uint32(begin[4:])) < h.next {
				return // sent again, or missed in its stream
			}
			ours = c.exchanges.ours
		}
		ours = ours || startsRequest(payload)
	case !carriesIP(id.proto):
		return
	}
	f := &r.fragments
	if f.incomplete++; f.incomplete == 1 || ours && f.ours == 0 {
		f.first = d.begun
	}
	if ours {
		f.ours++
	}
}

// segment returns the TCP segment that a datagram begins with, as far as its first
// fragment has it; false if that is not there, or shorter than its header. What follows is
// not known, FIN neither.
func (d *datagram) segment(id *fragmentID) (e endpoints, from int, s segment, ok bool) {
	p := d.parts.list
	if id.proto != protoTCP || len(p) == 0 || p[0].off != 0 || len(p[0].data) < 20 {
		return e, 0, s, false
	}
	b := p[0].data
	header := int(b[12]>>4) * 4
	if header < 20 || header >= len(b) {
		return e, 0, s, false
	}
	n := 4
	if id.version == 6 {
		n = 16
	}
	e, from = between(id.src[:n], id.dst[:n], b)
	s.seq, s.ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	s.flags, s.data = b[13]&(flagSYN|flagACK), b[header:]
	return e, from, s, true
}

// rescue queues the first fragments of datagrams that lack others where they have some
// of the bytes before to that direction i of c waits for. Whoever acknowledges these
// has got the whole datagram, or the same bytes once more.
func (c *conn) rescue(i int, to int64) (found bool) {
	r, h := c.r, &c.halves[i]
	for n := 0; h.synced && n < len(r.fragments.order); n++ {
		id := r.fragments.order[n]
		d := r.fragments.datagrams[id]
		e, from, s, ok := d.segment(&id)
		if !ok || from != i || e != c.ends {
			continue
		}
		p := queuedSegment{off: h.offset(s.seq), data: s.data, ack: s.ack, hasAck: s.flags&flagACK != 0, at: d.begun}
		if p.off >= to || p.end() <= h.next {
			continue
		}
		switch waiting := h.queue.list; {
		case len(waiting) > 0:
			p.at = waiting[0].at
		case h.acked <= p.end():
			r.incomplete(&id, d) // nothing else tells that there was more
		}
		h.queue.insert(&r.pool, p)
		r.forget(id, d)
		found = true
		n--
	}
	return found
}

// beginRescued begins, at the end, connections with the first fragments of datagrams that
// lack others, where these are all that is there of a request.
func (r *Reader) beginRescued() {
	now := r.now
	for n := 0; n < len(r.fragments.order); n++ {
		id := r.fragments.order[n]
		d := r.fragments.datagrams[id]
		e, from, s, ok := d.segment(&id)
		if c := r.conns[e]; !ok || !startsRequest(s.data) || c != nil && c.halves[from].synced {
			continue
		}
		r.incomplete(&id, d)
		r.now = d.begun
		r.segment(&e, from, &s)
		r.forget(id, d)
		n--
	}
	r.now = now
}

// reportIncomplete says at the end which datagrams were not read since they lack
// fragments: only as a note where none has anything of ours.
func (r *Reader) reportIncomplete() {
	f := &r.fragments
	for i := range f.order {
		r.incomplete(&f.order[i], f.datagrams[f.order[i]])
	}
	if f.incomplete == 0 {
		return
	}
	kind, n := Note, f.incomplete
	if f.ours > 0 {
		kind, n = Problem, f.ours
	}
	detail := fmt.Sprintf("%d IP datagrams lack fragments (first: frame %d): at most the first one of each is read", n, f.first.frame)
	if n == 1 {
		detail = fmt.Sprintf("the IP datagram that begins in frame %d lacks fragments: at most the first one is read", f.first.frame)
	}
	r.event = Event{Kind: kind, Place: Place{Stream: -1}, Detail: detail}
	r.emit(&stamp{})
}

// forget drops a datagram.
func (r *Reader) forget(id fragmentID, d *datagram) {
	r.fragments.held -= d.parts.cost
	d.parts.clear(&r.pool)
	delete(r.fragments.datagrams, id)
	i := slices.Index(r.fragments.order, id)
	if i == 0 { // as in a flood
		r.fragments.order = r.fragments.order[1:]
	} else {
		r.fragments.order = slices.Delete(r.fragments.order, i, i+1)
	}
}
