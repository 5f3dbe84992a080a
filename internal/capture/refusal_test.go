package capture

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestRefusals: an alert that ends a handshake is noted for servers of MS-PCHC.
func TestRefusals(t *testing.T) {
	alert := []byte{21, 3, 1, 0, 2, 2, 70}
	of := func(i int, b byte) []byte {
		a := slices.Clone(alert)
		a[i] = b
		return a
	}
	const noted = "10.0.0.2:443: TLS handshake refused with alert 70 (protocol version not supported)"
	for name, c := range map[string]struct {
		server string
		say    func(c *capturetest.Conn)
		want   string
	}{
		"by the server":  {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(alert) }, noted},
		"and more":       {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(append(slices.Clone(alert), 1)) }, noted},
		"three times":    {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(alert, alert, alert) }, noted},
		"two alerts":     {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(alert, of(6, 80)) }, noted + "\n10.0.0.2:443: TLS handshake refused with alert 80 (internal error)"},
		"by the client":  {"10.0.0.2:443", func(c *capturetest.Conn) { c.Send(of(6, 48)) }, "10.0.0.1:40009: TLS handshake refused with alert 48 (unknown certificate authority)"},
		"another server": {"10.0.0.3:443", func(c *capturetest.Conn) { c.Reply(alert) }, ""},
		"a warning":      {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(of(5, 1)) }, ""},
		"encrypted":      {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(of(4, 26)) }, ""},
		"long":           {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(of(3, 1)) }, ""},
		"data":           {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(of(0, 23)) }, ""},
		"no TLS":         {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(of(1, 4)) }, ""},
		"cut":            {"10.0.0.2:443", func(c *capturetest.Conn) { c.Reply(alert[:6]) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			conn := trace.Conn(9)
			conn.Server = netip.MustParseAddrPort(c.server)
			conn.Open().Send([]byte(clientHello))
			c.say(conn)
			trace.Conn(1).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 1))).Reply(capturetest.Answer(404, nil)).Close()
			var got []string
			for _, n := range readTrace(&trace).notes {
				if strings.Contains(n.Detail, "refused") {
					got = append(got, n.Src.String()+": "+n.Detail)
				}
			}
			if diff := cmp.Diff(c.want, strings.Join(got, "\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestManyRefusals: no more than 64 ends and alerts are told apart.
func TestManyRefusals(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(9)
	c.Server = netip.MustParseAddrPort("10.0.0.2:443")
	c.Open().Send([]byte(clientHello))
	for i := range 70 {
		c.Reply([]byte{21, 3, 1, 0, 2, 2, byte(i)})
	}
	trace.Conn(1).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 1))).Reply(capturetest.Answer(200, capturetest.OK)).Close()
	n := 0
	for _, note := range readTrace(&trace).notes {
		if strings.Contains(note.Detail, "refused") {
			n++
		}
	}
	if n != 64 {
		t.Errorf("%d notes", n)
	}
}

// TestRefusalInTurn: the note stands where the alert does if it is known by then that the
// server is one of MS-PCHC.
func TestRefusalInTurn(t *testing.T) {
	var trace capturetest.Trace
	post := func(n int) {
		trace.Conn(n).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 1))).Reply(capturetest.Answer(200, capturetest.OK)).Close()
	}
	post(1)
	c := trace.Conn(9)
	c.Server = netip.MustParseAddrPort("10.0.0.2:443")
	c.Open().Send([]byte(clientHello)).Reply([]byte{21, 3, 1, 0, 2, 2, 70}).CloseServer()
	post(2)
	var events []string
	_, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{ByFrame: true}, func(e *Event) error {
		switch {
		case e.Kind == Request:
			events = append(events, "request")
		case strings.Contains(e.Detail, "refused"):
			events = append(events, "refused")
		}
		return nil
	})
	if diff := cmp.Diff([]string{"request", "refused", "request"}, events); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}
