package pcapfile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

func xzOf(t testing.TB, data []byte, c xz.WriterConfig) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := c.NewWriter(&b)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zstdOf(t testing.TB, data []byte, options ...zstd.EOption) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, options...)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}

// TestCompressions reads what other programs compress, also in several streams, cut
// and damaged.
func TestCompressions(t *testing.T) {
	trace := trace()
	all := frames(trace)
	file := trace.Encode(capturetest.Format{})
	half := len(file) / 2
	for name, zipped := range map[string][]byte{
		"xz":              xzOf(t, file, xz.WriterConfig{}),
		"xz crc32":        xzOf(t, file, xz.WriterConfig{CheckSum: xz.CRC32}),
		"xz sha256":       xzOf(t, file, xz.WriterConfig{CheckSum: xz.SHA256}),
		"xz no check":     xzOf(t, file, xz.WriterConfig{NoCheckSum: true}),
		"xz blocks":       xzOf(t, file, xz.WriterConfig{BlockSize: 500}),
		"xz two streams":  append(append(xzOf(t, file[:half], xz.WriterConfig{}), 0, 0, 0, 0, 0, 0, 0, 0), xzOf(t, file[half:], xz.WriterConfig{})...),
		"zstd":            zstdOf(t, file),
		"zstd best":       zstdOf(t, file, zstd.WithEncoderLevel(zstd.SpeedBestCompression)),
		"zstd two frames": append(zstdOf(t, file[:half]), zstdOf(t, file[half:])...),
		"zstd skippable":  append([]byte("\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"), zstdOf(t, file)...),
	} {
		t.Run(name, func(t *testing.T) {
			got := read(bytes.NewReader(zipped))
			got.want(t, all...)
			for n := 0; n < len(zipped)-1; n += 41 {
				got := read(bytes.NewReader(zipped[:n]))
				if got.err == nil && len(got.frames) < len(all) && (len(got.frames) == 0 || got.frames[len(got.frames)-1].Damage == "") && !strings.Contains(name, "two") {
					t.Fatalf("cut to %d of %d bytes: %d frames, no error", n, len(zipped), len(got.frames))
				}
			}
			random := rand.New(rand.NewPCG(1, 2))
			for range 40 {
				damaged := bytes.Clone(zipped)
				at := random.IntN(len(damaged))
				damaged[at] ^= 1 << random.IntN(8)
				got := read(bytes.NewReader(damaged))
				if got.err == nil && strings.HasPrefix(name, "xz") && name != "xz no check" {
					for i, f := range got.frames {
						if f.Damage == "" && f.Skipped == "" && (i >= len(all) || !bytes.Equal(f.Data, all[i])) {
							t.Fatalf("byte %d: frame %d differs, and nothing is said", at, i)
						}
					}
				}
			}
		})
	}
}

// TestCompressionMemory reads bombs: what a few bytes claim is not allocated, and a
// window that is too large is refused with what to do.
func TestCompressionMemory(t *testing.T) {
	zeros := make([]byte, 64<<20)
	copy(zeros, trace().Encode(capturetest.Format{}))
	large := zstdOf(t, zeros, zstd.WithWindowSize(64<<20), zstd.WithSingleSegment(true))
	wide := xzOf(t, zeros[:1000], xz.WriterConfig{DictCap: 64 << 20})
	huge := bytes.Clone(wide)
	huge[12+4] = 40 // 4 GiB
	binary.LittleEndian.PutUint32(huge[12+8:], crc32.ChecksumIEEE(huge[12:12+8]))
	for name, file := range map[string][]byte{"zstd": large, "xz": wide, "xz 4 GiB": huge} {
		got := read(bytes.NewReader(file))
		if got.err == nil || !strings.Contains(got.err.Error(), "needs more than 32 MiB of memory: decompress it first") {
			t.Errorf("%s: %v", name, got.err)
		}
	}
	for name, file := range map[string][]byte{
		"zstd": zstdOf(t, zeros), "zstd, the most": zstdOf(t, zeros, zstd.WithWindowSize(32<<20)),
		"xz": xzOf(t, zeros, xz.WriterConfig{}), "xz, the most": xzOf(t, zeros, xz.WriterConfig{DictCap: 32 << 20}),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r, err := NewReader(bytes.NewReader(file))
		n := 0
		var f Frame
		for ; err == nil; n++ {
			err = r.Next(&f)
		}
		runtime.ReadMemStats(&after)
		if total := after.TotalAlloc - before.TotalAlloc; total > 48<<20 || n == 0 {
			t.Errorf("%s: %d bytes allocated for %d, %v", name, total, len(file), err)
		}
	}
}

// TestForeign names other formats, and says what to do.
func TestForeign(t *testing.T) {
	etl := make([]byte, 200)
	copy(etl, "\x00\x00\x01\x00")
	copy(etl[72:], "\x02\x00\x02\xc0")
	for name, test := range map[string]struct{ file, what, help string }{
		"zip":         {"PK\x03\x04\x14\x00", "zip archive, such as a Fiddler .saz file", "unzip"},
		"7z":          {"7z\xbc\xaf\x27\x1c\x00\x04", "7z archive", "7z x"},
		"bzip2":       {"BZh91AY&SY", "bzip2", "bzip2 -dc"},
		"lz4":         {"\x04\x22\x4d\x18\x64", "lz4", "lz4 -dc"},
		"tar":         {strings.Repeat("x", 257) + "ustar\x00", "tar archive", "tar -xf"},
		"netmon":      {"GMBU\x00\x02", "Network Monitor", "editcap -F pcapng"},
		"netmon 1":    {"RTSS\x00\x02", "Network Monitor 1", "editcap -F pcapng"},
		"sniffer":     {"TRSNIFF data    \x1a", "Sniffer", "editcap"},
		"etl":         {string(etl), "event trace (.etl)", "etl2pcapng"},
		"erf":         {"\x00\x00\x00\x80\x00\x10\x50\x66\x02\x04\x00\x58\x00\x00\x00\x40" + strings.Repeat("\x00", 72), "ERF", "editcap"},
		"html":        {"\xef\xbb\xbf \n<!DOCTYPE html><html>", "HTML", "browser"},
		"html, upper": {"<HTML><HEAD>", "HTML", "browser"},
		"pcapng":      {"\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x00\x00\x00\x00", "first block is corrupt", "byte order mark"},
	} {
		_, err := NewReader(strings.NewReader(test.file))
		var f *ForeignError
		if !errors.As(err, &f) || !errors.Is(err, ErrNotCapture) || !strings.Contains(f.What, test.what) || !strings.Contains(f.Help, test.help) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, file := range []string{"hello, world", strings.Repeat("\x00", 100), strings.Repeat("\xff", 100)} {
		var f *ForeignError
		if _, err := NewReader(strings.NewReader(file)); !errors.Is(err, ErrNotCapture) || errors.As(err, &f) {
			t.Errorf("%q: %v", file, err)
		}
	}
}

// TestXZChecks damages the check behind the data: what was decompressed is handed over,
// and then it is said.
func TestXZChecks(t *testing.T) {
	file := trace().Encode(capturetest.Format{})
	for name, c := range map[string]xz.WriterConfig{"crc32": {CheckSum: xz.CRC32}, "crc64": {CheckSum: xz.CRC64}, "sha256": {CheckSum: xz.SHA256}} {
		size := map[string]int{"crc32": 4, "crc64": 8, "sha256": 32}[name]
		zipped := xzOf(t, file, c)
		index := 4 * (1 + int(binary.LittleEndian.Uint32(zipped[len(zipped)-8:]))) // its length is in the footer
		check := len(zipped) - 12 - index - size
		for at := check; at < check+size; at++ {
			damaged := bytes.Clone(zipped)
			damaged[at] ^= 0x10
			got := read(bytes.NewReader(damaged))
			if d, ok := got.err.(Damage); !ok || !strings.Contains(d.Detail, "the xz data is corrupt here (checksum error)") {
				t.Errorf("%s, byte %d of the check: %v", name, at-check, got.err)
			}
		}
	}
}

// TestXZFilters: more filters than the decompression are refused by their number, too.
func TestXZFilters(t *testing.T) {
	zipped := xzOf(t, trace().Encode(capturetest.Format{}), xz.WriterConfig{})
	for flags, want := range map[byte]bool{0: false, 1: true, 2: true, 3: true} {
		file := bytes.Clone(zipped)
		file[12+1] |= flags
		binary.LittleEndian.PutUint32(file[12+8:], crc32.ChecksumIEEE(file[12:12+8]))
		got := read(bytes.NewReader(file))
		if refused := got.err != nil && strings.Contains(got.err.Error(), "filter for programs"); refused != want {
			t.Errorf("flags %d: %v", flags, got.err)
		}
	}
}

// TestXZUnknownChecks passes over a check of a kind that nobody has defined: the format
// gives each its length all the same (xz 2.1.1.2).
func TestXZUnknownChecks(t *testing.T) {
	trace := trace()
	plain := xzOf(t, trace.Encode(capturetest.Format{}), xz.WriterConfig{NoCheckSum: true})
	index := 4 * (1 + int(binary.LittleEndian.Uint32(plain[len(plain)-8:]))) // its length is in the footer
	at := len(plain) - 12 - index
	for kind, size := range []int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64} {
		if kind == 1 || kind == 4 || kind == 10 {
			continue
		}
		file := slices.Concat(plain[:at], bytes.Repeat([]byte{0xaa}, size), plain[at:], plain) // what comes behind must be found
		file[7] = byte(kind)
		binary.LittleEndian.PutUint32(file[8:], crc32.ChecksumIEEE(file[6:8]))
		r, err := openXZ(newSource(bytes.NewReader(file)))
		if err == nil {
			var b []byte
			if b, err = io.ReadAll(r); err == nil && len(b) != 2*len(trace.Encode(capturetest.Format{})) {
				t.Errorf("kind %d: %d bytes", kind, len(b))
			}
		}
		if err != nil {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
}
