package capture

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

var containers = map[string]capturetest.Format{
	"pcap":                    {},
	"pcap big-endian":         {BigEndian: true},
	"pcap nanoseconds":        {Nano: true},
	"pcap big-endian nano":    {BigEndian: true, Nano: true},
	"pcap gzip":               {Gzip: true},
	"pcapng":                  {Pcapng: true},
	"pcapng big-endian":       {Pcapng: true, BigEndian: true},
	"pcapng nanoseconds":      {Pcapng: true, Resolution: 9},
	"pcapng 2^-30 s":          {Pcapng: true, Resolution: 0x80 | 30},
	"pcapng 2^-32 s":          {Pcapng: true, Resolution: 0x80 | 32},
	"pcapng simple":           {Pcapng: true, Simple: true},
	"pcapng old packets":      {Pcapng: true, Old: true},
	"pcapng old, big-endian":  {Pcapng: true, Old: true, BigEndian: true},
	"pcapng gzip, big-endian": {Pcapng: true, Gzip: true, BigEndian: true},
}

// small is a trace of two connections and what is found in it.
func small() (*capturetest.Trace, []message) {
	var a, b capturetest.Trace
	m := talk(a.Conn(0).Open(), 2, 3)
	a.Packets = append(a.Packets, a.Packets[len(a.Packets)-1])
	for _, n := range talk(b.Conn(1).Open(), 1, 40) {
		m = append(m, n.stream(1))
	}
	a.Packets = append(a.Packets, b.Packets...)
	return &a, m
}

// TestContainers finds the same in every file format.
func TestContainers(t *testing.T) {
	trace, messages := small()
	each(t, containers, func(t *testing.T, f capturetest.Format) {
		got := read(bytes.NewReader(trace.Encode(f)))
		got.want(t, 0, messages...)
		if got.sum.Frames != int64(len(trace.Packets)) || got.sum.Connections != 2 {
			t.Errorf("summary %+v, want %d frames of 2 connections", got.sum, len(trace.Packets))
		}
		for _, e := range got.events {
			if e.Time.IsZero() != f.Simple {
				t.Errorf("frame %d at %v", e.Frame, e.Time)
			}
		}
	})
}

// TestLive reads from pipes that give few bytes at a time: each event must come
// before the next byte is asked for once its frame is complete.
func TestLive(t *testing.T) {
	trace, messages := small()
	for _, f := range []capturetest.Format{{}, {Pcapng: true}} {
		whole := trace.Encode(f)
		for _, n := range []int{1, 7, 1000} {
			read(chunks{bytes.NewReader(whole), n}).want(t, 0, messages...)
		}
		out, in := io.Pipe()
		events := make(chan int64, 100)
		done := make(chan error, 1)
		go func() {
			_, err := Read(out, Options{}, func(e *Event) error { events <- e.Frame; return nil })
			done <- err
		}()
		var part bytes.Buffer
		w := capturetest.NewWriter(&part, f)
		whens := read(bytes.NewReader(whole)).events
		for i := range trace.Packets {
			w.Packet(&trace.Packets[i])
			in.Write(part.Bytes())
			part.Reset()
			for len(whens) > 0 && whens[0].Frame == int64(i+1) {
				if frame := <-events; frame != int64(i+1) { // hangs if the event is late
					t.Fatalf("event of frame %d after frame %d", frame, i+1)
				}
				whens = whens[1:]
			}
		}
		in.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestCutNamesFrame(t *testing.T) {
	trace, _ := small()
	whole := trace.Encode(capturetest.Format{})
	got := read(bytes.NewReader(whole[:len(whole)-5]))
	e := got.events[len(got.events)-1]
	if e.Kind != Problem || e.Frame != int64(len(trace.Packets)) || e.Stream != -1 || !strings.Contains(e.Detail, "truncated") {
		t.Errorf("last event %+v, want a problem of frame %d", e, len(trace.Packets))
	}
}

// TestDamage: what a file breaks off with, or skips, is a problem behind
// everything that was found before it, and told once.
func TestDamage(t *testing.T) {
	trace, messages := small()
	ng := trace.Encode(capturetest.Format{Pcapng: true})
	undeclared := []byte{6, 0, 0, 0, 32, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0, 0}
	zipped := trace.Encode(capturetest.Format{Gzip: true})
	zipped[len(zipped)-6] ^= 0xff // checksum
	for say, file := range map[string][]byte{
		"2 frames are of an interface that the capture does not describe": bytes.Join([][]byte{ng, undeclared, undeclared}, nil),
		"corrupt after this frame":                                        append(bytes.Clone(ng), make([]byte, 12)...),
		"gzip data is corrupt":                                            zipped,
	} {
		got := read(bytes.NewReader(file))
		got.want(t, 1, messages...)
		if last := got.events[len(got.events)-1]; !strings.Contains(last.Detail, say) || last.Stream != -1 {
			t.Errorf("%+v, want a problem that says %q", last, say)
		}
	}
}

func TestErrors(t *testing.T) {
	trace, messages := small()
	whole := trace.Encode(capturetest.Format{})
	broken := errors.New("broken pipe")

	got := read(io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) || len(got.messages) != len(messages) {
		t.Errorf("error %v after %d messages, want that of the input after %d", got.err, len(got.messages), len(messages))
	}
	if got := read(iotest.ErrReader(broken)); !errors.Is(got.err, broken) || errors.Is(got.err, ErrNotCapture) {
		t.Errorf("error %v, want that of the input", got.err)
	}
	zipped := trace.Encode(capturetest.Format{Gzip: true})
	got = read(io.MultiReader(bytes.NewReader(zipped[:len(zipped)/2]), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) {
		t.Errorf("error %v, want that of the input through gzip", got.err)
	}

	var incomplete capturetest.Trace // to be told at the end
	incomplete.Conn(9).Open().Send(capturetest.Post(v2, make([]byte, 100))[:250])
	trace.Packets = append(incomplete.Packets, trace.Packets...)
	whole = trace.Encode(capturetest.Format{})
	for stop := 1; stop <= 3; stop++ {
		enough := errors.New("enough")
		n := 0
		_, err := Read(bytes.NewReader(whole), Options{}, func(*Event) error {
			if n++; n == stop {
				return enough
			}
			return nil
		})
		if err != enough || n != stop {
			t.Errorf("error %v after %d calls, want the handler's own after %d", err, n, stop)
		}
	}
}

// TestLargeFrame reads frames longer than the window, as network cards join and
// cut segments.
func TestLargeFrame(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).IPv6()
	c.MSS = 1 << 20
	c.Silent = true
	body := bytes.Repeat([]byte("12345678"), 900_000/8)
	c.Send(capturetest.Post(v2, body)).Reply(answer)
	read(bytes.NewReader(trace.Encode(capturetest.Format{NoLength: true}))).want(t, 0, request(body), response(0x3334, ok))
}
