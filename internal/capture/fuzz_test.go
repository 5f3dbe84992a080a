package capture

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime/metrics"
	"testing"
)

// FuzzRead reads anything: it must not panic, hand out events that contradict
// themselves, or allocate more than the input has bytes for.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("../../cmd/pchc/testdata/*.pcap*")
	if err != nil || len(files) == 0 {
		f.Fatalf("no captures: %v", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), 20<<10)])
	}
	for _, b := range fuzzSeeds() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := heapAllocs()
		var counted Summary
		sum, err := Read(bytes.NewReader(b), Options{}, func(e *Event) error {
			switch e.Kind {
			case Request:
				counted.Requests++
			case Response:
				counted.Responses++
			case Problem:
				counted.Problems++
			}
			remark := e.Kind == Problem || e.Kind == Note
			known := e.Src.IsValid() && e.Dst.IsValid() && e.Stream >= 0
			switch {
			case remark && (e.Detail == "" || len(e.Body) > 0),
				!remark && (!known || e.Method == "" && (e.Kind != Response || e.Exchange > 0) || (e.Path == "") != (e.Method == "") || e.Detail != "" || e.Frame < 1),
				e.Kind == Response && (e.Status < 200 || e.Status > 299),
				e.Stream < -1, len(e.Body) > 1000*len(b):
				t.Errorf("event %+v", e)
			}
			return nil
		})
		if err != nil && (sum.Frames > 0 || counted.Requests > 0) {
			t.Errorf("error %v after frames", err)
		}
		if sum.Requests != counted.Requests || sum.Responses != counted.Responses || sum.Problems != counted.Problems {
			t.Errorf("summary %+v of events %+v", sum, counted)
		}
		// The windows, and what decompression and connections take.
		if n := heapAllocs() - before; n > 4<<20+200*int64(len(b)) && !bytes.HasPrefix(b, []byte{0x1f, 0x8b}) {
			t.Errorf("%d bytes allocated for %d of input", n, len(b))
		}
	})
}

// heapAllocs is how many bytes have ever been allocated.
func heapAllocs() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
