package capture

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// message is what the tests compare of an event.
type message struct {
	Kind        string
	Body        string
	Stream      int
	Path        string
	Status      int
	RequestType uint16
}

// outcome of reading a capture.
type outcome struct {
	messages []message
	problems []string
	notes    []Event
	events   []Event // all, with bodies of their own
	sum      Summary
	err      error
}

func read(in io.Reader) *outcome { return readWith(in, Options{}) }

func readWith(in io.Reader, o Options) *outcome {
	var out outcome
	r := NewReader(o, func(e *Event) error {
		c := *e
		c.Body = bytes.Clone(e.Body)
		out.events = append(out.events, c)
		if e.Kind == Problem {
			out.problems = append(out.problems, e.Detail)
			return nil
		}
		if e.Kind == Note {
			out.notes = append(out.notes, c)
			return nil
		}
		kind := map[EventKind]string{Request: "request", Response: "response"}[e.Kind]
		out.messages = append(out.messages, message{kind, string(e.Body), e.Stream, e.Path, e.Status, e.RequestType})
		return nil
	})
	out.err = r.read(in)
	out.sum = r.sum
	if left := r.pool.used - r.fragments.held; left != 0 {
		panic(fmt.Sprintf("%d bytes are still charged at the end", left))
	}
	return &out
}

func readTrace(t *capturetest.Trace) *outcome {
	return read(bytes.NewReader(t.Encode(capturetest.Format{})))
}

// want checks that exactly these messages were found, and so many problems.
func (o *outcome) want(t *testing.T, problems int, messages ...message) {
	t.Helper()
	if o.err != nil {
		t.Fatalf("Read: %v", o.err)
	}
	if diff := cmp.Diff(messages, o.messages); diff != "" {
		t.Errorf("messages differ (-want +got):\n%s", diff)
	}
	if len(o.problems) != problems {
		t.Errorf("%d problems, want %d: %q", len(o.problems), problems, o.problems)
	}
}

// request and response are messages of stream 0 on the path of version 2.0.
func request(body []byte) message {
	return message{Kind: "request", Body: string(body), Path: capturetest.PathV2}
}

func response(kind uint16, body []byte) message {
	return message{Kind: "response", Body: string(body), Path: capturetest.PathV2, Status: 200, RequestType: kind}
}

// orphan is a response whose request is not known.
func orphan(body []byte) message { return message{Kind: "response", Body: string(body), Status: 200} }

func (m message) stream(n int) message      { m.Stream = n; return m }
func (m message) path(s string) message     { m.Path = s; return m }
func (m message) status(status int) message { m.Status = status; return m }

// talk is a connection with n serial exchanges of batches of `size`
// descriptors; also the messages in it.
func talk(c *capturetest.Conn, n, size int) (messages []message) {
	for i := range n {
		body := capturetest.Batch(uint64(i), size)
		c.Send(capturetest.Post(capturetest.PathV2, body))
		c.Reply(capturetest.Answer(200, capturetest.OK))
		messages = append(messages, request(body), response(3, capturetest.OK))
	}
	return messages
}

// each runs f as a subtest for each of some formats.
func each(t *testing.T, formats map[string]capturetest.Format, f func(t *testing.T, format capturetest.Format)) {
	for name, format := range formats {
		t.Run(name, func(t *testing.T) { f(t, format) })
	}
}

// chunks is a reader that gives n bytes at a time.
type chunks struct {
	r io.Reader
	n int
}

func (c chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

func ExampleRead() {
	var t capturetest.Trace
	c := t.Conn(0).Open()
	c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 128)))
	c.Reply(capturetest.Answer(200, capturetest.OK))
	file := bytes.NewReader(t.Encode(capturetest.Format{Pcapng: true}))

	sum, err := Read(file, Options{}, func(e *Event) error {
		switch e.Kind {
		case Request:
			fmt.Printf("frame %d: %d bytes from %v to %s\n", e.Frame, len(e.Body), e.Src, e.Path)
		case Response:
			fmt.Printf("frame %d: % x from %v, to a request of type %d\n", e.Frame, e.Body, e.Src, e.RequestType)
		case Problem:
			fmt.Printf("frame %d: %s\n", e.Frame, e.Detail)
		}
		return nil
	})
	fmt.Println(sum.Requests, sum.Responses, err)
	// Output:
	// frame 11: 7568 bytes from 10.0.0.1:40000 to /0131501b-d67f-491b-9a40-c4bf27bcb4d4
	// frame 13: 00 00 00 01 00 from 10.0.0.2:80, to a request of type 3
	// 1 1 <nil>
}
