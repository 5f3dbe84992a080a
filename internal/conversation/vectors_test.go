package conversation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hostedcache/pchc/codec/pccrd"
	"github.com/hostedcache/pchc/codec/pccrr"
	"github.com/hostedcache/pchc/internal/capture"
)

// expectedMessage is a message in NAME.expected.json.
type expectedMessage struct {
	FirstFrame    int64  `json:"first_frame"`
	LastFrame     int64  `json:"last_frame"`
	Frame         int64  `json:"frame"`
	From, To      string // address and port
	Length        int
	SHA256        string
	AnswersFrame  int64 `json:"answers_frame"`
	Protocol      string
	Message       string
	SegmentIDs    []string `json:"segment_ids"`
	ContentRange  string   `json:"content-range"`
	XP2PPeerDist  string   `json:"x-p2p-peerdist"`
	AcceptCoding  string   `json:"accept-encoding"`
	ContentCoding string   `json:"content-encoding"`
	MessageID     string   `json:"message_id"`
	RelatesTo     string   `json:"relates_to"`
	Scopes        []string
	XAddrs        []string
	BlockCount    string `json:"block_count"`
	Fields        struct {
		MsgType      *uint32     `json:"msg_type"`
		SegmentID    string      `json:"segment_id"`
		Ranges       [][2]uint32 `json:"ranges"`
		BlockIndex   uint32      `json:"block_index"`
		SizeOfBlock  int         `json:"size_of_block"`
		CryptoAlgoID uint32      `json:"crypto_algo_id"`
	}
	Plain *struct {
		Length    int
		SHA256    string
		BlockHash string `json:"block_hash"`
		Matches   bool   `json:"block_hash_matches"`
	}
}

// TestVectors reads the captures of other implementations: every message, in order, its
// fields, the request that it answers, and every block verified.
func TestVectors(t *testing.T) {
	for name, blocks := range map[string]int{"wpts-flow-v1": 4, "ipxe-discovery": 5} {
		t.Run(name, func(t *testing.T) {
			var want struct{ Messages []expectedMessage }
			b, err := os.ReadFile("testdata/" + name + ".expected.json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			waiting := make(map[int64]*expectedMessage) // by the frame that completes them
			for i := range want.Messages {
				m := &want.Messages[i]
				waiting[m.LastFrame+m.Frame] = m
			}
			all, verified := len(want.Messages), 0
			take := func(at int64) *expectedMessage {
				m := waiting[at]
				if m == nil {
					t.Fatalf("frame %d completes a message that is not expected", at)
				}
				delete(waiting, at)
				return m
			}
			last := int64(0)
			read(t, "testdata/"+name+".pcap", func(it *Item) {
				e, x := it.Event, it.Exchange
				if e.Frame < last {
					t.Errorf("frame %d after frame %d", e.Frame, last)
				}
				last = e.Frame
				if x != nil && x.Protocol == capture.PCCRTP {
					if m := take(x.Asked.Frame); m.Protocol != "HTTP/MS-PCCRTP" || m.AcceptCoding != x.Transfer.Asked.Coding || m.XP2PPeerDist != x.Transfer.Asked.XP2PPeerDist {
						t.Errorf("frame %d: %+v, want %+v", x.Asked.Frame, x.Transfer.Asked, m)
					}
				}
				m := take(e.Frame)
				compare(t, m, it)
				if x != nil && x.Retrieval != nil && x.Retrieval.Block != nil {
					verified++
				}
			})
			if len(waiting) > 0 || verified != blocks {
				t.Errorf("%d of %d messages are missing; %d blocks, want %d", len(waiting), all, verified, blocks)
			}
		})
	}
}

// compare compares an item with what is expected of its message.
func compare(t *testing.T, m *expectedMessage, it *Item) {
	t.Helper()
	e, x := it.Event, it.Exchange
	bare := strings.NewReplacer("[", "", "]", "")
	if bare.Replace(e.Src.String()) != m.From || bare.Replace(e.Dst.String()) != m.To {
		t.Errorf("frame %d: from %v to %v, want %s and %s", e.Frame, e.Src, e.Dst, m.From, m.To)
	}
	if sum := sha256.Sum256(e.Body); e.Kind != capture.Plain && (len(e.Body) != m.Length || hex.EncodeToString(sum[:]) != m.SHA256) {
		t.Errorf("frame %d: %d bytes with the hash %x, want %d with %s", e.Frame, len(e.Body), sum, m.Length, m.SHA256)
	}
	if x == nil {
		if m.Protocol != "MS-PCHC" {
			t.Errorf("frame %d is no exchange, want %s", e.Frame, m.Protocol)
		}
		return
	}
	switch x.Protocol {
	case capture.PCCRR:
		compareRetrieval(t, m, x)
	case capture.PCCRTP:
		f := x.Transfer
		if m.ContentCoding != f.Answered.Coding || m.XP2PPeerDist != f.Answered.XP2PPeerDist || m.ContentRange != f.Answered.Range ||
			f.Plain() && f.Bytes != int64(m.Length) || x.Result != Hit {
			t.Errorf("frame %d: %+v, %v, want %+v", e.Frame, f, x.Result, m)
		}
		if f.Information != nil {
			for i, want := range m.SegmentIDs {
				if got := hex.EncodeToString(f.Information.AppendHoHoDk(nil, i)); got != want {
					t.Errorf("frame %d: segment %d is %s, want %s", e.Frame, i, got, want)
				}
			}
		}
	case capture.PCCRD:
		compareDiscovery(t, m, x)
	}
}

func compareDiscovery(t *testing.T, m *expectedMessage, x *Exchange) {
	t.Helper()
	got := expectedMessage{Message: "Probe"}
	var ids []pccrd.HoHoDk
	if a := x.Discovery.Matches; a != nil {
		got.Message, got.MessageID, got.RelatesTo = "ProbeMatches", a.MessageID, a.RelatesTo
		ids, got.XAddrs = a.ProbeMatch[0].HoHoDk, a.ProbeMatch[0].XAddrs
		got.BlockCount = fmt.Sprintf("%08X", a.ProbeMatch[0].BlockCount[0])
		if x.Request == nil || x.Result != Hit || x.Discovery.Probe.MessageID != m.RelatesTo {
			t.Errorf("frame %d: %v %s, and its Probe %v", x.Answered.Frame, x.Result, x.Reason, x.Request)
		}
		if _, ok := x.Took(); !ok {
			t.Errorf("frame %d: it is not known how long it took", x.Answered.Frame)
		}
	} else {
		ids, got.MessageID = x.Discovery.Probe.HoHoDk, x.Discovery.Probe.MessageID
	}
	for _, id := range ids {
		got.Scopes = append(got.Scopes, id.String())
	}
	want := expectedMessage{Message: m.Message, MessageID: m.MessageID, RelatesTo: m.RelatesTo, Scopes: m.Scopes, XAddrs: m.XAddrs, BlockCount: m.BlockCount}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frame %d differs (-want +got):\n%s", x.Answered.Frame, diff)
	}
}

func compareRetrieval(t *testing.T, m *expectedMessage, x *Exchange) {
	t.Helper()
	message, body := x.Request, x.Retrieval.Asked
	if x.Done {
		message, body = x.Response, x.Retrieval.Answer
		if x.Request == nil || x.Asked.Frame == 0 || x.Request.Frame != x.Asked.Frame {
			t.Fatalf("frame %d: the request is %+v", message.Frame, x.Request)
		}
		if began := x.Began.Frame; began != m.FirstFrame {
			t.Errorf("frame %d: it begins in frame %d, want %d", message.Frame, began, m.FirstFrame)
		}
	}
	if message.Err != nil || body == nil || body.MsgType().String() != m.Message {
		t.Fatalf("frame %d: %v, %v, want %s", message.Frame, body, message.Err, m.Message)
	}
	var ranges pccrr.Ranges
	switch b := body.(type) {
	case pccrr.MsgGetBlkList:
		ranges = b.NeededBlockRanges
	case pccrr.MsgGetBlks:
		ranges = b.ReqBlockRanges
	case pccrr.MsgBlkList:
		ranges = b.BlockRanges
	case pccrr.MsgSegList:
		ranges = b.SegmentRanges
	case pccrr.MsgBlk:
		if b.BlockIndex != m.Fields.BlockIndex || len(b.Block) != m.Fields.SizeOfBlock || uint32(b.CryptoAlgoId) != m.Fields.CryptoAlgoID {
			t.Errorf("frame %d: %v, want %+v", message.Frame, b, m.Fields)
		}
		compareBlock(t, m, x)
	}
	for i, r := range m.Fields.Ranges {
		if ranges.Len() != len(m.Fields.Ranges) || ranges.At(i) != (pccrr.Range{Index: r[0], Count: r[1]}) {
			t.Errorf("frame %d: ranges %v, want %v", message.Frame, ranges, m.Fields.Ranges)
		}
	}
	if got := hex.EncodeToString(x.Retrieval.Segment); got != m.Fields.SegmentID {
		t.Errorf("frame %d: segment %s, want %s", message.Frame, got, m.Fields.SegmentID)
	}
}

func compareBlock(t *testing.T, m *expectedMessage, x *Exchange) {
	t.Helper()
	b := x.Retrieval.Block
	if m.Plain == nil {
		if b != nil || x.Result != Miss {
			t.Errorf("frame %d: %v, block %+v", x.Answered.Frame, x.Result, b)
		}
		return
	}
	if b == nil || b.Verified != m.Plain.Matches || b.Length != m.Plain.Length || hex.EncodeToString(b.Hash) != m.Plain.BlockHash || x.Result != Hit {
		t.Fatalf("frame %d: %v, %+v, want %+v", x.Answered.Frame, x.Result, b, m.Plain)
	}
	if sum := sha256.Sum256(b.Plain); hex.EncodeToString(sum[:]) != m.Plain.SHA256 {
		t.Errorf("frame %d: the block is decrypted to something else", x.Answered.Frame)
	}
	places := 0
	for p := range b.At() {
		places++
		if p.Content.Length == 0 || p.Start+uint64(b.Length) > p.Content.Length {
			t.Errorf("frame %d: the block is at %d of %+v", x.Answered.Frame, p.Start, p.Content)
		}
	}
	if places == 0 {
		t.Errorf("frame %d: the block is in no content", x.Answered.Frame)
	}
}

// read reads a capture, with plain blocks.
func read(t *testing.T, name string, handle func(*Item)) capture.Summary {
	t.Helper()
	open := func() (io.ReadCloser, error) { return os.Open(name) }
	in, err := open()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	sum, err := Read(in, Options{Capture: capture.Options{File: name, ByFrame: true}, Again: open, Plain: true}, func(it *Item) error {
		handle(it)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}
