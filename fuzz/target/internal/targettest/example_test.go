package targettest_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/generate"
	"github.com/hostedcache/pchc/fuzz/target/internal/targettest"
)

func ExampleAnswer() {
	fmt.Println(targettest.Answer(generate.Simplest("RESPONSE_MESSAGE")))
	// Output: {"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":0}}
}
