package engine_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/engine"
)

// An engine calls the targets with any bytes.
func Example() {
	for _, t := range engine.Targets() {
		fmt.Println(t.Name, t.Fuzz([]byte("\x00\x00\x00\x00\x01\x00")))
	}
	// Output:
	// FuzzDifferentialRequest 0
	// FuzzDifferentialResponse 1
	// FuzzDifferentialContentV1 0
	// FuzzDifferentialContentV2 0
	// FuzzDifferentialHashRequest 0
	// FuzzDifferentialHashResponse 0
	// FuzzDifferentialRetrievalRequest 0
	// FuzzDifferentialRetrievalResponse 0
	// FuzzDifferentialDiscovery 0
}
