package spec

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// The messages that the tests begin with. They are written down byte by byte,
// not assembled, so that they owe nothing to the tables.

// request is a header and connection information, port 8080, paddings not zero.
func request(major, typ byte) []byte {
	return []byte{0, major, 0, typ, 0xA0, 0xA1, 0xA2, 0xA3, 0x1F, 0x90, 0xB0, 0xB1, 0xB2, 0xB3, 0xB4, 0xB5}
}

// run is n bytes that count up from first.
func run(first byte, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = first + byte(i)
	}
	return b
}

func initialOffer32() []byte { return slices.Concat(request(1, 1), run(0x10, 32)) }

// batchOf has n descriptors of 59 bytes, the first at 16.
func batchOf(n int) []byte {
	b := request(2, 3)
	for i := range n {
		b = append(b, 0, 1, 0, 0, 0, 1, 0x80, byte(i), 0, 16)
		b = append(b, "BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00"...)
		b = append(b, 4)
		b = append(b, run(byte(i), 32)...)
	}
	return b
}

// segmentInfo100k offers a segment of 100 000 bytes in two blocks. Its Content
// Information begins at 32.
func segmentInfo100k() []byte {
	return slices.Concat(request(1, 2), []byte("WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"), v1of(100_000))
}

const mebi32 = 32 << 20

// v1of is Content Information 1.0 of adjacent segments of these sizes, the
// first at offset 0, with all their blocks and SHA-256. A segment description
// has 80 bytes, the first at 18.
func v1of(sizes ...uint32) []byte {
	le := binary.LittleEndian
	b := []byte{0x00, 0x01, 0x0C, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
	b = le.AppendUint32(b, uint32(len(sizes)))
	start := uint64(0)
	for _, size := range sizes {
		b = le.AppendUint64(b, start)
		b = le.AppendUint32(b, size)
		b = le.AppendUint32(b, 65536)
		b = append(b, run(0x20, 32)...)
		b = append(b, run(0x40, 32)...)
		start += uint64(size)
	}
	for _, size := range sizes {
		n := (int(size) + 65535) / 65536
		b = le.AppendUint32(b, uint32(n))
		b = append(b, bytes.Repeat(run(0x60, 32), n)...)
	}
	return b
}

// v2of is Content Information 2.0 with a chunk for each list of segment sizes.
// The first chunk is at 31, its first segment at 36.
func v2of(chunks ...[]uint32) []byte {
	be := binary.BigEndian
	b := []byte{0, 2, 4, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 4, 0}
	for _, sizes := range chunks {
		b = append(b, 0)
		b = be.AppendUint32(b, uint32(68*len(sizes)))
		for _, size := range sizes {
			b = be.AppendUint32(b, size)
			b = append(b, run(0x20, 32)...)
			b = append(b, run(0x40, 32)...)
		}
	}
	return b
}

func responseOf(code byte) []byte { return []byte{0, 0, 0, 1, code} }

// with writes over bytes of b.
func with(b []byte, at int, over ...byte) []byte {
	b = slices.Clone(b)
	copy(b[at:], over)
	return b
}

// with32 writes little-endian 32-bit integers over bytes of b.
func with32(b []byte, at int, values ...uint32) []byte {
	b = slices.Clone(b)
	for i, v := range values {
		binary.LittleEndian.PutUint32(b[at+4*i:], v)
	}
	return b
}

// sized is a batch of one descriptor with these sizes and HashAlgorithm.
func sized(block, segment uint32, hash byte) []byte {
	b := with(batchOf(1), 16+26, hash)
	binary.BigEndian.PutUint32(b[16:], block)
	binary.BigEndian.PutUint32(b[20:], segment)
	return b
}
