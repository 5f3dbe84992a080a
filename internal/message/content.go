package message

import (
	"encoding/hex"
	"io"
	"strconv"

	"github.com/hostedcache/pchc/pccrc"
)

// AppendContent appends Content Information that violates no format rule: the content
// range, and a row for each segment with its HoHoDk. With details, hashes and keys of
// the segment stand below; keys do wherever they are shown.
func (t *Text) AppendContent(dst []byte, m *Message, details bool) []byte {
	info, err := pccrc.Decode(m.Body)
	if err != nil { // the caller has read this
		return t.Append(dst, m)
	}
	dst = t.contentHeading(t.heading(dst, m.Dissection, len(m.Body)), info, info.Len(), info.Range())
	for i, s := range info.Segments() {
		dst = t.contentSegment(dst, i, s, details)
	}
	if len(m.Dissection.Violations) > 0 {
		dst = t.summary(dst, m.Dissection)
	}
	return dst
}

// WriteContent writes what AppendContent appends for Content Information that violates
// no rule, in memory that does not grow with it.
func (t *Text) WriteContent(to io.Writer, info *pccrc.Reader, details bool) error {
	header := info.Header()
	row := t.contentHeading(t.heading(nil, headingOf(info), int(info.Size())), header, info.Len(), info.Range())
	i := 0
	for s, err := range info.Segments() {
		if err != nil {
			return err
		}
		row = t.contentSegment(row, i, s, details)
		if _, err := to.Write(row); err != nil {
			return err
		}
		i, row = i+1, row[:0]
	}
	return nil
}

// contentHeading appends what stands above the segments.
func (t *Text) contentHeading(dst []byte, header pccrc.ContentInformation, segments int, r pccrc.Range) []byte {
	what := pccrc.TruncatedSHA512.String()
	if v, ok := header.(pccrc.ContentInformationV1); ok {
		what = v.DwHashAlgo().String()
	}
	dst = append(dst, what+", "+Count(segments, "segment")+", range: "+span(r.Start, r.Length)+"\n"...)
	dst = put(dst, t.Style.dim, contentRow("segment", "start", "length", "blocks"))
	return put(dst, t.Style.dim, "HoHoDk\n")
}

// contentSegment appends a segment.
func (t *Text) contentSegment(dst []byte, i int, s pccrc.Segment, details bool) []byte {
	dst = append(dst, contentRow(strconv.Itoa(i), strconv.FormatUint(s.Start, 10), strconv.FormatUint(uint64(s.Length), 10), blocks(s))...)
	dst = append(hex.AppendEncode(dst, s.AppendHoHoDk(nil)), '\n')
	if details {
		dst = t.contentHash(dst, "SegmentHashOfData", s.SegmentHashOfData())
	}
	if t.ShowSecrets {
		dst = t.contentHash(dst, "SegmentSecret", s.SegmentSecret().Bytes())
	} else if details {
		dst = t.contentHash(dst, "SegmentSecret", nil)
	}
	if details {
		list := s.Blocks()
		for j, hash := range list.All() {
			dst = t.contentHash(dst, "BlockHashes["+strconv.Itoa(j)+"]", hash)
		}
	}
	return dst
}

// blocks returns how many blocks of a segment are listed, and how many it has.
func blocks(s pccrc.Segment) string {
	listed := s.Blocks()
	if listed.Len() == 0 || s.BlockSize == 0 {
		return "-"
	}
	all := (uint64(s.Length) + uint64(s.BlockSize) - 1) / uint64(s.BlockSize)
	if n := uint64(listed.Len()); n != all {
		return strconv.FormatUint(n, 10) + " of " + strconv.FormatUint(all, 10)
	}
	return strconv.FormatUint(all, 10)
}

func contentRow(segment, start, length, blocks string) string {
	return pad(segment, -7) + gap + pad(start, -14) + gap + pad(length, -8) + gap + pad(blocks, -10) + gap
}

// contentHash appends a hash or key below its segment; nil is one that is redacted.
func (t *Text) contentHash(dst []byte, name string, hash []byte) []byte {
	dst = append(dst, pad("", 7)+gap...)
	dst = put(dst, t.Style.name, pad(name, 19))
	if hash == nil {
		return append(dst, redacted+"\n"...)
	}
	return append(hex.AppendEncode(dst, hash), '\n')
}
