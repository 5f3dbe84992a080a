package message

import (
	"bufio"
	"io"
	"strconv"

	"github.com/hostedcache/pchc/pccrc"
)

// WriteContent writes what a [Printer] writes in JSON for Content Information that
// violates no rule, in memory that does not grow with it.
func WriteContent(to io.Writer, info pccrc.ContentInformation, showSecrets bool) error {
	w := &contentWriter{w: bufio.NewWriter(to), showSecrets: showSecrets}
	switch v := info.(type) {
	case pccrc.ContentInformationV1:
		w.v1(v)
	case pccrc.ContentInformationV2:
		w.v2(v)
	}
	w.derived(info)
	return w.w.Flush()
}

// contentWriter writes members of JSON. The first error stays in w.
type contentWriter struct {
	w           *bufio.Writer
	showSecrets bool
	scratch     []byte
}

func (w *contentWriter) text(s string) { _, _ = w.w.WriteString(s) }

func (w *contentWriter) number(name string, n uint64) {
	w.scratch = strconv.AppendUint(append(w.scratch[:0], name...), n, 10)
	_, _ = w.w.Write(w.scratch)
}

func (w *contentWriter) hex(name string, b []byte) {
	w.scratch = appendHex(append(w.scratch[:0], name...), b)
	_, _ = w.w.Write(w.scratch)
}

func (w *contentWriter) secret(name string, s pccrc.Secret) {
	if w.showSecrets {
		w.hex(name, s.Bytes())
		return
	}
	w.text(name + `"` + redacted + `"`)
}

// comma separates elements.
func (w *contentWriter) comma(i int) {
	if i > 0 {
		w.text(",")
	}
}

func (w *contentWriter) v1(v pccrc.ContentInformationV1) {
	w.number(`{"message":"CONTENT_INFORMATION_V1","length":`, uint64(v.EncodedLen()))
	w.text(`,"valid":true,"fields":{"Version":256`)
	w.number(`,"dwHashAlgo":`, uint64(v.DwHashAlgo()))
	w.number(`,"dwOffsetInFirstSegment":`, uint64(v.DwOffsetInFirstSegment))
	w.number(`,"dwReadBytesInLastSegment":`, uint64(v.DwReadBytesInLastSegment))
	w.number(`,"cSegments":`, uint64(v.Len()))
	w.text(`,"segments":[`)
	for i, s := range v.All() {
		w.comma(i)
		w.number(`{"ullOffsetInContent":`, s.UllOffsetInContent())
		w.number(`,"cbSegment":`, uint64(s.CbSegment()))
		w.number(`,"cbBlockSize":`, uint64(s.CbBlockSize()))
		w.hex(`,"SegmentHashOfData":`, s.SegmentHashOfData())
		w.secret(`,"SegmentSecret":`, s.SegmentSecret())
		w.text("}")
	}
	w.text(`],"blocks":[`)
	for i, s := range v.All() {
		w.comma(i)
		w.number(`{"cBlocks":`, uint64(s.Blocks.Len()))
		w.text(`,"BlockHashes":[`)
		for j, hash := range s.Blocks.All() {
			w.comma(j)
			w.hex("", hash)
		}
		w.text("]}")
	}
	w.text("]}")
}

func (w *contentWriter) v2(v pccrc.ContentInformationV2) {
	w.number(`{"message":"CONTENT_INFORMATION_V2","length":`, uint64(v.EncodedLen()))
	w.text(`,"valid":true,"fields":{"bMinorVersion":0,"bMajorVersion":2`)
	w.number(`,"bHashAlgo":`, uint64(pccrc.TruncatedSHA512))
	w.number(`,"ullStartInContent":`, v.UllStartInContent)
	w.number(`,"ullIndexOfFirstSegment":`, v.UllIndexOfFirstSegment)
	w.number(`,"dwOffsetInFirstSegment":`, uint64(v.DwOffsetInFirstSegment))
	w.number(`,"ullLengthOfRange":`, v.UllLengthOfRange)
	w.text(`,"chunks":[`)
	for i, chunk := range v.Chunks() {
		w.comma(i)
		w.number(`{"bChunkType":0,"dwChunkDataLength":`, 68*uint64(chunk.Len()))
		w.text(`,"chunkData":[`)
		for j, s := range chunk.All() {
			w.comma(j)
			w.number(`{"cbSegment":`, uint64(s.CbSegment()))
			w.hex(`,"SegmentHashOfData":`, s.SegmentHashOfData())
			w.secret(`,"SegmentSecret":`, s.SegmentSecret())
			w.text("}")
		}
		w.text("]}")
	}
	w.text("]}")
}

// derived writes what follows the fields.
func (w *contentWriter) derived(info pccrc.ContentInformation) {
	r := info.Range()
	w.number(`,"derived":{"range":{"start":`, r.Start)
	w.number(`,"length":`, r.Length)
	w.text(`},"segments":[`)
	var id []byte
	for i, s := range info.Segments() {
		w.comma(i)
		w.number(`{"index":`, uint64(i))
		w.number(`,"start":`, s.Start)
		w.number(`,"length":`, uint64(s.Length))
		w.number(`,"blockSize":`, uint64(s.BlockSize))
		id = s.AppendHoHoDk(id[:0])
		w.hex(`,"HoHoDk":`, id)
		w.text("}")
	}
	w.text("]},\"violations\":[]}\n")
}
