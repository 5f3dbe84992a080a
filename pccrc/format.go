package pccrc

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// What holds a key prints without it: Format is for fmt, MarshalText for
// log/slog and encoding/xml, MarshalJSON for encoding/json.

const redacted = "redacted"

// Format writes "redacted", for any verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// MarshalText returns "redacted", which is what JSON shows, too.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format writes MarshalText, for any verb.
func (v ContentInformationV1) Format(f fmt.State, _ rune) { _, _ = f.Write(v.summary()) }

// MarshalText returns one line about v, without keys.
func (v ContentInformationV1) MarshalText() ([]byte, error) { return v.summary(), nil }

func (v *ContentInformationV1) summary() []byte {
	return summary(messageV1, v.Len(), v.dwHashAlgo, v.Range())
}

// MarshalJSON returns v as an object with the specification's names, bytes in
// hexadecimal, SegmentSecret "redacted".
func (v ContentInformationV1) MarshalJSON() ([]byte, error) {
	if v.Len() > 0 { // the decoded bytes may have changed
		if err := v.checkFormat(); err != nil {
			return nil, err
		}
	}
	b := appendInteger([]byte{'{'}, "Version", v1Version)
	b = appendInteger(b, "dwHashAlgo", uint64(v.dwHashAlgo))
	b = appendInteger(b, "dwOffsetInFirstSegment", uint64(v.DwOffsetInFirstSegment))
	b = appendInteger(b, "dwReadBytesInLastSegment", uint64(v.DwReadBytesInLastSegment))
	b = appendInteger(b, "cSegments", uint64(v.Len()))
	b = appendName(b, "segments")
	b = append(b, '[')
	for i := range v.Len() {
		b = v.At(i).appendJSON(appendComma(b))
	}
	b = appendName(append(b, ']'), "blocks")
	b = append(b, '[')
	for _, s := range v.All() {
		b = s.Blocks.appendJSON(appendComma(b))
	}
	b = append(b, ']')
	if len(v.Padding) > 0 {
		b = appendName(b, "Padding")
		b = append(b, `"`+redacted+`"`...) // keys, where a count is wrong
	}
	return append(b, '}'), nil
}

// Format writes s as a JSON object with SegmentSecret redacted, for any verb.
func (s SegmentDescriptionV1) Format(f fmt.State, _ rune) { _, _ = f.Write(s.appendJSON(nil)) }

// MarshalJSON returns s as an object with the specification's names,
// SegmentSecret "redacted".
func (s SegmentDescriptionV1) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

// MarshalText returns what MarshalJSON returns.
func (s SegmentDescriptionV1) MarshalText() ([]byte, error) { return s.appendJSON(nil), nil }

func (s SegmentDescriptionV1) appendJSON(b []byte) []byte {
	b = append(b, '{')
	if len(s.b) >= offHashes {
		b = appendInteger(b, "ullOffsetInContent", s.UllOffsetInContent())
		b = appendInteger(b, "cbSegment", uint64(s.CbSegment()))
		b = appendInteger(b, "cbBlockSize", uint64(s.CbBlockSize()))
		b = appendBytes(b, "SegmentHashOfData", s.SegmentHashOfData())
		b = append(b, `,"SegmentSecret":"`+redacted+`"`...)
	}
	return append(b, '}')
}

// Format writes s as a JSON object with SegmentSecret redacted, for any verb.
func (s SegmentV1) Format(f fmt.State, _ rune) { _, _ = f.Write(s.appendJSON(nil)) }

// MarshalJSON returns the description and the block hashes of s as an object,
// SegmentSecret "redacted".
func (s SegmentV1) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

// MarshalText returns what MarshalJSON returns.
func (s SegmentV1) MarshalText() ([]byte, error) { return s.appendJSON(nil), nil }

func (s SegmentV1) appendJSON(b []byte) []byte {
	b = s.SegmentDescriptionV1.appendJSON(appendName(append(b, '{'), "SegmentDescription"))
	b = s.Blocks.appendJSON(appendName(b, "SegmentContentBlocks"))
	return append(b, '}')
}

func (c SegmentContentBlocks) appendJSON(b []byte) []byte {
	b = appendInteger(append(b, '{'), "cBlocks", uint64(c.Len()))
	b = appendName(b, "BlockHashes")
	b = append(b, '[')
	for _, hash := range c.All() {
		b = append(hex.AppendEncode(append(appendComma(b), '"'), hash), '"')
	}
	return append(b, "]}"...)
}

// Format writes c as a JSON object, for any verb.
func (c SegmentContentBlocks) Format(f fmt.State, _ rune) { _, _ = f.Write(c.appendJSON(nil)) }

// MarshalText returns what MarshalJSON returns.
func (c SegmentContentBlocks) MarshalText() ([]byte, error) { return c.appendJSON(nil), nil }

// MarshalJSON returns c as an object with the specification's names.
func (c SegmentContentBlocks) MarshalJSON() ([]byte, error) { return c.appendJSON(nil), nil }

// Format writes MarshalText, for any verb.
func (v ContentInformationV2) Format(f fmt.State, _ rune) { _, _ = f.Write(v.summary()) }

// MarshalText returns one line about v, without keys.
func (v ContentInformationV2) MarshalText() ([]byte, error) { return v.summary(), nil }

func (v *ContentInformationV2) summary() []byte {
	return summary(messageV2, v.Len(), TruncatedSHA512, v.Range())
}

// MarshalJSON returns v as an object with the specification's names, bytes in
// hexadecimal, SegmentSecret "redacted".
func (v ContentInformationV2) MarshalJSON() ([]byte, error) {
	if err := v.checkFormat(); err != nil && len(v.chunks) > 0 { // the decoded bytes may have changed
		return nil, err
	}
	b := appendInteger([]byte{'{'}, "bMinorVersion", 0)
	b = appendInteger(b, "bMajorVersion", 2)
	b = appendInteger(b, "bHashAlgo", uint64(TruncatedSHA512))
	b = appendInteger(b, "ullStartInContent", v.UllStartInContent)
	b = appendInteger(b, "ullIndexOfFirstSegment", v.UllIndexOfFirstSegment)
	b = appendInteger(b, "dwOffsetInFirstSegment", uint64(v.DwOffsetInFirstSegment))
	b = appendInteger(b, "ullLengthOfRange", v.UllLengthOfRange)
	b = appendName(b, "chunks")
	b = append(b, '[')
	for _, c := range v.Chunks() {
		b = c.appendJSON(appendComma(b))
	}
	return append(b, "]}"...), nil
}

// Format writes c as a JSON object with SegmentSecret redacted, for any verb.
func (c ChunkDescription) Format(f fmt.State, _ rune) { _, _ = f.Write(c.appendJSON(nil)) }

// MarshalJSON returns c as an object with the specification's names,
// SegmentSecret "redacted".
func (c ChunkDescription) MarshalJSON() ([]byte, error) { return c.appendJSON(nil), nil }

// MarshalText returns what MarshalJSON returns.
func (c ChunkDescription) MarshalText() ([]byte, error) { return c.appendJSON(nil), nil }

func (c ChunkDescription) appendJSON(b []byte) []byte {
	b = appendInteger(append(b, '{'), "bChunkType", 0)
	b = appendInteger(b, "dwChunkDataLength", uint64(len(c.data)))
	b = appendName(b, "chunkData")
	b = append(b, '[')
	for _, s := range c.All() {
		b = s.appendJSON(appendComma(b))
	}
	return append(b, "]}"...)
}

// Format writes s as a JSON object with SegmentSecret redacted, for any verb.
func (s SegmentDescriptionV2) Format(f fmt.State, _ rune) { _, _ = f.Write(s.appendJSON(nil)) }

// MarshalJSON returns s as an object with the specification's names,
// SegmentSecret "redacted".
func (s SegmentDescriptionV2) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

// MarshalText returns what MarshalJSON returns.
func (s SegmentDescriptionV2) MarshalText() ([]byte, error) { return s.appendJSON(nil), nil }

func (s SegmentDescriptionV2) appendJSON(b []byte) []byte {
	if s.b == nil {
		return append(b, "{}"...)
	}
	b = appendInteger(append(b, '{'), "cbSegment", uint64(s.CbSegment()))
	b = appendBytes(b, "SegmentHashOfData", s.SegmentHashOfData())
	return append(b, `,"SegmentSecret":"`+redacted+`"}`...)
}

// Format writes s as a JSON object without its key, for any verb.
func (s Segment) Format(f fmt.State, _ rune) { _, _ = f.Write(s.appendJSON(nil)) }

// MarshalJSON returns an object with the start, length, block size and HoHoDk
// of s, and no key.
func (s Segment) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

// MarshalText returns what MarshalJSON returns.
func (s Segment) MarshalText() ([]byte, error) { return s.appendJSON(nil), nil }

func (s Segment) appendJSON(b []byte) []byte {
	b = appendInteger(append(b, '{'), "start", s.Start)
	b = appendInteger(b, "length", uint64(s.Length))
	b = appendInteger(b, "blockSize", uint64(s.BlockSize))
	b = appendBytes(b, "HoHoDk", s.AppendHoHoDk(nil))
	return append(b, '}')
}

// summary returns a line such as
//
//	CONTENT_INFORMATION_V1, 2 segments, SHA-256, 40000000 bytes from 0, SegmentSecret redacted
func summary(message string, segments int, a HashAlgorithm, r Range) []byte {
	b := strconv.AppendInt(append([]byte(message), ", "...), int64(segments), 10)
	if b = append(b, " segment"...); segments != 1 {
		b = append(b, 's')
	}
	b = append(append(b, ", "...), a.String()...)
	b = strconv.AppendUint(append(b, ", "...), r.Length, 10)
	b = strconv.AppendUint(append(b, " bytes from "...), r.Start, 10)
	return append(b, ", SegmentSecret "+redacted...)
}

// appendComma appends a comma unless b ends with an opening bracket.
func appendComma(b []byte) []byte {
	if c := b[len(b)-1]; c == '{' || c == '[' {
		return b
	}
	return append(b, ',')
}

func appendName(b []byte, name string) []byte {
	return append(append(append(appendComma(b), '"'), name...), `":`...)
}

func appendInteger(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(appendName(b, name), n, 10)
}

func appendBytes(b []byte, name string, value []byte) []byte {
	return append(hex.AppendEncode(append(appendName(b, name), '"'), value), '"')
}
