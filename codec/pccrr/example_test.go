package pccrr_test

import (
	"bytes"
	"fmt"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/pccrc"
)

// A client asks a hosted cache for a block, and verifies what it gets.
func Example() {
	// What Content Information says: one segment of version 2.0, which is one block.
	content := []byte("a content of one segment")
	hod, err := pccrc.TruncatedSHA512.AppendHash(nil, content)
	if err != nil {
		fmt.Println(err)
		return
	}
	var info pccrc.ContentInformationV2
	secret := pccrc.NewSecret(bytes.Repeat([]byte{7}, 32))
	err = info.AppendChunk(pccrc.SegmentFieldsV2{CbSegment: uint32(len(content)), SegmentHashOfData: hod, SegmentSecret: secret})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, segment := range info.Segments() {
		request, err := pccrr.NewMsgGetBlks(segment.AppendHoHoDk(nil), 0).MarshalBinary()
		if err != nil {
			fmt.Println(err)
			return
		}
		answer := serve(request, content, secret) // a POST to pccrr.Path
		m, err := pccrr.DecodeMsgBlk(answer)
		if err != nil {
			fmt.Println(err)
			return
		}
		block, ok := pccrr.InfoOf(segment, m.BlockIndex)
		if !ok || !bytes.Equal(m.SegmentId, segment.AppendHoHoDk(nil)) {
			fmt.Println("an answer to something else")
			return
		}
		plain, err := m.AppendVerified(nil, block)
		fmt.Printf("%s %q %v\n", m.CryptoAlgoId, plain, err)
	}
	// Output:
	// AES-128 "a content of one segment" <nil>
}

// serve is a server that has one block.
func serve(request, block []byte, secret pccrc.Secret) []byte {
	get, err := pccrr.DecodeMsgGetBlks(request)
	if err != nil {
		return nil // HTTP status 400
	}
	index, _ := get.First()
	m := pccrr.NewMsgBlk(get.SegmentID, index)
	if index == 0 {
		if err := m.Encrypt(nil, block, get.CryptoAlgoId, secret); err != nil {
			return nil
		}
	}
	answer, err := m.MarshalBinary()
	if err != nil {
		return nil
	}
	return answer
}

// A server decides what to do with a request by its header.
func ExampleDecodeRequestMessage() {
	supported := pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}
	serve := func(body []byte) any {
		r, err := pccrr.DecodeRequestMessage(body)
		if err != nil {
			return err // drop it: HTTP status 400
		}
		if !supported.Supports(r.MessageHeader.ProtVer) || r.MessageHeader.MsgType == pccrr.TypeNegoReq {
			return pccrr.NewMsgNegoResp(supported)
		}
		m, err := r.DecodeBody()
		if err != nil {
			return err
		}
		return m
	}
	get := pccrr.NewMsgGetBlkList([]byte("a HoHoDk, which has 32 bytes ..."), pccrr.NewRanges(pccrr.Range{Index: 0, Count: 512}))
	body, err := get.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(serve(body))
	body[3] = 9 // version 9.0
	fmt.Println(serve(body))
	fmt.Println(serve(body[:50]))
	// Output:
	// MSG_GETBLKLIST, segment 6120486f486f446b2c20776869636820686173203332206279746573202e2e2e, blocks 0-511
	// MSG_NEGO_RESP, versions 1.0 to 2.0
	// pchc: MSG_GETBLKLIST: MESSAGE_HEADER.MsgSize is 64, must be the length of the message (offset 8, MS-PCCRR 2.2.3)
}

// A hosted cache says which segments it has, and for how long.
func ExampleNewMsgSegList() {
	ages, err := pccrr.AppendExtensibleBlob(nil, pccrr.SegmentAge{SegmentIndex: 2, Age: 60_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	m := pccrr.NewMsgSegList([16]byte{1}, pccrr.NewRanges(pccrr.Range{Index: 2, Count: 1}))
	m.ExtensibleBlob = ages
	b, err := m.MarshalBinary()
	fmt.Println(len(b), err)

	m, err = pccrr.DecodeMsgSegList(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	blob, err := pccrr.DecodeExtensibleBlob(m.ExtensibleBlob)
	if err != nil {
		fmt.Println("ignored:", err)
	}
	for _, a := range blob.All() {
		fmt.Println(a.SegmentIndex, blob.SegmentAgeUnits().Duration()*10*6000)
	}
	// Output:
	// 60 <nil>
	// 2 10m0s
}
