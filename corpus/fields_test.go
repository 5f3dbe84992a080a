package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// integerSize is the number of bytes of each integer field.
var integerSize = map[string]int{
	"MinorVersion": 1, "MajorVersion": 1, "Type": 2, "Port": 2,
	"BlockSize": 4, "SegmentSize": 4, "SizeOfContentTag": 2, "HashAlgorithm": 1,
	"Size": 4, "ResponseCode": 1,
	"Version": 2, "dwHashAlgo": 4, "dwOffsetInFirstSegment": 4, "dwReadBytesInLastSegment": 4, "cSegments": 4,
	"ullOffsetInContent": 8, "cbSegment": 4, "cbBlockSize": 4, "cBlocks": 4,
	"bMinorVersion": 1, "bMajorVersion": 1, "bHashAlgo": 1,
	"ullStartInContent": 8, "ullIndexOfFirstSegment": 8, "ullLengthOfRange": 8,
	"bChunkType": 1, "dwChunkDataLength": 4,
}

// encode appends the bytes of a JSON value. The members of an object stand in
// the order of the bytes, so that integers need only a size and a byte order.
func encode(dst []byte, dec *json.Decoder, name string, order binary.AppendByteOrder) ([]byte, error) {
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case string:
		return hex.AppendDecode(dst, []byte(v))
	case json.Number:
		var n uint64
		if _, err := fmt.Sscan(v.String(), &n); err != nil {
			return nil, err
		}
		switch integerSize[name] {
		case 1:
			return append(dst, byte(n)), nil
		case 2:
			return order.AppendUint16(dst, uint16(n)), nil
		case 4:
			return order.AppendUint32(dst, uint32(n)), nil
		case 8:
			return order.AppendUint64(dst, n), nil
		}
		return nil, fmt.Errorf("%s is not a known integer", name)
	}
	for dec.More() {
		if token == json.Delim('{') {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			name = key.(string)
		}
		inner := order
		if name == "SegmentInformation" {
			inner = binary.LittleEndian
		}
		if dst, err = encode(dst, dec, name, inner); err != nil {
			return nil, err
		}
	}
	_, err = dec.Token()
	return dst, err
}

// TestFieldsEncode writes the fields of each vector one after the other and
// compares: no field is missing, misplaced or of another value. Of an invalid
// message, the last integer may be cut short and is then not among the fields.
func TestFieldsEncode(t *testing.T) {
	for id, v := range loadVectors(t) {
		if v.Fields == nil {
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(v.Fields))
		dec.UseNumber()
		var order binary.AppendByteOrder = binary.BigEndian
		if v.Message == "CONTENT_INFORMATION_V1" {
			order = binary.LittleEndian
		}
		b, err := encode(nil, dec, "", order)
		switch {
		case err != nil:
			t.Errorf("%s: %v", id, err)
		case v.Valid && !bytes.Equal(b, v.Bytes):
			t.Errorf("%s: the fields make\n%x\nhex is\n%x", id, b, v.Bytes)
		case !bytes.HasPrefix(v.Bytes, b):
			t.Errorf("%s: the fields make\n%x\nhex does not begin so:\n%x", id, b, v.Bytes)
		}
	}
}

// messageOfType names the requests by their Type.
var messageOfType = map[uint16]string{
	1: "INITIAL_OFFER_MESSAGE",
	2: "SEGMENT_INFO_MESSAGE",
	3: "BATCHED_OFFER_MESSAGE",
}

func TestMessageNames(t *testing.T) {
	for id, v := range loadVectors(t) {
		want := "UNKNOWN"
		switch {
		case v.Kind == Response:
			want = "RESPONSE_MESSAGE"
		case v.Kind == Content && len(v.Bytes) > 1 && v.Bytes[1] == 2:
			want = "CONTENT_INFORMATION_V2"
		case v.Kind == Content:
			want = "CONTENT_INFORMATION_V1"
		case len(v.Bytes) >= 4:
			if name, ok := messageOfType[binary.BigEndian.Uint16(v.Bytes[2:])]; ok {
				want = name
			}
		}
		if v.Message != want {
			t.Errorf("%s: message is %s, want %s", id, v.Message, want)
		}
	}
}

// TestVectorsAreOwn: what Vectors returns may be changed without harm.
func TestVectorsAreOwn(t *testing.T) {
	first, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(first[0].Bytes)
	clear(first[0].Bytes)
	second, err := Vectors()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(second[0].Bytes, want) {
		t.Error("a change of the vectors shows in those of another call")
	}
}
