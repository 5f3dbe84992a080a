package pcapfile

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

// trace is a conversation in small segments.
func trace() *capturetest.Trace {
	var t capturetest.Trace
	c := t.Conn(0).Open()
	c.MSS = 300
	for range 3 {
		c.Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 3))).Reply(capturetest.Answer(200, capturetest.OK))
	}
	return &t
}

// frames are those of a trace, as a Writer makes them.
func frames(t *capturetest.Trace) (all [][]byte) {
	for file := t.Encode(capturetest.Format{})[24:]; len(file) > 0; {
		n := 16 + int(binary.LittleEndian.Uint32(file[8:]))
		all = append(all, file[16:n])
		file = file[n:]
	}
	return all
}

// outcome of reading a capture: copies of its frames, and the error at the end,
// nil for io.EOF.
type outcome struct {
	frames []Frame
	err    error
}

func read(in io.Reader) (o outcome) {
	r, err := NewReader(in)
	for err == nil {
		var f Frame
		if err = r.Next(&f); err == nil {
			f.Data = bytes.Clone(f.Data)
			o.frames = append(o.frames, f)
		}
	}
	if err != io.EOF {
		o.err = err
	}
	return o
}

// want checks that exactly these frames were read, those skipped aside, and
// returns why others were skipped.
func (o *outcome) want(t *testing.T, frames ...[]byte) (skipped []string) {
	t.Helper()
	if o.err != nil {
		t.Fatal(o.err)
	}
	n := 0
	for _, f := range o.frames {
		switch {
		case strings.Contains(f.Damage, "truncated"): // its first part
		case f.Skipped != "":
			skipped = append(skipped, f.Skipped)
		case n == len(frames) || !bytes.Equal(f.Data, frames[n]) || f.Wire < len(f.Data):
			t.Fatalf("frame %d of %d: %d bytes of %d: %x", n, len(frames), len(f.Data), f.Wire, f.Data)
		default:
			n++
		}
	}
	if n != len(frames) {
		t.Errorf("%d frames, want %d", n, len(frames))
	}
	return skipped
}

// each runs f as a subtest for each of some formats.
func each(t *testing.T, formats map[string]capturetest.Format, f func(t *testing.T, format capturetest.Format)) {
	for name, format := range formats {
		t.Run(name, func(t *testing.T) { f(t, format) })
	}
}

func TestContainers(t *testing.T) {
	trace := trace()
	each(t, containers, func(t *testing.T, f capturetest.Format) {
		got := read(bytes.NewReader(trace.Encode(f)))
		got.want(t, frames(trace)...)
		for i, frame := range got.frames {
			want := capturetest.Start.Add(time.Duration(i) * capturetest.Step)
			precision := time.Microsecond
			switch {
			case f.Simple:
				want = time.Time{}
			case f.Nano || f.Resolution == 9:
				precision = 1
			case f.Resolution != 0:
				precision = 2
			}
			if off := want.Sub(frame.Time); off < 0 || off >= precision || frame.Time.Location() != time.UTC || frame.Link != capturetest.Ethernet {
				t.Errorf("frame %d at %v of link type %d, want %v", i, frame.Time, frame.Link, want)
			}
		}
	})
}

// TestCut reads a capture cut at every length: each frame that is whole before
// the cut must be found, and the cut be reported unless it is between frames.
func TestCut(t *testing.T) {
	trace := trace()
	trace.Packets = trace.Packets[:12]
	all := frames(trace)
	each(t, map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}, "gzip": {Gzip: true}}, func(t *testing.T, f capturetest.Format) {
		whole := trace.Encode(f)
		last := 0
		for n := range whole {
			got := read(bytes.NewReader(whole[:n]))
			if errors.Is(got.err, ErrNotCapture) {
				if len(got.frames) > 0 || n > 40 && !f.Gzip {
					t.Fatalf("cut to %d bytes: %v", n, got.err)
				}
				continue
			}
			var d Damage
			if got.err != nil && (!errors.As(got.err, &d) || !strings.Contains(d.Detail, "truncated")) {
				t.Fatalf("cut to %d bytes: %v", n, got.err)
			}
			found := len(got.frames)
			partial := found > 0 && got.frames[found-1].Damage != ""
			if partial {
				found--
			}
			if between := !f.Gzip && atFrame(whole, n, f); between != (got.err == nil && !partial) {
				t.Fatalf("cut to %d bytes: %v; the cut is between two frames: %v", n, got.err, between)
			}
			got.err = nil
			if found < last {
				t.Fatalf("cut to %d bytes: %d frames, but %d with fewer bytes", n, found, last)
			}
			last = found
			got.want(t, all[:last]...)
		}
		if last < len(all)-1 {
			t.Fatalf("%d frames found at most, want %d", last, len(all)-1)
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

func TestNotCapture(t *testing.T) {
	for in, say := range map[string]string{
		"":                           "empty",
		"\xd4":                       "ends within",
		"hello, world":               "68 65 6c 6c",
		"\x28\xb5\x2f\xfd zstandard": "zstd data is corrupt",
		"\xfd7zXZ\x00 xz-utils":      "xz data is corrupt",
		"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x00": "ends within",
		"\x1f\x8b\x08": "ends within",
		"\x1f\x8b\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff": "gzip",
		"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x00\x00\x00\x00":     "byte order",
		"\xd4\xc3\xb2\xa1 too short":                           "ends within",
	} {
		got := read(strings.NewReader(in))
		if !errors.Is(got.err, ErrNotCapture) || !strings.Contains(got.err.Error(), say) || len(got.frames) > 0 {
			t.Errorf("%q: error %v with %d frames, want one that says %q", in, got.err, len(got.frames), say)
		}
	}
}

// TestMagics: IsCapture knows what NewReader opens, in both byte orders.
func TestMagics(t *testing.T) {
	var heads [][]byte
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, magic := range []uint32{0xa1b2c3d4, 0xa1b23c4d, 0xa1b2cd34} {
			heads = append(heads, append(order.AppendUint32(nil, magic), make([]byte, 20)...))
		}
		section := order.AppendUint32([]byte("\x0a\x0d\x0d\x0a"), 28)
		section = append(order.AppendUint32(section, 0x1a2b3c4d), make([]byte, 12)...)
		heads = append(heads, order.AppendUint32(section, 28))
	}
	for _, head := range heads {
		if _, err := NewReader(bytes.NewReader(head)); err != nil || !IsCapture(head) || !IsCapture(head[:4]) || IsCapture(head[:3]) {
			t.Errorf("% x: NewReader %v, IsCapture %v, of its first 4 bytes %v, of 3 %v",
				head[:12], err, IsCapture(head), IsCapture(head[:4]), IsCapture(head[:3]))
		}
	}
	for _, head := range []string{"", "\xa1\xb2\xc3\xd5", "\x1f\x8b\x08\x00", "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x1a\x2b\x3c\x4e"} {
		if _, err := NewReader(strings.NewReader(head)); err == nil || IsCapture([]byte(head)) {
			t.Errorf("%q: NewReader %v, IsCapture %v", head, err, IsCapture([]byte(head)))
		}
	}
}

func TestErrors(t *testing.T) {
	trace := trace()
	whole := trace.Encode(capturetest.Format{})
	broken := errors.New("broken pipe")

	got := read(io.MultiReader(bytes.NewReader(whole), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) || len(got.frames) != len(trace.Packets) {
		t.Errorf("error %v after %d frames, want that of the input after %d", got.err, len(got.frames), len(trace.Packets))
	}
	if got := read(iotest.ErrReader(broken)); !errors.Is(got.err, broken) || errors.Is(got.err, ErrNotCapture) {
		t.Errorf("error %v, want that of the input", got.err)
	}
	zipped := trace.Encode(capturetest.Format{Gzip: true})
	got = read(io.MultiReader(bytes.NewReader(zipped[:len(zipped)/2]), iotest.ErrReader(broken)))
	if !errors.Is(got.err, broken) {
		t.Errorf("error %v, want that of the input through gzip", got.err)
	}
}

func TestCorruptGzip(t *testing.T) {
	zipped := trace().Encode(capturetest.Format{Gzip: true})
	zipped[len(zipped)-6] ^= 0xff // checksum
	got := read(bytes.NewReader(zipped))
	var d Damage
	if !errors.As(got.err, &d) || d.Within || !strings.Contains(d.Detail, "the gzip data is corrupt") {
		t.Errorf("%v; want a Damage", got.err)
	}
}

// TestGzipMembers reads a file of several gzip members, as writers that flush
// leave it.
func TestGzipMembers(t *testing.T) {
	trace := trace()
	whole := trace.Encode(capturetest.Format{})
	var b bytes.Buffer
	for len(whole) > 0 {
		n := min(len(whole), 1000)
		z := gzip.NewWriter(&b)
		z.Write(whole[:n])
		z.Close()
		whole = whole[n:]
	}
	got := read(&b)
	got.want(t, frames(trace)...)
}

// TestSections reads pcapng files behind one another: each is a section with
// interfaces and a byte order of its own.
func TestSections(t *testing.T) {
	var b bytes.Buffer
	var links []uint32
	for _, f := range []capturetest.Format{{}, {BigEndian: true, Link: capturetest.Raw}, {Resolution: 9, Link: capturetest.Linux}} {
		trace := trace()
		for range trace.Packets {
			links = append(links, max(f.Link, 1))
		}
		f.Pcapng = true
		b.Write(trace.Encode(f))
	}
	got := read(&b)
	if got.err != nil || len(got.frames) != len(links) {
		t.Fatalf("%d frames, %v; want %d", len(got.frames), got.err, len(links))
	}
	for i, f := range got.frames {
		if f.Link != links[i] {
			t.Errorf("frame %d of link type %d, want %d", i, f.Link, links[i])
		}
	}
	if year := got.frames[len(links)-1].Time.Year(); year != 2026 {
		t.Errorf("the last section is of %d: the resolution of another was used", year)
	}
}

// TestPcapngBlocks reads a file by another writer: two interfaces of different
// link types in one section, options, statistics and secrets between the
// packets.
func TestPcapngBlocks(t *testing.T) {
	trace := trace()
	var all [][]byte
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
		all = append(all, frame)
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
	got.want(t, all...)
	for i, f := range got.frames {
		want, link := capturetest.Start.Add(time.Duration(i)*capturetest.Step), uint32(capturetest.Ethernet)
		if i%2 == 1 { // the second interface
			want, link = want.Truncate(time.Microsecond).Add(time.Hour), capturetest.Raw
		}
		if !f.Time.Equal(want) || f.Link != link {
			t.Errorf("frame %d at %v of link type %d, want %v, %d", i, f.Time, f.Link, want, link)
		}
	}
}

// TestSameFrames compares every frame with what pcapgo reads.
func TestSameFrames(t *testing.T) {
	trace := trace()
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
		ours, err := NewReader(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; ; n++ {
			data, info, theirErr := theirs.ReadPacketData()
			var f Frame
			err := ours.Next(&f)
			if err != theirErr {
				t.Fatalf("frame %d: error %v, pcapgo's %v", n, err, theirErr)
			}
			if err != nil {
				break
			}
			if !bytes.Equal(f.Data, data) || f.Wire != info.Length || !f.Time.Equal(info.Timestamp) {
				t.Fatalf("frame %d: %d bytes of %d at %v, pcapgo has %d of %d at %v", n, len(f.Data), f.Wire, f.Time, len(data), info.Length, info.Timestamp)
			}
		}
	})
}

// TestSimpleSnap reads Simple Packet Blocks of frames that were cut: only the
// interface tells to what length.
func TestSimpleSnap(t *testing.T) {
	trace := trace()
	for snap := 54; snap < 60; snap++ {
		got := read(bytes.NewReader(trace.Encode(capturetest.Format{Pcapng: true, Simple: true, Snap: snap})))
		if got.err != nil || len(got.frames) != len(trace.Packets) {
			t.Fatalf("%d frames, %v", len(got.frames), got.err)
		}
		for _, f := range got.frames {
			if len(f.Data) != snap {
				t.Fatalf("%d bytes of a frame cut to %d", len(f.Data), snap)
			}
		}
	}
}

// block makes a little-endian block of pcapng.
func block(kind uint32, body ...byte) []byte {
	n := uint32(12 + len(body))
	b := binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(nil, kind), n)
	return binary.LittleEndian.AppendUint32(append(b, body...), n)
}

// TestHostilePcapng reads files that lie in their blocks. What can be read
// before and behind must be.
func TestHostilePcapng(t *testing.T) {
	trace := trace()
	file := trace.Encode(capturetest.Format{Pcapng: true})
	const header = 28 + 20
	start, packets := file[:header:header], file[header:]
	tests := map[string]struct {
		between []byte
		damaged bool // and so passed over
		problem string
	}{
		"unknown block":            {between: block(0xbad, 1, 2, 3, 4)},
		"interface not declared":   {between: block(6, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), problem: "interface that the capture does not describe"},
		"interface 2^32-1":         {between: block(6, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), problem: "interface that the capture does not describe"},
		"more captured than there": {between: block(6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0), problem: "malformed"},
		"packet without header":    {between: block(6, 0, 0, 0, 0), problem: "malformed"},
		"simple without header":    {between: block(3), problem: "malformed"},
		"interface cut":            {between: block(1)},
		"option longer than block": {between: block(1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 255, 255)},
		"resolution 10^-127":       {between: block(1, 1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 127, 0, 0, 0)},
		"longer than the file":     {between: []byte{6, 0, 0, 0, 0xf0, 0xff, 0xff, 0xff, 0, 0, 0, 0}, damaged: true},
		"length 0":                 {between: []byte{6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, damaged: true},
		"length 13":                {between: []byte{6, 0, 0, 0, 13, 0, 0, 0, 0, 0, 0, 0}, damaged: true},
		"two lengths":              {between: []byte{6, 0, 0, 0, 12, 0, 0, 0, 16, 0, 0, 0}, damaged: true},
		"section without order":    {between: block(0x0a0d0d0a, make([]byte, 16)...), damaged: true},
		"frame of 2 MiB":           {between: block(6, append(make([]byte, 12), append([]byte{0, 0, 32, 0, 0, 0, 32, 0}, make([]byte, 2<<20)...)...)...), problem: "longer than 1 MiB"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got := read(bytes.NewReader(bytes.Join([][]byte{start, test.between, test.between, packets}, nil)))
			switch {
			case test.damaged:
				if got.want(t, frames(trace)...); !strings.Contains(got.frames[0].Damage, "bytes before this frame are damaged") {
					t.Errorf("damage %q", got.frames[0].Damage)
				}
			case test.problem != "":
				skipped := got.want(t, frames(trace)...)
				if len(skipped) != 2 || !strings.Contains(skipped[0], test.problem) {
					t.Errorf("skipped %q, want two that say %q", skipped, test.problem)
				}
			default:
				if skipped := got.want(t, frames(trace)...); skipped != nil {
					t.Errorf("skipped %q", skipped)
				}
			}
		})
	}
}

// TestHostilePcap reads records that claim more than there is.
func TestHostilePcap(t *testing.T) {
	trace := trace()
	file := trace.Encode(capturetest.Format{})

	claim := binary.LittleEndian.AppendUint32(make([]byte, 8), 1<<32-1)
	claim = binary.LittleEndian.AppendUint32(claim, 1<<32-1)
	got := read(bytes.NewReader(append(file[:len(file):len(file)], claim...)))
	var d Damage
	if !errors.As(got.err, &d) || !d.Within || !strings.Contains(d.Detail, "4294967295") {
		t.Errorf("%v, want a Damage within a frame that gives the length claimed", got.err)
	}
	got.err = nil
	got.want(t, frames(trace)...)

	// A frame that is longer than the window, and there, is skipped.
	long := binary.LittleEndian.AppendUint32(make([]byte, 8), 3<<20)
	long = append(binary.LittleEndian.AppendUint32(long, 3<<20), make([]byte, 3<<20)...)
	got = read(bytes.NewReader(bytes.Join([][]byte{file[:24], long, file[24:]}, nil)))
	if skipped := got.want(t, frames(trace)...); len(skipped) != 1 || got.frames[0].Skipped == "" {
		t.Errorf("skipped %q, want the first", skipped)
	}
}

// TestLargeFrame reads frames longer than the window, as network cards join and
// cut segments.
func TestLargeFrame(t *testing.T) {
	for _, n := range []int{60_000, 120_000, 300_000, 900_000} {
		for _, f := range []capturetest.Format{{}, {Pcapng: true}, {Gzip: true}} {
			var buffer bytes.Buffer
			w := capturetest.NewWriter(&buffer, f)
			frame := bytes.Repeat([]byte("12345678"), n/8)
			w.Frame(capturetest.Start, frame)
			w.Frame(capturetest.Start, frame[:60])
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := read(&buffer)
			got.want(t, frame, frame[:60])
		}
	}
}

// TestModifiedPcap reads the variant with 8 more bytes in each record header,
// and a link type with flags above it.
func TestModifiedPcap(t *testing.T) {
	trace := trace()
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
	got := read(bytes.NewReader(b))
	got.want(t, frames(trace)...)
	if got.frames[0].Link != capturetest.Ethernet {
		t.Errorf("link type %d", got.frames[0].Link)
	}
}
