package pccrc_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log"
	"strings"

	"github.com/hostedcache/pchc/pccrc"
)

// The Content Information that a Windows web server sent for a picture of
// 99 710 bytes.
const picture = "00010c80000000000000000000000100000000000000000000007e85010000000100" +
	"d8d976354a4872e925761803f458d9daaa67f8e31c630fb74e6a312ef8a25aba" + // SegmentHashOfData
	"11afc0d7949243f94f9c1fab35d9fd1e331fcf7811a2e01d3587b38d770a29e2" + // SegmentSecret
	"02000000" +
	"73c18ab8549110f8e90e71bbc3ab2aa8c44d13f4929499255b660f24ec77800b" +
	"974bdd65567fdeeccdafe457a9503b4548f66ed3b188dcfda0ac382b09711acc"

// A client finds out which blocks a content has, and by which identifier its
// peers know its segments.
func ExampleDecodeV1() {
	b, err := hex.DecodeString(picture)
	if err != nil {
		fmt.Println(err)
		return
	}
	v, err := pccrc.DecodeV1(b)
	if err != nil {
		fmt.Println(err)
		return
	}
	r := v.Range()
	fmt.Printf("%d bytes from %d, %s\n", r.Length, r.Start, v.DwHashAlgo())
	for i, s := range v.Segments() {
		fmt.Printf("segment %d, %x: %d bytes in %d blocks\n", i, s.AppendHoHoDk(nil), s.Length, s.Blocks().Len())
	}
	// Output:
	// 99710 bytes from 0, SHA-256
	// segment 0, 491b217dbee2b5f12ca79b015e06f4bbe64f9745bad7867aef17de59927edce9: 99710 bytes in 2 blocks
}

// Errors tell the rule, so that a program can act on it, and the place, so that
// a person can.
func ExampleError() {
	b := []byte{0x00, 0x01, 0x04, 0x80, 0x00, 0x00} // SHA-1 is not allowed
	_, err := pccrc.DecodeV1(b)
	fmt.Println(err)
	fmt.Println(errors.Is(err, pccrc.RuleDwHashAlgo))
	// Output:
	// pchc: CONTENT_INFORMATION_V1: dwHashAlgo is 0x8004, must be 0x800C, 0x800D or 0x800E (offset 2, MS-PCCRC 2.3)
	// true
}

// A server describes a small content with version 2.0. Its only segment is the
// content.
func ExampleContentInformationV2_AppendChunk() {
	content := []byte("a small content")
	algorithm := pccrc.TruncatedSHA512
	serverSecret, err := algorithm.ServerSecret([]byte("the server's secret key"))
	if err != nil {
		fmt.Println(err)
		return
	}
	segmentHashOfData, err := algorithm.AppendHash(nil, content)
	if err != nil {
		fmt.Println(err)
		return
	}
	segmentSecret, err := algorithm.SegmentSecret(serverSecret, segmentHashOfData)
	if err != nil {
		fmt.Println(err)
		return
	}
	var v pccrc.ContentInformationV2
	err = v.AppendChunk(pccrc.SegmentFieldsV2{
		CbSegment: uint32(len(content)), SegmentHashOfData: segmentHashOfData, SegmentSecret: segmentSecret,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := v.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d bytes, range %+v\n", len(b), v.Range())
	// Output:
	// 104 bytes, range {Start:0 Length:15}
}

// Content Information for a file, and a check of the file against it.
func ExampleMaker() {
	content := strings.NewReader(strings.Repeat("BranchCache ", 10000)) // or an io.SectionReader on a file
	ks, err := pccrc.SHA256.ServerSecret([]byte("key of the server"))
	if err != nil {
		log.Fatal(err)
	}
	maker := pccrc.Maker{ServerSecret: ks}
	info, err := maker.V1(context.Background(), pccrc.SHA256, content)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info)

	damaged := strings.NewReader(strings.Repeat("BranchCache ", 9999) + "BranchCrash ")
	verified, err := new(pccrc.Verifier).Verify(context.Background(), info, damaged, 0, func(m *pccrc.Mismatch) error {
		fmt.Println(m)
		return nil
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Matched, "bytes match,", verified.Wrong, "bytes do not")
	// Output:
	// CONTENT_INFORMATION_V1, 1 segment, SHA-256, 120000 bytes from 0, SegmentSecret redacted
	// pchc: content at offset 65536, 54464 bytes: block 1 of segment 0 does not have its hash
	// 65536 bytes match, 54464 bytes do not
}

// A content is verified against Content Information that is not in memory.
func ExampleNewReader() {
	text := strings.Repeat("BranchCache ", 20000)
	info, err := new(pccrc.Maker).V2(context.Background(), strings.NewReader(text))
	if err != nil {
		log.Fatal(err)
	}
	b, err := info.MarshalBinary()
	if err != nil {
		log.Fatal(err)
	}
	file := bytes.NewReader(b) // or an os.File, and the size that its Stat tells

	reader, err := pccrc.NewReader(file, int64(len(b)))
	if err != nil {
		log.Fatal(err) // it violates a format rule, or cannot be read
	}
	fmt.Println(reader.Len(), "segments,", reader.Range())
	verified, err := new(pccrc.Verifier).Verify(context.Background(), reader, strings.NewReader(text), 0, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verified.Matched, "bytes match")
	// Output:
	// 4 segments, {0 240000}
	// 240000 bytes match
}
