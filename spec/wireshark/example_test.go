package wireshark_test

import (
	"fmt"

	"github.com/hostedcache/pchc/spec"
	"github.com/hostedcache/pchc/spec/wireshark"
)

func ExampleFieldAbbreviation() {
	for _, l := range spec.Layouts() {
		if l.Section == "MS-PCHC 2.2.1.1" {
			fmt.Println(wireshark.FieldAbbreviation(l, &l.Fields[2]))
		}
	}
	// Output: mspchc.messageheader.type
}
