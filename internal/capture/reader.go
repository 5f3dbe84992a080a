package capture

import (
	"math"
	"time"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// Reader takes frames one at a time, as [Read] does those of a file.
type Reader struct {
	options        Options
	handle         func(*Event) error
	failed         error // returned by handle
	event          Event // the one handed out
	sum            Summary
	now            stamp  // of the current frame
	torn           bool   // the file ends within it
	captured, wire int32  // bytes of it, and when it was sent; 0 where the file ends within it
	views          *Views // of the current frame

	decryption decryption

	// In an excerpt: connections with TLS, and those whose messages the views
	// have.
	hidden    []hidden
	decrypted map[endpoints]bool
	servers   servers
	refusals  refusals

	pool   pool
	order  order
	ending bool // nothing more comes

	fragments fragments
	skipped   []skipped

	conns   map[endpoints]*conn // by addresses and ports: the newest connection of each, also a closed one
	last    *conn               // the connection of the frame before
	live    connList            // least recently used first
	closing connList            // ended, but with something missing; first ended first
	closed  connList            // ended, remembered for late packets
	spare   []*conn             // structs to use again
	gaveWay int                 // of those with MS-PCHC, between two messages

	unopened map[unconnectedKey]int // where in sum.Unconnected

	caches   caches
	paths    map[string]string // paths of requests seen, so that each is allocated once
	reported map[any]bool      // Problems that are reported only once, by what they are about
}

// NewReader returns a Reader that calls handle for every event.
func NewReader(o Options, handle func(*Event) error) *Reader {
	if o.MaxConnections <= 0 {
		o.MaxConnections = 8192
	}
	if o.MaxBuffered <= 0 {
		o.MaxBuffered = 16 << 20
	}
	return &Reader{
		options:  o,
		handle:   handle,
		conns:    make(map[endpoints]*conn),
		caches:   make(caches),
		paths:    make(map[string]string),
		reported: make(map[any]bool),
	}
}

// stamp is the number and time of a frame.
type stamp struct {
	frame int64
	time  time.Time
}

// Views are data that a dissector such as tshark has reassembled from a frame and
// from frames before it, which may not be there.
type Views struct {
	IP   []byte   // the payload of the datagram of which the frame is a fragment
	TCP  [][]byte // runs of TCP data of which the payload of the frame is a part
	HTTP [][]byte // the HTTP messages in the decrypted payload
}

// Frame takes the next frame. v is nil where nothing is known but the frame. The
// error is that of the handler; once there is one, frames are ignored.
func (r *Reader) Frame(f *pcapfile.Frame, v *Views) error {
	if r.failed != nil {
		return r.failed
	}
	r.sum.Frames++
	r.now.frame, r.now.time = r.sum.Frames, f.Time
	if !f.Time.IsZero() {
		if r.sum.Last.IsZero() && r.options.Started != nil {
			r.options.Started(f.Time)
		}
		r.sum.Last = f.Time
	}
	r.views, r.torn = v, f.Torn
	r.captured, r.wire = 0, 0
	if !f.Torn {
		r.captured, r.wire = int32(min(len(f.Data), math.MaxInt32)), int32(min(f.Wire, math.MaxInt32))
	}
	if f.Damage != "" {
		r.problem(f.Damage, r.now.frame)
	}
	if r.decryption.pdus != nil {
		r.decrypt()
	}
	if f.Skipped != "" {
		r.hide(f.Skipped)
	} else {
		r.frame(f)
	}
	if len(r.order.held) > 0 {
		r.release()
	}
	return r.failed
}

// HTTP takes HTTP messages without packets around them: requests and responses
// in the order in which they were sent, as Wireshark's "Follow HTTP Stream" saves
// them. It counts as a frame and as a connection. Any path counts as one of
// MS-PCHC.
func (r *Reader) HTTP(b []byte) error {
	if r.failed != nil {
		return r.failed
	}
	r.sum.Frames++
	r.now = stamp{frame: r.sum.Frames}
	c := r.newConn(&endpoints{low0: uint64(r.sum.Frames)})
	c.bare, c.mixed = true, true
	c.halves[0].http.role, c.halves[1].http.role = requests, responses
	c.bytes(0, b, &r.now)
	r.end(c, inputOver)
	r.remove(c)
	return r.failed
}

// Close reports incomplete messages. The Reader accepts no more frames.
func (r *Reader) Close() (Summary, error) {
	r.finish()
	r.ending = false
	r.release()
	return r.sum, r.failed
}

// emit hands out r.event, of no connection, with the place and time of the frame in
// at.
func (r *Reader) emit(at *stamp) {
	e := &r.event
	e.File, e.Frame, e.Time = r.options.File, at.frame, at.time
	if at.frame == 0 {
		r.put(math.MaxInt64) // about the whole capture
		return
	}
	r.put(at.frame)
}

// problem reports something that belongs to no connection, at the current frame
// and once for each key.
func (r *Reader) problem(detail string, key any) {
	if r.once(key) {
		r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: detail}
		r.emit(&r.now)
	}
}

// maxReported bounds the memory for what has been reported. Only a capture made
// to annoy gets there.
const maxReported = 4096

// once reports whether it is called with the key for the first time.
func (r *Reader) once(key any) bool {
	if r.reported[key] || len(r.reported) > maxReported {
		return false
	}
	r.reported[key] = true
	if len(r.reported) > maxReported {
		r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: "too many kinds of problems to list"}
		r.emit(&r.now)
		return false
	}
	return true
}
