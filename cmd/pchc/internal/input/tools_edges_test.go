package input

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

const (
	okHTTP  = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00"
	askHTTP = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01"
)

// TestStrace: calls of each kind, what belongs to a connection, and what is wrong.
func TestStrace(t *testing.T) {
	const body = `"\0\0\0\1\1"`
	row := func(at int, b string) string {
		return fmt.Sprintf(" | %05x  %-49s  %s |\n", at, strings.Replace(fmt.Sprintf("% x", b), " ", " ", 1), strings.Repeat(".", len(b)))
	}
	const long = "HTTP/1.0 200 OK\r\n\r\n\x00\x00\x00\x01\x01"
	split := func(b string) string { // 16 bytes with a gap in their middle
		if len(b) > 8 {
			return fmt.Sprintf("% x  % x", b[:8], b[8:])
		}
		return fmt.Sprintf("% x", b)
	}
	dump := func(b string) string {
		s := ""
		for at := 0; at < len(b); at += 16 {
			r := b[at:min(at+16, len(b))]
			s += fmt.Sprintf(" | %05x  %-48s  %s |\n", at, split(r), strings.Repeat(".", len(r)))
		}
		return s
	}
	reads(t, [][2]string{
		{`write(5, ` + body + `, 5) = 5`, askHex}, {`write(5, ` + body + `, 5)  = 5`, askHex}, {`read(5, ` + body + `, 4096) = 5`, askHex}, {`pread64(5, ` + body + `, 4096, 0) = 5`, askHex}, {`pwrite64(5, ` + body + `, 5, 0) = 5`, askHex}, {`recv(5, ` + body + `, 4096, 0) = 5 <0.000012>`, askHex},
		{`1234 write(5, ` + body + `, 5) = 5`, askHex}, {`[pid 12] 12:00:01.000001 ( + 0.000123) write(5<socket:[77]>, ` + body + `, 5) = 5`, askHex},
		{`writev(5, [{iov_base="\0\0", iov_len=2}, {iov_base="\0\1\1", iov_len=3}], 2) = 5`, askHex}, {`writev(5, [{iov_base="\0\0", iov_len=3}, {iov_base="\0\1\1", iov_len=3}], 2) = 5`, "!a string of 2 bytes where the call says 3"}, {`readv(5, [{iov_base="\0\0", iov_len=2}, {iov_base="\0\1\1", iov_len=9}], 2) = 5`, askHex},
		{`write(5, ` + body + `, 5) = 4` + "\n" + `write(5, "\1", 1) = 1`, askHex}, {`write(5, ` + body + `, 5) = 6`, "!5 of the 6 bytes of this call are shown"}, {`read(5, ` + body + `, 9) = 4`, "!5 of the 4 bytes of this call are shown"}, {`read(5, ` + body + `, 9) = 5` + "\n" + `read(5, "", 9) = 0`, askHex},
		{`write(5, ` + body + `, 5) = -1 EAGAIN (x)` + "\n" + `write(5, ` + body + `, 5) = 5`, askHex}, {`write(5, ` + body + `, 5) = ? ERESTARTSYS` + "\n" + `write(5, ` + body + `, 5) = 5`, askHex}, {`write(5, ` + body + `, 5) = 5` + "\n" + `write(5, ` + body + `, 5`, "!line 2, column 1: this call has no result"}, {`write(5, ` + body + `, 5) = 99999999999`, "!a call with 99999999999 bytes is too long"}, {`write(5, ` + body + `, 5) = 67108865`, "!a call with 67108865 bytes is too long"}, {`write(5, ` + body + `, 5) = 67108864`, "!5 of the 67108864 bytes"},
		{`write(5, "\0\0"..., 5) = 5`, "!it shows 2 bytes; use strace -s 65535"}, {`write(5, "\q", 1) = 1`, "!a string that cannot be read"},
		{"[pid 7] write(5, " + body + ", 5 <unfinished ...>\n[pid 7] <... write resumed>) = 5", askHex}, {"7 write(5, " + body + ", 5 <unfinished ...>\n8 write(6, \"x\", 1) = 1\n7 <... write resumed>) = 5", askHex}, {"[pid 8] <... write resumed>) = 5\n[pid 7] write(5, " + body + ", 5) = 5", askHex},
		{"7 write(5, " + body + ", 5 <unfinished ...>\n7 <... write resumed> <unfinished ...>\n", "!line 2, column 1: a call of strace that is resumed, and unfinished again"}, {"7 write(5, " + body + ", 5 <unfinished ...>\n7 <... write resumed>) = 5\n7 <... write resumed>) = 5", askHex}, {"read(5,  <unfinished ...>\n<... read resumed>" + body + ", 9) = 5", askHex},
		{`write(5, ` + body + `, 5) = 5` + "\n" + `reap("\0\1")`, "!line 2, column 1: this line has bytes but is no call"}, {`write(5, ` + body + `, 5) = 5` + "\n" + `reap("ab")`, askHex}, {`read(5, 0x7f, 9) = 5`, "!"}, {"write(5, [...], 2) = 2", "!0 of the 2 bytes"}, {`close(5) = 0` + "\n" + `write(5, ` + body + `, 5) = 5`, askHex},
		// each descriptor is a connection until it is closed
		{`read(5, "` + octalOf(okHTTP) + `", 999) = 43` + "\n" + `read(6, "` + octalOf(askHTTP) + `", 999) = 43`, okHex + " " + askHex}, {`read(5, "` + octalOf(okHTTP[:30]) + `", 999) = 30` + "\n" + `read(6, "` + octalOf(askHTTP) + `", 999) = 43` + "\n" + `read(5, "` + octalOf(okHTTP[30:]) + `", 999) = 13`, askHex + " " + okHex},
		{`read(5, "` + octalOf(okHTTP[:40]) + `", 999) = 40` + "\nclose(5) = 0\n" + `read(5, "` + octalOf(askHTTP) + `", 999) = 43`, askHex + " ?incomplete HTTP response: the input ends after 2 of 5 bytes of its body"},
		{`read(3, ` + body + `, 5) = 5` + "\n" + `read(5, "` + octalOf(okHTTP) + `", 999) = 43`, okHex}, {`read(3, "hello", 5) = 5` + "\n" + `read(5, ` + body + `, 999) = 5`, askHex}, {`read(3, "hello", 5) = 5`, "?skipped 5 bytes that are neither HTTP nor a message"},
		// dumps of strace -e write
		{"write(5, \"\\0\"..., 5) = 5\n" + dump("\x00\x00\x00\x01\x01"), askHex}, {fmt.Sprintf("read(5, \"HT\"..., 999) = %d\n", len(long)) + dump(long), askHex}, {"write(5, \"\\0\"..., 5) = 5\n" + row(0, "\x00\x00\x00\x01\x01"), askHex},
		{"writev(5, [{iov_base=\"\\0\"..., iov_len=2}, {iov_base=\"\\0\"..., iov_len=3}], 2) = 5\n * 2 bytes in buffer 0\n" + dump("\x00\x00") + " * 3 bytes in buffer 1\n" + dump("\x00\x01\x01"), askHex},
		{fmt.Sprintf("read(5, \"HT\"..., 999) = %d\n", len(long)) + dump(long[:16]), "!line 1, column 1: a dump of 16 bytes of the 24 of this call"}, {fmt.Sprintf("read(5, \"HT\"..., 999) = %d\n", len(long)) + strings.Replace(dump(long), "00010", "00011", 1), "!line 3, column 1: not the 8 bytes in hex at offset 16"}, {fmt.Sprintf("read(5, \"HT\"..., 999) = %d\n", len(long)) + strings.Replace(dump(long), "0a 0d", "0a zz", 1), "!line 3, column 1: not the 8 bytes in hex at offset 16"}, {"write(5, \"\\0\"..., 6) = 6\n" + dump("\x00\x00\x00\x01\x01"), "!not the 6 bytes in hex at offset 0"},
		{"write(5, \"\\0\"..., 5) = 5\n" + dump("\x00\x00\x00\x01\x01") + dump("\x00\x00\x00\x01\x01"), "!line 3, column 1: this line has bytes"},
		{"write(5, \"\\0\"..., 5) = 5\n * 9 bytes in buffer 0\n" + dump("\x00\x00\x00\x01\x01"), "!not the 9 bytes in hex at offset 0"},
	})
}

// octalOf is a C string with every byte as an escape.
func octalOf(s string) string {
	var out strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&out, `\%03o`, s[i])
	}
	return out.String()
}

// TestCurl: records, their offsets and connections.
func TestCurl(t *testing.T) {
	record := func(head, b string) string {
		s := fmt.Sprintf("%s, %d bytes (0x%x)\n", head, len(b), len(b))
		for at := 0; at < len(b); at += 16 {
			r := b[at:min(at+16, len(b))]
			s += fmt.Sprintf("%04x: %-47s %s\n", at, fmt.Sprintf("% x", r), strings.Repeat(".", len(r)))
		}
		return s
	}
	head, body := okHTTP[:38], okHTTP[38:]
	post := "POST " + spec.PathV1 + " HTTP/1.1\r\nContent-Length: 48\r\n\r\n"
	offer := string(unhex(t, offerHex))
	reads(t, [][2]string{
		{record("<= Recv header", head) + record("<= Recv data", body), okHex}, {record("=> Send header", post) + record("=> Send data", offer) + record("<= Recv header", head) + record("<= Recv data", body), offerHex + " " + okHex},
		{record("<= Recv header", head) + record("<= Recv data", "") + record("<= Recv data", body), okHex}, {record("<= Recv SSL data", "\x17\x03\x03\x00\x20") + record("<= Recv header", head) + record("<= Recv data", body), okHex},
		{record("12:00:00.1 [0-0] <= Recv header", head) + record("12:00:00.1 [0-1] <= Recv header", head) + record("[0-0] <= Recv data", body) + record("[0-1] <= Recv data", "\x00\x00\x00\x01\x01"), okHex + " " + askHex},
		{record("[0-x] <= Recv header", head) + record("[0-x] <= Recv data", body), okHex}, {record("<= Recv header", head) + "== Info: Closing connection 0\n" + record("<= Recv header", head) + record("<= Recv data", body), okHex + " ?incomplete HTTP response: the input ends after 0 of 5 bytes of its body"},
		{record("<= Recv header", head) + "== Info: other\n" + record("<= Recv data", body), okHex}, {record("<= Recv header", head) + "text\n" + record("<= Recv data", body), okHex}, {"== Info: Connected to x\n" + record("<= Recv header", head) + record("<= Recv data", body), okHex},
		{record("<= Recv data", body) + "x <= Recv data, 5 bytes (0x5)\n", "!line 3, column 1: this line belongs to no record"}, {record("<= Recv data", body) + "0000: zz\n", "!line 3, column 1: this line belongs to no record"}, {"<= Recv data, 5 bytes (0x5)\n", "!line 1, column 1: only 0 of the 5 bytes"}, {"<= Recv data, 18 bytes (0x12)\n0000: " + strings.Repeat("00 ", 16) + "x\nx\n", "!line 1, column 1: only 16 of the 18 bytes"},
		{"<= Recv data, 5 bytes (0x5)\n0000: 00 00 00 01\n", "!line 2, column 1: not the 5 bytes in hex"}, {"<= Recv data, 5 bytes (0x5)\n0000: 00 00 00 01 0z\n", "!not the 5 bytes in hex"}, {"<= Recv data, 5 bytes (0x5)\n0001: 00 00 00 01 01\n", "!offset 0001 does not follow the 0 bytes"}, {"<= Recv data, 5 bytes (0x5)\n0000: 00 00 00 01 01 00\n", askHex}, {"<= Recv data, 5 bytes (0x5)\n0000: 00 00 00 01 01", askHex},
		{"<= Recv data, 67108865 bytes (0x4000001)\n", "!a record of 67108865 bytes is too long"}, {"<= Recv data, 67108864 bytes (0x4000000)\n", "!only 0 of the 67108864 bytes"}, {"<= Recv data, 99999999999999999999 bytes (0x4000000)\n", "!is too long"}, {"<= Recv data, 0 bytes (0x0)\n", "!curl --trace without data"}, {record("<= Recv SSL data", "\x17\x03\x03\x00\x20"), "!curl --trace without data"},
	})
}

// TestFollowEdges: Follow Stream's numbers, offsets and ends.
func TestFollowEdges(t *testing.T) {
	x := func(s string) string { return hex.EncodeToString([]byte(s)) + "\n" }
	b64 := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) + "\n" }
	post := "POST " + spec.PathV1 + " HTTP/1.1\r\nContent-Length: 48\r\n\r\n" + string(unhex(t, offerHex))
	const raw = "Follow: tcp,raw\nFilter: x\nNode 0: a\nNode 1: b\n"
	const hexHead = "Follow: tcp,hex\nFilter: x\nNode 0: a\nNode 1: b\n"
	rows := func(indent string, offset int, s string) string { return sideRows(indent, offset, s) }
	reads(t, [][2]string{
		{raw + x(post) + "\t" + x(okHTTP), offerHex + " " + okHex}, {raw + x(okHTTP) + raw + x(askHTTP), okHex + " " + askHex}, {raw + x(okHTTP) + "====\n" + "zz\n", okHex}, {raw + x(post) + x(okHTTP), offerHex + " " + okHex}, {"\n" + raw + " " + x(okHTTP) + "  zz", "!line 7, column 3: 'z' is not a hex digit"}, {raw + "\t000", "!line 5, column 1: an odd number"},
		{raw, "!line 1, column 1: Follow Stream without data"}, {hexHead, "!Follow Stream without data"}, {"Follow: tcp\n", "!Follow Stream as  has lost"},
		{hexHead + rows("", 0, post) + rows("\t", 0, okHTTP), offerHex + " " + okHex}, {hexHead + rows("", 0, post) + rows("", 0, okHTTP), offerHex + " " + okHex}, {hexHead + rows("", 0x20, post) + rows("", 0x40, okHTTP), "!line 13, column 1: offset 00000040 continues neither side"}, {hexHead + rows("", 0x20, post) + rows(" ", 0x40, okHTTP), offerHex + " " + okHex}, {hexHead + rows("", 0, okHTTP) + rows("", len(okHTTP), askHTTP), okHex + " " + askHex},
		{hexHead + "80000000  00\n", "!"}, {hexHead + "00000000  00 00 00 01 01   .....\n", askHex}, {hexHead + "00000000  00 00 00 01 01   ....\n", "!the hex digits and the text beside them"}, {hexHead + "00000000  00 00 00 01 01   ......\n", "!the hex digits and the text"}, {hexHead + "00000000  00 00 00 01 41   ....B\n", "!the hex digits and the text"}, {hexHead + "00000000  00 00 00 01 20   .... \n", "0000000120"}, {hexHead + "00000000  00 00 00 01 20   ....\n", "0000000120"},
		{hexHead + rows("", 0, okHTTP[:16]) + "xx xx\n" + rows("", 16, okHTTP[16:]), okHex}, {hexHead + rows("", 0, okHTTP[:16]) + "0000010  48 54 54 50 48 54\n", "!line 6, column 1: this line of the dump cannot be read"}, {hexHead + rows("", 0, okHTTP[:16]) + "0000010  4854 5450 4854 5450 \n", "!cannot be read"}, {hexHead + rows("", 0, okHTTP) + "x = 00 01 02 03 04\n", okHex}, {hexHead + rows("", 0, okHTTP) + " 01 02 03 04 05 06 07\n", okHex},
		// without a header
		{rows("", 0, post) + rows("    ", 0, okHTTP), offerHex + " " + okHex}, {rows("", 0, post) + rows("    ", 0, okHTTP) + rows("", len(post), post), offerHex + " " + okHex + " " + offerHex}, {rows("", 0, post) + rows("", 0, okHTTP), offerHex + " " + okHex},
		// YAML
		{"peers:\n  - peer: 0\n    host: a\n    port: 1\npackets:\n  - packet: 1\n    peer: 1\n    index: 0\n    timestamp: 1.0\n    data: !!binary |\n      " + b64(okHTTP), okHex}, {"packets:\n  - packet: 1\n    peer: 0\n    data: !!binary |\n      " + b64(post) + "  - packet: 2\n    peer: 1\n    data: !!binary |\n      " + b64(okHTTP), offerHex + " " + okHex},
		{"packets:\n  - packet: 1\n    peer: 2\n    data: !!binary |\n      " + b64(okHTTP), "!line 4, column 1: a packet without its peer"}, {"packets:\n  - packet: 1\n    data: !!binary |\n      " + b64(okHTTP), "!line 3, column 1: a packet without its peer"}, {"packets:\n  - packet: 1\n    peer: 1\n    data: !!binary |\n" + b64(okHTTP), "!a packet without its peer or its data"}, {"packets:\n  - packet: 1\n    peer: 1\n    data: !!binary |\n      AAAAA\n", "!truncated or corrupt base64"}, {"packets:\n", "!Follow Stream without data"}, {"packets:\n  other: 1\n", "!line 2, column 1: this line is not of Follow Stream's YAML"}, {"  other: 1\npackets:\n  - peer: 1\n    data: !!binary |\n      " + b64(okHTTP) + "other\n", okHex},
		{"peer0_0: !!binary |\n  " + b64(post) + "peer1_0: !!binary |\n  " + b64(okHTTP) + "peer0_1: !!binary |\n  " + b64(post), offerHex + " " + okHex + " " + offerHex}, {"peer0_3: !!binary |\n  " + b64(post) + "peer0_4: !!binary |\n  " + b64(post), offerHex + " " + offerHex}, {"peer0_3: !!binary |\n  " + b64(post) + "peer0_3: !!binary |\n  " + b64(post), "!line 3, column 1: peer0_3 does not follow peer0_3"}, {"peer0_0: !!binary |\n  " + b64(post) + "peer0_5: !!binary |\n  " + b64(post), "!peer0_5 does not follow peer0_0"}, {"peer2_0: !!binary |\n  " + b64(post), "!there are two peers, 0 and 1"}, {"peer0_99999999999999999999: !!binary |\n  " + b64(post), "!there are two peers"},
		{"packets:\n  - peer: 0\n    data: !!binary |\n      " + b64(post[:40]) + "peers:\npackets:\n  - peer: 0\n    data: !!binary |\n      " + b64(post), offerHex + " ?incomplete HTTP request: the input ends within its header"},
	})
}

// TestArrays: Wireshark's C arrays of streams and of packets.
func TestArrays(t *testing.T) {
	array := func(head, s string) string {
		return head + " = { /* Packet 4 */\n0x" + strings.ReplaceAll(fmt.Sprintf("% x", s), " ", ", 0x") + " };\n"
	}
	packet := string(ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00")))
	reads(t, [][2]string{
		{array("char peer1_0[]", okHTTP), okHex}, {array("char peer1_0[43]", okHTTP), okHex}, {array("char peer1_0[44]", okHTTP), "!an array of 44 bytes has 43"}, {array("static const unsigned char peer1_0[]", okHTTP), okHex}, {"char peer1_0[] = {0x00,0x00,0x00,0x01,0x01};", askHex}, {"char peer1_0[] = {\n0x00,\t0x00, 0x00,\n0x01, /* 0x55 */ 0x01 }; 0x77", askHex},
		{array("char peer1_0[]", okHTTP) + "a 0x00\n", "!line 3, column 1: bytes outside of an array"}, {array("char peer1_0[]", okHTTP) + "00 01 02 03 04 05\n", "!bytes outside of an array"}, {array("char peer1_0[]", okHTTP) + "other\n", okHex}, {"char peer1_0[] = {0x0}", "!'0x0' is not a byte such as 0x00"}, {"char peer1_0[] = {0x00,\n", "!line 1, column 1: the array does not end"}, {"char peer1_0[] = {\n0x00,\n0x000}", "!line 3, column 1: '0x000' is not"},
		{"/* Frame (45 bytes) */\n" + array("static const unsigned char pkt1[45]", packet), okHex}, {array("char pkt1[]", packet), okHex},
		{"/* Frame (45 bytes) */\n" + array("char pkt1[]", packet) + "/* Reassembled TCP (5 bytes) */\n" + array("char pkt1_1[]", "\x00\x00\x00\x01\x00"), okHex},
	})
}

// TestTsharkJSON: the fields of packets that are read, and the others.
func TestTsharkJSON(t *testing.T) {
	frame := hex.EncodeToString(ipv4(6, 0, 0, tcp(1, 0, okHTTP)))
	first, last := hex.EncodeToString(ipv4(6, 0, 0, tcp(1, 0, okHTTP[:20]))), hex.EncodeToString(ipv4(6, 0, 0, tcp(21, 0, okHTTP[20:])))
	tls := hex.EncodeToString(ipv4(6, 0, 0, tcp(1, 0, "\x17\x03\x03\x00\x05abcde")))
	head, body := hex.EncodeToString([]byte(okHTTP[:38])), hex.EncodeToString([]byte(okHTTP[38:]))
	chunkedHead := hex.EncodeToString([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"))
	packet := func(fields string) string { return `{"_source":{"layers":{` + fields + `}}}` }
	q := func(name, h string) string { return fmt.Sprintf("%q:[%q,0,5,0,1]", name, h) }
	reads(t, [][2]string{
		{"[" + packet(q("frame_raw", frame)) + "]", okHex}, {packet(`"frame_raw":"` + frame + `"`), okHex}, {packet(q("frame_raw", frame)) + "\n" + packet(q("frame_raw", frame)), okHex},
		{"$ tshark\nnoise\n[" + packet(q("frame_raw", frame)) + "]", okHex}, {"[" + packet(q("frame_raw", last)+","+q("tcp.reassembled.data_raw", hex.EncodeToString([]byte(okHTTP)))) + "]", okHex}, {"[" + packet(q("frame_raw", last)+","+q("tcp_tcp_reassembled_data_raw", hex.EncodeToString([]byte(okHTTP)))) + "]", okHex},
		{"[" + packet(q("frame_raw", first)) + "," + packet(q("frame_raw", last)) + "]", okHex}, {"[" + packet(q("frame_raw", tls)+","+q("tls_raw", "170303")+","+q("http_raw", head)+","+q("http.file_data_raw", body)) + "]", okHex}, {"[" + packet(q("frame_raw", tls)+","+q("ssl_raw", "170303")+","+q("http_raw", head[:20])+","+q("http_raw", head[20:])+","+q("http_file_data_raw", body)) + "]", okHex}, {"[" + packet(q("frame_raw", tls)+","+q("tls_raw", "170303")+","+q("http_raw", chunkedHead)+","+q("http.file_data_raw", body)) + "]", okHex},
		{"[" + packet(q("frame_raw", tls)+","+q("http_raw", head)+","+q("http.file_data_raw", body)) + "]", "?encrypted with TLS (version 1.0 uses HTTPS): its messages are not visible"},
	})
	for _, c := range []struct{ key, want string }{
		{"frame_raw", "frame"}, {"frame.raw", "frame"}, {"frame", ""}, {"tls_raw", "tls"}, {"ssl_raw", "tls"}, {"http_raw", "http"}, {"http.file_data_raw", "body"}, {"http_http_file_data_raw", "body"}, {"tcp.reassembled.data_raw", "Reassembled TCP"}, {"ip.reassembled.data_raw", "Reassembled IP"}, {"ipv6.reassembled.data_raw", "Reassembled IP"}, {"tcp.payload_raw", ""}, {"raw", ""},
	} {
		if got := wantedView(c.key); got != c.want {
			t.Errorf("%s: %q", c.key, got)
		}
	}
	reads(t, [][2]string{
		{"[" + packet(`"frame":{"a":"frame_raw"},`+q("frame_raw", frame)) + "]", okHex}, {"[" + packet(q("frame_raw", frame)+`,"x":["frame_raw"]`) + "]", okHex},
		{"[" + packet(`"frame":{}`) + "]", "!a packet in JSON without its bytes: add -x"}, {"[\n\n" + packet(q("frame_raw", "0g")) + "]", `!"frame_raw" is not hex`}, {"[" + packet(q("frame_raw", "")) + "]", "!without its bytes"}, {"[" + packet(`"frame_raw":[]`) + "]", "!without its bytes"}, {"[" + packet(`"frame_raw":[[`+fmt.Sprintf("%q", frame)+`]]`) + "]", okHex}, {"[" + packet(`"frame_raw":7`) + "]", "!without its bytes"},
		{"[" + packet(q("frame_raw", frame)), "!line 1, column 1: the JSON does not end"}, {"{\"layers\": {", "!line 1, column 1: the JSON does not end"}, {"{\"layers\": {}", "!without its bytes"}, {"[" + packet(q("frame_raw", frame)) + "]]", "!the JSON is damaged"}, {"[" + packet(q("frame_raw", frame)) + "," + packet(q("frame_raw", frame)) + "]", okHex},
	})
}

// TestBurp: items with requests and responses, each a connection.
func TestBurp(t *testing.T) {
	enc := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	post := "POST " + spec.PathV1 + " HTTP/1.1\r\nContent-Length: 48\r\n\r\n" + string(unhex(t, offerHex))
	item := func(request, response string) string {
		return "<item>\n<request base64=\"true\"><![CDATA[" + enc(request) + "]]></request>\n<response base64=\"true\"><![CDATA[" + enc(response) + "]]></response>\n</item>\n"
	}
	reads(t, [][2]string{
		{"<items>\n" + item(post, okHTTP) + item(post, askHTTP) + "</items>\n", offerHex + " " + okHex + " " + offerHex + " " + askHex}, {"<items>\n<request base64=\"true\"><![CDATA[" + enc(post) + "]]></request>\n<response base64=\"true\"></response>\n", offerHex},
		{"<items>\n<request base64=\"true\"></request>\n", "!line 1, column 1: Burp items without requests and responses"}, {"<items>\n\n" + strings.Replace(item(post, okHTTP), "<response base64=\"true\"", "<response base64=\"false\"", 1), "!line 5, column 1: save the items with requests and responses in base64"}, {"<items>\n<request base64=\"true\"><![CDATA[AAA]]></request>\n", "!line 2, column 1: truncated or corrupt base64"},
		{"<items>\n" + item(post, okHTTP[:20]) + item(post, askHTTP), offerHex + " " + offerHex + " " + askHex + " ?incomplete HTTP response: the input ends within its header"},
	})
}
