package stats_test

import (
	"fmt"
	"os"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/stats"
)

func Example() {
	in, err := os.Open("../conversation/testdata/wpts-flow-v1.pcap")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	secrets := conversation.NewSecrets()
	s := stats.New(secrets, stats.DefaultLimits)
	s.Begin("wpts-flow-v1.pcap")
	sum, err := conversation.Read(in, conversation.Options{
		Capture: capture.Options{File: "wpts-flow-v1.pcap", ByFrame: true, Exchanges: true},
		Secrets: secrets,
	}, func(it *conversation.Item) error {
		s.Item(it)
		return nil
	})
	s.End(sum)
	for _, c := range s.Report().Contents {
		fmt.Println(c.Name, c.Length, c.From, c.Why[0].Reason, err)
	}
	// Output: http://127.0.0.10/v1.bin 70000 {70000 70000 0 0} answered an empty list of blocks <nil>
}
