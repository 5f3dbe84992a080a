package main

import (
	"context"
	"fmt"
)

// The names that -target selects from.
func Example() {
	if err := run(context.Background(), []string{"-list"}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// FuzzDifferentialRequest
	// FuzzDifferentialResponse
	// FuzzDifferentialContentV1
	// FuzzDifferentialContentV2
	// FuzzDifferentialHashRequest
	// FuzzDifferentialHashResponse
	// FuzzDifferentialRetrievalRequest
	// FuzzDifferentialRetrievalResponse
	// FuzzDifferentialDiscovery
}
