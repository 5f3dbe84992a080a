package pcapfile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/hostedcache/pchc/internal/capture/capturetest"
)

// hostile is a small file of any format, drawn from a seed, of which some bytes are
// other ones, missing, or too many.
func hostile(t *testing.T, seed uint64) []byte {
	random := rand.New(rand.NewPCG(seed, 98))
	one := func(n int) bool { return random.IntN(n) == 0 }
	f := capturetest.Format{
		Pcapng: one(2), BigEndian: one(2), Nano: one(2), Simple: one(4), Old: one(4), Snap: 60 * random.IntN(2),
		Resolution: []byte{0, 0, 3, 9, 0x80 | 20, 0x80 | 63, 19}[random.IntN(7)],
	}
	var trace capturetest.Trace
	c := trace.Conn(0).Open()
	c.Silent, c.MSS = true, 1+random.IntN(60)
	c.Send(make([]byte, random.IntN(120)))
	file := trace.Encode(f)
	if one(6) {
		file = snoopFileOf([]uint32{4, 2, 9, 18, 26}[random.IntN(5)], frames(&trace)...)
	}
	if one(8) { // two sections, or files one after the other
		file = append(file, file...)
	}
	packed := one(30)
	change := func() {
		if len(file) == 0 {
			return
		}
		at := random.IntN(len(file))
		if one(2) { // where heads are
			at = min(random.IntN(60), len(file)-1)
		}
		word := file[at&^3:]
		order := []binary.ByteOrder{binary.LittleEndian, binary.BigEndian}[random.IntN(2)]
		switch kind := random.IntN(9); {
		case kind == 0:
			file[at]++
		case kind == 1:
			file[at]--
		case kind == 2:
			file[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
		case kind == 3:
			file[at] ^= 1 << random.IntN(8)
		case kind == 4:
			file = file[:at]
		case kind == 5:
			file = slices.Delete(file, at, min(at+1+random.IntN(20), len(file)))
		case kind == 6:
			file = slices.Insert(file, at, make([]byte, 1+random.IntN(20))...)
		case len(word) >= 4 && kind == 7:
			order.PutUint32(word, order.Uint32(word)+[]uint32{1, 1<<32 - 1, 4, 1<<32 - 4, 8}[random.IntN(5)])
		case len(word) >= 4:
			order.PutUint32(word, []uint32{0, 1, 12, 16, maxWindow, maxWindow + 1, maxWindow + 4, 1 << 31, 1<<32 - 1}[random.IntN(9)])
		}
	}
	if packed {
		file = xzOf(t, file, []xz.WriterConfig{{}, {CheckSum: xz.CRC32}, {CheckSum: xz.CRC64, BlockSize: 64}, {NoCheckSum: true}}[random.IntN(4)])
	}
	for range 1 + random.IntN(3) {
		change()
	}
	return file
}

// TestPinned: what comes out of hostile files is what came out before.
func TestPinned(t *testing.T) {
	capturetest.Pinned(t, "testdata/pinned.txt", 600, func(seed uint64) string {
		return said(read(bytes.NewReader(hostile(t, seed))))
	})
}

func said(o outcome) string {
	var s strings.Builder
	for _, f := range o.frames {
		fmt.Fprintf(&s, "%d of %d bytes %08x link %d at %v torn %v damage %q skipped %q\n", len(f.Data), f.Wire, crc32.ChecksumIEEE(f.Data), f.Link, f.Time, f.Torn, f.Damage, f.Skipped)
	}
	fmt.Fprintf(&s, "%v\n", o.err)
	return s.String()
}
