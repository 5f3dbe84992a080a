package generate_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/hostedcache/pchc/fuzz/generate"
)

func Example() {
	choices := rand.New(rand.NewPCG(1, 2))

	m := generate.Broken(choices, "PCHC-2.2.1.5-MaxDescriptors")
	for _, b := range m.Dissect().Violations {
		fmt.Printf("%s %s at %d\n", b.Rule, b.Field, b.Offset)
	}

	line, _ := generate.Simplest("RESPONSE_MESSAGE").MarshalText()
	fmt.Printf("%s\n", line)

	// Output:
	// PCHC-2.2.1.5-MaxDescriptors SegmentDescriptor[128] at 7568
	// response 0000000100
}
