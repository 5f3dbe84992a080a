package pccrr_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
	"github.com/hostedcache/pchc/pccrc"
)

func TestImports(t *testing.T) { testutil.Imports(t, "github.com/hostedcache/pchc/pccrc") }

// Every vector, cut at every length, with sizes that agree and with those that it
// had, and followed by more: as the slow decoder reads it.
func TestTruncated(t *testing.T) {
	for _, v := range load(t, "pccrr") {
		response := v.Kind == "pccrr-answer"
		step := 1 + len(v.b)/1200
		for n := 0; n <= len(v.b); n += step {
			b := bytes.Clone(v.b[:n])
			if compare(t, b, response) != nil && n < len(v.b) && *v.WellFormed {
				t.Errorf("%s: accepted with %d bytes", v.ID, n)
			}
			fixSizes(b, response)
			compare(t, b, response)
		}
		for n := 1; n < 9; n++ {
			b := append(bytes.Clone(v.b), make([]byte, n)...)
			compare(t, b, response)
			fixSizes(b, response)
			compare(t, b, response)
		}
		if t.Failed() {
			t.Fatal(v.ID)
		}
	}
}

// Each byte of the headers and of the small vectors takes other values.
func TestChangedBytes(t *testing.T) {
	for _, v := range load(t, "pccrr") {
		response := v.Kind == "pccrr-answer"
		b := bytes.Clone(v.b)
		for i := range min(len(b), 120) {
			for _, c := range []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 0x7F, 0x80, 0xFF, b[i] + 1, b[i] - 1} {
				b[i] = c
				compare(t, b, response)
			}
			b[i] = v.b[i]
		}
		if t.Failed() {
			t.Fatal(v.ID)
		}
	}
}

// A message whose header lies is rejected, and is there nevertheless.
func TestLyingHeader(t *testing.T) {
	m := pccrr.NewMsgBlkList(make([]byte, 32), pccrr.NewRanges(pccrr.Range{Index: 3, Count: 4}))
	good, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	for at, rule := range map[int]pccrr.Rule{0: pccrr.RuleSize, 12: pccrr.RuleMsgSize, 16: pccrr.RuleCryptoAlgoId} {
		for _, c := range []byte{4, 0xFF} {
			b := bytes.Clone(good)
			b[at+3] ^= c
			r, err := pccrr.DecodeResponseMessage(b)
			checkError(t, err, rule, at, false)
			got, err := r.DecodeBlkList()
			if err != nil || got.BlockRanges.At(0) != m.BlockRanges.At(0) {
				t.Errorf("%s: %v, %v", rule, got, err)
			}
			if whole, err := pccrr.DecodeMsgBlkList(b); err == nil || whole.SegmentId != nil {
				t.Errorf("%s: in one call %v, %v", rule, whole, err)
			}
		}
	}
	request, err := pccrr.NewMsgGetBlks(make([]byte, 32), 1).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	request[11]--
	r, err := pccrr.DecodeRequestMessage(request)
	checkError(t, err, pccrr.RuleMsgSize, 8, false)
	if got, err := r.DecodeGetBlks(); err != nil || got.ReqBlockRanges.At(0) != (pccrr.Range{Index: 1, Count: 1}) || r.MessageHeader.MsgSize != 67 {
		t.Error(got, err)
	}
	// What is not a message of that direction is not there.
	request[7] = 4
	if r, err := pccrr.DecodeRequestMessage(request); err == nil || r.MessageBody != nil {
		t.Error(r, err)
	}
	if r, err := pccrr.DecodeResponseMessage(request); err == nil || r.MessageBody != nil {
		t.Error(r, err)
	}
}

// The limits of messages hold in both directions.
func TestLimits(t *testing.T) {
	var ids pccrr.SegmentIDs
	for range 2729 {
		ids = ids.Append(make([]byte, 32))
	}
	m := pccrr.NewMsgGetSegList([16]byte{}, ids)
	m.ExtensibleBlob = append([]byte{0, 1, 3, 0}, make([]byte, pccrr.MaxRequestSize-m.EncodedLen()-4)...)
	b, err := m.MarshalBinary()
	if err != nil || len(b) != pccrr.MaxRequestSize {
		t.Fatal(len(b), err)
	}
	if _, err := pccrr.DecodeMsgGetSegList(b); err != nil {
		t.Error(err)
	}
	m.ExtensibleBlob = append(m.ExtensibleBlob, 0)
	checkError(t, testutil.AppendFails(t, m.AppendLenient), pccrr.RuleMsgSizeLimit, 8, false)
	b = append(b, 0)
	put(b[offBlobSize(b):], len(m.ExtensibleBlob))
	fixSizes(b, false)
	compare(t, b, false)
	blk := pccrr.NewMsgBlk(make([]byte, 32), 0)
	blk.Block = make([]byte, pccrr.MaxResponseSize+4-blk.EncodedLen())
	if b, err = blk.MarshalBinary(); err != nil || len(b) != pccrr.MaxResponseSize+4 {
		t.Fatal(len(b), err)
	}
	if _, err := pccrr.DecodeMsgBlk(b); err != nil {
		t.Error(err)
	}
	blk.Block = append(blk.Block, 0)
	checkError(t, testutil.AppendFails(t, blk.AppendLenient), pccrr.RuleSize, 0, false)
	b = append(b, 0, 0, 0, 0)
	put(b[64:], len(blk.Block)+3)
	fixSizes(b, true)
	if _, err := pccrr.DecodeMsgBlk(b); err == nil {
		t.Error("accepted")
	} else {
		checkError(t, err, pccrr.RuleSize, 0, false)
	}
}

func offBlobSize(b []byte) int { return 36 + 2729*36 }

// What the encoders refuse because of its format.
func TestEncodeRefuses(t *testing.T) {
	id := make([]byte, 32)
	blk, odd, iv := pccrr.NewMsgBlk(id, 0), pccrr.NewMsgBlk(id, 0), pccrr.NewMsgBlk(id, 0)
	blk.CryptoAlgoId = 4
	odd.CryptoAlgoId, odd.Block, odd.IVBlock = 1, make([]byte, 17), make([]byte, 16)
	iv.CryptoAlgoId, iv.Block, iv.IVBlock = 1, make([]byte, 16), make([]byte, 17)
	get := pccrr.NewMsgGetBlks(id, 0)
	get.CryptoAlgoId = 0xFFFFFFFF
	for _, c := range []struct {
		m      pccrr.Body
		rule   pccrr.Rule
		offset int
	}{
		{blk, pccrr.RuleCryptoAlgoId, 16},
		{odd, pccrr.RuleBlock, 64},
		{iv, pccrr.RuleIVBlock, 88},
		{get, pccrr.RuleCryptoAlgoId, 12},
		{pccrr.NewMsgGetSegList([16]byte{}, pccrr.SegmentIDs{}), pccrr.RuleCountOfSegmentIDs, 32},
	} {
		checkError(t, testutil.AppendFails(t, c.m.AppendBinary), c.rule, c.offset, false)
		checkError(t, testutil.AppendFails(t, c.m.AppendLenient), c.rule, c.offset, false)
	}
}

// Each sender rule, where it is violated, and its neighbour that is not.
func TestSenderRules(t *testing.T) {
	id := make([]byte, 32)
	ranges := func(all ...uint32) (r pccrr.Ranges) {
		for i := 0; i < len(all); i += 2 {
			r = r.Append(pccrr.Range{Index: all[i], Count: all[i+1]})
		}
		return r
	}
	list := func(r pccrr.Ranges) pccrr.MsgGetBlkList { return pccrr.NewMsgGetBlkList(id, r) }
	get := func(f func(m *pccrr.MsgGetBlks)) pccrr.MsgGetBlks {
		m := pccrr.NewMsgGetBlks(id, 0)
		f(&m)
		return m
	}
	blk := func(f func(m *pccrr.MsgBlk)) pccrr.MsgBlk {
		m := pccrr.NewMsgBlk(id, 3)
		f(&m)
		return m
	}
	seg := func(f func(m *pccrr.MsgSegList)) pccrr.MsgSegList {
		m := pccrr.NewMsgSegList([16]byte{}, ranges(0, 1))
		f(&m)
		return m
	}
	var many pccrr.Ranges
	for i := range uint32(257) {
		many = many.Append(pccrr.Range{Index: 2 * (i % 256), Count: 1})
	}
	full := pccrr.Ranges{}
	for i := range 256 {
		full = full.Append(many.At(i))
	}
	version := func(low, high pccrr.Version) pccrr.VersionRange {
		return pccrr.VersionRange{MinSupportedProtocolVersion: low, MaxSupportedProtocolVersion: high}
	}
	wrongNego, wrongResp := pccrr.NewMsgNegoReq(version(pccrr.Version1, pccrr.Version2)), pccrr.NewMsgNegoResp(version(pccrr.Version1, pccrr.Version1))
	wrongNego.ProtVer, wrongResp.ProtVer = pccrr.Version2, pccrr.Version{MinorVersion: 1, MajorVersion: 1}
	short, shortList := list(ranges(0, 1)), pccrr.NewMsgBlkList(make([]byte, 31), ranges(0, 1))
	short.SegmentID = make([]byte, 33)
	short.ZeroPad = [3]byte{0, 0, 0}
	padded := shortList
	padded.SegmentId, padded.ZeroPad = make([]byte, 48), [3]byte{1} // ignored: there is no padding
	mixed := pccrr.NewMsgGetSegList([16]byte{}, pccrr.NewSegmentIDs(id, make([]byte, 64), make([]byte, 48)))
	wrongID := mixed
	wrongID.SegmentIDs = mixed.SegmentIDs.Clone().Append(make([]byte, 30))
	for i, c := range []struct {
		m      pccrr.Body
		rule   pccrr.Rule
		offset int
	}{
		{pccrr.NewMsgNegoReq(version(pccrr.Version1, pccrr.Version2)), "", 0},
		{pccrr.NewMsgNegoReq(version(pccrr.Version1, pccrr.Version1)), "", 0},
		{pccrr.NewMsgNegoReq(version(pccrr.Version2, pccrr.Version1)), pccrr.RuleNegoReqRange, 16},
		{pccrr.NewMsgNegoReq(version(pccrr.Version{MinorVersion: 2, MajorVersion: 1}, pccrr.Version{MinorVersion: 1, MajorVersion: 1})), pccrr.RuleNegoReqRange, 16},
		{pccrr.NewMsgNegoReq(version(pccrr.Version{MinorVersion: 2, MajorVersion: 1}, pccrr.Version2)), "", 0},
		{pccrr.NewMsgNegoResp(version(pccrr.Version2, pccrr.Version1)), pccrr.RuleNegoRespRange, 20},
		{wrongNego, pccrr.RuleProtVer, 2},
		{wrongResp, pccrr.RuleProtVer, 4},
		{list(ranges(0, 512)), "", 0},
		{list(ranges(511, 1)), "", 0},
		{list(ranges(0, 513)), pccrr.RuleBlockCount, 60},
		{list(ranges(0, 1, 511, 2)), pccrr.RuleBlockCount, 68},
		{list(ranges(0, 1, 1, 0)), pccrr.RuleBlockCount, 68},
		{list(ranges(1, 0xFFFFFFFF)), pccrr.RuleBlockCount, 60},
		{list(ranges(0, 1, 512, 0)), pccrr.RuleIndex, 64},
		{list(ranges()), pccrr.RuleGetBlkListRanges, 52},
		{list(full), "", 0},
		{list(many), pccrr.RuleGetBlkListRanges, 52},
		{short, pccrr.RuleGetBlkListSegmentIDLen, 16},
		{shortList, pccrr.RuleBlkListSegmentIdLen, 20},
		{padded, "", 0},
		{get(func(m *pccrr.MsgGetBlks) {}), "", 0},
		{get(func(m *pccrr.MsgGetBlks) { m.SegmentID = nil }), pccrr.RuleGetBlksSegmentIDLen, 16},
		{get(func(m *pccrr.MsgGetBlks) { m.ReqBlockRanges = ranges() }), pccrr.RuleGetBlksRanges, 52},
		{get(func(m *pccrr.MsgGetBlks) { m.ReqBlockRanges = many }), pccrr.RuleGetBlksRanges, 52},
		{get(func(m *pccrr.MsgGetBlks) { m.ReqBlockRanges = ranges(0, 1, 2, 1) }), pccrr.RuleOneBlock, 52},
		{get(func(m *pccrr.MsgGetBlks) { m.ReqBlockRanges = ranges(0, 2) }), pccrr.RuleOneBlock, 60},
		{get(func(m *pccrr.MsgGetBlks) { m.ReqBlockRanges = ranges(0, 0) }), pccrr.RuleBlockCount, 60},
		{get(func(m *pccrr.MsgGetBlks) { m.DataForVrfBlock = id[:1] }), pccrr.RuleGetBlksVrf, 64},
		{pccrr.NewMsgBlkList(id, pccrr.Ranges{}), "", 0},
		{pccrr.NewMsgBlkList(id, many), "", 0},
		{pccrr.NewMsgBlkList(id, ranges(512, 1)), pccrr.RuleIndex, 60},
		{blk(func(m *pccrr.MsgBlk) {}), "", 0},
		{blk(func(m *pccrr.MsgBlk) { m.NextBlockIndex = 4 }), "", 0},
		{blk(func(m *pccrr.MsgBlk) { m.NextBlockIndex = 3 }), pccrr.RuleBlkNextBlockIndex, 60},
		{blk(func(m *pccrr.MsgBlk) { m.SegmentId = id[:16] }), pccrr.RuleBlkSegmentIdLen, 20},
		{blk(func(m *pccrr.MsgBlk) { m.Block, m.ZeroPad2 = id[:5], [3]byte{0, 0, 9} }), pccrr.RuleZeroPad, 73},
		{blk(func(m *pccrr.MsgBlk) { m.Block, m.ZeroPad2 = id[:6], [3]byte{0, 0, 9} }), "", 0},
		{blk(func(m *pccrr.MsgBlk) { m.VrfBlock = id[:3] }), pccrr.RuleBlkVrf, 68},
		{mixed, "", 0},
		{wrongID, pccrr.RuleGetSegListSegmentIDLen, 36 + 36 + 68 + 52},
		{seg(func(m *pccrr.MsgSegList) {}), "", 0},
		{seg(func(m *pccrr.MsgSegList) { m.SegmentRanges = ranges(0, 1, 9, 0) }), pccrr.RuleSegmentCount, 52},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0} }), pccrr.RuleBlobTruncated, 52},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{1, 1, 3, 0} }), pccrr.RuleBlobVersion, 52},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1} }), pccrr.RuleBlobV1Truncated, 54},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 3} }), pccrr.RuleBlobV1Truncated, 55},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 5, 0} }), pccrr.RuleSegmentAgeUnits, 54},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 0, 0} }), pccrr.RuleSegmentAgeUnits, 54},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 3, 1, 0, 0, 0} }), pccrr.RuleSegmentAgeCount, 55},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 4, 0} }), pccrr.RuleUnits, 54},
		{seg(func(m *pccrr.MsgSegList) { m.ExtensibleBlob = []byte{0, 1, 3, 0, 9} }), "", 0},
	} {
		t.Run(fmt.Sprint(i, c.rule), func(t *testing.T) {
			err := c.m.CheckSenderRules()
			b, encodeErr := c.m.MarshalBinary()
			if c.rule == "" {
				if err != nil || encodeErr != nil || compare(t, b, c.m.MsgType().IsResponse()) == nil {
					t.Error(err, encodeErr)
				}
				return
			}
			checkError(t, err, c.rule, c.offset, true)
			checkError(t, testutil.AppendFails(t, c.m.AppendBinary), c.rule, c.offset, true)
			if b, err := c.m.AppendLenient(nil); err != nil || compare(t, b, c.m.MsgType().IsResponse()) == nil {
				t.Error("leniently:", err)
			}
		})
	}
}

// What was cloned, or decoded from a copy, stays when the bytes change, and
// appending to what was decoded does not write to them.
func TestKeep(t *testing.T) {
	for _, v := range load(t, "pccrr") {
		if !*v.WellFormed {
			continue
		}
		b := append(bytes.Clone(v.b), bytes.Repeat([]byte{0xEE}, 64)...)
		m, err := decode(b[:len(v.b)], v.Kind == "pccrr-answer")
		if err != nil {
			t.Fatal(v.ID, err)
		}
		var kept []pccrr.Body
		switch m := m.(type) {
		case pccrr.MsgNegoReq:
			var u pccrr.MsgNegoReq
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, u)
		case pccrr.MsgNegoResp:
			var u pccrr.MsgNegoResp
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, u)
		case pccrr.MsgGetBlkList:
			var u pccrr.MsgGetBlkList
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			m.NeededBlockRanges.Append(pccrr.Range{})
			_ = append(m.SegmentID, 1)
		case pccrr.MsgGetBlks:
			var u pccrr.MsgGetBlks
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			_ = append(m.DataForVrfBlock, 1)
		case pccrr.MsgBlkList:
			var u pccrr.MsgBlkList
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			m.BlockRanges.Append(pccrr.Range{})
		case pccrr.MsgBlk:
			var u pccrr.MsgBlk
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			_, _, _ = append(m.Block, 1), append(m.VrfBlock, 1), append(m.IVBlock, 1)
		case pccrr.MsgGetSegList:
			var u pccrr.MsgGetSegList
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			m.SegmentIDs.Append([]byte{1})
			_ = append(m.SegmentIDs.At(0), 1)
			_ = append(m.ExtensibleBlob, 1)
		case pccrr.MsgSegList:
			var u pccrr.MsgSegList
			err = u.UnmarshalBinary(v.b)
			kept = append(kept, m.Clone(), u)
			m.SegmentRanges.Append(pccrr.Range{})
			_ = append(m.ExtensibleBlob, 1)
		}
		if err != nil {
			t.Error(v.ID, err)
		}
		if !bytes.Equal(b[:len(v.b)], v.b) || bytes.Count(b[len(v.b):], []byte{0xEE}) != 64 {
			t.Errorf("%s: something wrote to the decoded bytes", v.ID)
		}
		for i := range b {
			b[i] ^= 0xFF
		}
		for _, k := range kept {
			if again, err := k.AppendLenient(nil); err != nil || !bytes.Equal(again, v.b) {
				t.Errorf("%s changed with the bytes that it was decoded from: %v", v.ID, err)
			}
		}
	}
	var u pccrr.MsgGetBlks
	var request pccrr.RequestMessage
	var response pccrr.ResponseMessage
	if u.UnmarshalBinary(nil) == nil || request.UnmarshalBinary(nil) == nil || response.UnmarshalBinary(nil) == nil {
		t.Error("nothing is a message")
	}
	b, _ := pccrr.NewMsgNegoReq(pccrr.VersionRange{}).AppendLenient(nil)
	r, _ := pccrr.NewMsgNegoResp(pccrr.VersionRange{}).AppendLenient(nil)
	if request.UnmarshalBinary(b) != nil || response.UnmarshalBinary(r) != nil {
		t.Error("an envelope is not decoded")
	}
	one, two := request.Clone(), response.Clone()
	clear(request.MessageBody[:cap(request.MessageBody)])
	request.MessageBody[0], response.MessageBody[0] = 9, 9
	if one.MessageBody[0] != 0 || two.MessageBody[0] != 0 {
		t.Error("a clone of an envelope shares its body")
	}
}

// Segments of one length are found in constant time, others by counting.
func TestSegmentIDs(t *testing.T) {
	for _, ids := range [][][]byte{
		{{1}, {2, 2}, {}, {4, 4, 4}, {5, 5, 5, 5}, {6}}, {{1, 1, 1, 1, 1}, {2}, {3}, {4}}, {{1}, {2}, {3}, {4, 4, 4, 4, 4}}, {{}, {2}, {}},
	} {
		testSegmentIDs(t, ids)
	}
}

func testSegmentIDs(t *testing.T, ids [][]byte) {
	for n := range len(ids) + 1 {
		s := pccrr.NewSegmentIDs(ids[:n]...)
		if s.Len() != n {
			t.Errorf("%d of %d", s.Len(), n)
		}
		for i := range n {
			if !bytes.Equal(s.At(i), ids[i]) {
				t.Errorf("%d of %d is %x", i, n, s.At(i))
			}
		}
		for _, i := range []int{-1, n} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("At(%d) of %d", i, n)
					}
				}()
				s.At(i)
			}()
		}
		for range s.All() {
			break
		}
	}
}

func TestRanges(t *testing.T) {
	r := pccrr.NewRanges(pccrr.Range{Index: 3, Count: 2}, pccrr.Range{Index: 0xFFFFFFFF, Count: 1}, pccrr.Range{Index: 7}, pccrr.Range{Index: 9, Count: 1})
	for i, want := range map[uint32]bool{2: false, 3: true, 4: true, 5: false, 7: false, 9: true, 0xFFFFFFFF: true, 0: false} {
		if r.Contains(i) != want {
			t.Errorf("%d: %t", i, !want)
		}
	}
	if got, want := r.String(), "3-4, 4294967295, 7 (0), 9"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	m := pccrr.MsgGetBlks{ReqBlockRanges: r}
	if i, ok := m.First(); i != 3 || !ok {
		t.Error(i, ok)
	}
	m.ReqBlockRanges = pccrr.NewRanges(pccrr.Range{Index: 1})
	if i, ok := m.First(); ok {
		t.Error(i)
	}
	for range r.All() {
		break
	}
}

func TestExtensibleBlob(t *testing.T) {
	ages := []pccrr.SegmentAge{{SegmentIndex: 0, Age: 0x030201}, {SegmentIndex: 255, Age: pccrr.MaxAge + 5}}
	b, err := pccrr.AppendExtensibleBlob([]byte{9}, ages...)
	if want := []byte{9, 0, 1, 3, 2, 0, 1, 2, 3, 255, 255, 255, 255}; err != nil || !bytes.Equal(b, want) {
		t.Errorf("%x, want %x", b, want)
	}
	e, err := pccrr.DecodeExtensibleBlob(b[1:])
	if err != nil || e.Len() != 2 || e.At(0) != ages[0] || e.At(1).Age != pccrr.MaxAge || e.SegmentAgeUnits() != pccrr.Hundredths || len(e.Trailing()) != 0 {
		t.Error(e, err)
	}
	kept := e.Clone()
	b[6]++
	if kept.At(0) != ages[0] || e.At(0) == ages[0] {
		t.Error("Clone shares bytes")
	}
	if _, err := pccrr.AppendExtensibleBlob(nil, make([]pccrr.SegmentAge, 255)...); err != nil {
		t.Error(err)
	}
	err = testutil.AppendFails(t, func(dst []byte) ([]byte, error) {
		return pccrr.AppendExtensibleBlob(dst, make([]pccrr.SegmentAge, 256)...)
	})
	checkError(t, err, pccrr.RuleSegmentAgeCount, 3, false)
	var none pccrr.ExtensibleBlob
	if none.Len() != 0 || none.SegmentAgeUnits() != 0 || none.Trailing() != nil {
		t.Error("the zero value is something")
	}
	for range e.All() {
		break
	}
	for u, want := range map[pccrr.SegmentAgeUnits]time.Duration{0: 0, 1: time.Second, 2: 100 * time.Millisecond, 3: 10 * time.Millisecond, 4: time.Millisecond, 5: 0} {
		if u.Duration() != want {
			t.Errorf("%d is %v", u, u.Duration())
		}
	}
}

func TestVersions(t *testing.T) {
	v := func(major, minor uint16) pccrr.Version {
		return pccrr.Version{MinorVersion: minor, MajorVersion: major}
	}
	r := func(low, high pccrr.Version) pccrr.VersionRange {
		return pccrr.VersionRange{MinSupportedProtocolVersion: low, MaxSupportedProtocolVersion: high}
	}
	for _, c := range []struct {
		own, peer pccrr.VersionRange
		want      pccrr.Version
		ok        bool
	}{
		{r(v(1, 0), v(2, 0)), r(v(1, 0), v(2, 5)), v(2, 0), true},
		{r(v(1, 0), v(2, 3)), r(v(1, 0), v(2, 0)), v(2, 3), true},
		{r(v(1, 0), v(2, 0)), r(v(1, 0), v(1, 65535)), v(1, 0), true},
		{r(v(1, 4), v(2, 0)), r(v(1, 0), v(1, 65535)), v(1, 4), true},
		{r(v(1, 4), v(3, 1)), r(v(1, 0), v(2, 7)), v(2, 0), true},
		{r(v(1, 0), v(1, 0)), r(v(2, 0), v(2, 0)), v(1, 0), false},
		{r(v(2, 0), v(2, 0)), r(v(1, 0), v(1, 0)), v(1, 0), false},
	} {
		if got, ok := c.own.Common(c.peer); ok != c.ok || ok && got != c.want {
			t.Errorf("%v with %v: %v, %t", c.own, c.peer, got, ok)
		}
	}
	if own := r(v(1, 0), v(2, 0)); own.Supports(v(0, 9)) || !own.Supports(v(1, 9)) || !own.Supports(v(2, 9)) || own.Supports(v(3, 0)) || own.Supports(v(0xFEFE, 0xFEFE)) {
		t.Error("minor versions are compatible, major ones are not")
	}
	if got := v(65278, 3).String(); got != "65278.3" {
		t.Error(got)
	}
}

func TestTypes(t *testing.T) {
	requests := map[pccrr.MsgType][]pccrr.MsgType{0: {1}, 2: {4, 1}, 3: {5, 1}, 6: {7, 1}}
	for request := range pccrr.MsgType(10) {
		for answer := range pccrr.MsgType(10) {
			want := false
			for _, a := range requests[request] {
				want = want || a == answer
			}
			if answer.Answers(request) != want {
				t.Errorf("%s answers %s: %t", answer, request, !want)
			}
		}
		_, isRequest := requests[request]
		if request.IsRequest() != isRequest || request.IsResponse() != (!isRequest && request < 8) {
			t.Errorf("%s: request %t, response %t", request, request.IsRequest(), request.IsResponse())
		}
	}
	for a, want := range map[pccrr.CryptoAlgoId]string{0: "none 0", 1: "AES-128 16", 2: "AES-192 24", 3: "AES-256 32", 4: "unknown 0", 0xFFFFFFFF: "unknown 0"} {
		if got := fmt.Sprint(a, " ", a.KeyLen()); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for path, want := range map[string]bool{
		pccrr.Path: true, strings.ToLower(pccrr.Path): true, strings.TrimSuffix(pccrr.Path, "/"): true, pccrr.Path + "x/y": true,
		"": false, "/": false, pccrr.Path[:37] + "x": false, "/x" + pccrr.Path: false, pccrr.Path[:36]: false,
	} {
		if pccrr.IsPath(path) != want {
			t.Errorf("%q: %t", path, !want)
		}
	}
}

func TestPrint(t *testing.T) {
	id := []byte{0xAB, 0xCD, 0xEF}
	get := pccrr.NewMsgGetBlks(id, 7)
	blk := pccrr.NewMsgBlk(id, 7)
	empty := blk
	if err := blk.Encrypt(nil, []byte("plain"), pccrr.CryptoAES128, pccrc.NewSecret(testutil.Key)); err != nil {
		t.Fatal(err)
	}
	supported := pccrr.VersionRange{MinSupportedProtocolVersion: pccrr.Version1, MaxSupportedProtocolVersion: pccrr.Version2}
	b, err := get.AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	request, err := pccrr.DecodeRequestMessage(b)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		m    any
		want string
	}{
		{get, "MSG_GETBLKS, segment abcdef, blocks 7"},
		{pccrr.NewMsgGetBlkList(id, pccrr.NewRanges(pccrr.Range{Index: 0, Count: 512})), "MSG_GETBLKLIST, segment abcdef, blocks 0-511"},
		{pccrr.NewMsgBlkList(id, pccrr.Ranges{}), "MSG_BLKLIST, segment abcdef, blocks none"},
		{blk, "MSG_BLK, segment abcdef, block 7, next 0, 16 bytes, encryption AES-128"},
		{empty, "MSG_BLK, segment abcdef, no block"},
		{pccrr.NewMsgGetSegList([16]byte{15: 1}, pccrr.NewSegmentIDs(id, id)), "MSG_GETSEGLIST, request 00000000000000000000000000000001, 2 segments"},
		{pccrr.NewMsgSegList([16]byte{15: 1}, pccrr.NewRanges(pccrr.Range{Index: 1, Count: 1})), "MSG_SEGLIST, request 00000000000000000000000000000001, segments 1"},
		{pccrr.NewMsgNegoReq(supported), "MSG_NEGO_REQ, versions 1.0 to 2.0"},
		{pccrr.NewMsgNegoResp(supported), "MSG_NEGO_RESP, versions 1.0 to 2.0"},
		{request, "MSG_GETBLKS, version 1.0, MESSAGE_BODY of 24 bytes"},
		{pccrr.ResponseMessage{MessageHeader: request.MessageHeader}, "MSG_GETBLKS, version 1.0, MESSAGE_BODY of 0 bytes"},
	} {
		for _, format := range []string{"%v", "%s", "%+v"} {
			if got := fmt.Sprintf(format, c.m); got != c.want {
				t.Errorf("%T prints as %s, want %s", c.m, got, c.want)
			}
		}
		if text, err := c.m.(interface{ MarshalText() ([]byte, error) }).MarshalText(); err != nil || string(text) != c.want {
			t.Errorf("%T has the text %s (%v), want %s", c.m, text, err, c.want)
		}
	}
	got, err := json.Marshal(request)
	if want := `{"MESSAGE_HEADER":{"ProtVer":{"MinorVersion":0,"MajorVersion":1},"MsgType":3,"MsgSize":40,"CryptoAlgoId":1},"MESSAGE_BODY":"00000003abcdef0000000001000000070000000100000000"}`; string(got) != want {
		t.Errorf("JSON is %s (%v), want %s", got, err, want)
	}
	got, err = json.Marshal(pccrr.ResponseMessage{Size: 16, MessageHeader: pccrr.MessageHeader{MsgType: 4, MsgSize: 16}})
	if want := `{"TRANSPORT_RESPONSE_HEADER":{"Size":16},"MESSAGE_HEADER":{"ProtVer":{"MinorVersion":0,"MajorVersion":0},"MsgType":4,"MsgSize":16,"CryptoAlgoId":0},"MESSAGE_BODY":""}`; string(got) != want {
		t.Errorf("JSON is %s (%v), want %s", got, err, want)
	}
}

func TestErrorText(t *testing.T) {
	b, err := pccrr.NewMsgGetBlks(make([]byte, 32), 7).MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	with := func(at int, c byte) error {
		changed := bytes.Clone(b)
		changed[at] = c
		_, err := decode(changed, false)
		return err
	}
	cut := func(n int) error {
		changed := bytes.Clone(b[:n])
		fixSizes(changed, false)
		_, err := decode(changed, false)
		return err
	}
	answer, err := pccrr.NewMsgBlkList(make([]byte, 31), pccrr.Ranges{}).AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	cutAnswer := func(n int) error {
		changed := bytes.Clone(answer[:n])
		fixSizes(changed, true)
		_, err := decode(changed, true)
		return err
	}
	segments, err := pccrr.NewMsgGetSegList([16]byte{}, pccrr.NewSegmentIDs(nil)).AppendLenient(nil)
	if err != nil {
		t.Fatal(err)
	}
	segments[35] = 0
	_, none := decode(segments, false)
	for _, c := range []struct {
		err  error
		want string
	}{
		{with(7, 8), "UNKNOWN: MESSAGE_HEADER.MsgType is 8, must be 0 to 7 (offset 4, MS-PCCRR 2.2.3)"},
		{with(7, 5), "UNKNOWN: MESSAGE_HEADER.MsgType is 5, an answer, must be 0, 2, 3 or 6 (offset 4, MS-PCCRR 2.1.1)"},
		{with(11, 69), "MSG_GETBLKS: MESSAGE_HEADER.MsgSize is 69, must be the length of the message (offset 8, MS-PCCRR 2.2.3)"},
		{with(15, 9), "MSG_GETBLKS: MESSAGE_HEADER.CryptoAlgoId is 9, must be 0 to 3 (offset 12, MS-PCCRR 2.2.3)"},
		{with(55, 9), "MSG_GETBLKS: MESSAGE_BODY.ReqBlockRangeCount is 9, more than the remaining bytes hold (offset 52, MS-PCCRR 2.2.4.3)"},
		{with(52, 0xFF), "MSG_GETBLKS: MESSAGE_BODY.ReqBlockRangeCount is 4278190081, more than the remaining bytes hold (offset 52, MS-PCCRR 2.2.4.3)"},
		{cut(7), "UNKNOWN: MESSAGE_HEADER.MsgType truncated: 3 of 4 bytes present (offset 4, MS-PCCRR 2.2.3)"},
		{cut(8), "MSG_GETBLKS: MESSAGE_HEADER.MsgSize missing (offset 8, MS-PCCRR 2.2.3)"},
		{none, "MSG_GETSEGLIST: MESSAGE_BODY.CountOfSegmentIDs is 0, must be at least 1 (offset 32, MS-PCCRR 2.2.4.4)"},
		{cut(12), "MSG_GETBLKS: MESSAGE_HEADER.CryptoAlgoId missing (offset 12, MS-PCCRR 2.2.3)"},
		{cut(66), "MSG_GETBLKS: MESSAGE_BODY.SizeOfDataForVrfBlock truncated: 2 of 4 bytes present (offset 64, MS-PCCRR 2.2.4.3)"},
		{cutAnswer(55), "MSG_BLKLIST: MESSAGE_BODY.ZeroPad missing (offset 55, MS-PCCRR 2.2)"},
		{cutAnswer(62), "MSG_BLKLIST: MESSAGE_BODY.NextBlockIndex truncated: 2 of 4 bytes present (offset 60, MS-PCCRR 2.2.5.2)"},
	} {
		if c.err == nil || c.err.Error() != "pchc: "+c.want {
			t.Errorf("message is\n%v, want\npchc: %s", c.err, c.want)
		}
	}
}
