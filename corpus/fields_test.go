package corpus

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	"HashType": 4, "HashVersion": 4, "HashRetrievalType": 4, "Length": 4, "Offset": 8, "FileDataOffset": 8, "FileDataLength": 8,
	"BufferLength": 4, "Reserved": 4, "SourceFileChangeTime": 8, "SourceFileSize": 8, "HashBlobLength": 4, "HashBlobOffset": 4,
	"Dirty": 2, "SourceFileNameLength": 2,
	"MsgType": 4, "MsgSize": 4, "CryptoAlgoId": 4, "Index": 4, "Count": 4, "BlockIndex": 4, "NextBlockIndex": 4,
	"NeededBlocksRangeCount": 4, "ReqBlockRangeCount": 4, "BlockRangeCount": 4, "SegmentRangeCount": 4, "CountOfSegmentIDs": 4,
	"SizeOfSegmentID": 4, "SizeOfSegmentId": 4, "SizeOfDataForVrfBlock": 4, "SizeOfBlock": 4, "SizeOfVrfBlock": 4, "SizeOfIVBlock": 4,
	"SizeOfExtensibleBlob": 4,
}

// sizeOf returns the number of bytes of an integer field of a vector.
func sizeOf(v *Vector, name string) int {
	if name == "MinorVersion" || name == "MajorVersion" {
		if v.Kind == RetrievalRequest || v.Kind == RetrievalResponse {
			return 2
		}
	}
	return integerSize[name]
}

// field is where a field begins.
type field struct {
	name   string
	offset int
}

// encoder writes the bytes of fields. The members of an object stand in the
// order of the bytes, so that integers need only a size and a byte order.
type encoder struct {
	*json.Decoder
	vector *Vector
	out    []byte
	fields []field
}

func encode(v Vector) (*encoder, error) {
	e := &encoder{Decoder: json.NewDecoder(bytes.NewReader(v.Fields)), vector: &v}
	e.UseNumber()
	var order binary.AppendByteOrder = binary.BigEndian
	if v.Message == "CONTENT_INFORMATION_V1" || v.Kind == HashRequest || v.Kind == HashResponse {
		order = binary.LittleEndian
	}
	return e, e.value("", order)
}

// at returns the offset of the field of that name, -1 if there is none.
func (e *encoder) at(name string) int {
	for _, f := range e.fields {
		if f.name == name {
			return f.offset
		}
	}
	return -1
}

func (e *encoder) value(name string, order binary.AppendByteOrder) error {
	token, err := e.Token()
	if err != nil {
		return err
	}
	e.fields = append(e.fields, field{name, len(e.out)})
	switch v := token.(type) {
	case string:
		e.out, err = hex.AppendDecode(e.out, []byte(v))
		return err
	case json.Number:
		n, err := strconv.ParseUint(v.String(), 10, 64)
		switch sizeOf(e.vector, name) {
		case 1:
			e.out = append(e.out, byte(n))
		case 2:
			e.out = order.AppendUint16(e.out, uint16(n))
		case 4:
			e.out = order.AppendUint32(e.out, uint32(n))
		case 8:
			e.out = order.AppendUint64(e.out, n)
		default:
			return fmt.Errorf("%s is not a known integer", name)
		}
		return err
	}
	for e.More() {
		if token == json.Delim('{') {
			key, err := e.Token()
			if err != nil {
				return err
			}
			name = key.(string)
		}
		inner := order
		switch name {
		case "SegmentInformation":
			inner = binary.LittleEndian
		case "CONTENT_INFORMATION_V2":
			inner = binary.BigEndian
		}
		if err := e.value(name, inner); err != nil {
			return err
		}
	}
	_, err = e.Token()
	return err
}

// TestFieldsEncode writes the fields of each vector one after the other and
// compares: no field is missing, misplaced or of another value. Of an invalid
// message, the last integer may be cut short and is then not among the fields.
func TestFieldsEncode(t *testing.T) {
	for id, v := range loadVectors(t) {
		if v.Fields == nil || v.Kind == Discovery { // XML says the same in many ways
			continue
		}
		e, err := encode(v)
		switch {
		case err != nil:
			t.Errorf("%s: %v", id, err)
		case v.Valid && !bytes.Equal(e.out, v.Bytes):
			t.Errorf("%s: the fields make\n%x\nhex is\n%x", id, e.out, v.Bytes)
		case !bytes.HasPrefix(v.Bytes, e.out):
			t.Errorf("%s: the fields make\n%x\nhex does not begin so:\n%x", id, e.out, v.Bytes)
		}
	}
}

// fieldOfRule are the rules that are not named like the field at fault.
var fieldOfRule = map[string]string{
	"PCHC-2.2.1.3-Version":        "Type",
	"PCHC-2.2.1.4-Version":        "Type",
	"PCHC-2.2.1.5-Version":        "Type",
	"PCHC-2.2.1.5-MaxDescriptors": "SegmentDescriptor",
	"PCHC-2.2.2.2-Interested":     "ResponseCode",
	"PCHC-2.2.1.4-BlockCount":     "cBlocks",
	"PCCRC-2.3.1.2-BlockCount":    "cBlocks",
}

// TestOffsets: a violation is at the beginning of the field that its rule is
// about, or where that would be if it were there.
func TestOffsets(t *testing.T) {
	for id, v := range loadVectors(t) {
		if v.Fields == nil || v.Kind == Discovery { // XML says the same in many ways
			continue
		}
		e, err := encode(v)
		if err != nil {
			continue // TestFieldsEncode tells
		}
		violations := v.SenderViolations
		if !v.Valid {
			violations = []Violation{{v.Rule, v.Offset}}
		}
		for _, b := range violations {
			name, ok := fieldOfRule[b.Rule]
			if !ok {
				name = b.Rule[strings.LastIndex(b.Rule, "-")+1:]
			}
			last := e.fields[len(e.fields)-1].offset
			switch {
			case strings.HasPrefix(b.Rule, "PCCRR-") || strings.HasPrefix(b.Rule, "SMB2-"): // some are about one of several fields
				begins := slices.ContainsFunc(e.fields, func(f field) bool { return f.offset == b.Offset })
				if blob := e.at("ExtensibleBlob"); !begins && (blob < 0 || b.Offset < blob) {
					t.Errorf("%s: at offset %d, that of %s, begins no field", id, b.Offset, b.Rule)
				}
			case name == "Truncated" && (b.Offset == len(e.out) || b.Offset == last):
			case name == "MinDescriptors" || name == "chunks":
				if b.Offset != len(v.Bytes) {
					t.Errorf("%s: %s is not at the end", id, b.Rule)
				}
			case !slices.Contains(e.fields, field{name, b.Offset}):
				t.Errorf("%s: at offset %d, that of %s, begins no %s", id, b.Offset, b.Rule, name)
			}
		}
	}
}

// retrievalMessages names the messages of MS-PCCRR by their MsgType.
var retrievalMessages = []string{"MSG_NEGO_REQ", "MSG_NEGO_RESP", "MSG_GETBLKLIST", "MSG_GETBLKS", "MSG_BLKLIST", "MSG_BLK", "MSG_GETSEGLIST", "MSG_SEGLIST"}

// retrievalMessage returns the name of a message of MS-PCCRR whose MsgType is at an
// offset.
func retrievalMessage(b []byte, at int, requests ...uint32) string {
	if len(b) < at+4 {
		return "UNKNOWN"
	}
	if t := binary.BigEndian.Uint32(b[at:]); slices.Contains(requests, t) {
		return retrievalMessages[t]
	}
	return "UNKNOWN"
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
		case v.Kind == Discovery:
			continue // package spec tells by XML which it is
		case v.Kind == HashRequest:
			want = "SRV_READ_HASH_REQUEST"
		case v.Kind == HashResponse:
			want = "SRV_READ_HASH_RESPONSE"
		case v.Kind == RetrievalRequest:
			want = retrievalMessage(v.Bytes, 4, 0, 2, 3, 6)
		case v.Kind == RetrievalResponse:
			want = retrievalMessage(v.Bytes, 8, 1, 4, 5, 7)
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
