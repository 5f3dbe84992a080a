package rapidgen_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/generate/rapidgen"
)

// In a property test, Draw takes the place of Example:
//
//	rapid.Check(t, func(r *rapid.T) {
//		m := rapidgen.Broken("PCHC-2.2.1.5-MinDescriptors").Draw(r, "m")
//		if accepts(m.Bytes) { // by the implementation that is under test
//			r.Error("an empty batch was accepted")
//		}
//	})
func Example() {
	m := rapidgen.Broken("PCHC-2.2.1.5-MinDescriptors").Example(1)
	violation, _ := m.Dissect().First()
	fmt.Println(violation.Rule, violation.Field, violation.Detail)
	// Output:
	// PCHC-2.2.1.5-MinDescriptors SegmentDescriptor is empty, must have at least 1 element
}
