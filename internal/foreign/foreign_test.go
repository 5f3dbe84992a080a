package foreign

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
)

func ExampleOf() {
	f := Of([]byte("PK\x05\x06..."))
	fmt.Println(f.Name)
	// Output: an empty zip archive
}

// TestMagic: a file is of a format from the last byte of its magic on.
func TestMagic(t *testing.T) {
	for i, f := range formats {
		for _, more := range []string{"", "\x00\x01", strings.Repeat("x", 512)} {
			got := Of([]byte(f.magic + more))
			if got == nil || got.Name != f.Name {
				t.Errorf("%q: %+v, want %s", f.magic, got, f.Name)
			}
		}
		if got := Of([]byte(f.magic[:len(f.magic)-1])); got != nil {
			t.Errorf("%q without its end: %+v", f.magic, got)
		}
		if f.Help != "" && !strings.Contains(f.Help, "FILE") && strings.Contains(f.Help, ": ") && f.magic != "MDMP" {
			t.Errorf("%s: %s, without FILE", f.Name, f.Help)
		}
		for j := range i {
			if strings.HasPrefix(f.magic, formats[j].magic) {
				t.Errorf("%s hides %s", formats[j].Name, f.Name)
			}
		}
	}
	for at, want := range map[int]bool{256: false, 257: true, 258: false} {
		b := append(bytes.Repeat([]byte{'x'}, at), "ustar"...)
		if got := Of(b) == &tar; got != want {
			t.Errorf("ustar at byte %d: %v", at, got)
		}
		if Of(b[:len(b)-1]) != nil {
			t.Errorf("usta at byte %d", at)
		}
	}
}

// TestETL: a buffer of an event trace and its first event.
func TestETL(t *testing.T) {
	for _, c := range []struct {
		name string
		size uint32
		at   map[int]byte
		len  int
		want bool
	}{
		{"least", 1 << 10, nil, 76, true},
		{"too short", 1 << 10, nil, 75, false},
		{"greatest", 16 << 20, nil, 200, true},
		{"of 32 bits", 64 << 10, map[int]byte{74: 1}, 76, true},
		{"too small", 0, nil, 76, false},
		{"too great", 16<<20 + 1<<10, nil, 76, false},
		{"odd size", 1<<10 + 512, nil, 76, false},
		{"other version", 1 << 10, map[int]byte{73: 1}, 76, false},
		{"header type 0", 1 << 10, map[int]byte{74: 0}, 76, false},
		{"header type 3", 1 << 10, map[int]byte{74: 3}, 76, false},
		{"no marker", 1 << 10, map[int]byte{75: 0xc1}, 76, false},
	} {
		b := make([]byte, 200)
		binary.LittleEndian.PutUint32(b, c.size)
		b[72], b[74], b[75] = 2, 2, 0xc0
		for at, v := range c.at {
			b[at] = v
		}
		if got := Of(b[:c.len]) == &etl; got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// record is one of Endace's.
func record(seconds uint32, kind byte, length, wire uint16) []byte {
	b := make([]byte, max(length, 16))
	binary.LittleEndian.PutUint32(b[4:], seconds)
	b[8] = kind
	binary.BigEndian.PutUint16(b[10:], length)
	binary.BigEndian.PutUint16(b[14:], wire)
	return b
}

func flagged(flags byte) []byte {
	b := record(1_700_000_000, 2, 32, 14)
	b[9] = flags
	return b
}

// TestERF: two records, or as much as there is.
func TestERF(t *testing.T) {
	const now = 1_700_000_000
	good := record(now, 2, 32, 14)
	for name, c := range map[string]struct {
		file []byte
		want bool
	}{
		"one":                 {good, true},
		"one and a half":      {append(bytes.Clone(good), 0), false},
		"two":                 {append(bytes.Clone(good), good...), true},
		"another follows":     {append(bytes.Clone(good), make([]byte, 16)...), false},
		"cut":                 {good[:31], false},
		"a day later":         {append(bytes.Clone(good), record(now+86399, 2, 32, 14)...), true},
		"more than a day":     {append(bytes.Clone(good), record(now+86400, 2, 32, 14)...), false},
		"earlier":             {append(bytes.Clone(good), record(now-1, 2, 32, 14)...), false},
		"half of another":     {append(bytes.Clone(good), good[:16]...), true},
		"most of a header":    {append(bytes.Clone(good), good[:15]...), false},
		"damaged":             {flagged(0x10), false},
		"with an error":       {flagged(0x20), false},
		"cut short":           {flagged(0xcf), true},
		"without its length":  {good[:15], false},
		"least":               {record(946684800, 1, 24, 1), true},
		"too old":             {record(946684799, 1, 24, 1), false},
		"greatest":            {record(4102444799, 48, 16<<10, 16<<10), true},
		"too new":             {record(4102444800, 48, 16<<10, 16<<10), false},
		"no type":             {record(now, 0, 32, 14), false},
		"with extension":      {record(now, 0x82, 32, 14), true},
		"other type":          {record(now, 49, 32, 14), false},
		"too short":           {record(now, 2, 16, 14), false},
		"too long":            {record(now, 2, 16<<10+8, 14), false},
		"odd":                 {record(now, 2, 33, 14), false},
		"nothing on the wire": {record(now, 2, 32, 0), false},
		"much on the wire":    {record(now, 2, 32, 16<<10+1), false},
	} {
		if got := Of(c.file) == &erf; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestNone: messages, packets and text are of no format.
func TestNone(t *testing.T) {
	for _, s := range []string{"", "\x00", "\x00\x00\x00\x01\x00", "\x00\x01\x00\x01\x00\x00\x00\x00\xc8\x22", "\x00\x01\x0c\x80\x00\x00", "POST / HTTP/1.1\r\n",
		strings.Repeat("\x00", 512), strings.Repeat("\xff", 512), "0000  00 00 00 01 00\n"} {
		if f := Of([]byte(s)); f != nil {
			t.Errorf("%q: %+v", s, f)
		}
	}
}
