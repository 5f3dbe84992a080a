package codec

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// What holds a key prints without it: Format is for all verbs of fmt,
// MarshalText for log/slog and encoding/xml, MarshalJSON for encoding/json.
// Nobody calls them for an unexported field of another struct.

// Format writes MarshalText, whatever the verb.
func (m SegmentInfoMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m, without its key.
func (m SegmentInfoMessage) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *SegmentInfoMessage) summary() []byte {
	b := append([]byte(TypeSegmentInfo.String()), ", port "...)
	b = strconv.AppendUint(b, uint64(m.ConnectionInformation.Port), 10)
	b = append(append(append(b, ", tag "...), m.ContentTag.String()...), ", "...)
	v, _ := m.SegmentInformation.MarshalText() // never fails
	return append(b, v...)
}

// MarshalJSON returns m as an object with the specification's names, bytes in
// hexadecimal, SegmentSecret "redacted".
func (m SegmentInfoMessage) MarshalJSON() ([]byte, error) {
	v, err := m.SegmentInformation.MarshalJSON()
	b := appendEnvelope(nil, &m.MessageHeader, &m.ConnectionInformation)
	b = hex.AppendEncode(append(b, `,"ContentTag":"`...), m.ContentTag[:])
	b = append(append(b, `","SegmentInformation":`...), v...)
	return append(b, '}'), err
}

// Format writes MarshalText, whatever the verb.
func (r RequestMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(r.summary()) }

// MarshalText returns one line about r, without its body, which may hold a key.
func (r RequestMessage) MarshalText() ([]byte, error) { return r.summary(), nil }

func (r *RequestMessage) summary() []byte {
	b := append([]byte(r.MessageHeader.Type.String()), ", port "...)
	b = strconv.AppendUint(b, uint64(r.ConnectionInformation.Port), 10)
	b = strconv.AppendInt(append(b, ", MessageBody of "...), int64(len(r.MessageBody)), 10)
	return append(b, " bytes"...)
}

// MarshalJSON returns the envelope as an object with the specification's names,
// its MessageBody, which may hold a key, "redacted".
func (r RequestMessage) MarshalJSON() ([]byte, error) {
	b := appendEnvelope(nil, &r.MessageHeader, &r.ConnectionInformation)
	return append(b, `,"MessageBody":"redacted"}`...), nil
}

// appendEnvelope appends the beginning of the JSON object of a request.
func appendEnvelope(b []byte, h *MessageHeader, c *ConnectionInformation) []byte {
	b = strconv.AppendUint(append(b, `{"MessageHeader":{"MinorVersion":`...), uint64(h.MinorVersion), 10)
	b = strconv.AppendUint(append(b, `,"MajorVersion":`...), uint64(h.MajorVersion), 10)
	b = strconv.AppendUint(append(b, `,"Type":`...), uint64(h.Type), 10)
	b = hex.AppendEncode(append(b, `,"Padding":"`...), h.Padding[:])
	b = strconv.AppendUint(append(b, `"},"ConnectionInformation":{"Port":`...), uint64(c.Port), 10)
	b = hex.AppendEncode(append(b, `,"Padding":"`...), c.Padding[:])
	return append(b, `"}`...)
}
