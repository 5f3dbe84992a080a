package conformance

import (
	"io"

	"github.com/hostedcache/pchc/internal/capture"
)

// Read checks a capture and calls found for each finding, see [NewChecker]. Its
// errors are those of [capture.Read], and that of found; the findings up to an error
// of the capture are handed out before it returns.
func Read(in io.Reader, file string, o Options, found func(*Finding) error) (capture.Summary, error) {
	c := NewChecker(o, found)
	sum, err := capture.Read(in, capture.Options{File: file, Exchanges: true}, c.Event)
	if failed := c.End(sum.Last); failed != nil {
		return sum, failed
	}
	return sum, err
}
