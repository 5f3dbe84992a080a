package capturepage_test

import (
	"bytes"
	"fmt"
	"regexp"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/capture/capturetest"
	"github.com/hostedcache/pchc/internal/capturepage"
	"github.com/hostedcache/pchc/internal/conversation"
)

func Example() {
	var t capturetest.Trace
	t.Conn(1).Open().Send(capturetest.Post(capturetest.PathV2, capturetest.Batch(1, 2))).Reply(capturetest.Answer(200, capturetest.OK)).Close()
	file := bytes.NewReader(t.Encode(capturetest.Format{}))

	var b bytes.Buffer
	p := capturepage.New(&b, capturepage.Options{By: "pchc pcap", Version: "pchc v1", Show: "pchc pcap -v --frame FRAME FILE"})
	if err := p.Begin("offers.pcap", "offers.pcap"); err != nil {
		panic(err)
	}
	_, err := conversation.Read(file, conversation.Options{Capture: capture.Options{File: "offers.pcap"}, Offers: true}, p.Item)
	if err != nil {
		panic(err)
	}
	p.End("1 request, 1 response", false)
	if err := p.Close(); err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", regexp.MustCompile("<h1.*</h1>").Find(b.Bytes()))
	// Output: <h1 class="well">1 exchange, no violations</h1>
}
