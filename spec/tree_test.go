package spec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// treeCases say what the dissector makes of each structure, a line a node:
// offset and length, name, value or bytes (… where there are more than 8), the
// meaning in quotes, the section if it is another than its parent's.
var treeCases = []struct {
	name    string
	kind    Kind
	b       []byte
	message string
	want    string
}{
	{"initial offer", Request, initialOffer32(), "INITIAL_OFFER_MESSAGE", `
0+48 INITIAL_OFFER_MESSAGE {} MS-PCHC 2.2.1.3
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 1 "version 1.0"
  2+2 Type 1 "INITIAL_OFFER_MESSAGE"
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+32 Hash 1011121314151617…
`},
	{"batched offer", Request, with(batchOf(2), 16+59+26, 1), "BATCHED_OFFER_MESSAGE", `
0+134 BATCHED_OFFER_MESSAGE {} MS-PCHC 2.2.1.5
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 2 "version 2.0"
  2+2 Type 3 "BATCHED_OFFER_MESSAGE"
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+118 SegmentDescriptor [2]
  16+59 SegmentDescriptor[0] {}
   16+4 BlockSize 65536 "64 KiB"
   20+4 SegmentSize 98304 "96 KiB"
   24+2 SizeOfContentTag 16
   26+16 ContentTag 424954532d342e30… "BITS-4.0"
   42+1 HashAlgorithm 4 "Truncated SHA-512"
   43+32 SegmentHoHoDk 0001020304050607…
  75+59 SegmentDescriptor[1] {}
   75+4 BlockSize 65536 "64 KiB"
   79+4 SegmentSize 98305
   83+2 SizeOfContentTag 16
   85+16 ContentTag 424954532d342e30… "BITS-4.0"
   101+1 HashAlgorithm 1 "SHA-256"
   102+32 SegmentHoHoDk 0102030405060708…
`},
	{"batch of none", Request, batchOf(0), "BATCHED_OFFER_MESSAGE", `
0+16 BATCHED_OFFER_MESSAGE {} MS-PCHC 2.2.1.5
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 2 "version 2.0"
  2+2 Type 3 "BATCHED_OFFER_MESSAGE"
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+0 SegmentDescriptor [0]
`},
	{"unknown type", Request, append(request(2, 9), 1, 2), "UNKNOWN", `
0+18 UNKNOWN {} MS-PCHC 2.2.1
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 2 "version 2.0"
  2+2 Type 9
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+2 MessageBody secret 0102
`},
	{"request cut in its port", Request, request(1, 1)[:9], "INITIAL_OFFER_MESSAGE", `
0+9/10 INITIAL_OFFER_MESSAGE {} MS-PCHC 2.2.1.3
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 1 "version 1.0"
  2+2 Type 1 "INITIAL_OFFER_MESSAGE"
  4+4 Padding a0a1a2a3
 8+1/2 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+1/2 Port ?
`},
	{"tag of 20 bytes, cut", Request, with(batchOf(1), 25, 20)[:40], "BATCHED_OFFER_MESSAGE", `
0+40/46 BATCHED_OFFER_MESSAGE {} MS-PCHC 2.2.1.5
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 2 "version 2.0"
  2+2 Type 3 "BATCHED_OFFER_MESSAGE"
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+24/30 SegmentDescriptor [1]
  16+24/30 SegmentDescriptor[0] {}
   16+4 BlockSize 65536 "64 KiB"
   20+4 SegmentSize 98304 "96 KiB"
   24+2 SizeOfContentTag 20
   26+14/20 ContentTag 424954532d342e30…
`},
	{"segment info", Request, append(segmentInfo100k(), 0xEE), "SEGMENT_INFO_MESSAGE", `
0+199 SEGMENT_INFO_MESSAGE {} MS-PCHC 2.2.1.4
 0+8 MessageHeader {} MS-PCHC 2.2.1.1
  0+1 MinorVersion 0
  1+1 MajorVersion 1 "version 1.0"
  2+2 Type 2 "SEGMENT_INFO_MESSAGE"
  4+4 Padding a0a1a2a3
 8+8 ConnectionInformation {} MS-PCHC 2.2.1.2
  8+2 Port 8080
  10+6 Padding b0b1b2b3b4b5
 16+16 ContentTag 576562494f000000… "WebIO"
 32+167 SegmentInformation {} MS-PCCRC 2.3
  32+2 Version 256 "version 1.0"
  34+4 dwHashAlgo 32780 "SHA-256"
  38+4 dwOffsetInFirstSegment 0
  42+4 dwReadBytesInLastSegment 0 "to the end of the segment"
  46+4 cSegments 1
  50+80 segments [1]
   50+80 segments[0] {} MS-PCCRC 2.3.1.1
    50+8 ullOffsetInContent 0
    58+4 cbSegment 100000
    62+4 cbBlockSize 65536 "64 KiB"
    66+32 SegmentHashOfData 2021222324252627…
    98+32 SegmentSecret secret 4041424344454647…
  130+68 blocks [1]
   130+68 blocks[0] {} MS-PCCRC 2.3.1.2
    130+4 cBlocks 2
    134+64 BlockHashes [2]
     134+32 BlockHashes[0] 6061626364656667…
     166+32 BlockHashes[1] 6061626364656667…
  198+1 Padding secret ee
`},
	{"content with an unknown hash function", Content, with(v1of(mebi32), 2, 0x0B)[:50], "CONTENT_INFORMATION_V1", `
0+50 CONTENT_INFORMATION_V1 {} MS-PCCRC 2.3
 0+2 Version 256 "version 1.0"
 2+4 dwHashAlgo 32779
 6+4 dwOffsetInFirstSegment 0
 10+4 dwReadBytesInLastSegment 0 "to the end of the segment"
 14+4 cSegments 1
 18+32 segments [1]
  18+32 segments[0] {} MS-PCCRC 2.3.1.1
   18+8 ullOffsetInContent 0
   26+4 cbSegment 33554432 "32 MiB"
   30+4 cbBlockSize 65536 "64 KiB"
   34+16 Rest secret 2021222324252627…
`},
	{"content with more segments than there are", Content, with32(v1of(7), 14, 3)[:18+80+9], "CONTENT_INFORMATION_V1", `
0+107/110 CONTENT_INFORMATION_V1 {} MS-PCCRC 2.3
 0+2 Version 256 "version 1.0"
 2+4 dwHashAlgo 32780 "SHA-256"
 6+4 dwOffsetInFirstSegment 0
 10+4 dwReadBytesInLastSegment 0 "to the end of the segment"
 14+4 cSegments 3
 18+89/92 segments [2]
  18+80 segments[0] {} MS-PCCRC 2.3.1.1
   18+8 ullOffsetInContent 0
   26+4 cbSegment 7
   30+4 cbBlockSize 65536 "64 KiB"
   34+32 SegmentHashOfData secret 2021222324252627…
   66+32 SegmentSecret secret 4041424344454647…
  98+9/12 segments[1] {} MS-PCCRC 2.3.1.1
   98+8 ullOffsetInContent secret 7161393422417264641
   106+1/4 cbSegment secret ?
`},
	{"content with exactly one of two segments", Content, with32(v1of(7), 14, 2)[:98], "CONTENT_INFORMATION_V1", `
0+98/106 CONTENT_INFORMATION_V1 {} MS-PCCRC 2.3
 0+2 Version 256 "version 1.0"
 2+4 dwHashAlgo 32780 "SHA-256"
 6+4 dwOffsetInFirstSegment 0
 10+4 dwReadBytesInLastSegment 0 "to the end of the segment"
 14+4 cSegments 2
 18+80/88 segments [1]
  18+80 segments[0] {} MS-PCCRC 2.3.1.1
   18+8 ullOffsetInContent 0
   26+4 cbSegment 7
   30+4 cbBlockSize 65536 "64 KiB"
   34+32 SegmentHashOfData secret 2021222324252627…
   66+32 SegmentSecret secret 4041424344454647…
`},
	{"content of version 2", Content, v2of([]uint32{1024}, nil), "CONTENT_INFORMATION_V2", `
0+109 CONTENT_INFORMATION_V2 {} MS-PCCRC 2.4
 0+1 bMinorVersion 0
 1+1 bMajorVersion 2 "version 2.0"
 2+1 bHashAlgo 4 "Truncated SHA-512"
 3+8 ullStartInContent 4096 "4 KiB"
 11+8 ullIndexOfFirstSegment 7
 19+4 dwOffsetInFirstSegment 9
 23+8 ullLengthOfRange 1024 "1 KiB"
 31+78 chunks [2]
  31+73 chunks[0] {} MS-PCCRC 2.4.1.1
   31+1 bChunkType 0 "segment descriptions"
   32+4 dwChunkDataLength 68
   36+68 chunkData [1]
    36+68 chunkData[0] {} MS-PCCRC 2.4.1.2
     36+4 cbSegment 1024 "1 KiB"
     40+32 SegmentHashOfData secret 2021222324252627…
     72+32 SegmentSecret secret 4041424344454647…
  104+5 chunks[1] {} MS-PCCRC 2.4.1.1
   104+1 bChunkType 0 "segment descriptions"
   105+4 dwChunkDataLength 0
   109+0 chunkData [0]
`},
	{"chunk of 3 bytes before another", Content, append(v2of(), 0, 0, 0, 0, 3, 1, 2, 3, 7), "CONTENT_INFORMATION_V2", `
0+40/44 CONTENT_INFORMATION_V2 {} MS-PCCRC 2.4
 0+1 bMinorVersion 0
 1+1 bMajorVersion 2 "version 2.0"
 2+1 bHashAlgo 4 "Truncated SHA-512"
 3+8 ullStartInContent 4096 "4 KiB"
 11+8 ullIndexOfFirstSegment 7
 19+4 dwOffsetInFirstSegment 9
 23+8 ullLengthOfRange 1024 "1 KiB"
 31+9/13 chunks [2]
  31+8 chunks[0] {} MS-PCCRC 2.4.1.1
   31+1 bChunkType 0 "segment descriptions"
   32+4 dwChunkDataLength 3
   36+0 chunkData [0]
   36+3 Rest secret 010203
  39+1/5 chunks[1] {} MS-PCCRC 2.4.1.1
   39+1 bChunkType secret 7
`},
	{"response", Response, append(responseOf(1), 9, 8), "RESPONSE_MESSAGE", `
0+7 RESPONSE_MESSAGE {} MS-PCHC 2.2.2.2
 0+4 TransportHeader {} MS-PCHC 2.2.2.1
  0+4 Size 1
 4+1 ResponseCode 1 "INTERESTED"
 5+2 Trailing secret 0908
`},
	{"empty response", Response, nil, "RESPONSE_MESSAGE", `
0+0/4 RESPONSE_MESSAGE {} MS-PCHC 2.2.2.2
`},
}

func draw(out *strings.Builder, n *Node, indent, section string) {
	fmt.Fprintf(out, "%s%d+%d", indent, n.Offset, len(n.Raw()))
	if n.Truncated() {
		fmt.Fprintf(out, "/%d", n.Size)
	}
	fmt.Fprintf(out, " %s", n.Name)
	if n.Index >= 0 {
		fmt.Fprintf(out, "[%d]", n.Index)
	}
	if n.Secret {
		out.WriteString(" secret")
	}
	switch {
	case n.Form == Structure:
		out.WriteString(" {}")
	case n.Form == List:
		fmt.Fprintf(out, " [%d]", len(n.Children))
	case n.Form == Integer && n.Truncated():
		out.WriteString(" ?")
	case n.Form == Integer:
		fmt.Fprintf(out, " %d", n.Value)
	case len(n.Raw()) > 8:
		fmt.Fprintf(out, " %x…", n.Raw()[:8])
	default:
		fmt.Fprintf(out, " %x", n.Raw())
	}
	if n.Meaning != "" {
		fmt.Fprintf(out, " %q", n.Meaning)
	}
	if n.Section != section {
		fmt.Fprintf(out, " %s", n.Section)
	}
	out.WriteByte('\n')
	for i := range n.Children {
		draw(out, &n.Children[i], indent+" ", n.Section)
	}
}

// Leaves goes through all of a message but what has parts, without allocating
// for each, and names them as violations do.
func TestLeaves(t *testing.T) {
	for _, c := range treeCases {
		root := &Dissect(c.kind, c.b).Root
		end := 0
		for path, n := range root.Leaves() {
			if n.Offset != end || n.Form == Structure || n.Form == List {
				t.Errorf("%s: %s at %d, form %d, after %d", c.name, path, n.Offset, n.Form, end)
			}
			end += len(n.Raw())
			if found := follow(root, path.String()); found != n {
				t.Errorf("%s: %s leads to %v", c.name, path, found)
			}
		}
		if end != len(c.b) {
			t.Errorf("%s: the leaves end at %d of %d", c.name, end, len(c.b))
		}
	}
	root := &Dissect(Request, batchOf(128)).Root
	visited, last := 0, ""
	if got := testing.AllocsPerRun(10, func() {
		visited = 0
		for range root.Leaves() {
			visited++
		}
	}); got > 3 || visited != 6+128*6 {
		t.Errorf("%v allocations for %d leaves", got, visited)
	}
	for path, n := range root.Leaves() {
		last = path.String()
		if n.Name == "SizeOfContentTag" {
			break
		}
	}
	if last != "SegmentDescriptor[0].SizeOfContentTag" {
		t.Errorf("stopped at %s", last)
	}
	for path, n := range root.Child("MessageHeader").Child("Type").Leaves() {
		if path.String() != "" || n.Name != "Type" {
			t.Errorf("the leaf of a leaf is %q, %s", path, n.Name)
		}
	}
}

func TestChild(t *testing.T) {
	root := &Dissect(Request, batchOf(1)[:3]).Root
	if typ := root.Child("MessageHeader").Child("Type"); typ == nil || !typ.Truncated() {
		t.Errorf("Type that is cut short: %v", typ)
	}
	if n := root.Child("Hash").Child("Port"); n != nil {
		t.Errorf("%s is there", n.Name)
	}
}

func TestTree(t *testing.T) {
	for _, c := range treeCases {
		t.Run(c.name, func(t *testing.T) {
			d := Dissect(c.kind, c.b)
			if d.Message != c.message {
				t.Errorf("message %s", d.Message)
			}
			var out strings.Builder
			draw(&out, &d.Root, "", "")
			if diff := cmp.Diff(c.want, "\n"+out.String()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMeanings(t *testing.T) {
	tags := []struct{ tag, want string }{
		{"WinINet\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WinINet"},
		{"WebIO\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "WebIO"},
		{"BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x00", "BITS-4.0"},
		{"BITS-4.0\x00\x00\x00\x00\x00\x00\x00\x01", "Other"},
		{"BITS-4.0        ", "Other"},
		{"\x35\xDB\x04\x5D\x14\x23\x45\x53\xA0\x51\x0D\xC2\xE1\x5E\x6C\x4C", "SMB"},
		{"\x36\xDB\x04\x5D\x14\x23\x45\x53\xA0\x51\x0D\xC2\xE1\x5E\x6C\x4C", "Other"},
		{"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", "Other"},
	}
	for _, c := range tags {
		d := Dissect(Request, with(batchOf(1), 26, []byte(c.tag)...))
		tag := d.Root.find("SegmentDescriptor").element(0).find("ContentTag")
		if tag.Meaning != c.want {
			t.Errorf("tag %q means %q, not %q", c.tag, tag.Meaning, c.want)
		}
	}
	sizes := []struct {
		size uint64
		want string
	}{
		{0, ""}, {1, ""}, {1023, ""}, {1024, "1 KiB"}, {1025, ""}, {65536, "64 KiB"}, {99 << 10, "99 KiB"},
		{1 << 20, "1 MiB"}, {3 << 19, "1536 KiB"}, {32 << 20, "32 MiB"}, {1 << 63, "8796093022208 MiB"},
	}
	for _, c := range sizes {
		if got := roundSize(c.size); got != c.want {
			t.Errorf("%d bytes mean %q, not %q", c.size, got, c.want)
		}
	}
	codes := []struct {
		kind Kind
		b    []byte
		path []string
		want string
	}{
		{Request, request(1, 1), []string{"MessageHeader", "Type"}, "INITIAL_OFFER_MESSAGE"},
		{Request, request(1, 2), []string{"MessageHeader", "Type"}, "SEGMENT_INFO_MESSAGE"},
		{Request, request(2, 3), []string{"MessageHeader", "Type"}, "BATCHED_OFFER_MESSAGE"},
		{Request, request(3, 4), []string{"MessageHeader", "MajorVersion"}, ""},
		{Response, responseOf(0), []string{"ResponseCode"}, "OK"},
		{Response, responseOf(2), []string{"ResponseCode"}, ""},
		{Content, v1of(1), []string{"dwHashAlgo"}, "SHA-256"},
		{Content, with(v1of(1), 2, 0x0D), []string{"dwHashAlgo"}, "SHA-384"},
		{Content, with(v1of(1), 2, 0x0E), []string{"dwHashAlgo"}, "SHA-512"},
		{Content, with(v2of(), 23, 0, 0, 0, 0, 0, 0, 0, 0), []string{"ullLengthOfRange"}, "the whole content"},
	}
	for _, c := range codes {
		n := &Dissect(c.kind, c.b).Root
		for _, name := range c.path {
			n = n.find(name)
		}
		if n.Meaning != c.want {
			t.Errorf("%s %d means %q, not %q", n.Name, n.Value, n.Meaning, c.want)
		}
	}
}

func TestGuess(t *testing.T) {
	cases := []struct {
		b    []byte
		want Kind
	}{
		{nil, Response},
		{[]byte{0}, Response},
		{[]byte{0, 0}, Response},
		{responseOf(0), Response},
		{with(responseOf(0), 3, 255), Response},
		{[]byte{1, 0, 0, 0, 0}, Response}, // Size in the wrong byte order
		{initialOffer32(), Request},
		{segmentInfo100k(), Request},
		{batchOf(1), Request},
		{[]byte{0, 2, 0}, Request},
		{[]byte{0, 2}, Response},
		{[]byte{9, 1, 0, 77}, Request},
		{[]byte{0xFE, 0xFE, 0, 1}, Request},
		{[]byte{0xFE, 0xFE, 0, 3}, Request},
		{[]byte{0xFE, 0xFE, 0, 4}, Response},
		{[]byte{0xFE, 0xFE, 1, 3}, Response},
		{[]byte{0xFE, 0xFE, 0, 0, 0, 0, 0}, Response},
		{[]byte{0xFE, 0xFE, 0, 0, 0, 0, 0, 0}, Request},
		{with(batchOf(1), 2, 0xFE, 0xFE), Request},
		{v1of(1), Content},
		{v2of(), Content},
		{[]byte{0, 1, 0x0D}, Content},
		{[]byte{0, 1, 0x0E}, Content},
		{[]byte{0, 1, 0x0B}, Response},
		{[]byte{0, 1, 0x0F, 0, 0, 0, 0, 0}, Request},
		{[]byte{5, 0, 0, 0, 0, 0, 0, 0}, Request},
		{[]byte{0, 2, 4}, Content},
		{[]byte{0, 2, 0x0C}, Response},
		{[]byte{0, 1, 4}, Response},
	}
	for _, c := range cases {
		if got := Guess(c.b); got != c.want {
			t.Errorf("%x guessed as %d, not %d", c.b[:min(len(c.b), 8)], got, c.want)
		}
	}
}
