package conversation_test

import (
	"fmt"
	"os"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
)

func ExampleRead() {
	in, err := os.Open("testdata/wpts-flow-v1.pcap")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	_, err = conversation.Read(in, conversation.Options{Capture: capture.Options{ByFrame: true}}, func(it *conversation.Item) error {
		x := it.Exchange
		if x == nil || !x.Done || x.Retrieval == nil || x.Retrieval.Block == nil {
			return nil
		}
		b := x.Retrieval.Block
		for p := range b.At() {
			fmt.Printf("frame %d: %v has from %v block %d, verified: %v, byte %d of %s\n",
				it.Event.Frame, x.Client, x.Server, b.Index, b.Verified, p.Start, p.Content.Name)
		}
		return nil
	})
	fmt.Println(err)
	// Output:
	// frame 97: 127.0.0.20:39235 has from 127.0.0.1:8282 block 0, verified: true, byte 0 of http://127.0.0.10/v1.bin
	// frame 104: 127.0.0.20:39235 has from 127.0.0.1:8282 block 1, verified: true, byte 65536 of http://127.0.0.10/v1.bin
	// frame 120: 127.0.0.1:60576 has from 127.0.0.20:80 block 0, verified: true, byte 0 of http://127.0.0.10/v1.bin
	// frame 133: 127.0.0.1:60590 has from 127.0.0.20:80 block 1, verified: true, byte 65536 of http://127.0.0.10/v1.bin
	// <nil>
}
