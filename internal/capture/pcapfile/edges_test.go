package pcapfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// snoopFileOf is a snoop file with frames of a link type.
func snoopFileOf(kind uint32, frames ...[]byte) []byte {
	b := binary.BigEndian.AppendUint32(append([]byte("snoop\x00\x00\x00"), 0, 0, 0, 2), kind)
	for _, f := range frames {
		n := uint32(len(f))
		for _, v := range []uint32{n, n, 24 + (n+3)&^3, 0, 1700000000, 250000} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		b = append(append(b, f...), make([]byte, (4-len(f)%4)%4)...)
	}
	return b
}

// TestInputErrors has the input fail after each number of bytes: its error comes, behind
// the frames that are whole, and never as the end or as damage.
func TestInputErrors(t *testing.T) {
	trace := trace()
	trace.Packets = trace.Packets[:4]
	broken := errors.New("the disk is on fire")
	files := map[string][]byte{"snoop": snoopFileOf(4, frames(trace)...)}
	for name, f := range map[string]capturetest.Format{"pcap": {}, "pcapng": {Pcapng: true}, "gzip": {Gzip: true}} {
		files[name] = trace.Encode(f)
	}
	for name, file := range files {
		for n := range file {
			got := read(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)))
			if !errors.Is(got.err, broken) || !strings.Contains(got.err.Error(), "reading the capture") {
				t.Fatalf("%s, after %d bytes: %v", name, n, got.err)
			}
			for i, f := range got.frames {
				if f.Damage != "" || !bytes.Equal(f.Data, frames(trace)[i]) {
					t.Fatalf("%s, after %d bytes: frame %d is %+v", name, n, i, f)
				}
			}
		}
	}
}

// TestTicks: units of time as if_tsresol gives them.
func TestTicks(t *testing.T) {
	for n := range 256 {
		base := 10.0
		if n >= 0x80 {
			base = 2
		}
		want := math.Pow(base, float64(n&0x7f))
		got := ticks(byte(n))
		if want < math.Exp2(64) && float64(got) != want || want >= math.Exp2(64) && got != 0 {
			t.Errorf("%#x: %d, want %g", n, got, want)
		}
	}
}

// TestNear: which times may be those of neighbours.
func TestNear(t *testing.T) {
	const day = 24 * 3600
	for d, want := range map[int64]bool{0: true, 1: true, day - 1: true, day: false, day + 1: false} {
		if near(1e9+d, 1e9) != want || near(1e9, 1e9+d) != want {
			t.Errorf("%d seconds: want %v", d, want)
		}
	}
}

// TestPcapngEdges reads options and packets whose lengths are at their limits.
func TestPcapngEdges(t *testing.T) {
	option := func(code uint16, value ...byte) []byte {
		b := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, code), uint16(len(value)))
		return append(append(b, value...), make([]byte, (4-len(value)%4)%4)...)
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	eight := []byte{1, 0, 0, 0, 0, 0, 0, 0}
	for name, test := range map[string]struct {
		b    []byte
		want ngInterface
	}{
		"nothing":             {nil, ngInterface{second: 1e6}},
		"7 bytes":             {[]byte{1, 0, 0, 0, 9, 0, 0}, ngInterface{second: 1e6}},
		"8 bytes":             {[]byte{1, 1, 0, 0, 9, 1, 0, 0}, ngInterface{link: 257, snap: 265, second: 1e6}},
		"resolution":          {join(make([]byte, 8), option(9, 3)), ngInterface{second: 1e3}},
		"empty resolution":    {join(make([]byte, 8), option(9), option(9, 3)), ngInterface{second: 1e3}},
		"long resolution":     {join(make([]byte, 8), option(9, 3, 4)), ngInterface{second: 1e3}},
		"offset":              {join(make([]byte, 8), option(14, eight...)), ngInterface{second: 1e6, offset: 1}},
		"long offset":         {join(make([]byte, 8), option(14, append(eight, 7)...)), ngInterface{second: 1e6, offset: 1}},
		"short offset":        {join(make([]byte, 8), option(14, eight[:7]...)), ngInterface{second: 1e6}},
		"behind another":      {join(make([]byte, 8), option(2, 'e', 't', 'h', '0', '1'), option(9, 3)), ngInterface{second: 1e3}},
		"behind the end":      {join(make([]byte, 8), option(0), option(9, 3)), ngInterface{second: 1e6}},
		"longer than it is":   {join(make([]byte, 8), []byte{9, 0, 2, 0, 3}), ngInterface{second: 1e6}},
		"without its padding": {join(make([]byte, 8), []byte{9, 0, 1, 0, 3}), ngInterface{second: 1e3}},
		"cut":                 {join(make([]byte, 8), option(9, 3), []byte{9, 0, 1}), ngInterface{second: 1e3}},
	} {
		var f pcapngFile
		f.describe(test.b)
		if len(f.interfaces) != 1 || f.interfaces[0] != test.want {
			t.Errorf("%s: %+v, want %+v", name, f.interfaces, test.want)
		}
	}
	var many pcapngFile
	for range maxInterfaces + 1 {
		many.describe(nil)
	}
	if len(many.interfaces) != maxInterfaces {
		t.Errorf("%d interfaces are kept, want %d", len(many.interfaces), maxInterfaces)
	}

	packet := func(index, captured, wire uint32, data string) []byte {
		b := binary.LittleEndian.AppendUint32(nil, index)
		b = binary.LittleEndian.AppendUint32(b, 1)
		b = binary.LittleEndian.AppendUint32(b, 2000000)
		return append(binary.LittleEndian.AppendUint32(binary.LittleEndian.AppendUint32(b, captured), wire), data...)
	}
	simple := func(wire uint32, data string) []byte {
		return append(binary.LittleEndian.AppendUint32(nil, wire), data...)
	}
	for name, test := range map[string]struct {
		kind    uint32
		b       []byte
		data    string
		wire    int
		link    uint32
		skipped string
	}{
		"enhanced":                {blockEnhanced, packet(0, 3, 9, "abcd"), "abc", 9, 1, ""},
		"second interface":        {blockEnhanced, packet(1, 3, 9, "abcd"), "abc", 9, 101, ""},
		"third interface":         {blockEnhanced, packet(2, 3, 9, "abcd"), "", 0, 0, undeclared},
		"no interface":            {blockEnhanced, packet(1<<32-1, 3, 9, "abcd"), "", 0, 0, undeclared},
		"all of it":               {blockEnhanced, packet(0, 4, 4, "abcd"), "abcd", 4, 1, ""},
		"more than that":          {blockEnhanced, packet(0, 5, 5, "abcd"), "", 0, 0, malformed},
		"most":                    {blockEnhanced, packet(0, 1<<32-1, 5, "abcd"), "", 0, 0, malformed},
		"longest on the wire":     {blockEnhanced, packet(0, 4, 1<<32-1, "abcd"), "abcd", maxWire, 1, ""},
		"shorter on the wire":     {blockEnhanced, packet(0, 4, 2, "abcd"), "abcd", 4, 1, ""},
		"no data":                 {blockEnhanced, packet(0, 0, 0, ""), "", 0, 1, ""},
		"cut":                     {blockEnhanced, packet(0, 0, 0, "")[:19], "", 0, 0, malformed},
		"old":                     {blockOldPacket, packet(1|7<<16, 3, 9, "abcd"), "abc", 9, 101, ""},
		"old, cut":                {blockOldPacket, packet(0, 0, 0, "")[:19], "", 0, 0, malformed},
		"simple":                  {blockSimple, simple(4, "abcd"), "abcd", 4, 1, ""},
		"simple, padded":          {blockSimple, simple(3, "abcd"), "abc", 3, 1, ""},
		"simple, longer":          {blockSimple, simple(9, "abcd"), "abcd", 9, 1, ""},
		"simple, up to the limit": {blockSimple, simple(9, "abcdefgh"), "abcdef", 9, 1, ""},
		"simple, nothing":         {blockSimple, simple(0, ""), "", 0, 1, ""},
		"simple, cut":             {blockSimple, simple(0, "")[:3], "", 0, 0, malformed},
	} {
		f := pcapngFile{interfaces: []ngInterface{{link: 1, snap: 6, second: 1e6}, {link: 101, second: 1e6, offset: 5}}}
		var p Frame
		f.packet(&p, test.kind, test.b)
		if string(p.Data) != test.data || p.Wire != test.wire || p.Link != test.link || p.Skipped != test.skipped {
			t.Errorf("%s: %+v", name, p)
		}
		seconds, nanoseconds := int64(1<<32+2e6)/1e6, int64(1<<32+2e6)%1e6*1000
		if test.link == 101 {
			seconds += 5
		}
		if want := time.Unix(seconds, nanoseconds).UTC(); test.kind != blockSimple && p.Skipped == "" && !p.Time.Equal(want) {
			t.Errorf("%s: at %v, want %v", name, p.Time, want)
		}
	}
}

// TestSnoopEdges reads records whose lengths are at their limits.
func TestSnoopEdges(t *testing.T) {
	record := func(wire, captured, length uint32, data int) []byte {
		b := snoopFileOf(4)
		for _, v := range []uint32{wire, captured, length, 0, 1700000000, 250000} {
			b = binary.BigEndian.AppendUint32(b, v)
		}
		return append(b, make([]byte, data)...)
	}
	const longest = maxWindow - 24
	for _, test := range []struct {
		name string
		file []byte
		want string // the frame, or the error
	}{
		{"whole", record(9, 5, 32, 8), "5 of 9"},
		{"no padding", record(5, 5, 29, 5), "5 of 5"},
		{"shorter on the wire", record(3, 5, 32, 8), "5 of 5"},
		{"record shorter than its data", record(5, 5, 28, 8), "a record of 28 bytes with 5 bytes of data"},
		{"longest", record(longest, longest, maxWindow, longest), fmt.Sprintf("%d of %d", longest, longest)},
		{"too long", record(longest+1, longest+1, maxWindow+1, longest+1), tooLong},
		{"too long and cut", record(longest+1, longest+1, maxWindow+1, longest), "claims"},
		{"longest on the wire", record(1<<32-1, 5, 32, 8), fmt.Sprintf("5 of %d", maxWire)},
		{"no data", record(0, 0, 24, 0), "0 of 0"},
		{"data cut", record(5, 5, 32, 1), "1 of 5"},
		{"all data cut", record(5, 5, 32, 0), "none of its 5 bytes"},
		{"header cut", record(5, 5, 32, 0)[:39], "23 of the 24 bytes of its header"},
	} {
		got := read(bytes.NewReader(test.file))
		said := fmt.Sprint(got.err)
		if len(got.frames) == 1 {
			f := got.frames[0]
			said += fmt.Sprintf("%d of %d %s", len(f.Data), f.Wire, f.Skipped)
			if want := time.Unix(1700000000, 250000000).UTC(); !f.Time.Equal(want) || f.Link != 1 {
				t.Errorf("%s: %+v", test.name, f)
			}
		}
		if !strings.Contains(said, test.want) {
			t.Errorf("%s: %s, want %s", test.name, said, test.want)
		}
	}
	for kind, want := range map[uint32]uint32{0: 1, 1: SnoopLink + 1, 2: 6, 3: SnoopLink + 3, 4: 1, 5: SnoopLink + 5, 7: SnoopLink + 7, 8: 10, 9: SnoopLink + 9, 25: SnoopLink + 25, 26: 226, 27: SnoopLink + 27} {
		if got := read(bytes.NewReader(snoopFileOf(kind, []byte("x")))); len(got.frames) != 1 || got.frames[0].Link != want {
			t.Errorf("link type %d of snoop: %+v, want %d", kind, got.frames, want)
		}
	}
}

// TestPlausible has records whose length, fraction and time are at their limits.
func TestPlausible(t *testing.T) {
	const day = 24 * 3600
	for _, f := range []pcapFile{{header: 16, tick: 1000}, {header: 24, tick: 1}} {
		longest, most := maxWindow-int64(f.header), 1e9/f.tick-1
		for r, want := range map[record]bool{
			{captured: longest, fraction: most}: true, {captured: longest + 1}: false, {fraction: most + 1}: false, {}: true,
		} {
			if f.plausible(r) != want {
				t.Errorf("header of %d bytes: %+v: want %v", f.header, r, want)
			}
		}
	}
	for apart, want := range map[int64]bool{0: true, day - 1: true, day: false, 1 - day: true, -day: false} {
		if near(5e5+apart, 5e5) != want {
			t.Errorf("%d s apart: want %v", apart, want)
		}
	}
}
