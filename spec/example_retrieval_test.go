package spec_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/hostedcache/pchc/spec"
)

// A client fetches a segment of five blocks from a peer that has three of them.
func ExampleRetrievalClient() {
	segment := strings.Repeat("\x2f", 32)
	var server spec.RetrievalServer
	for _, i := range []uint32{0, 1, 4} {
		server.Add(0, segment, i, spec.ServedBlock{Block: fmt.Sprint("block ", i)})
	}
	var client spec.RetrievalClient
	actions := client.Download(0, segment, spec.BlockRange{First: 0, Last: 4})
	for len(actions) > 0 {
		action := actions[0]
		actions = actions[1:]
		switch action := action.(type) {
		case spec.Send:
			request := []byte(action.Message.Reveal())
			fmt.Println("send", spec.Dissect(spec.RetrievalRequest, request).Message)
			reply := server.Receive(0, request).(spec.Reply)
			actions = append(actions, client.Receive(time.Millisecond, action.Request, []byte(reply.Message))...)
		case spec.HasBlocks:
			fmt.Printf("blocks %d to %d are there\n", action.Blocks.First, action.Blocks.Last)
		case spec.TakeBlock:
			fmt.Printf("block %d: %s\n", action.Index, action.Block)
		}
	}
	// Output:
	// send MSG_GETBLKLIST
	// blocks 0 to 1 are there
	// blocks 4 to 4 are there
	// send MSG_GETBLKS
	// block 0: block 0
	// send MSG_GETBLKS
	// block 1: block 1
	// send MSG_GETBLKS
	// block 4: block 4
}

// A server without any blocks answers that, and a malformed request not at all.
func ExampleRetrievalServer() {
	var client spec.RetrievalClient
	request := []byte(client.GetBlock(0, strings.Repeat("\x2f", 32), 7)[0].(spec.Send).Message.Reveal())
	var server spec.RetrievalServer
	reply := server.Receive(0, request).(spec.Reply)
	fmt.Println(client.Receive(time.Millisecond, 1, []byte(reply.Message)))
	fmt.Println(server.Receive(0, request[:20]))
	// Output:
	// [{1}]
	// {0 PCCRR-2.2.3-MsgSize}
}

// A peer answers with another block than the one that it was asked for.
func ExampleRetrievalFollower() {
	segment := strings.Repeat("\x2f", 32)
	var client spec.RetrievalClient
	request := []byte(client.GetBlock(0, segment, 7)[0].(spec.Send).Message.Reveal())
	other := []byte(client.GetBlock(0, segment, 8)[0].(spec.Send).Message.Reveal())
	var server spec.RetrievalServer
	server.Add(0, segment, 8, spec.ServedBlock{Block: "block 8"})
	answer := []byte(server.Receive(0, other).(spec.Reply).Message)

	var follower spec.RetrievalFollower
	follower.Request(0, 1, spec.Post{}, request)
	for _, finding := range follower.Response(time.Millisecond, 1, spec.Answer{Status: 200}, answer) {
		fmt.Printf("%s (%s, offset %d)\n", finding.Violation, finding.Rule, finding.Offset)
	}
	// Output:
	// MESSAGE_BODY.BlockIndex is 8, must be 7, the lowest that was asked for (PCCRR-3.2.5.3-Index, offset 56)
}

// A client asks its subnet for a segment, and a peer has it.
func ExampleDiscoveryClient() {
	segment := strings.Repeat("\x2f", 32)
	peer := spec.DiscoveryServer{Address: "urn:uuid:87a89944-0230-43a5-ac4e-fab1386c8e2c", XAddrs: []string{"192.0.2.7:80"}, InstanceId: 1}
	peer.Hold(segment, 512, true)

	var client spec.DiscoveryClient
	probe := client.Probe(0, "urn:uuid:0fae97c3-6a3a-4d10-a18a-f1d0ba44a6b8", 1, segment)[0].(spec.Multicast).Message
	answer := peer.Receive(time.Millisecond, 30*time.Millisecond, "urn:uuid:7f4b09a3-96c9-4170-9eb3-1c805a52f444", []byte(probe)).(spec.Unicast)
	for _, action := range client.Receive(answer.At, []byte(answer.Message)) {
		found := action.(spec.Found)
		fmt.Printf("%v: %s has %d blocks of %x...\n", answer.At, found.Peer, found.Blocks, found.HoHoDk[:4])
	}
	fmt.Println(client.Tick(300 * time.Millisecond))
	// Output:
	// 31ms: 192.0.2.7:80 has 512 blocks of 2f2f2f2f...
	// [{urn:uuid:0fae97c3-6a3a-4d10-a18a-f1d0ba44a6b8}]
}
