package pccrr_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/testutil"
)

// A vector is a line of testdata/vectors.
type vector struct {
	ID             string
	Kind           string
	Hex            string
	WellFormed     *bool    `json:"well_formed"`
	Offset         int      `json:"first_breach_offset"`
	SenderBreaches []string `json:"sender_breaches"`
	Fields         vectorFields
	Input          vectorInput
	Discard        bool
	IPXEAccepts    bool `json:"ipxe_accepts"`

	b []byte
}

type vectorFields struct {
	Size           uint32
	ProtVer        string `json:"prot_ver"`
	MsgType        uint32 `json:"msg_type"`
	MsgSize        uint32 `json:"msg_size"`
	CryptoAlgoID   uint32 `json:"crypto_algo_id"`
	Min, Max       string
	SegmentID      string   `json:"segment_id"`
	SegmentIDs     []string `json:"segment_ids"`
	ZeroPad        string   `json:"zero_pad"`
	Ranges         [][2]uint32
	SizeOfVrf      uint32 `json:"size_of_vrf"`
	Vrf            string
	RequestID      string `json:"request_id"`
	SizeOfBlob     uint32 `json:"size_of_blob"`
	Ages           *vectorAges
	Blob           json.RawMessage // hex in a message, the ages in extensible-blob.jsonl
	NextBlockIndex uint32          `json:"next_block_index"`
	BlockIndex     uint32          `json:"block_index"`
	SizeOfBlock    uint32          `json:"size_of_block"`
	BlockSHA256    string          `json:"block_sha256"`
	ZeroPad2       string          `json:"zero_pad2"`
	ZeroPad3       string          `json:"zero_pad3"`
	SizeOfIV       uint32          `json:"size_of_iv"`
	IV             string
}

type vectorAges struct {
	Units    uint8
	Ages     [][2]uint32
	Trailing string
}

type vectorInput struct {
	PlainLength   int    `json:"plain_length"`
	PlainSHA256   string `json:"plain_sha256"`
	Hash          string
	BlockHash     string `json:"block_hash"`
	HoD, Kp, Key  string
	ContentRecipe string `json:"content_recipe"`
}

func load(t testing.TB, files ...string) (all []vector) {
	t.Helper()
	for _, file := range files {
		b, err := os.ReadFile("testdata/vectors/" + file + ".jsonl")
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(b) {
			var v vector
			if err := json.Unmarshal(line, &v); err != nil {
				t.Fatal(file, err)
			}
			if v.b, err = hex.DecodeString(v.Hex); err != nil {
				t.Fatal(v.ID, err)
			}
			all = append(all, v)
		}
	}
	return all
}

func messages(t testing.TB) []vector { return load(t, "pccrr", "pccrr-large") }

// decode decodes a message in two stages, as clients and servers do.
func decode(b []byte, response bool) (pccrr.Body, error) {
	if response {
		r, err := pccrr.DecodeResponseMessage(b)
		if err != nil {
			return nil, err
		}
		return r.DecodeBody()
	}
	r, err := pccrr.DecodeRequestMessage(b)
	if err != nil {
		return nil, err
	}
	return r.DecodeBody()
}

func body[B pccrr.Body](b B, err error) (pccrr.Body, error) { return b, err }

// decodeWhole decodes a message of one type in one call.
func decodeWhole(b []byte, t pccrr.MsgType) (pccrr.Body, error) {
	switch t {
	case pccrr.TypeNegoReq:
		return body(pccrr.DecodeMsgNegoReq(b))
	case pccrr.TypeNegoResp:
		return body(pccrr.DecodeMsgNegoResp(b))
	case pccrr.TypeGetBlkList:
		return body(pccrr.DecodeMsgGetBlkList(b))
	case pccrr.TypeGetBlks:
		return body(pccrr.DecodeMsgGetBlks(b))
	case pccrr.TypeBlkList:
		return body(pccrr.DecodeMsgBlkList(b))
	case pccrr.TypeBlk:
		return body(pccrr.DecodeMsgBlk(b))
	case pccrr.TypeGetSegList:
		return body(pccrr.DecodeMsgGetSegList(b))
	}
	return body(pccrr.DecodeMsgSegList(b))
}

func check(b []byte, response bool) (pccrr.Error, bool) {
	if response {
		return pccrr.CheckResponse(b)
	}
	return pccrr.CheckRequest(b)
}

// compare decodes b, holds everything that the package says of it against the
// slow decoder, and returns the message, nil if it is malformed.
func compare(t testing.TB, b []byte, response bool) pccrr.Body {
	t.Helper()
	m, err := decode(b, response)
	want := slowDecode(b, response)
	if e, ok := check(b, response); ok != (err == nil) || !ok && e != *err.(*pccrr.Error) {
		t.Errorf("Check gives %v, decoding %v", &e, err)
	}
	if err != nil {
		var e *pccrr.Error
		if !errors.As(err, &e) || string(e.Rule) != want.rule || e.Offset != want.offset || e.Sender {
			t.Errorf("decoding gives %v (%s at %d), want %s\n%x", err, e.Rule, e.Offset, want, b[:min(len(b), 200)])
		}
		return nil
	}
	if want.offset >= 0 {
		t.Errorf("decoding accepts it, want %s\n%x", want, b[:min(len(b), 200)])
		return nil
	}
	if got, err := m.AppendLenient(nil); err != nil || !bytes.Equal(got, b) || m.EncodedLen() != len(b) {
		t.Errorf("encoded %d bytes (%v), want %d\n%x\n%x", len(got), err, len(b), got, b)
	}
	return m
}

// compareFields holds the fields of m against the slow decoder's.
func compareFields(t testing.TB, b []byte, response bool, m pccrr.Body) {
	t.Helper()
	text, err := json.Marshal(m)
	var got map[string]any
	if err != nil || json.Unmarshal(text, &got) != nil {
		t.Fatalf("JSON is %s: %v", text, err)
	}
	if d := cmp.Diff(slowDecode(b, response).fields, got); d != "" {
		t.Errorf("fields differ (-want +got):\n%s", d)
	}
}

func TestVectors(t *testing.T) {
	for _, v := range messages(t) {
		t.Run(v.ID, func(t *testing.T) {
			response := v.Kind == "pccrr-answer"
			m := compare(t, v.b, response)
			if *v.WellFormed != (m != nil) {
				t.Fatalf("accepted: %t", m != nil)
			}
			if m == nil {
				if _, err := decode(v.b, response); err.(*pccrr.Error).Offset != v.Offset {
					t.Errorf("%v, want offset %d", err, v.Offset)
				}
				return
			}
			compareFields(t, v.b, response, m)
			checkFields(t, v, m)
			testutil.Append(t, v.b, m.AppendLenient)
			// Keys and hashes are another test's; the place of a segment, another message's.
			sender := strings.Join(v.SenderBreaches, "")
			if strings.Contains(sender, "32-byte secret") || strings.Contains(sender, "past the request") {
				sender = ""
			}
			if sender == "" {
				testutil.Append(t, v.b, m.AppendBinary)
				if err := m.CheckSenderRules(); err != nil {
					t.Error(err)
				}
			} else if e, ok := m.CheckSenderRules().(*pccrr.Error); !ok || !e.Sender {
				t.Errorf("sender rules: %v, want %s", e, sender)
			} else if again := testutil.AppendFails(t, m.AppendBinary); *again.(*pccrr.Error) != *e {
				t.Errorf("AppendBinary gives %v, CheckSenderRules %v", again, e)
			}
			for typ := pccrr.TypeNegoReq; typ <= pccrr.TypeSegList; typ++ {
				whole, err := decodeWhole(v.b, typ)
				if typ == m.MsgType() {
					if text, want := fmt.Sprintf("%#v", whole), fmt.Sprintf("%#v", m); err != nil || text != want {
						t.Errorf("in one call: %v, %s, want %s", err, text, want)
					}
				} else if err == nil || typ.IsRequest() == m.MsgType().IsRequest() && !errors.Is(err, pccrr.RuleMsgType) {
					t.Errorf("decoded as %s: %v", typ, err)
				}
			}
		})
	}
}

// checkFields holds the fields of m against those of the vector.
func checkFields(t *testing.T, v vector, m pccrr.Body) {
	t.Helper()
	want, got := v.Fields, vectorFields{}
	head := func(v pccrr.Version, a pccrr.CryptoAlgoId) {
		got.MsgSize = uint32(m.EncodedLen())
		if m.MsgType().IsResponse() {
			got.MsgSize -= 4
			got.Size = got.MsgSize
		}
		got.ProtVer, got.MsgType, got.CryptoAlgoID = v.String(), uint32(m.MsgType()), uint32(a)
	}
	ranges := func(r pccrr.Ranges) {
		got.Ranges = [][2]uint32{}
		for i, one := range r.All() {
			if one != r.At(i) {
				t.Errorf("range %d is not where At has it", i)
			}
			got.Ranges = append(got.Ranges, [2]uint32{one.Index, one.Count})
		}
		if r.Len() != len(got.Ranges) {
			t.Errorf("%d ranges, Len is %d", len(got.Ranges), r.Len())
		}
	}
	pad := func(b []byte, pad [3]byte) string { return hex.EncodeToString(pad[:-len(b)&3]) }
	blob := func(b []byte) {
		got.SizeOfBlob, got.Blob = uint32(len(b)), json.RawMessage(`"`+hex.EncodeToString(b)+`"`)
		if e, err := pccrr.DecodeExtensibleBlob(b); err == nil {
			got.Ages = agesOf(e)
		}
	}
	switch m := m.(type) {
	case pccrr.MsgNegoReq:
		head(m.ProtVer, m.CryptoAlgoId)
		got.Min, got.Max = m.MinSupportedProtocolVersion.String(), m.MaxSupportedProtocolVersion.String()
	case pccrr.MsgNegoResp:
		head(m.ProtVer, m.CryptoAlgoId)
		got.Min, got.Max = m.MinSupportedProtocolVersion.String(), m.MaxSupportedProtocolVersion.String()
	case pccrr.MsgGetBlkList:
		head(m.ProtVer, m.CryptoAlgoId)
		got.SegmentID, got.ZeroPad = hex.EncodeToString(m.SegmentID), pad(m.SegmentID, m.ZeroPad)
		ranges(m.NeededBlockRanges)
	case pccrr.MsgGetBlks:
		head(m.ProtVer, m.CryptoAlgoId)
		got.SegmentID, got.ZeroPad = hex.EncodeToString(m.SegmentID), pad(m.SegmentID, m.ZeroPad)
		ranges(m.ReqBlockRanges)
		got.SizeOfVrf, got.Vrf = uint32(len(m.DataForVrfBlock)), hex.EncodeToString(m.DataForVrfBlock)
	case pccrr.MsgBlkList:
		head(m.ProtVer, m.CryptoAlgoId)
		got.SegmentID, got.ZeroPad = hex.EncodeToString(m.SegmentId), pad(m.SegmentId, m.ZeroPad)
		ranges(m.BlockRanges)
		got.NextBlockIndex = m.NextBlockIndex
	case pccrr.MsgBlk:
		head(m.ProtVer, m.CryptoAlgoId)
		got.SegmentID, got.ZeroPad = hex.EncodeToString(m.SegmentId), pad(m.SegmentId, m.ZeroPad)
		got.BlockIndex, got.NextBlockIndex = m.BlockIndex, m.NextBlockIndex
		got.SizeOfBlock, got.BlockSHA256, got.ZeroPad2 = uint32(len(m.Block)), sha256Of(m.Block), pad(m.Block, m.ZeroPad2)
		got.SizeOfVrf, got.Vrf, got.ZeroPad3 = uint32(len(m.VrfBlock)), hex.EncodeToString(m.VrfBlock), pad(m.VrfBlock, m.ZeroPad3)
		got.SizeOfIV, got.IV = uint32(len(m.IVBlock)), hex.EncodeToString(m.IVBlock)
	case pccrr.MsgGetSegList:
		head(m.ProtVer, m.CryptoAlgoId)
		got.RequestID = hex.EncodeToString(m.RequestID[:])
		for i, id := range m.SegmentIDs.All() {
			if !bytes.Equal(id, m.SegmentIDs.At(i)) {
				t.Errorf("SegmentID %d is not where At has it", i)
			}
			got.SegmentIDs = append(got.SegmentIDs, hex.EncodeToString(id))
		}
		blob(m.ExtensibleBlob)
	case pccrr.MsgSegList:
		head(m.ProtVer, m.CryptoAlgoId)
		got.RequestID = hex.EncodeToString(m.RequestID[:])
		ranges(m.SegmentRanges)
		blob(m.ExtensibleBlob)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("fields differ (-want +got):\n%s", d)
	}
}

func agesOf(e pccrr.ExtensibleBlob) *vectorAges {
	a := &vectorAges{Units: uint8(e.SegmentAgeUnits()), Ages: [][2]uint32{}, Trailing: hex.EncodeToString(e.Trailing())}
	for i, one := range e.All() {
		if one != e.At(i) {
			panic("At")
		}
		a.Ages = append(a.Ages, [2]uint32{uint32(one.SegmentIndex), one.Age})
	}
	return a
}

func TestExtensibleBlobVectors(t *testing.T) {
	for _, v := range load(t, "extensible-blob") {
		t.Run(v.ID, func(t *testing.T) {
			e, err := pccrr.DecodeExtensibleBlob(v.b)
			if (err != nil) != v.Discard {
				t.Fatal(err)
			}
			var want *vectorAges
			if len(v.Fields.Blob) > 0 {
				var fields *vectorAges
				if err := json.Unmarshal(v.Fields.Blob, &fields); err != nil {
					t.Fatal(err)
				}
				want = fields
			}
			if err != nil {
				if want != nil || e.Len() != 0 {
					t.Errorf("discarded: %v", err)
				}
				return
			}
			if d := cmp.Diff(want, agesOf(e)); d != "" {
				t.Errorf("ages differ (-want +got):\n%s", d)
			}
			if !bytes.Equal(e.Bytes(), v.b) {
				t.Errorf("bytes are %x", e.Bytes())
			}
		})
	}
}

// What iPXE accepts although it is malformed is still there to be read.
func TestIPXEVerdicts(t *testing.T) {
	readable := 0
	for _, v := range load(t, "ipxe-verdicts") {
		m := compare(t, v.b, true)
		if m != nil || !v.IPXEAccepts {
			continue
		}
		r, err := pccrr.DecodeResponseMessage(v.b)
		blk, bodyErr := r.DecodeBlk()
		switch {
		case strings.Contains(v.ID, "after-the-IV"):
			if !errors.Is(bodyErr, pccrr.RuleOneMessage) {
				t.Errorf("%s: %v", v.ID, bodyErr)
			}
		case err == nil || bodyErr != nil || len(blk.Block) != 4016 || !bytes.Equal(v.b[68:68+4016], blk.Block):
			t.Errorf("%s: %v, body %v: %v", v.ID, err, bodyErr, blk)
		default:
			readable++
		}
	}
	if readable == 0 {
		t.Error("no message with a header that lies")
	}
}
