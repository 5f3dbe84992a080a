package input

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// sideRows is a hex dump of Follow Stream.
func sideRows(indent string, offset int, b string) string {
	var s strings.Builder
	for at := 0; at < len(b); at += 16 {
		fmt.Fprintf(&s, "%s%08X  % x\n", indent, offset+at, b[at:min(at+16, len(b))])
	}
	return s.String()
}

// arrayOf is a C array as Wireshark writes it.
func arrayOf(name, b string) string {
	return "char " + name + "[] = { /* Packet 4 */\n0x" + strings.ReplaceAll(fmt.Sprintf("% x", b), " ", ", 0x") + " };\n"
}

// TestConversations reads what the ends of connections said, and says what of it
// cannot be read.
func TestConversations(t *testing.T) {
	const (
		ok    = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00"
		ask   = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01"
		head  = "POST " + spec.PathV1 + " HTTP/1.1\r\nContent-Length: 48\r\n\r\n"
		raw   = "Follow: tcp,raw\nFilter: tcp.stream eq 0\nNode 0: a\nNode 1: b\n"
		line  = "<= Recv data, 5 bytes (0x5)\n"
		trace = "<= Recv header, 38 bytes (0x26)\n0000: 48 54 54 50 2f 31 2e 31 20 32 30 30 20 4f 4b 0d HTTP/1.1 200 OK.\n" +
			"0010: 0a 43 6f 6e 74 65 6e 74 2d 4c 65 6e 67 74 68 3a .Content-Length:\n0020: 20 35 0d 0a 0d 0a                                5....\n"
	)
	offer := string(unhex(t, offerHex))
	x := func(s string) string { return hex.EncodeToString([]byte(s)) + "\n" }
	for _, c := range []struct {
		name, in string
		want     []string // messages in hex and problems
		fault    string   // or the error
	}{
		{"begins within a response", raw + "\t" + x("rest of something") + x(head+offer) + "\t" + x(ask),
			[]string{offerHex, "72657374206f6620736f6d657468696e67skipped 17 bytes that are neither HTTP nor a message", askHex}, ""},
		{"begins with a body", raw + x(offer) + "\t" + x(ask), []string{offerHex, askHex}, ""},
		{"the server is node 0", raw + x(ask) + "\t" + x(head+offer) + x(ok), []string{askHex, offerHex, okHex}, ""},
		{"a body is missing", raw + x(head) + "\t" + x(ok) + x(head+offer) + "\t" + x(ask),
			[]string{okHex, "incomplete HTTP request: another message begins after 0 of 48 bytes of its body", offerHex, askHex}, ""},
		{"a head is cut off by the next", raw + x(head[:20]) + x(head+offer),
			[]string{"incomplete HTTP request: another message begins within its header", offerHex}, ""},
		{"two streams", raw + x(head+offer) + "====\n\n====\n" + raw + x(ask) + "====\n", []string{offerHex, askHex}, ""},
		{"a line of raw that is no hex", raw + "0002x0\n", nil, "line 5, column 5: 'x' is not a hex digit"},
		{"a digit of raw is lost", raw + "00020\n", nil, "line 5, column 1: an odd number of hex digits; a byte has two"},
		{"ASCII", "Follow: tcp,ascii\nFilter: x\nNode 0: a\nNode 1: b\n25\nPOST / HTTP/1.1\n", nil, "line 1, column 1: Follow Stream as ascii has lost"},
		{"an empty stream", raw + "====\n", nil, "line 1, column 1: Follow Stream without data"},

		{"hex, indented", sideRows("", 0, head+offer) + sideRows("    ", 0, ask), []string{offerHex, askHex}, ""},
		{"hex, from the middle of both", sideRows("", 0x100, head+offer) + sideRows("    ", 0x50, ask) + sideRows("", 0x100+len(head+offer), head+offer), []string{offerHex, askHex, offerHex}, ""},
		{"hex, a row is lost", "Follow: tcp,hex\n" + sideRows("", 0, head[:16]) + sideRows("", 32, "x"), nil, "line 3, column 1: offset 00000020 continues neither side"},
		{"hex, a row is damaged", "Follow: tcp,hex\n" + sideRows("", 0, head) + "0000x04F  01 02 03 04 05 06\n", nil, "line 7, column 1: this line of the dump cannot be read"},
		{"hex, beside other text", "Follow: tcp,hex\n00000000  00 00 00 01 01   ab..d\n", nil, "line 2, column 1: the hex digits and the text"},

		{"C arrays", arrayOf("peer0_0", head+offer) + arrayOf("peer1_0", ask), []string{offerHex, askHex}, ""},
		{"C arrays from the middle", arrayOf("peer1_7", ask) + arrayOf("peer0_8", head+offer), []string{askHex, offerHex}, ""},
		{"a C array is missing", arrayOf("peer0_0", head) + arrayOf("peer0_2", offer), nil, "line 3, column 1: peer0_2 does not follow peer0_0"},
		{"a C array twice", arrayOf("peer1_0", ok) + arrayOf("peer1_0", ok), nil, "line 3, column 1: peer1_0 does not follow peer1_0"},
		{"a C array of a third peer", arrayOf("peer2_0", ok), nil, "line 1, column 1: there are two peers"},
		{"a C array with another size", strings.Replace(arrayOf("peer1_0", ok), "[]", "[3]", 1), nil, "line 1, column 1: an array of 3 bytes has 43"},
		{"a C array without end", strings.TrimSuffix(arrayOf("peer1_0", ok), "};\n"), nil, "line 1, column 1: the array does not end"},
		{"a C array with something else", "char peer1_0[] = {\n0x00, 0x0g };\n", nil, "line 2, column 1: '0x0g' is not a byte"},
		{"bytes outside of C arrays", arrayOf("peer1_0", ok) + "0x00, 0x01\n", nil, "line 3, column 1: bytes outside of an array"},

		{"YAML, a packet without data", "packets:\n  - packet: 4\n    peer: 0\n    data: !!binary |\n  - packet: 5\n", nil, "line 4, column 1: a packet without its peer or its data"},
		{"YAML, something else", "packets:\n  - packet: 4\n    peer: 0\n    data: !!binary |\n      AAAAAQE=\n      AAA*\n", nil, "line 6, column 1: this line is not of Follow Stream's YAML"},
		{"YAML, a key is missing", "peer0_0: !!binary |\n  AAAAAQE=\npeer0_2: !!binary |\n  AAAAAQE=\n", nil, "line 3, column 1: peer0_2 does not follow peer0_0"},

		{"curl", trace + line + "0000: 00 00 00 01 01                                  .....\n", []string{askHex}, ""},
		{"curl, data cut across", trace + "<= Recv data, 2 bytes (0x2)\n0000: 00 00                                           ..\n<= Recv data, 3 bytes (0x3)\n0000: 00 01 01                                        ...\n", []string{askHex}, ""},
		{"curl, TLS around it", "== Info: x\n<= Recv SSL data, 5 bytes (0x5)\n0000: 17 03 03 00 20                                  .... \n" + trace + line + "0000: 00 00 00 01 00                                  .....\n", []string{okHex}, ""},
		{"curl, hex-like text", trace + line + "0000: 00 00 00 01 01                                  .. aa\n", []string{askHex}, ""},
		{"curl, two connections", trace + "== Info: Closing connection 0\n== Info: Connected to x\n" + trace + line + "0000: 00 00 00 01 01                                  .....\n",
			[]string{askHex, "incomplete HTTP response: the input ends after 0 of 5 bytes of its body"}, ""},
		{"curl, connections by number", "[0-0] " + trace + strings.Replace("[1-1] "+trace, "Recv", "Recv", 1) + "[0-0] " + line + "0000: 00 00 00 01 00                                  .....\n[1-1] " + line +
			"0000: 00 00 00 01 01                                  .....\n", []string{okHex, askHex}, ""},
		{"curl, a row is missing", trace + line + "== Info: x\n", nil, "line 5, column 1: only 0 of the 5 bytes of this record are present"},
		{"curl, a row too many", trace + line + "0000: 00 00 00 01 01                                  .....\n0010: 00 \n", nil, "line 7, column 1: this line belongs to no record of curl --trace"},
		{"curl, another offset", trace + line + "0010: 00 00 00 01 01                                  .....\n", nil, "line 6, column 1: offset 0010 does not follow"},
		{"curl --trace-ascii", "=> Send header, 17 bytes (0x11)\n0000: HTTP/1.1 200 OK\n", nil, "line 2, column 1: not the 16 bytes in hex that belong here; curl --trace-ascii loses them"},

		{"strace", `write(5, "\0\0\0\1\1", 5) = 5`, []string{askHex}, ""},
		{"strace, sent in part", `write(5, "\0\0\0\1\1", 5) = 2` + "\n" + `write(5, "\0\1\1", 3) = 3`, []string{askHex}, ""},
		{"strace, a message in two parts", `[pid  7] recvmsg(5, {msg_name=NULL, msg_namelen=0, msg_iov=[{iov_base="\0\0", iov_len=9}], msg_iovlen=1, msg_flags=0}, 0) = 2` + "\n" +
			`[pid  7] 10:00:00 recvfrom(5<TCP:[1.2.3.4:5->6.7.8.9:80]>, "\0\1\1", 100, 0, NULL, NULL) = 3 <0.000010>`, []string{askHex}, ""},
		{"strace, a call that goes on later", "[pid 7] read(5,  <unfinished ...>\n[pid 8] close(9) = 0\n[pid 7] <... read resumed>\"\\0\\0\\0\\1\\1\", 100) = 5", []string{askHex}, ""},
		{"strace, a file beside the connection", `read(3, "\0\0\0\1\0", 100) = 5` + "\n" + `write(4, "hello", 5) = 5` + "\n" + `read(5, "HTTP/1.0 200 OK\r\n\r\n\0\0\0\1\1", 100) = 24`, []string{askHex}, ""},
		{"strace, a descriptor used again", `read(5, "HTTP/1.0 200 OK\r\n\r\n\0\0\0\1\1", 100) = 24` + "\nclose(5) = 0\n" + `read(5, "HTTP/1.0 200 OK\r\n\r\n\0\0\0\1\0", 100) = 24`, []string{askHex, okHex}, ""},
		{"strace, failed calls", `read(5, 0x7ffe, 100) = -1 EAGAIN (Resource temporarily unavailable)` + "\n" + `read(5, "\0\0\0\1\1", 100) = 5`, []string{askHex}, ""},
		{"strace, cut", `write(5, "\0\0"..., 5) = 5`, nil, "line 1, column 1: strace has cut this string: it shows 2 bytes; use strace -s 65535"},
		{"strace, shorter than it says", `read(5, "\0\0", 100) = 5`, nil, "line 1, column 1: 2 of the 5 bytes of this call are shown; use strace -s 65535"},
		{"strace, changed", `write(5, "\0\0\0\1\1", 6) = 5`, nil, "line 1, column 1: a string of 5 bytes where the call says 6"},
		{"strace, a line with bytes that is no call", `read(5, "\0\0\0\1\1", 100) = 5` + "\n" + `reap(5, "\0\0\0\1\1", 100) = 5`, nil, "line 2, column 1: this line has bytes"},

		{"Burp", "<items>\n<item>\n<request base64=\"true\"><![CDATA[" + "UE9TVCAvIEhUVFAvMS4xDQpDb250ZW50LUxlbmd0aDogNQ0KDQoAAAABAA==" + "]]></request>\n<response base64=\"true\"></response>\n</item></items>", []string{okHex}, ""},
		{"Burp, as text", "<items>\n<request base64=\"false\"><![CDATA[POST]]></request>", nil, "line 2, column 1: save the items with requests and responses in base64"},

		{"tshark's JSON without -x", "[\n{\"_source\": {\n\"layers\": {\n\"frame\": {}\n}\n}\n}\n]", nil, "line 5, column 1: a packet in JSON without its bytes: add -x"},
		{"tshark's JSON, cut", "[\n{\"_source\": {\n\"layers\": {\n\"frame_raw\": [\n\"00\"\n", nil, "line 5, column 1: the JSON does not end"},
		{"tshark's JSON, damaged", "[\n{\"_source\": {\n\"layers\": {\n\"frame_raw\": [\n\"00\" 7\n", nil, "line 4, column 1: the JSON is damaged"},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if c.fault != "" {
			if err == nil || !strings.HasPrefix(err.Error(), c.fault) {
				t.Errorf("%s: got %v %v, want the error %q", c.name, found(m), err, c.fault)
			}
			continue
		}
		if got := found(m); err != nil || strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%s:\n got %q %v\nwant %q", c.name, got, err, c.want)
		}
	}
}

// TestLossy refuses what has lost the bytes, and says what to use instead.
func TestLossy(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"tcpdump", "15:09:26.535897 IP 10.0.0.1.40001 > 10.0.0.2.80: Flags [P.], seq 1:6, ack 1, win 9, length 5: HTTP\n", "tcpdump -x"},
		{"tcpdump -A", "$ sudo tcpdump -A\n15:09:26.535897 IP 10.0.0.1.40001 > 10.0.0.2.80: Flags [P.], seq 1:6, ack 1, win 9, length 5: HTTP\nE..(....@.f.\nPOST / HTTP/1.1\nContent-Length: 5\n\n.....\n", "tcpdump -x"},
		{"tcpdump -q", "IP 10.0.0.1.40001 > 10.0.0.2.80: tcp 5\n", "tcpdump -x"},
		{"tshark", "    4   0.000030     10.0.0.1 → 10.0.0.2     HTTP 299 POST /0131501b-d67f-491b-9a40-c4bf27bcb4d4 HTTP/1.1 \n", "tshark -x"},
		{"tshark, in ASCII", "4 0.000030 10.0.0.1 -> 10.0.0.2 HTTP 299 POST /0131501b-d67f-491b-9a40-c4bf27bcb4d4 HTTP/1.1\n", "tshark -x"},
		{"tshark -V", "Frame 1: 60 bytes on wire (480 bits), 60 bytes captured (480 bits)\n    Encapsulation type: Ethernet (1)\n", "tshark -x"},
		{"PDML", "<?xml version=\"1.0\"?>\n<pdml version=\"0\">\n<field value=\"0000\"/>\n", "tshark -x"},
		{"curl -v", "*   Trying 127.0.0.1:80...\n> POST /x HTTP/1.1\n> Host: x\n>\n< HTTP/1.1 200 OK\n<\n{ [5 bytes data]\n", "curl --trace"},
		{"curl -v, with the body", "*   Trying 127.0.0.1:80...\n> POST /x HTTP/1.1\n< HTTP/1.1 200 OK\n\x00\x00\x00\x01\x00* Connection #0", "curl --trace"},
		{"HAR", "{\n  \"log\": {\n    \"version\": \"1.2\",\n    \"entries\": []\n  }\n}\n", "packet capture, or curl --trace"},
		{"mitmproxy", "1234:9:websocket;0:~8:response;\x00\x01", "export"},
		{"HTTP as text", "POST " + spec.PathV2 + " HTTP/1.1\r\nContent-Length: 9\r\n\r\n........P", "copied as text"},
		{"HTTP as text, behind a prompt", "$ cat x\nHTTP/1.1 200 OK\nContent-Length: 5\n\n.....\n", "copied as text"},
		{"replaced", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01", ""},
		{"replacement characters", "\x00\x02\x00\x03\ufffd\ufffd", "U+FFFD"},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if c.want == "" {
			if err != nil || len(m) != 1 || m[0].Problem != "" {
				t.Errorf("%s: %v %v", c.name, found(m), err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v %v, want an error with %q", c.name, found(m), err, c.want)
		}
	}
}

// TestAfterNoise finds HTTP behind a prompt.
func TestAfterNoise(t *testing.T) {
	for name, in := range map[string]string{
		"a response":     "$ curl -i http://x\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01\n$ ",
		"100 Continue":   "$ curl -i http://x\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01",
		"after progress": "  % Total    % Received\n100    80\n\nHTTP/1.0 200 OK\r\n\r\n\x00\x00\x00\x01\x01",
	} {
		m, err := Parse([]byte(in), Options{})
		if got := found(m); err != nil || strings.Join(got, " ") != askHex {
			t.Errorf("%s: %v %v", name, got, err)
		}
	}
}

// TestViews: what tshark has reassembled, decrypted and decoded counts once.
func TestViews(t *testing.T) {
	post := "POST " + spec.PathV2 + " HTTP/1.1\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01"
	dump := func(title string, b []byte) string {
		s := fmt.Sprintf("%s (%d bytes):\n", title, len(b))
		for at := 0; at < len(b); at += 16 {
			s += fmt.Sprintf("%04x  % x\n", at, b[at:min(at+16, len(b))])
		}
		return s
	}
	frame := func(seq int, payload string) []byte { return ipv4(6, 0, 0, tcp(uint32(seq), 0, payload)) }
	first, second := []byte(post+"\x00"), []byte(post+"\x01")
	n := len(first)
	tail := string(first[20:])
	unknown := append([]byte{8, 0, 0, 0, 0, 1, 0, 0}, bytes.Repeat([]byte{9}, 60)...)
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"a message begun before, and a whole one", dump("Frame", frame(21, tail+string(second))) + dump("Reassembled TCP", first), []string{okHex, askHex}},
		{"a whole one, and a reassembled one", dump("Frame", frame(1, string(first))) + "\n" + dump("Frame", frame(n+21, string(second[20:]))) + dump("Reassembled TCP", second), []string{okHex, askHex}},
		{"two in one frame", dump("Frame", frame(n-9, string(first[n-10:])+string(second))) + dump("Reassembled TCP", first) + dump("Reassembled TCP", second), []string{okHex, askHex}},
		{"the frame fills a gap", dump("Frame", frame(21, string(first[20:60]))) + dump("Reassembled TCP", first), []string{okHex}},
		{"a body decoded, too", dump("Frame", frame(21, tail)) + dump("Reassembled TCP", first) + dump("De-chunked entity body", []byte("\x00\x00\x00\x01\x00")) + dump("Uncompressed entity body", []byte("\x00\x00\x00\x01\x00")), []string{okHex}},
		{"a token decoded, too", dump("Frame", frame(1, string(first))) + dump("NTLMSSP / GSSAPI Data", []byte("NTLMSSP\x00\x01\x00\x00\x00")), []string{okHex}},
		{"of another message", dump("Frame", frame(1, "\x00\x00\x00\x01\x01")) + dump("Reassembled TCP", first), []string{"the reassembled data shown with this frame do not contain its payload", askHex}},
		{"of a frame that is no packet", dump("Frame", unknown) + dump("Reassembled TCP", first), []string{okHex}},
		{"decrypted, head alone and whole", dump("Frame", frame(1, "\x17\x03\x03\x00\x05abcde")) + dump("Decrypted TLS", first[:n-5]) + dump("Reassembled TLS", first), []string{okHex}},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if got := found(m); err != nil || strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%s:\n got %q %v\nwant %q", c.name, got, err, c.want)
		}
	}
}

// TestSegmentationOffload reads packets whose length was left to the network card.
func TestSegmentationOffload(t *testing.T) {
	v4, v6 := ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00")), ipv6(6, tcp(1, 0, "\x00\x00\x00\x01\x00"))
	v4[2], v4[3], v6[4], v6[5] = 0, 0, 0, 0
	for _, b := range [][]byte{v4, v6, append([]byte(strings.Repeat("\x02", 12)+"\x08\x00"), v4...)} {
		m, err := Parse([]byte("0000  "+fmt.Sprintf("% x", b)), Options{})
		if got := found(m); err != nil || strings.Join(got, " ") != okHex {
			t.Errorf("% x: %v %v", b, got, err)
		}
	}
}

// TestRests: a line of a dump that cannot be read is a problem, and not passed over.
func TestRests(t *testing.T) {
	packet := fmt.Sprintf("0x0000:  %x\n", ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00")))
	for _, rest := range []string{"0x00x0:  5002 ffff 6501 0000 1111\n", "== 00 01 02 03 04 05\n"} {
		m, err := Parse([]byte(rest+packet), Options{})
		if got := found(m); err == nil && (len(got) == 0 || !strings.Contains(strings.Join(got, " "), "was not read")) {
			t.Errorf("%q: %v %v", rest, got, err)
		}
	}
}
