package capture

import "slices"

// Bounds of the fragments held: 256 datagrams of up to 64 KiB. A datagram that
// gives way shows later as a loss in its TCP stream, and is reported there.
const (
	maxDatagrams   = 256
	maxDatagram    = 1 << 16
	maxDatagramAge = 1 << 14 // frames: identifications of IPv4 come again after 65536 datagrams
	maxFragments   = 1 << 10 // of a datagram: senders do not cut finer than this
)

// fragmentID identifies the datagram of a fragment.
type fragmentID struct {
	src, dst [16]byte
	id       uint32
	version  byte
}

type datagram struct {
	begun  int64 // frame
	length int64 // of the whole, -1 while the last fragment has not come
	parts  segmentQueue
}

type fragments struct {
	datagrams map[fragmentID]*datagram
	order     []fragmentID // as they began
	whole     []byte       // the one completed last
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
	if d != nil && (r.now.frame-d.begun > maxDatagramAge || len(d.parts.list) > maxFragments) {
		r.forget(*id, d)
		d = nil
	}
	if d == nil {
		if f.datagrams == nil {
			f.datagrams = make(map[fragmentID]*datagram)
		}
		if len(f.order) >= maxDatagrams {
			r.forget(f.order[0], f.datagrams[f.order[0]])
		}
		d = &datagram{begun: r.now.frame, length: -1}
		f.datagrams[*id] = d
		f.order = append(f.order, *id)
	}
	d.parts.insert(&r.pool, queuedSegment{off: int64(off), data: payload})
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
	f.whole = f.whole[:0]
	for i := range d.parts.list {
		f.whole = append(f.whole, d.parts.list[i].data...)
	}
	f.whole = f.whole[:d.length]
	r.forget(*id, d)
	return f.whole
}

// forget drops a datagram.
func (r *Reader) forget(id fragmentID, d *datagram) {
	d.parts.clear(&r.pool)
	delete(r.fragments.datagrams, id)
	i := slices.Index(r.fragments.order, id)
	r.fragments.order = slices.Delete(r.fragments.order, i, i+1)
}
