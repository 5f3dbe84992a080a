package seeds

import (
	"bytes"
	"fmt"
	"io"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/spec"
)

// capture adds the messages of a packet capture: those of MS-PCHC, MS-PCCRR and MS-PCCRD,
// and Content Information. where is for Skipped.
func (r *Reader) capture(where string, in io.Reader) error {
	_, err := capture.Read(in, capture.Options{Retrieval: true}, func(e *capture.Event) error {
		kind := kindOf(e)
		switch {
		case kind == 0:
			return nil
		case len(e.Body) > MaxSeed:
			r.skip(where, fmt.Sprintf("the message that ends in frame %d has more than %d bytes", e.Frame, MaxSeed))
			return nil
		}
		s := Seed{Message: fuzz.Message{Kind: kind, Bytes: bytes.Clone(e.Body)}}
		if kind == spec.Response {
			s.RequestType = e.RequestType
		}
		if !r.KeepSecrets {
			s = s.WithoutSecrets()
		}
		return r.Add(s)
	})
	return err
}

// kindOf returns the kind of the message that an event has, 0 if it has none.
func kindOf(e *capture.Event) spec.Kind {
	retrieval := e.Protocol == capture.PCCRR
	switch e.Kind {
	case capture.Request:
		if retrieval {
			return spec.RetrievalRequest
		}
		return spec.Request
	case capture.Response:
		if retrieval {
			return spec.RetrievalResponse
		}
		return spec.Response
	case capture.Content:
		return spec.Content
	case capture.Datagram: // of any protocol on WS-Discovery
		if e.Missing == 0 && bytes.Contains(e.Body, []byte(pccrd.NamespacePeerDist)) {
			return spec.Discovery
		}
	}
	return 0
}

// isCapture reports whether a file that begins with b is a packet capture,
// compressed or not.
func isCapture(b []byte) bool {
	return len(b) >= 24 && (pcapfile.IsCapture(b) || string(b[:3]) == "\x1f\x8b\x08") // gzip
}
