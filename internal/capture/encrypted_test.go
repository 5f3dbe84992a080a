package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

var (
	clientHello = "\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03"
	serverHello = "\x16\x03\x03\x00\x06\x02\x00\x00\x02\x03\x03"
	tlsRecord   = "\x17\x03\x03\x00\x10sixteen bytes...\x17\x03\x03\x00\x10sixteen bytes..."
)

// TestEncrypted sees TLS to two servers, one of them on three connections: the
// first connection is a note, and at the end the other server.
func TestEncrypted(t *testing.T) {
	starts := map[string]func(c *capturetest.Conn){
		"from the start":                 func(c *capturetest.Conn) { c.Open().Send([]byte(clientHello)).Reply([]byte(serverHello)) },
		"client's bytes only":            func(c *capturetest.Conn) { c.Open().Send([]byte(clientHello), []byte(tlsRecord)) },
		"from the server":                func(c *capturetest.Conn) { c.Reply([]byte(serverHello)) },
		"in the middle":                  func(c *capturetest.Conn) { c.Send([]byte(tlsRecord)).Reply([]byte(tlsRecord)) },
		"in the middle, from the server": func(c *capturetest.Conn) { c.Reply([]byte(tlsRecord)) },
		"a byte at a time":               func(c *capturetest.Conn) { c.MSS = 1; c.Open().Send([]byte(clientHello)) },
		"first segment lost":             func(c *capturetest.Conn) { c.Open(); c.ClientSeq += 1000; c.Send([]byte(tlsRecord)) },
		"after CONNECT": func(c *capturetest.Conn) {
			c.Open().Send([]byte(post("CONNECT x:443 HTTP/1.1"))).Reply([]byte(post("HTTP/1.1 200 OK"))).Send([]byte(clientHello))
		},
	}
	for name, start := range starts {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			for i, server := range []string{"10.0.0.2:443", "10.0.0.2:443", "[2001:db8::5]:8443", "10.0.0.2:443"} {
				c := trace.Conn(i)
				c.Server = netip.MustParseAddrPort(server)
				if c.Server.Addr().Is6() {
					c.Client = netip.MustParseAddrPort("[2001:db8::6]:50000")
				}
				if !strings.HasPrefix(name, "in the middle") { // else only the ports tell who is the server
					c.Client = netip.AddrPortFrom(c.Client.Addr(), uint16(20+i))
				}
				start(c)
				for range reorderWindow + 1 {
					c.FromClient(capturetest.ACK, nil)
				}
			}
			got := readTrace(&trace)
			got.want(t, 0)
			if len(got.notes) != 2 || !strings.Contains(got.notes[0].Detail, "TLS") || got.notes[0].Dst.String() != "10.0.0.2:443" || got.notes[0].Src.Addr().String() != "10.0.0.1" || !got.notes[0].Hidden ||
				!strings.HasSuffix(got.notes[1].Detail, "also encrypted with TLS: traffic with [2001:db8::5]:8443") {
				t.Errorf("notes %+v", got.notes)
			}
			if got.sum.Encrypted != 4 {
				t.Errorf("%d encrypted connections, want 4", got.sum.Encrypted)
			}
		})
	}
}

// TestManyEncrypted sees more servers than are named, and than are counted.
func TestManyEncrypted(t *testing.T) {
	for n, want := range map[int]string{
		2 + maxNamed:     "10.1.0.1:443, 10.1.0.2:443, 10.1.0.3:443, 10.1.0.4:443 and 1 more",
		maxServers - 1:   "10.1.0.1:443, 10.1.0.2:443, 10.1.0.3:443, 10.1.0.4:443 and 4090 more",
		maxServers + 100: "10.1.0.1:443, 10.1.0.2:443, 10.1.0.3:443, 10.1.0.4:443 and thousands more",
	} {
		var trace capturetest.Trace
		for i := range n {
			c := trace.Conn(0)
			c.Server = netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(i >> 8), byte(i)}), 443)
			c.Open().Send([]byte(clientHello))
		}
		got := readTrace(&trace)
		if got.sum.Encrypted != n || got.sum.Problems != 0 || len(got.notes) != 2 || !strings.HasSuffix(got.notes[1].Detail, " "+want) {
			t.Errorf("%d: %+v, notes %+v", n, got.sum, got.notes)
		}
	}
}

// TestEncryptedExchanges notes each connection where all exchanges are asked for.
func TestEncryptedExchanges(t *testing.T) {
	var trace capturetest.Trace
	for i := range 3 {
		trace.Conn(i).Open().Send([]byte(clientHello))
	}
	notes := 0
	_, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true}, func(e *Event) error {
		if e.Kind == Note && e.Stream == notes {
			notes++
		}
		return nil
	})
	if err != nil || notes != 3 {
		t.Errorf("%d notes, error %v; want 3", notes, err)
	}
}

// exportedFrame is a frame as Wireshark exports a decrypted HTTP message.
func exportedFrame(src, dst netip.AddrPort, message []byte) []byte {
	var b []byte
	tag := func(kind uint16, value []byte) {
		b = binary.BigEndian.AppendUint16(b, kind)
		b = append(binary.BigEndian.AppendUint16(b, uint16(len(value))), value...)
	}
	four := uint16(0)
	if src.Addr().Is6() {
		four = 2
	}
	tag(13, []byte("http_tls"))
	tag(20+four, src.Addr().AsSlice())
	tag(21+four, dst.Addr().AsSlice())
	tag(24, []byte{0, 0, 0, 2})
	tag(25, binary.BigEndian.AppendUint32(nil, uint32(src.Port())))
	tag(26, binary.BigEndian.AppendUint32(nil, uint32(dst.Port())))
	tag(0, nil)
	return append(b, message...)
}

func TestExported(t *testing.T) {
	for _, six := range []bool{false, true} {
		c := new(capturetest.Trace).Conn(0)
		if six {
			c.IPv6()
		}
		var b bytes.Buffer
		w := capturetest.NewWriter(&b, capturetest.Format{Link: 252, Pcapng: true})
		var want []message
		for i := range 5 {
			body := fmt.Appendf(nil, "%s%d", offer, i)
			post := capturetest.Post(v1, body)
			if i%2 == 1 { // Wireshark exports a head that came in a TLS record of its own before the whole
				w.Frame(capturetest.Start, exportedFrame(c.Client, c.Server, post[:len(post)-len(body)]))
				w.Frame(capturetest.Start, exportedFrame(c.Client, c.Server, post))
				w.Frame(capturetest.Start, exportedFrame(c.Server, c.Client, answer[:len(answer)-5]))
			} else {
				w.Frame(capturetest.Start, exportedFrame(c.Client, c.Server, post))
			}
			w.Frame(capturetest.Start, exportedFrame(c.Server, c.Client, answer))
			want = append(want, request(body).path(v1), response(1, ok).path(v1))
		}
		whole := b.Bytes()
		got := read(bytes.NewReader(whole))
		got.want(t, 0, want...)
		if e := got.events[1]; e.Src != c.Server || e.Dst != c.Client {
			t.Errorf("answer from %v to %v", e.Src, e.Dst)
		}
		for n := range 100 { // frames that end within their tags
			w.Frame(capturetest.Start, exportedFrame(c.Client, c.Server, nil)[:n%60])
		}
		read(&b).want(t, 0, want...)
	}
}

// TestExportedWithoutAddresses reads exported messages that do not say between whom:
// they are one connection.
func TestExportedWithoutAddresses(t *testing.T) {
	bare := func(message []byte) []byte {
		return append([]byte("\x00\x0d\x00\x04http\x00\x00\x00\x00"), message...)
	}
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{Link: 252, Pcapng: true})
	var want []message
	for i := range 3 {
		body := fmt.Appendf(nil, "%s%d", offer, i)
		w.Frame(capturetest.Start, bare(capturetest.Post(v1, body)))
		w.Frame(capturetest.Start, bare(answer))
		want = append(want, request(body).path(v1), response(1, ok).path(v1))
	}
	got := read(&b)
	got.want(t, 0, want...)
	for i, e := range got.events {
		if e.Src.IsValid() || e.Frame != int64(i+1) {
			t.Errorf("%+v", e)
		}
	}
}

// TestKeysInNote: the note about TLS ends with what the caller says of keys.
func TestKeysInNote(t *testing.T) {
	var trace capturetest.Trace
	trace.Conn(1).Open().Send([]byte(clientHello)).Reply([]byte(serverHello))
	for keys, want := range map[string]string{"": hiddenTLS, "give them": hiddenTLS + "; give them"} {
		var notes []string
		_, err := Read(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Keys: keys}, func(e *Event) error {
			notes = append(notes, e.Detail)
			return nil
		})
		if err != nil || len(notes) != 1 || notes[0] != want {
			t.Errorf("%q: %q, %v", keys, notes, err)
		}
	}
}

// TestManyHidden: of the connections with TLS in an excerpt only so many wait for views of
// what is in them; one server is noted once.
func TestManyHidden(t *testing.T) {
	notes := 0
	r := NewReader(Options{Excerpt: true}, func(e *Event) error {
		if e.Kind == Note {
			notes++
		}
		return nil
	})
	for n := range maxServers + 2 {
		var trace capturetest.Trace
		c := trace.Conn(0)
		c.Client = netip.AddrPortFrom(c.Client.Addr(), uint16(40000+n))
		c.Open().Send([]byte("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00"))
		for _, f := range framesOf(t, &trace, capturetest.Format{}) {
			if err := r.Frame(&f, nil); err != nil {
				t.Fatal(err)
			}
		}
		if len(r.hidden) > maxServers {
			t.Fatalf("%d connections wait", len(r.hidden))
		}
	}
	if len(r.hidden) != 2 || notes != 1 {
		t.Errorf("%d connections wait, %d notes", len(r.hidden), notes)
	}
	if _, _ = r.Close(); notes != 1 {
		t.Errorf("%d notes in the end", notes)
	}
}
