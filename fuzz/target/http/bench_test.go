package http

import (
	"bufio"
	"fmt"
	"net"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// Messages that are tried on a hosted cache in a second, not counting those that
// see to it that it is still well. One writes an answer as many small servers
// do: in two pieces, with Nagle's algorithm between them.
func BenchmarkHTTP(b *testing.B) {
	for _, c := range []struct {
		name string
		url  func(testing.TB) string
	}{
		{"1.0", func(b testing.TB) string { return serve(b, nil).URL + spec.PathV1 }},
		{"2.0", func(b testing.TB) string { return serve(b, nil).URL + spec.PathV2 }},
		{"InTwoPieces", func(b testing.TB) string { return "http://" + listen(b, inTwoPieces) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := open(b, c.url(b), Options{})
			cases := campaign(128, 1<<30)
			for b.Loop() {
				vary(b, s, cases, 256) // as a campaign does
			}
			b.ReportMetric(float64(len(cases)*b.N)/b.Elapsed().Seconds(), "messages/s")
		})
	}
}

func inTwoPieces(conn net.Conn, r *bufio.Reader) {
	_ = conn.(*net.TCPConn).SetNoDelay(false)
	var b reference
	for {
		path, message, ok := next(conn, r)
		if !ok {
			return
		}
		out := b.right(path, message)
		fmt.Fprintf(conn, "HTTP/1.1 %d Whatever\r\nContent-Length: %d\r\n\r\n", out.status, len(out.body))
		_, _ = conn.Write(out.body)
	}
}
