package message_test

import (
	"os"

	"github.com/hostedcache/pchc/internal/message"
	"github.com/hostedcache/pchc/spec"
)

func Example() {
	m := message.New(spec.Response, []byte{0, 0, 0, 1, 1}, 3) // INTERESTED, but to a BATCHED_OFFER_MESSAGE
	os.Stdout.Write((&message.Text{}).Append(nil, m))
	os.Stdout.Write((&message.JSON{}).Append(nil, m))
	// Output:
	// RESPONSE_MESSAGE, 5 bytes, INVALID, 1 format violation (MS-PCHC 2.2.2.2)
	// 0000                           TransportHeader
	// 0000  00 00 00 01                Size           1
	// 0004  01                       ResponseCode     INTERESTED (1)
	//       ^^                       ! is INTERESTED (1), allowed only in reply to INITIAL_OFFER_MESSAGE (PCHC-2.2.2.2-Interested, MS-PCHC 2.2.2.2)
	// {"message":"RESPONSE_MESSAGE","length":5,"valid":false,"fields":{"TransportHeader":{"Size":1},"ResponseCode":1},"violations":[{"rule":"PCHC-2.2.2.2-Interested","class":"format","offset":4,"field":"ResponseCode","detail":"is INTERESTED (1), allowed only in reply to INITIAL_OFFER_MESSAGE"}]}
}
