package target_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target"
)

func ExampleJudge() {
	c := target.NewCase(generate.Simplest("RESPONSE_MESSAGE"))
	for _, answer := range []string{
		`{"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":0}}`,
		`{"valid":true,"fields":{"TransportHeader":{"Size":16777216},"ResponseCode":0}}`,
		`{"valid":false}`,
	} {
		if d := target.Judge(c, []byte(answer)); d != nil {
			fmt.Println(d)
		} else {
			fmt.Println("fine")
		}
	}
	// Output:
	// fine
	// field: PCHC-2.2.2.1-Size: TransportHeader.Size at 0: is 1, decoded as 16777216
	// rejected: the message is valid
}
