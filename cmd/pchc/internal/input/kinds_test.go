package input

import (
	"encoding/hex"
	"strings"
	"testing"
)

// TestKinds reads forms whose bytes stand beside something that looks like bytes,
// too, or refuses them with a reason that names what they are.
func TestKinds(t *testing.T) {
	row := "00010002 00000000 c8220000 00000000 "
	for _, c := range []struct{ name, in, want string }{
		{"hex behind a dump", "00000000  00 00 00 01 00                                    |.....|\n0000000101\n", "0000000100!this line has hex digits"},
		{"hex before a dump", "We saw 0000000101 before this:\n00000000  00 00 00 01 00                                    |.....|\n", "!this line has hex digits 0000000100"},
		{"tshark -V before its dump", "    File Data: 5 bytes\n    Data (5 bytes)\n        Data: 0000000100\n        [Length: 5]\n\n00000000  00 00 00 01 00                                    |.....|\n", "0000000100"},
		{"a chunk of tshark -V before its dump", "            Chunk size: 5 octets\n            Chunk data: 0000000100\n\n00000000  00 00 00 01 00                                    |.....|\n", "0000000100"},
		{"hex under another label before a dump", "    Note\n        Data: 0000000101\n\n00000000  00 00 00 01 00                                    |.....|\n", "!this line has hex digits 0000000100"},
		{"hex before a dump of memory", "We saw 0000000101 before this:\n0x7ffe0010:\t0x00\t0x00\t0x00\t0x01\t0x00\n", "!this line has hex digits 0000000100"},
		{"Perl", `my $m = "\x{0}\x{00}\x{00}\x{01}\x{1}";`, "0000000101"},
		{"JavaScript", `"\u{0}\u{0}\u{0}\u{1}\u{1}"`, "0000000101"},
		{"a character that is no byte", `"\x{100}\x{0}"`, `\x{100} is more than one byte`},
		{"strings joined by assignment", "m = b'\\x00\\x00\\x00'\nm += b'\\x01\\x01'\n", "0000000101"},
		{"assembler", "msg:\tdb 0x00, 0x00, 0x00 ; size\n\tdb 0x01, 01h\n", "0000000101"},
		{"assembler of GNU", "\t.byte 0x0, 0x0, 0x0, 0x1\n\t.byte 0x1\n", "0000000101"},
		{"0x not from the beginning", "db 0x00 0x02", "0x here, but not before"},
		{"words", "uint16_t a[] = {0x0000, 0x0001, 0x0000};", "0x0000 has the digits of more than one byte"},
		{"cut .reg file", "\"a\"=hex:00,00,00,01,\\\r\n", "hex of a .reg file: it ends with a comma"},
		{"cut hex", "0000000101 [truncated]", "'[truncated' means that bytes were left out"},
		{"cut hex in a log", "body=00010001000000000050 (truncated)", "'(truncated' means that bytes were left out"},
		{"WinDbg with its prompt", "0:000> db 000001f4`2a3b1000 L5\n000001f4`2a3b1000  00 00 00 01 01                                   .....\n", "0000000101"},
		{"groups whose text tells the order", " 2000 " + row + "................\n 2010 0048656c 6c6f .Hello\n", "0001000200000000c8220000000000000048656c6c6f"},
		{"dump without its first line", "00000010  00 80 00 00 00 80 00 00  10 08 62 40 bf 76 ca 6f\n00000020  f9 bf 7d 00 4d\n", "the dump begins at offset 00000010: the line before it is missing"},
		{"only comments", "#0  0x00007ffff7e4a37c in raise ()\n", "no bytes, only blanks, signs and comments"},
		{"UUID", "{00000001-0000-0000-C000-000000000046}\n", "a UUID"},
		{"many UUIDs", strings.Repeat("00000001-0000-0000-c000-000000000046\n", 200), "a UUID"},
		{"MAC address", "00:1b:21:aa:bb:cc\n00:1b:21:aa:bb:cd\n", "a hardware (MAC) address"},
		{"dates", "2026-01-05\n2026-01-06\n", "a date or time"},
		{"minified JavaScript", "!function(e){var t={};return t}([0,0,0,1,1]);", "a program in JavaScript"},
		{"certificate", "-----BEGIN CERTIFICATE-----\nMIIBCgKCAQEA\n-----END CERTIFICATE-----\n", "a certificate or a key"},
		{"what certutil calls a certificate", "-----BEGIN CERTIFICATE-----\nAAAAAQE=\n-----END CERTIFICATE-----\n", "0000000101"},
		{"signed decimal bytes of od", "0000000    0    0    0    1    1\n0000005\n", "0000000101"},
		{"decimal bytes of od without offsets, a line of octal digits", "   0   1   0   1   0   0   0   0 200  34   0   0   0   0   0   0\n 100 101 102 103 104 105 106 107\n", "0001000100000000c8220000000000006465666768696a6b"},
		{"the same of od -c", "  \\0 001  \\0 001  \\0  \\0  \\0  \\0 310   \"\n 200 201 202 203 204 205 206 207\n", "output of od -c"},
		{"negative decimal bytes of od", "0000000    0    0    0    1  -56    0    0    0    1    1\n0000012\n", "in decimal or octal"},
		{"configuration", "a: 1\nc: [1, 2, 3]\n", "a literal of 3 bytes in other text"},
		{"columns of tshark with tabs", "    1\t0.000000\t10.0.0.2\t→\t10.0.0.1\tTCP\t[SYN]\n", "output of tshark without the bytes"},
		{"a typed array of JavaScript", `{"0":0,"1":0,"2":0,"3":1,"4":1}`, "0000000101"},
		{"the same, an element lost", `{"0":0,"1":0,"2":0,"4":1,"5":1}`, `a JSON object without "raw" or "hex"; give only the value`},
		{"the same, no byte", `{"0":0,"1":0,"2":256}`, "a JSON object without"},
		{"Chrome's console", "Uint8Array(5) [0, 0, 0, 1, 1, buffer: ArrayBuffer(5), byteLength: 5, byteOffset: 0]", "0000000101"},
		{"elements as Chrome lists them", "0: 0\n1: 0\n2: 0\n3: 1\n4: 1\n", "0000000101"},
		{"elements in Visual Studio", "b\t{...}\tbyte[]\n[0]\t0x00\tbyte\n[1]\t0x00\tbyte\n[2]\t0x00\tbyte\n[3]\t0x01\tbyte\n[4]\t0x01\tbyte\n", "0000000101"},
		{"elements in Rider", "byte[5]\n[0]: 0\n[1]: 0\n[2]: 0\n[3]: 1\n[4]: 1\n", "0000000101"},
		{"elements in Swift", "5 bytes\n  - count : 5\n    - 0 : 0\n    - 1 : 0\n    - 2 : 0\n    - 3 : 1\n    - 4 : 1\n", "0000000101"},
		{"elements in gdb", "[0] = 0\n[1] = 0\n[2] = 0\n[3] = 1\n[4] = 1\n", "0000000101"},
		{"an element lost", "[0]: 0\n[1]: 0\n[2]: 0\n[4]: 1\n[5]: 1\n", "not hex"},
		{"an element too great", "[0]: 0\n[1]: 0\n[2]: 0\n[3]: 1\n[4]: 256\n", "not hex"},
		{"elements that are no message", "[0]: 9\n[1]: 9\n[2]: 9\n[3]: 9\n[4]: 9\n", "not hex"},
		{"four elements", "[0]: 0\n[1]: 0\n[2]: 0\n[3]: 1\n", "not hex"},
		{"text between elements", "[0]: 0\n[1]: 0\n[2]: 0\nx\n[3]: 1\n[4]: 1\n", "not hex"},
		{"Rust's {:x?}", "[0, 1, 0, 1, 0, 0, 0, 0, c8, 22]", "0001000100000000c822"},
		{"the same without a letter", "[0, 1, 0, 1, 0, 0, 0, 0, 88, 22]", "00010001000000005816"},
		{"three digits and a letter", "[0, 1, 0, 1, 0, 0, 0, 0, 100, c8]", "'c8' is not an integer"},
		{"words of od without offsets", " 0100 0100 0000 0000 22c8 0000\n", "words whose bytes are in the other order"},
		{"words of four bytes", " 01000100 00000000 000022c8\n", "words whose bytes are in the other order"},
		{"words of eight bytes", "0000000001000100 0000000000005000\n", "words whose bytes are in the other order"},
		{"octal words of od without offsets", " 000400 000400 000000 000000 021310 000000\n", "words whose bytes are in the other order"},
		{"decimal words", "  12560  8904  1  2  3\n", "decimal or octal numbers"},
		{"signed decimal words", "  12560 -8904  1  2  3\n", "decimal or octal numbers"},
		{"four of them", "  12560  8904  1  2\n", "odd number"},
		{"decimal words of od with offsets", "0000000     256     768       0       0   -1234       0       0       0\n0000016\n", "in decimal or octal"},
		{"hex cut by Wireshark", "    Data: 0001000100000000c822…\n", "line 1, column 31: '...' means that bytes were left out"},
		{"hex in prose", "can you look at this for me? 0000000101\n", "line 1, column 1: text and hex mixed; give only the hex"},
	} {
		t.Run(c.name, func(t *testing.T) {
			messages, err := Parse([]byte(c.in), Options{})
			got := ""
			for _, m := range messages {
				if m.Problem != "" {
					got += "!" + m.Problem[:len("this line has hex digits")] + " "
				}
				got += hex.EncodeToString(m.Bytes)
			}
			if err != nil {
				got = err.Error()
			}
			if !strings.Contains(strings.TrimSpace(got), c.want) || err == nil && strings.TrimSpace(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
