package conformance

import (
	"io"

	"github.com/hostedcache/pchc/internal/capture"
)

// Read checks a capture and returns what it found, by frame. The errors are
// those of [capture.Read]; what was found until then is returned with them.
func Read(in io.Reader, file string, o Options) ([]Finding, capture.Summary, error) {
	c := Checker{Options: o}
	sum, err := capture.Read(in, capture.Options{File: file, Exchanges: true}, func(e *capture.Event) error {
		c.Event(e)
		return nil
	})
	return c.End(), sum, err
}
