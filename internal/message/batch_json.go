package message

import (
	"encoding/binary"
	"slices"
	"strconv"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/spec"
)

// soundObject appends what object appends, for messages that captures have by the ten
// thousand and that violate no rule: BATCHED_OFFER_MESSAGE and responses; and for long Content
// Information. It writes them without a dissection, which takes many times as long, and as much
// memory. ok is false for all others, and then nothing is appended.
func (p *Printer) soundObject(dst []byte, it *Item, at *capture.Place) (_ []byte, ok bool) {
	switch it.Kind {
	case spec.Request:
		m, err := codec.DecodeBatchedOfferMessage(it.Body)
		if err != nil || m.CheckSenderRules() != nil {
			return dst, false
		}
		dst = appendBatch(dst, &m, len(it.Body))
	case spec.Response:
		code, err := codec.DecodeResponseMessage(it.Body, codec.MessageType(it.Request))
		if err != nil {
			return dst, false
		}
		dst = append(dst, `{"message":"RESPONSE_MESSAGE","length":5,"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":`...)
		dst = append(dst, '0'+byte(code), '}')
	default:
		info, ok := information(it.Kind, it.Body)
		if !ok || it.answered != nil {
			return dst, false
		}
		dst = p.information(dst, info)
	}
	dst = append(dst, `,"violations":[]`...)
	return p.objectEnd(dst, it, Valid, at), true
}

func appendBatch(dst []byte, m *codec.BatchedOfferMessage, length int) []byte {
	h, c := &m.MessageHeader, &m.ConnectionInformation
	dst = append(dst, `{"message":"BATCHED_OFFER_MESSAGE","length":`...)
	dst = strconv.AppendInt(dst, int64(length), 10)
	dst = append(dst, `,"valid":true,"fields":{"MessageHeader":{"MinorVersion":0,"MajorVersion":2,"Type":3,"Padding":`...)
	dst = appendHex(dst, h.Padding[:])
	dst = append(dst, `},"ConnectionInformation":{"Port":`...)
	dst = strconv.AppendUint(dst, uint64(c.Port), 10)
	dst = append(dst, `,"Padding":`...)
	dst = appendHex(dst, c.Padding[:])
	dst = append(dst, `},"SegmentDescriptor":[`...)
	const most = len(`{"BlockSize":4294967295,"SegmentSize":4294967295,"SizeOfContentTag":16,"ContentTag":"","HashAlgorithm":4,"SegmentHoHoDk":""},`) + 2*(16+32)
	dst = slices.Grow(dst, m.SegmentDescriptors.Len()*most)
	for _, d := range m.SegmentDescriptors.All() {
		dst = append(dst, `{"BlockSize":`...)
		dst = strconv.AppendUint(dst, uint64(d.BlockSize()), 10)
		dst = append(dst, `,"SegmentSize":`...)
		dst = strconv.AppendUint(dst, uint64(d.SegmentSize()), 10)
		dst = append(dst, `,"SizeOfContentTag":16,"ContentTag":"`...)
		dst = appendDigits(dst, d.ContentTag()[:])
		dst = append(dst, `","HashAlgorithm":`...)
		dst = append(dst, '0'+byte(d.HashAlgorithm()))
		dst = append(dst, `,"SegmentHoHoDk":"`...)
		dst = appendDigits(dst, d.SegmentHoHoDk()[:])
		dst = append(dst, `"},`...)
	}
	return append(dst[:len(dst)-1], ']', '}') // without the last comma
}

// appendDigits appends the hexadecimal digits of b, four bytes at a time, and what is
// left one by one. That is several times as fast as package hex.
func appendDigits(dst, b []byte) []byte {
	n := len(dst)
	dst = slices.Grow(dst, 2*len(b))[:n+2*len(b)]
	to := dst[n:]
	for len(b) >= 4 && len(to) >= 8 {
		v := uint64(binary.LittleEndian.Uint32(b))
		v = (v | v<<16) & 0x0000ffff0000ffff
		v = (v | v<<8) & 0x00ff00ff00ff00ff // a byte in each 16 bits,
		v = v>>4&0x000f000f000f000f | v&0x000f000f000f000f<<8
		letters := (v + 0x0606060606060606) >> 4 & 0x0101010101010101 // 1 for each digit above 9
		binary.LittleEndian.PutUint64(to, v+0x3030303030303030+letters*('a'-'0'-10))
		b, to = b[4:], to[8:]
	}
	for i, c := range b {
		to[2*i], to[2*i+1] = "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15]
	}
	return dst
}
