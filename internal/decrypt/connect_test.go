package decrypt

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// TestDecryptConnect reads TLS inside the CONNECT tunnels of a proxy, to which tshark gives
// the port that the proxy was asked for.
func TestDecryptConnect(t *testing.T) {
	testutil.Tool(t, "tshark")
	var trace capturetest.Trace
	var keys bytes.Buffer
	var want []string
	for n, ends := range [][2]string{
		{"10.0.0.1:40001", "10.0.0.2:8080"},
		{"10.0.0.9:40001", "10.0.0.2:3128"}, // the client has the higher address
		{"10.0.0.9:40002", "10.0.0.2:54321"},
		{"10.0.0.2:40003", "10.0.0.2:8080"}, // on one machine
		{"[fd00::1]:40001", "[fd00::2]:8080"},
	} {
		c := trace.Conn(n)
		if ends[0][0] == '[' {
			c.IPv6()
		}
		c.Client, c.Server = netip.MustParseAddrPort(ends[0]), netip.MustParseAddrPort(ends[1])
		c.Open()
		c.Send([]byte("CONNECT cache.example:443 HTTP/1.1\r\nHost: cache.example:443\r\n\r\n"))
		c.Reply([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
		body, answer := capturetest.Batch(uint64(n), 2), []byte{1, 0, 0, 0, byte(n)}
		if err := c.OverTLS(capturetest.TLS{Version: tls.VersionTLS12, Keys: &keys},
			capturetest.Turn{Data: capturetest.Post(pathV1, body)}, capturetest.Turn{From: 1, Data: capturetest.Answer(200, answer)}); err != nil {
			t.Fatal(err)
		}
		c.Close()
		want = append(want, fmt.Sprintf("%v > %v TLS %x", c.Client, c.Server, body), fmt.Sprintf("%v > %v TLS %x", c.Server, c.Client, answer))
	}
	log := filepath.Join(t.TempDir(), "keys.log")
	if err := os.WriteFile(log, keys.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	in := Pipe(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{KeyLog: log})
	got := read(t, in)
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, got.messages); d != "" {
		t.Errorf("messages (-want +got):\n%s", d)
	}
	if got.remarks != nil || got.sum.Decrypted != 5 || got.sum.Encrypted != 5 {
		t.Errorf("%q, %+v", got.remarks, got.sum)
	}
}
