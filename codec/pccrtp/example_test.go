package pccrtp_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/pccrtp"
)

// A server reads a request, decides what to answer with, and writes its header
// fields.
func Example() {
	request, err := pccrtp.DecodeRequest(pccrtp.RequestHeader{
		AcceptEncoding: "gzip, deflate, peerdist",
		PeerDist:       "Version=1.1",
		PeerDistEx:     "MinContentInformation=1.0, MaxContentInformation=2.0",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	encoding, content, ok := request.Negotiate()
	fmt.Println(encoding, content, ok)

	fields, err := pccrtp.NewResponse(request, 102400).AppendBinary(nil)
	fmt.Printf("%q %v\n", fields, err)

	_, err = pccrtp.DecodeRequest(pccrtp.RequestHeader{PeerDist: "Version=1"})
	fmt.Println(err)
	// Output:
	// 1.1 2.0 true
	// "Content-Encoding: peerdist\r\nX-P2P-PeerDist: Version=1.1, ContentLength=102400\r\n" <nil>
	// pchc: HTTP request: X-P2P-PeerDist.Version is not two numbers with a dot between them (offset 0, MS-PCCRTP 2.2)
}
