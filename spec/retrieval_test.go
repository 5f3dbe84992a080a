package spec_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/internal/invariant"
)

// A retrievalVector is a message made by another implementation, or composed by a
// script; codec/pccrr/testdata/vectors/README.md says which.
type retrievalVector struct {
	ID, Kind   string
	Hex        string
	WellFormed bool     `json:"well_formed"`
	Offset     int      `json:"first_breach_offset"`
	Sender     []string `json:"sender_breaches"`
	Fields     map[string]any

	b    []byte
	kind spec.Kind
}

func retrievalVectors(t testing.TB) (all []retrievalVector) {
	t.Helper()
	for _, file := range []string{"pccrr", "pccrr-large"} {
		lines, err := os.ReadFile("../codec/pccrr/testdata/vectors/" + file + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(lines) {
			var v retrievalVector
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(err)
			}
			if v.b, err = hex.DecodeString(v.Hex); err != nil {
				t.Fatal(err)
			}
			v.kind = map[string]spec.Kind{"pccrr-request": spec.RetrievalRequest, "pccrr-answer": spec.RetrievalResponse}[v.Kind]
			all = append(all, v)
		}
	}
	if len(all) != 71 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

// Verdict and first offset of each vector, its numbers and byte strings by name, and
// its kind by its first bytes.
func TestRetrievalVectors(t *testing.T) {
	names := map[string]string{"segment_id": "SegmentID", "zero_pad": "ZeroPad", "request_id": "RequestID", "vrf": "VrfBlock", "iv": "IVBlock", "blob": "ExtensibleBlob",
		"zero_pad2": "ZeroPad_2", "zero_pad3": "ZeroPad_3", "crypto_algo_id": "CryptoAlgoId", "size_of_vrf": "SizeOfVrfBlock", "size_of_iv": "SizeOfIVBlock", "size_of_blob": "SizeOfExtensibleBlob"}
	for _, v := range retrievalVectors(t) {
		d := spec.Dissect(v.kind, v.b)
		if first, violated := d.First(); violated == v.WellFormed || violated && first.Offset != v.Offset {
			t.Errorf("%s: %+v, want offset %d", v.ID, d.Violations, v.Offset)
		}
		// Keys and other messages are not seen here.
		sender := strings.Join(v.Sender, "")
		if v.WellFormed && !strings.Contains(sender, "32-byte secret") && !strings.Contains(sender, "past the request") && (sender != "") != (len(d.Violations) > 0) {
			t.Errorf("%s: %+v, want %s", v.ID, d.Violations, sender)
		}
		if got := spec.Guess(v.b); v.WellFormed && got != v.kind && !strings.Contains(v.ID, "65278") {
			t.Errorf("%s is guessed to be %s", v.ID, got)
		}
		if !v.WellFormed {
			continue
		}
		found := map[string]*spec.Node{}
		for path, n := range d.Root.Leaves() {
			name := path.String()
			found[strings.ToLower(strings.ReplaceAll(name[strings.LastIndexByte(name, '.')+1:], "DataForVrfBlock", "VrfBlock"))] = n
		}
		for name, want := range v.Fields {
			camel := names[name]
			if camel == "" {
				camel = strings.ReplaceAll(name, "_", "")
			}
			n := found[strings.ToLower(camel)]
			switch want := want.(type) {
			case float64:
				if n == nil || n.Value != uint64(want) {
					t.Errorf("%s: %s is %+v, want %v", v.ID, camel, n, want)
				}
			case string:
				switch name {
				case "prot_ver", "min", "max", "block_sha256":
				default:
					if n == nil && want != "" || n != nil && hex.EncodeToString(n.Raw()) != want {
						t.Errorf("%s: %s differs", v.ID, camel)
					}
				}
			}
		}
	}
}

// vectorNamed returns the bytes of a vector.
func vectorNamed(t *testing.T, id string) []byte {
	for _, v := range retrievalVectors(t) {
		if v.ID == id {
			return bytes.Clone(v.b)
		}
	}
	t.Fatal(id)
	return nil
}

// with returns b with big-endian numbers of 4 bytes at places.
func with(b []byte, places ...int) []byte {
	b = bytes.Clone(b)
	for i := 0; i < len(places); i += 2 {
		at, v := places[i], places[i+1]
		copy(b[at:], []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)})
	}
	return b
}

// sizes makes Size and MsgSize right.
func sizes(b []byte, response bool) []byte {
	if response {
		return with(b, 0, len(b)-4, 12, len(b)-4)
	}
	return with(b, 8, len(b))
}

// One violation of each rule, with its place.
func TestRetrievalViolations(t *testing.T) {
	list, get, segs := vectorNamed(t, "getblklist.two"), vectorNamed(t, "getblks.b0"), vectorNamed(t, "getseglist.blob-1age")
	vrf, odd := vectorNamed(t, "getblks.vrf3"), vectorNamed(t, "getblklist.id31")
	blkList, blk, plain, segList := vectorNamed(t, "blklist.next7"), vectorNamed(t, "blk.v1.a1.len16"), vectorNamed(t, "blk.pad-not-zero"), vectorNamed(t, "seglist.count0.intended")
	nego := sizes(append(vectorNamed(t, "getblks.b0")[:16], 0, 0, 0, 1, 0, 0, 0, 2), false)
	nego = with(nego, 4, 0)
	negoResp := vectorNamed(t, "nego_resp.1.0-2.0.a0")
	cut := func(b []byte, n int, response bool) []byte { return sizes(b[:n:n], response) }
	long := sizes(append(bytes.Clone(vrf), make([]byte, 98304)...), false)
	reported := map[string]bool{}
	for i, c := range []struct {
		kind spec.Kind
		b    []byte
		want string
	}{
		{spec.RetrievalRequest, list, ""},
		{spec.RetrievalRequest, nego, ""},
		{spec.RetrievalRequest, list[:2], "PCCRR-2.2.3-Truncated MESSAGE_HEADER.ProtVer 0"},
		{spec.RetrievalRequest, list[:14], "PCCRR-2.2.3-MsgSize MESSAGE_HEADER.MsgSize 8, PCCRR-2.2.3-Truncated MESSAGE_HEADER.CryptoAlgoId 12"},
		{spec.RetrievalRequest, append(bytes.Clone(list), 1), "PCCRR-2.2.3-MsgSize MESSAGE_HEADER.MsgSize 8, PCCRR-2.1.1-OneMessage Trailing 72"},
		{spec.RetrievalRequest, with(list, 0, 0x00010002), "PCCRR-2.2.3-ProtVer MESSAGE_HEADER.ProtVer.MinorVersion 0, PCCRR-2.2.3-ProtVer MESSAGE_HEADER.ProtVer.MajorVersion 2"},
		{spec.RetrievalRequest, with(list, 4, 8), "PCCRR-2.2.3-MsgType MESSAGE_HEADER.MsgType 4"},
		{spec.RetrievalRequest, with(list, 4, 4), "PCCRR-2.1.1-Direction MESSAGE_HEADER.MsgType 4"},
		{spec.RetrievalRequest, with(list, 12, 4), "PCCRR-2.2.3-CryptoAlgoId MESSAGE_HEADER.CryptoAlgoId 12"},
		{spec.RetrievalRequest, long, "PCCRR-2.2.3-MsgSizeLimit MESSAGE_HEADER.MsgSize 8, PCCRR-2.2.4.3-Vrf MESSAGE_BODY.SizeOfDataForVrfBlock 64, PCCRR-2.1.1-OneMessage Trailing 71"},
		{spec.RetrievalRequest, cut(nego, 22, false), "PCCRR-2.2.4.1-Truncated MESSAGE_BODY.MaxSupportedProtocolVersion 20"},
		{spec.RetrievalRequest, with(nego, 16, 3), "PCCRR-2.2.4.1-Range MESSAGE_BODY.MinSupportedProtocolVersion 16"},
		{spec.RetrievalRequest, cut(list, 19, false), "PCCRR-2.2.4.2-Truncated MESSAGE_BODY.SizeOfSegmentID 16"},
		{spec.RetrievalRequest, with(list, 16, 53), "PCCRR-2.2.4.2-SizeOfSegmentID MESSAGE_BODY.SizeOfSegmentID 16"},
		{spec.RetrievalRequest, odd, "PCCRR-2.2.4.2-SegmentIDLength MESSAGE_BODY.SizeOfSegmentID 16"},
		{spec.RetrievalRequest, with(odd, 50, 0x01010000), "PCCRR-2.2.4.2-SegmentIDLength MESSAGE_BODY.SizeOfSegmentID 16, PCCRR-2.2-ZeroPad MESSAGE_BODY.ZeroPad 51"},
		{spec.RetrievalRequest, cut(odd, 51, false), "PCCRR-2.2.4.2-SegmentIDLength MESSAGE_BODY.SizeOfSegmentID 16, PCCRR-2.2-Alignment MESSAGE_BODY.ZeroPad 51"},
		{spec.RetrievalRequest, with(list, 52, 3), "PCCRR-2.2.4.2-NeededBlocksRangeCount MESSAGE_BODY.NeededBlocksRangeCount 52"},
		{spec.RetrievalRequest, cut(with(list, 52, 0), 56, false), "PCCRR-2.2.4.2-RangeCount MESSAGE_BODY.NeededBlocksRangeCount 52"},
		{spec.RetrievalRequest, with(list, 64, 512, 68, 1), "PCCRR-2.2.1.1-Index MESSAGE_BODY.NeededBlockRanges[1].Index 64, PCCRR-2.2.1.1-Count MESSAGE_BODY.NeededBlockRanges[1].Count 68"},
		{spec.RetrievalRequest, cut(get, 67, false), "PCCRR-2.2.4.3-Truncated MESSAGE_BODY.SizeOfDataForVrfBlock 64"},
		{spec.RetrievalRequest, with(get, 16, 50), "PCCRR-2.2.4.3-SizeOfSegmentID MESSAGE_BODY.SizeOfSegmentID 16"},
		{spec.RetrievalRequest, cut(with(get, 16, 30), 50, false), "PCCRR-2.2.4.3-SegmentIDLength MESSAGE_BODY.SizeOfSegmentID 16, PCCRR-2.2-Alignment MESSAGE_BODY.ZeroPad 50"},
		{spec.RetrievalRequest, with(get, 52, 2), "PCCRR-2.2.4.3-ReqBlockRangeCount MESSAGE_BODY.ReqBlockRangeCount 52"},
		{spec.RetrievalRequest, cut(with(get, 52, 0, 56, 0), 60, false), "PCCRR-2.2.4.3-RangeCount MESSAGE_BODY.ReqBlockRangeCount 52"},
		{spec.RetrievalRequest, with(get, 60, 2), "PCCRR-2.2.4.3-OneBlock MESSAGE_BODY.ReqBlockRanges[0].Count 60"},
		{spec.RetrievalRequest, with(get, 64, 1), "PCCRR-2.2.4.3-SizeOfDataForVrfBlock MESSAGE_BODY.SizeOfDataForVrfBlock 64"},
		{spec.RetrievalRequest, vrf, "PCCRR-2.2.4.3-Vrf MESSAGE_BODY.SizeOfDataForVrfBlock 64"},
		{spec.RetrievalRequest, cut(segs, 30, false), "PCCRR-2.2.4.4-Truncated MESSAGE_BODY.RequestID 16"},
		{spec.RetrievalRequest, with(segs, 32, 0), "PCCRR-2.2.4.4-CountOfSegmentIDs MESSAGE_BODY.CountOfSegmentIDs 32, PCCRR-2.2.6-Version MESSAGE_BODY.ExtensibleBlob.ExtensibleBlobVersion 40, PCCRR-2.1.1-OneMessage Trailing 72"},
		{spec.RetrievalRequest, with(segs, 32, 13), "PCCRR-2.2.4.4-CountOfSegmentIDs MESSAGE_BODY.CountOfSegmentIDs 32"},
		{spec.RetrievalRequest, with(segs, 36, 80), "PCCRR-2.2.4.4-SizeOfSegmentID MESSAGE_BODY.SegmentIDs[0].SizeOfSegmentID 36"},
		{spec.RetrievalRequest, with(segs, 36, 28, 68, 0), "PCCRR-2.2.4.4-SegmentIDLength MESSAGE_BODY.SegmentIDs[0].SizeOfSegmentID 36"},
		{spec.RetrievalRequest, cut(segs, 72, false), "PCCRR-2.2.4.4-Blob MESSAGE_BODY.SizeOfExtensibleBlob 72"},
		{spec.RetrievalRequest, with(segs, 72, 9), "PCCRR-2.2.4.4-Blob MESSAGE_BODY.SizeOfExtensibleBlob 72"},
		{spec.RetrievalRequest, with(segs, 76, 0x00020301), "PCCRR-2.2.6-Version MESSAGE_BODY.ExtensibleBlob.ExtensibleBlobVersion 76"},
		{spec.RetrievalRequest, cut(with(segs, 72, 1), 77, false), "PCCRR-2.2.6-Truncated MESSAGE_BODY.ExtensibleBlob.ExtensibleBlobVersion 76"},
		{spec.RetrievalRequest, cut(with(segs, 72, 2), 78, false), "PCCRR-2.2.6.1-Truncated MESSAGE_BODY.ExtensibleBlob.SegmentAgeUnits 78"},
		{spec.RetrievalRequest, cut(with(segs, 72, 3), 79, false), "PCCRR-2.2.6.1-Truncated MESSAGE_BODY.ExtensibleBlob.SegmentAgeCount 79"},
		{spec.RetrievalRequest, with(segs, 76, 0x00010501), "PCCRR-2.2.6.1-SegmentAgeUnits MESSAGE_BODY.ExtensibleBlob.SegmentAgeUnits 78"},
		{spec.RetrievalRequest, with(segs, 76, 0x00010302), "PCCRR-2.2.6.1-SegmentAgeCount MESSAGE_BODY.ExtensibleBlob.SegmentAgeCount 79"},
		{spec.RetrievalRequest, with(segs, 76, 0x00010401), "PCCRR-2.2.6.1-Units MESSAGE_BODY.ExtensibleBlob.SegmentAgeUnits 78"},
		{spec.RetrievalResponse, blk, ""},
		{spec.RetrievalResponse, blk[:3], "PCCRR-2.2.2-Truncated TRANSPORT_RESPONSE_HEADER.Size 0"},
		{spec.RetrievalResponse, with(blk, 0, 1), "PCCRR-2.2.2-Size TRANSPORT_RESPONSE_HEADER.Size 0"},
		{spec.RetrievalResponse, with(blk, 8, 2), "PCCRR-2.1.1-Direction MESSAGE_HEADER.MsgType 8"},
		{spec.RetrievalResponse, cut(negoResp, 26, true), "PCCRR-2.2.5.1-Truncated MESSAGE_BODY.MaxSupportedProtocolVersion 24"},
		{spec.RetrievalResponse, with(negoResp, 20, 3), "PCCRR-2.2.5.1-Range MESSAGE_BODY.MinSupportedProtocolVersion 20"},
		{spec.RetrievalResponse, cut(blkList, 22, true), "PCCRR-2.2.5.2-Truncated MESSAGE_BODY.SizeOfSegmentId 20"},
		{spec.RetrievalResponse, with(blkList, 20, 57), "PCCRR-2.2.5.2-SizeOfSegmentId MESSAGE_BODY.SizeOfSegmentId 20"},
		{spec.RetrievalResponse, with(blkList, 20, 28, 52, 2, 56, 2), "PCCRR-2.2.5.2-SegmentIdLength MESSAGE_BODY.SizeOfSegmentId 20"},
		{spec.RetrievalResponse, with(blkList, 56, 3), "PCCRR-2.2.5.2-BlockRangeCount MESSAGE_BODY.BlockRangeCount 56"},
		{spec.RetrievalResponse, cut(blkList, 77, true), "PCCRR-2.2.5.2-NextBlockIndex MESSAGE_BODY.NextBlockIndex 76"},
		{spec.RetrievalResponse, cut(blk, 58, true), "PCCRR-2.2.5.3-Truncated MESSAGE_BODY.BlockIndex 56"},
		{spec.RetrievalResponse, with(blk, 20, 1000), "PCCRR-2.2.5.3-SizeOfSegmentId MESSAGE_BODY.SizeOfSegmentId 20"},
		{spec.RetrievalResponse, with(blk, 20, 28, 52, 0, 60, 32, 64, 32), "PCCRR-2.2.5.3-SegmentIdLength MESSAGE_BODY.SizeOfSegmentId 20"},
		{spec.RetrievalResponse, with(blk, 56, 4, 60, 4), "PCCRR-2.2.5.3-NextBlockIndex MESSAGE_BODY.NextBlockIndex 60"},
		{spec.RetrievalResponse, with(blk, 64, 64), "PCCRR-2.2.5.3-SizeOfBlock MESSAGE_BODY.SizeOfBlock 64"},
		{spec.RetrievalResponse, with(blk, 64, 36, 100, 0), "PCCRR-2.2.5.3-Block MESSAGE_BODY.SizeOfBlock 64"},
		{spec.RetrievalResponse, plain, "PCCRR-2.2-ZeroPad MESSAGE_BODY.ZeroPad_2 73"},
		{spec.RetrievalResponse, with(blk, 100, 21), "PCCRR-2.2.5.3-SizeOfVrfBlock MESSAGE_BODY.SizeOfVrfBlock 100"},
		{spec.RetrievalResponse, with(blk, 100, 4, 104, 0, 108, 12), "PCCRR-2.2.5.3-Vrf MESSAGE_BODY.SizeOfVrfBlock 100, PCCRR-2.2.5.3-IVBlock MESSAGE_BODY.SizeOfIVBlock 108"},
		{spec.RetrievalResponse, with(blk, 104, 17), "PCCRR-2.2.5.3-SizeOfIVBlock MESSAGE_BODY.SizeOfIVBlock 104"},
		{spec.RetrievalResponse, segList, "PCCRR-2.2.1.2-Count MESSAGE_BODY.SegmentRanges[0].Count 44"},
		{spec.RetrievalResponse, cut(segList, 30, true), "PCCRR-2.2.5.4-Truncated MESSAGE_BODY.RequestID 20"},
		{spec.RetrievalResponse, with(segList, 36, 2), "PCCRR-2.2.5.4-SegmentRangeCount MESSAGE_BODY.SegmentRangeCount 36"},
		{spec.RetrievalResponse, with(segList, 44, 1, 48, 1), "PCCRR-2.2.5.4-Blob MESSAGE_BODY.SizeOfExtensibleBlob 48"},
	} {
		var got []string
		for _, v := range spec.Dissect(c.kind, c.b).Violations {
			got = append(got, fmt.Sprint(v.Rule, " ", v.Field, " ", v.Offset))
			reported[v.Rule] = true
		}
		// The first ones: a wrong length has others behind it.
		if text := strings.Join(got, ", "); !strings.HasPrefix(text, c.want) || c.want == "" && text != "" {
			t.Errorf("%d: %s, want %s", i, text, c.want)
		}
	}
	for _, r := range spec.Requirements() {
		if r.CheckedBy == spec.RetrievalBytes && !reported[r.ID] {
			t.Errorf("%s is not reported", r.ID)
		}
	}
}

// What holds for any bytes holds for each prefix of the vectors and each changed
// byte.
func TestRetrievalInvariants(t *testing.T) {
	for _, v := range retrievalVectors(t) {
		for n := 0; n <= len(v.b); n += 1 + len(v.b)/200 {
			if err := invariant.Check(v.kind, 0, v.b[:n]); err != nil {
				t.Errorf("%s, %d bytes: %v", v.ID, n, err)
			}
		}
		if len(v.b) > 2000 {
			continue
		}
		for at := range min(len(v.b), 120) {
			for _, change := range []byte{1, 2, 3, 0x80, 0xFF} {
				changed := bytes.Clone(v.b)
				changed[at] ^= change
				if err := invariant.Check(v.kind, 0, changed); err != nil {
					t.Errorf("%s, byte %d ^ %d: %v", v.ID, at, change, err)
				}
			}
		}
		if t.Failed() {
			t.FailNow()
		}
	}
}

// What Assemble may compute: Size, MsgSize, counts, sizes and padding.
func TestAssembleRetrieval(t *testing.T) {
	var strip func(v any)
	strip = func(v any) {
		switch v := v.(type) {
		case spec.Fields:
			for name, field := range v {
				if strings.HasPrefix(name, "Size") || strings.HasSuffix(name, "Count") && name != "Count" || name == "CountOfSegmentIDs" || name == "MsgSize" ||
					strings.HasPrefix(name, "ZeroPad") && bytes.Count(field.([]byte), []byte{0}) == len(field.([]byte)) {
					delete(v, name)
					continue
				}
				strip(field)
			}
		case []any:
			for _, element := range v {
				strip(element)
			}
		}
	}
	for _, v := range retrievalVectors(t) {
		d := spec.Dissect(v.kind, v.b)
		if !v.WellFormed {
			continue
		}
		got, err := spec.Assemble(d.Message, d.Fields())
		if err != nil || !cmp.Equal(got, v.b) {
			t.Errorf("%s is assembled as %x (%v)", v.ID, got, err)
		}
		fields := d.Fields()
		strip(fields)
		if got, err := spec.Assemble(d.Message, fields); err != nil || !cmp.Equal(got, v.b) {
			t.Errorf("%s without its sizes is assembled as %x (%v), want %x", v.ID, got[:min(len(got), 200)], err, v.b[:min(len(v.b), 200)])
		}
	}
}
