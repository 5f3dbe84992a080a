package conformance

import (
	"io"

	"github.com/hostedcache/pchc/internal/capture"
)

// kinds are the kinds of events by those of package capture.
var kinds = map[capture.EventKind]Kind{
	capture.Request: Request, capture.Response: Response, capture.Failure: Response,
	capture.Unanswered: Unanswered, capture.Problem: Problem,
}

// Read checks a capture and returns what it found, by frame. The errors are
// those of [capture.Read]; what was found until then is returned with them.
func Read(in io.Reader, file string, o Options) ([]Finding, capture.Summary, error) {
	c := Checker{Options: o}
	sum, err := capture.Read(in, capture.Options{Exchanges: true}, func(e *capture.Event) error {
		c.Event(&Event{
			Kind: kinds[e.Kind], Exchange: e.Exchange, Path: e.Path, Authorized: e.Authorized, Status: e.Status,
			RequestType: e.RequestType, Body: e.Body, Detail: e.Detail,
			Place: Place{File: file, Frame: e.Frame, Time: e.Time, Src: e.Src, Dst: e.Dst, Stream: e.Stream},
		})
		return nil
	})
	return c.End(), sum, err
}
