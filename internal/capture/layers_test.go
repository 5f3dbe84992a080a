package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// wrapped are the formats of all tunnels and link types.
func wrapped() map[string]capturetest.Format {
	all := map[string]capturetest.Format{}
	for name, tunnel := range capturetest.Tunnels {
		all[name] = capturetest.Format{Tunnels: []capturetest.Wrapper{tunnel}}
	}
	for name, w := range capturetest.LinkWrappers {
		all["link "+name] = capturetest.Format{Link: w.Link, Frames: w.Wrap}
	}
	return all
}

// conversation is the one that is wrapped, in IPv4 or IPv6.
func conversation(six bool) (*capturetest.Trace, []message) {
	var trace capturetest.Trace
	c := trace.Conn(0)
	if six {
		c.IPv6()
	}
	c.MSS = 1000
	messages := talk(c.Open(), 2, 40)
	c.Close()
	return &trace, messages
}

// TestWrapped finds the same messages in each tunnel and on each link.
func TestWrapped(t *testing.T) {
	each(t, wrapped(), func(t *testing.T, f capturetest.Format) {
		for _, six := range []bool{false, true} {
			trace, messages := conversation(six)
			got := read(bytes.NewReader(trace.Encode(f)))
			got.want(t, 0, messages...)
			if got.sum.Connections != 1 || len(got.events) > 0 && got.events[0].Src != trace.Packets[0].Src {
				t.Errorf("IPv6 %v: %+v, first event %+v", six, got.sum, got.events[:min(1, len(got.events))])
			}
		}
	})
}

// TestNested finds the same messages in each tunnel inside of each other and on each
// link.
func TestNested(t *testing.T) {
	trace, messages := conversation(false)
	tunnels := slices.Sorted(maps.Keys(capturetest.Tunnels))
	links := slices.Sorted(maps.Keys(capturetest.LinkWrappers))
	check := func(name string, f capturetest.Format) {
		got := read(bytes.NewReader(trace.Encode(f)))
		if len(got.problems) > 0 || !cmp.Equal(messages, got.messages) {
			t.Errorf("%s: %d messages, want %d; problems %q", name, len(got.messages), len(messages), got.problems)
		}
	}
	for i, inner := range tunnels {
		for j, outer := range tunnels {
			if testing.Short() && (i+j)%7 != 0 {
				continue
			}
			check(inner+" in "+outer, capturetest.Format{Tunnels: []capturetest.Wrapper{capturetest.Tunnels[inner], capturetest.Tunnels[outer]}})
		}
		for j, link := range links {
			if testing.Short() && (i+j)%7 != 0 {
				continue
			}
			w := capturetest.LinkWrappers[link]
			check(inner+" on "+link, capturetest.Format{Tunnels: []capturetest.Wrapper{capturetest.Tunnels[inner]}, Link: w.Link, Frames: w.Wrap})
		}
	}
}

// TestWrappedFragments cuts packets outside and inside of a tunnel into IP
// fragments.
func TestWrappedFragments(t *testing.T) {
	for name, tunnel := range capturetest.Tunnels {
		trace, messages := conversation(false)
		for _, f := range []capturetest.Format{{Fragment: 256}, {Split: 520}, {Fragment: 512, Split: 128}, {Fragment: 256, FragmentsReversed: true}} {
			f.Tunnels = []capturetest.Wrapper{tunnel}
			got := read(bytes.NewReader(trace.Encode(f)))
			if len(got.problems) > 0 || !cmp.Equal(messages, got.messages) {
				t.Errorf("%s, %+v: %d messages, want %d; problems %q", name, f, len(got.messages), len(messages), got.problems)
			}
		}
	}
}

// TestWrappedCuts cuts frames at every length. Nothing is invented, and a cut within
// the headers is reported.
func TestWrappedCuts(t *testing.T) {
	each(t, wrapped(), func(t *testing.T, f capturetest.Format) {
		var trace capturetest.Trace
		c := trace.Conn(0)
		c.Silent = true
		messages := talk(c.Open(), 1, 1)
		c.Close()
		step := 1
		if testing.Short() {
			step = 3
		}
		for f.Snap = 1; f.Snap < 450; f.Snap += step {
			got := read(bytes.NewReader(trace.Encode(f)))
			if got.err != nil {
				t.Fatal(got.err)
			}
			for _, m := range got.messages {
				if m.Path, m.RequestType = v2, 3; m.Kind == "request" {
					m.RequestType = 0
				}
				if !slices.Contains(messages, m) {
					t.Fatalf("cut to %d bytes: message %+v", f.Snap, m)
				}
			}
			if got.sum.Connections == 0 && len(got.problems) == 0 {
				t.Errorf("cut to %d bytes: no connection, no problem", f.Snap)
			}
		}
	})
}

// TestBothSides captures a connection inside and outside of a tunnel, as a mirror
// port of both sides of a gateway does: each message comes once.
func TestBothSides(t *testing.T) {
	for name, tunnel := range capturetest.Tunnels {
		for _, late := range []bool{false, true} {
			trace, messages := conversation(false)
			var b bytes.Buffer
			w := capturetest.NewWriter(&b, capturetest.Format{Link: capturetest.Raw})
			var plain, wrapped [][]byte
			for _, ip := range ipPackets(trace) {
				plain, wrapped = append(plain, ip), append(wrapped, tunnel(ip))
			}
			if late {
				plain, wrapped = wrapped, plain
			}
			for i := range plain {
				w.Frame(capturetest.Start, plain[i])
				if i > 0 {
					w.Frame(capturetest.Start, wrapped[i-1])
				}
			}
			got := read(&b)
			if len(got.problems) > 0 || !cmp.Equal(messages, got.messages) {
				t.Errorf("%s: %d messages, want %d; problems %q", name, len(got.messages), len(messages), got.problems)
			}
		}
	}
}

// ipPackets are the packets of a trace, without a link layer.
func ipPackets(trace *capturetest.Trace) (all [][]byte) {
	trace.Encode(capturetest.Format{Link: capturetest.Raw, Frames: func(ip []byte) []byte {
		all = append(all, ip)
		return ip
	}})
	return all
}

// TestHidden counts frames that cannot be looked into, by their kind.
func TestHidden(t *testing.T) {
	macs := string([]byte{2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1})
	ipv4 := func(proto byte, payload string) string {
		b := []byte("\x45\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x0a\x00\x00\x01\x0a\x00\x00\x02" + payload)
		b[9] = proto
		binary.BigEndian.PutUint16(b[2:], uint16(len(b)))
		return macs + "\x08\x00" + string(b)
	}
	udp := func(from, to uint16, payload string) string {
		b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from), to)
		return ipv4(17, string(binary.BigEndian.AppendUint16(b, uint16(8+len(payload))))+"\x00\x00"+payload)
	}
	zeros := strings.Repeat("\x00", 40)
	for name, test := range map[string]struct {
		link  uint32
		frame string
		want  string // "" for ordinary traffic
	}{
		"MACsec":                {1, macs + "\x88\xe5\x2c\x00" + zeros, "encrypted with MACsec, which cannot be read"},
		"ESP":                   {1, ipv4(50, "\x00\x00\x00\x01"+zeros), "encrypted with IPsec (ESP), which cannot be read"},
		"ESP in UDP":            {1, udp(4500, 4500, "\x00\x00\x00\x01"+zeros), "encrypted with IPsec (ESP), which cannot be read"},
		"key exchange":          {1, udp(4500, 4500, zeros), ""},
		"keep-alive":            {1, udp(4500, 4500, "\xff"), ""},
		"IPComp":                {1, ipv4(108, "\x00\x00\x00\x01"+zeros), "compressed IP (IPComp), which cannot be read"},
		"minimal encapsulation": {1, ipv4(55, zeros), "IP with minimal encapsulation (RFC 2004), which cannot be read"},
		"L2TPv3":                {1, ipv4(115, "\x00\x00\x00\x01"+zeros), "L2TP version 3, which cannot be read"},
		"L2TPv3 control":        {1, ipv4(115, zeros), ""},
		"L2TP control":          {1, udp(1701, 1701, "\xc8\x02"+zeros), ""},
		"MPLS":                  {1, macs + "\x88\x47\x00\x01\x01\x40\x90" + zeros, "MPLS with unknown content, which cannot be read"},
		"MPLS maintenance":      {1, macs + "\x88\x47\x00\x01\x01\x40\x10" + zeros, ""},
		"PPPoE discovery":       {1, macs + "\x88\x63\x11\x09" + zeros, ""},
		"PPPoE LCP":             {1, macs + "\x88\x64\x11\x00\x00\x01\x00\x08\xc0\x21" + zeros, ""},
		"PPP compressed":        {9, "\x00\xfd" + zeros, "PPP that is compressed, encrypted or in pieces, which cannot be read"},
		"PPP headers":           {9, "\x00\x2d" + zeros, "PPP that is compressed, encrypted or in pieces, which cannot be read"},
		"PPP in pieces":         {9, "\x00\x3d\x80" + zeros, "PPP that is compressed, encrypted or in pieces, which cannot be read"},
		"Wi-Fi encrypted":       {105, "\x08\x41" + zeros, "encrypted Wi-Fi (802.11), which cannot be read"},
		"Wi-Fi in pieces":       {105, "\x08\x05" + zeros, "fragments of Wi-Fi frames (802.11), which cannot be read"},
		"Wi-Fi, last piece":     {105, "\x08\x01" + zeros[:20] + "\x01" + zeros, "fragments of Wi-Fi frames (802.11), which cannot be read"},
		"Wi-Fi beacon":          {105, "\x80\x00" + zeros, ""},
		"Wi-Fi ACK":             {105, "\xd4\x00" + zeros[:8], ""},
		"Wi-Fi null data":       {105, "\x48\x01" + zeros, ""},
		"Wi-Fi EAPOL":           {105, "\x08\x02" + zeros[:22] + "\xaa\xaa\x03\x00\x00\x00\x88\x8e" + zeros, ""},
		"USB":                   {249, zeros, "of link type 249 (USBPCAP), which cannot be read"},
		"user":                  {147, zeros, "of link type 147 (USER0), which cannot be read"},
		"user 15":               {162, zeros, "of link type 162 (USER15), which cannot be read"},
		"unknown":               {4711, zeros, "of link type 4711, which cannot be read"},
		"netlink":               {113, "\x00\x04\x03\x38" + zeros, ""},
		"ARP":                   {1, macs + "\x08\x06" + zeros, ""},
		"LLDP":                  {1, macs + "\x88\xcc" + zeros, ""},
		"EAPOL":                 {1, macs + "\x88\x8e" + zeros, ""},
		"STP":                   {1, macs + "\x00\x26\x42\x42\x03" + zeros, ""},
		"IPX":                   {1, macs + "\x00\x26\xff\xff" + zeros, ""},
		"CDP":                   {1, macs + "\x00\x26\xaa\xaa\x03\x00\x00\x0c\x20\x00" + zeros, ""},
		"loopback test":         {1, macs + "\x90\x00" + zeros, ""},
		"pause":                 {1, macs + "\x88\x08" + zeros, ""},
		"ICMP":                  {1, ipv4(1, zeros), ""},
		"OSPF":                  {1, ipv4(89, zeros), ""},
		"SCTP":                  {1, ipv4(132, zeros), ""},
		"DNS":                   {1, udp(40000, 53, zeros), ""},
		"DNS to port 4789":      {1, udp(53, 4789, zeros), ""},
		"DNS from port 4500":    {1, udp(4500, 53, "\x12\x34\x01\x00"+zeros), ""},
		"QUIC":                  {1, udp(40000, 443, "\xc0"+zeros), ""},
		"other on 4789":         {1, udp(40000, 4789, "\x12\x34"+zeros), ""},
		"other on 6081":         {1, udp(40000, 6081, "\xff\x34"+zeros), ""},
		"other on 2152":         {1, udp(40000, 2152, "\x12\x34"+zeros), ""},
		"GTP echo":              {1, udp(2152, 2152, "\x32\x01"+zeros), ""},
		"GRE keep-alive":        {1, ipv4(47, zeros), ""},
		"GRE, NHRP":             {1, ipv4(47, "\x00\x00\x20\x01"+zeros), ""},
		"PPTP acknowledgement":  {1, ipv4(47, "\x20\x81\x88\x0b"+zeros), ""},
		"Teredo bubble":         {1, udp(3544, 3544, "\x60\x00\x00\x00\x00\x00\x3b\x40"+zeros), ""},
	} {
		t.Run(name, func(t *testing.T) {
			trace, messages := conversation(false)
			var b bytes.Buffer
			w := capturetest.NewWriter(&b, capturetest.Format{Link: test.link, NullLink: test.link == 0, Pcapng: true})
			w.Frame(capturetest.Start, []byte(test.frame))
			w.Frame(capturetest.Start, []byte(test.frame))
			b.Write(trace.Encode(capturetest.Format{Pcapng: true}))
			got := read(&b)
			if test.want == "" {
				got.want(t, 0, messages...)
				return
			}
			got.want(t, 1, messages...)
			if len(got.notes) > 0 {
				t.Errorf("notes without Exchanges: %+v", got.notes)
			}
			if want := "2 frames are " + test.want + " (first: frame 1)"; len(got.problems) > 0 && got.problems[0] != want {
				t.Errorf("got %q\nwant %q", got.problems[0], want)
			}
			if last := got.events[len(got.events)-1]; last.Kind != Problem {
				t.Errorf("the problem is not the last event: %+v", last)
			}
		})
	}
}

// TestHiddenExchanges tells those who follow exchanges at once that something is
// hidden.
func TestHiddenExchanges(t *testing.T) {
	trace, _ := conversation(false)
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{Link: 147, Pcapng: true})
	w.Frame(capturetest.Start, []byte("x"))
	w = capturetest.NewWriter(&b, capturetest.Format{Link: 148, Pcapng: true})
	w.Frame(capturetest.Start, []byte("another kind, which has no note"))
	b.Write(trace.Encode(capturetest.Format{Pcapng: true}))
	got := readWith(&b, Options{Exchanges: true})
	if first := got.events[0]; len(got.notes) != 1 || first.Kind != Note || first.Frame != 1 || first.Stream != -1 || len(got.problems) != 2 {
		t.Errorf("first event %+v; notes %+v, problems %q", first, got.notes, got.problems)
	}
	if want := "frame 1 is of link type 147 (USER0), which cannot be read"; got.problems[0] != want {
		t.Errorf("got %q, want %q", got.problems[0], want)
	}
}

// TestManyReasons bounds the kinds that are counted.
func TestManyReasons(t *testing.T) {
	var b bytes.Buffer
	for link := range uint32(64 + 10) {
		w := capturetest.NewWriter(&b, capturetest.Format{Link: 1000 + link, Pcapng: true})
		w.Frame(capturetest.Start, []byte("x"))
	}
	got := read(&b)
	if n := len(got.problems); n != 64 || got.problems[n-1] != "11 frames are of further kinds, which cannot be read (first: frame 64)" {
		t.Errorf("%d problems, the last %q", n, got.problems[n-1])
	}
}

// TestDepth nests tunnels up to the limit, and more.
func TestDepth(t *testing.T) {
	trace, messages := conversation(false)
	for _, test := range []struct {
		link              uint32
		headers, problems int
	}{
		{capturetest.Ethernet, 62, 0}, {capturetest.Ethernet, 63, 1}, {capturetest.Ethernet, 200, 1},
		{capturetest.Raw, 63, 0}, {capturetest.Raw, 64, 1}, {capturetest.Loop, 63, 0}, {capturetest.Loop, 64, 1},
	} {
		f := capturetest.Format{Link: test.link}
		problems := test.problems
		for range test.headers {
			f.Tunnels = append(f.Tunnels, capturetest.Tunnels["IP in IPv4"])
		}
		got := read(bytes.NewReader(trace.Encode(f)))
		want := messages
		if problems > 0 {
			want = nil
		}
		got.want(t, problems, want...)
		if problems > 0 && len(got.problems) > 0 && got.problems[0] != fmt.Sprintf("%d frames are nested in more than 64 headers, which cannot be read (first: frame 1)", len(trace.Packets)) {
			t.Errorf("%q", got.problems)
		}
	}
}

// TestCutBehindHeaders cuts frames just behind a header that announces nothing to read:
// nothing is lost.
func TestCutBehindHeaders(t *testing.T) {
	macs := "\x02\x00\x00\x00\x00\x02\x02\x00\x00\x00\x00\x01"
	for name, test := range map[string]struct {
		frame    string
		problems int
	}{
		"ARP":           {macs + "\x08\x06", 0},
		"IP":            {macs + "\x08\x00", 1},
		"tag, then ARP": {macs + "\x81\x00\x00\x01\x08\x06", 0},
		"tag, then IP":  {macs + "\x81\x00\x00\x01\x08\x00", 1},
		"CDP":           {macs + "\x00\x26\xaa\xaa\x03\x00\x00\x0c\x20\x00", 0},
		"half a tag":    {macs + "\x81\x00\x00\x01", 1},
	} {
		var b bytes.Buffer
		w := capturetest.NewWriter(&b, capturetest.Format{Snap: len(test.frame)})
		w.Frame(capturetest.Start, append([]byte(test.frame), make([]byte, 60)...))
		if got := read(&b); len(got.problems) != test.problems {
			t.Errorf("%s: problems %q, want %d", name, got.problems, test.problems)
		}
	}
}

// TestWrappedWithoutLength leaves the length of the inner packet to the network card:
// how long it is, each header around it must tell.
func TestWrappedWithoutLength(t *testing.T) {
	each(t, wrapped(), func(t *testing.T, f capturetest.Format) {
		f.NoLength = true
		if strings.Contains(t.Name(), "MACsec") || strings.Contains(t.Name(), "ESP") {
			return // these put bytes behind the packet, and nothing else tells them apart
		}
		for _, six := range []bool{false, true} {
			var trace capturetest.Trace
			c := trace.Conn(0)
			if six {
				c.IPv6()
			}
			c.MSS, c.Silent = 1000, true // no packet so short that Ethernet pads it
			messages := talk(c, 2, 40)
			read(bytes.NewReader(trace.Encode(f))).want(t, 0, messages...)
		}
	})
}
