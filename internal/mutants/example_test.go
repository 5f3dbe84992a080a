package main

import (
	"fmt"
	"os"
	"strings"
)

// ResponseCode 2 is malformed, and this decoder takes it.
func Example() {
	d := &decoder{fault: "response-code-2"}
	if err := answerLines(d, strings.NewReader("response 0000000102\n"), os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// {"message":"RESPONSE_MESSAGE","length":5,"valid":true,"fields":{"TransportHeader":{"Size":1},"ResponseCode":2},"violations":[]}
}
