package capture

import (
	"errors"
	"io"
	"net/netip"
	"strconv"
	"time"

	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// EventKind tells what an [Event] reports.
type EventKind uint8

// The kinds of events.
const (
	Request    EventKind = iota + 1 // the body of an HTTP POST to one of the paths of MS-PCHC
	Response                        // the body of the successful (2xx) answer to such a POST
	Problem                         // something that the capture lost, cut off or hid
	Failure                         // the answer to such a POST without success, which carries no message
	Unanswered                      // the server ended the connection without an answer to such a POST
)

// Event is one message found, or one thing that kept messages from being found.
// It and its Body are valid until the handler returns.
type Event struct {
	Kind EventKind

	Place

	// Body is the whole HTTP body with its chunks joined; empty for a Problem,
	// and where the message has none.
	Body []byte

	// Exchange is the number of the request on its connection, from 1. It is 0
	// where it is not known which request an answer belongs to, and for a
	// Problem.
	Exchange int

	Authorized bool // of a Request: it has an Authorization field

	// RequestType is, for a Response, the Type field (MS-PCHC 2.2.1.1) of the
	// request that it answers, as it stands in bytes 2 and 3 of that request's
	// body. 0 means unknown: that part of the request was not captured, or a
	// loss leaves open which request this answers.
	RequestType uint16

	Detail string // of a Problem: one sentence for a person about what was lost or hidden
}

// Place says where in a capture something is. What is not known has its zero
// value, Stream -1.
type Place struct {
	File string // [Options.File]

	// Frame is the number, from 1, of the frame that completed the message, and
	// Time its time of capture in UTC, the zero time where the file has none. Of
	// a Problem it is the frame that showed it, 0 where no frame did.
	Frame int64
	Time  time.Time

	// Src and Dst are the sender and the receiver. Invalid in a Problem of no
	// connection.
	Src, Dst netip.AddrPort

	// Stream is the number, from 0, of the TCP connection, in the order in which
	// they appear in the capture; -1 in a Problem of no connection.
	Stream int

	Direction string // "request" or "response"; empty in a Problem

	// Method and Path are those of the request, for a Response those of the
	// request that it answers. Path is as sent, without scheme, host and query.
	// Empty in a Problem where the request is not known.
	Method, Path string

	Status int // of a Response or Failure: the HTTP status code
}

// String returns "frame 7 of capture.pcap", or the file alone.
func (p Place) String() string {
	if p.Frame == 0 {
		return p.File
	}
	return "frame " + strconv.FormatInt(p.Frame, 10) + " of " + p.File
}

// Options say what is reported, and bound the memory of [Read]. A zero field
// stands for its default.
type Options struct {
	File string // name of the capture, for [Place.File]

	// Exchanges asks for events of the kinds [Failure] and [Unanswered], too.
	Exchanges bool

	// MaxConnections is how many TCP connections are followed at a time, 32768
	// by default. The one idle longest gives way to a new one.
	MaxConnections int

	// MaxBuffered is how many bytes of messages begun and of segments out of
	// order are held at a time, by default 64 MiB. Beyond it connections give
	// way, the one idle longest first; what one connection alone can hold is
	// bounded too.
	MaxBuffered int64
}

// Summary counts what [Read] saw.
type Summary struct {
	Frames      int64
	Connections int // TCP connections
	Encrypted   int // those of them that carry TLS
	Requests    int // events of each kind
	Responses   int
	Problems    int
}

// ErrNotCapture is wrapped by the error of [Read] for an input that is neither
// pcap nor pcapng.
var ErrNotCapture = pcapfile.ErrNotCapture

// Read reads a capture to its end and calls handle for every event.
//
// An error means that the input is not a capture (it wraps [ErrNotCapture]),
// that in failed (it wraps in's error), or is the error of handle, which ends
// the reading at once. Damage inside a capture is no error but a [Problem]:
// what lies before it has been handed over. The Summary holds in any case what
// has been seen until then.
func Read(in io.Reader, o Options, handle func(*Event) error) (Summary, error) {
	r := newReader(o, handle)
	err := r.read(in)
	if r.failed != nil {
		err = r.failed
	}
	return r.sum, err
}

// reader is the state of one Read.
type reader struct {
	options Options
	handle  func(*Event) error
	failed  error // what handle returned
	event   Event // the one handed out
	sum     Summary
	now     stamp // of the frame at hand
	pool    pool

	fragments fragments

	conns   map[endpoints]*conn // by addresses and ports: the newest connection of each, also a closed one
	last    *conn               // the connection of the frame before
	live    connList            // least recently used first
	closing connList            // ended, but with something missing; first ended first
	closed  connList            // ended, remembered for what still straggles in
	spare   []*conn             // structs to use again

	paths    map[string]string // paths of requests seen, so that each is allocated once
	reported map[any]bool      // Problems that are reported only once, by what they are about
}

func newReader(o Options, handle func(*Event) error) *reader {
	if o.MaxConnections <= 0 {
		o.MaxConnections = 32768
	}
	if o.MaxBuffered <= 0 {
		o.MaxBuffered = 64 << 20
	}
	return &reader{
		options:  o,
		handle:   handle,
		conns:    make(map[endpoints]*conn),
		paths:    make(map[string]string),
		reported: make(map[any]bool),
	}
}

// stamp says which frame and when.
type stamp struct {
	frame int64
	time  time.Time
}

func (r *reader) read(in io.Reader) error {
	file, err := pcapfile.NewReader(in)
	if err != nil {
		return err
	}
	var f pcapfile.Frame
	for r.failed == nil {
		if err = file.Next(&f); err != nil {
			break
		}
		r.sum.Frames++
		r.now = stamp{r.sum.Frames, f.Time}
		if f.Skipped != "" {
			r.problem(f.Skipped, f.Skipped)
		} else {
			r.frame(&f)
		}
	}
	r.finish()
	var d pcapfile.Damage
	switch {
	case err == io.EOF:
		return nil
	case errors.As(err, &d):
		if d.Within {
			r.now.frame++
		}
		r.problem(d.Detail, d)
		return nil
	}
	return err
}

// emit hands out r.event with the place and time of the frame in at.
func (r *reader) emit(at *stamp) {
	if r.failed != nil {
		return
	}
	e := &r.event
	e.File, e.Frame, e.Time = r.options.File, at.frame, at.time
	switch e.Kind {
	case Request:
		r.sum.Requests++
	case Response:
		r.sum.Responses++
	case Problem:
		r.sum.Problems++
	}
	r.failed = r.handle(e)
}

// problem reports something that belongs to no connection, at the frame at hand
// and once for each key.
func (r *reader) problem(detail string, key any) {
	if r.once(key) {
		r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: detail}
		r.emit(&r.now)
	}
}

// maxReported bounds the memory for what has been reported. Only a capture made
// to annoy gets there.
const maxReported = 4096

// once reports whether it is called with the key for the first time.
func (r *reader) once(key any) bool {
	if r.reported[key] || len(r.reported) > maxReported {
		return false
	}
	r.reported[key] = true
	if len(r.reported) > maxReported {
		r.event = Event{Kind: Problem, Place: Place{Stream: -1}, Detail: "too many unsupported link types and encrypted servers to list"}
		r.emit(&r.now)
		return false
	}
	return true
}
