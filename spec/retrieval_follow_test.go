package spec

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

// retrieval assembles a message of MS-PCCRR.
func retrieval(t testing.TB, message string, major, typ uint64, body Fields) []byte {
	t.Helper()
	b, err := Assemble(message, Fields{"MESSAGE_HEADER": Fields{"ProtVer": Fields{"MinorVersion": uint64(0), "MajorVersion": major}, "MsgType": typ, "CryptoAlgoId": uint64(0)}, "MESSAGE_BODY": body})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func indexes(pairs ...uint64) []any {
	var list []any
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, Fields{"Index": pair[0], "Count": pair[1]})
	}
	return list
}

func getBlkListOf(t testing.TB, id string, pairs ...uint64) []byte {
	return retrieval(t, "MSG_GETBLKLIST", 1, 2, Fields{"SegmentID": []byte(id), "NeededBlockRanges": indexes(pairs...)})
}

func getBlksOf(t testing.TB, id string, pairs ...uint64) []byte {
	return retrieval(t, "MSG_GETBLKS", 1, 3, Fields{"SegmentID": []byte(id), "ReqBlockRanges": indexes(pairs...), "DataForVrfBlock": []byte{}})
}

func getSegListOf(t testing.TB, requestID string, ids ...string) []byte {
	var list []any
	for _, id := range ids {
		list = append(list, Fields{"SegmentID": []byte(id)})
	}
	return retrieval(t, "MSG_GETSEGLIST", 2, 6, Fields{"RequestID": []byte(requestID), "SegmentIDs": list, "ExtensibleBlob": []byte{}})
}

func negoReqOf(t testing.TB, low, high uint64) []byte {
	return retrieval(t, "MSG_NEGO_REQ", 1, 0, versionsOf(low, high))
}

func versionsOf(low, high uint64) Fields {
	return Fields{"MinSupportedProtocolVersion": Fields{"MinorVersion": uint64(0), "MajorVersion": low}, "MaxSupportedProtocolVersion": Fields{"MinorVersion": uint64(0), "MajorVersion": high}}
}

func negoRespOf(t testing.TB, low, high uint64) []byte {
	return retrieval(t, "MSG_NEGO_RESP", 1, 1, versionsOf(low, high))
}

func blkListOf(t testing.TB, id string, pairs ...uint64) []byte {
	return retrieval(t, "MSG_BLKLIST", 1, 4, Fields{"SegmentId": []byte(id), "BlockRanges": indexes(pairs...), "NextBlockIndex": uint64(0)})
}

func blkOf(t testing.TB, id string, index, next uint64, block string) []byte {
	return retrieval(t, "MSG_BLK", 1, 5, Fields{"SegmentId": []byte(id), "BlockIndex": index, "NextBlockIndex": next, "Block": []byte(block), "VrfBlock": []byte{}, "IVBlock": []byte{}})
}

func segListOf(t testing.TB, requestID string, pairs ...uint64) []byte {
	return retrieval(t, "MSG_SEGLIST", 2, 7, Fields{"RequestID": []byte(requestID), "SegmentRanges": indexes(pairs...), "ExtensibleBlob": []byte{}})
}

var (
	segmentA, segmentB = strings.Repeat("a", 32), strings.Repeat("b", 32)
	request1, request2 = strings.Repeat("1", 16), strings.Repeat("2", 16)
)

// retrievalCase is an exchange, and what a RetrievalFollower says about its response:
// rule, field and offset.
type retrievalCase struct {
	name              string
	request, response []byte
	status            int
	want              string
}

func retrievalCases(t testing.TB) []retrievalCase {
	list, block, segments := getBlkListOf(t, segmentA, 2, 3, 10, 2), getBlksOf(t, segmentA, 5, 1), getSegListOf(t, request1, segmentA, segmentB, "x")
	v9 := slices.Clone(list)
	v9[3] = 9
	return []retrievalCase{
		{"a list", list, blkListOf(t, segmentA, 2, 1, 4, 1, 10, 2), 200, ""},
		{"an empty list", list, blkListOf(t, segmentA), 200, ""},
		{"ranges that are adjacent in the request", getBlkListOf(t, segmentA, 4, 2, 2, 2), blkListOf(t, segmentA, 3, 2), 200, ""},
		{"a block before the ranges", list, blkListOf(t, segmentA, 1, 2), 200, "PCCRR-3.2.5.2-Subset MESSAGE_BODY.BlockRanges[0] 60"},
		{"a block behind them", list, blkListOf(t, segmentA, 2, 3, 10, 3), 200, "PCCRR-3.2.5.2-Subset MESSAGE_BODY.BlockRanges[1] 68"},
		{"blocks between them", list, blkListOf(t, segmentA, 4, 7), 200, "PCCRR-3.2.5.2-Subset MESSAGE_BODY.BlockRanges[0] 60"},
		{"more blocks than there are numbers", list, blkListOf(t, segmentA, 1<<32-1, 1<<32-1), 200, "PCCRR-3.2.5.2-Subset MESSAGE_BODY.BlockRanges[0] 60"},
		{"no blocks at all", list, blkListOf(t, segmentA, 400, 0), 200, ""},
		{"a list of another segment", list, blkListOf(t, segmentB, 2, 1), 200, "PCCRR-3.2.5-SegmentId MESSAGE_BODY.SegmentId 24"},
		{"a block", block, blkOf(t, segmentA, 5, 0, "data"), 200, ""},
		{"a block of another segment", block, blkOf(t, segmentA+"b", 5, 0, "data"), 200, "PCCRR-3.2.5-SegmentId MESSAGE_BODY.SegmentId 24"},
		{"another block", block, blkOf(t, segmentA, 6, 0, "data"), 200, "PCCRR-3.2.5.3-Index MESSAGE_BODY.BlockIndex 56"},
		{"no block", block, blkOf(t, segmentA, 0, 0, ""), 200, ""},
		{"the lowest of several blocks", getBlksOf(t, segmentA, 7, 2, 3, 1), blkOf(t, segmentA, 3, 0, "data"), 200, ""},
		{"not the lowest of several blocks", getBlksOf(t, segmentA, 7, 2, 3, 1), blkOf(t, segmentA, 7, 0, "data"), 200, "PCCRR-3.2.5.3-Index MESSAGE_BODY.BlockIndex 56"},
		{"a block that nobody asked for", getBlksOf(t, segmentA, 7, 0), blkOf(t, segmentA, 9, 0, "data"), 200, ""},
		{"segments", segments, segListOf(t, request1, 0, 1, 2, 1), 200, ""},
		{"no segments", segments, segListOf(t, request1), 200, ""},
		{"segments of another request", segments, segListOf(t, request2, 0, 1), 200, "PCCRR-3.2.5-RequestID MESSAGE_BODY.RequestID 20"},
		{"a segment too many", segments, segListOf(t, request1, 0, 1, 2, 2), 200, "PCCRR-2.2.5.4-Index MESSAGE_BODY.SegmentRanges[1] 48"},
		{"segments past all numbers", segments, segListOf(t, request1, 1<<32-1, 1<<32-1), 200, "PCCRR-2.2.5.4-Index MESSAGE_BODY.SegmentRanges[0] 40"},
		{"versions", negoReqOf(t, 1, 1), negoRespOf(t, 1, 2), 200, ""},
		{"versions to a request of another", v9, negoRespOf(t, 1, 2), 200, ""},
		{"versions to a request of one of them", list, negoRespOf(t, 1, 2), 200, "PCCRR-2.2.3-ProtVerMajor MESSAGE_BODY.MinSupportedProtocolVersion.MajorVersion 22"},
		{"versions above that of the request", list, negoRespOf(t, 2, 2), 200, ""},
		{"versions below that of the request", segments, negoRespOf(t, 1, 1), 200, ""},
		{"a block for a list", list, blkOf(t, segmentB, 9, 0, ""), 200, "PCCRR-3-Pair MESSAGE_HEADER.MsgType 8"},
		{"a list for a block", block, blkListOf(t, segmentA), 200, "PCCRR-3-Pair MESSAGE_HEADER.MsgType 8"},
		{"a list for segments", segments, blkListOf(t, segmentA), 200, "PCCRR-3-Pair MESSAGE_HEADER.MsgType 8"},
		{"a list for versions", negoReqOf(t, 1, 1), blkListOf(t, segmentA), 200, "PCCRR-3-Pair MESSAGE_HEADER.MsgType 8"},
		{"a malformed response", block, blkOf(t, segmentB, 6, 0, "data")[:70], 200, ""},
		{"nothing", block, nil, 200, "PCCRR-3.2.5-Answer  0"},
		{"an error", block, []byte("busy"), 503, "PCCRR-3.2.5-Answer  0"},
		{"no server", block, nil, 404, ""},
		{"a proxy", block, nil, 407, ""},
		{"nothing for a malformed request", block[:40], nil, 400, ""},
		{"a response to a malformed request", block[:40], blkOf(t, segmentA, 5, 0, "data"), 200, "PCCRR-3.2.5.5-Drop  0"},
		{"versions to a malformed request", block[:40], negoRespOf(t, 2, 2), 200, ""},
	}
}

func describe(findings []Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, fmt.Sprint(f.Rule, " ", f.Field, " ", f.Offset))
	}
	return strings.Join(all, ", ")
}

func TestRetrievalFollower(t *testing.T) {
	for _, c := range retrievalCases(t) {
		var f RetrievalFollower
		if got := f.Request(0, 1, Post{Ref: "it"}, c.request); got != nil {
			t.Errorf("%s: the request %+v", c.name, got)
		}
		got := f.Response(time.Hour, 1, Answer{Status: c.status}, c.response)
		if describe(got) != c.want {
			t.Errorf("%s: %s, want %s", c.name, describe(got), c.want)
		}
		for _, v := range got {
			if v.Request || v.Class != Behaviour || v.Ref != "it" || v.Exchange != 1 || !strings.HasPrefix(v.Section, "MS-PCCRR ") || v.Detail == "" {
				t.Errorf("%s: %+v", c.name, v)
			}
		}
		if again := f.Response(0, 1, Answer{Status: c.status}, c.response); again != nil || f.Closed(1) != nil {
			t.Errorf("%s: reported twice", c.name)
		}
	}
}

// retrievalFollowerReports returns the rules that the tests have a RetrievalFollower
// report.
func retrievalFollowerReports() map[string]bool {
	ids := map[string]bool{"PCCRR-3.1.4.4-RequestID": true} // TestRetrievalFollowerRequestID
	for _, c := range retrievalCases(new(testing.T)) {
		if id, _, ok := strings.Cut(c.want, " "); ok {
			ids[id] = true
		}
	}
	return ids
}

// A RequestID is in use until its request is answered, given up or forgotten. Other
// clients may have the same.
func TestRetrievalFollowerRequestID(t *testing.T) {
	anna, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	message := getSegListOf(t, request1, segmentA)
	var f RetrievalFollower
	ask := func(now time.Duration, id RequestID, from netip.Addr, message []byte, want string) {
		t.Helper()
		got := f.Request(now, id, Post{From: from}, message)
		if describe(got) != want || want != "" && (!got[0].Request || got[0].Exchange != id) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	const violated = "PCCRR-3.1.4.4-RequestID MESSAGE_BODY.RequestID 16"
	ask(0, 1, anna, message, "")
	ask(1, 2, other, message, "")
	ask(1, 3, anna, getSegListOf(t, request2, segmentA), "")
	ask(RequestTimeout-1, 4, anna, message, violated)
	ask(2*RequestTimeout-1, 5, anna, message, "") // the client had given up
	f.Response(0, 5, Answer{Status: 200}, segListOf(t, request1))
	ask(2*RequestTimeout, 6, anna, message, "")
	f.Forget(6)
	ask(2*RequestTimeout, 7, anna, message, "")
	f.Closed(7)
	ask(2*RequestTimeout, 8, anna, message, "")
	f.Response(0, 1, Answer{Status: 200}, segListOf(t, request1)) // an older one
	ask(2*RequestTimeout, 9, anna, message, violated)
}

// A connection that ends without a response is a violation, unless a malformed request
// was on it.
func TestRetrievalFollowerClosed(t *testing.T) {
	var f RetrievalFollower
	block := getBlksOf(t, segmentA, 5, 1)
	changed := slices.Clone(block)
	f.Request(0, 1, Post{Connection: 1}, changed)
	clear(changed) // it keeps a copy
	if got := f.Closed(1); describe(got) != "PCCRR-3.2.5-Answer  0" {
		t.Error(got)
	}
	f.Request(0, 2, Post{Connection: 2}, block[:9])
	f.Request(0, 3, Post{Connection: 2}, block)
	f.Request(0, 4, Post{Connection: 3}, block)
	f.Abort(3)
	if got := slices.Concat(f.Closed(2), f.Closed(3), f.Closed(4), f.Closed(5)); got != nil || f.Forgetful() {
		t.Error(got)
	}
	for i := range uint64(maxRemembered + 1) {
		f.Abort(10 + i)
	}
	f.Request(0, 6, Post{Connection: 9}, block)
	if got := f.Closed(6); got != nil || !f.Forgetful() {
		t.Error(got)
	}
}
