package oracle_test

import (
	"errors"
	"fmt"

	"github.com/hostedcache/pchc/fuzz"
	"github.com/hostedcache/pchc/fuzz/oracle"
)

// An oracle for any engine: it returns what is wrong with codec, here nothing.
func ExampleCheckRequest() {
	err := oracle.CheckRequest([]byte{0, 2, 0, 3})
	var d *fuzz.Difference
	fmt.Println(err, errors.As(err, &d))
	// Output: <nil> false
}
