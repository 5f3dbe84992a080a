package fields_test

import (
	"fmt"
	"strings"

	"github.com/hostedcache/pchc/internal/fields"
	"github.com/hostedcache/pchc/spec"
)

func Example() {
	r := fields.NewReader(strings.NewReader(`{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":1}}
{"message":"RESPONSE_MESSAGE","fields":{"ResponseCode":-1}}`))
	o, _ := r.Next()
	b, err := spec.Assemble(o.Message, o.Fields)
	fmt.Printf("% x %v\n", b, err)
	_, err = r.Next()
	fmt.Println(err)
	// Output:
	// 00 00 00 01 01 <nil>
	// 2:56: fields.ResponseCode: must be an integer from 0 to 18446744073709551615, not -1
}
