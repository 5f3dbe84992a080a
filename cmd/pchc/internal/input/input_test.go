package input

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

const (
	offerHex = "0001000100000000c8220000000000007365296aa158f7a46a80b139608b1e663d46f4d3c019fa14381f3ead68db9dc5"
	okHex    = "0000000100"
	askHex   = "0000000101"
	batchHex = "0002000300000000c82200000000000000008000000080000010086240bf76ca6ff9bf7d004d258204da04" +
		"fc847ccc2f6ef5dcfcf58d8e13b2bb81514b6d0963e86f3b65ba0ad0e0f6aa52"
	// A SEGMENT_INFO_MESSAGE, whole and with a violation.
	infoHex = "0001000200000000c822000000000000576562494f000000000000000000000000010c8000000000000003100000010000000000" +
		"00000000000003100000000001009ac2510eb84557ff6b9c8e95b1c5ee651c25f5901392747408025a8e427b6c136c16f115d77b0250" +
		"790218519345bf990697c08069b56656187c6c712532ce8901000000e90004bf31e8991d83043cd9c5a3eec7cea5391e047c2d5270b2" +
		"f7ee11b853f4"
)

// fold breaks s into lines of n characters.
func fold(s string, n int) string {
	var lines []string
	for ; len(s) > n; s = s[n:] {
		lines = append(lines, s[:n])
	}
	return strings.Join(append(lines, s), "\n")
}

func b64(h string) string {
	b, _ := hex.DecodeString(h)
	return base64.StdEncoding.EncodeToString(b)
}

// TestParse reads what people type and paste. Wanted messages are hex.
func TestParse(t *testing.T) {
	pairs := strings.TrimSpace(spaced(offerHex, 1, " "))
	broken := infoHex[:len(infoHex)-2]
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"plain", offerHex, []string{offerHex}},
		{"upper case", strings.ToUpper(offerHex), []string{offerHex}},
		{"0x at the front", "0x" + okHex, []string{okHex}},
		{"pairs", pairs, []string{offerHex}},
		{"pairs with 0x and commas", "0x00, 0x00, 0x00, 0x01, 0x00", []string{okHex}},
		{"colons", "00:00:00:01:00", []string{okHex}},
		{"dashes", "00-00-00-01-00", []string{okHex}},
		{"commas", "00,00,00,01,00,", []string{okHex}},
		{"fields", "0000 0001 00", []string{okHex}},
		{"a word and a byte", "00000001 00", []string{okHex}},
		{"comments", "# an answer\n00000001 # Size\n00 # OK\n", []string{okHex}},
		{"wrapped", fold(offerHex, 32), []string{offerHex}},
		{"wrapped at an odd width", fold(offerHex, 31), []string{offerHex}},
		{"a field a line", "00 01 00 01\n00 00 00 00\nc822\n0000 0000 0000\n" + offerHex[32:], []string{offerHex}},
		{"Content Information at a line's start", fold(infoHex, 64), []string{infoHex}},
		{"the same, malformed", fold(broken, 64), []string{broken}},
		{"the same in lines of 16", fold(broken, 32), []string{broken}},
		{"one a line", offerHex + "\n" + askHex + "\n\n" + batchHex, []string{offerHex, askHex, batchHex}},
		{"equally long, one a line", offerHex + "\n" + offerHex, []string{offerHex, offerHex}},
		{"malformed, one a line", batchHex[:40] + "\n" + batchHex, []string{batchHex[:40], batchHex}},
		{"Content Information, one a line", "00010c8000000000\n00010d8000000000000000\n00010e800000", []string{
			"00010c8000000000", "00010d8000000000000000", "00010e800000"}},
		{"Content Information 2.0, one a line", "000204" + strings.Repeat("0", 56) + "\n000204" + strings.Repeat("0", 58), []string{
			"000204" + strings.Repeat("0", 56), "000204" + strings.Repeat("0", 58)}},
		{"answers too long, one a line", "000000010000\n00000001000000\n00000001", []string{"000000010000", "00000001000000", "00000001"}},
		{"a line that could be an answer", batchHex[:48] + "\n" + "0000000100000001" + "\n" + "000000", []string{batchHex[:48] + "0000000100000001000000"}},
		{"base64", b64(offerHex), []string{offerHex}},
		{"base64 without padding", strings.TrimRight(b64(offerHex+"00"), "="), []string{offerHex + "00"}},
		{"base64 of the URL alphabet", strings.NewReplacer("+", "-", "/", "_").Replace(b64(batchHex)), []string{batchHex}},
		{"base64 wrapped", fold(b64(batchHex), 19), []string{batchHex}},
		{"base64, one a line", b64(okHex) + "\n" + b64(batchHex), []string{okHex, batchHex}},
		{"hex that is base64 too", "0001000100000000aaaabbbbccccdddd", []string{"0001000100000000aaaabbbbccccdddd"}},
		{"C string", `"\x00\x00\x00\x01\x00"`, []string{okHex}},
		{"C string in pieces", "\"\\x00\\x00\\x00\" \\\n  \"\\x01\\0\"", []string{okHex}},
		{"C string with characters", `char x[] = "\x00\x00AB\t\"\101";`, []string{"00004142092241"}},
		{"Python bytes", `b'\x00\x00\x00\x01"'`, []string{"0000000122"}},
		{"Python bytes in brackets", "(b'\\x00\\x00'\n b'\\x00\\x01\\x00')", []string{okHex}},
		{"two strings", "a = \"\\x00\\x00\\x00\\x01\\x00\"\nb = \"\\x00\\x00\\x00\\x01\\x01\"", []string{okHex, askHex}},
		{"escapes without quotes", `\x00\x00\x00\x01\x00`, []string{okHex}},
		{"a shell's command", `printf '\x00\x00\x00\x01\x00' | nc cache 80`, []string{okHex}},
		{"C array", "static const unsigned char pkt1[5] = { /* Packet 4 */\n0x00, 0x00, 0x00, // Size\n0x01, 0 };", []string{okHex}},
		{"two C arrays", "char a[] = {0,0,0,1,0};\nchar b[] = {0,0,0,1,1};", []string{okHex, askHex}},
		{"Go literal", `b := []byte{0x0, 0x0, 0x0, 0x1, 0x0}`, []string{okHex}},
		{"Go's %v", "[0 0 0 1 0]", []string{okHex}},
		{"Go's % x in braces", "{00 00 00 01 0a}", []string{"000000010a"}},
		{"Rust", "let b: [u8; 5] = [0x00, 0x00, 0x00, 0x01, 0x00];", []string{okHex}},
		{"decimals", "bytes([0, 0, 0, 1, 255])", []string{"00000001ff"}},
		{"JSON integers", "[0,0,0,1,255]", []string{"00000001ff"}},
		{"JSON strings", `["` + okHex + `", "` + b64(offerHex) + `"]`, []string{okHex, offerHex}},
		{"JSON lines", `{"raw":"` + okHex + `"}` + "\n" + `{"id":1,"hex":"` + askHex + `"}`, []string{okHex, askHex}},
		{"JSON over lines", "{\n \"raw\":\n \"" + okHex + "\"\n}", []string{okHex}},
		{"quoted hex, one a line", "'" + okHex + "'\n'" + askHex + "'\n", []string{okHex, askHex}},
		{"a line of a dump", "0000   00 00 00 01 00   .....", []string{okHex}},
		{"a line of a dump with spaces", "00000000: 4120 2042 20  A  B ", []string{"4120204220"}},
		{"text that looks like hex", "0000   34 31 20 34 32   41 42", []string{"3431203432"}},
		{"bytes that are no text of others", "0000   41 42   41 42", []string{"41424142"}},
		{"text like hex in the last line", "0000  61 62 63 64  abcd\n0004  34 31 20  41", []string{"61626364343120"}},
		{"text beside an edited byte", "00000000: 0000 0001 01  .?..!", []string{askHex}},
		{"a line cut out of a dump", "00000010  00 00 00 01 00                                    |.....|", []string{okHex}},
		{"Format-Hex", "\n   Label: String\n\n          Offset Bytes                                           Ascii\n" +
			"                 00 01 02 03 04 05 06 07 08 09 0A 0B 0C 0D 0E 0F\n          ------ -----\n" +
			"0000000000000000 00 00 00 01 61 62 63 64 65 66 67 68 69 6A 6B 6C \x2e\x2e\x2e\x2eabcdefghijkl\n" +
			"0000000000000010 00                                              .", []string{"000000016162636465666768696a6b6c00"}},
		{"certutil", "    0000\t00 00 00 01 00 00 00 00  00 00 00 00 00 00 00 00   ................\n    0010\t00   .",
			[]string{okHex + strings.Repeat("00", 12)}},
		{"raw", "\x00\x00\x00\x01\x00", []string{okHex}},
		{"HTTP", "POST /x HTTP/1.0\r\nContent-length:5\r\n\r\n\x00\x00\x00\x01\x00", []string{okHex}},
		{"HTTP, pipelined and chunked", "POST /x HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n\x00\x00\n3;x=y\n\x00\x01\x00\n0\n\n" +
			"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno" +
			"HTTP/1.1 200 OK\r\n\r\n\x00\x00\x00\x01\x01", []string{okHex, askHex}},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, m := range m {
			got = append(got, hex.EncodeToString(m.Bytes))
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

// spaced returns hex in groups of n bytes.
func spaced(h string, n int, gap string) string {
	var s strings.Builder
	for ; len(h) > 2*n; h = h[2*n:] {
		s.WriteString(h[:2*n] + gap)
	}
	return s.String() + h
}

// TestOptions reads one text in different ways.
func TestOptions(t *testing.T) {
	lines := okHex + "\n" + askHex
	for _, c := range []struct {
		in   string
		o    Options
		want []string
	}{
		{lines, Options{}, []string{okHex, askHex}},
		{lines, Options{Lines: Each}, []string{okHex, askHex}},
		{lines, Options{Lines: One}, []string{okHex + askHex}},
		{"0102\n030405", Options{Lines: Each}, []string{"0102", "030405"}},
		{"0102\n030405", Options{Format: Hex, Lines: One}, []string{"0102030405"}},
		{"AAAA", Options{}, []string{"aaaa"}},
		{"AAAA", Options{Format: Base64}, []string{"000000"}},
		{"qqqq", Options{Format: Base64}, []string{"aaaaaa"}},
		{"0000 00 00 00 01 00", Options{Format: Hex}, []string{"0000" + okHex}},
		{"0000 00 00 00 01 00", Options{}, []string{okHex}},
		{"0010 01", Options{}, []string{"001001"}},
		{"0010 01", Options{Format: Dump}, []string{"01"}},
		{"0000", Options{Format: Raw}, []string{"30303030"}},
		{"HTTP/1.1", Options{Format: Raw}, []string{"485454502f312e31"}},
		{`"\x00"`, Options{Format: Hex}, []string{"00"}},
	} {
		m, err := Parse([]byte(c.in), c.o)
		if err != nil {
			t.Errorf("%q %+v: %v", c.in, c.o, err)
			continue
		}
		var got []string
		for _, m := range m {
			got = append(got, hex.EncodeToString(m.Bytes))
		}
		if strings.Join(got, " ") != strings.Join(c.want, " ") {
			t.Errorf("%q %+v: got %v, want %v", c.in, c.o, got, c.want)
		}
	}
}

// TestFaults demands the place and the words of each complaint.
func TestFaults(t *testing.T) {
	dump := "00000000: 0002 0003 0000 0000 c822 0000 0000 0000  .........\"......\n" +
		"00000010: 0000 8000 0000 8000 0010 0862 40bf 76ca  ...........b@.v.\n" +
		"00000020: 6ff9 bf7d                                o..}\n"
	for _, c := range []struct{ in, want string }{
		{"", "the input is empty"},
		{" \n\t\r\n", "the input is empty"},
		{"# nothing\n", "line 1, column 1: no bytes, only"},
		{"000", "line 1, column 1: '000' has an odd number of hex digits"},
		{"00 01\n00 0 1", "line 2, column 4: '0' has an odd number"},
		{fold(offerHex[:95], 32), "line 3, column 32: an odd number of hex digits in all"},
		{"00010001 00000O00", "line 1, column 15: 'O' is not a hex digit"},
		{"0001 000é", "line 1, column 9: 'é' is not a hex digit"},
		{"AAEAAQAAAADIIgAA!AAA", "line 1, column 17: '!' is not a base64 digit"},
		{"AAEAAQAAAADIIgAAA", "line 1, column 1: truncated or corrupt base64"},
		{"AAEAAQAAAADIIg==\nAAAA", "line 1, column 15: base64 padding before the last line"},
		{"messages", "line 1, column 1: not hex, and as base64 it does not begin like a message"},
		{"no such thing.", "line 1, column 1: not hex, a hex dump"},
		{offerHex + "\nfefe0001\n" + okHex, "line 2, column 1: this line does not begin like a message"},
		{"fefe\n000102\nff", "line 1, column 1: these lines may be one message or several"},
		{strings.Replace(dump, "0862", "08g2", 1), "line 2, column 36: '08g2' is not hex: according to the offsets this line has 16 bytes, 10 precede it"},
		{strings.Replace(dump, "6ff9", "6gf9", 1), "line 3, column 11: '6gf9' is not hex, but follows the next offset"},
		{strings.Replace(dump, "00000010:", "00000018:", 1), "line 2, column 1: offset 00000018 does not follow offset 00000000 and its 16 bytes"},
		{strings.Replace(dump, " 0862", "", 1), "line 2, column 47: '...........' is not hex: according to the offsets this line has 16 bytes, 14 precede it"},
		{strings.Join(strings.Split(dump, "\n")[:1], "\n") + "\n" + strings.Join(strings.Split(dump, "\n")[2:], "\n"),
			"line 2, column 1: offset 00000020 does not follow"},
		{"00000000  00 02 00 03\n00000004  0g 00", "line 2, column 11: '0g' is not hex, but follows the next offset"},
		{"00000000  00 02 00 03\n00000004  0g 00\n00000006  00 01", "line 2, column 11: '0g' is not hex, but follows the next offset"},
		{"00000000  00 02\n...\n00000002  00 03", "line 3, column 1: offset 00000002 does not continue"},
		{"00000010: 0000\n00000008: 00", "line 2, column 1: offset 00000008 does not follow"},
		{"00000000: 0000\n*", "line 2, column 1: a line with an offset must follow '*'"},
		{"00000000: 0000\n*\n00000005: 00", "line 3, column 1: offset 00000005 is not a whole number of lines"},
		{"00000000: 0000\n*\nffffffff0: 00", "the input is longer than 64 MiB"},
		{" 00 01\n*\n 00", "line 2, column 1: '*' stands for repeated lines"},
		{`"\x0"`, "line 1, column 1: not hex, a hex dump"},
		{`"\x00\x0"`, `line 1, column 6: \x needs two hex digits`},
		{`"\x00\q"`, `line 1, column 6: unknown escape \q`},
		{`"\x00\777"`, `line 1, column 6: \777 is not a byte`},
		{`"\x00é"`, "line 1, column 6: 'é' is more than one byte"},
		{"\"\\x00\n", "line 1, column 1: unterminated string"},
		{"x = {0x00,\n 0x1g}", "line 2, column 2: '0x1g' is not an integer"},
		{"{0x00, 0x100}", "line 1, column 8: 0x100 is not a byte"},
		{`''`, "line 1, column 1: empty string"},
		{`'` + okHex + `', '` + askHex + `'`, "line 1, column 15: several strings on one line"},
		{`{"message":"RESPONSE_MESSAGE","fields":{}}`, "line 1, column 1: decoded message without"},
		{"{\"raw\":\"00\"}\n{\"a\":1}", `line 2, column 1: a JSON object without "raw" or "hex"`},
		{`{"message":"RESPONSE_MESSAGE"}`, `line 1, column 1: a JSON object without "raw" or "hex"`},
		{`{"raw":"0"}`, "line 1, column 1: character 1 of the JSON string: '0' has an odd number"},
		{`{"raw":"00`, "line 1, column 1: the JSON that begins here has no end"},
		{"{\"raw\":\n@}", "line 2, column 1: '@' does not belong here in JSON"},
		{"[0,256]", "line 1, column 1: no bytes in this JSON"},
		{"[-129]", "line 1, column 1: no bytes in this JSON"},
		{"[0.5]", "line 1, column 1: no bytes in this JSON"},
		{`["00",5]`, "line 1, column 1: no bytes in this JSON"},
		{"00000000: 0000\n*\n*\n00000004: 00", "line 2, column 1: a line with an offset must follow '*'"},
		{"[[]]", "line 1, column 1: an empty JSON array"},
		{`{"raw":1}`, "line 1, column 1: no bytes in this JSON"},
		{"\xd4\xc3\xb2\xa1\x02\x00", "the input is a packet capture"},
		{"\x34\xcd\xb2\xa1\x02\x00", "the input is a packet capture"},
		{"\x0a\x0d\x0d\x0a\x1c\x00", "the input is a packet capture"},
		{"\x1f\x8b\x08\x00", "damaged gzip data"},
		{"GET / HTTP/1.1\r\n\r\nHTTP/1.1 401 Unauthorized\r\n\r\nno", "HTTP without a message: no POST"},
		{"0000 4500 0028 0000 0000 4006 0000 7f00 0001 7f00 0001 0050 0051 0000 0000 0000 0000 5000 0000 0000 0000"[5:],
			"1 packet without a message: no HTTP POST"},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if err == nil {
			t.Errorf("%q: no error, %x", c.in, m[0].Bytes)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q:\n got %s\nwant %s", c.in, err, c.want)
		}
	}
	for _, c := range []struct {
		in   string
		o    Options
		want error
	}{
		{"\x00\x01", Options{Format: Hex}, &Error{Reason: "the input is not text, so it is not hex"}},
		{"", Options{Format: Raw}, ErrEmpty},
		{"```", Options{}, ErrEmpty},
		{"```text\n\n```\n", Options{}, ErrEmpty},
		{"00", Options{Format: Dump}, &Error{Line: 1, Column: 1, Reason: "no line of a hex dump: an offset, then hex digits"}},
	} {
		if _, err := Parse([]byte(c.in), c.o); err == nil || err.Error() != c.want.Error() {
			t.Errorf("%q %+v: %v, want %v", c.in, c.o, err, c.want)
		}
	}
	for in, cause := range map[string]error{
		"fefe\n000102\nff":                      ErrAmbiguousLines,
		offerHex + "\nfefe0001\n" + okHex:       ErrAmbiguousLines,
		"messages":                              ErrDoubtfulBase64,
		"no such thing.":                        ErrUnknownFormat,
		`[{"message":"X","fields":{"Size":1}}]`: ErrDecoded,
	} {
		if _, err := Parse([]byte(in), Options{}); !errors.Is(err, cause) {
			t.Errorf("%q: %v, want one caused by %v", in, err, cause)
		}
	}
}

// TestKindAndNote looks at what is told beside the bytes.
func TestKindAndNote(t *testing.T) {
	m, err := Parse([]byte("POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00"), Options{})
	if err != nil || m[0].Kind != spec.Request || m[0].Note != "body of an HTTP request" {
		t.Errorf("%+v %v", m, err)
	}
	m, err = Parse([]byte("\n\n"+okHex+"\n"+askHex), Options{})
	if err != nil || m[0].Line != 3 || m[1].Line != 4 || m[0].Kind != 0 || m[0].Note != "" {
		t.Errorf("%+v %v", m, err)
	}
}

// TestRead bounds what is read.
func TestRead(t *testing.T) {
	endless := readerFunc(func(p []byte) (int, error) {
		for i := range p {
			p[i] = '0'
		}
		return len(p), nil
	})
	if _, err := Read(endless, Options{}); !errors.Is(err, ErrTooLong) {
		t.Errorf("endless input: %v", err)
	}
	broken := errors.New("broken")
	if _, err := Read(readerFunc(func([]byte) (int, error) { return 0, broken }), Options{}); !errors.Is(err, broken) {
		t.Errorf("broken input: %v", err)
	}
	if m, err := Read(strings.NewReader(okHex), Options{}); err != nil || len(m) != 1 {
		t.Errorf("%v %v", m, err)
	}
}

// TestRepetitions bounds what gdb's repetitions expand to, in all of a text.
func TestRepetitions(t *testing.T) {
	half := strconv.Itoa(Limit/2 + 1)
	for _, s := range []string{
		"{0 <repeats " + half + " times>, 1};\n",
		"$1 = 'a' <repeats " + half + " times>, \"\\001\"\n",
	} {
		if _, err := Parse([]byte(s+s), Options{}); !errors.Is(err, ErrTooLong) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// FuzzInput demands that any input gives messages or an error, and the same
// ones if the message is given as hex again.
func FuzzInput(f *testing.F) {
	for _, s := range []string{offerHex, batchHex + "\n" + okHex, b64(infoHex), `"\x00\x01"`, "{0x00, 1}", "[0,2]", `{"raw":"00"}`,
		"00000000: 0002 0003  ....\n*\n00000008: 00  .", "0000000 000 001\n0000002", "0x0000:  4500 0028",
		"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n\x00\r\n0\r\n\r\n", "\xff\xfe0\x000\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for format := range Formats {
			for _, lines := range []Lines{Guess, Each, One} {
				m, err := Parse(b, Options{Format: Format(format), Lines: lines})
				if (err == nil) != (len(m) > 0) {
					t.Fatalf("%d messages and error %v", len(m), err)
				}
				if err != nil {
					continue
				}
				for _, m := range m {
					if len(m.Bytes) > 1<<16 {
						continue // a dump's repeated lines: slow to judge, and nothing new
					}
					again, err := Parse(fmt.Appendf(nil, "%x", m.Bytes), Options{Format: Hex})
					p := part{data: m.Bytes}
					if p.identify(); len(m.Bytes) == 0 || p.content == http || p.content == packet {
						continue // an empty literal, or a packet in a packet
					}
					if err != nil || !bytes.Equal(again[0].Bytes, m.Bytes) {
						t.Fatalf("%x: as hex again: %v", m.Bytes, err)
					}
				}
			}
		}
	})
}
