package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capture/pcapfile"
)

// TestSecrets looks for a key in everything that can be printed about a message
// that holds one, whole or damaged.
func TestSecrets(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, b, 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	cache := write("cache.pcap", captures()["cache.pcap"])
	info := unhex(infoHex)
	whole, _ := pchc(t, infoHex, "decode", "--json", "--show-secrets")
	badRule := strings.Replace(whole, `"Port":51234`, `"Port":0`, 1)
	badHex := strings.Replace(whole, secretHex, secretHex+"0", 1)
	damaged := func(at int, b byte) string {
		m := bytes.Clone(info)
		m[at] = b
		return hex.EncodeToString(m)
	}
	v2 := "0002040000000000000000000000000000000000000000000000000000000000000044" + "00000001" +
		strings.Repeat("ab", 32) + secretHex
	runs := []struct {
		stdin string
		args  []string
	}{
		{"", []string{"pcap", cache}},
		{"", []string{"pcap", "-v", cache}},
		{"", []string{"pcap", "-v", "--color", "always", cache}},
		{"", []string{"pcap", "--json", cache}},
		{infoHex, []string{"decode"}},
		{infoHex, []string{"decode", "--color", "always"}},
		{infoHex, []string{"decode", "-l"}},
		{infoHex, []string{"decode", "--json"}},
		{infoHex[:2*120], []string{"decode"}}, // cut short in the key
		{infoHex[:2*120], []string{"decode", "--json"}},
		{damaged(34, 0xff), []string{"decode"}}, // an unknown hash function
		{damaged(34, 0xff), []string{"decode", "--json"}},
		{damaged(46, 2), []string{"decode"}}, // two segments
		{v2, []string{"decode", "--as", "content"}},
		{strings.Replace(v2, "00000044", "00000043", 1), []string{"decode", "--as", "content"}}, // half a segment
		{strings.Replace(v2, "00000044", "00000043", 1), []string{"decode", "--as", "content", "--json"}},
		{"request " + infoHex, []string{"corpus", "list", "--json", "-"}},
		{"", []string{"corpus", "show", "segment_info.sha256"}},
		{badRule, []string{"encode", "--hex"}},
		{badHex, []string{"encode", "--hex"}},
	}
	spread := strings.TrimSuffix(spread(secretHex), " ")
	for _, r := range runs {
		var out bytes.Buffer
		if status := run(r.args, strings.NewReader(r.stdin), &out, &out); status > statusViolated {
			t.Errorf("%q: exit status %d: %s", r.args, status, &out)
		}
		for _, key := range []string{secretHex[:12], spread[:12]} {
			if strings.Contains(strings.ReplaceAll(out.String(), "  ", " "), key) {
				t.Errorf("%q prints the key:\n%s", r.args, &out)
			}
		}
	}
}

// spread puts a blank after each byte of hex.
func spread(h string) string {
	var s strings.Builder
	for ; h != ""; h = h[2:] {
		s.WriteString(h[:2] + " ")
	}
	return s.String()
}

// TestGoneReader writes to somebody who has stopped reading, as head does.
func TestGoneReader(t *testing.T) {
	in, w := io.Pipe()
	in.Close()
	for _, args := range [][]string{
		{"decode", infoHex}, {"pcap", "testdata/plain.pcap"}, {"pcap", "--json", "testdata/plain.pcap"}, {"version"},
		{"corpus", "list"}, {"corpus", "show", "response.ok-any"}, {"corpus", "stats"},
	} {
		var stderr bytes.Buffer
		if status := run(args, strings.NewReader(""), w, &stderr); status > statusViolated || stderr.Len() > 0 {
			t.Errorf("%v: exit status %d: %s", args, status, &stderr)
		}
	}
}

// TestFailingStreams reads and writes what does not work.
func TestFailingStreams(t *testing.T) {
	broken := errors.New("it broke")
	reader := iotest.ErrReader(broken)
	writer := writerFunc(func([]byte) (int, error) { return 0, broken })
	good := captures()["good.pcap"]
	for _, c := range []struct {
		name   string
		args   []string
		stdin  io.Reader
		stdout io.Writer
	}{
		{"decode", []string{"decode"}, reader, io.Discard},
		{"encode", []string{"encode"}, reader, io.Discard},
		{"pcap", []string{"pcap"}, reader, io.Discard},
		{"pcap in the middle", []string{"pcap"}, io.MultiReader(bytes.NewReader(good[:200]), reader), io.Discard},
		{"decode to", []string{"decode", infoHex}, nil, writer},
		{"encode to", []string{"encode"}, strings.NewReader(`{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}`), writer},
		{"pcap to", []string{"pcap"}, bytes.NewReader(good), writer},
		{"version to", []string{"version"}, nil, writer},
		{"corpus list", []string{"corpus", "list", "-"}, reader, io.Discard},
		{"corpus list to", []string{"corpus", "list"}, nil, writer},
	} {
		var stderr bytes.Buffer
		if status := run(c.args, c.stdin, c.stdout, &stderr); status != statusFailed || !strings.Contains(stderr.String(), "it broke") {
			t.Errorf("%s: exit status %d: %s", c.name, status, &stderr)
		}
	}
}

// TestLive reads a capture that is still being made: what is in it is seen
// before it ends.
func TestLive(t *testing.T) {
	file := captures()["good.pcap"]
	in, feed := io.Pipe()
	seen, stdout := io.Pipe()
	var stderr bytes.Buffer
	var done sync.WaitGroup
	status := -1
	done.Go(func() {
		status = run([]string{"pcap", "--json"}, in, stdout, &stderr)
		stdout.Close()
	})
	cut := len(file) - 100 // both messages are in front of this
	if _, err := feed.Write(file[:cut]); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1<<16)
	n, err := io.ReadAtLeast(seen, b, 1) // would wait for ever if nothing came
	if err != nil || !strings.Contains(string(b[:n]), "BATCHED_OFFER_MESSAGE") {
		t.Errorf("%q %v", b[:n], err)
	}
	if _, err := feed.Write(file[cut:]); err != nil {
		t.Fatal(err)
	}
	feed.Close()
	rest, _ := io.ReadAll(seen)
	done.Wait()
	if all := string(b[:n]) + string(rest); strings.Count(all, "\n") != 2 || status != statusFine {
		t.Errorf("exit status %d: %s%s", status, all, &stderr)
	}
}

// TestLiveStop interrupts the reading of an input that gives nothing more.
func TestLiveStop(t *testing.T) {
	in, feed := io.Pipe()
	defer feed.Close()
	stop := make(chan struct{})
	l := newLive(in, stop)
	go feed.Write([]byte("abc"))
	b := make([]byte, 2)
	for _, want := range []string{"ab", "c"} {
		if n, err := l.Read(b); err != nil || string(b[:n]) != want {
			t.Errorf("%q %v, want %q", b[:n], err, want)
		}
	}
	close(stop)
	for range 2 {
		if n, err := l.Read(b); n != 0 || err != io.EOF {
			t.Errorf("after a stop: %d %v", n, err)
		}
	}
	l.close()
}

// countingReader returns a byte each time that somebody receives from asked.
type countingReader struct{ asked, stop chan struct{} }

func (c countingReader) Read(b []byte) (int, error) {
	select {
	case c.asked <- struct{}{}:
		b[0] = 'x'
		return 1, nil
	case <-c.stop:
		return 0, io.EOF
	}
}

// TestLiveAhead: after a stop what was read before still comes.
func TestLiveAhead(t *testing.T) {
	stop := make(chan struct{})
	in := countingReader{make(chan struct{}), stop}
	l := newLive(in, stop)
	for range liveAhead {
		<-in.asked // and then it returns
	}
	for len(l.got) < liveAhead {
		runtime.Gosched()
	}
	close(stop)
	rest, err := io.ReadAll(io.LimitReader(l, liveAhead))
	if len(rest) != liveAhead || err != nil {
		t.Errorf("%q, %v; want what was read before the stop", rest, err)
	}
	if n, err := l.Read(make([]byte, 9)); n != 0 || err != io.EOF {
		t.Errorf("after a stop: %d, %v", n, err)
	}
	l.close()
}

// TestLiveFill takes records from inputs that give many bytes at a time and few, some of
// which are longer than the room for what is left of the memory before.
func TestLiveFill(t *testing.T) {
	want := make([]byte, 5*liveSize)
	for i := range want {
		want[i] = byte(i * i >> 7)
	}
	for _, most := range []int{1 << 30, liveSize / 3, 1000} {
		r := rand.New(rand.NewPCG(1, uint64(most)))
		l := newLive(limitedReads{bytes.NewReader(want), most}, nil)
		var got, window []byte
		for err := error(nil); err == nil || len(window) > 0; {
			n := 1 + r.IntN(3000)
			if r.IntN(20) == 0 {
				n = 1 + r.IntN(3*liveHead)
			}
			if n > len(window) && err == nil {
				if window, err = l.Fill(window, n); len(window) < n && err == nil {
					t.Fatalf("%d of %d bytes without an error", len(window), n)
				}
			}
			n = min(n, len(window))
			got = append(got, window[:n]...)
			window = window[n:]
		}
		if l.err != io.EOF || !bytes.Equal(got, want) {
			t.Errorf("reads of %d: %v, %d bytes of %d, or others", most, l.err, len(got), len(want))
		}
		l.close()
	}
}

// limitedReads returns at most so many bytes at a time.
type limitedReads struct {
	io.Reader
	most int
}

func (l limitedReads) Read(p []byte) (int, error) { return l.Reader.Read(p[:min(len(p), l.most)]) }

// TestLargeList lists a capture of many full batches.
func TestLargeList(t *testing.T) {
	var file bytes.Buffer
	stats, err := capturetest.Load(&file, capturetest.LoadOptions{Size: 2 << 20, Swap: 0.02})
	if err != nil {
		t.Fatal(err)
	}
	out, status := pchc(t, file.String(), "pcap")
	if n := strings.Count(out, "128 descriptors"); n != stats.Posts || status != statusFine {
		t.Errorf("exit status %d, %d batches, want %d", status, n, stats.Posts)
	}
}

// TestHiddenFrames: frames that cannot be read make the exit status 1, of pcap and of
// check, and are named.
func TestHiddenFrames(t *testing.T) {
	var file bytes.Buffer
	w := capturetest.NewWriter(&file, capturetest.Format{Link: 249, Pcapng: true})
	w.Frame(capturetest.Start, []byte("USB"))
	w.Frame(capturetest.Start, []byte("USB"))
	for _, command := range []string{"pcap", "check"} {
		out, status := pchc(t, file.String(), command)
		if status != statusViolated || !strings.Contains(out, "CAPTURE_PROBLEM         2 frames are of link type 249 (USBPCAP), which cannot be read") {
			t.Errorf("%s: exit status %d: %s", command, status, out)
		}
	}
}

// TestNotCapture tells text from other bytes.
func TestNotCapture(t *testing.T) {
	for in, want := range map[string]string{
		"0000000100\n":                           "is text",
		"\u00e9" + strings.Repeat("\u00e9", 300): "is text", // cut in the middle of a character
		"\xff\xfeabcdefgh":                       "is not a packet capture (pcap, pcapng or snoop)",
		"abc\x00def":                             "is not a packet capture (pcap, pcapng or snoop)",
		" \n\t":                                  "is empty",
		"\x1f\x8b":                               "is not a packet capture: the file ends within its header",
		"\x28\xb5\x2f\xfd\x04":                   "is not a packet capture: the zstd data ends within the header of the capture",
		"\xd4\xc3\xb2\xa1\x02":                   "is not a packet capture: the file ends within its header",
		"PK\x03\x04abc":                          "looks like a zip archive, such as a Fiddler .saz file; unpack it: unzip -",
		"BZh91AY&SY":                             "looks like bzip2 data; decompress it: bzip2 -dc - | pchc pcap",
		"\xfd7zXZ\x00abcdefgh":                   "is not a packet capture: the xz data is corrupt here (",
	} {
		var stderr bytes.Buffer
		status := run([]string{"pcap"}, strings.NewReader(in), io.Discard, &stderr)
		if status != statusFailed && want != "is empty" || status == statusFine || !strings.Contains(stderr.String(), want) {
			t.Errorf("%.20q: exit status %d: %s", in, status, &stderr)
		}
	}
}

// TestDecodeTLS: TLS is a note, for decode as for pcap; without a message beside it
// there is nothing that decode could show.
func TestDecodeTLS(t *testing.T) {
	var trace capturetest.Trace
	hello := append([]byte{0x16, 3, 1, 0, 200}, make([]byte, 200)...)
	hello[5] = 1
	trace.Conn(1).Open().Send(hello).Close()
	file := trace.Encode(capturetest.Format{})
	text := ""
	for _, p := range frames(t, file) {
		text += capturetest.TcpdumpText(p.Link, p.Data, "-x")
	}
	for _, c := range []struct {
		command, in string
		status      int
		notes       int
	}{
		{"pcap", string(file), statusFine, 1},
		{"decode", text, statusViolated, 1},
		{"decode", text + "0x0000:  0000 0001 01\n", statusFine, 1},
		{"decode", text + "0x0000:  0001 0001 0000 0000 0050 0000 0000 0000\n", statusViolated, 1},
	} {
		out, status := pchc(t, c.in, c.command, "--json")
		if status != c.status || strings.Count(out, "CAPTURE_NOTE") != c.notes || strings.Contains(out, "CAPTURE_PROBLEM") {
			t.Errorf("%s: exit status %d, want %d:\n%s", c.command, status, c.status, out)
		}
	}
}

// frames returns the frames of a capture.
func frames(t *testing.T, file []byte) (all []pcapfile.Frame) {
	r, err := pcapfile.NewReader(bytes.NewReader(file))
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

// TestPartOfPlain: a plain body of which a part was not captured is one phrase.
func TestPartOfPlain(t *testing.T) {
	capture, err := os.ReadFile("testdata/retrieval/story.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	run([]string{"pcap"}, bytes.NewReader(capture[:3000]), &stdout, &stderr)
	if want := ": bytes 0-13892, 13259 bytes of them not captured, which peers did not have, "; !strings.Contains(stdout.String(), want) {
		t.Errorf("%s\n%s", &stdout, &stderr)
	}
}
