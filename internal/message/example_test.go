package message_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

// The size of a response is always 1.
func ExamplePrinter() {
	it := message.Item{Kind: spec.Response, Body: []byte{0, 0, 0, 2, 1}, Number: 1}
	for _, form := range []message.Form{message.FormTree, message.FormLine, message.FormJSON} {
		b, verdict := (&message.Printer{Form: form}).Message(nil, &it)
		os.Stdout.Write(b)
		if verdict != message.Invalid {
			fmt.Println("not invalid?")
		}
	}
	// Output:
	// RESPONSE_MESSAGE, 5 bytes, INVALID, 1 format violation (MS-PCHC 2.2.2.2)
	// 0000                           TransportHeader
	// 0000  00 00 00 02                Size           2
	//       ^^ ^^ ^^ ^^                ! is 2, must be 1 (PCHC-2.2.2.1-Size, MS-PCHC 2.2.2.1)
	// 0004  01                       ResponseCode     INTERESTED (1)
	//     1      5  RESPONSE_MESSAGE        INVALID: TransportHeader.Size is 2, must be 1 (PCHC-2.2.2.1-Size)
	// {"message":"RESPONSE_MESSAGE","length":5,"valid":false,"fields":{"TransportHeader":{"Size":2},"ResponseCode":1},"violations":[{"rule":"PCHC-2.2.2.1-Size","class":"format","offset":0,"field":"TransportHeader.Size","detail":"is 2, must be 1"}]}
}

func ExampleReader() {
	r := message.NewReader(strings.NewReader(`{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}
{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":-1}}`))
	o, _ := r.Next()
	b, err := o.Assemble(false)
	fmt.Printf("% x %v\n", b, err)
	_, err = r.Next()
	fmt.Println(err)
	// Output:
	// 00 00 00 01 01 <nil>
	// 2:56: fields.ResponseCode: must be an integer from 0 to 18446744073709551615, not -1
}
