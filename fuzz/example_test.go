package fuzz_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
)

// Messages are told and kept as lines.
func ExampleMessage_UnmarshalText() {
	var m fuzz.Message
	if err := m.UnmarshalText([]byte("response 0000000102")); err != nil {
		fmt.Println(err)
		return
	}
	breach, _ := m.Dissect().First()
	fmt.Println(breach.Rule, breach.Detail)
	// Output: PCHC-2.2.2.2-ResponseCode is 2, must be 0 or 1
}
