package capture

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

var (
	information = bytes.Repeat([]byte("\x00\x01hash"), 500)

	asks = []string{"Accept-Encoding: gzip, PeerDist", "X-P2P-PeerDist: Version=1.1", "x-p2p-peerdistex: MinContentInformation=1.0,\r\n MaxContentInformation=2.0"}
	says = []string{"Content-Encoding: peerdist", "ETag: \"a\"", "X-P2P-PeerDist: Version=1.1, ContentLength=5"}

	asked    = &PeerDist{Coding: "gzip, PeerDist", XP2PPeerDist: "Version=1.1", XP2PEx: "MinContentInformation=1.0,   MaxContentInformation=2.0"}
	answered = &PeerDist{Coding: "peerdist", XP2PPeerDist: "Version=1.1, ContentLength=5", Validator: true}
)

func get(path string, header ...string) []byte {
	return capturetest.Message("GET "+path+" HTTP/1.1", nil, append([]string{"Host: a"}, header...)...)
}

// contents returns the events with Content Information.
func (o *outcome) contents() (all []Event) {
	for _, e := range o.events {
		if e.Kind == Content {
			all = append(all, e)
		}
	}
	return all
}

// Content Information is found whatever the path, the status and the framing.
func TestContent(t *testing.T) {
	chunked := func(size int) []byte {
		return capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(information, size), append([]string{"Transfer-Encoding: chunked"}, says...)...)
	}
	for name, c := range map[string]struct {
		answer []byte
		status int
		span   string
	}{
		"Content-Length":   {capturetest.Answer(200, information, says...), 200, ""},
		"206":              {capturetest.Answer(206, information, append([]string{"Content-Range: bytes 0-4/9"}, says...)...), 206, "bytes 0-4/9"},
		"chunked":          {chunked(700), 200, ""},
		"chunks of a byte": {chunked(1), 200, ""},
		"to the end":       {capturetest.Message("HTTP/1.0 200 OK", information, says...), 200, ""},
		"after 100":        {append([]byte("HTTP/1.1 100 Continue\r\n\r\n"), capturetest.Answer(200, information, says...)...), 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, segment := range []int{1 << 20, 100, 7} {
				var trace capturetest.Trace
				conn := trace.Conn(0).Open()
				conn.Send(get("/file.bin?x", asks...))
				for answer := c.answer; len(answer) > 0; answer = answer[min(segment, len(answer)):] {
					conn.Reply(answer[:min(segment, len(answer))])
				}
				conn.Close()
				got := readTrace(&trace)
				all := got.contents()
				if len(all) != 1 || len(got.problems) != 0 || got.sum.Contents != 1 {
					t.Fatalf("segments of %d: %d contents, problems %q", segment, len(all), got.problems)
				}
				e := all[0]
				if !bytes.Equal(e.Body, information) || e.Status != c.status || e.Method != "GET" || e.Path != "/file.bin" || e.Direction != "response" || e.Exchange != 1 {
					t.Errorf("%d bytes, %+v", len(e.Body), e.Place)
				}
				answered := *answered
				answered.Range = c.span
				for _, pair := range [][2]*PeerDist{{asked, e.Asked}, {&answered, e.Answered}} {
					if d := cmp.Diff(pair[0], pair[1], cmpopts.IgnoreUnexported(PeerDist{})); d != "" {
						t.Error(d)
					}
				}
			}
		})
	}
}

// What is no Content Information, or cannot be read as such.
func TestNoContent(t *testing.T) {
	long := bytes.Repeat([]byte{1}, maxBody+1)
	for name, c := range map[string]struct {
		answer   []byte
		problems string
	}{
		"plain":                {capturetest.Answer(200, information, "ETag: a", "X-P2P-PeerDist: Version=1.1"), ""},
		"gzip":                 {capturetest.Answer(200, information, "Content-Encoding: gzip"), ""},
		"404":                  {capturetest.Answer(404, information, says...), ""},
		"no body":              {capturetest.Message("HTTP/1.1 304 Not Modified", nil, says...), ""},
		"near":                 {capturetest.Answer(200, information, "Content-Encoding: peerdistx"), "has Content-Encoding"},
		"two codings":          {capturetest.Answer(200, information, "Content-Encoding: gzip, peerdist"), `has Content-Encoding "gzip, peerdist", and MS-PCCRTP has peerdist alone`},
		"two fields":           {capturetest.Answer(200, information, "Content-Encoding: peerdist", "Content-Encoding: br"), `"peerdist, br"`},
		"too long":             {capturetest.Answer(200, long, says...), "longer than 4194304 bytes"},
		"cut":                  {capturetest.Answer(200, information, says...)[:1500], "incomplete HTTP response"},
		"bad chunk":            {capturetest.Message("HTTP/1.1 200 OK", []byte("zz\r\n"), append([]string{"Transfer-Encoding: chunked"}, says...)...), "a chunk has an invalid size"},
		"length twice":         {capturetest.Message("HTTP/1.1 200 OK", information, append([]string{"Content-Length: 5", "Content-Length: 6"}, says...)...), "invalid Content-Length"},
		"gzip in the transfer": {capturetest.Message("HTTP/1.1 200 OK", capturetest.Chunked(information, 99), append([]string{"Transfer-Encoding: gzip, chunked"}, says...)...), `it has Transfer-Encoding "gzip, chunked"`},
		"gzip to the end":      {capturetest.Message("HTTP/1.1 200 OK", information, append([]string{"Transfer-Encoding: gzip"}, says...)...), `it has Transfer-Encoding "gzip"`},
	} {
		t.Run(name, func(t *testing.T) {
			var trace capturetest.Trace
			conn := trace.Conn(0).Open()
			conn.Send(get("/", asks...))
			conn.Reply(c.answer)
			conn.Close()
			got := readTrace(&trace)
			if n := len(got.contents()); n != 0 {
				t.Errorf("%d contents", n)
			}
			if text := strings.Join(got.problems, "; "); (text == "") != (c.problems == "") || !strings.Contains(text, c.problems) {
				t.Errorf("problems %q, want %q", text, c.problems)
			}
		})
	}
}

// Codings beside peerdist mean that the body is not read, but for those that mean nothing.
func TestContentCodings(t *testing.T) {
	post, ask := capturetest.Post(v2, offer), get("/", asks...)
	for coding, want := range map[string]bool{
		"peerdist": true, "PEERDIST": true, "identity , peerdist": true, ",peerdist": true, "peerdist ,": true, "peerdist,Identity": true,
		"x, peerdist": false, "peerdist, x": false, "peerdist, peerdist": false, "peerdistx": false, "xpeerdist": false,
	} {
		for _, request := range [][]byte{ask, post} { // what answers a message is none
			got := eventsOf(Options{}, func(c *capturetest.Conn) {
				c.Open().Send(request, request)
				c.Reply(capturetest.Answer(200, ok, "Content-Encoding: "+coding), capturetest.Answer(200, ok, "Content-Encoding: "+coding))
			})
			counts := map[EventKind]int{}
			for _, e := range got {
				counts[e.Kind]++
			}
			contents, problems := 2, 0
			if bytes.Equal(request, post) {
				contents = 0
			} else if !want {
				contents, problems = 0, 2
			}
			if counts[Content] != contents || counts[Problem] != problems {
				t.Errorf("%q in a response to %.4s: %d contents, %d problems", coding, request, counts[Content], counts[Problem])
			}
		}
	}
}

// Lost bytes cost the Content Information that they are in, and no other one.
func TestContentLost(t *testing.T) {
	var trace capturetest.Trace
	conn := trace.Conn(0).Open()
	for i := range 3 {
		conn.Send(get(fmt.Sprint("/", i), asks...))
		answer := capturetest.Answer(200, information, says...)
		conn.Reply(answer[:1000])
		conn.Reply(bytes.Replace(answer[1000:2000], []byte("hash"), []byte(fmt.Sprint("has", i)), 1))
		conn.Reply(answer[2000:])
	}
	conn.Close()
	trace.Drop(func(_ int, p *capturetest.Packet) bool { return bytes.Contains(p.Data, []byte("has1")) })
	got := readTrace(&trace)
	var paths []string
	for _, e := range got.contents() {
		paths = append(paths, e.Path)
	}
	if d := cmp.Diff([]string{"/0", "/2"}, paths); d != "" || len(got.problems) != 1 {
		t.Errorf("%s, problems %q", d, got.problems)
	}
}

// Pipelined requests have each its own fields, also those without.
func TestContentPipelined(t *testing.T) {
	var trace capturetest.Trace
	conn := trace.Conn(0).Open()
	conn.Send(get("/0"), get("/1", asks...))
	conn.Reply(capturetest.Answer(200, information, says...), capturetest.Answer(200, information, says...))
	all := readTrace(&trace).contents()
	if len(all) != 2 || all[0].Asked != nil || all[0].Path != "" || all[1].Asked == nil || all[1].Path != "/1" {
		t.Errorf("%+v", all)
	}
}

// Fields that are too long are cut, and said to be.
func TestContentLongField(t *testing.T) {
	var trace capturetest.Trace
	conn := trace.Conn(0).Open()
	conn.Send(get("/", "X-P2P-PeerDist: "+strings.Repeat("x", 5000)))
	conn.Reply(capturetest.Answer(200, information, says...))
	got := readTrace(&trace)
	all := got.contents()
	if len(all) != 1 || len(all[0].Asked.XP2PPeerDist) != maxField || len(got.notes) != 1 {
		t.Errorf("%d contents, notes %v", len(all), got.notes)
	}
}

// What requests without responses keep is charged, and given back.
func TestContentMemory(t *testing.T) {
	var trace capturetest.Trace
	conn := trace.Conn(0).Open()
	const n = 3 * maxWaiting / 2
	for i := range n {
		conn.Send(get(fmt.Sprint("/", i), "X-P2P-PeerDist: "+fmt.Sprint("Version=", i, strings.Repeat(" ", 900), ".0")))
	}
	file := trace.Encode(capturetest.Format{})
	r := NewReader(Options{}, func(*Event) error { return nil })
	if err := r.read(bytes.NewReader(file)); err != nil {
		t.Fatal(err)
	}
	if r.pool.used != 0 {
		t.Errorf("%d bytes are still charged", r.pool.used)
	}
}
