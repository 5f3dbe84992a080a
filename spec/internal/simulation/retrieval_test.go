package simulation

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/hostedcache/pchc/spec"
)

// retrievalIDs are segments that a retrieval server may have.
var retrievalIDs = []string{strings.Repeat("a", 32), strings.Repeat("b", 32), strings.Repeat("c", 48)}

// blockOf is the block of a segment with that index.
func blockOf(segment string, index uint32) string { return fmt.Sprint(segment[:1], index) }

// A network between a retrieval client and a server loses, delays, reorders and
// duplicates responses, and a liar answers in place of the server. The client takes no
// block but one that it asked for and that came under its name, and no server answers
// with what it has not. Where nothing is lost or spoilt, the client gets all that there
// is.
func TestRetrieval(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		lossy, lying := rapid.Bool().Draw(r, "lossy"), rapid.Bool().Draw(r, "lying")
		var server spec.RetrievalServer
		has := map[string][]uint32{}
		for _, id := range retrievalIDs {
			for _, index := range rapid.SliceOfNDistinct(rapid.Uint32Range(0, 20), 0, 12, rapid.ID).Draw(r, "blocks") {
				server.Add(0, id, index, spec.ServedBlock{Block: blockOf(id, index)})
				has[id] = append(has[id], index)
			}
		}
		var client spec.RetrievalClient
		var follower spec.RetrievalFollower
		type posted struct {
			id      spec.RequestID
			message []byte
		}
		var toServer []posted
		var toClient []posted
		asked := map[string]bool{} // segment and index of the blocks in requests
		got := map[string]bool{}
		now := time.Duration(0)
		perform := func(actions []spec.Action) {
			for _, a := range actions {
				switch a := a.(type) {
				case spec.Send:
					message := []byte(a.Message.Reveal())
					d := spec.Dissect(spec.RetrievalRequest, message)
					if len(d.Violations) > 0 {
						r.Fatalf("the client sends %v", d.Violations)
					}
					if findings := follower.Request(now, a.Request, spec.Post{}, message); findings != nil {
						r.Fatalf("the client is blamed: %v", findings)
					}
					if body := d.Root.Child("MESSAGE_BODY"); d.Message == "MSG_GETBLKS" {
						asked[fmt.Sprint(string(body.Child("SegmentID").Raw()), body.Child("ReqBlockRanges").Children[0].Child("Index").Value)] = true
					}
					toServer = append(toServer, posted{a.Request, message})
				case spec.TakeBlock:
					key := fmt.Sprint(a.SegmentID, a.Index)
					if !asked[key] {
						r.Fatalf("block %d of %.1s was not asked for", a.Index, a.SegmentID)
					}
					got[key] = true
					if !lying && a.Block != blockOf(a.SegmentID, a.Index) {
						r.Fatalf("block %d of %.1s is %q", a.Index, a.SegmentID, a.Block)
					}
				}
			}
		}
		wanted := map[string]spec.BlockRange{}
		for _, id := range retrievalIDs {
			first := rapid.Uint32Range(0, 20).Draw(r, "first")
			wanted[id] = spec.BlockRange{First: first, Last: first + rapid.Uint32Range(0, 8).Draw(r, "more")}
			perform(client.Download(now, id, wanted[id]))
		}
		for len(toServer) > 0 || len(toClient) > 0 {
			now += time.Duration(rapid.IntRange(0, 3).Draw(r, "step")) * time.Millisecond
			if n := len(toServer); n > 0 {
				at := rapid.IntRange(0, n-1).Draw(r, "request")
				p := toServer[at]
				toServer = slices.Delete(toServer, at, at+1)
				reply := server.Receive(now, p.message).(spec.Reply)
				answer := []byte(reply.Message)
				if d := spec.Dissect(spec.RetrievalResponse, answer); len(d.Violations) > 0 {
					r.Fatalf("the server sends %v", d.Violations)
				}
				if findings := follower.Response(now, p.id, spec.Answer{Status: 200}, answer); findings != nil {
					r.Fatalf("the server is blamed: %v", findings)
				}
				if lying && rapid.Bool().Draw(r, "lies") {
					answer = lie(r, answer)
				}
				if !lossy || rapid.IntRange(0, 3).Draw(r, "arrives") > 0 {
					toClient = append(toClient, posted{p.id, answer})
				}
			}
			if n := len(toClient); n > 0 && rapid.Bool().Draw(r, "delivered") {
				at := rapid.IntRange(0, n-1).Draw(r, "response")
				p := toClient[at]
				if !lossy || rapid.Bool().Draw(r, "once") {
					toClient = slices.Delete(toClient, at, at+1)
				}
				perform(client.Receive(now, p.id, p.message))
			}
		}
		if lossy || lying {
			perform(client.Tick(now + spec.RequestTimeout))
			if _, running := client.NextTick(); running {
				r.Fatal("requests outlive their time")
			}
			return
		}
		for id, w := range wanted {
			for _, index := range has[id] {
				if w.First <= index && index <= w.Last && !got[fmt.Sprint(id, index)] {
					r.Fatalf("block %d of %.1s is there, but was not retrieved", index, id)
				}
			}
		}
	})
}

// lie changes some bytes of a message, or makes it one of another segment or block.
func lie(r *rapid.T, message []byte) []byte {
	b := bytes.Clone(message)
	for range rapid.IntRange(1, 3).Draw(r, "lies") {
		at := rapid.IntRange(8, len(b)-1).Draw(r, "at")
		if rapid.Bool().Draw(r, "identifier") {
			at = min(len(b)-1, rapid.IntRange(24, 63).Draw(r, "within"))
		}
		b[at] = rapid.SampledFrom([]byte{0, 1, 2, 5, 7, 'a', 'b', 'c', 0xFF}).Draw(r, "byte")
	}
	return b
}

// Discovery clients and servers through a network that loses, duplicates and reorders
// datagrams: what is found is there, and without losses all of it is found once.
func TestDiscovery(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ids := retrievalIDs[:2]
		lossy := rapid.Bool().Draw(r, "lossy")
		version := rapid.Uint8Range(1, 2).Draw(r, "version")
		client := spec.DiscoveryClient{}
		actions := client.Probe(0, "urn:uuid:1", version, ids...)
		probe := []byte(actions[0].(spec.Multicast).Message)
		want := map[string]bool{}
		var answers []spec.Unicast
		for i := range rapid.IntRange(0, 4).Draw(r, "peers") {
			server := spec.DiscoveryServer{Address: fmt.Sprint("urn:uuid:peer", i), XAddrs: []string{fmt.Sprint("192.0.2.", i+1, ":80")}}
			any := false
			for _, id := range ids {
				blocks := rapid.Uint32Range(0, 3).Draw(r, "blocks")
				server.Hold(id, blocks, blocks == 3)
				if blocks > 0 {
					any, want[id+server.XAddrs[0]] = true, true
				}
			}
			delay := time.Duration(rapid.IntRange(0, 100).Draw(r, "delay")) * time.Millisecond
			action := server.Receive(0, delay, fmt.Sprint("urn:uuid:answer", i), probe)
			answer, answered := action.(spec.Unicast)
			if answered != any {
				r.Fatalf("%v", action)
			}
			if !answered {
				continue
			}
			if d := spec.Dissect(spec.Discovery, []byte(answer.Message)); len(d.Violations) > 0 || answer.At < spec.MinBackoff || answer.At > spec.MaxBackoff {
				r.Fatalf("at %v %v", answer.At, d.Violations)
			}
			if lossy && rapid.Bool().Draw(r, "lost") {
				continue
			}
			answers = append(answers, answer)
			if rapid.Bool().Draw(r, "twice") {
				answers = append(answers, answer)
			}
		}
		slices.SortStableFunc(answers, func(a, b spec.Unicast) int { return int(a.At - b.At) })
		found := map[string]bool{}
		for _, a := range answers {
			for _, action := range client.Receive(a.At, []byte(a.Message)) {
				if f, ok := action.(spec.Found); ok {
					key := f.HoHoDk + f.Peer
					if found[key] || !want[key] {
						r.Fatalf("%+v", f)
					}
					found[key] = true
				}
			}
		}
		if !lossy && len(found) != len(want) {
			r.Fatalf("%d of %d found", len(found), len(want))
		}
	})
}
