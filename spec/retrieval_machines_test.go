package spec

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// told describes actions, a word for each.
func told(actions []Action) string {
	var all []string
	for _, a := range actions {
		switch a := a.(type) {
		case Send:
			d := Dissect(RetrievalRequest, []byte(a.Message.Reveal()))
			if len(d.Violations) > 0 {
				all = append(all, fmt.Sprint(d.Violations))
			}
			all = append(all, fmt.Sprintf("%d:%s.%d", a.Request, d.Message, d.Root.find("MESSAGE_HEADER").find("ProtVer").find("MajorVersion").Value)+rangesText(d, "NeededBlockRanges", "ReqBlockRanges"))
		case Expire:
			all = append(all, fmt.Sprint(a.Request, ":expired"))
		case Drop:
			all = append(all, fmt.Sprint(a.Request, ":drop:", a.Rule))
		case NotThere:
			all = append(all, fmt.Sprint(a.Request, ":nothing"))
		case HasBlocks:
			all = append(all, fmt.Sprint(a.Request, ":has", a.Blocks.First, "-", a.Blocks.Last))
		case HasSegments:
			all = append(all, fmt.Sprint(a.Request, ":segments", a.First, "-", a.Last))
		case HasAge:
			all = append(all, fmt.Sprint(a.Request, ":age", a.Segment, "=", a.Age))
		case TakeBlock:
			all = append(all, fmt.Sprint(a.Request, ":block", a.Index, "=", a.Block))
		case GiveUp:
			all = append(all, fmt.Sprint(a.Request, ":gives-up"))
		case Negotiated:
			all = append(all, fmt.Sprint(a.Request, ":version", a.Major, a.OK))
		default:
			all = append(all, fmt.Sprintf("%T", a))
		}
	}
	return strings.Join(all, " ")
}

func rangesText(d *Dissection, names ...string) (text string) {
	for _, name := range names {
		for _, r := range d.Root.find("MESSAGE_BODY").Child(name).elements() {
			text += fmt.Sprint("[", r.find("Index").Value, "+", r.find("Count").Value, "]")
		}
	}
	return text
}

// A step of a RetrievalClient: the response to a request, or what is started, and what
// it does.
type retrievalStep struct {
	at    time.Duration
	start func(c *RetrievalClient, now time.Duration) []Action
	to    RequestID
	reply []byte
	want  string
}

func retrievalSteps(t testing.TB) map[string][]retrievalStep {
	list := func(c *RetrievalClient, now time.Duration) []Action {
		return c.GetBlockList(now, segmentA, BlockRange{2, 4}, BlockRange{10, 11})
	}
	block := func(c *RetrievalClient, now time.Duration) []Action { return c.GetBlock(now, segmentA, 5) }
	segments := func(c *RetrievalClient, now time.Duration) []Action {
		return c.GetSegments(now, request1, segmentA, segmentB, segmentA)
	}
	nego := func(c *RetrievalClient, now time.Duration) []Action { return c.Negotiate(now) }
	download := func(blocks ...BlockRange) func(c *RetrievalClient, now time.Duration) []Action {
		return func(c *RetrievalClient, now time.Duration) []Action { return c.Download(now, segmentA, blocks...) }
	}
	tick := func(c *RetrievalClient, now time.Duration) []Action { return c.Tick(now) }
	const asked, askedBlock, askedSegments = "1:MSG_GETBLKLIST.1[2+3][10+2]", "1:MSG_GETBLKS.1[5+1]", "1:MSG_GETSEGLIST.2"
	aged := func(blob string) []byte {
		return retrieval(t, "MSG_SEGLIST", 2, 7, Fields{"RequestID": []byte(request1), "SegmentRanges": indexes(1, 2), "ExtensibleBlob": []byte(blob)})
	}
	return map[string][]retrievalStep{
		"a list, of which only what was asked for counts": {{0, list, 0, nil, asked}, {1, nil, 1, blkListOf(t, segmentA, 0, 3, 4, 1, 9, 9), "1:has2-2 1:has4-4 1:has10-11"}, {1, nil, 1, blkListOf(t, segmentA), "1:drop:PCCRR-3-Pair"}},
		"an empty list":           {{0, list, 0, nil, asked}, {1, nil, 1, blkListOf(t, segmentA), "1:nothing"}},
		"a list without overlap":  {{0, list, 0, nil, asked}, {1, nil, 1, blkListOf(t, segmentA, 5, 5, 1<<32-1, 9), "1:drop:PCCRR-3.1.5.2-Overlap"}},
		"a list of another":       {{0, list, 0, nil, asked}, {1, nil, 1, blkListOf(t, segmentB, 2, 1), "1:drop:PCCRR-3.2.5-SegmentId"}},
		"another type":            {{0, list, 0, nil, asked}, {1, nil, 1, blkOf(t, segmentA, 2, 0, "x"), "1:drop:PCCRR-3-Pair"}},
		"malformed":               {{0, list, 0, nil, asked}, {1, nil, 1, blkListOf(t, segmentA)[:60], "1:drop:PCCRR-2.2.2-Size"}},
		"a block":                 {{0, block, 0, nil, askedBlock}, {1, nil, 1, blkOf(t, segmentA, 5, 9, "data"), "1:block5=data"}},
		"no block":                {{0, block, 0, nil, askedBlock}, {1, nil, 1, blkOf(t, segmentA, 0, 0, ""), "1:nothing"}},
		"another block":           {{0, block, 0, nil, askedBlock}, {1, nil, 1, blkOf(t, segmentA, 6, 0, "data"), "1:drop:PCCRR-3.1.5.3-Match"}},
		"a block of another":      {{0, block, 0, nil, askedBlock}, {1, nil, 1, blkOf(t, segmentB, 5, 0, ""), "1:drop:PCCRR-3.1.5.3-Match"}},
		"segments":                {{0, segments, 0, nil, askedSegments}, {1, nil, 1, segListOf(t, request1, 0, 1, 2, 1), "1:segments0-0 1:segments2-2"}},
		"no segments":             {{0, segments, 0, nil, askedSegments}, {1, nil, 1, segListOf(t, request1, 1, 0), "1:nothing"}},
		"a segment too many":      {{0, segments, 0, nil, askedSegments}, {1, nil, 1, segListOf(t, request1, 0, 1, 2, 2), "1:drop:PCCRR-3.1.5.4-Index"}},
		"segments of another":     {{0, segments, 0, nil, askedSegments}, {1, nil, 1, segListOf(t, request2, 0, 1), "1:drop:PCCRR-3.2.5-RequestID"}},
		"ages from the first one": {{0, segments, 0, nil, askedSegments}, {1, nil, 1, aged("\x00\x01\x01\x03\x00\x02\x01\x00\x01\x05\x00\x00\x02\x05\x00\x00"), "1:segments1-2 1:age1=4m18s 1:age2=5s"}},
		"a blob that is wrong":    {{0, segments, 0, nil, askedSegments}, {1, nil, 1, aged("\x00\x02"), "1:segments1-2"}},
		"a RequestID in use":      {{0, segments, 0, nil, askedSegments}, {1, segments, 0, nil, "0:drop:PCCRR-3.1.4.4-RequestID"}, {2, nil, 1, segListOf(t, request1), "1:nothing"}, {3, segments, 0, nil, "2:MSG_GETSEGLIST.2"}},
		"no response for 2 seconds": {{0, block, 0, nil, askedBlock}, {1, block, 0, nil, "2:MSG_GETBLKS.1[5+1]"}, {RequestTimeout - 1, tick, 0, nil, ""}, {RequestTimeout, tick, 0, nil, "1:expired"},
			{RequestTimeout, nil, 2, blkOf(t, segmentA, 5, 0, "data"), "2:block5=data"}, {RequestTimeout, nil, 1, blkOf(t, segmentA, 5, 0, "data"), "1:drop:PCCRR-3-Pair"}},
		"a response at 2 seconds":        {{0, block, 0, nil, askedBlock}, {RequestTimeout, nil, 1, blkOf(t, segmentA, 5, 0, "data"), "1:expired 1:drop:PCCRR-3-Pair"}},
		"another version":                {{0, block, 0, nil, askedBlock}, {RequestTimeout - 1, nil, 1, negoRespOf(t, 2, 2), "1:[MESSAGE_HEADER.ProtVer.MajorVersion is 2, must be 1] 1:MSG_GETBLKS.2[5+1]"}, {RequestTimeout + 1, nil, 1, blkOf(t, segmentA, 5, 0, "data"), "1:block5=data"}},
		"the version that it has":        {{0, block, 0, nil, askedBlock}, {1, nil, 1, negoRespOf(t, 1, 1), "1:gives-up"}},
		"no version in common":           {{0, block, 0, nil, askedBlock}, {1, nil, 1, negoRespOf(t, 3, 9), "1:gives-up"}},
		"versions":                       {{0, nego, 0, nil, "1:MSG_NEGO_REQ.1"}, {1, nil, 1, negoRespOf(t, 1, 9), "1:version2 true"}},
		"no versions":                    {{0, nego, 0, nil, "1:MSG_NEGO_REQ.1"}, {1, nil, 1, negoRespOf(t, 3, 9), "1:version2 false"}},
		"no versions at the other end":   {{0, nego, 0, nil, "1:MSG_NEGO_REQ.1"}, {1, nil, 1, negoRespOf(t, 0, 0), "1:version0 false"}},
		"three blocks without a list":    {{0, download(BlockRange{7, 9}), 0, nil, "1:MSG_GETBLKS.1[7+1]"}, {1, nil, 1, blkOf(t, segmentA, 7, 0, "data"), "1:block7=data 2:MSG_GETBLKS.1[8+1]"}, {1, nil, 2, blkOf(t, segmentA, 0, 0, ""), "2:nothing 3:MSG_GETBLKS.1[9+1]"}, {1, nil, 3, nil, "3:drop:PCCRR-2.2.2-Truncated"}},
		"four blocks by a list":          {{0, download(BlockRange{7, 10}), 0, nil, "1:MSG_GETBLKLIST.1[7+4]"}, {1, nil, 1, blkListOf(t, segmentA, 8, 1, 10, 1), "1:has8-8 1:has10-10 2:MSG_GETBLKS.1[8+1]"}, {1, nil, 2, blkOf(t, segmentA, 9, 0, "x"), "2:drop:PCCRR-3.1.5.3-Match 3:MSG_GETBLKS.1[10+1]"}},
		"two ranges by a list":           {{0, download(BlockRange{7, 7}, BlockRange{9, 9}), 0, nil, "1:MSG_GETBLKLIST.1[7+1][9+1]"}, {1, nil, 1, blkListOf(t, segmentA), "1:nothing"}},
		"a download ends with a timeout": {{0, download(BlockRange{7, 9}), 0, nil, "1:MSG_GETBLKS.1[7+1]"}, {RequestTimeout, tick, 0, nil, "1:expired"}, {RequestTimeout, tick, 0, nil, ""}},
		"the last block of all":          {{0, download(BlockRange{1<<32 - 1, 1<<32 - 1}), 0, nil, "1:[MESSAGE_BODY.ReqBlockRanges[0].Index is 4294967295, must be 0 to 511 MESSAGE_BODY.ReqBlockRanges[0].Count is 1, must be 1 to 512-Index] 1:MSG_GETBLKS.1[4294967295+1]"}},
	}
}

func TestRetrievalClient(t *testing.T) {
	for name, steps := range retrievalSteps(t) {
		var c RetrievalClient
		for i, s := range steps {
			var got []Action
			if s.start != nil {
				got = s.start(&c, s.at)
			} else {
				got = c.Receive(s.at, s.to, s.reply)
			}
			if text := told(got); text != s.want && strings.ReplaceAll(text, "[MESSAGE", "1:[MESSAGE") != s.want {
				t.Errorf("%s, step %d: %s, want %s", name, i, text, s.want)
			}
		}
	}
}

// The next tick is when the oldest request expires, and there is none without requests.
func TestRetrievalClientNextTick(t *testing.T) {
	c := RetrievalClient{Timeout: 5 * time.Second, CryptoAlgoId: 1}
	if _, running := c.NextTick(); running {
		t.Error("a timer without a request")
	}
	b := []byte(c.GetBlock(7, segmentA, 1)[0].(Send).Message.Reveal())
	c.GetBlock(9, segmentA, 1)
	if at, running := c.NextTick(); !running || at != 7+5*time.Second {
		t.Error(at)
	}
	c.Receive(9, 1, nil)
	if at, _ := c.NextTick(); at != 9+5*time.Second {
		t.Error(at)
	}
	if n := Dissect(RetrievalRequest, b).Root.find("MESSAGE_HEADER").find("CryptoAlgoId").Value; n != 1 {
		t.Error(n)
	}
}

// A list for more ranges than a message holds takes several.
func TestRetrievalClientRanges(t *testing.T) {
	var c RetrievalClient
	var many []BlockRange
	for i := range uint32(257) {
		many = append(many, BlockRange{i, i})
	}
	got := c.GetBlockList(0, segmentA, many...)
	for i, want := range []uint64{256, 1} {
		d := Dissect(RetrievalRequest, []byte(got[i].(Send).Message.Reveal()))
		if n := d.Root.find("MESSAGE_BODY").find("NeededBlocksRangeCount").Value; n != want || len(got) != 2 {
			t.Errorf("%d ranges in message %d of %d", n, i, len(got))
		}
	}
}

func TestRetrievalServer(t *testing.T) {
	server := func(f func(s *RetrievalServer)) *RetrievalServer {
		s := new(RetrievalServer)
		for _, i := range []uint32{0, 2, 3, 9} {
			s.Add(0, segmentA, i, ServedBlock{Block: fmt.Sprint("block ", i)})
		}
		s.Add(10*time.Second, segmentB, 0, ServedBlock{CryptoAlgoId: 1, IV: request1, Block: request2})
		f(s)
		return s
	}
	plain, busy := server(func(*RetrievalServer) {}), server(func(s *RetrievalServer) { s.Busy = true })
	second := server(func(s *RetrievalServer) { s.MinVersion = 2 })
	block := getBlksOf(t, segmentA, 3, 1)
	changed := func(b []byte, at int, v byte) []byte {
		b = slices.Clone(b)
		b[at] = v
		return b
	}
	ages := func(blob string, pairs ...uint64) []byte {
		return retrieval(t, "MSG_SEGLIST", 2, 7, Fields{"RequestID": []byte(request1), "SegmentRanges": indexes(pairs...), "ExtensibleBlob": []byte(blob)})
	}
	for _, c := range []struct {
		name    string
		s       *RetrievalServer
		request []byte
		want    []byte
		rule    string
	}{
		{"versions", plain, negoReqOf(t, 1, 1), negoRespOf(t, 1, 2), ""},
		{"a version that it has not", second, block, negoRespOf(t, 2, 2), ""},
		{"a later version", plain, changed(block, 3, 3), negoRespOf(t, 1, 2), ""},
		{"a later version with another body", plain, changed(changed(block, 3, 3), 19, 200), negoRespOf(t, 1, 2), ""},
		{"a later minor version", plain, changed(block, 1, 9), blkOf(t, segmentA, 3, 9, "block 3"), ""},
		{"versions of a later version", second, negoReqOf(t, 1, 1), negoRespOf(t, 2, 2), ""},
		{"a list", plain, getBlkListOf(t, segmentA, 8, 5, 1, 2, 3, 1), blkListOf(t, segmentA, 2, 2, 9, 1), ""},
		{"a list of nothing", plain, getBlkListOf(t, segmentA, 1, 1), blkListOf(t, segmentA), ""},
		{"a list without ranges", plain, getBlkListOf(t, segmentA), blkListOf(t, segmentA), ""},
		{"a list of all numbers", plain, getBlkListOf(t, segmentA, 3, 1<<32-1), blkListOf(t, segmentA, 3, 1, 9, 1), ""},
		{"a list of another segment", plain, getBlkListOf(t, request1, 1, 1), blkListOf(t, request1), ""},
		{"a list while busy", busy, getBlkListOf(t, segmentA, 0, 9), blkListOf(t, segmentA), ""},
		{"a block", plain, getBlksOf(t, segmentA, 0, 1), blkOf(t, segmentA, 0, 2, "block 0"), ""},
		{"a block inside a range", plain, getBlksOf(t, segmentA, 2, 1), blkOf(t, segmentA, 2, 3, "block 2"), ""},
		{"the last block", plain, getBlksOf(t, segmentA, 9, 1), blkOf(t, segmentA, 9, 0, "block 9"), ""},
		{"the lowest of several", plain, getBlksOf(t, segmentA, 9, 1, 3, 2), blkOf(t, segmentA, 3, 9, "block 3"), ""},
		{"a block that is not there", plain, getBlksOf(t, segmentA, 4, 1), blkOf(t, segmentA, 4, 9, ""), ""},
		{"no block", plain, getBlksOf(t, segmentA, 4, 0), blkOf(t, segmentA, 0, 0, ""), ""},
		{"a block while busy", busy, getBlksOf(t, segmentA, 3, 1), blkOf(t, segmentA, 3, 0, ""), ""},
		{"an encrypted block", plain, getBlksOf(t, segmentB, 0, 1), changed(retrieval(t, "MSG_BLK", 1, 5, Fields{"SegmentId": []byte(segmentB), "BlockIndex": uint64(0), "NextBlockIndex": uint64(0),
			"Block": []byte(request2), "VrfBlock": []byte{}, "IVBlock": []byte(request1)}), 19, 1), ""},
		{"segments", plain, getSegListOf(t, request1, request1, segmentA, segmentB, request1, segmentB), ages("\x00\x01\x03\x03\x00\xD0\x07\x00\x01\xE8\x03\x00\x03\xE8\x03\x00", 1, 2, 4, 1), ""},
		{"no segments", plain, getSegListOf(t, request1, request1), ages("\x00\x01\x03\x00"), ""},
		{"segments while busy", busy, getSegListOf(t, request1, segmentA), ages("\x00\x01\x03\x00"), ""},
		{"malformed", plain, block[:60], nil, "PCCRR-2.2.3-MsgSize"},
		{"a response", plain, blkOf(t, segmentA, 3, 0, "x")[4:], nil, "PCCRR-2.1.1-Direction"},
		{"an unknown type", plain, changed(block, 7, 9), nil, "PCCRR-2.2.3-MsgType"},
		{"nothing", plain, nil, nil, "PCCRR-2.2.3-Truncated"},
		{"malformed behind its header", plain, changed(block, 19, 200), nil, "PCCRR-2.2.4.3-SizeOfSegmentID"},
		{"malformed versions", plain, changed(append(negoReqOf(t, 1, 1), 0), 11, 25), nil, "PCCRR-2.1.1-OneMessage"},
	} {
		want := Action(Reply{string(c.want), 20*time.Second + UploadTimeout})
		if c.rule != "" {
			want = Drop{Rule: c.rule}
		}
		if got := c.s.Receive(20*time.Second, c.request); got != want {
			t.Errorf("%s: %x, want %x", c.name, got, want)
		}
	}
}

// As many ages as a blob holds: 255, of the segments up to the 256th from the first.
func TestRetrievalServerAges(t *testing.T) {
	var s RetrievalServer
	s.Add(0, segmentA, 0, ServedBlock{})
	var ids []string
	for range 300 {
		ids = append(ids, segmentA)
	}
	reply := s.Receive(1000*time.Hour, getSegListOf(t, request1, ids...)).(Reply)
	d := Dissect(RetrievalResponse, []byte(reply.Message))
	got, ok := SegmentAges(d.Root.find("MESSAGE_BODY").find("ExtensibleBlob").Raw())
	if !ok || len(got) != 255 || got[254] != (SegmentAge{254, (1<<24 - 1) * 10 * time.Millisecond}) || len(d.Violations) > 0 {
		t.Error(len(got), ok, d.Violations)
	}
}
