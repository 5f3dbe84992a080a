package capture

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// aheadFiles are captures of many kinds, and one of more than a few batches.
func aheadFiles(t *testing.T) map[string][]byte {
	files := make(map[string][]byte)
	names, err := filepath.Glob("testdata/*/*.pcap*")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if files[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	var load bytes.Buffer
	if _, err := capturetest.Load(&load, capturetest.LoadOptions{Size: 4 * batchBytes, Swap: 0.02, Lose: 3, Descriptors: 20}); err != nil {
		t.Fatal(err)
	}
	files["load"] = load.Bytes()
	return files
}

// TestAhead: the events are those without Ahead, also those that are kept, and their memory.
func TestAhead(t *testing.T) {
	for name, file := range aheadFiles(t) {
		o := Options{File: name, Exchanges: true, Retrieval: true, Updates: true, ByFrame: true}
		var want, got []*Event
		var starts [2][]time.Time
		o.Started = func(at time.Time) { starts[0] = append(starts[0], at) }
		sum, err := Read(bytes.NewReader(file), o, func(e *Event) error {
			want = append(want, e.Keep(nil))
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		o.Ahead = true
		o.Started = func(at time.Time) { starts[1] = append(starts[1], at) }
		aheadSum, err := Read(bytes.NewReader(file), o, func(e *Event) error {
			if len(got)%3 > 0 { // of the others the memory is used again
				e = e.Keep(make([]byte, 0, 128*(len(got)%2)))
			} else {
				own := *e
				own.Body, own.lent = bytes.Clone(e.Body), false
				e = &own
			}
			got = append(got, e)
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for i := range min(len(want), len(got)) {
			if !reflect.DeepEqual(want[i], got[i]) {
				t.Fatalf("%s: event %d: %+v at once, %+v ahead", name, i, want[i], got[i])
			}
		}
		if len(want) != len(got) {
			t.Errorf("%s: %d events at once, %d ahead", name, len(want), len(got))
		}
		if d := cmp.Diff(sum, aheadSum, cmp.Comparer(func(a, b Unconnected) bool { return a == b })); d != "" {
			t.Errorf("%s: summary (-at once +ahead):\n%s", name, d)
		}
		if d := cmp.Diff(starts[0], starts[1]); d != "" {
			t.Errorf("%s: started (-at once +ahead):\n%s", name, d)
		}
	}
}

// TestAheadFails ends the reading at an event: the summary is that of the events until then.
func TestAheadFails(t *testing.T) {
	file := aheadFiles(t)["load"]
	broken := errors.New("broken")
	for _, after := range []int{1, 2, batchEvents - 1, batchEvents, batchEvents + 1, 3 * batchEvents / 2} {
		var sums [2]Summary
		for i := range sums {
			n := 0
			var err error
			sums[i], err = Read(bytes.NewReader(file), Options{Ahead: i == 1, ByFrame: true}, func(*Event) error {
				if n++; n >= after {
					return broken
				}
				return nil
			})
			if !errors.Is(err, broken) || n != after {
				t.Errorf("%d events instead of %d, %v", n, after, err)
			}
			sums[i].Unconnected = nil
		}
		if d := cmp.Diff(sums[0], sums[1]); d != "" {
			t.Errorf("after %d events: summary (-at once +ahead):\n%s", after, d)
		}
	}
	var idle error
	in, feed := io.Pipe()
	defer feed.Close()
	if _, err := Read(in, Options{Ahead: true, Idle: func() error { idle = broken; return idle }}, nil); err != broken {
		t.Errorf("%v, want the error of Idle", err)
	}
}

// TestAheadIdle has an input that gives no more until the handler was idle after it handled
// something.
func TestAheadIdle(t *testing.T) {
	file := aheadFiles(t)["load"]
	var frames []int64
	if _, err := Read(bytes.NewReader(file), Options{}, func(e *Event) error { frames = append(frames, e.Frame); return nil }); err != nil {
		t.Fatal(err)
	}
	in, feed := io.Pipe()
	handled, idled, enough := make(chan int64, len(frames)+1), make(chan bool), make(chan bool)
	go func() {
		defer feed.Close()
		defer close(enough)
		for at := 0; at < len(file) && len(handled) < 20; {
			n := min(40_000, len(file)-at)
			if _, err := feed.Write(file[at : at+n]); err != nil {
				return
			}
			at += n
			<-idled
		}
	}()
	n := 0
	_, err := Read(in, Options{Ahead: true, Idle: func() error {
		if n == 0 {
			return nil // the reader had not begun
		}
		select {
		case idled <- true:
		case <-enough:
		}
		return nil
	}}, func(e *Event) error {
		n++
		handled <- e.Frame
		return nil
	})
	if err != nil || n < 20 {
		t.Errorf("%d events, %v", n, err)
	}
	for _, want := range frames[:20] {
		if got := <-handled; got != want {
			t.Fatalf("frame %d instead of %d", got, want)
		}
	}
}
