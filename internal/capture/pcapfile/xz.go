package pcapfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"io"

	"github.com/ulikunitz/xz/lzma"
)

// xzReader reads the container of xz; the library does the decompression. Its own
// reader of the container allocates whatever a block header asks for, up to 4 GiB,
// and remembers each block.
//
// A stream: header 12, blocks, index, footer 12. A block: header with its length in
// words less one first and a CRC last, data, padding to a multiple of 4, check. The
// index begins with 0 where a block has that length.
type xzReader struct {
	in     *source
	n      int64 // bytes read of the stream
	check  byte  // kind of check
	stream bool  // within one
	block  *lzma.Reader2
	sum    hash.Hash // of the data of the block, nil without a check
}

var errXZ = errors.New("malformed xz")

func openXZ(in *source) (io.Reader, error) {
	x := &xzReader{in: in}
	return x, x.begin()
}

func (x *xzReader) Read(b []byte) (int, error) {
	for {
		if x.block == nil {
			if err := x.next(); err != nil {
				return 0, err
			}
		}
		n, err := x.block.Read(b)
		if x.sum != nil {
			x.sum.Write(b[:n])
		}
		if err == io.EOF {
			if err = x.end(); err == nil && n == 0 {
				continue
			}
		}
		return n, err
	}
}

// ReadByte reads a byte of the stream.
func (x *xzReader) ReadByte() (byte, error) {
	c, err := x.in.ReadByte()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	} else if err == nil {
		x.n++
	}
	return c, err
}

// counted reads bytes of the stream for the decompression.
type counted struct{ *xzReader }

func (c counted) Read(b []byte) (int, error) {
	n, err := c.in.Read(b)
	c.n += int64(n)
	return n, err
}

func (x *xzReader) take(n int) ([]byte, error) {
	b := make([]byte, n)
	k, err := io.ReadFull(x.in, b)
	x.n += int64(k)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return b, err
}

// begin reads the header of a stream.
func (x *xzReader) begin() error {
	x.n = 0
	h, err := x.take(12)
	if err != nil {
		return err
	}
	if string(h[:7]) != "\xfd7zXZ\x00\x00" || crc32.ChecksumIEEE(h[6:8]) != binary.LittleEndian.Uint32(h[8:]) {
		return errXZ
	}
	x.check, x.stream = h[7], true
	return nil
}

// next begins the next block, perhaps of the next stream. At the end it returns
// io.EOF.
func (x *xzReader) next() error {
	for !x.stream {
		pad, err := x.in.view(4)
		switch {
		case err == io.EOF && len(pad) == 0:
			return io.EOF
		case len(pad) == 4 && bytes.Equal(pad, make([]byte, 4)):
			if _, err := x.take(4); err != nil {
				return err
			}
			continue
		case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
			return err
		}
		if err := x.begin(); err != nil {
			return err
		}
	}
	length, err := x.ReadByte()
	if err != nil {
		return err
	}
	if length == 0 {
		if err := x.index(); err != nil {
			return err
		}
		return x.next()
	}
	rest, err := x.take(int(length)*4 + 3)
	if err != nil {
		return err
	}
	h := append([]byte{length}, rest...)
	h, sum := h[:len(h)-4], binary.LittleEndian.Uint32(h[len(h)-4:])
	if crc32.ChecksumIEEE(h) != sum {
		return errXZ
	}
	return x.filter(h)
}

// filter sets up the decompression: flags 1, perhaps two lengths, the filter.
func (x *xzReader) filter(h []byte) error {
	const filters, hasCompressed, hasData, lzma2 = 3, 0x40, 0x80, 0x21
	in := bytes.NewReader(h[2:])
	for _, flag := range [...]byte{hasCompressed, hasData} {
		if h[1]&flag != 0 {
			if _, err := binary.ReadUvarint(in); err != nil {
				return errXZ
			}
		}
	}
	var f [3]byte
	if _, err := io.ReadFull(in, f[:]); err != nil {
		return errXZ
	}
	if h[1]&filters != 0 || f[0] != lzma2 || f[1] != 1 {
		return errors.New("it uses a filter for programs: decompress it first")
	}
	window, err := lzma.DecodeDictCap(f[2])
	switch {
	case err != nil:
		return errXZ
	case window > maxDecompression:
		return errWindow
	}
	x.sum = nil
	switch x.check {
	case 1:
		x.sum = crc32.NewIEEE()
	case 4:
		x.sum = crc64.New(crc64.MakeTable(crc64.ECMA))
	case 10:
		x.sum = sha256.New()
	}
	x.block, err = lzma.Reader2Config{DictCap: max(int(window), lzma.MinDictCap)}.NewReader2(counted{x})
	return err
}

// end reads what follows the data of a block.
func (x *xzReader) end() error {
	x.block = nil
	sizes := [16]int{0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64}
	padding := int(-x.n & 3)
	b, err := x.take(padding + sizes[x.check&15])
	if err != nil || x.sum == nil {
		return err
	}
	sum := x.sum.Sum(nil)
	if x.check != 10 { // hash.Hash32 and hash.Hash64 are big-endian, xz is not
		for i, j := 0, len(sum)-1; i < j; i, j = i+1, j-1 {
			sum[i], sum[j] = sum[j], sum[i]
		}
	}
	if !bytes.Equal(sum, b[padding:]) {
		return errors.New("checksum error")
	}
	return nil
}

// index passes over the rest of the index and the footer: number of records, and two
// numbers of each.
func (x *xzReader) index() error {
	records, err := binary.ReadUvarint(x)
	for i := uint64(0); i < records && err == nil; i++ {
		for range 2 {
			if _, err = binary.ReadUvarint(x); err != nil {
				break
			}
		}
	}
	if err == nil {
		_, err = x.take(int(-x.n&3) + 4 + 12)
	}
	x.stream = false
	return err
}
