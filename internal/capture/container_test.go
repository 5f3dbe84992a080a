package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

var containers = map[string]capturetest.Format{
	"pcap":                    {},
	"pcap big-endian":         {BigEndian: true},
	"pcap nanoseconds":        {Nano: true},
	"pcap big-endian nano":    {BigEndian: true, Nano: true},
	"pcap gzip":               {Gzip: true},
	"pcapng":                  {Pcapng: true},
	"pcapng big-endian":       {Pcapng: true, BigEndian: true},
	"pcapng nanoseconds":      {Pcapng: true, Resolution: 9},
	"pcapng 2^-30 s":          {Pcapng: true, Resolution: 0x80 | 30},
	"pcapng 2^-32 s":          {Pcapng: true, Resolution: 0x80 | 32},
	"pcapng simple":           {Pcapng: true, Simple: true},
	"pcapng old packets":      {Pcapng: true, Old: true},
	"pcapng old, big-endian":  {Pcapng: true, Old: true, BigEndian: true},
	"pcapng gzip, big-endian": {Pcapng: true, Gzip: true, BigEndian: true},
}

// small is a trace of two connections and what is found in it.
func small() (*capturetest.Trace, []message) {
	var a, b capturetest.Trace
	m := talk(a.Conn(0).Open(), 2, 3)
	a.Packets = append(a.Packets, a.Packets[len(a.Packets)-1])
	for _, n := range talk(b.Conn(1).Open(), 1, 40) {
		m = append(m, n.stream(1))
	}
	a.Packets = append(a.Packets, b.Packets...)
	return &a, m
}

func TestContainers(t *testing.T) {
	trace, messages := small()
	each(t, containers, func(t *testing.T, f capturetest.Format) {
		got := read(bytes.NewReader(trace.Encode(f)))
		got.want(t, 0, messages...)
		if got.sum.Frames != int64(len(trace.Packets)) || got.sum.Connections != 2 {
			t.Errorf("summary %+v, want %d frames of 2 connections", got.sum, len(trace.Packets))
		}
		for _, e := range got.events {
			want := capturetest.Start.Add(time.Duration(e.Frame-1) * capturetest.Step)
			precision := time.Microsecond
			switch {
			case f.Simple:
				want = time.Time{}
			case f.Nano || f.Resolution == 9:
				precision = 1
			case f.Resolution != 0:
				precision = 2
			}
			if off := want.Sub(e.Time); off < 0 || off >= precision || e.Time.Location() != time.UTC {
				t.Errorf("frame %d at %v, want %v", e.Frame, e.Time, want)
			}
		}
	})
}

// TestLive reads from pipes that give few bytes at a time: each event must come before the next byte is asked for
// once its frame is complete.
func TestLive(t *testing.T) {
	trace, messages := small()
	for _, f := range []capturetest.Format{{}, {Pcapng: true}} {
		whole := trace.Encode(f)
		for _, n := range []int{1, 7, 1000} {
			read(chunks{bytes.NewReader(whole), n}).want(t, 0, messages...)
		}
		out, in := io.Pipe()
		events := make(chan int64, 100)
		done := make(chan error, 1)
		go func() {
			_, err := Read(out, Options{}, func(e *Event) error { events <- e.Frame; return nil })
			done <- err
		}()
		var part bytes.Buffer
		w := capturetest.NewWriter(&part, f)
		whens := read(bytes.NewReader(whole)).events
		for i := range trace.Packets {
			w.Packet(&trace.Packets[i])
			in.Write(part.Bytes())
			part.Reset()
			for len(whens) > 0 && whens[0].Frame == int64(i+1) {
				if frame := <-events; frame != int64(i+1) { // hangs if the event is late
					t.Fatalf("event of frame %d after frame %d", frame, i+1)
				}
				whens = whens[1:]
			}
		}
		in.Close()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

// TestCut reads a capture cut at every length: what is whole before the cut must be found, and the cut be told.
func TestCut(t *testing.T) {
	var trace capturetest.Trace
	messages := talk(trace.Conn(0).Open(), 3, 1)
	each(t, map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}, "gzip": {Gzip: true}}, func(t *testing.T, f capturetest.Format) {
		whole := trace.Encode(f)
		last := 0
		for n := range whole {
			got := read(bytes.NewReader(whole[:n]))
			if got.err != nil {
				if !errors.Is(got.err, ErrNotCapture) || got.sum.Frames > 0 || n > 40 && !f.Gzip {
					t.Fatalf("cut to %d bytes: %v", n, got.err)
				}
				continue
			}
			found := len(got.messages)
			if diff := cmp.Diff(messages[:found], append([]message{}, got.messages...)); diff != "" {
				t.Fatalf("cut to %d bytes (-want +got):\n%s", n, diff)
			}
			if found < last {
				t.Fatalf("cut to %d bytes: %d messages, but %d with fewer bytes", n, found, last)
			}
			last = found
			told := 0
			for i, p := range got.problems {
				if strings.Contains(p, "cut short") {
					told++
					if i != len(got.problems)-1 {
						t.Fatalf("cut to %d bytes: a problem follows that of the cut: %q", n, got.problems)
					}
				}
			}
			between := f.Gzip == false && atFrame(whole, n, f)
			if between != (told == 0) {
				t.Fatalf("cut to %d bytes: %q; the cut is between two frames: %v", n, got.problems, between)
			}
		}
		if last < len(messages)-1 {
			t.Fatalf("%d messages found at most, want %d", last, len(messages)-1)
		}
	})
}

// atFrame reports whether offset n of a file is where a record or block begins.
func atFrame(file []byte, n int, f capturetest.Format) bool {
	at := 24
	if f.Pcapng {
		at = 0
	}
	for at < n {
		if f.Pcapng {
			at += int(binary.LittleEndian.Uint32(file[at+4:]))
		} else {
			at += 16 + int(binary.LittleEndian.Uint32(file[at+8:]))
		}
	}
	return at == n
}

func TestCutNamesFrame(t *testing.T) {
	trace, _ := small()
	whole := trace.Encode(capturetest.Format{})
	got := read(bytes.NewReader(whole[:len(whole)-5]))
	e := got.events[len(got.events)-1]
	if e.Kind != Problem || e.Frame != int64(len(trace.Packets)) || e.Stream != -1 || !strings.Contains(e.Detail, "cut short") {
		t.Errorf("last event %+v, want a problem of frame %d", e, len(trace.Packets))
	}
}

func TestNotCapture(t *testing.T) {
	for in, say := range map[string]string{
		"":                           "empty",
		"\xd4":                       "ends within",
		"hello, world":               "68 65 6c 6c",
		"\x28\xb5\x2f\xfd zstandard": "zstd",
		"\x1f\x8b\x08":               "ends within",
		"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff": "gzip",
		"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x00\x00\x00\x00":     "byte order",
		"\xd4\xc3\xb2\xa1 too short":                           "ends within",
	} {
		got := read(strings.NewReader(in))
		if !errors.Is(got.err, ErrNotCapture) || !strings.Contains(got.err.Error(), say) || len(got.events) > 0 {
			t.Errorf("%q: error %v with %d events, want one that says %q", in, got.err, len(got.events), say)
		}
	}
}

func TestErrors(t *testing.T) {
	trace, messages := small()
	whole := trace.Encode(capturetest.Format{})
	broken := errors.New("broken pipe")

	got := read(io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) || len(got.messages) != len(messages) {
		t.Errorf("error %v after %d messages, want that of the input after %d", got.err, len(got.messages), len(messages))
	}
	if got := read(iotest.ErrReader(broken)); !errors.Is(got.err, broken) || errors.Is(got.err, ErrNotCapture) {
		t.Errorf("error %v, want that of the input", got.err)
	}
	zipped := trace.Encode(capturetest.Format{Gzip: true})
	got = read(io.MultiReader(bytes.NewReader(zipped[:len(zipped)/2]), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) {
		t.Errorf("error %v, want that of the input through gzip", got.err)
	}

	var incomplete capturetest.Trace // to be told at the end
	incomplete.Conn(9).Open().Send(capturetest.Post(v2, make([]byte, 100))[:250])
	trace.Packets = append(incomplete.Packets, trace.Packets...)
	whole = trace.Encode(capturetest.Format{})
	for stop := 1; stop <= 3; stop++ {
		enough := errors.New("enough")
		n := 0
		_, err := Read(bytes.NewReader(whole), Options{}, func(*Event) error {
			if n++; n == stop {
				return enough
			}
			return nil
		})
		if err != enough || n != stop {
			t.Errorf("error %v after %d calls, want the handler's own after %d", err, n, stop)
		}
	}
}

func TestDamagedGzip(t *testing.T) {
	trace, _ := small()
	zipped := trace.Encode(capturetest.Format{Gzip: true})
	zipped[len(zipped)-6] ^= 0xff // checksum
	got := read(bytes.NewReader(zipped))
	if got.err != nil || len(got.problems) != 1 || !strings.Contains(got.problems[0], "damaged") {
		t.Errorf("%q, %v; want one problem about damage", got.problems, got.err)
	}
}

// TestGzipMembers reads a file of several gzip members, as writers that flush leave it.
func TestGzipMembers(t *testing.T) {
	trace, messages := small()
	whole := trace.Encode(capturetest.Format{})
	var b bytes.Buffer
	for len(whole) > 0 {
		n := min(len(whole), 1000)
		z := gzip.NewWriter(&b)
		z.Write(whole[:n])
		z.Close()
		whole = whole[n:]
	}
	read(&b).want(t, 0, messages...)
}

// TestSections reads pcapng files behind one another: each is a section with interfaces and a byte order of its own.
func TestSections(t *testing.T) {
	var b bytes.Buffer
	var messages []message
	for i, f := range []capturetest.Format{{}, {BigEndian: true, Link: capturetest.Raw}, {Resolution: 9, Link: capturetest.Linux}} {
		var trace capturetest.Trace
		for _, m := range talk(trace.Conn(i).Open(), 1, 30) {
			messages = append(messages, m.stream(i))
		}
		f.Pcapng = true
		b.Write(trace.Encode(f))
	}
	got := read(&b)
	got.want(t, 0, messages...)
	if year := got.events[len(got.events)-1].Time.Year(); year != 2026 {
		t.Errorf("the last section is of %d: the resolution of another was used", year)
	}
}

// TestPcapngBlocks reads a file by another writer: two interfaces of different link types in one section, options,
// statistics and secrets between the packets.
func TestPcapngBlocks(t *testing.T) {
	trace, messages := small()
	var b bytes.Buffer
	w, err := pcapgo.NewNgWriterInterface(&b, pcapgo.NgInterface{Name: "eth01", Comment: "of five", LinkType: layers.LinkTypeEthernet, SnapLength: 1 << 18, TimestampResolution: 9, Filter: "tcp"}, pcapgo.DefaultNgWriterOptions)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddInterface(pcapgo.NgInterface{Name: "any", LinkType: layers.LinkTypeRaw, TimestampResolution: 6, TimestampOffset: 3600}); err != nil {
		t.Fatal(err)
	}
	for i := range trace.Packets {
		f := capturetest.Format{}
		if i%2 == 1 {
			f.Link = capturetest.Raw
		}
		one := capturetest.Trace{Packets: trace.Packets[i : i+1]}
		frame := one.Encode(f)[24+16:]
		info := gopacket.CaptureInfo{Timestamp: capturetest.Start.Add(time.Duration(i) * capturetest.Step), CaptureLength: len(frame), Length: len(frame), InterfaceIndex: i % 2}
		if err := w.WritePacket(info, frame); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteDecryptionSecretsBlock(0x544c534b, []byte("CLIENT_RANDOM 00 00\n")); err != nil {
			t.Fatal(err)
		}
		if err := w.WriteInterfaceStats(i%2, pcapgo.NgInterfaceStatistics{LastUpdate: info.Timestamp, PacketsReceived: 5}); err != nil {
			t.Fatal(err)
		}
	}
	w.Flush()
	got := read(&b)
	got.want(t, 0, messages...)
	for _, e := range got.events {
		want := capturetest.Start.Add(time.Duration(e.Frame-1) * capturetest.Step)
		if e.Frame%2 == 0 { // the second interface
			want = want.Truncate(time.Microsecond).Add(time.Hour)
		}
		if !e.Time.Equal(want) {
			t.Errorf("frame %d at %v, want %v", e.Frame, e.Time, want)
		}
	}
}

// TestSameFrames compares every frame with what pcapgo reads.
func TestSameFrames(t *testing.T) {
	trace, _ := small()
	each(t, containers, func(t *testing.T, f capturetest.Format) {
		if f.Simple || f.Resolution&0x80 != 0 {
			t.Skip("pcapgo gives Simple Packet Blocks a time, and is off by parts of a second where resolutions are powers of two")
		}
		file := trace.Encode(f)
		var theirs interface {
			ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
		}
		var err error
		if f.Pcapng {
			theirs, err = pcapgo.NewNgReader(bytes.NewReader(file), pcapgo.DefaultNgReaderOptions)
		} else {
			theirs, err = pcapgo.NewReader(bytes.NewReader(file))
		}
		if err != nil {
			t.Fatal(err)
		}
		ours, err := newSource(bytes.NewReader(file)).open()
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; ; n++ {
			data, info, theirErr := theirs.ReadPacketData()
			var p packet
			err := ours.next(&p)
			if err != theirErr {
				t.Fatalf("frame %d: error %v, pcapgo's %v", n, err, theirErr)
			}
			if err != nil {
				break
			}
			at := p.at.time()
			if !bytes.Equal(p.data, data) || p.wire != info.Length || !at.Equal(info.Timestamp) {
				t.Fatalf("frame %d: %d bytes of %d at %v, pcapgo has %d of %d at %v", n, len(p.data), p.wire, at, len(data), info.Length, info.Timestamp)
			}
		}
	})
}

// TestSimpleSnap reads Simple Packet Blocks of frames that were cut: only the interface tells to what length.
func TestSimpleSnap(t *testing.T) {
	trace, _ := small()
	for snap := 54; snap < 60; snap++ {
		ours, err := newSource(bytes.NewReader(trace.Encode(capturetest.Format{Pcapng: true, Simple: true, Snap: snap}))).open()
		for err == nil {
			var p packet
			if err = ours.next(&p); err == nil && len(p.data) != snap {
				t.Fatalf("%d bytes of a frame cut to %d", len(p.data), snap)
			}
		}
		if err != io.EOF {
			t.Fatal(err)
		}
	}
}

// block makes a little-endian block of pcapng.
func block(kind uint32, body ...byte) []byte {
	n := uint32(12 + len(body))
	b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), n)
	return binary.LittleEndian.AppendUint32(append(b, body...), n)
}

// TestHostilePcapng reads files that lie in their blocks. What can be read before and behind must be.
func TestHostilePcapng(t *testing.T) {
	var trace capturetest.Trace
	body := capturetest.Batch(1, 2)
	trace.Conn(0).Open().Send(capturetest.Post(capturetest.PathV2, body))
	file := trace.Encode(capturetest.Format{Pcapng: true})
	const header = 28 + 20
	start, packets := file[:header:header], file[header:]
	tests := map[string]struct {
		between []byte
		fatal   bool
		problem string
	}{
		"unknown block":            {between: block(0xbad, 1, 2, 3, 4)},
		"interface not declared":   {between: block(6, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), problem: "does not describe the interface"},
		"interface 2^32-1":         {between: block(6, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), problem: "does not describe the interface"},
		"more captured than there": {between: block(6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0), problem: "malformed"},
		"packet without header":    {between: block(6, 0, 0, 0, 0), problem: "malformed"},
		"simple without header":    {between: block(3), problem: "malformed"},
		"interface cut":            {between: block(1)},
		"option longer than block": {between: block(1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 255, 255)},
		"resolution 10^-127":       {between: block(1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 127, 0, 0, 0)},
		"longer than the file":     {between: []byte{6, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0}, fatal: true, problem: "cut short"},
		"length 0":                 {between: []byte{6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, fatal: true, problem: "damaged"},
		"length 13":                {between: []byte{6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0}, fatal: true, problem: "damaged"},
		"two lengths":              {between: []byte{6, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0}, fatal: true, problem: "damaged"},
		"section without order":    {between: block(0x0a0d0d0a, make([]byte, 16)...), fatal: true, problem: "damaged"},
		"frame of 2 MiB":           {between: block(6, append(make([]byte, 12), append([]byte{0, 0, 32, 0, 0, 0, 32, 0}, make([]byte, 2<<20)...)...)...), problem: "longer than 1 MiB"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := read(bytes.NewReader(bytes.Join([][]byte{start, test.between, test.between, packets}, nil)))
			if test.fatal {
				got.want(t, 1)
			} else if test.problem != "" {
				got.want(t, 1, request(body)) // told once, though it is there twice
			} else {
				got.want(t, 0, request(body))
			}
			if test.problem != "" && !strings.Contains(strings.Join(got.problems, ""), test.problem) {
				t.Errorf("problems %q, want one that says %q", got.problems, test.problem)
			}
		})
	}
}

// TestHostilePcap reads records that claim more than there is.
func TestHostilePcap(t *testing.T) {
	var trace capturetest.Trace
	body := capturetest.Batch(1, 2)
	trace.Conn(0).Open().Send(capturetest.Post(capturetest.PathV2, body))
	file := trace.Encode(capturetest.Format{})

	claim := binary.LittleEndian.AppendUint32(make([]byte, 8), 1<<32-1)
	claim = binary.LittleEndian.AppendUint32(claim, 1<<32-1)
	got := read(bytes.NewReader(append(file[:len(file):len(file)], claim...)))
	got.want(t, 1, request(body))
	if !strings.Contains(got.problems[0], "4294967295") {
		t.Errorf("problem %q, want one that gives the length claimed", got.problems[0])
	}

	// A frame that is longer than the window, and there, is skipped and told.
	long := binary.LittleEndian.AppendUint32(make([]byte, 8), 3<<20)
	long = append(binary.LittleEndian.AppendUint32(long, 3<<20), make([]byte, 3<<20)...)
	got = read(bytes.NewReader(bytes.Join([][]byte{file[:24], long, file[24:]}, nil)))
	got.want(t, 1, request(body))
	if got.events[1].Frame != int64(len(trace.Packets)) && got.sum.Frames != int64(len(trace.Packets))+1 {
		t.Errorf("the long frame was not counted: %+v", got.sum)
	}
}

// TestLargeFrame reads frames longer than the window, as network cards join and cut segments.
func TestLargeFrame(t *testing.T) {
	for _, n := range []int{60_000, 120_000, 300_000, 900_000} {
		for _, f := range []capturetest.Format{{NoLength: true}, {NoLength: true, Pcapng: true}, {NoLength: true, Gzip: true}} {
			var trace capturetest.Trace
			c := trace.Conn(0).IPv6()
			c.MSS = 1 << 20
			c.Silent = true
			body := bytes.Repeat([]byte("12345678"), n/8)
			c.Send(capturetest.Post(v2, body)).Reply(answer)
			read(bytes.NewReader(trace.Encode(f))).want(t, 0, request(body), response(0x3334, ok))
		}
	}
}

// TestModifiedPcap reads the variant with 8 more bytes in each record header, and a link type with flags above it.
func TestModifiedPcap(t *testing.T) {
	trace, messages := small()
	file := trace.Encode(capturetest.Format{})
	b := bytes.Clone(file[:24])
	binary.LittleEndian.PutUint32(b, 0xa1b2cd34)
	b[23] = 0x24 // frame check sequences of 4 bytes
	for rest := file[24:]; len(rest) > 0; {
		n := 16 + int(binary.LittleEndian.Uint32(rest[8:]))
		b = append(b, rest[:16]...)
		b = append(b, 1, 2, 3, 4, 5, 6, 7, 8)
		b = append(b, rest[16:n]...)
		rest = rest[n:]
	}
	read(bytes.NewReader(b)).want(t, 0, messages...)
}
