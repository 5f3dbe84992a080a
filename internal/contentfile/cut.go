package contentfile

import (
	"bytes"
	"io"

	chunkers "github.com/PlakarKorp/go-cdc-chunkers"
	_ "github.com/PlakarKorp/go-cdc-chunkers/chunkers/fastcdc" // registers fastCDC

	"github.com/hostedcache/pchc/pccrc"
)

// Sizes of content-defined segments in bytes. They are part of what content-defined means:
// another size, and the same content has other segments.
const (
	fastCDC   = "fastcdc-v1.0.0"
	leastCut  = 32 << 10
	normalCut = 64 << 10
)

// NewCut returns a Maker's Cut that ends segments where the content says so (FastCDC):
// after a change, the segments that it does not touch are the same. They have 32 to 128
// KiB, but for the last one.
func NewCut() (func([]byte) int, error) {
	in := new(bytes.Reader)
	c, err := chunkers.NewChunkerBuffer(fastCDC, in, &chunkers.ChunkerOpts{MinSize: leastCut, NormalSize: normalCut, MaxSize: pccrc.MaxSegmentSizeV2}, make([]byte, pccrc.MaxSegmentSizeV2))
	if err != nil {
		return nil, err
	}
	return func(b []byte) int {
		in.Reset(b)
		c.Reset(in)
		segment, err := c.Next()
		if err != nil && err != io.EOF { // which it returns for a short segment
			return 0
		}
		return len(segment)
	}, nil
}
