package input

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/spec"
)

// tcp returns a TCP segment with the given bytes of options.
func tcp(seq uint32, options int, payload string) []byte {
	b := make([]byte, 20+options, 20+options+len(payload))
	binary.BigEndian.PutUint16(b, 40000)
	binary.BigEndian.PutUint16(b[2:], 80)
	binary.BigEndian.PutUint32(b[4:], seq)
	b[12] = byte((20 + options) / 4 << 4)
	return append(b, payload...)
}

func ipv4(proto byte, options, fragment int, payload []byte) []byte {
	b := make([]byte, 20+options)
	b[0] = byte(0x40 | (20+options)/4)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	binary.BigEndian.PutUint16(b[6:], uint16(fragment))
	b[9] = proto
	copy(b[12:], []byte{10, 0, 0, 1, 10, 0, 0, 2})
	return append(b, payload...)
}

func ipv6(next byte, payload []byte) []byte {
	b := make([]byte, 40)
	b[0] = 0x60
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	b[6] = next
	b[8], b[24] = 0xfd, 0xfd
	return append(b, payload...)
}

// TestLinks finds the payload behind whatever stands in front of it.
func TestLinks(t *testing.T) {
	v4 := ipv4(6, 0, 0, tcp(1, 0, "\x00\x00\x00\x01\x00"))
	v6 := ipv6(6, tcp(1, 12, "\x00\x00\x00\x01\x00"))
	extended := ipv6(0, append(append([]byte{60, 0, 0, 0, 0, 0, 0, 0, 6, 1}, make([]byte, 14)...), tcp(1, 0, "\x00\x00\x00\x01\x00")...))
	join := func(head string, b []byte) []byte { return append([]byte(head), b...) }
	macs := strings.Repeat("\x02", 12)
	for name, b := range map[string][]byte{
		"IPv4":                  v4,
		"IPv4 with options":     ipv4(6, 8, 0, tcp(1, 8, "\x00\x00\x00\x01\x00")),
		"IPv4 and a trailer":    append(bytes.Clone(v4), 1, 2, 3, 4, 5, 6),
		"IPv4, do not fragment": ipv4(6, 0, 0x4000, tcp(1, 0, "\x00\x00\x00\x01\x00")),
		"IPv6":                  v6,
		"IPv6 with extensions":  extended,
		"Ethernet":              join(macs+"\x08\x00", v4),
		"Ethernet and IPv6":     join(macs+"\x86\xdd", v6),
		"VLAN":                  join(macs+"\x81\x00\x00\x05\x08\x00", v4),
		"VLAN in VLAN":          join(macs+"\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd", v6),
		"Linux cooked":          join("\x00\x00\x03\x04\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00\x08\x00", v4),
		"Linux cooked 2":        join("\x86\xdd\x00\x00\x00\x00\x00\x01\x03\x04\x00\x06\x00\x00\x00\x00\x00\x00\x00\x00", v6),
		"null":                  join("\x02\x00\x00\x00", v4),
		"loopback":              join("\x00\x00\x00\x1e", v6),
	} {
		m, err := Parse([]byte(hex.EncodeToString(b)), Options{})
		if err != nil || len(m) != 1 || hex.EncodeToString(m[0].Bytes) != okHex || m[0].Note != "TCP payload" {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
}

// TestNoPackets leaves alone what only resembles a packet, and drops packets
// that hold nothing.
func TestNoPackets(t *testing.T) {
	v4 := ipv4(6, 0, 0, tcp(1, 0, "abc"))
	v6 := ipv6(6, tcp(1, 0, "abc"))
	set := func(b []byte, at int, c byte) []byte {
		b = bytes.Clone(b)
		b[at] = c
		return b
	}
	for name, b := range map[string][]byte{
		"longer than its packet":  set(v4, 3, 250),
		"shorter than its header": set(v4, 3, 19),
		"no header length":        set(v4, 0, 0x44),
		"much behind it":          append(bytes.Clone(v4), make([]byte, 65)...),
		"TCP header too long":     set(v4, 32, 0xf0),
		"TCP header too short":    set(v4, 32, 0x40),
		"IPv6, much behind it":    append(bytes.Clone(v6), make([]byte, 65)...),
		"another EtherType":       append([]byte(strings.Repeat("\x02", 12)+"\x08\x06"), v4...),
		"no family":               append([]byte{0, 0, 0, 31}, v4...),
	} {
		m, err := Parse([]byte(hex.EncodeToString(b)), Options{})
		if err != nil || len(m) != 1 || !bytes.Equal(m[0].Bytes, b) {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
	for name, b := range map[string][]byte{
		"endless extension": ipv6(0, []byte{0, 255, 0, 0, 0, 0, 0, 0}),
		"extension cut":     ipv6(43, []byte{6, 0, 0}),
		"UDP":               ipv4(17, 0, 0, make([]byte, 20)),
		"UDP in IPv6":       ipv6(17, make([]byte, 20)),
		"a fragment in v6":  ipv6(44, make([]byte, 40)),
		"no payload":        ipv4(6, 0, 0, tcp(1, 0, "")),
		"no payload in v6":  ipv6(6, tcp(1, 0, "")),
		"a trailer and nil": append(ipv4(6, 0, 0, tcp(1, 0, "")), 0, 0, 0, 0, 0, 0),
	} {
		m, err := Parse([]byte(hex.EncodeToString(b)), Options{})
		if err == nil || err.Error() != "1 packet without a message: no HTTP POST to a path of MS-PCHC, and no response to one" {
			t.Errorf("%s: %+v %v", name, m, err)
		}
	}
	m, err := Parse([]byte(hex.EncodeToString(ipv4(6, 0, 5, make([]byte, 40)))), Options{})
	if err != nil || len(m) != 1 || !m[0].Aside || !strings.Contains(m[0].Problem, "lacks fragments") {
		t.Errorf("a later fragment: %+v %v", m, err)
	}
}

// TestStreams joins segments that follow each other, and no others.
func TestStreams(t *testing.T) {
	dump := func(packets ...[]byte) string {
		var s strings.Builder
		for _, p := range packets {
			s.WriteString("0x0000:  " + hex.EncodeToString(p) + "\n")
		}
		return s.String()
	}
	segment := func(seq uint32, payload string) []byte { return ipv4(6, 0, 0, tcp(seq, 0, payload)) }
	ack := ipv6(6, tcp(9, 0, "\x00\x00\x00\x01\x00"))
	post := "POST " + spec.PathV2 + " HTTP/1.1\r\nContent-Length: 5\r\n\r\n"
	n := uint32(len(post))
	for _, c := range []struct {
		name, in string
		want     []string
	}{
		{"two segments", dump(segment(1, "\x00\x00"), segment(3, "\x00\x01\x01")), []string{askHex}},
		{"the sequence wraps", dump(segment(1<<32-1, "\x00\x00"), segment(1, "\x00\x01\x01")), []string{askHex}},
		{"another flow between, whose packet comes before the end", dump(segment(1, "\x00\x00"), ack, segment(3, "\x00\x01\x01")), []string{okHex, askHex}},
		{"sent again", dump(segment(1, "\x00\x00"), segment(1, "\x00\x00"), segment(3, "\x00\x01\x01")), []string{askHex}},
		{"a gap", dump(segment(1, "\x00\x00\x00\x01\x00"), segment(100, "\x00\x00\x00\x01\x01")), []string{okHex, askHex}},
		{"a byte before a gap is no message", dump(segment(1, "\x00"), segment(100, "\x00\x00\x00\x01\x01")), []string{askHex}},
		{"data of another protocol", dump(segment(1, "SSH-2.0-x\r\n"), ack), []string{okHex}},
		{"captured in the wrong order", dump(segment(3, "\x00\x01\x01"), segment(1, "\x00\x00")), []string{askHex}},
		{"head and body", dump(segment(1, post), segment(1+n, "\x00\x00\x00\x01\x00")), []string{okHex}},
		{"a body cut short", dump(segment(1, post), segment(1+n, "\x00\x00\x00\x01")), []string{"incomplete HTTP request: the capture ends after 4 of 5 bytes of its body"}},
		{"a body with a gap", dump(segment(1, post+"\x00"), segment(3+n, "\x00\x01\x01"), segment(6+n, post+"\x00\x00\x00\x01\x01")),
			[]string{"lost the body of an HTTP request: 1 of 5 bytes missing from the capture", askHex}},
		{"two on a connection", dump(segment(1, post+"\x00\x00\x00\x01\x00"), segment(6+n, post+"\x00\x00\x00\x01\x01")), []string{okHex, askHex}},
		{"another path, if there is nothing else", dump(segment(1, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00")), []string{okHex}},
		{"another path", dump(segment(1, "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x00"), ack), []string{okHex}},
		{"a response alone", dump(segment(1, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01")), []string{askHex}},
		{"any response alone, if there is nothing else", dump(segment(1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno")), []string{"6e6f"}},
		{"any response alone", dump(segment(1, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"), ack), []string{okHex}},
		{"a body whose header is not there, and more", dump(segment(1, "\x00\x00\x00\x01\x00"), segment(6, post+"\x00\x00\x00\x01\x01")), []string{okHex, askHex}},
		{"ARP", "0x0000:  0001 0800 0604 0001 0200 0000 0001 0a00 0001\n" + dump(ack), []string{okHex}},
		{"a damaged packet", "0x0000:  4600 0800 0604 0001 0200 0000 0001 0a00 0001\n" + dump(ack),
			[]string{"skipped 18 bytes that are neither an IP packet nor HTTP nor a message", okHex}},
		{"a packet cut by the snap length", dump(func() []byte {
			p := segment(1, post+"\x00\x00\x00\x01\x00")
			binary.BigEndian.PutUint16(p[10:], ^sum16(p[:20]))
			return p[:len(p)-2]
		}()), []string{"lost the body of an HTTP request: 2 of 5 bytes missing from the capture"}},
	} {
		m, err := Parse([]byte(c.in), Options{})
		if got := found(m); strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%s: got %v %v, want %v", c.name, got, err, c.want)
		}
	}
}

// found are messages in hex, and problems.
func found(messages []Message) (all []string) {
	for _, m := range messages {
		all = append(all, hex.EncodeToString(m.Bytes)+m.Problem)
	}
	return all
}

// sum16 is the sum of the Internet checksum.
func sum16(b []byte) uint16 {
	sum := uint32(0)
	for ; len(b) > 1; b = b[2:] {
		sum += uint32(binary.BigEndian.Uint16(b))
	}
	return uint16(sum + sum>>16)
}

// TestHTTP takes bodies out of HTTP, however they are framed.
func TestHTTP(t *testing.T) {
	const (
		ok     = "\x00\x00\x00\x01\x00"
		body   = "body of an HTTP response 200"
		posted = "body of an HTTP request"
	)
	for _, c := range []struct {
		in   string
		want []string // hex and note of messages, or problems
	}{
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok, []string{okHex + body}},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok + "\r\n", []string{okHex + body}},
		{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok + "rest", []string{okHex + body, "skipped 4 bytes that are not HTTP"}},
		{"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n" + ok, []string{"incomplete HTTP response: the input ends after 5 of 6 bytes of its body"}},
		{"HTTP/1.0 200 OK\r\n\r\n" + ok, []string{okHex + body}},
		{"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING : Chunked\r\n\r\n5\r\n" + ok + "\r\n0\r\n\r\n", []string{okHex + body}},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + ok + "\r\n", []string{"incomplete HTTP response: the input ends after 5 bytes of its body"}},
		{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" + ok + "\r\nzz\r\n", []string{"unreadable HTTP response: a chunk has an invalid size"}},
		{"HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok,
			[]string{okHex + body}},
		{"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + ok, []string{posted, okHex + body}},
		{"POST / HTTP/1.1\r\nContent-Length: 0\r\n\r\nHTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n" +
			"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n" + ok, []string{okHex + posted}},
		{"GET / HTTP/1.1\r\n\r\nPOST / HTTP/1.1\r\ncontent-length:5\r\n\r\n" + ok, []string{okHex + posted}},
		{"POST / HTTP/1.1\r\nHost: x\r\n", []string{"incomplete HTTP request: the input ends within its header"}},
	} {
		m, err := Parse([]byte(c.in), Options{})
		var got []string
		for _, m := range m {
			got = append(got, hex.EncodeToString(m.Bytes)+m.Note+m.Problem)
			if m.Problem == "" && (m.Kind == spec.Request) != (m.Note == posted) {
				t.Errorf("%q: kind %v, %s", c.in, m.Kind, m.Note)
			}
		}
		if strings.Join(got, ", ") != strings.Join(c.want, ", ") {
			t.Errorf("%q:\n got %q %v\nwant %q", c.in, got, err, c.want)
		}
	}
}

// TestRequestOfResponse: a response knows what it answers.
func TestRequestOfResponse(t *testing.T) {
	batch, _ := hex.DecodeString(batchHex)
	m, err := Parse([]byte("POST / HTTP/1.1\r\nContent-Length: 75\r\n\r\n"+string(batch)+"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n\x00\x00\x00\x01\x01"), Options{})
	if err != nil || len(m) != 2 || m[1].Request != 3 {
		t.Errorf("%+v, %v; want a response to a request of type 3", m, err)
	}
}
