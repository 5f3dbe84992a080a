package http

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/target"
	"github.com/hostedcache/pchc/pccrc"
	"github.com/hostedcache/pchc/spec"
)

// Each way has a name, builds on one before it, and cites a requirement that there is.
func TestWays(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range ways {
		if seen[w.name] || w.name == "" || w.phrase == "" {
			t.Errorf("%q: %q", w.name, w.phrase)
		}
		seen[w.name] = true
		if w.base != "" && !seen[w.base] {
			t.Errorf("%s builds on %q, which does not come before it", w.name, w.base)
		}
		if _, ok := fuzz.RequirementByID(w.rule); !ok && (w.rule != "" || w.due == refuse) {
			t.Errorf("%s: there is no %q", w.name, w.rule)
		}
	}
}

// Cutting a request changes nothing of what is sent.
func TestCut(t *testing.T) {
	s := open(t, serve(t, nil).URL, patient)
	for _, c := range []target.Case{batchedOffer(), initialOffer(random(32))} {
		r := s.t.newRequest(c.Bytes)
		whole := joined(r.whole())
		for n := range len(whole) {
			parts := cut(r.whole(), n, n/2, n/2+1, len(whole)-1)
			var all []byte
			for _, part := range parts {
				if len(joined(part)) == 0 {
					t.Fatalf("an empty segment with a cut at %d", n)
				}
				all = append(all, joined(part)...)
			}
			if !bytes.Equal(all, whole) {
				t.Fatalf("cut at %d: %q", n, all)
			}
		}
	}
}

// What is shown of a request has neither what the user gave, nor keys.
func TestWireShowsNoSecrets(t *testing.T) {
	const password = "Negotiate-hunter2"
	o := patient
	o.Header = http.Header{"Authorization": {password}, "X-One": {password, password}}
	s := open(t, serve(t, nil).URL+spec.PathV1, o)
	secret := bytes.Repeat([]byte{0xA5}, 32)
	v := pccrc.NewV1(pccrc.SHA256)
	if err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 65536, CbBlockSize: 65536, SegmentHashOfData: random(32), SegmentSecret: pccrc.NewSecret(secret), BlockHashes: random(32)}); err != nil {
		t.Fatal(err)
	}
	info, _ := shapes[0].segment()
	message := bytes.Replace(info.Bytes, info.Bytes[len(info.Bytes)-32-4-32:len(info.Bytes)-32-4], secret, 1)
	for _, w := range ways {
		for i, p := range w.script(s.t, s.t.newRequest(message)) {
			shown := strings.Join(lines(p.pieces), "\n")
			if strings.Contains(shown, password[:9]) || strings.Contains(shown, "a5 a5") || strings.Contains(shown, `\xa5`) {
				t.Errorf("%s, step %d shows:\n%s", w.name, i, shown)
			}
		}
	}
}

// Servers that are right, each in its own way to speak HTTP. Nothing may be said of them.
var rightTransports = map[string]func(t *testing.T) (url string){
	"refuses what it need not take": func(t *testing.T) string {
		next := handle(nil)
		server := httpServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case len(r.TransferEncoding) > 0:
				w.WriteHeader(http.StatusLengthRequired)
			case r.Header.Get("Expect") != "":
				w.WriteHeader(http.StatusExpectationFailed)
			case r.Header.Get("X-Folded") != "":
				w.WriteHeader(http.StatusBadRequest)
			default:
				next.ServeHTTP(w, r)
			}
		}))
		server.Config.MaxHeaderBytes = 4096
		server.Start()
		return server.URL
	},
	"resets the connection to refuse": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			for {
				path, message, ok := next(conn, r)
				out := reply{}
				if ok {
					out = b.right(path, message)
				}
				if out.status != 200 {
					_ = conn.(*net.TCPConn).SetLinger(0)
					return
				}
				fmt.Fprint(conn, raw(out))
			}
		})
	},
	"pages of errors, and one request for each connection": func(t *testing.T) string {
		var b reference
		return "http://" + listen(t, func(conn net.Conn, r *bufio.Reader) {
			path, message, ok := next(conn, r)
			out := reply{status: 400, body: []byte("<h2>Bad Request - Invalid Verb</h2>")}
			if ok {
				if out = b.right(path, message); out.status == 404 {
					out.body = []byte("<h2>Not Found</h2>")
				}
			}
			fmt.Fprintf(conn, "HTTP/1.1 %d Whatever\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n%s", out.status, out.body)
		})
	},
	"Python's http.server":               func(t *testing.T) string { return python(t, "HTTP/1.0") },
	"Python's http.server with HTTP/1.1": func(t *testing.T) string { return python(t, "HTTP/1.1") },
}

// python starts a hosted cache on Python's http.server, that knows no segment.
func python(t *testing.T, version string) string {
	program, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	cmd := exec.CommandContext(t.Context(), program, "-u", "-c", `
import http.server, socketserver, sys
from urllib.parse import urlsplit
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = sys.argv[1]
    def refuse(self, status):
        self.close_connection = True
        self.send_response(status); self.send_header("Content-Length", "0"); self.send_header("Connection", "close"); self.end_headers()
    def do_POST(self):
        lengths = self.headers.get_all("Content-Length") or []
        if self.protocol_version == "HTTP/1.1":
            if self.request_version == "HTTP/1.1" and not self.headers["Host"] or len(set(lengths)) > 1:
                return self.refuse(400)
            if self.headers["Transfer-Encoding"]:
                return self.refuse(411)
        if urlsplit(self.path).path.lower().rstrip("/") != "`+spec.PathV2+`":
            return self.refuse(404)
        n = int(lengths[0])
        body = self.rfile.read(n)
        if len(body) < n or n < 75 or (n - 16) % 59 or n > 7568 or body[:4] != bytes([0, 2, 0, 3]):
            return self.refuse(400)
        for i in range(16, n, 59):
            if body[i+8:i+10] != bytes([0, 16]) or body[i+26] not in (1, 4):
                return self.refuse(400)
        self.send_response(200); self.send_header("Content-Length", "5"); self.end_headers()
        self.wfile.write(bytes([0, 0, 0, 1, 0]))
    def log_message(self, *args): pass
class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128
    def handle_error(self, *args): pass
server = Server(("127.0.0.1", 0), Handler)
print(server.server_port)
server.serve_forever()
`, version)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return "http://127.0.0.1:" + strings.TrimSpace(port)
}

func TestWaysFindNothingWhereNothingIsWrong(t *testing.T) {
	cases := campaign(20, 1<<30)
	for name, start := range rightTransports {
		t.Run(name, func(t *testing.T) {
			s := open(t, start(t)+spec.PathV2, patient)
			for _, f := range vary(t, s, cases, len(cases)) {
				t.Errorf("%s of %d bytes: %v\n%s", f.c.Expected.Message, len(f.c.Bytes), f.Difference, f.Wire)
			}
			for what, n := range s.Notes() {
				t.Logf("%s: %d", what, n)
			}
		})
	}
}

// A way that is unknown is refused, one that a finding names is tried.
func TestTryAs(t *testing.T) {
	server := serve(t, nil)
	s := open(t, server.URL, patient)
	none := func(_ int, d *fuzz.Difference) { t.Error(d) }
	if err := s.TryAs(t.Context(), []target.Case{batchedOffer()}, "by pigeon", 0, none); err == nil {
		t.Error("no error")
	}
	for _, w := range ways {
		if err := s.TryAs(t.Context(), []target.Case{batchedOffer(), tooMany()}, w.name, 0, none); err != nil {
			t.Error(err)
		}
	}
}
