package capture

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// packet is an IP packet with a whole POST in TCP.
func packet(six bool, f capturetest.Format) []byte {
	var trace capturetest.Trace
	c := trace.Conn(0)
	if six {
		c.IPv6()
	}
	c.FromClient(ACK, capturetest.Post(v2, offer))
	f.Link = capturetest.Raw
	return trace.Encode(f)[40:]
}

// readIP reads one packet, of which the capture has b.
func readIP(b []byte, wire int) *outcome {
	var out outcome
	r := NewReader(Options{}, func(e *Event) error {
		switch e.Kind {
		case Problem:
			out.problems = append(out.problems, e.Detail)
		case Request:
			out.messages = append(out.messages, request(e.Body))
		}
		return nil
	})
	r.unwrap(layerIP, b, wire, 0)
	out.sum, out.err = r.Close()
	return &out
}

// TestPacketCuts cuts packets at every byte: within the headers a problem says so, and
// behind them the connection is there.
func TestPacketCuts(t *testing.T) {
	for name, b := range map[string][]byte{
		"IPv4": packet(false, capturetest.Format{}), "IPv4, options": packet(false, capturetest.Format{Options: true}),
		"IPv6": packet(true, capturetest.Format{}), "IPv6, extensions": packet(true, capturetest.Format{Options: true}),
	} {
		headers := len(b) - len(capturetest.Post(v2, offer))
		for n := range len(b) {
			got := readIP(b[:n:n], len(b))
			connections, detail := 0, "within their headers"
			if n >= headers {
				connections, detail = 1, "incomplete HTTP request"
			}
			if n >= headers && n < headers+len("POST /C") {
				detail = "at the beginning of messages"
			}
			if got.sum.Connections != connections || n < headers && (len(got.problems) != 1 || !strings.Contains(got.problems[0], detail)) {
				t.Errorf("%s, %d of %d bytes: %d connections, problems %q", name, n, len(b), got.sum.Connections, got.problems)
			}
		}
		if got := readIP(b, len(b)); len(got.messages) != 1 || len(got.problems) > 0 {
			t.Errorf("%s: %d messages, problems %q", name, len(got.messages), got.problems)
		}
	}
}

// TestPacketFields changes the fields by which a packet is read.
func TestPacketFields(t *testing.T) {
	four, six := packet(false, capturetest.Format{}), packet(true, capturetest.Format{})
	set := func(b []byte, at int, values ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], values)
		return b
	}
	padded := func(b []byte) []byte { return append(bytes.Clone(b), "padding"...) }
	for name, test := range map[string]struct {
		b                  []byte
		requests, problems int
	}{
		"IPv4":                             {four, 1, 0},
		"IPv4, padded":                     {padded(four), 1, 0},
		"IPv4, no length":                  {set(four, 2, 0, 0), 1, 0},
		"IPv4, length of the header":       {set(four, 2, 0, 20), 0, 0},
		"IPv4, length below the header":    {set(four, 2, 0, 19), 0, 0},
		"IPv4, header of 16":               {set(four, 0, 0x44), 0, 0},
		"IPv4, UDP":                        {set(four, 9, 17), 0, 0},
		"IPv4, ICMP":                       {set(four, 9, 1), 0, 0},
		"IPv4, ICMP, cut behind IP":        {set(four, 9, 1)[:20], 0, 0},
		"IPv4, do not fragment":            {set(four, 6, 0x40), 1, 0},
		"IPv4, reserved flag":              {set(four, 6, 0x80), 1, 0},
		"IPv6":                             {six, 1, 0},
		"IPv6, padded":                     {padded(six), 1, 0},
		"IPv6, no length":                  {set(six, 4, 0, 0), 1, 0},
		"IPv6, ICMP":                       {set(six, 6, 58), 0, 0},
		"IPv6, ICMP, cut behind IP":        {set(six, 6, 58)[:40], 0, 0},
		"IPv6, no next header":             {set(six, 6, 59), 0, 0},
		"version 5":                        {set(four, 0, 0x55), 0, 0},
		"IPv4, TCP header of 16":           {set(four, 32, 0x40), 0, 0},
		"IPv4, TCP header behind the end":  {set(set(four, 2, 0, 40), 32, 0x60), 0, 0},
		"IPv4, TCP header up to the end":   {set(set(four, 2, 0, 44), 32, 0x60), 0, 0},
		"IPv6, authentication":             {within6(six, 51, 6, 4), 1, 0},
		"IPv6, authentication of 8 bytes":  {within6(six, 51, 6, 0), 1, 0},
		"IPv6, hop by hop":                 {within6(six, 0, 6, 0), 1, 0},
		"IPv6, routing of 24 bytes":        {within6(six, 43, 6, 2), 1, 0},
		"IPv6, destination":                {within6(six, 60, 6, 0), 1, 0},
		"IPv6, mobility":                   {within6(six, 135, 6, 0), 1, 0},
		"IPv6, fragment that is the whole": {within6(six, 44, 6, 0), 1, 0},
		"IPv6, reserved bits of it":        {set(within6(six, 44, 6, 0), 42, 0, 6), 1, 0},
		"IPv6, first fragment":             {set(within6(six, 44, 6, 0), 42, 0, 1), 1, 1},
		"IPv6, second fragment":            {set(within6(six, 44, 6, 0), 42, 0, 8), 0, 0},
	} {
		got := readIP(test.b, len(test.b))
		if len(got.messages) != test.requests || len(got.problems) != test.problems {
			t.Errorf("%s: %d requests, want %d; problems %q", name, len(got.messages), test.requests, got.problems)
		}
	}
}

// within6 puts an extension header before what an IPv6 packet carries: its number,
// that of the next, and its length as it stands in it.
func within6(b []byte, number, next, length byte) []byte {
	n := int(length)*8 + 8
	if number == protoAuth {
		n = int(length)*4 + 8
	}
	h := make([]byte, n)
	h[0], h[1] = next, length
	b = slices.Insert(bytes.Clone(b), 40, h...)
	b[6] = number
	binary.BigEndian.PutUint16(b[4:], uint16(len(b)-40))
	return b
}

// TestPlainESP takes ESP without encryption apart, with trailers and headers of every
// length, and nothing that does not fit.
func TestPlainESP(t *testing.T) {
	four, six := packet(false, capturetest.Format{}), packet(true, capturetest.Format{})
	var trace capturetest.Trace
	trace.Conn(0).FromClient(ACK, capturetest.Batch(1, 10))
	long := trace.Encode(capturetest.Format{Link: capturetest.Raw})[40:]
	for name, test := range map[string]struct {
		src, dst, data []byte
		proto          byte
	}{
		"TCP in IPv4": {four[12:16], four[16:20], four[20:], protoTCP},
		"a long one":  {long[12:16], long[16:20], long[20:], protoTCP},
		"TCP in IPv6": {six[8:24], six[24:40], six[40:], protoTCP},
		"IPv4":        {four[12:16], four[16:20], four, 4},
		"IPv6":        {four[12:16], four[16:20], six, 41},
	} {
		for _, header := range []int{8, 16} {
			for _, trailer := range []int{12, 16, 24, 32} {
				for _, padding := range []int{0, 1, 3, 8} {
					b := append(make([]byte, header), test.data...)
					for i := range padding {
						b = append(b, byte(i+1))
					}
					b = append(b, byte(padding), test.proto)
					end := len(b)
					b = append(b, bytes.Repeat([]byte{0xee}, trailer)...)
					proto, data := plainESP(test.src, test.dst, b)
					if proto != test.proto || !bytes.Equal(data, test.data) {
						t.Errorf("%s, header of %d, trailer of %d, %d bytes of padding: protocol %d, %d bytes, want %d", name, header, trailer, padding, proto, len(data), len(test.data))
					}
					for what, at := range map[string]int{"protocol": end - 1, "padding": end - 3, "data": header + 4} {
						if what == "padding" && padding == 0 {
							continue
						}
						bad := bytes.Clone(b)
						bad[at] ^= 0x10
						if proto, data := plainESP(test.src, test.dst, bad); data != nil {
							t.Errorf("%s, header of %d, trailer of %d, %d bytes of padding, wrong %s: protocol %d, %d bytes", name, header, trailer, padding, what, proto, len(data))
						}
					}
				}
			}
		}
	}
	for n := range 60 { // too short for anything
		if _, data := plainESP(four[12:16], four[16:20], make([]byte, n)); data != nil {
			t.Errorf("%d bytes: %d bytes of data", n, len(data))
		}
	}
}

// TestSum16 carries once, and once more.
func TestSum16(t *testing.T) {
	for b, want := range map[string]uint16{
		"": 0, "\x12\x34": 0x1234, "\x12\x34\x56": 0x1234, "\xff\xff": 0xffff, "\xff\xff\x00\x01": 1, "\xff\xff\x00\x02": 2, "\xff\xff\xff\xff": 0xffff,
		"\xff\xff\xff\xff\x00\x01": 1,
	} {
		if got := sum16([]byte(b)); got != want {
			t.Errorf("% x: %#x, want %#x", b, got, want)
		}
	}
}
