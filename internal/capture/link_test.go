package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// links are all ways in which IP can lie in a frame.
var links = map[string]capturetest.Format{
	"Ethernet":                {},
	"802.1Q":                  {Tags: []uint16{0x8100}},
	"802.1ad, 802.1Q":         {Tags: []uint16{0x88a8, 0x8100}},
	"four tags":               {Tags: []uint16{0x9100, 0x9200, 0x8100, 0x8100}},
	"Linux cooked":            {Link: capturetest.Linux},
	"Linux cooked, tag":       {Link: capturetest.Linux, Tags: []uint16{0x8100}},
	"Linux cooked 2":          {Link: capturetest.LinuxTwo},
	"Linux cooked 2, tag":     {Link: capturetest.LinuxTwo, Tags: []uint16{0x8100}},
	"null":                    {NullLink: true},
	"null, big-endian":        {NullLink: true, BigEndian: true},
	"loop":                    {Link: capturetest.Loop},
	"raw":                     {Link: capturetest.Raw},
	"raw, BSD":                {Link: 12},
	"raw, OpenBSD":            {Link: 14},
	"IP options":              {Options: true},
	"no length":               {NoLength: true, Link: capturetest.Raw},
	"no length, Ethernet":     {NoLength: true},
	"fragments":               {Fragment: 256},
	"fragments reversed":      {Fragment: 64, FragmentsReversed: true},
	"fragments with options":  {Fragment: 512, Options: true},
	"fragments over VLAN, ng": {Fragment: 512, Tags: []uint16{0x8100}, Pcapng: true},
}

func TestLinks(t *testing.T) {
	each(t, links, func(t *testing.T, f capturetest.Format) {
		for _, six := range []bool{false, true} {
			var trace capturetest.Trace
			c := trace.Conn(0)
			if six {
				c.IPv6()
			}
			c.MSS = 1000
			messages := talk(c.Open(), 2, 40)
			if f.NoLength && f.Link == 0 {
				// Only frames that need no padding can do without a length.
				trace.Drop(func(_ int, p *capturetest.Packet) bool { return len(p.Data) == 0 })
			}
			got := read(bytes.NewReader(trace.Encode(f)))
			got.want(t, 0, messages...)
			if len(got.events) > 0 {
				if e := got.events[0]; e.Src != c.Client || e.Dst != c.Server {
					t.Errorf("from %v to %v, want from %v to %v", e.Src, e.Dst, c.Client, c.Server)
				}
			}
		}
	})
	for link, six := range map[uint32]bool{capturetest.IPv4: false, capturetest.IPv6: true} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if six {
			c.IPv6()
		}
		messages := talk(c.Open(), 1, 40)
		read(bytes.NewReader(trace.Encode(capturetest.Format{Link: link}))).want(t, 0, messages...)
	}
}

// TestOtherFrames puts frames that carry no TCP between those that do.
func TestOtherFrames(t *testing.T) {
	trace, messages := small()
	frames := []string{
		"",
		"\x01",
		strings.Repeat("\xff", 14),
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x06" + strings.Repeat("\x00", 46),                                                                      // ARP
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x00\x26\x42\x42\x03" + strings.Repeat("\x00", 43),                                                          // 802.3
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00",                                                                                                   // IPv4 without IPv4
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00\x75" + strings.Repeat("\x00", 50),                                                                  // version 7
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00\x45\x00\x00\x05\x00\x00\x00\x00\x40\x06" + strings.Repeat("\x01", 50),                              // shorter than its header
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00\x41\x00\x00\x30\x00\x00\x00\x00\x40\x06" + strings.Repeat("\x01", 50),                              // header of 4 bytes
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00\x45\x00\x00\x30\x00\x00\x00\x00\x40\x11" + strings.Repeat("\x01", 50),                              // UDP
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x08\x00\x45\x00\x00\x28\x00\x00\x00\x00\x40\x06\x00\x00" + strings.Repeat("\x01", 50),                      // TCP header of 4 bytes
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x81\x00\x00\x01",                                                                                           // tag without frame
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x86\xdd\x60\x00\x00\x00\x00\x08\x2c\x40" + strings.Repeat("\x00", 32) + "\x3c\xff\x00\x00\x00\x00\x00\x00", // IPv6, header longer than the rest
		"\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01\x86\xdd\x60\x00\x00\x00\x00\x00\x3b\x40" + strings.Repeat("\x00", 32),                                      // IPv6, nothing next
	}
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{})
	for i := range trace.Packets {
		w.Frame(capturetest.Start, []byte(frames[i%len(frames)]))
		w.Packet(&trace.Packets[i])
	}
	got := read(&b)
	got.want(t, 0, messages...)
	if got.sum.Connections != 2 {
		t.Errorf("%d connections, want 2", got.sum.Connections)
	}
}

// TestLostFragment loses one fragment, and then sends everything again under
// the same identification.
func TestLostFragment(t *testing.T) {
	for _, six := range []bool{false, true} {
		var trace capturetest.Trace
		c := trace.Conn(0)
		if six {
			c.IPv6()
		}
		c.MSS = 2000
		messages := talk(c.Open(), 1, 60)
		f := capturetest.Format{Fragment: 400}
		whole := trace.Encode(f)
		frames := split(whole)
		for lost := range frames {
			var b bytes.Buffer
			b.Write(whole[:24])
			for i, frame := range frames {
				if i != lost {
					b.Write(frame)
				}
			}
			b.Write(whole[24:])
			got := read(&b)
			got.want(t, 0, messages...)
		}
	}
}

// TestOldFragments leaves a datagram incomplete, and sends another with the
// same identification much later.
func TestOldFragments(t *testing.T) {
	var old, trace capturetest.Trace
	old.Conn(0).Send(make([]byte, 1000))
	c := trace.Conn(0).Open()
	c.MSS = 1000
	messages := talk(c, 1, 10)
	f := capturetest.Format{Fragment: 400}
	var b bytes.Buffer
	whole := trace.Encode(f)
	b.Write(whole[:24])
	stale := split(old.Encode(f))[1]
	stale[16+14+5] = 4 // the identification of the first datagram with data
	b.Write(stale)
	other := bytes.Clone(split(whole)[0])
	other[16+14+9] = 17 // UDP
	for range maxDatagramAge {
		b.Write(other)
	}
	b.Write(whole[24:])
	read(&b).want(t, 0, messages...)
}

// split cuts a little-endian pcap into its records.
func split(file []byte) (records [][]byte) {
	for rest := file[24:]; len(rest) > 0; {
		n := 16 + int(rest[8]) + int(rest[9])<<8 + int(rest[10])<<16
		records = append(records, rest[:n])
		rest = rest[n:]
	}
	return records
}

// TestManyFragments sends first fragments of datagrams that never become whole:
// memory stays bounded, which is reported, and what is whole is still found.
func TestManyFragments(t *testing.T) {
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.MSS = 1400
	messages := talk(c, 1, 100)
	whole := trace.Encode(capturetest.Format{Fragment: 600})
	head, frames := whole[:24], split(whole)
	var b bytes.Buffer
	b.Write(head)
	junk := bytes.Clone(frames[3])
	for id := range 70000 {
		junk[16+14+4], junk[16+14+5] = byte(id>>8), byte(id) // identification
		junk[16+14+15] = 77                                  // another sender
		junk[16+14+14] = byte(id >> 16)
		b.Write(junk)
	}
	for _, frame := range frames {
		b.Write(frame)
	}
	r := readKept(t, bytes.NewReader(b.Bytes()), Options{})
	if held := len(r.fragments.datagrams); held > maxDatagrams || len(r.fragments.order) != held || r.pool.used > maxDatagrams*2048 {
		t.Errorf("%d datagrams and %d bytes are held", held, r.pool.used)
	}
	got := read(&b)
	got.want(t, 3, messages...)
	if last := got.problems[2]; !strings.HasPrefix(last, "the IP datagram that begins in frame 68978 lacks fragments") || len(got.notes) > 0 {
		t.Errorf("the last problem is %q", last)
	}
}

// TestIncompleteDatagrams loses fragments for good. What only they say is a problem where
// it is of ours, as far as one can know, and else a note.
func TestIncompleteDatagrams(t *testing.T) {
	for _, six := range []bool{false, true} {
		var trace, foreign capturetest.Trace
		c, other := trace.Conn(0), foreign.Conn(1)
		if six {
			c.IPv6()
			other.IPv6()
		}
		c.MSS, other.MSS = 2000, 2000
		messages := talk(c.Open(), 2, 30)
		other.Open().Send(make([]byte, 1000))
		f := capturetest.Format{Fragment: 600}
		whole := trace.Encode(f)
		frames, others := split(whole), split(foreign.Encode(f))
		// 3 of the opening, and for each exchange 4 fragments, an ACK, a response, an ACK.
		if len(frames) != 3+2*7 || len(others) != 3+3 {
			t.Fatalf("%d and %d frames", len(frames), len(others))
		}
		udp := bytes.Clone(others[3])
		if six {
			udp[16+14+40] = 17
		} else {
			udp[16+14+9] = 17
		}
		const one = "the IP datagram that begins in frame %d lacks fragments: at most the first one is read"
		for name, test := range map[string]struct {
			frames   [][]byte
			messages int
			problem  string
			note     string
		}{
			"the last fragment of the last request":      {frames[:13], 2, fmt.Sprintf(one, 11), ""},
			"all fragments but the last":                 {append(slices.Clone(frames[:10]), frames[13]), 2, "", fmt.Sprintf(one, 11)},
			"the first request":                          {frames[:5], 0, fmt.Sprintf(one, 4), ""},
			"of a request without a connection":          {frames[3:4], 0, fmt.Sprintf(one, 1), ""},
			"of another connection":                      {append(slices.Clone(frames), others[:4]...), 4, "", fmt.Sprintf(one, 21)},
			"of both":                                    {slices.Concat(frames[:10], others[:4], frames[10:13]), 2, fmt.Sprintf(one, 15), ""},
			"of UDP":                                     {append(slices.Clone(frames), udp), 4, "", ""},
			"sent again":                                 {append(slices.Clone(frames[:13]), frames[10:]...), 4, "", ""},
			"missed in its stream, which says it":        {append(slices.Clone(frames[:5]), frames[6:]...), 3, "missing from the capture", ""},
			"of bytes that came before, and a whole one": {append(slices.Clone(frames), frames[3], others[3], others[4]), 4, "", ""},
		} {
			got := read(bytes.NewReader(slices.Concat(append([][]byte{whole[:24]}, test.frames...)...)))
			problems, notes := strings.Join(got.problems, "; "), ""
			for _, n := range got.notes {
				notes += n.Detail
			}
			if len(got.messages) != test.messages || !strings.Contains(problems, test.problem) || (problems == "") != (test.problem == "") || notes != test.note {
				t.Errorf("%s: %d of %d messages, problems %q, notes %q", name, len(got.messages), len(messages), problems, notes)
			}
			cut := strings.HasPrefix(problems, "incomplete HTTP request: the capture ends after 408 of 1786 bytes of its body; ")
			if strings.Contains(problems, "lacks fragments") && (len(got.problems) != 2 || !cut) {
				t.Errorf("%s: %q", name, got.problems)
			}
		}
		ports := udp[16+14+20:][:4]
		if six {
			ports = udp[16+14+40+8:][:4]
		}
		binary.BigEndian.PutUint16(ports, discoveryPort)
		if got := readWith(bytes.NewReader(slices.Concat(whole[:24], udp)), Options{Retrieval: true}); len(got.notes) != 1 || len(got.problems) > 0 {
			t.Errorf("of MS-PCCRD: notes %+v, problems %q", got.notes, got.problems)
		}
	}
}
