package contentfile

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec"
	"github.com/hostedcache/pchc/pccrc"
)

func lcg(n int) []byte {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = 1664525*x + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// TestCut: after a change, later segments are cut as before, and each cut is within the
// limits.
func TestCut(t *testing.T) {
	content := lcg(1 << 20)
	cuts := func(b []byte) map[int]bool { // distances from the end
		cut, err := NewCut()
		if err != nil {
			t.Fatal(err)
		}
		at := make(map[int]bool)
		for len(b) > 0 {
			n := cut(b[:min(len(b), pccrc.MaxSegmentSizeV2)])
			if n < 1 || n > pccrc.MaxSegmentSizeV2 || n < leastCut && n < len(b) {
				t.Fatalf("a segment of %d bytes, of %d", n, len(b))
			}
			b = b[n:]
			at[len(b)] = true
		}
		return at
	}
	before, after := cuts(content), cuts(append([]byte("inserted"), content...))
	same := 0
	for at := range before {
		if after[at] {
			same++
		}
	}
	if len(before) < 8 || same < len(before)-2 {
		t.Errorf("%d segments, %d of them end where they did", len(before), same)
	}
}

// TestOffers: the messages of a content name its segments, and an error of the receiver
// ends them.
func TestOffers(t *testing.T) {
	content := lcg(300 * 100)
	enough := errors.New("enough")
	for _, algorithm := range []pccrc.HashAlgorithm{pccrc.SHA384, pccrc.TruncatedSHA512} {
		offers := Offers{Maker: &pccrc.Maker{SegmentSize: 100, Range: pccrc.Range{Start: 250, Length: 25900}}, Port: 81, ContentTag: codec.TagSMB}
		var ids, tags []string
		var types []codec.MessageType
		take := func(body codec.Body) error {
			b, err := body.AppendBinary(nil)
			if err != nil {
				return err
			}
			r, err := codec.DecodeRequestMessage(b)
			if err != nil {
				return err
			}
			types = append(types, r.MessageHeader.Type)
			switch m := body.(type) {
			case codec.InitialOfferMessage:
				ids = append(ids, string(m.Hash))
			case codec.SegmentInfoMessage:
				tags = append(tags, m.ContentTag.String())
				if m.SegmentInformation.DwOffsetInFirstSegment != 250 || m.SegmentInformation.DwReadBytesInLastSegment != uint32(len(content)) {
					t.Errorf("%v", m.SegmentInformation)
				}
			case codec.BatchedOfferMessage:
				for _, d := range m.SegmentDescriptors.All() {
					id := d.SegmentHoHoDk()
					ids = append(ids, string(id[:]))
				}
			}
			if r.ConnectionInformation.Port != 81 {
				t.Error(r.ConnectionInformation)
			}
			return nil
		}
		if err := offers.Make(t.Context(), algorithm, bytes.NewReader(content), take); err != nil {
			t.Fatal(err)
		}
		var info pccrc.ContentInformation
		var err error
		want := []codec.MessageType{codec.TypeInitialOffer, codec.TypeSegmentInfo}
		if algorithm == pccrc.TruncatedSHA512 {
			want = []codec.MessageType{codec.TypeBatchedOffer, codec.TypeBatchedOffer, codec.TypeBatchedOffer} // 260 segments
			info, err = offers.Maker.V2(t.Context(), bytes.NewReader(content))
		} else {
			info, err = offers.Maker.V1(t.Context(), algorithm, bytes.NewReader(content))
		}
		if err != nil {
			t.Fatal(err)
		}
		var wantIDs []string
		for i := range info.Len() {
			wantIDs = append(wantIDs, string(info.AppendHoHoDk(nil, i)))
		}
		if diff := cmp.Diff(want, types) + cmp.Diff(wantIDs, ids); diff != "" || len(tags) != len(want)%3/2 {
			t.Errorf("%v: %s", algorithm, diff)
		}
		if err := offers.Make(t.Context(), algorithm, bytes.NewReader(content), func(codec.Body) error { return enough }); err != enough {
			t.Error(err)
		}
	}
}

// TestVerifier: what a Verifier adds to that of pccrc, the length of the file.
func TestVerifier(t *testing.T) {
	content := lcg(200000)
	maker := pccrc.Maker{Range: pccrc.Range{Length: 70000}}
	part, err := maker.V2(t.Context(), bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	whole, err := new(pccrc.Maker).V1(t.Context(), pccrc.SHA256, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		info           pccrc.ContentInformation
		from, to       int
		kinds          string
		valid          bool
		surplus, start uint64
	}{
		{whole, 0, 200000, "", true, 0, 0},
		{whole, 0, 199999, "missing", false, 0, 199999},
		{part, 0, 200000, "", true, 200000 - 131072, 0},
		{part, 0, 131072, "", true, 0, 0},
		{part, 0, 100000, "missing", false, 0, 100000},
		{part, 65536, 131072, "", false, 0, 0},
	} {
		b, err := c.info.AppendBinary(nil)
		if err != nil {
			t.Fatal(err)
		}
		info, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		extent, err := ExtentOf(info)
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int64{-1, int64(c.to - c.from)} {
			var kinds []string
			start := uint64(0)
			v := Verifier{Information: info, Extent: extent, Offset: uint64(c.from), Found: func(f Fault) error {
				kinds, start = append(kinds, f.Kind), f.Start
				return nil
			}}
			verdict, err := v.Verify(t.Context(), bytes.NewReader(content[c.from:c.to]), size)
			if err != nil || strings.Join(kinds, " ") != c.kinds || verdict.Valid != c.valid || verdict.Surplus != c.surplus || start != c.start || verdict.Length != uint64(c.to-c.from) {
				t.Errorf("%d to %d, size %d: %v, %q at %d, %+v", c.from, c.to, size, err, kinds, start, verdict)
			}
		}
	}
}

// Surplus bytes are a fault where the content is known to end.
func TestVerifierSurplus(t *testing.T) {
	content := lcg(100)
	v1, err := new(pccrc.Maker).V1(t.Context(), pccrc.SHA256, bytes.NewReader(content[:99]))
	if err != nil {
		t.Fatal(err)
	}
	b, err := v1.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	info, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	extent, err := ExtentOf(info)
	if want := (Extent{pccrc.SHA256, 0, 99, true}); err != nil || extent != want {
		t.Errorf("%+v, %v", extent, err)
	}
	stop := errors.New("stop")
	v := Verifier{Information: info, Extent: extent, Found: func(f Fault) error {
		if f.Kind != "surplus" || f.Start != 99 || f.Length != 1 || f.Message != "CONTENT_FAULT" {
			t.Errorf("%+v", f)
		}
		return stop
	}}
	if _, err := v.Verify(t.Context(), bytes.NewReader(content), 100); err != stop {
		t.Error(err)
	}
}

// TestCheckHashes counts segments whose lists contradict their HoD.
func TestCheckHashes(t *testing.T) {
	v1, err := new(pccrc.Maker).V1(t.Context(), pccrc.SHA256, bytes.NewReader(lcg(200000)))
	if err != nil {
		t.Fatal(err)
	}
	b, err := v1.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, flip := range []byte{0, 1} {
		b[len(b)-1] ^= flip
		info, err := pccrc.NewReader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			t.Fatal(err)
		}
		wrong := 0
		if err := CheckHashes(info, func(segment int) { wrong += 1 + segment }); err != nil || wrong != int(flip) {
			t.Errorf("%d: %d, %v", flip, wrong, err)
		}
	}
}
