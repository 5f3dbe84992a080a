package check

import (
	"io"

	"github.com/hostedcache/pchc/cmd/pchc/internal/capture"
)

// Read checks a capture and returns what it found, by frame. The errors are
// those of [capture.Read]; what was found until then is returned with them.
//
// Package capture tells neither HTTP errors nor how a connection ended. So Read
// does not find requests that were not answered, nor a missing resend after
// status 401; a [Checker] that is told does.
func Read(in io.Reader, file string, o Options) ([]Finding, capture.Summary, error) {
	c := Checker{Options: o}
	waiting := connections{}
	sum, err := capture.Read(in, capture.Options{}, func(e *capture.Event) error {
		v := Event{
			Place: Place{File: file, Frame: e.Frame, Time: e.Time, Src: e.Src, Dst: e.Dst, Stream: e.Stream},
			Path:  e.Path, Status: e.Status, RequestType: e.RequestType, Body: e.Body, Detail: e.Detail,
		}
		switch e.Kind {
		case capture.Request:
			v.Kind, v.Exchange = Request, waiting.asked(e)
		case capture.Response:
			v.Kind, v.Exchange = Response, waiting.answered(e)
		case capture.Problem:
			v.Kind = Problem
		}
		c.Event(&v)
		return nil
	})
	for stream, connection := range waiting {
		if connection.unclear || len(connection.waiting) > 0 {
			c.unclear(stream)
		}
	}
	return c.End(), sum, err
}

// connections are the requests without a response of each connection. Package
// capture tells the responses that carry a message, but not which request they
// belong to, and not the HTTP errors: so it is open why a request has none.
type connections map[int]*connection

type connection struct {
	number  int
	waiting []asked
	unclear bool // requests were passed over
}

type asked struct {
	number int
	typ    uint16
	path   string
}

// asked numbers a request.
func (all connections) asked(e *capture.Event) int {
	c := all[e.Stream]
	if c == nil {
		c = &connection{}
		all[e.Stream] = c
	}
	c.number++
	a := asked{number: c.number, path: e.Path}
	if len(e.Body) >= 4 {
		a.typ = uint16(e.Body[2])<<8 | uint16(e.Body[3])
	}
	c.waiting = append(c.waiting, a)
	return a.number
}

// answered returns the number of the request that a response belongs to if that
// is certain. Requests are answered in order, but some with an HTTP error, which
// is not seen: where several of one type wait, it may be any.
func (all connections) answered(e *capture.Event) (number int) {
	c := all[e.Stream]
	if c == nil {
		return 0
	}
	for _, a := range c.waiting {
		if a.typ != e.RequestType || a.path != e.Path {
			continue
		}
		if number != 0 {
			number = 0
			break
		}
		number = a.number
	}
	c.unclear = c.unclear || len(c.waiting) > 1
	c.waiting = c.waiting[:0]
	return number
}
