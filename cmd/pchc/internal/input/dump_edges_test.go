package input

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/hostedcache/pchc/spec"
)

// TestLikeRows: which lines look like rows that were damaged.
func TestLikeRows(t *testing.T) {
	r := rowOf(t, "00000000: 0001 0203", notations[0])
	for text, want := range map[string]bool{
		"0001 0203": true, "zz 0001 0203": true, "zz 0001": false, "0001": true, "zz yy 0001 0203": false, "abcd zz": false, "abc1 zz": true, "1bcd zz": true, "12a4": true, "1234 zz": true, "abz1 zz": false, "00z1 0001 zz": true, "0zz1 0001 zz": false, "abcz 0001 zz": false, "1bcz 0001 zz": true, "12a 0001 zz": false, "0001 00 02": true, "00 01": false,
		"0x0001 0x0203": true, "a 0x0001 z": false, "0001|0203": true, "a\t0001\t0203": true, "": false, "0:000> db 0001 0203": false, "kd> db 0001 0203": false, "lkd> dd 0001 0203": false, "0:000> 0001 0203": true, "kd>xb 0001 0203": true, "kd>db 0001 0203": false,
		"a b c d e 0001 0203": false, "x 0001 0203 0405 0607 0809": true,
	} {
		if got := r.resembles(line{no: 1, text: text}); got != want {
			t.Errorf("%q resembles a row: %v", text, got)
		}
	}
	for text, want := range map[string]bool{
		"00000010: 0001": true, "00000010: 00": false, "0000010: 0001": false, "00000010  0001": false, "a 00000010: 0001": false, "> 00000010: 0001": true, "00000010:": false, "": false,
	} {
		if got := r.isLike(line{no: 1, text: text}); got != want {
			t.Errorf("%q is like a row: %v", text, got)
		}
	}
	for s, want := range map[string]int{"": 0, "0aFg": 3, "zz": 0} {
		if got := hexes(s); got != want {
			t.Errorf("%q has %d hex digits", s, got)
		}
	}
}

// TestDumps: what a dump is, where it ends, and what is wrong with it.
func TestDumps(t *testing.T) {
	b := make([]byte, 48)
	copy(b, "\x00\x02\x00\x03\x00\x00\x00\x00\x00\x50")
	for i := 10; i < len(b); i++ {
		b[i] = byte(i)
	}
	dump := rows(b, 16, func(i int, r []byte) string { return fmt.Sprintf("%04x: %s", i, pairs(r)) })
	all := hex.EncodeToString(b)
	zeros := strings.Repeat("00", 12)
	far := func(n int) string {
		return fmt.Sprintf("00000000: 0000 0001 zz\n%08x: 00\n", n)
	}
	reads(t, [][2]string{
		{dump, all}, {dump + dump, all + " " + all}, {dump + "text\n" + dump, all + " " + all}, {"text\n" + dump, all}, {dump + "0030:\n", all}, {dump + "0030\n" + dump, all + " " + all}, {dump + "0031:\n", "!line 4, column 1: offset 0031 does not follow offset 0020 and its 16 bytes"},
		{"000000 00 02 00 03 00 00 00 00\n*\n000010\n", "0002000300000000" + "0002000300000000"}, {"000000 00 02 00 03 00 00 00 00\n*\n000018\n", strings.Repeat("0002000300000000", 3)}, {"000000 00 02 00 03 00 00 00 00\n*\n000014\n", "!line 3, column 1: offset 000014 is not a whole number of lines after 000000"}, {"000000 00 02 00 03 00 00 00 00\n*\n000008\n", "0002000300000000"},
		{"000000 00 02 00 03 00 00 00 00\n000008 " + strings.TrimSuffix(strings.Repeat("00 ", 12), " ") + "\n*\n00002c\n000000 00 00 00 01 01\n000005\n", "0002000300000000" + zeros + zeros + zeros + " " + askHex}, {"000000 00 02 00 03 00 00 00 00 x\n*\n000010\n", "!line 1"},
		{"000000 00 02 00 03 00 00 00 00\n*\n000010 00 00 00 01\n000014\n", strings.Repeat("0002000300000000", 2) + "00000001"}, {"000000 00 02 00 03 00 00 00 00\n*\ntext\n", "!line 2, column 1: a line with an offset must follow '*'"}, {"000000 00 02 00 03 00 00 00 00\n*\n", "!a line with an offset must follow"},
		{far(1 << 16), "!line 1, column 21: 'zz' is not hex: according to the offsets this line has 65536 bytes, 4 precede it"}, {far(1<<16 + 1), "!line 2, column 1: offset 00010001 does not follow offset 00000000 and its 4 bytes"},
		{"00000010  00 80 00 00 00 80 00 00  10 08 62 40 bf 76 ca 6f\n00000020  f9 bf\n", "!line 1, column 1: the dump begins at offset 00000010: the line before it is missing"}, {"00001000  00 80 00 00 00 80 00 00  10 08 62 40 bf 76 ca 6f\n00001010  f9 bf\n", "008000000080000010086240bf76ca6ff9bf"}, {"00000020  00 80 00 00 00 80 00 00  10 08 62 40 bf 76 ca 6f\n00000030  f9 bf\n", "008000000080000010086240bf76ca6ff9bf"}, {"00000010  00 01 00 01 00 00 00 00  10 08 62 40 bf 76 ca 6f\n00000020  f9 bf\n", "000100010000000010086240bf76ca6ff9bf"},
		{"00000000: 0000 0001 01  .....\n00000008: 00\n", "!line 2, column 1: offset 00000008 does not follow offset 00000000 and its 5 bytes"}, {"00000000: 0000 0001 01  .....\nother\n00000008: 00\n", "!line 3, column 1: offset 00000008 does not continue the lines before"}, {"00000000: 0000 0001 01\n0000 0001\n", "!line 2, column 1"}, {"0000000x: 0000 0001\n00000004: 0100\n", "!line 1, column 8: 'x' is not a hex digit"},
		{"00000000: 00000001 01\nthe end\n", askHex}, {"00000000: 0000 0001 01 ...\n", "!'...' means that bytes were left out"}, {"00000000: 0000 0001 01  ..\n", "!line 1, column 25: '..' is neither hex nor the text"}, {"00000000: 0000 0001 41  ...A\n", "!'...A' is neither"}, {"00000000: 0000 0001 41  ....A\n", "0000000141"}, {"00000000: 0000 0001 41  ....B\n", "0000000141"}, {"00000000: 0000 0001 41 ....B\n", "!"},
		{"00000000: 6162 6364  abcd\n00000004: 6162 6364  abcd\n00000008: 6162\n", "!line 3, column 15: the text column is missing: the line may have been cut"}, {"00000000: 6162 6364  abcd\n00000004: 6162 6364  abcd\n00000008: 6162  ab\n", "61626364616263646162"}, {"00000000: 6162 6364\n00000004: 6162 6364\n00000008: 6162\n", "61626364616263646162"},
		{"00000000: 6162 6364  ; a note\n00000004: 6162 6364  ; another\n00000008: 6162  ; a third\n", "61626364616263646162"}, {"00000000: 6162 6364  ; a note\n00000004: 6162 6364  ; another\n00000008: 6162 ; a third\n", "!line 3"},
	})
	if err := parseDump(windowOf(splitLines("text\n")), true, nil); err == nil || !strings.Contains(err.Error(), "line 1, column 1: no line of a hex dump") {
		t.Error(err)
	}
	m, err := Parse([]byte("Data (5 bytes):\n0000  00 ff ff ff ff\n"), Options{})
	if err != nil || len(m) != 1 {
		t.Errorf("%v %v", m, err)
	}
}

// TestScanEdges: what is shown line by line, and what is read as a whole.
func TestScanEdges(t *testing.T) {
	read := func(in io.Reader, o Options) (messages, calls int, err error) {
		err = Scan(in, o, func(m []Message, _ bool) error {
			messages += len(m)
			calls++
			return nil
		})
		return messages, calls, err
	}
	many := func(line string, more string) string { return strings.Repeat(line, 1+ahead/len(line)) + more }
	count := func(s string) int { return strings.Count(s, "\n") }
	object := `{"raw":"` + okHex + "\"}\n"
	http := hex.EncodeToString([]byte(okHTTP)) + "\n"
	for _, c := range []struct {
		name, text string
		o          Options
		messages   int // -1 for an error
		lines      bool
	}{
		{"hex", many(okHex+"\n", ""), Options{}, 0, true},
		{"hex, as such", many(okHex+"\n", ""), Options{Format: Hex}, 0, true},
		{"hex, not base64", many(okHex+"\n", ""), Options{Format: Base64}, 1, false},
		{"hex, one message", many(okHex+"\n", ""), Options{Lines: One}, 1, false},
		{"raw", many(okHex+"\n", ""), Options{Format: Raw}, 1, false},
		{"no dump", many(okHex+"\n", ""), Options{Format: Dump}, -1, false},
		{"no messages, each is one", many("ffff\n", ""), Options{Lines: Each}, 0, true},
		{"comments", many("# no message here\n", ""), Options{}, -1, false},
		{"a comment first", "# one a line\n" + many(okHex+"\n", ""), Options{}, -2, true},
		{"UTF-16", string(utf16Bytes(many(okHex+"\n", ""), littleEndian{})), Options{}, 0, true},
		{"one line", strings.Repeat("00", ahead), Options{}, 1, false},
		{"a long first line", okHex + strings.Repeat("00", ahead/2-6) + "\n" + many(okHex+"\n", ""), Options{}, -1, false},
		{"JSON", many(object, ""), Options{}, 0, true},
		{"JSON, not as hex", many(object, ""), Options{Format: Hex}, -1, false},
		{"JSON, two on a line", many(object, strings.TrimSpace(object)+object), Options{}, -4, true},
		{"a long line later", many(okHex+"\n", okHex+strings.Repeat("00", ahead)+"\n"+okHex+"\n"), Options{Lines: Each}, 0, true},
		{"HTTP later", many(okHex+"\n", http), Options{Lines: Each}, 0, true},
		{"blank lines", many(okHex+"\n", "\n \n"+okHex+"\n"), Options{}, -5, true},
		{"shorter than what decides", okHex + "\n" + okHex + "\n", Options{}, 2, false},
	} {
		messages, calls, err := read(strings.NewReader(c.text), c.o)
		want := c.messages
		switch want {
		case 0:
			want = count(c.text)
		case -2:
			want = count(c.text) - 1
		case -4:
			want = count(c.text) + 1
		case -5:
			want = count(c.text) - 2
		}
		if c.messages == -1 {
			if err == nil {
				t.Errorf("%s: %d messages", c.name, messages)
			}
			continue
		}
		if err != nil || messages != want || (calls > 1) != c.lines {
			t.Errorf("%s: %d messages in %d calls, want %d; %v", c.name, messages, calls, want, err)
		}
	}
	stop := errors.New("stop")
	if _, _, err := read(io.MultiReader(strings.NewReader(many(okHex+"\n", "")), iotest.ErrReader(stop)), Options{}); err != stop {
		t.Errorf("a reader that fails later: %v", err)
	}
	if _, _, err := read(io.MultiReader(strings.NewReader(many(object, "{\n")), iotest.ErrReader(stop)), Options{}); err != stop {
		t.Errorf("a reader that fails in an object: %v", err)
	}
	if testing.Short() {
		t.Skip("the rest reads twice 64 MiB")
	}
	long := io.MultiReader(strings.NewReader(many(okHex+"\n", "")), &repeat{text: strings.Repeat("00", 32<<10), times: Limit>>16 + 1})
	if _, _, err := read(long, Options{}); err != ErrTooLong {
		t.Errorf("a line without end: %v", err)
	}
	long = io.MultiReader(strings.NewReader(many(object, "{\n")), &repeat{text: strings.Repeat(" ", 64<<10), times: Limit>>16 + 1})
	if _, _, err := read(long, Options{}); err != ErrTooLong {
		t.Errorf("an object without end: %v", err)
	}
}

// littleEndian is that of UTF-16 without a mark.
type littleEndian struct{}

func (littleEndian) AppendUint16(b []byte, v uint16) []byte { return append(b, byte(v), byte(v>>8)) }
func (littleEndian) AppendUint32(b []byte, _ uint32) []byte { return b }
func (littleEndian) AppendUint64(b []byte, _ uint64) []byte { return b }
func (littleEndian) String() string                         { return "" }

// TestUnwrap: packets, HTTP and what stands beside them.
func TestUnwrap(t *testing.T) {
	packet := func(seq uint32, payload string) string {
		return hex.EncodeToString(ipv4(6, 0, 0, tcp(seq, 0, payload))) + "\n"
	}
	dump := func(title, b string) string {
		return title + "\n" + rows([]byte(b), 16, func(i int, r []byte) string { return fmt.Sprintf("%04x  %s", i, pairs(r)) })
	}
	frame := string(ipv4(6, 0, 0, tcp(1, 0, okHTTP)))
	get := "GET /x HTTP/1.1\r\nHost: x\r\n\r\n"
	post := func(path, body string) string {
		return fmt.Sprintf("POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s", path, len(body), body)
	}
	other := strings.Replace(okHTTP, "\x00\x00\x00\x01\x00", "hello", 1)
	reads(t, [][2]string{
		{packet(1, okHTTP), okHex}, {packet(1, other), "68656c6c6f"}, {packet(1, okHTTP) + packet(44, okHTTP), okHex + " " + okHex}, {packet(1, "\x00\x00\x00\x01\x01"), askHex}, {packet(1, "hello"), "!1 packet without a message"},
		{packet(1, post(spec.PathV1, "hello")), "68656c6c6f"}, {packet(1, post("/x", "hello")), "!1 packet without"}, {packet(1, post("/x", "\x00\x00\x00\x01\x01")), askHex}, {packet(1, get), "!1 packet without a message"},
		{dump("x", frame) + dump("y", "\xff\xfe\xfd\xfc\xfb"), "?skipped 5 bytes that are neither an IP packet nor HTTP nor a message " + okHex}, {dump("x", frame) + dump("y", string(arp)+"\x00\x01"), okHex}, {dump("y", "\xff\xfe\xfd\xfc\xfb") + dump("x", frame), "?skipped 5 bytes that are neither an IP packet nor HTTP nor a message " + okHex}, {dump("y", "\xff\xfe\xfd\xfc\xfb"), "fffefdfcfb"},
		{dump("Data (5 bytes)", "\xff\xfe\xfd\xfc\xfb"), "?skipped 5 bytes that are not a whole message; tshark -x shows their packet"}, {dump("Data (5 bytes)", "\x00\x00\x00\x01\x01"), askHex},
		{dump("Frame (83 bytes):", frame) + dump("Reassembled TCP (43 bytes):", okHTTP), okHex}, {dump("Frame (83 bytes):", "\xff\xfe\xfd\xfc") + dump("Reassembled TCP (43 bytes):", okHTTP), okHex}, {dump("Frame (4 bytes):", "\xff\xfe\xfd\xfc") + dump("De-chunked entity body (5 bytes):", "\xff\xfe\xfd"), "fffefdfc"}, {dump("Frame (83 bytes):", frame) + dump("Frame (83 bytes):", string(ipv4(6, 0, 0, tcp(44, 0, askHTTP)))), okHex + " " + askHex}, {dump("Frame (83 bytes):", frame) + dump("other", "\xff\xfe\xfd"), "?skipped 3 bytes that are neither an IP packet nor HTTP nor a message " + okHex},
		// HTTP
		{"HTTP/1.1 204 No Content\r\n\r\n" + okHTTP, okHex}, {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "!HTTP without a message"}, {post("/x", "\x01\x02") + other, "0102 68656c6c6f"}, {get, "!HTTP without a message: no POST"}, {"$ curl\n" + okHTTP, okHex}, {"$ curl\n" + okHTTP + "\nuser@host:~$ ", okHex},
		{strings.Repeat("x\n", 49) + okHTTP, okHex}, {strings.Repeat("x\n", 50) + okHTTP, hex.EncodeToString([]byte(strings.Repeat("x\n", 50) + okHTTP))}, {strings.Repeat("x", 1024) + "\n" + okHTTP, okHex}, {strings.Repeat("x", 1025) + "\n" + okHTTP, hex.EncodeToString([]byte(strings.Repeat("x", 1025) + "\n" + okHTTP))}, {"\x01\n" + okHTTP, hex.EncodeToString([]byte("\x01\n" + okHTTP))},
		// a response whose request is elsewhere counts only if nothing else is there
		{packet(1, get) + packet(1+uint32(len(get)), post(spec.PathV2, "\x00\x00\x00\x01\x01")), askHex},
	})
	// What packets and messages may not be read as.
	m, err := Parse(ipv4(6, 0, 0, tcp(1, 0, okHTTP)), Options{NoPackets: true})
	if err != nil || len(m) != 1 || !bytes.Equal(m[0].Bytes, ipv4(6, 0, 0, tcp(1, 0, okHTTP))) {
		t.Errorf("%v %v", m, err)
	}
	m, err = Parse([]byte("\n"+packet(1, okHTTP)+"\n"+packet(44, askHTTP)), Options{})
	if err != nil || len(m) != 2 || m[0].Line != 2 || m[1].Line != 4 || m[0].Note != "body of an HTTP response 200" || m[0].Kind != spec.Response || m[0].Input != "" {
		t.Errorf("%+v %v", m, err)
	}
	m, err = Parse([]byte(packet(1, "\x00\x00\x00\x01\x01")), Options{})
	if err != nil || len(m) != 1 || m[0].Note != "TCP payload" || m[0].Kind != 0 {
		t.Errorf("%+v %v", m, err)
	}
}

// TestTextForms: what is text, its signs and its lines.
func TestTextForms(t *testing.T) {
	for _, c := range []struct {
		in, text string
		ok       bool
	}{
		{"a", "a", true}, {"\t\n\v\f\r", "\t\n\v\f\r", true}, {"\x08", "", false}, {"\x0e", "", false}, {"\x1f", "", false}, {" ", " ", true}, {"\x7f", "", false}, {"~", "~", true}, {"\xff", "", false}, {"\u00a0\u202f\u200b", "  ", true}, {"“”„‘’…", `"""''...`, true}, {"─│┼╬", "-|++", true},
		{"\x1b[1;31ma\x1b[0m\x1b]0;title\x07b\x1b]8;;x\x1b\\c\x1b(B\x1b=", "abc", true}, {"é", "é", true},
	} {
		if text, ok := asText([]byte(c.in)); text != c.text || ok != c.ok {
			t.Errorf("%q: %q %v", c.in, text, ok)
		}
	}
	var got []string
	for _, l := range splitLines("a\r\n\r\nb\rc\n \nd") {
		got = append(got, fmt.Sprint(l.no, l.text))
	}
	if want := []string{"1a", "3b", "4c", "6d"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if e := (line{no: 3, text: "éa"}).fault(2, "x"); e.Line != 3 || e.Column != 2 {
		t.Errorf("%+v", e)
	}
	for s, want := range map[string]int{"": 0, "0": 1, "g": 0, "0aFg0": 3} {
		if hexLen(s) != want {
			t.Errorf("%q: %d digits", s, hexLen(s))
		}
	}
	c := lineCounter{text: "a\nb\n\nc"}
	for _, at := range [][2]int{{0, 1}, {1, 1}, {2, 2}, {2, 2}, {5, 4}, {0, 4}} {
		if got := c.of(at[0]); got != at[1] {
			t.Errorf("byte %d is on line %d, want %d", at[0], got, at[1])
		}
	}
	if e := faultAt("a\nbé\ncd", 6, "x"); e.Line != 3 || e.Column != 1 {
		t.Errorf("%+v", e)
	}
	if e := (&Error{Reason: "r"}); e.Error() != "r" {
		t.Error(e)
	}
}
