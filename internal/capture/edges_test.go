package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// TestTLSHeader tells TLS records by each byte of their header.
func TestTLSHeader(t *testing.T) {
	for header, want := range map[string]bool{
		"\x13\x03\x03\x00\x01": false, "\x14\x03\x03\x00\x01": true, "\x17\x03\x03\x00\x01": true, "\x18\x03\x03\x00\x01": false,
		"\x16\x02\x03\x00\x01": false, "\x16\x04\x03\x00\x01": false,
		"\x16\x03\x00\x00\x01": true, "\x16\x03\x04\x00\x01": true, "\x16\x03\x05\x00\x01": false,
		"\x16\x03\x03\x00\x00": false, "\x16\x03\x03\x01\x00": true, "\x16\x03\x03\x48\x00": true, "\x16\x03\x03\x48\x01": false,
		"\x16\x03\x03\x00": false, "\x16\x03": false, "\x16": false,
	} {
		if got := isTLS([]byte(header)); got != want {
			t.Errorf("% x: %v", header, got)
		}
		if begins := mayBeTLS([]byte(header)); want && !begins {
			t.Errorf("% x: mayBeTLS is false", header)
		}
	}
	for begin, want := range map[string]bool{"\x16": true, "\x13": false, "\x16\x03": true, "\x16\x02": false, "\x16\x03\x04": true, "\x16\x03\x05": false} {
		if got := mayBeTLS([]byte(begin)); got != want {
			t.Errorf("% x: %v", begin, got)
		}
	}
}

// TestBytes tells every byte that the framer asks about.
func TestBytes(t *testing.T) {
	for c := range 256 {
		ch := byte(c)
		digit, err := strconv.ParseUint(string(rune(c)), 16, 8)
		if c >= 0x80 || err != nil {
			if got := hexDigit(ch); got != -1 {
				t.Errorf("hexDigit(%q) is %d", ch, got)
			}
		} else if got := hexDigit(ch); got != int(digit) {
			t.Errorf("hexDigit(%q) is %d", ch, got)
		}
		if got, want := isDigit(ch), strings.IndexByte("0123456789", ch) >= 0; got != want {
			t.Errorf("isDigit(%q) is %v", ch, got)
		}
		if got, want := isMethod(ch), strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", ch) >= 0; got != want {
			t.Errorf("isMethod(%q) is %v", ch, got)
		}
	}
}

// TestStartLines tells what a message may begin with from what it cannot.
func TestStartLines(t *testing.T) {
	for line, want := range map[string]struct{ request, response, mayRequest, mayResponse bool }{
		"POST / HTTP/1.1\r\n":                     {request: true, mayRequest: true},
		"POST / HTTP/1.1\n":                       {request: true, mayRequest: true},
		"POST / HTTP/1.1":                         {mayRequest: true}, // the line may go on
		"POST / HTTP/1.x\r\n":                     {},
		"POST / HTTP/2.0\r\n":                     {},
		"POST  HTTP/1.1\r\n":                      {},
		" / HTTP/1.1\r\n":                         {},
		"post / HTTP/1.1\r\n":                     {},
		"P / HTTP/1.1\r\n":                        {request: true, mayRequest: true},
		strings.Repeat("M", 24) + " / HTTP/1.1\n": {request: true, mayRequest: true},
		strings.Repeat("M", 25) + " / HTTP/1.1\n": {},
		strings.Repeat("M", 24):                   {mayRequest: true},
		strings.Repeat("M", 25):                   {},
		"HTTP/1.1 200 OK\r\n":                     {response: true, mayResponse: true},
		"HTTP/1.0 200\r\n":                        {response: true, mayResponse: true},
		"HTTP/1.1 200":                            {response: true, mayResponse: true},
		"HTTP/1.1 20":                             {mayResponse: true},
		"HTTP/1.1 2000\r\n":                       {},
		"HTTP/1.1 20x\r\n":                        {},
		"HTTP/1.1_200\r\n":                        {},
		"HTTP/x.1 200\r\n":                        {},
		"HTTP/1.x 200\r\n":                        {},
		"HTTP":                                    {mayRequest: true, mayResponse: true},
		"H":                                       {mayRequest: true, mayResponse: true},
		"X":                                       {mayRequest: true},
		"x":                                       {},
		"HTTP\r\n":                                {},
		"\x16\x03\x01\x00\x05":                    {}, // the header of a record is whole
	} {
		b := []byte(line)
		if got := startsRequest(b); got != want.request {
			t.Errorf("%q starts a request: %v", line, got)
		}
		if got := startsResponse(b); got != want.response {
			t.Errorf("%q starts a response: %v", line, got)
		}
		if got := mayStart(b, requests); got != want.mayRequest {
			t.Errorf("%q may start a request: %v", line, got)
		}
		if got := mayStart(b, responses); got != want.mayResponse {
			t.Errorf("%q may start a response: %v", line, got)
		}
		if got := mayStart(b, unknown); got != (want.mayRequest || want.mayResponse) {
			t.Errorf("%q may start a message: %v", line, got)
		}
	}
}

// TestStatusEdges: which responses carry a message.
func TestStatusEdges(t *testing.T) {
	for status, want := range map[int]EventKind{199: Unanswered, 200: Response, 201: Response, 299: Response, 300: Failure, 301: Failure, 399: Failure, 400: Failure, 599: Failure} {
		var trace capturetest.Trace
		trace.Conn(0).Open().Send(capturetest.Post(v2, offer)).Reply(capturetest.Answer(status, ok)).Close()
		var got EventKind
		for _, e := range readWith(bytes.NewReader(trace.Encode(capturetest.Format{})), Options{Exchanges: true}).events {
			if e.Kind != Request {
				got = e.Kind
			}
		}
		if got != want {
			t.Errorf("status %d: an event of kind %d, want %d", status, got, want)
		}
	}
}

// TestHeadLimit reads a head of the longest length, whole and in pieces, and
// reports a longer one.
func TestHeadLimit(t *testing.T) {
	for _, more := range []int{0, 1, 1460} {
		head := post("POST "+v2+" HTTP/1.1", "Content-Length: 48", "X: ")
		head = strings.Replace(head, "X: ", "X: "+strings.Repeat("x", maxHead-len(head)+more), 1)
		for _, mss := range []int{60000, 1460} {
			var trace capturetest.Trace
			c := trace.Conn(0).Open()
			c.MSS = mss
			c.Send([]byte(head + string(offer))).Reply(answer).Close()
			got := readTrace(&trace)
			// The end of the header may be in the segment that makes it too long.
			if fits := len(got.messages) == 2; more == 0 && !fits || more > maxHead-60000 && fits {
				t.Errorf("%d bytes of header in segments of %d: %d messages, problems %q", len(head), mss, len(got.messages), got.problems)
			} else if fits != (len(got.problems) == 0) {
				t.Errorf("%d bytes of header: problems %q", len(head), got.problems)
			}
		}
	}
}

// TestChunkSizes reads chunk sizes up to the largest that an integer holds.
func TestChunkSizes(t *testing.T) {
	for size, fine := range map[string]bool{
		"30": true, "030": true, strings.Repeat("0", 13) + "30": true, strings.Repeat("0", 14) + "30": false,
		"30;x": true, "30 ;x": true, "30\t": true, "30x": false, "": false, ";x": false, " 30": false, "-30": false, "0x30": false, "3g": false, "3`": false, "3/": false, "3:": false, "3@": false,
	} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Send([]byte(post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + size + "\r\n" + string(offer) + "\r\n0\r\n\r\n"))
		c.Reply(answer).Close()
		got := readTrace(&trace)
		if found := len(got.messages) > 0 && got.messages[0] == request(offer); found != fine || found == (len(got.problems) > 0) {
			t.Errorf("%q: %d messages, problems %q", size, len(got.messages), got.problems)
		}
	}
	for end, fine := range map[string]bool{"\r\n": true, "\n": true, "\r\r\n": true, "x\r\n": false, "": false} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.MSS = 1
		c.Send([]byte(post("POST "+v2+" HTTP/1.1", "Transfer-Encoding: chunked") + "30\r\n" + string(offer) + end + "0\r\n\r\n"))
		c.Reply(answer).Close()
		if got := readTrace(&trace); (len(got.problems) == 0) != fine {
			t.Errorf("a chunk and then %q: problems %q", end, got.problems)
		}
	}
}

// TestContentLengths reads lengths up to the largest.
func TestContentLengths(t *testing.T) {
	for value, want := range map[string]fields{
		"0": {length: 0}, "48": {length: 48}, "9, 9": {length: 9}, "9,8": {length: 9, invalid: true}, "": {length: -1, invalid: true}, "9,": {length: 9, invalid: true},
		"0,0": {length: 0}, "0,5": {length: 0, invalid: true}, "5,0": {length: 5, invalid: true}, "09": {length: 9},
		"/": {length: -1, invalid: true}, ":": {length: -1, invalid: true}, "+1": {length: -1, invalid: true}, "1 1": {length: -1, invalid: true},
		"360287970189639680": {length: 360287970189639680}, "360287970189639681": {length: 360287970189639681}, // 10 << 55
		"3602879701896396810": {length: -1, invalid: true},
	} {
		got := readFields([]byte("Content-Length: " + value + "\r\n\r\n"))
		if got.length != want.length || got.invalid != want.invalid {
			t.Errorf("%q: %+v", value, got)
		}
	}
}

// TestReorderWindow waits for bytes as many frames as it says, and no longer.
func TestReorderWindow(t *testing.T) {
	for _, frames := range []int{reorderWindow - 1, reorderWindow} {
		var trace capturetest.Trace
		c := trace.Conn(0).Open()
		c.Silent = true
		c.MSS = 100
		c.Send(capturetest.Post(v2, capturetest.Batch(1, 20))).Reply(answer) // which acknowledges it all
		late := trace.Packets[5]
		trace.Drop(func(i int, _ *capturetest.Packet) bool { return i == 5 })
		for range frames {
			c.FromClient(ACK, nil)
		}
		trace.Packets = append(trace.Packets, late)
		if got := readTrace(&trace); len(got.problems) != frames-reorderWindow+1 {
			t.Errorf("a segment behind %d frames: problems %q", frames, got.problems)
		}
	}
}

// TestFragmentIdentity joins fragments of one datagram, and of no other.
func TestFragmentIdentity(t *testing.T) {
	base := fragmentID{src: [16]byte{1}, dst: [16]byte{2}, id: 3, version: 4, proto: 6}
	others := []fragmentID{base, base, base, base, base}
	others[0].src[15] = 1
	others[1].dst[15] = 1
	others[2].id = 4
	others[3].version = 6
	others[4].proto = 17
	r := NewReader(Options{}, nil)
	first := []byte("12345678")
	r.fragment(&base, 0, true, first, 8)
	for _, id := range others {
		if whole := r.fragment(&id, 8, false, []byte("9"), 1); whole != nil {
			t.Errorf("%+v completes another", id)
		}
	}
	if whole := r.fragment(&base, 8, false, []byte("9"), 1); string(whole) != "123456789" {
		t.Errorf("%q", whole)
	}
	if whole := r.fragment(&base, 8, false, []byte("9"), 1); whole != nil {
		t.Error("what is complete is still there")
	}
}

// TestFragmentIdentityIPv4 gives fragments of two datagrams that differ in one
// address.
func TestFragmentIdentityIPv4(t *testing.T) {
	for _, which := range []int{0, 1} {
		var one, two capturetest.Trace
		a, b := one.Conn(0), two.Conn(0)
		if which == 0 {
			b.Client = netip.MustParseAddrPort("10.0.0.9:40000")
		} else {
			b.Server = netip.MustParseAddrPort("10.0.0.9:80")
		}
		for i, c := range []*capturetest.Conn{a, b} {
			c.Open().Send(capturetest.Post(v2, capturetest.Batch(uint64(i), 10))).Reply(answer).Close()
		}
		f := capturetest.Format{Fragment: 64}
		first, second := one.Encode(f), two.Encode(f) // with the same identifications
		merged := bytes.Clone(first[:24])
		for first, second = first[24:], second[24:]; len(first) > 0 || len(second) > 0; {
			for _, rest := range []*[]byte{&first, &second} {
				if len(*rest) > 0 {
					n := 16 + binary.LittleEndian.Uint32((*rest)[8:])
					merged = append(merged, (*rest)[:n]...)
					*rest = (*rest)[n:]
				}
			}
		}
		got := read(bytes.NewReader(merged))
		if len(got.messages) != 4 || len(got.problems) != 0 {
			t.Errorf("%d: %d messages, problems %q", which, len(got.messages), got.problems)
		}
	}
}

// TestFragmentEdges: the shortest first fragment, the longest datagram, the oldest
// and the one in most pieces.
func TestFragmentEdges(t *testing.T) {
	id := fragmentID{id: 1}
	givenUp := 0
	r := NewReader(Options{}, func(e *Event) error {
		givenUp += strings.Count(e.Detail, "discarded")
		return nil
	})
	join := func(at int64, off, n int, more bool) []byte {
		r.now.frame = at
		return r.fragment(&id, off, more, make([]byte, n), n)
	}
	for _, test := range []struct {
		name string
		run  func() []byte
		want int // bytes, -1: not complete
	}{
		{"first 8 bytes", func() []byte { join(1, 0, 8, true); return join(1, 8, 1, false) }, 9},
		{"last first", func() []byte { join(1, 8, 8, false); return join(1, 0, 8, true) }, 16},
		{"longest", func() []byte { join(1, 0, 65528, true); return join(1, 65528, 8, false) }, 65536},
		{"too long", func() []byte { join(1, 0, 65528, true); return join(1, 65528, 9, false) }, -1},
		{"forgotten then", func() []byte { id.id++; return join(1, 8, 8, false) }, -1},
		{"empty", func() []byte { return join(1, 0, 0, false) }, -1},
		{"oldest", func() []byte { id.id++; join(1, 0, 8, true); return join(1+maxDatagramAge, 8, 8, false) }, 16},
		{"too old", func() []byte { id.id++; join(1, 0, 8, true); return join(2+maxDatagramAge, 8, 8, false) }, -1},
		{"a gap", func() []byte { id.id++; join(1, 0, 8, true); return join(1, 16, 8, false) }, -1},
		{"filled", func() []byte { return join(1, 8, 8, true) }, 24},
		{"overlapping", func() []byte { id.id++; join(1, 0, 16, true); return join(1, 8, 16, false) }, 24},
		{"most pieces", func() []byte {
			id.id++
			for i := range maxFragments {
				join(1, 16*i, 8, true)
			}
			return join(1, 16*maxFragments, 8, true)
		}, -1},
		{"one more", func() []byte { return join(1, 8, 8, true) }, -1},
		{"which is a datagram of its own", func() []byte { join(1, 0, 8, true); return join(1, 16, 8, false) }, 24},
	} {
		whole := test.run()
		if got := len(whole); whole == nil && test.want >= 0 || whole != nil && got != test.want {
			t.Errorf("%s: %d bytes, want %d", test.name, got, test.want)
		}
	}
	if r.finish(); givenUp != 1 {
		t.Errorf("%d datagrams were given up, want 1", givenUp)
	}
}

// TestNotHTTP takes bytes for HTTP that are none.
func TestNotHTTP(t *testing.T) {
	var told []string
	r := NewReader(Options{Excerpt: true}, func(e *Event) error {
		told = append(told, e.Detail)
		return nil
	})
	if err := r.HTTP([]byte("nothing of HTTP\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Close(); err != nil || len(told) != 1 || !strings.Contains(told[0], "16 bytes that are not HTTP") {
		t.Errorf("%q, %v", told, err)
	}
}

// TestGuessEdges changes a packet in each respect by which it is told.
func TestGuessEdges(t *testing.T) {
	packet := func(f capturetest.Format, ipv6 bool) []byte {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if ipv6 {
			c.IPv6()
		}
		c.FromClient(ACK, []byte("0123456789"))
		return trace.Encode(f)[40:]
	}
	raw := capturetest.Format{Link: capturetest.Raw}
	four, six := packet(raw, false), packet(raw, true)
	set := func(b []byte, at int, values ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], values)
		if b[0]>>4 == 4 { // with a right checksum
			b[10], b[11] = 0, 0
			sum := ^sum16(b[:min(len(b), int(b[0]&15)*4)&^1])
			b[10], b[11] = byte(sum>>8), byte(sum)
		}
		return b
	}
	more := func(b []byte, n int) []byte { return append(bytes.Clone(b), make([]byte, n)...) }
	for i, test := range []struct {
		b    []byte
		want bool
	}{
		{four, true}, {six, true},
		{more(four, 64), true}, {more(four, 65), false},
		{more(six, 64), true}, {more(six, 65), false},
		{set(four, 0, 0x44), false}, {set(four, 0, 0x55), false}, {set(six, 0, 0x50), false},
		{four[:20], false}, {four[:39], false}, {four[:40], true}, {four[:19], false}, // cut: the header must add up
		{set(four, 3, 40), true}, {set(four, 3, 39), false}, {set(four, 3, 19), false},
		{set(four, 2, 0, 0), true}, // left to the network card
		{set(four[:48], 2, 0, 200)[:48], true},
		{func() []byte { b := set(four, 2, 0, 200); b[10] ^= 1; return b }(), false},
		{func() []byte { b := bytes.Clone(four); b[10] ^= 1; return b }(), true}, // a whole packet needs no checksum
		{set(four, 9, 17), true}, {set(four, 9, 17)[:30], false},
		{set(four, 32, 0x40), false}, {set(four, 32, 0x50), true}, {set(four, 32, 0x70), true}, {set(four, 32, 0x80), false},
		{set(set(four, 32, 0x40), 6, 0x20), true}, // a fragment need not begin with TCP
		{set(set(four, 32, 0x40), 6, 0x00, 0x01), true},
		{set(set(four, 32, 0x40), 6, 0x40), false},
		{six[:40], false}, {six[:59], false}, {six[:60], true},
		{set(six, 6, 17), true}, {set(six, 6, 17)[:60], false}, {set(set(six, 6, 17), 4, 0, 0)[:40], true},
		{set(six, 52, 0x40), false}, {set(six, 4, 0, 0), true},
	} {
		if link, got := GuessLink(test.b); got != test.want || got && link != linkRaw {
			t.Errorf("%d: %v, link type %d; want %v", i, got, link, test.want)
		}
	}
	for family, want := range map[string]bool{
		"\x00\x00\x00\x00": true, "\x00\x00\x00\x01": true, "\x00\x00\x00\x02": true, "\x00\x00\x00\x1e": true, "\x00\x00\x00\x1f": false,
		"\x01\x00\x00\x00": true, "\x1e\x00\x00\x00": true, "\x1f\x00\x00\x00": false, "\x02\x00\x00\x01": false, "\x00\x02\x00\x00": false, "\x00\x00\x02": false,
	} {
		if got := isFamily([]byte(family)); got != want {
			t.Errorf("family % x: %v", family, got)
		}
	}
}

// TestExportedEdges gives tags of every length, up to the end.
func TestExportedEdges(t *testing.T) {
	tag := func(kind uint16, value string) string {
		return string(binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, kind), uint16(len(value)))) + value
	}
	ends := tag(tagSrcIPv4, "\x0a\x00\x00\x01") + tag(tagDstIPv4, "\x0a\x00\x00\x02") + tag(tagSrcPort, "\x00\x00\x9c\x40") + tag(tagDstPort, "\x00\x00\x00\x50")
	message := string(capturetest.Post(v2, offer))
	for name, test := range map[string]struct {
		frame string
		want  string
	}{
		"whole":          {ends + tag(tagEnd, "") + message, "10.0.0.1:40000"},
		"an unknown tag": {tag(99, "xyz") + ends + tag(tagEnd, "") + message, "10.0.0.1:40000"},
		"the last tag":   {ends + tag(tagEnd, ""), ""},
		"no end":         {ends, ""},
		"cut tag":        {ends + "\x00\x14\x00\x05abcd", ""},
		"cut header":     {ends + "\x00\x14\x00", ""},
		"ports of 2":     {strings.Replace(ends, tag(tagSrcPort, "\x00\x00\x9c\x40"), tag(tagSrcPort, "\x9c\x40"), 1) + tag(tagEnd, "") + message, "10.0.0.1:0"},
		"short address":  {strings.Replace(ends, tag(tagSrcIPv4, "\x0a\x00\x00\x01"), tag(tagSrcIPv4, "\x0a\x00\x00"), 1) + tag(tagEnd, "") + message, "?"},
		"IPv6 as IPv4":   {strings.Replace(ends, tag(tagSrcIPv4, "\x0a\x00\x00\x01"), tag(tagSrcIPv6, "\x0a\x00\x00\x01"), 1) + tag(tagEnd, "") + message, "?"},
	} {
		var b bytes.Buffer
		w := capturetest.NewWriter(&b, capturetest.Format{Link: linkExported})
		w.Frame(capturetest.Start, []byte(test.frame))
		got := read(&b)
		src := ""
		for _, e := range got.events {
			if e.Kind == Request {
				src = fmt.Sprint(e.Src)
			}
		}
		if name == "the last tag" && got.sum.Connections != 1 {
			t.Errorf("%s: %d connections", name, got.sum.Connections)
		}
		if test.want != "?" && src != test.want {
			t.Errorf("%s: from %q, want %q; problems %q", name, src, test.want, got.problems)
		}
	}
}
