package spec

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// vectors are bytes that other implementations made, with the fields that they
// read back, integers in decimal. Most are from Microsoft's protocol test suite
// (WindowsProtocolTestSuites, PchcStack and PccrcStack, MIT licence); the one
// called iis was sent by a Windows IIS server and is quoted in the self-tests
// of iPXE.
var vectors = []struct {
	name    string
	message string
	hex     string
	valid   bool
	fields  []string
}{
	{"initial.nonzero-padding", "INITIAL_OFFER_MESSAGE",
		"00010001deadbeef0e77010203fdfeffe899024e28d04866655eaeda132e792c06bd4116680afb069cfa459078c66adf",
		true, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 1",
			"MessageHeader.Type 1",
			"MessageHeader.Padding deadbeef",
			"ConnectionInformation.Port 3703",
			"ConnectionInformation.Padding 010203fdfeff",
			"Hash e899024e28d04866655eaeda132e792c06bd4116680afb069cfa459078c66adf",
		}},
	{"initial.empty-hash", "INITIAL_OFFER_MESSAGE",
		"00010001000000000e77000000000000",
		false, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 1",
			"MessageHeader.Type 1",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 3703",
			"ConnectionInformation.Padding 000000000000",
		}},
	{"segment.sha256.b2.as-emitted", "SEGMENT_INFO_MESSAGE",
		"0001000200000000c822000000000000ac44fa31c08e3066a586a8a23783713f00010c80000000000000000000000100" +
			"000000000000000000003930010000000100060eecaa9b229de1382be924fc5a2a99c968a64270f434fa85ba381b3447" +
			"edaad373348c096f32ce9866e84f13715ff718ccb9cf38516df2f31480d34fb5d37402000000a6a98d7f309f68d83fe9" +
			"b3107daca4afa067687e1dfdcf00e131fefe020e565902bd818776dc566c3a2124838b876dfcf492fa488d954e3f7445" +
			"1a9874568b57",
		true, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 1",
			"MessageHeader.Type 2",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 51234",
			"ConnectionInformation.Padding 000000000000",
			"ContentTag ac44fa31c08e3066a586a8a23783713f",
			"SegmentInformation.Version 256",
			"SegmentInformation.dwHashAlgo 32780",
			"SegmentInformation.dwOffsetInFirstSegment 0",
			"SegmentInformation.dwReadBytesInLastSegment 0",
			"SegmentInformation.cSegments 1",
			"SegmentInformation.segments[0].ullOffsetInContent 0",
			"SegmentInformation.segments[0].cbSegment 77881",
			"SegmentInformation.segments[0].cbBlockSize 65536",
			"SegmentInformation.segments[0].SegmentHashOfData 060eecaa9b229de1382be924fc5a2a99c968a64270f434fa85ba381b3447edaa",
			"SegmentInformation.segments[0].SegmentSecret d373348c096f32ce9866e84f13715ff718ccb9cf38516df2f31480d34fb5d374",
			"SegmentInformation.blocks[0].cBlocks 2",
			"SegmentInformation.blocks[0].BlockHashes[0] a6a98d7f309f68d83fe9b3107daca4afa067687e1dfdcf00e131fefe020e5659",
			"SegmentInformation.blocks[0].BlockHashes[1] 02bd818776dc566c3a2124838b876dfcf492fa488d954e3f74451a9874568b57",
		}},
	{"segment.sha384.b1.intended", "SEGMENT_INFO_MESSAGE",
		"0001000200000000c822000000000000576562494f000000000000000000000000010d80000000000000031000000100" +
			"00000000000000000000031000000000010056bea8d4899a3734c7c6e77c88a07b08cae10c54d5fba51a8428e67ed1e1" +
			"688957192b3ff34e30e4335099a5af09645358c7e8d582f6395ad2aa04b66f68208622395088a7232da63c8202115e88" +
			"57242ee339c1770e9cf48fd531dbdcdf1ac00100000013d60d21c07747592e12a195c82d202fb77762422af0ef804537" +
			"1a2af9de5c124131f1cb40a4e598b52e2065faf3403f",
		true, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 1",
			"MessageHeader.Type 2",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 51234",
			"ConnectionInformation.Padding 000000000000",
			"ContentTag 576562494f0000000000000000000000",
			"SegmentInformation.Version 256",
			"SegmentInformation.dwHashAlgo 32781",
			"SegmentInformation.dwOffsetInFirstSegment 0",
			"SegmentInformation.dwReadBytesInLastSegment 4099",
			"SegmentInformation.cSegments 1",
			"SegmentInformation.segments[0].ullOffsetInContent 0",
			"SegmentInformation.segments[0].cbSegment 4099",
			"SegmentInformation.segments[0].cbBlockSize 65536",
			"SegmentInformation.segments[0].SegmentHashOfData 56bea8d4899a3734c7c6e77c88a07b08cae10c54d5fba51a8428e67ed1e1688957192b3ff34e30e4335099a5af096453",
			"SegmentInformation.segments[0].SegmentSecret 58c7e8d582f6395ad2aa04b66f68208622395088a7232da63c8202115e8857242ee339c1770e9cf48fd531dbdcdf1ac0",
			"SegmentInformation.blocks[0].cBlocks 1",
			"SegmentInformation.blocks[0].BlockHashes[0] 13d60d21c07747592e12a195c82d202fb77762422af0ef8045371a2af9de5c124131f1cb40a4e598b52e2065faf3403f",
		}},
	{"batch.n1.a04.t0", "BATCHED_OFFER_MESSAGE",
		"0002000300000000c82200000000000000008000000080000000047fb5b438c4424e7e35e679e7060d1a259c1eff80fc" +
			"8e2bc70c85a104ebb6e6a0",
		false, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 2",
			"MessageHeader.Type 3",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 51234",
			"ConnectionInformation.Padding 000000000000",
			"SegmentDescriptor[0].BlockSize 32768",
			"SegmentDescriptor[0].SegmentSize 32768",
			"SegmentDescriptor[0].SizeOfContentTag 0",
			"SegmentDescriptor[0].ContentTag ",
			"SegmentDescriptor[0].HashAlgorithm 4",
			"SegmentDescriptor[0].SegmentHoHoDk 7fb5b438c4424e7e35e679e7060d1a259c1eff80fc8e2bc70c85a104ebb6e6a0",
		}},
	{"batch.n1.afe.t16", "BATCHED_OFFER_MESSAGE",
		"0002000300000000c8220000000000000000800000008000001035659fcd0fdc0f611fa2d863de780f72feabe0d0b92d" +
			"2e3d9a3ef65aa715bf1b11811835a1de2b2c35a77e58f85feec728",
		false, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 2",
			"MessageHeader.Type 3",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 51234",
			"ConnectionInformation.Padding 000000000000",
			"SegmentDescriptor[0].BlockSize 32768",
			"SegmentDescriptor[0].SegmentSize 32768",
			"SegmentDescriptor[0].SizeOfContentTag 16",
			"SegmentDescriptor[0].ContentTag 35659fcd0fdc0f611fa2d863de780f72",
			"SegmentDescriptor[0].HashAlgorithm 254",
			"SegmentDescriptor[0].SegmentHoHoDk abe0d0b92d2e3d9a3ef65aa715bf1b11811835a1de2b2c35a77e58f85feec728",
		}},
	{"batch.n2.a01.t16", "BATCHED_OFFER_MESSAGE",
		"0002000300000000c8220000000000000000800000008000001035a6728d43125037a1334ed2206fef8e010c8ae28354" +
			"54ad582cf9b88b3a4dfb924fa379a0b8bb3f9719d2ab6cc3a8540c000083fd000083fd00109b11f3aa0e3e2658cb4fcb" +
			"8b9ea59707014f153253b3c14af7e7fc9823520b6a9f8e0c4b1def0f14e78cc211c097a4bb59",
		true, []string{
			"MessageHeader.MinorVersion 0",
			"MessageHeader.MajorVersion 2",
			"MessageHeader.Type 3",
			"MessageHeader.Padding 00000000",
			"ConnectionInformation.Port 51234",
			"ConnectionInformation.Padding 000000000000",
			"SegmentDescriptor[0].BlockSize 32768",
			"SegmentDescriptor[0].SegmentSize 32768",
			"SegmentDescriptor[0].SizeOfContentTag 16",
			"SegmentDescriptor[0].ContentTag 35a6728d43125037a1334ed2206fef8e",
			"SegmentDescriptor[0].HashAlgorithm 1",
			"SegmentDescriptor[0].SegmentHoHoDk 0c8ae2835454ad582cf9b88b3a4dfb924fa379a0b8bb3f9719d2ab6cc3a8540c",
			"SegmentDescriptor[1].BlockSize 33789",
			"SegmentDescriptor[1].SegmentSize 33789",
			"SegmentDescriptor[1].SizeOfContentTag 16",
			"SegmentDescriptor[1].ContentTag 9b11f3aa0e3e2658cb4fcb8b9ea59707",
			"SegmentDescriptor[1].HashAlgorithm 1",
			"SegmentDescriptor[1].SegmentHoHoDk 4f153253b3c14af7e7fc9823520b6a9f8e0c4b1def0f14e78cc211c097a4bb59",
		}},
	{"response.interested", "RESPONSE_MESSAGE",
		"0000000101",
		true, []string{
			"TransportHeader.Size 1",
			"ResponseCode 1",
		}},
	{"response.size5", "RESPONSE_MESSAGE",
		"0000000500",
		false, []string{
			"TransportHeader.Size 5",
			"ResponseCode 0",
		}},
	{"v1.sha256.65537.read-zero", "CONTENT_INFORMATION_V1",
		"00010c800000000000000000000001000000000000000000000001000100000001005975fcfda5a692b0df7dceb00626" +
			"bbfa7537a6df7ae40b0aac5e955d1dec01ab9810b340cc1d5d75ac0cf1d3817514f533f1491ef80da8388ead6434ef46" +
			"966902000000510b126e1d4ced49107fe4ab03ee54cb1c8e4caf6064e1dd29c48d4a3e74c38b084fed08b978af4d7d19" +
			"6a7446a86b58009e636b611db16211b65a9aadff29c5",
		true, []string{
			"Version 256",
			"dwHashAlgo 32780",
			"dwOffsetInFirstSegment 0",
			"dwReadBytesInLastSegment 0",
			"cSegments 1",
			"segments[0].ullOffsetInContent 0",
			"segments[0].cbSegment 65537",
			"segments[0].cbBlockSize 65536",
			"segments[0].SegmentHashOfData 5975fcfda5a692b0df7dceb00626bbfa7537a6df7ae40b0aac5e955d1dec01ab",
			"segments[0].SegmentSecret 9810b340cc1d5d75ac0cf1d3817514f533f1491ef80da8388ead6434ef469669",
			"blocks[0].cBlocks 2",
			"blocks[0].BlockHashes[0] 510b126e1d4ced49107fe4ab03ee54cb1c8e4caf6064e1dd29c48d4a3e74c38b",
			"blocks[0].BlockHashes[1] 084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5",
		}},
	{"v1.sha256.65537.unrepaired", "CONTENT_INFORMATION_V1",
		"00010c800000000000000000000001000000000000000000000001000100000001005975fcfda5a692b0df7dceb00626" +
			"bbfa7537a6df7ae40b0aac5e955d1dec01ab9810b340cc1d5d75ac0cf1d3817514f533f1491ef80da8388ead6434ef46" +
			"966902000000084fed08b978af4d7d196a7446a86b58009e636b611db16211b65a9aadff29c5",
		false, []string{}},
	{"v1.sha512.65537.read-full", "CONTENT_INFORMATION_V1",
		"00010e80000000000000010001000100000000000000000000000100010000000100ab696b8acb7a6289eb037935243c" +
			"03e43a2d0da9802f2e720391dfa98ff89ab381c266f559446138645e41b355a2eb1fcf7b23eda7c044b0fc598983bd40" +
			"0197964fd07f02c4af6be57336ac3b9bb1d0cc70262da63f5b1b0ab2cd7382d3c5328b0c0883dc2f3e963fcdb11ec697" +
			"ee12ca548c501176e76cb628b4a5244aa15902000000e926f618f10ac451ee87c850116725cee283ca5a6e9e50870ab6" +
			"ec09290c1ce0b69ca299dd6c97607397d32126e10a34edd67ff5a6784c4aa6f7459fffc34bc2e45bf5817ddf94aa2f7a" +
			"407071f0eedc6beb98f768b4cd33d1176d44d1563a45a5d7212290eb7670c6786b13591aedac86478993895e8b24e612" +
			"014abaa6ba04",
		true, []string{
			"Version 256",
			"dwHashAlgo 32782",
			"dwOffsetInFirstSegment 0",
			"dwReadBytesInLastSegment 65537",
			"cSegments 1",
			"segments[0].ullOffsetInContent 0",
			"segments[0].cbSegment 65537",
			"segments[0].cbBlockSize 65536",
			"segments[0].SegmentHashOfData ab696b8acb7a6289eb037935243c03e43a2d0da9802f2e720391dfa98ff89ab381c266f559446138645e41b355a2eb1fcf7b23eda7c044b0fc598983bd400197",
			"segments[0].SegmentSecret 964fd07f02c4af6be57336ac3b9bb1d0cc70262da63f5b1b0ab2cd7382d3c5328b0c0883dc2f3e963fcdb11ec697ee12ca548c501176e76cb628b4a5244aa159",
			"blocks[0].cBlocks 2",
			"blocks[0].BlockHashes[0] e926f618f10ac451ee87c850116725cee283ca5a6e9e50870ab6ec09290c1ce0b69ca299dd6c97607397d32126e10a34edd67ff5a6784c4aa6f7459fffc34bc2",
			"blocks[0].BlockHashes[1] e45bf5817ddf94aa2f7a407071f0eedc6beb98f768b4cd33d1176d44d1563a45a5d7212290eb7670c6786b13591aedac86478993895e8b24e612014abaa6ba04",
		}},
	{"v2.65537.64k", "CONTENT_INFORMATION_V2",
		"00020400000000000000000000000000000000000000000000000000010001000000008800010000e926f618f10ac451" +
			"ee87c850116725cee283ca5a6e9e50870ab6ec09290c1ce0807ef595e935864ecb32c574db35e67ead4ebb7062440a07" +
			"f00a9df1fb3d232100000001e45bf5817ddf94aa2f7a407071f0eedc6beb98f768b4cd33d1176d44d1563a457359a9d6" +
			"fd5305083d13297da7c401d476a60db7bae323dc8b272e95eec702a9",
		true, []string{
			"bMinorVersion 0",
			"bMajorVersion 2",
			"bHashAlgo 4",
			"ullStartInContent 0",
			"ullIndexOfFirstSegment 0",
			"dwOffsetInFirstSegment 0",
			"ullLengthOfRange 65537",
			"chunks[0].bChunkType 0",
			"chunks[0].dwChunkDataLength 136",
			"chunks[0].chunkData[0].cbSegment 65536",
			"chunks[0].chunkData[0].SegmentHashOfData e926f618f10ac451ee87c850116725cee283ca5a6e9e50870ab6ec09290c1ce0",
			"chunks[0].chunkData[0].SegmentSecret 807ef595e935864ecb32c574db35e67ead4ebb7062440a07f00a9df1fb3d2321",
			"chunks[0].chunkData[1].cbSegment 1",
			"chunks[0].chunkData[1].SegmentHashOfData e45bf5817ddf94aa2f7a407071f0eedc6beb98f768b4cd33d1176d44d1563a45",
			"chunks[0].chunkData[1].SegmentSecret 7359a9d6fd5305083d13297da7c401d476a60db7bae323dc8b272e95eec702a9",
		}},
	{"iis_85_png_v1", "CONTENT_INFORMATION_V1",
		"00010c80000000000000000000000100000000000000000000007e85010000000100d8d976354a4872e925761803f458" +
			"d9daaa67f8e31c630fb74e6a312ef8a25aba11afc0d7949243f94f9c1fab35d9fd1e331fcf7811a2e01d3587b38d770a" +
			"29e20200000073c18ab8549110f8e90e71bbc3ab2aa8c44d13f4929499255b660f24ec77800b974bdd65567fdeeccdaf" +
			"e457a9503b4548f66ed3b188dcfda0ac382b09711acc",
		true, []string{
			"segments[0].SegmentHashOfData d8d976354a4872e925761803f458d9daaa67f8e31c630fb74e6a312ef8a25aba",
			"segments[0].SegmentSecret 11afc0d7949243f94f9c1fab35d9fd1e331fcf7811a2e01d3587b38d770a29e2",
			"segments[0].cbSegment 99710",
			"segments[0].cbBlockSize 65536",
			"cSegments 1",
			"blocks[0].cBlocks 2",
			"blocks[0].BlockHashes[0] 73c18ab8549110f8e90e71bbc3ab2aa8c44d13f4929499255b660f24ec77800b",
			"blocks[0].BlockHashes[1] 974bdd65567fdeeccdafe457a9503b4548f66ed3b188dcfda0ac382b09711acc",
		}},
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			b, err := hex.DecodeString(v.hex)
			if err != nil {
				t.Fatal(err)
			}
			kind := Request
			switch {
			case strings.HasPrefix(v.message, "CONTENT"):
				kind = Content
			case strings.HasPrefix(v.message, "RESPONSE"):
				kind = Response
			}
			if got := Guess(b); got != kind {
				t.Errorf("guessed as %d", got)
			}
			d := Dissect(kind, b)
			if d.Message != v.message || d.Valid() != v.valid {
				t.Errorf("%s, valid %t: %v", d.Message, d.Valid(), listed(d))
			}
			if v.valid && len(d.Violations) != 0 {
				t.Errorf("violations %v", listed(d))
			}
			for _, field := range v.fields {
				path, want, _ := strings.Cut(field, " ")
				n := follow(&d.Root, path)
				if n == nil {
					t.Errorf("there is no %s", path)
					continue
				}
				got := hex.EncodeToString(n.Raw())
				if n.Form == Integer {
					got = strconv.FormatUint(n.Value, 10)
				}
				if got != want {
					t.Errorf("%s is %s, want %s", path, got, want)
				}
			}
		})
	}
}

// follow returns the node with that path.
func follow(n *Node, path string) *Node {
	for step := range strings.SplitSeq(path, ".") {
		name, index, indexed := strings.Cut(strings.TrimSuffix(step, "]"), "[")
		n = n.Child(name)
		if indexed {
			i, _ := strconv.Atoi(index)
			n = n.element(i)
		}
	}
	return n
}
