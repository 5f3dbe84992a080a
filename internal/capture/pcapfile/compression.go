package pcapfile

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"

	"github.com/klauspost/compress/zstd"
)

// maxDecompression is how many bytes back a compressed file may refer: so much
// memory its decompression needs. zstd asks for more with --ultra and --long only,
// xz with -9.
const maxDecompression = 32 << 20

var errWindow = errors.New("it needs more than 32 MiB of memory: decompress it first")

type compression struct {
	name, magic string
	open        func(*source) (io.Reader, error)
}

var compressions = []compression{
	{"gzip", "\x1f\x8b", openGzip},
	{"zstd", "\x28\xb5\x2f\xfd", openZstd},
	{"zstd", "\x50\x2a\x4d\x18", openZstd}, // as pzstd writes it
	{"xz", "\xfd7zX", openXZ},
}

// compressionOf returns the compression of a file by its first 4 bytes, nil if it
// has none.
func compressionOf(magic []byte) *compression {
	for i := range compressions {
		if bytes.HasPrefix(magic, []byte(compressions[i].magic)) {
			return &compressions[i]
		}
	}
	return nil
}

func openGzip(in *source) (io.Reader, error) { return gzip.NewReader(in) }

func openZstd(in *source) (io.Reader, error) {
	z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxDecompression))
	if err != nil {
		return nil, err
	}
	return zstdReader{z}, nil
}

// zstdReader says of a limit what to do.
type zstdReader struct{ *zstd.Decoder }

func (z zstdReader) Read(b []byte) (int, error) {
	n, err := z.Decoder.Read(b)
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errWindow
	}
	return n, err
}
