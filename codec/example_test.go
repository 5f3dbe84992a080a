package codec_test

import (
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/codec"
)

// A hosted cache decides what to do with a request: answer it, answer and
// ignore it, or drop it.
func ExampleDecodeRequestMessage() {
	serve := func(body []byte) string {
		r, err := codec.DecodeRequestMessage(body)
		if err != nil {
			return fmt.Sprint("drop: ", err)
		}
		code := codec.ResponseOK
		switch r.MessageHeader.Type {
		case codec.TypeInitialOffer:
			_, err = r.DecodeInitialOffer()
			code = codec.ResponseInterested // if the block hashes are not there yet
		case codec.TypeSegmentInfo:
			_, err = r.DecodeSegmentInfo()
		case codec.TypeBatchedOffer:
			_, err = r.DecodeBatchedOffer()
		}
		if err != nil && !codec.WindowsAnswersOK(body) {
			return fmt.Sprint("drop: ", err)
		}
		answer, err := codec.AppendResponseMessage(nil, code, r.MessageHeader.Type)
		if err != nil {
			return fmt.Sprint("bug: ", err)
		}
		return fmt.Sprintf("%s from port %d: %s, % x", r.MessageHeader.Type, r.ConnectionInformation.Port, code, answer)
	}
	offer := codec.NewInitialOfferMessage(51234, make([]byte, 32))
	body, err := offer.AppendBinary(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(serve(body))
	fmt.Println(serve(body[:40]))
	// Output:
	// INITIAL_OFFER_MESSAGE from port 51234: INTERESTED, 00 00 00 01 01
	// drop: pchc: INITIAL_OFFER_MESSAGE: Hash has 24 bytes, must have 32, 48 or 64 (offset 16, MS-PCHC 2.2.1.3)
}

// A client offers the segments that it has, however many, in as few messages as
// possible.
func ExampleSplitDescriptors() {
	var all codec.SegmentDescriptors
	for i := range 300 {
		var err error
		all, err = all.Append(codec.SegmentDescriptorFields{
			BlockSize: 65536, SegmentSize: 65536, ContentTag: codec.TagBITS,
			HashAlgorithm: codec.HashTruncatedSHA512, SegmentHoHoDk: [32]byte{byte(i)},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	for m := range codec.SplitDescriptors(8080, all) {
		body, err := m.AppendBinary(nil)
		fmt.Println(m.SegmentDescriptors.Len(), "descriptors,", len(body), "bytes,", err)
	}
	// Output:
	// 128 descriptors, 7568 bytes, <nil>
	// 128 descriptors, 7568 bytes, <nil>
	// 44 descriptors, 2612 bytes, <nil>
}

// Descriptors are read in place.
func ExampleSegmentDescriptors_All() {
	m := codec.NewBatchedOfferMessage(8080)
	err := m.Append(codec.SegmentDescriptorFields{
		BlockSize: 65536, SegmentSize: 99710, ContentTag: codec.TagWinINet, HashAlgorithm: codec.HashSHA256,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, d := range m.SegmentDescriptors.All() {
		fmt.Println(i, d.SegmentSize(), d.ContentTag(), d.HashAlgorithm())
	}
	// Output:
	// 0 99710 WinINet SHA-256
}

// Errors tell the rule, the field and the offset.
func ExampleError() {
	_, err := codec.DecodeResponseMessage([]byte{1, 0, 0, 0, 0}, codec.TypeBatchedOffer) // little-endian by mistake
	fmt.Println(err)
	fmt.Println(errors.Is(err, codec.RuleSize))
	// Output:
	// pchc: RESPONSE_MESSAGE: TransportHeader.Size is 16777216, must be 1 (offset 0, MS-PCHC 2.2.2.1)
	// true
}
