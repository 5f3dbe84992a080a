package capture

import (
	"bytes"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// FuzzExcerpt takes anything as a packet with views, and as HTTP: it must not
// panic, hand out no more bytes than it got, and in the end hold nothing but
// fragments of incomplete datagrams.
func FuzzExcerpt(f *testing.F) {
	var trace capturetest.Trace
	post := capturetest.Post(v2, []byte("0123456789"))
	trace.Conn(0).Send(post).Reply(answer)
	file := trace.Encode(capturetest.Format{Link: capturetest.Raw})
	f.Add(file[24+16:24+16+40+len(post)], post, 3)
	f.Add([]byte(clientHello), answer, 0)
	f.Add(bytes.Join([][]byte{post, answer, post}, nil), []byte("HTTP/1.1 200 OK\r\n\r\n"), 5)
	f.Fuzz(func(t *testing.T, packet, view []byte, which int) {
		handed := 0
		r := NewReader(Options{Excerpt: true, Exchanges: true}, func(e *Event) error {
			handed += len(e.Body)
			return nil
		})
		var v Views
		if which&1 != 0 {
			v.TCP = [][]byte{view}
		}
		if which&2 != 0 {
			v.IP = view
		}
		if which&4 != 0 && IsHTTP(view) {
			v.HTTP = [][]byte{view}
		}
		link, _ := GuessLink(packet)
		for range 2 {
			if err := r.Frame(&pcapfile.Frame{Data: packet, Wire: len(packet), Link: link}, &v); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.HTTP(packet); err != nil {
			t.Fatal(err)
		}
		if _, err := r.Close(); err != nil {
			t.Fatal(err)
		}
		if most := 3*len(packet) + 6*len(view); handed > most {
			t.Errorf("%d bytes handed out, %d were there", handed, most)
		}
		for id, d := range r.fragments.datagrams {
			r.forget(id, d) // incomplete to the end: it is held until then
		}
		if r.pool.used != 0 {
			t.Errorf("%d bytes are still held", r.pool.used)
		}
	})
}
