package input_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/cmd/pchc/internal/input"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/testutil"
)

// scan returns all messages that Scan shows.
func scan(r io.Reader, o input.Options) (all []input.Message, err error) {
	err = input.Scan(r, o, func(messages []input.Message, _ bool) error {
		for _, m := range messages {
			m.Bytes = bytes.Clone(m.Bytes)
			all = append(all, m)
		}
		return nil
	})
	return all, err
}

// load returns a capture of many connections, as text of each kind.
func load(t *testing.T, o capturetest.LoadOptions) map[string]string {
	t.Helper()
	var file bytes.Buffer
	if _, err := capturetest.Load(&file, o); err != nil {
		t.Fatal(err)
	}
	texts := views(t, &pasted{file: file.Bytes()})
	if !testing.Short() {
		maps.Copy(texts, packetForms(t, file.Bytes()))
	}
	return texts
}

// TestScanPackets: packets that are read one by one give what they give together, in
// every form, and whatever follows many of them: anything that a paste may be, or a fault.
func TestScanPackets(t *testing.T) {
	texts := load(t, capturetest.LoadOptions{Size: 170 << 10, Posts: 3, Descriptors: 30, Swap: 0.1, Lose: 6})
	all := pastes(t)
	names := slices.Sorted(maps.Keys(all))
	forms := slices.Sorted(maps.Keys(texts))
	if testing.Short() {
		forms = []string{"tshark -x"}
	}
	n := 0
	for _, form := range forms {
		text := texts[form]
		if len(text) < 300<<10 {
			t.Fatalf("%s: %d bytes do not decide how it is read", form, len(text))
		}
		n++
		name := names[n%len(names)]
		v := views(t, all[name])
		maps.Copy(v, packetForms(t, all[name].file))
		ends := map[string]string{name: v[form]}
		if form == "tshark -x" {
			ends["a fault"] = "0000  45 00\n0004  00 00\n"
			ends["something else"] = "0000  45 00 ff\n\n0000  00 01 08 00 06 04 00 00\n\nprose\n"
		}
		for name, end := range ends {
			want, wrong := input.Parse([]byte(text+end), input.Options{})
			got, err := scan(iotest.HalfReader(strings.NewReader(text+end)), input.Options{})
			if wrong != nil {
				want = nil // Scan has shown what is before
				if len(got) < 30 {
					t.Errorf("%s, then %s: %d messages before %v", form, name, len(got), err)
				}
				got = nil
			}
			if diff := cmp.Diff(want, got); diff != "" || fmt.Sprint(wrong) != fmt.Sprint(err) {
				t.Errorf("%s, then %s: %v, want %v (-together +one by one)\n%.2000s", form, name, err, wrong, diff)
			}
		}
	}
}

// dumped are forms of a frame, by the tool that writes them.
var dumped = map[string]func(frame []byte) string{
	"tshark -x":   func(frame []byte) string { return capturetest.TsharkText(frame) },
	"tcpdump -X":  func(frame []byte) string { return capturetest.TcpdumpText(capturetest.Ethernet, frame, "-X") },
	"tcpdump -xx": func(frame []byte) string { return capturetest.TcpdumpText(capturetest.Ethernet, frame, "-xx") },
	"tshark -T json -x": func(frame []byte) string {
		return fmt.Sprintf(`,{"_source": {"layers": {"frame_raw": [%q, 0]}}}`+"\n", hex.EncodeToString(frame))
	},
	"hex stream": func(frame []byte) string { return hex.EncodeToString(frame) + "\n" },
}

// posts are those on a connection.
const posts = 20

// dumps reads the dumps of so many connections, one after the other, and calls next before
// each.
func dumps(t *testing.T, form string, count int, next func()) io.Reader {
	n, text := 0, ""
	return readerFunc(func(p []byte) (int, error) {
		for text == "" {
			if n == count {
				return 0, io.EOF
			}
			next()
			var trace capturetest.Trace
			c := trace.Conn(n).Open()
			for i := range posts {
				c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(uint64(n*posts+i), 30))).Reply(capturetest.Answer(200, capturetest.OK))
			}
			c.Close()
			for _, f := range frames(t, trace.Encode(capturetest.Format{})) {
				text += dumped[form](f.Data)
			}
			n++
			if strings.Contains(form, "json") && n == 1 {
				text = "[" + text[1:]
			}
			if strings.Contains(form, "json") && n == count {
				text += "]\n"
			}
		}
		copied := copy(p, text)
		text = text[copied:]
		return copied, nil
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestScanPacketsMemory reads dumps of more and more connections: the memory in use does
// not grow with their number.
func TestScanPacketsMemory(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	most := 24
	if testing.Short() {
		most = 8
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for form := range dumped {
		var peaks [2]int64
		for i, count := range []int{most / 4, most} {
			start, n, want := heap(), 0, 2*posts*count
			next := func() { peaks[i] = max(peaks[i], heap()-start) }
			err := input.Scan(dumps(t, form, count, next), input.Options{}, func(messages []input.Message, _ bool) error {
				n += len(messages)
				return nil
			})
			if err != nil || n != want {
				t.Fatalf("%s: %d of %d messages, %v", form, n, want, err)
			}
		}
		t.Logf("%s: %d KiB in use, %d for four times as many connections", form, peaks[0]>>10, peaks[1]>>10)
		if peaks[1] > 1536<<10 {
			t.Errorf("%s: %d KiB in use for %d connections, %d for a quarter of them", form, peaks[1]>>10, most, peaks[0]>>10)
		}
	}
}
