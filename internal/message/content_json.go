package message

import (
	"bufio"
	"encoding/hex"
	"io"
	"iter"
	"strconv"

	"github.com/hostedcache/pchc/pccrc"
)

// WriteContent writes what a [Printer] writes in JSON for Content Information that
// violates no rule, in memory that does not grow with it. raw, if not nil, has its bytes,
// for the member "raw".
func WriteContent(to io.Writer, info *pccrc.Reader, showSecrets bool, raw io.Reader) error {
	w := newContentWriter(to, showSecrets)
	w.members(info)
	w.text(`,"violations":[]`)
	if raw != nil {
		w.text(`,"raw":"`)
		if _, err := io.Copy(hex.NewEncoder(w.w), raw); err != nil {
			return err
		}
		w.text(`"`)
	}
	w.text("}\n")
	if w.err != nil {
		return w.err
	}
	return w.w.Flush()
}

// contentWriter writes members of JSON. The first error of writing stays in w.
type contentWriter struct {
	w           *bufio.Writer
	showSecrets bool
	scratch     []byte
	err         error // of reading
}

func newContentWriter(to io.Writer, showSecrets bool) *contentWriter {
	return &contentWriter{w: bufio.NewWriter(to), showSecrets: showSecrets}
}

// members writes all that comes before the violations.
func (w *contentWriter) members(info *pccrc.Reader) {
	switch v := info.Header().(type) {
	case pccrc.ContentInformationV1:
		w.v1(v, info)
	case pccrc.ContentInformationV2:
		w.v2(v, info)
	}
	w.derived(info)
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

// segments goes through all segments, unless an error has ended that before.
func (w *contentWriter) segments(info *pccrc.Reader) iter.Seq2[int, pccrc.Segment] {
	return func(yield func(int, pccrc.Segment) bool) {
		if w.err != nil {
			return
		}
		i := 0
		for s, err := range info.Segments() {
			if w.err = err; err != nil || !yield(i, s) {
				return
			}
			i++
		}
	}
}

func (w *contentWriter) v1(v pccrc.ContentInformationV1, info *pccrc.Reader) {
	w.number(`{"message":"CONTENT_INFORMATION_V1","length":`, uint64(info.Size()))
	w.text(`,"valid":true,"fields":{"Version":256`)
	w.number(`,"dwHashAlgo":`, uint64(v.DwHashAlgo()))
	w.number(`,"dwOffsetInFirstSegment":`, uint64(v.DwOffsetInFirstSegment))
	w.number(`,"dwReadBytesInLastSegment":`, uint64(v.DwReadBytesInLastSegment))
	w.number(`,"cSegments":`, uint64(info.Len()))
	w.text(`,"segments":[`)
	for i, s := range w.segments(info) {
		w.comma(i)
		w.number(`{"ullOffsetInContent":`, s.Start)
		w.number(`,"cbSegment":`, uint64(s.Length))
		w.number(`,"cbBlockSize":`, uint64(s.BlockSize))
		w.hex(`,"SegmentHashOfData":`, s.SegmentHashOfData())
		w.secret(`,"SegmentSecret":`, s.SegmentSecret())
		w.text("}")
	}
	w.text(`],"blocks":[`)
	for i, s := range w.segments(info) {
		blocks := s.Blocks()
		w.comma(i)
		w.number(`{"cBlocks":`, uint64(blocks.Len()))
		w.text(`,"BlockHashes":[`)
		for j, hash := range blocks.All() {
			w.comma(j)
			w.hex("", hash)
		}
		w.text("]}")
	}
	w.text("]}")
}

func (w *contentWriter) v2(v pccrc.ContentInformationV2, info *pccrc.Reader) {
	w.number(`{"message":"CONTENT_INFORMATION_V2","length":`, uint64(info.Size()))
	w.text(`,"valid":true,"fields":{"bMinorVersion":0,"bMajorVersion":2`)
	w.number(`,"bHashAlgo":`, uint64(pccrc.TruncatedSHA512))
	w.number(`,"ullStartInContent":`, v.UllStartInContent)
	w.number(`,"ullIndexOfFirstSegment":`, v.UllIndexOfFirstSegment)
	w.number(`,"dwOffsetInFirstSegment":`, uint64(v.DwOffsetInFirstSegment))
	w.number(`,"ullLengthOfRange":`, v.UllLengthOfRange)
	w.text(`,"chunks":[`)
	chunk, stop := iter.Pull2(info.Chunks())
	defer stop()
	left := 0 // segments of the chunk at hand
	for i, s := range w.segments(info) {
		if left == 0 {
			n, err, _ := chunk()
			if err != nil {
				w.err = err
				return
			}
			if i > 0 {
				w.text("]},")
			}
			w.number(`{"bChunkType":0,"dwChunkDataLength":`, 68*uint64(n))
			w.text(`,"chunkData":[`)
			left = n
		} else {
			w.text(",")
		}
		left--
		w.number(`{"cbSegment":`, uint64(s.Length))
		w.hex(`,"SegmentHashOfData":`, s.SegmentHashOfData())
		w.secret(`,"SegmentSecret":`, s.SegmentSecret())
		w.text("}")
	}
	w.text("]}]}")
}

// derived writes what follows the fields.
func (w *contentWriter) derived(info *pccrc.Reader) {
	r := info.Range()
	w.number(`,"derived":{"range":{"start":`, r.Start)
	w.number(`,"length":`, r.Length)
	w.text(`},"segments":[`)
	var deriver *pccrc.Deriver
	var id []byte
	for i, s := range w.segments(info) {
		if deriver == nil {
			deriver = s.HashAlgorithm().NewDeriver()
		}
		w.comma(i)
		w.number(`{"index":`, uint64(i))
		w.number(`,"start":`, s.Start)
		w.number(`,"length":`, uint64(s.Length))
		w.number(`,"blockSize":`, uint64(s.BlockSize))
		id, _ = deriver.AppendHoHoDk(id[:0], s.SegmentSecret(), s.SegmentHashOfData()) // lengths are right: they were read
		w.hex(`,"HoHoDk":`, id)
		w.text("}")
	}
	w.text("]}")
}
