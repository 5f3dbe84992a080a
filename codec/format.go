package codec

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

// Messages print as one line, and what holds a key prints without it: Format is
// for fmt, MarshalText for log/slog and encoding/xml, MarshalJSON for
// encoding/json.

// Format writes MarshalText, for any verb.
func (m SegmentInfoMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m, without its key.
func (m SegmentInfoMessage) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *SegmentInfoMessage) summary() []byte {
	b := summary(TypeSegmentInfo, &m.ConnectionInformation)
	b = append(append(append(b, "tag "...), m.ContentTag.String()...), ", "...)
	v, _ := m.SegmentInformation.MarshalText() // never fails
	return append(b, v...)
}

// summary returns the beginning of the line about a request.
func summary(t MessageType, c *ConnectionInformation) []byte {
	b := append([]byte(t.String()), ", port "...)
	return append(strconv.AppendUint(b, uint64(c.Port), 10), ", "...)
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

// Format writes MarshalText, for any verb.
func (r RequestMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(r.summary()) }

// MarshalText returns one line about r, without its body, which may hold a key.
func (r RequestMessage) MarshalText() ([]byte, error) { return r.summary(), nil }

func (r *RequestMessage) summary() []byte {
	b := append(summary(r.MessageHeader.Type, &r.ConnectionInformation), "MessageBody of "...)
	return append(strconv.AppendInt(b, int64(len(r.MessageBody)), 10), " bytes"...)
}

// MarshalJSON returns the envelope as an object with the specification's names,
// its MessageBody, which may hold a key, "redacted".
func (r RequestMessage) MarshalJSON() ([]byte, error) {
	b := appendEnvelope(nil, &r.MessageHeader, &r.ConnectionInformation)
	return append(b, `,"MessageBody":"redacted"}`...), nil
}

// Format writes MarshalText, for any verb.
func (m InitialOfferMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m InitialOfferMessage) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *InitialOfferMessage) summary() []byte {
	return hex.AppendEncode(append(summary(TypeInitialOffer, &m.ConnectionInformation), "Hash "...), m.Hash)
}

// MarshalJSON returns m as an object with the specification's names, bytes in
// hexadecimal.
func (m InitialOfferMessage) MarshalJSON() ([]byte, error) {
	b := appendEnvelope(nil, &m.MessageHeader, &m.ConnectionInformation)
	return append(hex.AppendEncode(append(b, `,"Hash":"`...), m.Hash), `"}`...), nil
}

// Format writes MarshalText, for any verb.
func (m BatchedOfferMessage) Format(f fmt.State, _ rune) { _, _ = f.Write(m.summary()) }

// MarshalText returns one line about m.
func (m BatchedOfferMessage) MarshalText() ([]byte, error) { return m.summary(), nil }

func (m *BatchedOfferMessage) summary() []byte {
	n := m.SegmentDescriptors.Len()
	b := strconv.AppendInt(summary(TypeBatchedOffer, &m.ConnectionInformation), int64(n), 10)
	if b = append(b, " descriptor"...); n != 1 {
		b = append(b, 's')
	}
	return b
}

// MarshalJSON returns m as an object with the specification's names, bytes in
// hexadecimal.
func (m BatchedOfferMessage) MarshalJSON() ([]byte, error) {
	b := appendEnvelope(nil, &m.MessageHeader, &m.ConnectionInformation)
	b = m.SegmentDescriptors.appendJSON(append(b, `,"SegmentDescriptor":`...))
	return append(b, '}'), nil
}

// MarshalJSON returns s as a list of objects.
func (s SegmentDescriptors) MarshalJSON() ([]byte, error) { return s.appendJSON(nil), nil }

func (s SegmentDescriptors) appendJSON(b []byte) []byte {
	b = append(b, '[')
	for i, d := range s.All() {
		if i > 0 {
			b = append(b, ',')
		}
		b = d.appendJSON(b)
	}
	return append(b, ']')
}

// MarshalJSON returns d as an object with the specification's names, bytes in
// hexadecimal.
func (d SegmentDescriptor) MarshalJSON() ([]byte, error) { return d.appendJSON(nil), nil }

func (d *SegmentDescriptor) appendJSON(b []byte) []byte {
	b = strconv.AppendUint(append(b, `{"BlockSize":`...), uint64(d.BlockSize()), 10)
	b = strconv.AppendUint(append(b, `,"SegmentSize":`...), uint64(d.SegmentSize()), 10)
	b = strconv.AppendUint(append(b, `,"SizeOfContentTag":`...), uint64(d.SizeOfContentTag()), 10)
	b = hex.AppendEncode(append(b, `,"ContentTag":"`...), d.ContentTag()[:])
	b = strconv.AppendUint(append(b, `","HashAlgorithm":`...), uint64(d.HashAlgorithm()), 10)
	b = hex.AppendEncode(append(b, `,"SegmentHoHoDk":"`...), d.SegmentHoHoDk()[:])
	return append(b, `"}`...)
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
