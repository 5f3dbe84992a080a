package fuzz_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
)

// Messages are exchanged and stored as lines of text.
func ExampleMessage_UnmarshalText() {
	var m fuzz.Message
	if err := m.UnmarshalText([]byte("response 0000000102")); err != nil {
		fmt.Println(err)
		return
	}
	violation, _ := m.Dissect().First()
	fmt.Println(violation.Rule, violation.Detail)
	// Output: PCHC-2.2.2.2-ResponseCode is 2, must be 0 or 1
}
