package input

import (
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRefused: what is cut, damaged or of another kind has a reason and no message.
func TestRefused(t *testing.T) {
	batch, _ := hex.DecodeString(batchHex)
	all := map[string]form{}
	for _, f := range forms() {
		all[f.name] = f
	}
	xxd, hexdumpC, od := all["xxd"].write(batch), all["hexdump -C"].write(batch), all["od -tx1"].write(batch)
	escaped := each(`\x%02x`, "")(batch[:30])
	for _, c := range []struct{ name, in, want string }{
		{"a cut string", `"` + escaped + `"...`, "'...' means that these bytes were cut"},
		{"a string cut inside", `"` + escaped + `..."`, "'...' means that these bytes were cut"},
		{"a cut Python string", `b'\x00\x02'...`, "'...' means that these bytes were cut"},
		{"escapes, cut", escaped + "...", "'...' means that these bytes were cut"},
		{"a cut list", "[0, 2, 0, 3, ...]", "'...' means that bytes were left out"},
		{"a list cut in the middle", "array([0, 2, 0, ..., 170, 82], dtype=uint8)", "'...' means that bytes were left out"},
		{"a cut array of Node", "Uint8Array(120) [\n  0, 2, 0, 3,\n  ... 116 more items\n]", "'...' means that bytes were left out"},
		{"a cut binary of Erlang", "<<0,2,0,3,0,0,0,0,...>>", "'...' means that bytes were left out"},
		{"cut hex", batchHex[:60] + "...", "'...' means that bytes were left out"},
		{"hex cut by one sign", batchHex[:60] + "…" + batchHex[90:], "'...' means that bytes were left out"},
		{"a cut Buffer", "<Buffer 00 02 00 03 ... 71 more bytes>", "Node shows only the first 4 bytes: 71 more bytes were cut"},
		{"cut NSData", "{length = 75, bytes = 0x00020003 00000000 ... e0f6aa52 }", "NSData was cut"},
		{"NSData of another length", "{length = 6, bytes = 0x0000000101}", "a length of 6, but 5 bytes"},
		{"cut PEM", "-----BEGIN X-----\nAAIAAwAA\n", "PEM without its end"},
		{"PEM of two blocks", "-----BEGIN X-----\nAAIAAwAA\n-----END Y-----\n", "the end of X is missing"},
		{"cut JSON", `{"raw":"` + batchHex[:40], "has no end"},
		{"a dump that was cut", "0000  00 02 00 03 00 00 00 00 c8 22 ...", "'...' means that bytes were left out"},
		{"prose", `the server said "0000000101" to me yesterday evening`, "text and code mixed"},
		{"two kinds", `0000000101 and then "0000000100"`, "hex digits outside"},
		{"a dump that is not known, with quotes", "kd> db x\n00000245_1fd2b040  3d 22 3d 22 00 02 00 03-c8 22 22 3d  =\"3D\"...\"\"=\n", "hex digits outside"},
		{"how often a value is repeated", "[0u8; 5]", "how often it is repeated"},
		{"signed and unsigned", "x = [-1, 200]", "signed and unsigned"},
		{"decimal escapes", `"\000\198"`, "decimal in some languages"},
		{"a character of one byte or two", `x = "\u0000\u00c8"`, "one byte in some languages"},

		{"another end of hexdump", strings.Replace(hexdumpC, "0000004b", "0000004c", 1), "offset 0000004c does not follow"},
		{"another end of od", strings.Replace(od, "0000113", "0000112", 1), "offset 0000112 does not follow"},
		{"an end of another tool", xxd + "0000004c\n", "offset 0000004c does not follow"},
		{"half a byte in the last line", strings.Replace(xxd, "3b65", "3b6", 1), "line 5, column 16"},
		{"no hex in the last line", strings.Replace(xxd, "3b65", "3z65", 1), "line 5, column 16"},
		{"bytes lost in the last line", strings.Replace(xxd, " 3b65", "", 1), "line 5, column"},
		{"the last line cut", strings.TrimRight(xxd, ".R\n ;oe"), "line 5, column"},
		{"a damaged offset in the last line", strings.Replace(xxd, "00000040", "0000004O", 1), "line 5, column 1"},
		{"no offset in the last line", strings.Replace(xxd, "00000040: ", "", 1), "line 5, column 1"},
		{"a short offset in the last line", strings.Replace(xxd, "00000040", "0000", 1), "line 5, column 1"},
		{"a damaged offset in the middle", strings.Replace(xxd, "00000020", "000000Z0", 1), "line 3, column 1"},
		{"a damaged offset in the first line", strings.Replace(xxd, "00000000:", "0000000O:", 1), "line 1, column 1: this line is like"},
		{"a line twice", strings.Replace(xxd, "00000020", "00000010", 1), "line 3, column 1: offset 00000010 does not follow"},
		{"more bytes than the offset says", strings.Replace(xxd, "0862", "0862 0862", 1), "line 2"},
		{"what openssl leaves out", "0000 - 00 00 00 01   ....\n0005 - <SPACES/NULS>\n", "line 2"},
		{"words of a debugger", "0x7ffe000:\t0x01020304\t0x05060708\n0x7ffe008:\t0x11121314\t0x15161718\n", "either byte order"},
		{"addresses apart", all["gdb x/xb"].write(batch) + "\n" + all["dlv examinemem"].write(batch), "bytes are missing"},
		{"signed decimals of od", "0000000    0    2    0    3    0    0    0    0  -56   34    0    0    0    0    0    0\n0000020\n", "od -An -v -tx1"},

		{"HTML", "<!DOCTYPE html>\n<html><body>0000000101</body></html>", "an HTML page"},
		{"XML", "<?xml version=\"1.0\"?>\n<a>0000000101</a>", "XML"},
		{"PDML", "<?xml version=\"1.0\"?>\n<?xml-stylesheet type=\"text/xsl\" href=\"pdml2html.xsl\"?>\n<pdml version=\"0\">", "tshark -x"},
		{"od -c", "0000000  \\0 002  \\0 003  \\0  \\0  \\0  \\0 310   \"  \\0  \\0  \\0  \\0  \\0  \\0\n0000020\n", "od -An -v -tx1"},
		{"od -a", "0000000 nul stx nul etx nul nul nul nul   H   \" nul\n", "od -An -v -tx1"},
		{"uuencode", "begin 644 x\n%     0$ \n`\nend\n", "uudecode"},
		{"tcpdump -A", "08:15:03.003000 IP 192.0.2.21.49731 > 192.0.2.80.80: Flags [P.], length 45\nE..g......f....\n", "tcpdump -x"},
		{"tshark", "    1   0.000000   192.0.2.1 → 192.0.2.2     TCP 74 40000 → 80 [SYN] Seq=0\n", "tshark -x"},
		{"Intel HEX", ":050000000000000101F9\n:00000001FF\n", "objcopy"},
		{"S-records", "S10800000000000101F5\n", "objcopy"},
		{"ASCII85", `<~!!!!"!<~>`, "ASCII85"},
		{"base32 of something else", "PBWW63TUNBSSA43PNVSXI2DJNZTSAZLM", "base32 -d"},
		{"UTF-32", "\xff\xfe\x00\x000\x00\x00\x00", "iconv"},
		{"zip", "PK\x03\x04\x14\x00", "unzip"},
		{"7z", "7z\xbc\xaf\x27\x1c\x00\x04", "7z x"},
		{"xz", "\xfd7zXZ\x00\x00", "xz -dc"},
		{"zstd", "\x28\xb5\x2f\xfd\x04\x00", "zstd -dc"},
		{"bzip2", "BZh91AY&SY", "bzip2 -dc"},
		{"netmon", "GMBU\x00\x02", "editcap"},
		{"etl", etl(), "etl2pcapng"},
		{"ERF", erf(), "editcap"},
		{"modified pcap", "\x34\xcd\xb2\xa1\x02\x00\x04\x00", "a packet capture"},
		{"PNG", "\x89PNG\r\n\x1a\n", "PNG"},
		{"ELF", "\x7fELF\x02\x01\x01\x00", "ELF"},
		{"PDF", "%PDF-1.7\n", "PDF"},
		{"hex of gzip", "1f8b0800000000000003", "gzip data"},
		{"damaged gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03abc", "damaged gzip data"},
		{"gzip of a capture", gzipped("\xd4\xc3\xb2\xa1\x02\x00\x04\x00"), "a packet capture"},
		{"gzip of gzip", gzipped(gzipped(okHex)), "gzip data"},
		{"a bomb", gzipped(strings.Repeat("0", Limit+1)), "longer than 64 MiB"},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if err == nil {
			t.Errorf("%s: %d messages, the first %x", c.name, len(m), m[0].Bytes)
			continue
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if m, err := Parse([]byte(gzipped(xxd)), Options{}); err != nil || !bytes.Equal(m[0].Bytes, batch) {
		t.Errorf("gzip of a dump: %v", err)
	}
	var f *Foreign
	if _, err := Parse([]byte("\xfd7zXZ\x00\x00"), Options{}); !errors.As(err, &f) || !f.Compressed {
		t.Errorf("xz: %v, want what may be a capture", err)
	}
}

func gzipped(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

func etl() string {
	b := make([]byte, 200)
	b[2], b[0x48], b[0x4a], b[0x4b] = 1, 2, 2, 0xc0
	return string(b)
}

func erf() string {
	b := make([]byte, 64)
	for _, at := range []int{0, 32} {
		b[at+7], b[at+8], b[at+11], b[at+15] = 0x66, 2, 32, 14
	}
	return string(b)
}

// TestInput: a message says what it was read from.
func TestInput(t *testing.T) {
	for in, want := range map[string]string{
		"ffff0001":                       "hex",
		"00000000: ffff 0001 0002":       "hex dump",
		"0000000 177777 000001\n0000004": "octal words dump",
		`"\xff\xff"`:                     "string literal",
		"{0xff, 0xff}":                   "list of integers",
		`{"raw":"ffff"}`:                 "JSON",
		"\xff\xff\x00":                   "raw bytes",
		"data:;base64,/////w==":          "data: URI",
	} {
		if m, err := Parse([]byte(in), Options{}); err != nil || m[0].Input != want {
			t.Errorf("%q: %+v %v, want %s", in, m, err, want)
		}
	}
}

// TestLinear: four times as much takes about four times as long, not sixteen.
func TestLinear(t *testing.T) {
	if testing.Short() {
		t.Skip("reads megabytes in 15 forms")
	}
	line := func(format string) func(i int) string { return func(int) string { return format } }
	for name, of := range map[string]func(i int) string{
		"JSON lines":       line(`{"id":1,"raw":"0000000101"}` + "\n"),
		"JSON arrays":      line("[0,0,0,1,1]\n"),
		"C arrays":         line("char b[] = { 0x00, 0x00, 0x00, 0x01, 0x01 };\n"),
		"Go slices":        line("b = append(b, []byte{0, 0, 0, 1, 1})\n"),
		"strings":          line(`b = "\x00\x00\x00\x01\x01";` + "\n"),
		"quoted hex":       line("'0000000101'\n"),
		"lists, not ended": line("[0, 0, "),
		"Buffers":          line("<Buffer 00 00 00 01 01>\n"),
		"log lines":        line("12:00:01 INFO body=0000000101 status=200\n"),
		"dumps":            line("00000000: 0000 0001 01  .....\n\n"),
		"a long dump":      func(i int) string { return fmt.Sprintf("%08x: 0000 0001 0100 0000  ........\n", 8*i) },
		"a log's dump":     func(i int) string { return fmt.Sprintf("[%5d.1] x: %08x: 00 00 00 01 01 00 00 00\n", i, 8*i) },
		"base64 lines":     line("AAAAAQE=\n"),
		"blanks":           line(`\x00                                        ` + "\n"),
		"decimals":         line("0\n200\n"),
		"resumed calls": func(i int) string {
			if i == 0 {
				return "[pid 1] write(3, \"\\0 <unfinished ...>\n"
			}
			return "[pid 1] <... write resumed>, \"\\0\" <unfinished ...>\n"
		},
	} {
		const n = 1000
		cost := func(n int) time.Duration {
			var s strings.Builder
			for i := range n {
				s.WriteString(of(i))
			}
			b := []byte(s.String())
			best := time.Hour
			for range 3 {
				start := time.Now()
				_, _ = Parse(b, Options{})
				best = min(best, time.Since(start))
			}
			return best
		}
		ratio := 0.0
		for range 3 { // another program may have run meanwhile
			if ratio = float64(cost(4*n)) / float64(cost(n)); ratio < 9 {
				break
			}
		}
		if ratio >= 9 {
			t.Errorf("%s: 4 times as much takes %.1f times as long", name, ratio)
		}
	}
}
