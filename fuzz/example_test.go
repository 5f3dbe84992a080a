package fuzz_test

import (
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
)

// An oracle for any engine: it returns what is wrong with codec, so nothing.
func ExampleCheckRequest() {
	err := fuzz.CheckRequest([]byte{0, 2, 0, 3})
	var d *fuzz.Difference
	fmt.Println(err, errors.As(err, &d))
	// Output: <nil> false
}

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
