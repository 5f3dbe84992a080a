package ci_test

import (
	"os"

	"github.com/hostedcache/pchc/internal/ci"
)

func Example() {
	ci.WriteJUnit(os.Stdout, "pchc check", []ci.Suite{{
		Name: "capture.pcap",
		Cases: []ci.Case{
			{Name: "PCHC-2.2.1.2-Port", Class: "pchc.check.sender", Failure: &ci.Problem{Type: "sender", Message: "Port is 0", Text: "frame 7: Port is 0"}},
			{Name: "PCHC-2.2.1.1-Type", Class: "pchc.check.format"},
		},
	}})
	// Output:
	// <?xml version="1.0" encoding="UTF-8"?>
	// <testsuites name="pchc check" tests="2" failures="1">
	//   <testsuite name="capture.pcap" tests="2" failures="1">
	//     <testcase name="PCHC-2.2.1.2-Port" classname="pchc.check.sender">
	//       <failure type="sender" message="Port is 0">frame 7: Port is 0</failure>
	//     </testcase>
	//     <testcase name="PCHC-2.2.1.1-Type" classname="pchc.check.format"></testcase>
	//   </testsuite>
	// </testsuites>
}
