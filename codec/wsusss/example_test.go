package wsusss_test

import (
	"fmt"

	"github.com/hostedcache/pchc/codec/wsusss"
)

func Example() {
	for _, code := range []string{"InvalidCookie", "ServerBusy", ""} {
		r, _ := wsusss.React(code)
		fmt.Printf("%q: %v\n", code, r.Action)
	}
	v, err := wsusss.ParseVersion("1.20")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(v.Compare(wsusss.Version{Major: 1, Minor: 8}), v.Reports())
	fmt.Println(wsusss.VersionFault("2.0"))
	// Output:
	// "InvalidCookie": restart
	// "ServerBusy": retry
	// "": stop
	// 1 true
	// IncompatibleProtocolVersion
}
