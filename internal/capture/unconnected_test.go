package capture

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	ct "github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestUnconnected: a connection counts as not opened if its SYN has no answer but RST.
func TestUnconnected(t *testing.T) {
	for _, c := range []struct {
		name string
		make func(c *ct.Conn)
		want string
	}{
		{"no answer", func(c *ct.Conn) { c.FromClient(ct.SYN, nil) }, "1 connection, silent, first in frame 1"},
		{"three times", func(c *ct.Conn) {
			for range 3 {
				c.ClientSeq = 7
				c.FromClient(ct.SYN, nil)
			}
		}, "1 connection, silent, first in frame 1"},
		{"refused", func(c *ct.Conn) {
			c.FromClient(ct.SYN, nil)
			c.ServerSeq = 0
			c.FromServer(ct.RST|ct.ACK, nil)
		}, "1 connection, refused, first in frame 1"},
		{"opened", func(c *ct.Conn) { c.Open() }, ""},
		{"opened and closed", func(c *ct.Conn) { c.Open().Close() }, ""},
		{"opened, then reset", func(c *ct.Conn) { c.Open().FromServer(ct.RST|ct.ACK, nil) }, ""},
		{"SYN and ACK of the server alone", func(c *ct.Conn) { c.FromServer(ct.SYN|ct.ACK, nil) }, ""},
		{"one direction", func(c *ct.Conn) {
			c.Open().Send(ct.Post(ct.PathV2, ct.Batch(1, 1)))
			c.Trace().Drop(func(_ int, p *ct.Packet) bool { return p.Src == c.Server })
		}, ""},
		{"no SYN", func(c *ct.Conn) { c.FromClient(ct.ACK, nil) }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			var trace ct.Trace
			c.make(trace.Conn(1))
			got := unconnected(t, &trace)
			if c.want != "" {
				c.want += "\n"
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func unconnected(t *testing.T, trace *ct.Trace) string {
	t.Helper()
	sum, err := Read(bytes.NewReader(trace.Encode(ct.Format{})), Options{}, func(*Event) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, u := range sum.Unconnected {
		how, s := "silent", "s"
		if u.Refused {
			how = "refused"
		}
		if u.Count == 1 {
			s = ""
		}
		fmt.Fprintf(&b, "%d connection%s, %s, first in frame %d\n", u.Count, s, how, u.First.Frame)
		if u.First.Time.IsZero() || u.Client != netip.MustParseAddr("10.0.0.1") {
			t.Errorf("%+v", u)
		}
	}
	return b.String()
}

// TestManyUnconnected: attempts at one server count together, in order of the first of
// each, and there are at most 1024 servers.
func TestManyUnconnected(t *testing.T) {
	var trace ct.Trace
	for i := range 3000 {
		c := trace.Conn(i)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), uint16(1+i%1030))
		c.FromClient(ct.SYN, nil)
		if i%1030 == 1 {
			c.FromServer(ct.RST|ct.ACK, nil) // ends before the first does
		}
	}
	lines := strings.Split(strings.TrimSuffix(unconnected(t, &trace), "\n"), "\n")
	if len(lines) != 1024 || lines[0] != "3 connections, silent, first in frame 1" || lines[1] != "3 connections, refused, first in frame 2" {
		t.Errorf("%d: %v", len(lines), lines[:min(3, len(lines))])
	}
}
