package conformance

import (
	"io"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

// Summary counts what [Read] saw: beside what [capture.Summary] counts, the messages of
// retrieval and discovery, the requests to content servers over HTTP and SMB2, and the calls
// to update services.
type Summary struct {
	capture.Summary
	RetrievalRequests, RetrievalResponses, Discoveries, Transfers, FileRequests, UpdateCalls int
}

// Read checks a capture and calls found for each finding, see [NewChecker]. again opens
// the capture once more, to look for Content Information that comes late, and is nil if
// that cannot be done. Its errors are those of [capture.Read], and that of found; the
// findings up to an error of the capture are handed out before it returns.
func Read(in io.Reader, file string, again func() (io.ReadCloser, error), o Options, found func(*Finding) error) (Summary, error) {
	c := NewChecker(o, found)
	take := c.Item
	if o.Watch != nil {
		take = func(it *conversation.Item) error {
			o.Watch(it)
			return c.Item(it)
		}
	}
	o.Capture.File, o.Capture.Exchanges, o.Capture.Updates = file, true, true
	sum, err := conversation.Read(in, conversation.Options{
		Capture: o.Capture, Secrets: c.Secrets(), Again: again, Offers: o.Watch != nil,
	}, take)
	n := &c.retrieval.counts
	all := Summary{sum, n[0], n[1], n[2], n[3], n[4], c.updates.count}
	if failed := c.End(sum.Last); failed != nil {
		return all, failed
	}
	return all, err
}
