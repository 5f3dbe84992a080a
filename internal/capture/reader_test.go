package capture

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// framesOf returns the frames of a trace.
func framesOf(t *testing.T, trace *capturetest.Trace, format capturetest.Format) (all []pcapfile.Frame) {
	t.Helper()
	r, err := pcapfile.NewReader(bytes.NewReader(trace.Encode(format)))
	for err == nil {
		var f pcapfile.Frame
		if err = r.Next(&f); err == nil {
			f.Data = bytes.Clone(f.Data)
			all = append(all, f)
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return all
}

// excerpt reads frames, with views by their index, as an excerpt. It returns
// events in short.
func excerpt(t *testing.T, frames []pcapfile.Frame, views map[int]*Views) (got []string) {
	t.Helper()
	r := NewReader(Options{Excerpt: true}, short(&got))
	for i := range frames {
		if err := r.Frame(&frames[i], views[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return got
}

// short returns a handler that adds what matters of an event to list.
func short(list *[]string) func(*Event) error {
	names := map[EventKind]string{Request: "request", Response: "response", Unframed: "unframed"}
	return func(e *Event) error {
		s := e.Detail
		if e.Kind != Problem && e.Kind != Note {
			s = fmt.Sprintf("%s %q", names[e.Kind], e.Body)
			if e.Path != "" && new(Options).protocolOf([]byte(e.Path)) == 0 {
				s += " " + e.Path
			}
		}
		*list = append(*list, s)
		return nil
	}
}

func TestViewOfTCP(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	post := capturetest.Post(v2, []byte("0123456789"), "Expect: 100-continue")
	head := post[:len(post)-10]
	c.Silent = true
	c.Send(head).Reply([]byte("HTTP/1.1 100 Continue\r\n\r\n")) // 3, 4
	c.MSS = 4
	c.Send(post[len(head):]) // 5, 6, 7
	c.MSS = 1000
	c.Reply(answer)                                  // 8
	all := framesOf(t, &trace, capturetest.Format{}) //
	want := []string{`request "0123456789"`, `response "` + `\x00\x00\x00\x01\x00"`}
	view := &Views{TCP: [][]byte{post}}
	for name, got := range map[string][]string{
		"all frames":              excerpt(t, all, nil),
		"all, and the view":       excerpt(t, all, map[int]*Views{7: view}),
		"those that end messages": excerpt(t, []pcapfile.Frame{all[4], all[7], all[8]}, map[int]*Views{1: view}),
		"the view alone":          excerpt(t, all[7:], map[int]*Views{0: view}),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	// A view that does not fit the frame is not used.
	got := excerpt(t, all[7:8], map[int]*Views{0: {TCP: [][]byte{[]byte("else")}}})
	if diff := cmp.Diff([]string{`unframed "89"`}, got); diff != "" {
		t.Error(diff)
	}
	// Another one is.
	got = excerpt(t, all[7:8], map[int]*Views{0: {TCP: [][]byte{[]byte("else"), post}}})
	if diff := cmp.Diff(want[:1], got); diff != "" {
		t.Error(diff)
	}
	// One of HTTP that does not fit is reported, but not where the frame is cut.
	for _, cut := range []int{0, 5} { // 4 bytes of padding, and one
		f := all[7]
		f.Data = f.Data[:len(f.Data)-cut]
		var problems []string
		r := NewReader(Options{Excerpt: true}, func(e *Event) error {
			if e.Kind == Problem && strings.Contains(e.Detail, "reassembled data") {
				problems = append(problems, e.Detail)
			}
			return nil
		})
		if err := r.Frame(&f, &Views{TCP: [][]byte{answer}}); err != nil || len(problems) != 1-cut/5 {
			t.Errorf("cut by %d bytes: %q, %v", cut, problems, err)
		}
	}
	// Without its last bytes, which a frame without data ends.
	trace = capturetest.Trace{}
	c = trace.Conn(0)
	c.Send([]byte("GET / HTTP/1.1\r\n\r\n")).Reply([]byte("HTTP/1.1 200 OK\r\n\r\n\x00\x00\x00\x01")).CloseServer()
	all = framesOf(t, &trace, capturetest.Format{})
	got = excerpt(t, all[4:5], map[int]*Views{0: {TCP: [][]byte{[]byte("HTTP/1.1 200 OK\r\n\r\n\x00\x00\x00\x01")}}})
	if diff := cmp.Diff([]string{`response "\x00\x00\x00\x01"`}, got); diff != "" {
		t.Error(diff)
	}
}

// TestViewOfHTTP reads what was decrypted in place of the TLS that carried it.
func TestViewOfHTTP(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Silent = true
	c.Send([]byte(clientHello)).Send([]byte("\x17\x03\x03\x00\x05abcde")).Reply([]byte("\x17\x03\x03\x00\x05abcde")) // 3, 4, 5
	all := framesOf(t, &trace, capturetest.Format{})
	post := capturetest.Post(v1, []byte("body"))
	views := map[int]*Views{4: {HTTP: [][]byte{post[:len(post)-4], post}}, 5: {HTTP: [][]byte{answer}}}
	want := []string{`request "body"`, `response "\x00\x00\x00\x01\x00"`}
	if diff := cmp.Diff(want, excerpt(t, all, views)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{hiddenTLS}, excerpt(t, all, nil)); diff != "" {
		t.Errorf("without views (-want +got):\n%s", diff)
	}
}

// TestViewOfIP reads the last fragment of datagrams with what it completes.
func TestViewOfIP(t *testing.T) {
	for _, six := range []bool{false, true} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if six {
			c.IPv6()
		}
		c.Send(capturetest.Post(v2, []byte("0123456789")))
		header := 20
		if six {
			header = 40
		}
		datagram := framesOf(t, &trace, capturetest.Format{Link: capturetest.Raw})[0].Data[header:]
		fragments := framesOf(t, &trace, capturetest.Format{Link: capturetest.Raw, Fragment: 80})
		last := slices.IndexFunc(fragments, func(f pcapfile.Frame) bool { return bytes.HasSuffix(f.Data, []byte("789")) })
		got := excerpt(t, fragments[last:last+1], map[int]*Views{0: {IP: datagram}})
		if diff := cmp.Diff([]string{`request "0123456789"`}, got); diff != "" {
			t.Errorf("IPv6 %v (-want +got):\n%s", six, diff)
		}
	}
}

// TestExcerpt reads parts of connections.
func TestExcerpt(t *testing.T) {
	post := capturetest.Post(v2, []byte("0123456789"))
	body := len(post) - 10
	for _, test := range []struct {
		name string
		make func(c *capturetest.Conn)
		want []string
	}{
		{"a response", func(c *capturetest.Conn) { c.Reply(answer) }, []string{`response "\x00\x00\x00\x01\x00"`}},
		{"a body", func(c *capturetest.Conn) { c.Send(post[body:]) }, []string{`unframed "0123456789"`}},
		{"a body, and its response", func(c *capturetest.Conn) { c.Send(post[body:]).Reply(answer) },
			[]string{`unframed "0123456789"`, `response "\x00\x00\x00\x01\x00"`}},
		{"a body, and another request", func(c *capturetest.Conn) { c.Send(post[body:]).Send(post) },
			[]string{`unframed "0123456789"`, `request "0123456789"`}},
		{"a body with a gap", func(c *capturetest.Conn) {
			c.Silent = true
			c.Send(post[body : body+3])
			c.ClientSeq++
			c.Send(post[body+4:])
		}, []string{`unframed "012"`, `unframed "456789"`}},
		{"another path", func(c *capturetest.Conn) { c.Open().Send(capturetest.Post("/x", []byte("1"))).Reply(answer) },
			[]string{`request "1" /x`, `response "\x00\x00\x00\x01\x00" /x`}},
		{"another path without a length", func(c *capturetest.Conn) {
			c.Open().Send([]byte("POST /x HTTP/1.1\r\n\r\n")).Reply(capturetest.Answer(500, nil)).Send(post)
		}, []string{`request "" /x`, `request "0123456789"`}},
		{"another protocol", func(c *capturetest.Conn) { c.Open().Send([]byte("EHLO x\r\n")) }, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var trace capturetest.Trace
			test.make(trace.Conn(0))
			if diff := cmp.Diff(test.want, excerpt(t, framesOf(t, &trace, capturetest.Format{}), nil)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestReaderHTTP reads HTTP without packets.
func TestReaderHTTP(t *testing.T) {
	post := string(capturetest.Post("/x", []byte("0123456789")))
	for _, test := range []struct {
		in   string
		want []string
	}{
		{post + string(answer) + post + string(answer), []string{`request "0123456789" /x`, `response "\x00\x00\x00\x01\x00" /x`,
			`request "0123456789" /x`, `response "\x00\x00\x00\x01\x00" /x`}},
		{post + post + string(answer), []string{`request "0123456789" /x`, `request "0123456789" /x`, `response "\x00\x00\x00\x01\x00" /x`}},
		{post[:len(post)-1], []string{"incomplete HTTP request: the input ends after 9 of 10 bytes of its body"}},
		{post + "rest", []string{`request "0123456789" /x`, "skipped 4 bytes that are not HTTP"}},
		{"HTTP/1.1 200 OK\r\n", []string{"incomplete HTTP response: the input ends within its header"}},
	} {
		var got []string
		r := NewReader(Options{}, short(&got))
		if err := r.HTTP([]byte(test.in)); err != nil {
			t.Fatal(err)
		}
		if sum, err := r.Close(); err != nil || sum.Frames != 1 || sum.Connections != 1 {
			t.Errorf("%+v, %v", sum, err)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.in, diff)
		}
	}
}

// TestReaderStops: after an error of the handler nothing more is handed out.
func TestReaderStops(t *testing.T) {
	enough := errors.New("enough")
	calls := 0
	r := NewReader(Options{}, func(*Event) error { calls++; return enough })
	var trace capturetest.Trace
	talk(trace.Conn(0).Open(), 2, 1)
	for _, f := range framesOf(t, &trace, capturetest.Format{}) {
		if err := r.Frame(&f, nil); calls > 0 && err != enough {
			t.Errorf("error %v after the handler's", err)
		}
	}
	if err := r.HTTP(capturetest.Post("/", []byte("x"))); err != enough || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
	if _, err := r.Close(); err != enough || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

func ExampleReader_HTTP() {
	r := NewReader(Options{}, func(e *Event) error {
		fmt.Printf("%s %s: % x\n", e.Direction, e.Path, e.Body)
		return nil
	})
	_ = r.HTTP([]byte("POST /cache HTTP/1.1\r\nContent-Length: 4\r\n\r\n\x00\x01\x00\x01" +
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00"))
	sum, err := r.Close()
	fmt.Println(sum.Requests, sum.Responses, err)
	// Output:
	// request /cache: 00 01 00 01
	// response /cache: 00 00 00 01 00
	// 1 1 <nil>
}

// TestHTTPLeavesNothing reads HTTP without packets: no connection remains of it.
func TestHTTPLeavesNothing(t *testing.T) {
	r := NewReader(Options{}, func(*Event) error { return nil })
	for range 3 {
		if err := r.HTTP(bytes.Join([][]byte{capturetest.Post("/x", offer), answer}, nil)); err != nil || len(r.conns) > 0 || r.live.n > 0 || r.pool.used > 0 {
			t.Errorf("%d connections, %d bytes, %v", len(r.conns), r.pool.used, err)
		}
	}
}
