package conformance

import (
	"io"

	"github.com/hostedcache/pchc/internal/capture"
)

// Read checks a capture and returns the findings by frame. Its errors are those of
// [capture.Read]; the findings up to the error are returned with it.
func Read(in io.Reader, file string, o Options) ([]Finding, capture.Summary, error) {
	c := Checker{Options: o}
	sum, err := capture.Read(in, capture.Options{File: file, Exchanges: true}, func(e *capture.Event) error {
		c.Event(e)
		return nil
	})
	return c.End(), sum, err
}
