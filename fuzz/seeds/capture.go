package seeds

import (
	"bytes"
	"io"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
	"github.com/hostedcache/pchc/spec"
)

// capture adds the messages of a packet capture.
func (r *Reader) capture(in io.Reader) error {
	_, err := capture.Read(in, capture.Options{}, func(e *capture.Event) error {
		s := Seed{Message: fuzz.Message{Kind: spec.Request, Bytes: bytes.Clone(e.Body)}}
		switch e.Kind {
		case capture.Request:
		case capture.Response:
			s.Kind, s.RequestType = spec.Response, e.RequestType
		default:
			return nil
		}
		if len(s.Bytes) > MaxSeed {
			return nil // no message of the protocol is that large
		}
		if !r.KeepSecrets {
			s = s.WithoutSecrets()
		}
		return r.Add(s)
	})
	return err
}

// isCapture reports whether a file that begins with b is a packet capture,
// compressed or not.
func isCapture(b []byte) bool {
	return len(b) >= 24 && (pcapfile.IsCapture(b) || string(b[:3]) == "\x1f\x8b\x08") // gzip
}
