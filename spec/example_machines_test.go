package spec_test

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// A client offers a segment, is asked for its block hashes, and waits in vain
// for the answer to them.
func ExampleClient() {
	segment := spec.Offer{
		HoHoDk:             strings.Repeat("\x2f", 32),
		SegmentInformation: spec.NewSecret("..."), // Content Information 1.0 of the segment
	}
	copy(segment.ContentTag[:], "WebIO")

	client := spec.Client{Version: 1, Port: 8080}
	perform := func(now time.Duration, actions []spec.Action) {
		for _, action := range actions {
			switch action := action.(type) {
			case spec.Send:
				message := spec.Dissect(spec.Request, []byte(action.Message.Reveal())).Message
				fmt.Printf("%v: send %d, %s\n", now, action.Request, message)
			case spec.Expire:
				fmt.Printf("%v: %d has expired\n", now, action.Request)
			case spec.Drop:
				fmt.Printf("%v: drop the answer to %d, %s\n", now, action.Request, action.Rule)
			}
		}
	}
	perform(0, client.Offer(0, segment))
	perform(2*time.Second, client.Receive(2*time.Second, 1, []byte{0, 0, 0, 1, 1})) // INTERESTED
	for {
		tick, running := client.NextTick()
		if !running {
			break
		}
		perform(tick, client.Tick(tick))
	}
	perform(20*time.Second, client.Receive(20*time.Second, 2, []byte{0, 0, 0, 1, 0})) // OK, late
	// Output:
	// 0s: send 1, INITIAL_OFFER_MESSAGE
	// 2s: send 2, SEGMENT_INFO_MESSAGE
	// 17s: 2 has expired
	// 20s: drop the answer to 2, PCHC-3.2.5.1-Discard
}

// A hosted cache gets the same batch twice: before and after it has retrieved
// the segment.
func ExampleServer() {
	client := spec.Client{Version: 2, Port: 8080}
	batch := client.Offer(0, spec.Offer{
		HoHoDk: strings.Repeat("\x2f", 32), HashAlgorithm: 4, BlockSize: 100_000, SegmentSize: 100_000,
	})[0].(spec.Send).Message

	var server spec.Server
	for range 2 {
		for _, action := range server.Receive(spec.Post{
			From: netip.MustParseAddr("192.0.2.1"),
			URL:  spec.URLVersion("/0131501B-D67F-491B-9A40-C4BF27BCB4D4/"),
		}, []byte(batch.Reveal())) {
			switch action := action.(type) {
			case spec.Respond:
				fmt.Printf("respond % x\n", action.Message())
			case spec.Retrieve:
				fmt.Printf("retrieve blocks %d to %d from %v\n", action.Blocks.First, action.Blocks.Last, action.From)
				server.Retrieved(action.HoHoDk, action.Blocks)
			case spec.PassTag:
				fmt.Printf("pass tag %x\n", action.ContentTag)
			}
		}
	}
	fmt.Println(server.Receive(spec.Post{URL: 2}, []byte("spoilt")))
	// Output:
	// respond 00 00 00 01 00
	// retrieve blocks 0 to 0 from 192.0.2.1:8080
	// pass tag 00000000000000000000000000000000
	// respond 00 00 00 01 00
	// pass tag 00000000000000000000000000000000
	// [{0 PCHC-2.2.1.1-MinorVersion}]
}

// A hosted cache answers INTERESTED to a batch, which [spec.DissectResponse]
// tells, and leaves another without an answer, which a Follower tells.
func ExampleFollower() {
	var follower spec.Follower
	client := spec.Client{Version: 2, Port: 8080}
	offer := spec.Offer{HoHoDk: strings.Repeat("\x2f", 32), HashAlgorithm: 4, BlockSize: 100_000, SegmentSize: 100_000}
	batch := []byte(client.Offer(0, offer)[0].(spec.Send).Message.Reveal())
	post := spec.Post{From: netip.MustParseAddr("192.0.2.1"), URL: 2}
	follower.Request(0, 1, post, batch)
	follower.Response(0, 1, spec.Answer{Status: 200}, []byte{0, 0, 0, 1, 1})
	follower.Request(time.Second, 2, post, batch)
	for _, finding := range follower.Closed(2) {
		fmt.Printf("exchange %d: %s (%s, %s)\n", finding.Exchange, finding.Detail, finding.Rule, finding.Section)
	}
	// Output:
	// exchange 2: is not answered (PCHC-3.1.5.3-Respond, MS-PCHC 3.1.5.3)
}
