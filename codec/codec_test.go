package codec_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/corpus"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

func TestImports(t *testing.T) { testutil.Imports(t, "github.com/hostedcache/pchc/pccrc") }

func descriptor(a codec.HashAlgorithm) codec.SegmentDescriptorFields {
	return codec.SegmentDescriptorFields{BlockSize: 65536, SegmentSize: 1 << 25, ContentTag: codec.TagBITS,
		HashAlgorithm: a, SegmentHoHoDk: [32]byte{1, 2, 3}}
}

// descriptors is the wire form of n descriptors.
func descriptors(t testing.TB, n int) codec.SegmentDescriptors {
	var s codec.SegmentDescriptors
	for i := range n {
		var err error
		if s, err = s.Append(descriptor([]codec.HashAlgorithm{codec.HashSHA256, codec.HashTruncatedSHA512}[i%2])); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func batch(t testing.TB, n int) []byte {
	m := codec.NewBatchedOfferMessage(8080)
	m.SegmentDescriptors = descriptors(t, n)
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func segmentInfo(t testing.TB) codec.SegmentInfoMessage {
	v := pccrc.NewV1(pccrc.SHA384)
	err := v.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: 1 << 33, CbSegment: 100000, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: make([]byte, 48), SegmentSecret: pccrc.NewSecret(make([]byte, 48)), BlockHashes: make([]byte, 96)})
	if err != nil {
		t.Fatal(err)
	}
	return codec.NewSegmentInfoMessage(443, codec.TagSMB, v)
}

// Cut at every length, a valid message is refused at the first field that is
// not wholly there, or at the count that the bytes do not back.
func TestTruncated(t *testing.T) {
	type field struct {
		offset, end int
		rule        codec.Rule
	}
	envelope := []field{
		{0, 1, codec.RuleHeaderTruncated}, {1, 2, codec.RuleHeaderTruncated}, {2, 4, codec.RuleHeaderTruncated}, {4, 8, codec.RuleHeaderTruncated},
		{8, 10, codec.RuleConnectionTruncated}, {10, 16, codec.RuleConnectionTruncated},
	}
	offer := codec.NewInitialOfferMessage(80, make([]byte, 64))
	initial, err := offer.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	info := segmentInfo(t)
	segment, err := info.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	descriptors := envelope
	for i := range 3 {
		at := 16 + i*59
		first := codec.RuleDescriptorTruncated
		if i == 0 {
			descriptors = append(descriptors, field{16, 17, codec.RuleMinDescriptors})
		} else {
			descriptors = append(descriptors, field{0, at + 1, ""}) // whole descriptors only
		}
		descriptors = append(descriptors, field{at, at + 4, first}, field{at + 4, at + 8, first}, field{at + 8, at + 10, first},
			field{at + 10, at + 26, first}, field{at + 26, at + 27, first}, field{at + 27, at + 59, first})
	}
	for name, c := range map[string]struct {
		b      []byte
		fields []field
	}{
		"INITIAL_OFFER_MESSAGE": {initial, append(envelope[:6:6], field{16, 48, codec.RuleHash}, field{0, 49, ""},
			field{16, 64, codec.RuleHash})},
		"SEGMENT_INFO_MESSAGE": {segment, append(envelope[:6:6], field{16, 32, codec.RuleContentTagTruncated},
			field{32, 34, pccrc.RuleV1Truncated}, field{34, 38, pccrc.RuleV1Truncated}, field{38, 42, pccrc.RuleV1Truncated},
			field{42, 46, pccrc.RuleV1Truncated}, field{46, 50, pccrc.RuleV1Truncated}, field{46, 50 + 112, pccrc.RuleCSegments},
			field{162, 166, pccrc.RuleBlocksTruncated}, field{162, 166 + 96, pccrc.RuleCBlocks})},
		"BATCHED_OFFER_MESSAGE": {batch(t, 3), descriptors},
	} {
		t.Run(name, func(t *testing.T) {
			i := 0
			for n := range c.b {
				if i < len(c.fields)-1 && n >= c.fields[i].end {
					i++
				}
				_, err := decode(c.b[:n])
				f := c.fields[i]
				if f.rule == "" || name == "INITIAL_OFFER_MESSAGE" && n == 64 {
					if err != nil {
						t.Errorf("%d bytes: %v", n, err)
					}
					continue
				}
				checkError(t, err, string(f.rule), f.offset, false)
				if e := err.(*codec.Error); strings.HasSuffix(string(f.rule), "Truncated") && e.Value != uint64(n-f.offset) {
					t.Errorf("%d bytes: %v", n, err)
				}
			}
			if i != len(c.fields)-1 {
				t.Errorf("only %d of %d fields were reached", i+1, len(c.fields))
			}
		})
	}
}

// What is wrong before the cut comes first, as soon as it is wholly there.
func TestTruncatedBehindFault(t *testing.T) {
	bad := batch(t, 3)
	bad[16+2*59+9] = 15
	for n := 16 + 2*59 + 10; n <= len(bad); n++ {
		_, err := codec.DecodeBatchedOfferMessage(bad[:n])
		checkError(t, err, string(codec.RuleSizeOfContentTag), 16+2*59+8, false)
	}
	bad[16+2*59+9], bad[16+2*59+26] = 16, 3
	for n := 16 + 2*59 + 27; n <= len(bad); n++ {
		_, err := codec.DecodeBatchedOfferMessage(bad[:n])
		checkError(t, err, string(codec.RuleHashAlgorithm), 16+2*59+26, false)
	}
	info := segmentInfo(t)
	bad, err := info.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, count := range []byte{0, 2, 255} {
		bad[46] = count
		for n := 50; n <= len(bad); n++ {
			_, err := codec.DecodeSegmentInfoMessage(bad[:n])
			checkError(t, err, string(codec.RuleOneSegment), 46, false)
		}
	}
	for n := 4; n < 16; n++ {
		_, err := codec.DecodeRequestMessage(batch(t, 1)[:n])
		if e := err.(*codec.Error); e.Message != "BATCHED_OFFER_MESSAGE" {
			t.Errorf("%d bytes: %v", n, err)
		}
		_, err = codec.DecodeRequestMessage(append([]byte{0, 1, 0, 3}, make([]byte, n-4)...))
		checkError(t, err, string(codec.RuleBatchedOfferVersion), 2, false)
	}
}

func TestAppend(t *testing.T) {
	m := codec.NewBatchedOfferMessage(80)
	d := descriptor(codec.HashSHA256)
	for i := range codec.MaxDescriptors {
		if err := m.Append(d); err != nil {
			t.Fatalf("descriptor %d: %v", i, err)
		}
	}
	checkError(t, m.Append(d), string(codec.RuleMaxDescriptors), 7568, false)
	if m.SegmentDescriptors.Len() != codec.MaxDescriptors || m.EncodedLen() != codec.MaxBatchedOfferLen {
		t.Errorf("%d descriptors, %d bytes", m.SegmentDescriptors.Len(), m.EncodedLen())
	}
	m = codec.NewBatchedOfferMessage(80)
	if err := m.Append(d); err != nil {
		t.Fatal(err)
	}
	for _, a := range []codec.HashAlgorithm{0, 2, 3, 5, 0xFE} {
		checkError(t, m.Append(descriptor(a)), string(codec.RuleHashAlgorithm), 16+59+26, false)
	}
	if m.SegmentDescriptors.Len() != 1 || m.SegmentDescriptors.At(0).Fields() != d {
		t.Errorf("%d descriptors after those that were refused", m.SegmentDescriptors.Len())
	}
}

// Appending to a decoded message copies; the decoded bytes and what lies behind
// them stay as they are.
func TestAppendToDecoded(t *testing.T) {
	b := batch(t, 2)
	room := append(bytes.Clone(b), bytes.Repeat([]byte{0xEE}, 200)...)
	m, err := codec.DecodeBatchedOfferMessage(room[:len(b)])
	if err != nil {
		t.Fatal(err)
	}
	d := descriptor(codec.HashSHA256)
	if err := m.Append(d); err != nil {
		t.Fatal(err)
	}
	// Nor behind a body that a caller cut out.
	r := codec.RequestMessage{MessageHeader: m.MessageHeader, MessageBody: room[16:len(b)]}
	if cut, err := r.DecodeBatchedOffer(); err != nil || cut.Append(d) != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(room[:len(b)], b) || bytes.Count(room[len(b):], []byte{0xEE}) != 200 {
		t.Error("Append wrote to the decoded bytes or behind them")
	}
	if m.SegmentDescriptors.At(2).Fields() != d {
		t.Error("the descriptor that was appended is not the last")
	}
}

// Descriptors come straight from Content Information of either version.
func TestAppendSegments(t *testing.T) {
	v1 := segmentInfo(t).SegmentInformation
	if s, err := descriptors(t, 1).AppendSegments(codec.TagSMB, v1.Segments()); s.Len() != 1 {
		t.Errorf("%d descriptors after SHA-384", s.Len())
	} else {
		checkError(t, err, string(codec.RuleHashAlgorithm), 16+59+26, false)
	}
	v1 = pccrc.NewV1(pccrc.SHA256)
	for i := range 3 {
		err := v1.Append(pccrc.SegmentFieldsV1{UllOffsetInContent: uint64(i) * pccrc.MaxSegmentSizeV1, CbSegment: pccrc.MaxSegmentSizeV1,
			CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: bytes.Repeat([]byte{byte(i)}, 32),
			SegmentSecret: pccrc.NewSecret(make([]byte, 32)), BlockHashes: make([]byte, 512*32)})
		if err != nil {
			t.Fatal(err)
		}
	}
	var v2 pccrc.ContentInformationV2
	for i := range 3 {
		s := pccrc.SegmentFieldsV2{CbSegment: uint32(1000 + i), SegmentHashOfData: bytes.Repeat([]byte{byte(i)}, 32), SegmentSecret: pccrc.NewSecret(make([]byte, 32))}
		if err := v2.AppendChunk(s, s); err != nil {
			t.Fatal(err)
		}
	}
	s, err := (codec.SegmentDescriptors{}).AppendSegments(codec.TagBITS, v1.Segments())
	if err != nil {
		t.Fatal(err)
	}
	if s, err = s.AppendSegments(codec.TagWebIO, v2.Segments()); err != nil || s.Len() != 9 {
		t.Fatalf("%d descriptors, %v", s.Len(), err)
	}
	for i, d := range s.All() {
		want := codec.SegmentDescriptorFields{BlockSize: pccrc.BlockSizeV1, SegmentSize: pccrc.MaxSegmentSizeV1, ContentTag: codec.TagBITS, HashAlgorithm: codec.HashSHA256}
		if i < 3 {
			copy(want.SegmentHoHoDk[:], v1.AppendHoHoDk(nil, i))
		} else {
			size := uint32(1000 + (i-3)/2)
			want = codec.SegmentDescriptorFields{BlockSize: size, SegmentSize: size, ContentTag: codec.TagWebIO, HashAlgorithm: codec.HashTruncatedSHA512}
			copy(want.SegmentHoHoDk[:], v2.AppendHoHoDk(nil, i-3))
		}
		if d.Fields() != want {
			t.Errorf("descriptor %d is %+v, want %+v", i, d.Fields(), want)
		}
	}
	// One segment of several, as SEGMENT_INFO_MESSAGE carries it.
	v1.DwOffsetInFirstSegment = 7
	for i, one := range v1.SegmentInformations() {
		m := codec.NewSegmentInfoMessage(80, codec.TagBITS, one)
		b, err := m.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := codec.DecodeSegmentInfoMessage(b)
		if err != nil {
			t.Fatal(err)
		}
		one = got.SegmentInformation
		if !bytes.Equal(one.At(0).Bytes(), v1.At(i).Bytes()) || one.DwReadBytesInLastSegment != pccrc.MaxSegmentSizeV1 || one.DwOffsetInFirstSegment != []uint32{7, 0, 0}[i] {
			t.Errorf("segment %d is %v", i, one.At(0))
		}
	}
}

// Lists of any length, before the first message of them is sent.
func TestSegmentDescriptors(t *testing.T) {
	b := descriptors(t, 300).Bytes()
	s, err := codec.DecodeSegmentDescriptors(b)
	if err != nil || s.Len() != 300 {
		t.Fatal(s.Len(), err)
	}
	if none, err := codec.DecodeSegmentDescriptors(nil); err != nil || none.Len() != 0 {
		t.Error(none, err)
	}
	_, err = codec.DecodeSegmentDescriptors(b[:299*59+10])
	checkError(t, err, string(codec.RuleDescriptorTruncated), 299*59+10, false)
	bad := bytes.Clone(b)
	bad[200*59+26] = 9
	_, err = codec.DecodeSegmentDescriptors(bad)
	checkError(t, err, string(codec.RuleHashAlgorithm), 200*59+26, false)
	if e := err.(*codec.Error); e.Path() != "SegmentDescriptor[200].HashAlgorithm" {
		t.Errorf("the field is %s", e.Path())
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("Slice beyond Len does not panic")
			}
		}()
		three := descriptors(t, 3) // with room for more
		three.Slice(0, 4)
	}()
	// Appending to a part copies.
	part, err := s.Slice(10, 20).Append(descriptor(codec.HashSHA256))
	if err != nil || part.Len() != 11 || *part.At(9) != *s.At(19) || part.At(10).Fields() != descriptor(codec.HashSHA256) {
		t.Errorf("the part is %v, %v", part, err)
	}
	if !bytes.Equal(s.Bytes(), descriptors(t, 300).Bytes()) || cap(s.Bytes()) != len(b) {
		t.Error("appending to a part changed the whole")
	}
	kept := s.Clone()
	b[0] ^= 1
	if kept.At(0).BlockSize() == s.At(0).BlockSize() {
		t.Error("Clone shares bytes")
	}
	n := 0
	for m := range codec.SplitDescriptors(80, kept) {
		n += m.SegmentDescriptors.Len()
		if _, err := m.AppendBinary(nil); err != nil {
			t.Error(err)
		}
	}
	for range codec.SplitDescriptors(80, codec.SegmentDescriptors{}) {
		n++
	}
	if n != 300 {
		t.Errorf("%d descriptors in the messages", n)
	}
}

// What was cloned, or decoded from a copy, stays when the bytes change.
func TestKeep(t *testing.T) {
	info := segmentInfo(t)
	segment, err := info.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	offer, err := codec.NewInitialOfferMessage(80, make([]byte, 32)).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{offer, segment, batch(t, 3)} {
		bytesOf := bytes.Clone(b)
		r, err := codec.DecodeRequestMessage(bytesOf)
		if err != nil {
			t.Fatal(err)
		}
		body, err := r.DecodeBody()
		if err != nil {
			t.Fatal(err)
		}
		var kept []codec.Body
		switch m := body.(type) {
		case codec.InitialOfferMessage:
			var u codec.InitialOfferMessage
			if err := u.UnmarshalBinary(bytesOf); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, m.Clone(), u)
		case codec.SegmentInfoMessage:
			var u codec.SegmentInfoMessage
			if err := u.UnmarshalBinary(bytesOf); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, m.Clone(), u)
		case codec.BatchedOfferMessage:
			var u codec.BatchedOfferMessage
			if err := u.UnmarshalBinary(bytesOf); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, m.Clone(), u)
		}
		envelope := r.Clone()
		var again codec.RequestMessage
		if err := again.UnmarshalBinary(bytesOf); err != nil {
			t.Fatal(err)
		}
		for i := range bytesOf {
			bytesOf[i] ^= 0xFF
		}
		for _, r := range []codec.RequestMessage{envelope, again} {
			whole, err := r.DecodeBody()
			if err != nil {
				t.Fatal(err)
			}
			kept = append(kept, whole)
		}
		for i, m := range kept {
			if got, err := m.AppendBinary(nil); err != nil || !bytes.Equal(got, b) {
				t.Errorf("%s %d changed with the bytes that it was decoded from: %v", r.MessageHeader.Type, i, err)
			}
		}
		// A value that cannot be decoded leaves the receiver as it was.
		if err := again.UnmarshalBinary(b[:10]); err == nil || len(again.MessageBody) != len(b)-16 {
			t.Errorf("UnmarshalBinary of 10 bytes: %v, %v", err, again)
		}
	}
	if _, err := (&codec.RequestMessage{}).DecodeBody(); !errors.Is(err, codec.RuleType) {
		t.Error(err)
	}
}

func TestSniff(t *testing.T) {
	for b, want := range map[string]codec.MessageType{
		"": 0, "\x00\x01\x00": 0, "\x00\x01\x00\x01": 1, "\x00\x01\x00\x02x": 2, "\x00\x02\x00\x03": 3, "\x00\x02\x00\x01": 0,
		"\x00\x01\x00\x03": 0, "\x01\x01\x00\x01": 0, "\x00\x01\x01\x01": 0, "GET ": 0,
	} {
		if got := codec.Sniff([]byte(b)); got != want {
			t.Errorf("%q is %v, want %v", b, got, want)
		}
	}
}

// What could not be decoded again is not encoded.
func TestEncodeRefuses(t *testing.T) {
	offer := codec.NewInitialOfferMessage(80, make([]byte, 32))
	info, many := segmentInfo(t), codec.NewBatchedOfferMessage(80)
	many.SegmentDescriptors = descriptors(t, 1)
	check := func(name string, m message, rule codec.Rule, offset int) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			checkError(t, testutil.AppendFails(t, m.AppendBinary), string(rule), offset, false)
			checkError(t, testutil.AppendFails(t, m.AppendLenient), string(rule), offset, false)
		})
	}
	for _, c := range []struct {
		header codec.MessageHeader
		rule   codec.Rule
		offset int
	}{
		{codec.MessageHeader{MinorVersion: 1, MajorVersion: 1, Type: 1}, codec.RuleMinorVersion, 0},
		{codec.MessageHeader{}, codec.RuleMajorVersion, 1},
		{codec.MessageHeader{MajorVersion: 3, Type: 1}, codec.RuleMajorVersion, 1},
		{codec.MessageHeader{MajorVersion: 1}, codec.RuleType, 2},
		{codec.MessageHeader{MajorVersion: 2, Type: 4}, codec.RuleType, 2},
		{codec.MessageHeader{MajorVersion: 2, Type: 1}, codec.RuleInitialOfferVersion, 2},
		{codec.MessageHeader{MajorVersion: 2, Type: 2}, codec.RuleSegmentInfoVersion, 2},
		{codec.MessageHeader{MajorVersion: 1, Type: 3}, codec.RuleBatchedOfferVersion, 2},
	} {
		a, b, c2 := offer, info, many
		a.MessageHeader, b.MessageHeader, c2.MessageHeader = c.header, c.header, c.header
		check("INITIAL_OFFER "+string(c.rule), &a, c.rule, c.offset)
		check("SEGMENT_INFO "+string(c.rule), &b, c.rule, c.offset)
		check("BATCHED_OFFER "+string(c.rule), &c2, c.rule, c.offset)
	}
	a, b, c := offer, info, many
	a.MessageHeader, b.MessageHeader, c.MessageHeader = info.MessageHeader, many.MessageHeader, offer.MessageHeader
	check("another's header", &a, codec.RuleType, 2)
	check("another's header", &b, codec.RuleType, 2)
	check("another's header", &c, codec.RuleType, 2)
	for _, n := range []int{0, 31, 33, 47, 49, 63, 65} {
		a := offer
		a.Hash = make([]byte, n)
		check("Hash", &a, codec.RuleHash, 16)
	}
	none, two, unknown := info, info, info
	none.SegmentInformation = pccrc.NewV1(pccrc.SHA256)
	check("no segment", &none, codec.RuleOneSegment, 46)
	unknown.SegmentInformation = pccrc.NewV1(pccrc.TruncatedSHA512)
	check("no segment of an unknown algorithm", &unknown, codec.RuleOneSegment, 46)
	s := pccrc.SegmentFieldsV1{SegmentHashOfData: make([]byte, 48), SegmentSecret: pccrc.NewSecret(make([]byte, 48)), BlockHashes: make([]byte, 48)}
	if err := two.SegmentInformation.Append(s); err != nil {
		t.Fatal(err)
	}
	check("two segments", &two, codec.RuleOneSegment, 46)
	empty := codec.NewBatchedOfferMessage(80)
	check("no descriptor", &empty, codec.RuleMinDescriptors, 16)
	// The decoded bytes may change under a message.
	changed := batch(t, 3)
	decoded, err := codec.DecodeBatchedOfferMessage(changed)
	if err != nil {
		t.Fatal(err)
	}
	changed[16+59+9] = 0
	check("changed bytes", &decoded, codec.RuleSizeOfContentTag, 16+59+8)
	over := many
	over.SegmentDescriptors = descriptors(t, 129)
	check("129 descriptors", &over, codec.RuleMaxDescriptors, 7568)
	for _, code := range []codec.ResponseCode{2, 255} {
		checkError(t, testutil.AppendFails(t, func(dst []byte) ([]byte, error) {
			return codec.AppendResponseMessage(dst, code, codec.TypeInitialOffer)
		}), string(codec.RuleResponseCode), 4, false)
	}
	for _, typ := range []codec.MessageType{codec.TypeSegmentInfo, codec.TypeBatchedOffer} {
		checkError(t, testutil.AppendFails(t, func(dst []byte) ([]byte, error) {
			return codec.AppendResponseMessage(dst, codec.ResponseInterested, typ)
		}), string(codec.RuleInterested), 4, false)
	}
}

// In SEGMENT_INFO_MESSAGE dwReadBytesInLastSegment is the size of the segment, or
// 0, and the block list, a copy, may be any part of the segment's two.
func TestCopiedSegment(t *testing.T) {
	for _, c := range []struct {
		offset, read uint32
		blocks       int
		rule         codec.Rule
		at           int
	}{
		{0, 0, 2, "", 0}, {0, 100000, 2, "", 0}, {10, 100000, 2, "", 0}, {99999, 100000, 1, "", 0}, {99999, 0, 1, "", 0},
		{0, 100000, 1, "", 0}, {0, 0, 1, "", 0},
		{0, 1, 2, codec.RuleSegmentInfoReadBytes, 42}, {0, 99999, 2, codec.RuleSegmentInfoReadBytes, 42}, {0, 100001, 2, codec.RuleSegmentInfoReadBytes, 42},
		{10, 99990, 2, codec.RuleSegmentInfoReadBytes, 42}, {10, 99991, 2, codec.RuleSegmentInfoReadBytes, 42}, {99999, 1, 1, codec.RuleSegmentInfoReadBytes, 42},
		{0, 100000, 3, codec.RuleSegmentInfoBlockCount, 130}, {0, 0, 512, codec.RuleSegmentInfoBlockCount, 130},
		{0, 7, 3, codec.RuleSegmentInfoReadBytes, 42}, // which comes first
		{100000, 50, 3, pccrc.RuleV1Offset, 38},
	} {
		m := segmentInfo(t)
		v := pccrc.NewV1(pccrc.SHA256)
		v.DwOffsetInFirstSegment, v.DwReadBytesInLastSegment = c.offset, c.read
		err := v.Append(pccrc.SegmentFieldsV1{CbSegment: 100000, CbBlockSize: pccrc.BlockSizeV1, SegmentHashOfData: make([]byte, 32),
			SegmentSecret: pccrc.NewSecret(make([]byte, 32)), BlockHashes: make([]byte, 32*c.blocks)})
		if err != nil {
			t.Fatal(err)
		}
		for _, padding := range []int{0, 1} { // which comes last
			v.Padding = make([]byte, padding)
			m.SegmentInformation = v
			rule, at := c.rule, c.at
			if rule == "" && padding > 0 {
				rule, at = pccrc.RulePadding, 134+32*c.blocks
			}
			if rule == "" {
				if err := m.CheckSenderRules(); err != nil {
					t.Errorf("%+v: %v", c, err)
				}
				continue
			}
			checkError(t, m.CheckSenderRules(), string(rule), at, true)
			checkError(t, testutil.AppendFails(t, m.AppendBinary), string(rule), at, true)
		}
	}
	m := segmentInfo(t)
	m.SegmentInformation.DwOffsetInFirstSegment, m.SegmentInformation.DwReadBytesInLastSegment = 10, 99999
	want := "pchc: SEGMENT_INFO_MESSAGE: SegmentInformation.dwReadBytesInLastSegment is 99999, must be 0 or cbSegment (offset 42, MS-PCHC 2.2.1.4)"
	if err := m.CheckSenderRules(); err == nil || err.Error() != want {
		t.Errorf("message is\n%v, want\n%s", err, want)
	}
	// Port comes before all of that.
	m.ConnectionInformation.Port = 0
	checkError(t, m.CheckSenderRules(), string(codec.RulePort), 8, true)
	checkError(t, testutil.AppendFails(t, m.AppendBinary), string(codec.RulePort), 8, true)
}

func TestErrorText(t *testing.T) {
	with := func(b []byte, at int, value byte) []byte {
		b = bytes.Clone(b)
		b[at] = value
		return b
	}
	four := batch(t, 4)
	m := segmentInfo(t)
	info, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	request := func(b []byte) error { _, err := decode(b); return err }
	answer := func(b ...byte) error { _, err := codec.DecodeResponseMessage(b, codec.TypeBatchedOffer); return err }
	for _, c := range []struct {
		err  error
		want string
	}{
		{request(with(four, 201+1, 0)), "BATCHED_OFFER_MESSAGE: SegmentDescriptor[3].SizeOfContentTag is 0, must be 16 (offset 201, MS-PCHC 2.2.1.5)"},
		{request(with(four, 16+59+26, 9)), "BATCHED_OFFER_MESSAGE: SegmentDescriptor[1].HashAlgorithm is 9, must be 1 or 4 (offset 101, MS-PCHC 2.2.1.5)"},
		{request(four[:16+59+7]), "BATCHED_OFFER_MESSAGE: SegmentDescriptor[1].SegmentSize truncated: 3 of 4 bytes present (offset 79, MS-PCHC 2.2.1.5)"},
		{request(append(batch(t, 128), 0)), "BATCHED_OFFER_MESSAGE: SegmentDescriptor[128]: 129th descriptor, at most 128 allowed (offset 7568, MS-PCHC 2.2.1.5)"},
		{request(four[:16]), "BATCHED_OFFER_MESSAGE: SegmentDescriptor is empty, must have at least 1 element (offset 16, MS-PCHC 2.2.1.5)"},
		{request(with(four, 0, 1)), "BATCHED_OFFER_MESSAGE: MessageHeader.MinorVersion is 1, must be 0 (offset 0, MS-PCHC 2.2.1.1)"},
		{request(with(four, 1, 0)), "BATCHED_OFFER_MESSAGE: MessageHeader.MajorVersion is 0, must be 1 or 2 (offset 1, MS-PCHC 2.2.1.1)"},
		{request(with(four, 2, 1)), "UNKNOWN: MessageHeader.Type is 259, must be 1, 2 or 3 (offset 2, MS-PCHC 2.2.1.1)"},
		{request(with(four, 1, 1)), "BATCHED_OFFER_MESSAGE: MessageHeader.Type is BATCHED_OFFER_MESSAGE (3), not allowed in version 1.0 (offset 2, MS-PCHC 2.2.1.5)"},
		{request(with(info, 1, 2)), "SEGMENT_INFO_MESSAGE: MessageHeader.Type is SEGMENT_INFO_MESSAGE (2), not allowed in version 2.0 (offset 2, MS-PCHC 2.2.1.4)"},
		{request(info[:9]), "SEGMENT_INFO_MESSAGE: ConnectionInformation.Port truncated: 1 of 2 bytes present (offset 8, MS-PCHC 2.2.1.2)"},
		{request(info[:20]), "SEGMENT_INFO_MESSAGE: ContentTag truncated: 4 of 16 bytes present (offset 16, MS-PCHC 2.2.1.4)"},
		{request(with(info, 46, 2)), "SEGMENT_INFO_MESSAGE: SegmentInformation.cSegments is 2, must be 1 (offset 46, MS-PCHC 2.2.1.4)"},
		{request(with(info, 162, 3)), "SEGMENT_INFO_MESSAGE: SegmentInformation.blocks[0].cBlocks is 3, more than the remaining bytes hold (offset 162, MS-PCCRC 2.3.1.2)"},
		{answer(0, 0, 0), "RESPONSE_MESSAGE: TransportHeader.Size truncated: 3 of 4 bytes present (offset 0, MS-PCHC 2.2.2.1)"},
		{answer(0, 0, 1, 0, 0), "RESPONSE_MESSAGE: TransportHeader.Size is 256, must be 1 (offset 0, MS-PCHC 2.2.2.1)"},
		{answer(0, 0, 0, 1), "RESPONSE_MESSAGE: ResponseCode missing (offset 4, MS-PCHC 2.2.2.2)"},
		{answer(0, 0, 0, 1, 7), "RESPONSE_MESSAGE: ResponseCode is 7, must be 0 or 1 (offset 4, MS-PCHC 2.2.2.2)"},
		{answer(0, 0, 0, 1, 1), "RESPONSE_MESSAGE: ResponseCode is INTERESTED (1), allowed only in reply to INITIAL_OFFER_MESSAGE (offset 4, MS-PCHC 2.2.2.2)"},
		{answer(0, 0, 0, 1, 0, 9, 9), "RESPONSE_MESSAGE: Trailing: 2 unexpected bytes after ResponseCode (offset 5, MS-PCHC 2.2.2.2)"},
	} {
		if c.err == nil || c.err.Error() != "pchc: "+c.want {
			t.Errorf("message is\n%v, want\npchc: %s", c.err, c.want)
		}
	}
}

// What a Windows server answers although it is malformed, and what it drops.
func TestWindowsAnswersOK(t *testing.T) {
	batchOf := func(at int, value byte) []byte {
		b := batch(t, 2)
		b[at] = value
		return b
	}
	info := segmentInfo(t)
	infoWith := func(at int, value byte) []byte {
		b, err := info.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		b[at] = value
		return b
	}
	two := segmentInfo(t)
	if err := two.SegmentInformation.Append(pccrc.SegmentFieldsV1{SegmentHashOfData: make([]byte, 48),
		SegmentSecret: pccrc.NewSecret(make([]byte, 48)), BlockHashes: make([]byte, 48)}); err != nil {
		t.Fatal(err)
	}
	twoSegments := append(infoWith(46, 1)[:32], marshal(t, two.SegmentInformation)...)
	blocksOf := func(b []byte, n byte) []byte { // SHA-384
		b[32+18+16+2*48] = n
		return b
	}
	twoFaults, faultAfterFault := batchOf(42, 0xFE), batchOf(42, 0xFE)
	twoFaults[16+59+26], faultAfterFault[16+59+9] = 0xFE, 0
	for name, c := range map[string]struct {
		b    []byte
		want bool
	}{
		"bad version":            {batchOf(0, 0xFE), false},
		"bad type":               {batchOf(2, 0xFE), false},
		"empty batch":            {batch(t, 2)[:16], false},
		"129 descriptors":        {append(batch(t, 128), batch(t, 1)[16:]...), false},
		"SizeOfContentTag 0":     {batchOf(25, 0), false},
		"HashAlgorithm 0xFE":     {batchOf(42, 0xFE), true},
		"Version":                {infoWith(33, 2), true},
		"dwHashAlgo":             {infoWith(34, 0), true},
		"dwHashAlgo, and cut":    {infoWith(34, 0)[:len(infoWith(34, 0))-1], false},
		"dwHashAlgo, no segment": {infoWith(34, 0)[:50], false},
		"dwHashAlgo, too many":   {blocksOf(infoWith(34, 0), 3), false},
		"dwHashAlgo, padding":    {append(infoWith(34, 0), 1), true},
		"no segments":            {infoWith(46, 0), true},
		"two segments":           {twoSegments, true},
		"two segments claimed":   {infoWith(46, 2), false},
		"SegmentInformation cut": {infoWith(46, 1)[:60], false},
		"Version, and cut":       {infoWith(33, 2)[:60], false},
		"a header cut":           {infoWith(33, 2)[:49], false},
		"valid batch":            {batch(t, 2), false},
		"valid":                  {infoWith(46, 1), false},
		"two faults":             {twoFaults, false},
		"fault after fault":      {faultAfterFault, false},
		"ContentTag cut":         {infoWith(46, 1)[:31], false},
		"no ContentTag":          {infoWith(46, 1)[:16], false},
	} {
		if got := codec.WindowsAnswersOK(c.b); got != c.want {
			t.Errorf("%s: WindowsAnswersOK is %t, want %t", name, got, c.want)
		}
	}
}

// marshal encodes v, whatever sender rules it violates.
func marshal(t *testing.T, v pccrc.ContentInformationV1) []byte {
	t.Helper()
	b, err := v.AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMajorVersionOfPath(t *testing.T) {
	for path, want := range map[string]uint8{
		"/C574AC30-5794-4AEE-B1BB-6651C5315029":   1,
		"/c574ac30-5794-4aee-b1bb-6651c5315029/":  1,
		"/0131501B-D67F-491B-9A40-C4BF27BCB4D4":   2,
		"/0131501b-d67f-491b-9a40-c4bf27bcb4d4/":  2,
		"/0131501b-d67f-491b-9a40-c4bf27bcb4d4//": 0,
		"0131501b-d67f-491b-9a40-c4bf27bcb4d4":    0,
		"/0131501b-d67f-491b-9a40-c4bf27bcb4d5":   0,
		"":                                        0,
		"/":                                       0,
	} {
		if got := codec.MajorVersionOfPath(path); got != want {
			t.Errorf("%q is of version %d, want %d", path, got, want)
		}
	}
	if codec.PortV1 != 443 || codec.PortV2 != 80 {
		t.Error("the ports are not those of MS-PCHC 2.1")
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		codec.TypeInitialOffer.String(): "INITIAL_OFFER_MESSAGE", codec.TypeSegmentInfo.String(): "SEGMENT_INFO_MESSAGE",
		codec.TypeBatchedOffer.String(): "BATCHED_OFFER_MESSAGE", codec.MessageType(4).String(): "UNKNOWN",
		codec.MessageType(0xFEFE).String(): "UNKNOWN", codec.TypeUnknown.String(): "UNKNOWN",
		codec.ResponseOK.String(): "OK", codec.ResponseInterested.String(): "INTERESTED", codec.ResponseCode(2).String(): "unknown",
		codec.HashSHA256.String(): "SHA-256", codec.HashTruncatedSHA512.String(): "Truncated SHA-512", codec.HashAlgorithm(0).String(): "unknown",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	for want, tag := range map[string]codec.ContentTag{
		"WinINet": codec.TagWinINet, "WebIO": codec.TagWebIO, "BITS-4.0": codec.TagBITS, "SMB": codec.TagSMB,
		"576562494f0000000000000000000001": {'W', 'e', 'b', 'I', 'O', 15: 1}, "7765626" + "96f0000000000000000000000": {'w', 'e', 'b', 'i', 'o'},
	} {
		if got := tag.String(); got != want {
			t.Errorf("% x is %q, want %q", tag[:], got, want)
		}
	}
	if tag, err := codec.NewContentTag("BITS-4.0"); err != nil || tag != codec.TagBITS {
		t.Error(tag, err)
	}
	if _, err := codec.NewContentTag("seventeen letters"); err == nil {
		t.Error("NewContentTag took 17 bytes")
	}
	for _, c := range []struct {
		a  pccrc.HashAlgorithm
		h  codec.HashAlgorithm
		ok bool
	}{{pccrc.SHA256, codec.HashSHA256, true}, {pccrc.TruncatedSHA512, codec.HashTruncatedSHA512, true}, {pccrc.SHA384, 0, false}, {pccrc.SHA512, 0, false}, {1, 0, false}} {
		if h, ok := codec.HashAlgorithmOf(c.a); h != c.h || ok != c.ok {
			t.Errorf("%v is %v, %t", c.a, h, ok)
		}
	}
	for _, typ := range []codec.MessageType{4, 9} {
		if h := codec.NewMessageHeader(typ); h != (codec.MessageHeader{Type: typ}) {
			t.Errorf("the header of an unknown type is %+v", h)
		}
	}
}

// The longest request that violates no rule has MaxRequestLen bytes.
func TestMaxRequestLen(t *testing.T) {
	v := pccrc.NewV1(pccrc.SHA512)
	err := v.Append(pccrc.SegmentFieldsV1{CbSegment: pccrc.MaxSegmentSizeV1, CbBlockSize: pccrc.BlockSizeV1,
		SegmentHashOfData: make([]byte, 64), SegmentSecret: pccrc.NewSecret(make([]byte, 64)), BlockHashes: make([]byte, 64*pccrc.MaxBlocksV1)})
	if err != nil {
		t.Fatal(err)
	}
	m := codec.NewSegmentInfoMessage(1, codec.ContentTag{}, v)
	b, err := m.MarshalBinary()
	if err != nil || len(b) != codec.MaxRequestLen || codec.MaxBatchedOfferLen > codec.MaxRequestLen {
		t.Errorf("it has %d bytes (%v), want %d", len(b), err, codec.MaxRequestLen)
	}
}

// Accepting allocates nothing and rejecting once, whatever the vector.
func TestAllocs(t *testing.T) {
	forEach(t, corpus.Request, func(t *testing.T, v corpus.Vector) {
		want := 1
		if v.Valid {
			want = 0
		}
		dst := make([]byte, 0, len(v.Bytes))
		testutil.Allocs(t, want, func() { consume(v.Bytes, dst) })
		testutil.Allocs(t, 0, func() { check(v.Bytes) })
	})
	forEach(t, corpus.Response, func(t *testing.T, v corpus.Vector) {
		want := 1
		if v.Valid {
			want = 0
		}
		dst := make([]byte, 0, codec.ResponseMessageLen)
		request := codec.MessageType(v.RequestType)
		testutil.Allocs(t, want, func() {
			if code, err := codec.DecodeResponseMessage(v.Bytes, request); err == nil {
				dst, _ = codec.AppendResponseMessage(dst[:0], code, request)
			}
		})
		testutil.Allocs(t, 0, func() {
			if _, ok := codec.CheckResponse(v.Bytes, request); ok {
				sink++
			}
		})
	})
	all := descriptors(t, 300)
	testutil.Allocs(t, 0, func() {
		for m := range codec.SplitDescriptors(80, all) {
			sink += uint64(m.SegmentDescriptors.Len())
		}
	})
}

// A descriptor has its sizes, and no block larger than its segment, but that a
// short segment of Content Information 1.0 is said to have blocks of 64 KiB.
func TestDescriptorSizes(t *testing.T) {
	for _, c := range []struct {
		block, segment uint32
		hash           codec.HashAlgorithm
		rule           codec.Rule
		at             int
	}{
		{1, 1, codec.HashTruncatedSHA512, "", 0}, {1<<32 - 1, 1<<32 - 1, codec.HashTruncatedSHA512, "", 0},
		{pccrc.BlockSizeV1, 1, codec.HashSHA256, "", 0},
		{pccrc.BlockSizeV1, 1, codec.HashTruncatedSHA512, codec.RuleBlockSize, 0},
		{pccrc.BlockSizeV1 + 1, 1, codec.HashSHA256, codec.RuleBlockSize, 0},
		{2, 1, codec.HashSHA256, codec.RuleBlockSize, 0},
		{0, 1, codec.HashSHA256, codec.RuleBlockSize, 0}, {0, 0, codec.HashSHA256, codec.RuleBlockSize, 0},
		{1, 0, codec.HashTruncatedSHA512, codec.RuleSegmentSize, 4},
	} {
		m := codec.NewBatchedOfferMessage(80)
		for _, f := range []codec.SegmentDescriptorFields{
			{BlockSize: 1, SegmentSize: 2, HashAlgorithm: codec.HashSHA256}, {BlockSize: c.block, SegmentSize: c.segment, HashAlgorithm: c.hash},
		} {
			if err := m.Append(f); err != nil {
				t.Fatal(err)
			}
		}
		if c.rule == "" {
			if _, err := m.AppendBinary(nil); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		checkError(t, m.CheckSenderRules(), string(c.rule), 16+59+c.at, true)
		checkError(t, testutil.AppendFails(t, m.AppendBinary), string(c.rule), 16+59+c.at, true)
		if _, err := m.AppendLenient(nil); err != nil {
			t.Errorf("%+v: lenient: %v", c, err)
		}
	}
}
