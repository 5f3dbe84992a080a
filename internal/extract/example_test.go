package extract_test

import (
	"fmt"
	"os"

	"github.com/hostedcache/pchc/internal/capture"
	"github.com/hostedcache/pchc/internal/conversation"
	"github.com/hostedcache/pchc/internal/extract"
)

func Example() {
	folder, err := os.MkdirTemp("", "extract")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	in, err := os.Open("../conversation/testdata/wpts-flow-v1.pcap")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer in.Close()
	secrets := conversation.NewSecrets()
	x, err := extract.New(folder, secrets, extract.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = conversation.Read(in, conversation.Options{
		Capture: capture.Options{ByFrame: true}, Secrets: secrets, Plain: true, Parts: true,
	}, x.Item)
	if err != nil {
		fmt.Println(err)
	}
	all, _, err := x.Finish()
	for _, c := range all {
		fmt.Println(c.Name, c.File, c.Verified, c.Whole, c.Holes, err)
	}
	// Output: http://127.0.0.10/v1.bin v1.bin 70000 true [] <nil>
}
