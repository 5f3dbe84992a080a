package decrypt

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// protection is how the connections of the test are protected: as clients and servers of
// version 1.0 negotiated it, and as those of today do.
var protection = []struct {
	name    string
	version uint16
	suite   uint16
	port    uint16
	six     bool
}{
	{"TLS 1.0, RSA", tls.VersionTLS10, tls.TLS_RSA_WITH_AES_128_CBC_SHA, 443, false},
	{"TLS 1.0, ECDHE, another port", tls.VersionTLS10, tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, 8443, false},
	{"TLS 1.1, RSA, 3DES", tls.VersionTLS11, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA, 443, true},
	{"TLS 1.1, ECDHE", tls.VersionTLS11, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, 4343, false},
	{"TLS 1.2, RSA", tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256, 50443, false},
	{"TLS 1.2, ECDHE", tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, 443, false},
	{"TLS 1.2, ChaCha20", tls.VersionTLS12, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 443, true},
	{"TLS 1.3", tls.VersionTLS13, 0, 443, false},
}

const pathV1 = "/C574AC30-5794-4AEE-B1BB-6651C5315029"

// offers makes a capture with one connection of each kind, each of which has messages of
// version 1.0 in TLS, between those of version 2.0 in plain. It returns its packets, the
// keys, and what a reader must find.
func offers(t *testing.T) (trace capturetest.Trace, keys string, want []string) {
	t.Helper()
	var log bytes.Buffer
	plain := trace.Conn(0).Open()
	for n, p := range protection {
		plain.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(uint64(n), 1)))
		want = append(want, fmt.Sprintf("10.0.0.1:40000 > 10.0.0.2:80 %x", capturetest.Batch(uint64(n), 1)))
		c := trace.Conn(n + 1)
		c.Server = netip.AddrPortFrom(c.Server.Addr(), p.port)
		if p.six {
			c.IPv6()
		}
		c.Open()
		var turns []capturetest.Turn
		for m := range 3 { // a head and a body apart, all at once, and many records
			body := capturetest.Batch(uint64(100*n+m), []int{2, 3, 128}[m])
			b := capturetest.Post(pathV1, body)
			if m == 0 {
				turns = append(turns, capturetest.Turn{Data: b[:len(b)-len(body)]}, capturetest.Turn{Data: b[len(b)-len(body):]})
			} else {
				turns = append(turns, capturetest.Turn{Data: b})
			}
			answer := []byte{1, 0, 0, 0, byte(m)}
			turns = append(turns, capturetest.Turn{From: 1, Data: capturetest.Answer(200, answer)})
			want = append(want, fmt.Sprintf("%v > %v TLS %x", c.Client, c.Server, body), fmt.Sprintf("%v > %v TLS %x", c.Server, c.Client, answer))
		}
		if err := c.OverTLS(capturetest.TLS{Version: p.version, Suite: p.suite, Keys: &log}, turns...); err != nil {
			t.Fatalf("%s: %v", p.name, err)
		}
		c.Close()
		answer := []byte{1, 0, 0, 0, 1}
		plain.Reply(capturetest.Answer(200, answer))
		want = append(want, fmt.Sprintf("10.0.0.2:80 > 10.0.0.1:40000 %x", answer))
	}
	plain.Close()
	return trace, log.String(), want
}

// found is what a reader finds.
type found struct {
	messages, remarks []string
	frames            []int64
	sum               capture.Summary
}

func read(t *testing.T, in io.Reader) (f found) {
	t.Helper()
	var err error
	f.sum, err = capture.Read(in, capture.Options{ByFrame: true}, func(e *capture.Event) error {
		f.frames = append(f.frames, e.Frame)
		if e.Kind != capture.Request && e.Kind != capture.Response {
			f.remarks = append(f.remarks, e.Detail)
			return nil
		}
		hidden := ""
		if e.TLS {
			hidden = "TLS "
		}
		f.messages = append(f.messages, fmt.Sprintf("%v > %v %s%x", e.Src, e.Dst, hidden, e.Body))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// onlyOnce hides all but Read.
type onlyOnce struct{ io.Reader }

// TestDecrypt reads connections with TLS of each version among others without, and wants
// all their messages, in the order and with the frames in which they were captured.
func TestDecrypt(t *testing.T) {
	testutil.Tool(t, "tshark")
	trace, keys, want := offers(t)
	log := filepath.Join(t.TempDir(), "keys with a blank, and ü.log")
	if err := os.WriteFile(log, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	z.Write(trace.Encode(capturetest.Format{Pcapng: true})) // a bytes.Buffer does not fail
	z.Close()
	own := capturetest.Format{Pcapng: true, Secrets: []byte(keys)}
	for name, test := range map[string]struct {
		capture []byte
		log     string
		pipe    bool
	}{
		"file":                         {trace.Encode(capturetest.Format{}), log, false},
		"pipe":                         {trace.Encode(capturetest.Format{Nano: true}), log, true},
		"gzip":                         {zipped.Bytes(), log, false},
		"gzip in a pipe":               {zipped.Bytes(), log, true},
		"keys in the capture":          {trace.Encode(own), "", false},
		"keys in a capture in a pipe":  {trace.Encode(own), "", true},
		"keys in both, big-endian":     {trace.Encode(capturetest.Format{Pcapng: true, Secrets: []byte(keys), BigEndian: true}), log, false},
		"in a VLAN, on a cooked link":  {trace.Encode(capturetest.Format{Link: capturetest.Linux, Tags: []uint16{0x8100}}), log, false},
		"with extension headers, raw ": {trace.Encode(capturetest.Format{Link: capturetest.Raw, Options: true}), log, true},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{KeyLog: test.log}
			in := File(bytes.NewReader(test.capture), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(test.capture)), nil }, o)
			if test.pipe {
				in = Pipe(onlyOnce{bytes.NewReader(test.capture)}, o)
			}
			got := read(t, in)
			if err := errors.Join(in.Missing(), in.Close()); err != nil {
				t.Error(err)
			}
			if d := cmp.Diff(want, got.messages); d != "" {
				t.Errorf("messages (-want +got):\n%s", d)
			}
			if d := cmp.Diff([]string(nil), got.remarks); d != "" {
				t.Errorf("remarks:\n%s", d)
			}
			n := len(protection)
			if got.sum.Encrypted != n || got.sum.Decrypted != n || got.sum.Connections != n+1 {
				t.Errorf("%+v, want %d connections decrypted", got.sum, n)
			}
			for i, f := range got.frames {
				if i > 0 && f < got.frames[i-1] {
					t.Errorf("frame %d after %d", f, got.frames[i-1])
				}
				if src := trace.Packets[f-1].Src.String(); !strings.HasPrefix(got.messages[i], src+" > ") || len(trace.Packets[f-1].Data) == 0 {
					t.Errorf("frame %d, from %s, is that of %s", f, src, got.messages[i])
				}
			}
		})
	}
}

// TestDecryptSome has the keys of some connections only.
func TestDecryptSome(t *testing.T) {
	testutil.Tool(t, "tshark")
	trace, keys, _ := offers(t)
	lines := strings.SplitAfter(keys, "\n")
	for name, some := range map[string]string{"two": lines[1] + lines[5], "none": "", "others": strings.ReplaceAll(keys, "7", "8")} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			if err := os.WriteFile(log, []byte(some), 0o600); err != nil {
				t.Fatal(err)
			}
			b := trace.Encode(capturetest.Format{})
			in := File(bytes.NewReader(b), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, Options{KeyLog: log})
			defer in.Close()
			got := read(t, in)
			n := 0
			if name == "two" {
				n = 2
			}
			if got.sum.Encrypted != len(protection) || got.sum.Decrypted != n || got.sum.Requests != len(protection)+3*n {
				t.Errorf("%+v", got.sum)
			}
			if r := strings.Join(got.remarks, "\n"); !strings.Contains(r, "not decrypted") || strings.Contains(r, strings.TrimSpace(lines[1])[80:]) {
				t.Errorf("remarks %s", r)
			}
		})
	}
}

// TestDecryptFails has a tshark that fails, one that ends early, and none.
func TestDecryptFails(t *testing.T) {
	trace, keys, want := offers(t)
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	b := trace.Encode(capturetest.Format{Pcapng: true, Secrets: []byte(keys)})
	for name, test := range map[string]struct{ script, err string }{
		"fails":    {"echo 'tshark: no such preference' >&2; exit 1", "tshark, which decrypts TLS, failed: process exited with status 1, last output: tshark: no such preference"},
		"crashes":  {"kill -SEGV $$", "segmentation fault"},
		"no pcap":  {"cat > /dev/null; echo text", "not a packet capture"},
		"is there": {"", "not found: install it"},
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			t.Setenv("PATH", folder)
			if test.script != "" {
				if err := os.WriteFile(filepath.Join(folder, "tshark"), []byte("#!/bin/sh\nPATH=/bin:/usr/bin\n"+test.script+"\n"), 0o700); err != nil {
					t.Fatal(err)
				}
			} else if path, err := Find(); err == nil {
				t.Skip("tshark is where every program is looked for: " + path)
			}
			for _, pipe := range []bool{false, true} {
				in := File(bytes.NewReader(b), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }, Options{KeyLog: log})
				if pipe {
					in = Pipe(bytes.NewReader(b), Options{KeyLog: log})
				}
				_, err := capture.Read(in, capture.Options{}, func(*capture.Event) error { return nil })
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %s", err, test.err)
				}
				in.Close()
			}
			if test.script == "" { // then the keys in a capture are no reason not to read the rest
				in := Pipe(bytes.NewReader(b), Options{})
				got := read(t, in)
				if len(got.messages) != len(want)-6*len(protection) || !errors.Is(in.Missing(), ErrNoTshark) {
					t.Errorf("%d messages, %v", len(got.messages), in.Missing())
				}
				in.Close()
			}
		})
	}
}

// TestStop ends tshark while it waits for more of a capture that does not come.
func TestStop(t *testing.T) {
	testutil.Tool(t, "tshark")
	trace, keys, _ := offers(t)
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, []byte(keys), 0o600); err != nil {
		t.Fatal(err)
	}
	r, w := io.Pipe()
	waits := make(chan struct{}, 1000)
	in := Pipe(r, Options{KeyLog: log})
	done := make(chan error)
	go func() {
		_, err := capture.Read(in, capture.Options{Ahead: true, Idle: func() error { waits <- struct{}{}; return nil }}, func(*capture.Event) error { return nil })
		done <- err
	}()
	if _, err := w.Write(trace.Encode(capturetest.Format{})); err != nil {
		t.Fatal(err)
	}
	<-waits
	in.Stop()
	w.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
	in.Close()
}

func TestCheckKeyLog(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"# made by hand\nCLIENT_RANDOM 00": "",
		"CLIENT_TRAFFIC_SECRET_0 ab cd\n":  "",
		"-----BEGIN RSA PRIVATE KEY-----":  "has no keys of TLS",
		strings.Repeat("secret", 1e5):      "has no keys of TLS",
	} {
		name := filepath.Join(t.TempDir(), "log")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		err := CheckKeyLog(name)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) && want != "" || strings.Contains(got, "secret"+"secret") {
			t.Errorf("%.20q: %.100v, want %s", text, err, want)
		}
	}
	if err := CheckKeyLog(filepath.Join(t.TempDir(), "no")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
