package input

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

// reads demands of texts messages, in hex, or an error with what follows "!".
// "?" begins a problem instead of a message.
func reads(t *testing.T, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		m, err := Parse([]byte(c[0]), Options{})
		var got []string
		for _, m := range m {
			if m.Problem != "" {
				got = append(got, "?"+m.Problem)
			} else {
				got = append(got, hex.EncodeToString(m.Bytes))
			}
		}
		if reason, wrong := strings.CutPrefix(c[1], "!"); wrong {
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%.400q: %.200q, %v, want %s", c[0], got, err, reason)
			}
		} else if err != nil || strings.Join(got, " ") != c[1] {
			t.Errorf("%.400q: %.300q, %v, want %.300s", c[0], got, err, c[1])
		}
	}
}

// TestWords: what stands among other text, and how much of it there must be.
func TestWords(t *testing.T) {
	offer := offerHex
	b64offer := b64(offerHex)
	reads(t, [][2]string{
		{"body=0000000101 ok", "0000000101"}, {"body=000000010 ok", "!"}, {"recv: 00 00 00 01 01;", "0000000101"}, {"recv: 00 00 00 01 x;", "!"}, {"recv: 00:00:00:01:01;", "0000000101"}, {"recv: 00-00-00-01-01;", "0000000101"},
		{"recv 0x0000000101!", "0000000101"}, {"a=" + offer + " b=" + okHex + " !", "!"}, {"a=" + offer + " b=ffffffffff !", "!"}, {"a=" + offer + " b=1234567890 !", offer},
		{"x y=" + offer + "\nnothing here!\ny=" + okHex + " z!", offer + " " + okHex}, {"y=" + offer + "... z!", "!"}, {"y=" + offer + " [truncated]", "!"}, {"y=" + offer + " (cut here)", "!"}, {"y=" + offer + " and 12 more bytes!", "!"},
		{"we have seen the message " + offer + " twice!", "!"}, {"we have seen the body=" + offer + " twice!", offer},
		{"m: b64=" + b64offer + " !", offer}, {"m: (" + b64offer + ") !", offer}, {"m: \u00a7" + b64offer + " !", "!"}, {"m: b64=AAAAAQE= !", askHex}, {"m: b64=AAAAAQ !", "!"}, {"m: b64=AAAAAQF= !", "!"},
		{"# 1: " + okHex + " !\n# 2: " + askHex + " !", "!no bytes, only"},
		// decimal numbers
		{"0 0 0 1 1", "0000000101"}, {"0,0,0,1,1", "0000000101"}, {"0;0;0;1;1", "0000000101"}, {"0\n0\n0\n1\n1", "0000000101"}, {"0 0 0 1", "!"}, {"0 2 0 3 0 0 0 0 200 34 0 0", "000200030000000" + "0c8220000"}, {"0 2 0 3 0 0 0 0 -56 34 0 0", "0002000300000000c8220000"},
		{"0 1 0 1 0 0 0 0 99 9", "!"}, {"0 1 0 1 0 0 0 0 100 9", "0001000100000000" + "6409"}, {"0 1 0 1 0 0 0 0 255 9", "0001000100000000" + "ff09"}, {"0 1 0 1 0 0 0 0 256 9", "!"}, {"0 1 0 1 0 0 0 0 -128 9", "00010001000000008009"}, {"0 1 0 1 0 0 0 0 -129 9", "!"},
		{"0 1 0 1 0 0 0 0 100 +9", "!"}, {"0 1 0 1 0 0 0 0 100 09", "!"}, {"0 1 0 1 0 0 0 0 9 9", "00010001000000000909"}, {"0 1 0 1 0 0 0 0 10 9", "!"}, {"0 1 0 1 0 0 0 0 -1 9", "0001000100000000ff09"}, {"9 9 9 9 9 9", "!"},
		// binary digits
		{"00000000 00000000 00000000 00000001 00000001", askHex}, {"00000000\n00000000\n00000000\n00000001\n00000000", okHex}, {"00000000 00000000 00000000 00000001", "00000000000000000000000000000001"}, {"00000000 00000000 00000000 00000001 0000001", "!"}, {"00000000 00000000 00000000 00000001 00000002", "0000000000000000000000000000000100000002"}, {"00000001 00000000 00000000 00000001 00000001", "0000000100000000000000000000000100000001"},
		// base32
		{base32.StdEncoding.EncodeToString([]byte("\x00\x00\x00\x01\x01")), askHex}, {"PBWW63TUNBSSA43PNVSXI2DJ", "!base32 -d"}, {"PBWW63TUNBSSA43P", "!base32 -d"}, {"PBWW63TU", "!as base64 it does not begin like a message"}, {"PBWW63TUNBSSA43PN", "!"}, {"pbww63tunbssa43p", "!as base64"},
		{fold(base32.StdEncoding.EncodeToString(unhex(t, offerHex)), 16), offerHex},
	})
}

// TestWrapped: bytes in what says that they are some, and that with something wrong.
func TestWrapped(t *testing.T) {
	ask := "\x00\x00\x00\x01\x01"
	b := base64.StdEncoding.EncodeToString([]byte(ask))
	reads(t, [][2]string{
		{"-----BEGIN X-----\n" + b + "\n-----END X-----\n", askHex}, {"-----BEGIN X-----\n" + b + "\n-----END Y-----\n", "!PEM: the end of X is missing"}, {"-----BEGIN X-----\n" + b + "!\n-----END X-----\n", "!PEM without its end"}, {"text\n-----BEGIN X-----\n" + b, "!line 2, column 1: PEM without its end"},
		{"-----BEGIN PUBLIC KEY-----\nMIIBCgKCAQEA\n-----END PUBLIC KEY-----\n", "!a certificate or a key"}, {"-----BEGIN NOTE-----\nMIIBCgKCAQEA\n-----END NOTE-----\n", "3082010a0282010100"}, {"-----BEGIN X-----\nAAAAAQ\n-----END X-----", "00000001"}, {"-----BEGIN X-----\nAAAAA\n-----END X-----", "!PEM: truncated or corrupt base64"},
		{"data:;base64," + b, askHex}, {"data:application/octet-stream;name=x;base64," + strings.ReplaceAll(b, "=", "%3D"), askHex}, {"data:;base64,AAEAAQAAAAA%2B%2F%2f8%3d", "0001000100000000" + "3effff"}, {"data:;base64,AAAAA", "!data: URI: truncated"},
		{"body: !!binary " + b, askHex}, {"body: !!binary \"" + b + "\"", askHex}, {"a: !!binary |\n  AAAA\n  AQE=\n", askHex},
		{"<Buffer 00 00 00 01 01>", askHex}, {"<SlowBuffer 00 00 00 01 01>", askHex}, {"<Buffer 00 ... 1 more byte>", "!Node shows only the first 1 byte: 1 more byte were cut"}, {"<Buffer 00 01 ... 12 more bytes>", "!only the first 2 bytes: 12 more bytes were cut"},
		{"{length = 5, bytes = 0x0000000101}", askHex}, {"{length = 5, bytes = 0x00000001 01}", askHex}, {"{length=5,bytes=0x00000001 01 }", askHex}, {"{length = 4, bytes = 0x00000001 01}", "!a length of 4, but 5 bytes"}, {"{length = 99999999999999999999, bytes = 0x0000000101}", "!a length of 99999999..., but 5 bytes"}, {"{length = 9, bytes = 0x00000001 ... 01 }", "!NSData was cut"}, {"{length = 5, bytes = 0x000000010}", "!NSData: an odd number of hex digits"},
		{"<00000001 01>", askHex}, {"<00000001 010>", "!NSData: an odd number"},
		{"\"a\"=hex:00,00,00,01,01", askHex}, {"\"a\"=hex(3):00,00,00,\\\r\n  01,01", askHex}, {"\"a\"=hex:00,00,00,01,01,", "!it ends with a comma"},
		{`\x0000000101`, askHex}, {`\\x0000000101`, askHex}, {"X'0000000101'", askHex}, {"x'000000010'", "!hex literal of SQL: an odd number"},
		{"%00%00%00%01%01", askHex}, {"b=%00%00%00%01%01&x", askHex},
		{"=00=00=00=01=01", askHex}, {"=00=00=00=\n=01=01", askHex}, {"=00=00=00=\r\n=01=01", askHex},
		{"X'0000000101' 00010203", "!hex digits outside"}, {"X'0000000101' at 2026-11-29T12:00:00.123456Z", askHex}, {"X'0000000101'... ", "!were cut here"}, {"X'0000000101' X'0000000100'", askHex + " " + okHex},
		{"go test fuzz v1\n[]byte(\"\\x00\\x00\\x00\\x01\\x01\")\n", askHex}, {"go test fuzz v1\nint(7)\nstring(\"\\x00\\x00\\x00\\x01\\x01\")\nbool(true)\n", askHex}, {"go test fuzz v1\nint(7)\n", "!must have one value of bytes, not 0"}, {"go test fuzz v1\n[]byte(\"\\x00\")\n[]byte(\"\\x01\")\n", "!not 2"}, {"go test fuzz v1\n\n[]byte(\"\\x00)\n", "!line 3, column 1: not a Go string"}, {"go test fuzz v1\n[]byte('a')\n", "!not a Go string"}, {"go test fuzz v1\n[]byte(`a`)\n", "61"},
	})
}

// TestJSONValues: what of JSON is bytes.
func TestJSONValues(t *testing.T) {
	reads(t, [][2]string{
		{"[0,0,0,1,127]", "000000017f"}, {"[0,0,0,1,128]", "0000000180"}, {"[0,0,0,1,255]", "00000001ff"}, {"[0,0,0,1,256]", "!no bytes in this JSON"}, {"[0,0,0,1,-128]", "0000000180"}, {"[0,0,0,1,-129]", "!no bytes"}, {"[0,127,-1]", "007fff"}, {"[0,128,-1]", "!no bytes"}, {"[0,1.5]", "!no bytes"}, {"[-1]", "ff"},
		{`["00","00","00","01","01"]`, askHex}, {`["0x0","0x0","0x0","0x1","0x1"]`, askHex}, {`["0x00",1]`, "!no bytes"}, {`["100","00"]`, "!"}, {`["00"]`, "00"}, {`["` + okHex + `"]`, okHex}, {"[]", "!an empty JSON array"}, {"[true]", "!no bytes"}, {`["-1","00"]`, "!"},
		{`{"type":"Buffer","data":[0,0,0,1,1]}`, askHex}, {`{"type":"Buffer","data":[0,0,300]}`, `!a JSON object without "raw" or "hex"`}, {`{"type":"X","data":[0,0,0,1,1]}`, `!a JSON object without`}, {`{"type":"Buffer","data":"x","raw":"` + okHex + `"}`, okHex},
		{`{"raw":"` + okHex + `","hex":"` + askHex + `"}`, okHex}, {`{"hex":[0,0,0,1,1]}`, askHex}, {`{"raw":{"hex":"` + askHex + `"}}`, askHex}, {`{"message":"X","fields":{}}`, "!decoded message without"}, {`{"message":"X"}`, "!a JSON object without"}, {`{"fields":{}}`, "!a JSON object without"},
		{`"` + okHex + `"`, okHex}, {`"0000000"`, "!character 1 of the JSON string"}, {`""`, "!no bytes, only blanks"}, {`"` + b64(askHex) + `"`, askHex}, {`["` + okHex + `",["` + askHex + `"]]`, okHex + " " + askHex},
		{"[\"" + okHex + "\"]\n\n[\"" + askHex + "\",\n7]", "!line 4, column 1: no bytes"}, {"[\"" + okHex + "\"] [\"" + askHex + "\"]", "!several strings on one line"}, {"{\"raw\":\"" + okHex + "\"} x", "!line 1, column 22: 'x' does not belong here in JSON"}, {"{\"raw\":\n\"" + okHex + "\"", "!line 1, column 1: the JSON that begins here has no end"}, {"  {\"raw\":\"" + okHex + "\"}\n {", "!line 2, column 2: the JSON"},
	})
	for text, want := range map[string]bool{`{"a"`: true, `{ "a"`: true, `{a`: false, `{}`: false, `[1]`: true, `[1`: false, "[1]\nx": true, "[1\n]": true, `"a"`: true, `"a`: false, " \n{\n\"": true, "x": false, "": false} {
		if got := isJSON(text); got != want {
			t.Errorf("%q is JSON: %v", text, got)
		}
	}
}

// TestHexLines: digits, signs between them, and where they are wrong.
func TestHexLines(t *testing.T) {
	for _, c := range []struct {
		text   string
		digits string
		pieces int
		odd    int
		fault  string // of the line alone, or its error
	}{
		{"00 01", "0001", 2, -1, ""}, {"00:01,02;03-04", "0001020304", 5, -1, ""}, {"0x00 0X01", "0001", 2, -1, ""}, {"0x0001", "0001", 1, -1, ""}, {"00 # zz", "00", 1, -1, ""}, {"", "", 0, -1, ""}, {"  :", "", 0, -1, ""},
		{"0", "0", 1, 0, "column 1: '0' has an odd number"}, {"00 123 4", "001234", 3, 3, "column 4: '123' has an odd number"}, {"00 0x123456789", "00", 0, 0, "column 4: 0x here, but not before"}, {"0x00 01", "0001", 2, -1, ""}, {"0x00 01 0x02", "000102", 3, -1, ""},
		{"00 zz", "", 0, 0, "column 4: 'z' is not a hex digit"}, {"00 0xz", "", 0, 0, "column 4: 0x here"}, {"0x00 0xz", "", 0, 0, "column 8: 'z' is not"}, {" * ", "", 0, 0, "column 2: '*' stands for repeated lines"}, {"00 *", "", 0, 0, "column 4: '*' is not a hex digit"},
		{"00...", "", 0, 0, "column 3: '...' means that bytes were left out"}, {"00 [truncated]", "", 0, 0, "column 4: 'truncated' means"}, {"00 cut", "", 0, 0, "column 5: 'u'"}, {"00 truncated", "", 0, 0, "column 4: 'truncated'"}, {"0x", "", 0, 0, "the end"}, {"123456789 ", "123456789", 1, 0, "'12345678...' has an odd"},
	} {
		u, err := hexUnit(line{no: 7, text: c.text})
		if err == nil {
			err = u.err
		}
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) {
				t.Errorf("%q: %v, want %s", c.text, err, c.fault)
			}
			continue
		}
		if err != nil || u.digits != c.digits || u.pieces != c.pieces || u.odd != c.odd || fmt.Sprintf("%x", u.alone) != c.digits {
			t.Errorf("%q: %+v, %v", c.text, u, err)
		}
	}
	reads(t, [][2]string{
		{"0001000100000000\nc82", "!an odd number"}, {"000\n100\n010", "!line 3, column 4: an odd number of hex digits in all"}, {"000\n000\n010\n1", askHex}, {"00 0\n00 0\n01 01", "!line 1, column 1: these lines may be one"},
		{okHex + "\n" + askHex, okHex + " " + askHex}, {okHex + "\nffff", okHex + "ffff"}, {okHex + "\nffff\n" + askHex, "!line 2, column 1: this line does not begin like a message, but others do"}, {"ffff\n" + okHex, "!line 1, column 1: this line does not begin"}, {"ff\nffff\nff", "!line 1, column 1: these lines may be one message or several"}, {"ffff\nffff\nff", "ffffffffff"}, {"ff\nff\nff", "ffffff"},
		{infoHex[:64] + "\n" + infoHex[64:128], infoHex[:128]}, {infoHex[:62] + "\n" + infoHex[62:126], infoHex[:126]}, {offerHex[:64] + "\n00010c8000000000", offerHex[:64] + " 00010c8000000000"}, {infoHex[:64] + "\n" + okHex, infoHex[:64] + " " + okHex},
	})
}

// TestBase64Lines: likewise.
func TestBase64Lines(t *testing.T) {
	ok, ask := b64(okHex), b64(askHex)
	reads(t, [][2]string{
		{ok, okHex}, {ok + "\n" + ask, okHex + " " + askHex}, {"AAEA\nAQAA\nAADI\nIg==", "00010001000000" + "00c822"}, {"AAAA AQE=", askHex}, {"AAAAAQF=", "!truncated or corrupt base64"}, {"AAAAAQE=\nAA", "!base64 padding before the last line"}, {"AAAA\n AQ*", "!line 2, column 4: '*' is not a base64 digit"}, {"AAAA\u00e9", "!'é' is not a base64 digit"}, {"AAAA@[`{", "!column 5: '@' is not"},
		{"AAAAAQE[", "!'['"}, {"AAAAAQE`", "!'`'"}, {"AAAAAQE{", "!'{'"}, {"AAAAAQE:", "!':'"}, {"AAAAAQE.", "!'.'"}, {"AAEAAQAAAAD-_w==", "0001000100000000feff"}, {"AAEAAQAAAAD+/w==", "0001000100000000feff"}, {"AAEAAQAAAADzZ9aA", "0001000100000000f367d680"},
	})
}

// TestSurroundings: what may stand around literals.
func TestSurroundings(t *testing.T) {
	const s = `"\x00\x00\x00\x01\x01"`
	reads(t, [][2]string{
		{s + " 0001020", askHex}, {s + " 00010203", "!line 1, column 24: hex digits outside"}, {s + " deadbeef", askHex}, {s + " 00 01 02", askHex}, {s + " 00 01 02 03", "!hex digits outside"}, {s + " 00,01,02,03", "!hex digits outside"}, {"x0001020 " + s, askHex}, {"0x00010203 = " + s, askHex}, {"00010203 = " + s, "!line 1, column 1: hex digits outside"},
		{s + " ...", "!column 24: '...' means"}, {s + ", ...", "!means"}, {s + ") ...", "!means"}, {s + "; ...", askHex}, {s + " truncated", "!'tru' means"}, {s + " [cut]", "!'[cu' means"}, {s + " cutter", askHex}, {"... " + s, askHex}, {s + ".", askHex},
		{"four words in one row " + s, "!line 1, column 1: text and code mixed"}, {"three words in " + s, askHex}, {"static const unsigned char x = " + s, askHex}, {s + "\n\nhere are four words\n", "!line 3, column 1: text and code mixed"}, {"12:00:00.123456 " + s, askHex},
		{"a = " + s + "\nb = \"\\x00\"", "!line 2, column 5: a literal of 1 byte in other text"}, {s + "\n\"\\x01\"", askHex + "01"}, {"\"\\x00\"", "00"}, {"x \"\\x00\\x00\\x00\\x01\"", "!line 1, column 3: a literal of 4 bytes"},
		{"a = " + s + "\nb = " + s, askHex + " " + askHex}, {"m = " + s + "\nm += " + s, askHex + askHex}, {s + " + " + s, askHex + askHex}, {s + " . " + s, askHex + askHex}, {s + " & " + s, askHex + askHex}, {s + "\n" + s, askHex + askHex}, {s + "\\\nb" + s, askHex + askHex}, {s + ", " + s, askHex + " " + askHex}, {s + " rb" + s, askHex + askHex}, {s + " L" + s, askHex + askHex}, {s + " x " + s, askHex + " " + askHex},
		{"// \"\\x00\\x00\\x00\\x01\\x00\"", okHex}, {"{'\\x00', '\\x00', '\\x00', '\\x01', '\\x01'}", askHex}, {"$1 = '\\000' <repeats 3 times>, \"\\001\\001\"", askHex},
		{`'0000000101'`, askHex}, {`"0000000101" "00"`, askHex + "00"}, {`x = "0000000101"; y = "0000000100"`, "!several strings on one line"}, {"\"00\", \"00\", \"00\", \"01\", \"01\"", askHex}, {"\"0000\", \"0001\", \"01\"", askHex}, {"\"00000\", \"0001\"", "!"}, {"\"0000000101\", \"0000000100\"", "!several strings on one line"}, {"\"0000000101\",\n\"0000000100\"", askHex + " " + okHex}, {`x = ""`, "!empty string"},
		{"\\x00\\x00\\x00\\x01\\x01  \n", askHex}, {"\\x00\\x00\\x00 \n\\x01\\x01", askHex}, {"\\x00\\x02\\x00\\x03\\x00\\x00\\x00\\x00 a b \n", "0002000300000000206120" + "62"}, {"\\x00\\x00\\x00\\x01\\x01...", "!means that these bytes were cut"}, {"$ \\x00\\x00\\x00\\x01\\x01", askHex}, {"\\x00\\x00\\x00\r\n\\x01\\x01\r\n", askHex}, {"\\x00\\x00\\x00\\x01\\", "00000001"}, {"\\x00\\x00\\x00\\x01é", "!'é' is more than one byte"}, {"\\x00\\x00\\x00\\x01\\u0080", "!is one byte in some languages"},
	})
}

// TestDumpOrder: the order of the bytes in groups, by what they are and what stands
// beside them.
func TestDumpOrder(t *testing.T) {
	message := []byte("\x00\x00\x00\x01\x01\x00\x00")
	swapped := []byte("\x00\x00\x01\x00\x00\x01\x00")
	junk, other := []byte("\xff\xfe\xfd\xfc"), []byte("\xfc\xfd\xfe\xff")
	for _, c := range []struct {
		name              string
		marked, hexed     bool
		size              int
		inOrder, swapped  int
		written, reversed []byte
		want              string // "w" as written, "r" reversed, "!" for a fault
	}{
		{"bytes", false, false, 1, 0, 0, message, message, "w"},
		{"bytes, marked", true, false, 1, 0, 0, message, message, "w"},
		{"words of hexdump", false, false, 2, 0, 0, swapped, message, "r"},
		{"words of hexdump, neither known", false, false, 2, 0, 0, junk, other, "r"},
		{"words of od --endian=big", false, false, 2, 0, 0, message, swapped, "w"},
		{"xxd", true, false, 2, 0, 0, message, swapped, "w"},
		{"xxd, neither known", true, false, 2, 0, 0, junk, other, "w"},
		{"xxd -e", true, false, 4, 0, 0, swapped, message, "r"},
		{"by its text", true, false, 4, 2, 0, swapped, message, "w"},
		{"by its text, swapped", true, false, 4, 0, 1, message, swapped, "r"},
		{"texts that differ", true, false, 4, 1, 1, message, swapped, "w"},
		{"words of a debugger", true, true, 4, 0, 0, message, swapped, "w"},
		{"words of a debugger, swapped", true, true, 4, 0, 0, swapped, message, "r"},
		{"words of a debugger, neither known", true, true, 4, 0, 0, junk, other, "!"},
		{"words of a debugger, both the same", true, true, 4, 0, 0, junk, junk, "w"},
	} {
		b := block{first: row{how: notations[0], marked: c.marked, hexed: c.hexed, groups: []group{{0, 2 * c.size, c.size}}, line: line{no: 1, text: "00000000"}}, asWritten: c.written, reversed: c.reversed, inOrder: c.inOrder, swapped: c.swapped}
		p, err := b.part()
		got := "?"
		switch {
		case err != nil:
			got = "!"
			if want := fmt.Sprintf("x/%dxb", len(c.written)); !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v", c.name, err)
			}
		case bytes.Equal(p.data, c.written):
			got = "w"
		case bytes.Equal(p.data, c.reversed):
			got = "r"
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestDumpLimit: repeated lines and others, up to the limit.
func TestDumpLimit(t *testing.T) {
	for _, text := range []string{"0000  00 01 02 03\n*\n0010", "0000: 00 01 02 03\n*\n000c: 00 01 02 03", "0000: 00 01 02 03\n0004: 00 01 02 03\n0008: 00 01 02 03\n000c: 00 01 02 03", "0000: 00 01 02 03\n0004: 00 01 02 03\n*\n000c: 00 01 02 03"} {
		for limit, want := range map[int]bool{17: true, 16: true, 15: false, 12: false, 3: false} {
			lines := splitLines(text)
			b, ok := begin(lines, false)
			if !ok {
				t.Fatal(text)
			}
			b.limit = limit
			n, _, err := b.read(windowOf(lines).at)
			if want && (err != nil || n != len(lines) || len(b.asWritten) != 16 || len(b.reversed) != 16) || !want && err != ErrTooLong {
				t.Errorf("%q, limit %d: %d lines, %d bytes, %v", text, limit, n, len(b.asWritten), err)
			}
		}
	}
}
