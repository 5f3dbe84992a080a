package invariant_test

import (
	"fmt"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/internal/invariant"
)

func ExampleCheck() {
	fmt.Println(invariant.Check(spec.Response, spec.TypeInitialOffer, []byte{0, 0, 0, 1, 9}))
	// Output: <nil>
}
