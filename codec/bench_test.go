package codec_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec"
)

// The benchmarks work on a full batch, 128 descriptors in 7 568 bytes. Compare
// BenchmarkDecode with BenchmarkPeerBinaryRead and BenchmarkPeerC,
// BenchmarkDecodeAndRead with BenchmarkPeerXOR, BenchmarkEncode with
// BenchmarkPeerCopy. Bodies are functions that are not inlined, since b.Loop
// keeps values alive that the compiler would otherwise keep in registers.

var sink uint64

func bench(b *testing.B, f func(in, dst []byte)) {
	in := batch(b, codec.MaxDescriptors)
	dst := make([]byte, len(in))
	b.SetBytes(int64(len(in)))
	b.ReportAllocs()
	for b.Loop() {
		f(in, dst)
	}
}

//go:noinline
func decodeBatch(in, _ []byte) {
	m, err := codec.DecodeBatchedOfferMessage(in)
	if err != nil {
		panic(err)
	}
	sink += uint64(m.SegmentDescriptors.Len())
}

//go:noinline
func decodeAndRead(in, _ []byte) {
	m, err := codec.DecodeBatchedOfferMessage(in)
	if err != nil {
		panic(err)
	}
	var x uint64
	for _, d := range m.SegmentDescriptors.All() {
		x ^= uint64(d.BlockSize()) ^ uint64(d.SegmentSize()) ^ uint64(d.SizeOfContentTag()) ^ uint64(d.HashAlgorithm())
		t, h := d.ContentTag(), d.SegmentHoHoDk()
		x ^= binary.LittleEndian.Uint64(t[:]) ^ binary.LittleEndian.Uint64(t[8:])
		x ^= binary.LittleEndian.Uint64(h[:]) ^ binary.LittleEndian.Uint64(h[8:]) ^ binary.LittleEndian.Uint64(h[16:]) ^ binary.LittleEndian.Uint64(h[24:])
	}
	sink ^= x
}

//go:noinline
func xor(in, _ []byte) {
	var x uint64
	for i := 0; i < len(in)-7; i += 8 {
		x ^= binary.LittleEndian.Uint64(in[i : i+8])
	}
	sink ^= x
}

func BenchmarkDecode(b *testing.B)        { bench(b, decodeBatch) }
func BenchmarkDecodeAndRead(b *testing.B) { bench(b, decodeAndRead) }
func BenchmarkPeerXOR(b *testing.B)       { bench(b, xor) }
func BenchmarkPeerCopy(b *testing.B)      { bench(b, func(in, dst []byte) { copy(dst, in) }) }

func BenchmarkEncode(b *testing.B) {
	m, err := codec.DecodeBatchedOfferMessage(batch(b, codec.MaxDescriptors))
	if err != nil {
		b.Fatal(err)
	}
	bench(b, func(_, dst []byte) {
		if _, err := m.AppendBinary(dst[:0]); err != nil {
			panic(err)
		}
	})
}

// BenchmarkReject refuses a batch for its last descriptor.
func BenchmarkReject(b *testing.B) {
	bad := batch(b, codec.MaxDescriptors)
	bad[16+127*59+26] = 0xFE
	bench(b, func(_, _ []byte) {
		if _, err := codec.DecodeBatchedOfferMessage(bad); err == nil {
			panic("accepted")
		}
	})
}

// BenchmarkPeerBinaryRead reads the header and each descriptor with
// encoding/binary, and checks the same rules.
func BenchmarkPeerBinaryRead(b *testing.B) {
	bench(b, func(in, _ []byte) {
		r := bytes.NewReader(in)
		var head struct {
			MinorVersion, MajorVersion uint8
			Type                       uint16
			HeaderPadding              [4]byte
			Port                       uint16
			Padding                    [6]byte
		}
		if err := binary.Read(r, binary.BigEndian, &head); err != nil || head.MajorVersion != 2 || head.Type != 3 {
			panic("refused")
		}
		for r.Len() > 0 {
			var d struct {
				BlockSize, SegmentSize uint32
				SizeOfContentTag       uint16
				ContentTag             [16]byte
				HashAlgorithm          uint8
				SegmentHoHoDk          [32]byte
			}
			if err := binary.Read(r, binary.BigEndian, &d); err != nil || d.SizeOfContentTag != 16 || d.HashAlgorithm != 1 && d.HashAlgorithm != 4 {
				panic("refused")
			}
			sink += uint64(d.BlockSize)
		}
	})
}

// BenchmarkPeerC runs the same checks in C, in a process of its own that
// measures itself. It counts in b.N, since the other process does the loop.
func BenchmarkPeerC(b *testing.B) {
	gcc, err := exec.LookPath("gcc")
	if err != nil {
		b.Skip("gcc is not installed")
	}
	dir := b.TempDir()
	program, input := filepath.Join(dir, "parse"), filepath.Join(dir, "batch")
	if out, err := exec.Command(gcc, "-O2", "-o", program, "testdata/peer/parse.c").CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	if err := os.WriteFile(input, batch(b, codec.MaxDescriptors), 0o600); err != nil {
		b.Fatal(err)
	}
	out, err := exec.Command(program, strconv.Itoa(b.N), input).Output()
	if err != nil {
		b.Fatal(err)
	}
	ns, err := strconv.ParseFloat(strings.TrimSpace(string(out)), 64)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(ns, "ns/op")
}

// BenchmarkCheck only judges a batch, BenchmarkCheckBad one that is refused for
// its last descriptor.
func BenchmarkCheck(b *testing.B) { bench(b, func(in, _ []byte) { check(in) }) }

func BenchmarkCheckBad(b *testing.B) {
	bad := batch(b, codec.MaxDescriptors)
	bad[16+127*59+26] = 0xFE
	bench(b, func(_, _ []byte) { check(bad) })
}

//go:noinline
func check(b []byte) {
	if e, ok := codec.CheckRequest(b); !ok {
		sink += uint64(e.Offset)
	}
}

// consume decodes a request, reads all of it, checks the sender rules and
// encodes it to dst. It is the body of the allocation gate.
func consume(b, dst []byte) {
	r, err := codec.DecodeRequestMessage(b)
	if err != nil {
		return
	}
	switch r.MessageHeader.Type {
	case codec.TypeInitialOffer:
		m, err := r.DecodeInitialOffer()
		if err != nil {
			return
		}
		dst, _ = m.AppendLenient(dst)
	case codec.TypeSegmentInfo:
		m, err := r.DecodeSegmentInfo()
		if err != nil {
			return
		}
		sink += uint64(m.SegmentInformation.At(0).CbSegment()) + uint64(m.ContentTag[0])
		dst, _ = m.AppendLenient(dst)
	case codec.TypeBatchedOffer:
		m, err := r.DecodeBatchedOffer()
		if err != nil {
			return
		}
		for i, d := range m.SegmentDescriptors.All() {
			sink += uint64(i) + uint64(d.SegmentSize()) + uint64(d.SegmentHoHoDk()[0])
		}
		dst, _ = m.AppendLenient(dst)
	}
	sink += uint64(len(dst))
}
