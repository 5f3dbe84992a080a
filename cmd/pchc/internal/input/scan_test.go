package input

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/internal/testutil"
)

// repeat reads a text again and again.
type repeat struct {
	text  string
	times int
	at    int
}

func (r *repeat) Read(p []byte) (int, error) {
	if r.at == len(r.text) {
		r.at = 0
		r.times--
	}
	if r.times == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.text[r.at:])
	r.at += n
	return n, nil
}

// oneALine are the forms of which each line may be a message.
func oneALine(t *testing.T) map[string]string {
	batch := unhex(t, batchHex)
	return map[string]string{
		"hex":        batchHex + "\n",
		"hex, CR LF": strings.ToUpper(batchHex) + "\r\n",
		"spaced hex": fmt.Sprintf("% x # a batch\n", batch),
		"base64":     base64.StdEncoding.EncodeToString(batch) + "\n",
		"strings":    fmt.Sprintf("%q\n", batchHex),
		"objects":    fmt.Sprintf(`{"raw":%q}`+"\n", batchHex),
		"a log":      "2026-11-29T12:00:01.123Z INFO cache: body=" + batchHex + " peer=10.0.0.1:8080\n",
		"a log, too": "12:00:01 recv: b64=" + base64.StdEncoding.EncodeToString(batch) + "\n",
		"arrays":     strings.ReplaceAll(fmt.Sprintf("%d\n", batch), " ", ","),
	}
}

// TestScanMemory reads many messages, one on each line: neither the memory in use
// nor that allocated for each message may grow with their number.
func TestScanMemory(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	most := 400_000
	if testing.Short() {
		most = 8_000
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, text := range oneALine(t) {
		t.Run(name, func(t *testing.T) {
			var total [2]float64
			for i, count := range []int{most / 4, most} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start, peak, n := heap(), int64(0), 0
				err := Scan(&repeat{text: text, times: count}, Options{}, func(messages []Message, _ bool) error {
					if n += len(messages); n%(most/8) == 0 {
						peak = max(peak, heap()-start)
					}
					return nil
				})
				if err != nil || n != count {
					t.Fatalf("%d of %d messages, %v", n, count, err)
				}
				runtime.ReadMemStats(&after)
				total[i] = float64(after.TotalAlloc-before.TotalAlloc) / float64(count)
				if peak > 2<<20 {
					t.Errorf("%d KiB in use for %d messages", peak>>10, count)
				}
			}
			if total[1] > 1.5*total[0] {
				t.Errorf("%.0f bytes allocated for each message, %.0f if there are four times as many", total[0], total[1])
			}
		})
	}
}

// TestScan gives what Parse gives.
func TestScan(t *testing.T) {
	for name, text := range oneALine(t) {
		n := 2*ahead/len(text) + 1
		for _, o := range []Options{{}, {Lines: Each}} {
			in := strings.Repeat(text, n)
			want, err := Parse([]byte(in), o)
			if err != nil || len(want) != n {
				t.Fatalf("%s: %d messages, %v", name, len(want), err)
			}
			var got []Message
			err = Scan(iotest.HalfReader(strings.NewReader(in)), o, func(messages []Message, _ bool) error {
				got = append(got, messages...)
				return nil
			})
			if err != nil || len(got) != n || hex.EncodeToString(got[n-1].Bytes) != batchHex || got[n-1].Line != want[n-1].Line {
				t.Errorf("%s: %d messages of %d, the last on line %d, want %d; %v", name, len(got), n, got[n-1].Line, want[n-1].Line, err)
			}
		}
	}
}

// TestScanFaults shows the lines before one that cannot be read, and names it.
func TestScanFaults(t *testing.T) {
	many := strings.Repeat(batchHex+"\n", 2*ahead/len(batchHex))
	n := strings.Count(many, "\n")
	stop := errors.New("stop")
	for _, c := range []struct {
		name, in string
		o        Options
		fails    error // of show
		messages int
		want     string
	}{
		{"no hex", many + "00x0\n", Options{}, nil, n, fmt.Sprintf("line %d, column 3: 'x' is not a hex digit", n+1)},
		{"no message", many + "ffff\n" + many, Options{}, nil, n, fmt.Sprintf("line %d, column 1: this line does not begin like a message, but others do", n+1)},
		{"each is one", many + "ffff\n\n" + many, Options{Lines: Each}, nil, 2*n + 1, ""},
		{"all are one", many, Options{Lines: One}, nil, 1, ""},
		{"no text", many + "\x00\n", Options{}, nil, n, fmt.Sprintf("line %d, column 1: this line is not text", n+1)},
		{"the last line has no end", many + okHex, Options{}, nil, n + 1, ""},
		{"a packet among them", many + hex.EncodeToString(ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00"))) + "\n" + many, Options{Lines: Each}, nil, 2*n + 1, ""},
		{"JSON, later pretty-printed", strings.Repeat(`{"raw":"`+batchHex+"\"}\n", n) + "{\n\"raw\": \"" + okHex + "\"\n}\n", Options{}, nil, n + 1, ""},
		{"JSON, cut", strings.Repeat(`{"raw":"`+batchHex+"\"}\n", n) + "{\n\"raw\": ", Options{}, nil, n, "line "},
		{"JSON without bytes", strings.Repeat(`{"raw":"`+batchHex+"\"}\n", n) + "{\"message\":1}\n", Options{}, nil, n, fmt.Sprintf("line %d, column 1: ", n+1)},
		{"a log", strings.ReplaceAll(many, "\n", " !\n") + "ffffffffff !\n", Options{}, nil, n, fmt.Sprintf("line %d, column 1: this line has hex that is no message", n+1)},
		{"a log with prose", strings.ReplaceAll(many, "\n", " !\n") + "here are four words !\n", Options{}, nil, n, fmt.Sprintf("line %d, column 1: this line is prose", n+1)},
		{"a log with two on a line", strings.ReplaceAll(many, "\n", " !\n") + okHex + " " + okHex + " !\n", Options{}, nil, n, fmt.Sprintf("line %d, column 1: several messages on one line", n+1)},
		{"a log with other lines", strings.ReplaceAll(many, "\n", " !\nnothing\n"), Options{}, nil, n, ""},
		{"shown no more", many, Options{}, stop, 1, "stop"},
	} {
		got := 0
		err := Scan(strings.NewReader(c.in), c.o, func(messages []Message, _ bool) error {
			got += len(messages)
			return c.fails
		})
		if got != c.messages || c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %d messages, %v; want %d, %q", c.name, got, err, c.messages, c.want)
		}
	}
	if err := Scan(iotest.ErrReader(stop), Options{}, nil); err != stop {
		t.Errorf("got %v of a reader that fails", err)
	}
}
