package reference_test

import (
	"fmt"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/reference"
)

func ExampleDiagram() {
	for _, l := range spec.Layouts() {
		if l.Section == "MS-PCHC 2.2.1.1" {
			fmt.Print(reference.Diagram(l))
		}
	}
	// Output:
	//  0                   1                   2                   3
	//  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
	// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
	// | MinorVersion  | MajorVersion  |             Type              |
	// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
	// |                       Padding (4 bytes)                       |
	// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
}
