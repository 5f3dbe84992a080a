package smb2hash

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Responses and Buffers print as one line, without the Content Information and what
// else may hold a key: Format is for fmt, MarshalText for log/slog and
// encoding/xml, MarshalJSON for encoding/json.

// Format writes MarshalText, for any verb.
func (r ReadHashResponse) Format(f fmt.State, _ rune) { _, _ = f.Write(r.summary()) }

// MarshalText returns one line about r, without its keys.
func (r ReadHashResponse) MarshalText() ([]byte, error) { return r.summary(), nil }

func (r *ReadHashResponse) summary() []byte {
	b := append([]byte(responseMessage), ", "...)
	b = append(append(b, r.HashRetrievalType.String()...), ", "...)
	b = append(strconv.AppendUint(append(b, "offset "...), r.Offset, 10), ", "...)
	return r.Buffer.appendSummary(b)
}

// MarshalJSON returns r as an object with the specification's names, Content
// Information "redacted".
func (r ReadHashResponse) MarshalJSON() ([]byte, error) {
	b := []byte(`{"Offset":`)
	if r.HashRetrievalType == FileBased {
		b = strconv.AppendUint([]byte(`{"FileDataOffset":`), r.Offset, 10)
		b = strconv.AppendUint(append(b, `,"FileDataLength":`...), r.FileDataLength, 10)
	} else {
		b = strconv.AppendUint(b, r.Offset, 10)
	}
	b = strconv.AppendInt(append(b, `,"BufferLength":`...), int64(r.Buffer.EncodedLen()), 10)
	b = strconv.AppendUint(append(b, `,"Reserved":`...), uint64(r.Reserved), 10)
	return append(r.Buffer.appendJSON(append(b, `,"Buffer":`...)), '}'), nil
}

// Format writes MarshalText, for any verb.
func (b Buffer) Format(f fmt.State, _ rune) { _, _ = f.Write(b.appendSummary(nil)) }

// MarshalText returns one line about b, without its keys.
func (b Buffer) MarshalText() ([]byte, error) { return b.appendSummary(nil), nil }

func (b *Buffer) appendSummary(dst []byte) []byte {
	if b.HasHashHeader {
		dst = append(append(dst, b.HashHeader.HashVersion.String()...), ", "...)
	}
	dst = append(dst, "Content Information of "...)
	dst = append(strconv.AppendInt(dst, int64(len(b.ContentInformation)), 10), " bytes redacted"...)
	if b.Partial {
		dst = append(dst, ", partial"...)
	}
	return dst
}

// MarshalJSON returns b as an object with the specification's names, Content
// Information "redacted".
func (b Buffer) MarshalJSON() ([]byte, error) { return b.appendJSON(nil), nil }

func (b *Buffer) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	if h := &b.HashHeader; b.HasHashHeader {
		for _, f := range []struct {
			name  string
			value uint64
		}{
			{`"HASH_HEADER":{"HashType":`, uint64(h.HashType)},
			{`,"HashVersion":`, uint64(h.HashVersion)},
			{`,"SourceFileChangeTime":`, h.SourceFileChangeTime},
			{`,"SourceFileSize":`, h.SourceFileSize},
			{`,"HashBlobLength":`, uint64(h.HashBlobLength)},
			{`,"HashBlobOffset":`, uint64(b.HashBlobOffset())},
			{`,"Dirty":`, uint64(h.Dirty)},
			{`,"SourceFileNameLength":`, uint64(len(h.SourceFileName))},
		} {
			dst = strconv.AppendUint(append(dst, f.name...), f.value, 10)
		}
		dst = hex.AppendEncode(append(dst, `,"SourceFileName":"`...), h.SourceFileName)
		dst = append(dst, `"},`...)
	}
	return append(dst, `"ContentInformation":"redacted"}`...)
}
