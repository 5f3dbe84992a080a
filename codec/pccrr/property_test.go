package pccrr_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/codec/pccrr"
)

var equal = cmp.Options{
	cmp.AllowUnexported(pccrr.Ranges{}, pccrr.SegmentIDs{}),
	cmp.Comparer(bytes.Equal),
}

// draw draws a message that violates no rule of any class, or, if lenient, one
// that violates sender rules.
func draw(r *rapid.T, t pccrr.MsgType, lenient bool) pccrr.Body {
	version := func() pccrr.Version {
		switch {
		case lenient:
			return pccrr.Version{MinorVersion: rapid.Uint16().Draw(r, "minor"), MajorVersion: rapid.Uint16().Draw(r, "major")}
		case t >= pccrr.TypeGetSegList:
			return pccrr.Version2
		}
		return pccrr.Version1
	}()
	crypto := pccrr.CryptoAlgoId(rapid.Uint32Range(0, 3).Draw(r, "CryptoAlgoId"))
	some := func(most int, label string) []byte {
		return rapid.SliceOfN(rapid.Byte(), 0, most).Draw(r, label)
	}
	id := func() []byte {
		n := rapid.SampledFrom([]int{32, 32, 48, 64}).Draw(r, "id length")
		if lenient {
			n = rapid.IntRange(0, 70).Draw(r, "id length")
		}
		return rapid.SliceOfN(rapid.Byte(), n, n).Draw(r, "id")
	}
	pad := func(b []byte) (pad [3]byte) {
		if lenient {
			for i := range -len(b) & 3 {
				pad[i] = rapid.Byte().Draw(r, "pad")
			}
		}
		return pad
	}
	ranges := func(least, most int) (all pccrr.Ranges) {
		for range rapid.IntRange(least, most).Draw(r, "ranges") {
			one := pccrr.Range{Index: rapid.Uint32().Draw(r, "Index"), Count: rapid.Uint32().Draw(r, "Count")}
			if !lenient {
				one.Index %= 512
				one.Count = 1 + one.Count%(512-one.Index)
			}
			all = all.Append(one)
		}
		return all
	}
	vrf := func() []byte {
		if !lenient {
			return nil
		}
		return some(9, "vrf")
	}
	blob := func() (b []byte) {
		if lenient {
			return some(20, "blob")
		}
		var ages []pccrr.SegmentAge
		for range rapid.IntRange(0, 3).Draw(r, "ages") {
			ages = append(ages, pccrr.SegmentAge{SegmentIndex: rapid.Byte().Draw(r, "index"), Age: rapid.Uint32Range(0, pccrr.MaxAge).Draw(r, "age")})
		}
		if len(ages) > 0 {
			b, _ = pccrr.AppendExtensibleBlob(nil, ages...)
		}
		return b
	}
	requestID := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(r, "RequestID"))
	supported := pccrr.VersionRange{
		MinSupportedProtocolVersion: pccrr.Version{MinorVersion: rapid.Uint16().Draw(r, "minor"), MajorVersion: rapid.Uint16Range(0, 3).Draw(r, "major")},
		MaxSupportedProtocolVersion: pccrr.Version{MinorVersion: rapid.Uint16().Draw(r, "minor"), MajorVersion: rapid.Uint16Range(4, 9).Draw(r, "major")},
	}
	switch t {
	case pccrr.TypeNegoReq:
		return pccrr.MsgNegoReq{ProtVer: version, CryptoAlgoId: crypto, VersionRange: supported}
	case pccrr.TypeNegoResp:
		return pccrr.MsgNegoResp{ProtVer: version, CryptoAlgoId: crypto, VersionRange: supported}
	case pccrr.TypeGetBlkList:
		m := pccrr.MsgGetBlkList{ProtVer: version, CryptoAlgoId: crypto, SegmentID: id(), NeededBlockRanges: ranges(1, 5)}
		m.ZeroPad = pad(m.SegmentID)
		return m
	case pccrr.TypeGetBlks:
		m := pccrr.NewMsgGetBlks(id(), rapid.Uint32Range(0, 511).Draw(r, "index"))
		m.ProtVer, m.CryptoAlgoId, m.ZeroPad, m.DataForVrfBlock = version, crypto, pad(m.SegmentID), vrf()
		if lenient {
			m.ReqBlockRanges = ranges(0, 3)
		}
		return m
	case pccrr.TypeBlkList:
		m := pccrr.MsgBlkList{ProtVer: version, CryptoAlgoId: crypto, SegmentId: id(), BlockRanges: ranges(0, 5), NextBlockIndex: rapid.Uint32().Draw(r, "next")}
		m.ZeroPad = pad(m.SegmentId)
		return m
	case pccrr.TypeBlk:
		m := pccrr.MsgBlk{ProtVer: version, CryptoAlgoId: crypto, SegmentId: id(), BlockIndex: rapid.Uint32Range(0, 511).Draw(r, "index"), VrfBlock: vrf()}
		if lenient {
			m.NextBlockIndex = rapid.Uint32().Draw(r, "next")
		}
		m.Block, m.IVBlock = some(70, "Block"), some(20, "IVBlock")
		if crypto != 0 && len(m.Block) > 0 {
			m.Block, m.IVBlock = bytes.Repeat(m.Block, 16), append(m.IVBlock, make([]byte, 16)...)[:16]
		}
		m.ZeroPad, m.ZeroPad2, m.ZeroPad3 = pad(m.SegmentId), pad(m.Block), pad(m.VrfBlock)
		return m
	case pccrr.TypeGetSegList:
		m := pccrr.MsgGetSegList{ProtVer: version, CryptoAlgoId: crypto, RequestID: requestID, ExtensibleBlob: blob()}
		for range rapid.IntRange(1, 4).Draw(r, "segments") {
			m.SegmentIDs = m.SegmentIDs.Append(id())
		}
		return m
	}
	m := pccrr.MsgSegList{ProtVer: version, CryptoAlgoId: crypto, RequestID: requestID, SegmentRanges: ranges(0, 4), ExtensibleBlob: blob()}
	return m
}

// Value to bytes to value, and bytes to value to bytes, for each message.
func TestRoundTrip(t *testing.T) {
	for typ := pccrr.TypeNegoReq; typ <= pccrr.TypeSegList; typ++ {
		for _, lenient := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%t", typ, lenient), func(t *testing.T) {
				rapid.Check(t, func(r *rapid.T) {
					want := draw(r, typ, lenient)
					b, err := want.AppendLenient(nil)
					if err != nil {
						r.Fatal(err)
					}
					strict, err := want.MarshalBinary()
					if violation := want.CheckSenderRules(); (violation != nil) != (err != nil) || !lenient && (err != nil || !bytes.Equal(strict, b)) {
						r.Fatalf("strictly %x (%v), leniently %x, sender rules %v", strict, err, b, violation)
					} else if e, ok := violation.(*pccrr.Error); ok && (e.Offset >= len(b) || !e.Sender) {
						r.Fatalf("violation at %d of %d bytes", e.Offset, len(b))
					}
					got := compare(t, b, typ.IsResponse())
					if d := cmp.Diff(want, got, equal); d != "" {
						r.Fatalf("decoded value differs (-want +got):\n%s", d)
					}
					compareFields(t, b, typ.IsResponse(), got)
				})
			})
		}
	}
}

// Changed, cut and lengthened messages: both decoders reject them for the same
// rule at the same offset, or give the same values.
func TestMutations(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		typ := pccrr.MsgType(rapid.Uint32Range(0, 7).Draw(r, "type"))
		b, err := draw(r, typ, rapid.Bool().Draw(r, "lenient")).AppendLenient(nil)
		if err != nil {
			r.Fatal(err)
		}
		response := typ.IsResponse()
		for range rapid.IntRange(0, 3).Draw(r, "changes") {
			at := rapid.IntRange(0, len(b)-1).Draw(r, "at")
			b[at] = rapid.OneOf(rapid.SampledFrom([]byte{0, 1, 2, 3, 4, 16, 255, b[at] + 1, b[at] - 1}), rapid.Byte()).Draw(r, "byte")
		}
		if rapid.Bool().Draw(r, "other length") {
			b = append(b, make([]byte, 9)...)[:rapid.IntRange(0, len(b)+9).Draw(r, "length")]
			fixSizes(b, response)
		}
		if m := compare(t, b, response); m != nil {
			compareFields(t, b, response, m)
		}
		compare(t, b, !response)
		if t.Failed() {
			r.Fatal("they differ")
		}
	})
}

// fixSizes makes Size and MsgSize right where they are there, so that what
// follows is looked at.
func fixSizes(b []byte, response bool) {
	if response && len(b) >= 4 {
		put(b, len(b)-4)
		b = b[4:]
	}
	if len(b) >= 12 {
		put(b[8:], len(b))
	}
}

func put(b []byte, n int) { b[0], b[1], b[2], b[3] = byte(n>>24), byte(n>>16), byte(n>>8), byte(n) }
