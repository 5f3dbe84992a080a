package input

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/spec"
)

// scanForm is how something writes one message after the other, or one connection after the
// other, of which each has one.
type scanForm struct {
	begin, end, between string
	write               func(i int, b []byte) string
	answers             int // to each message
}

// wrap breaks a text into lines of a width.
func wrap(s string, width int) string {
	var lines strings.Builder
	for ; len(s) > width; s = s[width:] {
		lines.WriteString(s[:width] + "\n")
	}
	return lines.String() + s + "\n"
}

// ask and answer are what the ends of a connection say.
func ask(b []byte) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: cache\r\nContent-Length: %d\r\n\r\n%s", spec.PathV2, len(b), b)
}

var answer = []byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00")

// curlDump is a record of curl --trace.
func curlDump(what string, b []byte) string {
	s := fmt.Sprintf("%s, %d bytes (0x%x)\n", what, len(b), len(b))
	for at := 0; at < len(b); at += 16 {
		row := b[at:min(at+16, len(b))]
		s += fmt.Sprintf("%04x: %-48s%s\n", at, fmt.Sprintf("% x", row), textOf(row))
	}
	return s
}

// escapes are bytes as languages write them.
func escapes(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		fmt.Fprintf(&s, `\x%02x`, c)
	}
	return s.String()
}

// scanForms are those that are read message by message.
func scanForms() map[string]scanForm {
	object := func(_ int, b []byte) string {
		return fmt.Sprintf("{\n  \"message\": \"a \\\"quoted\\\" } [\",\n  \"fields\": {\n    \"list\": [\n      1,\n      {}\n    ]\n  },\n  \"raw\": %q\n}", hex.EncodeToString(b))
	}
	indented := func(indent, s string) string {
		return indent + strings.ReplaceAll(strings.TrimSuffix(s, "\n"), "\n", "\n"+indent) + "\n"
	}
	var offsets [2]int
	return map[string]scanForm{
		"JSON":       {"", "\n", "\n", object, 0},
		"JSON array": {"[\n", "\n]\n", ",\n", object, 0},
		"JSON array on one line": {"[", "]", ", ", func(_ int, b []byte) string {
			return fmt.Sprintf(`{"message": "é \"quoted\" } [", "list": [{}, [1]], "raw": %q}`, hex.EncodeToString(b))
		}, 0},
		"JSON strings on one line": {"[", "]", ",", func(_ int, b []byte) string { return strconv.Quote(hex.EncodeToString(b)) }, 0},
		"JSON, one line":           {"[", "]\n", ",", func(i int, b []byte) string { return strings.ReplaceAll(object(i, b), "\n", " ") + "\n" }, 0},
		"Follow raw": {"", "====\n", "====\n", func(i int, b []byte) string {
			return fmt.Sprintf("Follow: tcp,raw\nFilter: tcp.stream eq %d\nNode 0: a\nNode 1: b\n%x\n\t%x\n", i, ask(b), answer)
		}, 1},
		"Follow raw, without indentation": {"Follow: tcp,raw\nFilter: tcp.stream eq 0\nNode 0: a\nNode 1: b\n", "====\n", "", func(_ int, b []byte) string {
			return fmt.Sprintf("%x\n%x\n", ask(b), answer)
		}, 1},
		"Follow hex": {"", "====\n", "====\n", func(i int, b []byte) string {
			return fmt.Sprintf("Follow: tcp,hex\nFilter: tcp.stream eq %d\nNode 0: a\nNode 1: b\n", i) + sideRows("", 0, string(ask(b))) + sideRows("    ", 0, string(answer))
		}, 1},
		"Follow hex, as Wireshark shows it": {"", "", "", func(i int, b []byte) string {
			if i == 0 {
				offsets = [2]int{}
			}
			s := sideRows("", offsets[0], string(ask(b))) + sideRows("    ", offsets[1], string(answer))
			offsets[0] += len(ask(b))
			offsets[1] += len(answer)
			return s
		}, 1},
		"Follow YAML": {"", "", "", func(i int, b []byte) string {
			data := func(b []byte) string { return indented("      ", wrap(base64.StdEncoding.EncodeToString(b), 76)) }
			return "peers:\n  - peer: 0\n    host: a\n    port: 1\n  - peer: 1\n    host: b\n    port: 80\npackets:\n" +
				"  - packet: 4\n    peer: 0\n    index: 0\n    data: !!binary |\n" + data(ask(b)) + "  - packet: 6\n    peer: 1\n    index: 0\n    data: !!binary |\n" + data(answer)
		}, 1},
		"curl": {"", "", "", func(_ int, b []byte) string {
			all := ask(b)
			head := len(all) - len(b)
			return "== Info: Connected to cache (10.0.0.1) port 80\n" + curlDump("=> Send header", all[:head]) + curlDump("=> Send data", all[head:]) +
				curlDump("<= Recv header", answer[:len(answer)-5]) + curlDump("<= Recv data", answer[len(answer)-5:]) + "== Info: Closing connection\n"
		}, 1},
		"strace": {"", "", "", func(_ int, b []byte) string {
			return fmt.Sprintf("sendto(3, \"%s\", %d, 0, NULL, 0) = %[2]d\nrecvfrom(3, \"%s\", 4096, 0, NULL, NULL) = %d\nclose(3) = 0\n", escapes(ask(b)), len(ask(b)), escapes(answer), len(answer))
		}, 1},
		"Burp": {"<items burpVersion=\"1\">\n", "</items>\n", "", func(_ int, b []byte) string {
			e := base64.StdEncoding.EncodeToString
			return "  <item>\n    <request base64=\"true\"><![CDATA[" + e(ask(b)) + "]]></request>\n    <response base64=\"true\"><![CDATA[" + e(answer) + "]]></response>\n  </item>\n"
		}, 1},
		"PEM": {"", "", "\n", func(_ int, b []byte) string {
			return "-----BEGIN MESSAGE-----\n" + wrap(base64.StdEncoding.EncodeToString(b), 64) + "-----END MESSAGE-----\n"
		}, 0},
		"C arrays": {"", "", "\n", func(i int, b []byte) string {
			return fmt.Sprintf("static const char message%d[] = { // the next\n%s};\n", i, wrap(each("0x%02x", ", ")(b), 72))
		}, 0},
		"C strings": {"", "", "", func(i int, b []byte) string {
			return fmt.Sprintf("char message%d[] =\n  \"%s\"\n  \"%s\";\n", i, escapes(b[:20]), escapes(b[20:]))
		}, 0},
	}
}

// batchOf is a BATCHED_OFFER_MESSAGE of some descriptors, of which none is like another.
func batchOf(t interface{ Helper() }, i, count int) []byte {
	b := []byte{0, 2, 0, 3, 0, 0, 0, 0, 0x1f, 0x90, 0, 0, 0, 0, 0, 0}
	for n := range count {
		b = append(b, 0, 1, 0, 0, 0, 1, 0, 0, 0, 16)
		b = append(b, make([]byte, 16)...)
		b = append(append(b, 4, byte(i>>16), byte(i>>8), byte(i), byte(n)), bytes.Repeat([]byte{byte(7 * n), 'H'}, 14)...)
	}
	return b
}

// TestScanBoundaries: wherever the beginning ends that decides how an input is read, and
// however little a reader gives at a time, the messages are those of the whole input.
func TestScanBoundaries(t *testing.T) {
	forms := scanForms()
	names := slices.Sorted(func(yield func(string) bool) {
		for name := range forms {
			if !yield(name) {
				return
			}
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "form")
		f := forms[name]
		text := f.begin
		n := rapid.IntRange(6, 12).Draw(t, "messages")
		for i := range n {
			if i > 0 {
				text += f.between
			}
			text += f.write(i, batchOf(t, i, rapid.IntRange(1, 4).Draw(t, "descriptors")))
		}
		text += f.end
		want, err := Parse([]byte(text), Options{})
		if err != nil || len(want) != n*(1+f.answers) {
			t.Fatalf("%s: %d messages, want %d; %v", name, len(want), n*(1+f.answers), err)
		}
		decides := rapid.IntRange(1200, len(text)).Draw(t, "bytes that decide")
		var got []Message
		err = scan(iotest.HalfReader(strings.NewReader(text)), Options{}, decides, func(messages []Message, _ bool) error {
			for _, m := range messages {
				m.Bytes = bytes.Clone(m.Bytes)
				got = append(got, m)
			}
			return nil
		})
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Fatalf("%s: %v (-whole +one by one)\n%.1500s", name, err, diff)
		}
	})
}

// TestScanLongLine: an error has its place in a line that is read in pieces.
func TestScanLongLine(t *testing.T) {
	one := `{"comment": "é", "raw": "` + hex.EncodeToString(batchOf(t, 0, 2)) + `"}, `
	for _, end := range []string{`{"x": "é"}, {"raw": "0000000100"}]`, `{"raw": 5}]`, `7]`, `{"raw": "00 00 00 01 xx"}]`} {
		text := "[" + strings.Repeat(one, 20) + end
		_, want := Parse([]byte(text), Options{})
		for decides := 500; decides < 520; decides++ { // wherever that is in a character
			err := scan(strings.NewReader(text), Options{}, decides, func([]Message, bool) error { return nil })
			if want == nil || err == nil || err.Error() != want.Error() {
				t.Fatalf("%s: %v, want %v", end, err, want)
			}
		}
	}
}

// TestScanFormsMemory: the memory in use does not grow with the number of messages.
func TestScanFormsMemory(t *testing.T) {
	if testutil.Race {
		t.Skip("the race detector has memory of its own")
	}
	most := 800
	if testing.Short() {
		most = 300
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, f := range scanForms() {
		if name == "JSON, one line" {
			continue // a line is in memory
		}
		if testing.Short() && name != "JSON" && name != "C arrays" && name != "curl" {
			continue // these have the three ways to read piece by piece
		}
		start, peak, n, i, text := heap(), int64(0), 0, 0, f.begin
		in := readerFunc(func(p []byte) (int, error) {
			for text == "" {
				switch {
				case i == most:
					text = f.end
				case i > most:
					return 0, io.EOF
				default:
					if i%(most/8) == 0 {
						peak = max(peak, heap()-start)
					}
					if i > 0 {
						text = f.between
					}
					text += f.write(i, batchOf(t, i, 30))
				}
				i++
			}
			copied := copy(p, text)
			text = text[copied:]
			return copied, nil
		})
		err := Scan(in, Options{}, func(messages []Message, _ bool) error {
			n += len(messages)
			return nil
		})
		if err != nil || n != most*(1+f.answers) {
			t.Fatalf("%s: %d messages, %v", name, n, err)
		}
		t.Logf("%s: %d KiB in use", name, peak>>10)
		connections := int64(most * f.answers) // of which none has an end
		if peak > 1<<20+2500*connections {
			t.Errorf("%s: %d KiB in use for %d messages", name, peak>>10, most)
		}
	}
}
