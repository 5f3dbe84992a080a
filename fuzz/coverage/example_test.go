package coverage_test

import (
	"fmt"

	"github.com/hostedcache/pchc/fuzz/coverage"
	"github.com/hostedcache/pchc/spec"
)

func ExampleMap() {
	var seen coverage.Map
	for _, b := range [][]byte{
		{0, 0, 0, 1, 0},
		{0, 0, 0, 1, 1},
		{0, 0, 0, 1, 1}, // once more
		{0, 0, 0, 1, 1, 0},
	} {
		fmt.Printf("%x covers %d new points\n", b, seen.Add(spec.Dissect(spec.Response, b)))
	}
	for p := range seen.All() {
		fmt.Println(p)
	}
	// Output:
	// 0000000100 covers 2 new points
	// 0000000101 covers 1 new points
	// 0000000101 covers 0 new points
	// 000000010100 covers 2 new points
	// RESPONSE_MESSAGE TransportHeader.Size is 1
	// RESPONSE_MESSAGE ResponseCode is 0
	// RESPONSE_MESSAGE ResponseCode is 1
	// RESPONSE_MESSAGE Trailing has 1 byte: zeros
	// RESPONSE_MESSAGE Trailing violates PCHC-2.2.2.2-Trailing
}
