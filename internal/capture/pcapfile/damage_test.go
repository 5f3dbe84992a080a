package pcapfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// begins are the offsets at which the frames of a file begin, and its length.
func begins(file []byte, f capturetest.Format) (all []int) {
	for n := range len(file) + 1 {
		if (n > 24 || !f.Pcapng) && n >= 24 && atFrame(file, n, f) {
			all = append(all, n)
		}
	}
	if f.Pcapng {
		return all[1:] // behind the interface
	}
	return all
}

// TestDamagedRecord damages each byte of the header of each record. No frame but
// that one and the one before may suffer, and something must be said.
func TestDamagedRecord(t *testing.T) {
	trace := trace()
	all := frames(trace)
	formats := map[string]capturetest.Format{"pcap": {}, "pcap nanoseconds": {Nano: true}, "pcapng": {Pcapng: true}, "pcapng simple": {Pcapng: true, Simple: true}}
	each(t, formats, func(t *testing.T, f capturetest.Format) {
		whole := trace.Encode(f)
		headers := begins(whole, f)
		for i, at := range headers[:len(headers)-1] {
			lengths := []int{8, 9, 10, 11} // captured
			if f.Pcapng {
				lengths = []int{4, 5, 6, 7} // of the block
			}
			for _, k := range lengths {
				for _, bit := range []byte{0x01, 0x10, 0x80, 0xff} {
					file := bytes.Clone(whole)
					file[at+k] ^= bit
					got := read(bytes.NewReader(file))
					damage := got.err != nil
					for _, frame := range got.frames {
						if len(frame.Data) == 0 && frame.Skipped == "" {
							t.Fatalf("frame %d, byte %d ^ %#x: an empty frame is invented", i, k, bit)
						}
						damage = damage || frame.Damage != "" || frame.Skipped != ""
					}
					lost := len(all)
					for j, k := 0, 0; j < len(all); j++ {
						for l := k; l < len(got.frames); l++ {
							if bytes.Equal(got.frames[l].Data, all[j]) {
								k, lost = l+1, lost-1
								break
							}
						}
					}
					if lost > 1 || !damage {
						t.Fatalf("frame %d, byte %d ^ %#x: %d frames lost, damage said: %v; %v", i, k, bit, lost, damage, got.err)
					}
				}
			}
		}
	})
}

// TestDamagedStretch overwrites, removes and inserts bytes anywhere: at most the
// frames that it touches are lost.
func TestDamagedStretch(t *testing.T) {
	trace := trace()
	all := frames(trace)
	each(t, map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}}, func(t *testing.T, f capturetest.Format) {
		whole := trace.Encode(f)
		headers := begins(whole, f)
		for at := headers[2]; at < headers[len(headers)-4]; at += 13 {
			for name, file := range map[string][]byte{
				"overwritten": bytes.Join([][]byte{whole[:at], bytes.Repeat([]byte{0xa5}, 40), whole[at+40:]}, nil),
				"removed":     bytes.Join([][]byte{whole[:at], whole[at+40:]}, nil),
				"inserted":    bytes.Join([][]byte{whole[:at], bytes.Repeat([]byte{0xa5}, 40), whole[at:]}, nil),
			} {
				got := read(bytes.NewReader(file))
				found := 0
				for _, frame := range got.frames {
					if len(frame.Data) == 0 && frame.Skipped == "" {
						t.Fatalf("%d bytes %s: an empty frame is invented", at, name)
					}
					for _, want := range all {
						if bytes.Equal(want, frame.Data) {
							found++
							break
						}
					}
				}
				if found < len(all)-3 {
					t.Fatalf("%d bytes %s: %d of %d frames; %v", at, name, found, len(all), got.err)
				}
			}
		}
	})
}

// TestOddFractions reads a file that claims microseconds and has nanoseconds: no
// frame is lost, and it takes no longer than twice reading it.
func TestOddFractions(t *testing.T) {
	var b bytes.Buffer
	w := capturetest.NewWriter(&b, capturetest.Format{Nano: true})
	for range 40_000 {
		w.Frame(capturetest.Start, bytes.Repeat([]byte{1}, 100))
	}
	file := b.Bytes()
	copy(file, "\xd4\xc3\xb2\xa1")
	got := read(bytes.NewReader(file))
	if len(got.frames) != 40_000 || got.err != nil {
		t.Errorf("%d frames, %v", len(got.frames), got.err)
	}
}

// TestPartialFrame has the first part of a frame that the file ends within, with its
// own time.
func TestPartialFrame(t *testing.T) {
	at := capturetest.Start.Add(time.Hour).Truncate(time.Microsecond)
	data := bytes.Repeat([]byte("0123456789"), 10)
	for name, f := range map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}} {
		var b bytes.Buffer
		w := capturetest.NewWriter(&b, f)
		w.Frame(capturetest.Start, data)
		w.Frame(at, data)
		tail := 40
		if f.Pcapng {
			tail += 4
		}
		got := read(bytes.NewReader(b.Bytes()[:b.Len()-tail]))
		if len(got.frames) != 2 || got.err != nil {
			t.Fatalf("%s: %d frames, %v", name, len(got.frames), got.err)
		}
		p := got.frames[1]
		if !bytes.Equal(p.Data, data[:60]) || p.Wire != 100 || !p.Time.Equal(at) || !strings.HasSuffix(p.Damage, "60 of its 100 bytes present") {
			t.Errorf("%s: %+v", name, p)
		}
		got = read(bytes.NewReader(b.Bytes()[:b.Len()-tail-60]))
		if d, ok := got.err.(Damage); !ok || !d.Within || !f.Pcapng && !d.Time.Equal(at) {
			t.Errorf("%s: %+v; want a Damage with the time of the frame", name, got.err)
		}
	}
}

// TestSnoop reads the format of Solaris.
func TestSnoop(t *testing.T) {
	all := frames(trace())
	b := []byte("snoop\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04")
	for i, frame := range all {
		n := (24 + len(frame) + 3) &^ 3
		for _, v := range []int{len(frame) + i, len(frame), n, 0, 1_700_000_000 + i, 999_999} {
			b = binary.BigEndian.AppendUint32(b, uint32(v))
		}
		b = append(append(b, frame...), make([]byte, n-24-len(frame))...)
	}
	got := read(bytes.NewReader(b))
	got.want(t, all...)
	for i, f := range got.frames {
		if f.Link != 1 || f.Wire != len(all[i])+i || !f.Time.Equal(time.Unix(1_700_000_000+int64(i), 999_999_000)) {
			t.Fatalf("frame %d: %+v", i, f)
		}
	}
	for n := range b {
		got := read(bytes.NewReader(b[:n]))
		if got.err == io.EOF || len(got.frames) > len(all) {
			t.Fatalf("cut to %d bytes: %v", n, got.err)
		}
	}
	b[16+8+3] = 24 // the length of the record is that of its header
	if got := read(bytes.NewReader(b)); got.err == nil || !strings.Contains(got.err.Error(), "corrupt") {
		t.Errorf("%v", got.err)
	}
	b[15] = 9
	if got := read(bytes.NewReader(b[:16])); got.err != nil {
		t.Errorf("unknown link type: %v", got.err)
	}
	if got := read(strings.NewReader("snoopy, the dog of Charlie")); got.err == nil {
		t.Error("text is no capture")
	}
}

// TestDamageFarFromEnd damages a length where more follows than is searched at a time.
func TestDamageFarFromEnd(t *testing.T) {
	each(t, map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}}, func(t *testing.T, f capturetest.Format) {
		var b bytes.Buffer
		w := capturetest.NewWriter(&b, f)
		at := 0
		for i := range 3000 {
			if i == 3 {
				at = b.Len()
			}
			w.Frame(capturetest.Start, bytes.Repeat([]byte{byte(i)}, 1000))
		}
		file := b.Bytes()
		if f.Pcapng {
			file[at+7] = 0x7f // of the block
		} else {
			file[at+11] = 0x7f
		}
		got := read(bytes.NewReader(file))
		if len(got.frames) != 2999 || got.err != nil || got.frames[3].Damage == "" {
			t.Errorf("%d frames, want 2999; %v; %q", len(got.frames), got.err, got.frames[min(3, len(got.frames)-1)].Damage)
		}
	})
}

// TestPartialBlock cuts a packet that claims as much as its block holds, and one byte
// more.
func TestPartialBlock(t *testing.T) {
	f := pcapngFile{source: &source{}, interfaces: []ngInterface{{link: 1, second: 1e6}}}
	for _, test := range []struct {
		kind      uint32
		captured  uint32
		damage    string
		truncated bool
	}{
		{blockEnhanced, 40, "10 of its 40 bytes present", true}, {blockEnhanced, 41, "", false},
		{blockSimple, 39, "10 of its 39 bytes present", true}, {blockSimple, 50, "10 of its 40 bytes present", true},
	} {
		header := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
		if test.kind == blockSimple {
			header = header[:12]
			binary.LittleEndian.PutUint32(header[8:], test.captured)
		} else {
			binary.LittleEndian.PutUint32(header[20:], test.captured)
			binary.LittleEndian.PutUint32(header[24:], test.captured)
		}
		binary.LittleEndian.PutUint32(header, test.kind)
		binary.LittleEndian.PutUint32(header[4:], uint32(len(header)+40+4))
		var p Frame
		ok := f.partial(&p, test.kind, append(header, make([]byte, 10)...))
		if ok != test.truncated || !strings.HasSuffix(p.Damage, test.damage) || ok && len(p.Data) != 10 {
			t.Errorf("block %d with %d bytes: %v, %q, %d bytes", test.kind, test.captured, ok, p.Damage, len(p.Data))
		}
	}
}

// TestSearchedOnce: where nothing was found once, it is not looked again.
func TestSearchedOnce(t *testing.T) {
	garbage := bytes.Repeat([]byte{0xa5}, 1000)
	ng := pcapngFile{source: newSource(bytes.NewReader(garbage))}
	if n := ng.resume(); n != 0 || ng.searched != 1000 {
		t.Errorf("pcapng: %d bytes before a block, searched up to %d, want 0 and 1000", n, ng.searched)
	}
	f := pcapFile{source: newSource(bytes.NewReader(garbage)), header: 16, tick: 1000}
	if what, ok := f.resume(0); ok || f.searched != 1000-16 {
		t.Errorf("pcap: %q, searched up to %d, want nothing and 984", what, f.searched)
	}
}
